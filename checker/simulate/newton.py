"""Minimisation of log L over a sphere by a Riemannian saddle-free Newton method.

The one idea to know: in the log domain the directions that decide an asymptotic claim have curvatures many orders of
magnitude apart (1 against exp(-B)).  Newton's method does not see that, gradient descent stalls on it; so every step is
taken in the eigenbasis of the Hessian, with |eigenvalue| in place of the eigenvalue, which leaves saddles behind.

The same eigenbasis says how well the answer is determined: ``twin`` is the point moved by one Newton step from a
gradient with the rounding error of its evaluation added in every direction.  What float64 cannot decide, differs in
the twin.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from checker.simulate.losses import Loss

Margins = Callable[[jax.Array], jax.Array]
UNIT = 2.0**-53
QUARTERS = 24
PATIENCE = 8
LONGEST = 0.5


class Local(NamedTuple):
    """The objective at one point: value, gradient on the tangent space, Hessian's eigenbasis there."""

    value: jax.Array
    tangent: jax.Array  # (p,) gradient of log L without its radial part
    scale: jax.Array  # |gradient of log L|, radial part included
    multiplier: jax.Array  # -theta . gradient: positive where a larger radius would lower the loss
    values: jax.Array  # (p,) eigenvalues on the tangent space; the radial one is replaced by the largest
    basis: jax.Array  # (p, p) eigenvectors as columns
    noise: jax.Array  # (p,) rounding error of the tangent gradient, one sign per point


class Found(NamedTuple):
    """A point on the sphere with what is known about it; ``twin`` is where rounding errors might have put it."""

    theta: jax.Array
    value: jax.Array
    residual: jax.Array
    grain: jax.Array  # the part of the residual that is rounding error
    step: jax.Array
    multiplier: jax.Array
    twin: jax.Array


def log_total(loss: Loss, margins: jax.Array) -> jax.Array:
    """log of the sum of the losses at ``margins`` (points,)."""
    return jax.nn.logsumexp(loss.log_value(margins))


def local(theta: jax.Array, margins: Margins, loss: Loss) -> Local:
    """Value, tangential gradient and Riemannian Hessian of log L at ``theta`` on the sphere through it."""
    f = margins(theta)
    jacobian = jax.jacrev(margins)(theta)
    logs = loss.log_value(f)
    p = jax.nn.softmax(logs)
    first, second = loss.first(f), loss.second(f)
    weights = p * first
    gradient = jacobian.T @ weights
    curvature = jax.hessian(lambda point: weights @ margins(point))(theta)
    hessian = jacobian.T @ ((p * (second + first**2))[:, None] * jacobian) - jnp.outer(gradient, gradient) + curvature

    radius = jnp.linalg.norm(theta)
    normal = theta / radius
    radial = normal @ gradient
    tangent = gradient - normal * radial
    tangent = tangent - normal * (normal @ tangent)
    projector = jnp.eye(theta.size) - jnp.outer(normal, normal)
    riemannian = projector @ hessian @ projector - (radial / radius) * projector
    riemannian = 0.5 * (riemannian + riemannian.T)
    bound = jnp.sqrt(jnp.sum(riemannian**2))
    values, basis = jnp.linalg.eigh(riemannian + bound * jnp.outer(normal, normal))

    signs = jnp.where(jnp.arange(f.size) % 2 == 0, 1.0, -1.0)
    uncertain = jnp.abs(f) * jnp.abs(first) * p * (1.0 - p)
    scale = jnp.linalg.norm(gradient)
    spread = basis @ jnp.where(jnp.arange(theta.size) % 2 == 0, 1.0, -1.0)
    noise = 4 * UNIT * (jacobian.T @ (signs * uncertain) + scale * spread)
    return Local(
        jax.nn.logsumexp(logs), tangent, scale, -radius * radial, values, basis, noise - normal * (normal @ noise)
    )


def newton_step(at: Local, gradient: jax.Array, radius: jax.Array) -> jax.Array:
    """The saddle-free Newton step for ``gradient``, no longer than half the radius."""
    smallest = 1e-300 + 4 * UNIT**2 * jnp.max(jnp.abs(at.values))
    step = -at.basis @ ((at.basis.T @ gradient) / jnp.maximum(jnp.abs(at.values), smallest))
    length = jnp.linalg.norm(step)
    return step * jnp.minimum(1.0, LONGEST * radius / jnp.maximum(length, 1e-300))


def on_sphere(point: jax.Array, radius: jax.Array) -> jax.Array:
    """The nearest point with norm ``radius``."""
    scaled: jax.Array = point * (radius / jnp.linalg.norm(point))
    return scaled


class _State(NamedTuple):
    theta: jax.Array
    best: Found
    stalled: jax.Array
    taken: jax.Array


def minimise(start: jax.Array, radius: jax.Array, margins: Margins, loss: Loss, *, iterations: int) -> Found:
    """A local minimiser of log L on the sphere of ``radius``, from ``start`` (p,); pure, to be batched by ``vmap``.

    Armijo backtracking with the rounding error of log L granted, so that the last quadratic steps, which no longer
    change the value, are taken.  Ends when ``PATIENCE`` steps in a row neither lowered the value nor halved the
    residual, or after ``iterations``.
    """
    scales = 0.25 ** jnp.arange(QUARTERS, dtype=jnp.float64)

    def body(state: _State) -> _State:
        theta, best = state.theta, state.best
        at = local(theta, margins, loss)
        step = newton_step(at, at.tangent, radius)
        here = _describe(theta, at, step, radius)
        grain = 16 * UNIT * (1.0 + jnp.abs(at.value))
        lower = at.value < best.value - grain
        level = at.value <= best.value + grain
        sharper, halved = level & (here.residual < best.residual), level & (here.residual < 0.5 * best.residual)

        slope = at.tangent @ step
        trials = jax.vmap(lambda scale: on_sphere(theta + scale * step, radius))(scales)
        reached = jax.vmap(lambda point: log_total(loss, margins(point)))(trials)
        accepted = reached <= at.value + 1e-4 * scales * slope + grain
        moved = jnp.where(jnp.any(accepted), trials[jnp.argmax(accepted)], theta)
        return _State(
            moved,
            jax.tree.map(lambda new, old: jnp.where(lower | sharper, new, old), here, best),
            jnp.where(lower | halved, 0, state.stalled + 1),
            state.taken + 1,
        )

    def unfinished(state: _State) -> jax.Array:
        return (state.stalled < PATIENCE) & (state.taken < iterations)

    first = on_sphere(start, radius)
    nothing = jnp.asarray(jnp.inf)
    unknown = Found(first, nothing, nothing, nothing, nothing, nothing, first)
    begin = _State(first, unknown, jnp.asarray(0), jnp.asarray(0))
    return lax.while_loop(unfinished, body, begin).best


def _describe(theta: jax.Array, at: Local, step: jax.Array, radius: jax.Array) -> Found:
    shaken = newton_step(at, at.tangent + at.noise, radius)
    return Found(
        theta,
        at.value,
        jnp.linalg.norm(at.tangent) / at.scale,
        jnp.linalg.norm(at.noise) / at.scale,
        jnp.linalg.norm(step) / radius,
        at.multiplier,
        on_sphere(theta + shaken, radius),
    )
