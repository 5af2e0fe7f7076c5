"""G1 to G3: logistic gradient descent over many seeds, as a claim runs it, against what one would otherwise write.

The one idea to know: all sides get the data that the tool drew and have to end at its weights, else no ratio is given;
sides that are slow do fewer steps of the same path, and everything is said per seed and step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.claims import training_run
from benchmarks.compiled import Array, CompileError, logistic
from benchmarks.goals import Result, Settings, Target, at_least, at_most
from benchmarks.peers import find
from benchmarks.remote import PeerError, remote
from benchmarks.timing import Timings, Variant, interleave, timed
from checker.simulate.measure import measure

POINTS, DIMENSION, STEP = 200, 20, 0.25
AGREE = {"float64": 1e-10, "float32": 1e-4}
"""How far the weights of two sides may be apart, relative to the largest weight."""


def run_of(steps: int, checkpoints: int = 2, step: str = "1/4") -> Any:
    """The run of a claim file that trains so many steps (two checkpoints: the first step and the last)."""
    dynamics = f"{{kind: gradient_descent, step: {step}, steps: {steps}, checkpoints: {checkpoints}}}"
    return training_run(dynamics, POINTS, DIMENSION)


def numpy_loop(rows: Array, steps: int) -> Array:
    """The loop over seeds and steps that one writes first; rows (seeds, n, d) to weights (seeds, d)."""
    found = np.zeros((rows.shape[0], rows.shape[2]), dtype=rows.dtype)
    for seed, own in enumerate(rows):
        w, share = found[seed], STEP / rows.shape[1]
        for _ in range(steps):
            w += share * ((1 / (1 + np.exp(own @ w))) @ own)
    return found


def numpy_batched(rows: Array, steps: int) -> Array:
    """All seeds in one matrix product, the gradient by hand."""
    w = np.zeros((rows.shape[0], rows.shape[2], 1), dtype=rows.dtype)
    across = np.ascontiguousarray(np.swapaxes(rows, 1, 2))
    for _ in range(steps):
        w += STEP / rows.shape[1] * (across @ (1 / (1 + np.exp(rows @ w))))
    return w[:, :, 0]


@dataclass(frozen=True, slots=True)
class Bench:
    """Data and sizes: ``seeds`` of ``steps`` for those who are fast, ``few`` steps for those who are not."""

    rows: Array
    seeds: int
    steps: int
    few: int

    def weights(self, steps: int, seeds: int) -> Array:
        """Where the tool ends after ``steps``: (seeds, d)."""
        found = measure(run_of(steps), range(seeds), 0, "cpu")
        return np.asarray(found.observables["theta"].values[:, -1])

    def tool(self, checkpoints: int = 2) -> Variant:
        """The tool: ``measure`` of the run of a claim file, all that a claim pays for included."""
        run = run_of(self.steps, checkpoints)
        work = timed(lambda: measure(run, range(self.seeds), 0, "cpu"))
        return Variant(f"tool {checkpoints}", work, self.seeds * self.steps)


def bench_of(settings: Settings) -> Bench:
    """The sizes of the goal: 64 seeds, 200 points, 20 dimensions."""
    seeds = settings.sized(64, 4)
    found = measure(run_of(2), range(seeds), 0, "cpu").observables
    rows = found["y"].values[:, :, None] * found["X"].values
    return Bench(np.ascontiguousarray(rows), seeds, settings.sized(10_000, 200), settings.sized(1_000, 50))


def g1(settings: Settings) -> Iterator[Result]:
    """Against peers in single precision; the loop is the one in double precision that the goal speaks of."""
    bench = bench_of(settings)
    single = bench.rows.astype(np.float32)
    with ExitStack() as opened:
        compared = _Compared(bench, settings)
        compared.numpy("loop", "a NumPy loop over seeds, f64", numpy_loop, bench.rows, at_least(15))
        compared.c(np.float32, at_most(1.2))
        compared.torch(opened, "autograd", 1, at_least(300))
        compared.torch(opened, "batched", bench.seeds, at_least(20))
        compared.numpy("batched", "NumPy, all seeds in one matrix product, f32", numpy_batched, single, None)
        yield from compared.results()


def g2(settings: Settings) -> Iterator[Result]:
    """Against peers in double precision."""
    bench = bench_of(settings)
    compared = _Compared(bench, settings)
    compared.numpy("loop", "a NumPy loop over seeds, f64", numpy_loop, bench.rows, at_least(6))
    compared.numpy("batched", "NumPy, all seeds in one matrix product, f64", numpy_batched, bench.rows, None)
    compared.c(np.float64, None)
    yield from compared.results()


def g3(settings: Settings) -> Iterator[Result]:
    """The tool with as many checkpoints as a claim has by default, against the fewest that it can have."""
    bench = bench_of(settings)
    few, many = bench.tool(2), bench.tool(16)
    timings = interleave([few, many], settings.rounds)
    whole = timings.ratio(many.name, few.name)
    yield Result("16 checkpoints / 2, the whole measurement", at_most(1.05), whole, note=f"{bench.steps} steps")
    programs = [compiled_program(bench, count) for count in (2, 16)]
    timings = interleave(programs, settings.rounds)
    alone = timings.ratio(programs[1].name, programs[0].name)
    yield Result("the same, compiled program alone (no KKT residuals on the host)", None, alone)


def compiled_program(bench: Bench, checkpoints: int) -> Variant:
    """The compiled part of the tool's measurement: the program of the experiment, jitted with the tool's own options."""
    import jax

    from checker.simulate.device import compiler_options
    from checker.simulate.program import Site
    from checker.simulate.train import train_program

    run = run_of(bench.steps, checkpoints)
    program = train_program(run.params, Site({"N": POINTS, "d": DIMENSION}, frozenset(), run.domains, (True,)))
    compiled = jax.jit(program.run, compiler_options=compiler_options("cpu"))
    keys = [jax.random.fold_in(jax.random.key(0), seed) for seed in range(bench.seeds)]
    work = timed(lambda: jax.device_get([compiled(key, {}) for key in keys]))
    return Variant(f"program {checkpoints}", work, bench.seeds * bench.steps)


class _Compared:
    """The tool beside peers: each is checked before it is timed, and its result says how far it was apart."""

    def __init__(self, bench: Bench, settings: Settings) -> None:
        self.bench, self.settings = bench, settings
        self.variants = [bench.tool()]
        self.asked: list[tuple[str, str, Target | None, str, str]] = []  # variant, what, target, note, why not run

    def numpy(
        self, name: str, what: str, work: Callable[[Array, int], Array], rows: Array, target: Target | None
    ) -> None:
        """A peer in this process."""
        steps = self.bench.few
        found = work(rows, steps)
        self._checked(name, f"{what} / the tool", target, found, steps, rows.dtype.name, f"NumPy {np.__version__}")
        self.variants.append(Variant(name, timed(lambda: work(rows, steps)), rows.shape[0] * steps))

    def c(self, dtype: type, target: Target | None) -> None:
        """Hand-written C, compiled for this processor; the ratio is the other way round, as the goal says it."""
        name, short = f"C {np.dtype(dtype).name}", "f64" if dtype is np.float64 else "f32"
        what = f"the tool / hand-written C, {short}"
        try:
            made = logistic(self.settings.scratch, POINTS, DIMENSION, dtype)
        except CompileError as error:
            self.asked.append((name, what, target, "", str(error)))
            return
        prepared, steps = made.prepare(self.bench.rows), self.bench.steps
        found = made.descend(prepared, steps, STEP)
        self._checked(name, what, target, found, steps, np.dtype(dtype).name, made.version)
        work = timed(lambda: made.descend(prepared, steps, STEP))
        self.variants.append(Variant(name, work, self.bench.seeds * steps))

    def torch(self, opened: ExitStack, kind: str, seeds: int, target: Target) -> None:
        """PyTorch in its own process, ``seeds`` of the tool's data."""
        name = f"torch {kind}"
        how = "eager autograd, seed by seed" if kind == "autograd" else "eager, all seeds at once, gradient by hand"
        what = f"PyTorch {how}, f32 / the tool"
        peer = find("torch", self.settings.peers)
        if peer.python is None:
            self.asked.append((name, what, target, "", peer.reason))
            return
        steps, folder = self.bench.few, self.settings.scratch
        np.save(folder / "rows.npy", self.bench.rows)
        child = opened.enter_context(remote(peer.python, "torch_child.py"))
        try:
            child.ask(
                "prepare", name=name, kind=kind, rows=str(folder / "rows.npy"), weights=str(folder / f"{kind}.npy"),
                seeds=seeds, steps=steps, step=STEP, dtype="float32",
            )  # fmt: skip
        except PeerError as error:
            self.asked.append((name, what, target, "", f"PyTorch {peer.version}: {error}"))
            return
        found = np.load(folder / f"{kind}.npy")
        self._checked(name, what, target, found, steps, "float32", f"PyTorch {peer.version}")
        self.variants.append(Variant(name, lambda: child.round(name), seeds * steps))

    def _checked(
        self, name: str, what: str, target: Target | None, found: Array, steps: int, dtype: str, version: str
    ) -> None:
        true = self.bench.weights(steps, found.shape[0])
        apart = float(np.abs(found - true).max() / np.abs(true).max())
        note = f"{version}; weights agree to {apart:.0e} after {steps} steps"
        refused = "" if apart <= AGREE[dtype] else f"refused: the weights are {apart:.0e} apart after {steps} steps"
        self.asked.append((name, what, target, note, refused))

    def results(self) -> Iterator[Result]:
        """Time everything that agrees, in turn."""
        refused = {name for name, _, _, _, why in self.asked if why}
        timings: Timings = interleave([each for each in self.variants if each.name not in refused], self.settings.rounds)
        tool = self.variants[0].name
        for name, what, target, note, why in self.asked:
            if why:
                yield Result(what, target, not_run=why)
                continue
            values = timings.ratio(tool, name) if name.startswith("C ") else timings.ratio(name, tool)
            yield Result(what, target, values, note=note)
        loop = "loop"
        yield Result(
            "processor time of the tool, per seed and step", None, tuple(1e6 * value for value in timings.cpu[tool]),
            unit="us", note=f"the loop takes {1e6 * min(timings.cpu[loop]):.3g} us",
        )  # fmt: skip
