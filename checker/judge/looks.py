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
    first = FIRST_BOUNDED if counted(prediction) else FIRST
    if most < first:
        return (Look(0 if counted(prediction) else 1, most),)
    doublings = int(math.log2(most / first))
    return tuple(Look(index(prediction, first * 2**j), first * 2**j) for j in range(doublings + 1))


def counted(prediction: Prediction) -> bool:
    """Whether the seeds enter by an interval that holds from 8 of them on: a share, or the mean of bounded data.

    A declared range says nothing of exponents and limits: these are means of an unbounded functional.
    """
    rule = prediction.over.get("seed")
    if rule is None or rule.rule == "every":
        return False
    bounded = rule.rule == "mean" and prediction.bounded is not None and prediction.kind not in _EXTRAPOLATED
    return rule.rule == "fraction" or bounded


def index(prediction: Prediction, seeds: int) -> int:
    """Number of the look at ``seeds`` instances in the spending rule: j = log2(n/8) for shares and bounded means,
    log2(n/16) else, rounded down.

    ``every`` speaks of the instances themselves and is looked at once.  Numbers of seeds that at least double from look
    to look never share a number, so the levels of all looks add up to less than the budget.
    """
    rule = prediction.over.get("seed")
    if rule is None or rule.rule == "every":
        return 0
    first = FIRST_BOUNDED if counted(prediction) else FIRST // 2
    return max(0, int(math.log2(seeds / first))) if seeds >= first else 0


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
