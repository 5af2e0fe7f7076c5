"""Domains: words, intersections, bounds folded in, emptiness; and the limits on the size of a formula."""

from fractions import Fraction

import pytest

from checker.expr.domain import (
    INTEGER,
    NATURAL,
    POSITIVE,
    REAL,
    WORDS,
    Domain,
    contains,
    intersect,
    is_empty,
    restrict,
)
from checker.expr.errors import ExpressionError
from checker.expr.namespace import Namespace
from checker.expr.node import Fn, Mul, Pow, Sym, num, substitute
from checker.expr.parse import parse
from checker.expr.size import check_size

SPACE = Namespace({"n": INTEGER, "x": REAL, "y": REAL})


def test_words():
    assert WORDS["positive"] == POSITIVE
    assert contains(WORDS["nonnegative"], Fraction(0))
    assert not contains(WORDS["positive"], Fraction(0))
    assert not contains(WORDS["integer"], Fraction(1, 2))


def test_simple_bounds_are_folded():
    bound = lambda text, domain=REAL, name="x": restrict(domain, name, parse(text, SPACE))  # noqa: E731
    assert bound("n >= 1", INTEGER, "n") == NATURAL
    assert bound("-1 <= x <= 1") == Domain(Fraction(-1), Fraction(1))
    assert bound("0 < x") == POSITIVE
    assert bound("x == 1/2") == Domain(Fraction(1, 2), Fraction(1, 2))
    assert bound("x >= -1", POSITIVE) == POSITIVE
    for no_bound in ("x >= y", "x**2 <= 1", "x != 0", "x >= pi", "x > 0 or x < -1", "y > 0"):
        assert bound(no_bound) is None


def test_the_tighter_end_wins():
    closed, opened = Domain(lo=Fraction(0)), Domain(lo=Fraction(0), lo_open=True)
    assert intersect(closed, opened) == intersect(opened, closed) == opened
    assert intersect(Domain(hi=Fraction(2)), Domain(hi=Fraction(3))).hi == 2
    listed = intersect(Domain(values=(Fraction(1), Fraction(2))), Domain(values=(Fraction(2), Fraction(3))))
    assert listed.values == (Fraction(2),)


@pytest.mark.parametrize(
    ("domain", "empty"),
    [
        (Domain(Fraction(1), Fraction(0)), True),
        (Domain(Fraction(1), Fraction(1)), False),
        (Domain(Fraction(1), Fraction(1), lo_open=True), True),
        (Domain(Fraction(1, 3), Fraction(2, 3)), False),
        (Domain(Fraction(1, 3), Fraction(2, 3), integer=True), True),
        (Domain(Fraction(0), Fraction(1), lo_open=True, hi_open=True, integer=True), True),
        (Domain(Fraction(0), Fraction(2), lo_open=True, hi_open=True, integer=True), False),
        (Domain(values=()), True),
        (Domain(lo=Fraction(3), values=(Fraction(1), Fraction(2))), True),
        (Domain(lo=Fraction(2), values=(Fraction(1), Fraction(2))), False),
        (REAL, False),
    ],
)
def test_emptiness(domain, empty):
    assert is_empty(domain) is empty


def test_size_is_checked_again_after_substitution():
    harmless = parse("2**n*factorial(n)", SPACE)
    assert check_size(substitute(harmless, {"n": num(20)}))
    with pytest.raises(ExpressionError, match="digits"):
        check_size(substitute(harmless, {"n": num(10**8)}))
    with pytest.raises(ExpressionError, match="terms"):
        check_size(substitute(parse("Sum(x, (k, 1, n))", SPACE), {"n": num(10**9)}))


def test_towers_are_refused_without_being_built():
    tower = Pow(num(9), Pow(num(9), Pow(num(9), num(9))))
    with pytest.raises(ExpressionError, match="digits"):
        check_size(tower)
    with pytest.raises(ExpressionError, match="digits"):
        check_size(Fn("factorial", (Mul((num(10**5), num(10**5))),)))
    assert check_size(Pow(Sym("x"), Pow(num(9), num(9))))


def test_depth_is_limited():
    node = Sym("x")
    for _ in range(70):
        node = Fn("sin", (node,))
    assert check_size(node)
    for _ in range(20):
        node = Fn("sin", (node,))
    with pytest.raises(ExpressionError, match="deep"):
        check_size(node)
