"""Power bounds on a half line: ``|f(x)| <= V*(x/T)**p`` for all ``x >= T``, found by rules from the tree.

The one idea to know: one exponent says everything that a tail needs, because ``exp(u)`` grows no faster than
``(x/T)**p`` with ``p`` the supremum of ``x*u'(x)``; for ``exp(-x)`` that is ``-T``.  Bounds of products add their
exponents, bounds of quotients need a lower bound of the denominator, and what has no rule has no bound (``None``).
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from flint import arb

from checker.expr.functions import fn
from checker.expr.growth_rules import (
    DECAYING,
    LIKE_ARGUMENT,
    distributed,
    split_factors,
)
from checker.expr.node import (
    ONE,
    Add,
    Const,
    Fn,
    Mul,
    Node,
    Num,
    Piecewise,
    Pow,
    mul,
    num,
    symbols_of,
)
from checker.expr.ray import BITS, Bound, Ray, largest
from checker.expr.to_arb import to_ball, value

_CONSTANT = arb(0)


class HalfLine(Ray):
    """Bounds of formulas in the symbol ``name`` on ``[start, oo)``, ``start > 0``; other symbols have values."""

    def upper(self, node: Node) -> Bound | None:
        """An upper bound of ``|node|``; ``None`` where the rules give none, or ``node`` is not surely defined."""
        if not self.defined(node):
            return None
        return self._upper(self.resolved(node))

    # --- upper bounds -----------------------------------------------------------------------------------------------

    def _upper(self, node: Node) -> Bound | None:
        if self.name not in symbols_of(node):
            return _finite(Bound(abs(to_ball(value(node, self.point, BITS))).upper(), _CONSTANT))
        terms = self.powers(node)
        if terms is not None:
            return _finite(terms.upper_bound(self.start))
        found = self._upper_by_rule(node)
        return _finite(found) if found is not None else self._bounded(node)

    def _bounded(self, node: Node) -> Bound | None:
        found = self.range_of(node)
        if found is None or not found.bounded:
            return None
        return Bound(largest([abs(found.lo), abs(found.hi)]), _CONSTANT)

    def _upper_by_rule(self, node: Node) -> Bound | None:
        match node:
            case Add(args):
                parts = [self._upper(arg) for arg in args]
                return _sum(parts)
            case Mul():
                return self._product(node)
            case Pow():
                return self._product(node)
            case Fn("exp", _):
                return self._product(node)
            case Piecewise(cases, otherwise):
                return _sum([self._upper(branch) for branch in (*(value_ for _, value_ in cases), otherwise)])
            case Fn("abs", (arg,)):
                return self._upper(arg)
            case Fn("max" | "min", args):
                return _sum([self._upper(arg) for arg in args])
            case Fn(name, (arg,)):
                return self._function(name, arg)
        return None

    def _product(self, node: Node) -> Bound | None:
        """Factors with all their exponentials gathered into one, and distributed over sums where that fails."""
        exponents, factors = self.with_leading(*split_factors(node, Fraction(1)))
        total: Bound | None = self.exponential(exponents, upper=True) if exponents else Bound(arb(1), _CONSTANT)
        for base, order in factors:
            bound = self._upper_power(base, order)
            total = None if bound is None or total is None else total * bound
        if total is not None:
            return total
        spread = distributed(node)
        return None if spread is None else _sum([self._product(term) for term in spread])

    def _upper_power(self, base: Node, order: Node) -> Bound | None:
        if isinstance(order, Num) or self.name not in symbols_of(order):
            exponent = to_ball(value(order, self.point, BITS))
            if exponent == 0:
                return Bound(arb(1), _CONSTANT)
            if exponent > 0:
                return self._raise(self._upper(base), exponent)
            return self._raise(self.lower(base), exponent) if exponent < 0 else None
        if self.name not in symbols_of(base):  # c**u(x)
            return self.exponential([Mul((order, fn("log", base)))], upper=True)
        return None

    @staticmethod
    def _raise(bound: Bound | None, exponent: arb) -> Bound | None:
        return None if bound is None else bound.raised(exponent)

    # --- functions --------------------------------------------------------------------------------------------------

    def _function(self, name: str, arg: Node) -> Bound | None:
        if name in LIKE_ARGUMENT:
            small = self._upper(arg)
            flat = self._bounded(fn(name, arg))
            if small is not None and (flat is None or small.power < 0):
                return small * Bound(arb(LIKE_ARGUMENT[name]), _CONSTANT)
            return flat
        sign = self.sign(arg)
        if name in DECAYING:
            side, tail = DECAYING[name]
            if sign == side:
                return self._upper(tail(arg))
        if name == "softplus" and sign > 0:
            return self._upper(Add((arg, fn("log", num(2)))))
        if name == "log1p":
            return self._log1p(arg, sign)
        if name == "log":
            return self._log(arg)
        if name in ("cosh", "sinh") and sign:
            return self._upper(fn("exp", mul(num(sign), arg)))
        if name == "expm1" and sign > 0:
            return self._upper(fn("exp", arg))
        return None

    def _log1p(self, arg: Node, sign: int) -> Bound | None:
        found = self._upper(arg)
        if found is not None and found.power < 0:
            if sign > 0:
                return found
            inside = self.range_of(arg)
            if inside is not None and inside.lo >= -0.5:
                return found * Bound(arb(2), _CONSTANT)
        return self._log(Add((ONE, arg)))

    def _log(self, arg: Node) -> Bound | None:
        """``|log(u)|``: by parts of a product or of a positive sum, else by ``1 + y <= exp(y)``."""
        match arg:
            case Mul(args) if all(self.sign(part) > 0 for part in args):
                return _sum([self._log(part) for part in args])
            case Pow(Const("E"), exponent) | Fn("exp", (exponent,)):
                return self._upper(exponent)
            case Pow(base, exponent) if self.sign(base) > 0:
                size, factor = self._log(base), self._upper(exponent)
                return None if size is None or factor is None else size * factor
            case Add(args) if self.powers(arg) is None and all(self.sign(part) > 0 for part in args):
                several = Bound(arb(len(args)).log(), _CONSTANT)
                return _sum([several, *(self._log(part) for part in args)])
        if self.name not in symbols_of(arg):
            return self._upper(fn("log", arg))
        high, low = self._upper(arg), self.lower(arg)
        if high is None or low is None:
            return None
        size = largest([abs(high.at_start.log()), abs(low.at_start.log()), arb(1)])
        rate = largest([abs(high.power).upper(), abs(low.power).upper()])
        return Bound(size, (rate / size).upper())

    # --- lower bounds -----------------------------------------------------------------------------------------------

    def lower(self, node: Node) -> Bound | None:
        """A positive lower bound of ``|node|``."""
        found = self._lower_by_rule(node)
        if found is None:
            hull = self.range_of(node)
            if hull is not None and (hull.lo > 0 or hull.hi < 0):
                found = Bound(hull.lo if hull.lo > 0 else -hull.hi, _CONSTANT)
        return found if found is not None and found.at_start > 0 and found.power.is_finite() else None

    def _lower_by_rule(self, node: Node) -> Bound | None:
        if self.name not in symbols_of(node):
            return Bound(abs(to_ball(value(node, self.point, BITS))).lower(), _CONSTANT)
        terms = self.powers(node)
        if terms is not None:
            return terms.lower_bound(self.start)
        match node:
            case Mul() | Pow() | Fn("exp", _):
                exponents, factors = self.with_leading(*split_factors(node, Fraction(1)))
                total = self.exponential(exponents, upper=False) if exponents else Bound(arb(1), _CONSTANT)
                for base, order in factors:
                    bound = self._lower_power(base, order)
                    total = None if bound is None or total is None else total * bound
                return total
            case Add(args):
                return self._lower_sum(args)
            case Fn("abs", (arg,)):
                return self.lower(arg)
            case Fn("cosh", (arg,)):
                grown = self.lower(fn("exp", mul(num(self.sign(arg) or 1), arg)))
                return None if grown is None else grown * Bound(arb(0.5), _CONSTANT)
            case Fn("expm1", (arg,)) if self.sign(arg) > 0:
                inside = self.range_of(arg)
                if inside is not None and inside.lo >= 1:  # exp(u) - 1 >= exp(u)/2
                    grown = self.lower(fn("exp", arg))
                    return None if grown is None else grown * Bound(arb(0.5), _CONSTANT)
                return self.lower(arg)
            case Fn("sinh", (arg,)) if self.sign(arg) > 0:
                return self.lower(arg)
            case Fn("gamma", (arg,)):
                return self._lower_gamma(arg)
        return None

    def _lower_power(self, base: Node, order: Node) -> Bound | None:
        if self.name not in symbols_of(order):
            exponent = to_ball(value(order, self.point, BITS))
            found = self.lower(base) if exponent > 0 else self._upper(base) if exponent < 0 else None
            if found is None or not found.at_start > 0:
                return None
            start = (exponent * found.at_start.log()).exp().lower()
            return Bound(start, _smallest([found.power.lower() * exponent, found.power.upper() * exponent]))
        if self.name not in symbols_of(base):
            return self.exponential([Mul((order, fn("log", base)))], upper=False)
        return None

    def _lower_sum(self, args: Sequence[Node]) -> Bound | None:
        """The fastest growing term, minus the others unless all have its sign."""
        found = [(bound, index) for index, arg in enumerate(args) if (bound := self.lower(arg)) is not None]
        if not found:
            return None
        best, position = max(found, key=lambda item: float(item[0].power.mid()))
        signs = [self.sign(arg) for arg in args]
        left = best.at_start
        for index, arg in enumerate(args):
            if index != position and not (signs[position] and signs[index] == signs[position]):
                other = self._upper(arg)
                if other is None or not other.power <= best.power:
                    return None
                left = left - other.at_start
        return Bound(left.lower(), best.power)

    def _lower_gamma(self, arg: Node) -> Bound | None:
        """``x*digamma(x + c) >= x*(log(x + c) - 1/(x + c))``, which grows from ``x + c >= 2`` on."""
        terms = self.powers(arg)
        if terms is None or not terms.is_shift():
            return None
        u = self.at_start(arg)
        if not u >= 2:
            return None
        return Bound(u.gamma().lower(), (self.start * (u.log() - 1 / u)).lower())


def _sum(parts: Sequence[Bound | None]) -> Bound | None:
    total, powers = arb(0), []
    for part in parts:
        if part is None:
            return None
        total = total + part.at_start
        powers.append(part.power)
    return Bound(total, largest(powers))


def _finite(bound: Bound | None) -> Bound | None:
    good = bound is not None and bound.at_start.is_finite() and bound.power.is_finite()
    return Bound(bound.at_start.upper(), bound.power.upper()) if good and bound is not None else None


def _smallest(balls: Sequence[arb]) -> arb:
    best = balls[0].lower()
    for ball in balls[1:]:
        best = best.min(ball.lower())
    return best

