"""The JAX reader: values, vectors, gradients at kinks, and what it refuses."""

import jax
import jax.numpy as jnp
import mpmath as mp
import numpy as np
import pytest

from checker.expr.domain import REAL, Domain
from checker.expr.errors import UnsupportedError
from checker.expr.namespace import Namespace
from checker.expr.node import Num, Sym, num
from checker.expr.parse import parse
from checker.expr.stable import linear, stabilise
from checker.expr.to_jax import compile_jax
from tests.expr.mpmath_reader import value

NAMES = ("x", "y", "t", "n", "u", "v", "X", "svm.w", "theta")
SPACE = Namespace(dict.fromkeys(NAMES, REAL))
RNG = np.random.default_rng(0)
ENV = {
    "x": 1.3,
    "y": -0.4,
    "t": 2.0,
    "n": 5.0,
    "u": RNG.normal(size=3),
    "v": RNG.normal(size=3),
    "X": RNG.normal(size=(4, 3)),
}
U, V, X = ENV["u"], ENV["v"], ENV["X"]


def run(formula, env=None):
    return jax.jit(compile_jax(parse(formula, SPACE)))({**ENV, **(env or {})})


@pytest.mark.parametrize(
    "formula",
    [
        "x - 2*y/3 + 1e-3", "x**7 - x**(-3)", "x**(3/2)/sqrt(x)", "(-x)**3", "2**x", "x**y", "abs(y)**(1/3)",
        "x*log(x) if x > 1 else x", "x if y > 0 else 2 if y > -1 else 3", "max(x, y, 1) - min(x, y)",
        "Sum(x**k/k, (k, 1, 20))", "Product(1 + x/k, (k, 1, 5))", "Sum(Sum(j*k, (j, 1, 3)), (k, 1, 4))",
        "pi*E*EulerGamma", "7/3*x/9", "floor(x) + sign(y)", "binomial(5, 2) + factorial(4)", "E**x",
    ],
)  # fmt: skip
def test_scalars_against_mpmath(formula):
    point = {name: mp.mpf(v) for name, v in ENV.items() if isinstance(v, float)}
    expected = float(value(parse(formula, SPACE), point))
    assert float(run(formula)) == pytest.approx(expected, rel=1e-14)
    assert float(run(formula)) != pytest.approx(expected + 1e-6, rel=1e-14)


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("X @ u", X @ U),
        ("X.T @ X", X.T @ X),
        ("dot(u, v) + u @ v", 2 * U @ V),
        ("norm(u)**2", U @ U),
        ("norm(X, fro)", np.linalg.norm(X)),
        ("norm(X, 2)", np.linalg.norm(X, 2)),
        ("norm(X, nuc)", np.linalg.norm(X, "nuc")),
        ("norm(u, 1) + norm(u, oo)", np.abs(U).sum() + np.abs(U).max()),
        ("max(eigenvalues(X.T @ X))", np.linalg.eigvalsh(X.T @ X).max()),
        ("trace(X.T @ X) + det(X.T @ X)", np.trace(X.T @ X) + np.linalg.det(X.T @ X)),
        ("offdiagonal(X.T @ X)", X.T @ X - np.diag((X**2).sum(axis=0))),
        ("unit_rows(X)", X / np.linalg.norm(X, axis=1)[:, None]),
        ("inv(X.T @ X) @ u - solve(X.T @ X, u)", np.zeros(3)),
        ("min(X @ u)", (X @ U).min()),
        ("log(sum(exp(u)))", np.log(np.exp(U).sum())),
        ("entropy(abs(u)/sum(abs(u)))", -(lambda p: (p * np.log(p)).sum())(np.abs(U) / np.abs(U).sum())),
        ("mean(u > 0)", (U > 0).mean()),
        ("u[1] + X[2, 0]", U[1] + X[2, 0]),
        ("X[1]", X[1]),
        ("[x, 2*x] @ [3, 4]", 11 * 1.3),
        ("grad(norm(u)**2, u)", 2 * U),
        ("hessian(norm(u)**2/2, u)", np.eye(3)),
        ("exp(-u) if x > 0 else u", np.exp(-U)),
        # an entry of a branch may need entries of its symbols where the branch is not taken
        ("sum(u)*u if u > 0 else 2*u", np.where(U > 0, U.sum() * U, 2 * U)),
        ("X.T @ X if X.T @ X > 0 else offdiagonal(X.T @ X)", X.T @ X * 1.0),
        ("sum(log(u)*u if u > 0 else u)", (np.where(U > 0, np.log(np.abs(U)) * U, U)).sum()),
        ("Sum(u[k]*v[k], (k, 0, 2))", U @ V),
    ],
)
def test_vectors_stay_whole(formula, expected):
    assert np.allclose(run(formula), expected, rtol=1e-12, atol=1e-12)
    assert not np.allclose(np.asarray(run(formula)) + 1e-3, expected, rtol=1e-12, atol=1e-12)


def test_conditions_are_zero_or_one():
    assert float(run("x > 1")) == 1.0
    assert float(run("x > 1 and y > 0")) == 0.0
    assert float(run("not (x > 1) or y < 0")) == 1.0
    assert np.array_equal(run("u > 0"), (U > 0).astype(float))


def test_symbols_are_found_by_name_by_dots_and_by_index():
    w = np.arange(3.0)
    assert float(run("norm(svm.w)**2", {"svm.w": w})) == 5.0
    assert float(run("norm(svm.w)**2", {"svm": {"w": 2 * w}})) == 20.0
    assert float(compile_jax(Sym("u[2]"))(ENV)) == U[2]
    assert float(compile_jax(Sym("X[1,2]"))(ENV)) == X[1, 2]
    with pytest.raises(KeyError):
        compile_jax(Sym("theta"))(ENV)


