"""The tree as z3 terms over the reals: rational arithmetic, roots, Abs, Max, Min, Piecewise, floor, and nothing else.

The one idea to know: z3's division by zero is an unspecified total function, so a quotient is never written; it is a
fresh ``w`` with ``w*b == 1``, which makes "defined" an assumption of the question.  Whoever asks must check
definedness apart from it.  What stands in one branch or alternative is assumed to be defined only where that one is meant.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import z3

from checker.expr.build import contrary
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
    memo: dict[Node, tuple[Any, tuple[Any, ...]]] = field(default_factory=dict)  # the term, and what it needs of ``side``
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
            self.memo[node] = self._apart(self._term, node)
        found, needed = self.memo[node]
        present = set(map(id, self.side))
        self.side += [item for item in needed if id(item) not in present]
        return found

    def _apart(self, translate: Callable[[Node], Any], node: Node) -> tuple[Any, tuple[Any, ...]]:
        """The translation, and what its fresh variables have to satisfy, which is left out of ``side``."""
        outer, self.side = self.side, []
        try:
            return translate(node), tuple(self.side)
        finally:
            self.side = outer

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
                result, needed = self._apart(self.term, otherwise)
                for condition, branch in reversed(cases):
                    result, needed = self._branched(condition, branch, result, needed)
                self.side += needed
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

    def _branched(
        self, condition: Node, branch: Node, rest: Any, needed: tuple[Any, ...]
    ) -> tuple[Any, tuple[Any, ...]]:
        """``branch`` where the condition holds, else ``rest``, and what that needs: of a branch only where it is taken."""
        holds, asked = self._apart(self.formula, condition)
        value, wanted = self._apart(self.term, branch)
        if not asked and not wanted and not needed:
            return z3.If(holds, value, rest), ()
        fails, also = self._apart(self.formula, contrary(condition))
        taken, left = z3.And(holds, *asked), z3.And(fails, *also)
        return z3.If(taken, value, rest), (z3.Or(z3.And(taken, *wanted), z3.And(left, *needed)),)

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
        under = self.term(base)
        if exponent == 0:
            self.side.append(under != 0)
            return self.number(1)
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
                parts = [self._apart(self.formula, arg) for arg in args]  # one that holds need not care for the others
                return z3.Or(*[z3.And(part, *needed) if needed else part for part, needed in parts])
            case Not(Truth() | Rel() | And() | Or() | Not() as arg):
                return self.formula(contrary(arg))
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
