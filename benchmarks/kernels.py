"""G7 and G8: tangent kernels of networks, finite and infinite, against neural-tangents on the same weights and inputs.

The one idea to know: the tool computes in float64, so the peer does as well; kernels have to agree before anybody's time
is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.goals import Result, Settings, Target, at_least, at_most, not_run
from benchmarks.peers import Peer, find
from benchmarks.remote import PeerError, Remote, remote
from benchmarks.timing import Variant, interleave, timed
from checker.simulate.catalogue_networks import Conv1dModel, MlpModel
from checker.simulate.device import compiler_options, configure
from checker.simulate.networks.build import architecture
from checker.simulate.networks.layers import start, tangent_kernel
from checker.simulate.networks.recursion import relu_limit

# Near the diagonal the arc cosine keeps half of the digits, on whichever side does not treat it apart.
_AGREE = {"empirical": 1e-10, "infinite": 1e-6}
_AGREE_SINGLE = 1e-3
Work = Callable[[], Any]


@dataclass(frozen=True, slots=True)
class _Ours:
    """The tool's side: what is timed, its kernel (n, n), and the file with what the peer has to read."""

    work: Work
    kernel: Any
    arrays: Path


def _compiled(function: Callable[[Any], Any], argument: Any) -> Work:
    """``function(argument)`` compiled with the tool's own options, the argument given at run time."""
    compiled = jax.jit(function, compiler_options=compiler_options("cpu"))
    return lambda: compiled(argument).block_until_ready()


def _finite(settings: Settings) -> tuple[_Ours, int]:
    """The layerwise identity on a fully connected network as it is drawn: n = 64 in 32 dimensions, 3 layers of 256."""
    inputs, dimension, depth = settings.sized(64, 8), 32, 3
    net = architecture(MlpModel.model_validate({"kind": "mlp", "width": settings.sized(256, 16), "depth": depth}), {})
    x = jax.random.normal(jax.random.key(7), (inputs, dimension, 1), dtype=jnp.float64) / dimension**0.5
    weights = start(net, dimension, 1, jax.random.key(8))
    given: dict[str, Any] = {f"w{layer}": np.asarray(w[:, :, 0]) for layer, w in enumerate(weights.hidden)}
    given[f"w{depth}"] = np.asarray(weights.readout).T
    arrays = settings.scratch / "finite.npz"
    np.savez(arrays, x=np.asarray(x[:, :, 0]), **given)
    work = _compiled(lambda both: tangent_kernel(net, both[0], both[1])[0], (weights, x))
    return _Ours(work, np.asarray(work()), arrays), depth


def _infinite(settings: Settings, model: Any, x: Any, name: str) -> _Ours:
    net = architecture(model, {})
    arrays = settings.scratch / f"{name}.npz"
    np.savez(arrays, x=np.asarray(x) if x.shape[2] > 1 else np.asarray(x[:, :, 0]))
    work = _compiled(lambda at: relu_limit(net, at)[0], x)
    return _Ours(work, np.asarray(work()), arrays)


def _prepared(child: Remote, ours: _Ours, name: str, **request: Any) -> tuple[str, str]:
    """Has the peer make its side; a note on how far the kernels agree, and why they may not be compared (or nothing)."""
    place = ours.arrays.with_suffix(".kernel.npy")
    answer = child.ask("prepare", name=name, arrays=str(ours.arrays), kernel=str(place), **request)
    apart = float(np.abs(np.load(place) - ours.kernel).max() / np.abs(ours.kernel).max())
    tolerance = _AGREE_SINGLE if request.get("dtype") == "float32" else _AGREE[request["kind"]]
    refused = "" if apart <= tolerance else f"refused: the kernels are {apart:.0e} apart"
    return f"neural-tangents {answer['version']}; kernels agree to {apart:.0e}", refused


def _against(
    settings: Settings,
    peer: Peer,
    ours: _Ours,
    cases: list[tuple[str, Target | None, dict[str, Any], bool]],
) -> Iterator[Result]:
    """Each case is (what, target, request, whether the ratio is the tool's time over the peer's)."""
    if peer.python is None:
        yield from not_run([(what, target) for what, target, _, _ in cases], peer.reason)
        return
    with remote(peer.python, "tangents_child.py") as child:
        for number, (what, target, request, ours_above) in enumerate(cases):
            name = f"peer {number}"
            try:
                note, refused = _prepared(child, ours, name, **request)
                if refused:
                    yield Result(what, target, not_run=refused)
                    continue
                variants = [Variant("tool", timed(ours.work)), Variant(name, partial(child.round, name))]
                timings = interleave(variants, settings.rounds)
            except PeerError as error:
                yield Result(what, target, not_run=f"neural-tangents {peer.version}: {error}")
                continue
            ratio = timings.ratio("tool", name) if ours_above else timings.ratio(name, "tool")
            yield Result(what, target, ratio, note=f"{note}; the tool takes {1e3 * min(timings.cpu['tool']):.3g} ms")


def g7(settings: Settings) -> Iterator[Result]:
    """The empirical tangent kernel of one network."""
    configure()
    ours, depth = _finite(settings)
    request = {"kind": "empirical", "depth": depth}
    cases: list[tuple[str, Target | None, dict[str, Any], bool]] = [
        ("neural-tangents, structured derivatives / the tool", at_least(1.5),
         {**request, "implementation": "STRUCTURED_DERIVATIVES"}, False),
        ("neural-tangents, NTK-vector products / the tool", at_least(30),
         {**request, "implementation": "NTK_VECTOR_PRODUCTS"}, False),
        ("neural-tangents, Jacobian contraction / the tool", None,
         {**request, "implementation": "JACOBIAN_CONTRACTION"}, False),
    ]  # fmt: skip
    yield from _against(settings, find("neural-tangents", settings.peers), ours, cases)


def g8(settings: Settings) -> Iterator[Result]:
    """Kernels of infinite width."""
    configure()
    peer = find("neural-tangents", settings.peers)
    points, depth = settings.sized(1000, 32), 10
    model: Any = MlpModel.model_validate({"kind": "mlp", "width": 1, "depth": depth})
    x = jax.random.normal(jax.random.key(9), (points, 20, 1), dtype=jnp.float64) / 20**0.5
    ours = _infinite(settings, model, x, "dense")
    request = {"kind": "infinite", "depth": depth}
    yield from _against(settings, peer, ours, [
        (f"the tool / neural-tangents, FC-NTK {points} x {points}, {depth} layers, both f64", at_most(0.6),
         {**request, "dtype": "float64"}, True),
        ("the same, neural-tangents in f32", None, {**request, "dtype": "float32"}, True),
    ])  # fmt: skip
    images, pixels, layers = settings.sized(24, 4), settings.sized(32, 8), 5
    shape = {"kind": "conv1d", "width": 1, "depth": layers, "channels": 3, "filter": 3, "head": "average"}
    x = jax.random.normal(jax.random.key(10), (images, 3, pixels), dtype=jnp.float64) / 3**0.5
    ours = _infinite(settings, Conv1dModel.model_validate(shape), x, "convolutional")
    request = {"kind": "infinite", "depth": layers, "filter": 3, "dtype": "float64"}
    what = f"the tool / neural-tangents, CNTK with pooling, {images} signals of {pixels} pixels, {layers} layers, both f64"
    yield from _against(settings, peer, ours, [(what, at_most(1.0), request, True)])
