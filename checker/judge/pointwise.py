"""Predictions read at points: a statistic per seed and cell, a region per cell, and what is claimed of the seeds.

``equals``, the bounds and ``less_than`` differ only in the statistic and the region they put here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from checker.judge import intervals, regions, words
from checker.judge.cells import Budget, Found, Settled, assemble, joint, settle
from checker.judge.errors import EvidenceError
from checker.judge.fraction import has_shares, judge_every_share, judge_fraction, tally
from checker.judge.intervals import Refusal
from checker.judge.prediction import Array, Interval, Judgement, Over, Prediction, Region
from checker.judge.reduce import Reduced
from checker.judge.sample import SEED
from checker.verdict import How, Verdict

_ROUNDING = 8 * float(np.finfo(float).eps)
#: A violation of a bound by one entry exceeds this many numerical errors.
_CLEAR = 10.0
#: Touching a bound counts as holding only where ten numerical errors are under this share of its size: else nothing was
#: resolved.
_RESOLVED = 0.01


@dataclass(frozen=True, slots=True)
class Entries:
    """A statistic (seeds, cells) with its error and the region of each cell.

    ``settled`` (seeds, cells) is +1 where the entry alone satisfies the prediction, -1 where it breaks it, 0 where its
    numerical error leaves that open.  ``what`` names the statistic; ``bounds`` is its declared range, if any.
    """

    middle: Array
    error: Array
    region: tuple[Region, ...]
    settled: Array
    what: str
    bounds: tuple[float, float] | None = None


def rounding(*parts: Array) -> Array:
    """Rounding error of a difference or comparison of doubles: no claim is refuted by the last bits."""
    size = np.max(np.abs(np.broadcast_arrays(*parts)), axis=0)
    bound: Array = _ROUNDING * np.where(np.isfinite(size), size, 0.0)
    return bound


def settle_entries(middle: Array, error: Array, region: Sequence[Region]) -> Array:
    """+1, 0, -1 per entry (seeds, cells) by the rule for intervals, each entry being an interval by its error."""
    low, high = middle - error, middle + error
    outer = np.array([(r.outer.lo, r.outer.hi) for r in region]).T
    inner = np.array([(r.inner.lo, r.inner.hi) for r in region]).T
    holds = (low >= outer[0]) & (high <= outer[1])
    broken = ~holds & ((high < inner[0]) | (low > inner[1]))
    return np.where(holds, 1.0, np.where(broken, -1.0, 0.0))


def largest(values: Array) -> Array:
    """The largest finite size in each column of values (seeds, cells): the scale against which an error is small."""
    size: Array = np.where(np.isfinite(values), np.abs(values), 0.0).max(axis=0, keepdims=True)
    return size


def settle_bound(middle: Array, error: Array, region: Sequence[Region], size: Array, strictly: bool) -> Array:
    """+1, 0, -1 per entry (seeds, cells) against a bound whose natural size is ``size``.

    Broken is what leaves M_in by more than ten errors and is not inside M_out; what only touches the bound, as every
    tight bound does, holds, unless the claim is strict.
    """
    outer = np.array([(r.outer.lo, r.outer.hi) for r in region]).T
    inner = np.array([(r.inner.lo, r.inner.hi) for r in region]).T
    holds = (middle - error >= outer[0]) & (middle + error <= outer[1])
    beyond = np.maximum(inner[0] - middle, middle - inner[1])
    touches = (beyond <= _CLEAR * error) & (_CLEAR * error <= _RESOLVED * size) & (not strictly)
    broken = ~holds & (beyond > _CLEAR * error)
    return np.where(holds | touches, 1.0, np.where(broken, -1.0, 0.0))


def judge_every(reduced: Reduced, entries: Entries, alpha: float) -> Judgement:
    """Every instance in every cell must hold; the entry nearest to breaking the prediction is the witness."""
    seeds, cells = entries.middle.shape
    low, high = entries.middle - entries.error, entries.middle + entries.error
    found, verdicts = [], []
    for c in range(cells):
        interval = intervals.every(low[:, c], high[:, c])
        found.append(Found(interval, interval, float(np.median(entries.middle[:, c])), 0.0))
        lowest = entries.settled[:, c].min()
        verdicts.append(Verdict.FAIL if lowest < 0 else Verdict.PASS if lowest > 0 else None)
    verdict = joint(verdicts)
    seed, cell = worst_entry(entries)
    at = f" at {reduced.labels[cell]}" if reduced.labels[cell] else ""
    measured, allowed = words.span(found[cell].full), words.region(entries.region[cell].outer)
    if verdict is Verdict.PASS:
        searched = _searched(reduced)
        drawn = seeds - searched
        reason = f"{entries.what} in {measured}{at}, allowed {allowed}; survived {words.count(drawn, 'instance')}"
        if searched:
            reason += f" and {searched} found by search"
        share = float(np.log(1 / alpha)) / max(1, drawn)
        if share < 1:
            # none of n independent instances outside: a larger share would have shown with chance 1 - alpha
            reason += f"; at most {share:.2g} of all random instances can break it"
    elif verdict is Verdict.FAIL:
        broken = int((entries.settled.min(axis=1) < 0).sum())
        value = words.number(float(entries.middle[seed, cell]))
        breaking = f"{broken} of {words.count(seeds, 'instance')} break it"
        reason = f"{entries.what} is {value}{at}, allowed {allowed}; {breaking}"
    else:
        error = words.number(float(entries.error[seed, cell]))
        reason = f"{entries.what} in {measured}{at} against {allowed}: its numerical error {error} is too large to tell"
    settled = Settled(tuple(verdicts), verdict, tuple(f.full for f in found), None, verdict is not None, cell)
    how = How.SURVIVED if seeds > 1 else How.SIMULATED
    return assemble(
        reduced, found, entries.region, settled, how=how, reason=reason, centre="median", seed=seed
    )


def _searched(reduced: Reduced) -> int:
    """How many instances a directed search found (their seeds are negative): evidence, but no random draw."""
    return int((reduced.coords[SEED] < 0).sum()) if SEED in reduced.coords else 0


def worst_entry(entries: Entries) -> tuple[int, int]:
    """(seed, cell) of the entry that breaks the prediction most, or comes nearest to it."""
    outer = np.array([(r.outer.lo, r.outer.hi) for r in entries.region]).T
    scale = np.array([regions.unit(r) for r in entries.region])
    with np.errstate(invalid="ignore"):
        outside = np.maximum(outer[0] - entries.middle, entries.middle - outer[1]) / scale
    outside = np.where(entries.settled == entries.settled.min(), np.nan_to_num(outside, nan=np.inf), -np.inf)
    seed, cell = np.unravel_index(int(np.argmax(outside)), outside.shape)
    return int(seed), int(cell)


def judge_centre(reduced: Reduced, entries: Entries, rule: str, budget: Budget) -> Judgement:
    """The mean or median over seeds in every cell; a single seed is exact up to its numerical error."""
    seeds, cells = entries.middle.shape
    centre, low, high, refused = centre_intervals(entries, rule, budget)
    _, fail_low, fail_high, _ = centre_intervals(entries, rule, budget.share(cells))
    fixed = np.where(np.isfinite(entries.error), entries.error, 0.0).mean(axis=0)
    found = []
    for c in range(cells):
        full, divided = _usable(low[c], high[c]), _usable(fail_low[c], fail_high[c])
        found.append(Found(full, divided, float(centre[c]), float(fixed[c]), "" if full is not None else refused))
    settled = settle(found, entries.region, seeds)
    subject = entries.what if seeds == 1 else f"{rule} of {entries.what}"
    reason = sentence(subject, reduced, found, entries.region, settled, words.count(seeds, "seed"))
    if rule == "mean" and entries.bounds is None and seeds > 1 and settled.joint is not None:
        reason += intervals.unseen_words(seeds, budget.alpha)
    return assemble(reduced, found, entries.region, settled, how=How.SIMULATED, centre=rule, reason=reason)


def _usable(low: float, high: float) -> Interval | None:
    """An interval, if it is one; a median may have one censored end."""
    return Interval(float(low), float(high)) if np.isfinite(low) or np.isfinite(high) else None


def centre_intervals(entries: Entries, rule: str, budget: Budget) -> tuple[Array, Array, Array, str]:
    """Centres and ends of all cells' means or medians at this look (infinite where refused), and the first refusal."""
    values, error = entries.middle, entries.error
    if values.shape[0] == 1:
        return values[0], (values - error)[0], (values + error)[0], ""
    if rule == "median":
        return intervals.medians(values, budget.level, error)
    if entries.bounds is None:
        return intervals.means(values, budget.level, error)
    lowest, highest = entries.bounds
    known = bool(np.all(error <= 1e-12 * (highest - lowest)))  # rounding must not turn counts into other numbers
    low, high = np.empty(values.shape[1]), np.empty(values.shape[1])
    for c in range(values.shape[1]):
        ends = []
        for shifted in (values[:, c],) if known else (values[:, c] - error[:, c], values[:, c] + error[:, c]):
            inside = np.clip(shifted, lowest, highest)
            got = intervals.bounded_mean(inside, entries.bounds, budget.alpha, budget.level)
            if isinstance(got, Refusal):
                infinite = np.full(values.shape[1], np.inf)
                return values.mean(axis=0), -infinite, infinite, got.reason
            ends.append(got)
        low[c], high[c] = ends[0].lo, ends[-1].hi
    return values.mean(axis=0), low, high, ""


