import numpy as np
import pytest

from checker.simulate.measure import measure
from checker.simulate.resolve import SimulationError
from tests.simulate.runs import make

POINTS, STEPS = 6, 24
EVERY = 400  # so many log-spaced records hit each of the first STEPS steps
START = np.array([0.3, -0.2, 0.5])
BASE = {
    "data": {"kind": "separable", "points": POINTS, "dimension": 3},
    "model": {"kind": "linear"},
    "loss": "log(1 + exp(-u))",
    "init": {"kind": "given", "theta": ["3/10", "-1/5", "1/2"]},
}


def run(reduction="mean", seeds=(0, 1), **dynamics):
    params = {**BASE, "reduction": reduction}
    dynamics = {"kind": "gradient_descent", "steps": STEPS, "checkpoints": EVERY, **dynamics}
    found = measure(make("train", {**params, "dynamics": dynamics}), list(seeds), 0, "cpu")
    assert found.failures == {}
    X, y = found.observables["X"].values, found.observables["y"].values
    return found, y[..., None] * X


def loop(rows, w, step, *, reduce=np.mean, momentum=0.0, nesterov=False, decay=0.0, unit=False):
    """Iterates 1 .. STEPS, written as one would by hand."""
    before, path = w, []
    for k in range(STEPS):
        carried = momentum * (w - before)
        at = w + carried if nesterov else w
        g = -reduce(rows / (1 + np.exp(rows @ at))[:, None], axis=0) + decay * at
        if unit:
            g = g / np.linalg.norm(g)
        w, before = w + carried - step(k) * g, w
        path.append(w)
    return np.array(path)


def constant(k):
    return 0.3


@pytest.mark.parametrize(
    ("dynamics", "same", "other"),
    [
        ({}, {}, {"reduce": np.sum}),
        ({"step": "3/(10 + k)"}, {"step": lambda k: 3 / (10 + k)}, {"step": lambda k: 3 / (11 + k)}),
        ({"momentum": "1/2"}, {"momentum": 0.5}, {"momentum": 0.5, "nesterov": True}),
        ({"momentum": "1/2", "form": "nesterov"}, {"momentum": 0.5, "nesterov": True}, {"momentum": 0.5}),
        ({"weight_decay": "1/10"}, {"decay": 0.1}, {"decay": 0.2}),
        ({"time": "gradient_norm"}, {"unit": True}, {}),
    ],
)
def test_descent_is_the_loop_one_would_write(dynamics, same, other):
    found, rows = run(**{"step": "3/10", **dynamics})
    for seed in range(2):
        theta = found.observables["theta"].values[seed]
        right = loop(rows[seed], START, **{"step": constant, **same})
        wrong = loop(rows[seed], START, **{"step": constant, **other})
        assert np.allclose(theta, right, rtol=1e-12, atol=1e-14)
        assert np.abs(theta - wrong).max() > 1e-4


def steps_taken(found):
    """The change in each step and the iterate before it, from the recorded iterates."""
    theta = found.observables["theta"].values
    start = np.broadcast_to(START, (len(theta), 1, 3))
    before = np.concatenate([start, theta[:, :-1]], axis=1)
    return theta - before, before


@pytest.mark.parametrize("reduction", ["sum", "mean"])
def test_batches_without_replacement_see_every_point_once_an_epoch(reduction):
    found, rows = run(reduction=reduction, step="3/10", batch=2)
    assert list(found.coords["k"]) == list(range(1, STEPS + 1))
    moved, before = steps_taken(found)
    factor = 0.3 * (0.5 if reduction == "mean" else 1.0)
    for seed in range(2):
        orders = []
        for epoch in range(STEPS // 3):
            seen = []
            for k in range(3 * epoch, 3 * epoch + 3):
                each = factor * rows[seed] / (1 + np.exp(rows[seed] @ before[seed, k]))[:, None]
                pairs = [
                    (i, j)
                    for i in range(POINTS)
                    for j in range(i)
                    if np.allclose(each[i] + each[j], moved[seed, k], rtol=1e-9, atol=1e-13)
                ]
                assert len(pairs) == 1
                seen += pairs[0]
            assert sorted(seen) == list(range(POINTS))
            orders.append(tuple(seen))
        assert len(set(orders)) > 1  # a new order every epoch


def test_batches_with_replacement_are_unbiased_draws():
    found, rows = run(step="1/10", batch=1, sampling="with_replacement", seeds=range(40))
    moved, before = steps_taken(found)
    drawn = np.empty((40, STEPS), dtype=int)
    for seed in range(40):
        each = 0.1 * rows[seed][None] / (1 + np.exp(before[seed] @ rows[seed].T))[..., None]
        drawn[seed] = np.argmin(np.abs(each - moved[seed][:, None]).sum(-1), axis=1)
        assert np.allclose(np.take_along_axis(each, drawn[seed][:, None, None], 1)[:, 0], moved[seed], atol=1e-13)
    counts = np.bincount(drawn.ravel(), minlength=POINTS)
    assert np.all(np.abs(counts - 160) < 5 * np.sqrt(160))
    assert len({tuple(np.sort(epoch)) for epoch in drawn[:, :POINTS]}) > 1


def test_a_full_batch_is_gradient_descent_and_a_batch_that_does_not_fit_is_refused():
    full, _ = run(step="3/10", batch=POINTS)
    plain, _ = run(step="3/10")
    assert np.allclose(full.observables["theta"].values, plain.observables["theta"].values, rtol=1e-13)
    with pytest.raises(SimulationError, match="does not divide"):
        run(step="3/10", batch=4)
    with pytest.raises(ValueError, match="does not go with"):
        run(step="3/10", batch=2, time="gradient_norm")


def test_a_step_that_is_too_long_makes_the_exponential_loss_overflow_and_the_logistic_loss_fall():
    # the witness of the claim file: two points, step 20, the bound 2/(beta sigma^2) is 6.3
    data = {"kind": "given", "X": [["1/10", 1], ["1/10", "-1/2"]], "y": [1, 1]}
    base = {"data": data, "model": {"kind": "linear"}, "reduction": "sum", "init": {"kind": "zero"}}
    dynamics = {"kind": "gradient_descent", "step": 20, "steps": 1000, "checkpoints": 3}
    wild = make("train", {**base, "loss": "exp(-u)", "dynamics": dynamics})
    assert "not finite" in measure(wild, [0], 0, "cpu").failures[0]
    second = {**dynamics, "steps": 2, "checkpoints": 2}
    two = measure(make("train", {**base, "loss": "exp(-u)", "dynamics": second}), [0], 0, "cpu").observables
    assert np.allclose(two["theta"].values[0, 0], [4, 10], rtol=1e-14)
    assert two["log_loss"].values[0, 1] > 500
    tame = measure(make("train", {**base, "loss": "log(1 + exp(-u))", "dynamics": dynamics}), [0], 0, "cpu")
    assert tame.observables["log_loss"].values[0, -1] < np.log(1e-2)
