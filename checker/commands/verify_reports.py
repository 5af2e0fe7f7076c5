"""Say which committed reports no longer follow from the claims and the code.

Of every report in a folder (default: reports/) it is asked
  report    whether the JSON is whole (its checksum), and whether Markdown, plots and index are byte for byte what it gives;
            whether there is a claim file for every report and a report for every claim file
  claims    whether the claim file is the one that was read, and if not, which of its claims changed
  code      whether the code that makes evidence is the one that made it (code that only prints is checked by printing)
  packages  whether Python and the engines have the versions that were used
One line for each thing that is otherwise, and a summary.  Nothing is proved or measured: it takes seconds.

A verdict or a number that was edited by hand shows: in the Markdown as a difference from the JSON, in the JSON by its
checksum.  Somebody who edits both alike and computes the checksum anew is found out by --run all only, which makes every
report again in a temporary folder.  `--run` alone makes those again whose claims, code or packages changed, and says
whether verdicts and numbers came out the same; those that did, in every digit, count as following.

exit codes: 0 all follow, 1 some do not, 2 a mistake in the command.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from checker.errors import CheckError, ExitCode, printable

if TYPE_CHECKING:
    from checker.report.audit import Report

IGNORABLE: Final = ("claims", "code", "packages")
_MOST_DIFFERENCES: Final = 3


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the verb."""
    parser.add_argument("folder", nargs="?", default="reports", metavar="FOLDER", help="folder of reports (default: reports)")
    parser.add_argument("--claims", metavar="DIR", help="folder of the claim files (default: claims/ beside the reports)")
    parser.add_argument(
        "--ignore", action="append", default=[], choices=IGNORABLE,
        help="say it and do not count it (repeatable): a continuous build may well have other packages"
    )  # fmt: skip
    parser.add_argument(
        "--run", nargs="?", const="stale", choices=("stale", "all"),
        help="make the reports again whose claims, code or packages changed (or all) and compare verdicts and numbers"
    )  # fmt: skip
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="files made again at once (default: the cores)")


@dataclass(slots=True)
class _Finding:
    """One report and what is otherwise with it: ``broken`` cannot be put right by a run that comes out the same."""

    slug: str
    report: Report | None
    claims: Path | None = None
    broken: list[str] = field(default_factory=list)
    stale: list[tuple[str, str]] = field(default_factory=list)  # kind, said
    ran: str = ""
    same: bool = False

    def counted(self, ignored: Sequence[str]) -> bool:
        stale = [kind for kind, _ in self.stale if kind not in ignored]
        return bool(self.broken) or (bool(stale) and not self.same) or (bool(self.ran) and not self.same)


def run(options: argparse.Namespace) -> int:
    """Print what is otherwise; returns the exit code."""
    folder = Path(options.folder)
    if not folder.is_dir():
        raise CheckError(f"{folder}: no such folder of reports")
    claims = None if options.claims is None else Path(options.claims)
    if claims is not None and not claims.is_dir():
        raise CheckError(f"{claims}: no such folder of claim files")
    findings, others = _findings(folder, claims), _others(folder, claims)
    if not findings and not others:
        raise CheckError(f"{folder}: no report (*.json) in this folder")
    if options.run:
        _run_again(findings, options)
    for one in findings:
        for line in _lines(one, options.ignore):
            print(printable(line))
    for name, said in others:
        print(printable(f"{name}: {said}"))
    not_following = sum(one.counted(options.ignore) for one in findings)
    print(_summary(len(findings), not_following, len(others)))
    return int(ExitCode.FAILED if not_following or others else ExitCode.OK)


