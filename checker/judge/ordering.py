"""``less_than``: the quantity is smaller than its rival on the same seed; D = rival - quantity is judged, pair by
pair.
"""

from __future__ import annotations

from checker.judge import regions
from checker.judge.cells import Budget
from checker.judge.errors import EvidenceError
from checker.judge.pointwise import Entries, judge_entries, rounding, settle_entries
from checker.judge.prediction import Judgement, Over, Prediction
from checker.judge.reduce import Reduced


def judge(
    reduced: Reduced, prediction: Prediction, rule: Over, grid: frozenset[str], budget: Budget
) -> Judgement:
    """PASS if the lower end of D is above 0, FAIL if its upper end is below max(``by``, 0).

    Without ``by`` two equal arms are never decided, as they should not be.
    """
    if prediction.by is not None and prediction.by < 0:
        raise EvidenceError("`by` must not be negative")
    difference = reduced.target - reduced.values
    error = reduced.error + rounding(reduced.values, reduced.target)
    region = (regions.positive(prediction.by),) * difference.shape[1]
    settled = settle_entries(difference, error, region)
    entries = Entries(difference, error, region, settled, "the difference")
    return judge_entries(reduced, entries, prediction, rule, grid, budget)
