"""How exponents are usually judged, for comparison: none of these is a rule of the judge.

Each takes log y (K,) of the mean curve and says PASS (+1), FAIL (-1) or nothing (0) of the form within a relative margin.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from checker.judge.extrapolate import coefficient
from checker.judge.prediction import Array

Rival = Callable[[Array, Array, Array, float], int]


def straight_line(y: Array, x: Array, form: Array, within: float) -> int:
    """One line through everything; believed where R^2 is at least .99."""
    column, ones = np.log(form), np.ones_like(x)
    slope = float(coefficient(column, [ones]) @ y)
    residual = y - slope * column - (y - slope * column).mean()
    if 1 - residual @ residual / ((y - y.mean()) @ (y - y.mean())) < 0.99:
        return 0
    return 1 if abs(slope - 1) <= within else -1


def last_decade(y: Array, x: Array, form: Array, within: float) -> int:
    """The slope over the last decade of sizes."""
    part = x >= x[-1] / 10 * (1 - 1e-12)
    if part.sum() < 2:
        part = np.arange(x.size) >= x.size - 2
    slope = float(coefficient(np.log(form[part]), [np.ones(int(part.sum()))]) @ y[part])
    return 1 if abs(slope - 1) <= within else -1


def smallest_residual(y: Array, x: Array, form: Array, within: float) -> int:
    """AIC among the form and its four neighbours (exponent +- 1/4, a log more or less): the best fitting one is true."""
    log_x = np.log(x)
    size, base = np.log(np.maximum(log_x, 1e-9)), np.log(form)
    neighbours = (base, base + log_x / 4, base - log_x / 4, base + size, base - size)
    spread = [np.var(y - other) for other in neighbours]  # one free factor each: AIC orders by the residual
    return 1 if int(np.argmin(spread)) == 0 else -1


RIVALS: Mapping[str, Rival] = {
    "straight line, R^2 >= .99": straight_line,
    "last decade's slope": last_decade,
    "AIC among 4 neighbours": smallest_residual,
}
