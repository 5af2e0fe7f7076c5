"""Gradient descent of the two-patch network in inner products.

The one idea to know: the weights stay in the span of their start, the signal and the noise patches, so the signal part
<w_r, mu> and the coefficients rho of the noise patches are all there is; a step costs filters times n^2.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from checker.simulate.two_patch.gram import Patches


class Problem(NamedTuple):
    """One cell: signal-to-noise ratio, size of the start sigma_0 sigma_p sqrt(d), eta sigma_p^2 d."""

    snr: jax.Array
    start: jax.Array
    step: jax.Array


def _activation(z: jax.Array, power: int) -> jax.Array:
    return jnp.maximum(z, 0.0) ** power


def _slope(z: jax.Array, power: int) -> jax.Array:
    return power * jnp.maximum(z, 0.0) ** (power - 1) * (z > 0)


def signs_of(filters: int) -> jax.Array:
    """j of the 2m filters: first those of F_1, then those of F_{-1}."""
    return jnp.concatenate([jnp.ones(filters), -jnp.ones(filters)])


def score(signal: jax.Array, noise: jax.Array, labels: jax.Array, power: int) -> jax.Array:
    """f (n,) from <w_r, mu> (2m,) and <w_r, xi_i> (2m, n)."""
    filters = signal.size // 2
    j = signs_of(filters)
    seen = jnp.where(labels > 0, j @ _activation(signal, power), j @ _activation(-signal, power))
    return (seen + j @ _activation(noise, power)) / filters


def descend(patches: Patches, problem: Problem, power: int, steps: int) -> tuple[jax.Array, jax.Array, jax.Array]:
    """<w_r, mu> (2m,), <w_r, xi_i> (2m, n) and <w_r, fresh xi> (2m, tests) after ``steps`` steps."""
    labels, size = patches.labels, patches.labels.size
    filters = patches.signal.size // 2
    j = signs_of(filters)
    signal = problem.start * problem.snr * patches.signal
    noise = problem.start * patches.start
    rate = problem.step / (size * filters)

    def step(_: jax.Array, carry: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        signal, rho = carry
        here = noise + rho @ patches.gram
        # minus the derivative of the logistic loss, over the labels: w moves by this much along y times the gradient of f
        pull = jax.nn.sigmoid(-labels * score(signal, here, labels, power))
        up, down = jnp.sum(pull * (labels > 0)), jnp.sum(pull * (labels < 0))
        signal = signal + rate * problem.snr**2 * j * (up * _slope(signal, power) + down * _slope(-signal, power))
        return signal, rho + rate * j[:, None] * (pull * labels) * _slope(here, power)

    signal, rho = lax.fori_loop(0, steps, step, (signal, jnp.zeros_like(noise)))
    return signal, noise + rho @ patches.gram, problem.start * patches.test_start + rho @ patches.cross.T
