"""The two-patch network in inner products against a network whose weights and patches are vectors."""

import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest
from pydantic import ValidationError

from checker.simulate.measure import measure
from checker.simulate.resolve import SimulationError
from checker.simulate.two_patch.descent import Problem, descend, score, signs_of
from checker.simulate.two_patch.gram import alternating, draw, triangular
from tests.simulate.runs import make

FILTERS, POINTS, OF, TESTS, DIMENSION = 2, 4, 6, 3, 50.0
PARAMS = {"points": POINTS, "of": OF, "dimension": DIMENSION, "snr": 0.7, "filters": FILTERS, "start": 0.3,
          "step": 2.0, "steps": 30, "tests": TESTS}  # fmt: skip


def patches(key, points=POINTS):
    return draw(key, points=points, of=OF, filters=FILTERS, tests=TESTS, dimension=DIMENSION)


@pytest.mark.parametrize("power", [1, 3])
@pytest.mark.slow
def test_descent_is_that_of_the_vectors(power):
    """Vectors with the very inner products that were drawn, trained by automatic differentiation of the loss."""
    key, snr, start, rate = jr.key(1), 0.7, 0.3, 2.0
    found = patches(key)
    spread, fresh, _ = jr.split(key, 3)
    rows = triangular(spread, 2 * FILTERS + OF, DIMENSION - 1)
    test = jr.normal(fresh, (TESTS, 2 * FILTERS + OF))
    # sigma_p = 1; one more direction for the signal
    across = [jnp.pad(each, ((0, 0), (0, 1))) for each in (rows[2 * FILTERS :][:POINTS], test)]
    mu = jnp.zeros(rows.shape[1] + 1).at[-1].set(snr * DIMENSION**0.5)
    sigma = start / DIMENSION**0.5
    weights = sigma * jnp.concatenate([rows[: 2 * FILTERS], found.signal[:, None]], axis=1)
    labels = alternating(POINTS)

    def network(weights, noise, labels):
        both = jnp.maximum(weights @ (labels[:, None] * mu).T, 0) ** power + jnp.maximum(weights @ noise.T, 0) ** power
        return signs_of(FILTERS) @ both / FILTERS

    def loss(weights):
        return jnp.mean(jax.nn.softplus(-labels * network(weights, across[0], labels)))

    gradient = jax.jit(jax.grad(loss))
    for _ in range(20):
        weights = weights - rate / DIMENSION * gradient(weights)
    problem = Problem(jnp.asarray(snr), jnp.asarray(start), jnp.asarray(rate))
    signal, noise, unseen = descend(found, problem, power, 20)
    assert np.allclose(signal, weights @ mu, rtol=1e-10)
    assert np.allclose(noise, weights @ across[0].T, rtol=1e-9, atol=1e-12)
    assert np.allclose(unseen, weights @ across[1].T, rtol=1e-9, atol=1e-12)
    exact = network(weights, across[1], alternating(TESTS))
    assert np.allclose(score(signal, unseen, alternating(TESTS), power), exact, rtol=1e-9)
    other = descend(found, problem._replace(step=jnp.asarray(2.1)), power, 20)[0]
    assert not np.allclose(other, weights @ mu, rtol=1e-4)


@pytest.mark.slow
def test_inner_products_have_the_law_of_normal_vectors():
    rows, dimension, draws = 4, 9.0, 2000
    factors = jax.vmap(lambda key: triangular(key, rows, dimension))(jr.split(jr.key(0), draws))
    gram = factors @ jnp.swapaxes(factors, 1, 2)
    vectors = jr.normal(jr.key(1), (draws, rows, int(dimension)))
    true = vectors @ jnp.swapaxes(vectors, 1, 2)
    for moment in (lambda g: g, lambda g: g**2, lambda g: g[:, :1] * g[:, 1:2], lambda g: jnp.linalg.inv(g)):
        one, two = moment(gram), moment(true)
        error = jnp.sqrt((jnp.var(one, axis=0) + jnp.var(two, axis=0)) / draws)
        assert np.all(np.abs(one.mean(0) - two.mean(0)) < 5 * error + 1e-12)
    # a dimension more is told apart by the squared lengths, whose mean it is
    longer = jax.vmap(lambda key: triangular(key, rows, dimension + 1))(jr.split(jr.key(0), draws))
    lengths = jnp.sum(longer**2, axis=-1)
    assert np.all(lengths.mean(0) - dimension > 5 * lengths.std(0) / draws**0.5)


def test_sizes_and_fresh_points_are_paired():
    small, large = patches(jr.key(3), 4), patches(jr.key(3), 6)
    assert np.allclose(small.gram, large.gram[:4, :4], rtol=1e-14)
    assert np.allclose(small.start, large.start[:, :4], rtol=1e-14)
    assert np.array_equal(small.test_start, large.test_start)
    assert np.allclose(small.cross, large.cross[:, :4], rtol=1e-14)


@pytest.mark.slow
def test_signal_and_noise_win_where_they_should():
    params = {**PARAMS, "points": "n", "of": 12, "dimension": 1e9, "snr": "snr", "filters": 8}
    params |= {"start": 0.05, "step": "1.5*n", "steps": 300}
    found = measure(make("two_patch", params, {"n": (6.0, 12.0), "snr": (0.1, 1.5)}), range(4), 0, "cpu")
    assert not found.failures
    values = {name: found.observables[name].values for name in ("train_loss", "test_loss", "test_error")}
    assert found.observables["test_loss"].axes == ("seed", "n", "snr")
    assert values["train_loss"].max() < 0.1
    assert np.all(values["test_loss"][:, :, 0] > 0.6)
    assert np.all(values["test_loss"][:, :, 1] < 0.05)
    assert np.all(values["test_error"][:, :, 1] == 0)


def test_limits_before_anything_is_drawn():
    for broken, message in (({"points": 7}, "points: expected 1 to 6"), ({"dimension": 9}, "dimension: expected more"),
                            ({"steps": 0}, "steps: expected"), ({"power": 0}, "power: expected")):  # fmt: skip
        with pytest.raises(ValidationError, match=message):
            make("two_patch", {**PARAMS, **broken})
    big = {**PARAMS, "points": 4096, "of": 4096, "dimension": 1e9, "filters": 1024, "steps": 1_000_000}
    run = make("two_patch", big, {"snr": tuple(np.linspace(0.1, 1, 50))})
    with pytest.raises(SimulationError, match="inner products"):
        measure(run, [0], 0, "cpu")
