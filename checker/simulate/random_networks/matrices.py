"""Random networks with every weight drawn, gradients by automatic differentiation: what ``vectors`` is checked against.

The one idea to know: weights of layers beyond the depth are drawn and not used, so that one program serves all depths.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import jax.random as jr
from jax import lax

from checker.simulate.random_networks.vectors import SQRT2, Branch


def _relu(h: jax.Array) -> jax.Array:
    return SQRT2 * jnp.maximum(h, 0.0)


def _kernel(gradient: jax.Array, depth: jax.Array, layer: jax.Array) -> jax.Array:
    return jnp.where(layer <= depth, jnp.sum(gradient[layer - 1] ** 2), jnp.nan)


def vanilla(key: jax.Array, width: int, deepest: int, depth: jax.Array, layer: jax.Array) -> dict[str, jax.Array]:
    """``forward`` and ``kernel`` (numbers) of one vanilla network."""
    inner, out = jr.split(key)
    weights = jr.normal(inner, (deepest, width, width), dtype=jnp.float64)
    v = jr.normal(out, (width,), dtype=jnp.float64)

    def network(weights: jax.Array) -> tuple[jax.Array, jax.Array]:
        def step(x: jax.Array, entry: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, None]:
            index, w = entry
            return jnp.where(index < depth, _relu(w @ x / width**0.5), x), None

        x, _ = lax.scan(step, jnp.ones(width), (jnp.arange(deepest), weights))
        return v @ x / width**0.5, jnp.mean(x**2)

    gradient, forward = jax.grad(network, has_aux=True)(weights)
    return {"forward": forward, "kernel": _kernel(gradient, depth, layer)}


def residual(
    key: jax.Array, width: int, deepest: int, depth: jax.Array, layer: jax.Array, branch: Branch
) -> dict[str, jax.Array]:
    """``forward`` and ``kernel`` (numbers) of one residual network."""
    first, second, out = jr.split(key, 3)
    lower = jr.normal(first, (deepest, width, width), dtype=jnp.float64)
    upper = jr.normal(second, (deepest, width, width), dtype=jnp.float64)
    v = jr.normal(out, (width,), dtype=jnp.float64)

    def network(upper: jax.Array) -> tuple[jax.Array, jax.Array]:
        def step(x: jax.Array, entry: tuple[jax.Array, ...]) -> tuple[jax.Array, None]:
            index, w, top = entry
            size = jnp.sqrt(branch(index + 1) / width)
            return jnp.where(index < depth, x + size * (top @ _relu(w @ x / width**0.5)), x), None

        x, _ = lax.scan(step, jnp.ones(width), (jnp.arange(deepest), lower, upper))
        return v @ x / width**0.5, jnp.mean(x**2)

    gradient, forward = jax.grad(network, has_aux=True)(upper)
    return {"forward": forward, "kernel": _kernel(gradient, depth, layer)}


def dense(key: jax.Array, width: int, deepest: int, depth: jax.Array, scale: jax.Array) -> dict[str, jax.Array]:
    """``forward`` (a number) of one densely connected network; deepest**2/2 matrices are drawn."""

    def step(carry: tuple[jax.Array, jax.Array], index: jax.Array) -> tuple[tuple[jax.Array, jax.Array], None]:
        stack, total = carry  # x_0, x_1, ...; rows that are not computed yet are zero
        weights = jr.normal(jr.fold_in(key, index), (deepest + 1, width, width), dtype=jnp.float64)
        h = jnp.sqrt(scale / (width * (index + 1.0))) * jnp.einsum("iab,ib->a", weights, stack)
        x = jnp.where(index < depth, _relu(h), 0.0)
        return (stack.at[index + 1].set(x), total + jnp.mean(x**2)), None

    start = jnp.zeros((deepest + 1, width)).at[0].set(1.0)
    (_, total), _ = lax.scan(step, (start, jnp.asarray(1.0)), jnp.arange(deepest))
    return {"forward": total}
