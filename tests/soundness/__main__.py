"""``python -m tests.soundness [WORD ...]``: ask the corpus, print its tables, and with ``--write`` keep them as a report.

The one idea to know: the two halves (obligations, and claims run through the whole tool) work alone, so that the modules of
the other are imported only when it is asked for.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.soundness.report import Half, headline, markdown, open_items
from tests.soundness.table import false_fails, false_passes

MEASURED = (
    "Each claim is run through the whole tool (elaboration, lint, measurement, judge, controls) at scale standard with base "
    "seed 0, without mutants. Rightly open is what no amount measured here can tell, or what may have no answer at all: it may "
    "end in anything but the wrong verdict."
)
REPORT = Path(__file__).parents[2] / "reports" / "soundness.md"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables and each item answered wrongly or not at all; 1 if one was answered wrongly."""
    options = _parser().parse_args(arguments)
    if options.write and (options.words or options.obligations or options.measured):
        _parser().error("--write keeps the report of the whole corpus; leave out words and halves")
    halves = []
    if options.obligations or not options.measured:
        halves.append(_obligations(options.words, options.jobs))
    if options.measured or not options.obligations:
        halves.append(_measured(options.words, options.jobs))
    print(headline(halves))
    for half in halves:
        print(f"\n{half.title}\n{half.table.text()}")
        print(*open_items(half), sep="\n")
        slow = sorted(half.answers, key=lambda answer: -answer.seconds)[:8]
        print(f"CPU {sum(answer.seconds for answer in half.answers):.0f} s; the slowest:")
        print(*(f"{answer.seconds:5.1f} s {answer.name}" for answer in slow), sep="\n")
    if options.write:
        REPORT.write_text(markdown(halves), encoding="utf-8")
    answers = [answer for half in halves for answer in half.answers]
    return int(false_passes(answers) + false_fails(answers) > 0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.soundness", description=__doc__)
    parser.add_argument("words", nargs="*", metavar="WORD", help="only items whose name has one of these words")
    parser.add_argument("--jobs", type=int, default=2, help="processes at once (default 2)")
    parser.add_argument("--obligations", action="store_true", help="only what is asked of the provers")
    parser.add_argument("--measured", action="store_true", help="only what is run through the whole tool")
    parser.add_argument("--write", action="store_true", help="keep the tables in reports/soundness.md")
    return parser


def _obligations(words: Sequence[str], jobs: int) -> Half:
    from tests.soundness.items import corpus
    from tests.soundness.verdicts import COLUMNS, METHOD, ask

    items = [item for item in corpus() if not words or any(word in item.name for word in words)]
    return Half("Obligations", ask(items, jobs), COLUMNS, METHOD)


def _measured(words: Sequence[str], jobs: int) -> Half:
    from tests.soundness.measured.verdicts import ask

    return Half("Measured claims", ask(words, jobs), ("PASS", "FAIL", "rightly open"), MEASURED)


if __name__ == "__main__":
    sys.exit(main())
