"""Small arithmetic on trees that is needed while reading: exact rational constants, and rough values for lint.

Exact values feed domains, sizes and numeric parameters; floats are used to compare a control with its claim, never for
a verdict.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from fractions import Fraction

from checker.expr.node import Add, Const, Fn, Mul, Node, Num, Pow, Sym

MAX_BITS = 4096

_FUNCTIONS: Mapping[str, Callable[[float], float]] = {
    "exp": math.exp,
    "log": math.log,
    "abs": abs,
    "sin": math.sin,
    "cos": math.cos,
    "tan": math.tan,
    "tanh": math.tanh,
    "sinh": math.sinh,
    "cosh": math.cosh,
    "atan": math.atan,
    "acos": math.acos,
    "asin": math.asin,
    "asinh": math.asinh,
    "erf": math.erf,
    "gamma": math.gamma,
    "floor": math.floor,
    "ceil": math.ceil,
    "round": round,
    "sign": lambda x: math.copysign(1.0, x) if x else 0.0,
    "relu": lambda x: max(x, 0.0),
    "factorial": lambda x: math.gamma(x + 1.0),
}
_CONSTANTS = {"pi": math.pi, "E": math.e, "EulerGamma": 0.5772156649015329, "oo": math.inf}


def exact(node: Node) -> Fraction | None:
    """The rational number that ``node`` is by arithmetic alone, or ``None``."""
    if isinstance(node, Num):
        return node.value
    if not isinstance(node, Add | Mul | Pow):
        return None
    values = [exact(child) for child in node.children()]
    known = [value for value in values if value is not None]
    if len(known) < len(values) or any(value.numerator.bit_length() > MAX_BITS for value in known):
        return None
    if isinstance(node, Add):
        return sum(known, Fraction(0))
    if isinstance(node, Mul):
        return math.prod(known, start=Fraction(1))
    base, exponent = known
    if exponent.denominator != 1 or abs(exponent) > 64 or (base == 0 and exponent < 0):
        return None
    return base**exponent.numerator


def rough(node: Node, values: Mapping[str, float]) -> float | None:
    """A float value of ``node`` with numbers for its symbols, or ``None`` where that is not simple arithmetic."""
    try:
        return _rough(node, values)
    except (ArithmeticError, ValueError, TypeError, KeyError):
        return None


def _rough(node: Node, values: Mapping[str, float]) -> float:
    match node:
        case Num(value):
            return float(value)
        case Const(name):
            return _CONSTANTS[name]
        case Sym(name):
            return values[name]
        case Add(args):
            return math.fsum(_rough(arg, values) for arg in args)
        case Mul(args):
            return math.prod(_rough(arg, values) for arg in args)
        case Pow(base, exponent):
            return math.pow(_rough(base, values), _rough(exponent, values))
        case Fn(("max" | "min") as name, args) if len(args) > 1:
            numbers = [_rough(arg, values) for arg in args]
            return max(numbers) if name == "max" else min(numbers)
        case Fn("binomial", args):
            whole, part = (_rough(arg, values) for arg in args)
            return math.exp(math.lgamma(whole + 1) - math.lgamma(part + 1) - math.lgamma(whole - part + 1))
        case Fn("clip", args):
            number, low, high = (_rough(arg, values) for arg in args)
            return min(max(number, low), high)
        case Fn("hypot", args):
            return math.hypot(*(_rough(arg, values) for arg in args))
        case Fn(name, (argument,)):
            return float(_FUNCTIONS[name](_rough(argument, values)))
    raise TypeError(type(node).__name__)


def growth(form: Node, axis: str, at: float, others: Mapping[str, float]) -> float | None:
    """The local exponent d log f/d log x of ``form`` along ``axis`` near ``at``, or ``None``."""
    here, there = rough(form, {**others, axis: at}), rough(form, {**others, axis: at * 1.01})
    if here is None or there is None or here * there <= 0:
        return None
    return (math.log(abs(there)) - math.log(abs(here))) / math.log(1.01)
