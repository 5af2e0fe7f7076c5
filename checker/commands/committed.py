"""A report that was kept: the claim file it speaks of, and what changed since it was written.

The one idea: a report follows from its claims, the code and the packages; each has a hash or a version in the JSON, and each
that is another now is said in one line, what was and what is.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from checker.errors import CheckError
from checker.report.audit import Report
from checker.report.errors import ReportError
from checker.report.names import checked_slug
from checker.spec.source import read_source
from checker.targets import LIBRARY, SUFFIX, is_claim_file

if TYPE_CHECKING:
    from checker.spec.claim import Paper

Kind = Literal["claims", "code", "packages"]
_SCALES: Final = ("smoke", "large")  # the scales whose reports have a folder of their own inside that of the others
_PLACE: Final = re.compile(r"^.*?\.ya?ml(:[0-9]+)*: ")
_SHOWN: Final = 12  # digits of a hash


@dataclass(frozen=True, slots=True)
class Change:
    """Something that the report followed from and that is another now."""

    kind: Kind
    said: str


def claim_folders(reports: Path) -> list[Path]:
    """Where the claim files of a folder of reports lie: ``claims`` beside it, or the folder it lies in."""
    folder = reports.absolute()
    base = folder.parent.parent if folder.name in _SCALES and folder.parent.name == "reports" else folder.parent
    return [base / LIBRARY, base]


def claim_file(report: Report, folder: Path | None = None) -> Path | None:
    """The claim file that a report speaks of, in ``folder`` or in the usual places; ``None`` where there is none."""
    try:
        checked_slug(report.paper.slug)  # else it may be a path
    except ReportError:
        return None
    name = f"{report.paper.slug}{SUFFIX}"
    folders = claim_folders(report.path.parent) if folder is None else [folder]
    target = Path(report.paper.target)
    named = [target] if folder is None and target.name == name else []
    for path in (*(place / name for place in folders), *named):
        if path.is_file() and not path.is_symlink() and is_claim_file(path):
            return path
    return None


def changes(report: Report, claims: Path) -> Iterator[Change]:
    """What is another now than when the report was written: claims, the code that makes evidence, packages.

    Code that only prints is not among them: a report can be printed again, and compared.
    """
    provenance = report.paper.provenance
    if provenance is None:
        yield Change("code", "the report does not say what it follows from (no provenance)")
        return
    yield from (Change("claims", said) for said in _claims(report, claims))
    yield from (Change("code", said) for said in _code(report))
    yield from (Change("packages", said) for said in _packages(report))


def _claims(report: Report, path: Path) -> Iterator[str]:
    provenance, paper = report.paper.provenance, report.paper
    assert provenance is not None
    try:
        now = hashlib.sha256(read_source(path).encode()).hexdigest()
    except CheckError as problem:
        yield f"{path.name} cannot be read any more: {problem.message.splitlines()[0]}"
        return
    if now == provenance.content_hash:
        return
    from checker.spec.load import load_paper

    try:
        loaded = load_paper(path, scale=paper.scale)
    except CheckError as problem:
        yield f"{path.name} cannot be read any more: {problem.message.splitlines()[0]}"
        return
    if not provenance.claims:
        was, is_now = provenance.content_hash[:_SHOWN], now[:_SHOWN]
        yield f"{path.name} changed (was {was}, is {is_now}; the report does not say which claims it read)"
        return
    yield from _which(report, loaded)


def _which(report: Report, now: Paper) -> Iterator[str]:
    """Which claims of a changed file are others; none where only comments and layout changed."""
    from checker.provenance import claim_hashes

    provenance, paper = report.paper.provenance, report.paper
    assert provenance is not None
    hashes = claim_hashes(now.claims)
    for said, names in (
        ("changed", [name for name, was in provenance.claims.items() if hashes.get(name, was) != was]),
        ("no longer in the file", [name for name in provenance.claims if name not in hashes]),
        ("not in the report", [name for name in hashes if name not in provenance.claims and not provenance.only]),
    ):
        if names:
            yield f"claim {', '.join(names)}: {said}" if len(names) == 1 else f"claims {', '.join(names)}: {said}"
    head = ("title", "arxiv", "authors", "year", "family", "notation", "notes")
    others = [name for name in head if getattr(paper, name) != getattr(now, name)]
    if sorted(map(_unplaced, paper.warnings)) != sorted(map(_unplaced, now.warnings)):
        others.append("what lint says of it")
    if others:
        yield f"the head of the file changed ({', '.join(others)})"


def _unplaced(warning: str) -> str:
    """A remark without the place in the file, which moves with every line above it."""
    return _PLACE.sub("", warning)


def _code(report: Report) -> Iterator[str]:
    from checker import __version__
    from checker.execute.receipts import code_hash
    from checker.provenance import evidence_hash

    provenance = report.paper.provenance
    assert provenance is not None
    if not provenance.evidence_hash:
        if provenance.code_hash != code_hash():
            was, now = provenance.code_hash[:_SHOWN], code_hash()[:_SHOWN]
            yield f"the checker's code changed (was {was}, is {now}; the report does not say which part of it)"
        return
    now = evidence_hash()
    if provenance.evidence_hash != now:
        was = provenance.evidence_hash[:_SHOWN]
        release = "" if provenance.checker == __version__ else f" of version {provenance.checker}, here {__version__},"
        yield f"the code{release} that makes evidence changed (was {was}, is {now[:_SHOWN]})"


def _packages(report: Report) -> Iterator[str]:
    from checker.provenance import versions

    provenance = report.paper.provenance
    assert provenance is not None
    now = versions()
    for name, was in provenance.versions.items():
        if now.get(name) != was:
            yield f"{name} was {was}, is {now.get(name, 'not installed')}"
