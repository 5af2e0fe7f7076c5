"""The order of a remainder, from both sides, with parameters; one order too many is refuted."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import pytest

from checker.expr.domain import POSITIVE, REAL, Domain
from checker.expr.namespace import Namespace
from checker.expr.node import Node
from checker.expr.parse import parse
from checker.prove.obligation import Obligation, Series
from checker.prove.outcome import Outcome, Status
from checker.prove.registry import prove

DOMAINS: Mapping[str, Domain] = {
    "x": REAL,
    "u": POSITIVE,
    "a": POSITIVE,
    "b": REAL,
    "rho": Domain(Fraction(-1), Fraction(1)),
}


def read(text: str) -> Node:
    return parse(text, Namespace(symbols=DOMAINS, definitions={}))


def series(of: str, equals: str, order: int, symbol: str = "x", about: str = "0") -> Outcome:
    return prove(Obligation(Series(read(of), symbol, read(about), read(equals), order), DOMAINS))


@pytest.mark.parametrize(
    ("of", "equals", "order"),
    [
        ("exp(x)", "1 + x + x**2/2", 3),
        ("cos(x)", "1 - x**2/2", 4),
        ("log(1 + a*x)", "a*x - a**2*x**2/2", 3),
        ("softplus(x)", "log(2) + x/2 + x**2/8", 4),
        ("tanh(x)", "x - x**3/3", 5),
        ("sqrt(1 + x) - sqrt(1 - x)", "x", 3),
        ("1/(1 + exp(-x))", "1/2 + x/4", 3),
        ("sin(a*x)/x", "a", 2),
        ("gamma(1 + x)", "1 - EulerGamma*x", 2),
    ],
)
def test_orders(of: str, equals: str, order: int) -> None:
    assert series(of, equals, order).status is Status.PROVED
    assert series(of, equals, order + 1).status is Status.REFUTED


def test_a_wrong_coefficient_is_refuted_at_a_witness() -> None:
    outcome = series("exp(b*x)", "1 + b*x + x**2/2", 3)
    assert outcome.status is Status.REFUTED
    assert Fraction(outcome.witness["b"]) ** 2 != 1


def test_about_another_point() -> None:
    assert series("log(x)", "(x - 1) - (x - 1)**2/2", 3, about="1").status is Status.PROVED
    assert series("log(x)", "(x - 1) + (x - 1)**2/2", 3, about="1").status is Status.REFUTED
    assert series("exp(x)", "exp(b)*(1 + x - b)", 2, about="b").status is Status.PROVED


def test_only_the_sides_that_the_domain_has() -> None:
    """sqrt(u) exists for u > 0 only; at the right end of [-1, 1] the arc cosine comes from the left only."""
    assert series("sqrt(u + u**2)", "sqrt(u)", 1, symbol="u").status is Status.PROVED
    assert series("sqrt(u + u**2)", "sqrt(u)", 2, symbol="u").status is Status.REFUTED
    assert series("sqrt(x)", "0", 0).status is not Status.PROVED


def test_a_kink_has_no_second_order() -> None:
    assert series("abs(x)", "0", 1).status is Status.PROVED
    assert series("abs(x)", "x", 2).status is Status.REFUTED  # true from the right only


def test_infinity_is_unsupported() -> None:
    assert series("1/x", "0", 1, about="oo").status is Status.UNSUPPORTED
