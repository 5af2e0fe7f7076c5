"""Where an inequality is closest to failing: a walk downhill in its slack, finished by Newton's method, all in mpmath.

The one idea to know: a claim that is tight, or false by 1e-20, is so at a point that no sample hits; Newton's method on
differences at 45 digits finds such a point to twenty digits from anywhere near it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from checker.expr.domain import Domain, contains
from checker.expr.errors import UnsupportedError
from checker.expr.node import Node, Rel, symbols_of, walk
from checker.expr.to_mpmath import Reading, UndefinedError, ctx
from checker.prove.points import Point, narrow

_STARTS, _STEPS, _NEWTON = 2, 4, 5
_LARGEST = 60  # nodes: a longer formula is followed from its lowest point only
_DIGITS = 45
_APART = Fraction(1, 10**15)
_DYADIC = 2**110


def slack_of(goal: Rel, point: Mapping[str, Fraction], digits: int = 15) -> Any:
    """How far the inequality is from failing; None where mpmath cannot tell."""
    reading = Reading(point, digits)
    before, ctx.dps = ctx.dps, digits
    try:
        gap = reading.number(goal.left) - reading.number(goal.right)
    except (UndefinedError, UnsupportedError):
        return None
    finally:
        ctx.dps = before
    return gap if goal.op in (">", ">=") else -gap


def lowest(goal: Rel, gaps: list[tuple[Any, Point]], domains: Mapping[str, Domain], given: Sequence[Node]) -> list[Point]:
    """Points downhill from those with the least slack, inside the domain and the hypotheses."""
    if any(isinstance(part, Rel) and part.op == "==" for part in given):
        return []
    box = narrow({name: domains.get(name, Domain()) for name in symbols_of(goal)}, given)
    found = []
    starts = _STARTS if sum(1 for _ in walk(goal)) <= _LARGEST else 1
    for low, start in sorted(gaps, key=lambda item: item[0])[:starts]:
        walked = _walk(goal, low, dict(start), box, given)
        found += [walked, _newton(goal, walked, box, given)]
        if ctx.isfinite(low) and low == 0:
            break  # it touches here, and the walk began at the place
    return [point for index, point in enumerate(found) if point not in found[:index]]


def _walk(goal: Rel, low: Any, point: Point, box: Mapping[str, Domain], given: Sequence[Node]) -> Point:
    best, step = low, Fraction(1, 4)
    for _ in range(_STEPS):
        moved = False
        for name, sign in ((name, sign) for name in sorted(box) for sign in (1, -1)):
            trial = {**point, name: _moved(point[name], sign * step, box[name])}
            value = slack_of(goal, trial) if _inside(trial, name, box, given) else None
            if value is not None and value < best:
                best, point, moved = value, trial, True
        if not moved:
            step /= 4
    return point


def _newton(goal: Rel, point: Point, box: Mapping[str, Domain], given: Sequence[Node]) -> Point:
    """One symbol after the other, for as long as the slack is convex there and the step stays inside."""
    for _ in range(_NEWTON):
        moved = False
        for name in sorted(box):
            if box[name].integer or box[name].values is not None:
                continue
            step = _newton_step(goal, point, name)
            if not step:
                continue
            trial = {**point, name: point[name] - step}
            if _inside(trial, name, box, given):
                point, moved = trial, True
        if not moved:
            break
    return point


def _newton_step(goal: Rel, point: Point, name: str) -> Fraction | None:
    there = point[name]
    values = [slack_of(goal, {**point, name: there + shift}, _DIGITS) for shift in (-_APART, Fraction(0), _APART)]
    if any(value is None or not ctx.isfinite(value) for value in values):
        return None
    before, ctx.dps = ctx.dps, _DIGITS
    try:
        below, here, above = values
        apart = ctx.mpf(_APART.numerator) / _APART.denominator
        bend = (above - 2 * here + below) / apart**2
        if not bend > 0:
            return None
        step = (above - below) / (2 * apart) / bend
        if not ctx.isfinite(step) or abs(step) > 10**6:
            return None
        return Fraction(int(ctx.nint(step * _DYADIC)), _DYADIC)
    finally:
        ctx.dps = before


def _moved(value: Fraction, factor: Fraction, domain: Domain) -> Fraction:
    if domain.integer:
        return value + (1 if factor > 0 else -1)
    span = domain.hi - domain.lo if domain.lo is not None and domain.hi is not None else 1 + abs(value)
    return (value + factor * span).limit_denominator(10**9)


def _inside(point: Mapping[str, Fraction], name: str, box: Mapping[str, Domain], given: Sequence[Node]) -> bool:
    if not contains(box[name], point[name]):
        return False
    try:
        return all(Reading(point, 20).truth(item, 1e-12) is True for item in given)
    except (UndefinedError, UnsupportedError):
        return False
