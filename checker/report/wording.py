"""The words around a verdict, so that the markdown, the index, JUnit and the terminal say the same thing.

The one idea: a verdict is never printed bare.  *proved* needs a proof that covers the claim, a proxy caps the wording,
what we derived ourselves is marked, and an expected FAIL is a finding, not an alarm.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Final

from checker.result import ClaimResult, PaperResult
from checker.verdict import How, Verdict

MARKS: Final = {
    Verdict.PASS: "✓",
    Verdict.FAIL: "✗",
    Verdict.INCONCLUSIVE: "?",
    Verdict.VACUOUS: "∅",
    Verdict.UNSUPPORTED: "–",
    Verdict.ERROR: "!",
    Verdict.DISAGREE: "≠",
}

LEGEND: Final = (
    "**PASS**: evidence inside the claimed region and every control rejected; *proved* by exact engines, *enclosed* by "
    "a rigorous interval, *simulated* with statistics, *survived* random and adversarial search. "
    "**FAIL**: evidence outside, with a witness. **INCONCLUSIVE**: neither, with the reason. "
    "**VACUOUS**: the assumptions cannot hold. **UNSUPPORTED**: an object the checker lacks. "
    "**ERROR**: the run broke; never evidence. **DISAGREE**: two engines contradict each other."
)

_ORDER: Final = tuple(How)


def marked(verdict: Verdict, words: str = "", *, bold: bool = False) -> str:
    """Mark and words, never broken between the two lines of a narrow column."""
    said = words or str(verdict)
    return f"{MARKS[verdict]}\N{NO-BREAK SPACE}{f'**{said}**' if bold else said}"


def is_finding(claim: ClaimResult) -> bool:
    """The literal claim is expected not to hold, and says what is true instead."""
    return claim.expected is not Verdict.PASS and claim.unchecked is None


def verdict_words(claim: ClaimResult) -> str:
    """The verdict as it may be said: ``PASS of the proxy``, ``FAIL, as expected``, ``unchecked``."""
    if claim.unchecked is not None:
        return "unchecked"
    words = str(claim.verdict)
    if claim.proxy is not None:
        words += " of the proxy"
    if claim.expected is not Verdict.PASS:
        words += ", as expected" if claim.as_expected else f", but {claim.expected} was expected"
    return words


def how_words(claim: ClaimResult) -> str:
    """How the verdict was reached, strongest evidence first.

    *proved* is said of a claim only where a lemma that covers it passed; else the proofs are of steps or cases.
    """
    kinds = [kind for kind in _ORDER if kind in claim.how]
    return " + ".join(_proved(claim) if kind is How.PROVED else str(kind) for kind in kinds)


def _proved(claim: ClaimResult) -> str:
    covered = {lemma.covers for lemma in claim.lemmas if lemma.verdict is Verdict.PASS}
    if "claim" in covered or not covered:
        return str(How.PROVED)
    return "cases proved" if "case" in covered else "steps proved"


def origin_words(claim: ClaimResult) -> str:
    """Empty for the paper's own statements."""
    return "derived here" if claim.origin == "derived" else ""


def rejected_words(rejected: int, total: int, things: str) -> str:
    """``4/4 controls rejected``; empty where there are none."""
    return f"{rejected}/{total} {things} rejected" if total else ""


def score_words(rejected: int, total: int) -> str:
    """``23 of 24 rejected (95.8 %)``; the share is rounded down, so that 90 % is said only where it is reached."""
    return f"{rejected} of {total} rejected ({1000 * rejected // total / 10:.1f} %)" if total else "none made"


def power_words(claim: ClaimResult) -> str:
    """What became of the near misses: controls, near misses of lemmas, mutants."""
    controls = [control.rejected for measure in claim.measures for control in measure.controls]
    near_misses = [near_miss.rejected for lemma in claim.lemmas for near_miss in lemma.near_misses]
    mutants = [mutant.rejected for mutant in claim.mutants]
    parts = (
        rejected_words(sum(controls), len(controls), "controls"),
        rejected_words(sum(near_misses), len(near_misses), "lemma near misses"),
        rejected_words(sum(mutants), len(mutants), "mutants"),
    )
    return ", ".join(part for part in parts if part)


def sentence(escaped: str, *, capital: bool = False) -> str:
    """Already escaped text with a full stop; with ``capital`` also a capital first where it begins with a word."""
    if not escaped:
        return ""
    first = escaped.split(" ", 1)[0].rstrip(",;:")
    if capital and first.isalpha() and first.islower() and len(first) > 1:
        escaped = escaped[0].upper() + escaped[1:]
    return escaped if escaped.endswith((".", "!", "?")) else escaped + "."


def tally(claims: Sequence[ClaimResult]) -> str:
    """``5 claims: 3 PASS, 1 FAIL as expected, 1 INCONCLUSIVE; 1 unchecked``, worst verdict last as declared."""
    counted = [claim for claim in claims if claim.unchecked is None]
    parts: list[str] = []
    for verdict in Verdict:
        group = [claim for claim in counted if claim.verdict is verdict]
        expected = sum(is_finding(claim) and claim.as_expected for claim in group)
        if len(group) > expected:
            parts.append(f"{len(group) - expected} {verdict}")
        if expected:
            parts.append(f"{expected} {verdict} as expected")
    unchecked = len(claims) - len(counted)
    head = f"{len(claims)} {'claim' if len(claims) == 1 else 'claims'}"
    text = f"{head}: {', '.join(parts)}" if parts else head
    return f"{text}; {unchecked} unchecked" if unchecked else text


def reproduce_command(paper: PaperResult, claim: str | None = None) -> str:
    """The command that makes this report again, or checks one of its claims."""
    named = paper.target or paper.slug
    target = shlex.quote(named if claim is None else f"{named}/{claim}")
    return f"check {target} --scale {paper.scale} --seed {paper.seed}"
