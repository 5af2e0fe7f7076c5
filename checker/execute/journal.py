"""The journal of a run: a receipt for every part of a claim as soon as it is finished, so that a killed run goes on from there.

The one idea: a line for each part, appended in one write, with the key of the run and a checksum of its own.  A line that is
torn, damaged, of another run or no valid result is as if it had never been written; the lines around it still hold.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from checker.execute.files import read_regular
from checker.execute.receipts import LARGEST, cache, checksum

Part = tuple[str | int, ...]
M = TypeVar("M", bound=BaseModel)


class Journal:
    """The finished parts of one run; every method may be called from any thread.

    ``address`` is the key of the run (``receipts.key``); without one nothing is remembered.  With ``fresh`` the lines of
    earlier runs are not believed, new ones still written.
    """

    def __init__(self, address: str | None = None, *, fresh: bool = False) -> None:
        place = cache() if address else None
        self._address = address or ""
        self._path = place / f"{address}.journal" if place is not None else None
        self._busy = threading.Lock()
        self._lines = {} if fresh or self._path is None else valid_lines(self._path, self._address)
        self._torn = self._path is not None and _is_torn(self._path)

    def find(self, part: Part, model: type[M]) -> M | None:
        """The result kept for ``part``, or ``None`` where there is none that is valid."""
        with self._busy:
            text = self._lines.get(part)
        if text is None:
            return None
        try:
            return model.model_validate_json(text)
        except (ValidationError, RecursionError):
            return None

    def keep(self, part: Part, result: BaseModel) -> None:
        """Remember a finished part; a journal that cannot be written is no error."""
        text = result.model_dump_json()
        with self._busy:
            self._lines[part] = text
            if self._path is None:
                return
            line = json.dumps({"part": part, "result": text, "checksum": checksum(self._address, [part, text])})
            # The end of a torn line would swallow the next one.
            content = ("\n" if self._torn else "") + line + "\n"
            self._torn = not _append(self._path, content.encode())

    def parts(self) -> list[Part]:
        """The parts that are remembered, oldest first."""
        with self._busy:
            return list(self._lines)

    def discard(self) -> None:
        """Forget everything: the receipt of the whole run says the same."""
        if self._path is not None:
            with suppress(OSError):
                self._path.unlink()


def _append(path: Path, content: bytes) -> bool:
    """Whether all of it was written, in one write at the end; what a full disk cuts short does not pass its checksum."""
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags, 0o600)
    except OSError:
        return True
    try:
        return os.write(descriptor, content) == len(content)
    except OSError:
        return True
    finally:
        os.close(descriptor)


def _is_torn(path: Path) -> bool:
    """Whether the journal ends in the middle of a line."""
    try:
        return not (read_regular(path, LARGEST) or b"\n").endswith(b"\n")
    except OSError:
        return False


def valid_lines(path: Path, address: str) -> dict[Part, str]:
    """The results in the journal at ``path`` that are whole and of the run ``address``, by part; of two the later."""
    found: dict[Part, str] = {}
    try:
        content = read_regular(path, LARGEST)
    except OSError:
        return found
    for line in content.split(b"\n"):
        with suppress(ValueError, KeyError, TypeError, RecursionError):
            entry = json.loads(line)
            part, text = entry["part"], entry["result"]
            if isinstance(text, str) and entry["checksum"] == checksum(address, [part, text]):
                found[_part(part)] = text
    return found


def _part(names: Sequence[str | int]) -> Part:
    return tuple(names)
