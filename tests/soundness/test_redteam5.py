"""Attacks on power bounds, series, crossings, roots with parameters and undone functions: false or undefined, never proved."""

from __future__ import annotations

import pytest
from flint import arb

from checker.expr.domain import POSITIVE
from checker.expr.growth import HalfLine
from checker.expr.node import sub
from checker.expr.rational import is_zero
from checker.prove.obligation import Exists, Question, Relation, Roots
from checker.prove.outcome import Status
from checker.prove.power_sum import power_sum
from checker.prove.registry import prove
from tests.soundness.asking import asked, read
from tests.soundness.blind import switch_off_refuters


@pytest.fixture(autouse=True)
def _blind(monkeypatch: pytest.MonkeyPatch) -> None:
    switch_off_refuters(monkeypatch)


def status(question: Question, *given: str) -> Status:
    return prove(asked(question, given)).status


def relation(text: str, *given: str) -> Status:
    return status(Relation(read(text)), *given)


def exists(*conditions: str) -> Status:
    return status(Exists(tuple(map(read, conditions)), None))


def roots(polynomial: str, radius: str, *given: str) -> Status:
    return status(Roots(read(polynomial), "z", read(radius)), *given)


def test_a_bound_of_some_terms_is_no_bound_of_the_sum() -> None:
    # gamma was the term after the sixty-fourth, and left out: a divergent sum and a divergent integral were proved bounded
    ray = HalfLine("x", arb(8), {})
    decaying = "+".join(f"1/(x+{shift})" for shift in range(1, 70))
    assert ray.upper(read(f"exp(-x)*({decaying})")) is not None
    assert ray.upper(read(f"exp(-x)*({decaying}+gamma(x))")) is None


DIVERGENT = (
    "Sum(2**(-k) + 10**(-60)/k, (k, 1, oo)) <= 2",
    "Sum((2**(-k) if k < 5000 else 10**(-50)/k), (k, 1, oo)) <= 2",
    "Sum(1/(k*log(k)), (k, 2, oo)) <= 10**6",
    "Sum((-1)**k, (k, 0, oo)) <= 1",
    "Sum((-1)**k*k/(k + 1), (k, 0, oo)) <= 1",
    "Sum((-1)**(2*k)/(2*k + 1), (k, 0, oo)) <= 10**9",
    "Sum((-1)**(k**2 + k)/(2*k + 1), (k, 0, oo)) <= 10**9",
    "Product(1 + 1/k, (k, 1, oo)) <= 10**9",
    "Product(2 - 1/k**2, (k, 1, oo)) <= 10**9",
)


@pytest.mark.parametrize("text", DIVERGENT)
def test_what_diverges_has_no_bound(text: str) -> None:
    assert relation(text) is not Status.PROVED


UNDEFINED = (
    "Sum(2**(-k)/(k - 1000), (k, 1, oo)) <= 2",
    "Sum((-1)**k/(k - 1000), (k, 1, oo)) <= 2",
    "Sum((-1)**(k + 1/2)/k, (k, 1, oo)) <= 2",
    "Product(1 - 1/(k - 1000)**2, (k, 1, oo)) <= 2",
    "Sum((-1)**(floor(k/16)/2)*2**(-100*k), (k, 0, oo)) <= 2",
)


@pytest.mark.parametrize("text", UNDEFINED)
def test_a_term_or_a_value_that_does_not_exist(text: str) -> None:
    assert relation(text) is not Status.PROVED


def test_sums_of_powers_are_closed_where_they_converge() -> None:
    domains = {"y": POSITIVE, "a": POSITIVE}
    closed = power_sum([read("x**(-1 - y)")], "x", 1, domains, ())
    assert closed is not None
    assert is_zero(sub(closed, read("zeta(1 + y)"))) is True
    assert power_sum([read("x**(-y)")], "x", 1, domains, ()) is None  # y may be 1, or smaller
    assert power_sum([read("(x - a)**(-2)")], "x", 1, domains, ()) is None  # a may be 1, 2, ...
    assert power_sum([read("(x + a)**(-1)")], "x", 1, domains, ()) is None


CLOSE = (
    "Sum((-1)**k/(2*k + 1), (k, 0, oo)) == pi/4 + {e}",
    "Sum((-1)**(k + 1)/k**2, (k, 1, oo)) == pi**2/12 - {e}",
    "Sum((-1)**(k - 3)/(3*k + 1), (k, 0, oo)) == -(pi/sqrt(3) + log(2))/3 + {e}",
    "Product(1 - 1/k**2, (k, 2, oo)) == 1/2 + {e}",
    "Product(1 - 4/(2*k + 1)**2, (k, 1, oo)) == 1/3 - {e}",
    "Sum(1/(k + a)**2, (k, 1, oo)) == polygamma(1, 1 + a) + {e}",
    "Sum(1/(2*k + a)**3, (k, 0, oo)) == -polygamma(2, a/2)/16 + {e}",
    "Sum(1/k**(2 + a), (k, 2, oo)) == zeta(2 + a) - 1 + {e}",
)


