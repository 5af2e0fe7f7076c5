"""Points on the line and the hinge functions of a ReLU net on them.

The one idea to know: on given points a net with one hidden layer is a combination of the columns of ``right`` and
``left``, so that its smallest norm is a linear program.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import jax.random as jr

from checker.simulate.catalogue_line import LineData
from checker.simulate.resolve import Leaf


def line(params: LineData, leaf: Leaf, key: jax.Array) -> dict[str, jax.Array]:
    """X (n, 1) ascending, y (n,), knots (m,), right and left (n, m), chords (n - 1, n); m = n + between (n - 1)."""
    count = int(params.points)  # type: ignore[arg-type]
    first, last = leaf(params.first), leaf(params.last)
    spacing = (last - first) / (count - 1)
    moved = jr.uniform(jr.fold_in(key, 0), (count,), dtype=jnp.float64, minval=-1.0, maxval=1.0)
    x = first + spacing * (jnp.arange(count) + params.jitter * moved)
    gaps = jnp.diff(x)
    shares = jnp.arange(params.between + 1) / (params.between + 1)
    knots = jnp.append((x[:-1, None] + gaps[:, None] * shares).ravel(), x[-1])
    apart = x[:, None] - knots
    steps = jnp.eye(count - 1, count, 1) - jnp.eye(count - 1, count)
    return {
        "X": x[:, None],
        "y": jr.normal(jr.fold_in(key, 1), (count,), dtype=jnp.float64),
        "knots": knots,
        "right": jnp.maximum(apart, 0.0),
        "left": jnp.maximum(-apart, 0.0),
        "chords": steps / gaps[:, None],
    }
