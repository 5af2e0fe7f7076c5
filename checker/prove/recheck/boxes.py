"""Inequalities closed a second time by subdivision with mpmath's intervals, which share no code with the first ones.

The one idea to know: only a compact box of at most three symbols is tried, with few boxes; what touches equality never
closes by plain subdivision, and is then left to the points.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from checker.expr.domain import Domain
from checker.expr.errors import UnsupportedError
from checker.expr.node import Node, Rel, symbols_of
from checker.expr.to_iv import OpenError, box, certain
from checker.prove.points import narrow

_MOST_BOXES = 32
_MOST_SYMBOLS = 3
_HOPELESS = 12  # boxes after which not a single one was closed

Part = dict[str, tuple[Fraction, Fraction]]


def cover(goal: Rel, domains: Mapping[str, Domain], given: Sequence[Node]) -> str:
    """``mpmath intervals on 7 boxes`` where these cover the domain and the goal holds on each; else empty text."""
    names = sorted({name for node in (goal, *given) for name in symbols_of(node)})
    whole = narrow({name: domains.get(name, Domain()) for name in names}, given)
    ends = {name: (domain.lo, domain.hi) for name, domain in whole.items() if domain.values is None}
    start: Part = {name: (lo, hi) for name, (lo, hi) in ends.items() if lo is not None and hi is not None}
    if not names or len(names) > _MOST_SYMBOLS or len(start) < len(names):
        return ""
    waiting, done, closed = [start], 0, 0
    while waiting:
        part = waiting.pop()
        done += 1
        if done + len(waiting) > _MOST_BOXES or (done > _HOPELESS and not closed):
            return ""
        try:
            settled = _settled(goal, given, part)
        except UnsupportedError:
            return ""
        if settled:
            closed += 1
            continue
        name = max(part, key=lambda key: (part[key][1] - part[key][0]) / (1 + whole_width(start[key])))
        lo, hi = part[name]
        if lo == hi:
            return ""
        middle = (lo + hi) / 2
        waiting += [{**part, name: (middle, hi)}, {**part, name: (lo, middle)}]
    return f"mpmath intervals on {closed} {'box' if closed == 1 else 'boxes'}"


def whole_width(ends: tuple[Fraction, Fraction]) -> Fraction:
    """Length of an interval."""
    return ends[1] - ends[0]


def _settled(goal: Rel, given: Sequence[Node], part: Part) -> bool:
    """Whether the goal holds everywhere on the part, or a hypothesis nowhere."""
    boxes = {name: box(lo, hi) for name, (lo, hi) in part.items()}
    for item in given:
        try:
            if certain(item, boxes) is False:
                return True
        except (OpenError, UnsupportedError):
            continue
    try:
        return certain(goal, boxes) is True
    except (OpenError, ValueError, ZeroDivisionError, OverflowError):
        return False
