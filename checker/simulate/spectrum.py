"""The experiment ``spectrum``: eigenvalues, singular values and roots of what the claim writes as formulas.

The one idea to know: LAPACK gets every eigenvalue right to a multiple of the rounding of the *largest* one, so that is
what the twin says; small eigenvalues below it are noise and are shown to be.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np

from checker.expr.node import Node
from checker.simulate.catalogue_sampling import MAX_MATRIX, SpectrumParams
from checker.simulate.compiled import compiled_all
from checker.simulate.evaluate import instance, is_random, is_swept, sizes_of
from checker.simulate.polynomials import coefficients, largest_modulus
from checker.simulate.program import Cells, Judged, Output, Program, Site, over_cells
from checker.simulate.resolve import SimulationError
from checker.simulate.values import EPSILON

SYMMETRIC = 1e-12
"""How far a matrix may be from its transpose, relative to its largest entry."""


def spectrum_program(params: SpectrumParams, site: Site) -> Program:
    """Spectra for one structure of arrays.

    Raises ``SimulationError`` where a formula is not a matrix, or its size exceeds the limit (before it is formed).
    """
    sizes, swept = sizes_of(params, site), is_swept(params, site)
    formulas = {**params.eigenvalues, **params.singular_values}
    functions = compiled_all(formulas, site, sizes)
    polynomials = {
        name: coefficients(name, node, site, sizes)
        for name, node in params.polynomials.items()
        if isinstance(node, Node)
    }

    def matrices(key: jax.Array, symbols: Mapping[str, Any]) -> dict[str, jax.Array]:
        env = {**sizes, **symbols, **instance(params, site, key, symbols)}
        return {name: formula(env) for name, formula in functions.items()}

    count = _count(params, jax.eval_shape(matrices, jr.key(0), {name: jnp.zeros(()) for name in site.sweep}))

    def run(key: jax.Array, cells: Cells) -> Output:
        shared = {} if swept else instance(params, site, key, {})

        def cell(symbols: dict[str, jax.Array]) -> tuple[dict[str, jax.Array], ...]:
            drawn = instance(params, site, key, symbols) if swept else shared
            env = {**sizes, **symbols, **drawn}
            each: dict[str, jax.Array] = dict(drawn) if swept else {}
            twin: dict[str, jax.Array] = {}
            hidden: dict[str, jax.Array] = {}
            for name, formula in functions.items():
                symmetric = name in params.eigenvalues
                found, error, hidden[name] = _spectrum(formula(env), symmetric)
                each |= _described(name, found, count)
                twin |= _described(name, found + error, count)
            hidden |= {name: polynomial(env) for name, polynomial in polynomials.items()}
            return each, twin, hidden

        each, twin, hidden = over_cells(cell, cells, site)
        return Output(shared, each, twin, hidden)

    return Program(
        run,
        recorded={"i": np.arange(1.0, count + 1)} if formulas else {},
        axes=dict.fromkeys(formulas, ("i",)),
        finish=lambda output: _finish(params, output),
        random_once=is_random(params),
    )


def _count(params: SpectrumParams, shapes: Mapping[str, jax.ShapeDtypeStruct]) -> int:
    """How many values each spectrum publishes; checks every matrix by its shape alone."""
    counts: dict[str, int] = {}
    if not shapes:
        return 0
    for name, found in shapes.items():
        if len(found.shape) != 2:
            raise SimulationError(f"{name}: the formula has the shape {found.shape}; expected a matrix")
        if name in params.eigenvalues and found.shape[0] != found.shape[1]:
            raise SimulationError(f"{name}: a matrix of shape {found.shape} has no eigenvalues; use singular_values")
        if max(found.shape) > MAX_MATRIX:
            needed = 3 * 8 * found.shape[0] * found.shape[1] / 2**20
            raise SimulationError(
                f"{name}: a matrix of shape {found.shape} needs about {needed:.0f} MiB; the limit is {MAX_MATRIX} rows"
            )
        counts[name] = min(found.shape)
    least = min(counts.values())
    if params.top is None and len(set(counts.values())) > 1:
        raise SimulationError(f"spectra of different lengths {sorted(set(counts.values()))} need `top`")
    if params.top is not None and params.top > least:
        raise SimulationError(f"top: {params.top} of {least} values")
    return params.top or least


def _spectrum(matrix: jax.Array, symmetric: bool) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Values in falling order, their error, and how far the matrix is from symmetric (0 for singular values)."""
    if symmetric:
        largest = jnp.max(jnp.abs(matrix))
        gap = jnp.max(jnp.abs(matrix - matrix.T)) / jnp.where(largest > 0, largest, 1.0)
        found = jnp.linalg.eigvalsh((matrix + matrix.T) / 2)[::-1]
    else:
        gap = jnp.asarray(0.0)
        found = jnp.linalg.svd(matrix, compute_uv=False)
    error = max(matrix.shape) * EPSILON * jnp.max(jnp.abs(found))
    return found, error, gap


def _described(name: str, found: jax.Array, count: int) -> dict[str, jax.Array]:
    return {
        name: found[:count],
        f"{name}.largest": found[0],
        f"{name}.smallest": found[-1],
        f"{name}.trace": jnp.sum(found),
    }


def _finish(params: SpectrumParams, output: Output) -> Judged:
    """Roots of the polynomials; a matrix that is not symmetric, or not finite, makes the seed no evidence."""
    each: dict[str, np.ndarray] = {}
    twin: dict[str, np.ndarray] = {}
    failure = None
    for name, found in output.hidden.items():
        if name in params.polynomials:
            radii, errors = np.transpose([largest_modulus(row) for row in np.asarray(found)])
            each[f"{name}.radius"], twin[f"{name}.radius"] = radii, radii + errors
            if not np.all(np.isfinite(radii)):
                failure = f"{name}: a polynomial that is not finite, has no root, or an exponent that is no whole number"
        elif not np.all(np.asarray(found) <= SYMMETRIC):
            worst = float(np.max(found))
            failure = f"{name}: the matrix is not symmetric (relative distance {worst:.2g}) or not finite"
    return Judged(each, twin, failure)
