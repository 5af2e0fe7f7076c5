"""``exists`` and ``impossible``: is there a point of the domain where the conditions hold together?

The one idea to know: a point is shown by an exact witness, or by a change of sign on a segment where all else holds; that
there is none is shown by z3's ``unsat`` (also on atoms, a sound relaxation) or by intervals that exclude every part of a
compact domain.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

from flint import fmpq

from checker.expr.domain import Domain
from checker.expr.node import And, Node, Rel, symbols_of
from checker.expr.to_arb import holds, to_fraction, value
from checker.prove.atoms import prove_relation
from checker.prove.implication import NEGATED, confirm, find_model, negation, prove_unsat
from checker.prove.obligation import Exists, Impossible, Obligation
from checker.prove.outcome import Evidence, Outcome, Status
from checker.prove.points import Point, in_domain, narrow, sample, satisfies, shrink
from checker.prove.premise import shown_segments, solution
from checker.prove.registry import prover
from checker.verdict import How

_POINTS = 60
_TRIES = 1500


@prover(Exists)
def prove_exists(obligation: Obligation) -> Outcome:
    """PROVED with the point where all conditions (and hypotheses) hold; REFUTED where it is shown that there is none."""
    question = obligation.question
    assert isinstance(question, Exists)
    wanted = (*obligation.given, *question.conditions)
    domains = _complete(wanted, obligation.domains)
    if question.witness is not None:
        return _offered(question.witness, wanted, domains)
    point, evidence = find_point(wanted, domains)
    if point is not None:
        return _shown(point, evidence)
    crossing = solution(wanted, domains)
    if crossing is not None:
        return _crossed(crossing, evidence)
    excluded, more = show_impossible(wanted, domains)
    if excluded:
        return Outcome(Status.REFUTED, "no point of the domain satisfies the conditions", evidence=(*evidence, *more))
    return Outcome(Status.UNDECIDED, "no point was found, and none was excluded", evidence=(*evidence, *more))


@prover(Impossible)
def prove_impossible(obligation: Obligation) -> Outcome:
    """PROVED where it is shown that the conditions hold together nowhere; REFUTED at a point where they do."""
    question = obligation.question
    assert isinstance(question, Impossible)
    wanted = (*obligation.given, *question.conditions)
    domains = _complete(wanted, obligation.domains)
    point, evidence = find_point(wanted, domains)
    if point is not None:
        shown = _shown(point, evidence)
        return Outcome(Status.REFUTED, "the conditions hold together at an exact point", None, shown.evidence, shown.witness)
    crossing = solution(wanted, domains)
    if crossing is not None:
        crossed = _crossed(crossing, evidence)
        return replace(crossed, status=Status.REFUTED, reason="the conditions hold together at a point", how=None)
    excluded, more = show_impossible(wanted, domains)
    if excluded:
        return Outcome(Status.PROVED, excluded, How.PROVED, (*evidence, *more))
    return Outcome(Status.UNDECIDED, "neither a point nor a proof that there is none", evidence=(*evidence, *more))


def find_point(wanted: tuple[Node, ...], domains: Mapping[str, Domain]) -> tuple[Point | None, tuple[Evidence, ...]]:
    """An exact point where every condition certainly holds."""
    question = "is there a point where all conditions hold?"
    points = sample(narrow(domains, wanted), wanted, count=1, tries=_TRIES)
    if points:
        simple = shrink(points[0], domains, lambda point: in_domain(point, domains) and satisfies(point, wanted))
        return simple, (Evidence("sampler", question, "yes, checked exactly"),)
    answer = find_model(wanted, domains)
    found = (Evidence("z3", question, f"{answer.status}" + (f" ({answer.reason})" if answer.reason else "")),)
    return answer.model, (Evidence("sampler", question, f"not among {_TRIES} candidates"), *found)


def show_impossible(wanted: tuple[Node, ...], domains: Mapping[str, Domain]) -> tuple[str, tuple[Evidence, ...]]:
    """A sentence saying why no point satisfies all conditions, or empty text."""
    *others, last = _flat(wanted)
    answer, evidence = prove_unsat(negation(last), others, domains)
    if answer.status == "unsat":
        alone = any("z3 alone" in item.answer for item in evidence)
        return "z3 finds no such point" + (" (z3 alone)" if alone else ", confirmed by intervals"), evidence
    relations = _flat(wanted)
    box = narrow(domains, wanted)
    for relation in relations:
        if not isinstance(relation, Rel) or relation.op == "==":
            continue
        rest = tuple(other for other in relations if other is not relation)
        if prove_relation(Rel(NEGATED[relation.op], relation.left, relation.right), box, rest):  # type: ignore[arg-type]
            found = Evidence("z3 on atoms", "do the conditions exclude each other?", "yes")
            return "the conditions exclude each other by the algebra of their atoms", (*evidence, found)
    boxes = confirm(relations, box)
    if boxes:
        found = Evidence("intervals", "is every part of the domain excluded?", f"yes, {boxes} boxes")
        return "intervals exclude every part of the domain", (*evidence, found)
    return "", evidence


def _complete(conditions: tuple[Node, ...], domains: Mapping[str, Domain]) -> dict[str, Domain]:
    """The domains of the symbols that occur; one without a declaration is real."""
    return {name: domains.get(name, Domain()) for condition in conditions for name in sorted(symbols_of(condition))}


def _flat(conditions: tuple[Node, ...]) -> list[Node]:
    return [part for item in conditions for part in (_flat(item.args) if isinstance(item, And) else [item])]


def _shown(point: Mapping[str, Fraction], evidence: tuple[Evidence, ...]) -> Outcome:
    witness = {name: str(number) for name, number in sorted(point.items())}
    return Outcome(Status.PROVED, "an exact point satisfies all conditions", How.PROVED, evidence, witness)


def _crossed(crossing: Mapping[str, tuple[Fraction, Fraction]], evidence: tuple[Evidence, ...]) -> Outcome:
    """By the intermediate value theorem: a point that is not rational, and the segment that it lies on."""
    where = shown_segments(crossing)
    question = "do the sides of each equation change order where everything else holds?"
    found = Evidence("balls and intervals", question, f"yes, {where}")
    reason = "the equations are solved where their sides change order, and the rest holds there"
    return Outcome(Status.PROVED, reason, How.PROVED, (*evidence, found), detail=where)


def _offered(witness: Mapping[str, Node], wanted: tuple[Node, ...], domains: Mapping[str, Domain]) -> Outcome:
    """Check the author's witness; it has to give every symbol an exact value of its domain, or a closed constant."""
    names = {name for condition in wanted for name in symbols_of(condition)}
    missing = sorted(names - set(witness))
    if missing:
        return Outcome(Status.UNDECIDED, f"the witness gives no value for {missing[0]}")
    values = {name: value(node, {}, 512) for name, node in witness.items()}
    shown = {name: str(node) for name, node in sorted(values.items())}
    exact = {name: to_fraction(number) for name, number in values.items() if isinstance(number, fmpq)}
    if not in_domain(exact, domains):
        return Outcome(Status.REFUTED, "the offered witness lies outside the domain", witness=shown)
    answers = [holds(condition, values, cap=512) for condition in wanted]
    evidence = (Evidence("balls", "do the conditions hold at the offered witness?", _words(answers)),)
    if all(answer is True for answer in answers) and len(exact) == len(values):
        return Outcome(Status.PROVED, "the offered witness satisfies all conditions", How.PROVED, evidence, shown)
    if False in answers:
        return Outcome(Status.REFUTED, "the offered witness violates a condition", None, evidence, shown)
    return Outcome(Status.UNDECIDED, "the offered witness could not be checked", None, evidence, shown)


def _words(answers: list[bool | None]) -> str:
    return f"{answers.count(True)} hold, {answers.count(False)} fail, {answers.count(None)} open"
