"""Directed search: drive a random instance of ``evaluate`` towards the worst case of a claim about every instance.

The one idea to know: uniform sampling does not come near the corners of a box or a simplex, where bounds are tight.
So the worst random instances, corners, edges and mixtures of them are moved uphill on the excess (how far the claim is
broken), by its slope and where there is none by trial, never leaving the declared domain; what is found is an ordinary
instance, to be judged as one, and a violation is made simple before it is shown.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
from jax import lax

from checker.expr.errors import UnsupportedError
from checker.expr.node import ZERO, Node, symbols_of
from checker.expr.to_jax import compile_jax
from checker.simulate.catalogue_sampling import EvaluateParams
from checker.simulate.device import choose, compiler_options
from checker.simulate.evaluate import Box, boxes
from checker.simulate.formula_cost import work_of
from checker.simulate.measurement import Measurement, Observable
from checker.simulate.program import Site
from checker.simulate.resolve import fix_counts, grid_of, structural_symbols
from checker.simulate.search_laws import changing_law, generic, ranges
from checker.simulate.search_moves import CANDIDATES, FIRST_STEP, Instance, certain, climb, probe, scattered
from checker.simulate.search_shrink import shrunk
from checker.simulate.search_starts import start_shares
from checker.simulate.values import EPSILON, ROUNDINGS
from checker.spec.claim import Run

PHASES, ROUNDS, STARTS_OF_TRIALS, MOST_RANDOM = 2, 120, 10, 32
"""The second phase begins around the best points of the first, at a tenth of its first step."""
MOST_ENTRIES = 2_000_000
"""Of all starts together."""
MOST_OPERATIONS = 1e10
"""Of one search, counted from its formulas (about ten seconds): what costs more gets fewer starts, then fewer steps."""
LEAST_STARTS, LEAST_STEPS = 24, 60


class SearchUnavailable(Exception):
    """The instances of this run cannot be moved; the reason is the message."""


@dataclass(frozen=True, slots=True)
class Attack:
    """What a search drives up: the largest of ``more - less`` over ``sides`` (for ``q <= b``: q and b).

    It is a violation where it exceeds ``slack``.  ``holds`` are conditions that an instance has to fulfil to count at all,
    ``cells`` one that selects cells of the sweep.
    """

    sides: tuple[tuple[Node, Node], ...]
    slack: Node = ZERO
    holds: tuple[Node, ...] = ()
    cells: Node | None = None

    @property
    def nodes(self) -> tuple[Node, ...]:
        """Every expression that is evaluated on an instance."""
        both = tuple(node for side in self.sides for node in side)
        return (*both, self.slack, *self.holds, *(() if self.cells is None else (self.cells,)))


def unavailable(run: Run, attack: Attack) -> str | None:
    """Why directed search cannot help this run, or ``None`` if it can."""
    params = run.params
    if run.experiment != "evaluate" or not isinstance(params, EvaluateParams):
        return f"instances of {run.experiment!r} come from a solver or a data law; there is no box to search"
    if not params.draw:
        return "the run draws no symbol"
    named = frozenset().union(*(symbols_of(node) for node in attack.nodes))
    if set(params.values) & named:
        return "its values are computed in the run"
    moving = frozenset(params.draw) | frozenset(grid_of(run).symbols)
    if law := changing_law(run.laws, params.draw, moving):
        return f"the law of {law!r} changes with what is drawn or swept"
    stiff = sorted(name for name in params.draw if run.domains[name].psd or run.domains[name].rows == "orthonormal")
    if stiff:
        return f"{stiff[0]!r} cannot be moved within its domain"
    grid = grid_of(run)
    if structural_symbols(params, grid):
        return "the sizes of the drawn symbols change along the sweep"
    known = {*params.draw, *grid.symbols}
    strange = sorted(name for name in named - known if name in run.domains and run.domains[name].shape)
    dotted = sorted(name for name in named if "." in name)
    if strange or dotted:
        return f"the quantity needs {(strange + dotted)[0]!r}, which is not drawn from a box"
    return None


def ascend(
    run: Run, measurement: Measurement, attack: Attack, *, worst: int = 10, steps: int = 250, device: str = "auto"
) -> Measurement:
    """The worst instances that the search finds, as a measurement of at most ``worst`` of them, the worst first.

    Starts from the ``worst`` random instances of ``measurement`` that break ``attack`` most (or come nearest to it), and
    from corners and edges of the domain.  Where there is a sweep, the excess of an instance is the largest over its cells.
    Where the best is a violation, the first instance is that violation made simple (``search_shrink``).  Points where the
    excess is not a number are never gone to.  Seeds of found instances are -1, -2, ... The result is deterministic.
    Raises ``SearchUnavailable`` with the reason where instances cannot be moved.
    """
    reason = unavailable(run, attack)
    if reason:
        raise SearchUnavailable(reason)
    params = fix_counts(run.params, {})  # type: ignore[arg-type]
    assert isinstance(params, EvaluateParams)
    where = choose(device)
    options = compiler_options(where.platform, thorough=False)
    with jax.default_device(where):
        grid = grid_of(run)
        site = Site({}, frozenset(grid.symbols), run.domains, ())
        if site.is_swept(params):
            raise SearchUnavailable("the range of a drawn symbol changes along the sweep")
        laws = {name: law for name, law in run.laws.items() if name in params.draw}
        support = ranges(laws, run.domains, {name: measurement.observables[name].values for name in laws})
        domain = boxes(params.model_copy(update={"ranges": {**params.ranges, **support}}), site, {})
        sizes = {name: item.values for name, item in measurement.observables.items() if not item.axes}
        _known(attack, {*domain, *sizes, *grid.symbols})
        cells = grid.cells(grid.axes)
        symbols = {name: jnp.asarray([grid.values(cell)[name] for cell in cells]) for name in grid.symbols}
        height = jax.jit(_excess(attack, sizes, symbols))  # read once, however often it is used below
        drawn = {name: jnp.asarray(measurement.observables[name].values) for name in domain}
        ends = {name: float(jnp.max(each)) for name, each in symbols.items()}
        effort = _effort(attack, domain, sizes, ends, len(cells), steps)
        shares = _some(start_shares(domain), effort.starts)

        def search(drawn: Instance, shares: Instance) -> tuple[Instance, jax.Array]:
            random = _worst_random(height, drawn)
            corners = {name: jax.vmap(box.at)(shares[name]) for name, box in domain.items()}
            starts = {name: jnp.concatenate([random[name], corners[name]]) for name in domain}
            return _phases(height, domain, starts, worst, effort.steps, effort.rounds)

        # the shares are an argument: not folded by XLA
        found, heights = jax.jit(search, compiler_options=options)(drawn, {n: jnp.asarray(s) for n, s in shares.items()})
        if laws:
            found = generic(found, laws, domain)
            heights = jax.jit(jax.vmap(height), compiler_options=options)(found)
        order = np.argsort(-np.asarray(heights), kind="stable")
        order = order[np.isfinite(np.asarray(heights)[order])]
        points = {name: np.asarray(values)[order] for name, values in found.items()}
        simple = None
        if len(order) and float(heights[order[0]]) > 0:  # else there is no violation, and nothing to compile
            violation = jax.jit(jax.vmap(_violation(attack, sizes, symbols)), compiler_options=options)
            simple = shrunk(violation, domain, {name: values[0] for name, values in points.items()})
    if simple is not None:
        points = {name: np.concatenate([simple[name][None], values])[:worst] for name, values in points.items()}
    observables = {
        **{name: item for name, item in measurement.observables.items() if not item.axes},
        **{name: Observable(values, ("seed",)) for name, values in points.items()},
    }
    count = len(next(iter(points.values())))
    return Measurement(observables, {**measurement.coords, "seed": -np.arange(1.0, count + 1)})


def _known(attack: Attack, names: set[str]) -> None:
    """Raise ``SearchUnavailable`` where an instance alone does not give the quantity a value."""
    for node in attack.nodes:
        unknown = sorted(name for name in symbols_of(node) if name.partition("[")[0] not in names)
        if unknown:
            raise SearchUnavailable(f"the quantity needs {unknown[0]!r}, which is not drawn from a box")
        try:
            compile_jax(node)
        except UnsupportedError as problem:
            raise SearchUnavailable(str(problem)) from None


@dataclass(frozen=True, slots=True)
class _Effort:
    """How many starts there are beside the random ones, steps of each climb, and rounds of trials."""

    starts: int
    steps: int
    rounds: int


def _effort(
    attack: Attack, domain: Mapping[str, Box], sizes: Mapping[str, Any], ends: Mapping[str, float], cells: int, steps: int
) -> _Effort:
    """What ``MOST_OPERATIONS`` pay for: a slope costs about four times the formula, a trial the drawing of its numbers too."""
    shapes = {name: tuple(map(float, box.shape)) for name, box in domain.items()}
    shapes |= {name: tuple(map(float, np.shape(value))) for name, value in sizes.items()}
    entries = sum(math.prod(box.shape) for box in domain.values())
    once = cells * sum(work_of(node, shapes, ends).operations for node in attack.nodes) + 10.0 * entries
    climbing = 4.0 * PHASES * once
    starts = int(min(MOST_ENTRIES / max(1, entries), max(LEAST_STARTS, MOST_OPERATIONS / (climbing * steps))))
    fewer = int(np.clip(MOST_OPERATIONS / (climbing * max(4, starts)), LEAST_STEPS, steps))
    trial = PHASES * CANDIDATES * STARTS_OF_TRIALS * (once + 200.0 * entries)
    return _Effort(max(4, starts), fewer, int(np.clip(MOST_OPERATIONS / 4 / trial, 10, ROUNDS)))


def _some(shares: Mapping[str, np.ndarray], most: int) -> dict[str, np.ndarray]:
    """Evenly spaced ones of the starts, at most ``most``."""
    count = len(next(iter(shares.values())))
    chosen = np.unique(np.linspace(0, count - 1, min(count, most)).astype(int))
    return {name: each[chosen] for name, each in shares.items()}


def _at_cells(
    attack: Attack, sizes: Mapping[str, Any], symbols: Mapping[str, jax.Array], value: Callable[..., jax.Array]
) -> Callable[[Instance], jax.Array]:
    """The largest over the cells of the sweep of ``value`` (of all sides), minus infinity where the instance does not count."""
    conditions = [compile_jax(node) for node in attack.holds]
    chosen = None if attack.cells is None else compile_jax(attack.cells)

    def one(env: Mapping[str, Any]) -> jax.Array:
        here = jnp.asarray(value(env), dtype=jnp.float64)
        return here if chosen is None else jnp.where(chosen(env) > 0.5, here, -jnp.inf)

    def height(instance: Instance) -> jax.Array:
        fixed = {**sizes, **instance}
        if symbols:
            each = jax.vmap(lambda cell: one({**fixed, **cell}))(dict(symbols))
            found = jnp.max(jnp.where(jnp.isfinite(each), each, -jnp.inf))
            kept = [jax.vmap(lambda cell, c=c: c({**fixed, **cell}) > 0.5)(dict(symbols)).all() for c in conditions]
        else:
            found, kept = one(fixed), [condition(fixed) > 0.5 for condition in conditions]
        for fulfilled in kept:
            found = jnp.where(fulfilled, found, -jnp.inf)
        return jnp.where(jnp.isfinite(found), found, -jnp.inf)

    return height


def _excess(
    attack: Attack, sizes: Mapping[str, Any], symbols: Mapping[str, jax.Array]
) -> Callable[[Instance], jax.Array]:
    """How far an instance breaks the claim, without the slack that a verdict allows."""
    sides = [(compile_jax(more), compile_jax(less)) for more, less in attack.sides]

    def value(env: Mapping[str, Any]) -> jax.Array:
        return jnp.max(jnp.stack([more(env) - less(env) for more, less in sides]))

    return _at_cells(attack, sizes, symbols, value)


def _violation(
    attack: Attack, sizes: Mapping[str, Any], symbols: Mapping[str, jax.Array]
) -> Callable[[Instance], jax.Array]:
    """By how much an instance certainly breaks the claim, slack and ten rounding errors taken off: a violation if positive."""
    sides = [(compile_jax(more), compile_jax(less)) for more, less in attack.sides]
    slack = compile_jax(attack.slack)

    def value(env: Mapping[str, Any]) -> jax.Array:
        found = []
        for more, less in sides:
            high, low = more(env), less(env)
            rounding = 10.0 * 2.0 * ROUNDINGS * EPSILON * jnp.maximum(jnp.abs(high), jnp.abs(low))
            found.append(high - low - slack(env) - rounding)
        return jnp.max(jnp.stack(found))

    height = _at_cells(attack, sizes, symbols, value)

    def clear(instance: Instance) -> jax.Array:
        high, slope = jax.value_and_grad(height)(instance)
        return certain(high, slope, instance)

    return clear


def _worst_random(height: Callable[[Instance], jax.Array], drawn: Instance) -> Instance:
    """The random instances to begin from: all of them, the worst ``MOST_RANDOM`` where there are more."""
    if jax.tree.leaves(drawn)[0].shape[0] <= MOST_RANDOM:
        return drawn
    order = jnp.argsort(-jax.vmap(height)(drawn))[:MOST_RANDOM]
    return {name: values[order] for name, values in drawn.items()}


def _phases(
    height: Callable[[Instance], jax.Array], domain: Mapping[str, Box], starts: Instance, worst: int, steps: int,
    rounds: int,
) -> tuple[Instance, jax.Array]:  # fmt: skip
    """Search by trial from the first starts, climb from there and from all, and the same from around the best.

    One program for all phases, in which the slope of the formula occurs once: compiling it is what a search costs.
    """
    count = jax.tree.leaves(starts)[0].shape[0]
    kept = min(worst, count)

    def phase(starts: Instance, number: jax.Array) -> tuple[Instance, tuple[Instance, jax.Array]]:
        key = jr.fold_in(jr.key(0), number)
        tried = probe(height, domain, {name: values[:kept] for name, values in starts.items()}, key, rounds)
        both = {name: jnp.concatenate([starts[name], tried[name]]) for name in starts}
        climbed, heights = climb(height, domain, both, FIRST_STEP * 10.0**-number, steps)
        order = jnp.argsort(-heights)[:kept]
        best = {name: values[order] for name, values in climbed.items()}
        return scattered(domain, best, count, jr.fold_in(key, 1)), (best, heights[order])

    _, (found, heights) = lax.scan(phase, starts, jnp.arange(PHASES, dtype=jnp.int32))
    return {name: values[-1] for name, values in found.items()}, heights[-1]
