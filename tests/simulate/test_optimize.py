"""The constrained path against closed forms for arXiv 1905.07325, and against what it must not be mistaken for."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from checker.expr.domain import REAL
from checker.simulate.catalogue import EXPERIMENTS, OptimizeParams
from checker.simulate.measure import measure
from checker.simulate.optimize import why_not
from checker.simulate.program import Output, Site
from checker.simulate.references import with_references
from tests.simulate.runs import SVM, make, node, quantity

SEPARABLE = {"kind": "separable", "points": 12, "dimension": 6, "shift": "5/2"}
LINEAR = {"data": SEPARABLE, "model": {"kind": "linear"}, "loss": "exp(-u)", "radius": "rho", "restarts": 1}
RADII = tuple(np.geomspace(30, 1e5, 12))


@pytest.fixture(scope="module")
def linear():
    run = make(
        "optimize",
        LINEAR,
        {"rho": RADII},
        references=(SVM,),
        require=(("residual <= 1e-9", node("residual <= 1e-9", residual=REAL)),),
    )
    return with_references(run, measure(run, range(8), 0, "cpu"), ["svm"])


def test_gap_of_the_linear_path_tends_to_log_pmax_plus_entropy(linear):
    assert linear.failures == {}
    gap = quantity("rho/norm(svm.w) - min(margins)", linear)
    alpha = linear.observables["svm.alpha"].values
    p = alpha / alpha.sum(axis=1, keepdims=True)
    entropy = -np.sum(np.where(p > 0, p * np.log(np.where(p > 0, p, 1)), 0), axis=1)
    limit = np.log(p.max(axis=1)) + entropy
    assert np.all(gap.values >= -1e-9)
    assert np.all(gap.values <= np.log(12))
    # the correction is C/rho: rho * error is constant at the end, to what 1e-9 of rounding in the gap leaves
    scaled = (gap.values - limit[:, None]) * np.asarray(RADII)
    assert np.all(np.abs(scaled[:, -1] - scaled[:, -2]) <= 1e-9 * RADII[-1] + 2e-3 * np.abs(scaled[:, -1]))
    assert np.all(gap.error[:, -1] <= 2e-9)
    # near misses: log p_max dropped, and no gap at all
    assert np.all(np.abs(gap.values[:, -1] - entropy) > 0.1)
    assert np.all(gap.values[:, -1] > 0.05)


def test_the_certificate_tells_a_path_from_another_separating_direction(linear):
    X, y = linear.observables["X"].values, linear.observables["y"].values
    direction = linear.observables["direction"].values
    margins = RADII[-1] * np.min(y * np.einsum("snd,sd->sn", X, direction), axis=1)
    best = RADII[-1] / np.linalg.norm(linear.observables["svm.w"].values, axis=1)
    assert np.all(best - margins > np.log(12))


DIAGONAL = {
    "data": {
        "kind": "given",
        "X": [[1, 1, 1], ["3/2", "3/2", "11/10"], ["8/5", "12/5", 9], ["13/5", "8/5", 9]],
        "y": [1, 1, 1, 1],
    },
    "model": {"kind": "diagonal", "depth": 2},
    "loss": "exp(-u)",
    "radius": "sqrt(2*B)",
    "restarts": 4,
}


def test_third_level_of_the_lexicographic_order_is_resolved_and_the_twin_says_how_well():
    budgets = np.array([8.0, 12.0, 16.0, 20.0, 24.0, 40.0])
    found = measure(make("optimize", DIAGONAL, {"B": tuple(budgets)}), range(8), 0, "cpu")
    beta, twin = found.observables["beta"].values, found.observables["beta"].twin
    share, other = beta[..., 0] / budgets, twin[..., 0] / budgets
    error = np.abs(share - (4 / 9 + np.log(5 / 4) / (1.8 * budgets)))
    assert np.all(error[:, :5] <= 2e-6)
    assert np.all(beta[:, :5, 2] <= 1e-6)
    assert np.all(error[:, :5] <= 2 * np.abs(share - other)[:, :5] + 1e-13)
    # at B = 40 the third level weighs exp(-42): float64 does not see it, and the twin must not hide that
    assert np.all(np.abs(share - other)[:, 5] > 1e-3)
    # the plausible wrong limits are far outside every error
    for wrong in (1 / 3, 1 / 2):
        assert np.all(np.abs(share[:, 4] - wrong) > 0.04)


@pytest.mark.slow
def test_shallow_part_of_a_sum_has_the_predicted_raw_norm():
    model = {
        "kind": "sum",
        "parts": [{"model": {"kind": "linear"}}, {"model": {"kind": "scalar_chain", "depth": "q"}}],
    }
    radii = np.array([4.0, 12.6, 40.0, 126.0, 400.0])
    run = make(
        "optimize",
        {
            "data": {"kind": "separable", "points": 6, "dimension": 4},
            "model": model,
            "loss": "exp(-u)",
            "radius": "rho",
        },
        {"q": (2.0, 3.0), "rho": tuple(radii)},
    )
    found = measure(run, range(8), 0, "cpu")
    assert found.failures == {}
    norms = found.observables["part_norms"]
    assert norms.axes == ("seed", "q", "rho")
    assert "theta" not in found.observables  # its length changes with q
    assert found.observables["X"].axes == ("seed",)
    shallow = norms.values[..., 0]
    assert np.allclose(shallow[:, 0], 1.0, atol=1e-12, rtol=0)
    assert np.allclose(shallow[:, 1, 1:] * radii[1:], np.sqrt(3), rtol=2e-3)
    assert np.allclose(shallow[:, 1, 0], 0.4356, atol=1e-4)
    assert not np.any(np.isclose(shallow[:, 1, -1] * radii[-1], np.sqrt(2), rtol=0.1))


@pytest.mark.slow
def test_counterexample_goes_to_the_other_end_of_the_circle():
    first = "1 - phi**2 if phi <= 1/2 else max(3/4 - phi/10, 1 - (pi - phi))"
    second = "1 + phi if phi <= 1/2 else max(3/2 - (phi - 1/2)/(pi - 1), 1 - (pi - phi))"
    third = "3/2 if phi <= 2 else 2 - (pi - phi)"
    angle = "acos(theta[0]/norm(theta))"
    margins = [f"norm(theta)*({text.replace('phi', angle)})" for text in (first, second, third)]
    radii = (10.0, 100.0, 1000.0, 10000.0)
    params = {"model": {"kind": "formula", "dimension": 2, "margins": margins}, "loss": "exp(-u)", "radius": "rho"}
    found = measure(make("optimize", params, {"rho": radii}), range(3), 0, "cpu")
    assert found.failures == {}
    phi = np.arccos(found.observables["theta"].values[..., 0] / np.asarray(radii))

    def loss(t, rho):
        return np.exp(rho * t**2) + np.exp(-rho * t) + np.exp(-rho / 2)

    for index, rho in enumerate(radii):
        best = minimize_scalar(loss, bounds=(0, 0.2), args=(rho,), method="bounded", options={"xatol": 1e-12})
        assert np.allclose(phi[:, index], best.x, rtol=1e-3)
        relative = np.exp(found.observables["log_loss"].values[:, index] + rho)
        assert np.allclose(relative, best.fun, rtol=1e-9)
        assert np.all(relative < 2)  # the value at the lexicographic optimum, angle pi


def test_what_is_published_has_the_announced_shape(linear):
    params = OptimizeParams.model_validate(LINEAR | {"radius": 1, "loss": "exp(-u)"})
    for name, spec in EXPERIMENTS["optimize"].observables(params).items():
        item = linear.observables[name]
        assert item.values.shape[len(item.axes) :] == spec.shape, name


GOOD = {
    "theta": np.ones((2, 3)),
    "log_loss": np.array([-1.0, -2.0]),
    "residual": np.array([1e-12, 1e-15]),
    "multiplier": np.array([1.0, 2.0]),
}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, None),
        ({"residual": np.array([1e-12, 1e-3])}, "residual 1.0e-03 in cell 1"),
        ({"residual": np.array([np.nan, 1e-3])}, "residual nan in cell 0"),
        ({"multiplier": np.array([1.0, -1.0])}, "inside the ball in cell 1"),
        ({"log_loss": np.array([-1.0, np.nan])}, "not a finite number"),
        ({"rising": np.array([False, True])}, "does not decrease"),
    ],
)
def test_what_is_not_the_minimiser_over_the_ball_is_refused(change, said):
    params = OptimizeParams.model_validate(LINEAR | {"radius": 1, "loss": "exp(-u)"})
    each = {**GOOD, **{name: value for name, value in change.items() if name != "rising"}}
    hidden = {"rising": change.get("rising", np.array([False, False]))}
    reason = why_not(params, Site({}, frozenset(), {}, (True, False)), Output({}, each, {}, hidden))
    assert reason is None if said is None else said in reason


def test_data_that_cannot_be_separated_have_no_constrained_minimiser_on_the_sphere():
    data = {"kind": "given", "X": [[1, 0], [-1, 0], [0, 1], [0, -1]], "y": [1, 1, 1, 1]}
    params = {"data": data, "model": {"kind": "linear"}, "loss": "exp(-u)", "radius": 50, "iterations": 60}
    found = measure(make("optimize", params), [0], 0, "cpu")
    assert "inside the ball" in found.failures[0]
