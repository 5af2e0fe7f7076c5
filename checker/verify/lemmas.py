"""The proving side of a claim: every obligation in a killable child, answers gathered into results.

All obligations of a paper are asked at once and shared out over the workers; an answer that did not come back (time,
memory, crash) is an answer too.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from checker.errors import CheckError
from checker.execute.worker import Answer, Completed, Crashed, Limits, OutOfMemory, Task, TimedOut, run, run_many
from checker.prove.obligation import Obligation
from checker.prove.outcome import Outcome, Status
from checker.prove.registry import timed_prove
from checker.prove.replay import told_at_point
from checker.result import DisputeResult, EvidenceLine, LemmaResult, MemberResult, NearMissResult, OpinionResult
from checker.spec.claim import Lemma
from checker.verdict import How, Verdict, worst

OnAnswer = Callable[[int, MemberResult], None]


@dataclass(frozen=True, slots=True)
class Question:
    """One obligation with its address: claim, lemma, near miss (-1 for the lemma itself), member.

    ``target`` is how a user names the claim.
    """

    claim: str
    target: str
    lemma: str
    near_miss: int
    label: str
    obligation: Obligation
    limits: Limits


def questions_of(claim: str, lemma: Lemma, target: str) -> list[Question]:
    """Every obligation of a lemma, near misses after the lemma's own members."""
    limits = Limits(lemma.time_limit, lemma.memory_limit)
    families = [lemma.members, *(members for _, members in lemma.near_misses)]
    return [
        Question(claim, target, lemma.name, index - 1, label, obligation, limits)
        for index, family in enumerate(families)
        for label, obligation in family
    ]


def answer_all(questions: Sequence[Question], jobs: int, on_answer: OnAnswer) -> list[MemberResult]:
    """The answers in the order of the questions; ``on_answer`` hears of each as it comes."""
    tasks = [Task(timed_prove, (question.obligation,), question.limits) for question in questions]

    def heard(index: int, answer: Answer) -> None:
        on_answer(index, _member(questions[index], answer))

    return [_member(question, answer) for question, answer in zip(questions, run_many(tasks, jobs, heard), strict=True)]


def at_point_again(question: Question, point: Mapping[str, str]) -> list[str]:
    """The two sides at a point, in a killable child: the point may come from a report, and what is there is anybody's guess.

    Raises ``CheckError`` where the point does not fit the obligation or the limits of the obligation do not suffice.
    """
    answer = run(told_at_point, question.obligation, dict(point), limits=question.limits)
    match answer:
        case Completed((list() as lines, str(problem))):
            if problem:
                raise CheckError(problem)
            return lines
        case _:
            raise CheckError(f"the point cannot be put in: {_member(question, answer).reason}")


def _member(question: Question, answer: Answer) -> MemberResult:
    label = question.label
    match answer:
        case Completed((Outcome() as outcome, float(seconds))):
            return MemberResult(
                label=label,
                verdict=outcome.status.verdict,
                how=outcome.how if outcome.status is Status.PROVED else None,
                reason=outcome.reason,
                detail=outcome.detail,
                evidence=tuple(
                    EvidenceLine(engine=e.engine, question=e.question, answer=e.answer) for e in outcome.evidence
                ),
                witness=dict(outcome.witness),
                alone=outcome.alone if outcome.status is Status.PROVED else "",
                dispute=_dispute(question, outcome),
                replay=_replay(question) if outcome.status is Status.REFUTED and question.near_miss < 0 else "",
                seconds=seconds,
            )
        case TimedOut(seconds):
            return _undecided(label, Verdict.INCONCLUSIVE, f"no answer within its time limit of {seconds:g} s")
        case OutOfMemory(size):
            return _undecided(
                label, Verdict.INCONCLUSIVE, f"no answer within its memory limit of {size / 2**30:.3g} GiB"
            )
        case Crashed(cause, message):
            killed = "the prover was killed (signal SIGKILL), perhaps by the system for want of memory"
            said = killed if cause == "signal SIGKILL" else f"the prover crashed ({cause}): {message}"
            return _undecided(label, Verdict.ERROR, said[:300])
        case _:
            return _undecided(label, Verdict.ERROR, "the prover sent something that is not an answer")


