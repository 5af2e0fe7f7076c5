"""Infinite sums as balls: first terms exactly as written, the rest by a power bound, a ratio, digamma or Euler-Maclaurin.

The one idea to know: a tail is trusted only where a bound holds for *every* real index beyond the cut, so a sum that is not
shown to converge is NaN, never its first ten thousand terms.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache

from flint import acb, arb, fmpq, fmpq_mpoly, fmpq_poly

from checker.expr.derive import diff
from checker.expr.errors import UnsupportedError
from checker.expr.growth import HalfLine
from checker.expr.integrands import X, folded
from checker.expr.interval import Interval
from checker.expr.node import (
    INFINITY,
    MINUS_ONE,
    Binder,
    Fn,
    Mul,
    Node,
    Num,
    Piecewise,
    Pow,
    Sym,
    add,
    div,
    instantiate,
    map_children,
    mul,
    num,
    sub,
    substitute,
    symbols_of,
    walk,
)
from checker.expr.powers import polynomial
from checker.expr.quadrature import integral
from checker.expr.rational import Normal, normal
from checker.expr.rational_series import rational_product, rational_tail
from checker.expr.to_arb import MINUS_INFINITY, Value, evaluate, precision, to_ball, to_fmpq, value

_GOAL = 136
_GUARD = 48
_CUTS = (8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096)
_EULER_CUTS = (64, 512)
_BERNOULLI = (Fraction(1, 6), Fraction(-1, 30), Fraction(1, 42))
_MAX_DEGREE = 24
_ROUGH = frozenset({"abs", "sign", "floor", "max", "min", "relu"})


def series(node: Binder, point: Mapping[str, Value], bits: int) -> arb:
    """The value of an infinite ``Sum`` or ``Product`` whose other symbols are at ``point``.

    NaN where convergence is not shown (absolute, or in pairs of a rational series with alternating signs), or a term may be
    undefined.  Raises ``UnsupportedError`` for limits that
    are not integers, and for terms that balls cannot express.
    """
    return _exact(node, min(bits, _GOAL)) if not point else _valued(node, point, min(bits, _GOAL))


@lru_cache(maxsize=512)
def _exact(node: Binder, goal: int) -> arb:
    return _valued(node, {}, goal)


def _valued(node: Binder, point: Mapping[str, Value], goal: int) -> arb:
    with precision(goal + _GUARD):
        body = folded(instantiate(node.body, Sym(X)))
        if node.kind == "Product":
            exact = _rational_factors(body, node, point, goal)
            return exact if exact is not None else _total(Fn("log", (body,)), node.lo, node.hi, point, goal).exp()
        return _total(body, node.lo, node.hi, point, goal)


def _rational_factors(body: Node, node: Binder, point: Mapping[str, Value], goal: int) -> arb | None:
    """A product of rational factors without poles; a factor 0 is a pole of a Gamma value, and leaves it open."""
    if node.hi != INFINITY or symbols_of(body) - {X}:
        return None
    first = _integer(node.lo, point, goal)
    start = max(first, 8)
    if not HalfLine(X, arb(start), {}).defined(body):
        return None
    try:
        form = normal(body, {X: Interval(arb(start), arb.pos_inf(), False, True)})
    except UnsupportedError:
        return None
    top, bottom = _univariate(form, form.value.num), _univariate(form, form.value.den)
    if not form.is_rational or top is None or bottom is None or bottom.degree() > _MAX_DEGREE:
        return None
    rest = rational_product(top, bottom, start)
    for index in range(first, start):
        rest = None if rest is None else rest * evaluate(body, {X: index}, goal + _GUARD)
    return rest if rest is not None and rest.is_finite() else None


def _total(body: Node, lo: Node, hi: Node, point: Mapping[str, Value], goal: int) -> arb:
    if lo == INFINITY or hi == MINUS_INFINITY:
        raise UnsupportedError("balls", "a sum whose limits are not in order")
    if lo == MINUS_INFINITY:
        turned = substitute(body, {X: Mul((MINUS_ONE, Sym(X)))})
        if hi == INFINITY:
            return _from(turned, 1, point, goal) + _from(body, 0, point, goal)
        return _from(turned, -_integer(hi, point, goal), point, goal)
    return _from(body, _integer(lo, point, goal), point, goal)


def _integer(node: Node, point: Mapping[str, Value], goal: int) -> int:
    found = value(node, point, goal)
    if not isinstance(found, fmpq) or found.q != 1 or abs(found) > 10**9:
        raise UnsupportedError("balls", "an infinite sum that does not start at an integer")
    return int(found.p)


def _from(body: Node, first: int, point: Mapping[str, Value], goal: int) -> arb:
    """The sum of ``body`` over ``X = first, first + 1, ...``."""
    return _Series(body, first, point, goal).value()


class _Series:
    def __init__(self, body: Node, first: int, point: Mapping[str, Value], goal: int) -> None:
        self.body = body
        self.first = first
        self.point = point
        self.goal = goal
        self.size = _moduli(body)  # has the same absolute value at integers, and no powers of negative numbers
        self.partial = arb(0)
        self.next = first

    def value(self) -> arb:
        """The first method that closes the tail."""
        exact = self._by_special_functions()
        exact = self._by_pairs() if exact is None else exact
        if exact is not None:
            return exact
        best: arb | None = None
        ratio = self._ratio()
        for cut in _CUTS:
            cut = max(cut, self.first)
            if not self._advance(cut):
                return arb.nan()
            rest = self._tail(cut, ratio)
            if rest is not None:
                known = self.partial + arb(0).union(rest).union(-rest)
                best = known if best is None or known.rad() < best.rad() else best
                if rest <= arb(2) ** -self.goal or rest <= abs(self.partial).lower() * arb(2) ** -self.goal:
                    return best
        euler = self._by_euler_maclaurin() if best is not None else None
        if euler is not None and best is not None:
            return euler if euler.rad() < best.rad() else best
        return best if best is not None else arb.nan()

    def _advance(self, cut: int) -> bool:
        """Add terms up to ``cut - 1``; False where one of them is undefined."""
        while self.next < cut:
            self.partial = self.partial + self._term(self.next)
            self.next += 1
        return not self.partial.is_nan()

    def _term(self, index: int) -> arb:
        return evaluate(self.body, {**self.point, X: index}, self.goal + _GUARD)

    # --- bounds of the rest -------------------------------------------------------------------------------------------

    def _tail(self, cut: int, ratio: Node | None) -> arb | None:
        """A bound of ``sum |term|`` from ``cut`` on."""
        line = HalfLine(X, arb(cut), self.point)
        bound = line.upper(self.size)
        if bound is not None and bound.power < -1:
            return (bound.at_start * (1 + cut / (-bound.power - 1))).upper()
        if ratio is None or not line.defined(self.size):
            return None
        growth = line.upper(ratio)
        if growth is None or not growth.power <= 0 or not growth.at_start < 1:
            return None
        return (abs(self._term(cut)) / (1 - growth.at_start)).upper()

    def _ratio(self) -> Node | None:
        """``a(n + 1)/a(n)`` in normal form, for terms with Gamma functions."""
        gammas = ("gamma", "factorial", "binomial", "loggamma")
        if not any(isinstance(part, Fn) and part.name in gammas for part in walk(self.size)):
            return None
        following = substitute(self.size, {X: add(Sym(X), num(1))})
        try:
            return normal(div(following, self.size), self._box()).node()
        except UnsupportedError:
            return None

    def _box(self) -> dict[str, Interval]:
        start = arb(max(self.first, 1))
        return {X: Interval(start, arb.pos_inf(), False, True)}

    # --- exact tails --------------------------------------------------------------------------------------------------

    def _by_special_functions(self) -> arb | None:
        """Rational summands by digamma and Hurwitz zeta; ``None`` where the terms are not rational or defined too late."""
        start = max(self.first, 8)
        if symbols_of(self.body) - {X} or not HalfLine(X, arb(start), {}).defined(self.body):
            return None
        try:
            form = normal(self.body, self._box())
        except UnsupportedError:
            return None
        if not form.is_rational:
            return self._by_zeta(start)
        top, bottom = _univariate(form, form.value.num), _univariate(form, form.value.den)
        if top is None or bottom is None or bottom.degree() > _MAX_DEGREE:
            return None
        if top.is_zero():
            return arb(0) if self._advance(start) else arb.nan()
        if bottom.degree() < top.degree() + 2:
            return None
        if not self._advance(start):
            return arb.nan()
        rest = rational_tail(top, bottom, start)
        return self.partial + rest if rest.is_finite() else None

    def _by_pairs(self) -> arb | None:
        """``(-1)**k*g(k)`` with ``g`` rational and tending to 0, two neighbours at a time.

        The partial sums over whole pairs converge absolutely, and the others differ from them by one term, which tends to 0.
        """
        turned = _alternating(self.body)
        if turned is None or symbols_of(self.body) - {X}:
            return None
        g, parity = turned
        start = max(self.first, 8)
        if not HalfLine(X, arb(start), {}).defined(g):
            return None
        try:
            size = normal(g, self._box())
            if not size.is_rational:
                return None
            here, following = (substitute(g, {X: add(num(start + shift), mul(num(2), Sym(X)))}) for shift in (0, 1))
            form = normal(sub(here, following))
        except UnsupportedError:
            return None
        parts = [_univariate(each, part) for each in (size, form) for part in (each.value.num, each.value.den)]
        over, under, top, bottom = parts
        if over is None or under is None or top is None or bottom is None or bottom.degree() > _MAX_DEGREE:
            return None
        if under.degree() < over.degree() + 1 or bottom.degree() < top.degree() + 2:
            return None
        if not self._advance(start):
            return arb.nan()
        rest = arb(0) if top.is_zero() else rational_tail(top, bottom, 0)
        sign = 1 if (start + parity) % 2 == 0 else -1
        return self.partial + sign * rest if rest.is_finite() else None

    def _by_zeta(self, start: int) -> arb | None:
        terms = polynomial(self.body, X, {}, self.goal + _GUARD)
        if terms is None or not terms.terms or max(terms.terms) >= -1:
            return None
        if not self._advance(start):
            return arb.nan()
        rest = arb(0)
        for power, coefficient in terms.terms.items():
            rest = rest + to_ball(coefficient) * acb(to_fmpq(-power)).zeta(acb(start)).real
        return self.partial + rest

    def _by_euler_maclaurin(self) -> arb | None:
        """``sum = integral + f(N)/2 - sum B_2j/(2j)! f^(2j-1)(N)`` with ``f^(2m)`` of one sign beyond ``N``.

        The remainder is at most ``2*|B_2m|/(2m)!*|f^(2m-1)(N)|`` (DLMF 2.10(i)).
        """
        if any(isinstance(part, Piecewise) or (isinstance(part, Fn) and part.name in _ROUGH) for part in walk(self.body)):
            return None
        derivatives = self._derivatives()
        for cut in (max(self.first, start) for start in _EULER_CUTS[::-1]):
            for order in range((len(derivatives) - 1) // 2, 0, -1):
                line = HalfLine(X, arb(cut), self.point)
                if line.defined(self.body) and line.sign(line.resolved(derivatives[2 * order])):
                    return self._euler_maclaurin(derivatives, order, cut)
        return None

    def _derivatives(self) -> list[Node]:
        """The term and its derivatives, as many as are needed or can be formed."""
        found = [self.body]
        try:
            for _ in range(2 * len(_BERNOULLI)):
                found.append(_simple(diff(found[-1], X)))
        except UnsupportedError:
            pass
        return found

    def _euler_maclaurin(self, derivatives: list[Node], order: int, cut: int) -> arb | None:
        bits = self.goal + _GUARD
        here = {**self.point, X: fmpq(cut)}
        head = sum((self._term(index) for index in range(self.first, cut)), arb(0))
        total = head + integral(self.body, num(cut), INFINITY, self.point, bits) + self._term(cut) / 2
        weight, factorial = arb(0), 1
        for j in range(1, order + 1):
            factorial *= (2 * j - 1) * (2 * j)
            weight = arb(to_fmpq(_BERNOULLI[j - 1] / factorial)) * evaluate(derivatives[2 * j - 1], here, bits)
            total = total - weight
        rest = 2 * abs(weight).upper()
        return total + arb(0).union(rest).union(-rest)


def _simple(node: Node) -> Node:
    return normal(node, {X: Interval(arb(1), arb.pos_inf(), False, True)}).node()


def _moduli(node: Node) -> Node:
    """``node`` with ``c**u`` of a negative number ``c`` replaced by ``(-c)**u``, which has the same modulus at integers."""
    match node:
        case Pow(Num(base), exponent) if base < 0 and X in symbols_of(exponent):
            return Pow(Num(-base), exponent)
        case Mul():
            return map_children(node, _moduli)
        case Pow(base, Num()):
            return map_children(node, _moduli)
    return node


def _alternating(node: Node) -> tuple[Node, int] | None:
    """``g`` and ``c`` if ``node`` is ``(-1)**(k + c)*g(k)`` at whole ``k``, with ``c`` a whole number."""
    factors = list(node.args) if isinstance(node, Mul) else [node]
    for index, factor in enumerate(factors):
        if isinstance(factor, Pow) and factor.base == MINUS_ONE and X in symbols_of(factor.exponent):
            rest = factors[:index] + factors[index + 1 :]
            shift = sub(factor.exponent, Sym(X))
            try:
                constant = normal(shift).constant()
            except UnsupportedError:
                return None
            if constant is None or constant.denominator != 1 or any(_changes_sign(each) for each in rest):
                return None
            return mul(*rest), int(constant)
    return None


def _changes_sign(node: Node) -> bool:
    """Whether a power of a negative number is left, which is defined at whole numbers only."""
    return any(isinstance(part, Pow) and X in symbols_of(part.exponent) for part in walk(node))


def _univariate(form: Normal, poly: fmpq_mpoly) -> fmpq_poly | None:
    """A polynomial in the index alone."""
    position = next((i for i, atom in enumerate(form.table.atoms) if atom.node == Sym(X)), None)
    coefficients: dict[int, fmpq] = {}
    for exponents, coefficient in poly.terms():
        if any(int(e) and i != position for i, e in enumerate(exponents)):
            return None
        coefficients[int(exponents[position]) if position is not None else 0] = coefficient
    return fmpq_poly([coefficients.get(k, fmpq(0)) for k in range(max(coefficients, default=0) + 1)])
