"""The two ways in which a directed search moves: along the slope, and by trial where there is no slope to follow.

The one idea to know: what counts is not the height of a point but its *certain* height, the height less ten times its
rounding error, so that neither way is drawn to points where a formula is all but undefined and its value is noise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import jax.random as jr
from jax import lax

from checker.simulate.evaluate import Box
from checker.simulate.values import EPSILON, ROUNDINGS

Instance: TypeAlias = dict[str, jax.Array]
Height: TypeAlias = Callable[[Instance], jax.Array]
FIRST_STEP, LAST_STEP = 0.2, 1e-7
"""Length of the first and the last step, as a share of the width of the domain."""
LARGEST_RATIO = 1.5
"""No mean of slopes exceeds 1.41 times the root of their mean square with these decays, unless the squares underflow."""
CLEAR = 10.0
"""A height counts less this many of its rounding errors."""
CANDIDATES, SMALLEST_MOVE = 8, 1e-7
"""Trials of one round, and the smallest of them as a share of the width."""
KINDS = 6


def moves(box: Box) -> bool:
    """Whether the entries of a box have neighbours at every distance."""
    return not box.integer and box.values is None


def width(box: Box) -> jax.Array:
    """The width of a domain, 0 where its entries cannot be moved a little."""
    if not moves(box):
        return jnp.asarray(0.0)
    return jnp.asarray(1.0) if box.rows is not None else jnp.asarray(box.hi - box.lo)


def certain(height: jax.Array, slope: Instance, point: Instance) -> jax.Array:
    """The height less ``CLEAR`` first-order rounding errors; minus infinity where it is not a number."""
    parts = [jnp.sum(jnp.abs(slope[name] * point[name])) for name in point]
    error = ROUNDINGS * EPSILON * (sum(parts, jnp.asarray(0.0)) + jnp.abs(height))
    # a slope that does not exist (a norm, a root at zero) says nothing of rounding: the judge finds that error by trial
    lower = height - CLEAR * jnp.where(jnp.isfinite(error), error, 0.0)
    return jnp.where(jnp.isfinite(height) & ~jnp.isnan(lower), lower, -jnp.inf)


def climb(
    height: Height, domain: Mapping[str, Box], starts: Instance, first_step: jax.Array, steps: int
) -> tuple[Instance, jax.Array]:
    """Projected ascent from every start (leading axis): the best point seen by each, and its certain height.

    Steps are normalised entry by entry (Adam) and shrink geometrically, so that kinks of ``max`` and ``min`` are
    closed in on; symbols that take whole or listed values stay where they start.
    """
    widths = {name: width(box) for name, box in domain.items()}
    sloped = jax.value_and_grad(height)

    def project(point: Instance) -> Instance:
        return {name: domain[name].project(value) if moves(domain[name]) else value for name, value in point.items()}

    def one(start: Instance) -> tuple[Instance, jax.Array]:
        zeros = jax.tree.map(jnp.zeros_like, start)

        def step(state: tuple[Any, ...], k: jax.Array) -> tuple[tuple[Any, ...], None]:
            point, first, second, best, highest = state
            value, gradient = sloped(point)
            sure = certain(value, gradient, point)
            higher = sure > highest
            best = jax.tree.map(lambda old, new: jnp.where(higher, new, old), best, point)
            highest = jnp.where(higher, sure, highest)
            gradient = jax.tree.map(lambda g: jnp.nan_to_num(g, nan=0.0, posinf=0.0, neginf=0.0), gradient)
            gradient = {name: domain[name].tangent(point[name], gradient[name]) for name in point}
            first = jax.tree.map(lambda m, g: 0.7 * m + 0.3 * g, first, gradient)
            second = jax.tree.map(lambda v, g: 0.9 * v + 0.1 * g * g, second, gradient)
            length = first_step * (LAST_STEP / first_step) ** (k / max(steps - 1, 1))
            ratio = jax.tree.map(lambda m, v: m / (jnp.sqrt(v) + 1e-300), first, second)
            ratio = jax.tree.map(lambda r: jnp.clip(r, -LARGEST_RATIO, LARGEST_RATIO), ratio)
            moved = {name: point[name] + length * widths[name] * ratio[name] for name in point}
            # Past the middle go on from the best point: what is left is to close in on it.
            settled = (k % 50 == 49) & (k > steps // 2)
            moved = jax.tree.map(lambda old, new: jnp.where(settled, old, new), best, moved)
            return (project(moved), first, second, best, highest), None

        begin = (start, zeros, zeros, start, jnp.asarray(-jnp.inf))
        (_, _, _, best, highest), _ = lax.scan(step, begin, jnp.arange(steps, dtype=jnp.float64))
        return best, highest

    return jax.vmap(one)(starts)


def probe(
    height: Height, domain: Mapping[str, Box], points: Instance, key: jax.Array, rounds: int
) -> Instance:
    """Search by trial from every point (leading axis), where slopes are zero or missing: where each ends.

    A round tries one entry or all of them moved by a random length, one entry at an end, at zero, redrawn, or made equal
    to another, and goes to the best of these if that is not lower: along a plateau too.  Heights are taken as they are;
    whether one is certain is for a climb to say that begins there.
    """
    layout = _Layout(domain)
    ends = layout.ends()

    def one(start: Instance, own: jax.Array) -> Instance:
        def turn(flat: jax.Array, now: jax.Array) -> tuple[jax.Array, None]:
            tried = jax.vmap(lambda key: layout.flat(layout.inside(_moved(flat, ends, key))))(jr.split(now, CANDIDATES))
            tried = jnp.concatenate([tried, flat[None]])  # itself last: a tie goes to a move
            values = jax.vmap(lambda each: _number(height(layout.parts(each))))(tried)
            return tried[jnp.argmax(values)], None

        flat, _ = lax.scan(turn, layout.flat(start), jr.split(own, rounds))
        return layout.parts(flat)

    count = jax.tree.leaves(points)[0].shape[0]
    return jax.vmap(one)(points, jr.split(key, count))


def scattered(domain: Mapping[str, Box], points: Instance, count: int, key: jax.Array) -> Instance:
    """``count`` starts around ``points`` (leading axis): the points themselves, then moved by less and less."""
    some = jax.tree.leaves(points)[0].shape[0]
    turn = jnp.arange(count) // some
    scale = jnp.where(turn == 0, 0.0, 10.0 ** (-1.0 - (turn - 1.0) % 4))
    found = {}
    for number, (name, box) in enumerate(domain.items()):
        start = jnp.take(points[name], jnp.arange(count) % some, axis=0)
        noise = jr.normal(jr.fold_in(key, number), start.shape, dtype=jnp.float64)
        away = start + noise * (scale.reshape(-1, *(1,) * len(box.shape))) * width(box)
        found[name] = jax.vmap(box.project)(away) if moves(box) else start
    return found


def _number(value: jax.Array) -> jax.Array:
    return jnp.where(jnp.isfinite(value), value, -jnp.inf)


def _moved(flat: jax.Array, ends: tuple[jax.Array, ...], key: jax.Array) -> jax.Array:
    """One trial from the entries ``flat`` (n,): a random kind of move with a random length."""
    lo, hi, whole = ends
    count = flat.shape[0]
    keys = jr.split(key, 7)
    here = jnp.arange(count) == jr.randint(keys[0], (), 0, count)
    kind = jr.randint(keys[1], (), 0, KINDS)
    length = (hi - lo) * SMALLEST_MOVE ** jr.uniform(keys[2], (), dtype=jnp.float64)
    noise = jr.normal(keys[3], (count,), dtype=jnp.float64) * length
    noise = jnp.where(whole, jnp.sign(noise) * jnp.maximum(jnp.abs(noise), 1.0), noise)
    some = here | (jr.uniform(keys[4], (count,)) < 0.2)
    ticket = jr.uniform(keys[5], (), dtype=jnp.float64)
    special = jnp.where(ticket < 0.4, lo, jnp.where(ticket < 0.8, hi, jnp.clip(0.0, lo, hi)))
    drawn = lo + (hi - lo) * ticket
    other = flat[jr.randint(keys[6], (), 0, count)]
    replaced = jnp.stack([flat + noise, special, drawn, jnp.full(count, other)])
    which = jnp.asarray([0, 0, 0, 1, 2, 3])[kind]
    everywhere = jnp.asarray([False, True, False, False, False, False])[kind]
    several = jnp.asarray([False, False, True, False, False, False])[kind]
    moved: jax.Array = jnp.where(here | everywhere | (several & some), replaced[which], flat)
    return moved


class _Layout:
    """All entries of an instance side by side, and back again."""

    def __init__(self, domain: Mapping[str, Box]) -> None:
        self.domain = domain
        self.sizes = {name: int(jnp.zeros(box.shape).size) for name, box in domain.items()}

    def flat(self, point: Instance) -> jax.Array:
        return jnp.concatenate([jnp.ravel(point[name]) for name in self.domain])

    def parts(self, flat: jax.Array) -> Instance:
        found, begin = {}, 0
        for name, box in self.domain.items():
            found[name] = flat[begin : begin + self.sizes[name]].reshape(box.shape)
            begin += self.sizes[name]
        return found

    def ends(self) -> tuple[jax.Array, ...]:
        """Low and high end of every entry, and whether it takes whole values."""
        lows, highs, whole = [], [], []
        for name, box in self.domain.items():
            lo, hi = box.lo, box.hi
            if box.values is not None:
                lo, hi = jnp.asarray(min(box.values)), jnp.asarray(max(box.values))
            elif box.rows is not None:
                lo, hi = jnp.asarray(-1.0 if box.rows == "unit" else 0.0), jnp.asarray(1.0)
            size = self.sizes[name]
            lows.append(jnp.ravel(jnp.broadcast_to(lo, box.shape)))
            highs.append(jnp.ravel(jnp.broadcast_to(hi, box.shape)))
            whole.append(jnp.full(size, box.integer))
        return jnp.concatenate(lows), jnp.concatenate(highs), jnp.concatenate(whole)

    def inside(self, flat: jax.Array) -> Instance:
        """The nearest instance of the domain."""
        found = self.parts(flat)
        for name, box in self.domain.items():
            if box.values is not None:
                listed = jnp.asarray(box.values)
                nearest = jnp.argmin(jnp.abs(found[name][..., None] - listed), axis=-1)
                found[name] = listed[nearest]
            else:
                found[name] = box.project(found[name])
        return found
