"""``python -m tests.faults``: disturb runs in every way there is a test for, and print how many survived.

``--kills 50`` is the number of kills at random moments; of the other trials each has its own number, which ``--effort``
multiplies.  ``--write`` keeps the table as reports/faults.md: counts and the seed, no timings.
"""

from __future__ import annotations

import argparse
import random
import signal
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from checker.errors import ExitCode
from tests.faults import kills, surroundings
from tests.faults.scene import ROOT, Scene, build

Trial = Callable[[Scene, Path, random.Random], list[str]]
REPORT = ROOT / "reports" / "faults.md"


@dataclass(frozen=True)
class Fault:
    """One way to disturb a run, and how often it is tried."""

    words: str
    trial: Trial
    trials: int
    alone: bool = False  # it changes this process, so nothing else may run in it


FAULTS: tuple[Fault, ...] = (
    Fault("SIGKILL of the run at a random moment", kills.killed, 50),
    Fault("Ctrl-C at a random moment", kills.interrupted(signal.SIGINT, ExitCode.INTERRUPTED), 5),
    Fault("SIGTERM at a random moment", kills.interrupted(signal.SIGTERM, ExitCode.TERMINATED), 5),
    Fault("SIGKILL of a prover at work", kills.prover_killed, 2),
    Fault("SIGKILL of the fork server of the provers", kills.server_killed, 2),
    Fault("SIGSTOP of a prover at work", kills.prover_stopped, 1),
    Fault("SIGKILL of the process of one file among several, and of their parent", kills.file_killed, 2),
    Fault("a disk that is full from a random write on (report, index, receipt, journal)", surroundings.full_disk, 50, True),
    Fault("a limit on the size of files, over a whole run", surroundings.small_files, 3),
    Fault("a read-only report folder", surroundings.read_only_reports, 1),
    Fault("a read-only cache", surroundings.read_only_cache, 1),
    Fault("a flipped bit in a receipt, a line of a journal and a compiled program", surroundings.flipped_entry, 200, True),
    Fault("a flipped bit in every file of the cache", surroundings.flipped_cache, 2),
    Fault("empty, half, foreign, nested files, folders, links and pipes in the cache", surroundings.foreign_entries, 3),
    Fault("a cache folder that is a link or open to everybody", surroundings.foreign_folder, 2),
    Fault("three runs at once in one folder", surroundings.together, 2),
    Fault("a clock that jumps by up to a day, files dated in the future", surroundings.clock, 2),
    Fault("nobody reads standard output", surroundings.no_reader, 1),
    Fault("standard output on a full disk", surroundings.full_output, 1),
    Fault("all three streams closed", surroundings.closed_streams, 1),
    Fault("no home folder, no folder for temporary files", surroundings.no_home, 2),
    Fault("the working folder removed before a run, the report folder during it", surroundings.no_folder, 1),
    Fault("a measurement that wants more memory than there is", surroundings.no_memory, 1),
)


def survived(fault: Fault, trials: int, scene: Scene, folder: Path, seed: int, jobs: int = 1) -> int:
    """How many of the trials left nothing to complain of; the complaints go to standard error."""

    def one(number: int) -> bool:
        chance = random.Random(f"{seed} {fault.words} {number}")
        try:
            complaints = fault.trial(scene, folder / f"{FAULTS.index(fault)}-{number}", chance)
        except Exception as error:  # a trial that breaks is a fault that was not survived
            complaints = [f"{type(error).__name__}: {error}"]
        for complaint in complaints:
            print(f"{fault.words}, trial {number}: {complaint}", file=sys.stderr, flush=True)
        return not complaints

    with ThreadPoolExecutor(max_workers=1 if fault.alone else jobs) as pool:
        return sum(pool.map(one, range(trials)))


def table(rows: Sequence[tuple[str, int, int]], seed: int) -> str:
    """The page: every fault, how often it was tried and survived."""
    lines = [f"| {words} | {trials} | {count} |" for words, trials, count in rows]
    return "\n".join(
        [
            "# Faults", "",
            "Runs of a small claim file (a proof, two measurements, mutants) in a folder with an older report of it and the",
            "report of another paper. A trial is survived when every file is the old or the new one, whole, with no process",
            "left; when the next run ends with exactly the reports of an undisturbed one, takes every finished part from its",
            "receipt and leaves no temporary file; and when the disturbed run said in one line what happened, where it could.",
            "", f"`python -m tests.faults --write` made this table (seed {seed}).", "",
            "| fault | trials | survived |", "| :-- | --: | --: |", *lines, "",
        ]
    )  # fmt: skip


def main() -> int:
    """Print the table; 1 where a trial was not survived."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--kills", type=int, default=50, help="kills at random moments (default: 50)")
    parser.add_argument("--effort", type=float, default=1.0, help="multiplies the number of the other trials (default: 1)")
    parser.add_argument("--only", default="", metavar="WORDS", help="faults with these words in their name")
    parser.add_argument("--seed", type=int, default=0, help="default: 0")
    parser.add_argument("--jobs", type=int, default=1, help="trials at once (default: 1)")
    parser.add_argument("--write", action="store_true", help=f"keep the table as {REPORT.relative_to(ROOT)}")
    options = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory(prefix="faults-") as name:
        scene = build(Path(name) / "scene")
        for number, fault in enumerate(FAULTS):
            if options.only.lower() not in fault.words.lower():
                continue
            trials = options.kills if number == 0 else max(1, round(options.effort * fault.trials))
            count = survived(fault, trials, scene, Path(name), options.seed, options.jobs)
            rows.append((fault.words, trials, count))
            print(f"{count:>4} of {trials:<4} {fault.words}", flush=True)
    page = table(rows, options.seed)
    if options.write:
        REPORT.write_text(page, encoding="utf-8")
    print(f"\n{page}")
    return 0 if all(count == trials for _, trials, count in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
