"""False statements that the third red team got past a prover, each minimal and beside a true one that stays proved."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import pytest

from checker.expr.domain import INTEGER, NATURAL, POSITIVE, REAL, Domain
from checker.expr.interval import box_of, enclose
from checker.expr.namespace import Namespace
from checker.expr.node import Node
from checker.expr.parse import parse
from checker.prove.inequality import prove_inequality
from checker.prove.obligation import Obligation, Optimum, Question, Relation, Root
from checker.prove.outcome import Status
from checker.prove.registry import prove

Domains = Mapping[str, Domain]
X: Domains = {"x": REAL}


def read(text: str, domains: Domains = X) -> Node:
    return parse(text, Namespace(dict(domains)))


def show(goal: str, domains: Domains = X) -> Status:
    return prove(Obligation(Relation(read(goal, domains)), domains)).status


def asked(question: Question, domains: Domains = X) -> Status:
    return prove(Obligation(question, domains)).status


def between(lo: str, hi: str) -> Domains:
    """``x`` in an open interval."""
    return {"x": Domain(Fraction(lo), Fraction(hi), lo_open=True, hi_open=True)}


# --- an enclosure that was clipped at an end counted this end as excluded ---------------------------------------------


@pytest.mark.parametrize(
    ("text", "domains"),
    [
        ("acosh(x**4 - 4*x**2 + 5) > 0", {"x": POSITIVE}),  # acosh(1) at sqrt(2)
        pytest.param("acos(-3 + 4*x**2 - x**4) > 0", between("1", "1.7"), marks=pytest.mark.slow),
        pytest.param("LambertW(x**4 - 4*x**2 + 4 - exp(-1)) > -1", between("1", "1.7"), marks=pytest.mark.slow),
    ],
)
def test_the_end_of_a_closed_domain_is_attained(text: str, domains: Domains) -> None:
    assert show(text, domains) is not Status.PROVED


def test_clipping_without_the_sampler() -> None:
    for text in ("acosh(x + 1/2) > 0", "acosh(x) > 0", "acos(x) > 0", "erf(acosh(x)) > 0"):
        assert prove_inequality(read(text, {"x": POSITIVE}), {"x": POSITIVE}, sampler=False).status is not Status.PROVED  # type: ignore[arg-type]
    assert show("acosh(x) > 0", between("1", "5")) is Status.PROVED


# 3*pi/2 = 4.7123889803846898576939650749192543262957540990626587..., pi/2 and pi likewise: an extremum just inside the box
@pytest.mark.parametrize("digits", [5, 16, 40])
@pytest.mark.slow
def test_a_wave_reaches_its_extremum_just_inside_an_end(digits: int) -> None:
    def cut(number: str, above: int = 0) -> str:
        return str(Fraction(number[: 2 + digits]) + Fraction(above, 10**digits))

    half, pi, more = (
        "1.57079632679489661923132169163975144209858469968755",
        "3.14159265358979323846264338327950288419716939937510",
        "4.71238898038468985769396507491925432629575409906265",
    )
    assert show("sin(x) < 1", between(cut(half), "2")) is not Status.PROVED
    assert show("sin(x) < 1", between("1", cut(half, 1))) is not Status.PROVED
    assert show("cos(x) > -1", between(cut(pi), "4")) is not Status.PROVED
    assert show("cos(x) > -1", between("3", cut(pi, 1))) is not Status.PROVED
    assert show("sin(x) > -1", between(cut(more), "5")) is not Status.PROVED
    assert show("sin(x) > -1", between("4", cut(more, 1))) is not Status.PROVED
    assert show("sin(x) <= 1", between(cut(half), "2")) is Status.PROVED


def test_a_wave_stays_off_an_extremum_outside() -> None:
    assert show("sin(x) < 1", between("1.58", "2")) is Status.PROVED
    assert show("cos(x) > -1", between("3", "3.14")) is Status.PROVED


@pytest.mark.parametrize("bits", [24, 40, 64, 128])
def test_enclosures_of_waves_mark_an_attained_extremum_as_included(bits: int) -> None:
    found = enclose(read("sin(x)"), box_of(between("1.570796326794896619", "2")), bits)
    assert found.hi > 1 or (found.hi == 1 and not found.hi_open)


# --- derivatives inside binders ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "Integral(diff(max(x, 0), x, 2), (x, -1, 1)) == 0",  # a point mass at 0: the norm of a relu is 1 and not 0
        "Integral(abs(diff(abs(x), x, 2)), (x, -1, 1)) == 0",
        "Integral(diff(sign(x), x), (x, -1, 1)) == 0",
        "Integral(diff(floor(x), x), (x, 0, 3)) == 0",
        "Sum(diff(floor(k), k), (k, 0, 3)) == 0",
    ],
)
def test_a_derivative_across_a_kink_inside_a_binder(text: str) -> None:
    assert show(text) is not Status.PROVED


def test_a_smooth_derivative_inside_a_binder() -> None:
    assert show("Integral(diff(x**2, x), (x, 0, 1)) == 1") is Status.PROVED
    assert show("Integral(abs(diff(exp(-x**2/2), x, 2)), (x, -oo, oo)) == 4*exp(-1/2)") is Status.PROVED


# --- the unknown has a domain of its own ------------------------------------------------------------------------------


def test_a_root_lies_in_the_domain_of_its_symbol() -> None:
    unit = (read("0"), read("1"))
    assert asked(Root(read("x"), "x", unit, equals=read("0")), {"x": POSITIVE}) is not Status.PROVED
    assert asked(Root(read("x - 1/2"), "x", unit, equals=read("1/2")), {"x": INTEGER}) is not Status.PROVED
    assert asked(Root(read("x - 1/2"), "x", unit, equals=read("1/2")), {"x": POSITIVE}) is Status.PROVED


def test_an_optimum_lies_in_the_domain_of_its_symbol() -> None:
    unit = (read("0"), read("1"))
    assert asked(Optimum(read("(x - 1/2)**2"), "x", unit, equals=read("1/2")), {"x": NATURAL}) is not Status.PROVED
    assert asked(Optimum(read("x**2"), "x", unit, equals=read("0")), {"x": POSITIVE}) is not Status.PROVED
    assert asked(Optimum(read("(x - 1/2)**2"), "x", unit, equals=read("1/2")), {"x": POSITIVE}) is Status.PROVED


# --- what held, kept because the engine behind it is known to be wrong ------------------------------------------------


def test_the_binomial_sum_with_a_symbolic_end() -> None:
    # SymPy's closed form of sum_{k=0}^n C(2, k) k**2 gives -2 at n = 1, where the sum is 2; from n = 2 on it is 6
    two = {"n": Domain(Fraction(2), integer=True)}
    text = "Sum(binomial(2, k)*k**2, (k, 0, n)) == 6"
    assert show(text, two) is not Status.REFUTED
    assert show(text, {"n": NATURAL}) is Status.REFUTED
    assert show(text.replace("6", "-2"), two) is Status.REFUTED


# --- a crash ----------------------------------------------------------------------------------------------------------


def test_ends_stay_exact_at_few_bits() -> None:
    # the branch ends at 31/3, which has more digits than the 40 bits at which z3's atoms are enclosed
    text = "(x if 31/3 <= x else sqrt(x))/(x + 1) <= {}"
    assert show(text.format(2), {"x": POSITIVE}) is Status.PROVED
    assert show(text.format("1/2"), {"x": POSITIVE}) is Status.REFUTED
