"""One number at infinity from a sequence of sizes: least squares on a ladder of tail windows with a family of
next-order terms.

The one idea: every coefficient of a least-squares fit is a *linear functional* of the data, so each seed gives one
number (whatever is correlated along its path), and what the fits with different next-order terms and windows
disagree about is the finite-size error, which is part of the interval (JUDGE section 4).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from checker.judge import intervals
from checker.judge.prediction import Array

#: Tail windows: shares of the span of log size, largest first; all but the last are candidates.
LADDER = (1.0, 0.7, 0.5, 0.35)
FEWEST_SIZES = 5
#: A fit column that the others explain up to this share of its norm carries no information of its own.
_COLLINEAR = 1e-9


@dataclass(frozen=True, slots=True)
class Fits:
    """Weights (windows, terms, sizes) of one coefficient, for every tail window and family of next-order terms.

    ``sizes`` counts those of each window, ``terms`` names the families.
    """

    weights: Array
    sizes: tuple[int, ...]
    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Extrapolation:
    """Intervals of m numbers (one per instance, or one pooled over seeds); the finite-size error is inside.

    ``sampling`` is the half-width due to seeds, ``window`` the chosen tail window, ``middle``, ``half`` and ``drift``
    (m, windows, terms) the estimates behind it.  ``refused`` says why there is no interval (its ends are infinite).
    """

    low: Array
    high: Array
    sampling: Array
    window: Array
    middle: Array
    half: Array
    drift: Array
    fit: Fits
    refused: str = ""


def ladder(log_size: Array) -> tuple[int, ...]:
    """First index of each tail window of increasing ``log_size`` (K,), at least five sizes each, equal windows once.

    With fewer than six sizes the smaller windows keep K - 1: declared orders may be judged on four.
    """
    count = log_size.size
    least = min(FEWEST_SIZES, count - 1)
    span = log_size[-1] - log_size[0]
    starts: list[int] = []
    for share in LADDER:
        start = int(np.searchsorted(log_size, log_size[-1] - share * span * (1 + 1e-12)))
        start = min(start, count - least)
        if start not in starts:
            starts.append(start)
    return tuple(starts)


def coefficient(target: Array, others: Sequence[Array]) -> Array:
    """Weights W (K,) with W @ y = least-squares coefficient of ``target`` in y ~ [target, *others]; NaN if not
    identified.
    """
    scaled = [column / np.linalg.norm(column) for column in others if np.any(column)]
    if scaled:
        basis, triangle = np.linalg.qr(np.column_stack(scaled))
        basis = basis[:, np.abs(np.diag(triangle)) > _COLLINEAR]
        rest = target - basis @ (basis.T @ target)
        rest = rest - basis @ (basis.T @ rest)  # twice is enough for orthogonality to rounding
    else:
        rest = target
    if np.linalg.norm(rest) <= _COLLINEAR * np.linalg.norm(target):
        return np.full(target.size, np.nan)
    weights: Array = rest / (rest @ target)
    return weights


def fits(log_size: Array, target: Array, families: Mapping[str, Sequence[Array]]) -> Fits:
    """Weights for the coefficient of ``target`` (K,) next to each family of columns (K,), on every tail window."""
    starts = ladder(log_size)
    weights = np.zeros((len(starts), len(families), log_size.size))
    for w, start in enumerate(starts):
        for g, family in enumerate(families.values()):
            weights[w, g, start:] = coefficient(target[start:], [column[start:] for column in family])
    return Fits(weights, tuple(log_size.size - start for start in starts), tuple(families))


def each(y: Array, error: Array, fit: Fits) -> Extrapolation:
    """One interval per instance from y (n, K), each instance free of sampling noise; ``error`` (n, K) its numerical
    error.
    """
    middle = np.einsum("nk,wgk->nwg", y, fit.weights)
    half = np.einsum("nk,wgk->nwg", error, np.abs(fit.weights))
    drift = np.zeros_like(middle)
    for window in range(len(fit.sizes)):
        for later in range(window + 1, len(fit.sizes)):
            difference = fit.weights[later] - fit.weights[window]
            moved = np.abs(y @ difference.T) - error @ np.abs(difference).T
            drift[:, window] = np.maximum(drift[:, window], moved)
    return _hull(middle, half, drift, np.zeros_like(half), fit)


def pooled(y: Array, error: Array, fit: Fits, a: float, *, of_median: bool = False) -> Extrapolation:
    """One interval from the per-seed functionals of y (n, K) at level ``a``: their mean, or their median.

    A single seed is taken as deterministic.  The level is divided by the number of candidate windows, because the
    narrowest is chosen afterwards.
    """
    if y.shape[0] == 1:
        return each(y, error, fit)
    windows, terms, _ = fit.weights.shape
    values = np.einsum("nk,wgk->nwg", y, fit.weights)
    wobble = np.einsum("nk,wgk->nwg", error, np.abs(fit.weights))
    flat = (y.shape[0], windows * terms)
    row = intervals.medians if of_median else intervals.means
    centre, low, high, refused = row(values.reshape(flat), a / (len(LADDER) - 1), wobble.reshape(flat))
    middle = centre.reshape(1, windows, terms)
    half = np.maximum(high - centre, centre - low).reshape(middle.shape)
    drift = np.zeros_like(middle)
    for window in range(windows):
        for later in range(window + 1, windows):
            weights = fit.weights[later] - fit.weights[window]
            moved, spread = centre_and_error(y @ weights.T, of_median)
            certain = np.abs(moved) - 2 * spread - (error @ np.abs(weights).T).mean(axis=0)
            drift[0, window] = np.maximum(drift[0, window], certain)
    sampling = half - wobble.mean(axis=0)[None]
    found = _hull(middle, half, drift, sampling, fit)
    return found if np.isfinite(found.low[0]) else replace(found, refused=refused)


def centre_and_error(values: Array, of_median: bool) -> tuple[Array, Array]:
    """Centre and standard error of the columns of values (n, m); a single row is exact."""
    n = values.shape[0]
    if n == 1:
        return values[0], np.zeros(values.shape[1])
    if not of_median:
        return values.mean(axis=0), values.std(axis=0, ddof=1) / np.sqrt(n)
    quartiles = np.quantile(values, [0.25, 0.75], axis=0)
    # the median's standard error is 1.25 sigma/sqrt(n), sigma from the quartiles, as heavy tails would inflate it
    return np.median(values, axis=0), 1.2533 * (quartiles[1] - quartiles[0]) / 1.349 / np.sqrt(n)


def _hull(middle: Array, half: Array, drift: Array, sampling: Array, fit: Fits) -> Extrapolation:
    """The narrowest over windows of the hull over terms; an unidentified fit makes its window useless."""
    reach = np.where(np.isnan(middle), np.inf, half + 2 * drift)
    centre = np.nan_to_num(middle)
    candidates = slice(0, max(1, middle.shape[1] - 1))
    low, high = (centre - reach).min(axis=2)[:, candidates], (centre + reach).max(axis=2)[:, candidates]
    with np.errstate(invalid="ignore"):
        window = np.argmin(np.where(np.isfinite(low) & np.isfinite(high), high - low, np.inf), axis=1)
    rows = np.arange(middle.shape[0])
    return Extrapolation(
        low[rows, window], high[rows, window], sampling.max(axis=2)[rows, window], window, middle, half, drift, fit
    )
