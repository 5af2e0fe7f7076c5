"""Networks: the layerwise kernel against Jacobians, the recursion against closed forms, training against the linearised one."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from pydantic import ValidationError

from checker.expr.domain import REAL
from checker.simulate.catalogue_networks import Conv1dModel, MlpModel, TangentKernelParams, TrainNetworkParams
from checker.simulate.measure import measure
from checker.simulate.networks.at_start import batch
from checker.simulate.networks.build import architecture, images
from checker.simulate.networks.layers import outputs, over_windows, start, tangent_kernel, windows
from checker.simulate.networks.recursion import relu_limit
from tests.simulate.runs import make

MLP = {"kind": "mlp", "width": 6, "depth": 3}
CONV = {"kind": "conv1d", "width": 4, "depth": 2, "channels": 2, "filter": 3}


def built(raw, X, seed=0):
    params = (Conv1dModel if raw["kind"] == "conv1d" else MlpModel).model_validate(raw)
    net, x = architecture(params, {}), images(params, jnp.asarray(X))
    return net, x, start(net, x.shape[1], x.shape[2], jax.random.key(seed))


@pytest.mark.parametrize(
    ("base", "change"),
    [
        (MLP, {"output": "signs", "trained": "hidden"}),
        pytest.param(CONV, {"gain": 0.7, "std": 1.5, "scale": 3}, marks=pytest.mark.slow),
        pytest.param(CONV, {"head": "average"}, marks=pytest.mark.slow),
    ],
)
def test_the_layerwise_kernel_is_that_of_jacobians(base, change):
    net, x, weights = built({**base, **change}, np.random.default_rng(0).normal(size=(4, 5)))
    jacobian = jax.jacrev(lambda w: outputs(net, w, x))(weights)
    trained = jax.tree.leaves(jacobian if net.all_trained else jacobian.hidden)
    rows = jnp.concatenate([leaf.reshape(x.shape[0], -1) for leaf in trained], axis=1)
    kernel, _ = tangent_kernel(net, weights, x)
    assert np.allclose(kernel, rows @ rows.T, rtol=1e-12)
    assert not np.allclose(kernel, rows @ rows.T * 1.001, rtol=1e-6)


def test_windows_pad_with_zeros():
    signal = jnp.arange(1.0, 5.0)[None, :]
    assert windows(signal, 3)[0].tolist() == [[0, 1, 2, 3], [1, 2, 3, 4], [2, 3, 4, 0]]
    gram = jnp.outer(signal[0], signal[0])
    by_hand = [[sum(gram[p + o, r + o] for o in (-1, 0, 1) if 0 <= p + o < 4 and 0 <= r + o < 4) for r in range(4)]
               for p in range(4)]  # fmt: skip
    assert over_windows(gram, 3).tolist() == by_hand


def test_the_recursion_of_dense_networks_is_the_closed_form():
    rho = 0.3
    X = np.array([[1.0, 0.0], [rho, np.sqrt(1 - rho**2)]])

    def k0(q):
        return (np.pi - np.arccos(q)) / np.pi

    def k1(q):
        return (np.sqrt(1 - q**2) + (np.pi - np.arccos(q)) * q) / np.pi

    net, x, _ = built({**MLP, "depth": 2}, X)
    kernel, features = relu_limit(net, jnp.asarray(x))
    one = k1(rho) + rho * k0(rho)
    assert np.allclose(kernel[0, 1], k1(k1(rho)) + one * k0(k1(rho)), rtol=1e-13)
    assert np.allclose(np.diagonal(kernel), 3.0, rtol=1e-7)  # acos near 1 keeps half of the digits
    assert np.allclose(features[0, 1], k1(k1(rho)), rtol=1e-13)
    hidden, _ = relu_limit(built({**MLP, "depth": 2, "trained": "hidden"}, X)[0], jnp.asarray(x))
    assert np.allclose(hidden, kernel - features, rtol=1e-13)


@pytest.mark.slow
def test_covariances_of_a_wide_convolution_are_those_of_the_recursion():
    # one layer, gain 2, std 1.2, scale 3: K over 8000 channels against its expectation; the sampling error is about 1 %
    raw = {**CONV, "depth": 1, "width": 8000, "std": 1.2, "scale": 3}
    X = np.random.default_rng(3).normal(size=(4, 5))
    net, x, weights = built(raw, X)
    kernel, features = tangent_kernel(net, weights, x)
    limit, feature_limit = relu_limit(net, x)
    assert np.allclose(kernel, limit, rtol=0.06)
    assert np.allclose(features, feature_limit, rtol=0.06)
    other, _ = relu_limit(net._replace(average=True), x)
    assert not np.allclose(kernel, other, rtol=0.2)
    # a filter that has one pixel sees no neighbours
    alone, _ = relu_limit(net._replace(filter=1), x)
    assert not np.allclose(kernel, alone, rtol=0.1)


def test_two_layers_of_convolution_average_to_the_recursion():
    run = make(
        "tangent_kernel",
        {"data": {"kind": "gaussian", "points": 4, "dimension": 5}, "model": {**CONV, "width": 48}, "copies": 256},
    )
    found = measure(run, (0,), 0, "cpu").observables
    kernel, limit = found["kernel"].values[0], found["limit"].values[0]
    error = kernel.std(axis=0) / 16
    assert np.all(np.abs(kernel.mean(axis=0) - limit) < 5 * error + limit / 48)  # the bias is of order 1/width
    assert np.all(error < 0.05 * limit)


@pytest.mark.slow
def test_copies_are_independent_and_batches_divide_them():
    raw = {"data": {"kind": "sphere", "points": 2, "dimension": 3}, "model": {**MLP, "width": "m"}, "copies": 6}
    found = measure(make("tangent_kernel", raw, {"m": (16.0, 32.0)}), (0, 1), 0, "cpu")
    assert found.observables["kernel"].axes == ("seed", "m", "copy")
    assert found.observables["kernel"].values.shape == (2, 2, 6, 2, 2)
    assert len(np.unique(found.observables["kernel"].values)) == 2 * 2 * 6 * 3  # symmetric: three entries each
    assert found.coords["copy"].tolist() == [1, 2, 3, 4, 5, 6]
    assert [batch(12, size) for size in (1, 2**18 // 5, 2**18, 2**30)] == [12, 4, 1, 1]


TRAIN = {
    "data": {"kind": "sphere", "points": 5, "dimension": 6, "held_out": 3},
    "model": {"kind": "mlp", "width": 512, "init": "centred"},
    "loss": "(u - y)**2/2",
    "reduction": "sum",
    "step": 0.1,
    "steps": 30,
    "checkpoints": 4,
}


def train(**change):
    return measure(make("train_network", {**TRAIN, **change}), (0, 1), 0, "cpu")


@pytest.mark.parametrize(
    "model",
    [
        {},
        {"init": "antisymmetric", "gain": 1, "output": "signs", "trained": "hidden"},
        pytest.param({"activation": "tanh(z)", "depth": 2, "width": 16, "init": "plain"}, marks=pytest.mark.slow),
    ],
)
def test_descent_is_that_of_a_plain_loop(model):
    found = train(model={**TRAIN["model"], **model})
    params = MlpModel.model_validate({**TRAIN["model"], **model, "activation": None})
    X, y = (found.observables[name].values[0] for name in ("X", "y"))
    net = architecture(params, {})
    if "activation" in model:
        net = net._replace(activation=jnp.tanh)
    from checker.simulate.data import key_for
    from checker.simulate.networks.build import trainable

    key = key_for(jax.random.fold_in(jax.random.key(0), 0), "network")
    network = trainable(params, net, images(params, jnp.asarray(X)), key)
    weights = network.start
    loss = jax.jit(jax.grad(lambda w: jnp.sum((network.predict(w, jnp.asarray(X)[:, :, None]) - y) ** 2) / 2))
    for _ in range(30):
        weights = jax.tree.map(lambda w, g: w - 0.1 * g, weights, loss(weights))
    u = network.predict(weights, jnp.asarray(X)[:, :, None])
    assert np.allclose(found.observables["u"].values[0, -1], u, rtol=1e-9)
    moved = np.sqrt(sum(float(jnp.sum((a - b) ** 2)) for a, b in
                        zip(jax.tree.leaves(weights), jax.tree.leaves(network.start), strict=True)))  # fmt: skip
    assert np.isclose(found.observables["moved"].values[0, -1], moved, rtol=1e-9)
    assert found.observables["u_validation"].values.shape == (2, 4, 3)
    starts_at_zero = model.get("init") != "plain"
    assert np.allclose(network.predict(network.start, jnp.asarray(X)[:, :, None]), 0.0, atol=1e-12) == starts_at_zero


@pytest.mark.slow
def test_wide_networks_follow_their_kernel_and_narrow_ones_do_not():
    def distance(width):
        found = train(model={**TRAIN["model"], "width": width, "gain": 1, "output": "signs", "trained": "hidden",
                             "init": "antisymmetric"})  # fmt: skip
        X, y, u = (found.observables[name].values for name in ("X", "y", "u"))
        gram = np.clip(X @ X.transpose(0, 2, 1), -1, 1)
        H = gram * (np.pi - np.arccos(gram)) / (2 * np.pi)
        residual = np.linalg.matrix_power(np.eye(5) - 0.1 * H, 30) @ y[..., None]
        return np.max(np.abs(y - u[:, -1] - residual[..., 0]))

    assert distance(16_384) < 0.02 < distance(16)


@pytest.mark.slow
def test_training_rests_at_its_stop_and_counts_reductions():
    found = train(stop=0.5, steps=3000)
    u, y = found.observables["u"].values[:, -1], found.observables["y"].values
    ratio = np.linalg.norm(u - y, axis=1) / np.linalg.norm(y, axis=1)
    assert np.all((ratio <= 0.5) & (ratio > 0.3))
    assert np.allclose(train(reduction="mean", step=0.5).observables["u"].values, train().observables["u"].values)


def test_divergence_is_no_evidence():
    assert "not finite" in train(step=1000, steps=100).failures[0]


def test_planted_labels_are_functions_of_the_direction():
    data = {"kind": "sphere", "points": 7, "dimension": 3, "labels": "planted", "target": "p**2", "held_out": 2}
    found = measure(make("evaluate", {"data": data}), (0, 1), 0, "cpu").observables
    X, y, e = (found[name].values for name in ("X", "y", "direction"))
    assert np.allclose(np.einsum("sij,sj->si", X, e) ** 2, y)
    assert np.allclose(np.einsum("sij,sj->si", found["X_validation"].values, e) ** 2, found["y_validation"].values)
    assert np.allclose(np.linalg.norm(e, axis=1), 1.0)
    linear = measure(make("evaluate", {"data": {**data, "target": "p", "held_out": 0}}), (0, 1), 0, "cpu").observables
    assert np.array_equal(linear["X"].values, X)  # held-out points and targets change nothing else
    assert not np.allclose(linear["y"].values, y)


def test_values_are_evaluated_where_the_arrays_are():
    raw = {"data": {"kind": "sphere", "points": "N", "dimension": 3}, "values": {"size": "norm(X)**2", "more": "sum(y) + N"}}
    found = measure(make("evaluate", raw, {"N": (2.0, 5.0)}, domains={"N": REAL}), (0, 1), 0, "cpu").observables
    assert np.allclose(found["size"].values, [[2.0, 5.0]] * 2, rtol=1e-14)
    assert found["size"].axes == ("seed", "N")
    assert "X" not in found
    assert np.all(np.abs(found["size"].twin - found["size"].values) < 1e-13)
    assert found["more"].values.tolist() == np.round(found["more"].values).tolist()


@pytest.mark.parametrize(
    ("experiment", "change", "said"),
    [
        (TrainNetworkParams, {"steps": 0}, "1 to 1000000"),
        (TrainNetworkParams, {"model": {"kind": "mlp", "width": 7, "init": "antisymmetric"}}, "even"),
        (TrainNetworkParams, {"model": {"kind": "mlp", "width": 10_000, "depth": 2}}, "MiB"),
        (TrainNetworkParams, {"model": {"kind": "mlp", "width": 5_000_000}}, "MiB"),
        (TrainNetworkParams, {"model": {"kind": "conv1d", "width": 4, "filter": 2}}, "odd"),
        (TrainNetworkParams, {"model": {"kind": "conv1d", "width": 4, "channels": 3}}, "do not make"),
        (TrainNetworkParams, {"data": {"kind": "sphere", "points": 2, "dimension": 2, "target": "p"}}, "planted"),
        (TangentKernelParams, {"copies": 0}, "1 to 100000"),
        (TangentKernelParams, {"copies": 100_000, "data": {"kind": "sphere", "points": 50, "dimension": 2}}, "entries"),
    ],
)
def test_what_is_refused(experiment, change, said):
    kept = TRAIN if experiment is TrainNetworkParams else {"data": TRAIN["data"], "model": TRAIN["model"]}
    experiment.model_validate(kept)
    with pytest.raises(ValidationError, match=said):
        experiment.model_validate({**kept, **change})
