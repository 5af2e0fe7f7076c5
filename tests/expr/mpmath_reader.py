"""An independent reading of the tree in mpmath at 50 digits: the oracle that tests compare the readers with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import mpmath as mp

from checker.expr.node import (
    Add,
    And,
    Binder,
    Bound,
    Const,
    Fn,
    Mul,
    Node,
    Not,
    Num,
    Or,
    Piecewise,
    Pow,
    Rel,
    Subscript,
    Sym,
    Truth,
    Vec,
)

mp.mp.dps = 50

FUNCTIONS: Mapping[str, Any] = {
    "exp": mp.exp,
    "log": mp.log,
    "abs": abs,
    "sign": mp.sign,
    "floor": mp.floor,
    "ceil": mp.ceil,
    "round": lambda x: mp.floor(x + mp.mpf(1) / 2),
    "clip": lambda x, lo, hi: min(max(x, lo), hi),
    "zeta": mp.zeta,
    "sin": mp.sin,
    "cos": mp.cos,
    "tan": mp.tan,
    "asin": mp.asin,
    "acos": mp.acos,
    "atan": mp.atan,
    "sinh": mp.sinh,
    "cosh": mp.cosh,
    "tanh": mp.tanh,
    "asinh": mp.asinh,
    "acosh": mp.acosh,
    "atanh": mp.atanh,
    "erf": mp.erf,
    "erfc": mp.erfc,
    "normcdf": mp.ncdf,
    "sigmoid": lambda x: 1 / (1 + mp.exp(-x)),
    "softplus": lambda x: mp.log1p(mp.exp(x)),
    "relu": lambda x: max(x, mp.mpf(0)),
    "log1p": mp.log1p,
    "expm1": mp.expm1,
    "LambertW": lambda x: mp.re(mp.lambertw(x)),
    "gamma": mp.gamma,
    "loggamma": lambda x: mp.re(mp.loggamma(x)),
    "digamma": mp.digamma,
    "polygamma": lambda k, x: mp.polygamma(int(k), x),
    "factorial": mp.factorial,
    "binomial": mp.binomial,
    "hypot": mp.hypot,
    "max": max,
    "min": min,
}
_CONSTANTS = {"pi": mp.pi, "E": mp.e, "EulerGamma": mp.euler, "oo": mp.inf}


def value(node: Node, env: Mapping[str, Any], bound: tuple[Any, ...] = (), nudge: tuple[Node, Any] | None = None) -> Any:
    """The number (or truth value) of a scalar tree; sums need literal ends, integrals go to ``mp.quad``.

    ``nudge = (part, factor)`` multiplies the value of one subtree, to see what a rounding error there does to the whole.
    """
    found = _value(node, env, bound, nudge)
    return found * nudge[1] if nudge is not None and node == nudge[0] else found


def _value(node: Node, env: Mapping[str, Any], bound: tuple[Any, ...], nudge: tuple[Node, Any] | None) -> Any:
    def of(part: Node) -> Any:
        return value(part, env, bound, nudge)

    match node:
        case Num(number):
            return mp.mpf(number.numerator) / number.denominator
        case Const(name):
            return +_CONSTANTS[name]
        case Sym(name):
            return mp.mpf(env[name])
        case Bound(depth):
            return bound[-1 - depth]
        case Truth(known):
            return known
        case Add(args):
            return mp.fsum(map(of, args))
        case Mul(args):
            return mp.fprod(map(of, args))
        case Pow(base, exponent):
            return mp.power(of(base), of(exponent))
        case Fn(name, args):
            return FUNCTIONS[name](*map(of, args))
        case Rel(op, left, right):
            a, b = of(left), of(right)
            return {"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b, "==": a == b, "!=": a != b}[op]
        case And(args):
            return all(map(of, args))
        case Or(args):
            return any(map(of, args))
        case Not(arg):
            return not of(arg)
        case Piecewise(cases, otherwise):
            return of(next((part for test, part in cases if of(test)), otherwise))
        case Subscript(Vec(entries), (Num(index),)):
            return of(entries[int(index)])
        case Binder("Integral", body, lo, hi):
            return mp.quad(lambda x: value(body, env, (*bound, x), nudge), [of(lo), of(hi)])
        case Binder(kind, body, lo, hi):
            terms = [value(body, env, (*bound, mp.mpf(k)), nudge) for k in range(int(of(lo)), int(of(hi)) + 1)]
            return mp.fsum(terms) if kind == "Sum" else mp.fprod(terms)
    raise TypeError(type(node).__name__)


def close(left: Any, right: Any, digits: int = 20) -> bool:
    """Equal to that many digits, relative to the larger of the two and to 1e-30."""
    return bool(abs(left - right) <= mp.mpf(10) ** -digits * max(abs(left), abs(right), mp.mpf("1e-30")))
