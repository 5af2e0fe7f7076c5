"""From YAML text to plain data (maps, lists and texts) with the place of every key and value.

The one idea to know: nothing is interpreted.  ``1e-3``, ``010``, ``no`` and ``2019-01-01`` stay the text that was
written, types come from the models later.  The tree is built from parser *events* and not from ruamel's composed
nodes, because aliases, anchors, tags and depth are then refused before anything recursive or expanding happens.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from checker.spec import traps
from checker.spec.errors import Path, SpecError, SpecErrors, quote

MAX_DEPTH = 24
MAX_VALUES = 10_000
MAX_ERRORS = 1_000

Data: TypeAlias = str | list[Any] | dict[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a key or value starts, from 1.  ``style`` is the quoting of a text: plain, single, double or block."""

    line: int
    column: int
    style: str = "plain"

    def shifted(self, offset: int) -> Place:
        """The place ``offset`` characters further into a text that was written on one line."""
        if self.style == "block":
            return self
        return Place(self.line, self.column + offset + (self.style in {"single", "double"}), self.style)


@dataclass(frozen=True, slots=True)
class Tree:
    """A claim file as plain data; ``values`` and ``keys`` hold the places, by path."""

    data: dict[str, Any]
    values: Mapping[Path, Place]
    keys: Mapping[Path, Place]
    lines: tuple[str, ...] = ()  # of the file: comments are not data, and say where a number comes from

    def place(self, path: Path) -> Place:
        """Where ``path`` is: the value, or the nearest map around it that exists."""
        while path and path not in self.values:
            path = path[:-1]
        return self.values.get(path, Place(1, 1))

    def key_place(self, path: Path) -> Place:
        """Where the key of ``path`` is, or else its value."""
        return self.keys.get(path) or self.place(path)


def parse_tree(text: str, file: str) -> Tree:
    """The tree of a claim file.  Raises ``SpecErrors`` with every trap of the file, or its first syntax error."""
    builder = _Builder(text)
    try:
        builder.consume(YAML(typ="safe", pure=True).parse(text))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line, mark.column) if mark else (0, 0)
        builder.errors.append(traps.syntax(text, line, column, f"{error.context or ''} {error.problem or ''}"))
    except _TooMuchError:
        pass
    except (YAMLError, RecursionError, ValueError, OverflowError) as error:
        builder.errors.append(SpecError("not readable as YAML", found=quote(str(error))))
    if not builder.errors and not isinstance(builder.top, dict):
        builder.errors.append(SpecError("a claim file is a map", expected="keys such as paper, symbols, claims"))
    if builder.errors:
        raise SpecErrors(builder.errors, file)
    assert isinstance(builder.top, dict)
    return Tree(builder.top, builder.values, builder.keys, tuple(builder.lines))


class _TooMuchError(Exception):
    """The rest of the file is not worth reading; the reason is already among the errors."""


@dataclass
class _Frame:
    """A map or list that is being filled; ``key`` is the text of a key that waits for its value."""

    content: dict[str, Any] | list[Any]
    path: Path
    key: str | None = None
    dropped: bool = False  # the waiting key is refused: read its value and forget it
    broken: bool = False  # a comma has split a formula here: later errors in this collection would only repeat it


