"""The three scales: how many instances a run may spend.  Rule and region are the same at all of them."""

from __future__ import annotations

from dataclasses import dataclass

from checker.judge import looks
from checker.judge.prediction import Prediction

ERROR_BUDGET = 1e-4
"""Chance of a wrong PASS or FAIL of one claim, divided by its checks (JUDGE, 'Budget')."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Seeds of the first look where every instance must hold, and the most seeds any look may use.

    ``growth``: by what factor one look is larger than the one before.  ``thorough``: whether code is compiled for speed (or
    quickly, where few seeds will run).  ``time_limit``: seconds of wall time that one batch may take before it is given up;
    far more than it should need, so that a busy machine changes no verdict.
    """

    name: str
    instances: int
    most: int
    growth: int = 2
    thorough: bool = True
    time_limit: float = 600.0


SCALES = {
    scale.name: scale
    for scale in (
        Scale("smoke", instances=8, most=32, growth=4, thorough=False),
        Scale("standard", instances=32, most=256),
        Scale("large", instances=128, most=4096, time_limit=4 * 3600.0),
    )
}


def look_index(prediction: Prediction, seeds: int) -> int:
    """Number of the look at ``seeds`` instances in the spending rule (JUDGE, 'Batches'); the judge knows it."""
    return looks.index(prediction, seeds)
