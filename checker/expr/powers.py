"""Sums of rational powers of one symbol with ball coefficients, and their range, bounds and slope on a half line.

The one idea to know: pulled apart by powers, a sum is its leading term times something near 1, so that ``x**2 - 3*x`` on
``[T, oo)`` is not ``oo - oo``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from flint import arb, fmpq

from checker.expr.interval import Interval
from checker.expr.node import Add, Mul, Node, Num, Pow, Sym, symbols_of
from checker.expr.to_arb import Value, to_ball, to_fmpq, value

if TYPE_CHECKING:
    from checker.expr.ray import Bound

_MAX_TERMS = 40
_MAX_POWER = 12


@dataclass(frozen=True, slots=True)
class Polynomial:
    """``sum c_k * x**k`` for ``x > 0``; no coefficient is exactly 0."""

    terms: Mapping[Fraction, Value]

    def plus(self, other: Polynomial) -> Polynomial:
        """Sum."""
        total = dict(self.terms)
        for power, coefficient in other.terms.items():
            total[power] = total[power] + coefficient if power in total else coefficient
        return _kept(total)

    def times(self, other: Polynomial) -> Polynomial:
        """Product."""
        total: dict[Fraction, Value] = {}
        for k, a in self.terms.items():
            for m, b in other.terms.items():
                total[k + m] = total[k + m] + a * b if k + m in total else a * b
        return _kept(total)

    def scaled_slope(self) -> Polynomial:
        """``x`` times the derivative."""
        return _kept({power: coefficient * to_fmpq(power) for power, coefficient in self.terms.items()})

    def is_shift(self) -> bool:
        """Whether it is ``x + c``."""
        return set(self.terms) <= {Fraction(0), Fraction(1)} and self.terms.get(Fraction(1)) == 1

    def _leading(self, start: arb) -> tuple[Fraction, arb]:
        """``(k, S)``: the sum is ``x**k * s(x)`` with values of ``s`` in the ball ``S``."""
        top = max(self.terms)
        total = arb(0)
        for power, coefficient in self.terms.items():
            if power == top:
                total = total + to_ball(coefficient)
            else:
                total = total + to_ball(coefficient) * arb(0).union(_power(start, power - top))
        return top, total

    def range_from(self, start: arb) -> Interval | None:
        """An interval that holds all values for ``x >= start``."""
        if not self.terms:
            return Interval(arb(0), arb(0))
        top, factor = self._leading(start)
        if not factor.is_finite():
            return None
        lo, hi = factor.lower(), factor.upper()
        at_start = _power(start, top)
        if top == 0:
            return Interval(lo, hi)
        if top < 0:  # x**top runs over (0, start**top]
            return Interval(
                (lo * at_start).lower() if lo < 0 else arb(0), (hi * at_start).upper() if hi > 0 else arb(0), lo > 0, hi < 0
            )
        low = (lo * at_start).lower() if lo > 0 else arb(0) if lo == 0 else arb.neg_inf()
        high = (hi * at_start).upper() if hi < 0 else arb(0) if hi == 0 else arb.pos_inf()
        return Interval(low, high, not low.is_finite(), not high.is_finite())

    def upper_bound(self, start: arb) -> Bound:
        """The sum of the moduli of the terms, with the leading power."""
        from checker.expr.ray import Bound

        size = arb(0)
        for power, coefficient in self.terms.items():
            size = size + abs(to_ball(coefficient)) * _power(start, power)
        return Bound(size.upper(), arb(to_fmpq(max(self.terms, default=Fraction(0)))))

    def lower_bound(self, start: arb) -> Bound | None:
        """The leading power with the least value of its factor; ``None`` where that may be 0."""
        from checker.expr.ray import Bound

        if not self.terms:
            return None
        top, factor = self._leading(start)
        least = abs(factor).lower()
        return Bound((least * _power(start, top)).lower(), arb(to_fmpq(top))) if least > 0 else None


def polynomial(node: Node, name: str, point: Mapping[str, Value], bits: int) -> Polynomial | None:
    """``node`` as a sum of rational powers of ``name`` (which is positive), the other symbols at ``point``; else ``None``."""
    if name not in symbols_of(node):
        found = value(node, point, bits)
        if isinstance(found, arb) and not found.is_finite():
            return None
        return _kept({Fraction(0): found})
    match node:
        case Sym():
            return Polynomial({Fraction(1): fmpq(1)})
        case Add(args):
            total = Polynomial({})
            for arg in args:
                part = polynomial(arg, name, point, bits)
                if part is None:
                    return None
                total = total.plus(part)
            return total
        case Mul(args):
            product = Polynomial({Fraction(0): fmpq(1)})
            for arg in args:
                part = polynomial(arg, name, point, bits)
                if part is None or len(part.terms) * len(product.terms) > _MAX_TERMS:
                    return None
                product = product.times(part)
            return product
        case Pow(base, Num(exponent)):
            under = polynomial(base, name, point, bits)
            return None if under is None else _raised(under, exponent)
    return None


def _raised(under: Polynomial, exponent: Fraction) -> Polynomial | None:
    if len(under.terms) == 1:
        ((power, coefficient),) = under.terms.items()
        from checker.expr.ball_functions import power as raise_value

        raised = raise_value(coefficient, to_fmpq(exponent))
        if isinstance(raised, arb) and not raised.is_finite():
            return None
        return _kept({power * exponent: raised})
    if exponent.denominator != 1 or not 0 < exponent <= _MAX_POWER or len(under.terms) ** int(exponent) > 4096:
        return None
    result = under
    for _ in range(int(exponent) - 1):
        result = result.times(under)
        if len(result.terms) > _MAX_TERMS:
            return None
    return result


def _kept(terms: Mapping[Fraction, Value]) -> Polynomial:
    return Polynomial({power: c for power, c in terms.items() if not (isinstance(c, fmpq) and c == 0)})


def _power(start: arb, exponent: Fraction) -> arb:
    return start ** arb(to_fmpq(exponent)) if exponent.denominator != 1 else start ** int(exponent)
