"""Files of a report: each is there whole or not at all, and one that did not change is not touched.

The one idea: write beside, flush to disk, then rename over.  A full disk, a read-only folder or Ctrl-C leaves the old
report as it was and nothing else behind.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from checker.report.errors import ReportError
from checker.report.index import read_folder, render_index
from checker.report.json_report import dump
from checker.report.markdown import render
from checker.report.names import PLOTS, STRIPS, checked_slug, figure_paths
from checker.report.plots import draw
from checker.report.strips import draw_strips, strips
from checker.result import PaperResult

INDEX: Final = "README.md"
_ADVICE: Final = {
    errno.ENOSPC: "the disk is full; free some space and run again",
    errno.EDQUOT: "your quota is used up; free some space and run again",
    errno.EROFS: "the file system is read-only; give another folder",
    errno.EACCES: "permission denied; give another folder",
    errno.EPERM: "permission denied; give another folder",
    errno.ENOTDIR: "something on its path is not a folder",
}


def write_report(paper: PaperResult, folder: Path, *, index: bool = True) -> list[Path]:
    """Write plots, JSON, Markdown and (with ``index``) the index of the folder; returns their paths in that order.

    Plots of this paper that the report no longer shows are removed.  Raises ``ReportError``, in one line, where the
    folder or one inside it is a link or not a folder, where the slug cannot be a file name, and where the disk refuses.
    """
    slug = checked_slug(paper.slug)
    with _one_line_errors(folder):
        _real_folder(folder)
        plots = _plots(paper)
        texts = {**plots, f"{slug}.json": dump(paper), f"{slug}.md": render(paper)}
        if plots:
            _real_folder(folder / PLOTS)
            _real_folder(folder / PLOTS / slug)
        with _locked(folder):
            written = [_replace(folder / name, text) for name, text in texts.items()]
            if index:
                written.append(_write_index(folder))
        _remove_stale(folder, slug, set(plots))
    return written


def _write_index(folder: Path) -> Path:
    return _replace(folder / INDEX, render_index(*read_folder(folder)))


def _plots(paper: PaperResult) -> dict[str, str]:
    texts: dict[str, str] = {}
    for (i, j, k), path in figure_paths(paper).items():
        measure = paper.claims[i].measures[j]
        figure = measure.checks[k].figure if k != STRIPS else None
        texts[path] = draw_strips(strips(measure)) if figure is None else draw(figure)
    return texts


def _real_folder(folder: Path) -> None:
    """Make the folder if it is missing; refuse a link, which could lead the report anywhere."""
    if folder.is_symlink():
        raise ReportError(f"{folder}: is a symbolic link; give the folder it points to")
    folder.mkdir(parents=True, exist_ok=True)


def _replace(path: Path, text: str) -> Path:
    """Put ``text`` at ``path`` in one step, or leave what is there where it is the same."""
    content = text.encode("utf-8")
    if _holds(path, content):
        return path
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    _flush_folder(path.parent)
    return path


def _holds(path: Path, content: bytes) -> bool:
    try:
        status = os.lstat(path)
        return stat.S_ISREG(status.st_mode) and status.st_size == len(content) and path.read_bytes() == content
    except FileNotFoundError:
        return False


def _flush_folder(folder: Path) -> None:
    """Make the renaming last through a power cut, where the file system lets a folder be flushed."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _remove_stale(folder: Path, slug: str, kept: set[str]) -> None:
    """Remove this paper's plots that the report does not link to any more, and their folder when it is empty."""
    own = folder / PLOTS / slug
    if own.is_symlink() or not own.is_dir():
        return
    for path in sorted(own.iterdir()):
        if path.suffix == ".svg" and f"{PLOTS}/{slug}/{path.name}" not in kept:
            path.unlink()
    if not any(own.iterdir()):
        own.rmdir()


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One writer at a time, so that two checks running side by side both get into the index; leaves no file."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # network file systems without locks
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _one_line_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = _ADVICE.get(error.errno or 0, error.strerror or type(error).__name__)
        raise ReportError(f"cannot write reports in {folder}: {reason}") from None
