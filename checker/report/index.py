"""The index of all reports, built from the JSON files that lie in the folder: checking one paper keeps the others.

The one idea: a reader sees first what holds, then what does not hold as stated, then plainly what nobody has shown.
"""

from __future__ import annotations

import errno
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from checker.execute.files import read_regular
from checker.report.claim_section import anchor
from checker.report.errors import ReportError
from checker.report.escape import code, prose
from checker.report.json_report import load_summary
from checker.report.names import checked_slug
from checker.report.summary import ClaimSummary, PaperSummary
from checker.report.tables import blocks, bullets, folded, table
from checker.report.wording import LEGEND, marked, sentence
from checker.verdict import How, Verdict

_LARGEST: Final = 64 * 2**20
_KINDS: Final = ("proved", "cases proved", "steps proved", *(str(how) for how in How if how is not How.PROVED))

Entry = tuple[PaperSummary, ClaimSummary]
Group = tuple[str, list[PaperSummary]]


def read_folder(folder: Path) -> tuple[list[PaperSummary], list[str]]:
    """The summaries of the reports in ``folder``, by slug, and one line for each JSON file that is not a report.

    Links are not followed and files above 64 MiB not read.  Raises ``OSError`` where the folder cannot be listed.
    """
    papers: list[PaperSummary] = []
    unreadable: list[str] = []
    for path in sorted(folder.iterdir()):
        if path.suffix != ".json" or path.name.startswith("."):
            continue
        try:
            papers.append(_read(path))
        except (ReportError, OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            unreadable.append(f"{code(path.name)}: {prose(str(reason))}")
    return papers, unreadable


def render_index(papers: Sequence[PaperSummary], unreadable: Sequence[str] = ()) -> str:
    """``reports/README.md``: papers by family, findings, what is open and why, unchecked claims, every claim."""
    groups = _families(papers)
    papers = [paper for _, members in groups for paper in members]
    entries = [(paper, claim) for paper in papers for claim in paper.claims]
    undecided = [entry for entry in entries if _inconclusive(entry[1])]
    failed = [entry for entry in entries if _not_passed(entry[1]) and not _inconclusive(entry[1])]
    findings = [entry for entry in entries if entry[1].finding and not _inconclusive(entry[1])]
    unchecked = [entry for entry in entries if entry[1].unchecked]
    return (
        blocks(
            (
                "# What was checked",
                _lead(papers, entries),
                f"<sub>{LEGEND}</sub>",
                _papers(groups),
                _section("Not passed, and why", failed, _open),
                _section("Inconclusive, and why", undecided, _open)
                or ("## Inconclusive, and why\n\nNo claim." if entries else ""),
                _section("Findings: claims that do not hold as stated", findings, _finding),
                _section("Unchecked claims", unchecked, _unchecked),
                _claims(groups),
                blocks(("## Files that are not reports", bullets(unreadable))) if unreadable else "",
            )
        )
        + "\n"
    )


def _families(papers: Sequence[PaperSummary]) -> list[Group]:
    """The papers by family, families and papers by name; those without one last."""
    named = sorted({paper.family for paper in papers if paper.family})
    papers = sorted(papers, key=lambda paper: paper.slug)
    groups: list[Group] = [(family, [paper for paper in papers if paper.family == family]) for family in named]
    rest = [paper for paper in papers if not paper.family]
    return [*groups, ("no family given", rest)] if rest else groups


def _read(path: Path) -> PaperSummary:
    try:
        paper = load_summary(read_regular(path, _LARGEST).decode("utf-8"))
    except OSError as error:
        special = {errno.ELOOP: "not a regular file", errno.EINVAL: "not a regular file", errno.EFBIG: "larger than 64 MiB"}
        raise ReportError(special.get(error.errno or 0, error.strerror or type(error).__name__)) from None
    if checked_slug(paper.slug) != path.stem:
        raise ReportError(f"holds the report of {paper.slug!r}")
    return paper


def _lead(papers: Sequence[PaperSummary], entries: Sequence[Entry]) -> str:
    counts = []
    for verdict in Verdict:
        plain = sum(_counts(claim, verdict) and not claim.finding for _, claim in entries)
        finding = sum(_counts(claim, verdict) and claim.finding for _, claim in entries)
        counts += [f"{plain} {verdict}"] if plain else []
        counts += [f"{finding} {verdict} as a finding"] if finding else []
    unchecked = sum(claim.unchecked for _, claim in entries)
    counts += [f"{unchecked} unchecked"] if unchecked else []
    head = f"**{_many(len(papers), 'paper')}, {_many(len(entries), 'claim')}**"
    score = _score([claim for _, claim in entries])
    mutants = f" Mutants rejected: {score}." if score else ""
    scales = sorted({paper.scale for paper in papers})
    scale = f" Scale: {', '.join(map(code, scales))}." if scales else ""
    return (f"{head}: {', '.join(counts)}." if counts else f"{head}.") + mutants + scale


def _counts(claim: ClaimSummary, verdict: Verdict) -> bool:
    return not claim.unchecked and claim.verdict is verdict


def _inconclusive(claim: ClaimSummary) -> bool:
    """Undecided, expected or not: both belong on the list of what nobody has shown."""
    return not claim.unchecked and claim.verdict is Verdict.INCONCLUSIVE


def _not_passed(claim: ClaimSummary) -> bool:
    return not claim.unchecked and not claim.finding and claim.verdict is not Verdict.PASS


def _many(count: int, thing: str) -> str:
    return f"{count} {thing}{'' if count == 1 else 's'}"


def _papers(groups: Sequence[Group]) -> str:
    parts = ["## Papers"]
    for family, papers in groups:
        rows = [
            (
                f"[{prose(paper.title)}]({paper.slug}.md)" + (f" ({paper.year})" if paper.year is not None else ""),
                marked(paper.verdict, bold=True),
                str(len(paper.claims)),
                _tally(paper),
                _reached(paper),
                _score(paper.claims),
            )
            for paper in papers
        ]
        header = ("paper", "verdict", "claims", "of which", "how", "mutants rejected")
        parts += [f"### {prose(family.capitalize())}", table(header, rows, "llrllr")]
    return blocks(parts) if groups else ""


def _tally(paper: PaperSummary) -> str:
    """``9 PASS, 2 findings, 1 INCONCLUSIVE, 1 unchecked``."""
    claims = paper.claims
    findings = sum(claim.finding and not _inconclusive(claim) for claim in claims)
    parts = [
        f"{count} {verdict}"
        for verdict in Verdict
        if (count := sum(_counts(c, verdict) and (not c.finding or _inconclusive(c)) for c in claims))
    ]
    parts += [_many(findings, "finding")] if findings else []
    unchecked = sum(claim.unchecked for claim in claims)
    return ", ".join([*parts, f"{unchecked} unchecked"] if unchecked else parts)


def _reached(paper: PaperSummary) -> str:
    """How many of the claims that passed rest on each kind of evidence: ``proved 4, cases proved 2, simulated 7``."""
    kinds = Counter(
        kind
        for claim in paper.claims
        if _counts(claim, Verdict.PASS)
        for kind in claim.how.split(",")[0].split(" + ")
    )
    return ", ".join(f"{kind} {kinds[kind]}" for kind in _KINDS if kinds[kind])


def _score(claims: Sequence[ClaimSummary]) -> str:
    """Empty where no mutants were made."""
    made, rejected = sum(claim.mutants for claim in claims), sum(claim.mutants_rejected for claim in claims)
    return f"{rejected}/{made} ({100 * rejected // made}\N{NO-BREAK SPACE}%)" if made else ""


def _claims(groups: Sequence[Group]) -> str:
    parts = ["## Every claim"]
    for _, papers in groups:
        for paper in papers:
            rows = [
                (
                    f"[{prose(claim.id)}]({paper.slug}.md#{anchor(claim.id)})",
                    _verdict(claim),
                    claim.how,
                    _score((claim,)),
                    prose(claim.line, limit=160),
                )
                for claim in paper.claims
            ]
            shown = table(("claim", "verdict", "how", "mutants rejected", "in one line"), rows, "lllrl")
            parts.append(folded(f"{paper.slug}: {_many(len(paper.claims), 'claim')}, {_tally(paper)}", shown))
    return blocks(parts) if groups else ""


def _verdict(claim: ClaimSummary) -> str:
    return prose(claim.words) if claim.unchecked else marked(claim.verdict, prose(claim.words))


def _link(entry: Entry) -> str:
    paper, claim = entry
    return f"[{paper.slug}/{prose(claim.id)}]({paper.slug}.md#{anchor(claim.id)})"


def _section(title: str, entries: Sequence[Entry], say: Callable[[ClaimSummary], str]) -> str:
    if not entries:
        return ""
    return blocks((f"## {title}", bullets(f"{_link(entry)}: {say(entry[1])}" for entry in entries)))


def _finding(claim: ClaimSummary) -> str:
    instead = f" True instead: {sentence(prose(claim.instead))}" if claim.instead else ""
    return f"{prose(claim.words)}.{instead}"


def _open(claim: ClaimSummary) -> str:
    instead = f" What is true: {sentence(prose(claim.instead))}" if claim.instead else ""
    return f"{prose(claim.words)}. {sentence(prose(claim.reason), capital=True)}{instead}"


def _unchecked(claim: ClaimSummary) -> str:
    return sentence(prose(claim.reason), capital=True)
