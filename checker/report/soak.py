"""What many runs with fresh seeds found: verdicts by claim, flakes, and their rate with its interval.

The one idea: a flake is a verdict other than the expected one.  Only claims whose evidence changes with the seed count in the
rate; proofs, and measurements that come out the same whatever the seed, are listed apart, or they would dilute it.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from checker.report.escape import code
from checker.report.numerals import number
from checker.report.tables import blocks, bullets, table
from checker.result import ClaimResult, PaperResult
from checker.verdict import Verdict

Kind = Literal["met", "contradiction", "undecided", "error", "decided"]
CONFIDENCE: Final = 0.95
_COLUMNS: Final = (Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.ERROR)
_HEADER: Final = ("claim", "expected", "runs", *(verdict.value for verdict in _COLUMNS), "other", "flakes")
_ALIGN: Final = "ll" + "r" * 7
_MEANING: Final = (
    "A flake is a verdict other than the expected one: a *contradiction* decides the other way round (or two engines "
    "disagree), *undecided* is INCONCLUSIVE or UNSUPPORTED, *error* a run that broke, *decided* a verdict where none was "
    "expected."
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One claim under one seed; ``evidence`` is a digest of everything that was measured, empty where nothing was."""

    seed: int
    verdict: Verdict
    kind: Kind
    evidence: str


@dataclass(frozen=True, slots=True)
class Row:
    """One claim under all seeds."""

    claim: str
    expected: Verdict
    outcomes: tuple[Outcome, ...]

    @property
    def flakes(self) -> tuple[Outcome, ...]:
        """The runs without the expected verdict, by seed."""
        return tuple(outcome for outcome in self.outcomes if outcome.kind != "met")

    @property
    def proved_only(self) -> bool:
        """Whether nothing was measured, so that no seed was used."""
        return not any(outcome.evidence for outcome in self.outcomes)

    @property
    def fixed(self) -> bool:
        """Whether several seeds gave the same measurement to the last digit: no random draw has a part in it."""
        return len(self.outcomes) > 1 and len({outcome.evidence for outcome in self.outcomes}) == 1


@dataclass(frozen=True, slots=True)
class Soak:
    """All claims, by name, at one scale."""

    scale: str
    seeds: tuple[int, ...]
    rows: tuple[Row, ...]

    @property
    def counted(self) -> tuple[Row, ...]:
        """The claims whose evidence depends on the seed."""
        return tuple(row for row in self.rows if not row.proved_only and not row.fixed)

    @property
    def apart(self) -> tuple[Row, ...]:
        """The others."""
        return tuple(row for row in self.rows if row.proved_only or row.fixed)

    @property
    def contradictions(self) -> tuple[tuple[str, Outcome], ...]:
        """Every run of any claim that decided the other way round."""
        return tuple((row.claim, one) for row in self.rows for one in row.flakes if one.kind == "contradiction")

    @property
    def unmet(self) -> tuple[tuple[str, Outcome], ...]:
        """Every flake of any claim."""
        return tuple((row.claim, one) for row in self.rows for one in row.flakes)


def gather(papers: Iterable[PaperResult]) -> Soak:
    """The table of reports of any number of files and seeds; claims that nobody checks are left out.

    Of two reports of one file and seed the later counts.  Raises ``ValueError`` for reports of different scales.
    """
    found: dict[str, dict[int, Outcome]] = {}
    expected: dict[str, Verdict] = {}
    scales: set[str] = set()
    seeds: set[int] = set()
    for paper in papers:
        scales.add(paper.scale)
        seeds.add(paper.seed)
        for claim in paper.claims:
            if claim.unchecked is None:
                name = f"{paper.slug}/{claim.id}"
                expected[name] = claim.expected
                found.setdefault(name, {})[paper.seed] = _outcome(claim, paper.seed)
    if len(scales) > 1:
        raise ValueError(f"reports of different scales: {', '.join(sorted(scales))}")
    rows = tuple(
        Row(name, expected[name], tuple(outcome for _, outcome in sorted(found[name].items()))) for name in sorted(found)
    )
    return Soak("".join(scales), tuple(sorted(seeds)), rows)


def _outcome(claim: ClaimResult, seed: int) -> Outcome:
    return Outcome(seed, claim.verdict, _kind(claim.verdict, claim.expected), _evidence(claim))


def _kind(verdict: Verdict, expected: Verdict) -> Kind:
    if verdict is expected:
        return "met"
    if verdict is Verdict.ERROR:
        return "error"
    if verdict in (Verdict.INCONCLUSIVE, Verdict.UNSUPPORTED):
        return "undecided"
    if verdict is not Verdict.DISAGREE and expected in (Verdict.INCONCLUSIVE, Verdict.UNSUPPORTED):
        return "decided"
    return "contradiction"


