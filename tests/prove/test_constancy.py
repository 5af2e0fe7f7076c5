"""Identities whose difference has derivative zero: true ones beside the same on a domain where another constant holds."""

from __future__ import annotations

from fractions import Fraction

import pytest

from checker.expr.domain import NEGATIVE, POSITIVE, REAL, Domain
from checker.expr.namespace import Namespace
from checker.expr.node import Rel, sub
from checker.expr.parse import parse
from checker.prove.constancy import zero_by_constancy
from checker.prove.obligation import Obligation, Relation
from checker.prove.outcome import Status
from checker.prove.registry import prove

UNIT = Domain(Fraction(-1), Fraction(1))
ABOVE = Domain(lo=Fraction(1))


def _read(text: str, domain: Domain) -> Rel:
    goal = parse(text, Namespace(symbols={"x": domain, "y": POSITIVE}))
    assert isinstance(goal, Rel)
    return goal


CASES = [
    ("asin(x) + acos(x) == pi/2", UNIT, "asin(x) + acos(x) == pi/3", UNIT),
    ("atan(x) + atan(1/x) == pi/2", POSITIVE, "atan(x) + atan(1/x) == pi/2", NEGATIVE),
    ("acosh(x) == log(x + sqrt(x**2 - 1))", ABOVE, "acosh(x) == log(x - sqrt(x**2 - 1))", ABOVE),
    ("asinh(x) == log(x + sqrt(x**2 + 1))", REAL, "asinh(x) == log(x + sqrt(x**2 + 2))", REAL),
    ("atan(x*y) - atan(1/(-x*y)) == pi/2", POSITIVE, "atan(x*y) - atan(1/(-x*y)) == 3*pi/2", POSITIVE),
]


@pytest.mark.parametrize(("true", "domain", "false", "other"), CASES)
def test_true_beside_false(true: str, domain: Domain, false: str, other: Domain) -> None:
    where = {"x": domain, "y": POSITIVE}
    assert prove(Obligation(Relation(_read(true, domain)), where)).status is Status.PROVED
    assert prove(Obligation(Relation(_read(false, other)), {**where, "x": other})).status is Status.REFUTED


@pytest.mark.parametrize(("true", "domain", "false", "other"), CASES)
def test_the_rule_alone_says_nothing_of_a_false_one(true: str, domain: Domain, false: str, other: Domain) -> None:
    goal = _read(false, other)
    assert zero_by_constancy(sub(goal.left, goal.right), {"x": other, "y": POSITIVE}) is None


@pytest.mark.parametrize(
    "text",
    [
        "atan(x) + atan(1/x) == pi/2",  # right at 1, and -pi/2 at -1: a pole lies between
        "sign(x) == 1",  # slope 0, and a jump
        "floor(x) == 0",
        "abs(x)/x == 1",
        "(x if x > 0 else x + 1) - x == 0",
    ],
)
def test_a_gap_or_a_jump_in_the_domain_stops_it(text: str) -> None:
    goal = _read(text, REAL)
    assert zero_by_constancy(sub(goal.left, goal.right), {"x": REAL, "y": POSITIVE}) is None
    assert prove(Obligation(Relation(goal), {"x": REAL})).status is not Status.PROVED
