"""Integrals as balls: known values in narrow balls, divergent and undefined ones NaN, bounds of tails above the function."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import pytest
from flint import acb, arb, fmpq

from checker.expr.domain import REAL
from checker.expr.errors import UnsupportedError
from checker.expr.growth import HalfLine
from checker.expr.namespace import Namespace
from checker.expr.node import Node
from checker.expr.parse import parse
from checker.expr.to_acb import compile_analytic
from checker.expr.to_arb import evaluate, precision

NAMES = ("x", "m", "s", "a", "b")
POINT = {"m": Fraction(7, 3), "s": Fraction(1, 10), "a": Fraction(5, 4), "b": Fraction(3, 2)}


def read(text: str) -> Node:
    return parse(text, Namespace(symbols=dict.fromkeys(NAMES, REAL)))


def ball(text: str, point: Mapping[str, Fraction] | None = None, bits: int = 96) -> arb:
    return evaluate(read(text.replace("(x,", "(z,")), POINT if point is None else point, bits)


@pytest.mark.parametrize(
    ("integral", "value", "off"),
    [
        ("Integral(exp(-z), (z, 0, oo))", "1", "1 + 10**(-20)"),
        ("Integral(exp(-z**2/2)/sqrt(2*pi), (z, -oo, oo))", "1", "1 - 10**(-20)"),
        ("Integral(z**6*exp(-z**2/2)/sqrt(2*pi), (z, -oo, oo))", "15", "16"),
        ("Integral(exp(-(z - m)**2/(2*s**2))/(s*sqrt(2*pi)), (z, -oo, oo))", "1", "s"),
        ("Integral(max(abs(z) - a, 0)**2*exp(-abs(z)/b)/(2*b), (z, -oo, oo))", "2*b**2*exp(-a/b)", "b**2*exp(-a/b)"),
        ("Integral(1/(1 + z**2), (z, -oo, oo))", "pi", "pi + 10**(-20)"),
        ("Integral(1/cosh(z), (z, -oo, oo))", "pi", "2*pi"),
        ("Integral(z**(-5/4), (z, 1, oo))", "4", "5"),
        ("Integral(log(z), (z, 0, 1))", "-1", "-1 + 10**(-20)"),
        ("Integral(z*log(z), (z, 0, 1))", "-1/4", "1/4"),
        ("Integral(log(abs(z)), (z, -1, 2))", "2*log(2) - 3", "2*log(2) - 2"),
        ("Integral(1/sqrt(1 - z**2), (z, -1, 1))", "pi", "3"),
        ("Integral(1/sqrt(pi - z), (z, 0, pi))", "2*sqrt(pi)", "sqrt(pi)"),
        ("Integral(abs(sin(z)*cos(z)), (z, 0, 2*pi))", "2", "1"),
        ("Integral(abs(z**2 - 2), (z, 0, 2))", "8*sqrt(2)/3 - 4/3", "8*sqrt(2)/3 - 5/3"),
        ("Integral(floor(z), (z, 0, 7/2))", "9/2", "7/2"),
        ("Integral(1 if z < 1/3 else 2, (z, 0, 1))", "5/3", "4/3"),
        ("Integral(sin(100*z), (z, 0, 1))", "(1 - cos(100))/100", "(1 + cos(100))/100"),
        ("Integral(z**3/(exp(z) - 1), (z, 0, oo))", "pi**4/15", "pi**4/16"),
        ("Integral(exp(z)/(1 + exp(z))**2, (z, -oo, oo))", "1", "1/2"),
        ("Integral(z, (z, 2, 0))", "-2", "2"),
        ("Integral(Integral((y + z)**2*exp(-y**2 - z**2), (y, -oo, oo)), (z, -oo, oo))", "pi", "2*pi"),
    ],
)
def test_value(integral: str, value: str, off: str) -> None:
    found = ball(integral)
    with precision(160):
        assert found.overlaps(ball(value, bits=160))
        assert not found.overlaps(ball(off, bits=160))
    assert found.rad() < arb(10) ** -25 * (1 + abs(found))


@pytest.mark.parametrize(
    "integral",
    [
        "Integral(1/z, (z, 1, oo))",
        "Integral(1/z, (z, -1, 1))",  # its principal value is 0
        "Integral(1/z**2, (z, -1, 1))",  # a table of antiderivatives gives -2
        "Integral(1/(1 - z)**2, (z, 0, 1))",
        "Integral(1/(z**2 - 2), (z, 0, 2))",  # a pole at an irrational point
        "Integral(tan(z), (z, 0, pi))",
        "Integral(1/(z*log(z)), (z, 2, oo))",
        "Integral(sin(z), (z, 0, oo))",
        "Integral(sin(z)/z, (z, 0, oo))",  # converges, not absolutely: nobody shows it here
        "Integral(0 if z == 0 else 1/z, (z, -1, 1))",
        "Integral(exp(z), (z, 0, oo))",
    ],
)
def test_no_number_without_convergence(integral: str) -> None:
    assert ball(integral).is_nan()


@pytest.mark.parametrize(
    "integral",
    [
        "Integral(sqrt(z), (z, -1, 1))",
        "Integral(log(z)**2, (z, -1, 1))",
        "Integral(exp(-z)*sqrt(100 - z), (z, 0, oo))",  # undefined only far out in the tail
        "Integral(asin(z), (z, 0, 3/2))",
        "Integral(1/(m - m), (z, 0, 0))",
    ],
)
def test_undefined_on_part_of_the_range(integral: str) -> None:
    assert ball(integral).is_nan()


def test_nested_ranges_are_refused() -> None:
    with pytest.raises(UnsupportedError, match="nested integral"):
        ball("Integral(Integral(y*z, (y, 0, z)), (z, 0, 1))")


def test_small_values_keep_their_relative_precision() -> None:
    found = ball("Integral(exp(-z), (z, 200, oo))")
    truth = ball("exp(-200)", bits=256)
    assert found.overlaps(truth)
    assert abs(found - truth) < truth * arb(10) ** -20


TAILS = [
    "exp(-x)", "x**3*exp(-x**2/2)", "1/(1 + x**2)", "1/(x**2 - 3*x)", "log(x)/x**2", "sin(1/x)/x", "exp(x)*exp(-x**2)",
    "1/(1 + exp(x))", "exp(x)/(1 + exp(x))**2", "1 - tanh(x)", "softplus(x)*exp(-x)", "log(1 + exp(x))/x**3",
    "x**(-3/2)*log(1 + 1/x)", "2**(-x)", "1/gamma(x + 1)", "normcdf(-x)*x**2", "1/cosh(x)", "x/(exp(x) - 1)", "erfc(x)",
    "exp(-x)*cos(x)**2", "max(abs(x) - 3, 0)**2*exp(-abs(x))", "expm1(-x)/x**2", "sqrt(x)*sinh(x)*exp(-2*x)", "asinh(x)/x**2",
]  # fmt: skip


@pytest.mark.parametrize("text", TAILS)
def test_power_bounds_hold(text: str) -> None:
    node = read(text)
    for start in (4, 16, 50):
        bound = HalfLine("x", arb(start), {}).upper(node)
        assert bound is not None
        for stretch in (Fraction(1), Fraction(9, 8), Fraction(2), Fraction(7), Fraction(40)):
            with precision(256):
                at = abs(evaluate(node, {"x": start * stretch}, 256))
                limit = bound.at_start * (bound.power * arb(fmpq(stretch.numerator, stretch.denominator)).log()).exp()
                assert not at > limit * (1 + arb(2) ** -60), (start, stretch)


@pytest.mark.parametrize("text", ["exp(x)", "sqrt(100 - x)*exp(-x)", "log(x - 20)", "exp(floor(x) - 2*x)", "1/sin(x)"])
def test_no_bound_where_none_can_hold(text: str) -> None:
    assert HalfLine("x", arb(4), {}).upper(read(text)) is None


@pytest.mark.parametrize("name", ["sqrt", "log", "asin", "acosh", "atanh", "loggamma", "LambertW", "abs", "sign", "log1p"])
def test_no_analytic_value_on_a_cut_or_kink(name: str) -> None:
    on_the_cut = {"asin": 2, "acosh": 0, "atanh": 2, "abs": 0, "sign": 0, "LambertW": -2, "log1p": -2}.get(name, -1)
    function = compile_analytic(read(f"{name}(x)"), "x", {}, 96)
    assert not function(acb(arb(on_the_cut, 0.25), arb(0, 0.25))).is_finite()
    inside = {"asin": 0.5, "acosh": 2, "atanh": 0.5}.get(name, 3)
    with precision(96):
        found = function(acb(arb(inside, 0.01), arb(0, 0.01)))
        assert found.is_finite()
        assert found.real.contains(evaluate(read(f"{name}(x)"), {"x": Fraction(inside)}, 160).mid())
