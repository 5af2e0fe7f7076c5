"""Mistakes of the user and limits of the machine: one line, the right exit code, no traceback."""

from __future__ import annotations

import unicodedata
from enum import IntEnum


class ExitCode(IntEnum):
    """What the command tells the shell."""

    OK = 0
    FAILED = 1
    USAGE = 2
    INTERNAL = 3
    NOTHING_SELECTED = 5
    HUNG_UP = 129  # from here on as a shell shows a signal: 128 and its number
    INTERRUPTED = 130
    BROKEN_PIPE = 141
    TERMINATED = 143


class CheckError(Exception):
    """Something that is not a verdict: ``message`` is one line (or one per problem), ``code`` the exit code."""

    def __init__(self, message: str, code: ExitCode = ExitCode.USAGE) -> None:
        message = "\n".join(map(printable, message.split("\n")))  # names of files are in it, and words of claims
        super().__init__(message)
        self.message = message
        self.code = code


def printable(text: str) -> str:
    r"""``text`` on one line that neither a terminal nor the log of a CI service takes for a command.

    Controls and direction marks become escapes.  GitHub reads ``::name::`` at the beginning of a line, after blanks too, and
    ``##[name]`` anywhere in it as workflow commands: a backslash takes their meaning.
    """
    line = "".join(
        character if unicodedata.category(character)[0] != "C" else character.encode("unicode_escape").decode()
        for character in text.encode("utf-8", "backslashreplace").decode()
    )
    line = line.replace("##[", "##\\[")
    blanks = len(line) - len(line.lstrip())
    return f"{line[:blanks]}\\{line[blanks:]}" if line.startswith("::", blanks) else line
