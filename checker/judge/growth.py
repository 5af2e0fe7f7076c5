"""A rate claim in its own coordinates: the size variable X, the exponents p (power against the form) and q (extra
logs).

p is the coefficient of log f, q that of log log X once p = 1 is taken; exact claims have p = 1 and q = 0.  A constant
form has no p: its coordinate is the slope on log X, exactly 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from checker.judge import extrapolate
from checker.judge.errors import EvidenceError
from checker.judge.extrapolate import Extrapolation, coefficient
from checker.judge.prediction import Array
from checker.judge.reduce import Indices

#: Names of the two fits with a declared next order: alone, and with the term that would follow it.
DECLARED, SUCCEEDED = "declared", "declared, then X^-1/2 of it"
#: Below this mean slope on log-log axes a form is no power of x, and X = 1/f.
_POWER = 0.1
#: Sizes from which thirds of the sweep are compared; below, its last two secants.
_THIRDS = 9


@dataclass(frozen=True, slots=True)
class Growth:
    """A form on its sizes.  ``log_form`` is zero for a constant form; ``slope`` is d log f / d log X over the sweep."""

    x: Array
    log_size: Array
    log_form: Array
    slope: float
    constant: bool

    @property
    def decades(self) -> float:
        """Decades of the size x."""
        return float(np.log10(self.x[-1] / self.x[0]))

    @property
    def form_decades(self) -> float:
        """Decades that the form covers on the sweep."""
        return float(abs(self.log_form[-1] - self.log_form[0]) / np.log(10))

    @property
    def column(self) -> Array:
        """What the first coordinate is the coefficient of."""
        return self.log_size if self.constant else self.log_form

    @property
    def exact(self) -> float:
        """The first coordinate of a true claim."""
        return 0.0 if self.constant else 1.0


@dataclass(frozen=True, slots=True)
class Trend:
    """Distance of a local coordinate from the claim on the middle and on the last third of the sweep, ``noise`` one
    standard error of the change, ``numerical`` its numerical error; arrays (m,)."""

    middle: Array
    last: Array
    noise: Array
    numerical: Array


def growth(x: Array, form: Array, *, asymptotic: bool = True) -> Growth:
    """Coordinates for the form f (K,) on increasing sizes x (K,).

    Raises ``EvidenceError`` if f is not positive and monotone on the sweep, or where log X < 1: near X = 1 logs mean
    nothing, and the message names the size to start ``from:``.  An effective exponent (not ``asymptotic``) is read on x
    itself, wherever its range lies.
    """
    if not (np.all(np.isfinite(form)) and np.all(form > 0)):
        raise EvidenceError("the form of a rate must be positive and finite on the whole sweep")
    if x.size < 2:
        raise EvidenceError("a rate needs at least two sizes")
    if not (np.all(np.isfinite(x)) and np.all(x > 0) and np.all(np.diff(x) > 0)):
        raise EvidenceError("the sizes of a rate must be positive, finite and different")
    log_form = np.log(form)
    steps = np.diff(log_form)
    constant = bool(np.ptp(log_form) <= 1e-12 * max(1.0, float(np.abs(log_form).max())))
    if constant:
        log_size, log_form = np.log(x), np.zeros_like(x)
    elif not (np.all(steps > 0) or np.all(steps < 0)):
        raise EvidenceError("the form of a rate must rise or fall on the whole sweep; start later with `from:`")
    else:
        steepness = abs(log_form[-1] - log_form[0]) / np.log(x[-1] / x[0])
        log_size = np.log(x) if steepness >= _POWER or not asymptotic else np.sign(steps[0]) * log_form
    if asymptotic and log_size[0] < 1:
        good = x[log_size >= 1]
        hint = f"start `from:` {good[0]:g}" if good.size else "no size of this sweep is large enough"
        raise EvidenceError(f"log of the size variable is {log_size[0]:.3g} < 1 at size {x[0]:g}; {hint}")
    slope = (log_form[-1] - log_form[0]) / (log_size[-1] - log_size[0])
    return Growth(x, log_size, log_form, float(slope), constant)


def families(shape: Growth, correction: Array | None) -> Mapping[str, Sequence[Array]]:
    """The next-order terms beside the constant column: {0, X^-1, X^-1/2, 1/log X}, or the declared one and its
    successor.
    """
    ones = np.ones_like(shape.log_size)
    root = np.exp(-(shape.log_size - shape.log_size[0]) / 2)
    if correction is not None:
        return {DECLARED: [ones, correction], SUCCEEDED: [ones, correction, correction * root]}
    inverse = {"1/X": [ones, root**2], "X^-1/2": [ones, root], "1/log X": [ones, 1 / shape.log_size]}
    return {"none": [ones], **inverse}


def power(
    y: Array, error: Array, shape: Growth, correction: Array | None, a: float | None
) -> Extrapolation:
    """P from log y (n, K): one interval per row, or with a level ``a`` one pooled over the rows."""
    return _interval(y, error, shape, shape.column, correction, a)


def logs(y: Array, error: Array, shape: Growth, correction: Array | None, a: float | None) -> Extrapolation:
    """Q from log y (n, K), as ``power``."""
    return _interval(y - shape.log_form, error, shape, np.log(shape.log_size), correction, a)


def _interval(
    y: Array, error: Array, shape: Growth, target: Array, correction: Array | None, a: float | None
) -> Extrapolation:
    fit = extrapolate.fits(shape.log_size, target, families(shape, correction))
    return extrapolate.each(y, error, fit) if a is None else extrapolate.pooled(y, error, fit, a)


def trend(y: Array, error: Array, log_size: Array, column: Array, exact: float, side: int, pool: bool) -> Trend:
    """How far the local coefficient of ``column`` is from ``exact`` on the middle and the last third of the sweep.

    ``side`` 0 takes the absolute distance, +1 (-1) only what lies above (below) ``exact``: the bad side of a bound.
    """
    middle_weights, last_weights = _local(log_size, column)
    middle, last = y @ middle_weights, y @ last_weights
    at_middle, at_last = (middle.mean(keepdims=True), last.mean(keepdims=True)) if pool else (middle, last)
    sign_middle, sign_last = _sign(at_middle - exact, side), _sign(at_last - exact, side)
    if pool and y.shape[0] > 1:
        noise = (sign_last * last - sign_middle * middle).std(ddof=1, keepdims=True) / np.sqrt(y.shape[0])
    else:
        noise = np.zeros_like(at_last)
    weights = np.abs(sign_last[:, None] * last_weights - sign_middle[:, None] * middle_weights)
    numerical = (weights * (error.mean(axis=0, keepdims=True) if pool else error)).sum(axis=1)
    return Trend(sign_middle * (at_middle - exact), sign_last * (at_last - exact), noise, numerical)


def going_on(y: Array, error: Array, log_size: Array, column: Array, pool: bool) -> Array:
    """Where the local coefficient of ``column`` ends (m,) if what it moved from the middle to the last third of the sweep
    goes on like 1/log X, as it does beside a correction of order 1/log X or x^-1/8 watched over a few decades.

    Only what exceeds two standard errors and the numerical error counts as movement.
    """
    weights = _local(log_size, column)
    middle, last = y @ weights[0], y @ weights[1]
    change, noise = last - middle, np.zeros(1 if pool else y.shape[0])
    numerical = error @ np.abs(weights[1] - weights[0])
    if pool:
        noise = change.std(ddof=1, keepdims=True) / np.sqrt(change.size) if change.size > 1 else noise
        change, last, numerical = (part.mean(keepdims=True) for part in (change, last, numerical))
    certain = np.sign(change) * np.maximum(np.abs(change) - 2 * noise - numerical, 0.0)
    at = [1 / log_size[part].mean() for part in thirds(log_size)]
    ends: Array = last + certain * at[1] / (at[0] - at[1])
    return ends


def _sign(offset: Array, side: int) -> Array:
    sign: Array = np.sign(offset) if side == 0 else side * (side * offset > 0).astype(float)
    return sign


def thirds(log_size: Array) -> tuple[Indices, Indices]:
    """Indices of the middle and of the last third of a sweep; of a short one, the ends of its last two secants."""
    count = log_size.size
    third = (log_size[-1] - log_size[0]) / 3
    tolerance = 1e-9 * third
    last = np.flatnonzero(log_size >= log_size[-1] - third - tolerance)
    from_start, from_end = log_size - log_size[0], log_size[-1] - log_size
    middle = np.flatnonzero(np.minimum(from_start, from_end) >= third - tolerance)
    if count < _THIRDS or min(last.size, middle.size) < 3:
        return np.array([count - 3, count - 2]), np.array([count - 2, count - 1])
    return middle, last


def _local(log_size: Array, column: Array) -> tuple[Array, Array]:
    """Weights of the slope on ``column`` over the middle and over the last third."""
    found = []
    for part in thirds(log_size):
        weights = np.zeros(log_size.size)
        weights[part] = coefficient(column[part], [np.ones(part.size)])
        found.append(weights)
    return found[0], found[1]
