"""Limits of the dossier and of the traps, each beside a false neighbour that must not be proved."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import pytest

from checker.expr.domain import POSITIVE, REAL, Domain
from checker.expr.namespace import Namespace
from checker.expr.node import Node, symbols_of
from checker.expr.parse import parse
from checker.prove.obligation import Obligation, Relation
from checker.prove.outcome import Outcome, Status
from checker.prove.registry import prove

DOMAINS: Mapping[str, Domain] = {
    "N": Domain(lo=Fraction(1), integer=True),
    "D": POSITIVE,
    "a": POSITIVE,
    "b": REAL,
    "n1": REAL,
    "n2": REAL,
    "p": Domain(Fraction(0), Fraction(1), True, True),
}


def read(text: str) -> Node:
    return parse(text, Namespace(symbols=DOMAINS, definitions={}))


def show(text: str, *given: str) -> Outcome:
    goal = read(text)
    hypotheses = tuple(read(each) for each in given)
    used = frozenset().union(*(symbols_of(node) for node in (goal, *hypotheses)))
    return prove(Obligation(Relation(goal), {k: v for k, v in DOMAINS.items() if k in used}, hypotheses))


LOSS = "exp(rho)*(exp(-rho*(1 - {phi}**2)) + exp(-rho*(1 + {phi})) + exp(-3/2*rho))"
AT_PHI = LOSS.format(phi="(log(rho)/rho)")
AT_PI = "exp(rho)*(exp(-rho) + exp(-rho) + exp(-2*rho))"


@pytest.mark.parametrize(
    ("true", "false"),
    [
        # lexmaxmargin S3, S5, S4 and the counterexample to the unconditional C2
        ("limit(N*exp(-R*D), R, oo) == 0", "limit(N*exp(-R*D), R, oo) == 1/10**9"),
        (
            "limit(g**(-2)*(g**2*n1**2 + g*n2**2), g, oo) == n1**2",
            "limit(g**(-2)*(g**2*n1**2 + g*n2**2), g, oo) == n2**2",
        ),
        ("limit(4/9 + log(5/4)/(9/5*B), B, oo) == 4/9", "limit(4/9 + log(5/4)/(9/5*B), B, oo) == 1/3"),
        (
            "limit(B*(4/9 + log(5/4)/(9/5*B) - 4/9), B, oo) == log(5/4)/(9/5)",
            "limit(B*(4/9 + log(5/4)/(9/5*B) - 4/9), B, oo) == 1/8",
        ),
        (f"limit({AT_PHI}, rho, oo) == 1", f"limit({AT_PHI}, rho, oo) == 2"),
        (f"limit({AT_PI}, rho, oo) == 2", f"limit({AT_PI}, rho, oo) == 1"),
        # log-sum-exp picks the largest exponent, with the number of ties as a constant
        ("limit(log(exp(a*t) + exp(-t))/t, t, oo) == a", "limit(log(exp(a*t) + exp(-t))/t, t, oo) == a + 1"),
        ("limit(log(2*exp(a*t) + 1) - a*t, t, oo) == log(2)", "limit(log(2*exp(a*t) + 1) - a*t, t, oo) == 0"),
        ("limit(t*log(p*exp(1/t) + 1 - p), t, oo) == p", "limit(t*log(p*exp(1/t) + 1 - p), t, oo) == 1 - p"),
        # entropy: 0 log 0 = 0 as a limit
        (
            "limit(-x*log(x) - (1 - x)*log(1 - x), x, 0, right) == 0",
            "limit(-x*log(x) - (1 - x)*log(1 - x), x, 0, right) == 1",
        ),
        ("limit(log(1 + b/t)*t, t, oo) == b", "limit(log(1 + b/t)*t, t, oo) == 2*b"),
        ("limit(1/log(t), t, oo) == 0", "limit(1/log(t) + 1/10**6, t, oo) == 0"),
        ("limit(1/log(log(t)), t, oo) == 0", "limit(1/log(log(t)) + 1/10**30, t, oo) == 0"),
        ("limit(sin(x)/x, x, 0) == 1", "limit(abs(x)/x, x, 0) == 1"),
        ("limit(abs(x)/x, x, 0, right) == 1", "limit(abs(x)/x, x, 0, left) == 1"),
        ("limit((1 + b/t)**t, t, oo) == exp(b)", "limit((1 + b/t)**t, t, oo) == 1 + b"),
        ("limit(exp(x), x, -oo) == 0", "limit(exp(-x), x, -oo) == 0"),
        ("limit(tau*(pi/2 - atan(tau)), tau, oo) == 1", "limit(tau*(pi/2 - atan(tau)), tau, oo) == pi/3"),
        ("limit(t*(a**(1/t) - 1), t, oo) == log(a)", "limit(t*(a**(1/t) - 1), t, oo) == a - 1"),
    ],
)
def test_a_limit_and_its_neighbour(true: str, false: str) -> None:
    proved = show(true)
    assert proved.status is Status.PROVED, proved
    assert {line.engine for line in proved.evidence} >= {"asymptotic expansion", "balls"}
    assert show(false).status is Status.REFUTED


@pytest.mark.parametrize(
    ("true", "false"),
    [
        ("limit(1/x, x, 0, right) == oo", "limit(1/x, x, 0, left) == oo"),
        ("limit(log(x), x, 0, right) == -oo", "limit(log(x), x, 0, right) == oo"),
        ("limit(exp(a*t)/t**5, t, oo) == oo", "limit(exp(-a*t)*t**5, t, oo) == oo"),
        ("limit(t - log(t), t, oo) == oo", "limit(t - log(t), t, oo) == 10**100"),
    ],
)
def test_infinite_limits(true: str, false: str) -> None:
    assert show(true).status is Status.PROVED
    assert show(false).status is Status.REFUTED


def test_a_limit_that_fails_for_one_parameter_is_refuted_there() -> None:
    outcome = show("limit(x**(a - 1), x, oo) == 0")
    assert outcome.status is Status.REFUTED
    assert Fraction(outcome.witness["a"]) >= 1
    assert show("limit(x**(a - 1), x, oo) == 0", "a < 1/2").status is Status.PROVED
    assert show("limit(x**(a - 1), x, oo) == 0", "a < 3/2").status is Status.REFUTED


def test_a_limit_inside_a_larger_relation() -> None:
    assert show("limit(a*t/(t + 1), t, oo) <= a").status is Status.PROVED
    assert show("limit(a*t/(t + 1), t, oo) < a").status is Status.REFUTED
    assert show("2*limit(a*t/(t + 1), t, oo) == limit(2*a + 1/t, t, oo)").status is Status.PROVED
    assert show("limit(a*t/(t + 1), t, oo) == limit(2*a + 1/t, t, oo)").status is Status.REFUTED


def test_no_limit_is_never_proved_to_be_one() -> None:
    assert show("limit(sin(t), t, oo) == 0").status is not Status.PROVED
    assert show("limit(sin(t) + 3, t, oo) == 0").status is Status.REFUTED  # by intervals: it stays in [2, 4]


def test_where_rules_end_sympy_needs_the_balls() -> None:
    """floor(t)/t has no expansion; SymPy knows 1 and balls see it, and neither is asked for 2."""
    outcome = show("limit(floor(t)/t, t, oo) == 1")
    assert outcome.status is Status.PROVED
    assert {line.engine for line in outcome.evidence} >= {"SymPy", "balls"}
    assert show("limit(floor(t)/t, t, oo) == 2").status is not Status.PROVED


def test_a_limit_of_what_is_undefined_is_not_proved() -> None:
    assert show("limit(log(b)*t/(t + 1), t, oo) == log(b)").status is not Status.PROVED
    assert show("limit(log(a)*t/(t + 1), t, oo) == log(a)").status is Status.PROVED


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("limit(2*t, t, oo) == oo", Status.PROVED),
        ("limit(2*t, t, oo) == -oo", Status.REFUTED),
        ("limit(2*t, t, oo) == limit(t, t, oo)", Status.UNDECIDED),  # two infinite limits are not equal numbers
        ("limit(2*t, t, oo) == oo - 5", Status.UNDECIDED),
        ("limit(2*t, t, oo) == 5", Status.REFUTED),
    ],
)
def test_infinite_limits_are_compared_with_infinity_only(text: str, status: Status) -> None:
    assert show(text).status is status
