"""Run claims with fresh seeds and count the verdicts that are not the expected ones.

Every file is verified once for each of N new seeds, without mutants unless they are asked for, several at once in processes
of their own.  The seeds are drawn by the operating system; the line printed first has the option that draws them again:
  check soak claims/ --fresh-seeds 20 --scale smoke
  check soak claims/ --fresh-seeds 20 --scale smoke --from 1182738112     the same again, or on from where it was stopped
Each report is kept as it comes in a folder of its seed (--out; default: below the cache folder), so that a soak that was
stopped goes on; what is damaged or of another claim file, code or package is run again.  --results makes the table of
reports that lie somewhere already.

The table has every claim whose evidence depends on the seed; the rate of flakes is over those claims and seeds.  A
contradiction is a FAIL where PASS is expected, a PASS where FAIL is, or two engines that disagree.

exit codes: 0 no contradiction (with --strict: no flake), 1 some, 2 a mistake in the command, 5 nothing selected;
otherwise that of the file that could not be run.
"""

from __future__ import annotations

import argparse
import os
import secrets
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from checker.errors import CheckError, ExitCode
from checker.targets import Target, grouped, report_folder, resolve

if TYPE_CHECKING:
    from checker.report.soak import Soak
    from checker.result import PaperResult

_HIGHEST: Final = 2**31
NAME: Final = "soak.md"

