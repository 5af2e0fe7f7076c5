"""Relations with sums: SymPy's four traps, series with parameters, symbolic upper limits by induction."""

from __future__ import annotations

from fractions import Fraction

import pytest

from checker.expr.domain import NATURAL, POSITIVE, REAL, Domain
from checker.expr.namespace import Namespace
from checker.expr.node import symbols_of
from checker.expr.parse import parse
from checker.prove.closed import by_induction
from checker.prove.obligation import Obligation, Relation
from checker.prove.outcome import Outcome, Status
from checker.prove.registry import prove
from checker.verdict import How

UNIT = Domain(Fraction(0), Fraction(1), lo_open=True, hi_open=True)
DOMAINS = {"n": NATURAL, "r": POSITIVE, "q": UNIT, "p": UNIT, "m": REAL, "x": REAL}
SPACE = Namespace(symbols=DOMAINS)


def ask(text: str) -> Outcome:
    goal = parse(text, SPACE)
    return prove(Obligation(Relation(goal), {name: DOMAINS[name] for name in symbols_of(goal)}))


PAIRS = [
    # the traps: SymPy's value (second) must be refuted
    ("Sum(binomial(2, k)*k**2, (k, 0, 1)) == 2", "Sum(binomial(2, k)*k**2, (k, 0, 1)) == -2"),
    ("Sum(k/((k + 2)*(k + 4)*(k + 8)), (k, 1, oo)) == 4/35", "Sum(k/((k + 2)*(k + 4)*(k + 8)), (k, 1, oo)) == 521/25200"),
    ("Sum(factorial(4*k)/factorial(4*k + 4), (k, 1, oo)) == log(2)/4 - pi/24 - 1/24",
     "Sum(factorial(4*k)/factorial(4*k + 4), (k, 1, oo)) == log(2)/4 - pi/24 - 1/25"),
    ("Sum(1/k**2, (k, 1, oo)) == pi**2/6", "Sum(1/k**2, (k, 2, oo)) == pi**2/6"),
    ("Sum((-1)**k/(k + 1), (k, 0, oo)) == log(2)", "Sum((-1)**k/(k + 1), (k, 1, oo)) == log(2)"),
    ("Sum(1/(k + r)**2, (k, 1, oo)) == polygamma(1, 1 + r)", "Sum(1/(k + r)**2, (k, 0, oo)) == polygamma(1, 1 + r)"),
    ("Sum(1/(k + 3)**2, (k, -2, oo)) == pi**2/6", "Sum(1/(k + 3)**2, (k, -1, oo)) == pi**2/6"),
    ("Sum(q**k, (k, 0, oo)) == 1/(1 - q)", "Sum(q**k, (k, 1, oo)) == 1/(1 - q)"),
    ("Sum((k + 1)*q**(k + 1), (k, 0, oo)) == q/(1 - q)**2", "Sum((k + 1)*q**(k + 1), (k, 0, oo)) == q/(1 - q)"),
    ("Sum(r**k/factorial(k), (k, 2, oo)) == exp(r) - 1 - r", "Sum(r**k/factorial(k), (k, 2, oo)) == exp(r) - 1"),
    ("Sum(exp(-r)*r**k/factorial(k)*k**3, (k, 0, oo)) == r**3 + 3*r**2 + r",
     "Sum(exp(-r)*r**k/factorial(k)*k**3, (k, 0, oo)) == r**3 + 2*r**2 + r"),
    ("Sum(binomial(n, k)*p**k*(1 - p)**(n - k)*k**2, (k, 0, n)) == n*p*(1 - p) + n**2*p**2",
     "Sum(binomial(n, k)*p**k*(1 - p)**(n - k)*k**2, (k, 0, n)) == n*p + n**2*p**2"),
    ("Sum(binomial(n, k), (k, 0, n)) == 2**n", "Sum(binomial(n, k), (k, 0, n)) == 2**n + n - 1"),
    ("Sum(k, (k, 1, n)) == n*(n + 1)/2", "Sum(k, (k, 1, n)) == n*(n - 1)/2"),
    ("Sum(k**3, (k, 1, n)) == (n*(n + 1)/2)**2", "Sum(k**3, (k, 1, n)) == n**2*(n + 1)/2"),
    ("Sum(1/(k*(k + 1)), (k, 1, n)) == n/(n + 1)", "Sum(1/(k*(k + 1)), (k, 1, n)) == (n + 1)/(n + 3)"),
    ("Sum(q**k, (k, 0, n)) == (1 - q**(n + 1))/(1 - q)", "Sum(q**k, (k, 0, n)) == (1 - q**n)/(1 - q)"),
    ("Sum(q**k/(k + 1), (k, 0, oo)) <= Sum(q**k, (k, 0, oo))", "Sum(q**k/(k + 1), (k, 0, oo)) >= Sum(q**k, (k, 0, oo))"),
]  # fmt: skip


@pytest.mark.parametrize(("true", "false"), PAIRS)
def test_proved_and_refuted(true: str, false: str) -> None:
    assert ask(true).status is Status.PROVED
    assert ask(false).status is Status.REFUTED


@pytest.mark.parametrize(
    "text",
    [
        "Sum(m**k, (k, 0, oo)) == 1/(1 - m)",  # diverges for |m| >= 1
        "Sum((-1)**k/sqrt(k + 1), (k, 0, oo)) == Sum((-1)**k/sqrt(k + 1), (k, 0, oo))",  # true, and no rule says it converges
        "Sum(1/k, (k, 1, oo)) == 1",
        "Sum(1/k, (k, 1, oo)) == Sum(1/k, (k, 1, oo))",
        "Sum(1/k, (k, 1, oo)) <= Sum(2/k, (k, 1, oo))",
        "Sum(1/(k - 5)**2, (k, 1, oo)) == 5",
    ],
)
def test_never_proved(text: str) -> None:
    assert ask(text).status is Status.UNDECIDED


def test_constants_are_enclosed() -> None:
    assert ask("Sum(1/k**2, (k, 1, oo)) == pi**2/6").how is How.ENCLOSED


def test_induction_looks_at_the_base_and_at_the_step() -> None:
    domains = {"n": NATURAL}
    assert by_induction(parse("Sum(k, (k, 1, n)) - n*(n + 1)/2", SPACE), domains) is not None
    assert by_induction(parse("Sum(k, (k, 1, n)) - n*(n + 1)/2 - 1", SPACE), domains) is None  # wrong base
    assert by_induction(parse("Sum(k, (k, 1, n)) - n", SPACE), domains) is None  # wrong step, right base
    assert by_induction(parse("Sum(k, (k, 1, n)) - n*(n + 1)/2", SPACE), {"n": REAL}) is None  # not an integer
    assert by_induction(parse("Sum(k*n, (k, 1, n)) - n**2*(n + 1)/2", SPACE), domains) is None  # the summand moves
