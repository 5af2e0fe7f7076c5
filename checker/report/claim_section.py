"""One claim: what it says, what it rests on, the verdict, and below that the evidence in the order it was gathered."""

from __future__ import annotations

from collections.abc import Mapping

from checker.report.escape import clean, code, prose
from checker.report.measure_section import measure_section
from checker.report.mutant_section import mutant_section
from checker.report.proof_section import proof_section
from checker.report.tables import blocks, table
from checker.report.wording import MARKS, how_words, origin_words, power_words, sentence, verdict_words
from checker.result import AssumptionResult, ClaimResult
from checker.verdict import Verdict


def anchor(claim_id: str) -> str:
    """The anchor that code hosts give to a heading of this text."""
    kept = "".join(c for c in clean(claim_id).lower() if c.isalnum() or c in "_- ")
    return kept.replace(" ", "-")


def claim_section(claim: ClaimResult, plots: Mapping[tuple[int, int], str]) -> str:
    """The section; ``plots`` maps (measure, check) positions to paths relative to the report."""
    measured = [
        measure_section(measure, {key[1]: path for key, path in plots.items() if key[0] == index})
        for index, measure in enumerate(claim.measures)
    ]
    return blocks(
        (
            f"## {prose(claim.id)}",
            _statement(claim),
            _verdict(claim),
            _assumptions(claim.assumptions),
            proof_section(claim.lemmas),
            *measured,
            mutant_section(claim),
            f"**Not shown.** {sentence(prose(claim.not_shown), capital=True)}" if claim.not_shown else "",
            f"**Notes.** {prose(claim.notes)}" if claim.notes else "",
        )
    )


def _statement(claim: ClaimResult) -> str:
    source = {key: clean(str(value)) for key, value in claim.source.items()}
    known_from = source.pop("known_from", "").replace("_", " ")
    facts = [f"{prose(key)} {prose(value)}" for key, value in source.items()]
    if known_from:
        facts.append(f"known from {prose(known_from)}")
    facts.append("the paper's own statement" if claim.origin == "paper" else "**derived here**, not in the paper")
    if claim.strength:
        facts.append(f"strength: {prose(claim.strength)}")
    return f"> {prose(claim.statement)}\n>\n> <sub>{' · '.join(facts)}</sub>"


def _verdict(claim: ClaimResult) -> str:
    if claim.unchecked is not None:
        return f"**unchecked**: {sentence(prose(claim.unchecked))}"
    badge = f"**{MARKS[claim.verdict]} {verdict_words(claim)}**"
    asides = [part for part in (how_words(claim), origin_words(claim), power_words(claim)) if part]
    line = f"{badge} ({'; '.join(asides)})" if asides else badge
    said = [claim.headline] if clean(claim.reason) == clean(claim.headline) else [claim.headline, claim.reason]
    sentences = " ".join(sentence(prose(text), capital=index > 0) for index, text in enumerate(said) if text)
    lines = [f"{line}: {sentences}" if sentences else line]
    if claim.proxy is not None:
        lines.append(f"**Proxy.** {sentence(prose(claim.proxy), capital=True)}")
    if claim.finding_instead:
        lines.append(f"**True instead.** {sentence(prose(claim.finding_instead), capital=True)}")
    if claim.finding_shown_by:
        lines.append(f"**Shown by.** {sentence(prose(claim.finding_shown_by), capital=True)}")
    return blocks(lines)


def _assumptions(assumptions: tuple[AssumptionResult, ...]) -> str:
    rows = [
        (
            code(one.name),
            prose(one.statement),
            prose(one.enforced),
            "" if one.verdict is Verdict.PASS else f"**{one.verdict}**",
        )
        for one in assumptions
    ]
    return table(("assumption", "statement", "how enforced", "verdict"), rows)

