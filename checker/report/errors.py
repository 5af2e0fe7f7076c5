"""The one error of this room."""

from __future__ import annotations


class ReportError(Exception):
    """A report could not be written or read; the message is one line that says what to do."""
