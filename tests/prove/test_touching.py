"""Claims that touch equality at irrational places or only at infinity: proved, and never when shifted or made strict."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import cast

import pytest

from checker.expr.domain import POSITIVE, REAL, Domain
from checker.expr.node import Num, Rel, add
from checker.prove.inequality import prove_inequality
from checker.prove.obligation import Obligation, Relation
from checker.prove.outcome import Status
from checker.prove.premise import solvable
from checker.prove.registry import prove
from checker.prove.touching import zeros
from tests.prove.tight import UNIT, read

DOMAINS: Mapping[str, Domain] = {"x": POSITIVE, "u": REAL, "a": POSITIVE, "b": POSITIVE, "y": POSITIVE, "h": UNIT}
STRICT = {"<=": "<", ">=": ">"}

# equality is attained, at a place that is no rational (or depends on a parameter)
TOUCHING = (
    "x + 2/x >= 2*sqrt(2)",
    "x + a/x >= 2*sqrt(a)",
    "x**2*exp(-x) <= 4*exp(-2)",
    "x**3*exp(-x**2) <= (3/2)**(3/2)*exp(-3/2)",
    "u**4 - 4*u**2 + 4 >= 0",
    "x + 1/x**3 >= 4/3*3**(1/4)",
    "a**2/(3*x**2) + b*x >= (3/2)**(2/3)*(a*b)**(2/3)",
    "x**(3/2) + 1/x >= 5/3*(3/2)**(2/5)",
    "a*u <= a*log(a) - a + exp(u)",  # at u = log(a)
    "a*log(a/b) + x*log(x/y) >= (a + x)*log((a + x)/(b + y))",  # the log-sum inequality
    "log(1 - h + h*exp(u)) - h*u <= u**2/8",  # Hoeffding's lemma
)
SHIFTED = TOUCHING[:4]  # the others take z3 long to give up
# approached at infinity only, where two terms that grow cancel
CANCELLING = (
    "digamma(x) < log(x)",
    "digamma(x) > log(x) - 1/x",
    "log(x + 1) - log(x) < 1/x",
    "log(x + 1) - log(x) > 1/(x + 1)",
    "polygamma(1, x) > 1/x",
    "loggamma(x) > (x - 1/2)*log(x) - x + log(2*pi)/2",
)


def relation(text: str) -> Rel:
    return cast(Rel, read(text, DOMAINS))


def without_sampler(goal: Rel) -> Status:
    return prove_inequality(goal, DOMAINS, sampler=False, budget=40).status


@pytest.mark.parametrize("text", [*TOUCHING, *CANCELLING])
def test_they_are_proved(text: str) -> None:
    assert prove_inequality(relation(text), DOMAINS).status is Status.PROVED


@pytest.mark.parametrize("text", [*SHIFTED, *CANCELLING])
@pytest.mark.parametrize("exponent", [3])
def test_shifted_ones_are_not_proved_without_the_sampler(text: str, exponent: int) -> None:
    goal = relation(text)
    shift = Num(Fraction(1, 10**exponent))
    less = goal.op in ("<=", "<")
    shifted = Rel(goal.op, add(goal.left, shift) if less else goal.left, goal.right if less else add(goal.right, shift))
    assert without_sampler(shifted) is not Status.PROVED


@pytest.mark.parametrize("text", SHIFTED)
def test_strict_ones_are_not_proved_without_the_sampler(text: str) -> None:
    goal = relation(text)
    assert without_sampler(Rel(STRICT[goal.op], goal.left, goal.right)) is not Status.PROVED  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "log(1 - h + h*exp(u)) - h*u <= u**2/9",
        "digamma(x) < log(x) - 1/(2*x) - 1/(100*x**2)",
        "log(x + 1) - log(x) < 9/(10*x)",
        "polygamma(1, x) > 1/x + 1/x**2",
    ],
)
def test_false_rates_of_approach_are_refuted(text: str) -> None:
    assert prove_inequality(relation(text), DOMAINS).status is Status.REFUTED


def test_zeros_in_radicals() -> None:
    def found(text: str) -> set[str]:
        from checker.expr.text import text as written

        return {written(place) for place in zeros(read(text, DOMAINS), "u", {"u": REAL, "a": POSITIVE})}

    assert found("(u - 3)*(u**2 + 1)") >= {"3"}
    assert {"sqrt(2)", "-sqrt(2)"} <= found("u**2 - 2")
    assert found("exp(u) - u") == set()  # the symbol hides in a second generator


def test_hypotheses_with_irrational_solutions_hold_together() -> None:
    """exp(u) == x has no rational solutions but u = 0; a change of order on a segment shows that it has some."""

    def given(*texts: str) -> tuple[Rel, ...]:
        return tuple(relation(text) for text in texts)

    names = {"u": REAL, "x": POSITIVE}
    assert solvable(given("u*exp(u) == 3", "u >= 0", "u <= 10"), names)
    assert not solvable(given("u*exp(u) == 3", "u >= 2", "u <= 10"), names)
    assert not solvable(given("exp(u) == -1"), names)
    assert not solvable(given("1/u == 0"), names)  # changes sign at its pole only
    assert not solvable(given("u**2 == 0"), names)
    goal = Relation(relation("u >= 1"))
    known = {"u": REAL}
    assert prove(Obligation(goal, known, given("u*exp(u) == 3", "u >= 0", "u <= 10"))).status is Status.PROVED
    more = Relation(relation("u >= 11/10"))
    assert prove(Obligation(more, known, given("u*exp(u) == 3", "u >= 0"))).status is not Status.PROVED
    assert prove(Obligation(goal, known, given("u*exp(u) == 3", "u >= 2"))).status is not Status.PROVED
