import numpy as np
import pytest
from pydantic import ValidationError
from scipy.integrate import solve_ivp
from scipy.special import erfi

from checker.simulate.catalogue import EXPERIMENTS
from checker.simulate.conic import ReferenceFailure, least_norm
from checker.simulate.measure import measure
from checker.simulate.remainder_tail import log_heights, log_time
from checker.simulate.resolve import SimulationError
from tests.simulate.runs import make

pytestmark = pytest.mark.slow  # compiled programs, each its own

ZERO = {"kind": "zero"}
PLANE = {"data": {"kind": "given", "X": [[1, "1/2"], [1, -1]], "y": [1, 1]}, "model": {"kind": "linear"}}
POWER = "exp(-max(u, 1)**nu)"


def train(params, dynamics, nus=(), loss=None, slope=None, init=ZERO, arms=None, seeds=(0,)):
    given = {"loss": loss} if slope is None else {"minus_derivative": slope}
    params = {"reduction": "sum", "init": init, **params, **given, "dynamics": dynamics}
    found = measure(make("train", params, {"nu": nus} if nus else {}, arms=arms), list(seeds), 0, "cpu")
    assert found.failures == {}
    return found.coords, {name: item.values for name, item in found.observables.items()}


def tail(nu="nu", **more):
    return {"kind": "remainder_flow", "tail": nu, **more}


def test_the_clock_is_the_integral_that_defines_it_and_its_inverse():
    # nu = 1: t = exp(g) - e;  nu = 2: t = int_1^g exp(h^2) dh = sqrt(pi)/2 (erfi(g) - erfi(1))
    L = np.asarray([1.5, 4.0, 20.0, 300.0])
    assert np.allclose(log_time(L, 1.0), L + np.log1p(-np.exp(1 - L)), rtol=1e-13)
    by_erfi = np.log(np.sqrt(np.pi) / 2 * (erfi(np.sqrt(L)) - erfi(1.0)))
    assert np.allclose(log_time(L, 2.0), by_erfi, rtol=1e-12)
    assert np.abs(log_time(L, 2.0) - L).min() > 0.1  # g^nu is not log t
    for nu in (0.5, 2.0, 4.0):
        s = np.asarray([1.0, 30.0, 1e6])
        assert np.allclose(log_time(np.exp(log_heights(s, nu)), nu), s, rtol=1e-11)
    with pytest.raises(SimulationError, match="tail exponent"):
        log_heights(np.asarray([1.0]), 0.1)


def test_one_point_moves_along_w_hat_and_nowhere_else():
    # dw/dt = exp(-w^nu) from w = 1 is the clock itself: w = g, and the remainder is zero
    one = {"data": {"kind": "given", "X": [[1]], "y": [1]}, "model": {"kind": "linear"}}
    start = {"kind": "given", "theta": [1]}
    coords, out = train(one, tail(until=1e6, checkpoints=4), (0.5, 1.0, 2.0), slope=POWER, init=start)
    assert np.abs(out["remainder"][0, :, :, 0] / out["growth"][0]).max() < 1e-9
    assert np.allclose(out["theta"][0, 1, :, 0], np.logaddexp(coords["s"], 1.0), rtol=1e-9)
    assert np.allclose(out["growth"][0, 2] ** 2, coords["s"], rtol=0.5)
    assert "log_loss" not in out


def test_the_flow_is_that_of_an_independent_solver_in_the_plain_variables():
    start = {"kind": "given", "theta": ["1/2", -1]}
    dynamics = tail(until=9, checkpoints=4, step="1/4", tolerance=1e-10)
    coords, out = train(PLANE, dynamics, (0.5, 2.0), slope=POWER, init=start)
    rows = np.asarray([[1, 0.5], [1, -1]])

    def solved(power):
        def field(sigma, w):
            return 0.25 * np.exp(sigma) * rows.T @ np.exp(-(np.maximum(rows @ w, 1) ** power))

        sigmas = np.logaddexp(0, coords["s"])
        return solve_ivp(field, (0, sigmas[-1]), [0.5, -1], "LSODA", t_eval=sigmas, rtol=1e-10, atol=1e-11).y.T

    for theta, margins, nu in zip(out["theta"][0], out["margins"][0], (0.5, 2.0), strict=True):
        assert np.allclose(theta, solved(nu), rtol=1e-6)
        assert np.abs(theta - solved(nu + 0.05)).max() > 1e-3  # a neighbouring tail is told apart
        assert np.allclose(margins, theta @ rows.T, rtol=1e-12)


def test_exponent_one_is_the_flow_of_the_exponential_tail():
    start = {"kind": "given", "theta": ["1/2", -1]}
    clock = {"until": 1e5, "checkpoints": 6, "tolerance": 1e-10}
    _, powers = train(PLANE, tail(1, **clock), slope="exp(-max(u, 1))", init=start)
    _, plain = train(PLANE, {"kind": "remainder_flow", **clock}, slope="exp(-max(u, 1))", init=start)
    assert np.allclose(powers["theta"], plain["theta"], rtol=1e-8)


