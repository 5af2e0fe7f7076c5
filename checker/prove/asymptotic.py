"""Asymptotic expansions of formulas as t -> oo with symbolic parameters, and the limits that follow from them.

The one idea to know: terms come from rules, never from fitting.  Whatever cannot be decided for *every* value of the
parameters (the sign of a coefficient, a cancellation deeper than the expansion) raises ``OpenError``; nothing is
ever guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from checker.expr.derive import diff, total
from checker.expr.errors import UnsupportedError
from checker.expr.functions import FUNCTIONS, JUMPS, KINKS
from checker.expr.node import (
    ONE,
    Add,
    And,
    Const,
    Fn,
    Mul,
    Node,
    Not,
    Or,
    Piecewise,
    Pow,
    Rel,
    Sym,
    Truth,
    num,
    sub,
    substitute,
    symbols_of,
)
from checker.prove.coefficients import Coefficients, OpenError
from checker.prove.expansion_rules import AT_INFINITY, AT_MINUS_INFINITY, BOUNDED, REWRITES
from checker.prove.expansions import Arithmetic, Expansion
from checker.prove.monomials import UNIT, VARIABLE

T = "\x00t"
"""The name of the variable that tends to plus infinity; no claim can declare it."""

_SIGNS = {"<": (-1,), "<=": (-1, 0), ">": (1,), ">=": (0, 1), "==": (0,), "!=": (-1, 1)}


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
    expansion = expand(
        body, coefficients, depths, lambda series: series.rest is None or _order_known(series, coefficients)
    )
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


class Algebra(Arithmetic):
    """Expansions of trees in the symbol ``T``."""

    def __init__(self, coefficients: Coefficients, depth: int) -> None:
        super().__init__(coefficients, depth)
        self.memo: dict[Node, Expansion] = {}

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
                return all(self.eventually(arg) for arg in args)
            case Or(args):
                return any(self.eventually(arg) for arg in args)
            case Not(arg):
                return not self.eventually(arg)
            case Rel(op, left, right):
                sign = self.eventual_sign(sub(left, right))
                return sign in _SIGNS[op]
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
        if series.size is not None and self.order(series.size) > 0:
            _, _, sign = self.lead(series)
            if name in BOUNDED:
                return Expansion((), UNIT)
            rules = AT_INFINITY if sign > 0 else AT_MINUS_INFINITY
            if name not in rules:
                raise OpenError(f"no expansion of {name} at infinity")
            form, rest = rules[name](arg)
            if rest is None:
                return self.visit(form)
            return self.add(self.visit(form), Expansion((), self.visit(rest).size))
        centre = total(*(coefficient for coefficient, mono in series.terms if self.order(mono) == 0))
        small = Expansion(tuple(term for term in series.terms if self.order(term[1]) < 0), series.rest)
        return self.taylor(self._derivatives(name, self.field.simplify(centre)), small)

    def _derivatives(self, name: str, centre: Node) -> list[Node]:
        row = FUNCTIONS[name]
        if row.derivative is None or name in JUMPS | KINKS:
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
            if sign and condition.op != "==" and sign in _SIGNS[condition.op]:
                return
        raise OpenError("a function is expanded at the edge of its domain")