@dataclass
class _Builder:
    text: str
    top: Data | None = None
    values: dict[Path, Place] = field(default_factory=dict)
    keys: dict[Path, Place] = field(default_factory=dict)
    errors: list[SpecError] = field(default_factory=list)
    stack: list[_Frame] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    documents: int = 0

    def consume(self, events: Iterator[Any]) -> None:
        self.lines = self.text.split("\n")
        for event in events:
            if isinstance(event, ScalarEvent):
                self._properties(event)
                self._scalar(event)
            elif isinstance(event, MappingStartEvent | SequenceStartEvent):
                self._properties(event)
                self._open(event)
            elif isinstance(event, MappingEndEvent | SequenceEndEvent):
                self.stack.pop()
            elif isinstance(event, AliasEvent):
                self._refuse(event, traps.ALIAS, found=f"*{event.anchor}")
                self._add("", Place(1, 1))
            elif isinstance(event, DocumentStartEvent):
                self._document(event)

    def _document(self, event: Any) -> None:
        self.documents += 1
        if event.tags or event.version:
            self._refuse(event, "YAML directives are not allowed; remove the line that starts with '%'")
        if self.documents > 1:
            self._refuse(event, "a claim file is one YAML document; remove the second '---'")
            raise _TooMuchError

    def _properties(self, event: Any) -> None:
        if event.anchor is not None:
            self._refuse(event, traps.ANCHOR, found=f"&{event.anchor}")
        if event.tag is not None:
            self._refuse(event, traps.TAG, found=str(event.tag))
        if len(self.errors) > MAX_ERRORS:
            raise _TooMuchError
        if len(self.values) > MAX_VALUES:
            self._refuse(event, "the file has too many values", expected=f"at most {MAX_VALUES}")
            raise _TooMuchError

    def _open(self, event: Any) -> None:
        frame = self.stack[-1] if self.stack else None
        place = Place(event.start_mark.line + 1, event.start_mark.column + 1, "map")
        if frame is not None and isinstance(frame.content, dict) and frame.key is None:
            self._refuse(event, traps.KEY_NOT_TEXT)
            raise _TooMuchError
        if len(self.stack) >= MAX_DEPTH:
            self._refuse(event, "nested too deeply", expected=f"at most {MAX_DEPTH} levels")
            raise _TooMuchError
        content: dict[str, Any] | list[Any] = {} if isinstance(event, MappingStartEvent) else []
        path = self._add(content, place)
        self.stack.append(_Frame(content, path, broken=frame is not None and frame.broken))

    def _scalar(self, event: Any) -> None:
        style = {None: "plain", "'": "single", '"': "double"}.get(event.style, "block")
        place = Place(event.start_mark.line + 1, event.start_mark.column + 1, style)
        value = str(event.value)
        frame = self.stack[-1] if self.stack else None
        if frame is not None and isinstance(frame.content, dict) and frame.key is None:
            self._key(frame, value, place, event)
            return
        path = self._next_path()
        if not value and style == "plain":  # the parser puts nothing where the next thing begins
            place = self.keys.get(path, place)
        split = style == "plain" and traps.unbalanced(value)
        message = traps.value(value, style, self._source(event), self._after(event), split=split)
        if message and not (frame is not None and (frame.broken or frame.dropped)):
            self._error(message, place, path, found=quote(value) if value else "nothing")
        if split and frame is not None:
            frame.broken = True
        self._add(value, place)

    def _key(self, frame: _Frame, key: str, place: Place, event: Any) -> None:
        assert isinstance(frame.content, dict)
        path = (*frame.path, key)
        named = bool(frame.path) and frame.path[-1] in {"definitions", "let"}
        split = place.style == "plain" and traps.unbalanced(key)
        message = traps.key(key, place.style, self._source(event), formula_allowed=named, split=split)
        code = ""
        if path in self.keys:
            message = f"this key is written twice; the first is on line {self.keys[path].line}"
            code = "duplicate-id"
        frame.key, frame.dropped = key, bool(message)
        if message and not frame.broken:
            self._error(message, place, path, found=quote(key), code=code)
        frame.broken = frame.broken or split
        if path not in self.keys:
            self.keys[path] = place

    def _next_path(self) -> Path:
        if not self.stack:
            return ()
        frame = self.stack[-1]
        if isinstance(frame.content, list):
            return (*frame.path, len(frame.content))
        return frame.path if frame.key is None else (*frame.path, frame.key)

    def _add(self, content: Data, place: Place) -> Path:
        path = self._next_path()
        self.values.setdefault(path, place)
        if not self.stack:
            self.top = content
            return path
        frame = self.stack[-1]
        if isinstance(frame.content, list):
            frame.content.append(content)
        elif frame.key is None:
            self.errors.append(SpecError(traps.KEY_NOT_TEXT, place.line, place.column, frame.path))
        else:
            if not frame.dropped:
                frame.content[frame.key] = content
            frame.key, frame.dropped = None, False
        return path

    def _source(self, event: Any) -> str:
        return self.text[event.start_mark.index : event.end_mark.index]

    def _after(self, event: Any) -> str:
        """What follows the value on its last line."""
        mark = event.end_mark
        return self.lines[mark.line][mark.column :] if mark.line < len(self.lines) else ""

    def _refuse(self, event: Any, message: str, **details: str) -> None:
        mark = event.start_mark
        self.errors.append(SpecError(message, mark.line + 1, mark.column + 1, self._next_path(), **details))

    def _error(self, message: str, place: Place, path: Path, *, found: str, code: str = "") -> None:
        self.errors.append(SpecError(message, place.line, place.column, path, found=found, code=code))
