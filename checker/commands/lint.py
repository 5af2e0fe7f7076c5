"""Read claim files without running them: every error with its place, and what a reviewer would say.

Each line ends in the name of its rule in brackets; `check docs lint` says what each rule means.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from checker.errors import CheckError, ExitCode, printable
from checker.targets import Target, grouped, passed_over, resolve


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the verb."""
    parser.add_argument("paths", nargs="+", metavar="PATH", help="claim files, folders or slugs of claims/")
    parser.add_argument("--strict", action="store_true", help="count remarks as errors")
    parser.add_argument(
        "--ignore", action="append", default=[], metavar="RULE", help="leave out the remarks of a rule (repeatable)"
    )


def run(options: argparse.Namespace) -> int:
    """Read the files named; 2 where one has an error, with --strict also where one has a remark."""
    from checker.spec.load import load_paper
    from checker.spec.remarks import REMARKS
    from checker.spec.source import read_bytes

    for rule in options.ignore:
        if rule not in REMARKS:
            raise CheckError(f"--ignore {rule}: not a rule of a remark; there are {', '.join(REMARKS)}")
    code = ExitCode.OK
    targets = [target for target, _ in grouped(resolve(options.paths))]
    for folder in filter(Path.is_dir, map(Path, options.paths)):
        for file in passed_over(folder):
            print(f"{printable(str(file))}: passed over, neither paper: nor claims: begins a line of it")
    shared = list(_same_report(targets))
    for line in shared:
        print(printable(line))
    if shared and options.strict:
        code = ExitCode.USAGE
    for target in targets:
        try:
            paper = load_paper(target.path)
            if b"scale:" in read_bytes(target.path):  # a patch may be wrong at its scale only; remarks are made of standard
                for scale in ("smoke", "large"):
                    load_paper(target.path, scale=scale)
        except CheckError as problem:
            print(problem.message, file=sys.stderr)
            code = ExitCode.USAGE
            continue
        remarks = [line for line in paper.warnings if not any(line.endswith(f"[{rule}]") for rule in options.ignore)]
        for remark in remarks:
            print(printable(remark))
        if remarks and options.strict:
            code = ExitCode.USAGE
        print(f"{printable(target.words)}: {_many(len(paper.claims), 'claim')}, {_many(len(remarks), 'remark')}")
    return int(code)


def _many(count: int, thing: str) -> str:
    return f"{count} {thing}{'' if count == 1 else 's'}"


def _same_report(targets: Sequence[Target]) -> Iterator[str]:
    """Files of one slug: their reports have the same name, and in one folder one would replace the other."""
    files = defaultdict(list)
    for target in targets:
        files[target.path.stem].append(target)
    for first, *others in files.values():
        for other in others:
            message = f"{first.path} has the same name, and so would its report; rename one [duplicate-id]"
            yield printable(f"{other.path}:1:1: {message}")
