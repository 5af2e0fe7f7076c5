"""Print the JSON Schema of claim files, for editors; with --report that of the reports, for programs that read them."""

from __future__ import annotations

import argparse

from checker.errors import ExitCode


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the verb."""
    parser.add_argument(
        "--report", action="store_true", help="the schema of what `check PATH --format json` prints for each file"
    )


def run(options: argparse.Namespace) -> int:
    """Print the schema."""
    if options.report:
        from checker.report.report_schema import report_schema_text

        print(report_schema_text(), end="")
        return int(ExitCode.OK)
    from checker.spec.schema import schema_text

    print(schema_text(), end="")
    return int(ExitCode.OK)
