"""G14: how long a paper, the library and the test suite take.

The one idea to know: reports carry the seconds of their own run, so nothing has to be run again to read them; with
``--whole`` the library is verified anew from an empty cache and the suite is run, on all cores.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from benchmarks.goals import Result, Settings, at_most

ROOT = Path(__file__).parents[1]
PAPER, LIBRARY, SUITE = at_most(60), at_most(3600), at_most(300)
_OURS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "XLA_FLAGS")


def g14(settings: Settings) -> Iterator[Result]:
    """Wall seconds; of the committed reports, or of a run that is made now."""
    if settings.whole:
        yield from _run(settings)
        return
    papers = seconds_of(ROOT / "reports")
    yield _longest(papers, "as the committed reports say")
    what, total = "the library, one paper after the other", sum(papers.values())
    if papers:
        yield Result(what, LIBRARY, (total,), unit="s", note="as the committed reports say")
    else:
        yield Result(what, LIBRARY, not_run="no committed report has its seconds", unit="s")
    yield Result("the test suite", SUITE, not_run="runs when asked for with --whole", unit="s")


def seconds_of(folder: Path) -> dict[str, float]:
    """Wall seconds of every paper with a report at scale standard in ``folder``, by slug."""
    found: dict[str, float] = {}
    for path in sorted(folder.glob("*.json")):
        report = json.loads(path.read_text(encoding="utf-8"))
        seconds = report.get("provenance", {}).get("seconds")
        if report.get("scale") == "standard" and seconds is not None:
            found[report["slug"]] = float(seconds)
    return found


def _longest(papers: Mapping[str, float], how: str) -> Result:
    what = "the longest paper at standard"
    if not papers:
        return Result(what, PAPER, not_run=f"no report has its seconds ({how})", unit="s")
    longest = max(papers, key=lambda slug: papers[slug])
    over = sum(not PAPER.admits(seconds) for seconds in papers.values())
    note = f"{how}; it is {longest}, and {over} of {len(papers)} papers take longer than {PAPER.bound:g} s"
    return Result(what, PAPER, (papers[longest],), unit="s", note=note)


def _run(settings: Settings) -> Iterator[Result]:
    """The library from an empty cache and from a full one, then the suite; each once, on all cores."""
    out, cores = settings.scratch / "library", os.cpu_count() or 1
    env = {name: value for name, value in os.environ.items() if name not in _OURS}
    env["CHECK_CACHE_DIR"] = str(settings.scratch / "whole")
    library = ["-m", "checker.cli", "claims/", "--out", str(out), "--quiet"]
    cold, warm = (_seconds(library, env) for _ in range(2))
    yield _longest(seconds_of(out), f"run now from an empty cache on {cores} cores")
    yield Result("the library from an empty cache", LIBRARY, (cold,), unit="s", note=f"{cores} cores")
    yield Result("the library again, nothing changed", None, (warm,), unit="s")
    suite = ["-m", "pytest", "-q", "-n", str(cores), "-p", "no:cacheprovider"]
    yield Result("the test suite", SUITE, (_seconds(suite, env),), unit="s", note=f"{cores} cores, slow tests left out")


def _seconds(arguments: list[str], env: Mapping[str, str]) -> float:
    """Wall seconds of a command of this repository, on all cores; what it answers is not the question here."""
    started, mine = time.perf_counter(), os.sched_getaffinity(0)
    os.sched_setaffinity(0, range(os.cpu_count() or 1))  # a child inherits it
    try:
        subprocess.run([sys.executable, *arguments], cwd=ROOT, env=dict(env), capture_output=True)
    finally:
        os.sched_setaffinity(0, mine)
    return time.perf_counter() - started
