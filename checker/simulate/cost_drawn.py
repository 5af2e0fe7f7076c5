"""What the experiments on random draws cost: ``evaluate``, ``monte_carlo``, ``iterate``, ``solve``, ``spectrum``.

The one idea to know: each estimate mirrors the loop of its experiment (chunks of samples, steps of a map, points of a
bracket), so what is held at a time is told apart from what is done in all.
"""

from __future__ import annotations

from typing import Any

from checker.simulate.cost import DRAW_OPERATIONS, NUMBER, Cost, Place, drawn
from checker.simulate.formula_cost import work_of

CHUNK = 8192.0
FLOW_STEPS, STAGES = 5_000.0, 8.0
"""Steps that an adaptive solver usually takes at most, and evaluations of the right-hand side in one."""
BRACKET = 1_100.0
"""Evaluations of a formula for one number sought: a grid, bisection, and the flicker of its sign."""
DEGREE = 64.0
"""Of a polynomial: its exponents may be swept, so what stands here is typical and not a bound."""
MATRIX_OPERATIONS = 25.0
"""Operations for the eigenvalues or singular values of a matrix over the cube of its size."""


def evaluate_cost(params: Any, place: Place) -> Cost:
    """The draws, and the formulas in ``values`` twice (their twin) in every cell."""
    work = place.work(params.values)
    return drawn(params, place) + Cost(place.held(), 2 * work.bytes, 2 * place.cells * work.operations)


def monte_carlo_cost(params: Any, place: Place) -> Cost:
    """Chunks of samples; quantiles hold all of their values."""
    samples = place.number(params.samples)
    entries = max(1.0, place.entries(params.draw))
    chunk = min(samples, max(1.0, CHUNK // entries))
    formulas = [*params.means.values(), *params.maxima.values(), *params.minima.values()]
    work = place.work([*formulas, *(quantile.of for quantile in params.quantiles.values())])
    kept = 3 * NUMBER * samples * place.cells * len(params.quantiles)
    operations = samples * (DRAW_OPERATIONS * entries + place.cells * work.operations)
    return Cost(place.held(), chunk * (2 * NUMBER * entries + 2 * work.bytes) + kept, operations)


def iterate_cost(params: Any, place: Place) -> Cost:
    """Steps of the map with the noise drawn in each, or steps of an adaptive solver at two tolerances."""
    records = place.number(params.checkpoints)
    state = {name: work_of(node, place.shapes, place.values).shape for name, node in params.start.items() if _is_node(node)}
    here = Place(place.cells, place.values, {**place.shapes, **state}, place.published)
    work = here.work(params.map or params.flow)
    size = max(1.0, here.entries(params.state))
    noise = here.entries(params.noise)
    if params.map:
        steps = place.number(params.steps)
        each = work.operations + DRAW_OPERATIONS * noise + 10 * size + 200
    else:
        steps = 2 * min(float(params.max_steps), FLOW_STEPS + 50 * records)
        each = STAGES * (work.operations + 20 * size) + (20 * size**3 if params.stiff else 0.0) + 500
    past = sum(place.number(delay.by) * max(1.0, here.entries([delay.of])) for delay in params.delays.values())
    scratch = 4 * work.bytes + 40 * NUMBER * size + 2 * NUMBER * past + (6 * NUMBER * size**2 if params.stiff else 0.0)
    return drawn(params, place) + Cost(here.held(records), scratch, place.cells * steps * each)


def _is_node(value: Any) -> bool:
    return hasattr(value, "children")


def solve_cost(params: Any, place: Place) -> Cost:
    """A grid, bisection and the slopes of an optimum for every number sought, twice for those that use earlier ones."""
    work = place.work([getattr(unknown, unknown.kind) for unknown in params.find.values()])
    operations = place.cells * 6 * BRACKET * (work.operations + 10 * len(params.find))
    return drawn(params, place) + Cost(place.held(), BRACKET * (work.bytes + 4 * NUMBER), operations)


def spectrum_cost(params: Any, place: Place) -> Cost:
    """The matrices as formulas and their decompositions, the roots of polynomials as those of companion matrices."""
    operations, scratch, longest = 0.0, 0.0, 1.0
    for formula in (*params.eigenvalues.values(), *params.singular_values.values()):
        if not _is_node(formula):
            continue
        work = work_of(formula, place.shapes, place.values)
        rows, columns = (*work.shape, 1.0, 1.0)[:2]
        operations += work.operations + MATRIX_OPERATIONS * min(rows, columns) ** 2 * max(rows, columns)
        scratch += work.bytes + 6 * NUMBER * rows * columns
        longest = max(longest, min(rows, columns))
    operations += len(params.polynomials) * MATRIX_OPERATIONS * DEGREE**3
    records = float(params.top) if params.top is not None else longest
    return drawn(params, place) + Cost(place.held(records), scratch, place.cells * operations)
