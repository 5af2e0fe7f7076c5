"""Gradient flow of a linear model in log time, split into its known direction and a remainder that stays O(1).

The one idea to know: with w = w_hat s + r and s = log(1 + t) the growing parts of every exponent cancel *exactly* where a
point lies on the margin (x_n . w_hat = 1, set to one there and not computed), and what is left is an equation with
exponents of order one, r' = sum_n x_n exp(s + log(-l'(m_n))) - w_hat.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from checker.simulate.catalogue_dynamics import RemainderFlow
from checker.simulate.conic import ReferenceFailure, least_norm
from checker.simulate.dynamics import Array, descent_times, stiff_path
from checker.simulate.losses import TAIL, Loss
from checker.simulate.resolve import SimulationError

RESIDUAL_BELOW = 1e-12
ON_MARGIN, OFF_MARGIN = 1e-11, 1e-8
"""A margin of w_hat this close to one is one; between the two it cannot be told, and the instance is no evidence."""
LARGEST_EXPONENT = 600.0
TAIL_FLATNESS = 1e-9


class Split(NamedTuple):
    """w_hat (p,) and by how much the margins of w_hat exceed one: (points, m), exactly 0 on the margin."""

    w_hat: Array
    excess: Array


class Path(NamedTuple):
    """The flow at its records: remainder theta - s w_hat, theta (both (records, p)), log of the loss times t (records,)."""

    remainder: jax.Array
    theta: jax.Array
    log_time_loss: jax.Array


def split(rows: Array) -> Split:
    """The max-margin solution of ``rows`` (points, m, p), polished on its active set.

    Raises ``ReferenceFailure`` where there is none, where its residual exceeds ``RESIDUAL_BELOW``, or where it cannot be
    told whether a point lies on the margin.
    """
    points, each, size = rows.shape
    w_hat, _, residual = least_norm(rows.reshape(points * each, size))
    if not residual <= RESIDUAL_BELOW:
        raise ReferenceFailure(f"max-margin solution: residual {residual:.1e} above {RESIDUAL_BELOW:.0e}")
    excess = np.asarray((rows.astype(np.longdouble) @ w_hat.astype(np.longdouble)) - 1, dtype=np.float64)
    on_margin = np.abs(excess) <= ON_MARGIN
    nearest = np.where(on_margin, np.inf, excess).min()
    if nearest < OFF_MARGIN:
        raise ReferenceFailure(f"max-margin solution: a margin of 1 + {nearest:.1e} cannot be told from 1")
    return Split(w_hat, np.where(on_margin, 0.0, excess))


def remainder_times(dynamics: RemainderFlow, first: float, until: float) -> tuple[Array, Array]:
    """The recorded clock values (s, or step numbers k), and s = log t at each; (records,) each."""
    if dynamics.steps is not None:
        steps = descent_times(dynamics.steps, dynamics.checkpoints)
        return steps, np.log(steps)
    if not 0 < first < until:
        raise SimulationError(f"dynamics: expected 0 < first < until, found {first} and {until}")
    spaced = np.geomspace if dynamics.spacing == "log" else np.linspace
    clock = np.asarray(spaced(first, until, dynamics.checkpoints), dtype=np.float64)
    return clock, clock


def flatness(loss: Loss) -> jax.Array:
    """How far -l'(u) exp(u) still moves far out, on the log scale: 0 for an exponential tail exp(-u), and only there is
    w_hat log t the leading term."""
    half, far = loss.tail(jnp.asarray([TAIL / 2, TAIL]))
    return jnp.abs(far - half)


def remainder_flow(
    rows: jax.Array,
    split_by: Split,
    loss: Loss,
    dynamics: RemainderFlow,
    start: jax.Array,
    *,
    step: jax.Array,
    records: Array,
    tolerance: jax.Array,
    mean: bool,
    depth: jax.Array | None = None,
) -> Path:
    """The flow on margins that are soft minima of ``rows`` (points, m, p), from ``start`` (p,); ``records`` are s = log t.

    ``depth`` L makes it that of the product of a balanced deep linear network (Arora, Cohen and Hazan, arXiv
    1802.06509, the end-to-end dynamics with one output: |beta|^(2 - 2/L) (I + (L - 1) u u^T) in front of the
    gradient). Everything is NaN where the solver gives up. Source of the equation: Soudry et al., arXiv 1710.10345,
    proof of the main theorem, with the loss left general; of the modified equation: backward error analysis of the
    Euler method.
    """
    w_hat, excess = split_by
    log_points = jnp.log(float(rows.shape[0])) if mean else 0.0

    def lead(sigma: jax.Array, r: jax.Array) -> tuple[jax.Array, jax.Array]:
        """sigma minus each soft margin (points,), and its weights on the rows (points, m)."""
        c = -sigma * excess - rows @ r
        above = jax.nn.logsumexp(c, axis=1)
        return above, jnp.exp(c - above[:, None])

    def pull(sigma: jax.Array, r: jax.Array) -> jax.Array:
        """-gradient of the loss times exp(sigma): (p,)."""
        above, weights = lead(sigma, r)
        log_speed = above + loss.tail(sigma - above) - log_points
        speed = jnp.exp(jnp.minimum(log_speed, LARGEST_EXPONENT))
        total: jax.Array = jnp.einsum("n,nm,nmp->p", speed, weights, rows)
        return total

    def deep(sigma: jax.Array, r: jax.Array, depth: jax.Array) -> jax.Array:
        """The pull on beta through all layers: (p,)."""
        beta, towards = sigma * w_hat + r, pull(sigma, r)
        size = jnp.linalg.norm(beta)
        along = (depth - 1) * (beta @ towards) / size**2
        through: jax.Array = size ** (2 - 2 / depth) * (towards + along * beta)
        return through

    def field(sigma: jax.Array, r: jax.Array, _: object) -> jax.Array:
        if depth is not None:
            return step * deep(sigma, r, depth) - w_hat
        if not dynamics.modified:
            return step * pull(sigma, r) - w_hat
        towards = pull(sigma, r)
        _, bent = jax.jvp(lambda point: pull(sigma, point), (r,), (jnp.exp(-sigma) * towards,))
        bend: jax.Array = towards - 0.5 * step * bent
        return step * bend - w_hat

    sigmas = np.logaddexp(0.0, records)
    path = stiff_path(field, start, sigmas, tolerance, dynamics.max_steps, least_step=1e-13)

    def log_loss(sigma: jax.Array, r: jax.Array) -> jax.Array:
        """log(t L) with the growing parts cancelled: the ratio l/(-l') is what the loss adds to its slope."""
        above, _ = lead(sigma, r)
        margin = sigma - above
        near = jnp.minimum(margin, TAIL)
        return jax.nn.logsumexp(above + loss.log_value(near) + near) - log_points

    remainder = path + jnp.asarray(sigmas - records)[:, None] * w_hat
    total = jax.vmap(log_loss)(jnp.asarray(sigmas), path) - jnp.asarray(sigmas - records)
    return Path(remainder, jnp.asarray(records)[:, None] * w_hat + remainder, total)
