"""Asking the corpus: every item in killable children with a CPU limit each.

The one idea to know: a wrong answer (a false item proved, a true one refuted) is counted apart from an undecided one,
and a child that ran out of CPU is undecided, so a loaded machine never turns into a wrong answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from checker.execute.worker import Answer, Completed, Crashed, Limits, OutOfMemory, Task, TimedOut, run_many
from checker.prove.outcome import Outcome, Status
from tests.soundness.child import CPU_SECONDS, limited
from tests.soundness.items import Expected, Item

WALL_SECONDS = 60.0  # the same when eight others use the machine
COLUMNS = ("proved", "refuted", "not provable")
METHOD = (
    f"Each item is put to the provers in a process of its own, with {CPU_SECONDS} s of processor time for each member of a "
    "family; a family is refuted by one member and proved by all. Not provable is what is not defined on its domain, or "
    "vacuous: it may end in anything but a proof."
)
_OUT_OF_TIME = "out of CPU time"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer to one item: its status, why, and whether that is wrong."""

    item: Item
    status: Status
    reason: str
    finished: bool = True
    seconds: float = 0.0  # of CPU, SymPy's own children excepted

    @property
    def kind(self) -> str:
        """The row of the table."""
        return self.item.kind

    @property
    def name(self) -> str:
        """``file/claim/lemma``, with ``#1`` for its first near miss."""
        return self.item.name

    @property
    def expected(self) -> Expected:
        """What the item is, by mathematics."""
        return self.item.expected

    @property
    def wrong(self) -> bool:
        """Proved although it is not true, or refuted although it is."""
        if self.status is Status.PROVED:
            return self.item.expected is not Expected.TRUE
        return self.status is Status.REFUTED and self.item.expected is Expected.TRUE

    @property
    def decided(self) -> bool:
        """Answered as expected; what is not defined is answered by anything but a proof (a crash is no answer)."""
        if self.item.expected is Expected.UNPROVABLE:
            return self.finished and self.status not in (Status.PROVED, Status.ERROR)
        return self.status is (Status.PROVED if self.item.expected is Expected.TRUE else Status.REFUTED)


def ask(items: Sequence[Item], jobs: int = 2) -> list[Verdict]:
    """The verdicts of the items, in their order."""
    tasks = [Task(limited, (member,), Limits(WALL_SECONDS)) for item in items for member in item.members]
    answers = run_many(tasks, jobs)
    return [_verdict(item, [_outcome(next(answers)) for _ in item.members]) for item in items]


def _outcome(answer: Answer) -> tuple[Outcome, float]:
    match answer:
        case Completed((Outcome() as outcome, float(seconds))):
            return outcome, seconds
        case TimedOut() | OutOfMemory() | Crashed("signal SIGXCPU" | "signal SIGKILL"):
            return Outcome(Status.UNDECIDED, _OUT_OF_TIME), float(CPU_SECONDS)
        case Crashed(cause, message):
            return Outcome(Status.ERROR, f"{cause}: {message}"), 0.0
    return Outcome(Status.ERROR, "not an answer"), 0.0


def _verdict(item: Item, answers: Sequence[tuple[Outcome, float]]) -> Verdict:
    """A family is refuted by one member and proved by all."""
    outcomes = [outcome for outcome, _ in answers]
    refuted = next((o for o in outcomes if o.status is Status.REFUTED), None)
    unproved = next((o for o in outcomes if o.status is not Status.PROVED), outcomes[0])
    told = refuted or unproved
    return Verdict(item, told.status, told.reason, told.reason != _OUT_OF_TIME, sum(seconds for _, seconds in answers))
