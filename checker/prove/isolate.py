"""Rigorous isolation and refinement of the zeros of one function of one variable on a bracket.

The one idea to know: a box is finished when interval arithmetic shows that the function has no zero there, or that its
derivative has one sign there, so that the signs at the two ends (balls) tell whether there is exactly one zero or none.
The function must be continuous, which is checked on the tree: a jump is no zero.
"""

from __future__ import annotations

from dataclasses import dataclass

from flint import arb

from checker.expr.derive import diff
from checker.expr.errors import UnsupportedError
from checker.expr.functions import JUMPS
from checker.expr.interval import Interval, enclose
from checker.expr.node import Fn, Limit, Node, Piecewise, Rel, symbols_of, walk
from checker.expr.to_arb import evaluate, precision
from checker.prove.forms import normal_node

MAX_BOXES = 1000
_SPLIT = 1009  # of 2048: an uneven cut rarely meets a zero


@dataclass(frozen=True, slots=True)
class Zero:
    """Exactly one zero between ``lo`` and ``hi`` (exact end points); ``slope`` is the sign of the derivative there."""

    lo: arb
    hi: arb
    slope: int

    def ball(self) -> arb:
        """The enclosure as a ball, at the current precision."""
        return self.lo.union(self.hi)


def has_jumps(node: Node) -> bool:
    """Whether the formula may be discontinuous inside its domain."""
    return any(
        isinstance(part, Piecewise | Rel | Limit) or (isinstance(part, Fn) and part.name in JUMPS)
        for part in walk(node)
    )


def sign_at(node: Node, name: str, x: arb, bits: int) -> int | None:
    """-1, 0 or 1 where balls can tell at the exact point ``x``."""
    ball = evaluate(node, {name: x}, bits)
    if ball.is_nan():
        return None
    return 1 if ball > 0 else -1 if ball < 0 else 0 if ball == 0 else None


