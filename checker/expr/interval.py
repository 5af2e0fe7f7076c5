"""Inf-sup interval arithmetic over the tree: what values can a formula take on a box?

The one idea to know: an interval keeps two *exact* ball end points, plus or minus infinity allowed, and says of each
end whether it is excluded (``open``).  Monotone functions are evaluated at the ends, rounded outward, so ``log`` on
``(0, 1]`` is ``(-oo, 0]`` and ``exp`` on the whole line is ``(0, oo)``: a strict bound survives.  ``partial`` says that
the formula may be undefined somewhere on the box (the interval then encloses the values where it is defined);
``EMPTY`` means that it is defined nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

from flint import arb, fmpq, fmpz

from checker.expr import interval_functions as functions
from checker.expr.domain import Domain
from checker.expr.errors import UnsupportedError
from checker.expr.interval_core import EMPTY, REALS, Interval, exact, from_ball, hull
from checker.expr.node import (
    INFINITY,
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
    symbols_of,
    walk,
)
from checker.expr.to_arb import MINUS_INFINITY, precision, to_ball, to_fmpq, value

__all__ = ["EMPTY", "REALS", "Interval", "box_of", "enclose", "exact", "from_ball", "from_domain", "hull", "truth"]

_MAX_TERMS = 2_000
_MAX_EXPONENT = 4_000


def from_domain(domain: Domain) -> Interval:
    """The interval that holds a scalar domain; ends that are not dyadic are rounded outward (and then stay excluded)."""
    if domain.values is not None:
        return hull([from_ball(arb(to_fmpq(item))) for item in domain.values])
    lo, hi = arb.neg_inf(), arb.pos_inf()
    if domain.lo is not None:
        lo = arb(to_fmpq(domain.lo)).lower()
    if domain.hi is not None:
        hi = arb(to_fmpq(domain.hi)).upper()
    return Interval(lo, hi, domain.lo_open or domain.lo is None, domain.hi_open or domain.hi is None)


def box_of(domains: Mapping[str, Domain], bits: int = 128) -> dict[str, Interval]:
    """One interval per scalar symbol."""
    with precision(bits):
        return {name: from_domain(domain) for name, domain in domains.items() if not domain.shape}


def enclose(node: Node, box: Mapping[str, Interval], bits: int = 128, *, at_limit: bool = False) -> Interval:
    """An interval that contains every value ``node`` takes on ``box`` where it is defined.

    With ``at_limit`` an infinite end *is* the point (a limit in the extended reals), so that ``0*oo`` and ``oo - oo``
    become the whole line instead of following the conventions for ends.  Raises ``UnsupportedError``.
    """
    with precision(bits):
        return _Encloser(box, at_limit).visit(node)


def truth(node: Node, box: Mapping[str, Interval], bits: int = 128) -> bool | None:
    """Whether a condition holds on the whole box (True), nowhere on it (False), or neither is known (None)."""
    with precision(bits):
        return _Encloser(box, False).truth(node)


class _Encloser:
    def __init__(self, box: Mapping[str, Interval], at_limit: bool) -> None:
        self.box = box
        self.at_limit = at_limit
        self.bound: tuple[Interval, ...] = ()
        self.memo: dict[Node, Interval] = {}

    def visit(self, node: Node) -> Interval:
        found = self.memo.get(node)
        if found is None:
            found = self.memo[node] = self._compute(node)
        return found

    def _compute(self, node: Node) -> Interval:
        match node:
            case Num(number):
                return from_ball(arb(to_fmpq(number)))
            case Sym(name):
                if name not in self.box:
                    raise UnsupportedError("intervals", f"the symbol {name} without a domain")
                return self.box[name]
            case Bound(depth) if depth < len(self.bound):
                return self.bound[-1 - depth]
            case Const(name):
                return self._constant(name)
            case Add(args):
                total = self.visit(args[0])
                for arg in args[1:]:
                    total = total + self.visit(arg)
                return total
            case Mul(args):
                return self._product(args)
            case Pow(base, exponent):
                return self._power(base, exponent)
            case Fn(name, args):
                values = [self.visit(arg) for arg in args]
                if any(item.empty for item in values):
                    return EMPTY
                result = functions.apply(name, values)
                return replace(result, partial=True) if any(item.partial for item in values) else result
            case Piecewise(cases, otherwise):
                return self._piecewise(cases, otherwise)
            case Binder():
                return self._binder(node)
            case Subscript(Vec(entries), (Num(index),)) if index.denominator == 1 and 0 <= index < len(entries):
                return self.visit(entries[int(index)])
            case _:
                raise UnsupportedError("intervals", type(node).__name__)

    @staticmethod
    def _constant(name: str) -> Interval:
        if name == "oo":
            return Interval(arb.pos_inf(), arb.pos_inf())
        constants = {"pi": arb.pi, "E": arb.const_e, "EulerGamma": arb.const_euler}
        if name not in constants:
            raise UnsupportedError("intervals", f"the constant {name}")
        return from_ball(constants[name]())

    def _product(self, args: tuple[Node, ...]) -> Interval:
        # Equal factors are one power: x*x is x**2, never negative.
        counts: dict[Node, int] = {}
        for arg in args:
            counts[arg] = counts.get(arg, 0) + 1
        total: Interval | None = None
        for arg, count in counts.items():
            item = self.visit(arg)
            item = item if count == 1 else functions.integer_power(item, count)
            total = item if total is None else total.times(item, self.at_limit)
        assert total is not None
        return total

    def _power(self, base: Node, exponent: Node) -> Interval:
        if base == Const("E"):
            return self.visit(Fn("exp", (exponent,)))
        under = self.visit(base)
        if under.empty:
            return EMPTY
        if isinstance(exponent, Num):
            if exponent.value.denominator == 1:
                return functions.integer_power(under, int(exponent.value))
            return functions.rational_power(under, exponent.value)
        upper = self.visit(exponent)
        if upper.empty:
            return EMPTY
        return functions.general_power(under, upper, self.at_limit)

    def _piecewise(self, cases: tuple[tuple[Node, Node], ...], otherwise: Node) -> Interval:
        reached: list[Interval] = []
        partial = False
        for condition, branch in cases:
            partial = partial or self._may_be_undefined(condition)
            decided = self.truth(condition)
            if decided is False:
                continue
            self._reach(reached, condition, True, branch)
            if decided is True:
                break
        else:
            last = cases[-1][0] if len(cases) == 1 else Truth(True)
            self._reach(reached, last, len(cases) != 1, otherwise)
        result = hull(reached)
        return replace(result, partial=True) if partial else result

    def _may_be_undefined(self, condition: Node) -> bool:
        if isinstance(condition, Rel):
            sides = [self.visit(condition.left), self.visit(condition.right)]
            return any(side.partial or side.empty for side in sides)
        return any(self._may_be_undefined(part) for part in condition.children())

    def _reach(self, reached: list[Interval], condition: Node, wanted: bool, branch: Node) -> None:
        """Add ``branch`` on the part of the box that a simple condition ``symbol op number`` leaves, if any is left."""
        smaller = restrict(self.box, condition, wanted)
        if smaller is self.box:
            reached.append(self.visit(branch))
        elif smaller is not None:
            inner = _Encloser(smaller, self.at_limit)
            inner.bound = self.bound
            reached.append(inner.visit(branch))

    def _binder(self, node: Binder) -> Interval:
        if node.kind == "Integral" or INFINITY in (node.lo, node.hi) or MINUS_INFINITY in (node.lo, node.hi):
            return self._number(node)
        lo, hi = _integer(self.visit(node.lo)), _integer(self.visit(node.hi))
        if lo is None or hi is None or hi - lo >= _MAX_TERMS:
            raise UnsupportedError("intervals", f"{node.kind} without few integer terms")
        total = from_ball(arb(0 if node.kind == "Sum" else 1))
        for index in range(lo, hi + 1):
            inner = _Encloser(self.box, self.at_limit)
            inner.bound = (*self.bound, from_ball(arb(index)))
            term = inner.visit(node.body)
            total = total + term if node.kind == "Sum" else total.times(term, self.at_limit)
        return total

    def _number(self, node: Binder) -> Interval:
        """An integral or infinite sum without symbols is one number."""
        if symbols_of(node) or any(isinstance(part, Bound) and part.depth for part in walk(node)):
            raise UnsupportedError("intervals", f"{node.kind} with parameters")
        ball = to_ball(value(node, {}, 128))
        return from_ball(ball) if ball.is_finite() else replace(REALS, partial=True)

    def truth(self, node: Node) -> bool | None:
        match node:
            case Truth(known):
                return known
            case Rel(op, left, right):
                return _sign_truth(op, self.visit(left) + -self.visit(right))
            case Not(arg):
                inner = self.truth(arg)
                return None if inner is None else not inner
            case And(args) | Or(args):
                stop = isinstance(node, Or)
                answers = [self.truth(arg) for arg in args]
                return stop if stop in answers else None if None in answers else not stop
            case _:
                raise UnsupportedError("intervals", f"{type(node).__name__} as a condition")


def _integer(item: Interval) -> int | None:
    if item.empty or item.lo != item.hi or not item.lo.is_integer() or abs(item.lo) > 2**64:
        return None
    return int(fmpz(item.lo.unique_fmpz()))


def _sign_truth(op: str, difference: Interval) -> bool | None:
    if difference.empty or difference.partial:
        return None
    table: dict[str, tuple[bool, bool]] = {
        ">": (difference.positive, difference.nonpositive),
        ">=": (difference.nonnegative, difference.negative),
        "<": (difference.negative, difference.nonnegative),
        "<=": (difference.nonpositive, difference.positive),
        "==": (difference.is_zero, difference.positive or difference.negative),
        "!=": (difference.positive or difference.negative, difference.is_zero),
    }
    yes, no = table[op]
    return True if yes else False if no else None


def restrict(box: Mapping[str, Interval], condition: Node, wanted: bool = True) -> Mapping[str, Interval] | None:
    """``box`` cut by ``symbol op number`` (or its negation); the box itself if the condition has another shape, None if empty.

    Only cuts that are exact in binary, or rounded outward, are made.
    """
    if isinstance(condition, And) and wanted:
        for part in condition.args:
            smaller = restrict(box, part)
            if smaller is None:
                return None
            box = smaller
        return box
    if not isinstance(condition, Rel):
        return box
    op: str = condition.op if wanted else _NEGATED[condition.op]
    left, right = condition.left, condition.right
    if isinstance(left, Num) and isinstance(right, Sym):
        left, right, op = right, left, _MIRRORED[op]
    if not (isinstance(left, Sym) and isinstance(right, Num)) or left.name not in box or op in ("==", "!="):
        return box
    cut = box[left.name].cut(op, right.value)
    return None if cut.empty else {**box, left.name: cut}


_NEGATED = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}


def rational_end(end: arb, upper: bool) -> tuple[Fraction | None, bool]:
    """An end point as an exact Fraction (``None`` if infinite), and whether it had to be moved outward.

    Ends beyond ``2**4000`` or closer to 0 than ``2**-4000`` are moved: their digits would fill the memory.
    """
    if not end.is_finite():
        return None, False
    if end == 0:
        return Fraction(0), False
    size = abs(end)
    if size > arb(2) ** _MAX_EXPONENT:
        outward = (end > 0) == upper
        return (None if outward else Fraction(2**_MAX_EXPONENT) * (1 if end > 0 else -1)), True
    if size < arb(2) ** -_MAX_EXPONENT:
        outward = (end > 0) == upper
        return (Fraction(1, 2**_MAX_EXPONENT) * (1 if end > 0 else -1) if outward else Fraction(0)), True
    number: fmpq = end.fmpq()
    return Fraction(int(number.p), int(number.q)), False
