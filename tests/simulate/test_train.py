import numpy as np
import pytest

from checker.simulate.measure import measure
from checker.simulate.train import kkt_residual
from tests.simulate.runs import make

ONE = {"data": {"kind": "given", "X": [[1]], "y": [1]}, "model": {"kind": "linear"}, "loss": "exp(-u)"}
ZERO = {"kind": "given", "theta": [0]}


def flow(params, **dynamics):
    run = make("train", {**params, "reduction": "sum", "dynamics": {"kind": "gradient_flow", **dynamics}})
    return measure(run, [0], 0, "cpu")


def test_flow_of_one_weight_is_the_logarithm():
    found = flow({**ONE, "init": ZERO}, first=1, until=1e6, checkpoints=5, tolerance=1e-9)
    t, theta = found.coords["t"], found.observables["theta"]
    assert theta.axes == ("seed", "t")
    assert np.allclose(theta.values[0, :, 0], np.log1p(t), rtol=1e-7)
    assert np.all(np.abs(theta.values - theta.twin) < 1e-5)
    assert not np.allclose(theta.values[0, :, 0], np.log(t), rtol=1e-2)


def test_flow_in_log_time_reaches_times_that_no_number_holds():
    found = flow({**ONE, "init": ZERO}, time="log_time", first=0, until=1e5, checkpoints=5, tolerance=1e-9)
    s = found.coords["s"]
    assert np.allclose(found.observables["theta"].values[0, :, 0], np.logaddexp(0, s), rtol=1e-7)
    assert np.allclose(found.observables["log_loss"].values[0], -np.logaddexp(0, s), rtol=1e-7)


def test_rescaled_time_of_one_weight_is_a_cube_root():
    # dt = d tau/(L w^2) with dw/dt = exp(-w): w^3 = w0^3 + 3 tau
    start = {"kind": "given", "theta": [2]}
    found = flow({**ONE, "init": start}, time="loss_norm", until=1e6, checkpoints=5, tolerance=1e-9)
    assert np.allclose(found.observables["theta"].values[0, :, 0], np.cbrt(8 + 3 * found.coords["tau"]), rtol=1e-7)


def test_gradient_descent_is_the_loop_one_would_write():
    data = {"kind": "separable", "points": 5, "dimension": 3}
    params = {
        "data": data,
        "model": {"kind": "linear"},
        "loss": "log(1 + exp(-u))",
        "reduction": "mean",
        "dynamics": {"kind": "gradient_descent", "step": "1/(2 + k)", "steps": 50, "checkpoints": 4},
        "init": {"kind": "normal", "scale": "1/2"},
    }
    found = measure(make("train", params), [0, 1], 0, "cpu")
    steps = found.coords["k"].astype(int)
    assert list(steps) == [1, 4, 14, 50]
    X, y = found.observables["X"].values, found.observables["y"].values
    theta = found.observables["theta"].values
    for seed in (0, 1):
        signed = y[seed][:, None] * X[seed]
        w = theta[seed, 0]
        for k in range(1, 50):
            w = w + (1 / (2 + k)) * np.mean(signed / (1 + np.exp(signed @ w))[:, None], axis=0)
            if k + 1 in steps:
                assert np.allclose(w, theta[seed, list(steps).index(k + 1)], rtol=1e-12)
    assert found.observables["theta"].twin is None


def test_kkt_residual_by_hand():
    gradients = np.array([[2.0, 0.0], [0.0, 3.0], [-1.0, 0.0]])
    diagonal = np.array([1.0, 1.0])
    assert kkt_residual(diagonal, np.array([1.0, 1.0, 5.0]), gradients, 0.02) == pytest.approx(0, abs=1e-15)
    # one active gradient along the first axis leaves the second component
    assert kkt_residual(diagonal, np.array([1.0, 2.0, 5.0]), gradients, 0.02) == pytest.approx(np.sqrt(0.5))
    assert kkt_residual(diagonal, np.array([1.0, 1.01, 5.0]), gradients, 0.02) == pytest.approx(0, abs=1e-15)
    # no active gradient helps
    assert kkt_residual(diagonal, np.array([2.0, 2.0, 1.0]), gradients, 0.02) == pytest.approx(1)
    assert np.isnan(kkt_residual(np.array([np.nan, 1.0]), np.ones(3), gradients, 0.02))


DIFFERENCE = {
    "data": {"kind": "separable", "points": 8, "dimension": 6},
    "model": {"kind": "diagonal", "depth": 2, "form": "difference"},
    "init": {"kind": "normal", "scale": "1/10"},
}


FLOW = {"kind": "gradient_flow", "time": "loss_norm", "until": 1e6, "checkpoints": 7}
DESCENT = {"kind": "gradient_descent", "time": "loss_norm", "step": "1/10", "steps": 100_000, "checkpoints": 6}


def residuals(loss, dynamics):
    run = make("train", {**DIFFERENCE, "loss": loss, "reduction": "sum", "dynamics": dynamics})
    found = measure(run, range(8), 0, "cpu")
    assert found.failures == {}
    return found.observables["kkt_residual"]


@pytest.mark.parametrize("dynamics", [FLOW, DESCENT])
@pytest.mark.slow
def test_direction_tends_to_a_kkt_point_for_the_exponential_loss(dynamics):
    residual = residuals("exp(-u)", dynamics)
    assert np.all(residual.values[:, -1] <= 0.08)
    assert np.all(residual.values[:, -1] < 0.6 * residual.values[:, 1])
    if dynamics is FLOW:  # a hundred times further than descent gets
        assert np.median(residual.values[:, -1]) <= 0.03
        assert residual.twin is not None
        assert np.all(np.abs(residual.values - residual.twin) <= 1e-3)


def test_a_polynomial_loss_goes_elsewhere():
    # the same rule (every residual below 0.08) rejects it on every seed
    careful = {**DESCENT, "step": "1/50"}
    assert np.all(residuals("(1 + u)**(-2)", careful).values[:, -1] > 0.08)


def test_a_run_that_diverges_is_no_evidence_unless_that_is_the_answer():
    dynamics = {"kind": "gradient_descent", "step": 1, "steps": 5, "checkpoints": 2}
    broken = {**ONE, "loss": "exp(u)", "reduction": "sum", "dynamics": dynamics, "init": ZERO}
    assert "not finite" in measure(make("train", broken), [0], 0, "cpu").failures[0]
    fine = {**broken, "loss": "exp(-u)"}
    assert measure(make("train", fine), [0], 0, "cpu").failures == {}
