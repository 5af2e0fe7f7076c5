"""Confidence intervals for one number, each with the assumption it rests on (JUDGE section 2).

Every function takes the level ``a`` (the chance of being wrong, both sides together) and answers an ``Interval`` or,
where the data break its assumption, a ``Refusal`` in words: refusing is an answer, not an accident.  All assume that the
rows are independent; what they share (a data set, a constant key) is part of the claim and cannot be seen here.  Rows
that repeat each other exactly can be seen, and are refused.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from checker.judge.prediction import Array, Interval

#: Fewest values for a mean: small samples of a skewed law look symmetric by chance (JUDGE section 2).
FEWEST = 32
#: The mean row runs at a/4: room for what its skewness correction leaves open on exponential and chi-squared laws.
SAFETY = 4.0
_MOST_SKEW = 0.5
#: The width grants the sample's skewness so many of its standard errors sqrt(6/n): of 32 draws of a skewed law the few
#: that look symmetric are those that missed its tail (wrong on 2 to 3 of 10,000 runs without, under 1 with it).
_SKEW_ERRORS = 2.0
#: Copies are told from independent draws where the accident has a chance of 2^-14 or less.
_REPEATING = 14.0


@dataclass(frozen=True, slots=True)
class Refusal:
    """No interval, and why."""

    reason: str


def clopper_pearson(successes: int, trials: int, a: float) -> Interval:
    """Exact interval for a probability from independent trials.

    Assumes nothing but independence; never refuses.  Beta quantiles (Clopper and Pearson 1934).
    """
    low = float(special.betaincinv(successes, trials - successes + 1, a / 2)) if successes > 0 else 0.0
    high = float(special.betaincinv(successes + 1, trials - successes, 1 - a / 2)) if successes < trials else 1.0
    return Interval(low, high)


def every(low: Array, high: Array) -> Interval:
    """The range of all entries, numerical error included.  No statistics: it speaks of these instances only."""
    return Interval(float(np.min(low)), float(np.max(high)))


def mean(values: Array, a: float, error: Array | float = 0.0) -> Interval | Refusal:
    """Interval for the mean of independent draws (n,) of an unbounded law, each known up to ``error``.

    Assumes independence, and that no value too rare to be among n draws moves the mean: no interval is valid for the
    mean of every law (Bahadur and Savage 1956), so ``unseen`` has to be said beside it.  Of the law that was seen it
    assumes that skewness is what spoils Student's t: half-width T s/sqrt(n) + (|g| + 2 sqrt(6/n)) s (2 T^2 + 1)/(6 n) at
    a/4, g the sample skewness (the second term is the first Cornish-Fisher correction, with two standard errors of g).
    Refuses where |g| T/sqrt(n) > 1/2 (the correction is then no longer small), under ``FEWEST`` values, for data with at
    most two distinct values, whose rare third value would be invisible, and for infinite or repeated ones.  The lower end
    comes from ``values - error``, the upper from ``values + error``, so that an error bar widens and never shifts.
    """
    _, low, high, refused = means(values[:, None], a, np.broadcast_to(error, values.shape)[:, None])
    return Interval(float(low[0]), float(high[0])) if np.isfinite(low[0]) else Refusal(refused)


def means(values: Array, a: float, error: Array) -> tuple[Array, Array, Array, str]:
    """``mean`` of many columns (n, m) at once: centres, lower and upper ends (infinite where refused), the first
    refusal.
    """
    n, columns = values.shape
    centre = values.mean(axis=0)
    low, high = np.full(columns, -np.inf), np.full(columns, np.inf)
    if n < FEWEST:
        return centre, low, high, f"mean needs at least {FEWEST} seeds, has {n}"
    if said := repeated(values):
        return centre, low, high, f"mean refused: {said}"
    below, half_below, skew_below = student_parts(values - error, a)
    widened = np.any(error)
    above, half_above, skew_above = student_parts(values + error, a) if widened else (below, half_below, skew_below)
    flat = np.isnan(half_below) | np.isnan(half_above)
    skewed = ~flat & (np.maximum(skew_below, skew_above) > _MOST_SKEW)
    fine = ~(flat | skewed)
    low[fine], high[fine] = (below - half_below)[fine], (above + half_above)[fine]
    refused = ""
    if skewed.any():
        worst = np.maximum(skew_below, skew_above)[skewed].max() * np.sqrt(n) / student(n, a)
        refused = (
            f"mean refused: skewness {worst:.1f} at {n} seeds (allowed {_MOST_SKEW * np.sqrt(n) / student(n, a):.1f}); "
            "use `over: median`, its log, or a ratio of arms"
        )
    elif flat.any():
        refused = (
            f"mean refused: {n} seeds show at most two different values; declare `range: [L, U]`, "
            "use `over: median` or `fraction`, or `every` if the quantity does not depend on the seed"
        )
    return centre, low, high, refused


def unseen(n: int, alpha: float) -> float:
    """The chance below which a kind of value may be missing among ``n`` independent draws: of what is more frequent, one
    shows with chance 1 - alpha.
    """
    return min(1.0, float(np.log(1 / alpha)) / n)


def unseen_words(n: int, alpha: float) -> str:
    """The assumption of every mean, as the end of a sentence."""
    return f"; assumes that nothing rarer than {100 * unseen(n, alpha):.2g} % of the draws moves the mean"


def repeated(values: Array) -> str:
    """Why rows of values (n, m) are no independent draws, where they repeat each other; empty text if they do not.

    Whether the counts of all d distinct rows (told apart by their sums) have a common divisor k: k copies of each of n/k
    draws.  Independent draws of d values do that by an accident of chance k^(1-d).
    """
    _, counts = np.unique(values.sum(axis=1), return_counts=True)
    copies = int(np.gcd.reduce(counts))
    if (counts.size - 1) * np.log2(copies) < _REPEATING:
        return ""
    return f"the seeds repeat each other: each of {counts.size} values occurs {copies} times or a multiple of it"


def student(n: int, a: float) -> float:
    """Quantile of Student's t for ``n`` values at a quarter of the two-sided level ``a``."""
    return float(special.stdtrit(n - 1, 1 - a / (2 * SAFETY)))