class Isolation:
    """All zeros of ``function`` in ``name`` on [lo, hi] (exact ends, infinity allowed), at ``bits`` of precision.

    ``complete`` is False where some box stayed open; ``open_box`` is then one of them.
    """

    def __init__(self, function: Node, name: str, lo: arb, hi: arb, bits: int, max_boxes: int = MAX_BOXES) -> None:
        if has_jumps(function):
            raise UnsupportedError("the zero finder", "a function with jumps")
        if symbols_of(function) - {name}:
            raise UnsupportedError("the zero finder", f"other symbols than {name}")
        self.function, self.slope, self.name, self.bits = function, diff(function, name), name, bits
        # The same functions in normal form: what cancels there no longer widens an enclosure.
        self.functions = tuple(dict.fromkeys((function, normal_node(function, {}))))
        self.slopes = tuple(dict.fromkeys((self.slope, normal_node(self.slope, {}))))
        self.max_boxes = max_boxes
        self.zeros: list[Zero] = []  # from left to right
        self.boxes = 0
        self.open_box: tuple[arb, arb] | None = None
        with precision(bits):
            self._search(lo, hi)

    @property
    def complete(self) -> bool:
        """Whether every box was decided."""
        return self.open_box is None

    def image(self, node: Node, lo: arb, hi: arb) -> Interval:
        """Values of ``node`` on [lo, hi]; an infinite end is never reached."""
        return enclose(node, {self.name: Interval(lo, hi, not lo.is_finite(), not hi.is_finite())}, self.bits)

    def _best_image(self, shapes: tuple[Node, ...], lo: arb, hi: arb) -> Interval:
        """The image by the first shape that shows a sign, else by the formula as it is written.

        Only where the formula as written is surely defined may its normal form speak for it.
        """
        written = self.image(shapes[0], lo, hi)
        if written.partial or written.positive or written.negative:
            return written
        for shape in shapes[1:]:
            found = self.image(shape, lo, hi)
            if not found.partial and (found.positive or found.negative):
                return found
        return written

    def _search(self, lo: arb, hi: arb) -> None:
        stack = [(lo, hi)]
        while stack:
            lo, hi = stack.pop()
            self.boxes += 1
            if self.boxes > self.max_boxes:
                self.open_box = (lo, hi)
                return
            values = self._best_image(self.functions, lo, hi)
            if not values.partial and (values.positive or values.negative):
                continue
            slopes = self._best_image(self.slopes, lo, hi)
            known = not values.partial and not slopes.partial and (slopes.positive or slopes.negative)
            if known and self._monotone(lo, hi, 1 if slopes.positive else -1):
                continue
            middle = _between(lo, hi)
            if middle is None:
                self.open_box = (lo, hi)
                return
            stack += [(middle, hi), (lo, middle)]

    def _monotone(self, lo: arb, hi: arb, slope: int) -> bool:
        """Decide a box on which the function is strictly monotone; False where the end signs are not known."""
        at_lo = sign_at(self.function, self.name, lo, self.bits) if lo.is_finite() else None
        at_hi = sign_at(self.function, self.name, hi, self.bits) if hi.is_finite() else None
        if at_lo == slope or at_hi == -slope:
            return True  # moving away from zero: none inside
        if at_lo == 0 or at_hi == 0:
            end = lo if at_lo == 0 else hi
            if not any(zero.lo == end and zero.hi == end for zero in self.zeros):
                self.zeros.append(Zero(end, end, slope))
            return True
        if at_lo == -slope and at_hi == slope:
            self.zeros.append(Zero(lo, hi, slope))
            return True
        return False

    def refine(self, zero: Zero, bits: int, width: arb | None = None) -> Zero:
        """The same zero in a box as narrow as ``bits`` allow, or narrower than ``width`` if that comes first."""
        with precision(bits):
            lo, hi = zero.lo, zero.hi
            while True:
                if width is not None and hi - lo < width:
                    break
                middle = ((lo + hi) / 2).mid()
                if not lo < middle < hi:
                    break
                left, right = self._newton(lo, hi, middle, bits)
                if not (right - left) * 2 < hi - lo:
                    left, right = self._halve(left, right, zero.slope, bits)
                if not right - left < hi - lo:
                    break
                lo, hi = left, right
            return Zero(lo, hi, zero.slope)

    def _newton(self, lo: arb, hi: arb, middle: arb, bits: int) -> tuple[arb, arb]:
        """One interval Newton step, cut with the box."""
        slopes = enclose(self.slope, {self.name: Interval(lo, hi)}, bits)
        if slopes.partial or slopes.has_zero() or not slopes.bounded:
            return lo, hi
        step = evaluate(self.function, {self.name: middle}, bits) / slopes.lo.union(slopes.hi)
        if not step.is_finite():
            return lo, hi
        reach = middle - step
        left, right = reach.lower(), reach.upper()
        return (left if left > lo else lo), (right if right < hi else hi)

    def _halve(self, lo: arb, hi: arb, slope: int, bits: int) -> tuple[arb, arb]:
        middle = ((lo + hi) / 2).mid()
        if not lo < middle < hi:
            return lo, hi
        sign = sign_at(self.function, self.name, middle, bits)
        if sign is None:
            return lo, hi
        if sign == 0:
            return middle, middle
        return (middle, hi) if sign == -slope else (lo, middle)


def _between(lo: arb, hi: arb) -> arb | None:
    """An exact point strictly inside (lo, hi): far out on an unbounded box; None when there is no room."""
    if lo.is_finite() and hi.is_finite():
        point = (lo + (hi - lo) * _SPLIT / 2048).mid()
    elif lo.is_finite():
        point = (2 * abs(lo) + 1).mid()
    elif hi.is_finite():
        point = -(2 * abs(hi) + 1).mid()
    else:
        point = arb(1) / 1024
    inside = lo < point and point < hi
    grown = abs(point) < arb(2) ** 200
    return point if inside and grown else None
