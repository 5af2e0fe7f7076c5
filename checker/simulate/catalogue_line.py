"""Points on the line and the hinge functions of a net on them: what a claim may ask for.

Light on purpose (pydantic only); the computation is in ``line.py``.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field, model_validator

from checker.simulate.leaves import Component, Count, Number, Whole

MAX_HINGES = 4_000_000
"""The most entries of one matrix of hinge functions."""


class LineData(Component):
    """Points on the line from ``first`` to ``last``, evenly spaced, each moved by at most ``jitter`` times the spacing
    (under 1/2, so that they stay in ascending order); labels standard normal and independent of them.

    Published beside X (one column) and y: ``knots`` at every point and at ``between`` even places in every gap,
    ``right`` with [x_n - knot_m]_+, ``left`` with [knot_m - x_n]_+, and ``chords``: chords @ v are the slopes between
    neighbouring points of values v at the points.
    """

    COUNTS: ClassVar[frozenset[str]] = frozenset({"points"})
    kind: Literal["line"]
    points: Count
    first: Number
    last: Number
    jitter: float = Field(default=0.0, ge=0, lt=0.5)
    between: Whole = 0

    @model_validator(mode="after")
    def _sizes(self) -> LineData:
        if isinstance(self.first, float | int) and isinstance(self.last, float | int) and not self.first < self.last:
            raise ValueError(f"expected first < last, found {self.first:g} and {self.last:g}")
        if not 0 <= self.between <= 1000:
            raise ValueError(f"between: expected 0 to 1000, found {self.between}")
        if isinstance(self.points, int):
            if self.points < 2:
                raise ValueError(f"points: expected at least 2, found {self.points}")
            entries = self.points * hinges(self.points, self.between)
            if entries > MAX_HINGES:
                needed = entries * 8 / 2**20
                raise ValueError(f"{entries} entries of hinges ({needed:.0f} MiB); the limit is {MAX_HINGES}")
        return self


def hinges(points: int, between: int) -> int:
    """How many knots there are."""
    return points + between * (points - 1)
