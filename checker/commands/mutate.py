"""Change claims in the standard ways (exponent, constant, sign, inequality, dropped assumption) and count survivors.

Not built yet: the answer is UNSUPPORTED.  Authored controls and near misses are run by `check PATH` itself.
"""

from __future__ import annotations

import argparse

from checker.errors import CheckError


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the verb."""
    parser.add_argument("paths", nargs="*", metavar="PATH", help="claim files, folders or slugs")


def run(options: argparse.Namespace) -> int:
    """Say that mutation is not built; exit 2."""
    raise CheckError("UNSUPPORTED: automatic mutants are not built yet; authored controls are run by `check PATH`")
