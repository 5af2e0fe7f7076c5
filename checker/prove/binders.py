"""Inequalities and limits over integrals and infinite sums, and what counts as one.

The one idea to know: balls at a few points refute; a proof goes through closed forms (each proved) or compares the
integrands on the common range.  Convergence for all parameters is asked separately (``convergence``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from checker.expr.defined import conditions
from checker.expr.domain import Domain
from checker.expr.node import (
    INFINITY,
    MINUS_ONE,
    ZERO,
    Binder,
    Limit,
    Mul,
    Node,
    Num,
    Rel,
    Sym,
    bind,
    instantiate,
    map_children,
    mul,
    sub,
    symbols_of,
    walk,
)
from checker.expr.to_arb import evaluate, holds
from checker.prove.obligation import Obligation, Relation
from checker.prove.outcome import Evidence, Outcome, Status
from checker.prove.points import narrow, sample
from checker.verdict import How

_POINTS = 8


def is_few(node: Binder) -> bool:
    """Whether it is a finite sum or product with both limits given as numbers."""
    return node.kind != "Integral" and isinstance(node.lo, Num) and isinstance(node.hi, Num)


def has_binder(node: Node) -> bool:
    """Whether an integral, or a sum with an infinite or symbolic limit, occurs."""
    return any(isinstance(part, Binder) and not is_few(part) for part in walk(node))


def prove_binder_inequality(goal: Rel, domains: Mapping[str, Domain], given: Sequence[Node], sampler: bool) -> Outcome:
    """``<``, ``<=``, ``>``, ``>=`` or ``!=`` between formulas with integrals or sums."""
    from checker.prove.closed import Closer
    from checker.prove.inequality import prove_inequality, refuted
    from checker.prove.relation import prove_goal

    used = {name: domains.get(name, Domain()) for node in (goal, *given) for name in sorted(symbols_of(node))}
    box = narrow(used, given)
    evidence: list[Evidence] = []
    if sampler:
        points = sample(box, given, _POINTS if used else 1)
        for point in points:
            if holds(goal, point, cap=256) is False:
                return refuted(goal, point, used, given)
        evidence.append(Evidence("balls", "is there a point where it fails?", f"none of {len(points)} points"))
    if not symbols_of(goal) and holds(goal, {}, cap=256):
        evidence.append(Evidence("balls", "which side is larger?", "decided"))
        return Outcome(Status.PROVED, "a rigorous comparison of two numbers", How.PROVED, tuple(evidence))
    if _by_integrands(goal, box, given):
        evidence.append(Evidence("intervals and ladder", "does it hold between the integrands?", "yes, on the whole range"))
        return Outcome(Status.PROVED, "it holds between the integrands", How.PROVED, tuple(evidence))
    closer = Closer(box, given)
    closed = Rel(goal.op, closer.of(goal.left), closer.of(goal.right))
    if not has_binder(closed):
        if goal.op == "!=":
            outcome = prove_goal(closed, Obligation(Relation(closed), domains, tuple(given)), sampler=sampler)
        else:
            outcome = prove_inequality(closed, domains, given, sampler=sampler)
        ledger = (*evidence, *closer.evidence, *outcome.evidence)
        if outcome.status is Status.REFUTED:
            point = {name: Fraction(number) for name, number in outcome.witness.items()}
            seen = holds(goal, point, cap=256)
            if seen is True:
                reason = "the closed form fails at a point where the balls of the formula itself hold"
                return Outcome(Status.DISAGREE, reason, None, ledger, outcome.witness, outcome.detail)
            if seen is None and not evaluate(sub(goal.left, goal.right), point).is_finite():
                reason = "the closed form fails at a point where the formula itself has no value"
                return Outcome(Status.UNDECIDED, reason, None, ledger, outcome.witness, outcome.detail)
        return Outcome(outcome.status, outcome.reason, outcome.how, ledger, outcome.witness, outcome.detail)
    return Outcome(Status.UNDECIDED, "neither a counterexample nor a proof was found", evidence=(*evidence, *closer.evidence))


def _by_integrands(goal: Rel, domains: Mapping[str, Domain], given: Sequence[Node]) -> bool:
    """``f >= g`` on the range gives the same for the integrals (strictly, if the range is not empty)."""
    from checker.prove.kink_pieces import domain_of, is_minus_infinity, within
    from checker.prove.relation import settled

    left, right = _weighted(goal.left), _weighted(goal.right)
    if left is None or right is None or goal.op not in ("<", "<=", ">", ">="):
        return False
    binders = [binder for _, binder in (left, right) if binder is not None]
    ranges = {(binder.kind, binder.lo, binder.hi) for binder in binders}
    if len(ranges) != 1:
        return False
    ((kind, lo, hi),) = ranges
    name = "v'1"
    sides = [ZERO if binder is None else mul(weight, instantiate(binder.body, Sym(name))) for weight, binder in (left, right)]
    if any(isinstance(part, Binder) for side in sides for part in walk(side)) or kind == "Product":
        return False
    if lo == INFINITY or is_minus_infinity(hi):
        return False
    infinite = is_minus_infinity(lo) or hi == INFINITY
    strict = goal.op in ("<", ">")
    if not infinite and not settled(Rel("<" if strict and kind == "Integral" else "<=", lo, hi), domains, given):
        return False
    range_ = domain_of(lo, hi)
    if kind != "Integral":
        range_ = Domain(range_.lo, range_.hi, integer=True)
    inside = within(name, lo, hi) if kind == "Integral" else ()
    return settled(Rel(goal.op, *sides), {**domains, name: range_}, (*given, *inside))


def _weighted(node: Node) -> tuple[Node, Binder | None] | None:
    """``c*binder`` as ``(c, binder)``; zero as ``(0, None)``."""
    if node == ZERO:
        return ZERO, None
    if isinstance(node, Binder):
        return Num(Fraction(1)), node
    if isinstance(node, Mul) and isinstance(node.args[-1], Binder) and len(node.args) == 2 and not has_binder(node.args[0]):
        return node.args[0], node.args[-1]
    return None


def close_limits(goal: Node, obligation: Obligation) -> tuple[Node, tuple[Evidence, ...]]:
    """The goal with integrals and sums inside its limits in closed form, where that is shown for all late (near) values."""
    evidence: list[Evidence] = []

    def visit(node: Node) -> Node:
        if not isinstance(node, Limit):
            return map_children(node, visit)
        domain = _approach(node)
        if domain is None or not has_binder(node.body):
            return node
        from checker.prove.closed import Closer
        from checker.prove.relation import settled

        name = "t'1"
        box = {**narrow(obligation.domains, obligation.given), name: domain}
        raw = instantiate(node.body, Sym(name))
        needed = conditions(raw, box)
        inner = {other: Domain() for condition in needed for other in symbols_of(condition) if other not in box}
        if not all(settled(condition, {**inner, **box}, obligation.given) for condition in needed):
            return node  # a closed form speaks for the integral only where that is defined
        closer = Closer(box, obligation.given)
        body = closer.of(raw)
        evidence.extend(closer.evidence)
        return Limit(bind(body, name), node.point, node.side)

    return visit(goal), tuple(evidence)


def _approach(limit: Limit) -> Domain | None:
    """A domain that the variable does not leave any more on its way to the point."""
    if limit.point == INFINITY:
        return Domain(lo=Fraction(1))
    if limit.point in (Mul((MINUS_ONE, INFINITY)),):
        return Domain(hi=Fraction(-1))
    if isinstance(limit.point, Num) and limit.side in ("+", "-"):
        at = limit.point.value
        return Domain(at, at + 1, lo_open=True) if limit.side == "+" else Domain(at - 1, at, hi_open=True)
    return None
