"""``kkt``: a declared point with declared multipliers satisfies the first-order conditions of a declared program.

The one idea to know: the conditions are relations like any other (stationarity, feasibility, signs of multipliers,
complementarity), so each is proved or refuted by the relation prover, and a refutation names the one that fails.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from checker.expr.derive import diff
from checker.expr.domain import Domain
from checker.expr.errors import UnsupportedError
from checker.expr.functions import fn
from checker.expr.kinks import kinks
from checker.expr.node import ZERO, And, Node, Num, Rel, Vec, add, mul, sub, substitute
from checker.expr.text import text
from checker.prove.obligation import KKT, Obligation, Relation
from checker.prove.outcome import Evidence, Outcome, Status
from checker.prove.registry import dispatch, prover
from checker.verdict import How


@prover(KKT)
def prove_kkt(obligation: Obligation) -> Outcome:
    """PROVED when every condition is, REFUTED at the first that fails, else the status of the first that stayed open.

    Raises ``UnsupportedError`` when the numbers of constraints and multipliers differ or a constraint is strict.
    """
    question = obligation.question
    assert isinstance(question, KKT)
    evidence: list[Evidence] = []
    pending: Outcome | None = None
    for condition in _smoothness(question, obligation):
        smooth = dispatch(replace(obligation, question=Relation(condition)))
        if smooth.status is not Status.PROVED:
            reason = f"the program is not shown to be differentiable at the point: {smooth.reason}"
            return Outcome(Status.UNDECIDED, reason, evidence=smooth.evidence)
    count = 0
    for name, goal in conditions_of(question, obligation):
        outcome = dispatch(replace(obligation, question=Relation(goal)))
        evidence += [replace(line, question=f"{name}: {line.question}") for line in outcome.evidence]
        count += 1
        if outcome.status is Status.REFUTED:
            return replace(outcome, reason=f"{name} fails: {text(goal)}; {outcome.reason}", evidence=tuple(evidence))
        if outcome.status is not Status.PROVED and pending is None:
            pending = replace(outcome, reason=f"{name} stayed open: {text(goal)}; {outcome.reason}")
    if pending is not None:
        return replace(pending, evidence=tuple(evidence))
    return Outcome(Status.PROVED, f"all {count} first-order conditions hold at the point", How.PROVED, tuple(evidence))


def conditions_of(question: KKT, obligation: Obligation) -> Iterator[tuple[str, Node]]:
    """Every condition with its name, at the declared point."""
    point = dict(_components(question, obligation))
    constraints = [relation for node in question.subject_to for relation in _relations(node)]
    multipliers = [entry for node in question.multipliers for entry in _entries(node)]
    if len(constraints) != len(multipliers):
        raise UnsupportedError("the KKT prover", f"{len(constraints)} constraints with {len(multipliers)} multipliers")
    slacks = [_slack(relation) for relation in constraints]
    for name, value in point.items():
        for bound in _bounds(value, obligation.domains.get(name, Domain())):
            yield f"domain of {name}", bound
        pull = [mul(multiplier, diff(slack, name)) for multiplier, slack in zip(multipliers, slacks, strict=True)]
        yield f"stationarity in {name}", substitute(Rel("==", diff(question.minimise, name), add(*pull)), point)
    for index, (relation, multiplier, slack) in enumerate(zip(constraints, multipliers, slacks, strict=True), start=1):
        yield f"feasibility of constraint {index}", substitute(relation, point)
        if relation.op == "==":
            continue
        yield f"sign of multiplier {index}", substitute(Rel(">=", multiplier, ZERO), point)
        yield f"complementarity of constraint {index}", substitute(Rel("==", mul(multiplier, slack), ZERO), point)


def lagrangian_of(question: KKT, obligation: Obligation) -> tuple[dict[str, Node], Node]:
    """The declared point by variable, and ``minimise - sum_i multiplier_i * g_i`` as a function of the variables."""
    point = dict(_components(question, obligation))
    slacks = [_slack(relation) for node in question.subject_to for relation in _relations(node)]
    multipliers = [substitute(entry, point) for node in question.multipliers for entry in _entries(node)]
    pulls = [mul(multiplier, slack) for multiplier, slack in zip(multipliers, slacks, strict=True)]
    return point, sub(question.minimise, add(*pulls)) if pulls else question.minimise


def _smoothness(question: KKT, obligation: Obligation) -> Iterator[Node]:
    """That neither the objective nor a constraint has a kink at the declared point."""
    point = dict(_components(question, obligation))
    slacks = [_slack(relation) for node in question.subject_to for relation in _relations(node)]
    for part in (question.minimise, *slacks):
        for name in point:
            for condition in kinks(part, name):
                yield substitute(condition, point)


def _bounds(value: Node, domain: Domain) -> Iterator[Node]:
    """That the value lies in the domain."""
    if domain.lo is not None:
        yield Rel(">" if domain.lo_open else ">=", value, Num(domain.lo))
    if domain.hi is not None:
        yield Rel("<" if domain.hi_open else "<=", value, Num(domain.hi))
    if domain.integer:
        yield Rel("==", fn("floor", value), value)


def _components(question: KKT, obligation: Obligation) -> Iterator[tuple[str, Node]]:
    """Scalar variables with their values; a vector variable ``u`` gives ``u[0]``, ``u[1]``, ..."""
    for name in question.variables:
        if name not in question.at:
            raise UnsupportedError("the KKT prover", f"a point without the variable {name}")
        value = question.at[name]
        if not isinstance(value, Vec):
            yield name, value
            continue
        for index, entry in enumerate(_entries(value)):
            if f"{name}[{index}]" not in obligation.domains:
                raise UnsupportedError("the KKT prover", f"a value of another size than {name}")
            yield f"{name}[{index}]", entry


def _relations(node: Node) -> Iterator[Rel]:
    if isinstance(node, And | Vec):
        for part in node.args:
            yield from _relations(part)
    elif isinstance(node, Rel) and node.op in ("<=", ">=", "=="):
        yield node
    else:
        raise UnsupportedError("the KKT prover", f"the constraint {text(node)}")


def _slack(relation: Rel) -> Node:
    """``g`` of the constraint written ``g >= 0`` (or ``g == 0``)."""
    return sub(relation.right, relation.left) if relation.op == "<=" else sub(relation.left, relation.right)


def _entries(node: Node) -> tuple[Node, ...]:
    return node.args if isinstance(node, Vec) else (node,)
