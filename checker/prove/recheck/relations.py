"""A second look at relations: exact fractions and mpmath at points, a descent of its own, boxes by mpmath's intervals.

The one idea to know: a contradiction counts only where the violation stays the same while the digits double, so that
rounding, cancellation and quadrature cannot make one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from checker.expr.domain import Domain
from checker.expr.errors import UnsupportedError
from checker.expr.node import And, Binder, Node, Rel, symbols_of, walk
from checker.expr.text import text
from checker.expr.to_fractions import exact, holds_exactly, is_rational
from checker.expr.to_mpmath import Reading, UndefinedError, ctx
from checker.prove.outcome import Dispute
from checker.prove.points import Point
from checker.prove.recheck.boxes import cover
from checker.prove.recheck.descent import lowest, slack_of
from checker.prove.recheck.opinion import ENGINE, Opinion, exact_text, joined, places, shown

_DIGITS = (30, 60)
_MORE_DIGITS = (400, 2000)  # before a contradiction is believed: 1 - normcdf(50) needs five hundred
_BINDER_POINTS = 1
_POINTS = 20
_STABLE = 1e-3  # by how much a violation may change, relative to itself, while the digits double
_SAFE = 1e-12  # a gap this large beside the sides is not rounding at 30 digits
_CLEAR = 1e-7  # of an integral or series: beside the sides
_EXACT_POINTS = 12
_TOUCHING = ("==", "<=", ">=")
_CLAIM = "it holds"


@dataclass(frozen=True, slots=True)
class Look:
    """One point: ``agrees`` is None where it cannot be told."""

    agrees: bool | None
    dispute: Dispute | None = None
    why: str = ""


def relation(
    goal: Node, domains: Mapping[str, Domain], given: Sequence[Node], engines: str, *, points_only: int = 0
) -> Opinion:
    """The opinion on a relation (or conjunction, or condition) without limits; ``points_only``: at so many and no more."""
    if isinstance(goal, And):
        return joined(relation(part, domains, given, engines, points_only=points_only) for part in goal.args)
    bound = any(isinstance(part, Binder) and (part.kind == "Integral" or _endless(part)) for part in walk(goal))
    points = places((goal,), domains, given, points_only or (_BINDER_POINTS if bound else _POINTS))
    looked, unable = 0, "" if points else "no point of the domain satisfies the hypotheses exactly"
    gaps: list[tuple[Any, Point]] = []
    for point in points:
        look = at(goal, point, engines)
        if look.dispute:
            return Opinion(dispute=look.dispute)
        looked += look.agrees is True
        if look.agrees is None:
            unable = unable or look.why or "too close to tell"
    if bound or points_only or not isinstance(goal, Rel):
        return Opinion(looked, unable=unable)
    if goal.op == "==":
        return Opinion(looked, whole=_by_chance(goal, domains, given), unable=unable)
    if goal.op == "!=":
        return Opinion(looked, unable=unable)
    for point in points:
        slack = slack_of(goal, point)
        if slack is not None:
            gaps.append((slack, point))
    for point in lowest(goal, gaps, domains, given):
        look = at(goal, point, engines)
        if look.dispute:
            return Opinion(dispute=look.dispute)
    touches = any(slack == 0 for slack, _ in gaps)
    whole = "" if touches else cover(goal, domains, given)
    return Opinion(looked, whole=whole, unable=unable)


def _endless(node: Node) -> bool:
    return isinstance(node, Binder) and node.kind != "Integral" and not symbols_of(node.hi) and exact(node.hi, {}) is None


def at(goal: Node, point: Point, engines: str) -> Look:
    """What exact fractions, else mpmath at two precisions, say of the goal at a point where it was proved."""
    known = holds_exactly(goal, point)
    if known is not None:
        return Look(True) if known else Look(False, _fractions(goal, point, engines))
    try:
        if not isinstance(goal, Rel):
            answers = [Reading(point, digits).truth(goal, 1e-15) for digits in _DIGITS]
            if answers == [False, False]:
                return Look(False, Dispute(text(goal), (engines, ENGINE), (_CLAIM, "it does not hold"), exact_text(point)))
            return Look(True if answers == [True, True] else None)
        return _relation_at(goal, point, engines)
    except UndefinedError as problem:
        if problem.certain:
            said = f"no value: {problem}"
            return Look(False, Dispute(text(goal), (engines, ENGINE), ("defined, and it holds", said), exact_text(point)))
        return Look(None, why=str(problem))
    except UnsupportedError as problem:
        return Look(None, why=str(problem))


def _relation_at(goal: Rel, point: Point, engines: str) -> Look:
    first, sides, reading = _read(goal, point, _DIGITS[0])
    if any(ctx.isinf(side) for side in sides):
        return Look(None)
    size = max(abs(sides[0]), abs(sides[1]))
    if abs(first) > max(_SAFE * size, reading.error) and _is_true(goal, first):
        return Look(True)
    if not reading.numerical and abs(first) <= reading.largest * ctx.mpf(10) ** (8 - _DIGITS[0]) and goal.op in _TOUCHING:
        return Look(True)
    if reading.numerical:
        gap = first if abs(first) > max(reading.error, _CLEAR * size) else None
        if gap is not None and not _is_true(goal, gap):
            again, _, _ = _read(goal, point, _DIGITS[0], otherwise=True)
            if reading.missed() or abs(again - gap) > _STABLE * abs(gap):
                return Look(None, why="mpmath's quadrature is not sure of its number")
    else:
        gap = first
        for digits in (*_DIGITS[1:], *_MORE_DIGITS):
            before = gap
            gap, sides, reading = _read(goal, point, digits)
            # What changes with the digits, or is lost beside the terms, is rounding: 0 as far as can be told.
            lost = abs(gap) <= reading.largest * ctx.mpf(10) ** (8 - digits)
            if gap == 0 or lost or abs(gap - before) > _STABLE * abs(gap):
                gap = None
                break
            if _is_true(goal, gap):
                break
    if gap is None:
        return Look(True if goal.op in _TOUCHING else None)
    if _is_true(goal, gap):
        return Look(True)
    said = f"left = {shown(sides[0])}, right = {shown(sides[1])}, left - right = {shown(gap)}"
    return Look(False, Dispute(text(goal), (engines, ENGINE), (_CLAIM, said), exact_text(point)))


def _read(goal: Rel, point: Point, digits: int, *, otherwise: bool = False) -> tuple[Any, list[Any], Reading]:
    reading = Reading(point, digits, otherwise=otherwise)
    sides = [reading.number(side) for side in (goal.left, goal.right)]
    before, ctx.dps = ctx.dps, digits
    try:
        return sides[0] - sides[1], sides, reading
    finally:
        ctx.dps = before


def _is_true(goal: Rel, gap: Any) -> bool:
    known = {"==": False, "!=": True, "<": gap < 0, "<=": gap < 0, ">": gap > 0, ">=": gap > 0}
    return bool(known[goal.op])


def _fractions(goal: Node, point: Point, engines: str) -> Dispute:
    said = "it does not hold"
    if isinstance(goal, Rel):
        said = f"left = {exact(goal.left, point)}, right = {exact(goal.right, point)}"
    return Dispute(text(goal), (engines, "exact fractions"), (_CLAIM, said[:400]), exact_text(point))


def _by_chance(goal: Rel, domains: Mapping[str, Domain], given: Sequence[Node]) -> str:
    """An identity of rational functions, tested where a false one survives with no chance worth the name.

    A polynomial of degree d that is not 0 vanishes at a point drawn from a set of size s with probability at most d/s (Schwartz
    and Zippel); the points are not drawn but spread, so this is as good as random and says so.
    """
    if given or not (is_rational(goal.left) and is_rational(goal.right)):
        return ""
    names = sorted(symbols_of(goal))
    if not names or any(domains.get(n, Domain()).integer or domains.get(n, Domain()).values for n in names):
        return ""
    points = places((goal,), domains, given, _EXACT_POINTS)
    agree = sum(holds_exactly(goal, point) is True for point in points[len(points) // 2 :])
    return f"exact fractions at {agree} points with denominators of 44 bits" if agree >= _EXACT_POINTS // 2 else ""
