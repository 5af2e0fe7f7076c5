"""Arithmetic of asymptotic expansions: finitely many terms plus, where one was cut, ``O(monomial)``.

The one idea to know: every operation keeps the largest remainder and drops the terms it swallows, so what is left is
true as it stands; a leading coefficient that is not certainly non-zero raises ``OpenError``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from math import factorial

from checker.expr.derive import times, total
from checker.expr.functions import fn
from checker.expr.node import MINUS_ONE, ONE, ZERO, Node, Num, Pow, num
from checker.prove.coefficients import Coefficients, OpenError
from checker.prove.monomials import UNIT, Exp, Gen, Mono, Scale, log_of

_MAX_TERMS = 40


@dataclass(frozen=True, slots=True)
class Expansion:
    """``sum coefficient*monomial + O(rest)``, largest first; exact when ``rest`` is None.

    A coefficient may vanish for some parameters; where that matters its sign is asked for.
    """

    terms: tuple[tuple[Node, Mono], ...]
    rest: Mono | None = None

    @property
    def size(self) -> Mono | None:
        """A monomial that bounds the whole; None for exact zero."""
        return self.terms[0][1] if self.terms else self.rest


class Arithmetic(Scale):
    """Sums, products, powers, exponentials and logarithms; each Taylor series is cut after ``depth`` corrections."""

    def __init__(self, coefficients: Coefficients, depth: int) -> None:
        super().__init__(coefficients)
        self.depth = depth

    def make(self, terms: list[tuple[Node, Mono]], rests: Iterable[Mono | None]) -> Expansion:
        """Normal form: the largest rest absorbs every term that is not larger."""
        rest: Mono | None = None
        for other in rests:
            if other is not None and (rest is None or self.compare(other, rest) > 0):
                rest = other
        ranked = self.collect(terms)
        if rest is not None:
            ranked = tuple(term for term in ranked if self.compare(term[1], rest) > 0)
        if len(ranked) > _MAX_TERMS:
            return Expansion(ranked[:_MAX_TERMS], ranked[_MAX_TERMS][1])
        return Expansion(ranked, rest)

    def constant(self, coefficient: Node) -> Expansion:
        """A quantity without t."""
        simple = self.field.simplify(coefficient)
        return Expansion(() if simple == ZERO else ((simple, UNIT),))

    def add(self, *parts: Expansion) -> Expansion:
        """The sum."""
        return self.make([term for part in parts for term in part.terms], [part.rest for part in parts])

    def scale(self, series: Expansion, coefficient: Node, mono: Mono = UNIT) -> Expansion:
        """``series`` times one exact term."""
        terms = [(times(coefficient, each), self.product(mono, other)) for each, other in series.terms]
        return self.make(terms, [None if series.rest is None else self.product(mono, series.rest)])

    def multiply(self, one: Expansion, other: Expansion) -> Expansion:
        """The product."""
        terms = [(times(a, b), self.product(m, n)) for a, m in one.terms for b, n in other.terms]
        rests: list[Mono | None] = []
        for rest, partner in ((one.rest, other), (other.rest, one)):
            if rest is not None and partner.size is not None:
                rests.append(self.product(rest, partner.size))
        return self.make(terms, rests)

    def lead(self, series: Expansion) -> tuple[Node, Mono, int]:
        """Leading term with the certain, non-zero sign of its coefficient."""
        if not series.terms:
            raise OpenError("a quantity vanishes to every order that was expanded")
        coefficient, mono = series.terms[0]
        sign = self.field.sign(coefficient)
        if sign == 0:
            raise OpenError("a leading coefficient vanishes")
        return coefficient, mono, sign

    def relative(self, series: Expansion, coefficient: Node, mono: Mono) -> Expansion:
        """``series/(coefficient*mono) - 1`` where that is the leading term; it vanishes as t -> oo."""
        tail = Expansion(series.terms[1:], series.rest)
        inverse = self.product(mono, powers=(MINUS_ONE,))
        return self.scale(tail, Pow(coefficient, MINUS_ONE), inverse)

    def taylor(self, derivatives: list[Node], small: Expansion) -> Expansion:
        """``sum derivatives[k]*small**k/k!`` up to ``depth``, and the rest; ``small`` vanishes as t -> oo."""
        size = small.size
        if size is None:
            return self.constant(derivatives[0])
        if self.order(size) >= 0:
            raise OpenError("the argument of a function does not settle")
        parts = [self.constant(derivatives[0])]
        power = self.constant(ONE)
        for k in range(1, self.depth + 1):
            power = self.multiply(power, small)
            parts.append(self.scale(power, times(derivatives[k], Num(Fraction(1, factorial(k))))))
        rest = self.product(size, powers=(num(self.depth + 1),))
        return self.add(*parts, Expansion((), rest))

    def power(self, series: Expansion, exponent: Node) -> Expansion:
        """``series**exponent`` for an exponent without t."""
        whole = isinstance(exponent, Num) and exponent.value.denominator == 1
        if isinstance(exponent, Num) and whole and 0 <= exponent.value <= 4:
            result = self.constant(ONE)
            for _ in range(int(exponent.value)):
                result = self.multiply(result, series)
            return result
        if not series.terms and series.rest is None:
            if self.field.sign(exponent) > 0:
                return Expansion(())
            raise OpenError("a power of zero")
        coefficient, mono, sign = self.lead(series)
        if sign < 0 and not whole:
            raise OpenError("a fractional power of a negative quantity")
        small = self.relative(series, coefficient, mono)
        derivatives: list[Node] = [ONE]
        for k in range(self.depth):
            derivatives.append(times(derivatives[-1], total(exponent, num(-k))))
        return self.scale(
            self.taylor([self.field.simplify(each) for each in derivatives], small),
            Pow(coefficient, exponent),
            self.product(mono, powers=(exponent,)),
        )

    def exp(self, series: Expansion) -> Expansion:
        """The exponential: growing terms make a monomial, settled ones a coefficient, small ones a Taylor series."""
        growing: list[tuple[Gen, Node]] = []
        settled: list[Node] = []
        small: list[tuple[Node, Mono]] = []
        for coefficient, mono in series.terms:
            order = self.order(mono)
            if order > 0:
                growing.append((self._generator(mono), coefficient))
            elif order == 0:
                settled.append(coefficient)
            else:
                small.append((coefficient, mono))
        if series.rest is not None and self.order(series.rest) >= 0:
            raise OpenError("an exponent is not known up to a vanishing term")
        value = fn("exp", total(*settled)) if settled else ONE
        mono = self.product(*(((gen, coefficient),) for gen, coefficient in growing))
        return self.scale(self.taylor([ONE] * (self.depth + 1), Expansion(tuple(small), series.rest)), value, mono)

    @staticmethod
    def _generator(mono: Mono) -> Gen:
        if len(mono) == 1 and mono[0][1] == ONE:
            gen = mono[0][0]
            if isinstance(gen, int) and gen >= 1:
                return gen - 1
        return Exp(mono)

    def log(self, series: Expansion) -> Expansion:
        """The logarithm of an expansion with a positive leading term."""
        coefficient, mono, sign = self.lead(series)
        if sign < 0:
            raise OpenError("the logarithm of a negative quantity")
        small = self.relative(series, coefficient, mono)
        derivatives: list[Node] = [ZERO]
        derivatives += [num((-1) ** (k + 1) * factorial(k - 1)) for k in range(1, self.depth + 1)]
        parts = [Expansion(((exponent, log_of(gen)),)) for gen, exponent in mono]
        return self.add(self.constant(fn("log", coefficient)), *parts, self.taylor(derivatives, small))
