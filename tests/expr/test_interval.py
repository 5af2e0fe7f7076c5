"""Interval enclosures: known ranges, excluded ends, undefined parts, and a seeded search for values outside an enclosure."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest
from flint import arb

from checker.expr.domain import NONNEGATIVE, POSITIVE, REAL, Domain
from checker.expr.interval import EMPTY, REALS, Interval, box_of, enclose, restrict, truth
from checker.expr.namespace import Namespace
from checker.expr.node import Fn, Node, Num, Piecewise, Pow, Rel, Sym, add, mul
from checker.expr.parse import parse
from checker.expr.to_arb import evaluate

UNIT = Domain(Fraction(0), Fraction(1))
OPEN_UNIT = Domain(Fraction(0), Fraction(1), lo_open=True, hi_open=True)


def image(text: str, **domains: Domain) -> Interval:
    return enclose(parse(text, Namespace(symbols=domains)), box_of(domains))


@pytest.mark.parametrize(
    ("text", "domain", "lo", "hi"),
    [
        ("x**2", Domain(Fraction(-1), Fraction(2)), 0, 4),
        ("x**3", Domain(Fraction(-1), Fraction(2)), -1, 8),
        ("abs(x)", Domain(Fraction(-3), Fraction(2)), 0, 3),
        ("x*x", Domain(Fraction(-3), Fraction(2)), 0, 9),  # equal factors are one power
        ("1/x", Domain(Fraction(1), Fraction(4)), Fraction(1, 4), 1),
        ("sqrt(x)", Domain(Fraction(0), Fraction(4)), 0, 2),
        ("max(x, 0)", Domain(Fraction(-1), Fraction(3)), 0, 3),
        ("0 if x < 0 else x", Domain(Fraction(-1), Fraction(3)), 0, 3),
        ("floor(x)", Domain(Fraction(-1, 2), Fraction(3, 2)), -1, 1),
        ("cosh(x)", Domain(Fraction(0), Fraction(0)), 1, 1),
    ],
)
def test_exact_ranges(text: str, domain: Domain, lo: Fraction, hi: Fraction) -> None:
    found = image(text, x=domain)
    assert found.lo == arb(lo.numerator) / lo.denominator
    assert found.hi == arb(hi.numerator) / hi.denominator
    assert not found.partial


@pytest.mark.parametrize(
    ("text", "domain"),
    [("exp(x)", REAL), ("x", POSITIVE), ("1/x", POSITIVE), ("sigmoid(x)", REAL), ("softplus(x)", REAL), ("erfc(x)", REAL),
     ("-log(x)", OPEN_UNIT), ("1 - tanh(x)", REAL), ("x*exp(-x)", POSITIVE), ("exp(-10**30*x)", UNIT)],
)  # fmt: skip
def test_infimum_zero_is_not_reached(text: str, domain: Domain) -> None:
    assert image(text, x=domain).positive


@pytest.mark.parametrize(
    ("text", "domain"),
    [("x", NONNEGATIVE), ("x**2", REAL), ("abs(x)", REAL), ("1 - sin(x)", REAL), ("x*exp(-x)", NONNEGATIVE),
     ("-log(x)", UNIT), ("1 - x", UNIT), ("max(x, 0)", REAL), ("x*(1 - x)", Domain(Fraction(0), Fraction(1), lo_open=True))],
)  # fmt: skip
def test_infimum_zero_is_reached(text: str, domain: Domain) -> None:
    found = image(text, x=domain)
    assert found.nonnegative or found.lo <= 0
    assert not found.positive


def test_undefined_is_not_the_whole_line() -> None:
    negative = Domain(Fraction(-2), Fraction(-1))
    assert image("log(x)", x=negative).empty
    assert image("sqrt(x)", x=negative).empty
    assert image("log(x)", x=REAL).partial
    assert image("1/x", x=REAL).partial
    assert not image("x**3 + x", x=REAL).partial
    assert REALS.lo < REALS.hi
    assert EMPTY.empty


def test_balls_touching_zero_are_no_trouble() -> None:
    # a ball around [0, 1] would reach below 0 and make all four undefined
    for text in ("sqrt(x)", "asin(x)", "acos(x)", "x**(3/2)"):
        assert not image(text, x=UNIT).partial


def test_indeterminate_forms_only_at_limits() -> None:
    tail = Domain(Fraction(1))
    node = parse("x*exp(-x)", Namespace(symbols={"x": tail}))
    infinity = arb.pos_inf()
    at_infinity = enclose(node, {"x": Interval(infinity, infinity)}, at_limit=True)
    assert not at_infinity.lo.is_finite()
    assert not at_infinity.hi.is_finite()
    assert enclose(parse("exp(-x)", Namespace(symbols={"x": tail})), {"x": Interval(infinity, infinity)}, at_limit=True).is_zero


def test_truth_on_a_box() -> None:
    box = box_of({"x": UNIT})
    x = Sym("x")
    two = Num(Fraction(2))
    assert truth(Rel("<", x, two), box) is True
    assert truth(Rel(">", x, two), box) is False
    assert truth(Rel(">", x, Num(Fraction(1, 2))), box) is None
    smaller = restrict(box, Rel("<=", x, Num(Fraction(1, 2))))
    assert smaller is not None
    assert smaller["x"].hi == arb(0.5)
    assert restrict(box, Rel(">", x, two)) is None


LEAVES = ("x", "y")
UNARY = ("exp", "log", "abs", "sin", "cos", "tanh", "sigmoid", "softplus", "erf", "relu", "atan", "sqrt", "sign", "cosh")


def random_tree(draw: random.Random, depth: int) -> Node:
    if depth == 0 or draw.random() < 0.15:
        return Sym(draw.choice(LEAVES)) if draw.random() < 0.7 else Num(Fraction(draw.randint(-4, 4), draw.randint(1, 3)))
    kind = draw.random()
    if kind < 0.25:
        return add(random_tree(draw, depth - 1), random_tree(draw, depth - 1))
    if kind < 0.5:
        return mul(random_tree(draw, depth - 1), random_tree(draw, depth - 1))
    if kind < 0.62:
        return Pow(random_tree(draw, depth - 1), Num(Fraction(draw.choice((-2, -1, 2, 3)))))
    if kind < 0.7:
        return Fn(draw.choice(("max", "min")), (random_tree(draw, depth - 1), random_tree(draw, depth - 1)))
    if kind < 0.78:
        test = Rel("<", random_tree(draw, 0), random_tree(draw, 1))
        return Piecewise(((test, random_tree(draw, depth - 1)),), random_tree(draw, depth - 1))
    name = draw.choice(UNARY)
    inner = random_tree(draw, depth - 1)
    return Pow(inner, Num(Fraction(1, 2))) if name == "sqrt" else Fn(name, (inner,))


def random_domain(draw: random.Random) -> Domain:
    lo = Fraction(draw.randint(-3, 2))
    hi = lo + Fraction(draw.randint(1, 6), 2)
    kind = draw.randint(0, 3)
    opened = (draw.random() < 0.5, draw.random() < 0.5)
    if kind == 0:
        return Domain(lo, None, opened[0])
    return Domain(None, hi, False, opened[1]) if kind == 1 else Domain(lo, hi, *opened)


def test_no_value_lies_outside_the_enclosure() -> None:
    from checker.prove.points import candidates

    draw = random.Random(7)
    looked = 0
    for _ in range(400):
        node = random_tree(draw, 4)
        domains = {"x": random_domain(draw), "y": random_domain(draw)}
        found = enclose(node, box_of(domains))
        for _, point in zip(range(14), candidates(domains, seed=draw.randint(0, 10**6)), strict=False):
            ball = evaluate(node, point, 160)
            if ball.is_nan():
                # far out a tower of exponentials overflows, which balls cannot tell from undefined
                if any(abs(number) > 50 for number in point.values()):
                    continue
                assert found.partial or found.empty or not _surely_undefined(node, point), (node, point)
                continue
            looked += 1
            assert not found.empty, (node, point)
            assert not ball < found.lo, (node, point)
            assert not ball > found.hi, (node, point)
            assert not (found.lo_open and ball == found.lo), (node, point)
            assert not (found.hi_open and ball == found.hi), (node, point)
    assert looked > 2000  # the search did look


def _surely_undefined(node: Node, point: dict[str, Fraction]) -> bool:
    """Undefined at every precision: an exactly undefined subterm, not a ball that is too wide."""
    return all(evaluate(node, point, bits).is_nan() for bits in (160, 1000, 4000))
