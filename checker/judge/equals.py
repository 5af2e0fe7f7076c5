"""``equals``: the quantity is the predicted value up to ``within``; also thresholds (in log location) and equivalences.

Where the prediction is the same for all seeds the interval is in the quantity's own units; where each instance has its
own prediction, the difference (in percent: the relative difference) is judged against 0.
"""

from __future__ import annotations

import numpy as np

from checker.judge import regions
from checker.judge.cells import Budget
from checker.judge.errors import EvidenceError
from checker.judge.pointwise import Entries, judge_entries, rounding, settle_entries
from checker.judge.prediction import Judgement, Over, Prediction
from checker.judge.reduce import Reduced

#: More censored (infinite) seeds than this, and the sweep does not bracket what is measured.
_MOST_CENSORED = 0.2


def judge(
    reduced: Reduced, prediction: Prediction, rule: Over, grid: frozenset[str], budget: Budget
) -> Judgement:
    """Judge ``equals``.  Raises ``EvidenceError`` without a margin, and where more than a fifth of the seeds are
    censored.
    """
    entries = compare(reduced, prediction)
    censored = float(np.isinf(reduced.values).mean(axis=0).max())
    if rule.rule == "median" and censored > _MOST_CENSORED:
        raise EvidenceError(f"{censored:.0%} of the seeds are censored (infinite): the grid does not bracket it")
    return judge_entries(reduced, entries, prediction, rule, grid, budget)


def compare(reduced: Reduced, prediction: Prediction) -> Entries:
    """Statistic and regions of ``equals``."""
    within = prediction.within
    if within is None:
        raise EvidenceError("`equals` needs `within`: no measured number equals another exactly")
    values, target = reduced.values, reduced.target
    error = reduced.error + rounding(values, target)
    if np.all(target == target[:1]):
        region = tuple(regions.around(float(value), within) for value in target[0])
        return Entries(values, error, region, settle_entries(values, error, region), "the quantity", prediction.bounded)
    if within.relative:
        if np.any(target == 0):
            raise EvidenceError("`within` in percent has no meaning where a predicted value is 0")
        middle, error, what = (values - target) / np.abs(target), error / np.abs(target), "relative difference"
    else:
        middle, what = values - target, "measured - predicted"
    flat = type(within)(within.below, within.above)
    region = (regions.around(0.0, flat),) * middle.shape[1]
    return Entries(middle, error, region, settle_entries(middle, error, region), what)
