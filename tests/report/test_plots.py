"""Plots: well-formed, the same bytes each time, and sensible for data that a plotting library would choke on."""

from __future__ import annotations

import math
import re
from xml.etree import ElementTree

import pytest

from checker.report.axes import make_axis, padded
from checker.report.plots import draw
from checker.report.series import drawable, y_range
from checker.report.svg import text_width, wrap
from checker.result import Curve, Figure
from tests.report.report_sample import RADII, limit_check, rate_check
from tests.report.test_escape import HOSTILE

SVG = "{http://www.w3.org/2000/svg}"
ALLOWED = {SVG + tag for tag in ("svg", "title", "desc", "rect", "line", "path", "circle", "text", "g", "clipPath")}


def figure(*curves: Curve, x_log: bool = False, y_log: bool = False, title: str = "t", label: str = "x") -> Figure:
    return Figure(title=title, x_label=label, y_label=label, x_log=x_log, y_log=y_log, curves=curves)


def curve(x: tuple[float, ...], y: tuple[float, ...], role: str = "observable", **more: object) -> Curve:
    return Curve.model_validate({"label": role, "role": role, "x": x, "y": y, **more})


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter(SVG + "text")]


def coordinates(svg: str) -> list[float]:
    found = re.findall(r'(?:x1|x2|y1|y2|cx|cy|x|y)="(-?[\d.]+)"', svg)
    found += [number for path in re.findall(r' d="M([^"]*)"', svg) for number in re.findall(r"-?[\d.]+", path)]
    return [float(number) for number in found]


DEGENERATE = {
    "none": figure(),
    "empty": figure(curve((), ())),
    "one point": figure(curve((1.0,), (2.0,))),
    "all equal": figure(curve((1.0, 2.0, 3.0), (5.0, 5.0, 5.0))),
    "all zero": figure(curve((0.0, 0.0), (0.0, 0.0)), x_log=True, y_log=True),
    "negative on log": figure(curve((1.0, 10.0, 100.0), (-1.0, 0.0, 3.0)), x_log=True, y_log=True),
    "not finite": figure(curve((1.0, 2.0, math.nan, 4.0), (math.inf, math.nan, 1.0, -math.inf))),
    "huge": figure(curve((1.0, 2.0), (1e308, -1e308))),
    "huge on log": figure(curve((1e-307, 1e307), (1e-300, 1e308)), x_log=True, y_log=True),
    "tiny": figure(curve((1.0, 2.0), (5e-324, 1e-310))),
    "nearly equal": figure(curve((1.0, 2.0), (0.1 + 0.2, 0.3))),
    "lengths differ": figure(curve((1.0, 2.0, 3.0), (1.0, 2.0))),
    "infinite region": figure(
        curve((1.0, 2.0), (1.0, 2.0)),
        curve((1.0, 2.0), (), "region", y_low=(-math.inf, -math.inf), y_high=(math.inf, math.inf)),
    ),
    "region at or below zero on log": figure(
        curve((1.0, 2.0), (1.0, 2.0)), curve((1.0, 2.0), (), "region", y_low=(-1.0, 0.0), y_high=(3.0, 3.0)), y_log=True
    ),
    "controls only": figure(curve((1.0, 2.0), (1.0, 2.0), "control")),
}


@pytest.mark.parametrize("name", DEGENERATE)
def test_degenerate_data_give_a_plot(name: str) -> None:
    svg = draw(DEGENERATE[name])
    assert {element.tag for element in ElementTree.fromstring(svg).iter()} <= ALLOWED
    assert all(math.isfinite(value) and abs(value) < 1e5 for value in coordinates(svg))
    assert "nan" not in svg.lower().replace("dominant", "")


def test_same_figure_same_bytes() -> None:
    first, second = limit_check().figure, limit_check().figure
    assert first is not None
    assert second is not None
    assert draw(first) == draw(second)


def test_what_a_scale_cannot_show_is_counted() -> None:
    assert "2 points dropped: not positive on a log axis" in " ".join(texts(draw(DEGENERATE["negative on log"])))
    assert "4 points dropped: not finite" in " ".join(texts(draw(DEGENERATE["not finite"])))
    assert "2 points dropped: too large to draw" in " ".join(texts(draw(DEGENERATE["huge"])))
    assert "no points to draw" in texts(draw(figure()))


def test_a_dropped_point_breaks_the_line() -> None:
    view = drawable(figure(curve((1.0, 2.0, 3.0, 4.0), (1.0, 2.0, math.nan, 4.0))))
    assert [len(run) for run in view.series[0].runs] == [2, 1]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_labels_stay_text(text: str) -> None:
    svg = draw(figure(Curve(label=text, role="control", x=(1.0,), y=(1.0,)), title=text, label=text))
    root = ElementTree.fromstring(svg)
    assert {element.tag for element in root.iter()} <= ALLOWED
    attributes = {name for element in root.iter() for name in element.attrib}
    assert not any(name.startswith("on") or "href" in name or name == "style" for name in attributes)
    svg.encode("utf-8")


