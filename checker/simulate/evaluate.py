"""The experiment ``evaluate``: draw symbols from their laws or declared domains, or data, and nothing else.

The one idea to know: an instance is a point of the product of the domains, so a "for all" can be sampled here and
driven towards its worst case by ``search.py``, which needs the same box and the same projection onto it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import jax.random as jr

from checker.expr.domain import Domain
from checker.expr.node import Node, symbols_of
from checker.simulate import data
from checker.simulate.catalogue_sampling import Drawn, EvaluateParams
from checker.simulate.compiled import compiled_all
from checker.simulate.leaves import nodes_in
from checker.simulate.program import Cells, Output, Program, Site, over_cells
from checker.simulate.resolve import Leaf, SimulationError, leaf_of, whole
from checker.simulate.sampling import depends_on, sample
from checker.simulate.values import EPSILON, ROUNDINGS

MAX_ENTRIES = 1_000_000
OPEN = 1e-12
"""How far inside an open end instances stay, as a share of the width."""


@dataclass(frozen=True, slots=True)
class Box:
    """Where one drawn symbol lives: finite ends (they broadcast to ``shape``), integrality, structure of rows.

    ``psd`` is a positive semidefinite matrix; neither it nor ``orthonormal`` rows can be moved by a search.
    """

    shape: tuple[int, ...]
    lo: jax.Array
    hi: jax.Array
    integer: bool
    values: tuple[float, ...] | None
    rows: str | None
    psd: bool = False

    def project(self, point: jax.Array) -> jax.Array:
        """The nearest point of the domain (for ``simplex`` and ``unit`` rows, row by row); integers are rounded."""
        if self.rows == "unit":
            lengths: jax.Array = jnp.linalg.norm(point, axis=-1, keepdims=True)
            return point / lengths
        if self.rows == "simplex":
            return _onto_simplex(point)
        inside = jnp.clip(point, self.lo, self.hi)
        return jnp.round(inside) if self.integer else inside

    def at(self, share: jax.Array) -> jax.Array:
        """The point at ``share`` (0 to 1, entry by entry) of the way from the low to the high end of the domain."""
        if self.values is not None:
            return jnp.where(share > 0.5, max(self.values), min(self.values))
        if self.rows is not None:
            return self.project(share + 1e-3)  # all zeros would have no direction
        return self.project(self.lo + share * (self.hi - self.lo))

    def tangent(self, point: jax.Array, gradient: jax.Array) -> jax.Array:
        """The part of ``gradient`` along the set of the rows: without it, normalised steps never come to rest there."""
        if self.rows == "unit":
            return gradient - point * jnp.sum(point * gradient, axis=-1, keepdims=True)
        if self.rows == "simplex":
            return gradient - jnp.mean(gradient, axis=-1, keepdims=True)
        return gradient

    def draw(self, key: jax.Array, law: str) -> jax.Array:
        """A random point: uniform in the box (for ``log_uniform`` in its logarithm), simplex, sphere or orthonormal
        frames; for ``psd`` G G^T/n with G standard normal."""
        if self.rows == "unit":
            return self.project(jr.normal(key, self.shape, dtype=jnp.float64))
        if self.psd:
            factor = jr.normal(key, self.shape, dtype=jnp.float64)
            return factor @ factor.T / self.shape[0]
        if self.rows == "orthonormal":
            frame, triangle = jnp.linalg.qr(jr.normal(key, self.shape[::-1], dtype=jnp.float64))
            return (frame * jnp.sign(jnp.diagonal(triangle))).T  # with these signs it is uniform (Haar)
        if self.rows == "simplex":
            weights = jr.exponential(key, self.shape, dtype=jnp.float64)
            return weights / jnp.sum(weights, axis=-1, keepdims=True)
        if self.values is not None:
            return jr.choice(key, jnp.asarray(self.values), self.shape)
        uniform = jr.uniform(key, self.shape, dtype=jnp.float64)
        if self.integer:
            return jnp.minimum(jnp.ceil(self.lo) + jnp.floor(uniform * (self.hi - jnp.ceil(self.lo) + 1)), self.hi)
        if law == "log_uniform":
            return jnp.exp(jnp.log(self.lo) + uniform * (jnp.log(self.hi) - jnp.log(self.lo)))
        return self.lo + uniform * (self.hi - self.lo)


def _onto_simplex(point: jax.Array) -> jax.Array:
    """Euclidean projection of each row onto the probability simplex (sorting method).

    The largest entry is taken off first, which changes nothing but rounding: of entries near 1e13 nothing else is left.
    """
    point = point - jnp.max(point, axis=-1, keepdims=True)
    descending = -jnp.sort(-point, axis=-1)
    excess = jnp.cumsum(descending, axis=-1) - 1.0
    counts = jnp.arange(1, point.shape[-1] + 1)
    kept = jnp.sum(descending - excess / counts > 0, axis=-1, keepdims=True)
    level = jnp.take_along_axis(excess, kept - 1, axis=-1) / kept
    weights = jnp.maximum(point - level, 0.0)
    return weights / jnp.sum(weights, axis=-1, keepdims=True)


def box_of(name: str, domain: Domain, params: Drawn, sizes: Mapping[str, int], leaf: Leaf) -> Box:
    """The box from which ``name`` is drawn; raises ``SimulationError`` where an end is missing or a size is unknown."""
    shape = shape_of(name, domain, sizes)
    if domain.psd and (len(shape) != 2 or shape[0] != shape[1]):
        raise SimulationError(f"draw: {name} is psd and has the shape {shape}; expected a square matrix")
    if domain.rows == "orthonormal" and shape[0] > shape[1]:
        raise SimulationError(f"draw: {name} cannot have {shape[0]} orthonormal rows of length {shape[1]}")
    lo, hi = domain.lo, domain.hi
    ends: list[Any] = [None if lo is None else float(lo), None if hi is None else float(hi)]
    if name in params.ranges:
        ends = list(params.ranges[name])
    values = None if domain.values is None else tuple(float(value) for value in domain.values)
    free = domain.rows is None and not domain.psd
    if free and values is None and None in ends:
        raise SimulationError(f"draw: the domain of {name} is unbounded; add `ranges: {{{name}: [lo, hi]}}`")
    if params.law == "log_uniform" and isinstance(ends[0], float) and ends[0] <= 0 and free:
        raise SimulationError(f"draw: law log_uniform needs a positive lower end for {name}; add it to `ranges`")
    low, high = (jnp.asarray(0.0) if end is None else leaf(end) for end in ends)
    if name not in params.ranges:
        grain = OPEN * (high - low)
        low, high = low + grain * domain.lo_open, high - grain * domain.hi_open
    return Box(shape, low, high, domain.integer, values, domain.rows, domain.psd)


def shape_of(name: str, domain: Domain, sizes: Mapping[str, int]) -> tuple[int, ...]:
    """The declared shape of a drawn symbol in numbers; raises ``SimulationError`` where a size is not known."""
    return tuple(_size(name, node, sizes) for node in domain.shape)


def _size(name: str, node: Node, sizes: Mapping[str, int]) -> int:
    try:
        size = whole(node, sizes)
    except SimulationError as error:
        raise SimulationError(f"draw: the size of {name} is not known ({error}); add it to `sizes`") from None
    if not 1 <= size <= 100_000:
        raise SimulationError(f"draw: {name} has a size of {size}; expected 1 to 100000")
    return size


def sizes_of(params: Any, site: Site) -> dict[str, int]:
    """Sizes by symbol: what the parameters say (counts are fixed by now), beside what the data say."""
    return {**site.sizes, **{name: count for name, count in params.sizes.items() if isinstance(count, int)}}


def boxes(params: Drawn, site: Site, symbols: Mapping[str, Any]) -> dict[str, Box]:
    """The box of every drawn symbol without a law, in the order of ``draw``."""
    sizes = sizes_of(params, site)
    found: dict[str, Box] = {}
    for name in params.draw:
        if name in site.laws:
            continue
        if name not in site.domains:
            raise SimulationError(f"draw: {name} is not a declared symbol")
        found[name] = box_of(name, site.domains[name], params, sizes, leaf_of({**sizes, **symbols}))
    limit_entries(math.prod(box.shape) for box in found.values())
    return found


def limit_entries(each: Iterable[int]) -> int:
    """The number of entries of one instance; raises ``SimulationError`` beyond the limit."""
    entries = sum(each)
    if entries > MAX_ENTRIES:
        needed = entries * 8 / 2**20
        raise SimulationError(f"draw: {entries} entries an instance ({needed:.0f} MiB); the limit is {MAX_ENTRIES}")
    return entries


def instance(params: Drawn, site: Site, key: jax.Array, symbols: Mapping[str, Any]) -> dict[str, jax.Array]:
    """Data and every drawn symbol of one seed (``key``) at the sweep symbols ``symbols``.

    A parameter of a law may name sizes, the sweep, data, and symbols that stand before it in ``draw``.
    """
    found = data.draw(params.data, leaf_of({**site.sizes, **symbols}), key)
    sizes, box = sizes_of(params, site), boxes(params, site, symbols)
    shapes = {name: shape_of(name, site.domains[name], sizes) for name in params.draw if name in site.laws}
    limit_entries(math.prod(shape) for shape in shapes.values())
    for name in params.draw:
        if name in site.laws:
            found[name] = sample(site.laws[name], key, shapes[name], {**sizes, **symbols, **found})
        else:
            found[name] = box[name].draw(data.key_for(key, f"draw {name}"), params.law)
    return found


def is_swept(params: Drawn, site: Site) -> bool:
    """Whether what is drawn (ranges, data, parameters of laws) changes along the sweep."""
    ranges = [node for ends in params.ranges.values() for node in nodes_in(ends)]
    moving = any(symbols_of(node) & site.sweep for node in ranges)
    return moving or site.is_swept(params.data) or depends_on(site.laws, params.draw, site.sweep)


def is_random(params: Drawn) -> bool:
    """Whether two seeds differ in what is drawn."""
    return bool(params.draw) or data.is_random(params.data)


def evaluate_program(params: EvaluateParams, site: Site) -> Program:
    """Draws for one structure of arrays: once per seed unless a sweep symbol moves a range, a law or the data.

    Values are evaluated a second time on arrays moved by their rounding, which is their twin.
    """
    swept, sizes = is_swept(params, site), sizes_of(params, site)
    formulas = compiled_all(params.values, site, sizes)

    def valued(symbols: Mapping[str, Any], drawn: Mapping[str, jax.Array]) -> dict[str, jax.Array]:
        found = {name: formula({**sizes, **symbols, **drawn}) for name, formula in formulas.items()}
        for name, value in found.items():
            if value.shape:
                raise SimulationError(f"values: {name} has the shape {value.shape}; expected a number")
        return found

    def run(key: jax.Array, cells: Cells) -> Output:
        shared = {} if swept else instance(params, site, key, {})
        if not swept and not formulas:
            return Output(shared, {}, {}, {})

        def cell(symbols: dict[str, jax.Array]) -> tuple[dict[str, jax.Array], dict[str, jax.Array]]:
            drawn = instance(params, site, key, symbols) if swept else shared
            moved = {name: _rounded(value) for name, value in drawn.items()}
            return {**valued(symbols, drawn), **(drawn if swept else {})}, valued(symbols, moved)

        each, twin = over_cells(cell, cells, site)
        return Output(shared, each, twin, {})

    return Program(run, random_once=is_random(params))


def _rounded(value: jax.Array) -> jax.Array:
    """``value`` moved by its rounding, up and down in turn."""
    signs = jnp.where(jnp.arange(value.size).reshape(value.shape) % 2 == 0, 1.0, -1.0)
    return value * (1.0 + ROUNDINGS * EPSILON * signs)
