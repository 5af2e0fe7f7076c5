"""Numbers and intervals as short text: what reasons, labels and tables of the judge are made of."""

from __future__ import annotations

import math

from checker.judge.prediction import Interval


def number(value: float) -> str:
    """At most four significant digits; exponents without padding (``2.5e-7``)."""
    if math.isinf(value):
        return "oo" if value > 0 else "-oo"
    text = f"{value:.4g}"
    if "e" in text:
        mantissa, exponent = text.split("e")
        text = f"{mantissa}e{int(exponent)}"
    return "0" if text in ("-0", "0") else text


def exponent(value: float) -> str:
    """Three decimals, for exponents: ``0.997``."""
    if not math.isfinite(value):
        return number(value)
    return f"{value:.3f}" if abs(value) < 100 else number(value)


def span(interval: Interval | None) -> str:
    """``[low, high]`` with digits enough to tell the ends apart, or ``no interval``."""
    if interval is None:
        return "no interval"
    low, high = interval.lo, interval.hi
    digits = 4
    if math.isfinite(low) and math.isfinite(high) and high > low:
        largest = max(abs(low), abs(high))
        digits = min(12, max(4, 2 + math.ceil(math.log10(largest / (high - low)))))
    return f"[{_digits(low, digits)}, {_digits(high, digits)}]"


def exponents(interval: Interval) -> str:
    """``[0.997, 1.001]``."""
    return f"[{exponent(interval.lo)}, {exponent(interval.hi)}]"


def region(outer: Interval) -> str:
    """A region in words: ``[1.9, 2.1]``, ``at most 2.5``, ``at least 0``, ``above 0``."""
    if math.isinf(outer.lo) and math.isinf(outer.hi):
        return "anything"
    if math.isinf(outer.lo):
        return f"at most {number(outer.hi)}"
    if math.isinf(outer.hi):
        return "above 0" if outer.lo == math.ulp(0.0) else f"at least {number(outer.lo)}"
    return span(outer)


def count(amount: int, noun: str) -> str:
    """``1 seed``, ``64 seeds``."""
    return f"{amount} {noun}" if amount == 1 else f"{amount} {noun}s"


def _digits(value: float, digits: int) -> str:
    if digits <= 4 or not math.isfinite(value):
        return number(value)
    return f"{value:.{digits}g}"
