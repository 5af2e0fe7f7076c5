"""The report of one paper as Markdown that a code host renders as it is: the verdicts first, then the evidence.

The one idea: the bytes depend on the ``PaperResult`` alone, and of that not on ``Provenance`` or any ``seconds``.
"""

from __future__ import annotations

import re
from typing import Final

from checker.report.claim_section import anchor, claim_section
from checker.report.escape import code, formula, prose
from checker.report.names import figure_paths
from checker.report.tables import blocks, bullets, folded, table
from checker.report.wording import (
    LEGEND,
    how_words,
    is_finding,
    marked,
    origin_words,
    reproduce_command,
    score_words,
    sentence,
    tally,
    verdict_words,
)
from checker.result import ClaimResult, PaperResult
from checker.verdict import Verdict

_ARXIV: Final = re.compile(r"[0-9]{4}\.[0-9]{4,5}(v[0-9]+)?|[a-z-]+(\.[A-Z]{2})?/[0-9]{7}(v[0-9]+)?")
_OPEN: Final = (Verdict.INCONCLUSIVE, Verdict.UNSUPPORTED, Verdict.VACUOUS, Verdict.ERROR, Verdict.DISAGREE)


def render(paper: PaperResult) -> str:
    """The whole report; plots are linked at the paths of ``names.figure_paths``.

    Raises ``ReportError`` where the slug cannot be a file name.
    """
    plots = figure_paths(paper)
    sections = [
        claim_section(claim, {key[1:]: path for key, path in plots.items() if key[0] == index})
        for index, claim in enumerate(paper.claims)
    ]
    parts = (
        _head(paper),
        _summary(paper),
        _findings(paper),
        _open_questions(paper),
        _notation(paper),
        *sections,
        _foot(paper),
    )
    return blocks(parts) + "\n"


def _head(paper: PaperResult) -> str:
    facts = [prose(", ".join(paper.authors))] if paper.authors else []
    if paper.year is not None:
        facts.append(str(paper.year))
    if paper.arxiv:
        facts.append(_arxiv(paper.arxiv))
    line = " · ".join(facts)
    return blocks((f"# {prose(paper.title)}", line))


def _arxiv(identifier: str) -> str:
    """A link where the identifier has the form of one, new or old; else the text alone."""
    if _ARXIV.fullmatch(identifier):
        return f"[arXiv:{identifier}](https://arxiv.org/abs/{identifier})"
    return f"arXiv {code(identifier)}"


def _summary(paper: PaperResult) -> str:
    rows = [
        (
            f"[{prose(claim.id)}](#{anchor(claim.id)})",
            _verdict(claim),
            ", ".join(part for part in (how_words(claim), origin_words(claim)) if part),
            prose(claim.unchecked or claim.headline or claim.reason, limit=200),
        )
        for claim in paper.claims
    ]
    where = f"Scale {code(paper.scale)}, seed {paper.seed}; machine-readable: [{paper.slug}.json]({paper.slug}.json)"
    mutants = [mutant.rejected for claim in paper.claims for mutant in claim.mutants]
    power = f" Mutants of the claims: {score_words(sum(mutants), len(mutants))}." if mutants else ""
    lead = f"{marked(paper.verdict, bold=True)}: {tally(paper.claims)}.{power} {where}."
    grid = table(("claim", "verdict", "how", "in one line"), rows)
    return blocks((lead, grid, f"<sub>{LEGEND}</sub>"))


def _notation(paper: PaperResult) -> str:
    """Symbols and definitions of the file, folded: every name in a formula below is one of them."""
    rows = [
        (code(name), formula(latex, latex) if latex else "", code(said) if "(" in name else prose(said))
        for name, latex, said in paper.notation
    ]
    return (
        folded(f"Notation ({len(rows)} symbols and definitions)", table(("name", "printed", "is"), rows))
        if rows
        else ""
    )


def _verdict(claim: ClaimResult) -> str:
    words = verdict_words(claim)
    return f"**{words}**" if claim.unchecked is not None else marked(claim.verdict, words, bold=True)


def _findings(paper: PaperResult) -> str:
    items = []
    for claim in paper.claims:
        if not is_finding(claim):
            continue
        parts = [f"**[{prose(claim.id)}](#{anchor(claim.id)})**, as literally stated: {verdict_words(claim)}."]
        if claim.finding_instead:
            parts.append(f"True instead: {_sentence(claim.finding_instead, capital=False)}")
        if claim.finding_shown_by:
            parts.append(f"Shown by: {_sentence(claim.finding_shown_by, capital=False)}")
        items.append(" ".join(parts))
    if not items:
        return ""
    return blocks(("## Findings: claims that do not hold as stated", bullets(items)))


def _open_questions(paper: PaperResult) -> str:
    items = [
        f"[{prose(claim.id)}](#{anchor(claim.id)}): {verdict_words(claim)}. {_sentence(claim.reason)}"
        for claim in paper.claims
        if claim.unchecked is None and claim.verdict in _OPEN
    ]
    items += [
        f"[{prose(claim.id)}](#{anchor(claim.id)}): unchecked. {_sentence(claim.unchecked)}"
        for claim in paper.claims
        if claim.unchecked is not None
    ]
    items += [
        f"[{prose(claim.id)}](#{anchor(claim.id)}), beside its verdict: {_sentence(claim.not_shown)}"
        for claim in paper.claims
        if claim.not_shown
    ]
    if not items:
        return ""
    return blocks(("## What was not shown", bullets(items)))


def _sentence(text: str, *, capital: bool = True) -> str:
    return sentence(prose(text), capital=capital)


def _foot(paper: PaperResult) -> str:
    command = f"```sh\n{reproduce_command(paper)}\n```"
    how = (
        "Same claim file, same code, same seed: the same report, byte for byte. "
        f"Versions, device and timings are in [{paper.slug}.json]({paper.slug}.json); every paper is in the "
        "[index](README.md)."
    )
    notes = prose(paper.notes or "")
    warnings = folded(f"What lint says of the claim file ({len(paper.warnings)})", bullets(map(prose, paper.warnings)))
    return blocks(("## How to reproduce", command, how, notes, warnings if paper.warnings else ""))
