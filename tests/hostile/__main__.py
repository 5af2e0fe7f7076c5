"""``python -m tests.hostile``: try many hostile inputs in the sandbox and count what got through.

python -m tests.hostile --count 20000 --seed 1
python -m tests.hostile --count 100000 --write       keeps the table in reports/hostile.md
python -m tests.hostile --provers --seconds 5        obligations that make engines run or grow, through the real command
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from checker.execute.files import put
from tests.hostile.answers import answer
from tests.hostile.cases import CASES
from tests.hostile.inputs import Input, inputs
from tests.hostile.provers import OBLIGATIONS, amiss, asked
from tests.hostile.sandbox import ROOT, SLOW, Report, ask
from tests.hostile.shrink import shrunk

REPORT = ROOT / "reports" / "hostile.md"
WARM = (Input("formula", "", "x + t == x", deep=True), Input("prose", "", "x"), *CASES[:1])


@dataclass
class Tally:
    """Inputs by kind and outcome, and what got through."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    deep: int = 0
    escapes: list[tuple[Input, str]] = field(default_factory=list)

    def try_all(self, batch: Sequence[Input]) -> None:
        """Ask every input of a batch."""
        for report in ask(batch, answer, WARM):
            one = batch[report.index]
            if SLOW in report.escape and any(not again.escape for _ in range(3) for again in ask([one], answer, WARM)):
                report = Report(report.index, report.outcome)  # only the machine was busy
            self.deep += one.deep
            self.counts[one.label, "escape" if report.escape else report.outcome] += 1
            if report.escape:
                self.escapes.append((one, report.escape))


def tried(count: int, number: int, say: Callable[[str], None] = lambda line: None) -> Tally:
    """The tables of cases and about ``count`` random inputs."""
    tally = Tally()
    tally.try_all(CASES)
    for batch in inputs(count, number):
        tally.try_all(batch)
        say(f"{batch[0].label}: {len(batch)} tried, {len(tally.escapes)} escapes so far")
    return tally


def table(tally: Tally) -> list[str]:
    """Lines of Markdown: inputs by kind and what became of them."""
    outcomes = sorted({outcome for _, outcome in tally.counts} - {"escape"})
    labels = list(dict.fromkeys(label for label, _ in tally.counts))
    rows = [f"| kind of input | tried | {' | '.join(outcomes)} | escapes |", f"|---|{'---:|' * (len(outcomes) + 2)}"]
    for label in [*labels, "all"]:
        of = [
            sum(n for (name, word), n in tally.counts.items() if label in (name, "all") and word == outcome)
            for outcome in outcomes
        ]
        bad = sum(n for (name, word), n in tally.counts.items() if label in (name, "all") and word == "escape")
        rows.append(f"| {label} | {sum(of) + bad} | {' | '.join(map(str, of))} | {bad} |")
    return rows


def page(tally: Tally, count: int, number: int) -> str:
    """What is kept under ``reports/``."""
    return "\n".join(
        [
            "# Hostile inputs",
            "",
            f"`python -m tests.hostile --count {count} --seed {number}`: every input is read and printed in every form of a",
            "report, and (counted below) put to SymPy, balls, intervals, z3, JAX, the normal form and the derivative, in a",
            "child that an audit hook watches. An escape is an exception that is not an answer, an answer that is not one",
            "line a mistake, markup or a control character in the print, a file opened, a process or a connection begun,",
            "code run that was made from text, more than a second of processor time or 300 MiB for the answer.",
            "",
            *table(tally),
            "",
            f"Through every translator: {tally.deep} inputs. Escapes: {len(tally.escapes)}.",
            "",
        ]
    )


def provers(seconds: float) -> int:
    """Print what is said of every heavy obligation and what the run took; 1 where something is amiss."""
    with tempfile.TemporaryDirectory() as folder:
        found, seen = asked(Path(folder), OBLIGATIONS, seconds)
    print("| obligation | verdict | reason |\n|---|---|---|")
    for one in found:
        print(f"| {one.name} | {one.wrong or one.verdict} | {one.reason} |")
    wrong = amiss(seen)
    mebibytes = f"{seen.own_bytes >> 20} MiB in the command, {seen.child_bytes >> 20} MiB in a prover"
    print(f"\n{len(found)} obligations; at most {seen.most} processes, {mebibytes}; amiss: {', '.join(wrong) or 'nothing'}")
    return int(bool(wrong) or any(one.wrong for one in found) or len(found) != len(OBLIGATIONS))


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; 1 where something got through."""
    parser = argparse.ArgumentParser(prog="python -m tests.hostile", description=__doc__)
    parser.add_argument(
        "--count", type=int, default=5000, help="random inputs beside the tables of cases (default: 5000)"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--write", action="store_true", help=f"keep the table in {REPORT.relative_to(ROOT)}")
    parser.add_argument("--provers", action="store_true", help="only put heavy obligations to the provers")
    parser.add_argument("--seconds", type=float, default=5.0, help="for each of their questions (default: 5)")
    options = parser.parse_args(arguments)
    if options.provers:
        return provers(options.seconds)
    tally = tried(options.count, options.seed, lambda line: print(line, file=sys.stderr, flush=True))
    print("\n".join(table(tally)))
    print(f"\nthrough every translator: {tally.deep}; escapes: {len(tally.escapes)}")
    seen: set[tuple[str, str]] = set()
    for one, why in tally.escapes:
        alike = one.label, " ".join(why.split()[:4])
        if alike in seen or len(seen) >= 12:
            continue
        seen.add(alike)
        small = (
            one if SLOW in why else shrunk(one, lambda smaller: any(r.escape for r in ask([smaller], answer)), tries=60)
        )
        print(f"{one.label}: {why}\n    {str(small.content)[:600]!r}")
    if options.write:
        put(REPORT, page(tally, options.count, options.seed).encode())
    return int(bool(tally.escapes))


if __name__ == "__main__":
    sys.exit(main())
