"""Antiderivatives: proposed by an ansatz or by SymPy, believed only when the normal form shows ``F' = f``.

The one idea to know: nothing that proposes ``F`` is trusted; what counts is that the derivative of our own tree is the
integrand, and that ``F`` is defined (hence continuous, being made of continuous functions) on the whole open range.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from checker.execute.worker import Completed, Limits, run
from checker.expr.build import times
from checker.expr.defined import conditions
from checker.expr.derive import diff
from checker.expr.domain import Domain
from checker.expr.errors import UnsupportedError
from checker.expr.functions import HALF, PI, fn
from checker.expr.node import (
    MINUS_ONE,
    ONE,
    ZERO,
    Add,
    Binder,
    Const,
    Fn,
    Mul,
    Node,
    Num,
    Piecewise,
    Pow,
    Sym,
    add,
    div,
    mul,
    neg,
    num,
    sub,
    symbols_of,
    walk,
)
from checker.expr.rational import is_zero

_SYMPY = Limits(seconds=2.0)
_MAX_TERMS = 60
_MAX_DEGREE = 16
_JUMPS = frozenset({"floor", "sign", "abs", "max", "min", "relu"})

Coefficients = dict[int, Node]


def antiderivative(
    f: Node, name: str, domains: Mapping[str, Domain], given: Sequence[Node]
) -> tuple[Node, str] | None:
    """``(F, who proposed it)`` with ``dF/dname = f`` wherever ``f`` is defined on the domains under ``given``; else ``None``.

    ``given`` holds the open range of ``name``; ``F`` is defined on all of it.
    """
    for proposal, source in _proposals(f, name, domains):
        if certified(proposal, f, name, domains, given):
            return proposal, source
    return None


def certified(proposal: Node, f: Node, name: str, domains: Mapping[str, Domain], given: Sequence[Node]) -> bool:
    """Whether ``proposal`` is an antiderivative of ``f`` on the whole range."""
    from checker.prove.relation import settled

    if any(isinstance(part, Piecewise | Binder) or (isinstance(part, Fn) and part.name in _JUMPS) for part in walk(proposal)):
        return False
    try:
        if is_zero(sub(diff(proposal, name), f), domains) is not True:
            return False
    except UnsupportedError:
        return False
    return all(settled(condition, domains, given) for condition in conditions(proposal, domains))


def _proposals(f: Node, name: str, domains: Mapping[str, Domain]) -> Iterator[tuple[Node, str]]:
    own = by_ansatz(f, name)
    if own is not None:
        yield own, "ansatz"
    answer = run(integrate_with_sympy, f, name, dict(domains), limits=_SYMPY)
    match answer:
        case Completed(Node() as found):
            yield found, "SymPy"


def integrate_with_sympy(f: Node, name: str, domains: Mapping[str, Domain]) -> Node | None:
    """Run in a child process: SymPy's indefinite integral as a tree, ``None`` if it has none that the grammar can say."""
    import sympy

    from checker.expr.from_sympy import from_sympy
    from checker.expr.to_sympy import symbol, to_sympy

    found = sympy.integrate(to_sympy(f, domains), symbol(name, domains))
    if found.has(sympy.Integral):
        return None
    try:
        return from_sympy(found)
    except UnsupportedError:
        return None


# --- the ansatz: (polynomial in x) * exp(quadratic in x), powers of x ---------------------------------------------------


def by_ansatz(f: Node, name: str) -> Node | None:
    """An antiderivative of a sum of ``c*x**k*exp(q(x))`` with ``q`` of degree at most 2; ``None`` for another shape."""
    groups: dict[tuple[tuple[int, Node], ...], Coefficients] = {}
    powers: list[Node] = []
    terms = expanded(f, name)
    if terms is None:
        return None
    for factors in terms:
        found = _shape(factors, name)
        if found is None:
            return None
        coefficient, order, exponent = found
        if not exponent:
            powers.append(_power_rule(coefficient, order, name))
            continue
        if not isinstance(order, Num) or order.value.denominator != 1 or not 0 <= order.value <= _MAX_DEGREE:
            return None
        group = groups.setdefault(tuple(sorted(exponent.items(), key=lambda item: item[0])), {})
        degree = int(order.value)
        group[degree] = add(group[degree], coefficient) if degree in group else coefficient
    parts = [_exponential_rule(dict(key), group, name) for key, group in groups.items()]
    if any(part is None for part in parts):
        return None
    return add(*powers, *(part for part in parts if part is not None))


def expanded(f: Node, name: str) -> list[list[Node]] | None:
    """``f`` multiplied out to a sum of lists of factors; ``None`` if there are too many."""
    if name not in symbols_of(f):
        return [[f]]
    match f:
        case Add(args):
            found: list[list[Node]] = []
            for arg in args:
                part = expanded(arg, name)
                if part is None or len(found) + len(part) > _MAX_TERMS:
                    return None
                found += part
            return found
        case Mul(args):
            product: list[list[Node]] = [[]]
            for arg in args:
                part = expanded(arg, name)
                if part is None or len(part) * len(product) > _MAX_TERMS:
                    return None
                product = [[*left, *right] for left in product for right in part]
            return product
        case Pow(Add() as base, Num(exponent)) if exponent.denominator == 1 and 1 < exponent <= 6:
            return expanded(Mul((base,) * int(exponent)), name)
        case Pow(Mul(args), Num(exponent) as order) if exponent.denominator == 1:
            return expanded(Mul(tuple(Pow(arg, order) for arg in args)), name)
        case Pow(Pow(base, Num(inner)), Num(outer)) if inner.denominator == outer.denominator == 1:
            return expanded(Pow(base, Num(inner * outer)), name)
    return [[f]]


