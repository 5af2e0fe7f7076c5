"""Tight claims and reading helpers shared by the tests of the inequality prover: each touches equality somewhere."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from checker.expr.domain import NONNEGATIVE, POSITIVE, REAL, Domain
from checker.expr.namespace import Namespace
from checker.expr.node import Node
from checker.expr.parse import parse

UNIT = Domain(Fraction(0), Fraction(1))
OPEN_UNIT = Domain(Fraction(0), Fraction(1), lo_open=True, hi_open=True)
SHORT = Domain(Fraction(-3), Fraction(3))


def read(text: str, domains: Mapping[str, Domain]) -> Node:
    return parse(text, Namespace(symbols=dict(domains)))


# (claim, domains, whether equality is attained on the domain: then the strict claim is false)
TIGHT: tuple[tuple[str, Mapping[str, Domain], bool], ...] = (
    ("log(1 + x) <= x", {"x": Domain(Fraction(-1), lo_open=True)}, True),  # at 0
    ("exp(x) >= 1 + x", {"x": REAL}, True),
    ("log(1 + x) >= x - x**2/2", {"x": NONNEGATIVE}, True),
    ("asin(x) <= pi/2*x", {"x": UNIT}, True),  # chord, at 0 and 1
    ("sigmoid(x)*sigmoid(-x) <= 1/4", {"x": REAL}, True),
    ("x*log(x) - x + 1 >= 0", {"x": POSITIVE}, True),  # at 1
    ("cosh(x) <= exp(x**2/2)", {"x": REAL}, True),
    ("abs(sin(x)) <= abs(x)", {"x": SHORT}, True),
    ("cos(x) >= 1 - x**2/2", {"x": SHORT}, True),
    ("tanh(x) <= x", {"x": NONNEGATIVE}, True),
    ("-p*log(p) - (1 - p)*log(1 - p) <= log(2)", {"p": OPEN_UNIT}, True),  # at 1/2
    ("p*log(p/q) + (1 - p)*log((1 - p)/(1 - q)) >= 2*(p - q)**2", {"p": OPEN_UNIT, "q": OPEN_UNIT}, True),  # Pinsker
    ("softplus(x) >= max(x, 0)", {"x": REAL}, False),  # approached at both infinities only
    ("softplus(x) <= log(2) + x/2 + x**2/8", {"x": REAL}, True),
    ("x**2 + y**2 >= 2*x*y", {"x": REAL, "y": REAL}, True),
    ("(x + y)/2 >= sqrt(x*y)", {"x": NONNEGATIVE, "y": NONNEGATIVE}, True),
    ("x**(1/3)*y**(2/3) <= x/3 + 2*y/3", {"x": NONNEGATIVE, "y": NONNEGATIVE}, True),
    ("sqrt(pi/2)*erfc(x/sqrt(2)) >= x/(1 + x**2)*exp(-x**2/2)", {"x": NONNEGATIVE}, False),  # Mills, at oo only
    ("x*exp(-x) <= exp(-1)", {"x": NONNEGATIVE}, True),
    ("tanh(x)**2 <= 1", {"x": REAL}, False),
    ("x + 1/x >= 2", {"x": POSITIVE}, True),
    ("x + 2/x >= 2*sqrt(2)", {"x": POSITIVE}, True),  # at an irrational point
    ("log(exp(x) + exp(y)) <= max(x, y) + log(2)", {"x": REAL, "y": REAL}, True),
)
