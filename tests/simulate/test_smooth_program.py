"""Smooth programs against closed forms and an independent solver; what is no strict minimiser says so."""

import numpy as np
import pytest
from scipy.optimize import minimize

from checker.expr.domain import POSITIVE, Domain
from checker.expr.errors import UnsupportedError
from checker.expr.node import num
from checker.simulate.conic import ReferenceFailure
from checker.simulate.measure import measure
from checker.simulate.references import with_references
from checker.simulate.smooth_program import minimise
from checker.spec.claim import Reference
from tests.simulate.runs import D, N, make, node

NAMES = {"X": Domain(shape=(N, D)), "y": Domain(shape=(N,)), "b": Domain(shape=(D,)), "nu": Domain(shape=(N,)), "c": POSITIVE}
ENTROPY = "sum(c*(2 - sqrt(4 + (b/c)**2) + b/c*asinh(b/c/2)))"
SHAPES = (("b", (8,)),)


def instance(seed=0):
    draws = np.random.default_rng(seed)
    return {"X": draws.normal(size=(3, 8)), "y": draws.normal(size=3)}


def solved(objective, known, *equations, shapes=SHAPES):
    return minimise(node(objective, **NAMES), tuple(node(text, **NAMES) for text in equations), shapes, known)[0]


def test_a_quadratic_is_the_shortest_interpolator_with_its_multipliers():
    known = instance()
    X, y = known["X"], known["y"]
    found = solved("sum(b**2)", known, "X @ b == y")
    exact = X.T @ np.linalg.solve(X @ X.T, y)
    assert np.allclose(found.z, exact, atol=1e-14)
    assert np.allclose(2 * found.z + X.T @ found.multipliers, 0, atol=1e-13)  # stationarity
    assert found.curvature == pytest.approx(2, rel=1e-12)
    assert not np.allclose(found.z, np.linalg.lstsq(X[:2], y[:2], rcond=None)[0], atol=1e-3)


@pytest.mark.parametrize("scale", [1e-8, 1e-2, 1.0, 1e2])
def test_primal_and_dual_agree_at_every_scale(scale):
    known = {**instance(1), "c": scale}
    primal = solved(ENTROPY, known, "X @ b == y")
    dual = solved("sum(exp(X.T @ nu + log(c)) + exp(log(c) - X.T @ nu)) - dot(y, nu)", known, shapes=(("nu", (3,)),))
    assert max(primal.residual, dual.residual) < 1e-11
    beta = 2 * scale * np.sinh(known["X"].T @ dual.z)
    assert np.allclose(primal.z, beta, atol=1e-9)
    assert not np.allclose(solved("sum(b**2)", known, "X @ b == y").z, beta, atol=1e-9)


def test_another_solver_finds_no_lower_value():
    known = {**instance(2), "c": 0.3}
    found = solved(ENTROPY, known, "X @ b == y")
    q = lambda b: float(np.sum(0.3 * (2 - np.sqrt(4 + (b / 0.3) ** 2) + b / 0.3 * np.arcsinh(b / 0.6))))  # noqa: E731
    other = minimize(q, np.zeros(8), constraints={"type": "eq", "fun": lambda b: known["X"] @ b - known["y"]}, tol=1e-12)
    assert found.value <= other.fun + 1e-9
    assert np.allclose(found.z, other.x, atol=1e-4)


def test_steps_that_are_too_long_by_thirty_orders_are_halved():
    known = {**instance(3), "c": 1e-35}
    found = solved("sum(exp(X.T @ nu + log(c)) + exp(log(c) - X.T @ nu)) - dot(y, nu)", known, shapes=(("nu", (3,)),))
    beta = np.exp(np.log(1e-35) + known["X"].T @ found.z) - np.exp(np.log(1e-35) - known["X"].T @ found.z)
    assert np.allclose(known["X"] @ beta, known["y"], atol=1e-10)
    assert np.sum(np.abs(beta) > 1e-3) == 3  # as many entries as equations: the l1 solution


def test_what_has_no_strict_minimiser_fails():
    with pytest.raises(ReferenceFailure, match="curvature"):
        solved("sum(X @ b)**2", instance(), "b[0] == 1")
    with pytest.raises(ReferenceFailure, match="curvature"):
        solved("-sum(b**2)", instance(), "X @ b == y")
    with pytest.raises(ReferenceFailure, match="no solution, or are not affine"):
        solved("sum(b**2)", instance(), "b[0] == 1", "b[0] == 2")
    with pytest.raises(ReferenceFailure, match="no solution, or are not affine"):
        solved("sum(b**2)", instance(), "b[0]**2 == 1")


def test_what_is_refused():
    with pytest.raises(UnsupportedError, match="no equation"):
        solved("sum(b**2)", instance(), "X @ b >= y")
    with pytest.raises(UnsupportedError, match="600 unknowns"):
        solved("sum(b**2)", instance(), shapes=(("b", (600,)),))


def reference(name, minimise_text, subject_to, variables, limit=1e-7, **more):
    names = {**NAMES, **more}
    conditions = tuple(node(text, **names) for text in subject_to)
    return Reference(name, node(minimise_text, **names), variables, conditions, (None,) * len(conditions), limit)


def test_a_reference_that_no_cone_says_goes_to_newton_and_others_stay():
    smooth = reference("smooth", "sum(b*asinh(b) - sqrt(1 + b**2))", ["X @ b == y"], {"b": (D,)}, 1e-10)
    unsaid = reference("unsaid", "sum(b*asinh(b))", ["X @ b >= y"], {"b": (D,)})
    given = make("evaluate", {"data": {"kind": "given", "X": [[3, 4]], "y": [5]}}, references=(smooth, unsaid))
    found = with_references(given, measure(given, [0], 0, "cpu"), ["smooth"]).observables
    b = found["smooth.b"].values
    assert 3 * b[0] + 4 * b[1] == pytest.approx(5, rel=1e-14)
    assert np.arcsinh(b[0]) / 3 == pytest.approx(np.arcsinh(b[1]) / 4, rel=1e-10)
    with pytest.raises(UnsupportedError, match="asinh of an unknown"):
        with_references(given, measure(given, [0], 0, "cpu"), ["unsaid"])


def test_the_least_nuclear_norm_uses_a_negative_eigenvalue():
    two = num(2)
    matrix = {"Z": Domain(shape=(two, two))}
    least = reference("least", "norm(Z, nuc)", ["Z[0, 0] - 2*Z[1, 1] == 1", "Z == Z.T"], {"Z": (two, two)}, **matrix)
    # [[1, z], [2, 4]] is completed to rank one
    filled = reference("filled", "norm(Z, nuc)", ["Z[0, 0] == 1", "Z[1, 0] == 2", "Z[1, 1] == 4"], {"Z": (two, two)}, **matrix)
    run = make("evaluate", {"data": {"kind": "given", "X": [[1]], "y": [1]}}, references=(least, filled))
    found = with_references(run, measure(run, [0], 0, "cpu"), ["least", "filled"])
    assert found.failures == {}
    assert np.allclose(found.observables["least.Z"].values, [[0, 0], [0, -1 / 2]], atol=1e-7)
    assert found.observables["least.value"].values == pytest.approx(1 / 2, abs=1e-7)
    # s1 + s2 of [[1, z], [2, 4]]: (s1 + s2)^2 = 21 + z^2 + 2|4 - 2z|, least at z = 2
    assert found.observables["filled.Z"].values[0, 1] == pytest.approx(2, abs=1e-3)
    assert found.observables["filled.value"].values == pytest.approx(5, abs=1e-6)
