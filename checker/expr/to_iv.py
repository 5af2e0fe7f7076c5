"""Enclosures over boxes by mpmath's own interval arithmetic: a second inf-sup engine beside the one built on ``arb``.

The one idea to know: only functions whose interval versions mpmath implements itself (exp, log, sqrt, sin, cos, gamma) are
used, everything else is written out in them, and what is not sure to be defined on the whole box raises ``OpenError``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from mpmath.ctx_iv import MPIntervalContext

from checker.expr.errors import UnsupportedError
from checker.expr.functions import FUNCTIONS
from checker.expr.node import Add, And, Const, Fn, Mul, Node, Not, Num, Or, Piecewise, Pow, Rel, Sym, Truth

_LARGEST_POWER = 64
_TOO_LARGE = 10**6  # an exponential beyond has more digits than it says anything

iv: Any = MPIntervalContext()
iv.dps = 18


class OpenError(ValueError):
    """On this box the enclosure does not exist, or is not sure to."""


def box(lo: Fraction, hi: Fraction) -> Any:
    """The interval from ``lo`` to ``hi``, rounded outward."""
    return iv.mpf([(iv.mpf(lo.numerator) / lo.denominator).a, (iv.mpf(hi.numerator) / hi.denominator).b])


def enclosure(node: Node, boxes: Mapping[str, Any]) -> Any:
    """An interval that holds every value of ``node`` on the box.

    Raises ``OpenError`` where it is not sure to be defined, ``UnsupportedError`` for what these intervals lack.
    """
    match node:
        case Num(value):
            return iv.mpf(value.numerator) / value.denominator
        case Sym(name) if name in boxes:
            return boxes[name]
        case Const("pi"):
            return iv.mpf(iv.pi)
        case Const("E"):
            return iv.exp(iv.mpf(1))
        case Add(args):
            return _sum([enclosure(arg, boxes) for arg in args])
        case Mul(args):
            return _product([enclosure(arg, boxes) for arg in args])
        case Pow(base, exponent):
            return _power(enclosure(base, boxes), exponent, boxes)
        case Fn(name, args):
            return _function(name, args, [enclosure(arg, boxes) for arg in args], boxes)
        case Piecewise(cases, otherwise):
            return _pieces(cases, otherwise, boxes)
    raise UnsupportedError("mpmath intervals", type(node).__name__)


def certain(node: Node, boxes: Mapping[str, Any]) -> bool | None:
    """Whether a condition holds on the whole box (True), nowhere on it (False), or neither is seen."""
    match node:
        case Truth(known):
            return known
        case Not(arg):
            inner = certain(arg, boxes)
            return None if inner is None else not inner
        case And(args) | Or(args):
            stop = isinstance(node, Or)
            answers = [certain(arg, boxes) for arg in args]
            return stop if stop in answers else None if None in answers else not stop
        case Rel(op, left, right):
            gap = enclosure(left, boxes) - enclosure(right, boxes)
            return _compare(op, gap.a, gap.b)
    return None


def _compare(op: str, lo: Any, hi: Any) -> bool | None:
    yes = {"<": hi < 0, "<=": hi <= 0, ">": lo > 0, ">=": lo >= 0, "==": lo == 0 == hi, "!=": hi < 0 or lo > 0}[op]
    no = {"<": lo >= 0, "<=": lo > 0, ">": hi <= 0, ">=": hi < 0, "==": hi < 0 or lo > 0, "!=": lo == 0 == hi}[op]
    return True if yes else False if no else None


def _sum(values: list[Any]) -> Any:
    total = iv.mpf(0)
    for value in values:
        total += value
    return total


def _product(values: list[Any]) -> Any:
    total = iv.mpf(1)
    for value in values:
        total *= value
    return total


def _power(base: Any, exponent: Node, boxes: Mapping[str, Any]) -> Any:
    if isinstance(exponent, Num) and exponent.value.denominator == 1 and abs(exponent.value) <= _LARGEST_POWER:
        count = int(exponent.value)
        if count <= 0 and not (base.a > 0 or base.b < 0):
            raise OpenError("a power of what may be zero")
        whole = _whole_power(base, abs(count))
        return iv.mpf(1) / whole if count < 0 else whole
    if isinstance(exponent, Num) and exponent.value.denominator == 2 and 0 < exponent.value <= _LARGEST_POWER:
        if base.a < 0:
            raise OpenError("a root of what may be negative")
        return _whole_power(iv.sqrt(base), int(2 * exponent.value))
    if base.a <= 0:
        raise OpenError("a power of what may be negative")
    return _exp(enclosure(exponent, boxes) * iv.log(base))


def _whole_power(base: Any, count: int) -> Any:
    if count % 2 == 0 and base.a < 0 < base.b:
        largest = max(-base.a, base.b)
        return iv.mpf([0, (iv.mpf(largest) ** count).b])
    return base**count


def _exp(x: Any) -> Any:
    if x.b > _TOO_LARGE or x.a < -_TOO_LARGE:
        raise OpenError("an exponential out of range")
    return iv.exp(x)


def _log(x: Any) -> Any:
    if x.a <= 0:
        raise OpenError("a logarithm of what may be negative")
    return iv.log(x)


def _abs(x: Any) -> Any:
    if x.a >= 0:
        return x
    return -x if x.b <= 0 else iv.mpf([0, max(-x.a, x.b)])


def _rising(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """An increasing function by its two ends, each enclosed."""
    return lambda x: iv.mpf([function(iv.mpf(x.a)).a, function(iv.mpf(x.b)).b])


def _tanh(x: Any) -> Any:
    return iv.mpf(1) - iv.mpf(2) / (_exp(2 * x) + 1)


def _cosh(x: Any) -> Any:
    inner = _abs(x)
    return _rising(lambda y: (_exp(y) + _exp(-y)) / 2)(inner)


def _softplus(x: Any) -> Any:
    return iv.log(1 + _exp(x)) if x.b <= 0 else x + iv.log(1 + _exp(-x))


def _sigmoid(x: Any) -> Any:
    return iv.mpf(1) / (iv.mpf(1) + _exp(-x))


def _gamma(x: Any) -> Any:
    if x.a <= 0:
        raise OpenError("gamma near its poles")
    return iv.gamma(x)


_UNARY: Mapping[str, Callable[[Any], Any]] = {
    "exp": _exp,
    "log": _log,
    "sin": iv.sin,
    "cos": iv.cos,
    "abs": _abs,
    "sinh": _rising(lambda y: (_exp(y) - _exp(-y)) / 2),
    "cosh": _cosh,
    "tanh": _rising(_tanh),
    "sigmoid": _rising(_sigmoid),
    "softplus": _rising(_softplus),
    "relu": lambda x: iv.mpf([max(x.a, 0), max(x.b, 0)]),
    "expm1": lambda x: _exp(x) - 1,
    "log1p": lambda x: _log(x + 1),
    "asinh": _rising(lambda y: iv.log(y + iv.sqrt(y * y + 1)) if y.a >= 0 else -iv.log(-y + iv.sqrt(y * y + 1))),
    "gamma": _gamma,
}


def _function(name: str, args: tuple[Node, ...], values: list[Any], boxes: Mapping[str, Any]) -> Any:
    if name in _UNARY and len(values) == 1:
        return _UNARY[name](values[0])
    if name in ("max", "min"):
        pick = max if name == "max" else min
        return iv.mpf([pick(value.a for value in values), pick(value.b for value in values)])
    row = FUNCTIONS.get(name)
    if row is not None and row.kind == "scalar" and row.expansion is not None:
        return enclosure(row.expansion(args), boxes)
    raise UnsupportedError("mpmath intervals", name)


def _pieces(cases: tuple[tuple[Node, Node], ...], otherwise: Node, boxes: Mapping[str, Any]) -> Any:
    found = []
    for condition, branch in cases:
        decided = certain(condition, boxes)
        if decided is False:
            continue
        found.append(enclosure(branch, boxes))
        if decided:
            break
    else:
        found.append(enclosure(otherwise, boxes))
    return iv.mpf([min(value.a for value in found), max(value.b for value in found)])
