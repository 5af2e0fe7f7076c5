"""The judge: one prediction, one sample, one verdict, or none yet.

Pure and deterministic: no random numbers, no knowledge of experiments.  Adding a predicate is one file and one row of
the table below.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

import numpy as np

from checker.judge import bounds, equals, limits, monotone, ordering, rates
from checker.judge.cells import Budget
from checker.judge.errors import EvidenceError
from checker.judge.prediction import Judgement, Kind, Over, Prediction
from checker.judge.reduce import Reduced, reduce, restrict
from checker.judge.sample import SEED, Sample, require_numbers, seed_rule
from checker.verdict import Verdict

Judge = Callable[[Reduced, Prediction, Over, frozenset[str], Budget], Judgement]

JUDGES: Mapping[Kind, Judge] = {
    Kind.EQUALS: equals.judge,
    Kind.AT_MOST: bounds.judge,
    Kind.AT_LEAST: bounds.judge,
    Kind.BETWEEN: bounds.judge,
    Kind.LESS_THAN: ordering.judge,
    Kind.MONOTONE: monotone.judge,
}
#: These distinguish claim and control: a claim that is still closing in is not failed yet, a control is.
EXTRAPOLATED: Mapping[Kind, Callable[..., Judgement]] = {
    Kind.RATE: rates.judge,
    Kind.RATE_AT_MOST: rates.judge,
    Kind.RATE_AT_LEAST: rates.judge,
    Kind.LIMIT: limits.judge,
}
_POINTWISE = frozenset({Kind.EQUALS, Kind.AT_MOST, Kind.AT_LEAST, Kind.BETWEEN, Kind.LESS_THAN})


def judge(prediction: Prediction, sample: Sample, *, alpha: float, look: int, control: bool = False) -> Judgement:
    """Judge one prediction on the seeds seen so far.

    ``alpha`` is the prediction's whole error budget (the claim's, divided by its predictions); ``look`` is the index
    of this look (``looks.schedule``), at which alpha/((look+1)(look+2)) is spent; cells of a grid divide it further
    here. ``control=True`` judges a near miss: by the intervals alone.  Never raises for bad evidence: the answer is
    then ERROR with the reason and the place.  A verdict ``None`` asks for the next look, or, at the last one, means
    INCONCLUSIVE.
    """
    if not 0 < alpha < 1 or look < 0:
        raise ValueError(f"alpha must lie between 0 and 1 and look must be >= 0, found {alpha} and {look}")
    try:
        rule = seed_rule(prediction, sample.values.shape[0])
        shorter, kept = restrict(sample, prediction)
        require_numbers(shorter, infinite_allowed=_censoring(prediction, rule))
        if np.any(np.isnan(prediction.target)) or (prediction.upper is not None and np.any(np.isnan(prediction.upper))):
            raise EvidenceError("the predicted value is not a number somewhere on the sweep")
        _require_bounds(shorter, prediction, rule)
        reduced = reduce(shorter, prediction, kept, sample.values.shape)
        extrapolated = EXTRAPOLATED.get(prediction.kind)
        judges = JUDGES[prediction.kind] if extrapolated is None else partial(extrapolated, control=control)
        judgement = judges(reduced, prediction, rule, sample.grid, Budget(alpha, look))
        return _on_all_declared(judgement, prediction, rule, sample)
    except EvidenceError as error:
        return Judgement(Verdict.ERROR, None, str(error), worst=error.where, more_seeds_help=False)


def _on_all_declared(judgement: Judgement, prediction: Prediction, rule: Over, sample: Sample) -> Judgement:
    """A claim for every instance is not passed on fewer than were declared; one that breaks it is enough to fail."""
    drawn = int((np.asarray(sample.coords[SEED]) >= 0).sum())  # what a search found has a negative seed
    declared = prediction.instances
    if declared is None or rule.rule != "every" or sample.values.shape[0] == 1 or drawn >= declared:
        return judgement
    if judgement.verdict is not Verdict.PASS:
        return judgement
    reason = f"{drawn} of the {declared} declared instances; otherwise: {judgement.reason}"
    return replace(judgement, verdict=None, how=None, reason=reason, seeds_needed=declared, more_seeds_help=True)


def _censoring(prediction: Prediction, rule: Over) -> bool:
    """Infinite values are usable where only their order counts."""
    return prediction.kind in _POINTWISE and rule.rule in ("median", "fraction")


def _require_bounds(sample: Sample, prediction: Prediction, rule: Over) -> None:
    """Data with a declared range must lie in it: the betting interval rests on that."""
    if prediction.bounded is None or rule.rule != "mean" or prediction.kind not in _POINTWISE:
        return
    low, high = prediction.bounded
    bad = (sample.values < low - sample.error) | (sample.values > high + sample.error)
    if bad.any():
        index = tuple(int(i) for i in np.argwhere(bad)[0])
        where = dict(zip(sample.axes, index, strict=True))
        raise EvidenceError(f"{sample.values[index]:g} leaves the declared range [{low:g}, {high:g}]", where)
