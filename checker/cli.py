"""The command ``check``: picks the verb and turns whatever goes wrong into one line and an exit code.

A path never needs a verb.  Nothing heavy is imported before the verb is known, so that ``check --help`` is immediate.
"""

from __future__ import annotations

import argparse
import errno
import importlib
import os
import sys

from checker import __version__, process
from checker.errors import CheckError, ExitCode

TYPE_CHECKING = False  # that of `typing`, without its import
if TYPE_CHECKING:
    from collections.abc import Sequence

VERBS = {
    "run": "verify claims (the default: `check PATH...` needs no verb)",
    "lint": "read claim files and say what a reviewer would say",
    "explain": "say what a claim file will have proved and measured, without running it",
    "replay": "show a witness or a measurement again, from a report too, and say whether it came out the same",
    "verify-reports": "say which committed reports no longer follow from the claims and the code",
    "soak": "run claims with fresh seeds and count the verdicts that are not the expected ones",
    "new": "write a commented skeleton of a claim file",
    "mutate": "change claims in the standard ways and count what survives",
    "docs": "print the reference: claim files, obligations, predictions, experiments, grammar, lint",
    "schema": "print the JSON Schema of claim files, or of reports",
}

_EPILOG = """\
exit codes:
  0  every claim has the verdict that is expected of it
  1  some FAIL, VACUOUS, DISAGREE or ERROR (with --strict also INCONCLUSIVE and UNSUPPORTED)
  2  a bad claim file or a mistake in the command
  3  an internal error
  5  nothing was selected
  129, 130, 143  the terminal went away, Ctrl-C, SIGTERM: run again to go on from what was finished
  141  nobody read the output to its end

examples:
  check claims/lexmaxmargin.yaml          verify one paper and write reports/lexmaxmargin.md
  check lexmaxmargin/log_n_optimal        one claim of it
  check claims/ --scale smoke --strict    everything, quickly
"""


def parser() -> argparse.ArgumentParser:
    """The top-level parser, with the options of the default verb; the others have theirs behind `check VERB --help`."""
    from checker.commands import run

    width = max(map(len, VERBS))
    verbs = "\n".join(f"  {name:<{width}} {text}" for name, text in VERBS.items())
    top = argparse.ArgumentParser(
        prog="check",
        usage="check [VERB] PATH... [options]",
        description="Check what deep-learning theory papers claim: prove it, measure it, try to break it.\n\n"
        f"verbs:\n{verbs}\n\n`check VERB --help` has the options of each; below are those of `run`.",
        epilog=_EPILOG,
        formatter_class=_formatter,
    )
    top.add_argument("--version", action="version", version=f"check {__version__}")
    run.configure(top)
    return top


def _formatter(prog: str) -> argparse.HelpFormatter:
    """Help as wide as the terminal; asked for here, because argparse imports the archive modules to find out."""
    columns = os.environ.get("COLUMNS", "")
    try:
        width = int(columns) if columns.isdecimal() else os.get_terminal_size(sys.stdout.fileno()).columns
    except (AttributeError, OSError, ValueError):
        width = 0
    return argparse.RawDescriptionHelpFormatter(prog, width=(width or 80) - 2)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        process.require_folder()
        return _dispatch(given)
    except CheckError as problem:
        print(problem.message, file=sys.stderr)
        return int(problem.code)
    except KeyboardInterrupt:
        return process.interrupted()
    except BrokenPipeError:
        return process.broken_pipe()
    except ModuleNotFoundError as problem:
        print(
            f"missing package {problem.name!r}: install the checker with its dependencies (pip install .)",
            file=sys.stderr,
        )
        return int(ExitCode.INTERNAL)
    except MemoryError:
        print("out of memory", file=sys.stderr)
        return int(ExitCode.INTERNAL)
    except Exception as problem:  # the last resort: one line, and the traceback on request
        if process.ending() is not None:  # Ctrl-C inside an import comes out as something else
            return process.interrupted()
        if isinstance(problem, OSError) and problem.errno in (errno.ENOSPC, errno.EDQUOT):
            return process.disk_full()
        if os.environ.get("CHECK_TRACEBACK"):
            raise
        said = " ".join(str(problem).split())[:300]
        print(
            f"internal error: {type(problem).__name__}: {said} (CHECK_TRACEBACK=1 shows where; please report it)",
            file=sys.stderr,
        )
        return int(ExitCode.INTERNAL)


def _dispatch(given: list[str]) -> int:
    if not given:
        parser().print_help()
        return int(ExitCode.USAGE)
    if given[0] in ("-h", "--help", "--version"):
        parser().parse_args(given[:1])
    verb = given.pop(0) if given[0] in VERBS else "run"
    command = importlib.import_module(f"checker.commands.{verb.replace('-', '_')}")
    own = argparse.ArgumentParser(
        prog="check" if verb == "run" else f"check {verb}",
        description=command.__doc__,
        formatter_class=_formatter,
    )
    command.configure(own)
    return int(command.run(own.parse_args(given)))


def command() -> None:
    """The console script: ``main`` and out."""
    process.prepare()
    try:
        if not {"-h", "--help", "--version"}.intersection(sys.argv[1:2]):
            from checker.execute.memory import limit_to_available

            limit_to_available()
        code = main()
    except KeyboardInterrupt:  # just before or just after
        code = process.interrupted()
    process.leave(code)


if __name__ == "__main__":
    command()
