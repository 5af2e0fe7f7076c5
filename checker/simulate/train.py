"""The experiment ``train``: gradient descent or flow, and how close its direction is to a KKT point of the max margin.

The one idea to know: the KKT residual is the distance of theta/|theta| from the cone spanned by the gradients of the
active margins, a non-negative least-squares problem solved on the host for each record.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
from scipy.optimize import nnls

from checker.simulate import data, models
from checker.simulate.catalogue import TrainParams
from checker.simulate.catalogue_dynamics import (
    GivenStart,
    GradientDescent,
    GradientFlow,
    NormalStart,
    RemainderFlow,
    ZeroStart,
    clock,
)
from checker.simulate.descent import descend
from checker.simulate.dynamics import Array, descent_times, flow, flow_times, velocity
from checker.simulate.losses import Loss, loss_of
from checker.simulate.models import Model
from checker.simulate.program import Cells, Judged, Output, Program, Site, over_cells
from checker.simulate.resolve import Leaf, SimulationError, leaf_of
from checker.simulate.train_remainder import remainder_program
from checker.simulate.validation import held_out

TWIN = 10.0
"""The twin of a flow is integrated at this multiple of the tolerance."""
RECORDED = (
    "theta", "margins", "log_loss", "gradient_norm", "kkt_residual", "beta", "part_norms", "W", "pair_margins",
    "validation_margins", "log_validation_loss",
)  # fmt: skip


def train_program(params: TrainParams, site: Site) -> Program:
    """Training for one structure of arrays, all cells of the sweep side by side."""
    if isinstance(params.dynamics, RemainderFlow):
        return remainder_program(params, site, start_of)
    if site.is_swept(params.dynamics) and isinstance(params.dynamics, GradientFlow):
        raise SimulationError("dynamics: the recorded times of a flow may not depend on the sweep")
    swept_data = site.is_swept(params.data)
    recorded = _recorded(params, site)
    axis = clock(params.dynamics)
    mean = params.reduction == "mean"

    def run(key: jax.Array, cells: Cells) -> Output:
        shared = {} if swept_data else data.draw(params.data, leaf_of(dict(site.sizes)), key)

        def cell(symbols: dict[str, jax.Array]) -> tuple[dict[str, jax.Array], ...]:
            env: dict[str, Any] = {**site.sizes, **symbols}
            arrays = data.draw(params.data, leaf_of(env), key) if swept_data else shared
            env.update(arrays)
            loss, model = loss_of(params.loss, params.minus_derivative, env), models.build(params.model, arrays, env)
            start = start_of(params.init, model.size, leaf_of(env), key)
            each, twin, hidden = _trajectories(params, model, loss, start, env, recorded, mean, key)
            slack = leaf_of(env)(params.slack)
            return {**each, **(arrays if swept_data else {})}, twin, {**hidden, "slack": slack}

        each, twin, hidden = over_cells(cell, cells, site)
        return Output(shared, each, twin, hidden)

    return Program(
        run,
        recorded={axis: recorded[0]},
        axes=dict.fromkeys(RECORDED, (axis,)),
        finish=lambda output: _finish(params, site, output),
        random_once=data.is_random(params.data),
    )


def _recorded(params: TrainParams, site: Site) -> tuple[Array, float, Array]:
    """Clock values, log unit and internal times (a flow); step numbers (descent)."""
    dynamics = params.dynamics
    if isinstance(dynamics, GradientDescent):
        steps = descent_times(dynamics.steps, dynamics.checkpoints)
        return steps, 0.0, steps
    assert isinstance(dynamics, GradientFlow)
    first, until = (float(leaf_of(dict(site.sizes))(leaf)) for leaf in (dynamics.first, dynamics.until))
    if not (first < until and (dynamics.time == "log_time" or first > 0)):
        raise SimulationError(f"dynamics: expected first < until (and first > 0), found {first} and {until}")
    return flow_times(dynamics, first, until)


def start_of(init: Any, size: int, leaf: Leaf, key: jax.Array) -> jax.Array:
    """theta(0), shape (size,)."""
    if isinstance(init, ZeroStart):
        return jnp.zeros(size)
    if isinstance(init, NormalStart):
        return leaf(init.scale) * jr.normal(data.key_for(key, "start"), (size,), dtype=jnp.float64)
    assert isinstance(init, GivenStart)
    if len(init.theta) != size:
        raise SimulationError(f"init: theta has {len(init.theta)} entries, the model has {size} parameters")
    return jnp.stack([leaf(entry) for entry in init.theta])


def _trajectories(
    params: TrainParams,
    model: Model,
    loss: Loss,
    start: jax.Array,
    env: dict[str, Any],
    recorded: tuple[Array, float, Array],
    mean: bool,
    key: jax.Array,
) -> tuple[dict[str, jax.Array], dict[str, jax.Array], dict[str, jax.Array]]:
    """Observables along the trajectory, the same at a coarser tolerance (flows), margin gradients for the host."""
    dynamics, (_, log_unit, internal) = params.dynamics, recorded
    validation = held_out(params, loss, env, mean)

    def describe(theta: jax.Array) -> tuple[dict[str, jax.Array], jax.Array]:
        margins = model.margins(theta)
        if params.loss is None:
            known = {"theta": theta, "margins": margins, **model.describe(theta)}
            held = {name: value for name, value in validation(theta).items() if name != "log_validation_loss"}
            return {**known, **held}, jax.jacrev(model.margins)(theta)
        total = jax.nn.logsumexp(loss.log_value(margins)) - (jnp.log(float(margins.size)) if mean else 0.0)
        # parameters that have overflowed have an infinite loss and no direction
        total = jnp.where(jnp.all(jnp.isfinite(theta)), total, jnp.inf)
        relative = jnp.linalg.norm(velocity(model, loss, -total, theta, False, mean))
        values = {"theta": theta, "margins": margins, "log_loss": total, "gradient_norm": relative}
        return {**values, **model.describe(theta), **validation(theta)}, jax.jacrev(model.margins)(theta)

    if isinstance(dynamics, GradientDescent):

        def schedule(leaf: Any) -> Any:
            return lambda k: leaf_of({**env, "k": k})(leaf)

        path = descend(
            model,
            loss,
            dynamics,
            start,
            step=schedule(dynamics.step),
            momentum=None if dynamics.momentum is None else schedule(dynamics.momentum),
            weight_decay=None if dynamics.weight_decay is None else leaf_of(env)(dynamics.weight_decay),
            records=internal,
            mean=mean,
            points=int(jax.eval_shape(model.margins, start).shape[0]),
            key=data.key_for(key, "batches"),
        )
        each, gradients = jax.vmap(describe)(path)
        return each, {}, {"gradients": gradients}

    assert isinstance(dynamics, GradientFlow)

    def at_tolerance(tolerance: jax.Array) -> tuple[dict[str, jax.Array], jax.Array]:
        path = flow(
            model, loss, dynamics, start, log_unit=log_unit, sigmas=internal, tolerance=tolerance, mean=mean
        )
        return jax.vmap(describe)(path)

    fine = leaf_of(env)(dynamics.tolerance)
    both, gradients = jax.lax.map(at_tolerance, jnp.stack([fine, TWIN * fine]))
    each, twin = ({name: value[index] for name, value in both.items()} for index in (0, 1))
    return each, twin, {"gradients": gradients[0], "twin_gradients": gradients[1]}


def kkt_residual(theta: Array, margins: Array, gradients: Array, slack: float) -> float:
    """Distance of theta/|theta| from the cone of {grad f_n/|grad f_n| : f_n <= min f + slack |min f|}.

    ``theta`` (p,), ``margins`` (n,), ``gradients`` (n, p); a number in [0, 1], where 1 means that no active gradient
    points along theta at all.  NaN where an input is not finite.
    """
    if not (np.all(np.isfinite(theta)) and np.all(np.isfinite(gradients))):
        return float("nan")
    least = margins.min()
    active = gradients[margins <= least + slack * abs(least)]
    lengths = np.linalg.norm(active, axis=1, keepdims=True)
    columns = (active / np.where(lengths > 0, lengths, 1.0)).T
    return float(nnls(columns, theta / np.linalg.norm(theta))[1])


def _finish(params: TrainParams, site: Site, output: Output) -> Judged:
    """KKT residuals at every record; NaN in a trajectory makes the seed no evidence, unless it may diverge."""
    broken = data.certificate(params.data, output.once) if params.data is not None and output.once else None

    def residuals(values: dict[str, Any], gradients: Any) -> Array:
        theta, margins = values["theta"], values["margins"]
        found = np.empty(theta.shape[:2])
        for cell, record in np.ndindex(*found.shape):
            found[cell, record] = kkt_residual(
                theta[cell, record],
                margins[cell, record],
                gradients[cell, record],
                float(output.hidden["slack"][cell]),
            )
        return found

    each = {"kkt_residual": residuals(output.each, output.hidden["gradients"])}
    twin = {"kkt_residual": residuals(output.twin, output.hidden["twin_gradients"])} if output.twin else {}
    if broken is None and not site.may_diverge and not np.all(np.isfinite(output.each["theta"])):
        broken = "the trajectory is not finite (the solver gave up or the iterates diverged)"
    return Judged(each, twin, broken)
