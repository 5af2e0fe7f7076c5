"""Neighbours of an obligation: which of them say something else than the original, and whether one of those is false.

The one idea to know: a changed statement that says the same, or less, is true wherever the original is, and a prover that
refuted it would be broken; such neighbours are recognised by exact values at points and left out before anybody is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

from checker.expr.errors import UnsupportedError
from checker.expr.node import (
    And,
    Binder,
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
    walk,
)
from checker.expr.to_arb import evaluate, holds
from checker.prove.obligation import Impossible, Induction, Obligation, Optimum, Relation, Root, Series
from checker.prove.outcome import Outcome, Status
from checker.prove.points import Point, narrow, sample
from checker.prove.registry import expand, prove

Family = tuple[Obligation, ...]

_POINTS, _FIRST = 60, 8  # the first points have all symbols equal: a few of them, and those at the end
_LAST = 24
_FEWEST = 4  # of fewer points nothing is concluded, unless there is nothing to choose
_BITS = 192
_FAR = Num(Fraction(10**30))  # stands for a limit at infinity; its reciprocal is the distance from a finite point
_ALIKE = Fraction(1, 10**6)  # two bodies that differ by less there, relative to their size, have the same limit


def telling(original: Family, mutants: Sequence[Sequence[Family]], most: int) -> list[tuple[int, int]]:
    """The first ``most`` mutants that say something the original does not, as (mutant, alternative), in order.

    Of the alternatives of a mutant the first one counts that is not recognised as the same or as weaker.  What cannot be
    evaluated at points is kept.  What a killable child runs.
    """
    chosen: list[tuple[int, int]] = []
    points = [_points(one) for one in original]
    for index, alternatives in enumerate(mutants):
        for position, family in enumerate(alternatives):
            weak = (says_no_more(*both) for both in zip(original, family, points, strict=True))
            if not all(weak):
                chosen.append((index, position))
                break
        if len(chosen) == most:
            break
    return chosen


def prove_family(members: Family) -> tuple[Outcome, int]:
    """The outcome that decides a statement about all members, and the member it is of: the first refuted, else the least
    certain one.
    """
    undecided: tuple[Outcome, int] | None = None
    outcome = Outcome(Status.UNDECIDED, "nothing was asked")
    for index, member in enumerate(members):
        outcome = prove(member)
        if outcome.status in (Status.REFUTED, Status.VACUOUS):
            return outcome, index
        if outcome.status is not Status.PROVED and undecided is None:
            undecided = outcome, index
    return undecided or (outcome, len(members) - 1)


def says_no_more(original: Obligation, mutant: Obligation, points: Sequence[Point]) -> bool:
    """Whether, at all the points, the mutant holds wherever the original does: recognised as the same or as weaker."""
    if mutant.given != original.given or (len(points) < _FEWEST and points != [{}]):
        return False
    try:
        return _no_more(expand(original), expand(mutant), points)
    except (UnsupportedError, RecursionError, OverflowError, ZeroDivisionError):
        return False


def _points(obligation: Obligation) -> list[Point]:
    try:
        expanded = expand(obligation)
        points = sample(narrow(expanded.domains, expanded.given), expanded.given, _POINTS)
    except (UnsupportedError, RecursionError):
        return []
    nodes = expanded.question.goal if isinstance(expanded.question, Relation) else None
    slow = nodes is not None and any(isinstance(part, Binder) for part in walk(nodes))
    first, last = (1, 5) if slow else (_FIRST, _LAST)  # an integral costs a thousand times a formula
    return points if len(points) <= first + last else [*points[:first], *points[-last:]]


def _no_more(original: Obligation, mutant: Obligation, points: Sequence[Point]) -> bool:
    match original.question, mutant.question:
        case (Relation(before), Relation(after)) | (Induction(show=before), Induction(show=after)):
            pairs = list(zip(_parts(before), _parts(after), strict=False))
            return all(_implied(old, new, points) for old, new in pairs)
        case Impossible(before_all), Impossible(after_all) if len(before_all) == len(after_all):
            # fewer points satisfy a condition with less room, so that this says less
            return all(_implied(new, old, points) for old, new in zip(before_all, after_all, strict=True))
        case Root() as old, Root() as new:
            return replace(new, of=old.of) == old and _proportional(old.of, new.of, old.symbol, points)
        case Optimum() as old, Optimum() as new:
            return replace(new, of=old.of) == old and _same_order(old.of, new.of, old.symbol, points)
        case Series() as old, Series() as new:
            return old.order == new.order and _same_to_order(old, new, points)
    return False


def _parts(goal: Node) -> tuple[Node, ...]:
    return goal.args if isinstance(goal, And) else (goal,)


def _implied(old: Node, new: Node, points: Sequence[Point]) -> bool:
    """Whether ``new`` holds at every point where ``old`` does, by comparing how much room each relation leaves."""
    if old == new:
        return True
    if isinstance(new, Rel) and not any(_is_defined(new, point) for point in points):
        return True
    if not (isinstance(old, Rel) and isinstance(new, Rel) and old.op == new.op):
        return False
    before, after = _settled(old), _settled(new)
    asymptotic = before != old or after != new
    if asymptotic and all(_alike(_room(before), _room(after), point) for point in points):
        return True
    if old.op == "==":
        return not asymptotic and all(_vanishes(sub(new.left, new.right), point) for point in points)
    if old.op == "!=":
        return False
    return all(_no_less(_room(before), _room(after), point) for point in points)


def _is_defined(relation: Rel, point: Point) -> bool:
    """Whether both sides have a value there; a relation that has none anywhere says nothing."""
    settled = _settled(relation)
    return all(evaluate(side, point, _BITS).is_finite() for side in settled.children())


def _room(relation: Rel) -> Node:
    """How far the relation is from failing; positive where it holds."""
    downwards = relation.op in ("<", "<=", "==")
    return sub(relation.right, relation.left) if downwards else sub(relation.left, relation.right)


def _settled(relation: Rel) -> Rel:
    """The relation with every limit replaced by its body near the point: good enough to see that nothing changed."""

    def visit(node: Node) -> Node:
        if isinstance(node, Limit):
            near = _near(node)
            return visit(instantiate(node.body, near)) if near is not None else node
        return map_children(node, visit)

    settled = visit(relation)
    assert isinstance(settled, Rel)
    return settled


def _near(limit: Limit) -> Node | None:
    if limit.point == Const("oo"):
        return _FAR
    if any(isinstance(part, Const) and part.name == "oo" for part in limit.point.children()):
        return num(-(10**30))
    shift = Fraction(1, 10**30)
    return add(limit.point, num(-shift if limit.side == "-" else shift))


def _alike(before: Node, after: Node, point: Point) -> bool:
    one, other = evaluate(before, point, _BITS), evaluate(after, point, _BITS)
    if not (one.is_finite() and other.is_finite()):
        return False
    size = max(float(abs(one).upper()), 1.0)
    return bool(abs(one - other) < float(_ALIKE) * size)


def _vanishes(node: Node, point: Point) -> bool:
    ball = evaluate(node, point, _BITS)
    return bool(ball.is_finite() and ball.contains(0) and float(ball.rad()) < 1e-20)


def _no_less(before: Node, after: Node, point: Point) -> bool:
    """Whether ``after`` is not certainly below ``before``; not so where it is undefined."""
    if not evaluate(after, point, _BITS).is_finite():
        return False
    return holds(Rel("<", after, before), point, cap=_BITS) is not True


def _along(symbol: str, node: Node, points: Sequence[Point]) -> Iterator[list[Node]]:
    """``node`` at the different values of ``symbol``, once for each of a few choices of everything else."""
    values = list(dict.fromkeys(point[symbol] for point in points if symbol in point))[:6]
    for point in points[:3]:
        rest = {name: Num(value) for name, value in point.items() if name != symbol}
        fixed = substitute(node, rest)
        yield [substitute(fixed, {symbol: Num(value)}) for value in values]


def _proportional(old: Node, new: Node, symbol: str, points: Sequence[Point]) -> bool:
    """Whether the two functions of ``symbol`` have the same zeros because one is a multiple of the other."""
    return _ratios_agree(old, new, symbol, points, lambda values: values)


def _same_order(old: Node, new: Node, symbol: str, points: Sequence[Point]) -> bool:
    """Whether one function of ``symbol`` is a positive multiple of the other plus a constant."""

    def differences(values: list[Node]) -> list[Node]:
        return [sub(right, left) for left, right in pairwise(values)]

    return _ratios_agree(old, new, symbol, points, differences)


def _ratios_agree(
    old: Node, new: Node, symbol: str, points: Sequence[Point], prepared: Callable[[list[Node]], list[Node]]
) -> bool:
    seen = False
    for before, after in zip(_along(symbol, old, points), _along(symbol, new, points), strict=True):
        ratios = []
        for one, other in zip(prepared(before), prepared(after), strict=True):
            denominator = evaluate(one, {}, _BITS)
            if denominator.is_finite() and not denominator.contains(0):
                ratios.append(evaluate(other, {}, _BITS) / denominator)
        if len(ratios) < 2 or not all(ratio.overlaps(ratios[0]) and ratio > 0 for ratio in ratios):
            return False
        seen = True
    return seen


def _same_to_order(old: Series, new: Series, points: Sequence[Point]) -> bool:
    """Whether the change is of the order that the series leaves open."""
    change = sub(sub(new.of, new.equals), sub(old.of, old.equals))
    for point in points[:3]:
        rest: Mapping[str, Node] = {name: Num(value) for name, value in point.items() if name != old.symbol}
        fixed, about = substitute(change, rest), substitute(old.about, rest)
        sizes = []
        for shift in (Fraction(1, 10**6), Fraction(1, 10**8)):
            ball = evaluate(substitute(fixed, {old.symbol: add(about, num(shift))}), {}, 4 * _BITS)
            if not ball.is_finite():
                return False
            sizes.append(abs(ball) / evaluate(num(shift**old.order), {}, _BITS))
        if not bool(sizes[1] < 2 * sizes[0] + 1):
            return False
    return True
