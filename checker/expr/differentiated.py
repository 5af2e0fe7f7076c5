"""What a formula owes for the derivatives in it: where they exist, collected while the formula is read.

The one idea to know: a condition about free symbols goes to the relation that uses the formula.  One about the variable
of a binder cannot: it is plain on the range of that variable, or about a mere kink that an integral passes over, or it
becomes a condition that is defined nowhere, so that nothing is concluded.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from checker.expr.build import negate
from checker.expr.domain import NEGATIVE, POSITIVE, REAL, Domain
from checker.expr.evident import is_evident
from checker.expr.kinks import UNDEFINED, is_harmless_inside, is_plain
from checker.expr.node import INFINITY, ZERO, BinderKind, Node, Num, Rel, Side, symbols_of


class Owed:
    """The conditions so far, and the domains of the bound variables in them (their names hold a quote)."""

    def __init__(self, symbols: Mapping[str, Domain]) -> None:
        self._symbols = symbols
        self._bound: dict[str, Domain] = {}
        self._conditions: dict[Node, None] = {}

    @property
    def conditions(self) -> tuple[Node, ...]:
        """What the relation has to show, in the order of reading."""
        return tuple(self._conditions)

    def bind(self, name: str, domain: Domain) -> None:
        """From here on ``name`` is a bound variable that takes its values in ``domain``."""
        self._bound[name] = domain

    def add(self, condition: Node) -> None:
        """Note a condition that something differentiated asks for."""
        if is_plain(condition, {**self._symbols, **self._bound}):
            return
        bound = symbols_of(condition) & self._bound.keys()
        if not bound:
            self._conditions[condition] = None
        elif not is_harmless_inside(condition) or any(self._bound[name].integer for name in bound):
            self._conditions[UNDEFINED] = None

    def integrate(self, name: str, since: int) -> None:
        """``name``, a free symbol when the last conditions were noted, is integrated over: mere kinks in it are none."""
        for condition in self.conditions[since:]:
            if name in symbols_of(condition) and is_harmless_inside(condition):
                del self._conditions[condition]


def range_of(kind: BinderKind, lo: Node, hi: Node, symbols: Mapping[str, Domain]) -> Domain:
    """Where the variable of a binder from ``lo`` to ``hi`` lives, as far as plain ends tell."""

    def exact(end: Node) -> Fraction | None:
        return end.value if isinstance(end, Num) else None

    least, greatest = exact(lo), exact(hi)
    if least is not None and greatest is not None and least > greatest and kind == "Integral":
        least, greatest = greatest, least
    elif least is None and greatest in (None, Fraction(0)) and is_evident(Rel(">=", lo, ZERO), symbols):
        least = Fraction(0) if is_evident(Rel(">=", hi, ZERO), symbols) else None
    return Domain(least, greatest, integer=kind != "Integral")


def tending(point: Node, side: Side) -> Domain:
    """Where the variable of a limit lives once it is near its point."""
    if point == INFINITY:
        return POSITIVE
    if not isinstance(point, Num):
        return NEGATIVE if point == negate(INFINITY) else REAL
    if side == "+":
        return Domain(lo=point.value, lo_open=True)
    return Domain(hi=point.value, hi_open=True) if side == "-" else REAL