@pytest.mark.parametrize("text", CLOSE)
@pytest.mark.slow
def test_series_and_products_at_and_beyond_their_value(text: str) -> None:
    assert relation(text.format(e="0")) is Status.PROVED
    for shift in ("1e-2", "1e-20"):
        assert relation(text.format(e=shift)) is not Status.PROVED, shift


def test_a_crossing_needs_a_continuous_defined_difference_and_all_else_on_the_segment() -> None:
    assert exists("x**2 == 2", "x > 7/5") is Status.PROVED
    assert exists("x**2 + z**2 == 3", "x == z") is Status.PROVED
    for conditions in (
        ("1/x == 0",),
        ("tan(x) == x/10**9 + 10**9", "x > 3/2", "x < 8/5", "x > 157080/100000"),
        ("floor(x) == 1/2",),
        ("sign(x) == 1/2",),
        ("x**2 == 2", "x > sqrt(2)"),
        ("x**2 == 2", "x > 0", "x != sqrt(2)"),
        ("x**2 == 2", "x**3 == 3"),
        ("x == z", "x == z + 1", "x**2 == 2"),
        ("n**2 == 2",),
        ("x == n", "x**2 == 2"),
    ):
        assert exists(*conditions) is not Status.PROVED, conditions


def test_roots_with_parameters_at_and_beyond_the_edge() -> None:
    jury = "z**2 - (1 + p - a)*z + p"
    assert roots(jury, "1", "a < 2*(1 + p)") is Status.PROVED
    assert roots("z**3 - p*z/2", "1") is Status.PROVED
    assert roots("z - y/(1 + y)", "1") is Status.PROVED
    for shift in ("1e-2", "1e-9", "1e-20"):
        assert roots(jury, "1", f"a < 2*(1 + p) + {shift}") is not Status.PROVED
        assert roots("z**2 - p", f"1 - {shift}") is not Status.PROVED
    assert roots(jury, "1", "a <= 2*(1 + p)") is not Status.PROVED
    assert roots("z**2 - x", "1", "x <= 1", "x >= -1") is not Status.PROVED
    assert roots("x*z**2 + z/2", "1") is not Status.PROVED  # the leading coefficient may vanish, or be small
    assert roots("z**2 - p/x", "1") is not Status.PROVED  # and a coefficient not exist
    assert roots("z**2 - p", "x", "x >= 1") is Status.PROVED
    assert roots("z**2 - p", "x", "x**2 >= 1") is not Status.PROVED


def test_undone_functions_need_their_branch() -> None:
    assert relation("acos(cos(x)) == x", "0 <= x", "x <= 3") is Status.PROVED
    assert relation("acos(cos(x)) == x", "0 <= x", "x <= 7/2") is not Status.PROVED
    assert relation("LambertW(x*exp(x)) == x", "x >= -1") is Status.PROVED
    assert relation("LambertW(x*exp(x)) == x", "x >= -1 - 1/10**9") is not Status.PROVED
    assert relation("acosh(cosh(x)) == x") is not Status.PROVED
    assert relation("atan(tan(x)) == x", "-2 < x", "x < 2") is not Status.PROVED
    assert relation("asin(2*x*sqrt(1 - x**2)) == 2*asin(x)", "-4/5 <= x", "x <= 4/5") is not Status.PROVED


def test_monotone_functions_are_taken_off_in_their_direction() -> None:
    assert relation("atan(x) < atan(z)", "x < z") is Status.PROVED
    assert relation("acos(x) <= acos(z)", "x >= z", "-1 <= z", "x <= 1") is Status.PROVED
    assert relation("x <= z", "erfc(x) >= erfc(z)") is Status.PROVED
    for goal, given in (
        ("atan(x) < atan(z)", "x <= z"),
        ("erfc(x) < erfc(z)", "x < z"),
        ("log(x) <= log(z)", "x <= z"),
        ("cosh(x) < cosh(z)", "x < z"),
        ("floor(x) < floor(z)", "x < z"),
        ("x < z", "floor(x) <= floor(z)"),
        ("tanh(x) < erf(z)", "x < z"),
    ):
        assert relation(goal, given) is not Status.PROVED, goal


def test_equations_from_two_inequalities_stop_where_the_point_becomes_an_interval() -> None:
    assert relation("x == 1", "x**4 - 4*x + 3 <= 0") is Status.PROVED
    assert relation("x == z", "x >= 2", "x <= z", "z <= 2") is Status.PROVED
    for shift in ("1e-6", "1e-20"):
        assert relation("x == 1", f"x**4 - 4*x + 3 <= {shift}") is not Status.PROVED
        assert relation("x == z", "x >= 2", "x <= z", f"z <= 2 + {shift}") is not Status.PROVED
        assert relation("x == 0", "x <= 0", f"x >= -{shift}") is not Status.PROVED
