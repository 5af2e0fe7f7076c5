"""Solutions and conserved quantities: each true one beside a false one, and domains on which a solution ceases to exist."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import pytest

from checker.expr.domain import INTEGER, NONNEGATIVE, POSITIVE, REAL, Domain
from checker.prove.obligation import Obligation, Ode
from checker.prove.outcome import Outcome, Status
from checker.prove.registry import prove
from tests.prove.blind import blind  # noqa: F401
from tests.prove.tight import read

DOMAINS: Mapping[str, Domain] = {
    "t": NONNEGATIVE, "u": REAL, "v": REAL, "a": POSITIVE, "c": REAL, "p": POSITIVE, "q": POSITIVE,
}
SHORT = Domain(Fraction(0), Fraction(1), hi_open=True)
OSCILLATOR = {"u": "v", "v": "-u"}
PREY = {"u": "u*(1 - v)", "v": "v*(u - 1)"}
MARGIN = {"u": "exp(-u - p*v) + exp(-u + q*v)", "v": "p*exp(-u - p*v) - q*exp(-u + q*v)"}
MARGIN_U = "log(t) - q/(p + q)*log(q/(p + q)) - p/(p + q)*log(p/(p + q))"


def ode(
    rhs: Mapping[str, str],
    solution: Mapping[str, str] | None = None,
    initial: Mapping[str, str] | None = None,
    conserved: str = "",
    given: tuple[str, ...] = (),
    **domains: Domain,
) -> Outcome:
    known = {**DOMAINS, **domains}

    def each(texts: Mapping[str, str]) -> dict[str, object]:
        return {name: read(text, known) for name, text in texts.items()}

    question = Ode(
        "t",
        each(rhs),  # type: ignore[arg-type]
        each(solution) if solution is not None else None,  # type: ignore[arg-type]
        each(initial) if initial is not None else None,  # type: ignore[arg-type]
        read(conserved, known) if conserved else None,
    )
    return prove(Obligation(question, known, tuple(read(item, known) for item in given)))


@pytest.mark.parametrize(
    ("rhs", "true", "false", "initial"),
    [
        ({"u": "exp(-u)"}, {"u": "log(t + 1)"}, {"u": "log(1 - t)"}, {"u": "0"}),
        ({"u": "exp(-u)"}, {"u": "log(t + a)"}, {"u": "log(t + 2*a)"}, {"u": "log(a)"}),
        ({"u": "-a*u"}, {"u": "c*exp(-a*t)"}, {"u": "c*exp(a*t)"}, {"u": "c"}),
        (OSCILLATOR, {"u": "sin(t)", "v": "cos(t)"}, {"u": "sin(t)", "v": "-cos(t)"}, {"u": "0", "v": "1"}),
        (OSCILLATOR, {"u": "c*sin(t)", "v": "c*cos(t)"}, {"u": "c*sin(t)", "v": "cos(t)"}, {"u": "0", "v": "c"}),
    ],
)
def test_solutions(rhs: dict[str, str], true: dict[str, str], false: dict[str, str], initial: dict[str, str]) -> None:
    assert ode(rhs, true, initial).status is Status.PROVED
    assert ode(rhs, false, initial).status is Status.REFUTED


def test_a_wrong_initial_value() -> None:
    assert ode({"u": "exp(-u)"}, {"u": "log(t + 2)"}, {"u": "log(2)"}).status is Status.PROVED
    refuted = ode({"u": "exp(-u)"}, {"u": "log(t + 2)"}, {"u": "0"})
    assert refuted.status is Status.REFUTED
    assert "initial value" in refuted.reason
    assert ode({"u": "1"}, {"u": "t"}, {"u": "0"}, t=Domain(lo=Fraction(3))).status is Status.REFUTED  # u(3) = 3
    assert ode({"u": "1"}, {"u": "t"}, {"u": "3"}, t=Domain(lo=Fraction(3))).status is Status.PROVED


def test_the_flow_on_two_support_vectors() -> None:
    """Data (1, p), (1, -q) under the exponential loss: w = w_hat log t + w_tilde has residual exactly 0."""
    assert ode(MARGIN, {"u": MARGIN_U, "v": "log(p/q)/(p + q)"}, t=POSITIVE).status is Status.PROVED
    assert ode(MARGIN, {"u": MARGIN_U, "v": "log(q/p)/(p + q)"}, t=POSITIVE).status is Status.REFUTED
    assert ode(MARGIN, {"u": "2*" + MARGIN_U, "v": "log(p/q)/(p + q)"}, t=POSITIVE).status is Status.REFUTED


@pytest.mark.parametrize("solution", ["1/(1 - t)", "2/(2 - 2*t)"])
def test_a_solution_that_blows_up(solution: str) -> None:
    assert ode({"u": "u**2"}, {"u": solution}, {"u": "1"}, t=SHORT).status is Status.PROVED
    refuted = ode({"u": "u**2"}, {"u": solution}, {"u": "1"})
    assert refuted.status is Status.REFUTED
    assert refuted.witness == {"t": "1"}


def test_blow_up_at_irrational_and_moving_times() -> None:
    assert ode({"u": "u**2"}, {"u": "1/(sqrt(2) - t)"}, {"u": "1/sqrt(2)"}).status is Status.REFUTED
    assert ode({"u": "1 + u**2"}, {"u": "tan(t)"}, {"u": "0"}).status is Status.REFUTED
    assert ode({"u": "1 + u**2"}, {"u": "tan(t)"}, {"u": "0"}, t=SHORT).status is Status.PROVED
    assert ode({"u": "u**2"}, {"u": "1/(a - t)"}, {"u": "1/a"}).status is Status.REFUTED
    assert ode({"u": "u**2"}, {"u": "1/(a - t)"}, {"u": "1/a"}, given=("t < a",)).status is Status.PROVED


def test_no_value_on_a_stretch_of_time() -> None:
    refuted = ode({"u": "exp(-u)"}, {"u": "log(t + c)"}, {"u": "log(c)"})
    assert refuted.status is Status.REFUTED
    assert "no value" in refuted.reason
    assert Fraction(refuted.witness["c"]) + Fraction(refuted.witness["t"]) < 0


def test_a_removable_gap_is_not_called_false() -> None:
    assert ode({"u": "cos(t)"}, {"u": "sin(t)*t/t"}, t=REAL).status is Status.UNDECIDED
    assert ode({"u": "1/(2*u)"}, {"u": "sqrt(t)"}, {"u": "0"}).status is Status.UNDECIDED  # not at t = 0
    assert ode({"u": "1/(2*u)"}, {"u": "sqrt(t)"}, {"u": "0"}, t=POSITIVE).status is Status.PROVED


def test_values_of_derivatives_at_kinks_decide_nothing() -> None:
    """relu(t) - relu(-t) is t; the rules would give it the derivative 0 at 0."""
    assert ode({"u": "1"}, {"u": "relu(t) - relu(-t)"}, {"u": "0"}, t=REAL).status is Status.UNDECIDED
    assert ode({"u": "2"}, {"u": "relu(t) - relu(-t)"}, {"u": "0"}, t=REAL).status is Status.REFUTED
    assert ode({"u": "1"}, conserved="relu(u) - relu(-u) - t", t=REAL).status is Status.UNDECIDED
    assert ode({"u": "1"}, conserved="abs(u) - t").status is Status.REFUTED


def test_time_with_a_hole_is_not_an_interval() -> None:
    """1/(1 - t) solves u' = u**2 on both sides of its pole, and is one solution on neither side of it only."""
    assert ode({"u": "u**2"}, {"u": "1/(1 - t)"}, {"u": "1"}, given=("t != 1",)).status is Status.UNSUPPORTED
    assert ode({"u": "u**2"}, {"u": "1/(1 - t)"}, {"u": "1"}, given=("(t - 1)**2 >= 1/4",)).status is Status.UNSUPPORTED
    assert ode({"u": "u"}, {"u": "exp(t)"}, t=INTEGER).status is Status.UNSUPPORTED


