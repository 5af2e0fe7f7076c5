"""The SymPy reading has the values of the balls, the declared assumptions and nothing evaluated behind its back."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import flint
import pytest
import sympy

from checker.expr.domain import INTEGER, NONNEGATIVE, POSITIVE, REAL, Domain
from checker.expr.errors import UnsupportedError
from checker.expr.functions import FUNCTIONS
from checker.expr.namespace import Namespace
from checker.expr.node import Bound, Fn, Node, Num, Pow, Rel, Sym, Vec, num
from checker.expr.parse import parse
from checker.expr.to_arb import evaluate, precision
from checker.expr.to_sympy import assumptions, symbol, to_sympy

DOMAINS: Mapping[str, Domain] = {
    "x": POSITIVE,
    "y": REAL,
    "n": Domain(lo=Fraction(1), integer=True),
    "v": Domain(lo=Fraction(0), lo_open=True, shape=(num(3),)),
}


def read(text: str) -> Node:
    return parse(text, Namespace(symbols=DOMAINS, definitions={}))


FORMULAS = [
    "x + 2*y - 1/3",
    "(x - y)/(x + y**2)",
    "sqrt(x)*exp(-y)",
    "log(x)*sin(y) + cos(x)*tan(y)",
    "asin(y/7) + acos(y/7) + atan(x)",
    "sinh(y) + cosh(y) + tanh(y)",
    "asinh(y) + acosh(x + 2) + atanh(y/7)",
    "erf(y) + erfc(x)",
    "softplus(y) - sigmoid(y) + relu(y)",
    "log1p(x) + expm1(y)",
    "normcdf(y) + hypot(x, y)",
    "gamma(x) + loggamma(x) + digamma(x) + polygamma(1, x)",
    "factorial(n) + binomial(n + 3, 2)",
    "LambertW(x)",
    "abs(y) + sign(y) + floor(x)",
    "max(x, y, 1) - min(x, y)",
    "x if y > 0 else 1 - x",
    "pi*x + exp(1)*y",
    "x**y",
    "Sum(k**2, (k, 1, 5)) + x",
    "Product(k + x, (k, 1, 4))",
]


@pytest.mark.parametrize("text", FORMULAS)
def test_values_agree_with_balls(text: str) -> None:
    """Both readings start from the same raw tree and share no code below it; 30 digits at two asymmetric points."""
    node = read(text)
    for x, y, n in ((Fraction(7, 4), Fraction(-5, 3), 3), (Fraction(11, 5), Fraction(2, 7), 4)):
        point = {"x": x, "y": y, "n": Fraction(n)}
        values = {
            symbol(name, DOMAINS): sympy.Rational(point[name].numerator, point[name].denominator) for name in point
        }
        reading = to_sympy(node, DOMAINS).doit().subs(values)
        number = sympy.N(reading, 40)
        assert number.is_Float or number.is_Rational
        with precision(200):
            assert abs(evaluate(node, point, 200) - flint.arb(str(number))) < 1e-30


def test_every_scalar_function_has_a_reading() -> None:
    unread = []
    for row in FUNCTIONS.values():
        if row.kind == "scalar":
            try:
                to_sympy(Fn(row.name, tuple(Sym("x") for _ in range(row.least))), DOMAINS)
            except UnsupportedError:
                unread.append(row.name)
    assert unread == []


@pytest.mark.parametrize(
    ("domain", "told"),
    [
        (REAL, {"real"}),
        (POSITIVE, {"real", "positive"}),
        (NONNEGATIVE, {"real", "nonnegative"}),
        (INTEGER, {"real", "integer"}),
        (Domain(lo=Fraction(1), integer=True), {"real", "positive", "integer"}),
        (Domain(hi=Fraction(0), hi_open=True), {"real", "negative"}),
        (Domain(hi=Fraction(0)), {"real", "nonpositive"}),
        (Domain(lo=Fraction(-1), hi=Fraction(1)), {"real"}),
        (Domain(values=(Fraction(2), Fraction(4))), {"real", "positive", "integer"}),
        (Domain(values=(Fraction(-1, 2), Fraction(4))), {"real"}),
    ],
)
def test_only_sound_assumptions_are_told(domain: Domain, told: set[str]) -> None:
    assert {name for name, value in assumptions(domain).items() if value} == told


def test_binders_and_limits_stay_unevaluated() -> None:
    assert isinstance(to_sympy(read("Integral(exp(-t*x), (t, 0, oo))"), DOMAINS), sympy.Integral)
    assert isinstance(to_sympy(read("Sum(1/k**2, (k, 1, oo))"), DOMAINS), sympy.Sum)
    assert isinstance(to_sympy(read("Product(1 - 1/k**2, (k, 2, oo))"), DOMAINS), sympy.Product)
    assert isinstance(to_sympy(read("limit(sin(t)/t, t, 0)"), DOMAINS), sympy.Limit)


def test_binders_mean_what_they_say() -> None:
    x = symbol("x", DOMAINS)
    assert to_sympy(read("Integral(exp(-t*x), (t, 0, oo))"), DOMAINS).doit() == 1 / x
    assert to_sympy(read("Sum(1/k**2, (k, 1, oo))"), DOMAINS).doit() == sympy.pi**2 / 6
    assert to_sympy(read("limit((1 + x/t)**t, t, oo)"), DOMAINS).doit() == sympy.exp(x)
    nested = to_sympy(read("Integral(Integral(s*t**2, (s, 0, t)), (t, 0, 1))"), DOMAINS).doit()
    assert nested == sympy.Rational(1, 10)
    assert nested != sympy.Rational(1, 6)  # what swapping the two variables would give


def test_a_relation_is_a_sympy_relation() -> None:
    x, y = symbol("x", DOMAINS), symbol("y", DOMAINS)
    assert to_sympy(read("x <= y"), DOMAINS) == sympy.Le(x, y)
    assert to_sympy(read("x <= y"), DOMAINS) != sympy.Lt(x, y)


def test_vectors_become_their_components() -> None:
    entries = [sympy.Symbol(f"v[{i}]", real=True, positive=True) for i in range(3)]
    assert to_sympy(read("sum(v)"), DOMAINS) == sympy.Add(*entries)
    assert to_sympy(read("dot(v, v)"), DOMAINS) == sympy.Add(*(entry**2 for entry in entries))
    assert to_sympy(read("max(v)"), DOMAINS) == sympy.Max(*entries)


@pytest.mark.parametrize(
    "node",
    [
        Vec((Num(Fraction(1)), Sym("x"))),
        Bound(0),
        Pow(Num(Fraction(3)), Num(Fraction(10**9))),
        Fn("eigenvalues", (Sym("v"),)),
        Fn("slope", (Sym("x"), Sym("y"))),
    ],
)
def test_what_sympy_cannot_say_is_refused(node: Node) -> None:
    with pytest.raises(UnsupportedError):
        to_sympy(node, DOMAINS)


def test_a_name_is_a_name_and_is_never_run() -> None:
    name = "__import__('os').abort()"
    assert to_sympy(Rel(">", Sym(name), Num(Fraction(0))), {name: REAL}).free_symbols == {sympy.Symbol(name, real=True)}
