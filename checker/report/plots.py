"""Plots: from a ``Figure`` (curves with roles) to an SVG that tells at a glance whether the data do what was claimed.

Every role has one look in all reports: measured points blue on top, the claim a broad orange line under them, regions
green bands, controls dashed, bounds dash-dotted.  Colours are Okabe and Ito's, told apart without red-green vision; the
panel is white, so the plot reads on light and dark pages.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from checker.report.axes import Axis, make_axis
from checker.report.series import Drawable, Series, Spot, drawable, thinned, x_range, y_range
from checker.report.svg import Canvas, Point, text_width, wrap
from checker.result import Figure

_WIDTH: Final = 800
_HEIGHT: Final = 420
_LEGEND: Final = 196
_MOST_MARKERS: Final = 60

_MEASURED: Final = ("#0072B2", "#56B4E9", "#CC79A7", "#009E73", "#E69F00")
_CLAIMED: Final = ("#D55E00", "#8C3D00")
_CONTROLS: Final = ("#7A4FA3", "#555555", "#A6761D", "#B2182B", "#1B7837")
_DASHES: Final = ("7 4", "2 3", "9 3 2 3", "12 4", "4 2 1 2")
_REGION: Final = "#009E73"
_BOUND: Final = "#111111"
_WORDS: Final = {
    "observable": "measured",
    "prediction": "claimed",
    "control": "control",
    "region": "region",
    "interval": "interval",
    "bound": "bound",
}
_LAYERS: Final = ("region", "prediction", "bound", "control", "observable", "interval")


def draw(figure: Figure) -> str:
    """The plot as an SVG document: the same bytes for the same figure, no ids, dates or fonts of the machine."""
    view = drawable(figure)
    canvas = Canvas(_WIDTH, _HEIGHT)
    canvas.rect(0, 0, _WIDTH, _HEIGHT, 'rx="4" fill="#ffffff" stroke="#d0d7de"')
    title = wrap(figure.title, 14.5, _WIDTH - 60, 2)
    for index, line in enumerate(title):
        canvas.text((_WIDTH / 2, 25 + 18 * index), line, 14.5, anchor="middle", bold=True)
    top = 22.0 + 18 * len(title)
    bottom = _HEIGHT - (76.0 if view.notes else 58.0)
    right = _WIDTH - _LEGEND - 26.0
    y_axis = make_axis(*y_range(view), view.y_log, bottom, top, 6)
    left = 50.0 + max((text_width(tick.label, 11.5) for tick in y_axis.ticks), default=0.0)
    x_axis = make_axis(*x_range(view), view.x_log, left, right, 7)
    _frame(canvas, figure, x_axis, y_axis)
    canvas.open_clip(left, top, right - left, bottom - top)
    looks = _looks(view)
    for role in _LAYERS:
        for one, look in zip(view.series, looks, strict=True):
            if one.role == role:
                _draw_series(canvas, one, look, x_axis, y_axis)
    canvas.close_clip()
    if not view.series:
        canvas.text(((left + right) / 2, (top + bottom) / 2), "no points to draw", 13, anchor="middle", fill="#666")
    canvas.rect(left, top, right - left, bottom - top, 'fill="none" stroke="#555" stroke-width="1"')
    _legend(canvas, view, looks, y_axis, right + 18, top + 8)
    if view.notes:
        canvas.text((14, _HEIGHT - 10), "; ".join(view.notes), 10.5, fill="#666")
    return canvas.document(figure.title, f"{figure.y_label} against {figure.x_label}")


class _Look:
    """How one curve is drawn: colour, marker, dashes, from its role and its place among the curves of that role."""

    __slots__ = ("colour", "dashes", "place")

    def __init__(self, role: str, place: int) -> None:
        colours: Sequence[str] = {
            "observable": _MEASURED,
            "prediction": _CLAIMED,
            "control": _CONTROLS,
            "interval": ("#111111",),
            "bound": (_BOUND,),
            "region": (_REGION,),
        }[role]
        self.place = place
        self.colour = colours[place % len(colours)]
        self.dashes = {"control": _DASHES[place % len(_DASHES)], "bound": "10 4 2 4"}.get(role, "")


def _looks(view: Drawable) -> list[_Look]:
    counts: dict[str, int] = {}
    looks: list[_Look] = []
    for one in view.series:
        looks.append(_Look(one.role, counts.get(one.role, 0)))
        counts[one.role] = counts.get(one.role, 0) + 1
    return looks


def _frame(canvas: Canvas, figure: Figure, x_axis: Axis, y_axis: Axis) -> None:
    left, right, bottom, top = x_axis.start, x_axis.end, y_axis.start, y_axis.end
    for value in y_axis.minor:
        height = y_axis.position(value)
        canvas.line((left, height), (left + 4, height), 'stroke="#888"')
    for value in x_axis.minor:
        place = x_axis.position(value)
        canvas.line((place, bottom), (place, bottom - 4), 'stroke="#888"')
    for tick in y_axis.ticks:
        height = y_axis.position(tick.value)
        canvas.line((left, height), (right, height), 'stroke="#e6e6e6"')
        canvas.text((left - 7, height + 4), tick.label, 11.5, anchor="end", fill="#333")
    last = -1e9
    for tick in x_axis.ticks:
        place = x_axis.position(tick.value)
        canvas.line((place, top), (place, bottom), 'stroke="#e6e6e6"')
        half = text_width(tick.label, 11.5) / 2
        if place - half > last + 4:
            canvas.text((place, bottom + 17), tick.label, 11.5, anchor="middle", fill="#333")
            last = place + half
    if x_axis.factor:
        canvas.text((right, bottom + 33), x_axis.factor, 11, anchor="end", fill="#333")
    if y_axis.factor:
        canvas.text((left, top - 5), y_axis.factor, 11, fill="#333")
    for line in wrap(figure.x_label, 12.5, right - left - 60, 1):
        canvas.text(((left + right) / 2, bottom + 37), line, 12.5, anchor="middle")
    lines = wrap(figure.y_label, 12.5, bottom - top, 1)
    for line in lines:
        canvas.text((22, (top + bottom) / 2), line, 12.5, anchor="middle", upright=False)


def _draw_series(canvas: Canvas, one: Series, look: _Look, x_axis: Axis, y_axis: Axis) -> None:
    if one.role == "interval":
        for spot in one.spots():
            _error_bar(canvas, spot, x_axis, y_axis)
        return
    for run in one.runs:
        spots = thinned(run)
        if one.joined:
            _band(canvas, one.role, spots, look, x_axis, y_axis)
        else:
            for spot in spots:
                _band(canvas, one.role, [spot], look, x_axis, y_axis)
        points = [(x_axis.position(s.x), y_axis.position(s.y)) for s in spots if s.y is not None]
        if one.role == "region" or not points:
            continue
        if len(points) > 1 and one.joined:
            canvas.path(points, _stroke(one.role, look))
        if not one.joined or (one.role == "observable" and len(points) <= _MOST_MARKERS):
            for point in points:
                canvas.marker(look.place, point, 3.6, f'fill="{look.colour}" stroke="#fff" stroke-width="0.8"')
        elif len(points) == 1:
            canvas.marker(3, points[0], 4.5, f'fill="none" stroke="{look.colour}" stroke-width="2"')


def _stroke(role: str, look: _Look) -> str:
    width = {"prediction": "5", "observable": "1.6", "bound": "1.6"}.get(role, "1.8")
    dashes = f' stroke-dasharray="{look.dashes}"' if look.dashes else ""
    fade = ' stroke-opacity="0.6"' if role == "prediction" else ""
    return f'fill="none" stroke="{look.colour}" stroke-width="{width}" stroke-linejoin="round"{fade}{dashes}'


def _band(canvas: Canvas, role: str, spots: Sequence[Spot], look: _Look, x_axis: Axis, y_axis: Axis) -> None:
    edges = [(s.x, s.low, s.high) for s in spots if s.low is not None and s.high is not None]
    if not edges:
        return
    upper: list[Point] = [(x_axis.position(x), _edge(y_axis, high)) for x, _, high in edges]
    lower: list[Point] = [(x_axis.position(x), _edge(y_axis, low)) for x, low, _ in edges]
    if role == "region" and len(edges) == 1:
        # One value of x says that the region holds along the whole axis.
        upper = [(x_axis.start, upper[0][1]), (x_axis.end, upper[0][1])]
        lower = [(x_axis.start, lower[0][1]), (x_axis.end, lower[0][1])]
    opacity = "0.12" if role == "region" else "0.2"
    if len(upper) > 1:
        style = f'fill="{look.colour}" fill-opacity="{opacity}"'
        canvas.path([*upper, *reversed(lower)], style, closed=True)
        if role == "region":
            for edge in (upper, lower):
                canvas.path(edge, f'fill="none" stroke="{look.colour}" stroke-opacity="0.5"')
    else:
        canvas.line(upper[0], lower[0], f'stroke="{look.colour}" stroke-width="3" stroke-opacity="0.4"')


def _error_bar(canvas: Canvas, spot: Spot, x_axis: Axis, y_axis: Axis) -> None:
    place = x_axis.position(spot.x)
    style = 'stroke="#111111" stroke-width="1.5"'
    if spot.low is not None and spot.high is not None:
        low, high = _edge(y_axis, spot.low), _edge(y_axis, spot.high)
        canvas.line((place, low), (place, high), style)
        for height in (low, high):
            canvas.line((place - 5, height), (place + 5, height), style)
    if spot.y is not None:
        canvas.marker(0, (place, y_axis.position(spot.y)), 2.6, 'fill="#111111"')


def _edge(axis: Axis, value: float) -> float:
    """Pixels of the end of a band: infinite ends, and ends at or below zero on a log axis, go past the frame."""
    if (axis.log and value <= 0) or value == float("-inf"):
        return axis.start + 0.5 * (axis.start - axis.end)
    if value == float("inf"):
        return axis.end - 0.5 * (axis.start - axis.end)
    return axis.position(value)


def _legend(canvas: Canvas, view: Drawable, looks: Sequence[_Look], y_axis: Axis, x: float, y: float) -> None:
    lines_each = 3 if len(view.series) <= 5 else 2
    for one, look in zip(view.series, looks, strict=True):
        _swatch(canvas, one.role, one.joined, look, x, y)
        word = _WORDS[one.role]
        label = one.label if one.label.casefold().startswith(word) else f"{word}: {one.label}"
        label += _off_the_plot(one, y_axis)
        lines = wrap(label, 11.5, _LEGEND - 42, lines_each)
        for index, line in enumerate(lines):
            canvas.text((x + 36, y + 4 + 14 * index), line, 11.5)
        y += 14 * len(lines) + 9


def _swatch(canvas: Canvas, role: str, joined: bool, look: _Look, x: float, y: float) -> None:
    middle = (x + 13, y)
    if role == "region":
        style = f'fill="{look.colour}" fill-opacity="0.12" stroke="{look.colour}" stroke-opacity="0.45"'
        canvas.rect(x, y - 6, 26, 12, style)
    elif role == "interval":
        canvas.line((x + 13, y - 7), (x + 13, y + 7), 'stroke="#111111" stroke-width="1.5"')
        for height in (y - 7, y + 7):
            canvas.line((x + 8, height), (x + 18, height), 'stroke="#111111" stroke-width="1.5"')
    else:
        if joined:
            canvas.line((x, y), (x + 26, y), _stroke(role, look))
        if role == "observable" or not joined:
            canvas.marker(look.place, middle, 3.6, f'fill="{look.colour}" stroke="#fff" stroke-width="0.8"')


def _off_the_plot(one: Series, axis: Axis) -> str:
    """Which way a curve lies that has no point inside the frame."""
    heights = [v for spot in one.spots() for v in (spot.y, spot.low, spot.high) if v is not None]
    if one.role != "control" or not heights:
        return ""
    if min(heights) > axis.hi:
        return " (above the plot)"
    return " (below the plot)" if max(heights) < axis.lo else ""
