"""The report of a run of the corpus: one headline with the false verdicts, a table per half, and every open item.

The one idea to know: nothing that differs between two runs (timings, order of answers, machine) enters the Markdown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.soundness.table import Answered, Table, false_fails, false_passes


@dataclass(frozen=True, slots=True)
class Half:
    """One half of the corpus: its answers, the names of its three columns, and how it was measured."""

    title: str
    answers: Sequence[Answered]
    columns: tuple[str, str, str]
    method: str

    @property
    def table(self) -> Table:
        """The answers by kind."""
        return Table.of(self.answers, self.columns)


def headline(halves: Sequence[Half]) -> str:
    """False verdicts and the share decided, over all halves."""
    answers = [answer for half in halves for answer in half.answers]
    share = Table.of(answers, ("", "", "")).share
    return (
        f"false PASS {false_passes(answers)}, false FAIL {false_fails(answers)}, "
        f"decided {share:.1%} of what is true or false, {len(answers)} items"
    )


def open_items(half: Half, width: int = 200) -> list[str]:
    """What was answered wrongly or not at all, one line each with the reason."""
    found = []
    for answer in half.answers:
        if answer.wrong or not answer.decided:
            mark = "WRONG " if answer.wrong else ""
            found.append(f"{mark}{answer.name} [{answer.expected}]: {answer.status}: {_line(answer.reason)[:width]}")
    return found


def markdown(halves: Sequence[Half]) -> str:
    """The report as it is kept in ``reports/soundness.md``."""
    parts = [
        "# Soundness corpus",
        f"**{headline(halves)}.**",
        "Written by `python -m tests.soundness --write`. Every item has an answer fixed by mathematics before any engine was "
        "asked; it is never edited or removed because the tool cannot decide it. `wrong` counts what is decided the other way "
        "round; `undecided` counts against the share. The items are in `tests/soundness/`.",
    ]
    for half in halves:
        parts += [f"## {half.title}", half.table.markdown(), half.method]
        items = open_items(half)
        parts.append(f"Open: {len(items)} of {len(half.answers)}." if items else "Nothing is open.")
        if items:
            parts.append("\n".join(f"- {_escaped(item)}" for item in items))
    return "\n\n".join(parts) + "\n"


def _line(text: str) -> str:
    return " ".join(text.split())


def _escaped(text: str) -> str:
    """Text that Markdown shows as it stands."""
    for character in "\\`*_<>|[]":
        text = text.replace(character, "\\" + character)
    return text
