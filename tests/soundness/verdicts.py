"""Asking the corpus: every item in killable children with a CPU limit each, and the table of the answers by kind.

The one idea to know: a wrong answer (a false item proved, a true one refuted) is counted apart from an undecided one,
and a child that ran out of CPU is undecided, so a loaded machine never turns into a wrong answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from checker.execute.worker import Answer, Completed, Crashed, Limits, OutOfMemory, Task, TimedOut, run_many
from checker.prove.outcome import Outcome, Status
from tests.soundness.child import CPU_SECONDS, limited
from tests.soundness.items import Expected, Item

WALL_SECONDS = 60.0  # the same when eight others use the machine
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


@dataclass(slots=True)
class Row:
    """One kind of the table."""

    proved: int = 0
    refuted: int = 0
    unprovable: int = 0  # not defined or vacuous, and not proved
    undecided: int = 0
    wrong: int = 0

    def count(self, verdict: Verdict) -> None:
        """Add one verdict."""
        if verdict.wrong:
            self.wrong += 1
        elif not verdict.decided:
            self.undecided += 1
        elif verdict.item.expected is Expected.TRUE:
            self.proved += 1
        elif verdict.item.expected is Expected.FALSE:
            self.refuted += 1
        else:
            self.unprovable += 1

    @property
    def total(self) -> int:
        """Items of this kind."""
        return self.proved + self.refuted + self.unprovable + self.undecided + self.wrong


_COLUMNS = ("items", "proved", "refuted", "unprovable", "undecided", "wrong", "decided")


@dataclass(slots=True)
class Table:
    """The verdicts counted by kind."""

    rows: dict[str, Row] = field(default_factory=dict)

    @classmethod
    def of(cls, verdicts: Sequence[Verdict]) -> Table:
        """The table of a list of verdicts, kinds in alphabetical order, all kinds together last."""
        table = cls({kind: Row() for kind in (*sorted({v.item.kind for v in verdicts}), "all")})
        for verdict in verdicts:
            table.rows[verdict.item.kind].count(verdict)
            table.rows["all"].count(verdict)
        return table

    @property
    def share(self) -> float:
        """Of the items that are true or false, the share answered rightly (the undefined ones do not count)."""
        row = self.rows["all"]
        return (row.proved + row.refuted) / (row.total - row.unprovable)

    def text(self) -> str:
        """The table, one line per kind."""
        lines = [f"{'kind':<12}" + "".join(f"{word:>11}" for word in _COLUMNS)]
        for kind, row in self.rows.items():
            counts = (row.total, row.proved, row.refuted, row.unprovable, row.undecided, row.wrong)
            share = 1 - (row.undecided + row.wrong) / row.total
            lines.append(f"{kind:<12}" + "".join(f"{count:>11}" for count in counts) + f"{share:>11.0%}")
        return "\n".join(lines)
