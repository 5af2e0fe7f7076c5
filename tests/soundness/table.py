"""Answers counted by kind: what both halves of the corpus (obligations and measured claims) are reported by.

The one idea to know: a wrong answer is a false PASS (proved or passed although it must not be) or a false FAIL (refuted or
failed although it must not be); an undecided one is neither, and costs the share of what is decided.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

_POSITIVE = frozenset({"proved", "pass"})
_TRUE, _FALSE = "true", "false"


class Answered(Protocol):
    """One item with its answer.  ``expected`` is ``"true"``, ``"false"`` or, for what must not be proved nor passed and may
    end in any other way, any other text; ``status`` is the word of the tool (``proved``, ``PASS``, ``INCONCLUSIVE``, ...).
    """

    @property
    def kind(self) -> str: ...  # the row of the table

    @property
    def name(self) -> str: ...

    @property
    def expected(self) -> str: ...

    @property
    def status(self) -> str: ...

    @property
    def reason(self) -> str: ...

    @property
    def wrong(self) -> bool: ...  # decided, and the other way round

    @property
    def decided(self) -> bool: ...  # decided as expected

    @property
    def seconds(self) -> float: ...  # of CPU; never in a report


def false_passes(answers: Sequence[Answered]) -> int:
    """How many wrong answers say proved or PASS."""
    return sum(answer.wrong and answer.status.lower() in _POSITIVE for answer in answers)


def false_fails(answers: Sequence[Answered]) -> int:
    """How many wrong answers say anything else."""
    return sum(answer.wrong for answer in answers) - false_passes(answers)


@dataclass(slots=True)
class Row:
    """One kind of the table."""

    right_true: int = 0
    right_false: int = 0
    right_other: int = 0  # not provable (not defined, vacuous, ...), and not proved
    undecided: int = 0
    wrong: int = 0

    def count(self, answer: Answered) -> None:
        """Add one answer."""
        if answer.wrong:
            self.wrong += 1
        elif not answer.decided:
            self.undecided += 1
        elif answer.expected == _TRUE:
            self.right_true += 1
        elif answer.expected == _FALSE:
            self.right_false += 1
        else:
            self.right_other += 1

    @property
    def total(self) -> int:
        """Items of this kind."""
        return self.right_true + self.right_false + self.right_other + self.undecided + self.wrong

    @property
    def share(self) -> float:
        """The share of the items answered as expected."""
        return 1 - (self.undecided + self.wrong) / self.total if self.total else 1.0

    def cells(self) -> tuple[str, ...]:
        """As text: items, true ones, false ones, other ones, undecided, wrong, share."""
        counts = (self.total, self.right_true, self.right_false, self.right_other, self.undecided, self.wrong)
        return (*map(str, counts), f"{self.share:.0%}")


@dataclass(slots=True)
class Table:
    """Answers by kind, the kinds in alphabetical order and all of them together last."""

    columns: tuple[str, str, str]  # what a right answer to a true, a false and another item is called
    rows: dict[str, Row] = field(default_factory=dict)

    @classmethod
    def of(cls, answers: Sequence[Answered], columns: tuple[str, str, str]) -> Table:
        """The table of a list of answers."""
        table = cls(columns, {kind: Row() for kind in (*sorted({answer.kind for answer in answers}), "all")})
        for answer in answers:
            table.rows[answer.kind].count(answer)
            table.rows["all"].count(answer)
        return table

    @property
    def share(self) -> float:
        """Of the items that are true or false, the share answered rightly (the others do not count)."""
        row = self.rows["all"]
        asked = row.total - row.right_other
        return (row.right_true + row.right_false) / asked if asked else 1.0

    def text(self) -> str:
        """The table for a terminal, one line per kind."""
        head = ("items", *self.columns, "undecided", "wrong", "decided")
        lines = [f"{'kind':<24}" + "".join(f"{word:>14}" for word in head)]
        lines += [f"{kind:<24}" + "".join(f"{cell:>14}" for cell in row.cells()) for kind, row in self.rows.items()]
        return "\n".join(lines)

    def markdown(self) -> str:
        """The table as Markdown, the last row in bold."""
        lines = ["| " + " | ".join(("kind", "items", *self.columns, "undecided", "wrong", "decided")) + " |"]
        lines.append("|---" * 8 + "|")
        for kind, row in self.rows.items():
            cells = [kind, *row.cells()]
            lines.append("| " + " | ".join(f"**{cell}**" if kind == "all" else cell for cell in cells) + " |")
        return "\n".join(lines)
