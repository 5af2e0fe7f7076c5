"""The tree as z3 terms over the reals: rational arithmetic, roots, Abs, Max, Min, Piecewise, floor, and nothing else.

The one idea to know: z3's division by zero is an unspecified total function, so a quotient is never written; it is a
fresh ``w`` with ``w*b == 1``, which makes "defined" an assumption of the question.  Whoever asks must check
definedness apart from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import z3

from checker.expr.domain import Domain
from checker.expr.errors import UnsupportedError
from checker.expr.functions import FUNCTIONS
from checker.expr.node import (
    Add,
    And,
    Binder,
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
    instantiate,
    num,
)

_MAX_POWER = 40
_MAX_TERMS = 64
_MAX_DIGITS = 300  # larger numbers would have to be rounded, and z3's own printing fails far beyond


@dataclass(slots=True)
class Translator:
    """Translates nodes that share their symbols; ``side`` collects what the fresh variables have to satisfy.

    ``domains`` gives the sort and bounds of each symbol (``bounds()``); ``relaxed`` reads integers (symbols and values
    of ``floor``) as reals: then ``unsat`` counts, and a model has to be checked.
    """

    domains: Mapping[str, Domain]
    relaxed: bool = True
    side: list[Any] = field(default_factory=list)
    memo: dict[Node, Any] = field(default_factory=dict)
    symbols: dict[str, Any] = field(default_factory=dict)
    # A context of its own: what other questions declared before must not change the order of variables, or the answer.
    context: Any = field(default_factory=z3.Context)
    count: int = 0

    def bounds(self) -> list[Any]:
        """The domain of every symbol met so far, strictness included."""
        found: list[Any] = []
        for name, variable in self.symbols.items():
            domain = self.domains.get(name, Domain())
            if domain.lo is not None:
                found.append(variable > self.number(domain.lo) if domain.lo_open else variable >= self.number(domain.lo))
            if domain.hi is not None:
                found.append(variable < self.number(domain.hi) if domain.hi_open else variable <= self.number(domain.hi))
            if domain.values is not None:
                found.append(z3.Or(*[variable == self.number(item) for item in domain.values]))
        return found

    def term(self, node: Node) -> Any:
        """A z3 real term; raises ``UnsupportedError``."""
        if node not in self.memo:
            self.memo[node] = self._term(node)
        return self.memo[node]

    def _term(self, node: Node) -> Any:
        match node:
            case Num(value):
                return self.number(value)
            case Sym(name):
                return self._symbol(name)
            case Add(args):
                return z3.Sum(*[self.term(arg) for arg in args])
            case Mul(args):
                return z3.Product(*[self.term(arg) for arg in args])
            case Pow(base, Num(exponent)):
                return self._power(base, exponent)
            case Fn("abs", (arg,)):
                inner = self.term(arg)
                return z3.If(inner >= 0, inner, -inner)
            case Fn("sign", (arg,)):
                inner = self.term(arg)
                return z3.If(inner > 0, self.number(1), z3.If(inner < 0, self.number(-1), self.number(0)))
            case Fn("floor", (arg,)):
                return self._floor(self.term(arg))
            case Fn("max" | "min" as name, args):
                return self._extreme([self.term(arg) for arg in args], name == "max")
            case Piecewise(cases, otherwise):
                result = self.term(otherwise)
                for condition, branch in reversed(cases):
                    result = z3.If(self.formula(condition), self.term(branch), result)
                return result
            case Binder("Sum" | "Product" as kind, body, Num(lo), Num(hi)) if (
                lo.denominator == hi.denominator == 1 and hi - lo < _MAX_TERMS
            ):
                terms = [self.term(instantiate(body, num(n))) for n in range(int(lo), int(hi) + 1)]
                if not terms:
                    return self.number(0 if kind == "Sum" else 1)
                return z3.Sum(*terms) if kind == "Sum" else z3.Product(*terms)
            case Fn(name, args):
                row = FUNCTIONS.get(name)
                if row is None or row.expansion is None or row.kind != "scalar":
                    raise UnsupportedError("z3", name)
                return self.term(row.expansion(args))
            case Const(name):
                raise UnsupportedError("z3", f"the constant {name}")
            case _:
                raise UnsupportedError("z3", type(node).__name__)

    def _symbol(self, name: str) -> Any:
        if name not in self.symbols:
            domain = self.domains.get(name, Domain())
            whole = domain.integer and not self.relaxed
            self.symbols[name] = z3.ToReal(z3.Int(name, self.context)) if whole else z3.Real(name, self.context)
        return self.symbols[name]

    def fresh(self, prefix: str) -> Any:
        """A new real variable."""
        self.count += 1
        return z3.Real(f"{prefix}!{self.count}", self.context)

    def number(self, value: Fraction | int) -> Any:
        """An exact rational constant; raises ``UnsupportedError`` past 300 digits."""
        exact = Fraction(value)
        if max(abs(exact.numerator), exact.denominator) > 10**_MAX_DIGITS:
            raise UnsupportedError("z3", "a number of more than 300 digits")
        return z3.RatVal(exact.numerator, exact.denominator, self.context)

    def _power(self, base: Node, exponent: Fraction) -> Any:
        if abs(exponent.numerator) > _MAX_POWER or exponent.denominator > _MAX_POWER:
            raise UnsupportedError("z3", f"the power {exponent}")
        if exponent == 0:
            return self.number(1)
        under = self.term(base)
        if exponent.denominator != 1:
            root = self.fresh("root")
            self.side += [root >= 0, _repeated(root, exponent.denominator) == under]
            under = root
        if exponent < 0:
            inverse = self.fresh("inverse")
            self.side.append(inverse * under == 1)
            under = inverse
        return _repeated(under, abs(exponent.numerator))

    def _floor(self, inner: Any) -> Any:
        """The integer in (inner - 1, inner]; relaxed, any real there (then ``unsat`` still proves)."""
        whole = self.fresh("floor")
        if not self.relaxed:
            whole = z3.ToReal(z3.Int(f"floor!{self.count}", self.context))
        self.side += [whole <= inner, inner < whole + 1]
        return whole

    def _extreme(self, terms: list[Any], largest: bool) -> Any:
        result = terms[0]
        for other in terms[1:]:
            result = z3.If(result >= other if largest else result <= other, result, other)
        return result

    def formula(self, node: Node) -> Any:
        """A z3 formula for a relation or condition."""
        match node:
            case Truth(value):
                return z3.BoolVal(value, self.context)
            case And(args):
                return z3.And(*[self.formula(arg) for arg in args])
            case Or(args):
                return z3.Or(*[self.formula(arg) for arg in args])
            case Not(arg):
                return z3.Not(self.formula(arg))
            case Rel(op, left, right):
                a, b = self.term(left), self.term(right)
                table = {"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b, "==": a == b, "!=": a != b}
                return table[op]
            case _:
                raise UnsupportedError("z3", f"{type(node).__name__} as a condition")


def _repeated(term: Any, times: int) -> Any:
    return term if times == 1 else z3.Product(*[term] * times)


def from_model(value: Any, digits: int = 40) -> Fraction | None:
    """A model's value as an exact rational; algebraic numbers are approximated to ``digits`` digits."""
    if z3.is_rational_value(value) or z3.is_int_value(value):
        exact: Fraction = Fraction(value.as_fraction() if z3.is_rational_value(value) else value.as_long())
        return exact
    if z3.is_algebraic_value(value):
        approximate = value.approx(digits)
        return Fraction(approximate.as_fraction())
    return None
