"""A DISAGREE as a file of its own beside the report, so that nobody has to find it among a thousand answers.

The one idea to know: the file is a view of the JSON report (``MemberResult.dispute``) with the ledger and the versions of the
engines; it goes when the next run no longer finds the contradiction.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from checker.report.names import checked_slug, file_part
from checker.result import ClaimResult, Disagreement, LemmaResult, MemberResult, PaperResult

DISAGREEMENTS: Final = "disagreements"


def disagreements(paper: PaperResult) -> Iterator[Disagreement]:
    """Every contradiction between two engines that a run met, near misses included."""
    versions = dict(paper.provenance.versions) if paper.provenance else {}
    for claim in paper.claims:
        for lemma in claim.lemmas:
            for question, member in _members(lemma):
                if member.dispute is not None:
                    yield _one(paper.slug, claim, lemma, question, member, versions)


def disagreement_texts(paper: PaperResult) -> dict[str, str]:
    """The files, by their paths in the folder of reports."""
    found: dict[str, str] = {}
    folder = f"{DISAGREEMENTS}/{checked_slug(paper.slug)}"
    for one in disagreements(paper):
        stem = "-".join(file_part(part) for part in (one.claim, one.part))
        name, count = f"{folder}/{stem}.json", 1
        while name.casefold() in {taken.casefold() for taken in found}:
            count += 1
            name = f"{folder}/{stem}-{count}.json"
        found[name] = json.dumps(one.model_dump(mode="json"), ensure_ascii=False, indent=1) + "\n"
    return found


def _members(lemma: LemmaResult) -> Iterator[tuple[str, MemberResult]]:
    for member in lemma.members:
        yield lemma.text, member
    for near_miss in lemma.near_misses:
        for member in near_miss.members:
            yield near_miss.text, member


def _one(
    slug: str, claim: ClaimResult, lemma: LemmaResult, question: str, member: MemberResult, versions: dict[str, str]
) -> Disagreement:
    assert member.dispute is not None
    return Disagreement(
        slug=slug,
        claim=claim.id,
        part=lemma.name,
        question=question,
        member=member.label,
        dispute=member.dispute,
        evidence=member.evidence,
        versions=versions,
    )
