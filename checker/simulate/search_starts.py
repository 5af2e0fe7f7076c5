"""Where a directed search begins: corners, edges and ties of a domain.

The one idea to know: a bound that uniform sampling never breaks is broken where coordinates are extreme, equal or mostly
alike, which has probability zero; so the search begins at such points on purpose.  Starts are shares of the way from the
low to the high end of a box, one array per symbol, so that one list serves every box, sphere and simplex.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import numpy as np

from checker.simulate.evaluate import Box
from checker.simulate.measurement import Array

MOST_CORNERS, MIXED_CORNERS = 64, 16
SPIKES, FACES, LEVELS = 8, 8, 4
"""How many entries are made to stand out alone, how many random faces there are, how many starts have all entries equal."""


def start_shares(domain: Mapping[str, Box]) -> dict[str, Array]:
    """Corners, then edges: (starts, *shape) for every symbol, each entry between 0 and 1; always the same ones."""
    corners, edges = _corners(domain), _edges(domain)
    return {name: np.concatenate([corners[name], edges[name]]) for name in domain}


def _corners(domain: Mapping[str, Box]) -> dict[str, Array]:
    """Every combination of: all low, all high, the first entry low and the rest high, the reverse (of more than three
    symbols a fixed choice of the combinations); and random mixtures."""
    generator = np.random.default_rng(0)
    if 4 ** len(domain) <= MOST_CORNERS:
        chosen = np.asarray(list(itertools.product(range(4), repeat=len(domain))))
    else:
        alike = np.repeat(np.arange(4)[:, None], len(domain), axis=1)
        chosen = np.concatenate([alike, generator.integers(0, 4, size=(MOST_CORNERS - 4, len(domain)))])
    found: dict[str, Array] = {}
    for column, (name, box) in enumerate(domain.items()):
        first = (np.arange(np.prod(box.shape, dtype=int)) == 0).reshape(box.shape)
        patterns = np.stack([np.zeros_like(first), np.ones_like(first), ~first, first]).astype(np.float64)
        mixed = generator.integers(0, 2, size=(MIXED_CORNERS, *box.shape)).astype(np.float64)
        found[name] = np.concatenate([patterns[chosen[:, column]], mixed])
    return found


def _edges(domain: Mapping[str, Box]) -> dict[str, Array]:
    """Points of low-dimensional faces.

    The centre; zero, where the box has it; one entry that stands out of a row of zeros (or of the centre); random faces,
    with half of the entries at an end; all entries equal; and every symbol at the same random point (``x = y``).
    """
    generator = np.random.default_rng(1)
    levels = generator.random(LEVELS)
    shared = generator.random((LEVELS, max((int(np.prod(box.shape)) for box in domain.values()), default=1)))
    found: dict[str, Array] = {}
    for name, box in domain.items():
        entries = int(np.prod(box.shape, dtype=int))
        zero = _share_of_zero(box)
        rows = [np.full(entries, 0.5), np.full(entries, zero)]
        places = np.unique(np.linspace(0, entries - 1, SPIKES).astype(int))
        for turn in range(SPIKES):
            spike = np.full(entries, zero if turn % 2 == 0 else 0.5)
            spike[places[(turn // 2 * 2 + turn % 2) % len(places)]] = 1.0
            rows.append(spike)
        for _ in range(FACES):
            free = generator.random(entries)
            ends = generator.integers(0, 2, size=entries).astype(np.float64)
            rows.append(np.where(generator.random(entries) < 0.5, ends, free))
        rows += [np.full(entries, level) for level in levels]
        rows += [row[:entries] for row in shared]
        found[name] = np.stack(rows).reshape(-1, *box.shape)
    return found


def _share_of_zero(box: Box) -> float:
    """Where zero lies between the ends of a box, 1/2 where it does not; rows of a sphere or simplex begin at zero."""
    if box.rows is not None or box.values is not None:
        return 0.0
    lo, hi = float(np.min(np.asarray(box.lo))), float(np.max(np.asarray(box.hi)))
    return -lo / (hi - lo) if lo <= 0 <= hi and lo < hi else 0.5
