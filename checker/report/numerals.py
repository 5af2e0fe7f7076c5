"""How numbers are written, in this one place: enough digits to tell them apart, never more than were measured.

Intervals are rounded outward, so that what is printed still contains what was found.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal
from typing import Final

from checker.result import Span

# Binary rounding noise (1.0500000000000001) must not push an end outward by a whole printed digit.
_NOISE_DIGITS: Final = 12
_INFINITY: Final = "∞"


def number(value: float, digits: int = 4) -> str:
    """``value`` to ``digits`` significant digits, without trailing zeros; powers of ten as ``1.2e-5``."""
    special = _special(value)
    if special is not None:
        return special
    if float(value).is_integer() and abs(value) < 1e6:
        return str(int(value))
    return _plain(Context(prec=digits, rounding=ROUND_HALF_EVEN).create_decimal(Decimal(repr(float(value)))))


def exact(value: float) -> str:
    """A number that was chosen, not measured (a bound, a margin): up to twelve digits, noise removed."""
    return number(value, _NOISE_DIGITS)


def interval(span: Span | None) -> str:
    """``[lo, hi]`` rounded outward to three digits of its width; infinite ends get a round bracket."""
    if span is None:
        return "none"
    if math.isnan(span.lo) or math.isnan(span.hi):
        return "not a number"
    width = span.hi - span.lo
    return _brackets(span, _outward(span.lo, width, ROUND_FLOOR), _outward(span.hi, width, ROUND_CEILING))


def region(span: Span | None) -> str:
    """``[lo, hi]`` of a region, whose ends were declared and are printed as they are."""
    if span is None:
        return "none"
    if span.lo == -math.inf and span.hi < math.inf:
        return f"≤ {number(span.hi, 6)}"
    if span.hi == math.inf and span.lo > -math.inf:
        return f"≥ {number(span.lo, 6)}"
    return _brackets(span, number(span.lo, 6), number(span.hi, 6))


def column(values: Sequence[str | float]) -> list[str]:
    """A column of a table: texts as they are, numbers to four digits, or to more where neighbours would look equal."""
    floats = sorted({float(value) for value in values if not isinstance(value, str) and math.isfinite(value)})
    for digits in range(4, 8):
        if len({number(value, digits) for value in floats}) == len(floats):
            break
    return [value if isinstance(value, str) else number(value, digits) for value in values]


def _outward(value: float, width: float, rounding: str) -> str:
    special = _special(value)
    if special is not None:
        return special
    if value == 0:
        return "0"
    exact_value = Context(prec=_NOISE_DIGITS, rounding=ROUND_HALF_EVEN).create_decimal(Decimal(repr(float(value))))
    own = exact_value.adjusted() - 1
    if 0 < width < math.inf:
        place = min(own, Decimal(repr(float(width))).adjusted() - 2)
    else:
        place = exact_value.adjusted() - (_NOISE_DIGITS if width == 0 else 6) + 1
    place = max(place, exact_value.adjusted() - _NOISE_DIGITS + 1)
    quantum = Decimal(1).scaleb(place)
    return _plain(exact_value.quantize(quantum, rounding=rounding, context=Context(prec=40)))


def _brackets(span: Span, lo: str, hi: str) -> str:
    return f"{'(' if span.lo == -math.inf else '['}{lo}, {hi}{')' if span.hi == math.inf else ']'}"


def _special(value: float) -> str | None:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return _INFINITY if value > 0 else f"-{_INFINITY}"
    return None


def _plain(value: Decimal) -> str:
    """Positional between 1e-4 and 1e6, scientific outside; no trailing zeros, no negative zero."""
    if value == 0:
        return "0"
    exponent = value.adjusted()
    if -4 <= exponent < 6:
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    digits = "".join(map(str, value.as_tuple().digits)).rstrip("0")
    sign = "-" if value.is_signed() else ""
    return f"{sign}{digits[0]}{'.' + digits[1:] if len(digits) > 1 else ''}e{exponent}"
