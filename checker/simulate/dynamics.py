"""Gradient flow on a loss of margins, recorded at log-spaced checkpoints; what descent and flow share.

The one idea to know: every flow is integrated in sigma = log(1 + t/t0), which starts at t = 0 and makes a decade of any
clock cost the same; speeds are formed in the log domain, so that t = exp(1e6) and losses of exp(-1e6) are ordinary
numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import diffrax
import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
import optimistix

from checker.simulate.catalogue_dynamics import GradientFlow
from checker.simulate.losses import Loss
from checker.simulate.models import Model

Array: TypeAlias = npt.NDArray[np.float64]


def flow_times(dynamics: GradientFlow, first: float, until: float) -> tuple[Array, float, Array]:
    """The recorded clock values, log of the unit t0, and sigma at each record; (checkpoints,) each."""
    if dynamics.time == "log_time":
        clock = np.linspace(first, until, dynamics.checkpoints)
        return clock, first, np.logaddexp(0.0, clock - first)
    clock = np.geomspace(first, until, dynamics.checkpoints)
    return clock, float(np.log(first)), np.log1p(clock / first)


def descent_times(steps: int, checkpoints: int) -> Array:
    """Log-spaced step numbers from 1 to ``steps``, each once."""
    return np.unique(np.round(np.geomspace(1, steps, checkpoints))).astype(np.float64)


def velocity(model: Model, loss: Loss, log_factor: jax.Array, theta: jax.Array, by_loss: bool, mean: bool) -> jax.Array:
    """exp(log_factor) * (-grad L), or with ``by_loss`` exp(log_factor) * (-grad L)/(L |theta|^2); shape of theta."""
    margins, pull = jax.vjp(model.margins, theta)
    log_speed = loss.log_slope(margins) + log_factor
    if by_loss:
        log_speed = log_speed - jax.nn.logsumexp(loss.log_value(margins)) - jnp.log(theta @ theta)
    elif mean:
        log_speed = log_speed - jnp.log(float(margins.size))
    speed: jax.Array = pull(jnp.exp(log_speed))[0]
    return speed


def flow(
    model: Model,
    loss: Loss,
    dynamics: GradientFlow,
    start: jax.Array,
    *,
    log_unit: float,
    sigmas: Array,
    tolerance: jax.Array,
    mean: bool,
) -> jax.Array:
    """Gradient flow from ``start`` (p,) at t = 0; parameters at ``sigmas``: (checkpoints, p), NaN after a failure."""
    by_loss = dynamics.time == "loss_norm"
    # In that clock a homogeneous model grows like the square root of time: divide it out, and the stiff solver sees
    # O(1).
    growth = 0.5 if by_loss else 0.0

    def field(sigma: jax.Array, scaled: jax.Array, _: object) -> jax.Array:
        size = jnp.exp(growth * sigma)
        return velocity(model, loss, sigma + log_unit, size * scaled, by_loss, mean) / size - growth * scaled

    scaled_path = stiff_path(field, start, sigmas, tolerance, dynamics.max_steps, least_step=1e-12)
    path = jnp.exp(growth * jnp.asarray(sigmas))[:, None] * scaled_path
    return jnp.where(jnp.all(jnp.isfinite(path)), path, jnp.nan)


def stiff_path(
    field: Callable[[jax.Array, jax.Array, object], jax.Array],
    start: jax.Array,
    times: Array | jax.Array,
    tolerance: jax.Array,
    max_steps: int,
    least_step: float,
) -> jax.Array:
    """The solution of ``y' = field(time, y, _)`` from ``start`` (p,) at time 0, at ``times`` (checkpoints,):
    (checkpoints, p), NaN throughout where the implicit solver gave up or a value is not finite.
    """
    solution = diffrax.diffeqsolve(
        diffrax.ODETerm(field),
        # A Newton matrix at every stage: with the cheaper chord iteration three steps in four are rejected at late
        # times.
        diffrax.Kvaerno5(root_finder=diffrax.with_stepsize_controller_tols(optimistix.Newton)()),
        t0=0.0,
        t1=times[-1] if isinstance(times, jax.Array) else float(times[-1]),
        dt0=1e-4,
        y0=start,
        saveat=diffrax.SaveAt(ts=jnp.asarray(times)),
        stepsize_controller=diffrax.PIDController(rtol=tolerance, atol=tolerance, dtmin=least_step, force_dtmin=False),
        max_steps=max_steps,
        throw=False,
    )
    assert solution.ys is not None
    finished = (solution.result == diffrax.RESULTS.successful) & jnp.all(jnp.isfinite(solution.ys))
    return jnp.where(finished, solution.ys, jnp.nan)
