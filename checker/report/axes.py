"""Axes: from a range of data to pixels, with ticks where a reader expects them.

Tick values are decimals, not binary floats, so that a label is never ``0.30000000000000004``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from checker.report.numerals import number

_SUPERSCRIPTS: Final = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True, slots=True)
class Tick:
    """A labelled place on an axis."""

    value: float
    label: str


@dataclass(frozen=True, slots=True)
class Axis:
    """A range ``lo < hi`` in data units (both positive if ``log``) laid on pixels ``start`` to ``end``.

    ``factor`` is what all labels are to be multiplied by, e.g. ``×10⁵``, or empty.
    """

    lo: float
    hi: float
    log: bool
    start: float
    end: float
    ticks: tuple[Tick, ...]
    minor: tuple[float, ...]
    factor: str

    def position(self, value: float) -> float:
        """Pixels; values far outside stop at a distance that an image format can hold."""
        lo, hi, at = (math.log10(v) for v in (self.lo, self.hi, value)) if self.log else (self.lo, self.hi, value)
        share = (at - lo) / (hi - lo)
        return self.start + min(max(share, -20.0), 20.0) * (self.end - self.start)


def make_axis(lo: float, hi: float, log: bool, start: float, end: float, wanted: int) -> Axis:
    """An axis with about ``wanted`` labelled ticks, ``lo < hi``."""
    ticks, minor, factor = _log_ticks(lo, hi, wanted) if log else _linear_ticks(lo, hi, wanted)
    return Axis(lo, hi, log, start, end, tuple(ticks), tuple(minor), factor)


def padded(lo: float, hi: float, log: bool, share: float = 0.05) -> tuple[float, float]:
    """The range widened by ``share`` of its length on each side; equal ends are spread, so that ``lo < hi`` after."""
    if log:
        low, high = padded(math.log10(lo), math.log10(hi), False, share)
        return 10.0 ** max(low, -307.0), 10.0 ** min(high, 307.0)
    scale = max(abs(lo), abs(hi))
    if hi - lo <= 1e-9 * scale or hi == lo:
        spread = 0.1 * scale if scale > 0 else 1.0
        return lo - spread, hi + spread
    pad = share * (hi - lo)
    return lo - pad, hi + pad


def power_of_ten(exponent: int) -> str:
    """``10⁻⁵``."""
    return "10" + str(exponent).translate(_SUPERSCRIPTS)


def _linear_ticks(lo: float, hi: float, wanted: int) -> tuple[list[Tick], list[float], str]:
    values = _round_values(lo, hi, wanted)
    largest = max(abs(lo), abs(hi))
    exponent = math.floor(math.log10(largest)) if largest > 0 else 0
    if -3 <= exponent <= 4:
        return [Tick(float(value), _decimal(value)) for value in values], [], ""
    scaled = [value.scaleb(-exponent) for value in values]
    ticks = [Tick(float(value), _decimal(small)) for value, small in zip(values, scaled, strict=True)]
    return ticks, [], f"×{power_of_ten(exponent)}"


def _log_ticks(lo: float, hi: float, wanted: int) -> tuple[list[Tick], list[float], str]:
    first, last = math.ceil(math.log10(lo) - 1e-9), math.floor(math.log10(hi) + 1e-9)
    if last - first >= 1:
        stride = math.ceil((last - first + 1) / max(wanted, 2))
        exponents = [e for e in range(first, last + 1) if e % stride == 0] or [first]
        plain = all(-2 <= e <= 3 for e in exponents)
        ticks = [Tick(10.0**e, number(10.0**e) if plain else power_of_ten(e)) for e in exponents]
        steps: Sequence[int] = range(2, 10) if stride == 1 else ()
        minor = [m * 10.0**e for e in range(first - 1, last + 1) for m in steps]
        if stride > 1:
            minor = [10.0**e for e in range(first, last + 1) if e % stride]
        return ticks, [value for value in minor if lo <= value <= hi], ""
    within = [m * 10.0**e for e in range(first - 1, last + 1) for m in range(1, 10)]
    inside = [value for value in within if lo <= value <= hi]
    labelled = [value for value in inside if _leading(value) in (1, 2, 5)] if len(inside) > 5 else inside
    if len(labelled) < 3:
        return [Tick(float(v), _log_label(float(v))) for v in _round_values(lo, hi, wanted) if v > 0], [], ""
    return [Tick(value, _log_label(value)) for value in labelled], inside, ""


def _round_values(lo: float, hi: float, wanted: int) -> list[Decimal]:
    """Multiples of 1, 2 or 5 times a power of ten inside ``[lo, hi]``, at most about ``wanted``."""
    rough = (hi - lo) / max(wanted, 1)
    exponent = math.floor(math.log10(rough))
    step = next(
        (Decimal(m).scaleb(exponent) for m in (1, 2, 5) if m * 10.0**exponent >= rough * (1 - 1e-9)),
        Decimal(10).scaleb(exponent),
    )
    first = math.ceil(Decimal(lo) / step - Decimal("1e-9"))
    last = math.floor(Decimal(hi) / step + Decimal("1e-9"))
    return [step * k for k in range(first, last + 1)]


def _leading(value: float) -> int:
    return int(f"{value:.0e}"[0])


def _log_label(value: float) -> str:
    text = number(value, 6)
    if "e" not in text:
        return text
    mantissa, exponent = text.split("e")
    return power_of_ten(int(exponent)) if mantissa == "1" else f"{mantissa}×{power_of_ten(int(exponent))}"


def _decimal(value: Decimal) -> str:
    text = f"{value:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text
