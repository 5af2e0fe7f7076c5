"""What a run costs before anything is allocated: the words of an estimate, and what every experiment's estimate is made of.

The one idea to know: an experiment says of one seed what it keeps, what it works on at a time and how many operations it
takes, as functions of its own parameters; estimates are orders of magnitude, meant to be too high rather than too low.
Light on purpose (no numpy, no JAX).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from checker.expr.node import Node, symbols_of
from checker.simulate.formula_cost import Shape, Work, work_of
from checker.simulate.leaves import Component
from checker.simulate.observable_spec import ObservableSpec
from checker.spec.constants import rough

NUMBER = 8.0  # bytes
DRAW_OPERATIONS = 100.0
"""A random number counts as this many additions."""
UNKNOWN = 1.0
"""What stands in for a number that cannot be told before the run (it is looked at again when it is known)."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one seed over the cells of one structure of arrays: bytes kept, bytes at work at a time, and operations."""

    held: float = 0.0
    scratch: float = 0.0
    operations: float = 0.0

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.held + other.held, self.scratch + other.scratch, self.operations + other.operations)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an experiment will run: ``cells`` of the sweep in one structure of arrays, the largest value of each symbol,
    the shapes of what is drawn, and what the experiment publishes."""

    cells: float
    values: Mapping[str, float]
    shapes: Mapping[str, Shape]
    published: Mapping[str, ObservableSpec] = field(default_factory=dict)

    def number(self, leaf: Any, otherwise: float = UNKNOWN) -> float:
        """The largest value of a leaf of the parameters, ``otherwise`` where a symbol of it is not known yet; infinite where
        all of them are and it is not plain arithmetic."""
        if isinstance(leaf, Node):
            found = rough(leaf, self.values)
            if found is not None and math.isfinite(found):
                return found
            # what has all its symbols and still is no number here may be anything: refused rather than guessed
            return math.inf if symbols_of(leaf) <= self.values.keys() else otherwise
        return otherwise if leaf is None else float(leaf)

    def work(self, formulas: Any) -> Work:
        """One evaluation of several formulas (a mapping or a list of them, numbers allowed)."""
        nodes = formulas.values() if isinstance(formulas, Mapping) else formulas
        parts = [work_of(node, self.shapes, self.values) for node in nodes if isinstance(node, Node)]
        return Work((), sum(part.operations for part in parts) + len(parts), sum(part.bytes for part in parts))

    def entries(self, names: Any) -> float:
        """Numbers in the symbols ``names`` together."""
        return math.fsum(math.prod(self.shapes.get(name, ())) for name in names)

    def shape_of_data(self, data: Component | None) -> tuple[float, float]:
        """Points and dimension of the matrix X (1 by 1 without data)."""
        known = self.published.get("X")
        if data is None or known is None or known.shape is None:
            return 1.0, 1.0
        points, dimension = (float(size) if isinstance(size, int) else UNKNOWN for size in known.shape)
        return points, dimension

    def held(self, records: float = 1.0, twins: float = 1.0) -> float:
        """Bytes of all that is published: ``records`` values along recorded axes, with ``twins`` more copies of those."""
        total = 0.0
        for name, spec in self.published.items():
            shape = self.shapes.get(name, ()) if spec.shape is None else tuple(map(_size, spec.shape))
            along = records * (1.0 + twins) if spec.axes else 1.0
            total += math.prod(shape) * along
        return NUMBER * total * self.cells


def _size(size: int | str) -> float:
    return float(size) if isinstance(size, int) else UNKNOWN


def drawn(params: Any, place: Place) -> Cost:
    """The symbols and data that an experiment draws for each seed."""
    entries = place.entries(getattr(params, "draw", ()))
    points, dimension = place.shape_of_data(getattr(params, "data", None))
    return Cost(0.0, 3 * NUMBER * (entries + points * dimension), DRAW_OPERATIONS * (entries + points * dimension))


def in_words(size: float) -> str:
    """Bytes for a reader."""
    for unit, name in ((2.0**30, "GiB"), (2.0**20, "MiB"), (2.0**10, "KiB")):
        if size >= unit:
            return f"{_figure(size / unit)} {name}"
    return f"{size:.0f} bytes"


def duration(seconds: float) -> str:
    """Seconds for a reader."""
    year = 365.25 * 86400
    for unit, name in ((year, "years"), (86400.0, "days"), (3600.0, "hours"), (60.0, "min")):
        if seconds >= unit:
            return f"{_figure(seconds / unit)} {name}"
    return f"{_figure(seconds)} s" if seconds >= 1 else "under 1 s"


def _figure(number: float) -> str:
    """About two digits: an estimate has no more."""
    if number >= 1e4:
        return f"{number:.0e}".replace("e+0", "e").replace("e+", "e")
    return f"{number:.0f}" if number >= 10 else f"{number:.1f}"
