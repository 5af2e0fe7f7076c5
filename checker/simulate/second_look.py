"""A few cells of every measured formula evaluated again by mpmath, on the same numbers.

The one idea to know: a formula is compiled by XLA, whose functions differ between versions and devices and have been wrong by
hundreds of units in the last place; where another engine contradicts by more than rounding explains, nothing was measured.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from checker.expr.errors import UnsupportedError
from checker.expr.functions import JUMPS
from checker.expr.node import Fn, Node, Piecewise, Rel, walk
from checker.expr.text import text
from checker.expr.to_mpmath import Reading, UndefinedError, ctx
from checker.simulate.values import QuantityError, Value

_CELLS = 3
_DIGITS = 40
_LIKE_FLOATS = 15
_RELATIVE = 1e-7
_TINY = 1e-290  # beside what underflows
_ROUNDINGS = 1e3  # times what rounding may do by first order


class EnginesDisagreeError(QuantityError):
    """JAX and mpmath have different values for one formula at the same numbers."""


def look_again(node: Node, inputs: Mapping[str, Value], value: Value) -> None:
    """Raise ``EnginesDisagreeError`` where mpmath has another value at one of three cells; what it cannot read is passed over.

    A formula with jumps or cases is passed over too: rounding may put the two engines on different sides.
    """
    if value.entry or value.values.size == 0 or any(one.entry for one in inputs.values()):
        return
    if any(isinstance(part, Piecewise | Rel) or (isinstance(part, Fn) and part.name in JUMPS) for part in walk(node)):
        return
    last = value.values.size - 1
    for flat in sorted({0, last // 2, last})[:_CELLS]:
        cell = dict(zip(value.axes, np.unravel_index(flat, value.values.shape), strict=True))
        found = float(value.values.reshape(-1)[flat])
        point = {name: float(one.values[tuple(cell[axis] for axis in one.axes)]) for name, one in inputs.items()}
        if math.isfinite(found) and all(map(math.isfinite, point.values())):
            _compare(node, point, found, float(value.rounding.reshape(-1)[flat]))


def _compare(node: Node, point: Mapping[str, float], found: float, rounding: float) -> None:
    try:
        exact = {name: ctx.mpf(number) for name, number in point.items()}
        reading = Reading(exact, _DIGITS)
        wanted = float(reading.number(node))
        rounded = float(Reading(exact, _LIKE_FLOATS).number(node))  # what cancellation does to numbers of this length
    except (UndefinedError, UnsupportedError, OverflowError):
        return
    if not math.isfinite(wanted) or not math.isfinite(rounding):
        return
    allowed = _RELATIVE * max(abs(found), abs(wanted)) + _ROUNDINGS * (rounding + abs(rounded - wanted)) + reading.error
    if abs(found - wanted) > allowed + _TINY:
        where = ", ".join(f"{name} = {number!r}" for name, number in sorted(point.items()))
        at = f" at {where}" if where else ""
        raise EnginesDisagreeError(f"two engines contradict each other on {text(node)}{at}: JAX {found!r}, mpmath {wanted!r}")
