"""Files of a report: each is there whole or not at all, and one that did not change is not touched.

The one idea: each file is renamed over the old one when it is complete, the index last.  A full disk, a read-only folder,
Ctrl-C or a kill leaves every file old or new, and the next run puts the rest right.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from checker.execute.files import locked, put, sweep
from checker.report.disagreements import DISAGREEMENTS, disagreement_texts
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
    errno.EBUSY: "another check has been writing there for a minute; end it and run again",
    errno.EFBIG: "the limit on the size of files is reached (`ulimit -f`)",
}


def write_report(paper: PaperResult, folder: Path, *, index: bool = True) -> list[Path]:
    """Write plots, JSON, Markdown and (with ``index``) the index of the folder; returns their paths in that order.

    Plots of this paper that the report no longer shows are removed.  Raises ``ReportError``, in one line, where the
    folder or one inside it is a link or not a folder, where the slug cannot be a file name, and where the disk refuses.
    """
    slug = checked_slug(paper.slug)
    with _one_line_errors(folder):
        _real_folder(folder)
        plots = plot_texts(paper)
        texts = {**plots, f"{slug}.json": dump(paper), f"{slug}.md": render(paper)}
        disputes = disagreement_texts(paper)
        texts |= disputes
        if disputes:
            _real_folder(folder / DISAGREEMENTS)
            _real_folder(folder / DISAGREEMENTS / slug)
        if plots:
            _real_folder(folder / PLOTS)
            _real_folder(folder / PLOTS / slug)
        with locked(folder) as alone:
            if alone:
                _sweep(folder, slug)
            written = [_replace(folder / name, text) for name, text in texts.items()]
            _remove_stale(folder / PLOTS, slug, ".svg", set(plots))
            _remove_stale(folder / DISAGREEMENTS, slug, ".json", set(disputes))
            if index:
                written.append(_write_index(folder))
    return written


def _sweep(folder: Path, slug: str) -> None:
    """Remove what a killed run left half-written."""
    sweep(folder)
    own = folder / PLOTS / slug
    if own.is_dir() and not own.is_symlink() and not own.parent.is_symlink():
        sweep(own)


def _write_index(folder: Path) -> Path:
    return _replace(folder / INDEX, render_index(*read_folder(folder)))


def plot_texts(paper: PaperResult) -> dict[str, str]:
    """Every plot of a report as SVG, by its path in the folder of reports."""
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
    put(path, content)
    return path


def _holds(path: Path, content: bytes) -> bool:
    try:
        status = os.lstat(path)
        return stat.S_ISREG(status.st_mode) and status.st_size == len(content) and path.read_bytes() == content
    except FileNotFoundError:
        return False


def _remove_stale(kind: Path, slug: str, suffix: str, kept: set[str]) -> None:
    """Remove this paper's files of one kind that the report does not have any more, and their folder when it is empty."""
    own = kind / slug
    if kind.is_symlink():
        return
    if own.is_symlink() or not own.is_dir():
        return
    for path in sorted(own.iterdir()):
        if path.suffix == suffix and f"{kind.name}/{slug}/{path.name}" not in kept:
            path.unlink()
    if not any(own.iterdir()):
        own.rmdir()


@contextlib.contextmanager
def _one_line_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = _ADVICE.get(error.errno or 0, error.strerror or type(error).__name__)
        raise ReportError(f"cannot write reports in {folder}: {reason}") from None
