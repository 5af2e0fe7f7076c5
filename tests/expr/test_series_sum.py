"""Infinite sums as balls: known values, divergent ones NaN, undefined terms noticed however late they come."""

from __future__ import annotations

from fractions import Fraction

import pytest
from flint import arb

from checker.expr.domain import REAL
from checker.expr.errors import UnsupportedError
from checker.expr.namespace import Namespace
from checker.expr.node import INFINITY, Binder, Bound, Pow, num
from checker.expr.parse import parse
from checker.expr.to_arb import evaluate

SPACE = Namespace(symbols={"q": REAL, "r": REAL})
POINT = {"q": Fraction(-9, 10), "r": Fraction(7, 2)}


def ball(text: str, bits: int = 96) -> arb:
    return evaluate(parse(text, SPACE), POINT, bits)


@pytest.mark.parametrize(
    ("series", "value", "off", "digits"),
    [
        ("Sum(1/n**2, (n, 1, oo))", "pi**2/6", "pi**2/6 + 10**(-30)", 35),
        ("Sum(1/(n + 3)**2, (n, -2, oo))", "pi**2/6", "pi**2/6 - 1", 35),
        ("Sum(n/((n + 2)*(n + 4)*(n + 8)), (n, 1, oo))", "4/35", "521/25200", 35),
        ("Sum(factorial(4*n)/factorial(4*n + 4), (n, 1, oo))", "log(2)/4 - pi/24 - 1/24", "log(2)/4 - pi/24", 35),
        ("Sum(1/(n**2 + 1), (n, 0, oo))", "1/2 + pi/2/tanh(pi)", "pi/2/tanh(pi)", 35),
        ("Sum(1/(n**2*(n + 1)**2), (n, 1, oo))", "pi**2/3 - 3", "pi**2/3 - 2", 35),
        ("Sum(q**n, (n, 0, oo))", "1/(1 - q)", "1/(1 + q)", 25),
        ("Sum((-1/2)**n, (n, 0, oo))", "2/3", "2", 30),
        ("Sum(exp(-r)*r**n/factorial(n)*n**2, (n, 0, oo))", "r + r**2", "r**2", 30),
        ("Sum(binomial(2*n, n)/5**n, (n, 0, oo))", "sqrt(5)", "sqrt(6)", 30),
        ("Sum(factorial(n)**2/factorial(2*n), (n, 0, oo))", "4/3 + 2*sqrt(3)*pi/27", "4/3", 30),
        ("Sum(1/(sqrt(n)*(n + sqrt(n))), (n, 1, oo))", "Sum(1/(n**(3/2) + n), (n, 1, oo))", "2", 10),
        ("Sum((-1)**n/(n + 1), (n, 0, oo))", "log(2)", "693147/10**6", 30),  # in pairs: it does not converge absolutely
        ("Product(1 - 1/n**2, (n, 2, oo))", "1/2", "1/2 + 10**(-30)", 30),
        ("Product(1 - 1/(4*n**2), (n, 1, oo))", "2/pi", "2/pi - 10**(-30)", 30),
        ("Product((n - 1)*(n - 3)/(n - 2)**2, (n, 4, oo))", "1/2", "1/3", 30),
    ],
)
def test_value(series: str, value: str, off: str, digits: int) -> None:
    found = ball(series)
    assert found.overlaps(ball(value, 200))
    assert not found.overlaps(ball(off, 200))
    assert found.rad() < arb(10) ** -digits * (1 + abs(found))


@pytest.mark.parametrize(
    "series",
    [
        "Sum(1/n, (n, 1, oo))",
        "Sum(1/(n*log(n)), (n, 2, oo))",
        "Sum(2**n, (n, 0, oo))",
        "Sum(factorial(n)*exp(-n), (n, 0, oo))",
        "Sum((-1)**n*(n + 2)/(n + 1), (n, 0, oo))",
        "Sum((-1)**(2*n)/(n + 1), (n, 0, oo))",
        "Sum((-1)**n/sqrt(n + 1), (n, 0, oo))",  # converges, and no rule says so
        "Product((n + 1)/n, (n, 1, oo))",
        "Product((2*n**2 + 1)/(n**2 + 1), (n, 1, oo))",
        "Sum(1, (n, 1, oo))",
    ],
)
def test_no_number_without_convergence(series: str) -> None:
    assert ball(series).is_nan()


@pytest.mark.parametrize("series", ["Sum(1/(n - 3)**2, (n, 1, oo))", "Sum((n - 1000)/(n - 1000)/n**2, (n, 1, oo))"])
def test_an_undefined_term(series: str) -> None:
    assert ball(series).is_nan()


def test_finite_sums_stay_exact() -> None:
    assert ball("Sum(n**2, (n, 1, 10))") == 385
    with pytest.raises(UnsupportedError, match="integer"):
        evaluate(Binder("Sum", Pow(Bound(0), num(-2)), num(Fraction(1, 2)), INFINITY), {})


def test_euler_maclaurin_encloses_the_zeta_derivative() -> None:
    found = ball("Sum(log(n)/n**2, (n, 1, oo))")  # -zeta'(2), OEIS A073002
    assert found.overlaps(arb("0.93754825431584375370257409456786497789786028861483 +/- 1e-45"))
    assert not found.overlaps(arb("0.9375482543158439"))
