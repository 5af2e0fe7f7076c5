"""What can go wrong with a formula: it cannot be read, or a reader cannot express it."""

from __future__ import annotations


class ExpressionError(ValueError):
    """The text is not a formula of the grammar.

    ``offset`` counts characters from the start of the text; ``found``, ``expected`` and ``nearest`` (the nearest known
    name) are what the one-line message to the author is made of.
    """

    def __init__(self, message: str, *, offset: int = 0, found: str = "", expected: str = "", nearest: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset
        self.found = found
        self.expected = expected
        self.nearest = nearest


class UnsupportedError(Exception):
    """A reader (SymPy, balls, intervals, z3, JAX, LaTeX) has no way to say this node; never a silent wrong value."""

    def __init__(self, reader: str, what: str) -> None:
        super().__init__(f"{reader} cannot express {what}")
        self.reader = reader
        self.what = what