def _dispute(question: Question, outcome: Outcome) -> DisputeResult | None:
    """Both answers of a DISAGREE, with the command that asks both engines at the point again."""
    if outcome.status is not Status.DISAGREE or outcome.dispute is None:
        return None
    first, second = zip(outcome.dispute.engines, outcome.dispute.values, strict=True)
    point = {str(name): str(value) for name, value in sorted(outcome.dispute.point.items())}
    settings = "".join(f" --set {shlex.quote(f'{name}={value}')}" for name, value in point.items())
    return DisputeResult(
        expression=outcome.dispute.expression,
        point=point,
        opinions=(OpinionResult(engine=first[0], value=first[1]), OpinionResult(engine=second[0], value=second[1])),
        replay=_replay(question) + settings if question.near_miss < 0 else "",
    )


def _replay(question: Question) -> str:
    """The command that asks the obligation again."""
    member = f" --member {shlex.quote(question.label)}" if question.label else ""
    return f"check replay {shlex.quote(f'{question.target}/{question.lemma}')}{member}"


def _undecided(label: str, verdict: Verdict, reason: str) -> MemberResult:
    return MemberResult(label=label, verdict=verdict, how=None, reason=reason)


def lemma_result(lemma: Lemma, answers: Mapping[int, Sequence[MemberResult]]) -> LemmaResult:
    """Put a lemma together from the answers to its members (key -1) and to each near miss (key 0, 1, ...).

    A near miss is rejected when one of its members is refuted and none is proved.  A lemma whose near miss is not
    rejected says nothing: INCONCLUSIVE.
    """
    if lemma.unsupported:
        return _result(lemma, Verdict.UNSUPPORTED, lemma.unsupported, (), ())
    members = tuple(answers[-1])
    verdict = worst(member.verdict for member in members)
    decisive = next((member for member in members if member.verdict is verdict), members[0])
    reason = f"{decisive.label}: {decisive.reason}" if decisive.label else decisive.reason
    near_misses = tuple(
        NearMissResult(text=text, rejected=is_rejected(answers[index]), members=tuple(answers[index]))
        for index, (text, _) in enumerate(lemma.near_misses)
    )
    alive = [near_miss.text for near_miss in near_misses if not near_miss.rejected]
    if verdict is Verdict.PASS and alive:
        verdict, reason = Verdict.INCONCLUSIVE, f"the near miss {alive[0]} was not refuted, so the proof shows no power"
    return _result(lemma, verdict, reason, members, near_misses)


def _result(
    lemma: Lemma,
    verdict: Verdict,
    reason: str,
    members: tuple[MemberResult, ...],
    near_misses: tuple[NearMissResult, ...],
) -> LemmaResult:
    return LemmaResult(
        name=lemma.name,
        kind=lemma.kind,
        text=lemma.text,
        latex=lemma.latex,
        covers=lemma.covers,
        verdict=verdict,
        how=weakest(member.how for member in members) if verdict is Verdict.PASS else None,
        reason=reason,
        members=members,
        near_misses=near_misses,
    )


def is_rejected(members: Sequence[MemberResult]) -> bool:
    """Whether a near miss came out false: refuted somewhere, proved nowhere."""
    verdicts = [member.verdict for member in members]
    return Verdict.FAIL in verdicts and Verdict.PASS not in verdicts


def weakest(kinds: Iterable[How | None]) -> How | None:
    """The weakest of several kinds of evidence (``How`` is declared strongest first)."""
    order = list(How)
    named = [kind for kind in kinds if kind is not None]
    return max(named, key=order.index, default=None)
