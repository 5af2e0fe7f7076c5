"""Random networks drawn through vectors only, exactly in law.

The one idea to know: W x = |x| g with g standard normal says all that the forward pass learns of W, so given the forward
pass W = g x^T/|x| + W' with an independent W' that vanishes on x, and backpropagation sees
W^T u = x (g.u)/|x| + |u| z with z standard normal and orthogonal to x.  A layer costs n numbers instead of n^2.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import jax
import jax.numpy as jnp
import jax.random as jr
from jax import lax

Branch: TypeAlias = Callable[[jax.Array], jax.Array]
"""alpha_k as a function of the number k = 1, 2, ... of the block."""
SQRT2 = 2.0**0.5


def _length(vectors: jax.Array) -> jax.Array:
    """Euclidean norms of the rows, shape (samples, 1)."""
    found: jax.Array = jnp.linalg.norm(vectors, axis=-1, keepdims=True)
    return found


def _unit(vectors: jax.Array) -> jax.Array:
    """Rows over their lengths; a row of zeros (every neuron dead) stays zero."""
    length = _length(vectors)
    return vectors / jnp.where(length > 0, length, 1.0)


def _inner(a: jax.Array, b: jax.Array) -> jax.Array:
    return jnp.sum(a * b, axis=-1, keepdims=True)


def _pulled_back(direction: jax.Array, image: jax.Array, u: jax.Array, noise: jax.Array) -> jax.Array:
    """W^T u for a standard normal W of which W direction = image is known; all (samples, n)."""
    across = noise - direction * _inner(direction, noise)
    return direction * _inner(image, u) + _length(u) * across


def _normals(key: jax.Array, number: jax.Array, shape: tuple[int, ...]) -> jax.Array:
    """Standard normal float64 numbers made from 32 random bits each: half the time, and no moment below the tenth moves
    by more than 1e-6 (they end at 5.4 standard deviations)."""
    return jr.normal(jr.fold_in(key, number), shape, dtype=jnp.float32).astype(jnp.float64)


def _last(store: jax.Array, index: jax.Array) -> jax.Array:
    found: jax.Array = lax.dynamic_index_in_dim(store, index, keepdims=False)
    return found


def vanilla(
    key: jax.Array, shape: tuple[int, int], deepest: int, depth: jax.Array, layer: jax.Array
) -> dict[str, jax.Array]:
    """``forward`` and ``kernel`` (samples,) of vanilla networks; ``shape`` is (samples, n), ``depth`` <= ``deepest``."""
    forth, back, out = jr.split(key, 3)
    width = shape[1]
    empty = jnp.zeros((deepest, *shape))

    def forward(index: jax.Array, carry: tuple[jax.Array, ...]) -> tuple[jax.Array, ...]:
        x, inputs, images = carry
        g = _normals(forth, index, shape)
        inputs, images = inputs.at[index].set(x), images.at[index].set(g)
        return SQRT2 * _length(x) * jnp.maximum(g, 0.0) / width**0.5, inputs, images

    x, inputs, images = lax.fori_loop(0, depth, forward, (jnp.ones(shape), empty, empty))

    def backward(step: jax.Array, b: jax.Array) -> jax.Array:
        index = depth - 1 - step
        g = _last(images, index)
        u = SQRT2 * jnp.where(g > 0, b, 0.0)
        seen: jax.Array = _pulled_back(_unit(_last(inputs, index)), g, u, _normals(back, index, shape)) / width**0.5
        return seen

    start = _normals(out, depth, shape) / width**0.5
    b = lax.fori_loop(0, depth - layer, backward, start)
    u = SQRT2 * jnp.where(_last(images, layer - 1) > 0, b, 0.0)
    kernel = jnp.mean(_last(inputs, layer - 1) ** 2, axis=-1) * jnp.sum(u**2, axis=-1)
    return {"forward": jnp.mean(x**2, axis=-1), "kernel": jnp.where(layer <= depth, kernel, jnp.nan)}


def residual(
    key: jax.Array, shape: tuple[int, int], deepest: int, depth: jax.Array, layer: jax.Array, branch: Branch
) -> dict[str, jax.Array]:
    """``forward`` and ``kernel`` (samples,) of residual networks; ``branch`` gives alpha_k."""
    forth, forth_out, back, back_out, out = jr.split(key, 5)
    width = shape[1]
    empty = jnp.zeros((deepest, *shape))

    def hidden(x: jax.Array, g: jax.Array) -> jax.Array:
        found: jax.Array = SQRT2 * _length(x) * jnp.maximum(g, 0.0) / width**0.5
        return found

    def forward(index: jax.Array, carry: tuple[jax.Array, ...]) -> tuple[jax.Array, ...]:
        x, inputs, images, outputs = carry
        g, h = _normals(forth, index, shape), _normals(forth_out, index, shape)
        inputs, images, outputs = inputs.at[index].set(x), images.at[index].set(g), outputs.at[index].set(h)
        return x + jnp.sqrt(branch(index + 1) / width) * _length(hidden(x, g)) * h, inputs, images, outputs

    x, inputs, images, outputs = lax.fori_loop(0, depth, forward, (jnp.ones(shape), empty, empty, empty))

    def backward(step: jax.Array, b: jax.Array) -> jax.Array:
        index = depth - 1 - step
        g, before = _last(images, index), _last(inputs, index)
        v = _pulled_back(_unit(hidden(before, g)), _last(outputs, index), b, _normals(back_out, index, shape))
        w = SQRT2 * jnp.where(g > 0, v, 0.0)
        return b + jnp.sqrt(branch(index + 1)) / width * _pulled_back(_unit(before), g, w, _normals(back, index, shape))

    start = _normals(out, depth, shape) / width**0.5
    b = lax.fori_loop(0, depth - layer, backward, start)
    u = hidden(_last(inputs, layer - 1), _last(images, layer - 1))
    kernel = branch(layer) * jnp.mean(u**2, axis=-1) * jnp.sum(b**2, axis=-1)
    return {"forward": jnp.mean(x**2, axis=-1), "kernel": jnp.where(layer <= depth, kernel, jnp.nan)}


def dense(key: jax.Array, shape: tuple[int, int], depth: jax.Array, scale: jax.Array) -> dict[str, jax.Array]:
    """``forward`` (samples,) of densely connected networks: h_l is normal with variance alpha S_{l-1}/l."""

    def forward(index: jax.Array, total: jax.Array) -> jax.Array:
        g = _normals(key, index, shape)
        x = SQRT2 * jnp.sqrt(scale * total / (index + 1.0)) * jnp.maximum(g, 0.0)
        return total + jnp.mean(x**2, axis=-1, keepdims=True)

    total: jax.Array = lax.fori_loop(0, depth, forward, jnp.ones((shape[0], 1)))
    return {"forward": total[:, 0]}
