"""``python -m benchmarks [GOAL ...]``: measure the goals of speed and print the table; ``--write`` keeps it as a report."""

from __future__ import annotations

import argparse
import platform
import sys
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path

from benchmarks import peers, table
from benchmarks.goals import Measured, Settings, Status
from benchmarks.registry import GOALS, measure_goal
from benchmarks.timing import pin

REPORT = Path(__file__).parents[1] / "reports" / "benchmarks.md"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; 1 if a goal is not met at the sizes that it speaks of."""
    options = _options(arguments)
    if options.install_peers is not None:
        print(*peers.install(options.install_peers), sep="\n")
        return 0
    pinned = pin()
    warnings.simplefilter("ignore")
    names = [name for name in GOALS if name in options.goals] or list(GOALS)
    measured: list[Measured] = []
    with tempfile.TemporaryDirectory(prefix="check-benchmarks-") as scratch:
        settings = Settings(Path(scratch), options.quick, options.rounds, options.peers, options.whole)
        for name in names:
            measured.append(measure_goal(name, settings))
            if not options.quiet:
                print(f"{name}: {measured[-1].status}", file=sys.stderr, flush=True)
    print(table.text(measured))
    if options.quick:
        print("Smaller sizes than the goals speak of (--quick): this shows that everything runs, not how fast.")
    if options.write:
        machine = f"Python {platform.python_version()} on {platform.machine()}, {pinned}"
        flags = "".join(f" --{name}" for name in ("quick", "whole") if getattr(options, name))
        flags += "" if options.peers is None else " --peers FOLDER"
        page = table.markdown(measured, settings, machine, f"python -m benchmarks{flags} --write")
        REPORT.write_text(page, encoding="utf-8")
    return int(not options.quick and any(each.status is Status.NOT_MET for each in measured))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("goals", nargs="*", metavar="GOAL", help=f"which to measure (default: all of {', '.join(GOALS)})")
    parser.add_argument("--quick", action="store_true", help="smaller sizes: shows that everything runs, not how fast")
    parser.add_argument("--rounds", type=int, default=7, help="interleaved rounds of each comparison (default 7)")
    parser.add_argument("--peers", type=Path, metavar="FOLDER", help="where the environments of the peers are")
    parser.add_argument("--install-peers", type=Path, metavar="FOLDER", help="make those environments with pip, and stop")
    parser.add_argument("--whole", action="store_true", help="also verify the library and run the test suite (G14)")
    parser.add_argument("--write", action="store_true", help="keep the table of all goals in reports/benchmarks.md")
    parser.add_argument("--quiet", action="store_true", help="no progress on standard error")
    options = parser.parse_args(arguments)
    options.goals = [name.upper() for name in options.goals]
    if unknown := [name for name in options.goals if name not in GOALS]:
        parser.error(f"no goal is named {unknown[0]}; there are {', '.join(GOALS)}")
    if options.write and options.goals:
        parser.error("--write keeps the table of all goals; leave out the names")
    if options.rounds < 1:
        parser.error("--rounds: expected at least 1")
    return options


if __name__ == "__main__":
    sys.exit(main())
