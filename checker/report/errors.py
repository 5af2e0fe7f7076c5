"""The one error of this room."""

from __future__ import annotations

from checker.errors import CheckError


class ReportError(CheckError):
    """A report could not be written or read; the message is one line that says what to do (exit code 2)."""
