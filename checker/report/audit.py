"""Whether a folder of reports is what its JSON files say: Markdown and plots made again, the checksum, the index.

The one idea: the JSON is the report, and everything beside it follows from it.  So a verdict that was edited in the Markdown
shows as a difference of bytes, and a number that was edited in the JSON as a wrong checksum.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from checker.execute.files import read_regular
from checker.report.disagreements import DISAGREEMENTS, disagreement_texts
from checker.report.errors import ReportError
from checker.report.index import read_folder, render_index
from checker.report.json_report import intact, load
from checker.report.markdown import render
from checker.report.names import PLOTS, checked_slug
from checker.report.write import INDEX, plot_texts
from checker.result import PaperResult

_LARGEST: Final = 64 * 2**20
_MOST_NAMED: Final = 3


@dataclass(frozen=True, slots=True)
class Report:
    """A report as it lies in its folder."""

    path: Path  # of the JSON
    text: str
    paper: PaperResult


def read_report(path: Path) -> Report:
    """The report at ``path``.  Raises ``ReportError``, in one line, for what is none."""
    try:
        text = read_regular(path, _LARGEST).decode("utf-8")
        paper = load(text)
    except ReportError as error:
        said = str(error)
        raise ReportError(said if said.startswith(str(path)) else f"{path}: {said}") from None
    except (OSError, UnicodeDecodeError) as error:
        reason = _reason(error) if isinstance(error, OSError) else "not UTF-8"
        raise ReportError(f"{path}: {reason}") from None
    return Report(path, text, paper)


def _reason(error: OSError) -> str:
    special = {errno.ELOOP: "a symbolic link", errno.EFBIG: "larger than 64 MiB"}
    return special.get(error.errno or 0, error.strerror or type(error).__name__)


def reports_in(folder: Path) -> list[Path]:
    """The JSON files of a folder, by name; hidden ones are none of ours."""
    return sorted(path for path in folder.iterdir() if path.suffix == ".json" and not path.name.startswith("."))


def edited(report: Report) -> Iterator[str]:
    """What of a report is not as it was written, in one line each: JSON, Markdown, plots."""
    whole = intact(report.text)
    if whole is None:
        yield f"{report.path.name} carries no checksum (written before reports had one)"
    elif not whole:
        yield f"{report.path.name} was changed after it was written (its checksum is that of another content)"
    try:
        slug = checked_slug(report.paper.slug)
    except ReportError as error:
        yield str(error)
        return
    if slug != report.path.stem:
        yield f"{report.path.name} holds the report of {slug}"
        return
    folder = report.path.parent
    try:
        page = render(report.paper)
        drawn = {**plot_texts(report.paper), **disagreement_texts(report.paper)}
    except (ArithmeticError, LookupError, RecursionError, TypeError, ValueError, ReportError) as error:
        yield f"{report.path.name} cannot be printed: {' '.join(str(error).split())[:200]}"  # nothing that a run writes
        return
    yield from _compared(folder / f"{slug}.md", page)
    missing = sorted(name for name in drawn if not (folder / name).is_file())
    other = sorted(name for name, text in drawn.items() if name not in missing and not _holds(folder / name, text))
    if missing:
        yield f"{_named(missing)} missing"
    if other:
        yield f"{_named(other)} not what the JSON gives"
    left = [name for name in _lying(folder, slug) if name not in drawn]
    if left:
        yield f"{_named(left)} left over: nothing in the report names it"


def strays(folder: Path, slugs: frozenset[str]) -> Iterator[tuple[str, str]]:
    """What of a folder belongs to none of the reports ``slugs``, and an index that is another: name and complaint."""
    expected = render_index(*read_folder(folder))
    for said in _compared(folder / INDEX, expected, "the reports of this folder give"):
        yield "index", said
    for kind in (PLOTS, DISAGREEMENTS):
        for path in sorted((folder / kind).iterdir()) if (folder / kind).is_dir() else ():
            if path.is_dir() and path.name not in slugs:
                yield path.name, f"{kind}/{path.name} left over: there is no report {path.name}.json"


def _compared(path: Path, expected: str, source: str = "the JSON gives") -> Iterator[str]:
    try:
        found = read_regular(path, _LARGEST)
    except FileNotFoundError:
        yield f"{path.name} is missing"
        return
    except OSError as error:
        yield f"{path.name} cannot be read: {_reason(error)}"
        return
    wanted = expected.encode("utf-8")
    if found == wanted:
        return
    lines, ours = found.splitlines(), wanted.splitlines()
    at = next((i for i, (one, other) in enumerate(zip(lines, ours, strict=False)) if one != other), min(len(lines), len(ours)))
    yield f"{path.name} is not what {source} (first at line {at + 1})"


def _holds(path: Path, text: str) -> bool:
    try:
        return read_regular(path, _LARGEST) == text.encode("utf-8")
    except OSError:
        return False


def _lying(folder: Path, slug: str) -> list[str]:
    own = [folder / kind / slug for kind in (PLOTS, DISAGREEMENTS)]
    return sorted(f"{place.parent.name}/{slug}/{one.name}" for place in own if place.is_dir() for one in place.iterdir())


def _named(names: list[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    verb = "is" if len(names) == 1 else "are"
    return f"{', '.join(names[:_MOST_NAMED])}{more} {verb}"
