"""``python -m tests.simulate.search_power [WORD ...]``: what uniform sampling finds and what the directed search finds.

One row for each claim of ``search_cases``: how many of the instances drawn uniformly break the false one, the verdict on it
with the search and the witness shown, and the verdict on the true twin.  Ends with 1 if a verdict is wrong.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from checker.result import CheckResult
from checker.simulate.measure import measure
from checker.spec.claim import Claim
from checker.spec.load import load_paper
from checker.verdict import Verdict
from checker.verify.bench import Bench
from checker.verify.evaluation import Reader, read
from checker.verify.hunt import violations
from checker.verify.measures import judge_measure, measure_result
from checker.verify.progress import silent_text
from checker.verify.scales import SCALES
from tests.simulate.search_cases import CASES, Case

DRAWN = 2000


@dataclass(frozen=True)
class Row:
    """The answers about one case; ``sampled`` of ``DRAWN`` uniform instances break the false claim."""

    case: Case
    sampled: int
    broken: CheckResult
    holds: CheckResult

    @property
    def right(self) -> bool:
        """Whether the false claim is failed and the true one is not failed."""
        return self.broken.verdict is Verdict.FAIL and self.holds.verdict is Verdict.PASS


def ask(case: Case, seed: int = 0, drawn: int = DRAWN, scale: str = "smoke") -> Row:
    """Both claims of a case, judged as a run would judge them."""
    with tempfile.TemporaryDirectory() as folder:
        broken, holds = load_paper(case.write(Path(folder)), scale=scale).claims
    return Row(case, _sampled(broken, drawn), judged(broken, seed, scale), judged(holds, seed, scale))


def judged(claim: Claim, seed: int = 0, scale: str = "smoke") -> CheckResult:
    """The one check of a claim after its measurement."""
    bench = Bench(seed, "cpu", silent_text, thorough=False)
    result = measure_result(judge_measure(claim.measures[0], SCALES[scale], bench, 1), f"toy/{claim.id}")
    return result.checks[0]


def _sampled(claim: Claim, drawn: int) -> int:
    """How many of ``drawn`` instances break the claim."""
    if not drawn:
        return 0
    run, check = claim.measures[0].run, claim.measures[0].checks[0]
    found = measure(run, range(drawn), 1, "cpu", thorough=False)
    return int(np.any(violations(check, read(check, run, Reader(found, {}))).reshape(drawn, -1), axis=1).sum())


def table(rows: list[Row]) -> str:
    """The rows as Markdown."""
    lines = [
        f"| claim | broken | uniform instances that break it, of {DRAWN} | with the search | shown | true twin |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        given = row.broken.witness.given if row.broken.witness else {}
        shown = "; ".join(f"{name} = {value}" for name, value in given.items())
        lines.append(
            f"| {row.case.name} | {row.case.why} | {row.sampled} | {row.broken.verdict} | {shown[:150]} | {row.holds.verdict} |"
        )
    return "\n".join(lines)


def main(words: list[str]) -> int:
    """Print the table of the cases whose names have one of ``words`` (all without any)."""
    rows = []
    for case in CASES:
        if not words or any(word in case.name for word in words):
            rows.append(ask(case))
            print(table(rows[-1:]).splitlines()[-1] if len(rows) > 1 else table(rows), flush=True)
    return int(not all(row.right for row in rows))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
