"""Integrals of one variable as balls: cut at kinks, rigorous quadrature between, power bounds for tails and singular ends.

The one idea to know: an infinite end is cut at a ``T`` whose tail a power bound makes smaller than the goal, and a singular
finite end ``a`` is such an infinite end for ``s = 1/(x - a)``.  Where no bound shows that the integral converges
absolutely the answer is NaN, never a number.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from flint import acb, arb, fmpq

from checker.expr.errors import UnsupportedError
from checker.expr.growth import HalfLine
from checker.expr.integrands import X, edges, folded, tidied
from checker.expr.interval import Interval, enclose, from_ball
from checker.expr.node import (
    INFINITY,
    MINUS_ONE,
    ZERO,
    Add,
    Mul,
    Node,
    Num,
    Pow,
    Sym,
    num,
    sub,
    substitute,
)
from checker.expr.powers import polynomial
from checker.expr.rational import is_zero
from checker.expr.to_acb import Analytic, compile_analytic
from checker.expr.to_arb import Value, evaluate, precision, to_ball

_GOAL = 136  # bits: more are never aimed at, a caller with a higher precision gets a wider ball
_GUARD = 32
_EVALUATIONS = 40_000  # in one call of the quadrature
_MAX_WITHOUT_VALUE = 1_500  # real intervals on which nothing is known: so many only where there is no value to be had
_ALL_EVALUATIONS = 60_000  # in one integral: then it answers NaN, at once
_DIRECT = 12  # up to 2**12 the half line is integrated as it is, beyond in log(x)
_STARTS = (*range(1, _DIRECT + 1), 16, 24, 32, 48, 64, 96, 128, 160, 192, 256, 384, 512, 768, 1024, 2048)
_USEFUL = 20  # bits: a tail known no better is not worth the quadrature before it
_REFINEMENTS = 3
_MAX_BREAKS = 24
_MINUS_INFINITY = (Mul((MINUS_ONE, INFINITY)),)


def integral(body: Node, lo: Node, hi: Node, point: Mapping[str, Value], bits: int) -> arb:
    """The integral of ``body`` (in the symbol ``X``) from ``lo`` to ``hi``, with the other symbols at ``point``.

    NaN where it is not shown to converge absolutely, or where ``body`` may be undefined on part of the range; isolated points
    of the range where it is undefined do not matter.  Raises ``UnsupportedError`` for what has no complex reading.
    """
    body = folded(body)
    if not point:
        return _exact(body, lo, hi, min(bits, _GOAL))
    return _refined(body, lo, hi, point, min(bits, _GOAL))


@lru_cache(maxsize=512)
def _exact(body: Node, lo: Node, hi: Node, goal: int) -> arb:
    return _refined(body, lo, hi, {}, goal)


def _refined(body: Node, lo: Node, hi: Node, point: Mapping[str, Value], goal: int) -> arb:
    """A second look with a smaller absolute tolerance where the value itself is small."""
    tolerance, best = goal, None
    for _ in range(_REFINEMENTS):
        with precision(tolerance + _GUARD):
            found = _Quadrature(body, point, tolerance).between(lo, hi)
            if best is not None and not found.rad() < best.rad():
                return best
            best = found
            if not found.is_finite() or found.rad() <= abs(found).lower() * arb(2) ** (12 - goal):
                return found
            size = abs(found).upper()
            if not (size > 0 and size < arb(2) ** -8) or (found.contains(0) and tolerance > goal):
                return found
            extra = int(-(size.log() / arb(2).log()).lower().floor().unique_fmpz() or 0)
        tolerance = min(goal + extra + 8, tolerance + 4 * goal)
    return found


@dataclass(frozen=True, slots=True)
class _End:
    """A finite end of a piece: the formula, so that differences from it cancel exactly, and its value."""

    node: Node
    ball: arb


class _Quadrature:
    """One integral at one absolute tolerance ``2**-goal``; the caller has set the precision."""

    def __init__(self, body: Node, point: Mapping[str, Value], goal: int) -> None:
        self.body = body
        self.point = point
        self.goal = goal
        self.bits = goal + _GUARD
        self.tolerance = arb(2) ** -goal
        self.evaluations = 0
        self.without_value = 0

    def between(self, lo: Node, hi: Node) -> arb:
        """The whole integral."""
        if lo == INFINITY or _is_minus_infinity(hi):
            return -self.between(hi, lo) if lo != hi else arb.nan()
        first = None if _is_minus_infinity(lo) else self._end(lo)
        last = None if hi == INFINITY else self._end(hi)
        if any(end is not None and not end.ball.is_finite() for end in (first, last)):
            return arb.nan()
        if first is not None and last is not None:
            if first.node == last.node or (first.ball.overlaps(last.ball) and is_zero(sub(lo, hi))):
                return arb.nan() if self._is_singular(first) else arb(0)
            if first.ball > last.ball:
                return -self.between(hi, lo)
            if not first.ball < last.ball:
                return arb.nan()
        cuts = [first, *self._breaks(first, last), last]
        if cuts == [None, None]:
            cuts = [None, _End(ZERO, arb(0)), None]
        total = arb(0)
        for left, right in itertools.pairwise(cuts):
            total = total + self._piece(left, right)
            if total.is_nan():
                break
        return total

    def _end(self, node: Node) -> _End:
        return _End(node, evaluate(node, self.point, self.bits))

    # --- where the integrand may bend, jump or blow up ----------------------------------------------------------------

    def _breaks(self, first: _End | None, last: _End | None) -> list[_End]:
        found: list[_End] = []
        for arg in dict.fromkeys(edges(self.body)):
            place = self._zero_of(arg)
            if place is None or len(found) >= _MAX_BREAKS:
                continue
            inside = (first is None or place.ball > first.ball) and (last is None or place.ball < last.ball)
            if inside and not any(place.ball.overlaps(other.ball) for other in found):
                found.append(place)
        return sorted(found, key=lambda end: float(end.ball.mid()))

    def _zero_of(self, arg: Node) -> _End | None:
        """The zero of a formula that is linear in the variable."""
        terms = polynomial(arg, X, self.point, self.bits)
        if terms is None or not set(terms.terms) <= {Fraction(0), Fraction(1)}:
            return None
        slope = terms.terms.get(Fraction(1), fmpq(0))
        if isinstance(slope, fmpq) and slope != 0:
            constant = terms.terms.get(Fraction(0), fmpq(0))
            if isinstance(constant, fmpq):
                root = -constant / slope
                return self._end(Num(Fraction(int(root.p), int(root.q))))
            return self._end(Mul((Num(Fraction(-int(slope.q), int(slope.p))), substitute(arg, {X: ZERO}))))
        return None

    # --- one piece ----------------------------------------------------------------------------------------------------

    def _piece(self, left: _End | None, right: _End | None) -> arb:
        if left is None:
            mirrored = tidied(substitute(self.body, {X: Mul((MINUS_ONE, Sym(X)))}))
            assert right is not None
            other = _Quadrature(mirrored, self.point, self.goal)
            return other._piece(_End(Mul((MINUS_ONE, right.node)), -right.ball), None)
        if right is None:
            return self._to_infinity(left)
        if not self._is_singular(left) and not self._is_singular(right):
            return self._plain(self.body, left.ball, right.ball)
        width = right.ball - left.ball
        at = _simple_between(left.ball + width / 3, right.ball - width / 3)
        middle = self._end(Num(at))
        total = arb(0)
        for end, sign in ((left, 1), (right, -1)):
            if self._is_singular(end):
                total = total + self._at_singular_end(end, middle, sign)
            elif sign > 0:
                total = total + self._plain(self.body, end.ball, middle.ball)
            else:
                total = total + self._plain(self.body, middle.ball, end.ball)
        return total

    def _is_singular(self, end: _End) -> bool:
        try:
            found = evaluate(substitute(self.body, {X: end.node}), self.point, self.bits)
        except UnsupportedError:
            return False
        return not found.is_finite()

    def _at_singular_end(self, end: _End, middle: _End, sign: int) -> arb:
        """``x = end + sign/s`` for ``s`` from ``1/|middle - end|`` to infinity."""
        step = Pow(Sym(X), MINUS_ONE)
        moved = Mul((num(sign), step)) if end.node == ZERO else Add((end.node, Mul((num(sign), step))))
        changed = tidied(Mul((substitute(self.body, {X: moved}), Pow(Sym(X), num(-2)))))
        return _Quadrature(changed, self.point, self.goal)._tail_from(1 / abs(middle.ball - end.ball), False)

    def _to_infinity(self, left: _End) -> arb:
        if self._is_singular(left):
            at = _simple_between(left.ball + 1, left.ball + 2)
            middle = self._end(Num(at))
            return self._at_singular_end(left, middle, 1) + self._tail_from(middle.ball, True)
        return self._tail_from(left.ball, True)

    def _tail_from(self, start: arb, plain: bool) -> arb:
        """From ``start`` to infinity: up to a ``T`` by quadrature, the rest by its power bound."""
        best: tuple[arb, arb, int] | None = None
        for exponent in _STARTS:
            far = arb(2) ** exponent
            if not far > start:
                continue
            bound = HalfLine(X, far, self.point).upper(self.body)
            if bound is None or not bound.power < -1:
                if exponent >= 64:
                    break
                continue
            rest = (bound.at_start * far / (-bound.power - 1)).upper()
            if best is None or rest < best[0]:
                best = (rest, far, exponent)
            if rest <= self.tolerance:
                break
        if best is None or not best[0] < arb(2) ** -_USEFUL:
            return arb.nan()
        rest, far, exponent = best
        cut = start
        total = arb(0)
        if plain and (exponent <= _DIRECT or start < 16):
            cut = far if exponent <= _DIRECT else arb(16)
            total = self._plain(self.body, start, cut)
        if exponent > _DIRECT or not plain:
            total = total + self._logarithmic(cut, far)
        return total + arb(0).union(rest).union(-rest)

    def _logarithmic(self, start: arb, far: arb) -> arb:
        """``x = exp(t)``, in pieces that grow, for integrands that decay like powers."""
        log, end = start.log(), far.log()
        total, step = arb(0), arb(4)
        while log < end:
            following = log + step
            following = following if following < end else end
            total = total + self._plain(self.body, log, following, exponential=True)
            log, step = following, step * 2
        return total

    def _plain(self, body: Node, start: arb, end: arb, exponential: bool = False) -> arb:
        analytic = compile_analytic(body, X, self.point, self.bits)
        inside = (start.lower(), end.upper())
        function = _by_exponential(analytic) if exponential else analytic

        def integrand(z: acb, _: bool) -> acb:
            self.evaluations += 1
            if self.evaluations > _ALL_EVALUATIONS or self.without_value > _MAX_WITHOUT_VALUE:
                return acb(arb.nan(), arb.nan())
            found = function(z)
            if found.is_finite() or not z.imag.is_zero():
                return found
            found = self._on_the_line(body, z.real, inside, exponential)
            self.without_value += not found.is_finite()
            return found

        found = acb.integral(
            integrand, acb(start), acb(end),
            abs_tol=self.tolerance / 8, rel_tol=arb(2) ** -(self.goal + 4), eval_limit=_EVALUATIONS,
        )
        return found.real if found.is_finite() and found.imag.contains(0) else arb.nan()

    def _on_the_line(self, body: Node, x: arb, inside: tuple[arb, arb], exponential: bool) -> acb:
        """Values on a real interval, kinks and jumps allowed."""
        low, high = inside[0].max(x.lower()), inside[1].min(x.upper())
        if exponential:
            low, high = low.exp().lower(), high.exp().upper()
        box = {name: from_ball(to_ball(item)) for name, item in self.point.items()}
        try:
            found = enclose(body, {**box, X: Interval(low, high)}, self.bits)
        except UnsupportedError:
            return acb(arb.nan(), arb.nan())
        if found.empty or found.partial or not found.bounded:
            return acb(arb.nan(), arb.nan())
        ball = found.lo.union(found.hi)
        return acb(ball * arb(low).union(high)) if exponential else acb(ball)


def _by_exponential(analytic: Analytic) -> Analytic:
    def changed(t: acb) -> acb:
        x = t.exp()
        return analytic(x) * x if abs(t.imag) < 3 else acb(arb.nan(), arb.nan())

    return changed


def _is_minus_infinity(node: Node) -> bool:
    return node in _MINUS_INFINITY


def _simple_between(low: arb, high: arb) -> Fraction:
    """A rational between two balls."""
    middle = ((low + high) / 2).mid()
    number: fmpq = middle.fmpq()
    exact = Fraction(int(number.p), int(number.q))
    for size in (1, 8, 1024, 2**20):
        simple = exact.limit_denominator(size)
        ball = to_ball(fmpq(simple.numerator, simple.denominator))
        if ball > low and ball < high:
            return simple
    return exact
