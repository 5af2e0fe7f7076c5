"""Limits: the value at infinity of a sequence of sizes, by the same extrapolation as rates (JUDGE section 5).

With a declared correction the hull is over that term alone and with its successor; without one it is over four orders,
honest and weak: it passes only where nothing moves any more.  A plateau at finite size is not a limit.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from checker.judge import extrapolate, regions, words
from checker.judge.cells import Budget
from checker.judge.errors import EvidenceError
from checker.judge.extrapolate import Extrapolation
from checker.judge.pointwise import rounding
from checker.judge.prediction import Array, Interval, Judgement, Over, Prediction, Region
from checker.judge.reduce import Reduced
from checker.judge.trials import Coordinate, Evidence, Trial, judge_trials

_DECADES, _SIZES_DECLARED, _SIZES = 1.0, 4, 8
_ROUNDING = 1e-9


def judge(
    reduced: Reduced, prediction: Prediction, rule: Over, grid: frozenset[str], budget: Budget
) -> Judgement:
    """Judge ``limit``.  Raises ``EvidenceError`` without ``as: x -> oo``, without a margin, or for unusable sizes."""
    if reduced.x is None or prediction.along is None or prediction.along.until is not None:
        raise EvidenceError("`limit` needs `as: x -> oo` (or 0)")
    if prediction.within is None:
        raise EvidenceError("`limit` needs `within`")
    values, error, region, name = _statistic(reduced, prediction)
    short = _short(reduced.x, reduced.correction is not None)
    evidence = []
    for c in range(values.shape[1]):
        y, e = values[:, c], error[:, c]
        if reduced.x.size < _SIZES_DECLARED:
            nothing = Trial((Coordinate(name, None, region[c]),), None, short, short=True)
            trials = [(nothing,) * (y.shape[0] if rule.rule in ("every", "fraction") else 1)] * 2
        else:
            fit = extrapolate.fits(np.log(reduced.x), np.ones(reduced.x.size), _families(reduced.x, reduced.correction))
            parts = (budget,) if values.shape[1] == 1 else (budget, budget.share(values.shape[1]))
            found = [_extrapolate(y, e, fit, rule, part) for part in parts]
            trials = [_trials(got, region[c], name, short) for got in found]
        evidence.append(Evidence(trials[0], trials[-1], reduced.x, y, e))
    ending = f"against {_claimed(region)}; {reduced.x.size} sizes, {_decades(reduced.x):.2g} decades"
    last = float(np.asarray(reduced.coords[prediction.along.axis], dtype=float)[-1])
    assumes = f"; assumes nothing new beyond {prediction.along.axis} = {words.number(last)}"
    return judge_trials(reduced, evidence, prediction, rule, grid, budget, ending, assumes)


def _statistic(reduced: Reduced, prediction: Prediction) -> tuple[Array, Array, tuple[Region, ...], str]:
    """The quantity (or its difference from a limit of its own for every seed), its error, the regions, and a name."""
    target, within = reduced.target, prediction.within
    if np.any(target != target[..., :1]):
        raise EvidenceError("the limit must not depend on the size: `limit` takes a constant, `rate` a form")
    values, limit = reduced.values, target[..., 0]
    error = reduced.error + rounding(values, target)
    if np.all(limit == limit[:1]):
        return values, error, tuple(regions.around(float(v), within) for v in limit[0]), "limit"
    assert within is not None
    if within.relative and np.any(limit == 0):
        raise EvidenceError("`within` in percent has no meaning where a predicted limit is 0")
    scale = np.abs(target) if within.relative else np.ones_like(target)
    region = (regions.around(0.0, type(within)(within.below, within.above)),) * limit.shape[1]
    return (values - target) / scale, error / scale, region, "limit minus prediction"


def _extrapolate(y: Array, error: Array, fit: extrapolate.Fits, rule: Over, budget: Budget) -> Extrapolation:
    if rule.rule in ("every", "fraction"):
        return extrapolate.each(y, error, fit)
    return extrapolate.pooled(y, error, fit, budget.level, of_median=rule.rule == "median")


def _trials(found: Extrapolation, region: Region, name: str, short: str) -> tuple[Trial, ...]:
    trials = []
    for low, high, sampling in zip(found.low, found.high, found.sampling, strict=True):
        interval = Interval(float(low), float(high)) if np.isfinite(low) and np.isfinite(high) else None
        verdict = None if interval is None or short else regions.decide(interval, region)
        note = short or found.refused
        trials.append(Trial((Coordinate(name, interval, region, float(sampling)),), verdict, note, bool(short)))
    return tuple(trials)


def _families(x: Array, correction: Array | None) -> Sequence[Sequence[Array]]:
    if np.any(x <= 0) or np.any(np.diff(x) <= 0):
        raise EvidenceError("the sizes of a limit must be positive and different")
    relative = x / x[0]
    if correction is not None:
        return [correction], [correction, correction / np.sqrt(relative)]
    if np.log(x[0]) < 1:
        raise EvidenceError(f"log of the size is {np.log(x[0]):.3g} < 1 at {x[0]:g}: start later with `from:`")
    return [relative**-0.5], [1 / relative], [relative**-2.0], [1 / np.log(x)]


def _short(x: Array, declared: bool) -> str:
    least = _SIZES_DECLARED if declared else _SIZES
    if x.size < least:
        return f"{words.count(x.size, 'size')}; a limit needs {least}" + ("" if declared else " without `correction:`")
    if _decades(x) < _DECADES - _ROUNDING:
        return f"the sizes span {_decades(x):.2g} decades; a limit needs {_DECADES:g}"
    return ""


def _decades(x: Array) -> float:
    return float(np.log10(x[-1] / x[0]))


def _claimed(region: Sequence[Region]) -> str:
    return words.span(region[0].outer) if len(set(region)) == 1 else "the region of each cell"
