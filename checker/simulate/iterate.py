"""The experiment ``iterate``: maps and small systems of differential equations, from a start to a stop.

The one idea to know: everything is computed twice.  The twin of a flow is solved at a coarser tolerance; the twin of a map
has every new state moved by a few units in its last place, so that a map which amplifies rounding says so itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import diffrax
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import optimistix
from jax import lax

from checker.expr.node import And, Node, Rel, sub
from checker.simulate.catalogue_iterate import IterateParams
from checker.simulate.compiled import compiled, compiled_all
from checker.simulate.data import key_for
from checker.simulate.delays import memory_of
from checker.simulate.evaluate import instance, is_random, is_swept, shape_of, sizes_of
from checker.simulate.program import Array, Cells, Judged, Output, Program, Site, over_cells
from checker.simulate.resolve import SimulationError, leaf_of
from checker.simulate.sampling import sample

DRIFT = 4 * float(np.finfo(np.float64).eps)
"""How far the twin of a map moves each new state, relative to it."""
TWIN = 10.0
"""The twin of a flow is solved at this multiple of the tolerance."""

State: TypeAlias = dict[str, jax.Array]
_Carry: TypeAlias = tuple[State, jax.Array, State]  # the state, the step at which it stopped, what it remembers


def iterate_program(params: IterateParams, site: Site) -> Program:
    """Trajectories for one structure of arrays, all cells of the sweep side by side.

    Raises ``SimulationError`` where a shape or a recorded time is not known.
    """
    sizes = sizes_of(params, site)
    shapes = {name: shape_of(name, site.domains[name], sizes) for name in (*params.state, *params.noise)}
    axis, recorded = ("k", _steps(params)) if params.map else ("t", _times(params, site))
    swept = is_swept(params, site)
    follow = _follow_map if params.map else _follow_flow

    def run(key: jax.Array, cells: Cells) -> Output:
        shared = {} if swept else instance(params, site, key, {})

        def cell(symbols: dict[str, jax.Array]) -> tuple[State, State]:
            drawn = instance(params, site, key, symbols) if swept else shared
            env = {**sizes, **symbols, **drawn}
            each, twin = follow(params, site, shapes, recorded, env, key)
            return {**each, **(drawn if swept else {})}, twin

        each, twin = over_cells(cell, cells, site)
        return Output(shared, each, twin, {})

    return Program(
        run,
        recorded={axis: recorded},
        axes=dict.fromkeys(params.state, (axis,)),
        finish=lambda output: _finish(params, site, output),
        random_once=is_random(params),
    )


def _steps(params: IterateParams) -> Array:
    assert params.steps is not None
    return np.unique(np.round(np.geomspace(1, params.steps, params.checkpoints))).astype(np.float64)


def _times(params: IterateParams, site: Site) -> Array:
    known = leaf_of(dict(site.sizes))
    until = float(known(params.until))
    if params.first is None:
        times = np.linspace(until / params.checkpoints, until, params.checkpoints)
    else:
        first = float(known(params.first))
        if not 0 < first < until:
            raise SimulationError(f"first: expected 0 < first < until, found {first:g} and {until:g}")
        times = np.geomspace(first, until, params.checkpoints)
    if not 0 < until < np.inf:
        raise SimulationError(f"until: expected a positive time, found {until:g}")
    return times


def _shaped(name: str, value: jax.Array, shape: tuple[int, ...]) -> jax.Array:
    if value.shape != shape and value.shape != ():
        raise SimulationError(f"{name} is declared with the shape {shape}; its formula gives {value.shape}")
    return jnp.broadcast_to(value, shape)


def _start(
    params: IterateParams, site: Site, shapes: Mapping[str, tuple[int, ...]], env: Mapping[str, Any]
) -> State:
    formulas = compiled_all(params.start, site, sizes_of(params, site))
    return {name: _shaped(name, formula(env), shapes[name]) for name, formula in formulas.items()}


def _follow_map(
    params: IterateParams,
    site: Site,
    shapes: Mapping[str, tuple[int, ...]],
    recorded: Array,
    env: Mapping[str, Any],
    key: jax.Array,
) -> tuple[State, State]:
    """States after ``recorded`` steps, (records, *shape) each, with ``stopped``; the twin drifts at every step."""
    sizes = sizes_of(params, site)
    step, stop = compiled_all(params.map, site, sizes), None
    if params.stop is not None:
        stop = compiled(params.stop, site, sizes)
    noise_key = key_for(key, "noise")
    memory = memory_of(params, site, shapes, sizes)

    def path(drift: jax.Array) -> State:
        def one(k: jax.Array, carry: _Carry) -> _Carry:
            state, stopped, rings = carry
            rings = memory.push(rings, state, k)
            own = jr.fold_in(noise_key, k)
            noise = {name: sample(site.laws[name], own, shapes[name], {**env, **state}) for name in params.noise}
            here = {**env, **state, **noise, **memory.read(rings, k, env), "k": jnp.asarray(k, dtype=jnp.float64)}
            fresh = {name: _shaped(name, formula(here), shapes[name]) * (1 + drift) for name, formula in step.items()}
            if stop is None:
                return fresh, stopped, rings
            resting = jnp.isfinite(stopped)
            fresh = {name: jnp.where(resting, state[name], value) for name, value in fresh.items()}
            now = ~resting & (stop({**here, **fresh, "k": here["k"] + 1}) > 0.5)
            return fresh, jnp.where(now, here["k"] + 1, stopped), rings

        def stretch(carry: _Carry, ends: tuple[jax.Array, jax.Array]) -> tuple[_Carry, State]:
            carry = lax.fori_loop(*ends, one, carry)
            return carry, carry[0]

        start = _start(params, site, shapes, env)
        held = jnp.asarray(jnp.inf) if stop is None else jnp.where(stop({**env, **start, "k": 0.0}) > 0.5, 0.0, jnp.inf)
        ends = np.concatenate([[0.0], recorded]).astype(np.int64)
        first = (start, held, memory.start(start))
        (_, stopped, _), states = lax.scan(stretch, first, (jnp.asarray(ends[:-1]), jnp.asarray(ends[1:])))
        return states if stop is None else {**states, "stopped": stopped}

    both = lax.map(path, jnp.asarray([0.0, DRIFT]))
    return ({name: value[0] for name, value in both.items()}, {name: value[1] for name, value in both.items()})


def _follow_flow(
    params: IterateParams,
    site: Site,
    shapes: Mapping[str, tuple[int, ...]],
    recorded: Array,
    env: Mapping[str, Any],
    key: jax.Array,
) -> tuple[State, State]:
    """States at the times ``recorded``, (records, *shape) each, with ``stopped``; the twin has a coarser tolerance."""
    sizes = sizes_of(params, site)
    slopes = compiled_all(params.flow, site, sizes)
    crossing = None if params.stop is None else compiled(_crossing(params.stop), site, sizes)

    def field(time: Any, state: State, _: object) -> State:
        here = {**env, **state, "t": time}
        return {name: _shaped(name, formula(here), shapes[name]) for name, formula in slopes.items()}

    def height(t: Any, y: State, args: object, **unused: object) -> jax.Array:  # diffrax passes them by name
        assert crossing is not None
        value = crossing({**env, **y, "t": t})
        # Only the sign counts: a bisection ends at the time that float64 can tell, whatever the scale of the condition
        # and however flat it is there, where Newton's method on the interpolated path would find no root.
        return value / (1 + jnp.abs(value)) * 1e-13

    def path(tolerance: jax.Array) -> State:
        start = _start(params, site, shapes, env)
        # A Newton matrix at every stage: with the cheaper chord iteration three steps in four are rejected.
        implicit = diffrax.Kvaerno5(root_finder=diffrax.with_stepsize_controller_tols(optimistix.Newton)())
        solution = diffrax.diffeqsolve(
            diffrax.ODETerm(field),
            implicit if params.stiff else diffrax.Dopri8(),
            t0=0.0,
            t1=float(recorded[-1]),
            dt0=None,
            y0=start,
            saveat=diffrax.SaveAt(subs=[diffrax.SubSaveAt(ts=jnp.asarray(recorded)), diffrax.SubSaveAt(t1=True)]),
            # steps end at the records: between its steps the solver is less accurate than its tolerance says
            stepsize_controller=diffrax.ClipStepSizeController(
                diffrax.PIDController(rtol=tolerance, atol=tolerance), step_ts=jnp.asarray(recorded)
            ),
            max_steps=params.max_steps,
            throw=False,
            event=None if crossing is None else diffrax.Event(height, optimistix.Bisection(1e-12, 1e-12, flip=False)),
        )
        occurred = solution.result == diffrax.RESULTS.event_occurred
        fine = (solution.result == diffrax.RESULTS.successful) | occurred
        assert solution.ys is not None
        assert solution.ts is not None
        saved, last = solution.ys
        stopped = jnp.where(occurred, solution.ts[1][0], jnp.inf)
        if crossing is not None:
            already = crossing({**env, **start, "t": 0.0}) >= 0
            stopped = jnp.where(already, 0.0, stopped)
            saved = {name: _resting(value, last[name], stopped, recorded) for name, value in saved.items()}
            saved = {name: jnp.where(already, start[name], value) for name, value in saved.items()}
        found = {name: jnp.where(fine, value, jnp.nan) for name, value in saved.items()}
        return found if crossing is None else {**found, "stopped": jnp.where(fine, stopped, jnp.nan)}

    fine = leaf_of(env)(params.tolerance)
    both = lax.map(path, jnp.stack([fine, TWIN * fine]))
    return ({name: value[0] for name, value in both.items()}, {name: value[1] for name, value in both.items()})


def _resting(saved: jax.Array, last: jax.Array, stopped: jax.Array, recorded: Array) -> jax.Array:
    """Records after the stop hold the state at the stop."""
    after = (jnp.asarray(recorded) > stopped).reshape((-1, *(1,) * (saved.ndim - 1)))
    return jnp.where(after, last[0], saved)


def _crossing(condition: Any) -> Node:
    """What is negative until ``condition`` holds and zero when it starts to: the two sides of one inequality."""
    if isinstance(condition, Rel) and condition.op in (">", ">="):
        return sub(condition.left, condition.right)
    if isinstance(condition, Rel) and condition.op in ("<", "<="):
        return sub(condition.right, condition.left)
    kind = "a condition of several parts" if isinstance(condition, And) else "this"
    raise SimulationError(f"stop: {kind} has no crossing to look for in a flow; expected one inequality")


def _finish(params: IterateParams, site: Site, output: Output) -> Judged:
    """A trajectory that is not finite is no evidence, unless the claim expects overflow."""
    broken = sorted(name for name in params.state if not np.all(np.isfinite(output.each[name])))
    failure = None if site.may_diverge or not broken else f"{broken[0]} is not finite (it diverged, or the solver gave up)"
    return Judged({}, {}, failure)
