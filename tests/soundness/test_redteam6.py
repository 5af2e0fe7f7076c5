"""Attacks on eliminated unknowns, branches that are not taken, polynomials with repeated roots and limits far out."""

from __future__ import annotations

import pytest

from checker.expr.mpmath_functions import UndefinedError
from checker.expr.to_mpmath import Reading
from checker.prove.obligation import Exists, Impossible, Question, Relation, Roots
from checker.prove.outcome import Status
from checker.prove.premise import solvable
from checker.prove.recheck.sequences import limit_relation
from checker.prove.recheck.spots import roots as second_look
from checker.prove.registry import prove
from tests.soundness.asking import DOMAINS, asked, read
from tests.soundness.blind import switch_off_refuters


def status(question: Question, *given: str) -> Status:
    return prove(asked(question, given)).status


def relation(text: str, *given: str) -> Status:
    return status(Relation(read(text)), *given)


def exists(*conditions: str) -> Status:
    return status(Exists(tuple(map(read, conditions)), None))


def impossible(*conditions: str) -> Status:
    return status(Impossible(tuple(map(read, conditions))))


# What a linear equation determines was put in and forgotten, with everything that has to exist for it.
UNDEFINED_BESIDE_A_CROSSING = (
    ("z == asin(x)", "x**3 == 2"),
    ("z == log(log(x))", "x**3 == 1/2"),
    ("x**2 == 2", "z == 1/(x**2 - 2)"),
    ("z == 1/(x**2 - 2)", "x**2 == 2"),
    ("x == sqrt(z)", "z**3 + 2 == 0"),
    ("x == log(z) + log(-z)", "u**3 == 2"),
    ("0*log(z) + x == 1", "z**3 + z + 1 == 0"),
)


@pytest.mark.parametrize("conditions", UNDEFINED_BESIDE_A_CROSSING)
def test_what_is_eliminated_has_to_be_defined(conditions: tuple[str, ...]) -> None:
    assert exists(*conditions) is not Status.PROVED
    assert impossible(*conditions) is not Status.REFUTED
    assert relation("x**2 + z**2 > 10**6", *conditions) is not Status.REFUTED


# The numbers that hypotheses mention were tried although the domain of the symbol excludes them.
OUTSIDE = (
    ("y**3 == -2", "y >= -5"),
    ("p**3 == 2", "p <= 2", "p >= 0"),
    ("t**3 == -2*exp(z)", "t >= -5*exp(z)"),
    ("p + exp(p) == 5", "p <= 7"),
    ("y + exp(y) == 0", "y >= -3"),
)


@pytest.mark.parametrize("conditions", OUTSIDE)
def test_a_crossing_lies_in_the_domain(conditions: tuple[str, ...]) -> None:
    assert exists(*conditions) is not Status.PROVED
    names = {name: domain for name, domain in DOMAINS.items() if name in "yptz"}
    assert not solvable(tuple(map(read, conditions)), names)


def test_a_crossing_inside_its_domain_is_still_found() -> None:
    assert exists("y**3 == 2", "y >= -5") is Status.PROVED
    assert exists("z == log(x)", "x**3 == 2") is Status.PROVED
    assert exists("z == 1/(x**2 - 3)", "x**2 == 2") is Status.PROVED
    assert relation("x**2 <= 1", "z == log(x)", "x**3 == 2") is Status.REFUTED


# z3 was told that every quotient and root exists, also in a branch or alternative that is not the one meant.
FALSE_AT_AN_IRRATIONAL_POINT = (
    ("(x**2 - 2 if x >= 0 else sqrt(-x)) != 0",),
    ("(x**2 - 2 if x >= 0 else 1/(x**2 - 2)**2) != 0",),
    ("x**2 != 2", "x > 0 or 1/(x**2 - 2) > 0"),
    ("x**3 > 2", "x**3 >= 2", "x > 0 or 1/(x**3 - 2) > 0"),
    ("x**2 > 2", "x**2 >= 2", "(0 if x > 0 else 1/(x**2 - 2)) <= 0"),
    ("x**2 > 3", "x**2 == 3 or 1/(x**2 - 3) > 0"),
    ("x**2 != 3 or x < 0", "x**2 == 3 or 1/(x**2 - 3) > 0"),
)
FALSE_AT_A_RATIONAL_POINT = (
    ("x != 0", "x <= 0 or 1/x > 0"),
    ("x > 0", "x >= 0", "x < 1 or 1/x > 0"),
    ("x >= 5", "x > 0", "x < 5 or sqrt(x - 5) >= 0"),
    ("x >= 5", "x > 0", "not (x >= 5 and sqrt(x - 5) < 0)"),
    ("x > 5", "x > 0", "(1 if x < 5 else sqrt(x - 5)) > 0"),
    ("(x**2 if x >= 0 else 1/x) != 0",),
    ("exp(x)*x != 0", "x <= 0 or 1/x > 0"),
)


