"""Collects the mistakes found while a file is elaborated, each at its place, so that all are shown at once.

The one idea to know: elaboration goes on after a mistake.  A step that fails reports, returns ``None``, and whatever
needed its result stays silent.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pydantic import BaseModel, ValidationError

from checker.expr.errors import ExpressionError
from checker.spec.errors import Path, SpecError, quote
from checker.spec.translate import look_up, translate
from checker.spec.tree import Tree


def one_line(text: str) -> str:
    """``text`` with line breaks as blanks, so that offsets stay what they are."""
    return text.replace("\n", " ").replace("\t", " ")


class KnownError(ExpressionError):
    """A formula that cannot be read because of something that is reported elsewhere."""


@dataclass
class Reporter:
    """The errors and warnings of one file."""

    tree: Tree
    file: str
    errors: list[SpecError] = field(default_factory=list)
    warnings: list[SpecError] = field(default_factory=list)

    def error(
        self,
        path: Path,
        message: str,
        *,
        found: str = "",
        expected: str = "",
        nearest: str = "",
        key: bool = False,
        code: str = "",
    ) -> None:
        """A mistake at the value of ``path`` (or at its key)."""
        self.errors.append(self._at(path, message, found, expected, nearest, key, code))

    def warn(self, path: Path, message: str, *, code: str, nearest: str = "") -> None:
        """Something a reviewer would ask about, but no reason to refuse the file."""
        self.warnings.append(self._at(path, message, "", "", nearest, False, code))

    def _at(
        self, path: Path, message: str, found: str, expected: str, nearest: str, key: bool, code: str
    ) -> SpecError:
        place = self.tree.key_place(path) if key else self.tree.place(path)
        return SpecError(message, place.line, place.column, path, found, expected, nearest, self.file, code)

    def expression(self, path: Path, text: str, error: ExpressionError) -> None:
        """A formula at ``path`` that cannot be read; the place moves to the offending character if that is known."""
        if isinstance(error, KnownError) and self.errors:
            return
        path = self.existing(path)
        place = self.tree.place(path)
        offset = min(max(error.offset, 0), len(text))
        if place.style in {"plain", "single", "double"} and look_up(self.tree.data, path) == text:
            place = place.shifted(offset)
        message = error.message
        found = error.found if error.found and error.found not in message else ""
        found = quote(found if found else text)
        self.errors.append(
            SpecError(message, place.line, place.column, path, found, error.expected, error.nearest, self.file)
        )

    def validation(self, path: Path, root: type[BaseModel], error: ValidationError) -> None:
        """The complaints of a model about the data at ``path``."""
        for one in translate(error, root, self.tree, self.existing(path)):
            self.errors.append(
                SpecError(one.message, one.line, one.column, one.path, one.found, one.expected, one.nearest, self.file)
            )

    def existing(self, path: Path) -> Path:
        """``path`` as far as the file goes (a list of one entry may be written without brackets)."""
        while path and path not in self.tree.values:
            path = path[:-1]
        return path
