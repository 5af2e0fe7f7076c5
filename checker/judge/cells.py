"""Many intervals, one verdict: the judgement of a prediction that is read at points (cells of a grid, recorded steps).

The one idea: a PASS needs every cell inside, so each may use the full level; a FAIL may come from any of m cells, so
there the level is divided by m.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from checker.judge import regions, words
from checker.judge.looks import seeds_needed, spend
from checker.judge.prediction import Array, Cell, Interval, Judgement, Region
from checker.judge.reduce import Reduced
from checker.verdict import How, Verdict

#: Most rows of a table and cells of a judgement; of more, the ones nearest to failing are shown.
MOST_ROWS = 20
Row = tuple[str | float, ...]


@dataclass(frozen=True, slots=True)
class Budget:
    """The error budget ``alpha`` of one prediction and the look at which part of it is spent."""

    alpha: float
    look: int

    @property
    def level(self) -> float:
        """What fixed-n intervals may use at this look."""
        return spend(self.alpha, self.look)

    def share(self, parts: int) -> Budget:
        """The budget of one of ``parts`` chances to be wrong."""
        return Budget(self.alpha / parts, self.look)


@dataclass(frozen=True, slots=True)
class Found:
    """The evidence in one cell.

    ``full`` is the interval at the whole level of the look (a PASS rests on it), ``divided`` at the level divided by
    the number of cells (a FAIL rests on it); ``None`` where it was refused, with the reason in ``note``.  ``fixed``
    is the part of the half-width that more seeds do not shrink.
    """

    full: Interval | None
    divided: Interval | None
    middle: float
    fixed: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class Settled:
    """The verdict of every cell, the joint one, the interval it rests on, and the seeds that would decide the rest."""

    verdicts: tuple[Verdict | None, ...]
    joint: Verdict | None
    shown: tuple[Interval | None, ...]
    seeds_needed: int | None
    more_seeds_help: bool
    worst: int


def joint(verdicts: Sequence[Verdict | None]) -> Verdict | None:
    """FAIL if one part fails, PASS if all pass, else undecided."""
    if Verdict.FAIL in verdicts:
        return Verdict.FAIL
    return Verdict.PASS if all(verdict is Verdict.PASS for verdict in verdicts) else None


def settle(found: Sequence[Found], region: Sequence[Region], seeds: int) -> Settled:
    """Decide every cell; ``seeds`` is the number seen, from which the number needed follows."""
    verdicts: list[Verdict | None] = []
    shown: list[Interval | None] = []
    needed: list[int | None] = []
    for cell, allowed in zip(found, region, strict=True):
        verdict = None
        if cell.full is not None and regions.inside(cell.full, allowed.outer):
            verdict = Verdict.PASS
        elif cell.divided is not None and regions.decide(cell.divided, allowed) is Verdict.FAIL:
            verdict = Verdict.FAIL
        verdicts.append(verdict)
        shown.append(cell.divided if verdict is Verdict.FAIL else cell.full)
        if verdict is None:
            needed.append(seeds_needed(seeds, _half(cell, allowed), cell.fixed, regions.slack(cell.middle, allowed)))
    total = joint(verdicts)
    known = [n for n in needed if n is not None]
    helps = total is None and len(known) == len(needed)
    return Settled(
        tuple(verdicts), total, tuple(shown), max(known) if helps else None, helps or total is not None,
        _worst(found, region, verdicts),
    )


def _half(cell: Found, region: Region) -> float:
    """The half-width that has to shrink: towards an end of the region from inside (to pass) or from outside (to fail)."""
    if cell.full is None:
        return np.inf
    below, above = cell.middle - cell.full.lo, cell.full.hi - cell.middle
    sides = []
    if np.isfinite(region.outer.lo):
        sides.append(below if cell.middle >= region.inner.lo else above)
    if np.isfinite(region.outer.hi):
        sides.append(above if cell.middle <= region.inner.hi else below)
    return max(sides, default=0.0)


def _worst(found: Sequence[Found], region: Sequence[Region], verdicts: Sequence[Verdict | None]) -> int:
    """The cell that decided, or would be the first to fail."""
    order = {Verdict.FAIL: 0, None: 1, Verdict.PASS: 2}
    ranks = [order[verdict] for verdict in verdicts]
    return min(
        range(len(found)), key=lambda c: (ranks[c], found[c].full is not None, -regions.excess(found[c].middle,
        region[c])) )


def assemble(
    reduced: Reduced,
    found: Sequence[Found],
    region: Sequence[Region],
    settled: Settled,
    *,
    how: How,
    reason: str,
    centre: str,
    seed: int | None = None,
    predicted: Sequence[str] = (),
) -> Judgement:
    """The judgement with its cells, table (the ``MOST_ROWS`` cells nearest to failing) and arrays for the plot.

    ``centre`` heads the column of middle values; ``seed`` is the instance that decided; ``predicted`` overrides the
    words for the region of each cell.
    """
    ranked = sorted(range(len(found)), key=lambda c: (c != settled.worst, -regions.excess(found[c].middle, region[c])))
    chosen = sorted(ranked[:MOST_ROWS])
    cells = tuple(
        Cell(reduced.labels[c], settled.shown[c], region[c], settled.verdicts[c], found[c].note) for c in chosen
    )
    allowed = predicted or [words.region(cell.outer) for cell in region]
    rows: tuple[Row, ...] = tuple(
        (
            reduced.labels[c] or "all",
            found[c].middle,
            *_ends(settled.shown[c]),
            allowed[c],
            str(settled.verdicts[c] or "undecided"),
        )
        for c in chosen
    )
    where = reduced.locate(settled.worst, seed) if settled.joint is not Verdict.PASS or seed is not None else {}
    return Judgement(
        settled.joint,
        how if settled.joint is Verdict.PASS else None,
        reason,
        cells,
        where,
        settled.seeds_needed,
        settled.more_seeds_help,
        ("at", centre, "low", "high", "allowed", "verdict"),
        rows,
        _trace(reduced, found, region, settled),
    )


def _ends(interval: Interval | None) -> tuple[float | str, float | str]:
    return ("refused", "refused") if interval is None else (interval.lo, interval.hi)


def _trace(
    reduced: Reduced, found: Sequence[Found], region: Sequence[Region], settled: Settled
) -> Mapping[str, Array]:
    """Arrays over the one axis of the cells, if there is one; refused intervals are NaN."""
    long = [axis for axis, size in zip(reduced.axes, reduced.shape, strict=True) if size > 1]
    if len(long) != 1:
        return {}
    ends = [(np.nan, np.nan) if shown is None else (shown.lo, shown.hi) for shown in settled.shown]
    return {
        "x": np.asarray(reduced.coords[long[0]], dtype=float),
        "mean": np.array([cell.middle for cell in found]),
        "low": np.array([low for low, _ in ends]),
        "high": np.array([high for _, high in ends]),
        "region_low": np.array([cell.outer.lo for cell in region]),
        "region_high": np.array([cell.outer.hi for cell in region]),
    }
