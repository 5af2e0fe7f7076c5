"""Whether a violation that ball arithmetic cannot look at is more than amplified rounding.

The one idea to know: an error estimate by the slope misses what an ill-conditioned inverse does to a quantity that is
constant in exact arithmetic (the slope is zero, the rounding is not), and a search finds exactly such points.  So the
quantity is computed again with the instance rounded otherwise, many times: what scatters as widely as the claim is broken
says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from checker.expr.errors import UnsupportedError
from checker.expr.node import Node
from checker.expr.to_jax import compile_jax
from checker.simulate.values import EPSILON, ROUNDINGS

Array = npt.NDArray[np.float64]
TWINS = 24


def scatter(nodes: Sequence[Node], instances: Sequence[Mapping[str, Array] | None]) -> Array:
    """How far apart the values of ``nodes`` lie when the numbers of an instance are rounded otherwise.

    One number for each instance (all have the same names and shapes), the largest over ``nodes`` of the range over ``TWINS``
    roundings (relative, at most ``ROUNDINGS`` units in the last place), infinite where a value is not a number.  Zero for
    all where that cannot be had: an instance is not known, or the nodes name what the instances do not have.
    """
    known = [instance for instance in instances if instance is not None]
    nothing = np.zeros(len(instances))
    if not known or len(known) < len(instances):
        return nothing
    generator = np.random.default_rng(3)
    twins = {}
    for name in known[0]:
        value = np.stack([instance[name] for instance in known])[:, None]
        noise = generator.uniform(-1.0, 1.0, (len(known), TWINS, *value.shape[2:]))
        # whole numbers (sizes, counts, cases) are not rounded
        twins[name] = np.where(value == np.rint(value), value, value * (1.0 + ROUNDINGS * EPSILON * noise))
    try:
        values = _at_all([compile_jax(node) for node in nodes], twins)
    except (UnsupportedError, KeyError):
        return nothing
    with np.errstate(invalid="ignore"):
        ranges = np.max(values, axis=2) - np.min(values, axis=2)
    return np.asarray(np.max(np.where(np.isfinite(ranges), ranges, np.inf), axis=0), dtype=np.float64)


def _at_all(functions: Sequence[object], twins: Mapping[str, Array]) -> Array:
    """Values (functions, instances, twins)."""

    def one(env: Mapping[str, jax.Array]) -> jax.Array:
        return jnp.stack([jnp.asarray(function(env), dtype=jnp.float64) for function in functions])  # type: ignore[operator]

    found = jax.jit(jax.vmap(jax.vmap(one)))(dict(twins))
    return np.moveaxis(np.asarray(found), -1, 0)
