"""The interval type and its ring operations; end points are exact balls, each marked as included or excluded.

The one idea to know: "excluded" is the stronger statement (no value of the formula reaches that end), so whenever it is
not certain the end is marked as included.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from flint import arb

from checker.expr.to_arb import to_fmpq


@dataclass(frozen=True, slots=True)
class Interval:
    """All values lie between ``lo`` and ``hi``; an infinite end is never reached unless the interval is that one point.

    ``partial``: the formula may be undefined at some points of the box.  Empty when ``lo > hi``.
    """

    lo: arb
    hi: arb
    lo_open: bool = False
    hi_open: bool = False
    partial: bool = False

    @property
    def empty(self) -> bool:
        """Whether there is no value at all."""
        return bool(self.lo > self.hi)

    @property
    def positive(self) -> bool:
        """Every value is above 0."""
        return bool(self.lo > 0 or (self.lo == 0 and self.lo_open)) and not self.empty

    @property
    def nonnegative(self) -> bool:
        """No value is below 0."""
        return bool(self.lo >= 0) and not self.empty

    @property
    def negative(self) -> bool:
        """Every value is below 0."""
        return bool(self.hi < 0 or (self.hi == 0 and self.hi_open)) and not self.empty

    @property
    def nonpositive(self) -> bool:
        """No value is above 0."""
        return bool(self.hi <= 0) and not self.empty

    @property
    def is_zero(self) -> bool:
        """0 is the only value."""
        return bool(self.lo == 0 and self.hi == 0)

    @property
    def bounded(self) -> bool:
        """Both ends are finite."""
        return bool(self.lo.is_finite() and self.hi.is_finite())

    def has_zero(self) -> bool:
        """Whether 0 may be a value."""
        return not self.empty and not self.positive and not self.negative

    def __neg__(self) -> Interval:
        # At fewer bits than the ends have, even a change of sign rounds.
        return Interval(down(-self.hi), up(-self.lo), self.hi_open, self.lo_open, self.partial)

    def __add__(self, other: Interval) -> Interval:
        if self.empty or other.empty:
            return EMPTY
        return Interval(
            down(self.lo + other.lo),
            up(self.hi + other.hi),
            self.lo_open or other.lo_open,
            self.hi_open or other.hi_open,
            self.partial or other.partial,
        )

    def times(self, other: Interval, at_limit: bool = False) -> Interval:
        """Product; ``at_limit`` makes ``0*oo`` unknown instead of 0 (see ``interval.enclose``)."""
        if self.empty or other.empty:
            return EMPTY
        partial = self.partial or other.partial
        if at_limit and (_vague(self, other) or _vague(other, self)):
            return Interval(arb.neg_inf(), arb.pos_inf(), False, False, partial)
        corners = [
            _corner(a, a_open, b, b_open)
            for a, a_open in ((self.lo, self.lo_open), (self.hi, self.hi_open))
            for b, b_open in ((other.lo, other.lo_open), (other.hi, other.hi_open))
        ]
        lo, lo_open = least([(down(ball), is_open) for ball, is_open in corners])
        hi, hi_open = greatest([(up(ball), is_open) for ball, is_open in corners])
        return Interval(lo, hi, lo_open, hi_open, partial)

    def cut(self, op: str, bound: Fraction) -> Interval:
        """The part where ``value op bound`` (``<``, ``<=``, ``>``, ``>=``), rounded outward."""
        ball = arb(to_fmpq(bound))
        strict = op in ("<", ">")
        if op in ("<", "<="):
            edge = ball.upper()
            if edge < self.hi or (edge == self.hi and strict):
                open_ = strict or not ball.is_exact()
                return _checked(Interval(self.lo, edge, self.lo_open, open_, self.partial))
        else:
            edge = ball.lower()
            if edge > self.lo or (edge == self.lo and strict):
                open_ = strict or not ball.is_exact()
                return _checked(Interval(edge, self.hi, open_, self.hi_open, self.partial))
        return self


def _checked(item: Interval) -> Interval:
    if item.lo == item.hi and (item.lo_open or item.hi_open):
        return EMPTY
    return EMPTY if item.empty else item


def _vague(a: Interval, b: Interval) -> bool:
    zero = bool(a.lo <= 0 and a.hi >= 0)
    return zero and not b.bounded


def _corner(a: arb, a_open: bool, b: arb, b_open: bool) -> tuple[arb, bool]:
    if a == 0 or b == 0:  # 0*oo = 0 is right for ends: the values near that corner approach or exceed 0
        reached = (a == 0 and not a_open) or (b == 0 and not b_open)
        return arb(0), not reached
    return a * b, a_open or b_open


def least(ends: Sequence[tuple[arb, bool]]) -> tuple[arb, bool]:
    """Smallest end, excluded only if every end that attains it is."""
    value, is_open = ends[0]
    for other, other_open in ends[1:]:
        if other < value:
            value, is_open = other, other_open
        elif other == value:
            is_open = is_open and other_open
    return value, is_open


def greatest(ends: Sequence[tuple[arb, bool]]) -> tuple[arb, bool]:
    """Largest end, excluded only if every end that attains it is."""
    value, is_open = ends[0]
    for other, other_open in ends[1:]:
        if other > value:
            value, is_open = other, other_open
        elif other == value:
            is_open = is_open and other_open
    return value, is_open


def down(ball: arb) -> arb:
    """Lower end of a ball, rounded down; minus infinity for NaN."""
    return arb.neg_inf() if ball.is_nan() else ball.lower()


def up(ball: arb) -> arb:
    """Upper end of a ball, rounded up; plus infinity for NaN."""
    return arb.pos_inf() if ball.is_nan() else ball.upper()


def beyond(end: arb) -> bool:
    """Whether a finite exact end is too large or too close to 0 for a fraction (flint aborts the process on it)."""
    _, exponent = end.man_exp()
    return not -_LARGEST_EXPONENT < exponent < _LARGEST_EXPONENT


def exact(number: Fraction | int) -> Interval:
    """The one point ``number`` (rounded outward at the working precision)."""
    return from_ball(arb(to_fmpq(number)))


def from_ball(ball: arb) -> Interval:
    """The values of a ball; the whole line for NaN."""
    return Interval(down(ball), up(ball))


def hull(items: Sequence[Interval]) -> Interval:
    """Smallest interval around several; an empty one (defined nowhere) makes the whole partial."""
    kept = [item for item in items if not item.empty]
    if not kept:
        return EMPTY
    partial = len(kept) < len(items) or any(item.partial for item in kept)
    lo, lo_open = least([(item.lo, item.lo_open) for item in kept])
    hi, hi_open = greatest([(item.hi, item.hi_open) for item in kept])
    return Interval(lo, hi, lo_open, hi_open, partial)


_LARGEST_EXPONENT = 100_000  # of two
EMPTY = Interval(arb.pos_inf(), arb.neg_inf(), True, True, True)
REALS = Interval(arb.neg_inf(), arb.pos_inf(), True, True)
