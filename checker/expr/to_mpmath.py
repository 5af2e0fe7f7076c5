"""The tree as mpmath sees it: numbers at points by an engine that shares no line with balls, intervals or SymPy's algebra.

The one idea to know: this reader never proves anything.  It looks at what another engine has proved, so it has contexts of
its own (nothing that SymPy does to ``mpmath.mp`` reaches it), writes every function out by itself, and raises
``UndefinedError`` where the raw tree has no real value.  Integrals and infinite sums are numerical; how well they are
known is kept beside the value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from checker.expr.errors import UnsupportedError
from checker.expr.functions import FUNCTIONS
from checker.expr.mpmath_functions import (
    DIRECT,
    INSIDE,
    POLES,
    STEPS,
    UndefinedError,
    compare,
    ctx,
    power,
    rational,
)
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
    Sym,
    Truth,
    is_binder,
    walk,
)
from checker.expr.to_fractions import exact

__all__ = ["READER", "Reading", "UndefinedError", "compare", "ctx"]

READER = "mpmath"
_MAX_TERMS = 400
_QUADRATURE_DIGITS = 15
_DEGREE = 6
_BY_HAND = 20
_SCAN = 3000
_MISSED = 10
_CLEARLY = 1e-10  # farther than this outside of a domain is no rounding

class Reading:
    """One pass over a tree at one point; ``error`` bounds (by estimate) what integrals and sums leave open."""

    def __init__(self, point: Mapping[str, Any], digits: int = 30, *, otherwise: bool = False) -> None:
        self.point = point
        self.digits = digits
        self.otherwise = otherwise  # cut integrals at other places, to see whether the number changes
        self.error = 0.0
        self.numerical = False  # whether there was an integral or an infinite sum at all
        self.bound: tuple[Any, ...] = ()
        self.peak = ctx.zero  # of the integrand or summand at hand
        self.looks: list[tuple[Callable[[Any], Any], Any, Any, Any]] = []
        self.largest = ctx.zero  # of the terms of any sum: what rounding is relative to
        self.memo: dict[Node, Any] = {}  # of what no binder's variable occurs in
        self.fixed: dict[Node, bool] = {}

    def number(self, node: Node) -> Any:
        """The value; raises ``UndefinedError``, and ``UnsupportedError`` for what mpmath is not asked."""
        before, ctx.dps = ctx.dps, self.digits
        try:
            self.memo.clear()  # the digits may have changed
            found = self._number(node)
            if ctx.isnan(found):
                raise UndefinedError("not a number")
            return found
        except UndefinedError:
            raise
        except (ValueError, ArithmeticError, TypeError) as problem:
            raise UndefinedError(f"{type(problem).__name__}: {problem}"[:80]) from None
        finally:
            ctx.dps = before

    def truth(self, node: Node, slack: float = 0.0) -> bool | None:
        """Whether a condition holds; None where the sides are closer than ``slack`` (relative) or not known well enough."""
        match node:
            case Truth(known):
                return known
            case Not(arg):
                inner = self.truth(arg, slack)
                return None if inner is None else not inner
            case And(args) | Or(args):
                stop = isinstance(node, Or)
                answers = [self.truth(arg, slack) for arg in args]
                return stop if stop in answers else None if None in answers else not stop
            case Rel(op, left, right):
                a, b = self.number(left), self.number(right)
                near = max(abs(a), abs(b)) * slack + self.error
                if near and abs(a - b) <= near:
                    return None
                return compare(op, a, b)
            case _:
                raise UnsupportedError(READER, f"{type(node).__name__} as a condition")

    def _is_fixed(self, node: Node) -> bool:
        known = self.fixed.get(node)
        if known is None:
            known = not isinstance(node, Bound) and all(map(self._is_fixed, node.children()))
            self.fixed[node] = known
        return known

    def _number(self, node: Node) -> Any:
        known = self.memo.get(node)
        if known is not None:
            return known
        found = self._compute(node)
        if not self.bound or self._is_fixed(node):
            self.memo[node] = found
        return found

    def _compute(self, node: Node) -> Any:
        match node:
            case Num(value):
                return rational(value)
            case Sym(name):
                if name not in self.point:
                    raise UnsupportedError(READER, f"the symbol {name} without a value")
                value = self.point[name]
                return rational(value) if isinstance(value, Fraction) else value
            case Bound(depth) if depth < len(self.bound):
                return self.bound[-1 - depth]
            case Const("pi"):
                return +ctx.pi
            case Const("E"):
                return +ctx.e
            case Const("EulerGamma"):
                return +ctx.euler
            case Const("oo"):
                return ctx.inf
            case Add(args):
                terms = [self._number(arg) for arg in args]
                self.largest = max(self.largest, *map(abs, terms))
                return ctx.fsum(terms)
            case Mul(args):
                return ctx.fprod([self._number(arg) for arg in args])
            case Pow(base, exponent):
                return self._power(base, exponent)
            case Fn(name, args):
                return self._function(name, args)
            case Piecewise(cases, otherwise):
                for condition, branch in cases:
                    if self._condition(condition):
                        return self._number(branch)
                return self._number(otherwise)
            case Binder():
                return self._binder(node)
            case _:
                raise UnsupportedError(READER, type(node).__name__)

    def _power(self, base: Node, exponent: Node) -> Any:
        value, count = self._number(base), self._number(exponent)
        if value == 0 and count <= 0:
            raise UndefinedError("a power of zero", not self.bound and exact(base, self._rationals()) == 0)
        if value < 0 and count != ctx.floor(count):
            raise UndefinedError("a root of a negative number", not self.bound and bool(value < -_CLEARLY))
        return power(value, count)

    def _rationals(self) -> dict[str, Fraction]:
        return {name: value for name, value in self.point.items() if isinstance(value, Fraction)}

    def _condition(self, node: Node) -> bool:
        match node:
            case Truth(known):
                return known
            case Not(arg):
                return not self._condition(arg)
            case And(args):
                answers = [self._condition(arg) for arg in args]  # each has to be defined
                return all(answers)
            case Or(args):
                answers = [self._condition(arg) for arg in args]
                return any(answers)
            case Rel(op, left, right):
                a, b = self._number(left), self._number(right)
                if a != b and abs(a - b) < max(abs(a), abs(b)) * ctx.mpf(10) ** (-self.digits // 2):
                    raise UndefinedError("a condition too close to tell")
                return compare(op, a, b)
        raise UnsupportedError(READER, f"{type(node).__name__} as a condition")

    def _function(self, name: str, args: tuple[Node, ...]) -> Any:
        values = [self._number(arg) for arg in args]
        if name in STEPS and not self.bound:  # one point of an integral does not matter, terms of a sum are far apart
            self._away_from_jumps(name, values[0])
        if name in INSIDE and not INSIDE[name](values[-1]):
            self._outside(name, args[-1], values[-1])
        if name in DIRECT:
            return ctx.re(DIRECT[name](*values))
        row = FUNCTIONS.get(name)
        if row is not None and row.kind == "scalar" and row.expansion is not None:
            return self._number(row.expansion(args))
        raise UnsupportedError(READER, name)

    def _away_from_jumps(self, name: str, x: Any) -> None:
        """A number that rounding may have put on the wrong side of a jump has no value here."""
        place = x + ctx.mpf("0.5") if name == "round" else x
        gap = abs(place) if name == "sign" else abs(place - ctx.nint(place))
        if gap and gap < (1 + abs(x)) * ctx.mpf(10) ** (-self.digits // 2):
            raise UndefinedError("too close to a jump")

    def _outside(self, name: str, node: Node, x: Any) -> None:
        known = None if self.bound else exact(node, self._rationals())
        nudged = [x + side * _CLEARLY * (1 + abs(x)) for side in (1, -1)]
        robust = not self.bound and name not in POLES and not any(INSIDE[name](place) for place in nudged)
        raise UndefinedError(f"outside of the domain of {name}", known is not None or robust)

    def _binder(self, node: Binder) -> Any:
        lo, hi = self._number(node.lo), self._number(node.hi)

        def at(value: Any) -> Any:
            outer, self.bound = self.bound, (*self.bound, value)
            try:
                return self._number(node.body)
            finally:
                self.bound = outer

        if node.kind == "Integral":
            return self._integral(node, at, lo, hi)
        if ctx.isinf(lo) or ctx.isinf(hi):
            return self._series(node, at, lo, hi)
        if lo != ctx.floor(lo) or hi != ctx.floor(hi):
            raise UndefinedError("a sum between ends that are no integers")
        if hi - lo >= _MAX_TERMS:
            raise UnsupportedError(READER, f"{node.kind} of more than {_MAX_TERMS} terms")
        terms = [at(ctx.mpf(k)) for k in range(int(lo), int(hi) + 1)]
        return ctx.fsum(terms) if node.kind == "Sum" else ctx.fprod(terms)

    def _watched(self, at: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """The integrand, with the largest value that was seen of it kept."""
        self.numerical, self.peak = True, ctx.zero

        def seen(x: Any) -> Any:
            value = at(x)
            self.peak = max(self.peak, abs(value))
            return value

        return seen

    def missed(self) -> bool:
        """Whether a plain scan of an integrand or summand sees far larger values than quadrature or extrapolation saw.

        Both look at few places and know nothing of what lies between; a narrow peak there makes them wrong and sure.
        """
        before, ctx.dps = ctx.dps, _QUADRATURE_DIGITS
        try:
            return any(self._peaks(*look) for look in self.looks)
        finally:
            ctx.dps = before

    def _peaks(self, at: Callable[[Any], Any], lo: Any, hi: Any, seen: Any) -> bool:
        if lo == hi:
            return False
        for k in range(1, _SCAN):
            share = ctx.mpf(k) / _SCAN
            bounded = not (ctx.isinf(lo) or ctx.isinf(hi))
            if bounded:
                x = lo + share * (hi - lo)
            else:  # evenly in the logarithm, out to a million
                reach = ctx.sinh(15 * (share if not ctx.isinf(lo) or not ctx.isinf(hi) else 2 * share - 1))
                x = lo + reach if not ctx.isinf(lo) else hi - reach if not ctx.isinf(hi) else reach
            try:
                if abs(at(x)) > _MISSED * seen:
                    return True
            except (UndefinedError, ValueError, ArithmeticError):
                continue
        return False

    def _integral(self, node: Binder, at: Callable[[Any], Any], lo: Any, hi: Any) -> Any:
        if any(isinstance(part, Binder) for part in walk(node.body)):
            raise UnsupportedError(READER, "an integral inside an integral")
        before, ctx.dps = ctx.dps, _QUADRATURE_DIGITS
        at = self._watched(at)
        try:
            places = (-8, -1, 0, 1, 8) if not self.otherwise else (-20, -3, -1 / 3, 5 / 7, 4, 25)
            inner = [point for point in places if lo < point < hi] if ctx.isinf(lo) or ctx.isinf(hi) else []
            if self.otherwise and not (ctx.isinf(lo) or ctx.isinf(hi)):
                inner = [lo + share * (hi - lo) for share in (0.29, 0.57, 0.83)]
            found, error = ctx.quad(at, [lo, *inner, hi], error=True, maxdegree=_DEGREE)
            self.looks.append((at, lo, hi, self.peak))
        finally:
            ctx.dps = before
        self.error += float(error) * 10 + 1e-12 * float(abs(found))
        return found

    def _series(self, node: Binder, at: Callable[[Any], Any], lo: Any, hi: Any) -> Any:
        if node.kind != "Sum" or ctx.isinf(lo) or any(is_binder(part) for part in walk(node.body)):
            raise UnsupportedError(READER, f"an infinite {node.kind} of this form")
        before, ctx.dps = ctx.dps, _QUADRATURE_DIGITS
        at = self._watched(at)
        try:
            found = ctx.nsum(at, [lo, hi])
            # Its extrapolation gives no error of its own: once more with the first terms added by hand.
            again = ctx.fsum([at(lo + k) for k in range(_BY_HAND)]) + ctx.nsum(at, [lo + _BY_HAND, hi])
            self.looks.append((lambda x: at(ctx.floor(x)), lo, hi, self.peak))
        finally:
            ctx.dps = before
        self.error += float(abs(found - again)) * 100 + 1e-10 * float(abs(found))
        return found
