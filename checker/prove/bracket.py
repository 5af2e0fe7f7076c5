"""Brackets and closed constants as balls: what ``root``, ``optimum`` and ``enclosure`` share.

The one idea to know: an end point of a bracket is itself only known to a ball, so "inside" is True, False or open, and
open means: more digits.
"""

from __future__ import annotations

from flint import arb

from checker.expr.domain import Domain
from checker.expr.errors import UnsupportedError
from checker.expr.node import INFINITY, MINUS_ONE, And, Node, Num, Rel, Sym, Truth, mul, neg, sub, symbols_of
from checker.expr.rational import is_zero
from checker.expr.to_arb import evaluate, precision
from checker.prove.obligation import Bracket, Obligation, Relation

PRECISIONS = (128, 512, 2048, 8192)
LAST_BITS = PRECISIONS[-1]
ENCLOSED = 100  # bits: a radius of 1e-30 relative to the scale of the question
SHOWN_DIGITS = 40
_MINUS_INFINITY = (neg(INFINITY), mul(INFINITY, MINUS_ONE))


def constant(node: Node, bits: int) -> arb:
    """The value of a formula without symbols, ``oo`` included; raises ``UnsupportedError`` where it has none."""
    if node == INFINITY:
        return arb.pos_inf()
    if node in _MINUS_INFINITY:
        return arb.neg_inf()
    if symbols_of(node):
        raise UnsupportedError("balls", f"a constant with the symbol {min(symbols_of(node))}")
    ball = evaluate(node, {}, bits)
    if ball.is_nan():
        raise UnsupportedError("balls", "a constant that is undefined or not known to be defined")
    return ball


def ends(bracket: Bracket, bits: int) -> tuple[arb, arb]:
    """Both ends as balls."""
    return constant(bracket[0], bits), constant(bracket[1], bits)


def outer(bracket: Bracket, bits: int) -> tuple[arb, arb]:
    """Exact end points of an interval that contains the bracket."""
    lo, hi = ends(bracket, bits)
    with precision(bits):
        return (lo.lower() if lo.is_finite() else lo), (hi.upper() if hi.is_finite() else hi)


def lies_in(value: arb, bracket: Bracket, bits: int) -> bool | None:
    """Whether the whole ball lies in the closed bracket (True), outside of it (False), or neither is certain."""
    lo, hi = ends(bracket, bits)
    with precision(bits):
        if value >= lo and value <= hi:
            return True
        return False if value < lo or value > hi else None


def in_bracket(node: Node, bracket: Bracket) -> Node:
    """The condition that a formula lies in the closed bracket; an infinite end says nothing."""
    lo, hi = bracket
    low = () if lo in _MINUS_INFINITY else (Rel("<=", lo, node),)
    high = () if hi == INFINITY else (Rel("<=", node, hi),)
    parts = (*low, *high)
    return Truth(True) if not parts else parts[0] if len(parts) == 1 else And(parts)


def on_bracket(obligation: Obligation, symbol: str, bracket: Bracket, goal: Node, *given: Node) -> Obligation:
    """The relation ``goal`` asked for all values of ``symbol`` in the bracket and all parameters."""
    lo, hi = bracket
    domain = Domain(lo=lo.value if isinstance(lo, Num) else None, hi=hi.value if isinstance(hi, Num) else None)
    inside = in_bracket(Sym(symbol), bracket)
    bounds = inside.args if isinstance(inside, And) else () if isinstance(inside, Truth) else (inside,)
    return Obligation(Relation(goal), {**obligation.domains, symbol: domain}, (*obligation.given, *bounds, *given))


def same(left: Node, right: Node) -> bool:
    """Whether two constants are the same by exact arithmetic or by the normal form."""
    return left == right or is_zero(sub(left, right)) is True


def shown(ball: arb) -> str:
    """A ball for the reader."""
    return str(ball.str(SHOWN_DIGITS))


def digits(ball: arb) -> str:
    """The radius of a ball, to an order of magnitude, for the ledger."""
    return str(ball.rad().str(2, radius=False))
