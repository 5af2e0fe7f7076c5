"""Interleaved timing: all variants of a comparison run in turn, and ratios are taken within each round.

The one idea to know: on a shared machine absolute times drift by a factor of two, and everything that ran within the same
second drifts together; so the ratio of a round is worth more than the ratio of two medians.  Processor time counts,
because it does not see who else is running.
"""

from __future__ import annotations

import gc
import math
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

# Read by the libraries when they are first imported, so they have to be set before.
_ONE_THREAD = {
    "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "NUMEXPR_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false", "JAX_PLATFORMS": "cpu", "CUDA_VISIBLE_DEVICES": "",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds of wall and of processor time."""

    wall: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Variant:
    """One side of a comparison: ``run`` does the work once and says what it took; ``units`` of work it did."""

    name: str
    run: Callable[[], Spent]
    units: float = 1.0


@dataclass(frozen=True, slots=True)
class Timings:
    """What each variant took for one unit of work, round by round: name -> (rounds,)."""

    cpu: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    wall: Mapping[str, tuple[float, ...]] = field(default_factory=dict)

    def ratio(self, above: str, below: str, *, wall: bool = False) -> tuple[float, ...]:
        """``above`` over ``below`` in every round; infinite where the clock did not see ``below`` at all."""
        clock = self.wall if wall else self.cpu
        pairs = zip(clock[above], clock[below], strict=True)
        return tuple(one / other if other > 0 else math.inf for one, other in pairs)


def timed(work: Callable[[], object]) -> Callable[[], Spent]:
    """``work`` of this process as something that says what it took (all threads of the process together)."""

    def run() -> Spent:
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        return Spent(time.perf_counter() - wall, time.process_time() - cpu)

    return run


def interleave(variants: Sequence[Variant], rounds: int, warm_up: bool = True) -> Timings:
    """Run every variant once in each round, starting with another one each time; the first run of each is not counted."""
    if warm_up:
        for variant in variants:
            variant.run()
    cpu: dict[str, list[float]] = {variant.name: [] for variant in variants}
    wall: dict[str, list[float]] = {variant.name: [] for variant in variants}
    with _no_collection():
        for turn in range(rounds):
            first = turn % len(variants)
            for variant in (*variants[first:], *variants[:first]):
                spent = variant.run()
                cpu[variant.name].append(spent.cpu / variant.units)
                wall[variant.name].append(spent.wall / variant.units)
    return Timings({name: tuple(own) for name, own in cpu.items()}, {name: tuple(own) for name, own in wall.items()})


@contextmanager
def _no_collection() -> Iterator[None]:
    """The garbage of one variant is not collected on the time of another."""
    was = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def pin() -> str:
    """Bind this process and its children to one core and one thread each; before any numerical import.

    Returns in words what could be had.
    """
    os.environ.update(_ONE_THREAD)
    if not hasattr(os, "sched_setaffinity"):
        return "one thread (no core could be chosen)"
    core = max(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})
    return "one thread on one core"
