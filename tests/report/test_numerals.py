from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checker.report.numerals import column, exact, interval, number, region
from checker.result import Span


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (12.0, "12"),
        (0.1 + 0.2, "0.3"),
        (math.pi, "3.142"),
        (-1.5e-7, "-1.5e-7"),
        (123456.0, "123456"),
        (2.5e12, "2.5e12"),
        (1e-4, "0.0001"),
        (math.nan, "NaN"),
        (math.inf, "∞"),
        (-math.inf, "-∞"),
    ],
)
def test_numbers(value: float, text: str) -> None:
    assert number(value) == text


def test_a_bound_keeps_its_digits_and_loses_the_noise() -> None:
    assert exact(1.0500000000000001) == "1.05"
    assert exact(0.123456789) == "0.123456789"


@pytest.mark.parametrize(
    ("lo", "hi", "text"),
    [
        (0.98871, 0.99642, "[0.98871, 0.99642]"),
        (-1.5234e-5, 2.3051e-5, "[-1.53e-5, 2.31e-5]"),
        (0.1, 0.598, "[0.1, 0.598]"),
        (0.0012, 13.4, "[0.0012, 13.4]"),
        (-math.inf, 2.0, "(-∞, 2]"),
        (0.25, 0.25, "[0.25, 0.25]"),
        (math.nan, 1.0, "not a number"),
        (1.0500000000000001, 1.1, "[1.05, 1.1]"),
    ],
)
def test_intervals(lo: float, hi: float, text: str) -> None:
    assert interval(Span(lo=lo, hi=hi)) == text


def test_no_interval() -> None:
    assert interval(None) == "none"


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.floats(-1e9, 1e9), st.floats(0, 1e9))
def test_what_is_printed_contains_what_was_found(lo: float, width: float) -> None:
    hi = lo + width
    low, high = (float(part) for part in interval(Span(lo=lo, hi=hi)).strip("[]").split(", "))
    # Twelve digits are kept before rounding outward, so the printed ends may cut noise of that size.
    assert low <= lo + 1e-11 * abs(lo)
    assert high >= hi - 1e-11 * abs(hi)
    assert low >= lo - 0.11 * width - 0.11 * abs(lo) - 1e-300
    assert high <= hi + 0.11 * width + 0.11 * abs(hi) + 1e-300


def test_one_sided_regions() -> None:
    assert region(Span(lo=-math.inf, hi=math.log(12))) == "≤ 2.48491"
    assert region(Span(lo=0.5, hi=math.inf)) == "≥ 0.5"
    assert region(Span(lo=0.95, hi=1.05)) == "[0.95, 1.05]"


def test_a_column_tells_neighbours_apart() -> None:
    assert column([1.00001, 1.00002, "all"]) == ["1.00001", "1.00002", "all"]
    assert column([1 / 3, 2.0, math.nan]) == ["0.3333", "2", "NaN"]
