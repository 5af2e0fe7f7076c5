"""What is known of formulas on a half line before anything is bounded: values, signs, kinks resolved, and slopes of exponents.

The one idea to know: ``[T, oo)`` is an ordinary box for intervals, and sums of powers are pulled apart first, because
``x**2 - 3*x`` on it would be ``oo - oo``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from flint import arb

from checker.expr.defined import conditions
from checker.expr.derive import diff
from checker.expr.errors import UnsupportedError
from checker.expr.functions import FUNCTIONS, fn
from checker.expr.growth_rules import KNOWN, STEPS, over_exponential, rewritten, split_factors
from checker.expr.interval import Interval, enclose, from_ball, truth
from checker.expr.node import (
    MINUS_ONE,
    ONE,
    ZERO,
    Add,
    And,
    Fn,
    Mul,
    Node,
    Num,
    Or,
    Piecewise,
    Pow,
    Rel,
    Sym,
    map_children,
    mul,
    num,
    symbols_of,
    walk,
)
from checker.expr.powers import Polynomial, polynomial
from checker.expr.to_arb import Value, evaluate, to_ball

BITS = 128


@dataclass(frozen=True, slots=True)
class Bound:
    """``V*(x/T)**p`` with ``V >= 0``; as a lower bound ``V > 0``."""

    at_start: arb
    power: arb

    def __mul__(self, other: Bound) -> Bound:
        return Bound(self.at_start * other.at_start, self.power + other.power)

    def raised(self, exponent: arb) -> Bound | None:
        """The bound to a constant power (the other kind of bound where the power is negative)."""
        if not self.at_start > 0:
            return Bound(arb(0), arb(0)) if exponent > 0 and self.at_start == 0 else None
        power = largest([self.power.lower() * exponent, self.power.upper() * exponent])
        return Bound((exponent * self.at_start.log()).exp(), power)


def largest(balls: Sequence[arb]) -> arb:
    """The largest upper end."""
    best = balls[0].upper()
    for ball in balls[1:]:
        best = best.max(ball.upper())
    return best


class Ray:
    """Formulas in the symbol ``name`` on ``[start, oo)``, ``start > 0``; other symbols have values."""

    def __init__(self, name: str, start: arb, point: Mapping[str, Value]) -> None:
        self.name = name
        self.start = start
        self.point = dict(point)
        self.box = {key: from_ball(to_ball(item)) for key, item in point.items()}
        self.box[name] = Interval(start.lower(), arb.pos_inf(), False, True)
        self.here: dict[str, Value] = {**self.point, name: start}

    def lower(self, node: Node) -> Bound | None:
        """A positive lower bound of ``|node|``, where the class that bounds knows one."""
        return None

    def defined(self, node: Node) -> bool:
        """Whether ``node`` is surely defined on the whole half line."""
        return all(self._holds(condition) for condition in conditions(node))

    def _holds(self, condition: Node) -> bool:
        match condition:
            case Or(args):
                return any(self._holds(arg) for arg in args)
            case And(args):
                return all(self._holds(arg) for arg in args)
            case Rel(op, left, right) if op in (">", ">=", "!=", "<", "<="):
                gap = left if right == ZERO else Add((left, mul(MINUS_ONE, right)))
                found = self.range_of(gap)
                if op == "!=" and self.lower(self.resolved(gap)) is not None:
                    return True
                if found is not None:
                    return {
                        ">": found.positive,
                        ">=": found.nonnegative,
                        "<": found.negative,
                        "<=": found.nonpositive,
                        "!=": found.positive or found.negative,
                    }[op]
        return self._truth(condition) is True

    def resolved(self, node: Node) -> Node:
        """``node`` without the absolute values, maxima and conditions that are decided on the half line."""
        return rewritten(map_children(self._choose(node), self.resolved))

    # --- values on the half line ------------------------------------------------------------------------------------

    def range_of(self, node: Node) -> Interval | None:
        """An interval that holds the values; ``None`` where it cannot be told or ``node`` may be undefined."""
        terms = self.powers(node)
        if terms is not None:
            return terms.range_from(self.start)
        try:
            found = enclose(node, self.box, BITS)
        except UnsupportedError:
            return None
        return None if found.empty or found.partial else found

    def sign(self, node: Node) -> int:
        """1 or -1 where the sign on the whole half line is known (strictly, or zero only at ends), else 0."""
        if isinstance(node, Mul):
            return math.prod(self.sign(arg) for arg in node.args)
        if isinstance(node, Pow) and isinstance(node.exponent, Num) and node.exponent.value.denominator == 1:
            return self.sign(node.base) if node.exponent.value.numerator % 2 else 1
        found = self.range_of(node)
        if found is None:
            return 0
        return 1 if found.nonnegative else -1 if found.nonpositive else 0

    def powers(self, node: Node) -> Polynomial | None:
        """``node`` as a sum of powers of the variable, if it is one."""
        return polynomial(node, self.name, self.point, BITS)

    def at_start(self, node: Node) -> arb:
        """The value at the start of the half line."""
        return evaluate(node, self.here, BITS)

    def _choose(self, node: Node) -> Node:
        match node:
            case Fn("abs", (arg,)):
                sign = self.sign(arg)
                return arg if sign > 0 else mul(MINUS_ONE, arg) if sign < 0 else node
            case Fn("relu", (arg,)):
                sign = self.sign(arg)
                return arg if sign > 0 else num(0) if sign < 0 else node
            case Fn("cosh" | "sinh" as name, (arg,)) if name == "cosh" or self._is_large(arg):
                back = fn("exp", Mul((MINUS_ONE, arg)))
                both = Add((fn("exp", arg), back if name == "cosh" else Mul((MINUS_ONE, back))))
                return Mul((Num(Fraction(1, 2)), both))
            case Fn("max" | "min", args) if len(args) > 1:
                wanted = 1 if node.name == "max" else -1
                best = args[0]
                for other in args[1:]:
                    sign = self.sign(Add((other, mul(MINUS_ONE, best))))
                    if sign == 0:
                        return node
                    best = other if sign == wanted else best
                return best
            case Piecewise(cases, otherwise):
                for condition, branch in cases:
                    decided = self._truth(condition)
                    if decided is None:
                        return node
                    if decided:
                        return branch
                return otherwise
            case Fn(name, args) if name not in KNOWN and (row := FUNCTIONS.get(name)) is not None:
                return row.expansion(args) if row.expansion is not None and row.kind == "scalar" else node
        return node

    def _is_large(self, node: Node) -> bool:
        found = self.range_of(node)
        return found is not None and bool(found.lo >= 1 or found.hi <= -1)

    def _truth(self, condition: Node) -> bool | None:
        try:
            return truth(condition, self.box, BITS)
        except UnsupportedError:
            return None

    # --- exponentials: all of a product in one exponent ---------------------------------------------------------------

    def with_leading(
        self, exponents: list[Node], factors: list[tuple[Node, Node]]
    ) -> tuple[list[Node], list[tuple[Node, Node]]]:
        """``(1 + exp(x))**k`` as ``exp(k*x)*(exp(-x) + 1)**k``, so that all that grows fast is in one exponent."""
        kept: list[tuple[Node, Node]] = []
        exponents = list(exponents)
        for base, order in factors:
            lead = self._leading(base) if isinstance(base, Add) and self.name not in symbols_of(order) else None
            if lead is not None and isinstance(base, Add):
                exponents.append(lead if order == ONE else Mul((order, lead)))
                kept.append((Add(tuple(over_exponential(term, lead) for term in base.args)), order))
            else:
                kept.append((base, order))
        return exponents, kept

    def _leading(self, base: Add) -> Node | None:
        """The exponent of the fastest growing exponential among the terms."""
        best: tuple[arb, Node] | None = None
        for term in base.args:
            inside, _ = split_factors(term, Fraction(1))
            if not inside:
                continue
            u = inside[0] if len(inside) == 1 else Add(tuple(inside))
            slope = self._slope(u)
            if slope is not None and slope.lo > 0 and (best is None or slope.lo > best[0]):
                best = (slope.lo, u)
        return None if best is None else best[1]

    def exponential(self, exponents: Sequence[Node], upper: bool) -> Bound | None:
        """A bound of ``exp`` of the sum: the supremum (infimum) of ``x*u'(x)`` is the power."""
        u = exponents[0] if len(exponents) == 1 else Add(tuple(exponents))
        if any(isinstance(part, Piecewise) or (isinstance(part, Fn) and part.name in STEPS) for part in walk(u)):
            return None  # the slope of a formula that jumps does not say how it grows
        found = self._slope(u)
        if found is None:
            return None
        at_start = self.at_start(u).exp()
        power = found.hi if upper else found.lo
        if not power.is_finite():
            return None
        return Bound(at_start.upper() if upper else at_start.lower(), power)

    def _slope(self, u: Node) -> Interval | None:
        """Enclosure of ``x*u'(x)``."""
        terms = self.powers(u)
        if terms is not None:
            return terms.scaled_slope().range_from(self.start)
        if isinstance(u, Add):
            groups = [self._slope(part) for part in u.args]
            total = from_ball(arb(0))
            for group in groups:
                if group is None:
                    return None
                total = total + group
            return total
        try:
            found = enclose(Mul((Sym(self.name), diff(u, self.name))), self.box, BITS)
        except UnsupportedError:
            return None
        return None if found.empty or found.partial else found