def _shape(factors: Sequence[Node], name: str) -> tuple[Node, Node, Coefficients] | None:
    """``(c, k, q)`` of a product ``c*x**k*exp(q(x))``."""
    coefficient: list[Node] = []
    orders: list[Node] = []
    exponent: Coefficients = {}
    for factor in factors:
        if name not in symbols_of(factor):
            coefficient.append(factor)
            continue
        match factor:
            case Sym():
                orders.append(ONE)
            case Pow(Sym(), order) if name not in symbols_of(order):
                orders.append(order)
            case Pow(Const("E"), inside) | Fn("exp", (inside,)):
                if not _gather(exponent, inside, ONE, name):
                    return None
            case Pow(Fn("exp", (inside,)), order) if name not in symbols_of(order):
                if not _gather(exponent, inside, order, name):
                    return None
            case Pow(base, inside) if name not in symbols_of(base):
                if not _gather(exponent, inside, fn("log", base), name):
                    return None
            case _:
                return None
    kept = {power: part for power, part in exponent.items() if power and part != ZERO}
    if 0 in exponent:
        coefficient.append(fn("exp", exponent[0]))
    numbers = all(isinstance(order, Num) for order in orders)
    order = Num(sum((o.value for o in orders if isinstance(o, Num)), Fraction(0))) if numbers else add(*orders)
    return mul(*coefficient), order, kept


def _gather(exponent: Coefficients, inside: Node, factor: Node, name: str) -> bool:
    found = coefficients(inside, name)
    if found is None or max(found, default=0) > 2:
        return False
    for power, part in found.items():
        scaled = part if factor == ONE else times((factor, part))
        exponent[power] = add(exponent[power], scaled) if power in exponent else scaled
    return True


def coefficients(node: Node, name: str) -> Coefficients | None:
    """A polynomial in ``name`` as its coefficients; ``None`` for another shape."""
    terms = expanded(node, name)
    if terms is None:
        return None
    found: Coefficients = {}
    for factors in terms:
        degree = 0
        rest: list[Node] = []
        for factor in factors:
            if name not in symbols_of(factor):
                rest.append(factor)
            elif isinstance(factor, Sym):
                degree += 1
            elif (
                isinstance(factor, Pow)
                and isinstance(factor.base, Sym)
                and isinstance(factor.exponent, Num)
                and factor.exponent.value.denominator == 1
                and factor.exponent.value >= 0
            ):
                degree += int(factor.exponent.value)
            else:
                return None
        part = times(rest)
        found[degree] = add(found[degree], part) if degree in found else part
    return {power: part for power, part in found.items() if is_zero(part) is not True}


def _power_rule(coefficient: Node, order: Node, name: str) -> Node:
    if order == MINUS_ONE:
        return mul(coefficient, fn("log", Sym(name)))
    above = Num(order.value + 1) if isinstance(order, Num) else add(order, ONE)
    return mul(coefficient, Pow(Sym(name), above), Pow(above, MINUS_ONE))


def _exponential_rule(exponent: Coefficients, group: Coefficients, name: str) -> Node | None:
    """``R(x)*exp(q(x)) + c*erf(...)`` with the coefficients of ``R`` found from the top."""
    x = Sym(name)
    linear, square = exponent.get(1, ZERO), exponent.get(2)
    top = max(group)
    polynomial = {k: group.get(k, ZERO) for k in range(top + 1)}
    found: Coefficients = {}
    rest: Node = ZERO
    if square is None:
        for k in range(top, -1, -1):
            found[k] = div(sub(polynomial[k], mul(num(k + 1), found.get(k + 1, ZERO))), linear)
    else:
        for k in range(top, 0, -1):
            known = sub(
                polynomial[k], add(mul(linear, found.get(k, ZERO)), mul(num(k + 1), found.get(k + 1, ZERO)))
            )
            found[k - 1] = div(known, mul(num(2), square))
        rest = sub(polynomial[0], add(mul(linear, found.get(0, ZERO)), found.get(1, ZERO)))
    exponential = fn("exp", add(*(mul(part, Pow(x, num(k))) if k > 1 else mul(part, x) for k, part in exponent.items())))
    result: list[Node] = [mul(part, Pow(x, num(k)) if k else ONE, exponential) for k, part in found.items()]
    if square is not None and is_zero(rest) is not True:
        width = Pow(neg(square), HALF)
        peak = fn("exp", neg(div(Pow(linear, num(2)), mul(num(4), square)))) if linear != ZERO else ONE
        centred = add(x, div(linear, mul(num(2), square))) if linear != ZERO else x
        half_bell = div(mul(Pow(PI, HALF), peak), mul(num(2), width))
        result.append(mul(rest, half_bell, fn("erf", mul(width, centred))))
    return add(*result)
