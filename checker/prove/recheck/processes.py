"""A second look at first-order conditions, flows, inductions and certificates: by differences instead of derivatives.

The one idea to know: the proofs differentiate the tree; here a derivative is a central difference at 60 digits, which knows
no rule of calculus and is exact to twenty digits and more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

from checker.expr.domain import Domain
from checker.expr.errors import UnsupportedError
from checker.expr.node import Node, Rel, num, substitute, symbols_of
from checker.expr.text import text
from checker.expr.to_mpmath import Reading, UndefinedError, ctx
from checker.prove.components import in_components
from checker.prove.obligation import KKT, Certificate, Induction, Obligation, Ode, Relation
from checker.prove.outcome import Dispute
from checker.prove.points import Point
from checker.prove.recheck.opinion import ENGINE, Opinion, exact_text, joined, places, shown
from checker.prove.recheck.relations import at, relation

_POINTS = 6
_DIGITS = 60
_STEP = Fraction(1, 10**15)
_CLEAR = 1e-12
_FEW = 4
_FURTHER = (13, 17, 37)  # indices beyond the small cases of the prover
_VECTORS = 8


def _value(node: Node, point: Mapping[str, Any]) -> Any:
    return Reading(point, _DIGITS).number(node)


def _slope(node: Node, point: Mapping[str, Any], direction: Mapping[str, Any]) -> Any:
    """Central difference along a direction."""
    step = ctx.mpf(_STEP.numerator) / _STEP.denominator
    ends = []
    for sign in (1, -1):
        moved = {name: _plain(value) + sign * step * direction.get(name, 0) for name, value in point.items()}
        ends.append(_value(node, moved))
    return (ends[0] - ends[1]) / (2 * step)


def _kinked(node: Node, point: Mapping[str, Any], direction: Mapping[str, Any], slope: Any) -> bool:
    """Whether the two sides of the point disagree on the rate: an edge, one side of which may lie outside of the region."""
    step = ctx.mpf(_STEP.numerator) / _STEP.denominator
    here, forward, back = (
        _value(node, {name: _plain(value) + sign * step * direction.get(name, 0) for name, value in point.items()})
        for sign in (0, 1, -1)
    )
    return bool(abs(forward - 2 * here + back) / step > slope / 2)


def _plain(value: Any) -> Any:
    return ctx.mpf(value.numerator) / value.denominator if isinstance(value, Fraction) else value


def kkt(question: KKT, obligation: Obligation, engines: str) -> Opinion:
    """Every condition at parameter points, stationarity by differences of the Lagrangian."""
    from checker.prove.kkt import conditions_of, lagrangian_of

    variables, lagrangian = lagrangian_of(question, obligation)
    others = {name: domain for name, domain in obligation.domains.items() if name not in variables}
    plain = [goal for name, goal in conditions_of(question, obligation) if not name.startswith("stationarity")]
    parameters = places((*variables.values(), *plain, *_without(lagrangian, variables)), others, obligation.given, _POINTS)
    looked = 0
    for point in parameters:
        for goal in plain:
            look = at(goal, point, engines)
            if look.dispute:
                return Opinion(dispute=look.dispute)
        before, ctx.dps = ctx.dps, _DIGITS
        try:
            place = {**point, **{name: _value(node, point) for name, node in variables.items()}}
            for name in variables:
                slope = _slope(lagrangian, place, {name: 1})
                if abs(slope) > _CLEAR * (1 + abs(_value(lagrangian, place))):
                    said = f"slope {shown(slope)} in {name}"
                    claim = f"the Lagrangian {text(lagrangian)} is stationary"
                    return Opinion(dispute=Dispute(claim, (engines, ENGINE), ("it is", said), exact_text(point)))
        except (UndefinedError, UnsupportedError):
            continue
        finally:
            ctx.dps = before
        looked += 1
    return Opinion(looked, "parameter points", unable="" if looked else "the program cannot be evaluated")


def _without(node: Node, variables: Mapping[str, Node]) -> tuple[Node, ...]:
    return (substitute(node, dict(variables)),)


def ode(question: Ode, obligation: Obligation, engines: str) -> Opinion:
    """Residuals and rates by differences at points of the domain, initial values by evaluation."""
    before, ctx.dps = ctx.dps, _DIGITS
    try:
        parts = []
        if question.solution is not None:
            parts.append(_solution(question, question.solution, obligation, engines))
        if question.conserved is not None:
            parts.append(_conserved(question, question.conserved, obligation, engines))
        return joined(parts)
    finally:
        ctx.dps = before


def _solution(question: Ode, solution: Mapping[str, Node], obligation: Obligation, engines: str) -> Opinion:
    time = question.variable
    domains = {name: domain for name, domain in obligation.domains.items() if name not in question.rhs}
    given = tuple(item for item in obligation.given if not symbols_of(item) & frozenset(question.rhs))
    rates = {name: substitute(rhs, solution) for name, rhs in question.rhs.items()}
    looked = 0
    start = domains.get(time, Domain()).lo or Fraction(0)
    for point in places((*solution.values(), *rates.values()), domains, given, _POINTS):
        point.setdefault(time, start)
        if point[time] == start:
            point[time] = start + Fraction(1, 7)  # a difference needs room on both sides
        try:
            for name, rate in rates.items():
                slope, wanted = _slope(solution[name], point, {time: 1}), _value(rate, point)
                if abs(slope - wanted) > _CLEAR * (1 + abs(slope) + abs(wanted)):
                    said = f"d {name}/d {time} is {shown(slope)}, the right-hand side {shown(wanted)}"
                    claim = f"{name} = {text(solution[name])} solves its equation"
                    return Opinion(dispute=Dispute(claim, (engines, ENGINE), ("it does", said), exact_text(point)))
                look = _starts(name, solution[name], question, point, start, engines)
                if look is not None:
                    return Opinion(dispute=look)
        except (UndefinedError, UnsupportedError):
            continue
        looked += 1
    return Opinion(looked, unable="" if looked else "the solution cannot be evaluated")


def _starts(name: str, node: Node, question: Ode, point: Point, start: Fraction, engines: str) -> Dispute | None:
    if question.initial is None:
        return None
    there = {**point, question.variable: start}
    return at(Rel("==", node, question.initial[name]), there, engines).dispute


def _conserved(question: Ode, conserved: Node, obligation: Obligation, engines: str) -> Opinion:
    looked = 0
    nodes = (conserved, *question.rhs.values(), *obligation.given)
    for point in places(nodes, obligation.domains, obligation.given, _POINTS):
        place = {question.variable: Fraction(0), **dict.fromkeys(question.rhs, Fraction(1)), **point}
        try:
            rates = {name: _value(rhs, place) for name, rhs in question.rhs.items()}
            slope = _slope(conserved, place, {**rates, question.variable: 1})
            size = 1 + abs(_value(conserved, place)) + max(abs(rate) for rate in rates.values())
        except (UndefinedError, UnsupportedError):
            continue
        if abs(slope) > _CLEAR * size**2:
            if _kinked(conserved, place, {**rates, question.variable: 1}, abs(slope)):
                continue
            claim = f"{text(conserved)} is conserved"
            said = f"it changes at the rate {shown(slope)}"
            return Opinion(dispute=Dispute(claim, (engines, ENGINE), ("it is", said), exact_text(point)))
        looked += 1
    return Opinion(looked, unable="" if looked else "the quantity cannot be evaluated")


def induction(question: Induction, obligation: Obligation, engines: str) -> Opinion:
    """The relation itself at indices, small ones and some that the prover did not try."""
    domains = {name: domain for name, domain in obligation.domains.items() if name != question.symbol}
    indices = [*range(question.start, question.start + 4), *(question.start + more for more in _FURTHER)]
    opinions = [
        relation(substitute(question.show, {question.symbol: num(index)}), domains, obligation.given, engines, points_only=_FEW)
        for index in indices
    ]
    found = joined(opinions)
    seen = sum(1 for one in opinions if one.looked)
    return replace(found, whole="", what="indices", looked=seen)


def certificate(question: Certificate, obligation: Obligation, engines: str) -> Opinion:
    """The relation itself, for vectors with rational entries that satisfy the hypotheses, in a few dimensions."""
    seen = 0
    for world in in_components(obligation, question.show, (*question.given, *obligation.given)):
        assert isinstance(world.question, Relation)
        for point in places((world.question.goal,), world.domains, world.given, _VECTORS):
            look = at(world.question.goal, point, engines)
            if look.dispute:
                return Opinion(dispute=look.dispute)
            seen += look.agrees is True
    return Opinion(seen, "choices of vectors", unable="" if seen else "no vectors that satisfy the hypotheses were found")

