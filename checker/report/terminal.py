"""Plain lines for a terminal or a pipe: no colour, and nothing that a claim's text could drive a terminal with."""

from __future__ import annotations

from checker.errors import printable
from checker.report.escape import clean, clip
from checker.report.wording import how_words, origin_words, score_words, tally, verdict_words
from checker.result import ClaimResult, PaperResult

_LONGEST = 160


def lines(paper: PaperResult) -> list[str]:
    """One line a claim, such as ``PASS  paper/claim  proved + simulated  gap in [...]``, and last the tally."""
    words = [verdict_words(claim) for claim in paper.claims]
    names = [f"{clean(paper.slug)}/{clean(claim.id)}" for claim in paper.claims]
    first, second = (max(map(len, column), default=0) for column in (words, names))
    rows = [
        f"{word:<{first}}  {name:<{second}}  {_rest(claim)}".rstrip()
        for word, name, claim in zip(words, names, paper.claims, strict=True)
    ]
    mutants = [mutant.rejected for claim in paper.claims for mutant in claim.mutants]
    power = f"; mutants: {score_words(sum(mutants), len(mutants))}" if mutants else ""
    return [*map(printable, rows), f"{paper.verdict}  {clean(paper.slug)}: {tally(paper.claims)}{power}"]


def _rest(claim: ClaimResult) -> str:
    said = claim.unchecked or claim.headline or claim.reason
    parts = (how_words(claim), origin_words(claim), clip(clean(said), _LONGEST))
    return "  ".join(part for part in parts if part)
