"""The verdict of one run as a picture: every interval against its own region, controls below by the same rule.

The one idea: regions are scaled to one width, so exponents, limits and bounds share a page; the claim's intervals
should lie in the green, the controls' outside.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from checker.report.numerals import interval
from checker.report.svg import Canvas, wrap
from checker.result import CellResult, MeasureResult, Span

_WIDTH: Final = 800
_ROW: Final = 26
_TOP: Final = 44
_LEFT, _RIGHT, _REACH = 268.0, 612.0, 3.0
_MOST_CELLS: Final = 3
_MOST_ROWS: Final = 16
_GREEN: Final = "#009E73"
_CLAIM: Final = "#0072B2"
_CONTROL: Final = "#7A4FA3"


@dataclass(frozen=True, slots=True)
class Strip:
    """One interval in units in which the outer region ends at -1 and 1; an end that does not exist is infinite."""

    label: str
    text: str
    lo: float
    hi: float
    inner: tuple[float, float]
    outer: tuple[float, float]
    control: bool


def strips(measure: MeasureResult) -> tuple[Strip, ...]:
    """The rows of the picture: of each check its cells (of many the one nearest the edge), then its controls."""
    found: list[Strip] = []
    for check in measure.checks:
        mine = [(cell.interval, cell.outer) for cell in check.cells if cell.interval is not None]
        tried = [control for control in measure.controls if control.check == check.name]
        pairs = mine + [(c.interval, c.region) for c in tried if c.interval is not None and c.region is not None]
        distance = _distance(pairs)
        rows = [_of_cell(check.name, cell, distance) for cell in check.cells]
        drawn = [row for row in rows if row is not None]
        if len(drawn) > _MOST_CELLS:
            drawn = [max(drawn, key=lambda row: max(abs(row.lo), abs(row.hi)))]
        found += drawn
        for control in tried:
            if control.interval is not None and control.region is not None:
                label = f"control: {control.text}"
                row = _strip(label, control.interval, control.region, control.region, distance, True)
                found += [row] if row is not None else []
    return tuple(found[:_MOST_ROWS])


def draw_strips(rows: Sequence[Strip]) -> str:
    """The picture as an SVG document, one row an interval."""
    height = _TOP + _ROW * len(rows) + 34
    canvas = Canvas(_WIDTH, height)
    canvas.rect(0, 0, _WIDTH, height, 'rx="4" fill="#ffffff" stroke="#d0d7de"')
    canvas.text(
        (_WIDTH / 2, 24), "intervals against their regions, all scaled to one width", 13, anchor="middle", bold=True
    )
    for index, row in enumerate(rows):
        _draw_row(canvas, row, _TOP + _ROW * (index + 0.5))
    foot = height - 14.0
    for x, colour, words in (
        (_LEFT, _GREEN, "region (dark: inner)"),
        (_LEFT + 150, _CLAIM, "claim"),
        (_LEFT + 220, _CONTROL, "control"),
    ):
        opacity = "0.25" if colour == _GREEN else "1"
        canvas.rect(x, foot - 9, 12, 10, f'fill="{colour}" fill-opacity="{opacity}"')
        canvas.text((x + 17, foot), words, 11, fill="#333")
    return canvas.document("intervals against their regions", "; ".join(f"{row.label}: {row.text}" for row in rows))


def _draw_row(canvas: Canvas, row: Strip, middle: float) -> None:
    canvas.line((_LEFT, middle), (_RIGHT, middle), 'stroke="#e6e6e6"')
    regions = ((row.outer, "0.14"),) if row.control else ((row.outer, "0.14"), (row.inner, "0.16"))
    for (lo, hi), opacity in regions:
        start, end = _place(lo), _place(hi)
        canvas.rect(start, middle - 10, end - start, 20, f'fill="{_GREEN}" fill-opacity="{opacity}"')
    colour = _CONTROL if row.control else _CLAIM
    start, end = _place(row.lo), _place(row.hi)
    # A very short interval must stay visible.
    start, end = min(start, (start + end) / 2 - 1.5), max(end, (start + end) / 2 + 1.5)
    if row.lo <= _REACH and row.hi >= -_REACH:
        canvas.rect(start, middle - 3.5, end - start, 7, f'fill="{colour}"')
    for beyond, tip, back in ((row.lo < -_REACH, _LEFT, 9.0), (row.hi > _REACH, _RIGHT, -9.0)):
        if beyond:
            arrow = [(tip, middle), (tip + back, middle - 6), (tip + back, middle + 6)]
            canvas.path(arrow, f'fill="{colour}"', closed=True)
    for line in wrap(row.label, 11.5, _LEFT - 26, 1):
        canvas.text((_LEFT - 12, middle + 4), line, 11.5, anchor="end")
    for line in wrap(row.text, 11.5, _WIDTH - _RIGHT - 24, 1):
        canvas.text((_RIGHT + 14, middle + 4), line, 11.5, fill="#333")


def _place(value: float) -> float:
    share = (min(max(value, -_REACH), _REACH) + _REACH) / (2 * _REACH)
    return _LEFT + share * (_RIGHT - _LEFT)


def _of_cell(check: str, cell: CellResult, distance: float) -> Strip | None:
    if cell.interval is None:
        return None
    return _strip(f"{check}: {cell.label}", cell.interval, cell.inner, cell.outer, distance, False)


def _strip(label: str, span: Span, inner: Span, outer: Span, distance: float, control: bool) -> Strip | None:
    """Scale one row; ``None`` where nothing finite says where the region lies."""
    if math.isnan(span.lo) or math.isnan(span.hi) or math.isnan(outer.lo) or math.isnan(outer.hi):
        return None
    if math.isfinite(outer.lo) and math.isfinite(outer.hi):
        centre, unit = (outer.lo + outer.hi) / 2, (outer.hi - outer.lo) / 2
    elif math.isfinite(outer.hi):
        unit = distance
        centre = outer.hi - unit
    elif math.isfinite(outer.lo):
        unit = distance
        centre = outer.lo + unit
    else:
        return None
    if not 0 < unit < math.inf:
        unit = distance
    lo, hi, inner_lo, inner_hi, outer_lo, outer_hi = (
        (value - centre) / unit for value in (span.lo, span.hi, inner.lo, inner.hi, outer.lo, outer.hi)
    )
    return Strip(label, interval(span), lo, hi, (inner_lo, inner_hi), (outer_lo, outer_hi), control)


def _distance(pairs: Sequence[tuple[Span | None, Span | None]]) -> float:
    """The unit of one-sided regions: the furthest that any interval of the check lies from its bound, halved."""
    furthest = 0.0
    for span, outer in pairs:
        if span is None or outer is None:
            continue
        for bound in (outer.lo, outer.hi):
            furthest = max([furthest, *(abs(end - bound) for end in (span.lo, span.hi) if math.isfinite(end - bound))])
    return furthest / 2 if furthest > 0 else 1.0
