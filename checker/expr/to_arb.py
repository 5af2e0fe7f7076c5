"""Values of the tree at points: exact rationals for as long as they last, rigorous balls (python-flint ``arb``) after.

The one idea to know: NaN means "undefined or not known to be defined here", and is never rounded away.  Because
``0``, ``exp(0)``, ``sqrt(4)`` and rational arithmetic stay exact, a relation that touches equality at a rational
point is decided there and does not depend on a tolerance.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from typing import TypeAlias

import flint
from flint import arb, fmpq

from checker.expr.ball_functions import (
    EXACT_BITS,
    UNARY,
    Value,
    binomial,
    exact_unary,
    extreme,
    floor,
    nan,
    polygamma,
    power,
    to_ball,
    to_fmpq,
    to_fraction,
)
from checker.expr.errors import UnsupportedError
from checker.expr.functions import FUNCTIONS
from checker.expr.node import (
    INFINITY,
    MINUS_ONE,
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
    instantiate,
    is_binder,
    map_children,
)

__all__ = ["Number", "Value", "compare", "evaluate", "holds", "precision", "to_ball", "to_fmpq", "to_fraction", "value"]

Number: TypeAlias = Fraction | int | fmpq | arb

MINUS_INFINITY = Mul((MINUS_ONE, INFINITY))
_MAX_TERMS = 20_000


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
            if isinstance(found, fmpq) and max(int(found.p).bit_length(), int(found.q).bit_length()) > EXACT_BITS:
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
                        return nan()
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
            return fmpq(0) if all(isinstance(item, fmpq) or item.is_finite() for item in values) else nan()
        return total

    def _apply(self, name: str, x: Value) -> Value:
        if isinstance(x, fmpq) and (exact := exact_unary(name, x)) is not None:
            return exact
        return UNARY[name](to_ball(x))

    def _function(self, name: str, args: tuple[Node, ...]) -> Value:
        values = [self.visit(arg) for arg in args]
        if name in UNARY and len(values) == 1:
            return self._apply(name, values[0])
        if name == "abs" and len(values) == 1:
            return abs(values[0])
        if name in ("max", "min"):
            return extreme(values, largest=name == "max")
        if name == "sign":
            x = values[0]
            return fmpq(1) if x > 0 else fmpq(-1) if x < 0 else fmpq(0) if x == 0 else nan()
        if name == "floor":
            return floor(values[0])
        if name == "polygamma":
            return polygamma(*values)
        if name == "binomial":
            return binomial(*values)
        row = FUNCTIONS.get(name)
        if row is not None and row.kind == "scalar" and row.expansion is not None:
            return self.visit(row.expansion(args))
        raise UnsupportedError("arb", f"{name} of {len(values)} arguments")

    def _binder(self, node: Binder) -> Value:
        if node.kind == "Integral":
            return self._integral(node)
        if INFINITY in (node.lo, node.hi) or MINUS_INFINITY in (node.lo, node.hi):
            return self._series(node)
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

    def _integral(self, node: Binder) -> Value:
        from checker.expr.integrands import X
        from checker.expr.quadrature import integral
        from checker.expr.separate import separated

        grounded, balls = self._ground(node)
        body = separated(instantiate(grounded.body, Sym(X)), X)
        return integral(body, grounded.lo, grounded.hi, balls, self.bits)

    def _series(self, node: Binder) -> Value:
        from checker.expr.series_sum import series

        grounded, balls = self._ground(node)
        return series(grounded, balls, self.bits)

    def _ground(self, node: Binder) -> tuple[Binder, dict[str, Value]]:
        """The binder with rational values written in, and balls for what is not rational (under names nobody declares)."""
        balls: dict[str, Value] = {}

        def put(number: Value, name: str) -> Node:
            if isinstance(number, fmpq):
                return Num(to_fraction(number))
            balls[name] = number
            return Sym(name)

        def visit(current: Node, depth: int) -> Node:
            if isinstance(current, Sym):
                if current.name not in self.point:
                    raise UnsupportedError("arb", f"the symbol {current.name} without a value")
                return put(self.point[current.name], current.name)
            if isinstance(current, Bound) and current.depth >= depth:
                outer = current.depth - depth
                if outer >= len(self.bound):
                    raise UnsupportedError("arb", "a bound variable outside its binder")
                return put(self.bound[-1 - outer], f"bound'{outer}")
            if is_binder(current):
                first, *rest = current.children()
                return current.rebuild((visit(first, depth + 1), *(visit(child, depth) for child in rest)))
            return map_children(current, lambda child: visit(child, depth))

        grounded = visit(node, 0)
        assert isinstance(grounded, Binder)
        return grounded, balls

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