def _evidence(claim: ClaimResult) -> str:
    if not claim.measures:
        return ""
    data = [measure.model_dump(mode="json") for measure in claim.measures]
    return hashlib.sha256(json.dumps(_without_times(data), sort_keys=True).encode()).hexdigest()


def _without_times(value: Any) -> Any:
    """The data without what names the run instead of what it found (seconds, and the seed in replay commands)."""
    if isinstance(value, Mapping):
        return {key: _without_times(item) for key, item in value.items() if key not in ("seconds", "replay")}
    return [_without_times(item) for item in value] if isinstance(value, list) else value


def rates(soak: Soak) -> list[str]:
    """The flake rate in words, kind by kind, with Clopper-Pearson intervals; independent runs are assumed."""
    from checker.judge.intervals import clopper_pearson

    kinds: Counter[str] = Counter(one.kind for row in soak.counted for one in row.outcomes)
    runs = sum(kinds.values())
    if not runs:
        return ["No claim whose evidence depends on the seed."]
    said = []
    for word, count in (
        ("flakes", runs - kinds["met"]), ("contradictions", kinds["contradiction"]), ("undecided", kinds["undecided"]),
        ("errors", kinds["error"]), ("decided against expectation", kinds["decided"]),
    ):  # fmt: skip
        if count or word in ("flakes", "contradictions"):
            share = clopper_pearson(count, runs, 1 - CONFIDENCE)
            ends = f"{number(100 * share.lo, 2)} % to {number(100 * share.hi, 2)} %"
            said.append(f"{word}: {count} of {runs} runs, {number(100 * count / runs, 3)} % ({CONFIDENCE:.0%} interval {ends})")
    apart = [one for row in soak.apart for one in row.outcomes]
    unmet = sum(one.kind != "met" for one in apart)
    if unmet:
        said.append(f"beside them, flakes of claims that do not depend on the seed: {unmet} of {len(apart)} runs")
    return said


def headline(soak: Soak) -> str:
    """What was run, in one line."""
    claims, apart = len(soak.counted), len(soak.apart)
    beside = f", and {apart} whose evidence does not depend on the seed" if apart else ""
    return f"Scale {soak.scale}, {len(soak.seeds)} seeds, {claims} claims that depend on them{beside}"


def cells(row: Row) -> tuple[str, ...]:
    """The row of the table."""
    counts = Counter(outcome.verdict for outcome in row.outcomes)
    other = sum(count for verdict, count in counts.items() if verdict not in _COLUMNS)
    numbers = (len(row.outcomes), *(counts[verdict] for verdict in _COLUMNS), other, len(row.flakes))
    return (row.claim, row.expected.value, *map(str, numbers))


def lines(soak: Soak) -> list[str]:
    """The table for a terminal, flakes below it, and the rates."""
    shown = [tuple(_HEADER), *(cells(row) for row in soak.counted)]
    widths = [max(len(row[index]) for row in shown) for index in range(len(_HEADER))]
    grid = [
        "  ".join(
            cell.ljust(width) if index < 2 else cell.rjust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in shown
    ]
    return [*(grid if soak.counted else []), *_flakes(soak), headline(soak) + ".", *rates(soak)]


def _flakes(soak: Soak) -> list[str]:
    return [f"{one.kind}: {name}, seed {one.seed}: {one.verdict}" for name, one in soak.unmet]


def markdown(soak: Soak, command: str) -> str:
    """The soak as it is kept: rates first, then flakes, then every claim; nothing in it depends on when or where it ran."""
    flaking = [f"{one.kind}: {code(name)}, seed {one.seed}: {one.verdict}" for name, one in soak.unmet]
    proved = [row for row in soak.apart if row.proved_only]
    fixed = [row for row in soak.apart if not row.proved_only]
    return (
        blocks(
            (
                "# Soak with fresh seeds",
                f"{headline(soak)}. Written by `{command}`.",
                bullets(rates(soak)),
                _MEANING + " The intervals are for independent runs; claims of one paper share runs.",
                blocks(("## Flakes", bullets(flaking) or "None.")),
                _table("Claims that depend on the seed", soak.counted),
                _table("Measured, the same to the last digit under every seed", fixed),
                _table("Proved only", proved),
                f"Seeds: {', '.join(map(str, soak.seeds))}.",
            )
        )
        + "\n"
    )


def _table(title: str, rows: Sequence[Row]) -> str:
    if not rows:
        return ""
    body = [(code(name), *rest) for name, *rest in map(cells, rows)]
    return blocks((f"## {title}", table(_HEADER, body, _ALIGN)))
