"""What the index needs of a paper, small enough to read fifty of them: it stands first in every JSON report."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from checker.report.wording import how_words, is_finding, origin_words, verdict_words
from checker.result import PaperResult
from checker.verdict import Verdict


class Summary(BaseModel):
    """Base: immutable; unknown keys are ignored, so that an older index reads a newer report."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class ClaimSummary(Summary):
    """One claim in words; ``line`` is its headline, ``reason`` why the verdict is what it is."""

    id: str
    verdict: Verdict
    words: str
    how: str
    line: str
    reason: str
    as_expected: bool
    finding: bool
    instead: str | None
    unchecked: bool
    mutants: int = 0
    mutants_rejected: int = 0


class PaperSummary(Summary):
    """One paper and its claims."""

    slug: str
    title: str
    year: int | None
    family: str | None = None
    verdict: Verdict
    scale: str
    claims: tuple[ClaimSummary, ...]


def summarise(paper: PaperResult) -> PaperSummary:
    """The summary of a result."""
    claims = tuple(
        ClaimSummary(
            id=claim.id,
            verdict=claim.verdict,
            words=verdict_words(claim),
            how=", ".join(part for part in (how_words(claim), origin_words(claim)) if part),
            line=claim.unchecked or claim.headline or claim.reason,
            reason=claim.unchecked or claim.reason or claim.headline,
            as_expected=claim.as_expected,
            finding=is_finding(claim),
            instead=claim.finding_instead,
            unchecked=claim.unchecked is not None,
            mutants=len(claim.mutants),
            mutants_rejected=sum(mutant.rejected for mutant in claim.mutants),
        )
        for claim in paper.claims
    )
    return PaperSummary(
        slug=paper.slug,
        title=paper.title,
        year=paper.year,
        family=paper.family,
        verdict=paper.verdict,
        scale=paper.scale,
        claims=claims,
    )
