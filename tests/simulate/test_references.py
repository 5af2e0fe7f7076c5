import numpy as np
import pytest

from checker.expr.domain import POSITIVE, Domain
from checker.expr.errors import UnsupportedError
from checker.expr.node import num
from checker.simulate.conic import _Standard, kkt_residual
from checker.simulate.measure import measure
from checker.simulate.references import with_references
from checker.simulate.resolve import SimulationError
from checker.spec.claim import Reference
from tests.simulate.runs import SVM, D, N, make, node

TWO = num(2)
VECTORS = {
    "w": Domain(shape=(D,)),
    "b": Domain(shape=(num(5),)),
    "X1": Domain(shape=(N, num(4))),
    "X2": Domain(shape=(N, num(5))),
    "gam": POSITIVE,
}


def program(name, minimise, subject_to, variables, duals=(None,), limit=1e-9):
    conditions = tuple(node(text, **VECTORS) for text in subject_to)
    return Reference(name, node(minimise, **VECTORS), variables, conditions, duals, limit)


def given(X, y, *references, sweep=None):
    data = {"kind": "given", "X": X, "y": y}
    run = make("evaluate", {"data": data}, sweep, references=references)
    return run, measure(run, range(3), 0, "cpu")


def test_max_margin_by_hand():
    run, found = given([[2, 0], [4, 1], [0, -4]], [1, 1, -1], SVM)
    solved = with_references(run, found, ["svm"]).observables
    assert solved["svm.w"].axes == ()
    assert np.allclose(solved["svm.w"].values, [1 / 2, 1 / 4], rtol=1e-15)
    # w = 1/2 sum alpha_n y_n x_n
    assert np.allclose(solved["svm.alpha"].values, [1 / 2, 0, 1 / 8], rtol=1e-14, atol=1e-16)
    assert solved["svm.value"].values == pytest.approx(5 / 16, rel=1e-15)
    assert solved["svm.residual"].values <= 1e-15


def test_references_are_solved_only_on_the_axes_they_depend_on():
    data = {"kind": "separable", "points": 5, "dimension": 3}
    scaled = program("scaled", "gam*norm(w)**2", ["y*(X @ w) >= 1"], {"w": (D,)})
    run = make("evaluate", {"data": data}, {"gam": (1.0, 2.0)}, references=(SVM, scaled))
    solved = with_references(run, measure(run, range(3), 0, "cpu"), ["svm", "scaled"]).observables
    assert solved["svm.w"].axes == ("seed",)
    assert solved["scaled.w"].axes == ("seed", "gam")
    assert np.allclose(solved["scaled.w"].values, solved["svm.w"].values[:, None], rtol=1e-12, atol=1e-13)
    assert np.allclose(solved["scaled.value"].values[:, 1], 2 * solved["svm.value"].values)
    X, y = solved["X"].values, solved["y"].values
    stationarity = solved["svm.w"].values - 0.5 * np.einsum("sn,snd->sd", solved["svm.alpha"].values * y, X)
    assert np.max(np.abs(stationarity)) <= 1e-14


def test_shallow_part_of_the_scaled_program_converges_at_rate_one_over_gamma():
    gammas = np.geomspace(10, 1e4, 7)
    variables = {"w": (num(4),), "b": (num(5),)}
    scaled = program("scaled", "sum(w**2) + (2/gam)*norm(b, 1)", ["X1 @ w + X2 @ b >= 1"], variables)
    shallow = program("shallow", "sum(w**2)", ["X1 @ w + X2 @ b >= 1"], variables)
    deepest = program("deepest", "norm(b, 1)", ["X1 @ w + X2 @ b >= 1"], variables)
    data = {"kind": "two_views", "points": 6, "dimensions": [4, 5], "blind": 3}
    run = make("evaluate", {"data": data}, {"gam": tuple(gammas)}, references=(scaled, shallow, deepest))
    found = with_references(run, measure(run, range(4), 0, "cpu"), ["scaled", "shallow", "deepest"])
    assert found.failures == {}
    values = {name: found.observables[f"{name}.w"].values for name in ("scaled", "shallow", "deepest")}
    distance = np.linalg.norm(values["scaled"] - values["shallow"][:, None], axis=-1)
    slopes = np.diff(np.log(distance[:, 2:]), axis=1) / np.diff(np.log(gammas[2:]))
    assert np.allclose(slopes, -1, atol=1e-6)
    assert np.all(distance[:, -1] <= 1e-3)
    wrong = np.linalg.norm(values["scaled"] - values["deepest"][:, None], axis=-1)
    assert np.all(wrong[:, -1] > 0.05)


@pytest.mark.parametrize(
    ("minimise", "subject_to", "said"),
    [
        ("sum(w)", ["y*(X @ w) >= 1"], "DualInfeasible"),
        ("norm(w)", ["X @ w >= 1", "X @ w <= 0"], "PrimalInfeasible"),
    ],
)
def test_a_program_without_solution_is_a_failure_of_every_instance_it_concerns(minimise, subject_to, said):
    broken = program("broken", minimise, subject_to, {"w": (D,)}, (None,) * len(subject_to))
    run, found = given([[1, 0], [2, 1]], [1, 1], broken)
    solved = with_references(run, found, ["broken"])
    assert set(solved.failures) == {0, 1, 2}
    assert said in solved.failures[0]
    assert np.all(np.isnan(solved.observables["broken.value"].values))
    # it is solved only when named
    assert with_references(run, found, []).failures == {}


def test_a_residual_above_its_limit_is_a_failure():
    loose = program("loose", "norm(w)", ["y*(X @ w) >= 1"], {"w": (D,)}, limit=1e-7)
    strict = program("strict", "norm(w)", ["y*(X @ w) >= 1"], {"w": (D,)}, limit=1e-30)
    run, found = given([[2, 0], [4, 1], [1, 3]], [1, 1, 1], loose, strict)
    fine = with_references(run, found, ["loose"])
    assert fine.failures == {}
    assert 0 < fine.observables["loose.residual"].values <= 1e-10
    assert fine.observables["loose.value"].values == pytest.approx(np.linalg.norm([1 / 2, 1 / 6]), rel=1e-9)
    assert "above 1.0e-30" in with_references(run, found, ["strict"]).failures[0]


def test_our_residual_sees_a_wrong_point_whatever_the_solver_says():
    # minimise x^2/2 subject to x >= 1: x = z = 1
    form = _Standard(np.eye(1), np.zeros(1), -np.eye(1), -np.ones(1), 0, 1, ())
    assert kkt_residual(form, np.ones(1), np.ones(1)) == 0
    for x, z in ((1.01, 1.01), (0.9, 0.9), (1.0, 0.5), (1.0, -1.0), (2.0, 2.0)):
        assert kkt_residual(form, np.array([x]), np.array([z])) > 4e-3


@pytest.mark.parametrize(
    "minimise", ["sum(w)*sum(w)*sum(w)", "-norm(w)", "sum(sin(w))", "norm(w)**(1/2)"]
)
def test_what_is_not_convex_is_unsupported(minimise):
    strange = program("strange", minimise, ["y*(X @ w) >= 1"], {"w": (D,)})
    run, found = given([[1, 0], [2, 1]], [1, 1], strange)
    with pytest.raises(UnsupportedError):
        with_references(run, found, ["strange"])


def test_names_that_nothing_publishes_are_refused():
    run, found = given([[1, 0], [2, 1]], [1, 1], SVM)
    with pytest.raises(SimulationError, match="no reference"):
        with_references(run, found, ["lasso"])
