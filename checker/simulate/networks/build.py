"""From the parameters of a network to its layers, its inputs and the function that is trained.

The one idea to know: antisymmetric pairs and the subtraction of the start are ways of putting copies of one network
together, so they are said here, once, and the layers know nothing of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp

from checker.expr.node import Node
from checker.expr.to_jax import compile_jax
from checker.simulate.catalogue_networks import Conv1dModel, MlpModel
from checker.simulate.networks.layers import Activation, Architecture, Weights, outputs, start
from checker.simulate.resolve import leaf_of

Trained: TypeAlias = Any
"""A pytree of weights: that of one network, or of the two of a pair."""


def _relu(z: jax.Array) -> jax.Array:
    return jnp.maximum(z, 0.0)


def activation_of(formula: Any, env: Mapping[str, Any]) -> Activation:
    """phi as a function of arrays of any shape: relu, or the formula in ``z``."""
    if formula is None:
        return _relu
    assert isinstance(formula, Node)
    compiled = compile_jax(formula)
    return lambda z: compiled({**env, "z": z})


def architecture(params: MlpModel | Conv1dModel, env: Mapping[str, Any]) -> Architecture:
    """The layers of one copy of the network, with the values of one cell."""
    leaf = leaf_of(env)
    copies = 2 if params.init == "antisymmetric" else 1
    convolves = isinstance(params, Conv1dModel)
    return Architecture(
        int(params.width) // copies,  # type: ignore[arg-type]
        int(params.depth),  # type: ignore[arg-type]
        params.filter if isinstance(params, Conv1dModel) else 1,
        convolves and getattr(params, "head", "pixels") == "average",
        params.output == "signs",
        params.trained == "all",
        activation_of(params.activation, env),
        leaf(params.gain),
        leaf(params.std),
        leaf(params.scale),
    )


def images(params: MlpModel | Conv1dModel, X: jax.Array) -> jax.Array:
    """Rows of X as inputs (n, C, P): a row is a vector of channels, or ``channels`` rows are the channels of a signal."""
    if isinstance(params, MlpModel):
        return X[:, :, None]
    return X.reshape(X.shape[0] // params.channels, params.channels, X.shape[1])


def labels(params: MlpModel | Conv1dModel, y: jax.Array) -> jax.Array:
    """The label of each input: that of its first row."""
    return y[:: params.channels] if isinstance(params, Conv1dModel) else y


class Trainable(NamedTuple):
    """The function that is trained: ``start``, ``predict(weights, x)`` (n,) and the ``trained`` part of the weights."""

    start: Trained
    predict: Callable[[Trained, jax.Array], jax.Array]


def trainable(params: MlpModel | Conv1dModel, net: Architecture, x: jax.Array, key: jax.Array) -> Trainable:
    """The network of ``params`` at its start on inputs like ``x``: plain, centred, or an antisymmetric pair.

    The tree that is trained leaves out a read-out that is kept as it is.
    """
    first = start(net, x.shape[1], x.shape[2], key)

    def joined(moving: Trained) -> Weights:
        return moving if net.all_trained else Weights(moving, first.readout)

    moving = first if net.all_trained else first.hidden
    if params.init == "plain":
        return Trainable(moving, lambda weights, at: outputs(net, joined(weights), at))
    if params.init == "centred":
        return Trainable(moving, lambda weights, at: outputs(net, joined(weights), at) - outputs(net, first, at))

    def pair(weights: Trained, at: jax.Array) -> jax.Array:
        plus, minus = (outputs(net, joined(each), at) for each in weights)
        return (plus - minus) / jnp.sqrt(2.0)

    return Trainable((moving, moving), pair)
