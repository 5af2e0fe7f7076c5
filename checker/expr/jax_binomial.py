"""Binomial coefficients of real arguments in JAX, without differences of large logarithms.

The one idea to know: with m = n - k, Stirling's formula leaves quotients such as ``(n/m)**m``, in which the rounding error
of ``n/m`` is magnified m times; it is computed exactly (Dekker) and put right.
"""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp

from checker.expr.jax_gamma import digamma, factorial, stirling_rest

Array = jax.Array

_SMALL = 8.5  # Stirling's series for factorials begins here
_DIRECT = 20.0  # up to here by factorials
_SPLITTER = 134217729.0  # 2**27 + 1


def _halves(x: Array) -> tuple[Array, Array]:
    scaled = _SPLITTER * x
    high = scaled - (scaled - x)
    return high, x - high


def _quotient_power(a: Array, b: Array) -> Array:
    """(a/b)**b for a, b > 0."""
    quotient = a / b
    (q_high, q_low), (b_high, b_low) = _halves(quotient), _halves(b)
    product = quotient * b
    error = ((q_high * b_high - product) + q_high * b_low + q_low * b_high) + q_low * b_low
    rest = (a - product) - error  # a = quotient*b + rest
    return jnp.power(quotient, b) * (1.0 + jnp.expm1(rest / quotient))


@jax.custom_jvp
def binomial(n: Array, k: Array) -> Array:
    """gamma(n + 1)/(gamma(k + 1)*gamma(n - k + 1)) for n > -1; zero for integer k outside 0..n; NaN for n <= -1."""
    whole = (jnp.floor(k) == k) & (jnp.floor(n) == n)
    outside = whole & ((k < 0) | (k > n))
    known = (n > -1) & ~outside
    top = jnp.where(known, n, 1.0)
    other = jnp.where(known, n - k, 1.0)
    small = jnp.where(known, jnp.minimum(k, other), 0.0)
    large = jnp.where(known, jnp.maximum(k, other), 1.0)
    direct = top <= _DIRECT
    low = jnp.where(direct, top, 1.0)
    by_factorials = factorial(low) / (factorial(jnp.where(direct, small, 0.0)) * factorial(jnp.where(direct, large, 1.0)))
    by_stirling = _stirling(jnp.where(direct, 40.0, top), jnp.where(direct, 10.0, small), jnp.where(direct, 30.0, large))
    value = jnp.where(direct, by_factorials, by_stirling)
    return jnp.where(n > -1, jnp.where(outside, 0.0, value), jnp.nan)


def _stirling(n: Array, small: Array, large: Array) -> Array:
    """For n beyond 20: both parts by Stirling's formula, or the smaller one by its factorial."""
    even = small > _SMALL
    k = jnp.where(even, small, 10.0)
    ratio = _quotient_power(n, large)
    rest = stirling_rest(n) - stirling_rest(large)
    both = (
        jnp.sqrt(n / (2.0 * math.pi * k * large)) * jnp.exp(rest - stirling_rest(k)) * _quotient_power(n, k) * ratio
    )
    few = jnp.where(even, 1.0, small)
    # (n/e)**k/k! times what n**n/large**large leaves
    one = jnp.sqrt(n / large) * jnp.exp(rest) * jnp.power(n, few) * ratio * jnp.exp(-few) / factorial(few)
    return jnp.where(even, both, one)


@binomial.defjvp
def _binomial_jvp(primals: tuple[Array, Array], tangents: tuple[Array, Array]) -> tuple[Array, Array]:
    n, k = primals
    value = binomial(n, k)
    above, below, across = digamma(n + 1.0), digamma(k + 1.0), digamma(n - k + 1.0)
    return value, value * ((above - across) * tangents[0] + (across - below) * tangents[1])
