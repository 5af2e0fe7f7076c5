"""``train`` by a remainder flow: the max-margin solution on the host, then the flow on the device, seed by seed.

The one idea to know: the split w = w_hat s + r needs w_hat to the last digit, which a solver with an active set gives and
no traced program does; so the compiled part of a run only draws data and start, and the flow runs in the host step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from checker.simulate import data, models
from checker.simulate.catalogue import TrainParams
from checker.simulate.catalogue_dynamics import RemainderFlow, clock
from checker.simulate.catalogue_parts import LinearClassesModel
from checker.simulate.conic import ReferenceFailure
from checker.simulate.device import compiler_options
from checker.simulate.dynamics import Array
from checker.simulate.losses import loss_of
from checker.simulate.program import Cells, Judged, Output, Program, Site, over_cells
from checker.simulate.remainder import TAIL_FLATNESS, Split, flatness, remainder_flow, remainder_times, split
from checker.simulate.remainder_tail import log_heights, tail_flatness, tail_flow
from checker.simulate.resolve import Leaf, SimulationError, leaf_of
from checker.simulate.validation import held_out

TWIN = 10.0
"""The twin is integrated at this multiple of the tolerance."""


@dataclass(frozen=True, slots=True)
class _Structure:
    """What decides the compiled flow: runs that differ in data, start, step or tolerance share it (equal texts)."""

    text: str
    batched: bool
    params: TrainParams = field(compare=False)
    sizes: Mapping[str, int] = field(compare=False)
    s: Array = field(compare=False)


RECORDED = (
    "theta", "remainder", "margins", "log_loss", "beta", "W", "pair_margins", "validation_margins", "log_validation_loss",
    "growth",
)  # fmt: skip


def remainder_program(params: TrainParams, site: Site, start_of: Callable[..., jax.Array]) -> Program:
    """Training by a remainder flow for one structure of arrays."""
    dynamics = params.dynamics
    assert isinstance(dynamics, RemainderFlow)
    if site.is_swept(_times_only(dynamics)):
        raise SimulationError("dynamics: the recorded times of a flow may not depend on the sweep")
    swept_data = site.is_swept(params.data)
    ends = (0.0 if leaf is None else float(leaf_of(dict(site.sizes))(leaf)) for leaf in (dynamics.first, dynamics.until))
    recorded, s = remainder_times(dynamics, *ends)
    axis = clock(dynamics)

    def run(key: jax.Array, cells: Cells) -> Output:
        shared = {} if swept_data else data.draw(params.data, leaf_of(dict(site.sizes)), key)

        def cell(symbols: dict[str, jax.Array]) -> tuple[dict[str, jax.Array], dict[str, jax.Array]]:
            env = {**site.sizes, **symbols}
            arrays = data.draw(params.data, leaf_of(env), key) if swept_data else shared
            model = models.build(params.model, arrays, {**env, **arrays})
            start = start_of(params.init, model.size, leaf_of({**env, **arrays}), key)
            return arrays if swept_data else {}, {"start": start, **{f"symbol {name}": symbols[name] for name in symbols}}

        each, hidden = over_cells(cell, cells, site)
        return Output(shared, each, {}, hidden)

    losses = (params.loss, params.minus_derivative, params.reduction)
    form = (dynamics.modified, dynamics.depth is None, dynamics.tail is None, dynamics.max_steps)
    shape = (losses, params.model, form, dict(site.sizes), s.tolist())
    follow = _follower(_Structure(repr(shape), site.batched, params, dict(site.sizes), s))
    return Program(
        run,
        recorded={axis: recorded},
        axes=dict.fromkeys(RECORDED, (axis,)),
        finish=lambda output: _finish(params, site, follow, s, output),
        random_once=data.is_random(params.data),
    )


@lru_cache(maxsize=32)
def _follower(structure: _Structure) -> Callable[..., dict[str, jax.Array]]:
    """The compiled flow: (arrays, symbols, start, settings, tolerances, split) to observables, each (tolerances, records,
    ...)."""

    def follow(
        arrays: Mapping[str, jax.Array],
        symbols: Mapping[str, jax.Array],
        start: jax.Array,
        settings: Mapping[str, jax.Array],
        tolerances: jax.Array,
        split_by: Split,
    ) -> dict[str, jax.Array]:
        return _follow(structure, arrays, symbols, start, settings, tolerances, split_by)

    return jax.jit(follow, compiler_options=compiler_options("gpu" if structure.batched else "cpu"))


def _follow(
    structure: _Structure,
    arrays: Mapping[str, jax.Array],
    symbols: Mapping[str, jax.Array],
    start: jax.Array,
    settings: Mapping[str, jax.Array],
    tolerances: jax.Array,
    split_by: Split,
) -> dict[str, jax.Array]:
    params, s = structure.params, structure.s
    dynamics, step = params.dynamics, settings["step"]
    assert isinstance(dynamics, RemainderFlow)
    env: dict[str, Any] = {**structure.sizes, **symbols, **arrays}
    loss = loss_of(params.loss, params.minus_derivative, env)
    rows, mean = models.rows_of(params.model, arrays), params.reduction == "mean"
    validation = held_out(params, loss, env, mean)

    def describe(growth: jax.Array, theta: jax.Array, remainder: jax.Array) -> dict[str, jax.Array]:
        pairs = growth * (1.0 + split_by.excess) + rows @ remainder
        found = {"margins": -jax.nn.logsumexp(-pairs, axis=1), **validation(theta)}
        if isinstance(params.model, LinearClassesModel):
            return {**found, "pair_margins": pairs, "W": theta.reshape(params.model.classes, -1)}
        return {**found, "beta": theta}

    def at_tolerance(tolerance: jax.Array) -> dict[str, jax.Array]:
        if dynamics.tail is None:
            path = remainder_flow(
                rows, split_by, loss, dynamics, start, step=step, records=s, tolerance=tolerance, mean=mean,
                depth=settings.get("depth"),
            )  # fmt: skip
            growth = jnp.asarray(s)
            known = {"log_loss": path.log_time_loss - growth}
        else:
            path = tail_flow(
                rows[:, 0, :], split_by, loss, start, nu=settings["tail"], step=step, records=settings["records"],
                tolerance=tolerance, max_steps=dynamics.max_steps, mean=mean,
            )  # fmt: skip
            growth = jnp.exp(settings["records"] / settings["tail"])
            known = {"growth": growth}
        known |= {"theta": path.theta, "remainder": path.remainder}
        found = {**known, **jax.vmap(describe)(growth, path.theta, path.remainder)}
        unknown = ("log_loss", "log_validation_loss") if params.loss is None else ()
        return {name: value for name, value in found.items() if name not in unknown}

    found: dict[str, jax.Array] = jax.lax.map(at_tolerance, tolerances)
    flat = flatness(loss) if dynamics.tail is None else tail_flatness(loss, settings["tail"])
    return {**found, "flatness": flat}


def _settings(dynamics: RemainderFlow, leaf: Leaf, s: Array) -> dict[str, jax.Array]:
    """The numbers of the dynamics that one compiled flow takes as arguments."""
    found = {"step": leaf(dynamics.step)}
    if dynamics.depth is not None:
        found["depth"] = leaf(dynamics.depth)
    if dynamics.tail is not None:
        found["tail"] = leaf(dynamics.tail)
        found["records"] = jnp.asarray(log_heights(s, float(found["tail"])))
    return found


def _finish(
    params: TrainParams, site: Site, follow: Callable[..., dict[str, jax.Array]], s: Array, output: Output
) -> Judged:
    """The flow of every cell of one seed; the first reason why the seed is no evidence."""
    broken = data.certificate(params.data, output.once) if output.once else None
    symbols = {name.removeprefix("symbol "): value for name, value in output.hidden.items() if name != "start"}
    dynamics = params.dynamics
    assert isinstance(dynamics, RemainderFlow)
    cells = []
    for cell, start in enumerate(output.hidden["start"]):
        arrays = {**output.once, **{name: value[cell] for name, value in output.each.items()}}
        here = {name: value[cell] for name, value in symbols.items()}
        leaf = leaf_of({**site.sizes, **here, **arrays})
        settings, fine = _settings(dynamics, leaf, s), leaf(dynamics.tolerance)
        rows = np.asarray(models.rows_of(params.model, arrays))
        try:
            split_by = split(rows)
        except ReferenceFailure as failure:
            broken = broken or str(failure)
            split_by = Split(np.full(rows.shape[2], np.nan), np.full(rows.shape[:2], np.nan))
        found = jax.device_get(follow(arrays, here, start, settings, jnp.stack([fine, TWIN * fine]), split_by))
        if not found.pop("flatness") <= TAIL_FLATNESS:
            shape = "exp(-u)" if dynamics.tail is None else f"-l'(u) = exp(-u^{float(settings['tail']):g})"
            raise SimulationError(f"loss: this remainder flow needs a loss with the tail {shape}; use gradient_flow")
        cells.append({**found, "w_hat": np.stack([split_by.w_hat] * 2)})
    both = {name: np.stack([cell[name] for cell in cells], axis=1) for name in cells[0]}
    each, twin = ({name: value[index] for name, value in both.items()} for index in (0, 1))
    if broken is None and not np.all(np.isfinite(each["theta"])):
        broken = "the solver of the flow gave up"
    return Judged(each, twin, broken)


def _times_only(dynamics: RemainderFlow) -> RemainderFlow:
    """The dynamics with only those leaves that decide its records."""
    return dynamics.model_copy(update={"step": 1.0, "tolerance": 1.0, "depth": None, "tail": None})
