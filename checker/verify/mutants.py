"""What becomes of the mutants of a claim: those of its lemmas are asked of the provers, those of its checks of the judge.

The one idea to know: a mutant is judged exactly as the claim is.  A lemma's has to be refuted, a check's has to come out FAIL
under the same rule on the arrays that decided the check; nothing is simulated again, and no verdict depends on it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from checker.execute.worker import Answer, Completed, Crashed, Limits, OutOfMemory, Task, TimedOut, run_many
from checker.judge.decide import judge
from checker.judge.prediction import Along, Judgement, Kind, Within
from checker.prove.neighbours import prove_family, telling
from checker.prove.outcome import Outcome, Status
from checker.result import LemmaResult, MutantResult
from checker.spec.claim import Claim, Lemma
from checker.spec.mutants import LemmaMutant, Variant, lemma_mutants
from checker.spec.mutated_checks import RATES, check_mutants
from checker.verdict import Verdict
from checker.verify.evaluation import Reading, read
from checker.verify.measures import Judged, Trial
from checker.verify.scales import look_index

MOST = 8  # mutants of one lemma or check
MOST_CANDIDATES = 40
# Processor time decides, so that a busy machine changes no report.
LIMITS, LIMITS_OF_CHOICE = Limits(seconds=15.0, cpu_seconds=3), Limits(seconds=30.0, cpu_seconds=6)
_LIKE = 1e-9
_CONSTANT = 0.01

Array = npt.NDArray[np.float64]
LemmaKey = tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Asked:
    key: LemmaKey
    variant: Variant
    labels: tuple[str, ...]


# --- lemmas ---------------------------------------------------------------------------------------------------------


def of_lemmas(
    claims: Sequence[Claim],
    results: Mapping[str, Sequence[LemmaResult]],
    jobs: int,
    known: Mapping[LemmaKey, Sequence[MutantResult]] | None = None,
    on_lemma: Callable[[LemmaKey, Sequence[MutantResult]], None] = lambda key, found: None,
) -> dict[str, list[MutantResult]]:
    """The mutants of every proved lemma of the claims, by claim; killable children choose and refute them.

    ``known`` has those of lemmas that were judged before.  ``on_lemma`` hears of each other lemma when its last mutant is
    judged, unless an answer was cut short by something that may go otherwise another day.
    """
    found = dict(known or {})
    lemmas: dict[LemmaKey, Lemma] = {}
    for claim in claims:
        verdicts = {result.name: result.verdict for result in results[claim.id]}
        for lemma in claim.lemmas:
            # What the tool asks by itself (that a number is defined) has no question of the author's to change.
            if verdicts.get(lemma.name) is Verdict.PASS and lemma.question is not None:
                lemmas[claim.id, lemma.name] = lemma
    asked: list[_Asked] = []
    final: dict[LemmaKey, bool] = {}
    for key, chosen, certain in _chosen({key: lemmas[key] for key in lemmas if key not in found}, jobs):
        asked += _questions(key, lemmas[key], chosen)
        final[key] = certain
    waiting = Counter(question.key for question in asked)
    gathered: dict[LemmaKey, list[MutantResult]] = {key: [] for key in final}
    tasks = [Task(prove_family, (question.variant.members,), LIMITS) for question in asked]
    for question, answer in zip(asked, run_many(tasks, jobs), strict=True):
        key = question.key
        gathered[key].append(_answered(question, answer))
        final[key] = final[key] and _is_final(answer, LIMITS)
        waiting[key] -= 1
        if final[key] and not waiting[key]:
            on_lemma(key, gathered[key])
    found |= gathered
    return {
        claim.id: [one for lemma in claim.lemmas if (claim.id, lemma.name) in lemmas for one in found[claim.id, lemma.name]]
        for claim in claims
    }


def _is_final(answer: Answer, limits: Limits) -> bool:
    """Whether the same question would be answered so again: processor time depends on nobody else, wall time does."""
    return isinstance(answer, Completed) or answer == TimedOut(limits.cpu_seconds or 0)


def _chosen(lemmas: Mapping[LemmaKey, Lemma], jobs: int) -> Iterator[tuple[LemmaKey, list[Variant], bool]]:
    """For each lemma the mutants that say something else, at most ``MOST``, and whether the choice is final."""
    candidates: dict[LemmaKey, tuple[LemmaMutant, ...]] = {
        key: lemma_mutants(lemma)[:MOST_CANDIDATES] for key, lemma in lemmas.items()
    }
    tasks = []
    for key, lemma in lemmas.items():
        members = tuple(obligation for _, obligation in lemma.members)
        families = tuple(tuple(variant.members for variant in mutant.variants) for mutant in candidates[key])
        tasks.append(Task(telling, (members, families, MOST), LIMITS_OF_CHOICE))
    for (key, mutants), answer in zip(candidates.items(), run_many(tasks, jobs), strict=True):
        match answer:
            case Completed(list() as places):
                yield key, [mutants[index].variants[position] for index, position in places], True
            case _:  # nothing could be told apart in time: then nothing is left out
                yield key, [mutant.variants[0] for mutant in mutants[:MOST]], _is_final(answer, LIMITS_OF_CHOICE)


def _questions(key: LemmaKey, lemma: Lemma, chosen: Sequence[Variant]) -> Iterator[_Asked]:
    labels = tuple(label for label, _ in lemma.members)
    yield from (_Asked(key, variant, labels) for variant in chosen)


def _answered(asked: _Asked, answer: Answer) -> MutantResult:
    rejected, proved = False, False
    match answer:
        case Completed((Outcome() as outcome, int(member))):
            rejected = outcome.status in (Status.REFUTED, Status.VACUOUS)
            proved = outcome.status is Status.PROVED
            reason = _because(outcome, asked.labels[member])
        case TimedOut():
            reason = f"not decided within {LIMITS.cpu_seconds} s of processor time"
        case OutOfMemory():
            reason = "not decided within its memory limit"
        case Crashed(cause, _):
            reason = f"not decided: the prover crashed ({cause})"
        case _:
            reason = "not decided"
    return MutantResult(
        text=asked.variant.text, change=asked.variant.change, of=asked.key[1], rejected=rejected, reason=reason,
        proved=proved,
    )  # fmt: skip


def _because(outcome: Outcome, label: str) -> str:
    where = f"for {label}: " if label and outcome.status is not Status.PROVED else ""
    if outcome.status is Status.PROVED:
        return "true as well (proved): the lemma says less than it might"
    if outcome.status is Status.REFUTED and outcome.witness:
        point = ", ".join(f"{name} = {value}" for name, value in outcome.witness.items())
        return f"{where}refuted at {point}"
    said = outcome.reason if outcome.status in (Status.REFUTED, Status.VACUOUS) else f"not decided: {outcome.reason}"
    return f"{where}{said}"


# --- checks ---------------------------------------------------------------------------------------------------------


def of_measure(judged: Judged) -> list[MutantResult]:
    """The mutants of every check that passes, and each assumption that a control has dropped."""
    found = [result for trial in judged.trials for result in _of_check(trial, judged)]
    for attempt in judged.attempts:
        if attempt.control.form == "drop":
            rejected = attempt.rejected_by
            trial = rejected or attempt.trials[0]
            judgement = trial.judgement
            found.append(
                MutantResult(
                    text=attempt.control.text,
                    change=f"assumption dropped: {', '.join(attempt.control.suspended)}",
                    of=trial.check.name,
                    rejected=rejected is not None,
                    reason=judgement.reason if judgement is not None else "not judged",
                )
            )
    return found


def _of_check(trial: Trial, judged: Judged) -> Iterator[MutantResult]:
    if trial.judgement is None or trial.judgement.verdict is not Verdict.PASS:
        return
    assert trial.reader is not None
    assert trial.reading is not None
    made = 0
    for mutant in check_mutants(trial.check):
        if made == MOST:
            return
        for change, words, check in mutant.variants:
            try:
                reading = read(check, judged.measure.run, trial.reader)
                if says_no_more(trial.reading, reading):
                    continue
                look = look_index(reading.prediction, judged.seeds)
                answer = judge(reading.prediction, reading.sample, alpha=judged.alpha, look=look, control=True)
            except Exception:  # a changed formula may fit the arrays in no way at all: then it says nothing
                continue
            if answer.verdict is Verdict.ERROR:
                continue
            rejected = answer.verdict is Verdict.FAIL
            yield MutantResult(
                text=words, change=change, of=trial.check.name, rejected=rejected, reason=_judged(answer)
            )
            made += 1
            break


def _judged(answer: Judgement) -> str:
    if answer.verdict is Verdict.FAIL:
        return answer.reason
    said = "holds here too" if answer.verdict is Verdict.PASS else "not decided"
    return f"{said}: {answer.reason}"


def says_no_more(original: Reading, mutant: Reading) -> bool:
    """Whether the mutant predicts the same to within its margin on these axes, or, for a bound, no more anywhere.

    Only predictions are compared, or one quantity with another: never what was measured with what was predicted.
    """
    before, after = original.prediction, mutant.prediction
    if before.kind is not after.kind or before.over != after.over:
        return False
    if original.sample.values.shape != mutant.sample.values.shape:
        return False
    old, new = _excess(original), _excess(mutant)
    if not np.isfinite(new).all():
        return False
    change = new - old
    if before.kind in (Kind.AT_MOST, Kind.LESS_THAN):
        return bool((change <= _LIKE * (1 + np.abs(old))).all()) and not after.strictly > before.strictly
    if before.kind is Kind.AT_LEAST:
        return bool((change >= -_LIKE * (1 + np.abs(old))).all()) and not after.strictly > before.strictly
    if before.kind in RATES:
        return _same_form(original, mutant)
    if before.kind in (Kind.EQUALS, Kind.LIMIT):
        if before.kind is Kind.LIMIT and before.along is not None and before.along.axis in original.sample.axes:
            place = original.sample.axes.index(before.along.axis)
            change = np.take(change, _outwards(original, before.along)[-1:], place)
        return bool((np.abs(change) < 1.5 * _margin(before.within, before.target)).all())
    same_end = before.upper is None or (after.upper is not None and np.array_equal(before.upper, after.upper))
    return bool(np.all(change == 0)) and same_end


def _excess(reading: Reading) -> Array:
    """The quantity minus what is predicted of it, over the axes of the sample."""
    with np.errstate(invalid="ignore"):  # infinity, as claimed
        difference: Array = reading.sample.values - np.asarray(reading.prediction.target, dtype=np.float64)
    return difference


def _margin(within: Within | None, target: Array) -> float:
    if within is None:
        return 0.0
    share = min(within.below, within.above)
    return share * float(np.min(np.abs(target))) if within.relative else share


def _outwards(reading: Reading, along: Along) -> npt.NDArray[np.int_]:
    """The positions along the axis in the order in which the asymptotic end is approached."""
    places = np.asarray(reading.sample.coords[along.axis])
    return np.argsort(-places if along.to_zero else places, kind="stable")


def _same_form(original: Reading, mutant: Reading) -> bool:
    """Whether quantity over form differs in the end by a constant factor only, which no rate can see: another norm, a
    summand that dies out.  The factor may move by a hundredth over the larger half of the sizes.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        old = original.sample.values / original.prediction.target
        new = mutant.sample.values / mutant.prediction.target
        ratio = new / old
    along = original.prediction.along
    if along is None or along.axis not in original.sample.axes:
        return False
    axis = original.sample.axes.index(along.axis)
    sizes = ratio.shape[axis]
    ratio = np.take(ratio, _outwards(original, along)[sizes // 2 :], axis)
    if not np.isfinite(ratio).all():
        return False
    spread = ratio.max(axis=axis) - ratio.min(axis=axis)
    return bool((spread <= _CONSTANT * np.abs(ratio).min(axis=axis)).all())
