"""``show: relation``: the content of the goal chooses the engines, and definedness is an obligation of its own.

The one idea to know: a relation is proved only where it is defined, so every definedness condition of the raw tree has
to be proved on the domain too; until then the answer is "holds where defined", which is undecided.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from checker.expr.defined import conditions
from checker.expr.domain import Domain
from checker.expr.errors import UnsupportedError
from checker.expr.interval import box_of, truth
from checker.expr.node import And, Binder, Limit, Node, Not, Or, Rel, Truth, sub, symbols_of, walk
from checker.expr.rational import is_zero
from checker.expr.text import text
from checker.expr.to_arb import holds
from checker.prove.binders import close_limits, has_binder, prove_binder_inequality
from checker.prove.identity import exact_zero, prove_identity
from checker.prove.implication import negation, prove_unsat
from checker.prove.inequality import disputed_by_z3, oriented, prove_inequality, refute, refuted
from checker.prove.ladder import Ladder
from checker.prove.obligation import Obligation, Relation
from checker.prove.outcome import Evidence, Outcome, Status
from checker.prove.peeled import peeled, undone, with_peeled
from checker.prove.points import narrow
from checker.prove.premise import shown_segments, solution
from checker.prove.registry import prover
from checker.prove.subdivide import prove_on_parts
from checker.verdict import How, worst

_CONDITION_BUDGET = 40


@prover(Relation)
def prove_relation(obligation: Obligation) -> Outcome:
    """A ``Rel`` or a conjunction of them, over scalar symbols; raises ``UnsupportedError``."""
    question = obligation.question
    assert isinstance(question, Relation)
    return prove_goal(question.goal, obligation)


def prove_goal(goal: Node, obligation: Obligation, *, sampler: bool = True) -> Outcome:
    """One goal of an obligation; ``sampler=False`` switches the refuter off (for tests of the prover behind it)."""
    if isinstance(goal, And):
        return conjunction([prove_goal(part, obligation, sampler=sampler) for part in goal.args])
    if any(isinstance(part, Limit) for part in walk(goal)):
        from checker.prove.limits import prove_limit_relation

        if not isinstance(goal, Rel):
            raise UnsupportedError("the limit prover", f"{type(goal).__name__} of limits")
        if not has_binder(goal):
            return prove_limit_relation(goal, obligation)
        closed, ledger = close_limits(goal, obligation)
        assert isinstance(closed, Rel)
        found = prove_limit_relation(closed, obligation)
        return replace(found, evidence=(*ledger, *found.evidence))
    outcome = _prove(goal, obligation, sampler)
    if outcome.status is Status.UNDECIDED and isinstance(goal, Rel):
        outcome = _otherwise(goal, outcome, obligation, sampler)
    return outcome if outcome.status is not Status.PROVED else _with_definedness(goal, outcome, obligation)


def _prove(goal: Node, obligation: Obligation, sampler: bool) -> Outcome:
    domains, given = obligation.domains, obligation.given
    match goal:
        case Truth(value):
            status = Status.PROVED if value else Status.REFUTED
            return Outcome(status, "a literal truth value", How.PROVED if value else None)
        case Rel("==", _, _):
            return prove_identity(goal, domains, given, sampler=sampler)
        case Rel() if has_binder(goal):
            return prove_binder_inequality(goal, domains, given, sampler)
        case Rel("!=", _, _):
            return _different(goal, obligation, sampler)
        case Rel():
            return prove_inequality(goal, domains, given, sampler=sampler)
        case _:
            return _condition(goal, obligation, sampler)


def _otherwise(goal: Rel, outcome: Outcome, obligation: Obligation, sampler: bool) -> Outcome:
    """What the engines left open: without monotone functions, or refuted where no sampled point satisfies an equation."""
    bare, known = peeled(goal), with_peeled(obligation.given)
    if bare != goal or len(known) > len(obligation.given):
        found = _prove(bare, replace(obligation, given=known), sampler)
        if found.status is Status.PROVED:
            return replace(found, reason=f"{found.reason} (monotone functions on both sides taken off)")
    pieces = undone(goal)
    if pieces is not None:
        found = conjunction([prove_goal(piece, obligation, sampler=sampler) for piece in pieces])
        if found.status is Status.PROVED:
            reason = "the value is in the range of the inverse function, and the function undoes it"
            return replace(found, reason=reason, evidence=(*outcome.evidence, *found.evidence))
    equations = any(isinstance(item, Rel) and item.op == "==" for item in obligation.given)
    if sampler and equations and goal.op != "==" and not has_binder(goal):
        places = solution((*obligation.given, negation(goal)), obligation.domains)
        if places is not None:
            where = shown_segments(places)
            question = "do the hypotheses hold somewhere with the goal false?"
            evidence = (*outcome.evidence, Evidence("balls and intervals", question, f"yes, {where}"))
            reason = "it fails at a point of the domain that is not rational"
            return Outcome(Status.REFUTED, reason, None, evidence, detail=where)
    return outcome


def conjunction(outcomes: Sequence[Outcome]) -> Outcome:
    """The worst of several outcomes, with the evidence of all."""
    decisive = worst(outcome.status.verdict for outcome in outcomes)
    chosen = next(outcome for outcome in outcomes if outcome.status.verdict is decisive)
    evidence = tuple(item for outcome in outcomes for item in outcome.evidence)
    if chosen.status is Status.PROVED and any(outcome.how is How.ENCLOSED for outcome in outcomes):
        chosen = replace(chosen, how=How.ENCLOSED)
    return replace(chosen, evidence=evidence)


def _different(goal: Rel, obligation: Obligation, sampler: bool) -> Outcome:
    """``left != right`` is proved as ``<`` or as ``>`` on the whole domain, or by z3."""
    witness, looked = refute(goal, _used(goal, obligation), obligation.given)
    if witness is not None and sampler:
        return refuted(goal, witness, _used(goal, obligation), obligation.given)
    for op in (">", "<"):
        outcome = prove_inequality(Rel(op, goal.left, goal.right), obligation.domains, obligation.given, sampler=sampler)
        if outcome.status is Status.PROVED:
            return outcome
    answer, asked = prove_unsat(goal, obligation.given, obligation.domains)
    evidence = (Evidence("sampler", "is there a point where it fails?", f"none of {looked} points"), *asked)
    if answer.status == "unsat":
        return Outcome(Status.PROVED, "z3 finds no point where the sides are equal", How.PROVED, evidence)
    if answer.status == "disagree":
        return disputed_by_z3(goal, answer.model or {}, answer.reason, evidence)
    return Outcome(Status.UNDECIDED, "neither a counterexample nor a proof was found", evidence=evidence)


def _condition(goal: Node, obligation: Obligation, sampler: bool) -> Outcome:
    """A disjunction or negation: by truth on the whole box, by cases, or by z3."""
    used = _used(goal, obligation)
    witness, looked = refute(goal, used, obligation.given)
    if witness is not None and sampler:
        return refuted(goal, witness, used, obligation.given)
    evidence = Evidence("sampler", "is there a point where it fails?", f"none of {looked} points")
    if settled(goal, obligation.domains, obligation.given):
        return Outcome(Status.PROVED, "holds on the whole domain", How.PROVED, (evidence,))
    answer, asked = prove_unsat(goal, obligation.given, obligation.domains)
    if answer.status == "unsat":
        return Outcome(Status.PROVED, "z3 finds no point where it fails", How.PROVED, (evidence, *asked))
    if answer.status == "disagree":
        return disputed_by_z3(goal, answer.model or {}, answer.reason, (evidence, *asked))
    return Outcome(Status.UNDECIDED, "neither a counterexample nor a proof was found", evidence=(evidence, *asked))


def _used(goal: Node, obligation: Obligation) -> dict[str, Domain]:
    names = set(symbols_of(goal)).union(*(symbols_of(item) for item in obligation.given))
    return {name: obligation.domains.get(name, Domain()) for name in sorted(names)}


# --- definedness ----------------------------------------------------------------------------------------------------


def _with_definedness(goal: Node, outcome: Outcome, obligation: Obligation) -> Outcome:
    """The proof, completed by the definedness of everything in the goal, or turned into "holds where defined"."""
    found = conditions(goal, narrow(obligation.domains, obligation.given))
    evidence = list(outcome.evidence)
    for condition in found:
        bound = {name: Domain() for name in symbols_of(condition) if "'" in name}
        if settled(condition, {**bound, **obligation.domains}, obligation.given):
            evidence.append(Evidence("definedness", text(condition), "holds on the whole domain"))
            continue
        used = _used(condition, obligation)
        bare = used
        witness, _ = refute(condition, bare, obligation.given, 40)
        where = ", ".join(f"{name} = {number}" for name, number in sorted((witness or {}).items()))
        answer = f"fails at {where}" if witness else "not proved on the domain"
        evidence.append(Evidence("definedness", text(condition), answer))
        reason = f"holds where defined, but {text(condition)} {answer}"
        return Outcome(Status.UNDECIDED, reason, evidence=tuple(evidence), detail=outcome.detail)
    if any(isinstance(part, Binder) for part in walk(goal)):
        from checker.prove.convergence import divergent

        open_ = divergent(goal, narrow(obligation.domains, obligation.given), obligation.given)
        answer = f"not shown for {open_}" if open_ else "shown for all parameters"
        evidence.append(Evidence("definedness", "convergence of every integral and infinite sum", answer[:300]))
        if open_:
            reason = f"holds where defined, but the convergence of {open_} is not shown for all parameters"
            return Outcome(Status.UNDECIDED, reason, evidence=tuple(evidence), detail=outcome.detail)
    return replace(outcome, evidence=tuple(evidence))


def settled(condition: Node, domains: Mapping[str, Domain], given: Sequence[Node]) -> bool:
    """Whether a condition certainly holds on the domain (rigorous engines only, no sampling)."""
    if any(_says(item, condition) for item in given):
        return True
    box = narrow(domains, given)
    try:
        if truth(condition, box_of(box)) is True:
            return True
    except UnsupportedError:
        pass
    match condition:
        case Truth(value):
            return value
        case And(args):
            return all(settled(part, domains, given) for part in args)
        case Not(arg):
            return settled(negation(arg), domains, given)
        case Or(args):
            return any(settled(part, domains, (*given, *_others(args, part))) for part in args)
        case Rel("==", left, right):
            return exact_zero(_gap(condition), box, given)[0]
        case Rel("!=", left, right):
            strict = (Rel(">", left, right), Rel("<", left, right))
            return any(settled(part, domains, given) for part in strict) or _by_z3(condition, domains, given)
        case Rel():
            return _by_ladder(condition, box, given) or _by_z3(condition, domains, given)
        case _:
            return False


def _says(item: Node, condition: Node) -> bool:
    """Whether a hypothesis is the condition itself, perhaps written differently."""
    if not isinstance(item, Rel) or not isinstance(condition, Rel) or symbols_of(item) != symbols_of(condition):
        return False
    if item.op == condition.op:
        difference = sub(sub(item.left, item.right), sub(condition.left, condition.right))
        return is_zero(difference) is True
    return False


def _gap(relation: Rel) -> Node:
    return oriented(Rel(">=", relation.left, relation.right))[0]


def _others(args: tuple[Node, ...], part: Node) -> tuple[Node, ...]:
    """Where the other alternatives fail the remaining one has to hold."""
    return tuple(negation(other) for other in args if other is not part)


def _by_ladder(relation: Rel, box: Mapping[str, Domain], given: Sequence[Node]) -> bool:
    f, strict = oriented(relation)
    if not symbols_of(f):
        return holds(relation, {}) is True
    return prove_on_parts(Ladder(given, _CONDITION_BUDGET), f, strict, box, 12) > 0


def _by_z3(condition: Node, domains: Mapping[str, Domain], given: Sequence[Node]) -> bool:
    answer, _ = prove_unsat(condition, given, domains)
    return answer.status == "unsat"
