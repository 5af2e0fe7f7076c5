"""Holes that a hostile author found in the provers: each false claim stays unproved, beside a true one that is proved."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import pytest
from flint import arb

from checker.expr.domain import NATURAL, POSITIVE, REAL, Domain
from checker.expr.interval import box_of, enclose, rational_end
from checker.expr.namespace import Namespace
from checker.expr.parse import parse
from checker.expr.to_arb import evaluate
from checker.prove.obligation import KKT, Enclosure, Obligation, Optimum, Question, Relation, Root
from checker.prove.outcome import Outcome, Status
from checker.prove.registry import prove

Domains = Mapping[str, Domain]
X: Domains = {"x": REAL}


def read(text: str, domains: Domains = X):  # type: ignore[no-untyped-def]
    return parse(text, Namespace(dict(domains)))


def show(goal: str, domains: Domains = X, given: tuple[str, ...] = ()) -> Outcome:
    return prove(Obligation(Relation(read(goal, domains)), domains, tuple(read(item, domains) for item in given)))


def asked(question: Question, domains: Domains = X) -> Status:
    return prove(Obligation(question, domains)).status


# --- hypotheses that cannot hold together, beyond what z3 can say -----------------------------------------------------


@pytest.mark.parametrize(
    ("goal", "given"),
    [
        ("x**2 < -1", ("exp(x) <= 1", "exp(x) >= 2")),
        ("x**2 >= 0", ("exp(x) < 0",)),
        ("x < 0", ("sin(x) > 2",)),
        ("exp(x) < 0", ("exp(x) == 2", "exp(x) == 3")),
        ("exp(x) >= 5", ("exp(x) + exp(-x) <= 1",)),
    ],
)
def test_contradictory_hypotheses_prove_nothing(goal: str, given: tuple[str, ...]) -> None:
    assert show(goal, given=given).status is Status.VACUOUS


def test_unknown_hypotheses_prove_nothing() -> None:
    # sin(x) + cos(x) only touches sqrt(2), at no rational point, and z3 cannot read it: whether it can hold is not known
    outcome = show("x**2 >= 0", given=("sin(x) + cos(x) == sqrt(2)",))
    assert outcome.status is Status.UNDECIDED
    assert "hold together" in outcome.reason
    assert show("x**2 >= 0", given=("sin(x) == 1/2",)).status is Status.PROVED  # the sides change order
    assert show("x**2 >= 0", given=("sin(x) <= 1/2",)).status is Status.PROVED


def test_a_hypothesis_that_holds_at_an_irrational_point_only() -> None:
    assert show("x <= 3/2", {"x": POSITIVE}, ("x**2 == 2",)).status is Status.PROVED
    assert show("x <= 7/5", {"x": POSITIVE}, ("x**2 == 2",)).status is not Status.PROVED


# --- derivatives at kinks and jumps -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "goal",
    [
        "diff(abs(x), x) == sign(x)",
        "x*diff(abs(x), x) == abs(x)",
        "diff(1 if x > 0 else 0, x) == 0",
        "diff(x if x > 0 else x + 1, x) == 1",
        "diff(x**2 if x > 1 else x, x) == (2*x if x > 1 else 1)",
        "diff(floor(x), x) == 0",
        "diff(max(x, 0), x) >= 0",
        "diff(relu(x), x, 2) == 0",
        "diff(Sum(abs(x - n), (n, 0, 3)), x) <= 4",
    ],
)
def test_a_derivative_across_a_kink_is_not_proved(goal: str) -> None:
    assert show(goal).status is Status.UNDECIDED


def test_a_derivative_away_from_the_kink_is_proved() -> None:
    assert show("diff(abs(x), x) == 1", {"x": POSITIVE}).status is Status.PROVED
    assert show("diff(max(x, -1), x) == 1", {"x": POSITIVE}).status is Status.PROVED
    assert show("diff(abs(x) if x > 1 else x, x) == 1", given=("x > 2",)).status is Status.PROVED


def test_a_smooth_function_of_a_kink_is_not_called_false() -> None:
    assert show("diff(relu(x)**2, x) == 2*relu(x)").status is Status.UNDECIDED


def program(minimise: str, subject_to: str, at: str, multiplier: str, domain: Domain = REAL) -> Status:
    domains = {"x": domain}
    question = KKT(read(minimise), ("x",), (read(subject_to),), {"x": read(at)}, (read(multiplier),))
    return asked(question, domains)


def test_kkt_at_a_kink_or_outside_the_domain() -> None:
    assert program("-abs(x)", "x <= 1", "0", "0") is Status.UNDECIDED
    assert program("x**2 + floor(x)", "x >= 0", "0", "0") is Status.UNDECIDED
    assert program("abs(x)", "x >= 1", "1", "1") is Status.PROVED
    assert program("(x + 1)**2", "x >= -5", "-1", "0") is Status.PROVED
    assert program("(x + 1)**2", "x >= -5", "-1", "0", POSITIVE) is Status.REFUTED


# --- powers with a symbolic integer exponent --------------------------------------------------------------------------


def test_a_power_of_a_negative_base_has_either_sign() -> None:
    box = box_of({"x": REAL, "n": NATURAL})
    assert not enclose(read("x**n", {"x": REAL, "n": NATURAL}), box).nonnegative
    assert enclose(read("x**n", {"x": POSITIVE, "n": NATURAL}), box_of({"x": POSITIVE, "n": NATURAL})).nonnegative
    below = box_of({"x": Domain(Fraction(-3), Fraction(-2)), "n": Domain(Fraction(1), Fraction(3), integer=True)})
    found = enclose(read("x**n", {"x": REAL, "n": NATURAL}), below)
    assert found.lo <= -27
    assert found.hi >= 9
    no_integer = below["n"].cut(">", Fraction(5, 2)).cut("<", Fraction(14, 5))
    assert enclose(read("x**n", {"x": REAL, "n": NATURAL}), {**below, "n": no_integer}).empty


def test_the_root_of_an_even_power() -> None:
    domains = {"x": REAL, "n": NATURAL}
    assert show("(x**(2*n))**(1/2) == x**n", domains).status is Status.REFUTED
    assert show("(x**(2*n))**(1/2) == x**n", {"x": POSITIVE, "n": NATURAL}).status is Status.PROVED


# --- numbers ----------------------------------------------------------------------------------------------------------


def test_constants_that_agree_to_hundreds_of_digits() -> None:
    assert show("sqrt(2) + 1e-900 == sqrt(2)").status is Status.REFUTED
    assert show("sqrt(3 + 2*sqrt(2)) == 1 + sqrt(2)").status is Status.PROVED
    two = (read("0"), read("2"))
    assert asked(Root(read("x**2 - 2"), "x", two, equals=read("sqrt(2) + 1e-40"))) is Status.REFUTED
    assert asked(Root(read("x**2 - 2"), "x", two, equals=read("sqrt(2)"))) is Status.PROVED
    cubic = read("x**3 - 3*x")
    assert asked(Optimum(cubic, "x", two, equals=read("1 + 1e-40"))) is Status.REFUTED
    assert asked(Optimum(cubic, "x", two, equals=read("1"))) is Status.PROVED


def test_numbers_beyond_fractions_do_not_abort() -> None:
    assert rational_end(arb(2) ** (10**6), True)[0] is None
    assert rational_end(arb(3) / 4, True) == (Fraction(3, 4), False)
    assert show("x < exp(exp(50))", {"x": POSITIVE}).status is Status.UNDECIDED
    assert show("sin(exp(exp(50))) <= 1").status is Status.PROVED


def test_a_narrow_ball_around_zero_has_powers() -> None:
    near = evaluate(read("x - 1/3"), {"x": (arb(1) / 3)}, 512)
    square = evaluate(read("(x - 1/3)**2"), {"x": evaluate(read("1/3"), {}, 512)}, 512)
    assert near.is_finite()
    assert square.is_finite()
    three = (read("-1"), read("3"))
    assert asked(Optimum(read("(x - 1/3)**2"), "x", three, equals=read("1/3"))) is Status.PROVED
    assert asked(Optimum(read("(x - 1/3)**2"), "x", three, equals=read("1/3 + 1e-25"))) is Status.REFUTED


def test_an_undefined_constant_has_no_enclosure() -> None:
    assert asked(Enclosure(read("0**0"), (read("0"), read("2")))) is Status.UNDECIDED
    assert asked(Enclosure(read("2**0"), (read("0"), read("2")))) is Status.PROVED


def test_a_root_beyond_a_jump() -> None:
    domains = {"x": REAL, "a": Domain(Fraction(0), Fraction(1), True, True)}
    two = (read("0"), read("2"))
    jump = Root(read("x - floor(x) - a", domains), "x", two, equals=read("a", domains))  # a + 1 is another zero
    assert asked(jump, domains) is Status.UNSUPPORTED
    assert asked(Root(read("x - a", domains), "x", two, equals=read("a", domains)), domains) is Status.PROVED
