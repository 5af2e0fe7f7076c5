"""``measure``: one run over a batch of seeds, as named observables with named axes.

The one idea to know: a program is compiled once per structure of arrays and per run, then called seed by seed on a CPU
(one seed's data stay in cache) and in batches of fixed size on a GPU, so that asking for more seeds compiles nothing.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np

from checker.simulate.catalogue import experiment
from checker.simulate.catalogue_parts import data_shape
from checker.simulate.device import choose, compiler_options
from checker.simulate.leaves import Component
from checker.simulate.measurement import Array, Measurement, Observable
from checker.simulate.program import Output, Program, Site
from checker.simulate.requirements import require
from checker.simulate.resolve import Grid, SimulationError, fix_counts, grid_of, size_symbols, structural_symbols
from checker.spec.claim import Run


def _imported_when_used(module: str, name: str) -> Callable[[Any, Site], Program]:
    """The function ``name`` of ``module``: solvers of flows and of convex programs take a second to import."""

    def program(params: Any, site: Site) -> Program:
        made: Program = getattr(importlib.import_module(f"checker.simulate.{module}"), name)(params, site)
        return made

    return program


PROGRAMS: Mapping[str, Callable[[Any, Site], Program]] = {
    "optimize": _imported_when_used("optimize", "optimize_program"),
    "train": _imported_when_used("train", "train_program"),
    "evaluate": _imported_when_used("evaluate", "evaluate_program"),
    "monte_carlo": _imported_when_used("monte_carlo", "monte_carlo_program"),
    "iterate": _imported_when_used("iterate", "iterate_program"),
    "solve": _imported_when_used("solve", "solve_program"),
    "spectrum": _imported_when_used("spectrum", "spectrum_program"),
    "tangent_kernel": _imported_when_used("networks.at_start", "tangent_kernel_program"),
    "train_network": _imported_when_used("networks.training", "train_network_program"),
    "random_networks": _imported_when_used("random_networks.program", "random_networks_program"),
    "two_patch": _imported_when_used("two_patch.program", "two_patch_program"),
}
GPU_BATCH = 64


@dataclass(frozen=True, slots=True)
class Block:
    """The part of a sweep that shares array shapes: its fixed indices, its program, its cells."""

    fixed: Mapping[str, int]
    program: Program
    cells: Mapping[str, Array]
    inner: tuple[str, ...]  # the axes of the cells, the last one fastest
    compiled: Callable[[Any, Any], Output]


@dataclass(frozen=True, slots=True)
class _Request:
    """A run as a cache key: equal texts are equal runs (parameters are frozen and print completely)."""

    text: str
    batched: bool
    thorough: bool
    run: Run = field(compare=False, hash=False)


def measure(
    run: Run, seeds: Sequence[int], base_seed: int, device: str = "auto", thorough: bool = True
) -> Measurement:
    """Measure ``run`` for each of ``seeds``.

    ``thorough=False`` compiles in less time to slower code: right where few seeds are measured.

    Seed s uses the key ``fold_in(key(base_seed), s)`` and nothing else, so seeds measured together equal seeds measured
    one by one, and arms and controls of one seed share data and starts.  Observables carry the axes on which they
    depend (``seed``, sweep axes, recorded axes); those whose shape changes along the sweep are left out.  A seed
    that is not evidence (NaN, a solver without its residual, data that break their promise, a requirement missed) is
    listed in ``failures`` with the reason.  ``run.arms`` are measured on the same seeds and published as ``name.arm``.

    Raises ``DeviceError``, ``UnsupportedError``, ``SimulationError``.
    """
    where = choose(device)
    if not seeds:
        raise SimulationError(f"run {run.name}: no seeds were asked for")
    batched = where.platform == "gpu"
    with jax.default_device(where):
        measurement = _measure(run, seeds, base_seed, batched, thorough)
        for arm, params in run.arms.items():
            other = _measure(replace(run, params=params, arms={}), seeds, base_seed, batched, thorough)
            measurement = _beside(run, measurement, arm, other)
    return require(run, measurement)


def _measure(run: Run, seeds: Sequence[int], base_seed: int, batched: bool, thorough: bool) -> Measurement:
    """One arm of a run: its observables, and the sizes that declared shapes name."""
    grid, blocks = _blocks(_request(run, batched, thorough))
    failures: dict[int, str] = {}
    gathered = [_run_block(block, seeds, base_seed, batched, failures) for block in blocks]
    observables = _assemble(grid, blocks, gathered)
    coords: dict[str, Array] = {"seed": np.asarray(seeds, dtype=np.float64), **grid.coords}
    for block in blocks:
        coords.update(block.program.recorded)
    shapes = {name: _entry_shape(each) for name, each in observables.items()}
    given = {name: size for name, size in getattr(run.params, "sizes", {}).items() if isinstance(size, int)}
    for name, size in {**given, **size_symbols(run, shapes)}.items():
        observables.setdefault(name, Observable(np.asarray(float(size)), ()))
    for name, (axis, along) in grid.symbols.items():
        if name != axis:  # a symbol of cases is no axis of its own, but formulas name it
            observables.setdefault(name, Observable(along, (axis,)))
    return Measurement(observables, coords, failures)


def _beside(run: Run, measurement: Measurement, arm: str, other: Measurement) -> Measurement:
    """``measurement`` with the observables of an arm as ``name.arm``; a seed fails if it fails in any arm."""
    for axis, values in other.coords.items():
        if not np.array_equal(values, measurement.coords.get(axis, values)):
            raise SimulationError(f"run {run.name}: the arm {arm!r} is recorded at other values of {axis!r}")
    renamed = {f"{name}.{arm}": observable for name, observable in other.observables.items()}
    failures = {**{seed: f"arm {arm}: {reason}" for seed, reason in other.failures.items()}, **measurement.failures}
    return Measurement({**measurement.observables, **renamed}, {**other.coords, **measurement.coords}, failures)


def _request(run: Run, batched: bool, thorough: bool) -> _Request:
    content = (run.experiment, run.params, run.sweep, dict(run.case_values), dict(run.domains), dict(run.laws))
    text = repr((*content, run.may_diverge))
    return _Request(text, batched, thorough, run)


@lru_cache(maxsize=32)
def _blocks(request: _Request) -> tuple[Grid, tuple[Block, ...]]:
    """The grid of a run and one compiled program per structure of arrays."""
    run = request.run
    experiment(run.experiment)
    grid = grid_of(run)
    assert isinstance(run.params, Component)
    outer = grid.axes_of(structural_symbols(run.params, grid))
    inner = tuple(axis for axis in grid.axes if axis not in outer)
    cells = grid.cells(inner)
    traced = {
        name: np.asarray([along[cell[axis]] for cell in cells])
        for name, (axis, along) in grid.symbols.items()
        if axis in inner
    }
    fresh = tuple(not inner or cell[inner[-1]] == 0 for cell in cells)
    blocks = []
    for fixed in grid.cells(outer):
        values = grid.values(fixed)
        params = fix_counts(run.params, values)
        constants = {name: np.full(len(cells), value) for name, value in values.items()}
        site = Site(
            _sizes(params, run), frozenset(grid.symbols), run.domains, fresh, request.batched, run.may_diverge, run.laws,
            {name: along for name, (_, along) in grid.symbols.items()},
        )  # fmt: skip
        program = PROGRAMS[run.experiment](params, site)
        symbols = {**traced, **constants}
        options = compiler_options("gpu" if request.batched else "cpu", request.thorough)
        function = jax.vmap(program.run, in_axes=(0, None)) if request.batched else program.run
        blocks.append(Block(fixed, program, symbols, inner, jax.jit(function, compiler_options=options)))
    return grid, tuple(blocks)


def _sizes(params: Component, run: Run) -> dict[str, int]:
    """The size symbols that the declared shapes of X and y name, with their values in this structure."""
    data = getattr(params, "data", None)
    if data is None:
        return {}
    points, dimension = data_shape(data)
    if not (isinstance(points, int) and isinstance(dimension, int)):
        raise SimulationError(f"data: the shape {points} x {dimension} is not known when the run starts")
    return size_symbols(run, {"X": (points, dimension), "y": (points,)})


def _run_block(
    block: Block, seeds: Sequence[int], base_seed: int, batched: bool, failures: dict[int, str]
) -> list[Output]:
    """The outputs of every seed as NumPy arrays, with what the host adds; failures are noted by seed."""
    base = jr.key(base_seed)
    cells = {name: jnp.asarray(values) for name, values in block.cells.items()}
    outputs: list[Output] = []
    if batched:
        for start in range(0, len(seeds), GPU_BATCH):
            some = list(seeds[start : start + GPU_BATCH])
            padded = some + [some[-1]] * (GPU_BATCH - len(some))
            keys = jax.vmap(lambda seed: jr.fold_in(base, seed))(jnp.asarray(padded, dtype=jnp.uint32))
            together = jax.device_get(block.compiled(keys, cells))
            outputs += [jax.tree.map(lambda leaf, at=at: leaf[at], together) for at in range(len(some))]
    else:
        # All seeds are dispatched before the first is fetched: they overlap where the host has cores to spare.
        outputs = jax.device_get([block.compiled(jr.fold_in(base, seed), cells) for seed in seeds])
    finished = []
    for seed, output in zip(seeds, outputs, strict=True):
        judged = block.program.finish(output)
        if judged.failure and seed not in failures:
            failures[seed] = judged.failure
        each: dict[str, Any] = {**output.each, **judged.each}
        twin: dict[str, Any] = {**output.twin, **judged.twin}
        finished.append(output._replace(each=each, twin=twin, hidden={}))
    return finished


def _assemble(
    grid: Grid, blocks: Sequence[Block], gathered: Sequence[Sequence[Output]]
) -> dict[str, Observable]:
    """Observables with their axes in the order seed, sweep, recorded, from per-block, per-seed arrays."""
    first, program = gathered[0][0], blocks[0].program
    inner, outer = blocks[0].inner, tuple(blocks[0].fixed)
    found: dict[str, Observable] = {}
    for name in first.once:
        parts = [np.stack([output.once[name] for output in outputs]) for outputs in gathered]
        if not _alike(parts):
            continue
        # What no structural symbol changes is said once: references are then solved once as well.
        same = all(np.array_equal(part, parts[0]) for part in parts)
        values = parts[0] if same else _join(grid, parts, outer, None)
        axes = ("seed",) if same else ("seed", *outer)
        found[name] = Observable(values, axes) if program.random_once else Observable(values[0], axes[1:])
    for name in first.each:
        parts = [np.stack([output.each[name] for output in outputs]) for outputs in gathered]
        if not _alike(parts):
            continue
        twin = None
        if name in first.twin:
            twins = [np.stack([output.twin[name] for output in outputs]) for outputs in gathered]
            twin = _join(grid, twins, outer, inner)
        axes = ("seed", *grid.axes, *program.axes.get(name, ()))
        found[name] = Observable(_join(grid, parts, outer, inner), axes, twin)
    return found


def _alike(parts: Sequence[Array]) -> bool:
    return len({part.shape for part in parts}) == 1


def _join(grid: Grid, parts: Sequence[Array], outer: tuple[str, ...], inner: tuple[str, ...] | None) -> Array:
    """Parts of all blocks as one array (seed, *sweep axes in their order, ...).

    A part is (seed, cell, ...) over the cells of ``inner`` (one cell if there is no such axis), or (seed, ...) for
    ``None``.
    """
    axes = (*outer, *(inner or ()))
    stacked = np.stack(parts, axis=1)
    rest = stacked.shape[2:] if inner is None else stacked.shape[3:]
    values = stacked.reshape(stacked.shape[0], *(len(grid.coords[axis]) for axis in axes), *rest)
    order = [axes.index(axis) + 1 for axis in grid.axes if axis in axes]
    return np.transpose(values, (0, *order, *range(1 + len(axes), values.ndim)))


def _entry_shape(observable: Observable) -> tuple[int, ...]:
    return observable.values.shape[len(observable.axes) :]