@pytest.mark.parametrize("case", [*FALSE_AT_AN_IRRATIONAL_POINT, *FALSE_AT_A_RATIONAL_POINT])
@pytest.mark.parametrize("blind", [True, False])
def test_a_branch_that_is_not_taken_may_be_undefined(
    case: tuple[str, ...], blind: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if blind:
        switch_off_refuters(monkeypatch)
    goal, *given = case
    assert relation(goal, *given) is not Status.PROVED


BRANCHES_WITH_A_POINT = (
    ("x**2 == 2", "x > 0 or 1/(x**2 - 2) > 0"),
    ("x**2 == 2", "(1 if x > 0 else 1/(x**2 - 2)) == 1"),
    ("x**2 == 2", "x > 0 or sqrt(-1 - x**2) > 0"),
    ("x**2 == 2", "x < 5 or sqrt(x - 5) > 0"),
)


@pytest.mark.parametrize("conditions", BRANCHES_WITH_A_POINT)
def test_conditions_that_hold_in_one_branch_are_not_impossible(conditions: tuple[str, ...]) -> None:
    assert impossible(*conditions) is not Status.PROVED
    assert exists(*conditions) is not Status.REFUTED
    assert relation("x**2 >= 1", *conditions) is not Status.VACUOUS


def test_branches_are_still_decided() -> None:
    assert relation("x > 1/2", "(1/x if x > 0 else 5) < 2") is Status.PROVED
    assert relation("(1/x if x != 0 else 0)*x <= 1") is Status.PROVED
    assert relation("not (x > 0 and 1/x <= 0)") is Status.PROVED
    assert relation("x >= 0", "(sqrt(x) if x >= 0 else 1) < 1/2") is Status.PROVED
    assert relation("x**2 >= 1", "x**2 == 2", "x < 5 or sqrt(x - 5) > 0") is Status.PROVED
    assert relation("x**2 >= 0", "x**2 == 2", "(x**2 - 2)**0 == 1") is not Status.PROVED  # 0**0 has no value


# mpmath's iteration stops early at repeated roots; its numbers were believed, and a true claim was DISAGREE.
INSIDE = (
    ("(z - 999999999/10**9)**10", "1"),
    ("(z - 1/2)**30*(z + 1/3)", "1/2 + 1e-9"),
    ("(z**2 + 1/4)**8*(z - 1/2)**3*(z**5 - 1/33)", "1/2 + 1e-6"),
    ("z**2 - (1 - 1e-30)", "1"),
)
ON_OR_BEYOND = (
    ("z**2 - 1", "1", False),
    ("(z - 1)**4", "1", False),
    ("(z - 1 - 1e-6)**5", "1", True),
    ("(z - 2)**3*(z - 1/2)", "1", True),
)


@pytest.mark.parametrize(("polynomial", "radius"), INSIDE)
def test_repeated_roots_inside_are_no_contradiction(polynomial: str, radius: str) -> None:
    assert status(Roots(read(polynomial), "z", read(radius))) is Status.PROVED
    assert second_look(Roots(read(polynomial), "z", read(radius)), "balls").whole


@pytest.mark.parametrize(("polynomial", "radius", "beyond"), ON_OR_BEYOND)
def test_the_second_look_at_roots_agrees_only_inside(polynomial: str, radius: str, beyond: bool) -> None:
    opinion = second_look(Roots(read(polynomial), "z", read(radius)), "balls")
    assert not opinion.whole
    assert (opinion.dispute is not None) is beyond


def test_a_sequence_that_rests_before_its_numbers_is_no_contradiction() -> None:
    for text in ("limit(x/(x + 10**40), x, oo) == 1", "limit(x - 10**50, x, oo) > 0", "limit(x/(x + 10**200), x, oo) == 1"):
        assert relation(text) is Status.PROVED, text
    for text in ("limit((1 + 1/x)**x, x, oo) == 3", "limit(sin(x)/x, x, 0) == 2", "limit(exp(-x), x, oo) == 1"):
        assert limit_relation(read(text), {}, (), "expansion").dispute is not None, text  # type: ignore[arg-type]


def test_the_second_engine_leaves_numbers_alone_that_would_take_minutes() -> None:
    assert relation("limit(exp(-exp(x)), x, oo) == 0") is Status.PROVED
    with pytest.raises(UndefinedError):
        Reading({}, 30).number(read("exp(exp(10**8))"))
