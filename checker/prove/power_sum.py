"""Infinite sums of one power of the index, for all parameters: by the zeta function and its shifted form.

The one idea to know: ``sum over k >= 0 of (k + q)**-m`` is ``(-1)**m*polygamma(m - 1, q)/(m - 1)!`` for ``q > 0`` and whole
``m >= 2`` (DLMF 5.15.1 and 25.11.12), and ``sum over k >= 1 of k**-s`` is ``zeta(s)`` for real ``s > 1``; every term is
positive there, so the sums converge absolutely.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from checker.expr.domain import Domain
from checker.expr.functions import fn
from checker.expr.node import ONE, ZERO, Node, Num, Pow, Rel, Sym, add, div, mul, neg, num, sub, symbols_of
from checker.prove.antiderivative import coefficients


def power_sum(
    factors: Sequence[Node], name: str, lo: int, domains: Mapping[str, Domain], given: Sequence[Node]
) -> Node | None:
    """The sum from ``lo`` on of the product of ``factors``, all but one free of ``name``; ``None`` if it is none of these."""
    with_index = [factor for factor in factors if name in symbols_of(factor)]
    if len(with_index) != 1:
        return None
    base, exponent = _power(with_index[0])
    if base is None or name in symbols_of(exponent):
        return None
    if isinstance(exponent, Num):
        whole = exponent.value.denominator == 1
        value = _shifted(base, -int(exponent.value), name, lo, domains, given) if whole else None
    else:
        value = _zeta(base, neg(exponent), name, lo, domains, given)
    if value is None:
        return None
    return mul(*(factor for factor in factors if name not in symbols_of(factor)), value)


def _power(node: Node) -> tuple[Node | None, Node]:
    """Base and exponent of a power, a power of a power with whole exponents as one."""
    match node:
        case Pow(Pow(base, Num(inner)), Num(outer)) if inner.denominator == outer.denominator == 1:
            return base, Num(inner * outer)
        case Pow(Pow(base, exponent), Num(outer)) if outer == -1:
            return base, neg(exponent)
        case Pow(base, exponent):
            return base, exponent
    return None, ONE


def _shifted(
    base: Node, m: int, name: str, lo: int, domains: Mapping[str, Domain], given: Sequence[Node]
) -> Node | None:
    from checker.prove.relation import settled

    found = coefficients(base, name)
    if found is None or not set(found) <= {0, 1} or 1 not in found or m < 2:
        return None
    slope = found[1]
    start = add(num(lo), div(found.get(0, ZERO), slope))
    if not settled(Rel("!=", slope, ZERO), domains, given) or not settled(Rel(">", start, ZERO), domains, given):
        return None
    weight = num(-1 if m % 2 else 1)
    return mul(weight, Pow(slope, num(-m)), fn("polygamma", num(m - 1), start), Pow(num(math.factorial(m - 1)), num(-1)))


def _zeta(
    base: Node, order: Node, name: str, lo: int, domains: Mapping[str, Domain], given: Sequence[Node]
) -> Node | None:
    from checker.prove.relation import settled

    if base != Sym(name) or lo < 1 or not settled(Rel(">", order, ONE), domains, given):
        return None
    first = add(*(Pow(num(index), neg(order)) for index in range(1, lo))) if lo > 1 else ZERO
    return sub(fn("zeta", order), first)
