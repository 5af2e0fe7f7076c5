"""Thresholds: where along a sweep a condition starts to hold, as a bracket in log location (JUDGE section 3).

From the last size before the first crossing to the first size after the last one below: noise widens the bracket instead
of biasing it, and nothing is interpolated.  Its middle and half-width are a value and its error bar, so that the mean row
averages lower and upper ends apart.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from checker.judge.prediction import Array


def brackets(holds: npt.NDArray[np.bool_], sizes: Array) -> tuple[Array, Array]:
    """Middle and half-width (seeds,) of the bracket in log size, from ``holds`` (seeds, K) on increasing ``sizes`` (K,).

    A seed whose condition never holds (at the largest size) is censored at +infinity, one whose condition holds at every
    size at -infinity, both with half-width 0: the median row knows what to do with them, the mean row refuses.
    """
    log_size, count = np.log(sizes), sizes.size
    first = np.where(holds.any(axis=1), np.argmax(holds, axis=1), count)
    last_below = np.where((~holds).any(axis=1), count - 1 - np.argmax(~holds[:, ::-1], axis=1), -1)
    low, high = log_size[np.clip(first - 1, 0, None)], log_size[np.clip(last_below + 1, None, count - 1)]
    middle, half = (low + high) / 2, (high - low) / 2
    never, always = last_below == count - 1, first == 0
    middle = np.where(never, np.inf, np.where(always, -np.inf, middle))
    return middle, np.where(never | always, 0.0, half)
