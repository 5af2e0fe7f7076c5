"""A second look at limits and orders of remainders: mpmath along a sequence, with every limit replaced by its formula.

The one idea to know: a sequence that still moves says nothing, however far it is from the claim; only one that has come to
rest elsewhere contradicts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

from checker.expr.domain import Domain, contains
from checker.expr.errors import UnsupportedError
from checker.expr.node import (
    INFINITY,
    Const,
    Limit,
    Node,
    Num,
    Rel,
    add,
    instantiate,
    map_children,
    num,
    sub,
    substitute,
    symbols_of,
    walk,
)
from checker.expr.text import text
from checker.expr.to_mpmath import Reading, UndefinedError, ctx
from checker.prove.obligation import Series
from checker.prove.outcome import Dispute
from checker.prove.recheck.opinion import ENGINE, Opinion, exact_text, places, shown

_POINTS = 3
_STEPS = (1, 2, 3, 5, 8, 12, 16)  # t = 10**step
_FURTHER = (60, 300)  # before a contradiction is believed: t/(t + 10**40) rests at 0 until t = 10**39
_DIGITS = 90
_AT_REST = 1e-3  # of the distance
_SETTLING = 0.05
_ELSEWHERE = 1e-5
_SMALL = (3, 5, 7, 9)  # h = 10**-step
_GROWTH = 30  # of a quotient while h shrinks by 100; a missing order gives 100


def limit_relation(goal: Rel, domains: Mapping[str, Domain], given: Sequence[Node], engines: str) -> Opinion:
    """The opinion on a relation with limits."""
    points = places((goal,), domains, given, _POINTS)
    looked = 0
    for point in points:
        try:
            gaps = [_gap(goal, point, step) for step in _STEPS]
        except (UndefinedError, UnsupportedError):
            continue
        known = [(gap, size) for gap, size in gaps if gap is not None]
        if len(known) < len(_STEPS):
            continue
        if _against(goal, known):
            if not _stays(goal, point, known[-1][0]):
                continue
            here = f"at t = 1e{_STEPS[-1]}: left - right = {shown(known[-1][0])}, and it no longer moves"
            return Opinion(dispute=Dispute(text(goal), (engines, ENGINE), ("it holds", here), exact_text(point)))
        looked += 1
    return Opinion(looked, "parameter points", unable="" if looked else "the formula cannot be followed")


def _gap(goal: Rel, point: Mapping[str, Fraction], step: int, digits: int = _DIGITS) -> tuple[Any, Any]:
    """left - right with every limit replaced by its formula far out, and the size of the sides; None beside infinity."""
    moved = _followed(goal, step)
    assert isinstance(moved, Rel)
    if INFINITY in (moved.left, moved.right):
        return None, None
    reading = Reading(point, digits)
    left, right = reading.number(moved.left), reading.number(moved.right)
    if ctx.isinf(left) or ctx.isinf(right):
        return None, None
    return left - right, max(abs(left), abs(right), 1)


def _followed(node: Node, step: int) -> Node:
    if isinstance(node, Limit):
        body = instantiate(node.body, _place(node, step))
        return _followed(body, step)
    return map_children(node, lambda child: _followed(child, step))


def _place(limit: Limit, step: int) -> Node:
    if limit.point == INFINITY:
        return num(10**step)
    if any(isinstance(part, Const) and part.name == "oo" for part in limit.point.children()):
        return num(-(10**step))
    return add(limit.point, num(Fraction(-1 if limit.side == "-" else 1, 10**step)))


def _against(goal: Rel, known: Sequence[tuple[Any, Any]]) -> bool:
    (before, _), (last, size) = known[-2], known[-1]
    middle = known[-3][0]
    if abs(last) < _ELSEWHERE * size or abs(last - before) > _AT_REST * abs(last):
        return False
    if abs(last - before) > _SETTLING * abs(before - middle):  # a slow drift, as of t**-1e-6, moves as much in every step
        return False
    wrong = {"==": True, "!=": False, "<": last > 0, "<=": last > 0, ">": last < 0, ">=": last < 0}
    return bool(wrong[goal.op])


def _stays(goal: Rel, point: Mapping[str, Fraction], last: Any) -> bool:
    """Whether the distance is still the same much further out, beyond every number in the relation."""
    numbers = [part.value for part in walk(goal) if isinstance(part, Num)] + list(point.values())
    digits = max(len(str(max(abs(value.numerator), value.denominator))) for value in (*numbers, Fraction(1)))
    try:
        steps = (*_FURTHER, 2 * digits + _FURTHER[0])
        gaps = [_gap(goal, point, step, _DIGITS + 2 * step)[0] for step in steps]
    except (UndefinedError, UnsupportedError):
        return False
    return all(gap is not None and abs(gap - last) <= _AT_REST * abs(last) for gap in gaps)


def series(question: Series, domains: Mapping[str, Domain], given: Sequence[Node], engines: str) -> Opinion:
    """The opinion on the order of a remainder: its quotient by h**order must not keep growing."""
    others = {name: domain for name, domain in domains.items() if name != question.symbol}
    apart = tuple(item for item in given if question.symbol not in symbols_of(item))
    remainder = sub(question.of, question.equals)
    side = 1
    if isinstance(question.about, Num):
        domain, about = domains.get(question.symbol, Domain()), question.about.value
        inside = [s for s in (1, -1) if contains(domain, about + Fraction(s, 10**9))]
        side = inside[0] if inside else 1
    looked = 0
    for point in places((question.of,), others, apart, _POINTS):
        sizes = []
        try:
            for step in _SMALL:
                at = add(question.about, num(Fraction(side, 10**step)))
                value = Reading(point, _DIGITS + 10 * question.order).number(substitute(remainder, {question.symbol: at}))
                sizes.append(abs(value) * ctx.mpf(10) ** (step * question.order))
        except (UndefinedError, UnsupportedError):
            continue
        growth = [after / before if before else ctx.zero for before, after in pairwise(sizes)]
        if all(factor > _GROWTH for factor in growth):
            said = f"|of - equals|/h**{question.order} grows from {shown(sizes[0])} to {shown(sizes[-1])}"
            claim = f"{text(question.of)} == {text(question.equals)} + O(h**{question.order})"
            return Opinion(dispute=Dispute(claim, (engines, ENGINE), ("it is bounded", said), exact_text(point)))
        looked += 1
    return Opinion(looked, "parameter points", unable="" if looked else "the remainder cannot be evaluated")


