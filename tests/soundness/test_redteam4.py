"""What the fourth red team got past the provers written for integrals, families, flows and constancy, beside true ones."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import pytest

from checker.expr.domain import NONNEGATIVE, POSITIVE, REAL, Domain
from checker.expr.namespace import Namespace
from checker.expr.node import Node
from checker.expr.parse import parse
from checker.prove.obligation import Obligation, Ode, Optimum, Relation, Root
from checker.prove.outcome import Status
from checker.prove.registry import prove

ONE_TO_FIVE = Domain(Fraction(1), Fraction(5))
ANY = Domain(Fraction(-5), Fraction(5))


def read(text: str, domains: Mapping[str, Domain]) -> Node:
    return parse(text, Namespace(dict(domains)))


def show(goal: str, **domains: Domain) -> Status:
    return prove(Obligation(Relation(read(goal, domains)), domains)).status


def place(kind: type[Root] | type[Optimum], of: str, inside: tuple[str, str], equals: str | None, **domains: Domain) -> Status:
    ends = read(inside[0], domains), read(inside[1], domains)
    claimed = None if equals is None else read(equals, domains)
    return prove(Obligation(kind(read(of, domains), "x", ends, equals=claimed), domains)).status


@pytest.mark.parametrize(
    ("text", "domains"),
    [
        ("Integral(sign((a**2 - 2)**2*x), (x, 0, 1)) == 1", {"a": REAL}),  # 0 at sqrt(2)
        ("Integral(1 if (a**2 - 2)**2*x <= 0 else 0, (x, 0, 1)) < 1/2", {"a": REAL}),
        ("Integral(0 if (a**2 - 2)**2 == 0 else x, (x, 0, 1)) == 1/2", {"a": REAL}),
        ("Integral(exp(-a*x), (x, oo, oo)) > 0", {"a": POSITIVE}),  # an empty range
        pytest.param(  # diverges at 0
            "Integral(exp(a/x), (x, 1, 0))**2 >= 0 or a < 0", {"a": POSITIVE}, marks=pytest.mark.slow
        ),
        ("sin(a)**2 + cos(a)**2 + exp(-900) == 1", {"a": REAL}),
        ("atan(a) + atan(1/a) + exp(-600) == pi/2", {"a": POSITIVE}),
    ],
)
def test_false_for_some_parameter(text: str, domains: dict[str, Domain]) -> None:
    assert show(text, **domains) is not Status.PROVED


def test_a_gap_that_vanishes_everywhere_refutes_nothing() -> None:
    assert show("Integral(1 if x*0 == 0 else 2, (x, 0, b)) == b", b=POSITIVE) is not Status.REFUTED


def test_strict_signs_still_prove() -> None:
    assert show("Integral(sign(x - a), (x, 0, 1)) == 1 - 2*a", a=Domain(Fraction(0), Fraction(1))) is Status.PROVED
    assert show("Integral(abs(x - a), (x, 0, 1)) == 1/2 - a + a**2", a=Domain(Fraction(0), Fraction(1))) is Status.PROVED


def test_a_zero_at_the_lower_end_counts() -> None:
    for of in ("x*(x - a)", "x**2*(x - a)", "sqrt(x)*(x - a)"):
        assert place(Root, of, ("0", "10"), "a", x=REAL, a=ONE_TO_FIVE) is not Status.PROVED
    assert place(Root, "x*(x - a)", ("1/2", "10"), "a", x=REAL, a=ONE_TO_FIVE) is Status.PROVED


@pytest.mark.parametrize(
    ("kind", "of", "inside", "equals", "a"),
    [
        (Root, "x - a", ("-oo", "oo"), "a", ANY),
        (Root, "x - a", ("a - 1", "a + 1"), "a", ANY),
        (Root, "x - a", ("a - 1", "a + 1"), None, ANY),
        (Root, "x - a", ("0", "5"), "a", Domain(Fraction(0), Fraction(5))),
        (Root, "x - a", ("0", "5"), None, Domain(Fraction(0), Fraction(5))),
        (Root, "x", ("log(1)", "5"), "0", ANY),
        (Root, "x", ("-sqrt(2)", "5"), "0", ANY),
        (Optimum, "x", ("a - 1", "a + 1"), "a - 1", ANY),
        (Optimum, "(x - a)**2", ("0", "5"), "a", Domain(Fraction(0), Fraction(5))),
        (Optimum, "(x - a)**2", ("0", "5"), None, Domain(Fraction(0), Fraction(5))),
        (Optimum, "x**2", ("-sqrt(2)", "5"), "0", ANY),
        (Optimum, "x", ("0", "a"), "0", ONE_TO_FIVE),
    ],
)
def test_the_unknown_stays_in_its_domain(
    kind: type[Root] | type[Optimum], of: str, inside: tuple[str, str], equals: str | None, a: Domain
) -> None:
    assert place(kind, of, inside, equals, x=POSITIVE, a=a) is not Status.PROVED


def test_the_unknown_in_its_domain_is_found() -> None:
    assert place(Root, "x - a", ("0", "10"), "a", x=POSITIVE, a=ONE_TO_FIVE) is Status.PROVED
    assert place(Root, "x - a", ("0", "10"), None, x=POSITIVE, a=ONE_TO_FIVE) is Status.PROVED
    assert place(Optimum, "(x - a)**2", ("0", "10"), "a", x=POSITIVE, a=ONE_TO_FIVE) is Status.PROVED
    assert place(Root, "(x - 1)*(x + 1)", ("-sqrt(2)", "5"), "1", x=POSITIVE) is not Status.REFUTED


def conserved(of: str, rates: dict[str, str], *given: str, **domains: Domain) -> Status:
    rhs = {name: read(rate, domains) for name, rate in rates.items()}
    question = Ode("t", rhs, conserved=read(of, domains))
    return prove(Obligation(question, {"t": REAL, **domains}, tuple(read(each, domains) for each in given))).status


def test_a_region_loses_no_piece_when_its_boundary_goes() -> None:
    still = {"x": "0", "y": "1"}
    assert conserved("relu(y - 1)", still, "x**2*(y - 1) <= 0", x=REAL, y=REAL) is not Status.PROVED  # x = 0, y > 1
    assert conserved("relu(y - 1)", {"y": "1"}, "a*(y - 1) <= 0", y=REAL, a=NONNEGATIVE) is not Status.PROVED  # a = 0
    assert conserved("relu(y - 1)", {"y": "1"}, "y - 1 <= 0", y=REAL) is Status.PROVED
