"""Mistakes of the user and limits of the machine: one line, the right exit code, no traceback."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What the command tells the shell."""

    OK = 0
    FAILED = 1
    USAGE = 2
    INTERNAL = 3
    NOTHING_SELECTED = 5
    INTERRUPTED = 130


class CheckError(Exception):
    """Something that is not a verdict: ``message`` is one line (or one per problem), ``code`` the exit code."""

    def __init__(self, message: str, code: ExitCode = ExitCode.USAGE) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
