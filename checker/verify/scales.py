"""The three scales: how many instances a run may spend.  Rule and region are the same at all of them."""

from __future__ import annotations

from dataclasses import dataclass

ERROR_BUDGET = 1e-4
"""Chance of a wrong PASS or FAIL of one claim, divided by its checks (JUDGE, 'Budget')."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Seeds of the first look where every instance must hold, and the most seeds any look may use."""

    name: str
    instances: int
    most: int


SCALES = {
    scale.name: scale
    for scale in (
        Scale("smoke", instances=8, most=32),
        Scale("standard", instances=32, most=256),
        Scale("large", instances=128, most=4096),
    )
}
