"""Whether a sequence has settled: how far it may still go if what moved last belongs to a slow order.

The one idea: nothing that is seen over a finite sweep excludes an order like 1/sqrt(log X).  So a limit of undeclared
order is passed only where the movement over the last third of the sweep in log X, charged to that order and doubled,
still ends inside the region.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from checker.judge import intervals
from checker.judge.extrapolate import centre_and_error, coefficient
from checker.judge.prediction import Array

#: The movement is charged twice: another slow order of the opposite sign may hide half of it.
_CUSHION = 2.0
#: A decay counts as slowing down unless its rate grows by more than this per unit of log X.
_CONVEX = -0.1
#: A curve of means wanders by this many standard errors of its points without moving.
_WANDER = 4.0
MOVING = "what still moves may belong to an order slower than any power and go on out of the region; declare `correction:`"


def reach(
    y: Array, error: Array, log_size: Array, *, pool: bool, of_median: bool, level: float
) -> tuple[Array, Array]:
    """Lower and upper ends of where y (n, K) may still go on increasing ``log_size`` (K,) >= 1: one pair for each row, or
    one for all rows pooled at ``level`` (infinite where their mean or median is refused).

    From the last value by 2 R m on both sides: m the movement over the last third of the sweep, R how many times as far
    (log X)^-1/2 has still to go beyond as it went over that third.  Where the movement does not slow down along the thirds
    like a decay of one sign (log-convex, as every power, log and sum of such with one sign is), terms of opposite sign may
    cancel just there: then what moved over the middle third, charged in the same way, counts too.

    Measured on sequences without noise, claims aimed at what each rule believes (``reports/judge.md``, "Limits of
    undeclared order"): no false PASS with single orders, oscillations, crossovers and late terms, few with conspiracies
    of two slow ones; the hull of four orders alone passes 2 to 10 % of the first and the last.
    """
    edges = np.linspace(log_size[0], log_size[-1], 4)
    at = [0, *(int(np.argmin(np.abs(log_size - edge))) for edge in edges[1:3]), log_size.size - 1]
    if min(np.diff(at)) < 1:
        return _nowhere(1 if pool else y.shape[0])
    windows = [slice(first, last + 1) for first, last in pairwise(at)]
    moved = np.stack([y @ _movement(log_size, window) for window in windows], axis=1)
    wobble = np.stack([error @ np.abs(_movement(log_size, window)) for window in windows], axis=1)
    if pool and y.shape[0] > 1:
        row = intervals.medians if of_median else intervals.means
        columns = np.column_stack([y[:, -1:], moved])
        centre, low, high, _ = row(columns, level, np.column_stack([error[:, -1:], wobble]))
        if not np.all(np.isfinite(low) & np.isfinite(high)):
            return _nowhere(1)
        last_low, last_high, moved = low[:1], high[:1], centre[None, 1:]
        unsure = np.maximum(high - centre, centre - low)[None, 1:]
        curves, errors = centre_and_error(y, of_median)
        curve, wander = curves[None], _WANDER * float(errors.max())
    else:
        last_low, last_high = (y - error)[:, -1], (y + error)[:, -1]
        curve, wander, unsure = y, 0.0, 2 * error.max(axis=1, keepdims=True) + wobble
    spans = np.stack([np.ptp(curve[:, window], axis=1) for window in windows], axis=1)
    most = np.maximum(np.abs(moved), spans - wander)
    roots = log_size[at] ** -0.5
    factors = roots[-1] / (roots[:-1] - roots[1:])
    far = factors * (_CUSHION * most + unsure)
    beyond = np.where(_slowing(moved, spans, wander, log_size[at]), far[:, 2], far[:, 1:].max(axis=1))
    return last_low - beyond, last_high + beyond


def _nowhere(count: int) -> tuple[Array, Array]:
    infinite = np.full(count, np.inf)
    return -infinite, infinite


def _movement(log_size: Array, window: slice) -> Array:
    """Weights of the change over a window by its least-squares slope."""
    part = log_size[window]
    weights = np.zeros(log_size.size)
    weights[window] = coefficient(part, [np.ones(part.size)]) * (part[-1] - part[0])
    return weights


def _slowing(moved: Array, spans: Array, wander: float, edges: Array) -> npt.NDArray[np.bool_]:
    """Whether the movements (n, 3) over the thirds have one direction each and all the same, and shrink ever more
    slowly.
    """
    one_way = np.all(moved > 0, axis=1) | np.all(moved < 0, axis=1)
    one_way &= np.all(spans[:, 1:] <= 1.25 * np.abs(moved[:, 1:]) + wander, axis=1)
    middles, pace = (edges[1:] + edges[:-1]) / 2, np.full(moved.shape, -np.inf)
    np.log(np.abs(moved) / np.diff(edges), out=pace, where=moved != 0)
    with np.errstate(invalid="ignore"):
        rates = np.diff(pace, axis=1) / np.diff(middles)
        slowing: npt.NDArray[np.bool_] = one_way & (rates[:, 1] - rates[:, 0] >= _CONVEX)
    return slowing
