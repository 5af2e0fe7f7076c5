"""Forward and backward passes of a network in NTK parametrisation, and its tangent kernel layer by layer.

The one idea to know: the tangent kernel never needs a gradient per sample.  The gradient with respect to W_l is the outer
product of what comes down to h_l and what went up into it, so its inner product over two inputs is the product of two
small Gram matrices (over pixels), at the cost of one backward pass.

Shapes: inputs ``x`` (n, C, P), n inputs of C channels and P pixels; a fully connected network has P = 1 and filters of one
pixel.  Weights ``W`` (C_out, C_in, q); read-out ``v`` (C, P), or (C, 1) for the mean over pixels.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import jax.random as jr

Activation: TypeAlias = Callable[[jax.Array], jax.Array]


class Architecture(NamedTuple):
    """``width`` channels in each of ``depth`` hidden layers; ``gain`` is c in g = sqrt(c/(width q)) phi(h).

    ``average`` reads out the mean over the pixels; ``signs`` makes read-out weights of +-1; ``all_trained`` counts the
    read-out among the trained weights.
    """

    width: int
    depth: int
    filter: int
    average: bool
    signs: bool
    all_trained: bool
    activation: Activation
    gain: jax.Array
    std: jax.Array
    scale: jax.Array


class Weights(NamedTuple):
    """The hidden layers, first to last, and the read-out."""

    hidden: tuple[jax.Array, ...]
    readout: jax.Array


def _shapes(net: Architecture, channels: int, pixels: int) -> list[tuple[int, ...]]:
    inputs = (channels, *(net.width,) * (net.depth - 1))
    return [(net.width, size, net.filter) for size in inputs] + [(net.width, 1 if net.average else pixels)]


def weight_count(net: Architecture, channels: int, pixels: int) -> int:
    """How many weights a network on inputs of ``channels`` x ``pixels`` has."""
    return sum(math.prod(shape) for shape in _shapes(net, channels, pixels))


def start(net: Architecture, channels: int, pixels: int, key: jax.Array) -> Weights:
    """Independent weights for inputs of ``channels`` x ``pixels``: hidden normal(0, std^2), read-out normal or signs."""
    shapes = _shapes(net, channels, pixels)
    counts = [math.prod(shape) for shape in shapes]
    # one draw for all layers: compiling a generator takes longer than running it
    together = jnp.split(jr.normal(key, (sum(counts),), dtype=jnp.float64), list(itertools.accumulate(counts))[:-1])
    *hidden, readout = [part.reshape(shape) for part, shape in zip(together, shapes, strict=True)]
    signs = jnp.where(readout < 0, -1.0, 1.0)
    return Weights(tuple(net.std * each for each in hidden), signs if net.signs else readout)


def windows(signal: jax.Array, size: int) -> jax.Array:
    """(..., C, P) to (..., C, q, P): entry o at pixel p is the signal at p + o - q//2, 0 beyond the ends."""
    if size == 1:
        return signal[..., None, :]
    half, pixels = size // 2, signal.shape[-1]
    padded = jnp.pad(signal, [(0, 0)] * (signal.ndim - 1) + [(half, half)])
    return jnp.stack([padded[..., shift : shift + pixels] for shift in range(size)], axis=-2)


def convolve(weight: jax.Array, signal: jax.Array) -> jax.Array:
    """(D, C, q) on (n, C, P) to (n, D, P)."""
    if weight.shape[2] == 1 and signal.shape[2] == 1:
        return (signal[:, :, 0] @ weight[:, :, 0].T)[:, :, None]
    return jnp.einsum("dco,ncop->ndp", weight, windows(signal, weight.shape[2]))


class Pass(NamedTuple):
    """``outputs`` (n,); ``entering[l]`` (n, C, P) goes into hidden layer l; ``features`` (n, C, P) leaves the last."""

    outputs: jax.Array
    entering: tuple[jax.Array, ...]
    features: jax.Array


def forward(
    net: Architecture, weights: Weights, x: jax.Array, shifts: tuple[jax.Array, ...] | None = None
) -> Pass:
    """One pass upwards; ``shifts`` are added to the pre-activations, to differentiate by them."""
    entering: list[jax.Array] = []
    g = x
    factor = jnp.sqrt(net.gain / (net.width * net.filter))
    for layer, weight in enumerate(weights.hidden):
        entering.append(g)
        h = convolve(weight, g)
        if shifts is not None:
            h = h + shifts[layer]
        g = factor * net.activation(h)
    read = jnp.mean(g, axis=2, keepdims=True) if net.average else g
    outputs = read.reshape(x.shape[0], -1) @ weights.readout.reshape(-1)
    return Pass(net.scale * outputs, tuple(entering), g)


def outputs(net: Architecture, weights: Weights, x: jax.Array) -> jax.Array:
    """f(x), shape (n,)."""
    return forward(net, weights, x).outputs


def backward(net: Architecture, weights: Weights, x: jax.Array) -> tuple[jax.Array, ...]:
    """df/dh_l (n, width, P) for each hidden layer: inputs do not meet, so one pass down serves all of them."""
    zeros = tuple(jnp.zeros((x.shape[0], net.width, x.shape[2])) for _ in weights.hidden)
    pull: tuple[jax.Array, ...] = jax.grad(lambda shifts: jnp.sum(forward(net, weights, x, shifts).outputs))(zeros)
    return pull


def over_windows(gram: jax.Array, size: int) -> jax.Array:
    """(..., P, P) to (..., P, P): the sum over offsets o of entry (p + o, p' + o), zero padding (tr over the patch)."""
    if size == 1:
        return gram
    half, pixels = size // 2, gram.shape[-1]
    padded = jnp.pad(gram, [(0, 0)] * (gram.ndim - 2) + [(half, half)] * 2)
    parts = [padded[..., shift : shift + pixels, shift : shift + pixels] for shift in range(size)]
    return jnp.sum(jnp.stack(parts), axis=0)


def pixel_gram(values: jax.Array) -> jax.Array:
    """(n, C, P) to (n, n, P, P): inner products over channels of every two inputs at every two pixels."""
    return jnp.einsum("ncp,mcr->nmpr", values, values)


def read_out(gram: jax.Array, average: bool) -> jax.Array:
    """(n, n, P, P) to (n, n): what the read-out sees of a covariance over pixels, its trace or the mean of all entries."""
    return jnp.mean(gram, axis=(2, 3)) if average else jnp.trace(gram, axis1=2, axis2=3)


def tangent_kernel(net: Architecture, weights: Weights, x: jax.Array) -> tuple[jax.Array, jax.Array]:
    """K (n, n) over the trained weights, and the Gram matrix (n, n) of what is read out.

    K = sum over layers and pixels of <df/dh(x)_p, df/dh(x')_p'> times the window sum of <g(x)_p, g(x')_p'>, plus the
    read-out's own term where it is trained (Jacot et al. 1806.07572; Arora et al. 1904.11955, section 4).
    """
    up, down = forward(net, weights, x), backward(net, weights, x)
    features = net.scale**2 * read_out(pixel_gram(up.features), net.average)
    kernel = features if net.all_trained else jnp.zeros_like(features)
    for entering, pull in zip(up.entering, down, strict=True):
        kernel = kernel + jnp.sum(pixel_gram(pull) * over_windows(pixel_gram(entering), net.filter), axis=(2, 3))
    return kernel, features
