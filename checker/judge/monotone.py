"""``monotone``: adjacent paired differences along a sweep, and the change over all of it.

The target's sign is the direction: +1 rising, -1 falling.  A flat curve never passes, because the total change has to
be certain; a single step may go the wrong way by ``within`` of the total change, of a mean or median by that share of
what the total change is at least.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise

import numpy as np

from checker.judge import intervals, regions, words
from checker.judge.cells import Budget
from checker.judge.errors import EvidenceError
from checker.judge.pointwise import Entries, judge_entries, rounding, settle_bound, settle_entries
from checker.judge.prediction import Array, Judgement, Over, Prediction, Region
from checker.judge.reduce import Reduced

_TOTAL = "the whole sweep"


def judge(
    reduced: Reduced, prediction: Prediction, rule: Over, grid: frozenset[str], budget: Budget
) -> Judgement:
    """Judge ``monotone`` on every step and in total.  Raises ``EvidenceError`` with one size or without a direction."""
    if reduced.x is None or reduced.along is None:
        raise EvidenceError("`monotone` needs `as:`, the axis along which it holds")
    steps, error = _steps(reduced, _direction(reduced.target))
    seeds, cells, sizes = steps.shape
    total = np.abs(steps[..., -1:])
    if rule.rule in ("every", "fraction"):  # each instance against its own change
        scale = np.where(total > 0, total, 1.0)
        steps, error, total, what = steps / scale, error / scale, total / scale, "a step as a share of the total change"
        allowed = _margin(prediction, total.mean(axis=0)[:, 0])
    else:
        what = "a step"
        allowed = _margin(prediction, _least(steps[..., -1], error[..., -1], rule.rule, budget))
    region: list[Region] = []
    for c in range(cells):
        step = regions.at_least(0.0, float(allowed[c]), prediction.strictly)
        region += [step] * (sizes - 1) + [regions.positive(None)]
    columns = (seeds, cells * sizes)
    middle, error = steps.reshape(columns), error.reshape(columns)
    change = np.broadcast_to(total, steps.shape).reshape(columns)
    settled = np.where(
        np.tile(np.arange(sizes) < sizes - 1, cells),
        settle_bound(middle, error, region, change, prediction.strictly),
        settle_entries(middle, error, region),
    )
    outline = replace(
        reduced, values=middle, error=error, target=np.zeros(columns), upper=None, axes=(*reduced.axes, reduced.along),
        shape=(*reduced.shape, sizes), labels=_labels(reduced), along=None, x=None, kept=None, picks=(),
    )
    judgement = judge_entries(
        outline, Entries(middle, error, tuple(region), settled, what), prediction, rule, grid, budget
    )
    return replace(judgement, worst=_located(judgement.worst, reduced), trace=_trace(reduced))


def _direction(target: Array) -> float:
    sign = np.sign(target)
    if sign.flat[0] == 0 or np.any(sign != sign.flat[0]):
        raise EvidenceError("`monotone` needs one direction: +1 rising, -1 falling")
    return float(sign.flat[0])


def _steps(reduced: Reduced, direction: float) -> tuple[Array, Array]:
    """Adjacent differences, the total change as the last entry, and their errors: (seeds, cells, sizes) each."""
    y, e = reduced.values, reduced.error
    if y.shape[-1] < 2:
        raise EvidenceError("`monotone` needs at least two sizes")
    before = np.concatenate((y[..., :-1], y[..., :1]), axis=-1)
    after = np.concatenate((y[..., 1:], y[..., -1:]), axis=-1)
    spread = np.concatenate((e[..., 1:] + e[..., :-1], e[..., -1:] + e[..., :1]), axis=-1)
    return direction * (after - before), spread + rounding(before, after)


def _least(total: Array, error: Array, rule: str, budget: Budget) -> Array:
    """The lower end (cells,), at least 0, of the mean or median total change (seeds, cells) in the claimed direction.

    The mean of its sizes would grow with the noise, and the margin of every step with it.
    """
    if total.shape[0] == 1:
        only: Array = np.maximum(total - error, 0.0)[0]
        return only
    row = intervals.medians if rule == "median" else intervals.means
    _, low, _, _ = row(total, budget.level, error)
    return np.maximum(low, 0.0)


def _margin(prediction: Prediction, total: Array) -> Array:
    """How far a step of each cell may go the wrong way: ``within`` of the total change, or an absolute amount."""
    if prediction.within is None:
        return np.zeros_like(total)
    return prediction.within.below * (total if prediction.within.relative else np.ones_like(total))


def _labels(reduced: Reduced) -> tuple[str, ...]:
    assert reduced.along is not None
    places = [words.number(float(x)) for x in np.asarray(reduced.coords[reduced.along], dtype=float)]
    steps = [f"{reduced.along} = {a} to {b}" for a, b in pairwise(places)] + [_TOTAL]
    return tuple(f"{cell}, {step}" if cell else step for cell in reduced.labels for step in steps)


def _located(worst: Mapping[str, int], reduced: Reduced) -> dict[str, int]:
    """The step's index among the kept sizes as an index of the sample, picks of reduced axes included."""
    if reduced.along is None or reduced.along not in worst or reduced.kept is None:
        return dict(worst)
    cell = int(np.ravel_multi_index([worst[axis] for axis in reduced.axes], reduced.shape)) if reduced.axes else 0
    return reduced.locate(cell, worst.get("seed"), worst[reduced.along])


def _trace(reduced: Reduced) -> Mapping[str, Array]:
    if len(reduced.labels) != 1 or reduced.along is None:
        return {}
    y = reduced.values[:, 0]
    return {
        "x": np.asarray(reduced.coords[reduced.along], dtype=float),
        "mean": y.mean(axis=0), "low": y.min(axis=0), "high": y.max(axis=0),
    }
