"""The experiment ``optimize``: the constrained path argmin {L(theta) : |theta| <= radius}, followed along the sweep.

The one idea to know: the answer at one radius, scaled, starts the search at the next, so that Newton's method is
always a correction of order one; independent restarts are followed side by side and the lowest loss is what is
published.
"""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
from jax import lax

from checker.expr.node import Node
from checker.simulate import data, models
from checker.simulate.catalogue import OptimizeParams
from checker.simulate.catalogue_parts import data_shape, parameter_count
from checker.simulate.losses import compile_loss
from checker.simulate.newton import UNIT, Found, minimise
from checker.simulate.program import Cells, Judged, Output, Program, Site
from checker.simulate.resolve import SimulationError, leaf_of

RESIDUAL_LIMIT = 1e-6
LONGEST_STEP = 1e-4


def optimize_program(params: OptimizeParams, site: Site) -> Program:
    """The constrained path for one structure of arrays."""
    width = 1 if params.data is None else data_shape(params.data)[1]
    size = parameter_count(params.model, width)
    if not isinstance(size, int):
        raise SimulationError(f"model: the number of parameters is not known: {size}")
    loss_node = params.loss
    assert isinstance(loss_node, Node)
    swept_data = site.is_swept(params.data)

    def run(key: jax.Array, cells: Cells) -> Output:
        shared = {} if swept_data else data.draw(params.data, leaf_of(dict(site.sizes)), key)
        starts = jr.normal(data.key_for(key, "restarts"), (params.restarts, size), dtype=jnp.float64)

        def cell(carry: jax.Array, inputs: tuple[jax.Array, Cells]) -> tuple[jax.Array, tuple[dict[str, Any], ...]]:
            is_fresh, symbols = inputs
            env: dict[str, Any] = {**site.sizes, **symbols}
            arrays = data.draw(params.data, leaf_of(env), key) if swept_data else shared
            env.update(arrays)
            loss = compile_loss(loss_node, env)
            model = models.build(params.model, arrays, env)
            radius = leaf_of(env)(params.radius)

            def search(start: jax.Array) -> Found:
                return minimise(start, radius, model.margins, loss, iterations=params.iterations)

            found = jax.vmap(search)(jnp.where(is_fresh, starts, carry))
            best = jax.tree.map(lambda leaf: leaf[_best(found)], found)
            offset = -math.log(model.margins(best.theta).size) if params.reduction == "mean" else 0.0

            def publish(theta: jax.Array) -> dict[str, jax.Array]:
                margins = model.margins(theta)
                total = jax.nn.logsumexp(loss.log_value(margins)) + offset
                return {"theta": theta, "margins": margins, "log_loss": total, **model.describe(theta)}

            known = {
                "residual": best.residual,
                "newton_step": best.step,
                "multiplier": best.multiplier,
                "converged": jnp.where(_converged(best, params.tolerance), 1.0, 0.0),
            }
            each = {**publish(best.theta), **known, **(arrays if swept_data else {})}
            rising = jnp.any(loss.first(model.margins(best.theta)) >= 0)
            return found.theta, (each, publish(best.twin), {"rising": rising})

        _, (each, twin, hidden) = lax.scan(cell, starts, (jnp.asarray(site.fresh), cells))
        return Output(shared, each, twin, hidden)

    random_once = data.is_random(params.data)
    return Program(run, finish=lambda output: _finish(params, site, output), random_once=random_once)


def _converged(found: Found, tolerance: float) -> jax.Array:
    """A residual below the tolerance, or below its own rounding error, and no way left to go."""
    return (found.residual <= jnp.maximum(tolerance, 4 * found.grain)) & (found.step <= LONGEST_STEP)


def _best(found: Found) -> jax.Array:
    """The restart with the lowest loss; among those equal up to rounding, the one with the smallest residual."""
    value = jnp.where(jnp.isfinite(found.value), found.value, jnp.inf)
    lowest = jnp.min(value)
    tied = value <= lowest + 64 * UNIT * (1.0 + jnp.abs(lowest))
    return jnp.argmin(jnp.where(tied, found.residual, jnp.inf))


def _finish(params: OptimizeParams, site: Site, output: Output) -> Judged:
    """Refuse what is not the minimiser over the ball: the first reason that applies to any cell, if there is one."""
    return Judged({}, {}, why_not(params, site, output))


def why_not(params: OptimizeParams, site: Site, output: Output) -> str | None:
    """Why one seed is no evidence, or ``None``; ``output`` in NumPy arrays, cells along the leading axis."""
    broken = data.certificate(params.data, output.once) if output.once else None
    if broken:
        return broken
    residual, multiplier = np.asarray(output.each["residual"]), np.asarray(output.each["multiplier"])
    if not (np.all(np.isfinite(output.each["theta"])) and np.all(np.isfinite(output.each["log_loss"]))):
        return None if site.may_diverge else "the loss is not a finite number at the point found"
    worst, least = int(np.argmax(residual)), int(np.argmin(multiplier))
    if not residual[worst] <= RESIDUAL_LIMIT:
        return f"the solver stopped at residual {residual[worst]:.1e} in cell {worst}"
    if multiplier[least] < 0:
        return f"the minimiser lies inside the ball in cell {least}: the margins cannot all be made large"
    if np.any(output.hidden["rising"]):
        return "the loss does not decrease at one of the margins found"
    return None
