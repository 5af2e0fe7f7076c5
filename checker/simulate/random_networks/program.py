"""The experiment ``random_networks``: averages of formulas over many networks at initialisation.

The one idea to know: networks come in chunks whose draws depend on the seed and the number of the chunk only, and a
network of depth L takes the numbers of its first L layers, so that cells of a sweep share their randomness.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np

from checker.expr.node import Node, symbols_of
from checker.simulate.catalogue_random_networks import MAX_DEPTH, DenseNet, RandomNetworksParams, VanillaNet
from checker.simulate.compiled import compiled_all
from checker.simulate.program import Cells, Judged, Output, Program, Site, over_cells
from checker.simulate.random_networks import matrices, vectors
from checker.simulate.resolve import SimulationError, leaf_of, value_of
from checker.simulate.values import EPSILON

HELD = 2**18
"""Numbers that the vectors of one chunk may take: they stay in the cache of one core."""
MAX_WORK = 1e11
"""The most random numbers of one seed (half an hour on one core)."""
ROUNDINGS = 16  # units in the last place of mean |f| that a sum over the networks may lose


def random_networks_program(params: RandomNetworksParams, site: Site) -> Program:
    """Averages for one width, all cells of the sweep on the same draws.

    Raises ``SimulationError`` where a depth or a layer is not a whole number in its range, where a formula needs the kernel
    of a network that has none, or where the work exceeds its limit.
    """
    samples, network = params.samples, params.network
    assert isinstance(samples, int)
    assert isinstance(network.width, int)
    deepest = _deepest(params, site)
    chunk = _chunk(params, samples, network.width, deepest, len(site.fresh))
    chunks = -(-samples // chunk)
    functions = compiled_all(params.means, site)

    def run(key: jax.Array, cells: Cells) -> Output:
        def cell(symbols: dict[str, jax.Array]) -> tuple[dict[str, jax.Array], dict[str, jax.Array]]:
            env = {**site.sizes, **symbols}

            def one(numbers: dict[str, jax.Array]) -> dict[str, jax.Array]:
                return {name: formula({**env, **numbers}) for name, formula in functions.items()}

            def step(so_far: Any, number: jax.Array) -> tuple[Any, None]:
                drawn = _networks(params, jr.fold_in(key, number), chunk, deepest, env)
                counts = jnp.arange(chunk) < samples - number * chunk
                found = {name: jnp.where(counts, value, 0.0) for name, value in jax.vmap(one)(drawn).items()}
                fresh = {name: (jnp.sum(value), jnp.sum(jnp.abs(value))) for name, value in found.items()}
                return jax.tree.map(jnp.add, so_far, fresh), None

            nothing = {name: (jnp.asarray(0.0), jnp.asarray(0.0)) for name in functions}
            sums, _ = jax.lax.scan(step, nothing, jnp.arange(chunks))
            each = {name: total / samples for name, (total, _) in sums.items()}
            lost = {name: ROUNDINGS * EPSILON * size / samples for name, (_, size) in sums.items()}
            return each, {name: value + lost[name] for name, value in each.items()}

        each, twin = over_cells(cell, cells, site)
        return Output({}, each, twin, {})

    return Program(run, finish=lambda output: _finish(output, site))


def _networks(
    params: RandomNetworksParams, key: jax.Array, chunk: int, deepest: int, env: Mapping[str, Any]
) -> dict[str, jax.Array]:
    """``forward`` and ``kernel`` of ``chunk`` networks, shape (chunk,) each."""
    network, leaf = params.network, leaf_of(env)
    assert isinstance(network.width, int)
    shape = (chunk, network.width)
    depth = jnp.round(leaf(network.depth)).astype(jnp.int64)
    keys = jr.split(key, chunk)
    if isinstance(network, DenseNet):
        scale = leaf(network.scale)
        if params.draws == "vectors":
            return vectors.dense(key, shape, depth, scale)
        return jax.vmap(lambda own: matrices.dense(own, shape[1], deepest, depth, scale))(keys)
    layer = jnp.round(leaf(network.layer)).astype(jnp.int64)
    if isinstance(network, VanillaNet):
        if params.draws == "vectors":
            return vectors.vanilla(key, shape, deepest, depth, layer)
        return jax.vmap(lambda own: matrices.vanilla(own, shape[1], deepest, depth, layer))(keys)

    def branch(k: jax.Array) -> jax.Array:
        return leaf_of({**env, "k": jnp.asarray(k, dtype=jnp.float64)})(network.branch)

    if params.draws == "vectors":
        return vectors.residual(key, shape, deepest, depth, layer, branch)
    return jax.vmap(lambda own: matrices.residual(own, shape[1], deepest, depth, layer, branch))(keys)


def _deepest(params: RandomNetworksParams, site: Site) -> int:
    """The largest depth of the sweep; every depth and layer on it is looked at before anything is drawn."""
    network = params.network
    layer = None if isinstance(network, DenseNet) else network.layer
    if layer is None and any("kernel" in symbols_of(node) for node in params.means.values() if isinstance(node, Node)):
        raise SimulationError("means: a dense network has no kernel here; expected formulas in forward")
    nodes = [leaf for leaf in (network.depth, layer) if isinstance(leaf, Node)]
    names = sorted(frozenset().union(*(symbols_of(node) for node in nodes)) & set(site.along))
    deepest = 0
    with jax.ensure_compile_time_eval():
        for values in itertools.product(*(sorted(set(site.along[name].tolist())) for name in names)):
            env = {**site.sizes, **dict(zip(names, values, strict=True))}
            depth = _whole("depth", network.depth, env, MAX_DEPTH)
            deepest = max(deepest, depth)
            # Cases that go together do not meet every combination: a layer beyond its depth gives NaN, cell by cell.
            if layer is not None:
                _whole("layer", layer, env, MAX_DEPTH)
    return deepest


def _whole(what: str, leaf: Any, env: Mapping[str, Any], most: int) -> int:
    value = float(value_of(leaf, env))
    if not (math.isfinite(value) and abs(value - round(value)) < 1e-9 and 1 <= round(value) <= most):
        raise SimulationError(f"{what}: expected a whole number from 1 to {most}, found {value:g}")
    return round(value)


def _chunk(params: RandomNetworksParams, samples: int, width: int, deepest: int, cells: int) -> int:
    """How many networks are held at a time; raises ``SimulationError`` where a seed asks for too many numbers."""
    kind = params.network
    one = width * deepest * (1 if isinstance(kind, DenseNet) else 2 if isinstance(kind, VanillaNet) else 4)
    if params.draws == "matrices":
        one = width * width * deepest * (deepest if isinstance(kind, DenseNet) else 2)
    if one * samples * max(1, cells) > MAX_WORK:
        raise SimulationError(f"samples: {one * samples * max(1, cells):.1e} numbers a seed; the limit is {MAX_WORK:.0e}")
    return max(1, min(samples, HELD // one))


def _finish(output: Output, site: Site) -> Judged:
    """A seed whose averages are not finite is no evidence."""
    broken = sorted(name for name, value in output.each.items() if not bool(np.all(np.isfinite(value))))
    return Judged({}, {}, f"{broken[0]} is not finite" if broken and not site.may_diverge else None)
