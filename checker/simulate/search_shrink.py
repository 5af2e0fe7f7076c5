"""A violation made simple: as many entries as possible at zero, at an end, or at a short fraction.

The one idea to know: a simpler point is taken only while it still breaks the claim by more than ten rounding errors, so
what is shown to a reader is smaller than what was found and just as much of a counterexample.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from checker.simulate.evaluate import Box
from checker.simulate.measurement import Array

DENOMINATORS = (1, 2, 3, 4, 5, 8, 10, 16, 100, 1000, 10**4, 10**6)
BATCH, MOST_ENTRIES, PASSES = 16, 600, 2
"""Trials in one call; beyond so many entries only blocks of them are simplified together."""
Points: TypeAlias = dict[str, Array]
Places: TypeAlias = npt.NDArray[np.int64]


def shrunk(violation: Callable[[dict[str, jax.Array]], jax.Array], domain: Mapping[str, Box], found: Points) -> Points | None:
    """A point at which ``violation`` (of a batch: its certain height, positive for a counterexample) is still positive;
    ``None`` where it is not positive at ``found``.

    Simpler than ``found`` in this order: whole blocks of entries at zero (or at the middle of their range), then entry by
    entry the first of: zero, an end of the range, a whole number, a fraction of small denominator.
    """
    best = {name: np.array(value, dtype=np.float64) for name, value in found.items()}
    whole = {name: np.stack([value] * BATCH) for name, value in best.items()}
    if not np.asarray(violation({name: jnp.asarray(value) for name, value in whole.items()}))[0] > 0:
        return None
    for block in _blocks(best):
        best = _first(violation, domain, best, [_with(best, block, _calm(domain, best, block))])
    if sum(value.size for value in best.values()) > MOST_ENTRIES:
        return best
    for _ in range(PASSES):
        before = {name: value.copy() for name, value in best.items()}
        for name in best:
            for place in range(best[name].size):
                entry = {name: np.asarray([place])}
                values = _simpler(domain[name], best[name], place)
                trials = [_with(best, entry, {name: np.asarray([value])}) for value in values]
                best = _first(violation, domain, best, trials)
        if all(np.array_equal(before[name], best[name]) for name in best):
            break
    return best


def _first(
    violation: Callable[[dict[str, jax.Array]], jax.Array], domain: Mapping[str, Box], best: Points, trials: list[Points]
) -> Points:
    """The first of ``trials`` that lies in the domain and is a violation, or ``best``."""
    inside = [_inside(domain, trial) for trial in trials[:BATCH]]
    known = [trial for trial in inside if trial is not None]
    if not known:
        return best
    padded = known + [best] * (BATCH - len(known))
    heights = np.asarray(violation({name: jnp.asarray(np.stack([each[name] for each in padded])) for name in best}))
    passing = np.flatnonzero(heights[: len(known)] > 0)
    return known[int(passing[0])] if passing.size else best


def _inside(domain: Mapping[str, Box], trial: Points) -> Points | None:
    """The trial with its rows put back on the sphere or simplex; ``None`` where an entry leaves its range."""
    found = {}
    for name, value in trial.items():
        box = domain[name]
        if box.rows is None:
            if box.values is None and not np.all((value >= np.asarray(box.lo)) & (value <= np.asarray(box.hi))):
                return None
            found[name] = value
            continue
        size = np.sum(value, axis=-1, keepdims=True)
        if box.rows == "unit":
            size = np.linalg.norm(value, axis=-1, keepdims=True)
        if not np.all(size > 1e-6) or (box.rows == "simplex" and np.any(value < 0)):
            return None
        found[name] = value / size
    return found


def _blocks(point: Points) -> Iterator[dict[str, Places]]:
    """All entries of a symbol, its halves, quarters, ...: the places of each block."""
    for name, value in point.items():
        size = value.size
        length = size
        while length >= 2:
            for begin in range(0, size, length):
                yield {name: np.arange(begin, min(begin + length, size))}
            length = (length + 1) // 2 if length > 2 else 1


def _calm(domain: Mapping[str, Box], point: Points, block: Mapping[str, Places]) -> dict[str, Array]:
    """Zero for every entry of a block, the end or middle of its range where zero is not in it."""
    found = {}
    for name, places in block.items():
        box = domain[name]
        lo, hi = _ends(box, point[name])
        zero = np.where((lo <= 0) & (hi >= 0), 0.0, np.where(lo > 0, lo, hi))
        found[name] = zero[places] if box.values is None else np.full(len(places), box.values[0])
    return found


def _ends(box: Box, value: Array) -> tuple[Array, Array]:
    if box.rows is not None:
        return np.full(value.size, -1.0 if box.rows == "unit" else 0.0), np.ones(value.size)
    lo, hi = (np.broadcast_to(np.asarray(end, dtype=np.float64), value.shape).ravel() for end in (box.lo, box.hi))
    return lo, hi


def _simpler(box: Box, value: Array, place: int) -> Iterator[float]:
    """Values for one entry that are simpler than what it has, the simplest first."""
    now = float(value.ravel()[place])
    if box.values is not None:
        yield from (listed for listed in box.values if _length(listed) < _length(now))
        return
    lo, hi = (float(end[place]) for end in _ends(box, value))
    most = _length(now)
    tried = {now}
    near = [Fraction(now).limit_denominator(bound) for bound in DENOMINATORS]
    for candidate in (0.0, 1.0, -1.0, lo, hi, *(float(each) for each in near)):
        if candidate not in tried and lo <= candidate <= hi and _length(candidate) < most:
            tried.add(candidate)
            if not box.integer or candidate == round(candidate):
                yield candidate


def _length(value: float) -> int:
    """How long a number is to write: digits of its shortest fraction or decimal."""
    if value == 0:
        return 0
    near = Fraction(value).limit_denominator(10**6)
    if float(near) == value:
        return len(f"{near.numerator}") + (len(f"{near.denominator}") + 1 if near.denominator > 1 else 0)
    return len(f"{value:.17g}")


def _with(point: Points, block: Mapping[str, Places], values: Mapping[str, Array]) -> Points:
    changed = dict(point)
    for name, places in block.items():
        flat = point[name].ravel().copy()
        flat[places] = values[name]
        changed[name] = flat.reshape(point[name].shape)
    return changed
