"""Real functions of one ball, powers, and what is known of them exactly at exact points.

The one idea to know: outside its domain a function is NaN, and a ball that is not surely inside counts as outside.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import TypeAlias

from flint import acb, arb, fmpq, fmpz

Value: TypeAlias = fmpq | arb

EXACT_BITS = 4096  # a rational with more digits than this is carried on as a ball
_MAX_EXACT_EXPONENT = 4096
_MOST_BINOMIAL = 2000  # n of an exact binomial coefficient


def to_ball(number: Value) -> arb:
    """The value as a ball at the current precision."""
    return number if isinstance(number, arb) else arb(number)


def to_fraction(number: fmpq) -> Fraction:
    """The exact rational as Python's."""
    return Fraction(int(number.p), int(number.q))


def to_fmpq(number: Fraction | int) -> fmpq:
    """The exact rational as flint's."""
    return fmpq(number.numerator, number.denominator)


def nan() -> arb:
    """Undefined, or not known to be defined."""
    return arb.nan()


def _exact_root(base: fmpq, exponent: fmpq) -> fmpq | None:
    """``base**exponent`` if that is a rational of moderate size, for ``base >= 0``."""
    degree, power = int(exponent.q), int(exponent.p)
    if degree > 64 or abs(power) > _MAX_EXACT_EXPONENT:
        return None
    top, bottom = fmpz(base.p).root(degree), fmpz(base.q).root(degree)
    if top**degree != base.p or bottom**degree != base.q:
        return None
    return _exact_power(fmpq(top, bottom), power)


def _exact_power(base: fmpq, power: int) -> fmpq | None:
    size = max(int(base.p).bit_length(), int(base.q).bit_length())
    if size * abs(power) > 2 * EXACT_BITS and size > 1:
        return None
    return base**power


def power(base: Value, exponent: Value) -> Value:
    """Real power: any base for integer exponents, ``base >= 0`` otherwise; ``0**0 == 1``; NaN where undefined."""
    if isinstance(exponent, fmpq) and exponent.q == 1:
        return _integer_power(base, int(exponent.p))
    if isinstance(base, fmpq):
        if base < 0:
            return nan()
        if base == 0:
            positive = exponent > 0
            return fmpq(0) if positive else nan()
        if base == 1:
            return fmpq(1) if isinstance(exponent, fmpq) or exponent.is_finite() else nan()
        if isinstance(exponent, fmpq) and (exact := _exact_root(base, exponent)) is not None:
            return exact
    ball, to_the = to_ball(base), to_ball(exponent)
    if isinstance(exponent, fmpq) and exponent == fmpq(1, 2):
        return ball.sqrt() if ball >= 0 else nan()
    if ball > 0:
        if isinstance(exponent, fmpq):
            return ball**to_the
        return (to_the * ball.log()).exp()
    if ball >= 0 and to_the > 0 and ball.is_finite():  # [0, h]: monotone, so the image is [0, h**exponent]
        top = (to_the * ball.abs_upper().log()).exp()
        return arb(0).union(top)
    return nan()


def _integer_power(base: Value, exponent: int) -> Value:
    if isinstance(base, fmpq):
        if base == 0:
            return fmpq(0) if exponent > 0 else fmpq(1) if exponent == 0 else nan()
        exact = _exact_power(base, exponent)
        if exact is not None:
            return exact
    ball = to_ball(base)
    if exponent < 0 and ball.contains(0):
        return nan()
    result = ball ** fmpz(exponent)
    if result.is_nan() and exponent > 0 and ball.is_finite():  # flint gives up on narrow balls around 0
        low, high = ball.lower(), ball.upper()
        ends = arb(-low.abs_upper() ** exponent if exponent % 2 else low.abs_upper() ** exponent), high.abs_upper() ** exponent
        return arb(0).union(ends[0]).union(ends[1])
    return result


def _positive(function: Callable[[arb], arb]) -> Callable[[arb], arb]:
    return lambda x: function(x) if x > 0 else nan()


def _within_one(function: Callable[[arb], arb]) -> Callable[[arb], arb]:
    return lambda x: function(x) if abs(x) <= 1 else nan()


def _normcdf(x: arb) -> arb:
    return (-x / arb(2).sqrt()).erfc() / 2


def _softplus(x: arb) -> arb:
    return x.exp().log1p() if x <= 0 else x + (-x).exp().log1p()


def _lambertw(x: arb) -> arb:
    return x.lambertw() if x > -((-arb(1)).exp()) else nan()


def _not_a_pole(function: Callable[[arb], arb]) -> Callable[[arb], arb]:
    return lambda x: function(x) if x > 0 or not x.contains_integer() else nan()


