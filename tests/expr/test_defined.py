"""Where formulas are defined: the conditions of the raw tree, and what is evident without a prover."""

import random
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checker.expr.defined import conditions
from checker.expr.domain import INTEGER, NEGATIVE, NONNEGATIVE, POSITIVE, REAL, Domain
from checker.expr.evident import is_evident, is_integer, sign
from checker.expr.namespace import Namespace
from checker.expr.node import Add, Fn, Mul, Num, Pow, Rel, Sym, num
from checker.expr.parse import parse
from checker.expr.text import text
from tests.expr.mpmath_reader import value

DOMAINS = {
    "x": REAL,
    "y": REAL,
    "p": POSITIVE,
    "q": NONNEGATIVE,
    "m": NEGATIVE,
    "n": INTEGER,
    "k": Domain(lo=Fraction(1), integer=True),
    "rho": Domain(lo=Fraction(-1), hi=Fraction(1)),
}
SPACE = Namespace(DOMAINS)


def found(formula: str) -> list[str]:
    return [text(condition) for condition in conditions(parse(formula, SPACE), DOMAINS)]


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("x/x", ["x != 0"]),
        ("(x**2 - 1)/(x - 1)", ["x - 1 != 0"]),
        ("exp(log(x))", ["x > 0"]),
        ("0*log(0)", ["0 > 0"]),
        ("x**0", ["x != 0"]),
        ("0**0", ["0 != 0"]),
        ("x**3", []),
        ("sqrt(x)", ["x >= 0"]),
        ("x**(1/3)", ["x >= 0"]),
        ("x**(-1/2)", ["x > 0"]),
        ("x**n", ["x != 0 or n > 0"]),
        ("2**x", []),
        ("x**y", ["x > 0 or x == 0 and y > 0 or floor(y) == y and x != 0"]),
        ("asin(x)", ["-1 <= x", "x <= 1"]),
        ("asin(rho)", []),
        ("asin(2)", ["2 <= 1"]),
        ("gamma(x)", ["x > 0 or floor(x) != x"]),
        ("gamma(n)", ["n > 0"]),
        ("gamma(k)", []),
        ("log(1 + p)", []),
        ("log(p*q)", ["p*q > 0"]),
        ("1/(1 + x**2)", []),
        ("log(exp(x) + q)", []),
        ("1/(rho - 2)", ["rho - 2 != 0"]),
        ("tan(x)", ["cos(x) != 0"]),
    ],
)
def test_conditions(formula, expected):
    assert found(formula) == expected


def test_branches_guard_their_conditions():
    assert found("log(x) if x > 0 else 0") == []
    assert found("1/x if x >= 0 else 0") == ["x < 0 or x != 0"]
    assert found("0 if x > 0 else log(x)") == ["x > 0"]
    assert found("1/x if x != 0 else 1/y if y > 0 else 0") == []
    assert found("x > 0 and log(x) < 1") == []
    assert found("log(x) < 1 and x > 0") == ["x > 0"]


def test_variables_of_sums_and_integrals_are_guarded_by_their_range():
    assert found("Sum(1/j**2, (j, 1, oo))") == []
    assert found("Sum(1/j, (j, 0, n))") == ["floor(x'1) != x'1 or 0 > x'1 or x'1 > n or x'1 != 0"]
    assert found("Integral(log(s), (s, 0, 1))") == []  # the open interval
    assert found("Integral(log(s), (s, -1, 1))") == ["-1 >= x'1 or x'1 >= 1 or x'1 > 0"]
    assert found("Integral(1/y, (s, 0, 1))") == ["y != 0"]
    assert found("Integral(log(s), (s, x, 1))") == ["(x >= x'1 or x'1 >= 1) and (1 >= x'1 or x'1 >= x) or x'1 > 0"]


def test_limits_ask_only_what_does_not_depend_on_their_variable():
    assert found("limit(log(s)*sqrt(x), s, 0, right)") == ["x >= 0"]


def test_every_condition_counts_once():
    assert found("1/x + 2/x + log(y)/x") == ["x != 0", "y > 0"]


# -- evidence at a glance: never says "evident" of what is false somewhere --------------------------------------------

LEAVES = st.one_of(
    st.sampled_from([Sym(name) for name in DOMAINS]), st.builds(num, st.integers(-2, 2)), st.just(Num(Fraction(1, 2)))
)


def _larger(parts):
    several = st.lists(parts, min_size=2, max_size=3).map(tuple)
    unary = st.sampled_from(["exp", "abs", "tanh", "atan", "sigmoid", "softplus", "relu", "floor", "cosh", "sin"])
    return st.one_of(
        st.builds(Add, several),
        st.builds(Mul, several),
        st.builds(Pow, parts, st.sampled_from([num(e) for e in (-2, -1, 1, 2, 3)] + [Num(Fraction(1, 2))])),
        st.builds(lambda name, a: Fn(name, (a,)), unary, parts),
        st.builds(lambda name, a, b: Fn(name, (a, b)), st.sampled_from(["max", "min"]), parts, parts),
    )


def _point(rng: random.Random) -> dict[str, Fraction]:
    real = lambda: Fraction(rng.randint(-12, 12), rng.choice([1, 2, 3]))  # noqa: E731
    return {
        "x": real(),
        "y": real(),
        "p": abs(real()) + Fraction(1, 5),
        "q": abs(real()),
        "m": -abs(real()) - Fraction(1, 5),
        "n": Fraction(rng.randint(-5, 5)),
        "k": Fraction(rng.randint(1, 6)),
        "rho": Fraction(rng.randint(-4, 4), 4),
    }


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    st.recursive(LEAVES, _larger, max_leaves=6),
    st.sampled_from(["<", "<=", ">", ">=", "!="]),
    st.sampled_from([-1, 0, 1]),
)
def test_what_is_evident_is_true(tree, op, bound):
    condition = Rel(op, tree, num(bound))
    if not is_evident(condition, DOMAINS):
        return
    rng = random.Random(5)
    for _ in range(15):
        point = {name: v.numerator / v.denominator for name, v in _point(rng).items()}
        try:
            number = value(tree, point)
        except (ZeroDivisionError, ValueError):
            continue
        if getattr(number, "imag", 0) == 0:
            holds = {"<": number < bound, "<=": number <= bound, ">": number > bound, ">=": number >= bound}
            assert {**holds, "!=": number != bound}[op]


def test_signs():
    read = lambda formula: sign(parse(formula, SPACE), DOMAINS)  # noqa: E731
    assert read("p + q") == "+"
    assert read("q*q") == "0+"
    assert read("m*p") == "-"
    assert read("m - p") == "-"
    assert read("x**2") == "0+"
    assert read("x") is None
    assert read("p - q") is None
    assert read("max(x, p)") == "+"
    assert read("min(x, p)") is None
    assert is_integer(parse("2*n + k**2", SPACE), DOMAINS)
    assert not is_integer(parse("n/2", SPACE), DOMAINS)
