"""Replay from the JSON of a report: the stored witness or measurement made again and compared with what is stored.

The one idea: a part is addressed as the report names it (``CLAIM/PART``, a near miss as ``CLAIM/PART#2``), and everything
else (scale, seed, instance, point) is read from the report and not from the reader's memory.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from checker.commands.committed import changes, claim_file
from checker.errors import CheckError, ExitCode, printable
from checker.report.audit import Report, read_report
from checker.report.errors import ReportError
from checker.report.json_report import intact
from checker.result import CheckResult, ClaimResult, LemmaResult, MeasureResult, MemberResult

if TYPE_CHECKING:
    from checker.spec.claim import Claim

_LONGEST: Final = 90


@dataclass(frozen=True, slots=True)
class Part:
    """One thing of a report that can be replayed, or cannot, with the reason in ``nothing``."""

    claim: ClaimResult
    name: str
    stored: str  # what the report holds of it, in words
    lemma: LemmaResult | None = None
    measure: int | None = None  # its position in the claim
    check: CheckResult | None = None
    near_miss: int | None = None  # of the lemma, or the control of the measure, counted from 0
    nothing: str = ""

    @property
    def address(self) -> str:
        """How a user names it behind the report."""
        number = "" if self.near_miss is None else f"#{self.near_miss + 1}"
        return f"{self.claim.id}/{self.name}{number}"


def replay_report(options: argparse.Namespace) -> int:
    """List what a report holds, or replay one part of it; returns the exit code."""
    given = {
        "--instance": options.instance, "--at": options.at, "--set": options.set, "--scale": options.scale,
        "--seed": options.seed,
    }  # fmt: skip
    for option, value in given.items():
        if value not in (None, []):
            raise CheckError(f"{option}: is read from the report; leave it out, or name the part as SLUG/CLAIM/PART")
    try:
        report = read_report(Path(options.target))
    except ReportError as problem:
        raise CheckError(str(problem)) from None
    if options.part is None:
        for part in parts_of(report):
            print(printable(f"{part.address}  {part.nothing or part.stored}"))
        return int(ExitCode.OK)
    return _replay(report, _chosen(report, options.part), options)


def parts_of(report: Report) -> Iterator[Part]:
    """Everything of a report that has an address."""
    for claim in report.paper.claims:
        for lemma in claim.lemmas:
            nothing = "" if lemma.members else f"nothing to replay: {lemma.reason or 'no engine was asked'}"
            yield Part(claim, lemma.name, _said(lemma.members) or lemma.verdict.value, lemma=lemma, nothing=nothing)
            for index, near_miss in enumerate(lemma.near_misses):
                nothing = "" if near_miss.members else "nothing to replay: no engine was asked"
                said = f"near miss {_clipped(near_miss.text)}: {_said(near_miss.members)}"
                yield Part(claim, lemma.name, said, lemma=lemma, near_miss=index, nothing=nothing)
        for index, measure in enumerate(claim.measures):
            if measure.unsupported:
                nothing = f"nothing to replay: {measure.unsupported}"
                yield Part(claim, measure.run, "", measure=index, nothing=nothing)
                continue
            said = f"measurement on {measure.seeds} instance{'' if measure.seeds == 1 else 's'}, all checks of it"
            yield Part(claim, measure.run, said, measure=index)
            for check in measure.checks:
                yield Part(claim, check.name, _stored(check), measure=index, check=check)
            for number, control in enumerate(measure.controls):
                judged = control.verdict is not None or control.check
                nothing = "" if judged else f"nothing to replay: {control.reason}"
                said = f"near miss {_clipped(control.text)}: {control.verdict}"
                yield Part(claim, measure.run, said, measure=index, near_miss=number, nothing=nothing)


def _said(members: tuple[MemberResult, ...]) -> str:
    found = [f"{member.label}: {member.verdict}".removeprefix(": ") + _at(member) for member in members]
    return "; ".join(found[:3]) + (f"; and {len(found) - 3} more" if len(found) > 3 else "")


def _at(member: MemberResult) -> str:
    return " at " + _clipped(", ".join(f"{name} = {value}" for name, value in member.witness.items())) if member.witness else ""


def _stored(check: CheckResult) -> str:
    if check.witness is None:
        return f"{check.verdict}, no witness: measured again in full"
    where = ", ".join(f"{axis} = {value}" for axis, value in check.witness.where.items())
    return f"{check.verdict} at {where}: measured {check.witness.measured}"


def _clipped(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _chosen(report: Report, name: str) -> list[Part]:
    """The parts of that address: a check and an obligation may share one; the name of a check also finds its controls."""
    claim, _, rest = name.partition("/")
    rest, _, number = rest.partition("#")
    known = list(parts_of(report))
    if not any(part.claim.id == claim for part in known):
        claims = ", ".join(dict.fromkeys(part.claim.id for part in known))
        raise CheckError(f"{report.path}: no claim {claim!r} with parts; it has {claims}")
    own = [part for part in known if part.claim.id == claim]
    if not number:
        found = [part for part in own if part.near_miss is None and part.name == rest]
        named = [part for part in found if part.lemma is not None or part.check is not None]
        found = named or found
    else:
        runs = {part.measure for part in own if part.check is not None and part.name == rest}
        found = [
            part for part in own
            if part.near_miss is not None and str(part.near_miss + 1) == number
            and (part.name == rest or (part.lemma is None and part.measure in runs))
        ]  # fmt: skip
    if not found:
        addresses = ", ".join(dict.fromkeys(part.address.partition("/")[2] for part in own))
        raise CheckError(f"{report.path}: {claim} has no part {rest + (f'#{number}' if number else '')!r}; it has {addresses}")
    return found


def _replay(report: Report, parts: list[Part], options: argparse.Namespace) -> int:
    paper = report.paper
    path = claim_file(report, None if options.claims is None else Path(options.claims))
    if path is None:
        raise CheckError(f"{report.path}: no claim file {paper.slug}.yaml for it; name its folder with --claims")
    print(printable(f"{report.path}: scale {paper.scale}, seed {paper.seed}; claims: {os.path.relpath(path)}"))
    for line in _differing(report, path, options, any(part.lemma is None for part in parts)):
        print(printable(f"  differs: {line}"))
    same = True
    for part in parts:
        print(printable(part.address))
        if part.nothing:
            print(printable(f"  {part.nothing}"))
            continue
        lines, alike = _again(report, path, part, options)
        print("\n".join(printable(f"  {line}") for line in lines))
        same = same and alike
    return int(ExitCode.OK if same else ExitCode.FAILED)


def _differing(report: Report, path: Path, options: argparse.Namespace, measured: bool) -> Iterator[str]:
    """What is another than when the report was written, one line each."""
    from checker import __version__

    provenance = report.paper.provenance
    if intact(report.text) is False:
        yield f"{report.path.name} was changed after it was written (its checksum is that of another content)"
    yield from (change.said for change in changes(report, path))
    if provenance is None:
        return
    if provenance.checker not in ("", __version__):
        yield f"check was {provenance.checker}, is {__version__}"
    if measured and provenance.device not in ("none", "auto"):  # older reports say what was asked for
        from checker.simulate.device import described

        now = described(options.device)
        if provenance.device != now:
            yield f"device was {provenance.device}, is {now}"


def _again(report: Report, path: Path, part: Part, options: argparse.Namespace) -> tuple[list[str], bool]:
    from checker.commands.replay_parts import check_again, lemma_again, measure_compared
    from checker.spec.load import load_paper

    paper = report.paper
    claims = {claim.id: claim for claim in load_paper(path, scale=paper.scale).claims}
    gone = CheckError(f"{path}: has no {part.address} any more; the report is of another claim file")
    if part.claim.id not in claims:
        raise gone
    claim = claims[part.claim.id]
    if part.lemma is not None:
        found = next((lemma for lemma in claim.lemmas if lemma.name == part.lemma.name), None)
        if found is None or (part.near_miss is not None and part.near_miss >= len(found.near_misses)):
            raise gone
        return lemma_again(found, part.lemma, part.near_miss, options.member, options.jobs)
    assert part.measure is not None
    stored = part.claim.measures[part.measure]
    if not _there(claim, part, stored):
        raise gone
    if part.check is not None and part.check.witness is not None and not options.whole:
        return check_again(claim, part.measure, part.check, stored, paper.scale, paper.seed, options.device)
    return measure_compared(claim, part.measure, stored, part.check, part.near_miss, paper.scale, paper.seed, options.device)


def _there(claim: Claim, part: Part, stored: MeasureResult) -> bool:
    if part.measure is None or part.measure >= len(claim.measures):
        return False
    measure = claim.measures[part.measure]
    named = part.check is None or any(check.name == part.check.name for check in measure.checks)
    return measure.run.name == stored.run and named
