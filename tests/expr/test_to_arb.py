"""Values at points: exact where they can be, NaN where undefined, and relations decided only when certain."""

from __future__ import annotations

from fractions import Fraction

import flint
import pytest
from flint import arb, fmpq

from checker.expr.domain import REAL
from checker.expr.errors import UnsupportedError
from checker.expr.namespace import Namespace
from checker.expr.node import ONE, Binder, Bound, Fn, Node, Pow, Rel, Sym, num
from checker.expr.parse import parse
from checker.expr.to_arb import evaluate, holds, precision, to_ball, value


def read(text: str) -> Node:
    return parse(text, Namespace(symbols={"x": REAL, "y": REAL}))


AT = {"x": Fraction(2), "y": Fraction(1, 3)}


@pytest.mark.parametrize(
    ("text", "digits"),  # first digits from the tables of the NIST Handbook and OEIS
    [
        ("exp(1)", "2.718281828459045235360287"),
        ("log(x)", "0.693147180559945309417232"),
        ("sqrt(x)", "1.414213562373095048801688"),
        ("gamma(1/2)**2 - pi", "0"),
        ("erf(1/2)", "0.520499877813046537682746"),
        ("LambertW(1)", "0.567143290409783872999968"),
        ("digamma(1)", "-0.577215664901532860606512"),
        ("normcdf(1)", "0.841344746068542948585232"),
        ("softplus(0)", "0.693147180559945309417232"),
    ],
)
def test_known_digits(text: str, digits: str) -> None:
    ball = evaluate(read(text), AT, 160)
    with precision(160):
        assert abs(ball - arb(digits)) < arb("1e-24")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("exp(x - 2)", 1),
        ("sqrt(x*2)", 2),
        ("(8/27)**(1/3)", Fraction(2, 3)),
        ("log(3*y)", 0),
        ("y - 1/3", 0),
        ("sigmoid(3*y - 1)", Fraction(1, 2)),
        ("factorial(5)", 120),
        ("binomial(5, 2)", 10),
        ("max(x, y, 1)", 2),
        ("x if x > y else log(-1)", 2),
        ("0**0", 1),
    ],
)
def test_exact_values_stay_exact(text: str, expected: Fraction) -> None:
    found = value(read(text), AT)
    assert isinstance(found, fmpq)
    assert found == fmpq(Fraction(expected).numerator, Fraction(expected).denominator)


@pytest.mark.parametrize(
    "text",
    ["0*log(0)", "0/0", "(x - 2)/(x - 2)", "log(-x)", "sqrt(-y)", "asin(x)", "atanh(1)", "0**(-1)", "(-8)**(1/3)", "gamma(-2)",
     "loggamma(-1/2)", "LambertW(-1)"],
)  # fmt: skip
def test_undefined_is_nan(text: str) -> None:
    assert to_ball(value(read(text), AT)).is_nan()


def test_relations() -> None:
    assert holds(read("exp(x) > 1 + x"), AT) is True
    assert holds(read("exp(x) > 1 + x"), {"x": Fraction(0)}) is False  # equality is exact there
    assert holds(read("sqrt(x)**2 == 2"), AT) is None  # balls cannot tell equality of irrational numbers
    assert holds(read("sqrt(x)**2 > 2"), AT) is None
    assert holds(read("log(-x) > 0"), AT) is None
    assert holds(read("log(-x) > 0 and x < 0"), AT) is False
    # 10**-100 beyond a double, found by doubling the precision
    assert holds(read("sqrt(2) < sqrt(2 + 1/10**100)"), {}) is True


def test_piecewise_waits_for_certainty() -> None:
    node = read("1 if sqrt(x)**2 >= 2 else 0")
    assert evaluate(node, AT).is_nan()
    assert value(node, {"x": Fraction(3)}) == 1


def test_sums_and_products() -> None:
    square = Pow(Bound(0), num(2))
    assert value(Binder("Sum", square, ONE, num(10)), {}) == 385
    assert value(Binder("Product", Bound(0), ONE, num(6)), {}) == 720
    assert value(Binder("Sum", square, ONE, num(0)), {}) == 0
    inner = Binder("Sum", Bound(1), ONE, Bound(0))  # sum over n of n copies of n
    assert value(Binder("Sum", inner, ONE, num(4)), {}) == 30
    with pytest.raises(UnsupportedError):
        value(Binder("Sum", square, ONE, num(10**9)), {})


def test_missing_symbols_and_integrals_are_refused() -> None:
    with pytest.raises(UnsupportedError):
        evaluate(Sym("z"), {})
    with pytest.raises(UnsupportedError):
        evaluate(Fn("no_such_function", (ONE,)), {})


def test_precision_is_restored_after_an_error() -> None:
    before = flint.ctx.prec
    with pytest.raises(UnsupportedError):
        evaluate(Rel("<", ONE, ONE), {}, 777)
    assert flint.ctx.prec == before


@pytest.mark.parametrize(
    ("n", "k", "value"), [(2, 5, 0), (2, -1, 0), (5, 2, 10), (Fraction(1, 2), 2, Fraction(-1, 8)), (Fraction(1, 2), -1, 0)]
)
def test_binomials_beside_the_triangle(n: Fraction, k: Fraction, value: Fraction) -> None:
    node = parse("binomial(n, k)", Namespace(symbols={"n": REAL, "k": REAL}))
    found = evaluate(node, {"n": Fraction(n), "k": Fraction(k)}, 128)
    assert found.contains(fmpq(Fraction(value).numerator, Fraction(value).denominator))
    assert abs(found - fmpq(Fraction(value).numerator, Fraction(value).denominator)).upper() < 1e-30
