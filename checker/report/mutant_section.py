"""What the tool changed in a claim by itself, and whether that was noticed: survivors with the reason, the others folded."""

from __future__ import annotations

from collections.abc import Sequence

from checker.report.escape import clip, code, prose
from checker.report.tables import blocks, folded, table
from checker.report.wording import score_words, sentence
from checker.result import ClaimResult, MutantResult

_LONGEST_FORMULA, _LONGEST_REASON = 140, 220


def mutant_section(claim: ClaimResult) -> str:
    """The score of one claim, every survivor with why it lives, and the rejected ones behind a fold.

    Empty where no mutants were asked for.
    """
    if not claim.mutants:
        return f"**Mutants: none.** {sentence(prose(claim.no_mutants), capital=True)}" if claim.no_mutants else ""
    alive = [mutant for mutant in claim.mutants if not mutant.rejected]
    dead = [mutant for mutant in claim.mutants if mutant.rejected]
    said = f"**Mutants: {score_words(len(dead), len(claim.mutants))}**, made by the tool and judged by the same rule."
    true = sum(mutant.proved for mutant in alive)
    if true:
        said += f" Of the {len(alive)} not rejected, {true} {'is a true statement' if true == 1 else 'are true statements'}."
    return blocks(
        (
            said,
            table(("of", "change", "not rejected", "why"), _rows(alive)),
            folded(f"Rejected mutants: {len(dead)}", table(("of", "change", "mutant", "what rejected it"), _rows(dead)))
            if dead
            else "",
        )
    )


def _rows(mutants: Sequence[MutantResult]) -> list[tuple[str, str, str, str]]:
    return [
        (
            code(mutant.of),
            prose(mutant.change),
            code(clip(mutant.text, _LONGEST_FORMULA)),
            prose(mutant.reason, limit=_LONGEST_REASON),
        )
        for mutant in mutants
    ]
