"""The principal branch of the Lambert function in JAX, accurate at its branch point -1/e.

The one idea to know: near the branch point W is a power series in sqrt(2*(E*x + 1)), whose argument has to be formed
without cancellation; elsewhere Halley's method on w = x*exp(-w), which cannot overflow, triples the digits.
"""

from __future__ import annotations

import math
from fractions import Fraction

import jax
import jax.numpy as jnp

Array = jax.Array

_INVERSE_E_HIGH = 0.36787944117144233  # exp(-1) = high + low to 107 bits
_INVERSE_E_LOW = -1.2428753672788363e-17
_HALLEY_STEPS = 8  # six suffice on [-1/e, 1e300], tested
_SERIES_BELOW = 0.4  # of the root: 34 terms leave out less than (0.4/sqrt(2))**34


def _at_branch(count: int) -> tuple[float, ...]:
    """Coefficients of W = sum of mu[k]*p**k, p = sqrt(2*(E*x + 1)).

    Source: Corless et al., On the Lambert W function (1996), equations 4.23 and 4.24.
    """
    mu, alpha = [Fraction(-1), Fraction(1)], [Fraction(2), Fraction(-1)]
    for k in range(2, count):
        alpha.append(sum((mu[j] * mu[k + 1 - j] for j in range(2, k)), Fraction(0)))
        mu.append(Fraction(k - 1, k + 1) * (mu[k - 2] / 2 + alpha[k - 2] / 4) - alpha[k] / 2 - mu[k - 1] / (k + 1))
    return tuple(map(float, mu))


_AT_BRANCH = _at_branch(34)


@jax.jit
def _principal(x: Array) -> Array:
    # (jit: a formula may have it a dozen times, and its two hundred operations are traced once)
    # x + 1/e in two pieces: near the branch point one float64 would keep no digit of it
    # (and the `where` keeps XLA from adding the two constants first)
    above = jnp.where(x < 1.0, x + _INVERSE_E_HIGH, 2.0) + _INVERSE_E_LOW
    root = jnp.sqrt(2.0 * math.e * jnp.maximum(above, 0.0))
    series = jnp.zeros_like(x)
    for coefficient in reversed(_AT_BRANCH[1:]):
        series = (series + coefficient) * root
    series = series - 1.0
    big = jnp.log(jnp.maximum(x, 2.0))
    small = jnp.where(x < -0.25, -1.0 + root, x * (1.0 - x + 1.5 * x * x))
    start = jnp.where(x < 0.5, small, jnp.log1p(jnp.maximum(x, 0.0)) * 0.7)
    w = jnp.where(x > 3.0, big - jnp.log(jnp.maximum(big, 0.5)), start)
    for _ in range(_HALLEY_STEPS):
        residual = w - x * jnp.exp(-w)
        slope = w + 1.0
        step = residual / (slope - (w + 2.0) * residual / (2.0 * jnp.where(slope == 0, 1.0, slope)))
        w = jnp.where(root < _SERIES_BELOW, w, w - step)
    w = jnp.where(root < _SERIES_BELOW, series, w)
    return jnp.where(above < 0, jnp.nan, jnp.where(x == jnp.inf, jnp.inf, w))


@jax.custom_jvp
def lambertw(x: Array) -> Array:
    """Principal branch of w*exp(w) = x; NaN below -1/e."""
    found: Array = _principal(x)
    return found


@lambertw.defjvp
def _lambertw_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    w = lambertw(primals[0])
    return w, jnp.exp(-w) / (1.0 + w) * tangents[0]
