"""Integrands before quadrature: where they may bend or blow up, and sums rewritten so that differences cancel exactly.

The one idea to know: near a singular end ``a`` the integrand is evaluated at ``a + 1/s`` with ``s`` up to ``2**1000``, where
``1 - (1 - 1/s)`` in balls is nothing but error; as a tree it is ``1/s``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from flint import fmpq

from checker.expr.build import times
from checker.expr.errors import UnsupportedError
from checker.expr.growth_rules import rewritten
from checker.expr.node import (
    ONE,
    ZERO,
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
    add,
    map_children,
    num,
    sub,
    symbols_of,
    walk,
)
from checker.expr.rational import is_zero
from checker.expr.to_arb import to_fraction, value

X = "x'"
"""The name of the variable of integration or summation; no author can write it."""

_BITS = 128
_MAX_TERMS = 24


def folded(node: Node) -> Node:
    """``node`` with its parts that are exact numbers written as such, so that ``x**(1 - 1)`` has the exponent 0."""
    if isinstance(node, Num | Binder):
        return node
    if not symbols_of(node) and not isinstance(node, Const | Rel | And | Or | Not | Truth):
        try:
            found = value(node, {}, _BITS)
        except UnsupportedError:
            return node
        return Num(to_fraction(found)) if isinstance(found, fmpq) else node
    return map_children(node, folded)


def edges(body: Node) -> Iterator[Node]:
    """Formulas at whose zeros the integrand may be singular or not smooth."""
    for part in walk(body):
        match part:
            case Fn("abs" | "sign" | "relu" | "log", (arg,)):
                yield arg
            case Fn("log1p", (arg,)):
                yield Add((arg, num(1)))
            case Fn("max" | "min", args):
                for index, one in enumerate(args):
                    for other in args[:index]:
                        yield from _inside_abs(sub(one, other))
            case Pow(base, Num(exponent)) if exponent.denominator != 1 or exponent < 0:
                yield base
            case Pow(base, exponent) if not isinstance(exponent, Num):
                yield base
            case Piecewise(cases, _):
                for condition, _value in cases:
                    for inner in walk(condition):
                        if isinstance(inner, Rel):
                            yield sub(inner.left, inner.right)


def _inside_abs(gap: Node) -> Iterator[Node]:
    """``abs(u) - c`` bends where ``u - c`` or ``-u - c`` vanishes."""
    yield gap
    for part in walk(gap):
        if isinstance(part, Fn) and part.name == "abs":
            for sign in (1, -1):
                yield _swap(gap, part, Mul((num(sign), part.args[0])))


def _swap(node: Node, part: Node, by: Node) -> Node:
    return by if node == part else map_children(node, lambda child: _swap(child, part, by))


def tidied(node: Node) -> Node:
    """Sums of powers of the variable multiplied out, so that ``1 - (1 - 1/s)**2`` is ``2/s - 1/s**2``."""
    node = map_children(node, tidied)
    if not isinstance(node, Add) or X not in symbols_of(node):
        return node
    terms = _powers(node)
    if terms is None:
        return rewritten(node)
    kept = {power: parts for power, parts in terms.items() if is_zero(Add((ZERO, *parts))) is not True}
    return rewritten(add(*(_times_power(_number(add(*parts)), power) for power, parts in sorted(kept.items()))))


def _number(node: Node) -> Node:
    if symbols_of(node):
        return node
    found = value(node, {}, _BITS)
    return Num(to_fraction(found)) if isinstance(found, fmpq) else node


def _times_power(coefficient: Node, power: int) -> Node:
    if power == 0:
        return coefficient
    of_variable = Sym(X) if power == 1 else Pow(Sym(X), num(power))
    return of_variable if coefficient == ONE else Mul((coefficient, of_variable))


def _powers(node: Node) -> dict[int, list[Node]] | None:
    """Integer powers of the variable with their coefficients, each a sum of parts; ``None`` for another shape."""
    if X not in symbols_of(node):
        return {0: [node]}
    match node:
        case Sym():
            return {1: [ONE]}
        case Add(args):
            total: dict[int, list[Node]] = {}
            for arg in args:
                found = _powers(arg)
                if found is None:
                    return None
                for power, parts in found.items():
                    total.setdefault(power, []).extend(parts)
            return total
        case Mul(args):
            product: dict[int, list[Node]] = {0: [ONE]}
            for arg in args:
                found = _powers(arg)
                if found is None or len(found) * len(product) > _MAX_TERMS:
                    return None
                product = _multiplied(product, found)
            return product
        case Pow(base, Num(exponent)) if exponent.denominator == 1:
            found = _powers(base)
            if found is None or (len(found) > 1 and not 0 < exponent <= 4):
                return None
            if len(found) == 1:
                ((power, parts),) = found.items()
                return {power * int(exponent): [Pow(add(*parts), Num(exponent))]}
            result = found
            for _ in range(int(exponent) - 1):
                result = _multiplied(result, found)
            return result
    return None


def _multiplied(first: Mapping[int, list[Node]], second: Mapping[int, list[Node]]) -> dict[int, list[Node]]:
    product: dict[int, list[Node]] = {}
    for k, a in first.items():
        for m, b in second.items():
            product.setdefault(k + m, []).append(times((add(*a), add(*b))))
    return product
