"""What can go wrong with a formula: it cannot be read, or a reader cannot express it."""

from __future__ import annotations

from collections.abc import Callable


class ExpressionError(ValueError):
    """The text is not a formula of the grammar.

    ``offset`` counts characters from the start of the text; ``found``, ``expected`` and ``nearest`` (the nearest known
    name, looked for when somebody asks: most of these errors answer the question whether a scope has a name) are what the
    one-line message to the author is made of.
    """

    def __init__(
        self,
        message: str,
        *,
        offset: int = 0,
        found: str = "",
        expected: str = "",
        nearest: str | Callable[[], str] = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset
        self.found = found
        self.expected = expected
        self._nearest = nearest

    @property
    def nearest(self) -> str:
        """The known name that was probably meant, or an empty text."""
        if not isinstance(self._nearest, str):
            self._nearest = self._nearest()
        return self._nearest

    def __str__(self) -> str:
        return f"{self.message}; did you mean {self.nearest}?" if self.nearest else self.message


class UnsupportedError(Exception):
    """A reader (SymPy, balls, intervals, z3, JAX, LaTeX) has no way to say this node; never a silent wrong value."""

    def __init__(self, reader: str, what: str) -> None:
        super().__init__(f"{reader} cannot express {what}")
        self.reader = reader
        self.what = what
