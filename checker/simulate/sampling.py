"""Random numbers from the laws that symbols are declared with: one sampler per law of the language.

The one idea to know: a sampler gets a key, a shape and the parameters of the law as numbers, and nothing else decides
what it draws; location and scale are applied to the same noise, so that cells of a sweep which differ in a parameter
share their randomness.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import jax.random as jr

from checker.expr.namespace import Law
from checker.expr.node import symbols_of
from checker.simulate.data import key_for
from checker.simulate.resolve import SimulationError, leaf_of

Shape: TypeAlias = tuple[int, ...]
Sampler: TypeAlias = Callable[..., jax.Array]


def _unless(valid: jax.Array, drawn: jax.Array) -> jax.Array:
    """NaN in place of draws from a law that does not exist with these parameters."""
    return jnp.where(valid, drawn.astype(jnp.float64), jnp.nan)


def _normal(key: jax.Array, shape: Shape, mean: jax.Array, deviation: jax.Array) -> jax.Array:
    return _unless(deviation > 0, mean + deviation * jr.normal(key, shape, dtype=jnp.float64))


def _uniform(key: jax.Array, shape: Shape, lo: jax.Array, hi: jax.Array) -> jax.Array:
    return _unless(lo < hi, lo + (hi - lo) * jr.uniform(key, shape, dtype=jnp.float64))


def _exponential(key: jax.Array, shape: Shape, rate: jax.Array) -> jax.Array:
    return _unless(rate > 0, jr.exponential(key, shape, dtype=jnp.float64) / rate)


def _laplace(key: jax.Array, shape: Shape, mean: jax.Array, scale: jax.Array) -> jax.Array:
    return _unless(scale > 0, mean + scale * jr.laplace(key, shape, dtype=jnp.float64))


def _beta(key: jax.Array, shape: Shape, a: jax.Array, b: jax.Array) -> jax.Array:
    return _unless((a > 0) & (b > 0), jr.beta(key, a, b, shape, dtype=jnp.float64))


def _bernoulli(key: jax.Array, shape: Shape, p: jax.Array) -> jax.Array:
    return _unless((p >= 0) & (p <= 1), (jr.uniform(key, shape, dtype=jnp.float64) < p).astype(jnp.float64))


def _binomial(key: jax.Array, shape: Shape, n: jax.Array, p: jax.Array) -> jax.Array:
    valid = (p >= 0) & (p <= 1) & (n >= 0) & (n == jnp.round(n))
    return _unless(valid, jr.binomial(key, n, p, shape, dtype=jnp.float64))


def _poisson(key: jax.Array, shape: Shape, rate: jax.Array) -> jax.Array:
    return _unless(rate > 0, jr.poisson(key, rate, shape, dtype=jnp.int64))


SAMPLERS: Mapping[str, Sampler] = {
    "normal": _normal,
    "uniform": _uniform,
    "exponential": _exponential,
    "laplace": _laplace,
    "beta": _beta,
    "bernoulli": _bernoulli,
    "binomial": _binomial,
    "poisson": _poisson,
}


def sample(law: Law, key: jax.Array, shape: Shape, values: Mapping[str, Any]) -> jax.Array:
    """Independent draws from ``law``, float64 of ``shape``; its parameters are evaluated with the symbols ``values``.

    The stream belongs to the name of the symbol: what else is drawn from ``key`` changes nothing.  NaN where no such
    law exists (a negative scale).  Raises ``SimulationError`` where a parameter is not known.
    """
    parameters = [leaf_of(values)(parameter) for parameter in law.parameters]
    if any(parameter.ndim for parameter in parameters):
        raise SimulationError(f"draw: a parameter of the law of {law.variable} is an array; expected a number")
    return SAMPLERS[law.name](key_for(key, f"draw {law.variable}"), shape, *parameters)


def depends_on(laws: Mapping[str, Law], names: Sequence[str], symbols: frozenset[str]) -> bool:
    """Whether a parameter of the laws of ``names`` mentions one of ``symbols``."""
    nodes = [parameter for name in names if name in laws for parameter in laws[name].parameters]
    return any(symbols_of(node) & symbols for node in nodes)
