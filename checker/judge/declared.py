"""Whether the data follow a declared ``correction:``: if the next order is c g(x), then c is one number.

The one idea: a false order shows in its own coefficient.  While 1/log x hides under 1/x, the extrapolated value hardly
moves between tail windows, but the coefficient of 1/x has to grow with every window to keep up.  Such data do not
support the declaration, and what is extrapolated with it is not believed.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from checker.judge.extrapolate import centre_and_error, coefficient, ladder
from checker.judge.prediction import Array

Flags = npt.NDArray[np.bool_]
#: Share by which the coefficient may move between windows: in every fit, and in the fit of the declared order alone
#: (where the order that follows moves it too).
_STEADY, _STEADY_ALONE = 0.1, 0.3
REFUSED = "the declared correction does not describe the data: its coefficient changes along the sweep"


def unsteady(
    y: Array, error: Array, log_size: Array, correction: Array, *, pool: bool, of_median: bool = False
) -> Flags:
    """Whether the coefficient of ``correction`` (K,) beside a constant changes with the tail window: one flag per row
    of y (n, K), or one for all rows pooled.

    Only what exceeds two standard errors and the numerical error ``error`` counts as a change.  Under the claim that is
    judged y is a constant plus c g: the quantity itself for a limit, log(y/f) for a rate.

    Measured on random limits (noise 0 to 5 %): where the leading order was declared, all PASS remain, also with terms of
    relative order x^-1/4 to 1/x or 1/log x following; where another order was declared, nine of ten wrong verdicts go
    without noise, two of three with noise, which hides the order (``reports/judge.md``, "Limits").
    """
    ones = np.ones_like(log_size)
    successor = correction * np.exp(-(log_size - log_size[0]) / 2)
    alone = _moved(y, error, log_size, correction, [ones], pool, of_median)
    followed = _moved(y, error, log_size, correction, [ones, successor], pool, of_median)
    flags: Flags = (np.minimum(alone, followed) > _STEADY) | (alone > _STEADY_ALONE)
    return flags


def _moved(
    y: Array, error: Array, log_size: Array, correction: Array, beside: Sequence[Array], pool: bool, of_median: bool
) -> Array:
    """The largest certain change of the coefficient between two windows, as a share of the larger of the two."""
    rows = []
    for start in ladder(log_size):
        weights = np.zeros(log_size.size)
        weights[start:] = coefficient(correction[start:], [column[start:] for column in beside])
        if np.all(np.isfinite(weights)):
            rows.append(weights)
    moved = np.zeros(1 if pool else y.shape[0])
    for i, first in enumerate(rows):
        for later in rows[i + 1 :]:
            found = np.stack((y @ (later - first), y @ first, y @ later), axis=1)
            numerical = error @ np.abs(later - first)
            if pool:
                middle, spread = centre_and_error(found, of_median)
                found, noise, numerical = middle[None], spread[:1], numerical.mean(keepdims=True)
            else:
                noise = np.zeros_like(moved)
            certain = np.abs(found[:, 0]) - 2 * noise - numerical
            size = np.maximum(np.abs(found[:, 1:]).max(axis=1), np.finfo(float).tiny)
            moved = np.maximum(moved, certain / size)
    return moved
