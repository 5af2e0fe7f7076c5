"""A range cut at the kinks of an integrand, so that on every piece ``abs``, ``max``, ``min`` and conditions are gone.

The one idea to know: where a kink lies relative to the ends is proved for *all* parameters, or the integrand is not cut at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from checker.expr.domain import Domain
from checker.expr.functions import fn
from checker.expr.node import (
    INFINITY,
    MINUS_ONE,
    ZERO,
    And,
    Binder,
    Fn,
    Mul,
    Node,
    Num,
    Or,
    Piecewise,
    Rel,
    Sym,
    div,
    map_children,
    mul,
    neg,
    num,
    sub,
    symbols_of,
)
from checker.expr.rational import is_zero
from checker.prove.antiderivative import coefficients

_MAX_PIECES = 12
_MINUS_INFINITY = (Mul((MINUS_ONE, INFINITY)), neg(INFINITY))


@dataclass(frozen=True, slots=True)
class Piece:
    """``body`` on the open range from ``lo`` to ``hi``."""

    body: Node
    lo: Node
    hi: Node


def is_minus_infinity(node: Node) -> bool:
    """Whether the node is ``-oo`` as the parser writes it."""
    return node in _MINUS_INFINITY


def within(name: str, lo: Node, hi: Node) -> tuple[Node, ...]:
    """The hypotheses that ``name`` lies in the open range."""
    low = () if is_minus_infinity(lo) else (Rel("<", lo, Sym(name)),)
    high = () if hi == INFINITY else (Rel("<", Sym(name), hi),)
    return (*low, *high)


def domain_of(lo: Node, hi: Node) -> Domain:
    """The domain of a variable of integration; ends that are not numbers are left to ``within``."""
    low, high = (end.value if isinstance(end, Num) else None for end in (lo, hi))
    return Domain(low, high, low is not None, high is not None)


def pieces(
    body: Node, name: str, lo: Node, hi: Node, domains: Mapping[str, Domain], given: Sequence[Node]
) -> list[Piece] | None:
    """The integrand without kinks on consecutive ranges; ``None`` where the order of kinks and ends is not proved."""
    waiting, done = [Piece(body, lo, hi)], []
    while waiting:
        piece = waiting.pop()
        kink = _first_kink(piece.body, name)
        if kink is None:
            done.append(piece)
            continue
        if len(waiting) + len(done) >= _MAX_PIECES:
            return None
        signed = _signs(kink, name, piece, domains, given)
        if signed is None:
            return None
        for sign, low, high in signed:
            waiting.append(Piece(_with(piece.body, kink, _resolved(kink, sign)), low, high))
    return done


def _first_kink(node: Node, name: str) -> Node | None:
    """A kink whose parts have none."""
    if name not in symbols_of(node) or isinstance(node, Binder):
        return None
    for child in node.children():
        found = _first_kink(child, name)
        if found is not None:
            return found
    if isinstance(node, Fn) and node.name in ("abs", "sign", "relu"):
        return node
    if isinstance(node, Fn) and node.name in ("max", "min") and len(node.args) > 1:
        return node
    if isinstance(node, Piecewise) and isinstance(_flat(node.cases[0][0]), Rel):
        return node
    return None


def _flat(condition: Node) -> Node:
    return condition.args[0] if isinstance(condition, And | Or) else condition


def _gap(kink: Node) -> Node:
    """The formula whose sign decides."""
    if isinstance(kink, Piecewise):
        relation = _flat(kink.cases[0][0])
        assert isinstance(relation, Rel)
        return sub(relation.left, relation.right)
    assert isinstance(kink, Fn)
    if kink.name in ("max", "min"):
        return kink.args[0] if kink.args[1] == ZERO else sub(kink.args[0], kink.args[1])
    return kink.args[0]


def _resolved(kink: Node, sign: int) -> Node:
    """The kink where its gap has that sign (a single point more or less does not change an integral)."""
    if isinstance(kink, Piecewise):
        return _branch(kink, sign)
    assert isinstance(kink, Fn)
    if kink.name == "abs":
        return kink.args[0] if sign > 0 else mul(MINUS_ONE, kink.args[0])
    if kink.name == "sign":
        return num(sign)
    if kink.name == "relu":
        return kink.args[0] if sign > 0 else ZERO
    best = kink.args[0] if (sign > 0) == (kink.name == "max") else kink.args[1]
    return best if len(kink.args) == 2 else fn(kink.name, best, *kink.args[2:])


def _branch(kink: Piecewise, sign: int) -> Node:
    (condition, value), *rest = kink.cases
    relation = _flat(condition)
    assert isinstance(relation, Rel)
    holds = {"<": sign < 0, "<=": sign < 0, ">": sign > 0, ">=": sign > 0, "==": False, "!=": True}[relation.op]
    others = Piecewise(tuple(rest), kink.otherwise) if rest else kink.otherwise
    if relation is condition:
        return value if holds else others
    assert isinstance(condition, And | Or)
    if holds == isinstance(condition, Or):
        return value if holds else others
    left = condition.args[1:]
    remaining = left[0] if len(left) == 1 else type(condition)(left)
    return Piecewise(((remaining, value), *rest), kink.otherwise)


def _with(node: Node, kink: Node, value: Node) -> Node:
    return value if node == kink else map_children(node, lambda child: _with(child, kink, value))


def _signs(
    kink: Node, name: str, piece: Piece, domains: Mapping[str, Domain], given: Sequence[Node]
) -> list[tuple[int, Node, Node]] | None:
    """The sign of the gap on parts of the piece, where it may vanish at single points.

    For some parameter it may vanish on a whole range: that is nothing to ``abs`` and ``max``, and another value of
    ``sign`` and of a condition, so these need a strict sign.
    """
    from checker.prove.relation import settled

    gap = _gap(kink)
    jumps = isinstance(kink, Piecewise) or (isinstance(kink, Fn) and kink.name == "sign")
    known = coefficients(gap, name)
    if known is not None and set(known) <= {0, 1} and 1 in known:
        rising = settled(Rel(">", known[1], ZERO), domains, given)
        if rising or settled(Rel("<", known[1], ZERO), domains, given):
            return _around(_zero(known), 1 if rising else -1, piece, domains, given)
    inside = (*given, *within(name, piece.lo, piece.hi))
    box = {**domains, name: domain_of(piece.lo, piece.hi)}
    if settled(Rel(">" if jumps else ">=", gap, ZERO), box, inside):
        return [(1, piece.lo, piece.hi)]
    return [(-1, piece.lo, piece.hi)] if settled(Rel("<" if jumps else "<=", gap, ZERO), box, inside) else None


def _around(
    zero: Node, slope: int, piece: Piece, domains: Mapping[str, Domain], given: Sequence[Node]
) -> list[tuple[int, Node, Node]] | None:
    """The sign of a linear gap left and right of its zero."""
    if in_order(zero, piece.lo, domains, given):
        return [(slope, piece.lo, piece.hi)]
    if in_order(piece.hi, zero, domains, given):
        return [(-slope, piece.lo, piece.hi)]
    if in_order(piece.lo, zero, domains, given) and in_order(zero, piece.hi, domains, given):
        return [(-slope, piece.lo, zero), (slope, zero, piece.hi)]
    return None


def _zero(known: Mapping[int, Node]) -> Node:
    constant, slope = known.get(0, ZERO), known[1]
    if isinstance(constant, Num) and isinstance(slope, Num):
        return Num(-constant.value / slope.value)
    if isinstance(slope, Num):
        return mul(Num(-1 / slope.value), constant) if slope.value != -1 else constant
    return div(neg(constant), slope)


def in_order(left: Node, right: Node, domains: Mapping[str, Domain], given: Sequence[Node]) -> bool:
    """Whether ``left <= right`` for all parameters."""
    from checker.prove.relation import settled

    if is_minus_infinity(left) or right == INFINITY:
        return True
    if is_minus_infinity(right) or left == INFINITY:
        return False
    if left == right or is_zero(sub(left, right), domains) is True:
        return True
    return settled(Rel("<=", left, right), domains, given)
