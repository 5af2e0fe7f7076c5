"""Inner products of independent normal vectors in d dimensions, drawn without the vectors.

The one idea to know: Gram-Schmidt turns standard normal rows in k dimensions into a lower triangular matrix with the same
inner products, whose entries are independent: standard normal below the diagonal, chi with k, k - 1, ... degrees of
freedom on it (Bartlett's decomposition).  It costs rows^2/2 numbers whatever k is.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import jax.random as jr


class Patches(NamedTuple):
    """One seed's inner products over d: noise patches u_i = xi_i/(sigma_p sqrt(d)), starts w_r in units of sigma_0.

    ``gram`` (n, n) is u_i.u_k, ``start`` (2m, n) is w_r.u_i, ``cross`` (tests, n) and ``test_start`` (2m, tests) the same
    with fresh patches; ``signal`` (2m,) is w_r.mu/|mu|, ``labels`` (n,).
    """

    gram: jax.Array
    start: jax.Array
    cross: jax.Array
    test_start: jax.Array
    signal: jax.Array
    labels: jax.Array


def alternating(count: int) -> jax.Array:
    """Labels 1, -1, 1, ...: as many of each, since a sample without one of the classes cannot teach it."""
    return jnp.where(jnp.arange(count) % 2 == 0, 1.0, -1.0)


def triangular(key: jax.Array, rows: int, dimension: float) -> jax.Array:
    """L (rows, rows) with L L^T in law the Gram matrix of ``rows`` standard normal vectors in ``dimension`` dimensions.

    ``rows`` <= ``dimension``.
    """
    below, diagonal = jr.split(key)
    freedom = dimension - jnp.arange(rows)
    lengths = jnp.sqrt(2.0 * jr.gamma(diagonal, freedom / 2.0, dtype=jnp.float64))
    return jnp.tril(jr.normal(below, (rows, rows), dtype=jnp.float64), -1) + jnp.diag(lengths)


def draw(key: jax.Array, *, points: int, of: int, filters: int, tests: int, dimension: float) -> Patches:
    """The inner products of the first ``points`` of ``of`` training patches with themselves, ``tests`` fresh ones and the
    starts of 2 x ``filters`` filters.  Noise lives in the ``dimension`` - 1 directions across the signal.
    """
    spread, fresh, along = jr.split(key, 3)
    starts = 2 * filters
    # The starts come first, so that a larger training set adds rows and changes none.
    factor = triangular(spread, starts + of, dimension - 1.0)[: starts + points]
    w, u = factor[:starts], factor[starts:] / dimension**0.5
    test = jr.normal(fresh, (tests, starts + of), dtype=jnp.float64) / dimension**0.5
    return Patches(
        gram=u @ u.T,
        start=w @ u.T,
        cross=test @ u.T,
        test_start=w @ test.T,
        signal=jr.normal(along, (starts,), dtype=jnp.float64),
        labels=alternating(points),
    )