def test_a_loss_with_another_tail_is_refused():
    with pytest.raises(SimulationError, match=r"exp\(-u\^2\)"):
        train(PLANE, tail(2, until=9), slope="exp(-max(u, 1))")


def test_depth_is_the_product_of_a_balanced_chain_and_not_of_another():
    params = {**PLANE, "data": {"kind": "given", "X": [[1, "1/2", 0], [1, -1, 0]], "y": [1, 1]}}
    times = {"first": 2, "until": 20, "checkpoints": 4}
    given = [{"kind": "given", "theta": theta} for theta in (["2/3", "1/3", "2/3"], ["2/3", "1/3", "2/3", 1, 1])]
    other = {"kind": "given", "theta": ["4/3", "2/3", "4/3", 1, "1/2"]}
    follow = {"kind": "gradient_flow", "time": "log_time", "tolerance": 1e-9, **times}
    chain = {"kind": "scalar_chain", "depth": 3}
    common = {**params, "loss": "exp(-u)", "reduction": "sum", "dynamics": follow, "model": chain}
    arms = {"chain": {**common, "init": given[1]}, "unbalanced": {**common, "init": other}}
    dynamics = {"kind": "remainder_flow", "depth": 3, "spacing": "linear", "tolerance": 1e-10, **times}
    _, out = train(params, dynamics, loss="exp(-u)", init=given[0], arms=arms)
    assert np.allclose(out["beta"], out["beta.chain"], rtol=1e-5)
    assert np.abs(out["beta"] - out["beta.unbalanced"]).max() > 0.05
    one, none = (
        train(params, {**dynamics, **depth}, loss="exp(-u)", init=given[0])[1]["theta"]
        for depth in ({"depth": 1}, {"depth": None})
    )
    assert np.allclose(one, none, rtol=1e-9)


def test_what_the_data_do_not_see_grows_with_depth():
    # z' = (1 - 1/depth) z/s: across the data beta grows like s^(1 - 1/depth)
    params = {**PLANE, "data": {"kind": "given", "X": [[1, "1/2", 0], [1, -1, 0]], "y": [1, 1]}}
    start = {"kind": "given", "theta": [1, 0, 1]}
    dynamics = {"kind": "remainder_flow", "depth": "nu", "first": 1e4, "until": 1e6, "checkpoints": 2}
    _, out = train(params, dynamics, (1.0, 2.0, 4.0), loss="exp(-u)", init=start)
    slopes = np.log(out["theta"][0, :, 1, 2] / out["theta"][0, :, 0, 2]) / np.log(100)
    assert np.allclose(slopes, [0, 1 / 2, 3 / 4], atol=2e-3)


def test_a_loss_by_its_derivative_descends_as_the_loss_and_publishes_no_value():
    data = {"kind": "separable", "points": 6, "dimension": 3}
    params, steps = {**PLANE, "data": data}, {"kind": "gradient_descent", "step": "1/8", "steps": 30, "checkpoints": 3}
    _, value = train(params, steps, loss="log(1 + exp(-u))")
    _, slope = train(params, steps, slope="sigmoid(-u)")
    assert np.allclose(value["theta"], slope["theta"], rtol=1e-13)
    times = {"kind": "gradient_flow", "until": 20, "checkpoints": 3, "tolerance": 1e-9}
    flows = [train(params, times, **given)[1]["theta"] for given in ({"loss": "log(1 + exp(-u))"}, {"slope": "sigmoid(-u)"})]
    assert np.allclose(*flows, rtol=1e-6)
    assert "log_loss" in value
    assert not {"log_loss", "gradient_norm"} & set(slope)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"loss": "exp(-u)"}, "exactly one"),
        ({"dynamics": {"kind": "gradient_flow", "time": "loss_norm", "until": 9}}, "divides by the loss"),
        ({"dynamics": {"kind": "remainder_flow", "until": 9, "tail": 2, "depth": 2}}, "at most one"),
    ],
)
def test_what_does_not_go_together_is_refused(change, match):
    params = {**PLANE, "minus_derivative": "exp(-u)", "reduction": "sum", "dynamics": tail(2, until=9), **change}
    with pytest.raises(ValidationError, match=match):
        EXPERIMENTS["train"].params.model_validate(params)


def test_opposed_points_are_never_separable_where_a_flipped_one_often_is():
    steps = {"kind": "gradient_descent", "step": 1, "steps": 1, "checkpoints": 2}
    separable = {}
    for name, broken in (("opposed", {"opposed": 1}), ("flip", {"flip": 1}), ("none", {})):
        data = {"kind": "separable", "points": 6, "dimension": 3, "shift": 0, "margin": "1/2", **broken}
        _, out = train({**PLANE, "data": data}, steps, loss="exp(-u)", seeds=range(12))
        separable[name] = 0
        for X, y in zip(out["X"], out["y"], strict=True):
            try:
                separable[name] += least_norm(y[:, None] * X)[2] < 1e-6
            except ReferenceFailure:
                continue
    assert separable["none"] == 12
    assert separable["opposed"] == 0
    assert 0 < separable["flip"] < 12
