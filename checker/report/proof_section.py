"""The ledger of evidence: what was asked of which engine, what it answered, and whether near misses were refuted."""

from __future__ import annotations

from collections.abc import Sequence

from checker.report.escape import code, formula, prose
from checker.report.tables import blocks, folded, table
from checker.report.wording import MARKS
from checker.result import LemmaResult, MemberResult
from checker.verdict import Verdict

_FEW_LINES = 6
_MOST_LABELS = 12
_LONGEST_FORMULA = 700  # characters of LaTeX with every definition expanded; beyond, the question as it was written
_LONGEST_QUESTION = 160
SECOND = "second engine"  # of the ledger: what another engine saw of a proof
_COVERS = {"step": "a step", "case": "a case", "claim": "the claim"}


def proof_section(lemmas: Sequence[LemmaResult]) -> str:
    """The lemmas of one claim, one row each; the engines' answers below, folded when there are many."""
    if not lemmas:
        return ""
    rows = [
        (
            code(lemma.name),
            formula(lemma.latex, lemma.text) if len(lemma.latex) <= _LONGEST_FORMULA else code(lemma.text),
            _family(lemma.members),
            _COVERS[lemma.covers],
            _verdict(lemma.verdict) + (f", {lemma.how}" if lemma.how else ""),
        )
        for lemma in lemmas
    ]
    return blocks(
        (
            "### Proof obligations",
            table(("obligation", "question", "for these values", "shows", "answer"), rows),
            *(_disputes(lemma) for lemma in lemmas),
            *(_open_members(lemma) for lemma in lemmas),
            _second_opinions(lemmas),
            _near_misses(lemmas),
            _ledger(lemmas),
        )
    )


def _verdict(verdict: Verdict) -> str:
    return f"{MARKS[verdict]} {verdict}" if verdict is Verdict.PASS else f"{MARKS[verdict]} **{verdict}**"


def _family(members: Sequence[MemberResult]) -> str:
    # A value such as "N = 2" must not be broken over two lines of a narrow column.
    labels = [code(member.label).replace(" ", "\N{NO-BREAK SPACE}") for member in members if member.label]
    more = f", … ({len(labels)} in all)" if len(labels) > _MOST_LABELS else ""
    return ", ".join(labels[:_MOST_LABELS]) + more


def _open_members(lemma: LemmaResult) -> str:
    """Why a lemma did not pass, and where it breaks; nothing for one that did."""
    lines = []
    if lemma.verdict is not Verdict.PASS:
        lines.append(f"**{code(lemma.name)}: {lemma.verdict}.** {prose(lemma.reason)}\n")
    for member in lemma.members:
        if member.verdict is Verdict.PASS:
            continue
        label = f"{code(member.label)}: " if member.label else ""
        text = prose(member.reason) if member.reason != lemma.reason or member.label else ""
        lines.append("- " + " ".join(part for part in (label + text, _witness(member)) if part))
    return "\n".join(line for line in lines if line.strip("- "))


def _disputes(lemma: LemmaResult) -> str:
    """What two engines say against each other, both values side by side, of the lemma and of its near misses."""
    members = [*lemma.members, *(member for near_miss in lemma.near_misses for member in near_miss.members)]
    parts = []
    for member in members:
        if member.dispute is None:
            continue
        found = member.dispute
        where = ", ".join(f"{name} = {value}" for name, value in found.point.items())
        place = f" at {code(where)}" if where else ""
        head = f"**{MARKS[Verdict.DISAGREE]} Two engines contradict each other** on {code(found.expression)}{place}:"
        grid = table(("engine", "says"), [(prose(one.engine), prose(one.value)) for one in found.opinions])
        parts += [head, grid, f"Ask both again: {code(found.replay)}" if found.replay else ""]
    return blocks(parts)


def _second_opinions(lemmas: Sequence[LemmaResult]) -> str:
    """Which proofs a second engine has made as well, and which rest on one engine alone."""
    twice, alone = [], []
    for lemma in lemmas:
        if lemma.verdict is not Verdict.PASS:
            continue
        engines = dict.fromkeys(member.alone for member in lemma.members if member.alone)
        if engines:
            alone.append(f"{code(lemma.name)} ({prose('; '.join(engines))})")
        elif any(line.engine == SECOND for member in lemma.members for line in member.evidence):
            twice.append(code(lemma.name))
    said = [f"Proved by two engines: {', '.join(twice)}." if twice else ""]
    said.append(f"One engine alone, mpmath agreeing at points unless said: {', '.join(alone)}." if alone else "")
    return " ".join(part for part in said if part)


def _witness(member: MemberResult) -> str:
    """Where it fails, exactly, and the two sides there."""
    where = code(", ".join(f"{name} = {value}" for name, value in member.witness.items()))
    replay = f"replay: {code(member.replay)}" if member.replay else ""
    return "; ".join(part for part in (f"at {where}" if where else "", prose(member.detail), replay) if part)


def _near_misses(lemmas: Sequence[LemmaResult]) -> str:
    rows = [
        (
            code(near_miss.text),
            code(lemma.name),
            _answers(near_miss.members),
            _refutation(near_miss.members),
            "yes" if near_miss.rejected else "**no**",
        )
        for lemma in lemmas
        for near_miss in lemma.near_misses
    ]
    return table(("near miss, must be refuted", "of", "answer", "refuted by", "rejected"), rows)


def _answers(members: Sequence[MemberResult]) -> str:
    """Each verdict with the members that got it: ``FAIL for N = 2, N = 5``."""
    groups: dict[Verdict, list[MemberResult]] = {}
    for member in members:
        groups.setdefault(member.verdict, []).append(member)
    said = []
    for verdict, group in groups.items():
        family = _family(group)
        said.append(f"{MARKS[verdict]} {verdict}" + (f" for {family}" if family else ""))
    return "; ".join(said)


def _refutation(members: Sequence[MemberResult]) -> str:
    """The first witness; where there is none, why."""
    refuted = [member for member in members if member.verdict is Verdict.FAIL] or list(members)
    for member in refuted:
        if member.witness:
            label = f"{code(member.label)}: " if member.label and len(members) > 1 else ""
            return label + _witness(member)
    return prose(refuted[0].reason or refuted[0].detail) if refuted else ""


def _ledger(lemmas: Sequence[LemmaResult]) -> str:
    rows = [
        (code(lemma.name), code(member.label), prose(line.engine), prose(line.question, _LONGEST_QUESTION), prose(line.answer))
        for lemma in lemmas
        for member in lemma.members
        for line in member.evidence
    ]
    if not rows:
        return ""
    grid = table(("obligation", "for", "engine", "question", "answer"), rows)
    if len(rows) <= _FEW_LINES:
        return blocks(("Which engine was asked what:", grid))
    return folded(f"Ledger: which engine was asked what ({len(rows)} answers)", grid)
