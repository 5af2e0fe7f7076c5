"""``python -m tests.soundness.measured [WORD ...] [--seeds N]``: ask the measured claims, once or on N fresh seeds.

Prints the table by kind and every claim that was answered wrongly or not at all; ends with 1 if one was wrong.
"""

from __future__ import annotations

import argparse
import sys

from tests.soundness.measured.verdicts import Table, ask


def main(arguments: list[str]) -> int:
    """Ask and print; see the module's text."""
    parser = argparse.ArgumentParser(prog="python -m tests.soundness.measured", description=__doc__)
    parser.add_argument("words", nargs="*", help="ask only claims whose name (file/claim) has one of these")
    parser.add_argument("--seeds", type=int, default=1, help="repeat with this many base seeds")
    parser.add_argument("--first", type=int, default=0, help="the first base seed")
    parser.add_argument("--jobs", type=int, default=2)
    chosen = parser.parse_args(arguments)
    wrong = 0
    for seed in range(chosen.first, chosen.first + chosen.seeds):
        answers = ask(chosen.words, chosen.jobs, seed)
        table = Table.of(answers)
        print(f"base seed {seed}\n{table.text()}")
        for answer in answers:
            if answer.wrong or not answer.decided:
                mark = "WRONG" if answer.wrong else "open"
                print(f"{mark:<6}{answer.name} [{answer.expected}]: {answer.status}: {answer.reason[:220]}")
        due = [answer for answer in answers if answer.expected.decidable]
        print(
            f"false PASS {table.false_pass}, false FAIL {table.false_fail}; decided {table.share:.1%} of {len(due)};"
            f" CPU {sum(answer.seconds for answer in answers):.0f} s",
            flush=True,
        )
        wrong += table.false_pass + table.false_fail
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
