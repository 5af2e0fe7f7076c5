"""Asymptotic expansions as t -> oo with symbolic parameters: leading terms by rules, never by fitting.

The one idea to know: a monomial is the exponential of a sum of simpler monomials that grow, so any two can be compared
by looking at their logarithms.  An expansion is a finite sum of coefficients times monomials plus, where it was
truncated, ``O(monomial)``.  Whatever cannot be decided for *every* value of the parameters (the sign of a
coefficient, a cancellation deeper than the expansion) raises ``OpenError``; nothing is ever guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cmp_to_key
from math import factorial
from typing import TypeAlias

from checker.expr.derive import diff, times, total
from checker.expr.errors import UnsupportedError
from checker.expr.functions import FUNCTIONS, fn
from checker.expr.node import (
    MINUS_ONE,
    ONE,
    ZERO,
    And,
    Add,
    Const,
    Fn,
    Mul,
    Node,
    Not,
    Num,
    Or,
    Piecewise,
    Pow,
    Rel,
    Sym,
    Truth,
    add,
    div,
    mul,
    neg,
    num,
    sub,
    substitute,
    symbols_of,
)
from checker.prove.coefficients import Coefficients, OpenError

T = "\x00t"
"""The name of the variable that tends to plus infinity; no claim can declare it."""

MAX_TERMS = 40

Gen: TypeAlias = "int | Exp"
Mono: TypeAlias = "tuple[tuple[Gen, Node], ...]"


@dataclass(frozen=True, slots=True)
class Exp:
    """The exponential of a growing monomial; the generator ``k`` (an integer) is the k-fold logarithm of t."""

    of: Mono


UNIT: Mono = ()
VARIABLE: Mono = ((0, ONE),)


@dataclass(frozen=True, slots=True)
class Expansion:
    """``sum coefficient*monomial + O(rest)``, largest first; exact when ``rest`` is None.

    A coefficient may vanish for some parameters; where that matters its sign is asked for.
    """

    terms: tuple[tuple[Node, Mono], ...]
    rest: Mono | None = None


@dataclass(frozen=True, slots=True)
class LimitValue:
    """The limit: a formula in the parameters, or infinite with the sign ``infinite``."""

    value: Node | None
    infinite: int = 0


def limit_at_infinity(body: Node, coefficients: Coefficients, depths: Iterable[int] = (1, 3, 6)) -> LimitValue:
    """The limit of ``body`` (in the symbol ``T``) as T -> oo, the same formula for all parameters of the domain.

    ``depths`` are the numbers of correction terms tried in turn.  Raises ``OpenError`` where no rule decides, and
    ``UnsupportedError`` for what the coefficient field cannot express.
    """
    expansion = expand(body, coefficients, depths, lambda series: series.rest is None or _order_known(series, coefficients))
    algebra = Algebra(coefficients, 1)
    value: list[Node] = []
    for coefficient, mono in expansion.terms:
        order = algebra.order(mono)
        if order > 0:
            sign = coefficients.sign(coefficient)
            if sign:
                return LimitValue(None, sign)
        elif order == 0:
            value.append(coefficient)
    return LimitValue(coefficients.simplify(total(*value)))


def _order_known(series: Expansion, coefficients: Coefficients) -> bool:
    assert series.rest is not None
    algebra = Algebra(coefficients, 1)
    if algebra.order(series.rest) < 0:
        return True
    lead = series.terms[0][1] if series.terms else None
    return lead is not None and algebra.order(lead) > 0 and bool(coefficients.sign(series.terms[0][0]))


def expand(
    body: Node, coefficients: Coefficients, depths: Iterable[int], enough: Callable[[Expansion], bool]
) -> Expansion:
    """The expansion of ``body`` with the first depth whose result is ``enough``; OpenError if none is."""
    reason = "the terms cancel to every order tried"
    for depth in depths:
        try:
            series = Algebra(coefficients, depth).visit(body)
        except OpenError as error:
            reason = str(error)
            continue
        if enough(series):
            return series
    raise OpenError(reason)


class Algebra:
    """Arithmetic of expansions, each series of a function cut after ``depth`` corrections."""

    def __init__(self, coefficients: Coefficients, depth: int) -> None:
        self.field = coefficients
        self.depth = depth
        self.memo: dict[Node, Expansion] = {}

    # ---- monomials

    def product(self, *monos: Mono, powers: tuple[Node, ...] | None = None) -> Mono:
        """Product of monomials, each to its power."""
        exponents: dict[Gen, Node] = {}
        for index, mono in enumerate(monos):
            for gen, exponent in mono:
                raised = times(exponent, powers[index]) if powers else exponent
                exponents[gen] = total(exponents.get(gen, ZERO), raised)
        simple = ((gen, self.field.simplify(exponent)) for gen, exponent in exponents.items())
        return tuple((gen, exponent) for gen, exponent in simple if exponent != ZERO)

    def ratio(self, above: Mono, below: Mono) -> Mono:
        return self.product(above, below, powers=(ONE, MINUS_ONE))

    def order(self, mono: Mono) -> int:
        """1 if the monomial tends to infinity, -1 if to zero, 0 if it is constant."""
        if all(isinstance(gen, int) for gen, _ in mono):
            for _, exponent in sorted(mono, key=lambda factor: factor[0]):  # type: ignore[arg-type,return-value]
                sign = self.field.sign(exponent)
                if sign:
                    return sign
            return 0
        logs = self.collect([(exponent, self.log_of(gen)) for gen, exponent in mono])
        return next((sign for coefficient, _ in logs if (sign := self.field.sign(coefficient))), 0)

    @staticmethod
    def log_of(gen: Gen) -> Mono:
        return gen.of if isinstance(gen, Exp) else ((gen + 1, ONE),)

    def compare(self, one: Mono, other: Mono) -> int:
        """1 if ``one`` grows faster, -1 if slower, 0 if they are the same."""
        return 0 if one == other else self.order(self.ratio(one, other))

    def collect(self, terms: list[tuple[Node, Mono]]) -> tuple[tuple[Node, Mono], ...]:
        """Terms sorted from the largest, equal monomials added up, zeros dropped."""
        ranked = sorted(terms, key=cmp_to_key(lambda one, other: -self.compare(one[1], other[1])))
        merged: list[tuple[Node, Mono]] = []
        for coefficient, mono in ranked:
            if merged and self.compare(merged[-1][1], mono) == 0:
                merged[-1] = (total(merged[-1][0], coefficient), merged[-1][1])
            else:
                merged.append((coefficient, mono))
        simple = ((self.field.simplify(coefficient), mono) for coefficient, mono in merged)
        return tuple((coefficient, mono) for coefficient, mono in simple if coefficient != ZERO)

    # ---- expansions

    def make(self, terms: list[tuple[Node, Mono]], rests: Iterable[Mono | None]) -> Expansion:
        """Normal form: the largest rest absorbs every term that is not larger."""
        rest: Mono | None = None
        for other in rests:
            if other is not None and (rest is None or self.compare(other, rest) > 0):
                rest = other
        ranked = self.collect(terms)
        if rest is not None:
            ranked = tuple(term for term in ranked if self.compare(term[1], rest) > 0)
        if len(ranked) > MAX_TERMS:
            return Expansion(ranked[:MAX_TERMS], ranked[MAX_TERMS][1])
        return Expansion(ranked, rest)

    def constant(self, coefficient: Node) -> Expansion:
        simple = self.field.simplify(coefficient)
        return Expansion(() if simple == ZERO else ((simple, UNIT),))

    def add(self, *parts: Expansion) -> Expansion:
        return self.make([term for part in parts for term in part.terms], [part.rest for part in parts])

    def scale(self, series: Expansion, coefficient: Node, mono: Mono = UNIT) -> Expansion:
        """``series`` times one exact term."""
        terms = [(times(coefficient, each), self.product(mono, other)) for each, other in series.terms]
        return self.make(terms, [None if series.rest is None else self.product(mono, series.rest)])

    def multiply(self, one: Expansion, other: Expansion) -> Expansion:
        terms = [(times(a, b), self.product(m, n)) for a, m in one.terms for b, n in other.terms]
        rests: list[Mono | None] = []
        for rest, partner in ((one.rest, other), (other.rest, one)):
            size = partner.terms[0][1] if partner.terms else partner.rest
            if rest is not None and size is not None:
                rests.append(self.product(rest, size))
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
        size = small.terms[0][1] if small.terms else small.rest
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
        coefficient, mono, sign = self.lead(series)
        if sign < 0:
            raise OpenError("the logarithm of a negative quantity")
        small = self.relative(series, coefficient, mono)
        derivatives: list[Node] = [ZERO]
        derivatives += [num((-1) ** (k + 1) * factorial(k - 1)) for k in range(1, self.depth + 1)]
        parts = [Expansion(((exponent, self.log_of(gen)),)) for gen, exponent in mono]
        return self.add(self.constant(fn("log", coefficient)), *parts, self.taylor(derivatives, small))

    # ---- the tree

    def visit(self, node: Node) -> Expansion:
        """The expansion of a formula in ``T``."""
        if node not in self.memo:
            self.memo[node] = self._visit(node)
        return self.memo[node]

    def _visit(self, node: Node) -> Expansion:
        if T not in symbols_of(node):
            return self.constant(node)
        match node:
            case Sym():
                return Expansion(((ONE, VARIABLE),))
            case Add(args):
                return self.add(*(self.visit(arg) for arg in args))
            case Mul(args):
                result = self.constant(ONE)
                for arg in args:
                    result = self.multiply(result, self.visit(arg))
                return result
            case Pow(Const("E"), exponent):
                return self.exp(self.visit(exponent))
            case Pow(base, exponent) if T not in symbols_of(exponent):
                return self.power(self.visit(base), self.field.simplify(exponent))
            case Pow(base, exponent):
                return self.exp(self.multiply(self.visit(exponent), self.log(self.visit(base))))
            case Piecewise(cases, otherwise):
                for condition, value in cases:
                    if self.eventually(condition):
                        return self.visit(value)
                return self.visit(otherwise)
            case Fn(name, args):
                return self._function(name, args)
        raise OpenError(f"no expansion of {type(node).__name__}")

    def eventual_sign(self, node: Node) -> int:
        """The sign of a formula for all large t."""
        series = self.visit(node)
        return 0 if not series.terms and series.rest is None else self.lead(series)[2]

    def eventually(self, condition: Node) -> bool:
        """Whether a condition holds for all large t (if not, it fails for all large t)."""
        match condition:
            case Truth(known):
                return known
            case And(args):
                return all([self.eventually(arg) for arg in args])
            case Or(args):
                return any([self.eventually(arg) for arg in args])
            case Not(arg):
                return not self.eventually(arg)
            case Rel(op, left, right):
                sign = self.eventual_sign(sub(left, right))
                return {"<": sign < 0, "<=": sign <= 0, ">": sign > 0, ">=": sign >= 0, "==": sign == 0, "!=": sign != 0}[op]
        raise OpenError(f"a condition of kind {type(condition).__name__}")

    def _function(self, name: str, args: tuple[Node, ...]) -> Expansion:
        if name == "exp":
            return self.exp(self.visit(args[0]))
        if name == "log":
            return self.log(self.visit(args[0]))
        if name in ("abs", "sign"):
            sign = self.eventual_sign(args[0])
            return self.constant(num(sign)) if name == "sign" else self.scale(self.visit(args[0]), num(sign))
        if name in ("max", "min") and len(args) > 1:
            best = args[0]
            for other in args[1:]:
                sign = self.eventual_sign(sub(other, best))
                best = other if (sign > 0) == (name == "max") and sign else best
            return self.visit(best)
        if name in REWRITES:
            return self.visit(REWRITES[name](args))
        if len(args) != 1 or name not in FUNCTIONS:
            raise OpenError(f"no expansion of {name}")
        return self._smooth(name, args[0])

    def _smooth(self, name: str, arg: Node) -> Expansion:
        series = self.visit(arg)
        size = series.terms[0][1] if series.terms else series.rest
        if size is not None and self.order(size) > 0:
            coefficient, _, sign = self.lead(series)
            if name in BOUNDED:
                return Expansion((), UNIT)
            rules = AT_INFINITY if sign > 0 else AT_MINUS_INFINITY
            if name not in rules:
                raise OpenError(f"no expansion of {name} at infinity")
            form, rest = rules[name](arg)
            if rest is None:
                return self.visit(form)
            order = self.visit(rest)
            return self.add(self.visit(form), Expansion((), order.terms[0][1] if order.terms else order.rest))
        centre = total(*(coefficient for coefficient, mono in series.terms if self.order(mono) == 0))
        small = Expansion(tuple(term for term in series.terms if self.order(term[1]) < 0), series.rest)
        return self.taylor(self._derivatives(name, self.field.simplify(centre)), small)

    def _derivatives(self, name: str, centre: Node) -> list[Node]:
        row = FUNCTIONS[name]
        if row.derivative is None or name in ("floor",):
            raise OpenError(f"{name} has no Taylor series")
        for condition in row.defined((centre,)) if row.defined else ():
            self._require_inside(condition)
        formula: Node = Fn(name, (Sym(T),))
        values = []
        for _ in range(self.depth + 1):
            values.append(self.field.simplify(substitute(formula, {T: centre})))
            formula = diff(formula, T)
        return values

    def _require_inside(self, condition: Node) -> None:
        """The point lies in the interior of where the function is defined."""
        if isinstance(condition, Or):
            for part in condition.args:
                try:
                    return self._require_inside(part)
                except (OpenError, UnsupportedError):
                    continue
        elif isinstance(condition, Rel):
            sign = self.field.sign(sub(condition.left, condition.right))
            if sign and {"<": sign < 0, "<=": sign < 0, ">": sign > 0, ">=": sign > 0, "!=": True}.get(condition.op, False):
                return
        raise OpenError("a function is expanded at the edge of its domain")


def _bare(number: Fraction | int) -> Node:
    return Num(Fraction(number))


def _exp_sum(sign: int) -> Callable[[tuple[Node, ...]], Node]:
    return lambda a: mul(_bare(Fraction(1, 2)), add(fn("exp", a[0]), mul(num(sign), fn("exp", neg(a[0])))))


# Exact identities that hold for every real argument of the function.
REWRITES: Mapping[str, Callable[[tuple[Node, ...]], Node]] = {
    **{
        name: expansion
        for name in ("sigmoid", "softplus", "relu", "log1p", "expm1", "hypot", "factorial", "binomial", "normcdf")
        if (expansion := FUNCTIONS[name].expansion) is not None
    },
    "sinh": _exp_sum(-1),
    "cosh": _exp_sum(1),
    "tanh": lambda a: sub(ONE, div(num(2), add(fn("exp", mul(num(2), a[0])), ONE))),
    "atanh": lambda a: mul(_bare(Fraction(1, 2)), sub(fn("log", add(ONE, a[0])), fn("log", sub(ONE, a[0])))),
}

BOUNDED = frozenset({"sin", "cos"})

Rule: TypeAlias = Callable[[Node], tuple[Node, Node | None]]


def _powers(u: Node, rows: Iterable[tuple[Fraction | int, int]]) -> Node:
    return add(*(mul(_bare(coefficient), Pow(u, num(-exponent))) for coefficient, exponent in rows))


def _erfc(u: Node) -> tuple[Node, Node | None]:
    bell = mul(fn("exp", neg(Pow(u, num(2)))), Pow(Const("pi"), _bare(Fraction(-1, 2))))
    return mul(bell, _powers(u, [(1, 1), (Fraction(-1, 2), 3), (Fraction(3, 4), 5)])), mul(bell, Pow(u, num(-7)))


def _one_minus_erfc(u: Node) -> tuple[Node, Node | None]:
    form, rest = _erfc(u)
    return sub(ONE, form), rest


def _loggamma(u: Node) -> tuple[Node, Node | None]:
    half = _bare(Fraction(1, 2))
    stirling = add(
        mul(sub(u, half), fn("log", u)),
        neg(u),
        mul(half, fn("log", mul(num(2), Const("pi")))),
        _powers(u, [(Fraction(1, 12), 1), (Fraction(-1, 360), 3)]),
    )
    return stirling, Pow(u, num(-5))


def _digamma(u: Node) -> tuple[Node, Node | None]:
    rows = [(Fraction(-1, 2), 1), (Fraction(-1, 12), 2), (Fraction(1, 120), 4)]
    return add(fn("log", u), _powers(u, rows)), Pow(u, num(-6))


def _lambertw(u: Node) -> tuple[Node, Node | None]:
    inner = fn("log", u)
    return sub(inner, fn("log", inner)), div(fn("log", inner), inner)


def _arcus(u: Node, sign: int) -> tuple[Node, Node | None]:
    quarter = mul(_bare(Fraction(sign, 2)), Const("pi"))
    return sub(quarter, fn("atan", Pow(u, MINUS_ONE))), None


def _area(u: Node, sign: int, shift: int) -> tuple[Node, Node | None]:
    root = Pow(add(Pow(u, num(2)), num(shift)), _bare(Fraction(1, 2)))
    return mul(num(sign), fn("log", add(mul(num(sign), u), root))), None


# What a function is at a large argument: a formula, and the size of what it leaves out (None: nothing).
# Stirling, digamma, erfc and LambertW: Abramowitz and Stegun 6.1.41, 6.3.18, 7.1.23; Corless et al. (1996), (4.18).
AT_INFINITY: Mapping[str, Rule] = {
    "erf": _one_minus_erfc,
    "erfc": _erfc,
    "loggamma": _loggamma,
    "gamma": lambda u: (fn("exp", fn("loggamma", u)), None),
    "digamma": _digamma,
    "LambertW": _lambertw,
    "atan": lambda u: _arcus(u, 1),
    "asinh": lambda u: _area(u, 1, 1),
    "acosh": lambda u: _area(u, 1, -1),
}


def _mirrored(rule: Rule, shift: int) -> Rule:
    """``f(u) = shift - f(-u)`` as u -> -oo."""

    def rule_at_minus_infinity(u: Node) -> tuple[Node, Node | None]:
        form, rest = rule(neg(u))
        return sub(num(shift), form), rest

    return rule_at_minus_infinity


AT_MINUS_INFINITY: Mapping[str, Rule] = {
    "erf": _mirrored(_one_minus_erfc, 0),
    "erfc": _mirrored(_erfc, 2),
    "atan": lambda u: _arcus(u, -1),
    "asinh": lambda u: _area(u, -1, 1),
}
