"""Exact values at rational points in Python's own fractions: the plainest reader, which cannot round.

The one idea to know: it shares no code with flint's rationals.  What is not a rational number there (a root, a logarithm) is
``None``, and so is what would need numbers of more than a few thousand digits.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction

from checker.expr.node import (
    Add,
    And,
    Binder,
    Bound,
    Fn,
    Mul,
    Node,
    Not,
    Num,
    Or,
    Piecewise,
    Pow,
    Rel,
    Sym,
    Truth,
    walk,
)

_MAX_BITS = 20_000
_MAX_TERMS = 300


def is_rational(node: Node) -> bool:
    """Whether the formula is made of rational numbers, symbols, sums, products and integer powers alone."""
    for part in walk(node):
        if isinstance(part, Pow):
            if not (isinstance(part.exponent, Num) and part.exponent.value.denominator == 1):
                return False
        elif not isinstance(part, Num | Sym | Add | Mul):
            return False
    return True


def exact(node: Node, point: Mapping[str, Fraction], bound: tuple[Fraction, ...] = ()) -> Fraction | None:
    """The value at the point; None where it is undefined, not rational or too long."""
    found = _exact(node, point, bound)
    if found is not None and found.numerator.bit_length() + found.denominator.bit_length() > _MAX_BITS:
        return None
    return found


def holds_exactly(node: Node, point: Mapping[str, Fraction], bound: tuple[Fraction, ...] = ()) -> bool | None:
    """Truth of a condition; None where a side has no exact value."""
    match node:
        case Truth(known):
            return known
        case Not(arg):
            inner = holds_exactly(arg, point, bound)
            return None if inner is None else not inner
        case And(args) | Or(args):
            stop = isinstance(node, Or)
            answers = [holds_exactly(arg, point, bound) for arg in args]
            return stop if stop in answers else None if None in answers else not stop
        case Rel(op, left, right):
            a, b = exact(left, point, bound), exact(right, point, bound)
            if a is None or b is None:
                return None
            return {"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b, "==": a == b, "!=": a != b}[op]
    return None


def _exact(node: Node, point: Mapping[str, Fraction], bound: tuple[Fraction, ...]) -> Fraction | None:
    match node:
        case Num(value):
            return value
        case Sym(name):
            return point.get(name)
        case Bound(depth):
            return bound[-1 - depth] if depth < len(bound) else None
        case Add(args) | Mul(args):
            values = [exact(arg, point, bound) for arg in args]
            known = [value for value in values if value is not None]
            if len(known) < len(values):
                return None
            return sum(known, Fraction(0)) if isinstance(node, Add) else math.prod(known, start=Fraction(1))
        case Pow(base, exponent):
            return _power(exact(base, point, bound), exact(exponent, point, bound))
        case Fn(name, args):
            values = [exact(arg, point, bound) for arg in args]
            return _function(name, [value for value in values if value is not None], len(values))
        case Piecewise(cases, otherwise):
            for condition, branch in cases:
                decided = holds_exactly(condition, point, bound)
                if decided is None:
                    return None
                if decided:
                    return exact(branch, point, bound)
            return exact(otherwise, point, bound)
        case Binder(kind, body, lo, hi) if kind != "Integral":
            first, last = exact(lo, point, bound), exact(hi, point, bound)
            if first is None or last is None or first.denominator * last.denominator != 1 or last - first >= _MAX_TERMS:
                return None
            terms = [exact(body, point, (*bound, Fraction(k))) for k in range(int(first), int(last) + 1)]
            listed = [term for term in terms if term is not None]
            if len(listed) < len(terms):
                return None
            return sum(listed, Fraction(0)) if kind == "Sum" else math.prod(listed, start=Fraction(1))
    return None


def _power(base: Fraction | None, exponent: Fraction | None) -> Fraction | None:
    if base is None or exponent is None or (base == 0 and exponent <= 0):
        return None
    if exponent.denominator != 1:
        return _root(base, exponent)
    size = base.numerator.bit_length() + base.denominator.bit_length()
    return base**exponent.numerator if size * abs(exponent.numerator) <= _MAX_BITS else None


def _root(base: Fraction, exponent: Fraction) -> Fraction | None:
    """A square root that is rational."""
    if exponent.denominator != 2 or base < 0:
        return None
    top, below = math.isqrt(base.numerator), math.isqrt(base.denominator)
    if top * top != base.numerator or below * below != base.denominator:
        return None
    return _power(Fraction(top, below), Fraction(exponent.numerator))


def _function(name: str, values: list[Fraction], count: int) -> Fraction | None:
    if len(values) < count or not values:
        return None
    x = values[0]
    match name:
        case "abs":
            return abs(x)
        case "relu":
            return max(x, Fraction(0))
        case "sign":
            return Fraction((x > 0) - (x < 0))
        case "floor":
            return Fraction(math.floor(x))
        case "ceil":
            return Fraction(math.ceil(x))
        case "max":
            return max(values)
        case "min":
            return min(values)
        case "factorial" if x.denominator == 1 and 0 <= x <= 200:
            return Fraction(math.factorial(int(x)))
        case "binomial" if all(value.denominator == 1 and 0 <= value <= 200 for value in values):
            return Fraction(math.comb(int(x), int(values[1])))
    return None
