"""From the bytes of a claim file to text that is safe to parse and to print.

The one idea to know: a claim file is untrusted.  Its size and kind are looked at before it is read, and a character
that a terminal or a reviewer's eye could be fooled by is refused here, before any parser sees it.
"""

from __future__ import annotations

import os
import stat
import unicodedata
from collections.abc import Iterator
from itertools import islice
from pathlib import Path as FilePath

from checker.spec.errors import SpecError, SpecErrors

MAX_BYTES = 256 * 1024
_MAX_PLACES = 20  # of forbidden characters that are pointed out

# Directions, joiners, and letters and marks of other categories that print as nothing: fillers, variation selectors.
_FOOLING = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u2800\u3164\uffa0"
    "\u061c\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
)


def read_source(path: FilePath, shown: str | None = None) -> str:
    """The text of the claim file at ``path``: UTF-8, at most 256 KiB, free of control and direction characters.

    Raises ``SpecErrors`` (never ``OSError``): no such file, a folder, a symbolic link, a device, too large, not UTF-8,
    forbidden characters.
    """
    file = shown or str(path)
    return decode(read_bytes(path, file), file)


def decode(data: bytes, file: str) -> str:
    """``data`` as text; a leading byte order mark is dropped, anything else unprintable is an error with its place."""
    if len(data) > MAX_BYTES:
        raise SpecErrors([SpecError("the file is too large", found=f"{len(data)} bytes", expected=_LIMIT)], file)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8", "replace")
        line, column = _place(before, len(before))
        message = "the file is not UTF-8; save it with that encoding"
        raise SpecErrors([SpecError(message, line, column, found=f"byte 0x{data[error.start]:02x}")], file) from None
    errors = [
        SpecError(f"forbidden {what}; remove it", *_place(text, index), found=f"U+{ord(text[index]):04X}")
        for index, what in islice(forbidden_characters(text), _MAX_PLACES)
    ]
    if errors:
        raise SpecErrors(errors, file)
    return text


def forbidden_characters(text: str) -> Iterator[tuple[int, str]]:
    """Index and description of every character that no text of a claim may hold, as they are asked for."""
    return ((index, what) for index, character in enumerate(text) if (what := _forbidden(character)))


_LIMIT = f"at most {MAX_BYTES} bytes (256 KiB)"


def _forbidden(character: str) -> str:
    if character in "\n\t\r" or " " <= character <= "~":
        return ""
    if character in _FOOLING or "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef":
        return "invisible or direction-changing character"
    category = unicodedata.category(character)
    if category in {"Cc", "Cs", "Cn", "Co", "Cf"} or category in {"Zl", "Zp"}:
        return "control character"
    return ""


def _place(text: str, index: int) -> tuple[int, int]:
    before = text[:index]
    return before.count("\n") + 1, index - (before.rfind("\n") + 1) + 1


def read_bytes(path: FilePath, shown: str | None = None) -> bytes:
    """The bytes of the claim file at ``path``, at most one more than the limit.  Raises as ``read_source`` does."""
    refused, file = SpecErrors, shown or str(path)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise refused([SpecError("no such file")], file) from None
    except OSError as error:
        link = path.is_symlink()
        message = "the file is a symbolic link; name the file itself" if link else f"cannot be read: {error.strerror}"
        raise refused([SpecError(message)], file) from None
    try:
        state = os.fstat(descriptor)
        if stat.S_ISDIR(state.st_mode):
            raise refused([SpecError("this is a folder", expected="a claim file such as claims/name.yaml")], file)
        if not stat.S_ISREG(state.st_mode):
            raise refused([SpecError("this is not a regular file")], file)
        if state.st_size > MAX_BYTES:
            found = f"{state.st_size} bytes"
            raise refused([SpecError("the file is too large", found=found, expected=_LIMIT)], file)
        with os.fdopen(os.dup(descriptor), "rb") as stream:
            return stream.read(MAX_BYTES + 1)
    finally:
        os.close(descriptor)
