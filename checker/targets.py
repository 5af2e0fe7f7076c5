"""What a user may name on the command line: files, folders, ``slug``, and any of them followed by ``/claim[/check]``."""

from __future__ import annotations

import difflib
import os
import re
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from checker.errors import CheckError, ExitCode, printable

SUFFIX = ".yaml"
LIBRARY = Path("claims")
_NOTHING = "no such file, folder, slug or slug/claim"
_SHOWN = 200
_MOST_ENTRIES = 100_000  # of a folder and everything in it: `check /` is a slip
_LONGEST = 256 * 1024  # the loader refuses longer files
_MARK = re.compile(rb"^(paper|claims)[ \t]*:", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Target:
    """A claim file, the claim in it that was named (``None`` for all), the check, and the words for the file."""

    path: Path
    claim: str | None
    part: str | None
    words: str


def resolve(names: Sequence[str]) -> list[Target]:
    """The targets named, in order; folders give every claim file in them, sorted by name.

    Raises ``CheckError``: exit 2 for a name that is nothing, exit 5 for a folder without claim files.
    """
    found: list[Target] = []
    for name in names:
        try:
            found += _named(name)
        except OSError as problem:  # too long a name, a folder that may not be entered
            raise CheckError(f"{printable(name)[:_SHOWN]}: cannot be read ({problem.strerror})") from None
        except ValueError:  # a NUL
            raise CheckError(f"{printable(name)[:_SHOWN]}: {_NOTHING}") from None
    unique = {(target.path, target.claim, target.part): target for target in found}
    return list(unique.values())


def _named(name: str) -> list[Target]:
    path = Path(name)
    if not name or not path.is_dir():  # an empty name is an empty variable of a shell, and not this folder
        return [_one(name)]
    files = claim_files(path)
    if not files:
        message = f"{printable(name)}: no claim file (*{SUFFIX}) in this folder"
        raise CheckError(message, ExitCode.NOTHING_SELECTED)
    return [Target(file, None, None, _words(file)) for file in files]


def claim_files(folder: Path) -> list[Path]:
    """The claim files below a folder, sorted; links, hidden files and folders, and other YAML are passed over."""
    return [file for file in _yaml_files(folder) if is_claim_file(file)]


def passed_over(folder: Path) -> list[Path]:
    """The other YAML files below a folder: those that ``claim_files`` leaves out because of their content."""
    return [file for file in _yaml_files(folder) if not is_claim_file(file)]


def _yaml_files(folder: Path) -> list[Path]:
    """Links are neither followed nor listed.  Raises ``CheckError`` where there is too much to look through."""
    found: list[Path] = []
    seen, waiting = 0, [folder]
    while waiting:
        place = waiting.pop()
        try:
            entries = os.scandir(place)
        except OSError:
            if place == folder:
                raise
            continue  # a folder inside that may not be entered, or is gone
        with entries:
            for entry in entries:
                seen += 1
                if seen > _MOST_ENTRIES:
                    message = f"{printable(str(folder))}: more than {_MOST_ENTRIES} files and folders to look through"
                    raise CheckError(f"{message}; name the folder of the claim files")
                if entry.name.startswith(".") or entry.is_symlink():
                    continue
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(place / entry.name)
                elif entry.name.endswith(SUFFIX):
                    found.append(place / entry.name)
    return sorted(found)


def is_claim_file(path: Path) -> bool:
    """Whether a YAML file means to be a claim file: ``paper:`` or ``claims:`` stands at the beginning of a line.

    One of the two is enough, so that a file that lacks the other is read and refused, and not passed over in silence.
    """
    return _MARK.search(beginning(path)) is not None


def beginning(path: Path) -> bytes:
    """As much of a file as a claim file may hold; nothing of a link, a pipe, a device or a file that cannot be read."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as stream:
            return stream.read(_LONGEST) if stat.S_ISREG(os.fstat(stream.fileno()).st_mode) else b""
    except OSError:
        return b""


def _one(name: str) -> Target:
    """``name`` split into an existing claim file and, behind it, a claim and a part."""
    pieces = name.split("/")
    for cut in range(len(pieces), max(0, len(pieces) - 3), -1):
        head, tail = "/".join(pieces[:cut]), [piece for piece in pieces[cut:] if piece]
        for path in (Path(head), LIBRARY / f"{head}{SUFFIX}"):
            # Also what is no regular file: the loader says so.
            if head and path.suffix == SUFFIX and os.path.lexists(path) and not path.is_dir():
                claim, part = (*tail, None, None)[:2]
                return Target(path, claim, part, _words(path))
    known = sorted(file.stem for file in LIBRARY.glob(f"*{SUFFIX}"))
    nearest = difflib.get_close_matches(pieces[0], known, n=1)
    hint = f"; did you mean {nearest[0]}?" if nearest else ""
    raise CheckError(f"{printable(name)[:_SHOWN]}: {_NOTHING}{hint}")


def _words(path: Path) -> str:
    """How a user names this file: its slug when it is in the library of the working directory, else its relative path."""
    try:
        relative = path.resolve().relative_to(Path.cwd())
    except ValueError:
        return os.path.relpath(path)
    return relative.stem if relative.parent == LIBRARY else relative.as_posix()


def grouped(targets: Sequence[Target]) -> list[tuple[Target, frozenset[str] | None]]:
    """One entry per file: the claims named in it, or ``None`` where the whole file was."""
    files: dict[Path, list[Target]] = {}
    for target in targets:
        files.setdefault(target.path, []).append(target)
    return [
        (named[0], None if any(t.claim is None for t in named) else frozenset(t.claim for t in named if t.claim))
        for named in files.values()
    ]


def report_folder(path: Path) -> Path:
    """Where the report of a claim file goes by default: ``reports`` beside a folder ``claims``, else beside the file."""
    parent = path.parent
    return parent.parent / "reports" if parent.name == "claims" else parent / "reports"