Job = tuple[int, Target, frozenset[str] | None]


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the verb."""
    parser.add_argument("paths", nargs="*", metavar="PATH", help="claim files, folders, slugs of claims/, or slug/claim")
    parser.add_argument("--fresh-seeds", type=_count, default=10, metavar="N", help="how many seeds (default: 10)")
    parser.add_argument("--from", dest="first", type=_seed, metavar="SEED", help="the first of them (default: a new one)")
    parser.add_argument("--scale", choices=("smoke", "standard", "large"), default="standard", help="default: standard")
    parser.add_argument("--device", choices=("auto", "cpu", "gpu"), default="auto", help="default: auto")
    parser.add_argument(
        "--jobs", type=_count, default=os.cpu_count() or 1, metavar="N", help="files at once (default: the cores)"
    )
    parser.add_argument("--mutants", action="store_true", help="make mutants too, as the scale does; they change no verdict")
    parser.add_argument("--out", metavar="DIR", help="keep the reports here, in a folder for each seed")
    parser.add_argument(
        "--results", action="append", default=[], metavar="DIR",
        help="run nothing: make the table of the reports in this folder and those below it (repeatable)",
    )  # fmt: skip
    parser.add_argument("--write", action="store_true", help=f"keep the table as {NAME} in the folder of reports")
    parser.add_argument("--strict", action="store_true", help="exit 1 for every flake")
    parser.add_argument("--quiet", action="store_true", help="no line for each finished run")


def _count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("expected a whole number above 0")
    return value


def _seed(text: str) -> int:
    value = int(text)
    if not 0 <= value < _HIGHEST:
        raise argparse.ArgumentTypeError(f"expected a whole number from 0 to {_HIGHEST - 1}")
    return value


def run(options: argparse.Namespace) -> int:
    """Run and print the table; returns the exit code."""
    if options.results:
        if options.paths:
            raise CheckError("--results runs nothing: leave out the claim files")
        found = _lying(options.results)
        if not found:
            raise CheckError("no report to make a table of", ExitCode.NOTHING_SELECTED)
        return _told(found, [], Path("reports"), "check soak --results FOLDER", options)
    papers, problems, reports, command = _ran(options)
    if not papers:
        raise problems[0]
    return _told(papers, problems, reports, command, options)


def _ran(options: argparse.Namespace) -> tuple[list[PaperResult], list[CheckError], Path, str]:
    """Results, what went wrong, the folder of the reports of record, and the command that repeats it."""
    if not options.paths:
        raise CheckError("nothing to soak: name a claim file, a folder or a slug", ExitCode.NOTHING_SELECTED)
    files = grouped(resolve(options.paths))
    first = secrets.randbelow(_HIGHEST - options.fresh_seeds) if options.first is None else options.first
    command = (
        f"check soak {shlex.join(options.paths)} --fresh-seeds {options.fresh_seeds} --from {first} --scale {options.scale}"
        + (" --mutants" if options.mutants else "")
    )
    folder = _folder(options, first)
    last = first + options.fresh_seeds - 1
    print(f"seeds {first} to {last}; to repeat it, or to go on: {command}", flush=True)
    papers, problems = _results(files, range(first, last + 1), folder, options)
    return papers, problems, report_folder(files[0][0].path), command


def _folder(options: argparse.Namespace, first: int) -> Path:
    if options.out:
        return Path(options.out)
    from checker.execute import receipts

    return receipts.folder() / "soak" / f"{options.scale}-{first}"


def _results(
    files: Sequence[tuple[Target, frozenset[str] | None]], seeds: range, folder: Path, options: argparse.Namespace
) -> tuple[list[PaperResult], list[CheckError]]:
    """Every report, those that are there already and the others as they come."""
    from checker.commands.side_by_side import running
    from checker.report.json_report import load

    jobs: list[Job] = [(seed, target, claims) for seed in seeds for target, claims in files]
    names = {_place(folder, *job[:2]) for job in jobs}
    if len(names) < len(jobs):
        raise CheckError("two of the claim files have one name, and their reports would replace each other")
    there = {path: paper for job in jobs if (paper := _kept(path := _place(folder, *job[:2]), job, options)) is not None}
    work = {path: _arguments(job, path.parent, options) for job in jobs if (path := _place(folder, *job[:2])) not in there}
    if there and not options.quiet:
        print(f"{len(there)} of {len(jobs)} runs are there already", flush=True)
    papers, problems = list(there.values()), []
    with running(work, options.jobs) as waiting:
        for done, (path, future) in enumerate(waiting.items(), len(there) + 1):
            try:
                paper = load(future.result())
            except CheckError as problem:
                problems.append(CheckError(f"{path.parent.name}/{path.stem}: {problem.message}", problem.code))
                continue
            papers.append(paper)
            if not options.quiet:
                print(f"{done} of {len(jobs)}: {paper.slug}, seed {paper.seed}: {_unmet(paper)}", flush=True)
    return papers, problems


def _place(folder: Path, seed: int, target: Target) -> Path:
    return folder / f"seed-{seed}" / f"{target.path.stem}.json"


def _unmet(paper: PaperResult) -> str:
    unmet = [f"{claim.id} {claim.verdict}" for claim in paper.claims if not claim.as_expected]
    return ", ".join(unmet) or "every verdict as expected"


def _kept(path: Path, job: Job, options: argparse.Namespace) -> PaperResult | None:
    """The report of a run that was finished before, if it is whole and everything it followed from is as it was."""
    from checker.commands.committed import changes
    from checker.report.audit import read_report
    from checker.report.errors import ReportError
    from checker.report.json_report import intact

    seed, target, claims = job
    try:
        report = read_report(path)
        whole = intact(report.text)
    except ReportError:
        return None
    paper, provenance = report.paper, report.paper.provenance
    if not whole or provenance is None or provenance.only != tuple(sorted(claims or ())):
        return None
    asked = (options.scale, seed, options.device, options.mutants and options.scale != "smoke")
    if (paper.scale, paper.seed, provenance.device_asked, provenance.mutants) != asked:
        return None
    return None if any(changes(report, target.path)) else paper


def _arguments(job: Job, folder: Path, options: argparse.Namespace) -> tuple[str, ...]:
    seed, target, claims = job
    return (
        *([str(target.path)] if claims is None else [f"{target.path}/{claim}" for claim in sorted(claims)]),
        "--scale", options.scale, "--seed", str(seed), "--device", options.device, "--jobs", "1", "--out", str(folder),
        *(() if options.mutants else ("--no-mutants",)),
    )  # fmt: skip


def _lying(names: Sequence[str]) -> list[PaperResult]:
    """The reports in folders, by path.  Raises ``CheckError`` for a folder that is none or a report that is damaged."""
    from checker.report.audit import read_report
    from checker.report.disagreements import DISAGREEMENTS
    from checker.report.errors import ReportError
    from checker.report.json_report import intact

    papers = []
    for name in names:
        if not Path(name).is_dir():
            raise CheckError(f"{name}: no such folder")
        for path in sorted(path for path in Path(name).rglob("*.json") if DISAGREEMENTS not in path.parts):
            try:
                report = read_report(path)
                if intact(report.text) is False:
                    raise ReportError(f"{path}: was changed after it was written (its checksum is that of another content)")
            except ReportError as problem:
                raise CheckError(str(problem)) from None
            papers.append(report.paper)
    return papers


def _told(
    papers: Sequence[PaperResult], problems: Sequence[CheckError], reports: Path, command: str, options: argparse.Namespace
) -> int:
    from checker.report.soak import gather, lines, markdown

    try:
        soak = gather(papers)
    except ValueError as error:
        raise CheckError(str(error)) from None
    print("\n".join(lines(soak)))
    for problem in problems:
        print(f"not run: {problem.message}")
    if options.write and not problems:
        _write(reports / NAME, markdown(soak, command))
    if problems:
        return max(int(problem.code) for problem in problems)
    return int(ExitCode.FAILED if _failed(soak, options.strict) else ExitCode.OK)


def _failed(soak: Soak, strict: bool) -> bool:
    return bool(soak.contradictions or (strict and soak.unmet))


def _write(path: Path, text: str) -> None:
    from checker.execute.files import put

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        put(path, text.encode("utf-8"))
    except OSError as error:
        raise CheckError(f"cannot write {path}: {error.strerror}") from None
    print(f"written: {os.path.relpath(path)}")
