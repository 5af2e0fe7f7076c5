"""When to look at the growing evidence, and how much of the error budget each look may spend (JUDGE section 1).

Look j spends alpha/((j+1)(j+2)); these sum to alpha over any number of looks, so a larger run may go on where a smaller
one stopped and the exact fixed-n intervals stay valid.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from checker.judge.prediction import Kind, Prediction

#: First batch of seeds: for means and medians of unbounded laws, and for binary or bounded data.
FIRST, FIRST_BOUNDED = 32, 8
_EXTRAPOLATED = frozenset({Kind.RATE, Kind.RATE_AT_MOST, Kind.RATE_AT_LEAST, Kind.LIMIT})


@dataclass(frozen=True, slots=True)
class Look:
    """The ``seeds`` seen so far at look number ``index`` (the j of the spending rule)."""

    index: int
    seeds: int


def spend(alpha: float, look: int) -> float:
    """The level of look ``look`` (0, 1, 2, ...) out of the budget ``alpha``."""
    return alpha / ((look + 1) * (look + 2))


def schedule(prediction: Prediction, most: int) -> tuple[Look, ...]:
    """The looks for a prediction when at most ``most`` seeds may be run: doubling batches, the last one at most
    ``most``.

    ``every`` speaks of the declared number of instances and spends nothing: one look at all of them.  Fewer seeds than
    the first batch give one look, at which means will refuse.
    """
    rule = prediction.over.get("seed")
    if rule is None or rule.rule == "every":
        return (Look(0, most),)
    counted = rule.rule == "fraction" or (
        rule.rule == "mean" and prediction.bounded is not None and prediction.kind not in _EXTRAPOLATED
    )
    first = FIRST_BOUNDED if counted else FIRST
    start = 0 if counted else 1
    doublings = max(0, int(math.log2(most / first))) if most >= first else 0
    return tuple(Look(start + j, min(first * 2**j, most)) for j in range(doublings + 1))


def seeds_needed(seeds: int, half: float, fixed: float, needed: float) -> int | None:
    """Seeds at which an interval of half-width ``half`` would shrink to ``needed``; ``None``: no number of seeds will.

    ``fixed`` is the part of ``half`` that more seeds do not reduce (numerical and finite-size error).  The rest goes
    like 1/sqrt(n), so n* = n (h/h_need)^2 up to the slowly growing price of later looks.
    """
    sampling = half - fixed
    if not math.isfinite(half):
        return max(2 * seeds, FIRST)
    if needed <= fixed or sampling <= 0:
        return None
    return max(seeds + 1, math.ceil(seeds * (sampling / (needed - fixed)) ** 2))
