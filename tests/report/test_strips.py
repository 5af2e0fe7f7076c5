"""The picture of all intervals: inside the region is inside the green, and a rejected control lies outside."""

from __future__ import annotations

import math
from xml.etree import ElementTree

import pytest

from checker.report.strips import draw_strips, strips
from checker.result import CellResult, MeasureResult, PaperResult, Span
from checker.verdict import Verdict
from tests.report.report_sample import INF


def one_cell(measure: MeasureResult, interval: Span | None, inner: Span, outer: Span) -> MeasureResult:
    cell = CellResult(label="c", interval=interval, inner=inner, outer=outer, verdict=None)
    check = measure.checks[0].model_copy(update={"cells": (cell,)})
    return measure.model_copy(update={"checks": (check,), "controls": ()})


@pytest.fixture
def measure(paper: PaperResult) -> MeasureResult:
    return paper.claims[0].measures[0]


def test_claims_lie_inside_and_controls_outside(measure: MeasureResult) -> None:
    rows = strips(measure)
    assert [row.control for row in rows] == [False, True, False, True, False, False, True]
    for row in rows:
        inside = row.outer[0] <= row.lo <= row.hi <= row.outer[1]
        assert inside != row.control


def test_an_interval_outside_its_region_is_drawn_outside(measure: MeasureResult) -> None:
    (row,) = strips(one_cell(measure, Span(lo=1.2, hi=1.4), Span(lo=-0.5, hi=0.5), Span(lo=-1, hi=1)))
    assert (row.lo, row.hi, row.inner, row.outer) == (1.2, 1.4, (-0.5, 0.5), (-1, 1))


@pytest.mark.parametrize(
    ("lo", "hi", "outer_lo", "outer_hi"),
    [(0.1, 0.6, -INF, 2.5), (3.0, 4.0, 2.5, INF), (1.0, 1.0, 1.0, 1.0), (-INF, INF, 0.0, 1.0), (0.0, 0.0, -INF, 0.0)],
)
def test_one_sided_and_degenerate_regions_are_drawn(
    measure: MeasureResult, lo: float, hi: float, outer_lo: float, outer_hi: float
) -> None:
    region = Span(lo=outer_lo, hi=outer_hi)
    rows = strips(one_cell(measure, Span(lo=lo, hi=hi), region, region))
    svg = draw_strips(rows)
    inside = outer_lo <= lo <= hi <= outer_hi
    assert (rows[0].outer[0] <= rows[0].lo <= rows[0].hi <= rows[0].outer[1]) == inside
    shapes = [element.attrib for element in ElementTree.fromstring(svg).iter() if element.tag.endswith("}rect")]
    assert all(0 <= float(shape["x"]) <= 800 and 0 <= float(shape["width"]) <= 800 for shape in shapes)


def test_nothing_to_draw_gives_no_picture(measure: MeasureResult) -> None:
    everything = Span(lo=-INF, hi=INF)
    assert strips(one_cell(measure, None, everything, everything)) == ()
    assert strips(one_cell(measure, Span(lo=0, hi=1), everything, everything)) == ()
    assert strips(one_cell(measure, Span(lo=math.nan, hi=1), Span(lo=0, hi=1), Span(lo=0, hi=1))) == ()


def test_of_many_cells_the_one_nearest_the_edge_is_drawn(measure: MeasureResult) -> None:
    cells = tuple(
        CellResult(
            label=f"cell {k}",
            interval=Span(lo=-0.1, hi=0.9 if k == 7 else 0.1),
            inner=Span(lo=-0.5, hi=0.5),
            outer=Span(lo=-1, hi=1),
            verdict=Verdict.PASS,
        )
        for k in range(12)
    )
    check = measure.checks[0].model_copy(update={"cells": cells})
    rows = strips(measure.model_copy(update={"checks": (check,), "controls": ()}))
    assert [row.label for row in rows] == ["bound: cell 7"]
