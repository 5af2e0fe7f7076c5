"""Where a symbol lives: an interval with open or closed exact ends, integrality, listed values, a shape.

A ``where:`` relation that is a plain bound of one symbol is folded into its interval; any other relation stays a
relation between symbols, because a box cannot say it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from checker.expr.node import And, Node, Num, Rel, RelOp, Sym


@dataclass(frozen=True, slots=True)
class Domain:
    """The declared domain of one symbol.

    ``lo`` and ``hi`` are exact; ``None`` means minus or plus infinity.  ``shape`` is ``()`` for a scalar and
    otherwise one size per axis (an expression, so that ``[n, d]`` may wait for ``for:`` or for the data).
    ``rows`` is ``unit``, ``simplex`` or ``orthonormal``.
    """

    lo: Fraction | None = None
    hi: Fraction | None = None
    lo_open: bool = False
    hi_open: bool = False
    integer: bool = False
    values: tuple[Fraction, ...] | None = None
    shape: tuple[Node, ...] = ()
    rows: str | None = None
    psd: bool = False


REAL = Domain()
POSITIVE = Domain(lo=Fraction(0), lo_open=True)
NONNEGATIVE = Domain(lo=Fraction(0))
NEGATIVE = Domain(hi=Fraction(0), hi_open=True)
INTEGER = Domain(integer=True)
NATURAL = Domain(lo=Fraction(1), integer=True)
PROBABILITY = Domain(lo=Fraction(0), hi=Fraction(1))

WORDS: Mapping[str, Domain] = {
    "real": REAL,
    "positive": POSITIVE,
    "nonnegative": NONNEGATIVE,
    "negative": NEGATIVE,
    "integer": INTEGER,
}
"""The domains that a claim file names."""

_MIRROR: Mapping[RelOp, RelOp] = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}


def intersect(first: Domain, second: Domain) -> Domain:
    """Points of both; ``shape``, ``rows`` and ``psd`` are taken from ``first`` where it has them."""
    lo, lo_open = _tighter((first.lo, first.lo_open), (second.lo, second.lo_open), 1)
    hi, hi_open = _tighter((first.hi, first.hi_open), (second.hi, second.hi_open), -1)
    values = first.values
    if second.values is not None:
        values = second.values if values is None else tuple(v for v in values if v in second.values)
    return Domain(
        lo,
        hi,
        lo_open,
        hi_open,
        first.integer or second.integer,
        values,
        first.shape or second.shape,
        first.rows or second.rows,
        first.psd or second.psd,
    )


def _tighter(
    a: tuple[Fraction | None, bool], b: tuple[Fraction | None, bool], sign: int
) -> tuple[Fraction | None, bool]:
    if a[0] is None or b[0] is None:
        return b if a[0] is None else a
    if a[0] == b[0]:
        return a[0], a[1] or b[1]
    return a if (a[0] - b[0]) * sign > 0 else b


def contains(domain: Domain, value: Fraction) -> bool:
    """Whether the exact number lies in the domain of a scalar (or of one entry)."""
    if domain.lo is not None and (value < domain.lo or (domain.lo_open and value == domain.lo)):
        return False
    if domain.hi is not None and (value > domain.hi or (domain.hi_open and value == domain.hi)):
        return False
    if domain.integer and value.denominator != 1:
        return False
    return domain.values is None or value in domain.values


def is_empty(domain: Domain) -> bool:
    """Whether no number lies in the domain of a scalar (or of one entry)."""
    if domain.values is not None:
        return not any(contains(replace(domain, values=None), value) for value in domain.values)
    if domain.lo is None or domain.hi is None:
        return False
    if domain.integer:
        least = math.floor(domain.lo) + 1 if domain.lo_open else math.ceil(domain.lo)
        largest = math.ceil(domain.hi) - 1 if domain.hi_open else math.floor(domain.hi)
        return least > largest
    return domain.lo > domain.hi or (domain.lo == domain.hi and (domain.lo_open or domain.hi_open))


def restrict(domain: Domain, name: str, relation: Node) -> Domain | None:
    """``domain`` of the symbol ``name`` narrowed by a bound such as ``n >= 1`` or ``-1 <= x and x < 1/2``.

    ``None`` where the relation is not a conjunction of bounds of ``name`` by exact numbers.
    """
    if isinstance(relation, And):
        narrowed: Domain | None = domain
        for part in relation.args:
            narrowed = None if narrowed is None else restrict(narrowed, name, part)
        return narrowed
    if not isinstance(relation, Rel):
        return None
    op, left, right = relation.op, relation.left, relation.right
    if left != Sym(name):
        op, left, right = _MIRROR[op], right, left
    if left != Sym(name) or not isinstance(right, Num) or op == "!=":
        return None
    value = right.value
    if op == "==":
        return intersect(domain, Domain(lo=value, hi=value))
    if op in (">", ">="):
        return intersect(domain, Domain(lo=value, lo_open=op == ">"))
    return intersect(domain, Domain(hi=value, hi_open=op == "<"))
