"""GitHub annotations: one workflow command a claim that needs attention, findings and open questions as notices.

No ``from __future__ import annotations`` here: it would take the name of the public function.
"""

from checker.errors import CheckError
from checker.report.escape import clean
from checker.report.junit import outcome
from checker.report.wording import is_finding, verdict_words
from checker.result import ClaimResult, PaperResult
from checker.spec.errors import SpecErrors


def annotations(paper: PaperResult, file: str | None = None, *, strict: bool = False) -> list[str]:
    """Lines such as ``::error file=claims/x.yaml,title=x/claim: FAIL::reason``; a claim that passed gives none.

    ``file`` is the claim file relative to the repository, by default the one that was checked.
    """
    path = file or (paper.target if paper.target.endswith(".yaml") else f"claims/{paper.slug}.yaml")
    lines = []
    for claim in paper.claims:
        level = _level(claim, strict)
        if level is None:
            continue
        title = _property(f"{paper.slug}/{claim.id}: {verdict_words(claim)}")
        message = claim.unchecked or claim.finding_instead or claim.reason or claim.headline
        lines.append(f"::{level} file={_property(path)},title={title}::{_data(message)}")
    return lines


def mistakes(problem: CheckError) -> list[str]:
    """One error a mistake of a claim file that could not be read, at its line."""
    if isinstance(problem, SpecErrors):
        return [
            f"::error file={_property(one.file)},line={one.line},col={one.column}::{_data(str(one))}"
            for one in problem.errors
        ]
    return [f"::error::{_data(problem.message)}"]


def _level(claim: ClaimResult, strict: bool) -> str | None:
    result = outcome(claim, strict=strict)
    if result in ("failure", "error"):
        return "error"
    if result == "skipped":
        return "notice" if claim.unchecked is not None else "warning"
    return "notice" if is_finding(claim) else None


def _data(text: str) -> str:
    return clean(text).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
