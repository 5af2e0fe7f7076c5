"""A small SVG writer: shapes and text with the same bytes for the same input, and text that knows about how wide it is.

Written by hand because a plotting library costs half a second to import and puts dates, ids and its own version into
the file, while a report must change only when its content does.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, Literal

from checker.report.escape import clean, clip, html

FONT: Final = "Helvetica, Arial, 'DejaVu Sans', sans-serif"
_NARROW: Final = frozenset("iljtfrI.,:;'!|()[]/ ")
_WIDE: Final = frozenset("mwMWGOQ@%→∞≤≥")

_BREAKS: Final = re.compile(r"[^\s*/+,)=_-]*[\s*/+,)=_-]+|[^\s*/+,)=_-]+")

Point = tuple[float, float]


def coordinate(value: float) -> str:
    """Pixels with at most two decimals."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def text_width(text: str, size: float) -> float:
    """About how many pixels a line takes, on the wide side: fonts differ between machines."""
    units = sum(0.34 if c in _NARROW else 0.92 if c in _WIDE else 0.7 if c.isupper() else 0.6 for c in text)
    return units * size


def wrap(text: str, size: float, width: float, lines: int) -> list[str]:
    """Cleaned text in at most ``lines`` lines of ``width`` pixels; what does not fit is cut with an ellipsis."""
    # Formulas have few spaces: they may be broken after an operator too.
    words = [piece for word in _BREAKS.findall(clean(text)) for piece in _pieces(word, size, width)]
    wrapped: list[str] = []
    for word in words:
        if wrapped and text_width((wrapped[-1] + word).rstrip(), size) <= width:
            wrapped[-1] += word
        else:
            wrapped.append(word)
    wrapped = [line.strip() for line in wrapped]
    if len(wrapped) > lines:
        last = wrapped[lines - 1]
        while last and text_width(last + "…", size) > width:
            last = last[:-1]
        wrapped = [*wrapped[: lines - 1], last + "…"]
    return wrapped


def _pieces(word: str, size: float, width: float) -> list[str]:
    """A word cut where it is wider than the line."""
    pieces = [""]
    for character in clip(word, 400):
        if pieces[-1] and text_width(pieces[-1] + character, size) > width:
            pieces.append("")
        pieces[-1] += character
    return pieces


class Canvas:
    """Elements in drawing order; ``document`` puts the page around them."""

    def __init__(self, width: int, height: int) -> None:
        self.width = width
        self.height = height
        self._elements: list[str] = []

    def rect(self, x: float, y: float, width: float, height: float, style: str) -> None:
        """A box from its upper left corner."""
        self._add("rect", f"x={_q(x)} y={_q(y)} width={_q(width)} height={_q(height)} {style}")

    def line(self, start: Point, end: Point, style: str) -> None:
        """A straight line."""
        self._add("line", f"x1={_q(start[0])} y1={_q(start[1])} x2={_q(end[0])} y2={_q(end[1])} {style}")

    def path(self, points: Sequence[Point], style: str, *, closed: bool = False) -> None:
        """Straight lines through ``points``."""
        steps = "L".join(f"{coordinate(x)} {coordinate(y)}" for x, y in points)
        self._add("path", f'd="M{steps}{"Z" if closed else ""}" {style}')

    def marker(self, shape: int, centre: Point, size: float, style: str) -> None:
        """Disc, square, triangle or diamond, by number."""
        x, y = centre
        if shape % 4 == 0:
            self._add("circle", f"cx={_q(x)} cy={_q(y)} r={_q(size)} {style}")
        elif shape % 4 == 1:
            self.rect(x - size, y - size, 2 * size, 2 * size, style)
        elif shape % 4 == 2:
            height = 1.2 * size
            self.path([(x, y - height), (x + height, y + size), (x - height, y + size)], style, closed=True)
        else:
            reach = 1.35 * size
            self.path([(x, y - reach), (x + reach, y), (x, y + reach), (x - reach, y)], style, closed=True)

    def text(
        self,
        at: Point,
        text: str,
        size: float,
        *,
        anchor: Literal["start", "middle", "end"] = "start",
        fill: str = "#222",
        bold: bool = False,
        upright: bool = True,
    ) -> None:
        """One line of text; ``upright=False`` turns it a quarter to the left around ``at``."""
        attributes = f'x={_q(at[0])} y={_q(at[1])} font-size={_q(size)} fill="{fill}"'
        if anchor != "start":
            attributes += f' text-anchor="{anchor}"'
        if bold:
            attributes += ' font-weight="bold"'
        if not upright:
            attributes += f' transform="rotate(-90 {coordinate(at[0])} {coordinate(at[1])})"'
        self._elements.append(f"<text {attributes}>{html(text)}</text>")

    def open_clip(self, x: float, y: float, width: float, height: float) -> None:
        """Everything until ``close_clip`` is cut at this box; one box a document."""
        self._elements.append(
            f'<clipPath id="frame"><rect x={_q(x)} y={_q(y)} width={_q(width)} height={_q(height)}/></clipPath>'
            '\n<g clip-path="url(#frame)">'
        )

    def close_clip(self) -> None:
        """End what ``open_clip`` began."""
        self._elements.append("</g>")

    def document(self, title: str, description: str) -> str:
        """The whole file; ``title`` and ``description`` are what a screen reader says."""
        body = "\n".join(self._elements)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" width="{self.width}" '
            f'height="{self.height}" role="img" font-family="{FONT}">\n'
            f"<title>{html(title)}</title>\n<desc>{html(description)}</desc>\n{body}\n</svg>\n"
        )

    def _add(self, tag: str, attributes: str) -> None:
        self._elements.append(f"<{tag} {attributes}/>")


def _q(value: float) -> str:
    return f'"{coordinate(value)}"'
