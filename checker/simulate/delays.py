"""What a map remembers: earlier values of its state, for maps with a delay.

The one idea to know: the memory of a state is a ring of as many slots as the longest delay of the sweep needs, filled with
the start; a slot is overwritten only after the longest delay has passed, so that before step ``by`` one reads the start.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp

from checker.expr.node import Node, symbols_of
from checker.simulate.catalogue_iterate import IterateParams
from checker.simulate.compiled import largest
from checker.simulate.evaluate import MAX_ENTRIES
from checker.simulate.program import Site
from checker.simulate.resolve import SimulationError, leaf_of

LONGEST = 10_000


@dataclass(frozen=True, slots=True)
class Memory:
    """The delays of a map: for each delayed symbol the state it repeats and by how many steps; ``slots`` per state."""

    delays: Mapping[str, tuple[str, Any]]
    slots: int

    def start(self, state: Mapping[str, jax.Array]) -> dict[str, jax.Array]:
        """Rings (slots, *shape) full of the start."""
        kept = {of for of, _ in self.delays.values()}
        return {name: jnp.broadcast_to(state[name], (self.slots, *state[name].shape)) for name in sorted(kept)}

    def push(self, rings: Mapping[str, jax.Array], state: Mapping[str, jax.Array], k: jax.Array) -> dict[str, jax.Array]:
        """The rings after the state of step ``k`` has been noted."""
        return {name: ring.at[k % self.slots].set(state[name]) for name, ring in rings.items()}

    def read(self, rings: Mapping[str, jax.Array], k: jax.Array, env: Mapping[str, Any]) -> dict[str, jax.Array]:
        """The delayed symbols at step ``k``, the state of step k - by each; NaN where ``by`` is no whole number >= 0."""
        found = {}
        for name, (of, by) in self.delays.items():
            steps = leaf_of(env)(by)
            valid = (steps >= 0) & (steps == jnp.round(steps)) & (steps < self.slots)
            past = rings[of][(k - jnp.where(valid, steps, 0).astype(k.dtype)) % self.slots]
            found[name] = jnp.where(valid, past, jnp.nan)
        return found


def memory_of(
    params: IterateParams, site: Site, shapes: Mapping[str, tuple[int, ...]], sizes: Mapping[str, int]
) -> Memory:
    """The memory that the delays of a map ask for.

    Raises ``SimulationError`` for a delay that changes from draw to draw, is too long, or needs too large a memory (before
    it is allocated), and for a ``stop`` that reads a delayed symbol.
    """
    if params.stop is not None and isinstance(params.stop, Node) and symbols_of(params.stop) & set(params.delays):
        raise SimulationError("stop: it is asked of the state alone; a delayed symbol has no value there")
    slots = 1
    for name, delay in params.delays.items():
        longest = float(largest(delay.by, site, sizes) - 1 if isinstance(delay.by, Node) else delay.by)
        if not 0 <= longest <= LONGEST:
            raise SimulationError(f"delays: {name} goes {longest:g} steps back; expected 0 to {LONGEST}")
        slots = max(slots, math.floor(longest) + 1)
    entries = sum(slots * math.prod(shapes[of]) for of in {delay.of for delay in params.delays.values()})
    if entries > MAX_ENTRIES:
        needed = entries * 8 / 2**20
        raise SimulationError(f"delays: {entries} numbers to remember ({needed:.0f} MiB); the limit is {MAX_ENTRIES}")
    return Memory({name: (delay.of, delay.by) for name, delay in params.delays.items()}, slots)
