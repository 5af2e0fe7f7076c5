"""Asking the measured claims: every step of the tool on every file, and the table of the answers by kind.

The one idea to know: a wrong answer (PASS of what is not true, FAIL of what is not false) is counted apart from an open
one.  Claims of one file share their runs, so a file is asked as a whole.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from checker import check
from checker.verdict import Verdict
from tests.soundness.measured.items import Expected, Item, corpus


@dataclass(frozen=True, slots=True)
class Answer:
    """The verdict of one claim; ``seconds`` is the CPU time of its file, shared equally by the claims that were asked."""

    name: str
    kind: str
    experiment: str
    expected: Expected
    status: Verdict
    reason: str
    seconds: float

    @property
    def wrong(self) -> bool:
        """PASS of what is not true, or FAIL of what is not false."""
        return self.expected.wrong(self.status)

    @property
    def decided(self) -> bool:
        """Answered as expected; what is out of reach or to be refused is answered by anything that is not wrong."""
        return self.expected.decided(self.status)


def ask(words: Sequence[str] = (), jobs: int = 2, seed: int = 0) -> list[Answer]:
    """The answers to the claims whose name has one of the words (all, if there are none), in the order of the files.

    Elaboration, lint, measurement, judge and controls at scale standard, without mutants; ``seed`` shifts every draw.
    """
    items = corpus(words)
    return [answer for path in dict.fromkeys(item.path for item in items) for answer in _ask_file(items, path, jobs, seed)]


def _ask_file(items: Sequence[Item], path: object, jobs: int, seed: int) -> list[Answer]:
    own = [item for item in items if item.path == path]
    started = time.process_time()
    (result,) = check(*(f"{path}/{item.claim}" for item in own), seed=seed, device="cpu", jobs=jobs, mutants=False)
    seconds = (time.process_time() - started) / len(own)
    found = {claim.id: claim for claim in result.claims}
    return [
        Answer(
            item.name, item.kind, item.experiment, item.expected,
            found[item.claim].verdict, found[item.claim].reason, seconds,
        )
        for item in own
    ]  # fmt: skip


@dataclass(slots=True)
class Row:
    """One kind of the table: answers by what they were expected to be."""

    passed: int = 0
    failed: int = 0
    withheld: int = 0  # out of reach or to be refused, and not answered wrongly
    undecided: int = 0
    wrong: int = 0

    def count(self, answer: Answer) -> None:
        """Add one answer."""
        if answer.wrong:
            self.wrong += 1
        elif not answer.decided:
            self.undecided += 1
        elif answer.expected is Expected.TRUE:
            self.passed += 1
        elif answer.expected is Expected.FALSE:
            self.failed += 1
        else:
            self.withheld += 1

    @property
    def total(self) -> int:
        """Claims of this kind."""
        return self.passed + self.failed + self.withheld + self.undecided + self.wrong


COLUMNS = ("claims", "true, PASS", "false, FAIL", "rightly open", "undecided", "wrong")


@dataclass(slots=True)
class Table:
    """The answers counted by kind of prediction."""

    rows: dict[str, Row] = field(default_factory=dict)
    false_pass: int = 0
    false_fail: int = 0
    share: float = 1.0

    @classmethod
    def of(cls, answers: Sequence[Answer]) -> Table:
        """The table of a list of answers, kinds in alphabetical order, all kinds together last."""
        table = cls({kind: Row() for kind in (*sorted({answer.kind for answer in answers}), "all")})
        for answer in answers:
            table.rows[answer.kind].count(answer)
            table.rows["all"].count(answer)
        wrong = [answer.status for answer in answers if answer.wrong]
        table.false_pass, table.false_fail = wrong.count(Verdict.PASS), wrong.count(Verdict.FAIL)
        due = [answer.decided for answer in answers if answer.expected.decidable]
        table.share = sum(due) / len(due) if due else 1.0
        return table

    def lines(self) -> list[tuple[str, ...]]:
        """Header and rows as text."""
        body = [
            (kind, *(str(n) for n in (row.total, row.passed, row.failed, row.withheld, row.undecided, row.wrong)))
            for kind, row in self.rows.items()
        ]
        return [("kind", *COLUMNS), *body]

    def text(self) -> str:
        """The table for a terminal."""
        return "\n".join(f"{kind:<24}" + "".join(f"{cell:>14}" for cell in cells) for kind, *cells in self.lines())
