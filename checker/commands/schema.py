"""Print the JSON Schema of claim files, for editors."""

from __future__ import annotations

import argparse

from checker.errors import ExitCode


def configure(parser: argparse.ArgumentParser) -> None:
    """There are no options."""


def run(options: argparse.Namespace) -> int:
    """Print the schema."""
    from checker.spec.schema import schema_text

    print(schema_text(), end="")
    return int(ExitCode.OK)
