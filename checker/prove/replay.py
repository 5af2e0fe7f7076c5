"""An obligation at one exact point: both sides by balls and by mpmath, and whether the relation holds there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fractions import Fraction

from checker.errors import CheckError
from checker.expr.errors import UnsupportedError
from checker.expr.node import And, Node, Rel, symbols_of
from checker.expr.text import text
from checker.expr.to_arb import evaluate, holds
from checker.expr.to_mpmath import Reading, UndefinedError, ctx
from checker.prove.obligation import Exists, Impossible, Obligation, Relation
from checker.prove.registry import expand

_BITS = 256
_EXACT = re.compile(r"[+-]?(\d+/\d+|(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,4})?)", re.ASCII)
_DIGITS = 25


def at_point(obligation: Obligation, values: Mapping[str, str]) -> Iterator[str]:
    """One line per hypothesis and relation: its sides at the point and whether it holds.

    ``values`` maps symbols (components as ``u[0]``) to exact rationals such as ``7/4``.  Raises ``CheckError`` for a value
    that is no rational, an unknown symbol, one that is missing, or a kind of obligation without relations.
    """
    try:
        expanded = expand(obligation)
    except UnsupportedError as problem:
        raise CheckError(str(problem)) from None
    point = {name: _rational(name, value) for name, value in values.items()}
    relations = [*((f"given {text(node)}", node) for node in expanded.given), *_asked(expanded)]
    needed = frozenset(name for _, node in relations for name in symbols_of(node))
    for name in sorted(set(point) - set(expanded.domains)):
        raise CheckError(f"--set {name}: no such symbol in this obligation; it has {', '.join(sorted(expanded.domains))}")
    missing = sorted(needed - set(point))
    if missing:
        raise CheckError(f"--set is missing for {', '.join(missing)}")
    for label, node in relations:
        yield f"{label}: {_answer(node, point)}"


def told_at_point(obligation: Obligation, values: Mapping[str, str]) -> tuple[list[str], str]:
    """The lines of ``at_point`` and an empty text, or none and what is wrong: for a child, which raises nothing."""
    try:
        return list(at_point(obligation, values)), ""
    except CheckError as problem:
        return [], problem.message


def _asked(obligation: Obligation) -> list[tuple[str, Node]]:
    question = obligation.question
    if isinstance(question, Relation):
        goals = question.goal.args if isinstance(question.goal, And) else (question.goal,)
        return [(text(goal), goal) for goal in goals]
    if isinstance(question, Exists | Impossible):
        return [(text(condition), condition) for condition in question.conditions]
    raise CheckError(f"an obligation of kind {type(question).__name__.lower()} has no value at a point; leave out --set")


def _rational(name: str, value: str) -> Fraction:
    try:
        if len(value) > 2000 or not _EXACT.fullmatch(value.strip()):  # Fraction("1e999999999") would be written out
            raise ValueError
        return Fraction(value)
    except (ValueError, ZeroDivisionError):
        raise CheckError(f"--set {name}={value[:40]}: expected an exact number such as 7/4") from None


def _answer(node: Node, point: Mapping[str, Fraction]) -> str:
    try:
        truth = holds(node, point)
        said = {True: "holds", False: "does not hold", None: "not decided"}[truth]
        if not isinstance(node, Rel):
            return said
        sides = [evaluate(side, point, _BITS).str(_DIGITS, radius=True) for side in (node.left, node.right)]
    except UnsupportedError as problem:
        return f"cannot be evaluated ({problem}){_other_engine(node, point)}"
    return f"{said}; left {sides[0]}, right {sides[1]}{_other_engine(node, point)}"


def _other_engine(node: Node, point: Mapping[str, Fraction]) -> str:
    """The two sides as mpmath has them, which shares no code with balls; empty where it cannot read them."""
    if not isinstance(node, Rel):
        return ""
    try:
        reading = Reading(point, _DIGITS + 5)
        left, right = (ctx.nstr(reading.number(side), _DIGITS) for side in (node.left, node.right))
    except UndefinedError as problem:
        return f"; mpmath: no value ({problem})"
    except UnsupportedError:
        return ""
    about = f" (known to {reading.error:.0e})" if reading.error else ""
    return f"; mpmath: left {left}, right {right}{about}"
