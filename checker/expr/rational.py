"""Rational normal form of a formula over its transcendental subterms, and the question "is it identically zero?".

The one idea to know: every rewriting used here is an identity wherever both sides are defined, so a zero normal form
proves that the formula is zero where it is defined; a normal form that is not zero proves nothing unless all its generators
are symbols.  Definedness is somebody else's obligation (``defined.conditions``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from flint import fmpq_mpoly

from checker.expr.canonical import MAX_WORK, Frac, Restart, Table, TooLarge
from checker.expr.domain import Domain
from checker.expr.elementary import Converter
from checker.expr.errors import UnsupportedError
from checker.expr.interval import REALS, Interval, box_of
from checker.expr.node import Node, Rel, Sym, sub, symbols_of
from checker.expr.to_arb import to_fraction

_RESTARTS = 24


@dataclass(frozen=True, slots=True)
class Normal:
    """A formula as ``numerator/denominator`` over the generators of ``table``."""

    table: Table
    value: Frac

    @property
    def is_zero(self) -> bool:
        """Whether the numerator is the zero polynomial."""
        return bool(self.value.num.is_zero())

    @property
    def is_rational(self) -> bool:
        """Whether only symbols occur, so that not identical polynomials are different functions."""
        used = [*self.value.num.degrees(), *self.value.den.degrees()]
        count = len(self.table.atoms)
        room = len(used) // 2
        return all(
            isinstance(self.table.atoms[i].node, Sym) and self.table.atoms[i].kind == "plain"
            for i in range(count)
            if used[i] or used[room + i]
        )

    def node(self) -> Node:
        """The normal form as a tree."""
        return self.table.to_node(self.value)

    def constant(self) -> Fraction | None:
        """The value, if it is a rational number."""
        if self.value.num.is_constant() and self.value.den.is_one():
            return to_fraction(self.value.num.leading_coefficient()) if not self.is_zero else Fraction(0)
        return None

    def factors(self) -> tuple[Fraction, list[tuple[fmpq_mpoly, int]]]:
        """Rational content and irreducible factors with multiplicities (negative in the denominator).

        Raises ``UnsupportedError`` past the size limits of factorisation.
        """
        content, top = self.table.factor(self.value.num)
        below, bottom = self.table.factor(self.value.den)
        return content / below, [*top, *((poly, -times) for poly, times in bottom)]


def normal(node: Node, box: Mapping[str, Interval] | None = None, limit: int = MAX_WORK) -> Normal:
    """The normal form of ``node``.

    Signs known on ``box`` (one interval per symbol, by default the real line) are used; ``limit`` bounds the work,
    counted in terms handled.  Raises ``UnsupportedError`` for what has no value as a real formula, and when the form grows
    too large.
    """
    known = dict.fromkeys(symbols_of(node), REALS)
    table = Table({**known, **(box or {})}, limit=limit)
    for _ in range(_RESTARTS):
        try:
            return Normal(table, table.reduce(Converter(table).visit(node)))
        except Restart:
            table.reset()
    raise TooLarge


def is_zero(node: Node, domains: Mapping[str, Domain] | None = None) -> bool | None:
    """True: ``node`` is zero wherever it is defined on ``domains``.  False: a rational function that is not identically zero.

    ``None``: not known (the form is not zero but its generators may be related, or it cannot be formed).
    """
    try:
        form = normal(node, box_of(domains or {}))
    except UnsupportedError:
        return None
    if form.is_zero:
        return True
    return False if form.is_rational else None


def same(relation: Rel, domains: Mapping[str, Domain] | None = None) -> bool | None:
    """``is_zero`` of the difference of the two sides."""
    return is_zero(sub(relation.left, relation.right), domains)