def _findings(folder: Path, claims: Path | None) -> list[_Finding]:
    from checker.commands.committed import changes, claim_file
    from checker.provenance import presentation_hash
    from checker.report.audit import edited, read_report, reports_in
    from checker.report.errors import ReportError

    findings = []
    for path in reports_in(folder):
        try:
            report = read_report(path)
        except ReportError as error:
            findings.append(_Finding(path.stem, None, broken=[str(error)]))
            continue
        found = _Finding(path.stem, report, claim_file(report, claims), list(edited(report)))
        provenance = report.paper.provenance
        if found.broken and provenance is not None and provenance.presentation_hash not in ("", presentation_hash()):
            found.broken.append("the code that prints reports changed since it was written")
        if provenance is not None and provenance.only:
            found.broken.append(f"it is of some claims only: {', '.join(provenance.only)}")
        if found.claims is None:
            found.broken.append("there is no claim file for it")
        else:
            found.stale = [(change.kind, change.said) for change in changes(report, found.claims)]
        findings.append(found)
    return findings


def _others(folder: Path, claims: Path | None) -> list[tuple[str, str]]:
    """What belongs to no report, and claim files that have none."""
    from checker.commands.committed import claim_folders
    from checker.report.audit import reports_in, strays
    from checker.targets import SUFFIX, is_claim_file

    slugs = frozenset(path.stem for path in reports_in(folder))
    others = list(strays(folder, slugs))
    for place in claim_folders(folder) if claims is None else [claims]:
        for path in sorted(place.glob(f"*{SUFFIX}")):
            if path.stem not in slugs and not path.is_symlink() and is_claim_file(path):
                others.append((path.stem, f"{os.path.relpath(path)} has no report here"))
    return others


def _lines(found: _Finding, ignored: Sequence[str]) -> list[str]:
    lines = [f"{found.slug}: {said}" for said in found.broken]
    for kind in IGNORABLE:
        said = "; ".join(text for one, text in found.stale if one == kind)
        if said:
            lines.append(f"{found.slug}: {said}" + (" (not counted)" if kind in ignored else ""))
    return [*lines, f"{found.slug}: {found.ran}"] if found.ran else lines


def _summary(reports: int, not_following: int, others: int) -> str:
    many = f"{reports} report{'' if reports == 1 else 's'}"
    beside = f"; {others} other thing{'' if others == 1 else 's'} amiss" if others else ""
    if not_following:
        return f"{many}: {not_following} {'does' if not_following == 1 else 'do'} not follow{beside}"
    return f"{many}: all follow from the claims and the code{beside}"


def _run_again(findings: Sequence[_Finding], options: argparse.Namespace) -> None:
    """Make reports again in a temporary folder and note how they compare."""
    from checker.commands.side_by_side import running
    from checker.report.compare import compare
    from checker.report.json_report import load

    chosen = [one for one in findings if one.report and one.claims and (options.run == "all" or one.stale)]
    with tempfile.TemporaryDirectory(prefix="check-") as scratch:
        work = {Path(one.slug): _arguments(one, scratch) for one in chosen}
        with running(work, max(1, options.jobs)) as waiting:
            for one in chosen:
                assert one.report is not None
                try:
                    again = load(waiting[Path(one.slug)].result())
                except CheckError as problem:
                    one.ran = f"made again: {problem.message.splitlines()[0]}"
                    continue
                found = compare(one.report.paper, again)
                one.same = found.same
                one.ran = _compared(found.verdicts, found.others, found.compared)


def _arguments(found: _Finding, scratch: str) -> tuple[str, ...]:
    assert found.report is not None
    paper, provenance = found.report.paper, found.report.paper.provenance
    only = provenance.only if provenance is not None else ()
    mutants = any(claim.mutants or claim.no_mutants for claim in paper.claims)
    return (
        *([f"{found.claims}/{claim}" for claim in only] or [str(found.claims)]),
        "--scale", paper.scale, "--seed", str(paper.seed), "--jobs", "1", "--no-cache", "--out", scratch,
        *(() if mutants else ("--no-mutants",)),
    )  # fmt: skip


def _compared(verdicts: Sequence[object], others: Sequence[object], compared: int) -> str:
    if verdicts:
        return f"made again: {len(verdicts)} verdicts are others ({'; '.join(map(str, verdicts))})"
    if others:
        shown = "; ".join(map(str, others[:_MOST_DIFFERENCES]))
        return f"made again: the same verdicts, but {len(others)} of {compared} values are others ({shown})"
    return f"made again: the same verdicts and all {compared} values"
