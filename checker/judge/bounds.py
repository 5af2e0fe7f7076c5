"""``at_most``, ``at_least``, ``between``: the quantity on one side of a bound.

Over every instance a violation counts when it exceeds ten numerical errors (and the lead has it recomputed before it is
believed); what only touches the bound, as a tight bound does, is no violation.  A loose bound passes every search, so
the slack is always printed and ``attained`` asks for it to vanish.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from checker.judge import regions, words
from checker.judge.cells import Budget
from checker.judge.errors import EvidenceError
from checker.judge.pointwise import Entries, judge_entries, largest, rounding, settle_bound
from checker.judge.prediction import Interval, Judgement, Kind, Over, Prediction, Region, Within
from checker.judge.reduce import Reduced
from checker.verdict import Verdict


def judge(
    reduced: Reduced, prediction: Prediction, rule: Over, grid: frozenset[str], budget: Budget
) -> Judgement:
    """Judge a bound.  Raises ``EvidenceError`` for a ``between`` without its second bound or with crossed bounds."""
    if prediction.kind is Kind.BETWEEN:
        return _between(reduced, prediction, rule, grid, budget)
    entries = compare(reduced, prediction, rule)
    judgement = judge_entries(reduced, entries, prediction, rule, grid, budget)
    if rule.rule == "fraction":
        return judgement
    slack = _slack(reduced, entries, prediction, judgement, rule)
    if judgement.verdict is not Verdict.PASS:
        return judgement
    if prediction.attained and not slack.hi <= _attained_within(reduced, prediction):
        why = f"{judgement.reason}; never closer than {words.number(slack.lo)} to a bound claimed to be attained"
        return replace(judgement, verdict=None, how=None, reason=why, more_seeds_help=True)
    return replace(judgement, reason=f"{judgement.reason}; least slack {words.number((slack.lo + slack.hi) / 2)}")


def compare(reduced: Reduced, prediction: Prediction, rule: Over) -> Entries:
    """Statistic and regions: the quantity itself where the bound is the same for all seeds, else quantity minus
    bound.
    """
    values, bound = reduced.values, reduced.target
    error = reduced.error + rounding(values, bound)
    upper = prediction.kind is not Kind.AT_LEAST
    if np.all(bound == bound[:1]):
        places = [float(b) for b in bound[0]]
        region = tuple(_region(b, _margin(b, prediction, rule, upper), upper, prediction.strictly) for b in places)
        middle, what, bounds = values, "the quantity", prediction.bounded
    else:
        relative = prediction.within is not None and prediction.within.relative
        if relative and np.any(bound == 0):
            raise EvidenceError("`within` in percent has no meaning where the bound is 0")
        scale = np.abs(bound) if relative else np.ones_like(bound)
        middle, error, bounds = (values - bound) / scale, error / scale, None
        what = "(quantity - bound)/|bound|" if relative else "quantity - bound"
        flat = None if prediction.within is None else Within(prediction.within.below, prediction.within.above)
        at_zero = _margin(0.0, replace(prediction, within=flat), rule, upper)
        region = (_region(0.0, at_zero, upper, prediction.strictly),) * middle.shape[1]
    size = largest(middle) if what != "the quantity" else np.maximum(np.abs(bound), largest(values))
    return Entries(middle, error, region, settle_bound(middle, error, region, size, prediction.strictly), what, bounds)


def _region(bound: float, margin: float, upper: bool, strictly: bool) -> Region:
    return regions.at_most(bound, margin, strictly) if upper else regions.at_least(bound, margin, strictly)


def _margin(bound: float, prediction: Prediction, rule: Over, upper: bool) -> float:
    """The margin beyond the bound; none where ``within`` says how closely a bound over every instance is attained."""
    if prediction.attained and rule.rule == "every":
        return 0.0
    below, above = regions.margins(bound, prediction.within)
    return above if upper else below


def _slack(
    reduced: Reduced, entries: Entries, prediction: Prediction, judgement: Judgement, rule: Over
) -> Interval:
    """The least distance to the bound over all instances (for a mean: over its interval), numerical error included."""
    sign = -1.0 if prediction.kind is Kind.AT_LEAST else 1.0
    if rule.rule == "every":
        room = sign * (reduced.target - reduced.values)
        c = np.unravel_index(int(np.argmin(room)), room.shape)
        return Interval(float(room[c] - entries.error[c]), float(room[c] + entries.error[c]))
    places = [
        (sign * (r.inner.hi if sign > 0 else r.inner.lo), cell.interval)
        for r, cell in zip((cell.region for cell in judgement.cells), judgement.cells, strict=True)
        if cell.interval is not None
    ]
    if not places:
        return Interval(-np.inf, np.inf)
    ends = [
        (bound - interval.hi, bound - interval.lo) if sign > 0 else (bound + interval.lo, bound + interval.hi)
        for bound, interval in places
    ]
    low, high = min(ends, key=lambda pair: pair[1])
    return Interval(low, high)


def _attained_within(reduced: Reduced, prediction: Prediction) -> float:
    if prediction.within is None:
        raise EvidenceError("`attained` needs `within`: how near to the bound is attained?")
    upper = prediction.kind is not Kind.AT_LEAST
    nearest = np.unravel_index(int(np.argmin(np.abs(reduced.target - reduced.values))), reduced.values.shape)
    below, above = regions.margins(float(reduced.target[nearest]), prediction.within)
    return below if upper else above


def _between(
    reduced: Reduced, prediction: Prediction, rule: Over, grid: frozenset[str], budget: Budget
) -> Judgement:
    """Both bounds at once: one statistic, the region between them."""
    if reduced.upper is None:
        raise EvidenceError("`between` needs two bounds")
    if np.any(reduced.upper < reduced.target):
        raise EvidenceError("`between` has its bounds crossed")
    if prediction.attained:
        raise EvidenceError("`attained` goes with `at_most` or `at_least`: say which bound of `between` is attained")
    low, high, values = reduced.target, reduced.upper, reduced.values
    error = reduced.error + rounding(values, low, high)
    if np.all(low == low[:1]) and np.all(high == high[:1]):
        region = tuple(
            _between_region(float(a), float(b), prediction.within, prediction.strictly)
            for a, b in zip(low[0], high[0], strict=True)
        )
        size = np.maximum(np.maximum(np.abs(low), np.abs(high)), largest(values))
        settled = settle_bound(values, error, region, size, prediction.strictly)
        entries = Entries(values, error, region, settled, "the quantity", prediction.bounded)
    elif rule.rule in ("every", "fraction") and prediction.within is None and np.all(high > low):
        place, error = 2 * (values - low) / (high - low) - 1, error * 2 / (high - low)
        region = (_between_region(-1.0, 1.0, None, prediction.strictly),) * place.shape[1]
        settled = settle_bound(place, error, region, np.ones_like(place), prediction.strictly)
        entries = Entries(place, error, region, settled, "the place between the bounds (-1 and 1)")
    else:
        raise EvidenceError("`between` with bounds that differ by seed need `every` and no `within`: write two checks")
    return judge_entries(reduced, entries, prediction, rule, grid, budget)


def _between_region(low: float, high: float, within: Within | None, strictly: bool) -> Region:
    left = regions.at_least(low, regions.margins(low, within)[0], strictly)
    right = regions.at_most(high, regions.margins(high, within)[1], strictly)
    return Region(Interval(left.inner.lo, right.inner.hi), Interval(left.outer.lo, right.outer.hi))
