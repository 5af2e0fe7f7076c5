"""Memory and time of a run before it begins, and the limits beyond which it is refused.

The one idea to know: nothing of a run exists yet when its cost is known.  Its experiment says what one seed costs
(``ExperimentSpec.cost``); here it is multiplied by seeds, cells and arms and compared with what the machine has.

The limits: half of the memory of the machine or of its control group, and ``MINUTES`` by scale; the environment variables
``CHECK_MEMORY`` (``8G``, ``500M``) and ``CHECK_MINUTES`` (a number) replace them.  Light on purpose (no numpy, no JAX).
"""

from __future__ import annotations

import itertools
import math
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from checker.expr.node import Node, Sym, symbols_of
from checker.simulate.catalogue import experiment
from checker.simulate.cost import NUMBER, Cost, Place, duration, in_words
from checker.simulate.formula_cost import Shape, work_of
from checker.simulate.leaves import Component
from checker.spec.claim import Run
from checker.spec.constants import rough

MINUTES: Mapping[str, float] = {"smoke": 10.0, "standard": 30.0, "large": 1440.0}
"""How long the first look of one run may take at a scale, by its estimate: more than any run of the library."""
FIRST_LOOK: Mapping[str, int] = {"smoke": 8, "standard": 32, "large": 128}
"""Instances of the first look where the run does not fix them (``verify/scales.py``; a test holds the two together)."""
SPEED = 1e10
"""Operations in a second, for estimates: what products of matrices reach on two cores."""
COMPILING, DISPATCH = 1.0, 1e-4
"""Seconds to compile one structure of arrays, and to start one cell of one seed."""
COPIES = 4.0
"""What is kept exists as results of the device, as NumPy arrays, joined, and in one evaluation."""
MOST_BLOCKS = 64
PIECE = 256 * 2.0**20  # gradients of a quantity are taken in pieces of this many bytes
_MEMORY = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,3})?)\s*([KMGT])?i?B?\Z", re.IGNORECASE)
_UNITS = {"": 1.0, "K": 2.0**10, "M": 2.0**20, "G": 2.0**30, "T": 2.0**40}


@dataclass(frozen=True, slots=True)
class Estimate:
    """Peak memory in bytes and time in seconds of a run, orders of magnitude; ``seeds`` and ``cells`` it was made for."""

    memory: float
    seconds: float
    seeds: int
    cells: int

    @property
    def words(self) -> str:
        """The estimate for a reader."""
        return f"{in_words(self.memory)} and {duration(self.seconds)}"


@dataclass(frozen=True, slots=True)
class Limits:
    """The most memory in bytes and time in seconds of one run."""

    memory: float
    seconds: float

    @property
    def words(self) -> str:
        """The limits for a reader."""
        return f"{in_words(self.memory)} and {duration(self.seconds)}"


def limits(scale: str) -> Limits:
    """The limits at a scale on this machine, or those of the environment (a value that cannot be read is ignored)."""
    memory = _MEMORY.match(os.environ.get("CHECK_MEMORY", "").strip())
    minutes = os.environ.get("CHECK_MINUTES", "")
    try:
        seconds = 60.0 * float(minutes)
    except ValueError:
        seconds = 60.0 * MINUTES[scale]
    if not (math.isfinite(seconds) and seconds > 0):
        seconds = 60.0 * MINUTES[scale]
    if memory is None:
        return Limits(machine_memory() / 2, seconds)
    return Limits(float(memory[1]) * _UNITS[(memory[2] or "").upper()], seconds)


def machine_memory() -> float:
    """Bytes of memory that this process may use at all: the machine's, or its control group's where that is less."""
    try:
        found = float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (ValueError, OSError):
        found = 8 * 2.0**30
    for path in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            found = min(found, float(Path(path).read_text("ascii").strip()))
        except (OSError, ValueError):  # no such group, or "max"
            continue
    return found


def estimate(run: Run, seeds: int, quantities: Sequence[Node] = ()) -> Estimate:
    """What ``run`` needs on ``seeds`` instances, with the ``quantities`` that are read off it."""
    memory, scratch, operations, structures = 0.0, 0.0, 0.0, 0.0
    cells = _cell_count(run)
    for params in (run.params, *run.arms.values()):
        for weight, place, fixed in _places(run, params):
            cost = experiment(run.experiment).cost(fixed, place)
            memory += weight * cost.held
            operations += weight * cost.operations
            structures += weight
            reading = _reading(quantities, place, seeds)
            operations += weight * reading.operations / max(1, seeds)
            scratch = max(scratch, 2 * cost.scratch, reading.scratch)
    total = COPIES * float(seeds) * memory + scratch
    seconds = seeds * (operations / SPEED + DISPATCH * cells) + COMPILING * structures
    return Estimate(total, seconds, seeds, cells)


def refusal(
    run: Run, scale: str, quantities: Sequence[Node] = (), seeds: int | None = None, allowed: Limits | None = None
) -> str | None:
    """Why a run is not begun, in one line with the estimate and the limits; ``None`` if it may run.

    Without ``seeds``: on the instances of its first look at ``scale``; without ``allowed``: within ``limits(scale)``.
    """
    allowed = limits(scale) if allowed is None else allowed
    found = estimate(run, seeds or run.seeds or FIRST_LOOK[scale], quantities)
    if found.memory <= allowed.memory and found.seconds <= allowed.seconds:
        return None
    parts = [*_large(run.params), f"{found.seeds:.4g} seeds"]
    parts += [f"{found.cells} points of the sweep"] if found.cells > 1 else []
    return (
        f"{' x '.join(parts)} need about {found.words}; the limit is {allowed.words} at {scale}"
        " (CHECK_MEMORY and CHECK_MINUTES change it)"
    )


