"""The experiment ``train_network``: full-batch gradient descent of a wide network, recorded by its predictions.

The one idea to know: weights are never recorded (a million of them at each step would be), only what they predict and how far
they have moved; so width costs time and no memory.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from checker.expr.node import Node
from checker.expr.to_jax import compile_jax
from checker.simulate import data
from checker.simulate.catalogue_networks import TrainNetworkParams
from checker.simulate.dynamics import Array, descent_times
from checker.simulate.networks.build import Trainable, Trained, architecture, images, labels, trainable
from checker.simulate.program import Cells, Judged, Output, Program, Site, over_cells
from checker.simulate.resolve import leaf_of


def train_network_program(params: TrainNetworkParams, site: Site) -> Program:
    """Training for one structure of arrays, the cells of the sweep one after the other (or in a batch on a GPU)."""
    swept_data = site.is_swept(params.data)
    records = descent_times(params.steps, params.checkpoints)

    def run(key: jax.Array, cells: Cells) -> Output:
        shared = {} if swept_data else data.draw(params.data, leaf_of(dict(site.sizes)), key)

        def cell(symbols: dict[str, jax.Array]) -> dict[str, jax.Array]:
            env: dict[str, Any] = {**site.sizes, **symbols}
            arrays = data.draw(params.data, leaf_of(env), key) if swept_data else shared
            env.update(arrays)
            leaf = leaf_of(env)
            x, y = images(params.model, arrays["X"]), labels(params.model, arrays["y"])
            net = architecture(params.model, env)
            network = trainable(params.model, net, x, data.key_for(key, "network"))
            held_out = images(params.model, arrays["X_validation"]) if "X_validation" in arrays else None
            found = descend(
                network,
                slope_of(params.loss, env, params.reduction == "mean"),
                x,
                y,
                held_out,
                step=leaf(params.step),
                stop=None if params.stop is None else leaf(params.stop),
                records=records,
            )
            return {**found, **(arrays if swept_data else {})}

        return Output(shared, over_cells(cell, cells, site), {}, {})

    def finish(output: Output) -> Judged:
        finite = np.all(np.isfinite(output.each["u"])) and np.all(np.isfinite(output.each["moved"]))
        return Judged({}, {}, None if finite or site.may_diverge else "the predictions are not finite (training diverged)")

    return Program(
        run,
        recorded={"k": records},
        axes=dict.fromkeys(("u", "moved", "u_validation"), ("k",)),
        finish=finish,
        random_once=data.is_random(params.data),
    )


def slope_of(formula: Any, env: dict[str, Any], mean: bool) -> Callable[[jax.Array, jax.Array], jax.Array]:
    """dL/du (n,) at predictions ``u`` and labels ``y`` (n,), for the sum (or mean) over points of the loss ``formula``."""
    assert isinstance(formula, Node)
    compiled = compile_jax(formula)

    def value(u: jax.Array, y: jax.Array) -> jax.Array:
        return compiled({**env, "u": u, "y": y})

    def slope(u: jax.Array, y: jax.Array) -> jax.Array:
        each: jax.Array = jax.vmap(jax.grad(value))(u, y)
        return each / u.shape[0] if mean else each

    return slope


class _State(NamedTuple):
    k: jax.Array
    weights: Trained
    resting: jax.Array


def descend(
    network: Trainable,
    slope: Callable[[jax.Array, jax.Array], jax.Array],
    x: jax.Array,
    y: jax.Array,
    held_out: jax.Array | None,
    *,
    step: jax.Array,
    stop: jax.Array | None,
    records: Array,
) -> dict[str, jax.Array]:
    """weights(k+1) = weights(k) - step grad L from ``network.start``; what is published, at the step numbers ``records``.

    ``x`` (n, C, P), ``y`` (n,); ``u`` (records, n), ``moved`` (records,), ``u_validation`` (records, v).  With ``stop``
    the weights rest from the first step on where |u - y| <= stop |y|.
    """

    def one(state: _State) -> _State:
        u, pull = jax.vjp(lambda weights: network.predict(weights, x), state.weights)
        (gradient,) = pull(slope(u, y))
        resting = jnp.asarray(False) if stop is None else jnp.linalg.norm(u - y) <= stop * jnp.linalg.norm(y)
        pace = jnp.where(resting, 0.0, step)
        moved = jax.tree.map(lambda weight, slope: weight - pace * slope, state.weights, gradient)
        return _State(state.k + 1, moved, resting)

    def stretch(state: _State, until: jax.Array) -> tuple[_State, dict[str, jax.Array]]:
        state = jax.lax.while_loop(lambda now: (now.k < until) & ~now.resting, one, state)
        return state, describe(state.weights)

    def describe(weights: Trained) -> dict[str, jax.Array]:
        squares = jax.tree.map(lambda now, first: jnp.sum((now - first) ** 2), weights, network.start)
        found = {"u": network.predict(weights, x), "moved": jnp.sqrt(sum(jax.tree.leaves(squares), jnp.asarray(0.0)))}
        return found if held_out is None else {**found, "u_validation": network.predict(weights, held_out)}

    first = _State(jnp.asarray(0), network.start, jnp.asarray(False))
    return jax.lax.scan(stretch, first, jnp.asarray(records.astype(np.int64)))[1]
