"""The tree as SymPy sees it, built node by node through constructors, never from text.

The one idea to know: SymPy is told no more about a symbol than ``positive``, ``nonnegative``, ``negative``,
``nonpositive``, ``integer`` and ``real``, and it simplifies while it builds.  So what comes out is a *reading* of the
raw tree, equal to it where the raw tree is defined, and every conclusion drawn from it is checked by another engine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import sympy

from checker.expr.domain import Domain
from checker.expr.errors import UnsupportedError
from checker.expr.functions import FUNCTIONS
from checker.expr.node import (
    Add,
    And,
    Binder,
    Bound,
    Const,
    Fn,
    Limit,
    Mul,
    Node,
    Not,
    Num,
    Or,
    Piecewise,
    Pow,
    Rel,
    Subscript,
    Sym,
    Truth,
    Vec,
    symbols_of,
    walk,
)
from checker.expr.vectors import expand, expand_domains

_READER = "SymPy"
_MAX_POWER_BITS = 100_000
_CONSTANTS: Mapping[str, Any] = {"pi": sympy.pi, "E": sympy.E, "EulerGamma": sympy.EulerGamma, "oo": sympy.oo}
_RELATIONS: Mapping[str, Callable[..., Any]] = {
    "<": sympy.Lt,
    "<=": sympy.Le,
    ">": sympy.Gt,
    ">=": sympy.Ge,
    "==": sympy.Eq,
    "!=": sympy.Ne,
}
_BINDERS: Mapping[str, Callable[..., Any]] = {"Integral": sympy.Integral, "Sum": sympy.Sum, "Product": sympy.Product}
_LIMIT_SIDE = {"+": "+", "-": "-", "both": "+-"}


def assumptions(domain: Domain) -> dict[str, bool]:
    """What SymPy is told about a scalar symbol of this domain."""
    known: dict[str, bool] = {"real": True}
    if domain.integer:
        known["integer"] = True
    lo, hi = domain.lo, domain.hi
    if domain.values:
        lo, hi = min(domain.values), max(domain.values)
        known |= {"integer": True} if all(value.denominator == 1 for value in domain.values) else {}
    if lo is not None and (lo > 0 or (lo == 0 and domain.lo_open)):
        known["positive"] = True
    elif lo is not None and lo == 0:
        known["nonnegative"] = True
    elif hi is not None and (hi < 0 or (hi == 0 and domain.hi_open)):
        known["negative"] = True
    elif hi is not None and hi == 0:
        known["nonpositive"] = True
    return known


def symbol(name: str, domains: Mapping[str, Domain]) -> Any:
    """The SymPy symbol of a scalar; one without a declared domain is real."""
    domain = domains.get(name, Domain())
    if domain.shape:
        raise UnsupportedError(_READER, f"the vector {name} as a scalar")
    return sympy.Symbol(name, **assumptions(domain))


def to_sympy(node: Node, domains: Mapping[str, Domain]) -> Any:
    """The SymPy expression of a scalar formula or relation.

    ``domains`` gives the assumptions of the symbols.  Vectors become their components, ``u[0]``, ``u[1]``, ... (their
    sizes must be known).  Binders and limits come out unevaluated.  Raises ``UnsupportedError`` for what is left of
    vectors and matrices and for what SymPy has no word for.
    """
    if any(domains[name].shape for name in symbols_of(node) if name in domains) or _has_arrays(node):
        node, domains = expand(node, domains), expand_domains(domains)
    try:
        return _Builder(domains).visit(node, ())
    except (TypeError, ValueError, AttributeError, ArithmeticError) as error:  # SymPy evaluates as it builds
        raise UnsupportedError(_READER, f"this formula ({str(error).splitlines()[0][:120]})") from error


def _has_arrays(node: Node) -> bool:
    return any(
        isinstance(part, Vec | Subscript)
        or (isinstance(part, Fn) and _kind(part.name) in ("reduction", "vector", "matrix"))
        for part in walk(node)
    )


def _kind(name: str) -> str:
    return FUNCTIONS[name].kind if name in FUNCTIONS else "unknown"


class _Builder:
    """One walk over a tree; ``bound`` holds the variables of the enclosing binders, innermost last."""

    def __init__(self, domains: Mapping[str, Domain]) -> None:
        self.domains = domains
        self.memo: dict[tuple[Node, tuple[Any, ...]], Any] = {}

    def visit(self, node: Node, bound: tuple[Any, ...]) -> Any:
        key = (node, bound)
        if key not in self.memo:
            self.memo[key] = self._build(node, bound)
        return self.memo[key]

    def _build(self, node: Node, bound: tuple[Any, ...]) -> Any:
        match node:
            case Num(number):
                return sympy.Rational(number.numerator, number.denominator)
            case Const(name) if name in _CONSTANTS:
                return _CONSTANTS[name]
            case Sym(name):
                return symbol(name, self.domains)
            case Bound(depth) if depth < len(bound):
                return bound[-1 - depth]
            case Truth(known):
                return sympy.true if known else sympy.false
            case Add(args):
                return sympy.Add(*(self.visit(arg, bound) for arg in args))
            case Mul(args):
                return sympy.Mul(*(self.visit(arg, bound) for arg in args))
            case Pow(base, exponent):
                return _power(self.visit(base, bound), self.visit(exponent, bound))
            case Fn():
                return self._function(node, bound)
            case Rel(op, left, right):
                sides = self.visit(left, bound), self.visit(right, bound)
                # To decide a relation SymPy would sum and integrate numerically, by code that it writes and runs.
                numbers = not any(side.has(*_BINDERS.values()) for side in sides)
                return _RELATIONS[op](*sides, evaluate=numbers)
            case And(args):
                return sympy.And(*(self.visit(arg, bound) for arg in args))
            case Or(args):
                return sympy.Or(*(self.visit(arg, bound) for arg in args))
            case Not(arg):
                return sympy.Not(self.visit(arg, bound))
            case Piecewise(cases, otherwise):
                pairs = [(self.visit(value, bound), self.visit(condition, bound)) for condition, value in cases]
                return sympy.Piecewise(*pairs, (self.visit(otherwise, bound), True))
            case Binder(kind, body, lo, hi):
                low, high = self.visit(lo, bound), self.visit(hi, bound)
                if kind != "Integral" and any(end.is_Rational and not end.is_Integer for end in (low, high)):
                    raise UnsupportedError(_READER, f"a {kind} between ends that are not integers")
                variable = _variable(len(bound), integer=kind != "Integral", nonnegative=bool(low.is_nonnegative))
                return _BINDERS[kind](self.visit(body, (*bound, variable)), (variable, low, high))
            case Limit(body, point, side):
                target = self.visit(point, bound)
                variable = _variable(len(bound), integer=False, nonnegative=target == sympy.oo)
                return sympy.Limit(self.visit(body, (*bound, variable)), variable, target, _LIMIT_SIDE[side])
            case _:
                raise UnsupportedError(_READER, f"a {type(node).__name__} here")

    def _function(self, node: Fn, bound: tuple[Any, ...]) -> Any:
        row = FUNCTIONS.get(node.name)
        if row is not None and row.sympy is not None:
            return getattr(sympy, row.sympy)(*(self.visit(arg, bound) for arg in node.args))
        if row is None or row.expansion is None or row.kind != "scalar":
            raise UnsupportedError(_READER, node.name)
        return self.visit(row.expansion(node.args), bound)


def _variable(depth: int, *, integer: bool, nonnegative: bool) -> Any:
    """The variable of a binder at this depth; its name cannot clash with one a claim declares.

    An integration variable on [0, oo) is told positive: one point more or less does not change an integral.
    """
    known = {"integer": True} if integer else {}
    if nonnegative:
        known |= {"nonnegative": True} if integer else {"positive": True}
    return sympy.Symbol(f"#{depth}", real=True, **known)


def _power(base: Any, exponent: Any) -> Any:
    """``base**exponent``, refusing numbers that would not fit in memory once SymPy evaluates them."""
    if base.is_Rational and exponent.is_Rational and base not in (0, 1, -1):
        size = max(int(base.p).bit_length(), int(base.q).bit_length())
        if size * abs(Fraction(int(exponent.p), int(exponent.q))) > _MAX_POWER_BITS:
            raise UnsupportedError(_READER, f"a power of {size} bits to the {exponent}")
    return sympy.Pow(base, exponent)
