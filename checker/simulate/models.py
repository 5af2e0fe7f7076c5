"""Models by kind: margins of a parameter vector, and what the model says about itself.

The one idea to know: every model is a function of one flat vector ``theta``, so that the constrained path, training and
the KKT residual need to know nothing about layers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp

from checker.expr.to_jax import compile_jax
from checker.simulate.catalogue_parts import (
    DiagonalModel,
    FormulaModel,
    LinearClassesModel,
    LinearModel,
    ScalarChainModel,
    SumModel,
    parameter_count,
)
from checker.simulate.data import rivals
from checker.simulate.leaves import Component
from checker.simulate.resolve import SimulationError

Predictor: TypeAlias = Callable[[jax.Array], jax.Array]


@dataclass(frozen=True, slots=True)
class Model:
    """``margins(theta)``: (points,) from (size,); ``describe(theta)``: the model's own observables."""

    size: int
    margins: Callable[[jax.Array], jax.Array]
    describe: Callable[[jax.Array], dict[str, jax.Array]]


def _linear(params: LinearModel, dimension: int) -> Predictor:
    return lambda theta: theta


def _diagonal(params: DiagonalModel, dimension: int) -> Predictor:
    depth = int(params.depth)  # type: ignore[arg-type]
    if params.form == "product":
        return lambda theta: jnp.prod(theta.reshape(depth, dimension), axis=0)
    return lambda theta: theta[:dimension] ** depth - theta[dimension:] ** depth


def _scalar_chain(params: ScalarChainModel, dimension: int) -> Predictor:
    return lambda theta: theta[:dimension] * jnp.prod(theta[dimension:])


PREDICTORS: Mapping[type[Component], Callable[[Any, int], Predictor]] = {
    LinearModel: _linear,
    DiagonalModel: _diagonal,
    ScalarChainModel: _scalar_chain,
}


def build(params: Component, arrays: Mapping[str, jax.Array], env: Mapping[str, Any]) -> Model:
    """The model on data ``X`` (points, dimension), ``y`` (points,); a formula model reads ``env`` instead of data."""
    if isinstance(params, FormulaModel):
        return _formula(params, env)
    X, y = arrays["X"], arrays["y"]
    signed = y[:, None] * X
    size = parameter_count(params, int(X.shape[1]))
    if not isinstance(size, int):
        raise SimulationError(f"model: the number of parameters is not known: {size}")
    if isinstance(params, LinearClassesModel):
        return _linear_classes(params, X, y, size)
    if isinstance(params, SumModel):
        return _sum(params, signed, size)
    predictor = PREDICTORS[type(params)](params, int(X.shape[1]))
    return Model(size, lambda theta: signed @ predictor(theta), lambda theta: {"beta": predictor(theta)})


def _sum(params: SumModel, signed: jax.Array, size: int) -> Model:
    """Parameters of the parts lie side by side in theta; each part sees its own columns."""
    parts: list[tuple[slice, Predictor, jax.Array]] = []
    start = 0
    for part in params.parts:
        lo, hi = part.inputs or (0, int(signed.shape[1]))
        count = parameter_count(part.model, hi - lo)
        assert isinstance(count, int)
        predictor = PREDICTORS[type(part.model)](part.model, hi - lo)
        parts.append((slice(start, start + count), predictor, signed[:, lo:hi]))
        start += count

    def margins(theta: jax.Array) -> jax.Array:
        return jnp.sum(jnp.stack([columns @ predictor(theta[own]) for own, predictor, columns in parts]), axis=0)

    def describe(theta: jax.Array) -> dict[str, jax.Array]:
        return {"part_norms": jnp.stack([jnp.linalg.norm(theta[own]) for own, _, _ in parts])}

    return Model(size, margins, describe)


def rows_of(params: Component, arrays: Mapping[str, jax.Array]) -> jax.Array:
    """A (points, m, size) of a linear model: its margins are the soft minima over m of A theta (m = 1: A theta itself).

    Raises ``SimulationError`` for a model that is not linear in its parameters.
    """
    X, y = arrays["X"], arrays["y"]
    if isinstance(params, LinearModel):
        return (y[:, None] * X)[:, None, :]
    if isinstance(params, LinearClassesModel):
        return arrays["pairs"].reshape(X.shape[0], params.classes - 1, params.classes * X.shape[1])
    raise SimulationError(f"model: {type(params).__name__} is not linear in its parameters")


def _linear_classes(params: LinearClassesModel, X: jax.Array, y: jax.Array, size: int) -> Model:
    own = y.astype(jnp.int64)
    others = rivals(own, params.classes)

    def pair_margins(theta: jax.Array) -> jax.Array:
        scores = X @ theta.reshape(params.classes, X.shape[1]).T
        return jnp.take_along_axis(scores, own[:, None], axis=1) - jnp.take_along_axis(scores, others, axis=1)

    def describe(theta: jax.Array) -> dict[str, jax.Array]:
        return {"W": theta.reshape(params.classes, X.shape[1]), "pair_margins": pair_margins(theta)}

    return Model(size, lambda theta: -jax.nn.logsumexp(-pair_margins(theta), axis=1), describe)


def _formula(params: FormulaModel, env: Mapping[str, Any]) -> Model:
    compiled = [compile_jax(node) for node in params.margins]  # type: ignore[arg-type]

    def margins(theta: jax.Array) -> jax.Array:
        values = {**env, "theta": theta}
        return jnp.stack([jnp.asarray(each(values), dtype=jnp.float64) for each in compiled])

    return Model(params.dimension, margins, lambda theta: {})
