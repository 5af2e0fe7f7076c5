"""Read claim files without running them: every error with its place, and what a reviewer would say."""

from __future__ import annotations

import argparse
import sys

from checker.errors import CheckError, ExitCode
from checker.targets import grouped, resolve


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the verb."""
    parser.add_argument("paths", nargs="+", metavar="PATH", help="claim files, folders or slugs of claims/")
    parser.add_argument("--strict", action="store_true", help="count remarks as errors")


def run(options: argparse.Namespace) -> int:
    """Read the files named; 2 where one has an error, with --strict also where one has a remark."""
    from checker.spec.load import load_paper

    code = ExitCode.OK
    for target, _ in grouped(resolve(options.paths)):
        try:
            paper = load_paper(target.path)
        except CheckError as problem:
            print(problem.message, file=sys.stderr)
            code = ExitCode.USAGE
            continue
        for warning in paper.warnings:
            print(warning)
        if paper.warnings and options.strict:
            code = ExitCode.USAGE
        print(f"{target.words}: {len(paper.claims)} claims, {len(paper.warnings)} remarks")
    return int(code)
