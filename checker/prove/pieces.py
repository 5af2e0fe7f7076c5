"""A function with kinks as smooth pieces between rational break points.

The one idea to know: what decides which piece applies (the argument of ``abs``, the difference of two arguments of ``max``)
has to be linear with rational coefficients, so that its only zero is known exactly and its sign elsewhere is read at one
point.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from fractions import Fraction

from checker.expr.derive import diff
from checker.expr.domain import Domain, intersect
from checker.expr.errors import UnsupportedError
from checker.expr.functions import JUMPS, KINKS
from checker.expr.node import ZERO, Fn, Node, Num, Piecewise, map_children, mul, num, sub, substitute, symbols_of, walk
from checker.expr.rational import is_zero
from checker.expr.to_arb import evaluate
from checker.prove.bracket import constant
from checker.prove.obligation import Bracket, Obligation
from checker.prove.touching import linear_zero

_READER = "the optimum prover"
_BITS = 128
_MAX_PIECES = 24
_KINKED = frozenset({"abs", "max", "min", "relu"})


@dataclass(frozen=True, slots=True)
class Piece:
    """The function without kinks on one part of the bracket."""

    function: Node
    bracket: Bracket


def smooth_pieces(function: Node, name: str, bracket: Bracket) -> list[Piece]:
    """The pieces from left to right, one if there are no kinks.

    Raises ``UnsupportedError`` for jumps and for break points that are not the zero of a linear expression.
    """
    if any(isinstance(part, Piecewise) or (isinstance(part, Fn) and part.name in JUMPS) for part in walk(function)):
        raise UnsupportedError(_READER, "a function with jumps or cases")
    if any(isinstance(part, Fn) and part.name in KINKS - _KINKED and name in symbols_of(part) for part in walk(function)):
        raise UnsupportedError(_READER, "a function with kinks other than those of abs, max, min and relu")
    waiting, done = [Piece(function, bracket)], []
    while waiting:
        piece = waiting.pop()
        kinked = _innermost(piece.function, name)
        if kinked is None:
            done.append(piece)
        else:
            waiting += reversed(_resolved(piece, kinked, name))
        if len(waiting) + len(done) > _MAX_PIECES:
            raise UnsupportedError(_READER, f"a function with more than {_MAX_PIECES} pieces")
    return done


def left_out(name: str, bracket: Bracket, obligation: Obligation) -> tuple[bool, bool]:
    """Which ends of the bracket the declared domain of the symbol excludes (``n: positive`` leaves out 0)."""
    declared = obligation.domains.get(name, Domain())
    lo, hi = (end.value if isinstance(end, Num) else None for end in bracket)
    found = intersect(Domain(lo, hi), declared)
    return (lo is not None and found.lo == lo and found.lo_open, hi is not None and found.hi == hi and found.hi_open)


def _innermost(function: Node, name: str) -> Fn | None:
    """A kinked function of the symbol none of whose arguments has a kink."""
    for part in walk(function):
        if isinstance(part, Fn) and part.name in _KINKED and name in symbols_of(part):
            inner = [item for arg in part.args for item in walk(arg)]
            if not any(isinstance(item, Fn) and item.name in _KINKED and name in symbols_of(item) for item in inner):
                return part
    return None


def _resolved(piece: Piece, kinked: Fn, name: str) -> list[Piece]:
    """The piece cut at the kinks of one function, with that function replaced by what it is there."""
    cuts = sorted({place for edge in _edges(kinked) for place in _cuts(edge, name, piece.bracket)})
    ends = [piece.bracket[0], *(Num(cut) for cut in cuts), piece.bracket[1]]
    found = []
    for lo, hi in itertools.pairwise(ends):
        middle = _between(lo, hi)
        chosen = _chosen(kinked, name, middle)
        found.append(Piece(_put(piece.function, kinked, chosen), (lo, hi)))
    return found


def _edges(kinked: Fn) -> list[Node]:
    if kinked.name in ("abs", "relu"):
        return [kinked.args[0]]
    if len(kinked.args) < 2:
        raise UnsupportedError(_READER, f"{kinked.name} of a vector")
    return [sub(one, other) for index, one in enumerate(kinked.args) for other in kinked.args[:index]]


def _cuts(edge: Node, name: str, bracket: Bracket) -> list[Fraction]:
    zero = linear_zero(edge, name)
    if zero is None and (is_zero(diff(edge, name)) and not is_zero(edge)):
        return []  # two arguments that differ by a number
    if zero is None:
        raise UnsupportedError(_READER, "a function with kinks at places that are not the zero of a linear expression")
    lo, hi = (constant(end, _BITS) for end in bracket)
    place = constant(Num(zero), _BITS)
    if place > lo and place < hi:
        return [zero]
    if place <= lo or place >= hi:
        return []
    raise UnsupportedError(_READER, "a kink too close to an end of the bracket")


def _between(lo: Node, hi: Node) -> Fraction:
    """A rational strictly between two ends."""
    left, right = constant(lo, _BITS), constant(hi, _BITS)
    if left.is_finite() and right.is_finite():
        middle = ((left + right) / 2).mid()
    elif left.is_finite():
        middle = (left + 1).mid()
    elif right.is_finite():
        middle = (right - 1).mid()
    else:
        return Fraction(0)
    exact = middle.fmpq()
    return Fraction(int(exact.p), int(exact.q))


def _chosen(kinked: Fn, name: str, place: Fraction) -> Node:
    """What the function is around a point where its linear edges are not zero."""
    values = [evaluate(substitute(arg, {name: Num(place)}), {}, _BITS) for arg in kinked.args]
    if kinked.name in ("abs", "relu"):
        positive = values[0] > 0
        if not positive and not values[0] < 0:
            raise UnsupportedError(_READER, f"{kinked.name} of what vanishes on a whole piece")
        below = mul(num(-1), kinked.args[0]) if kinked.name == "abs" else ZERO
        return kinked.args[0] if positive else below
    largest = kinked.name == "max"
    for arg, value in zip(kinked.args, values, strict=True):
        if all((value >= other) if largest else (value <= other) for other in values):
            return arg
    raise UnsupportedError(_READER, f"{kinked.name} of arguments that cannot be told apart")


def _put(node: Node, part: Node, chosen: Node) -> Node:
    if node == part:
        return chosen
    return map_children(node, lambda child: _put(child, part, chosen))
