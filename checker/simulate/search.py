"""Directed search: drive a random instance of ``evaluate`` towards the worst case of a bound.

The one idea to know: uniform sampling does not come near the corners of a box or a simplex, where bounds are tight.
So the worst random instances, the corners and mixtures of them are moved uphill by projected gradient ascent on the
excess (quantity minus bound), never leaving the declared domain; what is found is an ordinary instance, to be judged
as one.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from checker.expr.node import Node, symbols_of
from checker.expr.to_jax import compile_jax
from checker.simulate.catalogue_sampling import EvaluateParams
from checker.simulate.device import choose, compiler_options
from checker.simulate.evaluate import Box, boxes
from checker.simulate.measurement import Array, Measurement, Observable
from checker.simulate.program import Site
from checker.simulate.resolve import fix_counts, grid_of, structural_symbols
from checker.spec.claim import Run

Instance: TypeAlias = dict[str, jax.Array]
FIRST_STEP, LAST_STEP = 0.2, 1e-7
"""Length of the first and the last step, as a share of the width of the domain."""
MOST_CORNERS, MIXED_CORNERS = 64, 16
LARGEST_RATIO = 1.5
"""No mean of slopes exceeds 1.41 times the root of their mean square with these decays, unless the squares underflow."""


class SearchUnavailable(Exception):
    """The instances of this run cannot be moved; the reason is the message."""


def unavailable(run: Run, excess: Node) -> str | None:
    """Why directed search cannot help this run, or ``None`` if it can."""
    params = run.params
    if run.experiment != "evaluate" or not isinstance(params, EvaluateParams):
        return f"instances of {run.experiment!r} come from a solver or a data law; there is no box to search"
    if not params.draw:
        return "the run draws no symbol"
    if set(params.values) & symbols_of(excess):
        return "its values are computed in the run"
    lawful = sorted(set(params.draw) & set(run.laws))
    if lawful:
        return f"{lawful[0]!r} is drawn from a law; there is no box to search"
    stiff = sorted(name for name in params.draw if run.domains[name].psd or run.domains[name].rows == "orthonormal")
    if stiff:
        return f"{stiff[0]!r} cannot be moved within its domain"
    grid = grid_of(run)
    if structural_symbols(params, grid):
        return "the sizes of the drawn symbols change along the sweep"
    known = {*params.draw, *grid.symbols}
    strange = sorted(name for name in symbols_of(excess) - known if name in run.domains and run.domains[name].shape)
    dotted = sorted(name for name in symbols_of(excess) if "." in name)
    if strange or dotted:
        return f"the quantity needs {(strange + dotted)[0]!r}, which is not drawn from a box"
    return None


def ascend(
    run: Run, measurement: Measurement, excess: Node, *, worst: int = 10, steps: int = 400, device: str = "auto"
) -> Measurement:
    """The worst instances that ascent finds, as a measurement of at most ``worst`` of them, the worst first.

    Starts from the ``worst`` random instances of ``measurement`` with the largest ``excess``, and from corners of
    the domain. Where there is a sweep, the excess of an instance is the largest over its cells.  Seeds of found
    instances are -1, -2, ... The result is deterministic.  Raises ``SearchUnavailable`` with the reason where
    instances cannot be moved.
    """
    reason = unavailable(run, excess)
    if reason:
        raise SearchUnavailable(reason)
    params = fix_counts(run.params, {})  # type: ignore[arg-type]
    assert isinstance(params, EvaluateParams)
    where = choose(device)
    options = compiler_options(where.platform, thorough=False)
    with jax.default_device(where):
        grid = grid_of(run)
        site = Site({}, frozenset(grid.symbols), run.domains, ())
        if site.is_swept(params):
            raise SearchUnavailable("the range of a drawn symbol changes along the sweep")
        domain = boxes(params, site, {})
        sizes = _sizes(measurement)
        cells = grid.cells(grid.axes)
        symbols = {name: jnp.asarray([grid.values(cell)[name] for cell in cells]) for name in grid.symbols}
        objective = jax.jit(_objective(excess, sizes, symbols))  # read once, however often it is used below
        drawn = {name: jnp.asarray(measurement.observables[name].values) for name in domain}
        shares = {name: jnp.asarray(each) for name, each in _corners(domain).items()}  # an argument: not folded by XLA

        def search(drawn: Instance, shares: Instance) -> tuple[Instance, jax.Array]:
            random = _worst_random(objective, drawn, worst)
            corners = {name: jax.vmap(box.at)(shares[name]) for name, box in domain.items()}
            starts = {name: jnp.concatenate([random[name], corners[name]]) for name in domain}
            return _climb(objective, domain, starts, steps)

        found, heights = jax.jit(search, compiler_options=options)(drawn, shares)
    order = np.argsort(-np.asarray(heights), kind="stable")[:worst]
    order = order[np.isfinite(np.asarray(heights)[order])]
    observables = {
        **{name: item for name, item in measurement.observables.items() if not item.axes},
        **{name: Observable(np.asarray(points)[order], ("seed",)) for name, points in found.items()},
    }
    coords = {**measurement.coords, "seed": -np.arange(1.0, len(order) + 1)}
    return Measurement(observables, coords)


def _sizes(measurement: Measurement) -> dict[str, Any]:
    """What does not vary at all: the sizes that the run published."""
    return {name: item.values for name, item in measurement.observables.items() if not item.axes}


def _objective(
    excess: Node, sizes: Mapping[str, Any], symbols: Mapping[str, jax.Array]
) -> Callable[[Instance], jax.Array]:
    """The excess of one instance: the largest over the cells of the sweep."""
    compiled = compile_jax(excess)

    def objective(instance: Instance) -> jax.Array:
        fixed = {**sizes, **instance}
        if not symbols:
            return jnp.asarray(compiled(fixed), dtype=jnp.float64)
        return jnp.max(jax.vmap(lambda cell: jnp.asarray(compiled({**fixed, **cell})))(dict(symbols)))

    return objective


def _worst_random(objective: Callable[[Instance], jax.Array], drawn: Instance, worst: int) -> Instance:
    heights = jax.vmap(objective)(drawn)
    order = jnp.argsort(jnp.where(jnp.isnan(heights), jnp.inf, -heights))[:worst]
    return {name: values[order] for name, values in drawn.items()}


def _corners(domain: Mapping[str, Box]) -> dict[str, Array]:
    """Corners as shares of the way from the low to the high end, (corners, *shape) for every symbol.

    Every combination of: all low, all high, the first entry low and the rest high, the reverse (of more than three
    symbols a fixed choice of the combinations); and random mixtures.
    """
    generator = np.random.default_rng(0)
    if 4 ** len(domain) <= MOST_CORNERS:
        chosen = np.asarray(list(itertools.product(range(4), repeat=len(domain))))
    else:
        alike = np.repeat(np.arange(4)[:, None], len(domain), axis=1)
        chosen = np.concatenate([alike, generator.integers(0, 4, size=(MOST_CORNERS - 4, len(domain)))])
    found: dict[str, Array] = {}
    for column, (name, box) in enumerate(domain.items()):
        first = (np.arange(np.prod(box.shape, dtype=int)) == 0).reshape(box.shape)
        patterns = np.stack([np.zeros_like(first), np.ones_like(first), ~first, first]).astype(np.float64)
        mixed = generator.integers(0, 2, size=(MIXED_CORNERS, *box.shape)).astype(np.float64)
        found[name] = np.concatenate([patterns[chosen[:, column]], mixed])
    return found


def _climb(
    objective: Callable[[Instance], jax.Array], domain: Mapping[str, Box], starts: Instance, steps: int
) -> tuple[Instance, jax.Array]:
    """Projected ascent from every start (leading axis): the best point seen by each, and its height.

    Steps are normalised entry by entry (Adam) and shrink geometrically, so that kinks of ``max`` and ``min`` are
    closed in on; symbols that take whole or listed values stay where they start.
    """
    widths = {
        name: jnp.where(box.rows is not None, 1.0, box.hi - box.lo) if _moves(box) else jnp.asarray(0.0)
        for name, box in domain.items()
    }
    slope = jax.value_and_grad(objective)
    decay = (LAST_STEP / FIRST_STEP) ** (1.0 / max(steps - 1, 1))

    def along(point: Instance, gradient: Instance) -> Instance:
        return {name: domain[name].tangent(point[name], gradient[name]) for name in point}

    def project(point: Instance) -> Instance:
        return {name: domain[name].project(value) if _moves(domain[name]) else value for name, value in point.items()}

    def one(start: Instance) -> tuple[Instance, jax.Array]:
        zeros = jax.tree.map(jnp.zeros_like, start)

        def step(state: tuple[Any, ...], k: jax.Array) -> tuple[tuple[Any, ...], None]:
            point, first, second, best, height = state
            value, gradient = slope(point)
            higher = value > height
            best = jax.tree.map(lambda old, new: jnp.where(higher, new, old), best, point)
            height = jnp.where(higher, value, height)
            gradient = jax.tree.map(lambda g: jnp.nan_to_num(g, nan=0.0, posinf=0.0, neginf=0.0), gradient)
            gradient = along(point, gradient)
            first = jax.tree.map(lambda m, g: 0.7 * m + 0.3 * g, first, gradient)
            second = jax.tree.map(lambda v, g: 0.9 * v + 0.1 * g * g, second, gradient)
            length = FIRST_STEP * decay**k
            ratio = jax.tree.map(lambda m, v: m / (jnp.sqrt(v) + 1e-300), first, second)
            ratio = jax.tree.map(lambda r: jnp.clip(r, -LARGEST_RATIO, LARGEST_RATIO), ratio)
            moved = {name: point[name] + length * widths[name] * ratio[name] for name in point}
            # Past the middle go on from the best point: what is left is to close in on it.
            settled = (k % 50 == 49) & (k > steps // 2)
            moved = jax.tree.map(lambda old, new: jnp.where(settled, old, new), best, moved)
            return (project(moved), first, second, best, height), None

        begin = (start, zeros, zeros, start, jnp.asarray(-jnp.inf))
        (point, _, _, best, height), _ = lax.scan(step, begin, jnp.arange(steps, dtype=jnp.float64))
        last = objective(point)
        return jax.tree.map(lambda old, new: jnp.where(last > height, new, old), best, point), jnp.fmax(height, last)

    return jax.vmap(one)(starts)


def _moves(box: Box) -> bool:
    return not box.integer and box.values is None
