"""What a table of the report is: rows of measured numbers beside the required ones, and why they differ."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """One row: what was tried, what was measured, what the requirement says, and why the two differ."""

    label: str
    measured: str
    required: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A titled table; ``setup`` says how it was measured, with all counts."""

    title: str
    setup: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Effort:
    """The share of the requirement's number of runs that is spent."""

    share: float

    def of(self, full: int, least: int = 1) -> int:
        """How many runs stand for ``full``."""
        return max(least, round(self.share * full))

    def parts(self, full: int, size: int, least: int = 1) -> tuple[int, ...]:
        """``of(full)`` in pieces of at most ``size``: the pieces, and so the random numbers, do not depend on how many
        processes share them.
        """
        left = self.of(full, least)
        return tuple(min(size, left - done) for done in range(0, left, size))


@dataclass(frozen=True, slots=True)
class Plan:
    """A table to be measured: independent ``parts`` (picklable, each with its own seed) and what joins their results."""

    name: str
    parts: tuple[Callable[[], Any], ...]
    finish: Callable[[Sequence[Any]], Table]


def percent(part: float, whole: float) -> str:
    """``44 %``; one decimal under 10 %, ``0`` for none, a dash for nothing counted."""
    if whole == 0:
        return "-"
    share = 100 * part / whole
    if part == 0:
        return "0"
    return f"{share:.0f} %" if share >= 9.95 else f"{share:.2g} %"


def rate(part: int, whole: int) -> str:
    """A small probability with its standard error: ``2.5e-5 +- 1e-5``, or what a count of zero bounds it by (95 %, the
    rule of three).
    """
    if part == 0:
        return f"0 (< {3 / whole:.0e})".replace("e-0", "e-")
    share = part / whole
    error = math.sqrt(share * (1 - share) / whole)
    return f"{share:.2g} +- {error:.1g}".replace("e-0", "e-")


def accuracy(runs: int) -> str:
    """What a table of shares of ``runs`` runs says of its Monte Carlo error."""
    return f"One standard error of a share of {runs} runs is at most {percent(0.5, math.sqrt(runs))}."
