"""The rational normal form: identities found, near misses not, and never a zero that balls contradict."""

from __future__ import annotations

import random
from collections.abc import Mapping
from fractions import Fraction

import pytest

from checker.expr.domain import NONNEGATIVE, POSITIVE, REAL, Domain
from checker.expr.errors import UnsupportedError
from checker.expr.namespace import Namespace
from checker.expr.node import Num, add, mul, sub, symbols_of
from checker.expr.parse import parse
from checker.expr.rational import is_zero, normal
from checker.expr.to_arb import evaluate
from tests.expr.test_interval import random_tree

OPEN_UNIT = Domain(Fraction(0), Fraction(1), lo_open=True, hi_open=True)
X: Mapping[str, Domain] = {"x": REAL, "y": REAL, "n": REAL, "a": REAL, "b": REAL, "c": REAL}
POS: Mapping[str, Domain] = dict.fromkeys("xyab", POSITIVE)


@pytest.mark.parametrize(
    ("text", "domains"),
    [
        ("x/x - 1", X),  # zero where it is defined: definedness is another question
        ("(x + 1)**2 - x**2 - 2*x - 1", X),
        ("exp(x + y) - exp(x)*exp(y)", X),
        ("exp(x/2)**2 - exp(x)", X),
        ("log(exp(x)) - x", X),
        ("sqrt(x**2) - abs(x)", X),
        ("sqrt(x**2) - x", POS),
        ("log(x*y) - log(x) - log(y)", POS),
        ("x**a*x**b - x**(a + b)", POS),
        ("sqrt(x*y) - sqrt(x)*sqrt(y)", {"x": NONNEGATIVE, "y": NONNEGATIVE}),
        ("sigmoid(x) + sigmoid(-x) - 1", X),
        ("softplus(x) - softplus(-x) - x", X),
        ("cosh(x)**2 - sinh(x)**2 - 1", X),
        ("tanh(2*x) - 2*tanh(x)/(1 + tanh(x)**2)", X),
        ("cos(3*x) - 4*cos(x)**3 + 3*cos(x)", X),
        ("sin(pi/3)**2 - 3/4", X),
        ("1/(sqrt(2) - 1) - sqrt(2) - 1", X),
        ("sqrt(8) - 2*sqrt(2)", X),
        ("gamma(x + 1) - x*gamma(x)", X),
        ("gamma(7/2) - 15*sqrt(pi)/8", X),
        ("digamma(x + 1) - digamma(x) - 1/x", X),
        ("LambertW(x)*exp(LambertW(x)) - x", X),
        ("4**n - 2**(2*n)", X),
        ("(-1)**(n + 1) + (-1)**n", X),
        ("max(x, y) + min(x, y) - x - y", X),
        ("max(a, b, c) - max(c, max(b, a))", X),
        ("p*log(p) + (1 - p)*log(1 - p) + log(p**(-p)*(1 - p)**(p - 1))", {"p": OPEN_UNIT}),
        ("acos(x) + asin(x) - pi/2", X),
        ("Sum(k**2, (k, 1, 5)) - 55", X),
    ],
)
def test_identities(text: str, domains: Mapping[str, Domain]) -> None:
    assert is_zero(parse(text, Namespace(symbols=dict(domains))), domains) is True


@pytest.mark.parametrize(
    ("text", "domains", "expected"),
    [
        ("x**2 - 1", X, False),  # only symbols: a form that is not zero is another function
        ("(x + 1)**2 - x**2 - 2*x", X, False),
        ("sqrt(x**2) - x", X, None),
        ("sqrt(x*y) - sqrt(x)*sqrt(y)", X, None),
        ("log(x*y) - log(x) - log(y)", X, None),
        ("log(x**2) - 2*log(x)", X, None),
        ("exp(x) - 1 - x", X, None),
        ("max(x, y) - x", X, None),
        ("cos(3*x) - 4*cos(x)**3 + 2*cos(x)", X, None),
        ("gamma(x + 1) - (x + 1)*gamma(x)", X, None),
    ],
)
def test_near_misses(text: str, domains: Mapping[str, Domain], expected: bool | None) -> None:
    assert is_zero(parse(text, Namespace(symbols=dict(domains))), domains) is expected


def test_hostile_sizes_are_refused_quickly() -> None:
    for text in ("(x + y + a + b + c + n)**60 - 1", "exp(exp(1000*x) + 1)**500 - x", "(x**1000 + 1)/(x**999 - 1) - y"):
        with pytest.raises(UnsupportedError):
            normal(parse(text, Namespace(symbols=dict(X))))


def test_the_normal_form_keeps_the_value() -> None:
    draw = random.Random(11)
    compared = 0
    for _ in range(250):
        node = random_tree(draw, 3)
        try:
            rewritten = normal(node).node()
        except UnsupportedError:
            continue
        for _ in range(4):
            point = {name: Fraction(draw.randint(-9, 9), draw.randint(2, 5)) for name in symbols_of(node) | {"x", "y"}}
            before = evaluate(node, point, 200)
            after = evaluate(rewritten, point, 200)
            if before.is_nan() or after.is_nan():
                continue  # equal wherever both are defined
            compared += 1
            assert before.overlaps(after), (node, point)
    assert compared > 300


def test_a_zero_is_never_contradicted_by_balls() -> None:
    # Differences of equal things in two shapes, and the same with a small error: only the first may be zero.
    draw = random.Random(3)
    claimed = 0
    for _ in range(120):
        left, right = random_tree(draw, 2), random_tree(draw, 2)
        whole = mul(add(left, right), add(left, right))
        same = sub(whole, add(mul(left, left), mul(Num(Fraction(2)), left, right), mul(right, right)))
        if is_zero(same):
            claimed += 1
        assert is_zero(add(same, Num(Fraction(1, 10**9)))) is not True
    assert claimed > 60
