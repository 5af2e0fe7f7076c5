"""What a goal is, what was measured of it, and when it counts as met: the types that every benchmark shares.

The one idea to know: a goal is met only by numbers.  A part without a measurement is *not run*, whatever the reason, and a
goal with such a part is never met.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Literal


class Status(StrEnum):
    """What became of a part, or of a goal."""

    MET = "met"
    NOT_MET = "not met"
    NOT_RUN = "not run"
    SHOWN = "shown"  # a number beside the goal, which has no target


@dataclass(frozen=True, slots=True)
class Target:
    """``at_least`` or ``at_most`` a bound, in the unit of the part."""

    direction: Literal["at_least", "at_most"]
    bound: float

    def admits(self, value: float) -> bool:
        """Whether ``value`` reaches the target; what is no number does not."""
        return value >= self.bound if self.direction == "at_least" else value <= self.bound

    def __str__(self) -> str:
        return f"{'>=' if self.direction == 'at_least' else '<='} {number(self.bound)}"


def at_least(bound: float) -> Target:
    """The measured value has to be ``bound`` or more."""
    return Target("at_least", bound)


def at_most(bound: float) -> Target:
    """The measured value has to be ``bound`` or less."""
    return Target("at_most", bound)


@dataclass(frozen=True, slots=True)
class Result:
    """One number of a goal: its value in each round, or why there is none.

    ``what`` says which two things are compared, ``unit`` what the values are (``ratio``, ``boxes``, ...); ``note`` what a
    reader has to know to believe it, such as how far the two sides agree.  Without a ``target`` the number is only shown.
    """

    what: str
    target: Target | None
    values: tuple[float, ...] = ()
    not_run: str = ""
    note: str = ""
    unit: str = "ratio"

    def __post_init__(self) -> None:
        if bool(self.values) == bool(self.not_run):
            raise ValueError(f"{self.what}: expected either values or a reason why there are none")

    @property
    def status(self) -> Status:
        """Decided by the median over the rounds."""
        if not self.values:
            return Status.NOT_RUN
        if self.target is None:
            return Status.SHOWN
        return Status.MET if self.target.admits(self.median) else Status.NOT_MET

    @property
    def median(self) -> float:
        """The middle of the rounds; NaN where nothing ran."""
        return statistics.median(self.values) if self.values else float("nan")


@dataclass(frozen=True, slots=True)
class Goal:
    """A goal by its name: the sentence that promises it, and exactly what is timed for it."""

    name: str
    sentence: str
    measured_as: str


@dataclass(frozen=True, slots=True)
class Measured:
    """A goal with its numbers; ``seconds`` of processor time went into them, in this process and its children."""

    goal: Goal
    results: tuple[Result, ...]
    seconds: float = 0.0

    @property
    def status(self) -> Status:
        """Not met if any number misses its target; else not run if any is missing; else met."""
        found = {result.status for result in self.results if result.target is not None}
        for status in (Status.NOT_MET, Status.NOT_RUN, Status.MET):
            if status in found:
                return status
        return Status.NOT_RUN


@dataclass(frozen=True, slots=True)
class Settings:
    """How much to run: ``quick`` takes smaller sizes, ``rounds`` the number of interleaved rounds.

    ``peers`` is the folder with the environments of the peers, ``scratch`` one for files that nobody needs afterwards;
    ``whole`` also runs the library and the test suite.
    """

    scratch: Path
    quick: bool = False
    rounds: int = 7
    peers: Path | None = None
    whole: bool = False

    def sized(self, full: int, quick: int) -> int:
        """A size: ``full``, or the smaller one of a quick run."""
        return quick if self.quick else full


def not_run(whats: Sequence[tuple[str, Target | None]], reason: str) -> tuple[Result, ...]:
    """Results of parts that could not be measured, all for the same reason."""
    return tuple(Result(what, target, not_run=reason) for what, target in whats)


def number(value: float) -> str:
    """A number for a table: three digits, a power of ten where it is far from one."""
    if value == 0 or (1e-3 <= abs(value) < 1e5):
        return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
    return f"{value:.1e}".replace("e-0", "e-").replace("e+0", "e").replace("e+", "e")
