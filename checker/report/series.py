"""Curves made drawable: what a scale cannot show is dropped and counted, and the range of each axis is chosen.

The one idea: the range follows the data and what was claimed of them.  A control may widen it a little, but a control
ten times off must not press the data into a line; the legend then says on which side it lies.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from checker.report.axes import padded
from checker.result import Curve, Figure

MOST_CURVES: Final = 8
_MOST_POINTS: Final = 300
_LARGEST: Final = 1e300
_BANDS: Final = ("region", "interval")
_PRIORITY: Final = ("observable", "prediction", "bound", "region", "interval", "control")


@dataclass(frozen=True, slots=True)
class Spot:
    """One point of a curve; ``low`` and ``high`` may be infinite (a one-sided region), ``y`` is ``None`` for a band."""

    x: float
    y: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Series:
    """A curve in unbroken runs; a point that was dropped breaks the line, so that no gap is drawn over."""

    label: str
    role: str
    runs: tuple[tuple[Spot, ...], ...]
    joined: bool

    def spots(self) -> Iterable[Spot]:
        """All of its points, breaks ignored."""
        return (spot for run in self.runs for spot in run)


@dataclass(frozen=True, slots=True)
class Drawable:
    """What is left of a figure to draw, on which scales, and what a reader must know of the rest."""

    series: tuple[Series, ...]
    x_log: bool
    y_log: bool
    notes: tuple[str, ...]


def drawable(figure: Figure) -> Drawable:
    """The curves worth drawing, at most ``MOST_CURVES``; a log axis without a positive value becomes linear."""
    notes: list[str] = []
    ranked = sorted(range(len(figure.curves)), key=lambda i: (_PRIORITY.index(figure.curves[i].role), i))
    kept = [figure.curves[i] for i in sorted(ranked[:MOST_CURVES])]
    if len(figure.curves) > MOST_CURVES:
        notes.append(f"{len(figure.curves) - MOST_CURVES} more curves not drawn")
    x_log, y_log = figure.x_log, figure.y_log
    if x_log and not any(_usable(x, True) for curve in kept for x in curve.x):
        x_log = False
        notes.append("no positive value for a log x axis")
    if y_log and not any(_usable(y, True) for curve in kept for y in (*curve.y, *curve.y_high)):
        y_log = False
        notes.append("no positive value for a log y axis")
    dropped: dict[str, int] = {}
    series = [_series(curve, x_log, y_log, dropped) for curve in kept]
    notes += [f"{count} {'point' if count == 1 else 'points'} dropped: {why}" for why, count in sorted(dropped.items())]
    return Drawable(tuple(one for one in series if one.runs), x_log, y_log, tuple(notes))


def x_range(view: Drawable) -> tuple[float, float]:
    """The padded range of all x; ``lo < hi``."""
    values = [spot.x for one in view.series for spot in one.spots()]
    return padded(min(values, default=1.0), max(values, default=1.0), view.x_log, 0.04)


def y_range(view: Drawable) -> tuple[float, float]:
    """The padded range of what was measured and claimed, widened for controls that lie near; ``lo < hi``."""
    core = [v for one in view.series if one.role != "control" for v in _heights(one, view.y_log)]
    controls = [
        [_scaled(v, view.y_log) for v in _heights(one, view.y_log)] for one in view.series if one.role == "control"
    ]
    if not core:
        every = [v for one in view.series for v in _heights(one, view.y_log)]
        return padded(min(every, default=1.0), max(every, default=1.0), view.y_log)
    lo, hi = _scaled(min(core), view.y_log), _scaled(max(core), view.y_log)
    # Equal heights have no span of their own; a control within 20 % of them is still near.
    span = hi - lo if hi > lo else (1.0 if view.y_log else 0.1 * max(abs(lo), 1e-300))
    low, high = lo, hi
    for heights in controls:
        above = min((h - hi for h in heights), default=math.inf)
        below = min((lo - h for h in heights), default=math.inf)
        if max(above, below) > 3 * span:
            continue
        low = min(low, max(min(heights), lo - max(0.4 * span, 1.05 * below)))
        high = max(high, min(max(heights), hi + max(0.4 * span, 1.05 * above)))
    if view.y_log:
        low, high = 10.0**low, 10.0**high
    return padded(low, high, view.y_log)


def thinned(run: Sequence[Spot]) -> Sequence[Spot]:
    """At most about ``_MOST_POINTS`` spots that look the same: of each stretch the ends, the lowest and the highest."""
    if len(run) <= _MOST_POINTS:
        return run
    size = math.ceil(4 * len(run) / _MOST_POINTS)
    kept: list[Spot] = []
    for start in range(0, len(run), size):
        stretch = range(start, min(start + size, len(run)))
        lowest = min(stretch, key=lambda i: _height(run[i]))
        highest = max(stretch, key=lambda i: _height(run[i]))
        kept += [run[i] for i in sorted({stretch[0], lowest, highest, stretch[-1]})]
    return kept


def _series(curve: Curve, x_log: bool, y_log: bool, dropped: dict[str, int]) -> Series:
    runs: list[list[Spot]] = [[]]
    banded = len(curve.y_low) == len(curve.x) == len(curve.y_high)
    for index, x in enumerate(curve.x):
        y = curve.y[index] if index < len(curve.y) else math.nan
        low, high = (curve.y_low[index], curve.y_high[index]) if banded else (None, None)
        spot, why = _spot(curve.role, x, y, low, high, x_log, y_log)
        if spot is not None:
            runs[-1].append(spot)
        else:
            dropped[why] = dropped.get(why, 0) + 1
            runs.append([])
    return Series(curve.label, curve.role, tuple(tuple(run) for run in runs if run), curve.joined)


def _spot(
    role: str, x: float, y: float, low: float | None, high: float | None, x_log: bool, y_log: bool
) -> tuple[Spot | None, str]:
    if not _usable(x, x_log):
        return None, _why(x)
    band = low is not None and high is not None and not math.isnan(low) and not math.isnan(high) and low <= high
    if band and y_log and high is not None and high <= 0:
        band = False
    edges = (low, high) if band else (None, None)
    if role in _BANDS and band:
        return Spot(x, y if _usable(y, y_log) and role == "interval" else None, *edges), ""
    if role == "region" or not _usable(y, y_log):
        return None, _why(y)
    return Spot(x, y, *edges), ""


def _why(value: float) -> str:
    if not math.isfinite(value):
        return "not finite"
    return "too large to draw" if abs(value) >= _LARGEST else "not positive on a log axis"


def _heights(one: Series, log: bool) -> list[float]:
    values = [v for spot in one.spots() for v in (spot.y, spot.low, spot.high) if v is not None]
    return [v for v in values if _usable(v, log)]


def _height(spot: Spot) -> float:
    return spot.y if spot.y is not None else (spot.high if spot.high is not None else 0.0)


def _usable(value: float, log: bool) -> bool:
    return abs(value) < _LARGEST and (value > 0 or not log)


def _scaled(value: float, log: bool) -> float:
    return math.log10(value) if log else value
