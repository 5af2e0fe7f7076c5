"""Data sets by kind: each a pure function of its parameters and a PRNG key.

The one idea to know: a data set is drawn from ``fold_in(key(seed), "data")`` and from nothing else, so arms, controls
and sweep points of one seed see the same data.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np

from checker.expr.to_jax import compile_jax
from checker.simulate.catalogue_line import LineData
from checker.simulate.catalogue_parts import (
    GaussianData,
    GivenData,
    SeparableClassesData,
    SeparableData,
    SphereData,
    TwoViewsData,
)
from checker.simulate.leaves import Component
from checker.simulate.line import line
from checker.simulate.resolve import Leaf, SimulationError

Arrays: TypeAlias = dict[str, jax.Array]
Sampler: TypeAlias = Callable[[Any, Leaf, jax.Array], Arrays]


def key_for(key: jax.Array, component: str) -> jax.Array:
    """The stream of one component of one seed: independent of every other component's."""
    return jr.fold_in(key, zlib.crc32(component.encode()))


def _normals(key: jax.Array, *shapes: tuple[int, ...]) -> list[jax.Array]:
    """Independent standard normal arrays from one draw: compiling a generator takes longer than running it."""
    sizes = [math.prod(shape) for shape in shapes]
    together = jr.normal(key, (sum(sizes),), dtype=jnp.float64)
    parts = jnp.split(together, np.cumsum(sizes)[:-1])
    return [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]


def _signs(normal: jax.Array) -> jax.Array:
    return jnp.where(normal < 0, -1.0, 1.0)


def _unit(vectors: jax.Array) -> jax.Array:
    lengths: jax.Array = jnp.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / lengths


def _separable(params: SeparableData, leaf: Leaf, key: jax.Array) -> Arrays:
    points, dimension = int(params.points), int(params.dimension)  # type: ignore[arg-type]
    rows, towards, labels = _normals(key, (points, dimension), (dimension,), (points,))
    direction, y = _unit(towards), _signs(labels)
    along = rows @ direction
    rows = rows + (leaf(params.margin) + jnp.abs(along + leaf(params.shift)) - along)[:, None] * direction
    X = y[:, None] * rows
    if params.opposed:
        first = points - params.opposed
        X, y = X.at[first:].set(X[: params.opposed]), y.at[first:].set(-y[: params.opposed])
    flipped = jnp.where(jnp.arange(points) < params.flip, -y, y)
    found = {"X": X, "y": flipped, "direction": direction}
    if not params.held_out:
        return found
    # a stream of its own: asking for held-out points does not change the others
    held, signs = _normals(key_for(key, "held out"), (params.held_out, dimension), (params.held_out,))
    return {**found, "X_validation": held, "y_validation": _signs(signs)}


def _separable_classes(params: SeparableClassesData, leaf: Leaf, key: jax.Array) -> Arrays:
    points, dimension, classes = int(params.points), int(params.dimension), params.classes  # type: ignore[arg-type]
    rows, towards = _normals(key, (points, dimension), (dimension, classes))
    planes = jnp.linalg.qr(towards)[0].T
    y = jnp.argmax(rows @ planes.T, axis=1)
    X = rows + leaf(params.shift) * planes[y]
    own = jax.nn.one_hot(y, classes, dtype=jnp.float64)
    others = rivals(y, classes)
    pairs = (own[:, None, :] - jax.nn.one_hot(others, classes, dtype=jnp.float64))[..., None] * X[:, None, None, :]
    signs = (2 * own - 1)[:, :, None] * jnp.eye(classes)
    return {
        "X": X,
        "y": y.astype(jnp.float64),
        "planes": planes,
        "pairs": pairs.reshape(points * (classes - 1), classes * dimension),
        "one_vs_all": (signs[..., None] * X[:, None, None, :]).reshape(points * classes, classes * dimension),
    }


def rivals(y: jax.Array, classes: int) -> jax.Array:
    """The classes other than ``y`` (points,), ascending: (points, classes - 1)."""
    others = jnp.arange(classes - 1)[None, :]
    return others + (others >= y[:, None])


def _labels(kind: str, normal: jax.Array) -> jax.Array:
    return jnp.ones_like(normal) if kind == "ones" else _signs(normal)


def _gaussian(params: GaussianData, leaf: Leaf, key: jax.Array) -> Arrays:
    points, dimension = int(params.points), int(params.dimension)  # type: ignore[arg-type]
    rows, labels = _normals(key, (points, dimension), (points,))
    return {"X": leaf(params.scale) * rows, "y": _labels(params.labels, labels)}


def _sphere(params: SphereData, leaf: Leaf, key: jax.Array) -> Arrays:
    points, dimension = int(params.points), int(params.dimension)  # type: ignore[arg-type]
    rows, labels = _normals(key, (points, dimension), (points,))
    found = {"X": _unit(rows), "y": _labels(params.labels, labels)}
    planted = params.labels == "planted"
    if planted:
        found["direction"] = _unit(_normals(key_for(key, "direction"), (dimension,))[0])
        found["y"] = _target(params.target, found["X"] @ found["direction"])
    if params.held_out:
        # a stream of its own: asking for held-out points does not change the others
        held, signs = _normals(key_for(key, "held out"), (params.held_out, dimension), (params.held_out,))
        at = _unit(held)
        values = _target(params.target, at @ found["direction"]) if planted else _labels(params.labels, signs)
        found |= {"X_validation": at, "y_validation": values}
    return found


def _target(formula: Any, p: jax.Array) -> jax.Array:
    return p if formula is None else jnp.broadcast_to(compile_jax(formula)({"p": p}), p.shape)


def _two_views(params: TwoViewsData, leaf: Leaf, key: jax.Array) -> Arrays:
    points, (first_dimension, second_dimension) = params.points, params.dimensions
    first, second = _normals(key, (points, first_dimension), (points, second_dimension))
    second = jnp.where((jnp.arange(points) < params.blind)[:, None], 0.0, second)
    return {"X": jnp.hstack([first, second]), "y": jnp.ones(points), "X1": first, "X2": second}


def _given(params: GivenData, leaf: Leaf, key: jax.Array) -> Arrays:
    X = jnp.stack([jnp.stack([leaf(entry) for entry in row]) for row in params.X])
    return {"X": X, "y": jnp.stack([leaf(entry) for entry in params.y])}


SAMPLERS: Mapping[type[Component], Sampler] = {
    SeparableData: _separable,
    SeparableClassesData: _separable_classes,
    GaussianData: _gaussian,
    SphereData: _sphere,
    TwoViewsData: _two_views,
    LineData: line,
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

    Works on NumPy arrays of one seed.  Data with flipped or opposed labels promise nothing.
    """
    if isinstance(params, SeparableData) and params.flip == 0 and params.opposed == 0:
        worst = float((arrays["y"] * (arrays["X"] @ arrays["direction"])).min())
        if not worst > 0:
            return f"the data are not separated by the planted direction (smallest margin {worst:.3g})"
    if isinstance(params, SeparableClassesData):
        worst = float((arrays["pairs"] @ arrays["planes"].ravel()).min())
        if not worst > 0:
            return f"the classes are not separated by the planted vectors (smallest margin {worst:.3g})"
    return None
