"""The best point of a bracket: interior or at an end, with its value, and a better point where the claim is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import pytest

from checker.expr.domain import POSITIVE, REAL, Domain
from checker.expr.namespace import Namespace
from checker.expr.node import Node, substitute
from checker.expr.parse import parse
from checker.expr.to_arb import evaluate
from checker.prove.obligation import Obligation, Optimum
from checker.prove.outcome import Outcome, Status
from checker.prove.registry import prove
from checker.verdict import How

DOMAINS: Mapping[str, Domain] = {"x": REAL, "a": REAL, "p": POSITIVE, "q": POSITIVE}


def read(text: str) -> Node:
    return parse(text, Namespace(symbols=DOMAINS, definitions={}))


def optimum(
    of: str,
    bracket: tuple[str, str],
    equals: str = "",
    lies: tuple[str, str] | None = None,
    value: str = "",
    symbol: str = "x",
    maximise: bool = False,
) -> Outcome:
    question = Optimum(
        read(of),
        symbol,
        (read(bracket[0]), read(bracket[1])),
        maximise,
        (read(lies[0]), read(lies[1])) if lies else None,
        read(equals) if equals else None,
        read(value) if value else None,
    )
    return prove(Obligation(question, DOMAINS))


@pytest.mark.parametrize(
    ("of", "bracket", "equals", "value", "wrong", "wrong_value"),
    [
        ("x**2 - 2*x", ("0", "3"), "1", "-1", "1 + 10**(-12)", "-1 + 10**(-12)"),
        ("x + 1/x", ("1/10", "10"), "1", "2", "9/10", "1"),
        ("x*log(x)", ("1/100", "2"), "exp(-1)", "-exp(-1)", "1/3", "-1/3"),
        ("exp(-x)", ("0", "5"), "5", "exp(-5)", "0", "1"),  # at the right end
        ("x**3 - 3*x", ("-3", "3"), "-3", "-18", "1", "-2"),  # the end beats the interior minimum
        ("cosh(x) - 2*x", ("0", "oo"), "asinh(2)", "sqrt(5) - 2*asinh(2)", "2", "0"),
    ],
)
def test_minima(of: str, bracket: tuple[str, str], equals: str, value: str, wrong: str, wrong_value: str) -> None:
    assert optimum(of, bracket, equals=equals, value=value).status is Status.PROVED
    assert optimum(of, bracket, equals=equals, value=wrong_value).status is Status.REFUTED
    refuted = optimum(of, bracket, equals=wrong)
    assert refuted.status is Status.REFUTED
    better = Fraction(refuted.witness["x"])
    assert evaluate(read(of), {"x": better}, 200) < evaluate(substitute(read(of), {"x": read(wrong)}), {}, 200)


def test_a_maximum_is_not_a_minimum() -> None:
    assert optimum("x*(1 - x)", ("0", "1"), equals="1/2", value="1/4", maximise=True).status is Status.PROVED
    assert optimum("x*(1 - x)", ("0", "2"), equals="1/2").status is Status.REFUTED
    assert optimum("x*(1 - x)", ("0", "2"), equals="2", value="-2").status is Status.PROVED


def test_the_better_of_two_local_minima() -> None:
    """x**4 - x**2 + x/100 has two; the left one is deeper."""
    assert optimum("x**4 - x**2 + x/100", ("-2", "2"), lies=("-0.72", "-0.70")).status is Status.PROVED
    assert optimum("x**4 - x**2 + x/100", ("-2", "2"), lies=("0.70", "0.72")).status is Status.REFUTED


def test_a_tie_is_not_unique() -> None:
    assert optimum("x**4 - x**2", ("-2", "2"), equals="sqrt(1/2)").status is not Status.PROVED


def test_what_runs_away_has_no_minimiser() -> None:
    assert optimum("exp(-x)", ("0", "oo"), equals="100").status is not Status.PROVED


def test_undefined_on_the_bracket_is_not_proved() -> None:
    """The derivative 2*x - 1/x exists for negative x, the logarithm does not."""
    assert optimum("x**2 - log(x)", ("-2", "2"), equals="sqrt(1/2)").status is not Status.PROVED
    assert optimum("x**2 - log(x)", ("1/10", "2"), equals="sqrt(1/2)").status is Status.PROVED


def test_a_kink_does_not_hide_the_second_minimum() -> None:
    """-|x| + x**2 has minima at 1/2 and -1/2 although its second derivative is 2 almost everywhere."""
    assert optimum("x**2 - abs(x)", ("-1", "1"), equals="1/2").status is not Status.PROVED
    assert optimum("x**2 - abs(x)", ("0", "1"), equals="1/2").status is Status.PROVED


def test_an_enclosed_optimum_says_so() -> None:
    """gamma(1/4)*gamma(3/4) = pi*sqrt(2) by the reflection formula, which the normal form does not know."""
    outcome = optimum("cosh(x - gamma(1/4)*gamma(3/4))", ("0", "10"), equals="pi*sqrt(2)")
    assert outcome.status is Status.PROVED
    assert outcome.how is How.ENCLOSED
    assert (
        optimum("cosh(x - gamma(1/4)*gamma(3/4))", ("0", "10"), equals="pi*sqrt(2) + 10**(-28)").status
        is Status.REFUTED
    )


@pytest.mark.parametrize("budget", [20, 80, 320])
def test_the_constrained_path_minimises_the_loss_on_the_whole_face(budget: int) -> None:
    """lexmaxmargin S4 with c = 0: the global minimiser over 0 <= a <= 1 is 4/9 + log(5/4)/(1.8 B)."""
    loss = f"exp(-{budget}*(12/5 - 8*a/10)) + exp(-{budget}*(8/5 + a))"
    path = f"4/9 + log(5/4)/(9/5*{budget})"
    assert optimum(loss, ("0", "1"), equals=path, symbol="a").status is Status.PROVED
    for wrong in ("4/9", "1/3", "1/2", f"4/9 + log(5/4)/(8/5*{budget})"):
        assert optimum(loss, ("0", "1"), equals=wrong, symbol="a").status is Status.REFUTED


def test_an_optimum_with_parameters() -> None:
    """p*x**2 - 2*q*x is smallest at q/p, with value -q**2/p."""
    assert optimum("p*x**2 - 2*q*x", ("-oo", "oo"), equals="q/p", value="-q**2/p").status is Status.PROVED
    assert optimum("p*x**2 - 2*q*x", ("-oo", "oo"), equals="2*q/p").status is Status.REFUTED
    assert optimum("p*x**2 - 2*q*x", ("-oo", "oo"), equals="q/p", value="-q/p").status is Status.REFUTED
