"""The proving side of a paper: all its obligations and the mutants of its lemmas, beside the simulations.

The one idea: a thread waits for the killable children; what the journal remembers is not asked again, and what is answered
goes there at once.  Only answers that no limit and no crash cut short are remembered: the others may differ another day.
"""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from checker.execute.journal import Journal, Part
from checker.result import LemmaResult, MemberResult, MutantResult, Result
from checker.spec.claim import Claim
from checker.verdict import Verdict
from checker.verify.lemmas import Question, answer_all, lemma_result, questions_of
from checker.verify.mutants import LemmaKey, of_lemmas
from checker.verify.progress import REMEMBERED, Event, Listener

_ANSWERED = (Verdict.PASS, Verdict.FAIL, Verdict.VACUOUS)


class _Mutants(Result):
    """What became of the mutants of one lemma, as the journal keeps it."""

    mutants: tuple[MutantResult, ...]


class Proofs:
    """All obligations of ``claims``, ``jobs`` children at once; with ``mutable`` also the mutants of those claims' lemmas.

    ``slug`` names the paper in events, ``target`` the file in commands.
    """

    def __init__(
        self, claims: Sequence[Claim], slug: str, target: str, jobs: int, listener: Listener, journal: Journal,
        mutable: Sequence[Claim] = (),
    ) -> None:  # fmt: skip
        self._claims = claims
        self._mutable = mutable
        self._questions = [
            question
            for claim in claims
            for lemma in claim.lemmas
            for question in questions_of(claim.id, lemma, f"{target}/{claim.id}")
        ]
        self._parts = _parts(self._questions)
        self._slug = slug
        self._jobs = jobs
        self._listener = listener
        self._journal = journal
        self._results: dict[str, list[LemmaResult]] = {}
        self._mutants: dict[str, list[MutantResult]] = {}
        self._error: BaseException | None = None
        self._done = 0
        self._thread = threading.Thread(target=self._work, daemon=True)

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def result(self) -> tuple[dict[str, list[LemmaResult]], dict[str, list[MutantResult]]]:
        """Wait for the answers; the lemmas of each claim, in order, and what became of their mutants."""
        while self._thread.is_alive():
            self._thread.join(0.2)  # short waits keep Ctrl-C responsive
        if self._error is not None:
            raise self._error
        return self._results, self._mutants

    def _work(self) -> None:
        try:
            self._results = self._gathered(self._answers())
            if self._mutable:
                self._mutants = self._fates()
        except BaseException as error:  # handed to the waiting thread
            self._error = error

    def _answers(self) -> list[MemberResult]:
        answers: dict[int, MemberResult] = {}
        for index, part in enumerate(self._parts):
            member = self._journal.find(part, MemberResult)
            if member is not None:
                answers[index] = member
                self._heard(index, member, REMEMBERED)
        rest = [index for index in range(len(self._questions)) if index not in answers]

        def heard(position: int, member: MemberResult) -> None:
            if member.verdict in _ANSWERED:
                self._journal.keep(self._parts[rest[position]], member)
            self._heard(rest[position], member)

        found = answer_all([self._questions[index] for index in rest], self._jobs, heard)
        answers |= dict(zip(rest, found, strict=True))
        return [answers[index] for index in range(len(self._questions))]

    def _fates(self) -> dict[str, list[MutantResult]]:
        known: dict[LemmaKey, Sequence[MutantResult]] = {}
        for claim in self._mutable:
            for lemma in claim.lemmas:
                found = self._journal.find(("mutants", claim.id, lemma.name), _Mutants)
                if found is not None:
                    known[claim.id, lemma.name] = found.mutants

        def judged(key: LemmaKey, mutants: Sequence[MutantResult]) -> None:
            self._journal.keep(("mutants", *key), _Mutants(mutants=tuple(mutants)))

        return of_lemmas(self._mutable, self._results, self._jobs, known, judged)

    def _gathered(self, answers: Sequence[MemberResult]) -> dict[str, list[LemmaResult]]:
        gathered: Mapping[tuple[str, str], dict[int, list[MemberResult]]] = defaultdict(lambda: defaultdict(list))
        for question, answer in zip(self._questions, answers, strict=True):
            gathered[question.claim, question.lemma][question.near_miss].append(answer)
        return {
            claim.id: [lemma_result(lemma, gathered[claim.id, lemma.name]) for lemma in claim.lemmas]
            for claim in self._claims
        }

    def _heard(self, index: int, answer: MemberResult, origin: str = "") -> None:
        self._done += 1
        question = self._questions[index]
        label = f" [{question.label}]" if question.label else ""
        what = question.lemma if question.near_miss < 0 else f"near miss {question.near_miss + 1} of {question.lemma}"
        self._listener(
            Event(
                "obligation",
                f"{self._slug}/{question.claim}",
                f"{what}{label}: {answer.verdict}{origin}",
                self._done,
                len(self._questions),
            )
        )


def _parts(questions: Sequence[Question]) -> list[Part]:
    """Where the journal keeps the answer to each question: its address in the file and its number there."""
    seen: Counter[tuple[str, str, int]] = Counter()
    parts: list[Part] = []
    for question in questions:
        place = (question.claim, question.lemma, question.near_miss)
        parts.append(("obligation", *place, seen[place]))
        seen[place] += 1
    return parts
