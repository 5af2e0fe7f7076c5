"""The experiment ``monte_carlo``: means, extremes and quantiles of formulas over independent draws.

The one idea to know: samples come in chunks whose draws depend on the seed and the number of the chunk only.  Every cell
of the sweep and every formula sees the same draws, and memory does not grow with the number of samples (except for
quantiles, which hold their values and are limited).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import jax.random as jr

from checker.simulate.catalogue_sampling import MAX_HELD, MonteCarloParams, Quantile
from checker.simulate.compiled import compiled_all
from checker.simulate.evaluate import limit_entries, shape_of, sizes_of
from checker.simulate.program import Cells, Judged, Output, Program, Site, over_cells
from checker.simulate.resolve import SimulationError, leaf_of
from checker.simulate.sampling import depends_on, sample
from checker.simulate.values import EPSILON

CHUNK = 8192
"""Samples at a time where each is one number: a chunk of a few symbols stays in the cache of one core."""
MAX_WORK = 2e11
"""The most formula evaluations of one seed, over all samples, cells and formulas (minutes on one core)."""
ROUNDINGS = 16  # units in the last place of mean |f| that the sum of one chunk and its merging may lose

Draws: TypeAlias = dict[str, jax.Array]
Moments: TypeAlias = dict[str, jax.Array]


def monte_carlo_program(params: MonteCarloParams, site: Site) -> Program:
    """Averages for one structure of arrays, all cells of the sweep on the same draws.

    Raises ``SimulationError`` where a symbol has no law, or the work or the memory exceeds its limit.
    """
    samples = params.samples
    assert isinstance(samples, int)
    sizes = sizes_of(params, site)
    shapes = _shapes(params, site, sizes)
    chunk = min(samples, max(1, CHUNK // limit_entries(math.prod(shape) for shape in shapes.values())))
    chunks = -(-samples // chunk)
    cells_count = max(1, len(site.fresh))
    _limit(params, samples, cells_count)
    moving = depends_on(site.laws, params.draw, site.sweep)
    formulas = {**params.means, **params.maxima, **params.minima}
    held = {name: quantile.of for name, quantile in params.quantiles.items()}
    functions = compiled_all({**formulas, **held}, site, sizes)

    def draws(key: jax.Array, symbols: Mapping[str, Any]) -> Draws:
        found: Draws = {}
        for name in params.draw:
            found[name] = _batch(site, name, key, (chunk, *shapes[name]), {**sizes, **symbols, **found})
        return found

    def values(drawn: Draws, symbols: Mapping[str, Any]) -> dict[str, jax.Array]:
        def one(entry: Draws) -> dict[str, jax.Array]:
            env = {**sizes, **symbols, **entry}
            return {name: _number(name, formula(env)) for name, formula in functions.items()}

        return jax.vmap(one)(drawn)

    def run(key: jax.Array, cells: Cells) -> Output:
        def step(so_far: Moments, number: jax.Array) -> tuple[Moments, dict[str, jax.Array]]:
            chunk_key = jr.fold_in(key, number)
            here = jnp.minimum(samples - number * chunk, chunk)
            shared = {} if moving else draws(chunk_key, {})

            def cell(symbols: dict[str, jax.Array]) -> tuple[Moments, dict[str, jax.Array]]:
                found = values(draws(chunk_key, symbols) if moving else shared, symbols)
                kept = {name: found[name] for name in held}
                return _moments(params, found, jnp.arange(chunk) < here, here), kept

            fresh, kept = over_cells(cell, cells, site)
            return _merged(params, so_far, fresh, number * chunk, here), kept

        moments, kept = jax.lax.scan(step, _nothing(params, cells_count), jnp.arange(chunks))
        each, twin = _published(params, moments, samples)
        for name, quantile in params.quantiles.items():
            along = jnp.moveaxis(kept[name], 0, 1).reshape(cells_count, -1)[:, :samples]
            each[name] = _quantile(quantile, along, cells, site)
        return Output({}, each, twin, {})

    return Program(run, finish=lambda output: _finish(output, site))


def _shapes(params: MonteCarloParams, site: Site, sizes: Mapping[str, int]) -> dict[str, tuple[int, ...]]:
    found = {}
    for name in params.draw:
        if name not in site.laws or name not in site.domains:
            raise SimulationError(f"draw: {name} has no law; declare one, such as `law: normal(0, 1)`")
        found[name] = shape_of(name, site.domains[name], sizes)
    return found


def _limit(params: MonteCarloParams, samples: int, cells: int) -> None:
    formulas = len(params.means) + len(params.maxima) + len(params.minima) + len(params.quantiles)
    if samples * cells * formulas > MAX_WORK:
        work = f"{samples:.3g} samples x {cells} cells x {formulas} formulas"
        raise SimulationError(f"samples: {work} for each seed; the limit is {MAX_WORK:.0e} evaluations")
    needed = 8 * samples * cells * len(params.quantiles)
    if needed > MAX_HELD:
        raise SimulationError(f"quantiles: {needed / 2**20:.0f} MiB of samples; the limit is {MAX_HELD // 2**20} MiB")


def _number(name: str, value: jax.Array) -> jax.Array:
    if value.ndim:
        raise SimulationError(f"{name}: the formula is an array of shape {value.shape}; expected a number for each draw")
    return value


def _batch(
    site: Site, name: str, key: jax.Array, shape: tuple[int, ...], values: Mapping[str, Any]
) -> jax.Array:
    """One chunk of a symbol; a law whose parameter is itself drawn gets a value of its own in each sample."""
    law = site.laws[name]
    known = {symbol: value for symbol, value in values.items() if symbol not in site.laws}
    earlier = {symbol: value for symbol, value in values.items() if symbol in site.laws}
    if not depends_on(site.laws, [name], frozenset(earlier)):
        return sample(law, key, shape, known)
    keys = jr.split(key, shape[0])
    return jax.vmap(lambda own, drawn: sample(law, own, shape[1:], {**known, **drawn}))(keys, earlier)


def _nothing(params: MonteCarloParams, cells: int) -> Moments:
    zero = jnp.zeros(cells)
    start = {f"{part} {name}": zero for name in params.means for part in ("mean", "square", "size")}
    start |= {f"top {name}": jnp.full(cells, -jnp.inf) for name in params.maxima}
    return start | {f"low {name}": jnp.full(cells, jnp.inf) for name in params.minima}


def _moments(params: MonteCarloParams, found: Mapping[str, jax.Array], real: jax.Array, count: jax.Array) -> Moments:
    """Mean, sum of squared deviations and mean modulus of one chunk, and its extremes, over the samples that count."""
    moments: Moments = {}
    for name in params.means:
        mean = jnp.sum(jnp.where(real, found[name], 0.0)) / count
        moments[f"mean {name}"] = mean
        moments[f"square {name}"] = jnp.sum(jnp.where(real, (found[name] - mean) ** 2, 0.0))
        moments[f"size {name}"] = jnp.sum(jnp.where(real, jnp.abs(found[name]), 0.0)) / count
    for name in params.maxima:
        moments[f"top {name}"] = jnp.max(jnp.where(real, found[name], -jnp.inf))
    for name in params.minima:
        moments[f"low {name}"] = jnp.min(jnp.where(real, found[name], jnp.inf))
    return moments


def _merged(params: MonteCarloParams, old: Moments, new: Moments, before: jax.Array, count: jax.Array) -> Moments:
    """Moments of both together (pairwise update of mean and squares; no large sums are subtracted)."""
    share = count / (before + count)
    merged: Moments = {}
    for name in params.means:
        gap = new[f"mean {name}"] - old[f"mean {name}"]
        merged[f"mean {name}"] = old[f"mean {name}"] + share * gap
        merged[f"square {name}"] = old[f"square {name}"] + new[f"square {name}"] + before * share * gap**2
        merged[f"size {name}"] = old[f"size {name}"] + share * (new[f"size {name}"] - old[f"size {name}"])
    merged |= {f"top {name}": jnp.maximum(old[f"top {name}"], new[f"top {name}"]) for name in params.maxima}
    return merged | {f"low {name}": jnp.minimum(old[f"low {name}"], new[f"low {name}"]) for name in params.minima}


def _published(params: MonteCarloParams, moments: Moments, samples: int) -> tuple[Moments, Moments]:
    """Observables, and twins of the means: rounding of a sum counts against the modulus of its terms."""
    each: Moments = {}
    twin: Moments = {}
    for name in params.means:
        each[name] = moments[f"mean {name}"]
        each[f"{name}.se"] = jnp.sqrt(moments[f"square {name}"] / (samples - 1) / samples)
        twin[name] = each[name] + ROUNDINGS * EPSILON * moments[f"size {name}"]
    each |= {name: moments[f"top {name}"] for name in params.maxima}
    return each | {name: moments[f"low {name}"] for name in params.minima}, twin


def _quantile(quantile: Quantile, along: jax.Array, cells: Cells, site: Site) -> jax.Array:
    """Linear interpolation between order statistics, cell by cell; ``along`` is (cells, samples)."""
    shares = over_cells(lambda symbols: leaf_of({**site.sizes, **symbols})(quantile.at), cells, site)
    return jax.vmap(jnp.quantile)(along, shares)


def _finish(output: Output, site: Site) -> Judged:
    """A seed whose averages are not finite is no evidence, unless the claim expects overflow."""
    broken = sorted(name for name, value in output.each.items() if not bool(jnp.all(jnp.isfinite(value))))
    failure = None if site.may_diverge or not broken else f"{broken[0]} is not finite"
    return Judged({}, {}, failure)