def test_float64_even_for_python_numbers_and_float32_arrays():
    assert run("x/3").dtype == jnp.float64
    assert compile_jax(parse("u*1", SPACE))({"u": np.ones(2, dtype=np.float32)}).dtype == jnp.float64


def test_quotients_are_rounded_once():
    quotient = jax.jit(compile_jax(parse("y/x", SPACE)))
    for x in range(1, 60):
        assert float(quotient({"x": float(x), "y": 7.0})) == 7.0 / x
    assert any(7.0 * (1.0 / x) != 7.0 / x for x in range(1, 60))


@pytest.mark.parametrize(
    ("formula", "at", "slope"),
    [
        ("sqrt(x) if x > 0 else 0", 0.0, 0.0),
        ("x*log(x) if x > 0 else 0", 0.0, 0.0),
        ("1/x if x != 0 else 5*x", 0.0, 5.0),
        ("x if x < 1 else x**2 if x < 2 else log(x - 2)", 1.5, 3.0),
        ("norm([x, 0*x])", 0.0, 0.0),
        ("entropy([x, 1])", 0.0, 0.0),
    ],
)
def test_gradients_do_not_see_the_branch_not_taken(formula, at, slope):
    function = compile_jax(parse(formula, SPACE))
    assert float(jax.jit(jax.grad(lambda x: function({"x": x})))(at)) == slope


def test_the_naive_conditional_has_no_gradient():
    assert jnp.isnan(jax.grad(lambda x: jnp.where(x > 0, jnp.sqrt(x), 0.0))(0.0))


def test_vmap_over_cells():
    function = compile_jax(parse("norm(X @ u - x)", SPACE))
    batched = jax.vmap(lambda x: function({**ENV, "x": x}))(jnp.arange(3.0))
    assert np.allclose(batched, [np.linalg.norm(X @ U - x) for x in range(3)])


def test_sums_with_a_computed_end():
    tree = parse("Sum(1/k, (k, 1, n))", SPACE)
    assert float(compile_jax(tree, terms=50)({"n": 5.0})) == pytest.approx(137 / 60, rel=1e-15)
    assert float(compile_jax(tree, terms=50)({"n": 0.0})) == 0.0
    with pytest.raises(UnsupportedError):
        compile_jax(tree)


@pytest.mark.parametrize(
    "formula",
    [
        "Integral(x, (x, 0, 1))",
        "limit(1/s, s, oo)",
        "Sum(1/k**2, (k, 1, oo))",
        "Sum(x, (k, n, 5))",
        "Sum(Sum(j, (j, 1, k)), (k, 1, 4))",
        "last(x)",
    ],
)
def test_what_jax_cannot_say_is_refused_before_any_run(formula):
    with pytest.raises(UnsupportedError, match="JAX"):
        compile_jax(parse(formula, SPACE))


def test_numbers_beyond_float64_are_refused():
    assert float(run("1e-999*x")) == 0.0  # float64 has no closer number
    with pytest.raises(UnsupportedError, match="float64"):
        compile_jax(Num(num(10).value ** 400))


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(UnsupportedError, match="JAX"):
        run("solve(u, v)")
    with pytest.raises(UnsupportedError, match="JAX"):
        run("norm(X, 1)")


def test_stable_form_keeps_the_shape():
    assert float(run("sum(exp(u)*exp(-u))")) == pytest.approx(3.0, rel=1e-15)
    assert float(run("sum(exp(t - u)*exp(u))")) == pytest.approx(3 * np.exp(2.0), rel=1e-14)


def test_stable_form_knows_opposites():
    assert linear(parse("-(x - y)", SPACE)) == linear(parse("y - x", SPACE))
    assert linear(parse("x - y", SPACE)) != linear(parse("y - x", SPACE))
    assert stabilise(parse("exp(x - y)/(1 + exp(x - y))", SPACE)) == parse("sigmoid(x - y)", SPACE)
    assert stabilise(parse("log(1 + 2*exp(x))", SPACE)) != parse("softplus(x)", SPACE)
    assert stabilise(parse("log(-3*exp(x))", SPACE)) == parse("log(-3*exp(x))", SPACE)


def test_vector_shapes_are_not_needed():
    assert compile_jax(parse("u @ v", Namespace({"u": Domain(shape=(Sym("N"),)), "v": Domain(shape=(Sym("N"),))})))(ENV)


@pytest.mark.parametrize(
    ("formula", "at_four"),
    [
        ("1 if sqrt(x) > 1/2 else 0", 1),
        ("0 if sqrt(x) <= 1/2 else 1", 1),
        ("1 if not sqrt(x) > 1/2 else 0", 0),
        ("1 if sqrt(x) != 1 else 0", 1),
        ("1 if x < 100 and sqrt(x) > 1/2 else 0", 1),
        ("sqrt(x) > 1/2", 1),
    ],
)
def test_a_comparison_with_what_is_no_number_is_neither_true_nor_false(formula, at_four):
    assert np.isnan(run(formula, {"x": -1.0}))
    assert run(formula, {"x": 4.0}) == at_four


def test_a_comparison_that_decides_alone_makes_up_for_one_that_is_not_defined():
    assert run("1 if x > 100 and sqrt(x) > 1/2 else 0", {"x": -1.0}) == 0
    assert run("1 if x < 100 or sqrt(x) > 1/2 else 0", {"x": -1.0}) == 1
    assert jax.grad(lambda x: run("x**2 if x > 0 else sqrt(-x)", {"x": x}))(3.0) == 6
