"""``rate``, ``rate_at_most``, ``rate_at_least``: y grows or falls like a form, at infinity or (``as: x in [a, b]``)
on a range.

Logarithms are taken here: of every seed for the median (a geometric mean), through influence rows for the mean, and
of each instance for ``every``; sizes at which y sinks into its numerical error are cut off, because the floor is not
data.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from checker.judge import growth, intervals, rate_rule, words
from checker.judge.cells import Budget
from checker.judge.errors import EvidenceError
from checker.judge.extrapolate import coefficient
from checker.judge.growth import Growth
from checker.judge.intervals import Refusal
from checker.judge.pointwise import rounding
from checker.judge.prediction import Array, Interval, Judgement, Kind, Over, Prediction
from checker.judge.reduce import Indices, Reduced
from checker.judge.regions import decide
from checker.judge.trials import Coordinate, Evidence, Trial, judge_trials

#: Entries below this many numerical errors are the floor.
_FLOOR = 100.0
_RANGE_SIZES = 4
_STRENGTH = {"tight": 0, "approximation": 0, "upper": 1, "lower": -1}


@dataclass(frozen=True, slots=True)
class _Curves:
    """Logs of what is above the floor on common sizes: y, error (rows, K), the sizes, and the form."""

    y: Array
    error: Array
    shape: Growth
    kept: Indices


def judge(
    reduced: Reduced, prediction: Prediction, rule: Over, grid: frozenset[str], budget: Budget, control: bool
) -> Judgement:
    """Judge a rate.

    Raises ``EvidenceError`` without ``as:`` or ``within``, for a quantity that is not positive, for forms that differ
    between seeds that are averaged, and for sizes too small for an asymptotic claim.
    """
    along = prediction.along
    if reduced.x is None or along is None:
        raise EvidenceError("a rate needs `as: x -> oo` or `as: x in [a, b]`")
    if prediction.within is None:
        raise EvidenceError("a rate needs `within`: the error allowed of the exponent")
    if prediction.strictly:
        raise EvidenceError("`strictly` has no meaning for a rate: claim the exponent beyond it")
    separate = rule.rule in ("every", "fraction")
    evidence = []
    for c in range(reduced.values.shape[1]):
        if separate:
            evidence.append(_each(reduced, c, prediction, control))
        else:
            evidence.append(_pooled(reduced, c, prediction, rule.rule, budget, control))
    ending = _ending(reduced, evidence, prediction)
    last = float(np.asarray(reduced.coords[along.axis], dtype=float)[-1])
    assumes = "" if along.until is not None else f"; assumes nothing new beyond {along.axis} = {words.number(last)}"
    if not separate and reduced.values.shape[0] > 1:
        assumes += intervals.unseen_words(reduced.values.shape[0], budget.alpha)
    return judge_trials(reduced, evidence, prediction, rule, grid, budget, ending, assumes)


def _each(reduced: Reduced, c: int, prediction: Prediction, control: bool) -> Evidence:
    """Every instance by itself; instances above the floor on the same sizes with the same form are fitted together."""
    assert reduced.x is not None
    values, error, form = (array[:, c] for array in (reduced.values, reduced.error, reduced.target))
    error = error + rounding(values)
    seeds = values.shape[0]
    above = np.abs(values) >= _FLOOR * error
    _positive(values, above, reduced, c)
    scaled = form / form[:, :1]
    groups: dict[bytes, list[int]] = {}
    for s in range(seeds):
        groups.setdefault(above[s].tobytes() + np.round(np.log(np.abs(scaled[s])), 9).tobytes(), []).append(s)
    trials: list[Trial | None] = [None] * seeds
    local = np.full((seeds, reduced.x.size - 1), np.nan)
    for members in groups.values():
        kept = np.flatnonzero(above[members[0]])
        curves = _logs(values[members], error[members], form[members[0]], reduced, kept, prediction)
        for s, trial in zip(members, _decide(curves, prediction, reduced, None, control), strict=True):
            trials[s] = trial
        _fill(local, members, curves)
    done = tuple(trial for trial in trials if trial is not None)
    return Evidence(done, done, reduced.x, values, error, local, np.sqrt(reduced.x[1:] * reduced.x[:-1]))


def _pooled(
    reduced: Reduced, c: int, prediction: Prediction, rule: str, budget: Budget, control: bool
) -> Evidence:
    """One curve from all seeds: the mean through its influence rows, the median as a mean of logs."""
    assert reduced.x is not None
    values, error, forms = (array[:, c] for array in (reduced.values, reduced.error, reduced.target))
    error = error + rounding(values)
    form = _common(forms, rule)
    if rule == "mean":
        mean, spread = values.mean(axis=0), error.mean(axis=0)
        above = np.abs(mean) >= _FLOOR * spread
        _positive(mean[None], above[None], reduced, c)
        safe = np.where(above, mean, 1.0)
        # the influence row of log(mean) at seed s: its average is log(mean), its spread that of the estimate
        logs, errors = np.log(np.abs(safe)) + (values - safe) / safe, error / np.abs(safe)
        kept = np.flatnonzero(above)
        shape = _shape(form, reduced, kept, prediction)
        curves = _Curves(logs[:, kept], errors[:, kept], shape, kept)
    else:
        above = np.all(np.abs(values) >= _FLOOR * error, axis=0)
        _positive(values, np.abs(values) >= _FLOOR * error, reduced, c)
        curves = _logs(values, error, form, reduced, np.flatnonzero(above), prediction)
    cells = reduced.values.shape[1]
    levels = (budget.level,) if cells == 1 else (budget.level, budget.share(cells).level)
    found = [_decide(curves, prediction, reduced, level, control) for level in levels]
    local = np.full((values.shape[0], reduced.x.size - 1), np.nan)
    _fill(local, list(range(values.shape[0])), curves)
    return Evidence(found[0], found[-1], reduced.x, values, error, local, np.sqrt(reduced.x[1:] * reduced.x[:-1]))


def _common(forms: Array, rule: str) -> Array:
    """The one form of all seeds: up to a factor for logs, exactly for a mean."""
    if np.any(forms <= 0) or not np.all(np.isfinite(forms)):
        raise EvidenceError("the form of a rate must be positive and finite on the whole sweep")
    logs = np.log(forms)
    differ = logs - logs[:1] if rule == "mean" else (logs - logs[:, :1]) - (logs[:1] - logs[:1, :1])
    if np.any(np.abs(differ) > 1e-9):
        raise EvidenceError("the form differs between seeds: put it into the quantity, or claim it of `every` instance")
    return np.array(forms[0])


def _positive(values: Array, above: npt.NDArray[np.bool_], reduced: Reduced, c: int) -> None:
    bad = above & (values <= 0)
    if not bad.any():
        return
    row, k = (int(i) for i in np.argwhere(bad)[0])
    assert reduced.x is not None
    found, size = words.number(float(values[row, k])), words.number(float(reduced.x[k]))
    raise EvidenceError(
        f"a rate is of a positive quantity, found {found} at size {size}; take its absolute value",
        reduced.locate(c, row if values.shape[0] > 1 else None, k),
    )


def _shape(form: Array, reduced: Reduced, kept: Indices, prediction: Prediction) -> Growth:
    assert reduced.x is not None
    assert prediction.along is not None
    if kept.size < 2:
        raise EvidenceError(f"{kept.size} of {form.size} sizes lie above the numerical floor of 100 errors: no rate")
    return growth.growth(reduced.x[kept], form[kept], asymptotic=prediction.along.until is None)


def _logs(
    values: Array, error: Array, form: Array, reduced: Reduced, kept: Indices, prediction: Prediction
) -> _Curves:
    shape = _shape(form, reduced, kept, prediction)
    relative = error[:, kept] / values[:, kept]
    return _Curves(np.log(values[:, kept]), -np.log1p(-relative), shape, kept)


def _decide(
    curves: _Curves, prediction: Prediction, reduced: Reduced, level: float | None, control: bool
) -> tuple[Trial, ...]:
    assert prediction.within is not None
    assert prediction.along is not None
    strength = {Kind.RATE_AT_MOST: 1, Kind.RATE_AT_LEAST: -1}.get(prediction.kind, _STRENGTH[prediction.strength])
    on_range = prediction.along.until is not None
    with_logs = prediction.up_to != "logs" and not on_range
    aim = rate_rule.target(curves.shape, prediction.within, strength, with_logs)
    if on_range:
        return _on_range(curves, aim, level)
    correction = None if reduced.correction is None else reduced.correction[curves.kept]
    return rate_rule.trials(curves.y, curves.error, curves.shape, aim, correction, level, control)


def _on_range(curves: _Curves, aim: rate_rule.Target, level: float | None) -> tuple[Trial, ...]:
    """The effective exponent on a range: one least-squares slope per seed, nothing extrapolated."""
    shape = curves.shape
    short = ""
    if shape.x.size < _RANGE_SIZES:
        short = f"{words.count(shape.x.size, 'size')}; an exponent on a range needs {_RANGE_SIZES}"
    weights = coefficient(shape.column, [np.ones(shape.x.size)])
    slopes, wobble = curves.y @ weights, curves.error @ np.abs(weights)
    if level is None or slopes.size == 1:
        found: list[Interval | Refusal] = [
            Interval(float(s - w), float(s + w)) for s, w in zip(slopes, wobble, strict=True)
        ]
        sampling = 0.0
    else:
        found = [intervals.mean(slopes, level, wobble)]
        sampling = np.inf
    trials = []
    for got in found:
        interval = got if isinstance(got, Interval) else None
        if interval is not None and sampling:
            sampling = max(0.0, (interval.hi - interval.lo) / 2 - float(wobble.mean()))
        verdict = None if short or interval is None else decide(interval, aim.p)
        note = short or (got.reason if isinstance(got, Refusal) else "")
        trials.append(Trial((Coordinate("p", interval, aim.p, sampling),), verdict, note, bool(short)))
    return tuple(trials)


def _fill(local: Array, members: list[int], curves: _Curves) -> None:
    """Slopes between neighbouring kept sizes, in the claim's own coordinate."""
    steps = np.diff(curves.y, axis=1) / np.diff(curves.shape.column)
    both = np.diff(curves.kept) == 1
    for row, s in enumerate(members):
        local[s, curves.kept[:-1][both]] = steps[row, both]


def _ending(reduced: Reduced, evidence: list[Evidence], prediction: Prediction) -> str:
    assert reduced.x is not None
    assert prediction.along is not None
    decades = float(np.log10(reduced.x[-1] / reduced.x[0]))
    kept = min(int(np.isfinite(part.local).any(axis=0).sum()) + 1 for part in evidence if part.local is not None)
    cut = "" if kept >= reduced.x.size else f" ({reduced.x.size - kept} below the numerical floor)"
    said = f"against the form; {words.count(reduced.x.size, 'size')}{cut}, {decades:.2g} decades"
    if prediction.along.until is None:
        return said
    low, high = prediction.along.until
    return f"{said}; an exponent on {prediction.along.axis} in [{words.number(low)}, {words.number(high)}], not a limit"
