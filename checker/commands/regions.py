"""The region of a check in words: where its evidence has to lie for PASS, before there is any evidence.

The one idea to know: numbers are shown where the prediction is a number; elsewhere the formula stands with its margin.
"""

from __future__ import annotations

from checker.expr.text import text
from checker.judge.prediction import Kind, Within
from checker.spec.claim import Check, Expectation
from checker.spec.constants import rough

_BOUNDS = {Kind.AT_MOST: "at most", Kind.LESS_THAN: "below", Kind.AT_LEAST: "at least"}
_RATES = {
    Kind.RATE: "within {} of that of the form, and no logarithm more or less",
    Kind.RATE_AT_MOST: "at most that of the form, to {}",
    Kind.RATE_AT_LEAST: "at least that of the form, to {}",
}


def region(check: Check) -> str:
    """``PASS inside [0.95, 1.05]``, and what the interval is of."""
    expected = check.expectation
    if expected.kind in _RATES:
        margin = f"{expected.within.above:g}" if expected.within is not None else "its error"
        return f"PASS with the measured exponent {_RATES[expected.kind].format(margin)}{_range(expected)}"
    if expected.kind is Kind.MONOTONE:
        return f"PASS where every step {'falls' if rough(expected.target, {}) == -1 else 'rises'}"
    what = "the extrapolated limit" if expected.kind is Kind.LIMIT else "the interval"
    if expected.kind in _BOUNDS:
        return f"PASS with {what} {_BOUNDS[expected.kind]} {_end(expected, 0)}{_by(expected)}{_attained(expected)}"
    if expected.kind is Kind.BETWEEN:
        return f"PASS with {what} inside {_between(expected)}"
    return f"PASS with {what} inside {_around(expected)}; FAIL outside of it"


def _by(expected: Expectation) -> str:
    return f" by {expected.by:g} at least" if expected.by is not None else ""


def _attained(expected: Expectation) -> str:
    if expected.within is None:
        return ""
    return f", {'and attained to' if expected.attained else 'give or take'} {_margin(expected.within)}"


def _range(expected: Expectation) -> str:
    if expected.until is not None:
        return f", on [{expected.until[0]:g}, {expected.until[1]:g}] only"
    start = f" from {expected.start:g} on" if expected.start is not None else ""
    return f", extrapolated{start}"


def _end(expected: Expectation, index: int) -> str:
    node = expected.target if index == 0 else expected.upper
    assert node is not None
    value = rough(node, {})
    return text(node) if value is None else f"{value:.6g}"


def _between(expected: Expectation) -> str:
    margin = f", widened by {_margin(expected.within)}" if expected.within is not None else ""
    return f"[{_end(expected, 0)}, {_end(expected, 1)}]{margin}"


def _margin(within: Within) -> str:
    unit, scale = (" %", 100.0) if within.relative else ("", 1.0)
    ends = dict.fromkeys(f"{scale * end:g}{unit}" for end in (within.below, within.above))
    return " and ".join(ends)


def _around(expected: Expectation) -> str:
    value, within = rough(expected.target, {}), expected.within
    if within is None:
        return f"{_end(expected, 0)} alone"
    if value is None:
        return f"{_end(expected, 0)} ± {_margin(within)}"
    size = abs(value) if within.relative else 1.0
    return f"[{value - within.below * size:.6g}, {value + within.above * size:.6g}]"
