"""Derivatives of whole formulas: against numerical ones in mpmath, and of vectors against their components."""

import jax.numpy as jnp
import mpmath as mp
import numpy as np
import pytest

from checker.expr.derive import diff
from checker.expr.domain import REAL, Domain
from checker.expr.errors import UnsupportedError
from checker.expr.namespace import Namespace
from checker.expr.node import ZERO, num
from checker.expr.parse import parse
from checker.expr.text import text
from checker.expr.to_jax import compile_jax
from checker.expr.vectors import expand
from tests.expr.mpmath_reader import close, value

VECTOR, MATRIX = Domain(shape=(num(3),)), Domain(shape=(num(3), num(3)))
SPACE = Namespace({**dict.fromkeys(("x", "y", "t", "n", "alpha", "g"), REAL), "v": VECTOR, "w": VECTOR, "A": MATRIX})

FORMULAS = [
    "x**3 - 2*x*y + 7",
    "exp(-x**2)*log(1 + x**2)/y",
    "x**y",
    "y**x",
    "x**x",
    "sqrt(1 - x**2/9)*asin(x/3)",
    "x*log(x) if x > 1 else x**2",
    "max(x**2, y, 3*x)",
    "min(x**2, y, 3*x)",
    "abs(x - 5)*sign(x)",
    "Sum(x**k/k, (k, 1, 6))",
    "Product(x + k, (k, 1, 4))",
    "Sum(Sum(x**j*k, (j, 1, k)), (k, 1, 3))",
    "[x, x**2, y][1]",
    "softplus(x)*normcdf(x)*LambertW(x)",
    "binomial(x, y)",
]


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize("x", [0.4, 1.7])
def test_against_numerical_derivatives(formula, x):
    tree = expand(parse(formula, SPACE), {})
    y = mp.mpf("0.6")
    numeric = mp.diff(lambda at: value(tree, {"x": at, "y": y}), mp.mpf(x))
    found = value(diff(tree, "x"), {"x": mp.mpf(x), "y": y})
    assert close(found, numeric, 15)
    assert not close(found + mp.mpf("1e-3"), numeric, 15)


@pytest.mark.parametrize("formula", ["Integral(exp(-x*s)*s, (s, 0, x**2))", "Integral(x, (s, x, 3))"])
def test_integrals_are_differentiated_under_the_sign_and_at_their_ends(formula):
    tree = parse(formula, SPACE)
    numeric = mp.diff(lambda at: value(tree, {"x": at}), mp.mpf("0.7"))
    assert close(value(diff(tree, "x"), {"x": mp.mpf("0.7")}), numeric, 12)


def test_results_are_small():
    assert text(diff(parse("3*x + y", SPACE), "x")) == "3"
    assert text(diff(parse("x**2", SPACE), "x")) == "2*x"
    assert text(diff(parse("exp(x)", SPACE), "x")) == "exp(x)"
    assert diff(parse("y*n", SPACE), "x") == ZERO
    assert diff(parse("x**4", SPACE), "x", 4) == num(24)


def test_variables_of_binders_are_not_the_symbol():
    assert diff(parse("Integral(x**2, (x, 0, 1))", SPACE), "x") == ZERO
    assert text(diff(parse("Integral(x*s, (s, 0, 1))", SPACE), "x")) == "Integral(x, (x, 0, 1))"


ARRAYS = [
    "sum(v + t)",
    "mean(exp(t*v))",
    "dot(v + t, w)",
    "norm(v*t - w)",
    "logsumexp(t*v)",
    "entropy(exp(t*v)/sum(exp(t*v)))",
    "sum((A*t) @ w)",
    "dot(w, (A + t) @ (v*t))",
    "trace((A + t*A.T) @ A)",
    "sum(offdiagonal(A*t**2) @ v)",
    "sum(inv(A*t) @ v)",
    "sum(solve(A*t, v))",
    "det(A*t)",
]


@pytest.mark.parametrize("formula", ARRAYS)
def test_vectors_are_differentiated_as_wholes(formula):
    rng = np.random.default_rng(3)
    env = {"v": rng.normal(size=3), "w": rng.normal(size=3), "A": rng.normal(size=(3, 3)) + 3 * np.eye(3)}
    tree = parse(formula, SPACE)
    found = float(compile_jax(diff(tree, "t"))({**env, "t": 0.7}))
    function = compile_jax(tree)
    step = 1e-5  # central difference: error step**2 plus 1e-16/step
    numeric = (function({**env, "t": 0.7 + step}) - function({**env, "t": 0.7 - step})) / (2 * step)
    assert jnp.abs(found - numeric) < 1e-7 * max(1.0, abs(found))
    assert jnp.abs(found * 1.01 + 1e-3 - numeric) > 1e-7 * max(1.0, abs(found))


@pytest.mark.parametrize("formula", ["max(t*v)", "sum(eigenvalues(t*A))", "limit(t*s, s, 1)", "norm(t*A, nuc)"])
def test_what_has_no_rule_is_unsupported(formula):
    with pytest.raises(UnsupportedError):
        diff(parse(formula, SPACE), "t")
