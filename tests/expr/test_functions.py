"""Every row of the table against mpmath: derivative, expansion, shape, bounds, and where it is defined."""

import dataclasses

import mpmath as mp
import pytest

from checker.expr.functions import FORMS, FUNCTIONS, INTERNAL, JUMPS, KINKS, NORMS, Function
from checker.expr.node import ONE, ZERO, Fn, Mul, Sym, num
from tests.expr.mpmath_reader import FUNCTIONS as ORACLE
from tests.expr.mpmath_reader import close, value

SCALAR = sorted(name for name, row in FUNCTIONS.items() if row.kind == "scalar")
ONE_ARGUMENT = [name for name in SCALAR if FUNCTIONS[name].largest == 1]
# points inside the domain, none at a kink
INSIDE = {
    "log": [0.1, 1.3, 40],
    "log1p": [-0.9, 0.2, 40],
    "asin": [-0.9, 0.3, 0.8],
    "acos": [-0.9, 0.3, 0.8],
    "atanh": [-0.9, 0.3, 0.8],
    "acosh": [1.1, 2, 40],
    "LambertW": [-0.3, 0.2, 5, 40],
    "loggamma": [0.1, 1.7, 40],
    "gamma": [0.1, 1.7, 6.5, -0.5],
    "digamma": [0.1, 1.7, 40],
    "factorial": [0, 0.5, 3, 7],
    "zeta": [1.1, 2.5, 40],
}
OUTSIDE = {
    "log": -1,
    "log1p": -2,
    "asin": 2,
    "acos": -2,
    "atanh": 1,
    "acosh": 0.5,
    "LambertW": -1,
    "gamma": -2,
    "digamma": 0,
    "loggamma": -0.5,
    "factorial": -3,
    "tan": None,
    "zeta": 1,
}
MORE_ARGUMENTS = {
    "polygamma": [(1, 0.7), (2, 3.5)],
    "binomial": [(5.5, 2.2), (7, 3)],
    "hypot": [(3, 4), (-1, 0.5)],
    "clip": [(0.3, 0, 1), (-2, -1, 1), (5, -1, 1), (0.5, 2, 1)],
}


def points(name):
    return MORE_ARGUMENTS.get(name) or [(x,) for x in INSIDE.get(name, [-2.2, -0.4, 0.3, 1.6, 5])]


def derivative_agrees(row: Function, point: tuple[float, ...]) -> bool:
    """The row's partial derivatives against numerical ones of the function itself, at 50 digits."""
    names = ["a", "b", "c"][: len(point)]
    slopes = row.derivative(tuple(map(Sym, names)))
    at = [mp.mpf(x) for x in point]
    for i, slope in enumerate(slopes):
        if row.name == "polygamma" and i == 0:
            continue
        numeric = mp.diff(lambda x, i=i: ORACLE[row.name](*at[:i], x, *at[i + 1 :]), at[i])
        if not close(value(slope, dict(zip(names, at, strict=True))), numeric, 15):
            return False
    return True


@pytest.mark.parametrize("name", [n for n in SCALAR if FUNCTIONS[n].derivative is not None and n not in JUMPS])
def test_derivatives(name):
    assert all(derivative_agrees(FUNCTIONS[name], point) for point in points(name))


def test_a_wrong_derivative_would_be_seen():
    row = FUNCTIONS["tanh"]
    wrong = dataclasses.replace(row, derivative=lambda a: (Mul((num(2), *row.derivative(a))),))
    assert not derivative_agrees(wrong, (0.3,))


@pytest.mark.parametrize("name", [n for n in SCALAR if FUNCTIONS[n].expansion is not None])
def test_expansions(name):
    row = FUNCTIONS[name]
    for point in points(name):
        names = ["a", "b", "c"][: len(point)]
        env = dict(zip(names, map(mp.mpf, point), strict=True))
        expanded = row.expansion(tuple(map(Sym, names)))
        assert close(value(expanded, env), ORACLE[name](*env.values()), 30)
        assert not close(value(expanded, env) + mp.mpf("1e-6"), ORACLE[name](*env.values()), 30)


@pytest.mark.parametrize("name", [n for n in SCALAR if FUNCTIONS[n].defined is not None])
def test_definedness(name):
    row = FUNCTIONS[name]
    for point in points(name):
        conditions = row.defined(tuple(map(Sym, ["a", "b", "c"][: len(point)])))
        assert all(value(c, dict(zip("ab", point, strict=False))) for c in conditions)
    if OUTSIDE.get(name) is not None:
        conditions = row.defined((Sym("a"),))
        assert not all(value(c, {"a": OUTSIDE[name]}) for c in conditions)


@pytest.mark.parametrize("name", ONE_ARGUMENT)
def test_shape_columns(name):
    row = FUNCTIONS[name]
    inside = sorted(mp.mpf(x) for (x,) in points(name))
    values = [ORACLE[name](x) for x in inside]
    if row.monotone is not None:
        ordered = values if row.monotone == "increasing" else values[::-1]
        assert ordered == sorted(ordered)
    for x, y in zip(inside, values, strict=True):
        assert row.lo is None or y >= mp.mpf(row.lo.numerator) / row.lo.denominator
        assert row.hi is None or y <= mp.mpf(row.hi.numerator) / row.hi.denominator
        if row.strict:
            assert row.lo is None or y != row.lo
            assert row.hi is None or y != row.hi
        if row.parity is not None:
            assert close(ORACLE[name](-x), y if row.parity == "even" else -y, 40)


def test_what_is_not_monotone_is_not_said_to_be():
    for name in ("cosh", "sin", "gamma", "loggamma", "abs"):
        assert FUNCTIONS[name].monotone is None


def test_what_jumps_or_bends_says_so():
    assert {"sign", "floor", "ceil", "round"} == JUMPS
    assert {"abs", "relu", "clip", "max", "min", "norm_1", "norm_oo"} == KINKS
    for name in JUMPS | (KINKS & set(ONE_ARGUMENT)):
        row, at = FUNCTIONS[name], mp.mpf(1) / 2 if name == "round" else mp.mpf(0)
        h = mp.mpf("1e-20")
        gap = abs(ORACLE[name](at + h) - ORACLE[name](at - h))
        assert gap == 0 or gap == h or gap >= 1
        assert (gap >= 1) == (row.rough == "jump")


def test_arguments_count():
    assert FUNCTIONS["max"].largest is None
    assert FUNCTIONS["log"].largest == 1
    assert set(NORMS.values()) < INTERNAL
    assert not FORMS.keys() & FUNCTIONS.keys()


def test_derivative_keeps_softplus_a_function():
    x = Sym("x")
    first = FUNCTIONS["softplus"].derivative((x,))
    assert first == (Fn("sigmoid", (x,)),)
    assert FUNCTIONS["sign"].derivative((x,)) == (ZERO,) != (ONE,)
