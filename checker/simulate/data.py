"""Data sets by kind: each a pure function of its parameters and a PRNG key.

The one idea to know: a data set is drawn from ``fold_in(key(seed), "data")`` and from nothing else, so arms, controls and
sweep points of one seed see the same data.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import jax.random as jr

from checker.simulate.catalogue_parts import GaussianData, GivenData, SeparableData, SphereData, TwoViewsData
from checker.simulate.leaves import Component
from checker.simulate.resolve import Leaf, SimulationError

Arrays: TypeAlias = dict[str, jax.Array]
Sampler: TypeAlias = Callable[[Any, Leaf, jax.Array], Arrays]


def key_for(key: jax.Array, component: str) -> jax.Array:
    """The stream of one component of one seed: independent of every other component's."""
    return jr.fold_in(key, zlib.crc32(component.encode()))


def _normal(key: jax.Array, shape: tuple[int, ...]) -> jax.Array:
    return jr.normal(key, shape, dtype=jnp.float64)


def _labels(kind: str, key: jax.Array, points: int) -> jax.Array:
    return jnp.ones(points) if kind == "ones" else jr.rademacher(key, (points,), dtype=jnp.float64)


def _separable(params: SeparableData, leaf: Leaf, key: jax.Array) -> Arrays:
    points, dimension = int(params.points), int(params.dimension)  # type: ignore[arg-type]
    rows_key, along_key, direction_key, label_key = jr.split(key, 4)
    direction = _normal(direction_key, (dimension,))
    direction = direction / jnp.linalg.norm(direction)
    rows = _normal(rows_key, (points, dimension))
    # The component along the direction is the shifted normal law conditioned on being positive, drawn by inversion.
    shift = leaf(params.shift)
    along = shift + jr.truncated_normal(along_key, -shift, jnp.inf, (points,), dtype=jnp.float64)
    rows = rows + (along - rows @ direction)[:, None] * direction
    y = _labels("random_signs", label_key, points)
    X = y[:, None] * rows
    flipped = jnp.where(jnp.arange(points) < params.flip, -y, y)
    return {"X": X, "y": flipped, "direction": direction}


def _gaussian(params: GaussianData, leaf: Leaf, key: jax.Array) -> Arrays:
    points, dimension = int(params.points), int(params.dimension)  # type: ignore[arg-type]
    rows_key, label_key = jr.split(key)
    X = leaf(params.scale) * _normal(rows_key, (points, dimension))
    return {"X": X, "y": _labels(params.labels, label_key, points)}


def _sphere(params: SphereData, leaf: Leaf, key: jax.Array) -> Arrays:
    points, dimension = int(params.points), int(params.dimension)  # type: ignore[arg-type]
    rows_key, label_key = jr.split(key)
    rows = _normal(rows_key, (points, dimension))
    X = rows / jnp.linalg.norm(rows, axis=1, keepdims=True)
    return {"X": X, "y": _labels(params.labels, label_key, points)}


def _two_views(params: TwoViewsData, leaf: Leaf, key: jax.Array) -> Arrays:
    first_key, second_key = jr.split(key)
    first = _normal(first_key, (params.points, params.dimensions[0]))
    second = _normal(second_key, (params.points, params.dimensions[1]))
    second = jnp.where((jnp.arange(params.points) < params.blind)[:, None], 0.0, second)
    return {"X": jnp.hstack([first, second]), "y": jnp.ones(params.points), "X1": first, "X2": second}


def _given(params: GivenData, leaf: Leaf, key: jax.Array) -> Arrays:
    X = jnp.stack([jnp.stack([leaf(entry) for entry in row]) for row in params.X])
    return {"X": X, "y": jnp.stack([leaf(entry) for entry in params.y])}


SAMPLERS: Mapping[type[Component], Sampler] = {
    SeparableData: _separable,
    GaussianData: _gaussian,
    SphereData: _sphere,
    TwoViewsData: _two_views,
    GivenData: _given,
}


def draw(params: Component | None, leaf: Leaf, key: jax.Array) -> Arrays:
    """The arrays that ``params`` publishes: ``X`` (points, dimension), ``y`` (points,), and what the kind adds.

    ``params=None`` (a model that reads no data) draws nothing.
    """
    if params is None:
        return {}
    if type(params) not in SAMPLERS:
        raise SimulationError(f"no sampler for data of kind {type(params).__name__}")
    return SAMPLERS[type(params)](params, leaf, key_for(key, "data"))


def is_random(params: Component | None) -> bool:
    """Whether two seeds draw different data."""
    return params is not None and not isinstance(params, GivenData)


def certificate(params: Component | None, arrays: Mapping[str, Any]) -> str | None:
    """Why a drawn data set is not what its kind promises, or ``None``: separable data have y_n x_n . direction > 0.

    Works on NumPy arrays of one seed.  Data with flipped labels promise nothing.
    """
    if isinstance(params, SeparableData) and params.flip == 0:
        worst = float((arrays["y"] * (arrays["X"] @ arrays["direction"])).min())
        if not worst > 0:
            return f"the data are not separated by the planted direction (smallest margin {worst:.3g})"
    return None
