"""What is wrong with a claim file: every error knows its place, and all errors of a file travel together.

The one idea to know: an error is one line, ``file:line:column: key: message; found ..., expected ..., did you mean
...?``, made for the author of the file.  Nothing here shows a traceback or the words of a library.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeAlias

from checker.errors import CheckError, printable
from checker.expr.allowance import nearest_name as nearest_name

Path: TypeAlias = tuple[str | int, ...]

_LONGEST_QUOTE = 60
MAX_SHOWN = 100  # mistakes of one file: nobody reads the hundredth


@dataclass(frozen=True, slots=True)
class SpecError:
    """One mistake or remark.  ``line`` and ``column`` count from 1; ``path`` leads from the top of the file to the key.

    ``code`` is its stable name, a key of ``remarks.REMARKS``, where it has one.
    """

    message: str
    line: int = 1
    column: int = 1
    path: Path = ()
    found: str = ""
    expected: str = ""
    nearest: str = ""
    file: str = ""
    code: str = ""

    def __str__(self) -> str:
        details = [
            f"found {self.found}" if self.found else "",
            f"expected {self.expected}" if self.expected else "",
            f"did you mean {quote(self.nearest)}?" if self.nearest else "",
        ]
        shown = ", ".join(part for part in details if part)
        key = f"{dotted(self.path)}: " if self.path else ""
        line = f"{self.file}:{self.line}:{self.column}: {key}{self.message}" + (f"; {shown}" if shown else "")
        line += f" [{self.code}]" if self.code else ""
        return printable(line)


class SpecErrors(CheckError):
    """Every error of one claim file, in the order of their lines."""

    def __init__(self, errors: Iterable[SpecError], file: str = "") -> None:
        named = {replace(error, file=error.file or file) for error in errors}
        ordered = sorted(named, key=lambda e: (e.file, e.line, e.column, dotted(e.path), e.message))
        if len(ordered) > MAX_SHOWN:
            rest, last = len(ordered) - MAX_SHOWN, ordered[MAX_SHOWN]
            ordered[MAX_SHOWN:] = [SpecError(f"and {rest} more mistakes", last.line, last.column, file=last.file)]
        self.errors = tuple(ordered)
        super().__init__("\n".join(map(str, self.errors)))


def dotted(path: Path) -> str:
    """``("claims", "c", "measure", 0, "run")`` as ``claims.c.measure[0].run``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def quote(text: str) -> str:
    """A short excerpt in single quotes, for one line of output."""
    flat = " ".join(text.split())
    return f"'{flat if len(flat) <= _LONGEST_QUOTE else flat[: _LONGEST_QUOTE - 3] + '...'}'"


def listing(names: Iterable[str], most: int = 12) -> str:
    """``a, b, c or d``; long lists are cut."""
    ordered = list(names)
    shown = ordered if len(ordered) <= most else [*ordered[:most], f"{len(ordered) - most} more"]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} or {shown[-1]}" if shown else ""
