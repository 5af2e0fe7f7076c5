"""Limits by expansion: known values, the same values seen by balls, and silence where a parameter decides."""

from __future__ import annotations

import random
from collections.abc import Mapping
from fractions import Fraction

import pytest

from checker.expr.domain import INTEGER, POSITIVE, REAL, Domain
from checker.expr.functions import fn
from checker.expr.namespace import Namespace
from checker.expr.node import Add, Mul, Node, Num, Pow, Sym, div, num, sub, substitute, symbols_of
from checker.expr.parse import parse
from checker.prove.approach import approaches, diverges
from checker.prove.asymptotic import T, limit_at_infinity
from checker.prove.coefficients import Coefficients, OpenError

DOMAINS: Mapping[str, Domain] = {
    "t": POSITIVE,
    "a": POSITIVE,
    "b": REAL,
    "n": Domain(lo=Fraction(1), integer=True),
    "k": INTEGER,
}


def read(text: str) -> Node:
    return parse(text, Namespace(symbols=DOMAINS, definitions={}))


def limit(text: str, given: tuple[str, ...] = ()) -> object:
    """The limit of a formula in ``t``: a tree, or 1 or -1 for plus or minus infinity."""
    coefficients = Coefficients({k: v for k, v in DOMAINS.items() if k != "t"}, [read(each) for each in given])
    found = limit_at_infinity(substitute(read(text), {"t": Sym(T)}), coefficients)
    return found.value if found.value is not None else found.infinite


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("n*exp(-t*a)", "0"),
        ("t**(-2)*(t**2*b**2 + t*k**2)", "b**2"),
        ("exp(log(t)**2/t)", "1"),
        ("exp(t)*(exp(-t*(1 - (log(t)/t)**2)) + exp(-t*(1 + log(t)/t)) + exp(-3/2*t))", "1"),
        ("1/log(t) + 1/10**6", "1/10**6"),
        ("sqrt(t**2 + a*t) - t", "a/2"),
        ("(1 + a/t)**t", "exp(a)"),
        ("t*(exp(1/t) - 1)", "1"),
        ("gamma(t + 1/2)/(gamma(t)*sqrt(t))", "1"),
        ("factorial(t)*exp(t)/(t**t*sqrt(2*pi*t))", "1"),
        ("digamma(t) - log(t)", "0"),
        ("LambertW(t)/log(t)", "1"),
        ("sin(t)/t", "0"),
        ("log(log(t))/log(t)", "0"),
        ("log(t)**5/t**(1/100)", "0"),
        ("log(t + exp(sqrt(log(t))))/log(t)", "1"),
        ("exp(t + exp(-t)) - exp(t)", "1"),
        ("log(exp(a*t) + exp(-t))/t", "a"),
        ("erfc(t)*exp(t**2)*t*sqrt(pi)", "1"),
        ("(normcdf(t) - 1)*t*exp(t**2/2)*sqrt(2*pi)", "-1"),
        ("t*(pi/2 - atan(t))", "1"),
        ("t**2*(cos(1/t) - 1)", "-1/2"),
        ("tanh(t)**2 + 1/cosh(t)", "1"),
        ("softplus(t) - t + softplus(-t)", "0"),
        ("max(t, 2)/t + min(t, 2) - relu(2 - t)", "3"),
        ("t/abs(t) if t > 10 else 7", "1"),
        ("(t + 1)**a/t**a", "1"),
        ("t**(1/t)", "1"),
        ("(t**(t + 1) + t**t)/t**(t + 1)", "1"),
        ("asinh(t) - log(2*t)", "0"),
        ("acosh(t) - asinh(t)", "0"),
        ("atanh(1 - 1/t)/log(t)", "1/2"),
        ("hypot(t, a) - t", "0"),
        ("asin(1/2 + 1/t)*6/pi", "1"),
    ],
)
def test_known_limits(text: str, value: str) -> None:
    found = limit(text)
    assert isinstance(found, Node)
    assert Coefficients(DOMAINS).simplify(sub(found, read(value))) == num(0)


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("exp(a*t)/t**n", 1),
        ("-t**a*log(t)", -1),
        ("log(log(t))", 1),
        ("exp(sqrt(log(t))) - log(t)**7", 1),
        ("t**t - factorial(t)*exp(t/2)", 1),
        ("exp(exp(t)) - exp(exp(t - 1)*2)", 1),
        ("gamma(t) - exp(t*log(t))", -1),
    ],
)
def test_known_infinite_limits(text: str, sign: int) -> None:
    assert limit(text) == sign


