"""Coefficients of expansions: formulas in the parameters, with a zero test and a sign that holds on the whole domain.

The one idea to know: a sign is either certain for every parameter allowed by the domains and hypotheses, or it is an
``OpenError``; there is no "probably".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from checker.expr.domain import Domain
from checker.expr.errors import UnsupportedError
from checker.expr.interval import box_of, enclose
from checker.expr.node import ZERO, Const, Node, Num, Rel, symbols_of, walk
from checker.expr.rational import normal
from checker.prove.obligation import Obligation, Relation
from checker.prove.outcome import Status
from checker.prove.points import narrow

_BITS = (64, 256, 1024)


class OpenError(Exception):
    """The rules do not decide; the text says what stayed open."""


class Coefficients:
    """Formulas over symbols of the given domains, subject to hypotheses."""

    def __init__(self, domains: Mapping[str, Domain], given: Sequence[Node] = ()) -> None:
        self.domains = narrow(domains, given)
        self.given = tuple(given)
        self._box = box_of(self.domains)
        self._simple: dict[Node, Node] = {}
        self._signs: dict[Node, int | None] = {}

    def simplify(self, node: Node) -> Node:
        """The where exact arithmetic gives one, 0 where the normal form shows it, else the formula itself."""
        if isinstance(node, Num):
            return node
        if node not in self._simple:
            self._simple[node] = self._reduce(node)
        return self._simple[node]

    def _reduce(self, node: Node) -> Node:
        if any(isinstance(part, Const) and part.name == "oo" for part in walk(node)):
            raise OpenError("an infinite constant inside a formula")
        try:
            form = normal(node, self._box)
        except UnsupportedError:
            return node
        number = form.constant()
        return form.node() if number is None else Num(number)

    def sign(self, node: Node) -> int:
        """-1, 0 or 1, certain on the whole domain; raises ``OpenError`` otherwise."""
        simple = self.simplify(node)
        if isinstance(simple, Num):
            return (simple.value > 0) - (simple.value < 0)
        if simple not in self._signs:
            self._signs[simple] = self._find_sign(simple)
        sign = self._signs[simple]
        if sign is None:
            raise OpenError("the sign of a coefficient is not the same for all parameters, or not known")
        return sign

    def _find_sign(self, node: Node) -> int | None:
        for bits in _BITS:
            hull = enclose(node, self._box, bits)
            if hull.positive or hull.negative:
                return 1 if hull.positive else -1
            if symbols_of(node):
                return self._ask_the_prover(node)
        return None

    def _ask_the_prover(self, node: Node) -> int | None:
        from checker.prove.registry import dispatch

        for op, sign in ((">", 1), ("<", -1)):
            outcome = dispatch(Obligation(Relation(Rel(op, node, ZERO)), self.domains, self.given))  # type: ignore[arg-type]
            if outcome.status is Status.PROVED:
                return sign
        return None
