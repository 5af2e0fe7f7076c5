"""Gradient descent on a loss of margins: full or in batches, with momentum and weight decay, normalised or not.

The one idea to know: all steps between two records run inside one ``fori_loop`` and all records inside one ``scan``, so a
million steps with sixteen records are one compiled call; the slope of the loss is the derivative of its tree and not of
its program.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
from jax import lax

from checker.simulate.catalogue_dynamics import GradientDescent
from checker.simulate.dynamics import Array, velocity
from checker.simulate.losses import Loss
from checker.simulate.models import Model
from checker.simulate.resolve import SimulationError

Schedule: TypeAlias = Callable[[jax.Array], jax.Array]


class _State(NamedTuple):
    theta: jax.Array
    before: jax.Array  # theta one step earlier: momentum is a multiple of the difference
    order: jax.Array  # the order of the points in this epoch


def descend(
    model: Model,
    loss: Loss,
    dynamics: GradientDescent,
    start: jax.Array,
    *,
    step: Schedule,
    momentum: Schedule | None,
    weight_decay: jax.Array | None,
    records: Array,
    mean: bool,
    points: int,
    key: jax.Array,
) -> jax.Array:
    """Gradient descent from ``start`` (p,); parameters after ``records`` steps: (checkpoints, p).

    ``key`` decides the batches and nothing else.  Raises ``SimulationError`` for a batch that does not divide the data.
    """
    batch = dynamics.batch
    drawn = batch is not None and dynamics.sampling == "with_replacement"
    if batch is not None and not drawn and points % batch:
        raise SimulationError(f"dynamics: a batch of {batch} does not divide {points} points; draw with_replacement")
    epoch = 1 if batch is None or drawn else points // batch

    def weights(k: jax.Array, order: jax.Array) -> tuple[jax.Array | float, jax.Array]:
        """How often each point counts in step ``k``, as a factor of its slope, and the order of this epoch."""
        if batch is None:
            return 1.0 / points if mean else 1.0, order
        if drawn:
            chosen = jr.randint(jr.fold_in(key, k), (batch,), 0, points)
        else:
            order = lax.cond(k % epoch == 0, lambda: jr.permutation(jr.fold_in(key, k), points), lambda: order)
            chosen = lax.dynamic_slice(order, ((k % epoch) * batch,), (batch,))
        return jnp.zeros(points).at[chosen].add(1.0 / batch if mean else 1.0), order

    def force(k: jax.Array, theta: jax.Array, order: jax.Array) -> tuple[jax.Array, jax.Array]:
        """-gradient at ``theta``, weight decay included, divided by what the clock asks for."""
        if dynamics.time == "loss_norm":
            pull = velocity(model, loss, jnp.asarray(0.0), theta, True, mean)
        else:
            factor, order = weights(k, order)
            margins, back = jax.vjp(model.margins, theta)
            pull = back(loss.slope(margins) * factor)[0]
        if weight_decay is not None:
            pull = pull - weight_decay * theta
        if dynamics.time == "gradient_norm":
            pull = pull / jnp.linalg.norm(pull)
        return pull, order

    def one(k: jax.Array, state: _State) -> _State:
        at = state.theta
        if momentum is None:
            pull, order = force(k, at, state.order)
            return _State(at + step(k.astype(jnp.float64)) * pull, at, order)
        carried = momentum(k.astype(jnp.float64)) * (at - state.before)
        pull, order = force(k, at + carried if dynamics.form == "nesterov" else at, state.order)
        return _State(at + carried + step(k.astype(jnp.float64)) * pull, at, order)

    def stretch(state: _State, ends: tuple[jax.Array, jax.Array]) -> tuple[_State, jax.Array]:
        state = lax.fori_loop(*ends, one, state)
        return state, state.theta

    ends = np.concatenate([[0.0], records]).astype(np.int64)
    first = _State(start, start, jnp.arange(points))
    return lax.scan(stretch, first, (jnp.asarray(ends[:-1]), jnp.asarray(ends[1:])))[1]
