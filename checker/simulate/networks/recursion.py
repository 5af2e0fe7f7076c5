"""Kernels of infinitely wide ReLU networks: covariances and tangent kernels carried from layer to layer, pixel by pixel.

The one idea to know: with one pixel and filters of one pixel this is the recursion for fully connected networks, so both
are one dynamic programme (Arora et al. 1904.11955, sections 3 and 4).
"""

from __future__ import annotations

import jax
import jax.numpy as jnp

from checker.simulate.networks.layers import Architecture, over_windows, pixel_gram, read_out


def k0(rho: jax.Array) -> jax.Array:
    """2 P(u > 0, v > 0) for standard normals with correlation ``rho`` (Cho and Saul 2009)."""
    return (jnp.pi - jnp.arccos(jnp.clip(rho, -1.0, 1.0))) / jnp.pi


def k1(rho: jax.Array) -> jax.Array:
    """2 E[relu(u) relu(v)] for standard normals with correlation ``rho`` (Cho and Saul 2009)."""
    inside = jnp.clip(rho, -1.0, 1.0)
    angle = jnp.arccos(inside)
    return (jnp.sin(angle) + (jnp.pi - angle) * inside) / jnp.pi


def relu_moments(covariance: jax.Array) -> tuple[jax.Array, jax.Array]:
    """E[relu(u) relu(v)] and E[relu'(u) relu'(v)] for (u, v) normal with that covariance (n, n, P, P), entry by entry.

    Variances are the diagonal over inputs and pixels; where one is 0 both moments are 0.
    """
    variances = jnp.diagonal(jnp.diagonal(covariance, axis1=0, axis2=1), axis1=0, axis2=1)  # (n, P)
    lengths = jnp.sqrt(variances[:, None, :, None] * variances[None, :, None, :])
    some = lengths > 0
    rho = jnp.where(some, covariance / jnp.where(some, lengths, 1.0), 0.0)
    return lengths * k1(rho) / 2, jnp.where(some, k0(rho) / 2, 0.0)


def relu_limit(net: Architecture, x: jax.Array) -> tuple[jax.Array, jax.Array]:
    """The tangent kernel and the read-out's Gram matrix (n, n) of a ReLU network on ``x`` (n, C, P) as width goes to oo.

    ``covariance`` is that of the pre-activations h_l, ``tangent`` the inner products of the derivatives of one of their
    channels over all weights below; relu' is 0 or 1, so a layer multiplies the tangent part by its second moment.
    """
    tangent = over_windows(pixel_gram(x), net.filter)
    covariance = net.std**2 * tangent
    for _ in range(net.depth - 1):
        above, carried = _through(net, covariance, tangent)
        rising = over_windows(above, net.filter)
        tangent = net.std**2 * over_windows(carried, net.filter) + rising
        covariance = net.std**2 * rising
    above, carried = _through(net, covariance, tangent)
    features = net.scale**2 * read_out(above, net.average)
    below = net.scale**2 * read_out(carried, net.average)
    return (below + features if net.all_trained else below), features


def _through(net: Architecture, covariance: jax.Array, tangent: jax.Array) -> tuple[jax.Array, jax.Array]:
    values, slopes = relu_moments(covariance)
    factor = net.gain / net.filter
    return factor * values, factor * slopes * tangent
