"""What an experiment is to the one who runs it: a pure function of (key, cells) and what has to happen on the host.

The one idea to know: ``Program.run`` is one seed over all cells of the sweep that share array shapes.  It is
compiled once; more seeds, more looks and the twin reuse the compiled code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

import jax
import numpy as np
import numpy.typing as npt

from checker.expr.domain import Domain
from checker.expr.namespace import Law
from checker.expr.node import symbols_of
from checker.simulate.leaves import Component, nodes_in

Array: TypeAlias = npt.NDArray[np.float64]
Cells: TypeAlias = dict[str, jax.Array]


class Output(NamedTuple):
    """What one seed gives: observables once per seed, per cell (leading axis), and the twins of the latter.

    ``hidden`` is for the host step only and is not published.
    """

    once: dict[str, jax.Array]
    each: dict[str, jax.Array]
    twin: dict[str, jax.Array]
    hidden: dict[str, jax.Array]


class Judged(NamedTuple):
    """Host-side additions to one seed: more per-cell observables with twins, and why the seed is not evidence."""

    each: Mapping[str, Array]
    twin: Mapping[str, Array]
    failure: str | None


def nothing_to_add(output: Output) -> Judged:
    """The host step of an experiment that has none."""
    return Judged({}, {}, None)


@dataclass(frozen=True, slots=True)
class Program:
    """An experiment on one structure of arrays.

    ``run(key, cells)`` gets the sweep symbols as arrays over the cells; ``finish`` sees its output as NumPy arrays.
    ``recorded`` are the coordinates of recorded axes, ``axes`` the recorded axes of each observable that has some.
    ``random`` says whether two seeds differ at all in what is drawn once per seed.
    """

    run: Callable[[jax.Array, Cells], Output]
    recorded: Mapping[str, Array] = field(default_factory=dict)
    axes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    finish: Callable[[Output], Judged] = nothing_to_add
    random_once: bool = True


@dataclass(frozen=True, slots=True)
class Site:
    """Where a program will run: sizes by their symbols, the sweep symbols, the domains of the claim's symbols.

    ``fresh`` has one entry per cell: whether a path starts anew there (the first cell of a line of the sweep).
    ``batched`` asks for one large batch over the cells (a GPU) where a CPU would loop.  ``may_diverge`` makes
    overflow an answer.  ``laws`` are those of the symbols that the experiment draws;
    ``along`` has the values that each sweep symbol takes.
    """

    sizes: Mapping[str, int]
    sweep: frozenset[str]
    domains: Mapping[str, Domain]
    fresh: tuple[bool, ...]
    batched: bool = False
    may_diverge: bool = False
    laws: Mapping[str, Law] = field(default_factory=dict)
    along: Mapping[str, Array] = field(default_factory=dict)

    def is_swept(self, part: Component | None) -> bool:
        """Whether a part of the experiment has a leaf that a sweep symbol changes."""
        return any(symbols_of(node) & self.sweep for node in nodes_in(part))


def over_cells(function: Callable[[dict[str, jax.Array]], Any], cells: Cells, site: Site) -> Any:
    """``function`` of one cell's symbols over all cells: a loop on a CPU (data stay in cache), a batch on a GPU."""
    if not cells:
        return jax.tree.map(lambda leaf: leaf[None], function({}))
    return jax.vmap(function)(cells) if site.batched else jax.lax.map(function, cells)
