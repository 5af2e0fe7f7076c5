"""The functions of a formula in mpmath, over the reals, in a context that nobody else touches.

The one idea to know: where a function has no real value it is not asked; ``INSIDE`` says where it has one, and a power of zero
or a root of a negative number raises ``UndefinedError``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from mpmath.ctx_mp import MPContext

_LARGEST_EXPONENT = 10**7
_LARGEST_MAGNITUDE = 50_000  # bits before the point of an argument that is reduced modulo log(2) or pi: as many are worked with

ctx: Any = MPContext()


class UndefinedError(ValueError):
    """The formula has no real value at the point; ``certain`` where that does not hang on rounding."""

    def __init__(self, why: str, certain: bool = False) -> None:
        super().__init__(why)
        self.certain = certain


def rational(value: Fraction) -> Any:
    """A rational, rounded to the digits of the moment."""
    return ctx.mpf(value.numerator) / value.denominator


def compare(op: str, a: Any, b: Any) -> bool:
    """``a op b`` of two numbers."""
    return bool({"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b, "==": a == b, "!=": a != b}[op])


def power(base: Any, exponent: Any) -> Any:
    """``base**exponent`` over the reals: odd roots of negative numbers and ``0**0`` have no value, as in the raw tree."""
    if base == 0:
        if exponent <= 0:
            raise UndefinedError("a power of zero")
        return ctx.zero
    if exponent == ctx.floor(exponent) and abs(exponent) <= _LARGEST_EXPONENT:
        return ctx.mpf(base) ** int(exponent)
    if base < 0:
        raise UndefinedError("a root of a negative number")
    return _exp(exponent * ctx.log(base))


def _bounded(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A function that is not asked of numbers so large that its value would take minutes: ``exp(exp(1e8))``."""

    def asked(x: Any) -> Any:
        if ctx.isnormal(x) and ctx.mag(x) > _LARGEST_MAGNITUDE:
            raise UndefinedError("a number too large to be followed")
        return function(x)

    return asked


_exp = _bounded(ctx.exp)


def _off_poles(x: Any) -> bool:
    return bool(x > 0 or x != ctx.floor(x))


def _sigmoid(x: Any) -> Any:
    return 1 / (1 + _exp(-x)) if x >= 0 else _exp(x) / (1 + _exp(x))


def _softplus(x: Any) -> Any:
    return max(x, ctx.zero) + ctx.log1p(_exp(-abs(x)))


POLES = frozenset({"gamma", "digamma", "factorial", "polygamma"})
STEPS = frozenset({"floor", "ceil", "round", "sign"})
INSIDE: Mapping[str, Callable[[Any], bool]] = {
    "log": lambda x: bool(x > 0),
    "log1p": lambda x: bool(x > -1),
    "asin": lambda x: bool(abs(x) <= 1),
    "acos": lambda x: bool(abs(x) <= 1),
    "acosh": lambda x: bool(x >= 1),
    "atanh": lambda x: bool(abs(x) < 1),
    "LambertW": lambda x: bool(x >= -ctx.exp(-1)),
    "loggamma": lambda x: bool(x > 0),
    "zeta": lambda x: bool(x > 1),
    "gamma": _off_poles,
    "digamma": _off_poles,
    "polygamma": _off_poles,
    "factorial": lambda x: _off_poles(x + 1),
}
DIRECT: Mapping[str, Callable[..., Any]] = {
    **{name: getattr(ctx, name) for name in (
        "log", "log1p", "asin", "acos", "atan", "tanh", "asinh", "acosh", "atanh", "floor", "ceil", "sign", "loggamma",
        "digamma", "binomial", "zeta", "hypot",
    )},
    **{name: _bounded(getattr(ctx, name)) for name in (
        "exp", "expm1", "sin", "cos", "tan", "sinh", "cosh", "erf", "erfc", "gamma",
    )},
    "LambertW": ctx.lambertw,
    "round": lambda x: ctx.floor(x + ctx.mpf("0.5")),
    "abs": abs,
    "normcdf": lambda x: _bounded(ctx.erfc)(-x / ctx.sqrt(2)) / 2,
    "sigmoid": _sigmoid,
    "softplus": _softplus,
    "relu": lambda x: max(x, ctx.zero),
    "clip": lambda x, lo, hi: min(max(x, lo), hi),
    "polygamma": lambda k, x: ctx.polygamma(int(k), x),
    "factorial": lambda x: _bounded(ctx.gamma)(x + 1),
    "max": max,
    "min": min,
}
