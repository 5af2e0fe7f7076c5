"""Values of the tree at points: exact rationals for as long as they last, rigorous balls (python-flint ``arb``) after.

The one idea to know: NaN means "undefined or not known to be defined here", and is never rounded away.  Because
``0``, ``exp(0)``, ``sqrt(4)`` and rational arithmetic stay exact, a relation that touches equality at a rational
point is decided there and does not depend on a tolerance.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from typing import TypeAlias

import flint
from flint import acb, arb, fmpq, fmpz

from checker.expr.errors import UnsupportedError
from checker.expr.functions import FUNCTIONS
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

Value: TypeAlias = fmpq | arb
Number: TypeAlias = Fraction | int | fmpq | arb

_EXACT_BITS = 4096  # a rational with more digits than this is carried on as a ball
_MAX_TERMS = 20_000
_MAX_EXACT_EXPONENT = 4096


@contextmanager
def precision(bits: int) -> Iterator[None]:
    """Set flint's global working precision and restore it, also after an exception."""
    before = flint.ctx.prec
    flint.ctx.prec = bits
    try:
        yield
    finally:
        flint.ctx.prec = before


def evaluate(node: Node, point: Mapping[str, Number], bits: int = 128) -> arb:
    """Enclosure of ``node`` at ``point`` computed with ``bits`` bits; NaN where it is (or may be) undefined.

    Raises ``UnsupportedError`` for what balls cannot express, and for a symbol that ``point`` does not give.
    """
    with precision(bits):
        return to_ball(value(node, point, bits))


def value(node: Node, point: Mapping[str, Number], bits: int = 128) -> Value:
    """As ``evaluate``, but an exact ``fmpq`` where exact arithmetic sufficed."""
    with precision(bits):
        return _Evaluator({name: _to_value(number) for name, number in point.items()}, bits).visit(node)


def holds(relation: Node, point: Mapping[str, Number], start: int = 64, cap: int = 2048) -> bool | None:
    """Whether ``relation`` (``Rel``, ``And``, ``Or``, ``Not``, ``Truth``) holds at ``point``; ``None`` where that is open.

    The precision is doubled from ``start`` to ``cap`` bits; two sides that agree to ``cap`` bits without being exact
    rationals stay ``None``, and so does a relation with an undefined side.
    """
    bits = start
    while True:
        with precision(bits):
            answer = _Evaluator({name: _to_value(number) for name, number in point.items()}, bits).truth(relation)
        if answer is not None or bits >= cap:
            return answer
        bits *= 2


def to_ball(number: Value) -> arb:
    """The value as a ball at the current precision."""
    return number if isinstance(number, arb) else arb(number)


def to_fraction(number: fmpq) -> Fraction:
    return Fraction(int(number.p), int(number.q))


def to_fmpq(number: Fraction | int) -> fmpq:
    return fmpq(number.numerator, number.denominator)


def compare(op: str, difference: Value) -> bool | None:
    """Truth of ``difference op 0``."""
    if isinstance(difference, arb) and difference.is_nan():
        return None
    if op == "<":
        return True if difference < 0 else False if difference >= 0 else None
    if op == "<=":
        return True if difference <= 0 else False if difference > 0 else None
    if op == ">":
        return True if difference > 0 else False if difference <= 0 else None
    if op == ">=":
        return True if difference >= 0 else False if difference < 0 else None
    zero = True if difference == 0 else False if (difference > 0 or difference < 0) else None
    return zero if op == "==" else None if zero is None else not zero


def _to_value(number: Number) -> Value:
    if isinstance(number, arb | fmpq):
        return number
    return to_fmpq(Fraction(number))


def _nan() -> arb:
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
    if size * abs(power) > 2 * _EXACT_BITS and size > 1:
        return None
    return base**power


def power(base: Value, exponent: Value) -> Value:
    """Real power: any base for integer exponents, ``base >= 0`` otherwise; ``0**0 == 1``; NaN where undefined."""
    if isinstance(exponent, fmpq) and exponent.q == 1:
        return _integer_power(base, int(exponent.p))
    if isinstance(base, fmpq):
        if base < 0:
            return _nan()
        if base == 0:
            positive = exponent > 0
            return fmpq(0) if positive else _nan()
        if base == 1:
            return fmpq(1) if isinstance(exponent, fmpq) or exponent.is_finite() else _nan()
        if isinstance(exponent, fmpq) and (exact := _exact_root(base, exponent)) is not None:
            return exact
    ball, to_the = to_ball(base), to_ball(exponent)
    if isinstance(exponent, fmpq) and exponent == fmpq(1, 2):
        return ball.sqrt() if ball >= 0 else _nan()
    if ball > 0:
        if isinstance(exponent, fmpq):
            return ball**to_the
        return (to_the * ball.log()).exp()
    if ball >= 0 and to_the > 0 and ball.is_finite():  # [0, h]: monotone, so the image is [0, h**exponent]
        top = (to_the * ball.abs_upper().log()).exp()
        return arb(0).union(top)
    return _nan()


