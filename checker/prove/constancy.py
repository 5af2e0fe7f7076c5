"""Identities by calculus: a difference whose derivative vanishes on an interval is its value at one point.

The one idea to know: this needs the difference to be defined and continuous on the whole box and differentiable inside
it, which is shown first; ``atan(x) + atan(1/x)`` has slope 0 wherever it is defined, and two values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from flint import fmpq

from checker.expr.derive import diff
from checker.expr.domain import Domain, contains
from checker.expr.errors import UnsupportedError
from checker.expr.node import Node, num, substitute, symbols_of
from checker.expr.rational import is_zero
from checker.expr.text import text
from checker.expr.to_arb import to_ball, value
from checker.prove.forms import smooth
from checker.prove.gaps import surely_defined
from checker.prove.outcome import Evidence

_BITS = 8192  # two constants that are equal to fewer digits are told apart
_MOST_SYMBOLS = 3
_SMALL = Fraction(1, 10**30)


@dataclass(frozen=True, slots=True)
class Constancy:
    """That a difference is zero: ``exact``, or known to be below 1e-30 at the point where it was evaluated."""

    exact: bool
    evidence: Evidence


def zero_by_constancy(difference: Node, box: Mapping[str, Domain]) -> Constancy | None:
    """Whether ``difference`` has derivative zero in every symbol and is zero at one point; ``None`` if not shown.

    A symbol in which the derivative is not seen to vanish ends the search, since a zero would vanish in all of them.
    """
    names = sorted(symbols_of(difference))
    if len(names) > _MOST_SYMBOLS or not smooth(difference) or not surely_defined(difference, dict(box)):
        return None
    rest, left = difference, dict(box)
    point: list[str] = []
    for name in names:
        domain = left.pop(name, None)
        if domain is None or domain.integer or domain.shape or domain.values is not None:
            return None
        try:
            slope = diff(rest, name)
        except UnsupportedError:
            return None
        around = {**left, name: domain}
        if not is_zero(slope, around) or not surely_defined(slope, around, inside=True):
            return None
        for place in _places(domain):
            at = substitute(rest, {name: num(place)})
            exact = _is_zero(at, left)
            if exact is not None:
                where = ", ".join([*point, f"{name} = {text(num(place))}"])
                said = f"yes, and at {where} it is 0" + ("" if exact else " to 1e-30")
                return Constancy(exact, Evidence("derivative", f"is left - right constant in {', '.join(names)}?", said))
        simplest = next(_places(domain), None)
        if simplest is None:
            return None
        rest, point = substitute(rest, {name: num(simplest)}), [*point, f"{name} = {text(num(simplest))}"]
    return None


def _is_zero(rest: Node, box: Mapping[str, Domain]) -> bool | None:
    """True: exactly; False: a constant that is 0 to 1e-30; None: neither."""
    if is_zero(rest, box):
        return True
    if symbols_of(rest):
        return None
    try:
        found = value(rest, {}, _BITS)
    except UnsupportedError:
        return None
    if isinstance(found, fmpq):
        return True if found == 0 else None
    small = to_ball(fmpq(_SMALL.numerator, _SMALL.denominator))
    return False if found.is_finite() and found.contains(0) and abs(found).upper() <= small else None


def _places(domain: Domain) -> Iterator[Fraction]:
    """Simple points of the domain."""
    middle = [] if domain.lo is None or domain.hi is None else [(domain.lo + domain.hi) / 2]
    ends = [end for end in (domain.lo, domain.hi) if end is not None]
    near = [end + step for end in ends for step in (1, -1)]
    for place in dict.fromkeys([Fraction(0), Fraction(1), *middle, *ends, *near]):
        if contains(domain, place):
            yield place