def student_parts(values: Array, a: float) -> tuple[Array, Array, Array]:
    """Means, half-widths and |g| T/sqrt(n) of many columns (n, m) at once; half-width NaN for two-valued columns."""
    n = values.shape[0]
    quantile = student(n, a)
    middle = values.mean(axis=0)
    centred = values - middle
    second = np.mean(centred**2, axis=0)
    spread = np.sqrt(second * n / (n - 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        skewness = np.where(second > 0, np.abs(np.mean(centred**3, axis=0)) / second**1.5, 0.0)
    surely = skewness + _SKEW_ERRORS * np.sqrt(6 / n)
    half = quantile * spread / np.sqrt(n) + surely * spread * (2 * quantile**2 + 1) / (6 * n)
    ends = (values == values.min(axis=0)) | (values == values.max(axis=0))
    return middle, np.where(ends.all(axis=0), np.nan, half), skewness * quantile / np.sqrt(n)


def bounded_mean(values: Array, bounds: tuple[float, float], a: float, at_looks: float) -> Interval | Refusal:
    """Interval for the mean of independent draws (n,), in the order they were drawn, that lie in ``bounds``.

    Assumes only the bounds and independence.  Hedged betting (Waudby-Smith and Ramdas, arXiv 2010.09686): a gambler who bets on
    deviations from m at predictable stakes rejects m once the capital reaches 1/a; valid at all n at once, so ``a``
    is not divided by looks.  Data at the two ends only are counted instead: ``clopper_pearson`` at the level of this
    look, ``at_looks``.  The data choose between the two, so each has half of its level.
    """
    lower, upper = bounds
    if upper <= lower:
        return Refusal(f"the declared range [{lower:g}, {upper:g}] is empty")
    unit = (values - lower) / (upper - lower)
    if np.all((unit == 0) | (unit == 1)):
        share = clopper_pearson(int(unit.sum()), unit.size, at_looks / 2)
    else:
        share = betting(unit, a / 2)
    return Interval(lower + share.lo * (upper - lower), lower + share.hi * (upper - lower))


def betting(unit: Array, a: float) -> Interval:
    """The hedged betting interval for values (n,) in [0, 1]; running intersection over the sample so far."""
    own = stakes(unit, a)  # symmetric under unit -> 1 - unit
    return Interval(_lowest(unit, own, a), 1 - _lowest(1 - unit, own, a))


def stakes(unit: Array, a: float) -> Array:
    """What is bet at each step of values (..., n) in [0, 1]: only what was seen before may enter."""
    steps = np.arange(1, unit.shape[-1] + 1)
    estimate = (0.5 + np.cumsum(unit, axis=-1)) / (steps + 1)
    variance = (0.25 + np.cumsum((unit - estimate) ** 2, axis=-1)) / (steps + 1)
    past = np.concatenate((np.full((*unit.shape[:-1], 1), 0.25), variance[..., :-1]), axis=-1)
    bets: Array = np.sqrt(2 * np.log(2 / a) / (past * steps * np.log(steps + 1)))
    return bets


def log_capital(unit: Array, bets: Array, m: float) -> Array:
    """Log of the capital (..., n) of a gambler who bets that the mean of values (..., n) lies above ``m``."""
    stake = np.minimum(bets, 0.5 / m)  # half of what can be bet without risk of ruin
    capital: Array = np.cumsum(np.log1p(stake * (unit - m)), axis=-1)
    return capital


def _lowest(unit: Array, bets: Array, a: float) -> float:
    """The smallest mean that the gambler who bets upwards has not rejected; capital falls in m, so bisection finds
    it.
    """
    low, high = 0.0, 1.0
    for _ in range(50):
        m = (low + high) / 2
        rejected = bool(np.max(log_capital(unit, bets, m)) >= np.log(2 / a))
        low, high = (m, high) if rejected else (low, m)
    return low


def order_rank(n: int, a: float) -> int:
    """The largest k with P(Binomial(n, 1/2) < k) <= a/2: the median lies between the k-th smallest and largest; 0:
    none.
    """
    return int(np.searchsorted(special.bdtr(np.arange(n), n, 0.5), a / 2, side="right"))


def median(values: Array, a: float, error: Array | float = 0.0) -> Interval | Refusal:
    """Order-statistics interval for the median of independent draws (n,); censored values are +-infinity.

    Assumes nothing but independence; exact for any law, ties included.  Refuses where n is too small for the level, and
    rows that repeat each other.
    """
    _, low, high, refused = medians(values[:, None], a, np.broadcast_to(error, values.shape)[:, None])
    return Refusal(refused) if refused else Interval(float(low[0]), float(high[0]))


def medians(values: Array, a: float, error: Array) -> tuple[Array, Array, Array, str]:
    """``median`` of many columns (n, m) at once: centres, lower and upper ends (infinite where refused), the
    refusal.
    """
    n, columns = values.shape
    centre, rank = np.median(values, axis=0), order_rank(n, a)
    said = f"median needs more than {n} seeds at level {a:.1e}" if rank < 1 else repeated(values)
    if said:
        infinite = np.full(columns, np.inf)
        return centre, -infinite, infinite, said if rank < 1 else f"median refused: {said}"
    return centre, np.sort(values - error, axis=0)[rank - 1], np.sort(values + error, axis=0)[-rank], ""
