"""The bench keeps every measurement made so far, so that no simulation runs twice.

Runs are keyed by their content: a claim, its controls with another prediction, and other claims on the same run all read
the same arrays.  Seeds are added in batches; references are solved only when a quantity names them, batch by batch.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial

from checker.expr.node import Node
from checker.simulate.budget import afford
from checker.simulate.measure import measure
from checker.simulate.measurement import Field, Measurement, concatenate
from checker.simulate.search import Attack, ascend
from checker.spec.claim import Run
from checker.verify.deadline import within
from checker.verify.evaluation import Reader

Progress = Callable[[str], None]


@dataclass(slots=True)
class _Shelf:
    """What has been measured of one run: batches of seeds, each with the references solved on it."""

    batches: list[Measurement] = field(default_factory=list)
    solved: list[set[str]] = field(default_factory=list)
    seeds: int = 0
    busy: threading.RLock = field(default_factory=threading.RLock)


class Bench:
    """Measures runs on demand and remembers them.

    ``base_seed`` shifts every random draw, ``device`` is cpu, gpu or auto; ``thorough`` compilation pays for many seeds;
    ``time_limit`` is wall time in seconds for one batch, one solution of references or one search, beyond which
    ``OutOfTime`` is raised.
    """

    def __init__(
        self, base_seed: int, device: str, progress: Progress, thorough: bool = True, time_limit: float | None = None
    ) -> None:
        self._base_seed = base_seed
        self._time_limit = time_limit
        self._thorough = thorough
        self._device = device
        self._progress = progress
        self._shelves: dict[str, _Shelf] = {}
        self._found: dict[tuple[str, int, Attack], Measurement] = {}
        self._fields: dict[tuple[str, int, Attack | None], dict[Node, Field]] = {}
        self.seconds: dict[str, float] = {}

    def measurement(self, run: Run, seeds: int, references: Iterable[str] = ()) -> Measurement:
        """The run on instances ``0 .. seeds - 1``, with the named references solved on each of them.

        Raises ``OverBudget`` before anything is allocated where they would not fit into memory.
        """
        shelf = self._shelves.setdefault(run.key, _Shelf())
        with shelf.busy:
            started = time.perf_counter()
            if seeds > shelf.seeds:
                afford(run, seeds)
                self._progress(f"measuring {run.name}: instances {shelf.seeds + 1} to {seeds}")
                seeds_now = range(shelf.seeds, seeds)
                new = self._timed(
                    f"the run {run.name!r}",
                    partial(measure, run, seeds_now, self._base_seed, self._device, self._thorough),
                )
                shelf.batches.append(new)
                shelf.solved.append(set())
                shelf.seeds = seeds
            for index, batch in enumerate(shelf.batches):
                missing = frozenset(references) - shelf.solved[index]
                if missing:
                    self._progress(f"solving {', '.join(sorted(missing))} of {run.name}")
                    # cvxpy takes half a second to import: here it does so beside a compilation, or not at all
                    from checker.simulate.references import with_references

                    solve = partial(with_references, run, batch, sorted(missing))
                    shelf.batches[index] = self._timed(f"solving the references of {run.name!r}", solve)
                    shelf.solved[index] |= missing
            self.seconds[run.name] = self.seconds.get(run.name, 0.0) + time.perf_counter() - started
            return concatenate(_prefix(shelf.batches, seeds))

    def reader(self, run: Run, seeds: int, measurement: Measurement, attack: Attack | None = None) -> Reader:
        """A reader of ``measurement`` of ``run`` that shares what was evaluated on the same instances before.

        ``attack`` names the search whose instances are among them.
        """
        return Reader(measurement, self._fields.setdefault((run.key, seeds, attack), {}))

    def instance(self, run: Run, index: int, references: Iterable[str] = ()) -> Measurement:
        """The run on one instance alone, outside the batches."""
        from checker.simulate.references import with_references

        return with_references(
            run, measure(run, [index], base_seed=self._base_seed, device=self._device), sorted(references)
        )

    def attack(self, run: Run, seeds: int, measurement: Measurement, attack: Attack) -> Measurement:
        """The measurement with the instances appended that a directed search finds against a claim (see ``Attack``).

        Raises ``SearchUnavailable`` where the experiment has no way to search its instances.
        """
        address = (run.key, seeds, attack)
        if address not in self._found:
            self._progress(f"searching {run.name} for a violation")
            self._found[address] = self._timed(
                f"the search of {run.name!r}", partial(ascend, run, measurement, attack)
            )
        return concatenate([measurement, self._found[address]])

    def _timed(self, what: str, work: Callable[[], Measurement]) -> Measurement:
        return within(self._time_limit, what, work)


def _prefix(batches: Sequence[Measurement], seeds: int) -> Sequence[Measurement]:
    """The leading batches that make up ``seeds`` instances (looks always end at the end of a batch)."""
    total, chosen = 0, []
    for batch in batches:
        if total >= seeds:
            break
        chosen.append(batch)
        total += len(batch.coords["seed"])
    return chosen