def _integer_power(base: Value, exponent: int) -> Value:
    if isinstance(base, fmpq):
        if base == 0:
            return fmpq(0) if exponent > 0 else fmpq(1) if exponent == 0 else _nan()
        exact = _exact_power(base, exponent)
        if exact is not None:
            return exact
    ball = to_ball(base)
    if exponent < 0 and ball.contains(0):
        return _nan()
    return ball ** fmpz(exponent)


def _positive(function: Callable[[arb], arb]) -> Callable[[arb], arb]:
    return lambda x: function(x) if x > 0 else _nan()


def _within_one(function: Callable[[arb], arb]) -> Callable[[arb], arb]:
    return lambda x: function(x) if abs(x) <= 1 else _nan()


def _normcdf(x: arb) -> arb:
    return (-x / arb(2).sqrt()).erfc() / 2


def _softplus(x: arb) -> arb:
    return x.exp().log1p() if x <= 0 else x + (-x).exp().log1p()


def _lambertw(x: arb) -> arb:
    return x.lambertw() if x > -((-arb(1)).exp()) else _nan()


def _not_a_pole(function: Callable[[arb], arb]) -> Callable[[arb], arb]:
    return lambda x: function(x) if x > 0 or not x.contains_integer() else _nan()


UNARY: Mapping[str, Callable[[arb], arb]] = {
    "sqrt": lambda x: x.sqrt() if x >= 0 else _nan(),
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
    "acosh": lambda x: x.acosh() if x >= 1 else _nan(),
    "atanh": lambda x: x.atanh() if abs(x) < 1 else _nan(),
    "erf": lambda x: x.erf(),
    "erfc": lambda x: x.erfc(),
    "gamma": _not_a_pole(lambda x: x.gamma()),
    "loggamma": _positive(lambda x: x.lgamma()),
    "digamma": _not_a_pole(lambda x: x.digamma()),
    "LambertW": _lambertw,
    "sigmoid": lambda x: 1 / (1 + (-x).exp()),
    "softplus": _softplus,
    "log1p": lambda x: x.log1p() if x > -1 else _nan(),
    "expm1": lambda x: x.expm1(),
    "normcdf": _normcdf,
}

_AT_ZERO: Mapping[str, fmpq] = {
    **{name: fmpq(0) for name in ("sin", "tan", "asin", "atan", "sinh", "tanh", "asinh", "atanh", "erf")},
    **{name: fmpq(0) for name in ("log1p", "expm1", "LambertW", "sqrt")},
    **{name: fmpq(1) for name in ("exp", "cos", "cosh", "erfc")},
    "sigmoid": fmpq(1, 2),
    "normcdf": fmpq(1, 2),
}
_AT_ONE: Mapping[str, fmpq] = {"log": fmpq(0), "acosh": fmpq(0), "acos": fmpq(0), "gamma": fmpq(1), "loggamma": fmpq(0)}


def _exact_unary(name: str, x: fmpq) -> Value | None:
    if x == 0 and name in _AT_ZERO:
        return _AT_ZERO[name]
    if x == 1 and name in _AT_ONE:
        return _AT_ONE[name]
    if name == "sqrt":
        return power(x, fmpq(1, 2))
    if name == "gamma" and x.q == 1 and 1 <= x.p <= 300:
        return fmpq(fmpz.fac_ui(int(x.p) - 1))
    return None


def _floor(x: Value) -> Value:
    if isinstance(x, fmpq):
        return fmpq(x.floor())
    whole = x.floor().unique_fmpz()
    return _nan() if whole is None else fmpq(whole)


def _polygamma(order: Value, x: Value) -> Value:
    ball = to_ball(x)
    if not (isinstance(order, fmpq) and order.q == 1 and 1 <= order.p <= 64) or (ball.contains_integer() and not ball > 0):
        return _nan()
    return acb(ball).polygamma(acb(order)).real


def _extreme(values: list[Value], largest: bool) -> Value:
    best = values[0]
    for other in values[1:]:
        if isinstance(best, fmpq) and isinstance(other, fmpq):
            best = max(best, other) if largest else min(best, other)
            continue
        a, b = to_ball(best), to_ball(other)
        if a.is_nan() or b.is_nan():
            return _nan()
        if (a >= b) if largest else (a <= b):
            continue  # keep the exact value where the order is certain
        best = other if ((b >= a) if largest else (b <= a)) else (a.max(b) if largest else a.min(b))
    return best


