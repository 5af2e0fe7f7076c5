"""The three scales: how many instances a run may spend.  Rule and region are the same at all of them."""

from __future__ import annotations

import math
from dataclasses import dataclass

from checker.judge.looks import FIRST_BOUNDED
from checker.judge.prediction import Prediction

ERROR_BUDGET = 1e-4
"""Chance of a wrong PASS or FAIL of one claim, divided by its checks (JUDGE, 'Budget')."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Seeds of the first look where every instance must hold, and the most seeds any look may use.

    ``growth``: by what factor one look is larger than the one before.  ``thorough``: whether code is compiled for speed (or
    quickly, where few seeds will run).
    """

    name: str
    instances: int
    most: int
    growth: int = 2
    thorough: bool = True


SCALES = {
    scale.name: scale
    for scale in (
        Scale("smoke", instances=8, most=32, growth=4, thorough=False),
        Scale("standard", instances=32, most=256),
        Scale("large", instances=128, most=4096),
    )
}


def look_index(prediction: Prediction, seeds: int) -> int:
    """Number of the look at ``seeds`` instances in the spending rule (JUDGE, 'Batches').

    ``every`` speaks of the instances themselves and is looked at once; bounded and binary data count from 8 seeds, means and
    medians of unbounded laws from 16 (so that their first look, at 32, is number 1).
    """
    rule = prediction.over.get("seed")
    if rule is None or rule.rule == "every":
        return 0
    counted = rule.rule == "fraction" or (rule.rule == "mean" and prediction.bounded is not None)
    first = FIRST_BOUNDED if counted else 2 * FIRST_BOUNDED
    return max(0, int(math.log2(seeds / first))) if seeds >= first else 0
