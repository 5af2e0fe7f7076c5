"""What the experiments that train models on data cost: ``optimize`` and ``train``.

The one idea to know: a KKT residual needs the gradient of every margin at every record, so that (records, points,
parameters) is the largest array of a trained run, and not its parameters.
"""

from __future__ import annotations

from typing import Any

from checker.simulate.cost import NUMBER, UNKNOWN, Cost, Place, drawn

FLOW_STEPS, STAGES = 5_000.0, 8.0
NEWTON_STEPS = 100.0
"""Newton steps that a cell usually takes at most."""


def _sizes(params: Any, place: Place) -> tuple[float, float]:
    """Points and parameters."""
    known = {name: spec.shape for name, spec in place.published.items()}
    margins, theta = known.get("margins"), known.get("theta")
    points = float(margins[0]) if margins and isinstance(margins[0], int) else place.shape_of_data(params.data)[0]
    return points, float(theta[0]) if theta and isinstance(theta[0], int) else UNKNOWN


def _depth(params: Any, place: Place) -> float:
    """How many products one prediction takes for each entry of the data."""
    return max(1.0, place.number(getattr(params.model, "depth", 1.0)), float(len(getattr(params.model, "parts", ()))))


def optimize_cost(params: Any, place: Place) -> Cost:
    """Newton's method from every restart: a Hessian and a factorisation in each step."""
    points, size = _sizes(params, place)
    steps = min(float(params.iterations), NEWTON_STEPS) * params.restarts
    each = 4 * points * size * (size + _depth(params, place)) + size**3
    scratch = params.restarts * NUMBER * (6 * size**2 + 4 * points * size)
    return drawn(params, place) + Cost(place.held(1.0), scratch, place.cells * steps * each)


def train_cost(params: Any, place: Place) -> Cost:
    """Steps of descent or of an adaptive solver (at two tolerances), and the gradients of all margins at the records."""
    points, size = _sizes(params, place)
    dynamics = params.dynamics
    records = place.number(dynamics.checkpoints)
    gradient = 12 * points * max(size, place.shape_of_data(params.data)[1]) * _depth(params, place) + 60 * points + 300
    if dynamics.kind == "gradient_descent":
        steps, copies = place.number(dynamics.steps), 1.0
    else:
        steps, copies = 2 * min(float(dynamics.max_steps), FLOW_STEPS + 50 * records), 2.0
        stiff = dynamics.kind == "remainder_flow" or getattr(dynamics, "time", "plain") == "log_time"
        gradient = STAGES * gradient + (size**3 + 10 * points * size**2 if stiff else 0.0)
    margins = NUMBER * copies * records * points * size * place.cells  # gradients of the margins, for the host
    nnls = 10 * records * place.cells * copies * points * size * min(points, size)
    scratch = 3 * margins + NUMBER * (8 * size**2 if copies > 1 else 8 * size) + 6 * NUMBER * points * size
    return drawn(params, place) + Cost(place.held(records, copies - 1.0), scratch, place.cells * steps * gradient + nnls)
