"""Where a formula of time ceases to exist: a pole, or an open stretch where a root or logarithm has no value.

The one idea to know: a condition that fails at one point may be a removable gap of the way the formula is written
(``sin(t)/t``), so failure counts only where it cannot be mended: the numerator of the cancelled normal form keeps away
from 0 while the denominator changes sign, or the condition fails on an open set.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from flint import arb

from checker.expr.errors import UnsupportedError
from checker.expr.interval import Interval, enclose, exact
from checker.expr.node import Node, Num, Rel, substitute, symbols_of
from checker.expr.rational import normal
from checker.expr.to_arb import evaluate
from checker.prove.inequality import refute
from checker.prove.obligation import Obligation
from checker.prove.points import Point, in_domain, sample, satisfies

_BITS = 192
_POINTS = 40
_PARAMETER_POINTS = 6
_TIMES = 24
_HALVINGS = 60


@dataclass(frozen=True, slots=True)
class Break:
    """Why the formula does not exist for all times, and an exact point there (or next to a pole)."""

    why: str
    witness: Mapping[str, str]


def blow_up(node: Node, condition: Node, time: str, around: Obligation) -> Break | None:
    """Where ``node``, which needs ``condition``, breaks inside the domain; ``None`` if that is not certain."""
    if not isinstance(condition, Rel):
        return None
    try:
        if condition.op in (">", ">=", "<", "<="):
            return _gap(condition, around)
        if condition.op == "!=":
            return _pole(node, time, around)
    except UnsupportedError:
        return None
    return None


def _gap(condition: Rel, around: Obligation) -> Break | None:
    """A point where ``left >= right`` fails strictly, hence on an open set around it."""
    names = frozenset().union(*(symbols_of(item) for item in (condition, *around.given)))
    domains = {name: domain for name, domain in around.domains.items() if name in names}
    upward = condition.op in (">", ">=")
    point, _ = refute(Rel(">=" if upward else "<=", condition.left, condition.right), domains, around.given, _POINTS)
    if point is None:
        return None
    return Break(f"has no value at {_named(point)}", {name: str(value) for name, value in sorted(point.items())})


def _pole(node: Node, time: str, around: Obligation) -> Break | None:
    names = sorted(symbols_of(node) | {name for item in around.given for name in symbols_of(item)} | {time})
    domains = {name: around.domains[name] for name in names if name in around.domains}
    if time not in domains:
        return None
    points = sample(domains, around.given, _POINTS)
    for point in points[:_PARAMETER_POINTS]:
        fixed = {name: value for name, value in point.items() if name != time}
        times = sorted({other[time] for other in points} | set(map(Fraction, range(-8, 9))))
        inside = [moment for moment in times if _belongs({**fixed, time: moment}, around)][:_TIMES]
        form = normal(substitute(node, {name: Num(value) for name, value in fixed.items()}))
        top, below = form.table.poly_node(form.value.num), form.table.poly_node(form.value.den)
        found = _crossing(top, below, time, inside)
        if found is not None:
            shown = {**fixed, time: found}
            why = f"is unbounded near {_named(shown)}"
            return Break(why, {name: str(value) for name, value in sorted(shown.items())})
    return None


def _belongs(point: Point, around: Obligation) -> bool:
    return in_domain(point, around.domains) and satisfies(point, around.given)


def _crossing(top: Node, below: Node, time: str, moments: list[Fraction]) -> Fraction | None:
    """A moment next to a zero of ``below`` (or the zero itself) where ``top`` surely is not 0."""
    signs = [_sign(below, time, moment) for moment in moments]
    for moment, sign in zip(moments, signs, strict=True):
        if sign == 0 and _apart(top, time, moment, moment):
            return moment
    for index in range(1, len(moments)):
        one, other = signs[index - 1], signs[index]
        if one is None or other is None or one * other >= 0:
            continue
        lo, hi = moments[index - 1], moments[index]
        for _ in range(_HALVINGS):
            if _apart(top, time, lo, hi) and _continuous(below, time, lo, hi):
                return lo
            middle = (lo + hi) / 2
            sign = _sign(below, time, middle)
            if sign is None or sign == 0:
                break
            lo, hi = (middle, hi) if sign == one else (lo, middle)
    return None


def _sign(node: Node, time: str, moment: Fraction) -> int | None:
    ball = evaluate(node, {time: moment}, _BITS)
    return 1 if ball > 0 else -1 if ball < 0 else 0 if ball == 0 else None


def _image(node: Node, time: str, lo: Fraction, hi: Fraction) -> Interval:
    left, right = exact(lo), exact(hi)
    return enclose(node, {time: Interval(left.lo, right.hi)}, _BITS)


def _apart(node: Node, time: str, lo: Fraction, hi: Fraction) -> bool:
    found = _image(node, time, lo, hi)
    return not found.partial and not found.empty and not found.has_zero()


def _continuous(node: Node, time: str, lo: Fraction, hi: Fraction) -> bool:
    found = _image(node, time, lo, hi)
    return not found.partial and not found.empty and bool(abs(found.hi) < arb.pos_inf())


def _named(point: Mapping[str, Fraction]) -> str:
    return ", ".join(f"{name} = {_short(value)}" for name, value in sorted(point.items()))


def _short(value: Fraction) -> str:
    return str(value) if value.denominator < 10**6 else f"{float(value):.6g}"