def test_long_labels_stay_in_their_place() -> None:
    long = "gap - log(max(svm.alpha/sum(svm.alpha))) - entropy(p) " * 4 + "x" * 300
    svg = draw(figure(*(curve((1.0, 2.0), (1.0, 2.0), label=long) for _ in range(8)), title=long, label=long))
    for element in ElementTree.fromstring(svg).iter(SVG + "text"):
        size, x, y = (float(element.attrib[name]) for name in ("font-size", "x", "y"))
        width = text_width(element.text or "", size)
        anchor = element.attrib.get("text-anchor", "start")
        if "transform" in element.attrib:
            assert y + width / 2 <= 420
            continue
        assert x + width * {"start": 1.0, "middle": 0.5, "end": 0.0}[anchor] <= 800
        assert 0 <= y <= 420


def test_too_many_curves_are_counted_and_the_measured_one_is_kept() -> None:
    curves = [curve((1.0, 2.0), (1.0, float(k)), "control") for k in range(10)]
    svg = draw(figure(*curves, curve((1.0, 2.0), (1.0, 2.0))))
    assert "3 more curves not drawn" in texts(svg)
    assert "observable" in "".join(texts(svg))


def test_long_curves_are_thinned_without_losing_a_spike() -> None:
    x = tuple(float(k) for k in range(100_000))
    y = tuple(100.0 if k == 77_777 else math.sin(k / 1e4) for k in range(100_000))
    svg = draw(figure(curve(x, y)))
    assert len(svg) < 20_000
    heights = [float(pair.split()[1]) for pair in re.findall(r' d="M([^"]*)"', svg)[0].split("L")]
    assert min(heights) < min(sorted(heights)[1:]) - 100


def test_a_far_control_does_not_flatten_the_data() -> None:
    near = figure(curve((1.0, 2.0), (1.0, 2.0)), curve((1.0, 2.0), (2.5, 2.5), "control"))
    far = figure(curve((1.0, 2.0), (1.0, 2.0)), curve((1.0, 2.0), (50.0, 60.0), "control"))
    assert y_range(drawable(near))[1] > 2.5
    assert y_range(drawable(far))[1] < 2.5
    assert any("above the" in text for text in texts(draw(far)))
    assert not any("above the" in text for text in texts(draw(near)))


def test_a_control_near_equal_data_is_shown() -> None:
    lo, hi = y_range(drawable(figure(curve((1.0, 2.0), (0.5, 0.5)), curve((1.0,), (0.55,), "control"))))
    assert lo < 0.5 < 0.55 < hi


def test_log_axis_has_decades_and_minor_ticks() -> None:
    axis = make_axis(20.0, 2e5, True, 0.0, 100.0, 7)
    assert [tick.label for tick in axis.ticks] == ["10²", "10³", "10⁴", "10⁵"]
    assert 30.0 in axis.minor
    assert axis.position(100.0) == pytest.approx(100 * math.log10(5) / 4)


@pytest.mark.parametrize(
    ("lo", "hi", "log", "labels"),
    [
        (-0.1, 0.52, False, ["-0.1", "0", "0.1", "0.2", "0.3", "0.4", "0.5"]),
        (0.9, 1.1, False, ["0.9", "0.95", "1", "1.05", "1.1"]),
        (1e6, 5e6, False, ["1", "2", "3", "4", "5"]),
        (2e-5, 6e-5, False, ["2", "3", "4", "5", "6"]),
        (1.0, 1000.0, True, ["1", "10", "100", "1000"]),
        (2.0, 7.0, True, ["2", "3", "4", "5", "6", "7"]),
        (3.0, 3.2, True, ["3", "3.05", "3.1", "3.15", "3.2"]),
    ],
)
def test_ticks(lo: float, hi: float, log: bool, labels: list[str]) -> None:
    wanted = 7 if lo == -0.1 else 5
    assert [tick.label for tick in make_axis(lo, hi, log, 0.0, 1.0, wanted).ticks] == labels


def test_a_factor_is_shown_once() -> None:
    assert make_axis(1e6, 5e6, False, 0.0, 1.0, 5).factor == "×10⁶"
    assert make_axis(2e-5, 6e-5, False, 0.0, 1.0, 5).factor == "×10⁻⁵"
    assert make_axis(1.0, 5.0, False, 0.0, 1.0, 5).factor == ""


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("value", [1e-300, 1.0, 1e300])
def test_equal_ends_are_spread(value: float, log: bool) -> None:
    lo, hi = padded(value, value, log)
    assert lo < value < hi
    assert lo > 0


def test_wrapping_cuts_words_that_are_too_long() -> None:
    lines = wrap("ab " + "x" * 100, 10.0, 60.0, 3)
    assert len(lines) == 3
    assert lines[-1].endswith("…")
    assert all(text_width(line, 10.0) <= 60.0 for line in lines)


def test_the_legend_names_every_role() -> None:
    found = rate_check().figure
    assert found is not None
    assert {"measured: |gap - limit|", "claimed: 1/rho", "control: 1/rho**2"} <= set(texts(draw(found)))
    assert len(RADII) == draw(found).count("<circle") - 1