class OverBudget(Exception):
    """More instances of a run than the memory of the machine can hold; it says nothing about the claim."""


def afford(run: Run, seeds: int) -> None:
    """Raise ``OverBudget`` where ``seeds`` instances of a run are estimated to need more memory than is allowed."""
    found, allowed = estimate(run, seeds), limits("large")
    if found.memory > allowed.memory:
        raise OverBudget(
            f"{seeds} instances of {run.name} need about {in_words(found.memory)};"
            f" the limit is {in_words(allowed.memory)} (CHECK_MEMORY changes it)"
        )


def _large(params: BaseModel) -> list[str]:
    """The largest sizes among the parameters, at most three."""
    found = sorted(((value, name) for name, value in _numbers("", params) if value >= 1000), reverse=True)
    return [f"{value:.4g} {name}" for value, name in found[:3]]


def _numbers(name: str, value: Any) -> list[tuple[str, float]]:
    if isinstance(value, Component):
        return [found for key in type(value).model_fields for found in _numbers(key, getattr(value, key))]
    if isinstance(value, Mapping):
        return [found for key, item in value.items() for found in _numbers(str(key), item)]
    if isinstance(value, int) and not isinstance(value, bool):
        return [(name, float(value))]
    return []


def _cell_count(run: Run) -> int:
    return math.prod(len(axis.values) for axis in run.sweep) * max((len(v) for v in run.case_values.values()), default=1)


def _places(run: Run, params: BaseModel) -> list[tuple[float, Place, Component]]:
    """Every structure of arrays of the sweep, with how many like it there are: its place, and its parameters with counts."""
    assert isinstance(params, Component)
    counted = frozenset().union(*(symbols_of(node) for node in _counts(params)))
    axes: list[list[dict[str, float]]] = [[{axis.name: value} for value in axis.values] for axis in run.sweep]
    if run.case_values:
        length = max(len(values) for values in run.case_values.values())
        axes.append([{name: values[i] for name, values in run.case_values.items()} for i in range(length)])
    outer = [axis for axis in axes if set(axis[0]) & counted]
    inner = [axis for axis in axes if not set(axis[0]) & counted]
    cells = math.prod(len(axis) for axis in inner)
    largest = {name: max(point[name] for point in axis) for axis in axes for name in axis[0]}
    blocks = math.prod(len(axis) for axis in outer)
    found = []
    if blocks <= MOST_BLOCKS:
        for points in itertools.product(*outer):
            here = {name: value for point in points for name, value in point.items()}
            found.append((1.0, *_place(run, params, {**largest, **here}, cells)))
    else:
        found.append((float(blocks), *_place(run, params, largest, cells)))
    return found


def _place(run: Run, params: Component, values: Mapping[str, float], cells: int) -> tuple[Place, Component]:
    fixed = _fixed(params, values)
    known = dict(values)
    known |= {name: float(size) for name, size in getattr(fixed, "sizes", {}).items() if isinstance(size, int)}
    published = experiment(run.experiment).observables(fixed)
    for name, spec in published.items():
        declared = run.domains[name].shape if name in run.domains else ()
        for symbol, size in zip(declared, spec.shape or (), strict=False):
            if isinstance(symbol, Sym) and isinstance(size, int):
                known.setdefault(symbol.name, float(size))
    shapes: dict[str, Shape] = {}
    for name in {*run.domains, *published}:
        known_shape = published[name].shape if name in published else None
        if known_shape is not None:
            shapes[name] = tuple(float(size) if isinstance(size, int) else 1.0 for size in known_shape)
        elif name in run.domains:
            sizes = (rough(size, known) for size in run.domains[name].shape)
            shapes[name] = tuple(1.0 if size is None or not math.isfinite(size) else size for size in sizes)
    return Place(float(cells), known, shapes, published), fixed


def _reading(quantities: Sequence[Node], place: Place, seeds: int) -> Cost:
    """The quantities over all seeds and cells at once, their gradients in pieces."""
    scratch, operations = 0.0, 0.0
    for node in quantities:
        work = work_of(node, place.shapes, place.values)
        inputs = NUMBER * sum(math.prod(place.shapes.get(name, ())) for name in symbols_of(node))
        points = seeds * place.cells
        pieces = max(1.0, min(float(seeds), points * inputs / PIECE))
        scratch = max(scratch, 2 * points * work.bytes / pieces)
        operations += 4 * points * work.operations
    return Cost(0.0, scratch, operations)


def _counts(value: Any, is_count: bool = False) -> list[Node]:
    """Formulas that decide shapes."""
    if isinstance(value, Component):
        counts = type(value).COUNTS
        return [node for name in type(value).model_fields for node in _counts(getattr(value, name), name in counts)]
    if isinstance(value, tuple):
        return [node for item in value for node in _counts(item, is_count)]
    if isinstance(value, Mapping):
        return [node for item in value.values() for node in _counts(item, is_count)]
    return [value] if is_count and isinstance(value, Node) else []


def _fixed(value: Any, values: Mapping[str, float], is_count: bool = False) -> Any:
    """Parameters with every count as a number; limits of single parameters are not looked at here."""
    if isinstance(value, Component):
        counts = type(value).COUNTS
        fields = type(value).model_fields
        return value.model_copy(update={name: _fixed(getattr(value, name), values, name in counts) for name in fields})
    if isinstance(value, tuple):
        return tuple(_fixed(item, values, is_count) for item in value)
    if isinstance(value, Mapping):
        return {key: _fixed(item, values, is_count) for key, item in value.items()}
    if is_count and isinstance(value, Node):
        found = rough(value, values)
        return value if found is None or not math.isfinite(found) else round(found)
    return value