class _Evaluator:
    """One pass over the tree at one point and one precision; the caller has set the precision."""

    def __init__(self, point: Mapping[str, Value], bits: int) -> None:
        self.point = point
        self.bits = bits
        self.bound: tuple[Value, ...] = ()
        self.memo: dict[Node, Value] = {}

    def visit(self, node: Node) -> Value:
        found = self.memo.get(node)
        if found is None:
            found = self._compute(node)
            if isinstance(found, fmpq) and max(int(found.p).bit_length(), int(found.q).bit_length()) > _EXACT_BITS:
                found = arb(found)
            self.memo[node] = found
        return found

    def _compute(self, node: Node) -> Value:
        match node:
            case Num(number):
                return to_fmpq(number)
            case Sym(name):
                if name not in self.point:
                    raise UnsupportedError("arb", f"the symbol {name} without a value")
                return self.point[name]
            case Bound(depth):
                if depth >= len(self.bound):
                    raise UnsupportedError("arb", "a bound variable outside its binder")
                return self.bound[-1 - depth]
            case Const(name):
                return self._constant(name)
            case Add(args):
                return self._sum([self.visit(arg) for arg in args])
            case Mul(args):
                return self._product([self.visit(arg) for arg in args])
            case Pow(Const("E"), exponent):
                return self._apply("exp", self.visit(exponent))
            case Pow(base, exponent):
                return power(self.visit(base), self.visit(exponent))
            case Fn(name, args):
                return self._function(name, args)
            case Piecewise(cases, otherwise):
                for condition, branch in cases:
                    decided = self.truth(condition)
                    if decided is None:
                        return _nan()
                    if decided:
                        return self.visit(branch)
                return self.visit(otherwise)
            case Binder():
                return self._binder(node)
            case Subscript(Vec(entries), (Num(index),)) if index.denominator == 1 and 0 <= index < len(entries):
                return self.visit(entries[int(index)])
            case _:
                raise UnsupportedError("arb", type(node).__name__)

    @staticmethod
    def _constant(name: str) -> Value:
        constants = {"pi": arb.pi, "E": arb.const_e, "EulerGamma": arb.const_euler, "oo": arb.pos_inf}
        if name not in constants:
            raise UnsupportedError("arb", f"the constant {name}")
        return constants[name]()

    @staticmethod
    def _sum(values: list[Value]) -> Value:
        total: Value = fmpq(0)
        for item in values:
            total = total + item
        return total

    @staticmethod
    def _product(values: list[Value]) -> Value:
        total: Value = fmpq(1)
        for item in values:
            total = total * item
        if isinstance(total, arb) and any(isinstance(item, fmpq) and item == 0 for item in values):
            return fmpq(0) if all(isinstance(item, fmpq) or item.is_finite() for item in values) else _nan()
        return total

    def _apply(self, name: str, x: Value) -> Value:
        if isinstance(x, fmpq) and (exact := _exact_unary(name, x)) is not None:
            return exact
        return UNARY[name](to_ball(x))

    def _function(self, name: str, args: tuple[Node, ...]) -> Value:
        values = [self.visit(arg) for arg in args]
        if name in UNARY and len(values) == 1:
            return self._apply(name, values[0])
        if name == "abs" and len(values) == 1:
            return abs(values[0])
        if name in ("max", "min"):
            return _extreme(values, largest=name == "max")
        if name == "sign":
            x = values[0]
            return fmpq(1) if x > 0 else fmpq(-1) if x < 0 else fmpq(0) if x == 0 else _nan()
        if name == "floor":
            return _floor(values[0])
        if name == "polygamma":
            return _polygamma(*values)
        row = FUNCTIONS.get(name)
        if row is not None and row.kind == "scalar" and row.expansion is not None:
            return self.visit(row.expansion(args))
        raise UnsupportedError("arb", f"{name} of {len(values)} arguments")

    def _binder(self, node: Binder) -> Value:
        if node.kind == "Integral":
            raise UnsupportedError("arb", "Integral")
        lo, hi = self.visit(node.lo), self.visit(node.hi)
        if not (isinstance(lo, fmpq) and isinstance(hi, fmpq) and lo.q == 1 and hi.q == 1):
            raise UnsupportedError("arb", f"{node.kind} without integer limits")
        first, last = int(lo.p), int(hi.p)
        if last - first >= _MAX_TERMS:
            raise UnsupportedError("arb", f"{node.kind} of more than {_MAX_TERMS} terms")
        terms = []
        for index in range(first, last + 1):
            inner = _Evaluator(self.point, self.bits)
            inner.bound = (*self.bound, fmpq(index))
            terms.append(inner.visit(node.body))
        return self._sum(terms) if node.kind == "Sum" else self._product(terms)

    def truth(self, node: Node) -> bool | None:
        """Three-valued truth of a condition."""
        match node:
            case Truth(known):
                return known
            case Rel(op, left, right):
                return compare(op, self.visit(left) - self.visit(right))
            case Not(arg):
                inner = self.truth(arg)
                return None if inner is None else not inner
            case And(args) | Or(args):
                stop = isinstance(node, Or)
                answers = [self.truth(arg) for arg in args]
                return stop if stop in answers else None if None in answers else not stop
            case _:
                raise UnsupportedError("arb", f"{type(node).__name__} as a condition")
