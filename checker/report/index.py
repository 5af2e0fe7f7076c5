"""The index of all reports, built from the JSON files that lie in the folder: checking one paper keeps the others.

The one idea: a reader sees first what holds, then what does not hold as stated, then plainly what nobody has shown.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from checker.report.claim_section import anchor
from checker.report.errors import ReportError
from checker.report.escape import code, prose
from checker.report.json_report import load_summary
from checker.report.names import checked_slug
from checker.report.summary import ClaimSummary, PaperSummary
from checker.report.tables import blocks, bullets, table
from checker.report.wording import LEGEND, marked, sentence
from checker.verdict import Verdict

_LARGEST: Final = 64 * 2**20

Entry = tuple[PaperSummary, ClaimSummary]


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
    """``reports/README.md``: papers, claims, findings, open questions, unchecked claims."""
    entries = [(paper, claim) for paper in papers for claim in paper.claims]
    findings = [entry for entry in entries if entry[1].finding]
    unchecked = [entry for entry in entries if entry[1].unchecked]
    undecided = [entry for entry in entries if _not_passed(entry[1])]
    return (
        blocks(
            (
                "# What was checked",
                _lead(papers, entries),
                f"<sub>{LEGEND}</sub>",
                _papers(papers),
                _section("Findings: claims that do not hold as stated", findings, _finding),
                _section("Not passed, and why", undecided, _open),
                _section("Unchecked claims", unchecked, _unchecked),
                _claims(entries),
                blocks(("## Files that are not reports", bullets(unreadable))) if unreadable else "",
            )
        )
        + "\n"
    )


def _read(path: Path) -> PaperSummary:
    status = os.lstat(path)
    if not stat.S_ISREG(status.st_mode):
        raise ReportError("not a regular file")
    if status.st_size > _LARGEST:
        raise ReportError("larger than 64 MiB")
    paper = load_summary(path.read_text(encoding="utf-8"))
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
    return f"{head}: {', '.join(counts)}." if counts else f"{head}."


def _counts(claim: ClaimSummary, verdict: Verdict) -> bool:
    return not claim.unchecked and claim.verdict is verdict


def _not_passed(claim: ClaimSummary) -> bool:
    return not claim.unchecked and not claim.finding and claim.verdict is not Verdict.PASS


def _many(count: int, thing: str) -> str:
    return f"{count} {thing}{'' if count == 1 else 's'}"


def _papers(papers: Sequence[PaperSummary]) -> str:
    rows = [
        (
            f"[{prose(paper.title)}]({paper.slug}.md)",
            "" if paper.year is None else str(paper.year),
            marked(paper.verdict, bold=True),
            str(len(paper.claims)),
            str(sum(_counts(claim, Verdict.PASS) for claim in paper.claims)),
            str(sum(claim.finding for claim in paper.claims)),
            str(sum(_not_passed(claim) for claim in paper.claims)),
            str(sum(claim.unchecked for claim in paper.claims)),
            _score(paper.claims),
            code(paper.scale),
        )
        for paper in papers
    ]
    header = ("paper", "year", "verdict", "claims", "PASS", "findings", "not passed", "unchecked", "mutants rejected", "scale")
    return blocks(("## Papers", table(header, rows, "lrlrrrrrrl"))) if rows else ""


def _score(claims: Sequence[ClaimSummary]) -> str:
    """Empty where no mutants were made."""
    made, rejected = sum(claim.mutants for claim in claims), sum(claim.mutants_rejected for claim in claims)
    return f"{rejected}/{made} ({100 * rejected // made} %)" if made else ""


def _claims(entries: Sequence[Entry]) -> str:
    rows = [(_link(entry), _verdict(entry[1]), entry[1].how, prose(entry[1].line, limit=160)) for entry in entries]
    return blocks(("## Every claim", table(("claim", "verdict", "how", "in one line"), rows))) if rows else ""


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
    return f"{prose(claim.words)}. {sentence(prose(claim.reason), capital=True)}"


def _unchecked(claim: ClaimSummary) -> str:
    return sentence(prose(claim.reason), capital=True)
