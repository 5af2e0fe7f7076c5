"""``python -m tests.soundness [WORD ...]``: ask the corpus (items whose name has a word) and print the table by kind."""

from __future__ import annotations

import sys

from tests.soundness.items import corpus
from tests.soundness.verdicts import Table, ask


def main(words: list[str]) -> int:
    """Print the table, and each item that was answered wrongly or not at all; 1 if one was wrong."""
    items = [item for item in corpus() if not words or any(word in item.name for word in words)]
    verdicts = ask(items)
    print(Table.of(verdicts).text())
    for verdict in verdicts:
        if verdict.wrong or not verdict.decided:
            mark = "WRONG" if verdict.wrong else "open"
            print(f"{mark:<6}{verdict.item.name} [{verdict.item.expected}]: {verdict.status}: {verdict.reason[:150]}")
    spent = sum(verdict.seconds for verdict in verdicts)
    print(f"decided {Table.of(verdicts).share:.1%} of what is true or false; CPU {spent:.0f} s; the slowest:")
    for verdict in sorted(verdicts, key=lambda v: -v.seconds)[:8]:
        print(f"{verdict.seconds:5.1f} s {verdict.item.name}")
    return int(any(verdict.wrong for verdict in verdicts))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