@pytest.mark.parametrize(
    "text",
    [
        "t**(a - 1)",  # 0, 1 or oo, depending on a
        "exp(b*t)",
        "a**t",
        "sin(t)",
        "log(b + 1/t)",
        "(b*t)**(1/2)/t",
        "asin(1 - 1/t)*t",  # the edge of the domain
        "floor(t)/t",
    ],
)
def test_what_depends_on_a_parameter_or_has_no_rule_stays_open(text: str) -> None:
    with pytest.raises(OpenError):
        limit(text)


def test_a_hypothesis_settles_what_the_domain_leaves_open() -> None:
    assert limit("t**(a - 1)", ("a < 1/2",)) == num(0)
    assert limit("t**(a - 1)", ("a > 2",)) == 1


def expression(draw: random.Random, depth: int) -> Node:
    """A random formula in T from the exp-log world and a few special functions."""
    t = Sym(T)
    if depth == 0:
        return draw.choice([t, t, t, num(draw.choice([1, 2, 3, -1, -2])), Num(Fraction(1, 2))])
    one = expression(draw, depth - 1)
    kind = draw.randrange(6)
    if kind < 4:
        other = expression(draw, depth - 1)
        return [Add((one, other)), sub(one, other), Mul((one, other)), div(one, other)][kind]
    if kind == 4:
        return Pow(one, Num(draw.choice([Fraction(1, 2), Fraction(2), Fraction(-1), Fraction(-1, 2), Fraction(3)])))
    names = [
        "exp",
        "log",
        "tanh",
        "sigmoid",
        "softplus",
        "atan",
        "erf",
        "erfc",
        "abs",
        "sin",
        "asinh",
        "gamma",
        "LambertW",
    ]
    return fn(draw.choice(names), one)


def test_random_limits_are_what_balls_see() -> None:
    """Where an expansion gives a limit, balls either approach it or cannot be followed far enough to matter."""
    draw = random.Random(8)
    decided = confirmed = 0
    for _ in range(100):
        formula = expression(draw, draw.choice([2, 3, 3]))
        if T not in symbols_of(formula):
            continue
        try:
            found = limit_at_infinity(formula, Coefficients({}))
        except OpenError:
            continue
        decided += 1
        seen = (
            approaches(formula, found.value, {}) if found.value is not None else diverges(formula, found.infinite, {})
        )
        confirmed += seen.confirmed
    assert decided > 50
    assert confirmed > 0.95 * decided


def test_balls_do_not_confirm_a_limit_that_is_slightly_wrong() -> None:
    """1/log(t) + 1e-6 and 1/log(log(t)) + 1e-40 look like 0 for every t a computer can hold."""
    for text in ("1/log(t) + 1/10**6", "1/log(log(t)) + 1/10**40"):
        body = substitute(read(text), {"t": Sym(T)})
        assert not approaches(body, num(0), {}).confirmed
    assert approaches(substitute(read("1/log(log(t))"), {"t": Sym(T)}), num(0), {}).confirmed
    assert not diverges(substitute(read("2 - 1/t"), {"t": Sym(T)}), 1, {}).confirmed
    assert not diverges(substitute(read("t"), {"t": Sym(T)}), -1, {}).confirmed
