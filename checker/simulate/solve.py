"""The experiment ``solve``: roots, fixed points and optima of scalar formulas, bracketed and halved to the last bit.

The one idea to know: an optimum is a root of the slope, and a root is a change of sign.  A grid says how many changes an
interval has; bisection then ends at neighbouring numbers, and how far around them the sign still flickers (rounding
of the formula) goes to the twin as the error of the root.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from checker.expr.node import Sym, sub, symbols_of
from checker.simulate.catalogue_iterate import SolveParams, Unknown
from checker.simulate.compiled import Compiled, compiled
from checker.simulate.evaluate import instance, is_random, is_swept, sizes_of
from checker.simulate.program import Cells, Judged, Output, Program, Site, over_cells
from checker.simulate.resolve import SimulationError, leaf_of
from checker.simulate.values import EPSILON

TINY = float(np.finfo(np.float64).tiny)
GRID = 512
"""Intervals on which changes of sign are counted."""
FLICKER = 128  # distances at which the sign is looked at on each side of a root
Scalar = Callable[[jax.Array], jax.Array]


class Root(NamedTuple):
    """A root, how far rounding lets it be elsewhere, and the number of sign changes of the interval."""

    at: jax.Array
    error: jax.Array
    changes: jax.Array


def find_root(function: Scalar, lo: jax.Array, hi: jax.Array, rising: bool = False) -> Root:
    """The root of ``function`` in [lo, hi] (scalars), by bisection of the first interval of a grid that has one.

    ``rising`` counts changes from below to above zero only (minima, where ``function`` is a slope).  NaN where there is
    none.  A root at an end of the interval counts.
    """
    grid = lo + (hi - lo) * jnp.linspace(0.0, 1.0, GRID + 1)
    signs = jnp.sign(jax.vmap(function)(grid))
    # a grid point on a root belongs to the interval on its right, but for the last one
    below, above = signs[:-1], signs[1:]
    change = (below * above < 0) | ((below == 0) & (above != 0)) if not rising else (below < 0) & (above > 0)
    touching = jnp.concatenate([jnp.zeros(1, dtype=bool), (signs[1:-1] == 0) & (signs[:-2] * signs[2:] < 0)])
    if rising:
        change = change | (touching & (above > 0))
    at_end = (signs[-1] == 0) & (not rising)
    first = jnp.argmax(change)
    inside = jnp.any(change)
    start, end = jnp.where(inside, grid[first], hi), jnp.where(inside, grid[first + 1], hi)
    sign = jnp.where(signs[first] == 0, -signs[first + 1], signs[first])

    def halve(ends: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        left, right = ends
        middle = left + (right - left) / 2
        same = jnp.sign(function(middle)) == sign
        return jnp.where(same, middle, left), jnp.where(same, right, middle)

    def divisible(ends: tuple[jax.Array, jax.Array]) -> jax.Array:
        middle = ends[0] + (ends[1] - ends[0]) / 2
        return (ends[0] < middle) & (middle < ends[1])

    exact = signs[first] == 0
    _, right = lax.while_loop(divisible, halve, (start, end))
    at = jnp.where(inside & ~exact, right, jnp.where(inside, start, hi))

    def nearby(point: jax.Array) -> jax.Array:
        return function(jnp.clip(point, lo, hi))

    error = jnp.maximum(EPSILON * jnp.abs(at), _flicker(nearby, at, sign, end - start, exact | ~inside))
    found = inside | at_end
    changes = jnp.sum(change) + at_end
    return Root(jnp.where(found, at, jnp.nan), jnp.where(found, error, jnp.nan), changes)


def _flicker(function: Scalar, at: jax.Array, sign: jax.Array, width: jax.Array, exact: jax.Array) -> jax.Array:
    """The largest of many distances from ``at`` at which the sign is not the one of that side."""
    ulp = EPSILON * jnp.maximum(jnp.abs(at), TINY)
    reach = jnp.maximum(width / 2, ulp)
    distances = ulp * (reach / ulp) ** jnp.linspace(0.0, 1.0, FLICKER)
    signs = jnp.sign(jax.vmap(function)(jnp.concatenate([at - distances, at + distances])))
    wrong = jnp.where((signs[:FLICKER] != sign) | (signs[FLICKER:] != -sign), distances, 0.0)
    return jnp.where(exact, ulp, jnp.max(wrong))


def solve_program(params: SolveParams, site: Site) -> Program:
    """The numbers sought, for one structure of arrays, cell by cell of the sweep."""
    sizes, swept = sizes_of(params, site), is_swept(params, site)
    formulas = {name: _formula(name, unknown, site, sizes) for name, unknown in params.find.items()}

    def run(key: jax.Array, cells: Cells) -> Output:
        shared = {} if swept else instance(params, site, key, {})

        def cell(symbols: dict[str, jax.Array]) -> tuple[dict[str, jax.Array], ...]:
            drawn = instance(params, site, key, symbols) if swept else shared
            each, twin, hidden = _found(params, formulas, {**sizes, **symbols, **drawn})
            return {**each, **(drawn if swept else {})}, twin, hidden

        each, twin, hidden = over_cells(cell, cells, site)
        return Output(shared, each, twin, hidden)

    return Program(run, finish=lambda output: _finish(params, output), random_once=is_random(params))


def _formula(name: str, unknown: Unknown, site: Site, sizes: Mapping[str, int]) -> Compiled:
    """What has to vanish or be extreme, as a function of all symbols."""
    node: Any = getattr(unknown, unknown.kind)
    return compiled(sub(node, Sym(name)) if unknown.kind == "fixed_point" else node, site, sizes)


def _found(
    params: SolveParams, formulas: Mapping[str, Compiled], env: Mapping[str, Any]
) -> tuple[dict[str, jax.Array], dict[str, jax.Array], dict[str, jax.Array]]:
    """Unknowns in the order of the file; those found already are known to the next ones."""
    each: dict[str, jax.Array] = {}
    twin: dict[str, jax.Array] = {}
    hidden: dict[str, jax.Array] = {}
    for name, unknown in params.find.items():
        here, there = {**env, **each}, {**env, **each, **twin}
        formula, slope = _functions(name, unknown, formulas[name], here)
        lo, hi = (leaf_of(here)(end) for end in unknown.in_)
        extreme = unknown.kind in ("minimise", "maximise")
        if extreme:
            each[name], error, hidden[name] = _optimum(formula, slope, lo, hi)
        else:
            each[name], error, hidden[name] = find_root(formula, lo, hi)
        each[f"{name}.residual"] = (slope if extreme else formula)(each[name])
        # an earlier unknown that is uncertain moves this one too: it is found once more with their twins
        moved = each[name]
        uncertain = symbols_of(getattr(unknown, unknown.kind)) & set(twin)
        if uncertain:
            again, again_slope = _functions(name, unknown, formulas[name], there)
            moved = (_optimum(again, again_slope, lo, hi) if extreme else find_root(again, lo, hi)).at
        twin[name] = each[name] + error + jnp.abs(moved - each[name])
        if extreme:
            sign = 1.0 if unknown.kind == "minimise" else -1.0
            each[f"{name}.value"], twin[f"{name}.value"] = sign * jax.vmap(formula)(jnp.stack([each[name], twin[name]]))
    return each, twin, hidden


def _functions(name: str, unknown: Unknown, whole: Compiled, env: Mapping[str, Any]) -> tuple[Scalar, Scalar]:
    """What has to vanish or be least as a function of the unknown alone, and its slope."""
    sign = -1.0 if unknown.kind == "maximise" else 1.0

    def formula(value: jax.Array) -> jax.Array:
        result = sign * whole({**env, name: value})
        if result.ndim:
            raise SimulationError(f"find: the formula of {name} is an array of shape {result.shape}; expected a number")
        return result

    return formula, jax.grad(formula)


def _optimum(formula: Scalar, slope: Scalar, lo: jax.Array, hi: jax.Array) -> Root:
    """The least value in [lo, hi]: the only place where the slope turns positive, or an end if it turns nowhere."""
    root = find_root(slope, lo, hi, rising=True)
    inside = root.changes > 0
    at_lo, at_hi, at_root = jax.vmap(formula)(jnp.stack([lo, hi, jnp.where(inside, root.at, lo)]))
    ends = jnp.where(at_lo <= at_hi, lo, hi)
    at = jnp.where(inside, root.at, ends)
    # with one turn from falling to rising the ends cannot be lower, unless the slope also turns the other way
    lower = inside & (jnp.minimum(at_lo, at_hi) < at_root)
    changes = jnp.where(lower, 2, jnp.maximum(root.changes, 1))
    return Root(at, jnp.where(inside, root.error, EPSILON * jnp.abs(ends)), changes)


def _finish(params: SolveParams, output: Output) -> Judged:
    """An interval without one sought number, or with several, makes the seed no evidence."""
    failure = None
    for name in params.find:
        changes = np.asarray(output.hidden[name])
        if np.any(changes == 0):
            failure = failure or f"{name}: the formula does not change sign in `in`"
        if np.any(changes > 1):
            failure = failure or f"{name}: `in` contains {int(changes.max())} of them or more; narrow it"
        if not np.all(np.isfinite(output.each[name])):
            failure = failure or f"{name} is not finite"
    return Judged({}, {}, failure)