UNARY: Mapping[str, Callable[[arb], arb]] = {
    "sqrt": lambda x: x.sqrt() if x >= 0 else nan(),
    "exp": lambda x: x.exp(),
    "log": _positive(lambda x: x.log()),
    "sin": lambda x: x.sin(),
    "cos": lambda x: x.cos(),
    "tan": lambda x: x.tan(),
    "asin": _within_one(lambda x: x.asin()),
    "acos": _within_one(lambda x: x.acos()),
    "atan": lambda x: x.atan(),
    "sinh": lambda x: x.sinh(),
    "cosh": lambda x: x.cosh(),
    "tanh": lambda x: x.tanh(),
    "asinh": lambda x: x.asinh(),
    "acosh": lambda x: x.acosh() if x >= 1 else nan(),
    "atanh": lambda x: x.atanh() if abs(x) < 1 else nan(),
    "erf": lambda x: x.erf(),
    "erfc": lambda x: x.erfc(),
    "gamma": _not_a_pole(lambda x: x.gamma()),
    "loggamma": _positive(lambda x: x.lgamma()),
    "digamma": _not_a_pole(lambda x: x.digamma()),
    "LambertW": _lambertw,
    "sigmoid": lambda x: 1 / (1 + (-x).exp()),
    "softplus": _softplus,
    "log1p": lambda x: x.log1p() if x > -1 else nan(),
    "expm1": lambda x: x.expm1(),
    "normcdf": _normcdf,
    "zeta": lambda x: x.zeta() if x > 1 else nan(),
}

_AT_ZERO: Mapping[str, fmpq] = {
    **{name: fmpq(0) for name in ("sin", "tan", "asin", "atan", "sinh", "tanh", "asinh", "atanh", "erf")},
    **{name: fmpq(0) for name in ("log1p", "expm1", "LambertW", "sqrt")},
    **{name: fmpq(1) for name in ("exp", "cos", "cosh", "erfc")},
    "sigmoid": fmpq(1, 2),
    "normcdf": fmpq(1, 2),
}
_AT_ONE: Mapping[str, fmpq] = {"log": fmpq(0), "acosh": fmpq(0), "acos": fmpq(0), "gamma": fmpq(1), "loggamma": fmpq(0)}


def exact_unary(name: str, x: fmpq) -> Value | None:
    """The value at an exact point where it is a known rational."""
    if x == 0 and name in _AT_ZERO:
        return _AT_ZERO[name]
    if x == 1 and name in _AT_ONE:
        return _AT_ONE[name]
    if name == "sqrt":
        return power(x, fmpq(1, 2))
    if name == "gamma" and x.q == 1 and 1 <= x.p <= 300:
        return fmpq(fmpz.fac_ui(int(x.p) - 1))
    return None


def floor(x: Value) -> Value:
    """Largest integer not above; NaN for a ball around a jump."""
    if isinstance(x, fmpq):
        return fmpq(x.floor())
    if not abs(x) < arb(2) ** EXACT_BITS:
        return nan()
    whole = x.floor().unique_fmpz()
    return nan() if whole is None else fmpq(whole)


def polygamma(order: Value, x: Value) -> Value:
    """Derivatives of digamma of order 1 to 64."""
    ball = to_ball(x)
    if not (isinstance(order, fmpq) and order.q == 1 and 1 <= order.p <= 64) or (ball.contains_integer() and not ball > 0):
        return nan()
    return acb(ball).polygamma(acb(order)).real


def binomial(n: Value, k: Value) -> Value:
    """gamma(n + 1)/(gamma(k + 1) gamma(n - k + 1)), which is 0 where a gamma below has a pole; exact at small integers."""
    if isinstance(n, fmpq) and isinstance(k, fmpq) and n.q == 1 and k.q == 1 and 0 <= n.p <= _MOST_BINOMIAL:
        return fmpq(math.comb(int(n.p), int(k.p))) if 0 <= k.p <= n.p else fmpq(0)
    top, lower = to_ball(n), to_ball(k)
    if top < 0 and top.contains_integer():
        return nan()
    return (top + 1).gamma() * (lower + 1).rgamma() * (top - lower + 1).rgamma()


def extreme(values: list[Value], largest: bool) -> Value:
    """Largest or smallest of several values, exact where their order is certain."""
    best = values[0]
    for other in values[1:]:
        if isinstance(best, fmpq) and isinstance(other, fmpq):
            best = max(best, other) if largest else min(best, other)
            continue
        a, b = to_ball(best), to_ball(other)
        if a.is_nan() or b.is_nan():
            return nan()
        if (a >= b) if largest else (a <= b):
            continue  # keep the exact value where the order is certain
        best = other if ((b >= a) if largest else (b <= a)) else (a.max(b) if largest else a.min(b))
    return best