def test_hypotheses_about_unknowns_are_promises() -> None:
    assert ode({"u": "-u"}, {"u": "exp(-t)"}, given=("u <= 1",)).status is Status.PROVED
    assert ode({"u": "-u"}, {"u": "exp(-t)"}, given=("u <= 1/2",)).status is Status.REFUTED
    assert ode({"u": "-a*u"}, {"u": "c*exp(-a*t)"}, u=POSITIVE).status is Status.REFUTED  # c may be negative


def test_contradictory_hypotheses() -> None:
    assert ode({"u": "u"}, {"u": "17"}, given=("a < 0",)).status is Status.VACUOUS


@pytest.mark.parametrize(
    ("rhs", "true", "false"),
    [
        (OSCILLATOR, "u**2 + v**2", "u**2 + 2*v**2"),
        ({"u": "-v", "v": "-u"}, "u**2 - v**2", "u**2 + v**2"),
        ({"u": "1"}, "u - t", "u - 2*t"),
    ],
)
def test_conserved_quantities(rhs: dict[str, str], true: str, false: str) -> None:
    assert ode(rhs, conserved=true).status is Status.PROVED
    assert ode(rhs, conserved=false).status is Status.REFUTED


def test_a_conserved_quantity_has_to_be_defined() -> None:
    assert ode(PREY, conserved="u - log(u) + v - log(v)", u=POSITIVE, v=POSITIVE).status is Status.PROVED
    assert ode(PREY, conserved="u - log(u) + v - log(v)").status is Status.UNDECIDED


def test_a_derivative_that_vanishes_on_a_surface_conserves_nothing() -> None:
    """Along u' = 1 the derivative of u**2 is 0 at u = 0, and u**2 is not conserved."""
    assert ode({"u": "1"}, conserved="u**2", given=("u == 0",)).status is Status.UNSUPPORTED
    assert ode({"u": "1"}, conserved="u**2", given=("u <= 0", "u >= 0")).status is not Status.PROVED
    assert ode({"u": "1"}, conserved="u**2", u=Domain(Fraction(0), Fraction(0))).status is Status.UNSUPPORTED


@pytest.mark.usefixtures("blind")
def test_without_the_refuter_nothing_false_is_proved() -> None:
    assert ode({"u": "u**2"}, {"u": "1/(1 - t)"}, {"u": "1"}).status is not Status.PROVED
    assert ode({"u": "exp(-u)"}, {"u": "log(t + c)"}, {"u": "log(c)"}).status is not Status.PROVED
    assert ode({"u": "-a*u"}, {"u": "c*exp(-a*t)"}, u=POSITIVE).status is not Status.PROVED
    assert ode({"u": "-u"}, {"u": "exp(-t)"}, given=("u <= 1/2",)).status is not Status.PROVED
    assert ode({"u": "u"}, {"u": "exp(t)"}, {"u": "1"}, given=("t > 1",)).status is not Status.PROVED  # 0 is no time
