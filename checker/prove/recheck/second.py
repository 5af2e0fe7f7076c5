"""The second opinion on an outcome: which engine proved it, what another saw, and DISAGREE where the two contradict.

The one idea to know: every PROVED passes through here, whatever rule made it, and the question that is looked at is the one
that was asked, not the steps of the proof.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeAlias

from checker.expr.errors import UnsupportedError
from checker.expr.node import Limit, walk
from checker.expr.to_mpmath import UndefinedError
from checker.prove import obligation as questions
from checker.prove.obligation import Obligation
from checker.prove.outcome import Evidence, Outcome, Status
from checker.prove.recheck import processes, sequences, spots
from checker.prove.recheck.opinion import ENGINE, Opinion
from checker.prove.recheck.relations import relation

LEDGER = "second engine"
_REFUTERS = frozenset({"sampler", "definedness", "balls", LEDGER})
_NOTHING = ("no", "not ", "none", "unknown", "gave up", "ran out", "sat")

Look: TypeAlias = Callable[[Obligation, Outcome, str], Opinion]


def _relation(obligation: Obligation, _: Outcome, engines: str) -> Opinion:
    question = obligation.question
    assert isinstance(question, questions.Relation)
    goals = [question.goal]
    if any(isinstance(part, Limit) for goal in goals for part in walk(goal)):
        from checker.expr.node import Rel

        if not isinstance(question.goal, Rel):
            return Opinion(unable="several limits at once")
        return sequences.limit_relation(question.goal, obligation.domains, obligation.given, engines)
    return relation(question.goal, obligation.domains, obligation.given, engines)


def _root(obligation: Obligation, _: Outcome, engines: str) -> Opinion:
    assert isinstance(obligation.question, questions.Root)
    return spots.root(obligation.question, obligation.domains, obligation.given, engines)


def _roots(obligation: Obligation, _: Outcome, engines: str) -> Opinion:
    assert isinstance(obligation.question, questions.Roots)
    return spots.roots(obligation.question, engines)


def _optimum(obligation: Obligation, _: Outcome, engines: str) -> Opinion:
    assert isinstance(obligation.question, questions.Optimum)
    return spots.optimum(obligation.question, obligation.domains, obligation.given, engines)


def _kkt(obligation: Obligation, _: Outcome, engines: str) -> Opinion:
    assert isinstance(obligation.question, questions.KKT)
    return processes.kkt(obligation.question, obligation, engines)


def _ode(obligation: Obligation, _: Outcome, engines: str) -> Opinion:
    assert isinstance(obligation.question, questions.Ode)
    return processes.ode(obligation.question, obligation, engines)


def _series(obligation: Obligation, _: Outcome, engines: str) -> Opinion:
    assert isinstance(obligation.question, questions.Series)
    return sequences.series(obligation.question, obligation.domains, obligation.given, engines)


def _induction(obligation: Obligation, _: Outcome, engines: str) -> Opinion:
    assert isinstance(obligation.question, questions.Induction)
    return processes.induction(obligation.question, obligation, engines)


def _certificate(obligation: Obligation, _: Outcome, engines: str) -> Opinion:
    assert isinstance(obligation.question, questions.Certificate)
    return processes.certificate(obligation.question, obligation, engines)


def _enclosure(obligation: Obligation, _: Outcome, engines: str) -> Opinion:
    assert isinstance(obligation.question, questions.Enclosure)
    return spots.enclosure(obligation.question, engines)


def _exists(obligation: Obligation, outcome: Outcome, engines: str) -> Opinion:
    assert isinstance(obligation.question, questions.Exists)
    return spots.witness((*obligation.given, *obligation.question.conditions), outcome.witness, engines)


def _impossible(obligation: Obligation, _: Outcome, engines: str) -> Opinion:
    assert isinstance(obligation.question, questions.Impossible)
    return spots.nowhere((*obligation.given, *obligation.question.conditions), obligation.domains, engines)


LOOKS: Mapping[type, Look] = {
    questions.Relation: _relation,
    questions.Exists: _exists,
    questions.Impossible: _impossible,
    questions.Root: _root,
    questions.Roots: _roots,
    questions.Optimum: _optimum,
    questions.KKT: _kkt,
    questions.Ode: _ode,
    questions.Series: _series,
    questions.Induction: _induction,
    questions.Certificate: _certificate,
    questions.Enclosure: _enclosure,
}


def second_opinion(obligation: Obligation, outcome: Outcome) -> Outcome:
    """A proof with what another engine saw of it; DISAGREE where that contradicts.  Anything else is returned as it is."""
    if outcome.status is not Status.PROVED:
        return outcome
    engines = engines_of(outcome)
    try:
        opinion = LOOKS[type(obligation.question)](obligation, outcome, engines)
    except (UnsupportedError, UndefinedError, RecursionError, ArithmeticError, ValueError, TypeError) as problem:
        opinion = Opinion(unable=f"{type(problem).__name__}: {problem}"[:120])
    asked = f"is what {engines} proved borne out?"
    if opinion.dispute is not None:
        first, second = opinion.dispute.engines
        found = Evidence(LEDGER, asked, f"no: {second} says {opinion.dispute.values[1]}")
        reason = f"{first} proves it, {second} contradicts: {opinion.dispute.values[1]}"
        evidence = (*outcome.evidence, found)
        where = dict(opinion.dispute.point)
        return Outcome(Status.DISAGREE, reason, None, evidence, where, outcome.detail, dispute=opinion.dispute)
    if confirmed_by := _confirmed(outcome):
        opinion = replace(opinion, whole="; ".join(part for part in (confirmed_by, opinion.whole) if part))
    seen = f"{ENGINE} agrees at {opinion.looked} {opinion.what}" if opinion.looked else f"no second look: {opinion.unable}"
    if opinion.whole:
        answer = f"yes, on the whole domain: {opinion.whole}" + (f"; {seen}" if opinion.looked else "")
        return replace(outcome, evidence=(*outcome.evidence, Evidence(LEDGER, asked, answer)))
    answer = f"one engine alone: {engines}; {seen}"
    alone = engines if opinion.looked else f"{engines}, no second look"
    return replace(outcome, evidence=(*outcome.evidence, Evidence(LEDGER, asked, answer)), alone=alone)


def engines_of(outcome: Outcome) -> str:
    """The engines behind a proof, as its ledger names them; refuters count only where nothing else was asked."""
    useful = [line for line in outcome.evidence if not line.answer.startswith(_NOTHING)]
    named = dict.fromkeys(line.engine for line in useful if line.engine not in _REFUTERS)
    found = list(named) or list(dict.fromkeys(line.engine for line in useful if line.engine == "balls"))
    return ", ".join(found) or "exact arithmetic"


def _confirmed(outcome: Outcome) -> str:
    """A second proof that the prover itself asked for: z3's ``unsat`` closed by intervals as well."""
    by_boxes = [line for line in outcome.evidence if line.engine == "intervals" and line.answer.startswith("excluded on all")]
    by_z3 = [line for line in outcome.evidence if line.engine == "z3" and line.answer == "unsat"]
    return f"intervals, {by_boxes[0].answer}" if by_z3 and len(by_boxes) == len(by_z3) else ""
