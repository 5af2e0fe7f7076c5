"""Text round trip: what is printed reads back as the same tree, and means the same number."""

from fractions import Fraction

import mpmath as mp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checker.expr.domain import REAL
from checker.expr.namespace import Namespace
from checker.expr.node import Add, Binder, Bound, Fn, Mul, Node, Num, Piecewise, Pow, Rel, Sym, num
from checker.expr.parse import parse
from checker.expr.text import text
from tests.expr.mpmath_reader import close, value

SPACE = Namespace(dict.fromkeys(("x", "y", "k", "n", "u", "svm.w", "X"), REAL))


@pytest.mark.parametrize(
    "formula",
    [
        "x - 2*y/3",
        "-(x + y)*2",
        "-x**2/y",
        "1/x*y",
        "x*(3/2)",
        "-3/2*x - 3/2/y",
        "-(X @ y)",
        "x @ (y @ u)",
        "x*(y @ u)",
        "x @ y*u",
        "(-2)**n",
        "x**(-2)",
        "x**y**n",
        "(x**y)**n",
        "sqrt(x)/sqrt(y)",
        "1/0",
        "0*log(0)",
        "x if x > 0 else y if y > 0 else -1",
        "not (x > 0 and y > 0) or x < y",
        "x - y - (u - k)",
        "Sum(Sum(i*j, (i, 0, j)), (j, 1, n))",
        "limit(1/s, s, 0, right)",
        "limit(exp(s), s, -oo)",
        "norm(X.T @ X, nuc)",
        "(x + y).T",
        "x[0] + X[1, n]",
        "[[1, 2], [3, -x]]",
        "at(x, k=5)",
        "Integral(Integral(x*r*s, (r, 0, s)), (s, 0, x))",
        "E*EulerGamma*pi",
        "svm.w[0]",
    ],
)
def test_round_trip(formula):
    tree = parse(formula, SPACE)
    assert parse(text(tree), SPACE) == tree


def test_bound_variables_avoid_the_symbols_of_the_tree():
    tree = parse("Integral(x*s, (s, 0, 1))", SPACE)
    assert text(tree) == "Integral(x*y, (y, 0, 1))"
    assert text(parse("Sum(k*j, (j, 1, n))", SPACE)) == "Sum(k*j, (j, 1, n))"


def test_different_trees_have_different_texts():
    assert text(parse("x - (y - u)", SPACE)) != text(parse("x - y - u", SPACE))
    assert text(parse("(-x)**2", SPACE)) != text(parse("-x**2", SPACE))
    assert text(parse("(x*y)**2", SPACE)) != text(parse("x*y**2", SPACE))


LEAVES = st.one_of(
    st.sampled_from([Sym("x"), Sym("y"), Sym("u")]),
    st.builds(Num, st.fractions(min_value=-9, max_value=9, max_denominator=12)),
)


def _larger(parts: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    several = st.lists(parts, min_size=2, max_size=3).map(tuple)
    relation = st.builds(Rel, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), parts, parts)
    return st.one_of(
        st.builds(Add, several),
        st.builds(Mul, several),
        st.builds(Pow, parts, st.sampled_from([num(-1), num(2), num(3), num(-2)])),
        st.builds(lambda a: Fn("abs", (a,)), parts),
        st.builds(lambda a, b: Fn("max", (a, b)), parts, parts),
        st.builds(lambda test, a, b: Piecewise(((test, a),), b), relation, parts, parts),
        st.builds(lambda a, hi: Binder("Sum", Mul((a, Bound(0))), num(1), num(hi)), parts, st.integers(1, 3)),
    )


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.recursive(LEAVES, _larger, max_leaves=10))
def test_text_reads_back_and_keeps_the_value(tree):
    canonical = parse(text(tree), SPACE)
    assert parse(text(canonical), SPACE) == canonical
    point = {"x": Fraction(7, 3), "y": Fraction(-5, 2), "u": Fraction(11, 13)}
    try:
        expected = value(tree, {name: mp.mpf(v.numerator) / v.denominator for name, v in point.items()})
    except ZeroDivisionError:
        return
    found = value(canonical, {name: mp.mpf(v.numerator) / v.denominator for name, v in point.items()})
    assert close(found, expected) or abs(found - expected) < mp.mpf("1e-30")
    assert not close(found + 1, expected)
