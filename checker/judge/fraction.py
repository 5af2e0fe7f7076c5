"""Probabilities: the share of seeds at which a predicate holds, by exact binomial intervals (JUDGE section 3).

A predicate that its numerical error leaves open counts against the lower end and for the upper end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from checker.judge import intervals, words
from checker.judge.cells import Budget, Found, assemble, settle
from checker.judge.errors import EvidenceError
from checker.judge.prediction import Array, Interval, Judgement, Over, Prediction, Region
from checker.judge.reduce import Reduced, labels
from checker.verdict import How


@dataclass(frozen=True, slots=True)
class Tally:
    """Whether a predicate ``certain``ly and ``possibl``y holds: 0 or 1, arrays (seeds, cells of the grid)."""

    certain: Array
    possible: Array
    outline: Reduced


def tally(settled: Array, reduced: Reduced, prediction: Prediction, grid: frozenset[str]) -> Tally:
    """Take the cells of each seed together, in the order ``over`` is written: ``every`` as all, ``fraction >= p`` as
    a share.

    ``settled`` (seeds, cells) is +1, 0, -1 per entry.  Axes in ``grid`` stay apart; an axis without a rule must hold
    as a whole.
    """
    shape = (settled.shape[0], *reduced.shape)
    certain, possible = (settled > 0).astype(float).reshape(shape), (settled >= 0).astype(float).reshape(shape)
    axes = list(reduced.axes)
    ordered = [axis for axis in prediction.over if axis in axes]
    for axis in [*ordered, *(axis for axis in reduced.axes if axis not in ordered)]:
        rule = prediction.over.get(axis, Over("every"))
        if axis in grid and rule.rule != "fraction":
            continue
        position = axes.index(axis) + 1
        axes.remove(axis)
        if rule.rule == "fraction":
            needed = _level(rule, axis)
            certain, possible = (
                (part.mean(axis=position) >= needed - 1e-12).astype(float) for part in (certain, possible)
            )
        else:
            certain, possible = certain.min(axis=position), possible.min(axis=position)
    left = certain.shape[1:]
    flat = (shape[0], int(np.prod(left, dtype=int)))
    certain, possible = certain.reshape(flat), possible.reshape(flat)
    outline = Reduced(
        certain, np.zeros_like(certain), certain, None, tuple(axes), left, labels(tuple(axes), left, reduced.coords),
        reduced.coords, (),
    )
    return Tally(certain, possible, outline)


def judge_fraction(counted: Tally, level: float, margin: float, budget: Budget, what: str) -> Judgement:
    """The share of seeds against ``level``: M_in p >= level, M_out p >= level - margin, in every cell of the grid."""
    seeds, cells = counted.certain.shape
    region = (Region(Interval(level, np.inf), Interval(level - margin, np.inf)),) * cells
    found, held = [], []
    for c in range(cells):
        low, high = int(counted.certain[:, c].sum()), int(counted.possible[:, c].sum())
        full, divided = (_share(low, high, seeds, part.level) for part in (budget, budget.share(cells)))
        held.append(f"{low} of {seeds}")
        found.append(Found(full, divided, (low + high) / 2 / seeds, (high - low) / 2 / seeds))
    settled = settle(found, region, seeds)
    c = settled.worst
    at = f" at {counted.outline.labels[c]}" if counted.outline.labels[c] else ""
    reason = f"{what} in {held[c]} seeds{at}: probability in {words.span(settled.shown[c])}, claimed at least {level:g}"
    if settled.joint is None:
        needed = settled.seeds_needed
        reason += f"; about {needed} seeds would decide" if needed else "; more seeds will not help: numerical error"
    broken = np.flatnonzero(counted.certain[:, c] == 0)
    return assemble(
        counted.outline, found, region, settled, how=How.SIMULATED, reason=reason, centre="share",
        seed=int(broken[0]) if broken.size else None,
    )


def judge_every_share(counted: Tally, what: str) -> Judgement:
    """``fraction`` on an axis other than the seeds, and every seed must reach it: no statistics."""
    seeds, cells = counted.certain.shape
    region = (Region(Interval(1.0, np.inf), Interval(1.0, np.inf)),) * cells
    found = [_certainly(counted.certain[:, c], counted.possible[:, c]) for c in range(cells)]
    settled = settle(found, region, seeds)
    c = settled.worst
    at = f" at {counted.outline.labels[c]}" if counted.outline.labels[c] else ""
    reached = int(counted.certain[:, c].sum())
    broken = np.flatnonzero(counted.certain[:, c] == 0)
    return assemble(
        counted.outline, found, region, settled, how=How.SURVIVED if seeds > 1 else How.SIMULATED, centre="holds",
        reason=f"{what} to the claimed share in {reached} of {words.count(seeds, 'instance')}{at}",
        seed=int(broken[0]) if broken.size else None,
    )


def _share(low: int, high: int, seeds: int, level: float) -> Interval:
    return Interval(intervals.clopper_pearson(low, seeds, level).lo, intervals.clopper_pearson(high, seeds, level).hi)


def _certainly(certain: Array, possible: Array) -> Found:
    interval = Interval(float(certain.min()), float(possible.min()))
    return Found(interval, interval, float(certain.mean()), 0.0)


def _level(rule: Over, axis: str) -> float:
    if rule.level is None or not 0 <= rule.level <= 1:
        raise EvidenceError(f"`over: {{{axis}: fraction >= p}}` needs p between 0 and 1")
    return rule.level


def has_shares(prediction: Prediction, axes: Sequence[str]) -> bool:
    """Whether some axis other than the seeds is taken as a share."""
    return any(axis in axes and rule.rule == "fraction" for axis, rule in prediction.over.items())