def sentence(
    subject: str, reduced: Reduced, found: Sequence[Found], region: Sequence[Region], settled: Settled, size: str
) -> str:
    """One sentence: what was measured where, what was allowed, and what is missing if it is not decided."""
    c = settled.worst
    at = f" at {reduced.labels[c]}" if reduced.labels[c] else ""
    more = "" if len(found) == 1 else f" (worst of {len(found)} cells)"
    if found[c].full is None:
        return f"{subject}{at}: {found[c].note}"
    said = f"{subject} in {words.span(settled.shown[c])}{at}{more}, allowed {words.region(region[c].outer)}; {size}"
    if settled.joint is not None:
        return said
    if settled.seeds_needed is not None:
        return f"{said}; straddles, about {settled.seeds_needed} seeds would decide"
    return f"{said}; more seeds will not help: the numerical error {words.number(found[c].fixed)} is too large"


def judge_entries(
    reduced: Reduced, entries: Entries, prediction: Prediction, rule: Over, grid: frozenset[str], budget: Budget
) -> Judgement:
    """Dispatch on what is claimed of the seeds: ``every``, ``mean``, ``median`` or ``fraction >= level``."""
    shares = has_shares(prediction, reduced.axes)
    if rule.rule == "fraction" or shares:
        what = f"{entries.what} is as predicted"
        counted = tally(entries.settled, reduced, prediction, grid)
        if rule.rule == "fraction" and rule.level is not None:
            return judge_fraction(counted, rule.level, rule.margin, budget, what)
        if rule.rule == "every":
            return judge_every_share(counted, what)
        raise EvidenceError(f"a fraction over entries goes with seeds `every` or `fraction`, not `{rule.rule}`")
    if rule.rule == "every":
        return judge_every(reduced, entries, budget.alpha)
    return judge_centre(reduced, entries, rule.rule, budget)
