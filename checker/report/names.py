"""Names of files and anchors: what a claim may be called decides nothing about where a file lands."""

from __future__ import annotations

import re
from typing import Final

from checker.report.errors import ReportError
from checker.report.strips import strips
from checker.result import PaperResult

PLOTS: Final = "plots"
STRIPS: Final = -1
_LONGEST: Final = 100
_SLUG: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")


def checked_slug(slug: str) -> str:
    """The slug itself if it can be a file name as it stands and is not the index's; else ``ReportError``."""
    if not _SLUG.fullmatch(slug) or slug.casefold() == "readme":
        raise ReportError(f"cannot name a report {slug[:120]!r}: expected letters, digits, '_', '-', and not 'readme'")
    return slug


def file_part(text: str) -> str:
    """``text`` reduced to letters, digits, ``_`` and ``-``; never empty, never hidden, never long."""
    reduced = re.sub(r"[^A-Za-z0-9_-]+", "-", text).strip("-")[:_LONGEST]
    return reduced or "unnamed"


def figure_paths(paper: PaperResult) -> dict[tuple[int, int, int], str]:
    """Where every plot of a paper lies, relative to the reports folder, keyed by (claim, measure, check) positions.

    The picture of all intervals of a measure has the check position ``STRIPS``.

    Two checks of one name in one claim (on two runs, say) get different files on every file system, also one that
    does not tell upper from lower case.
    """
    folder = checked_slug(paper.slug)
    taken: set[str] = set()
    paths: dict[tuple[int, int, int], str] = {}
    for i, claim in enumerate(paper.claims):
        for j, measure in enumerate(claim.measures):
            wanted = [(k, check.name) for k, check in enumerate(measure.checks) if check.figure is not None]
            if strips(measure):
                wanted.append((STRIPS, "intervals"))
            for k, what in wanted:
                stem = "-".join(file_part(part) for part in (claim.id, measure.run, what))
                name, count = stem, 1
                while name.casefold() in taken:
                    count += 1
                    name = f"{stem}-{count}"
                taken.add(name.casefold())
                paths[i, j, k] = f"{PLOTS}/{folder}/{name}.svg"
    return paths
