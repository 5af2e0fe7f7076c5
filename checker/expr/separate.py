"""Integrals inside an integral, where the inner one separates: factors that do not see its variable are taken out.

The one idea to know: quadrature knows one variable, so a double integral is evaluated only where it is a sum of products of
single ones, such as the expectation of a polynomial in independent variables.
"""

from __future__ import annotations

from fractions import Fraction

from checker.expr.errors import UnsupportedError
from checker.expr.node import (
    ONE,
    Add,
    Binder,
    Const,
    Fn,
    Mul,
    Node,
    Num,
    Pow,
    Sym,
    add,
    bind,
    instantiate,
    map_children,
    mul,
    symbols_of,
)

_MAX_TERMS = 64
_MAX_POWER = 4
_Split = list[tuple[list[Node], list[Node]]]


def separated(node: Node, outer: str) -> Node:
    """``node`` with no integral in it that depends on the symbol ``outer``.

    Raises ``UnsupportedError`` if one does not separate.
    """
    if isinstance(node, Binder) and node.kind == "Integral" and outer in symbols_of(node):
        if outer in symbols_of(node.lo) | symbols_of(node.hi):
            raise UnsupportedError("balls", "a nested integral whose range depends on the outer variable")
        inner = f"y'{_depth(node)}"
        body = separated(instantiate(node.body, Sym(inner)), outer)
        parts = _split(body, outer, inner)
        if parts is None:
            raise UnsupportedError("balls", "a nested integral that does not separate into single ones")
        return add(*(mul(*out, Binder("Integral", bind(mul(*into), inner), node.lo, node.hi)) for out, into in parts))
    return map_children(node, lambda child: separated(child, outer))


def _depth(node: Node) -> int:
    return 1 + max((_depth(child) for child in node.children()), default=0) if node.children() else 0


def _split(node: Node, outer: str, inner: str) -> _Split | None:
    """``node`` as a sum of (factors without the inner variable) times (factors without the outer one)."""
    used = symbols_of(node)
    if inner not in used:
        return [([node], [])]
    if outer not in used:
        return [([], [node])]
    match node:
        case Add(args):
            found: _Split = []
            for arg in args:
                part = _split(arg, outer, inner)
                if part is None or len(found) + len(part) > _MAX_TERMS:
                    return None
                found += part
            return found
        case Mul(args):
            return _product([_split(arg, outer, inner) for arg in args])
        case Pow(Const("E"), exponent):
            return _exponential(exponent, outer, inner)
        case Fn("exp", (exponent,)):
            return _exponential(exponent, outer, inner)
        case Pow(Mul(args), exponent) if isinstance(exponent, Num) and exponent.value.denominator == 1:
            return _product([_split(Pow(arg, exponent), outer, inner) for arg in args])
        case Pow(base, Num(exponent)) if exponent in [Fraction(n) for n in range(1, _MAX_POWER + 1)]:
            return _product([_split(base, outer, inner)] * int(exponent))
    return None


def _product(parts: list[_Split | None]) -> _Split | None:
    total: _Split = [([], [])]
    for part in parts:
        if part is None or len(total) * len(part) > _MAX_TERMS:
            return None
        total = [(out + other_out, into + other_in) for out, into in total for other_out, other_in in part]
    return total


def _exponential(exponent: Node, outer: str, inner: str) -> _Split | None:
    terms = _split(exponent, outer, inner)
    if terms is None or any(outer in symbols_of(mul(ONE, *out)) and into for out, into in terms):
        return None
    outside = [mul(*out) for out, into in terms if not into]
    inside = [mul(*out, *into) for out, into in terms if into]
    return [([Fn("exp", (add(*outside),))], [Fn("exp", (add(*inside),))])]
