"""What a run of the checker found: frozen models that the report, the JSON and the library's callers share.

Everything the markdown shows is here; nothing here depends on the time of day or the machine except ``Provenance``,
which only the JSON prints.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from checker.verdict import How, Verdict


class Result(BaseModel):
    """Base: immutable, strict about its keys; NaN and infinities are allowed and written as text in JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")


class EvidenceLine(Result):
    """Which engine was asked what, and what it answered."""

    engine: str
    question: str
    answer: str


class OpinionResult(Result):
    """What one engine says, as it prints it."""

    engine: str
    value: str


class DisputeResult(Result):
    """Two engines that contradict each other: both answers on the same expression, at a point where there is one."""

    expression: str
    point: Mapping[str, str] = Field(default_factory=dict)  # symbol -> exact rational
    opinions: tuple[OpinionResult, OpinionResult]
    replay: str = ""  # the command that asks both again


class MemberResult(Result):
    """One member of a ``for:`` family (or the only one, with an empty label)."""

    label: str
    verdict: Verdict
    how: How | None
    reason: str
    detail: str = ""
    evidence: tuple[EvidenceLine, ...] = ()
    witness: Mapping[str, str] = Field(default_factory=dict)
    replay: str = ""  # the command that shows the witness again
    alone: str = ""  # of a proof: the engine, where no second one has made it on the whole domain
    dispute: DisputeResult | None = None  # of a DISAGREE
    seconds: float = 0.0


class NearMissResult(Result):
    """A false variant of a lemma; rejected when at least one member is refuted and none is proved."""

    text: str
    rejected: bool
    members: tuple[MemberResult, ...]


class LemmaResult(Result):
    """One ``prove:`` entry; ``covers`` says how much of the claim it proves."""

    name: str
    kind: str
    text: str
    latex: str
    covers: Literal["step", "case", "claim"]
    verdict: Verdict
    how: How | None
    reason: str
    members: tuple[MemberResult, ...]
    near_misses: tuple[NearMissResult, ...] = ()


class Span(Result):
    """A closed interval; infinite ends are allowed."""

    lo: float
    hi: float


class CellResult(Result):
    """One interval against its two nested regions."""

    label: str
    interval: Span | None
    inner: Span
    outer: Span
    verdict: Verdict | None
    note: str = ""


class LookResult(Result):
    """One look of the sequential design."""

    seeds: int
    alpha: float
    decided: Verdict | None
    interval: Span | None


class Curve(Result):
    """One line, band or set of points of a plot."""

    label: str
    role: Literal["observable", "prediction", "control", "region", "interval", "bound"]
    x: tuple[float, ...]
    y: tuple[float, ...]
    y_low: tuple[float, ...] = ()
    y_high: tuple[float, ...] = ()
    joined: bool = True  # False: separate points, for an axis without an order such as instances


class Figure(Result):
    """A plot as data: the report draws it, nothing else knows how."""

    title: str
    x_label: str
    y_label: str
    x_log: bool = False
    y_log: bool = False
    curves: tuple[Curve, ...] = ()


class WitnessResult(Result):
    """Where the evidence went against the prediction, and the command that shows it again."""

    where: Mapping[str, str]  # "seed": "5", "rho": "1e4", or symbol -> exact rational
    measured: str
    predicted: str
    replay: str
    given: Mapping[str, str] = Field(default_factory=dict)  # of an instance found by search: its symbols, made simple
    low: float | None = None  # the smallest and the largest number measured there, with all digits
    high: float | None = None
    error: float | None = None  # the largest numerical error of any of them


class ControlResult(Result):
    """One near miss judged by the rule of the check on the same data."""

    text: str
    because: str
    form: Literal["prediction", "let", "with", "drop"]
    check: str  # the check that rejected it, or the first it was tried on
    verdict: Verdict | None
    rejected: bool
    reason: str
    interval: Span | None = None
    region: Span | None = None
    missed: float | None = None  # margins between the interval of the failing cell and the region


class FitResult(Result):
    """One least-squares fit behind an extrapolated number, on the ``sizes`` largest sizes: estimate +- (half + 2 drift).

    ``chosen``: its window gives the interval of the verdict (the hull over all terms of that window).
    """

    coordinate: str  # p, q or limit
    first: float
    sizes: int
    term: str
    estimate: float
    half: float
    drift: float
    chosen: bool


_NO_NUMBERS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def _cell(value: object) -> object:
    """The number that JSON had to write as text, so that a report printed from JSON is the same."""
    return _NO_NUMBERS.get(value, value) if isinstance(value, str) else value


Cell: TypeAlias = Annotated[str | float, BeforeValidator(_cell)]


class CheckResult(Result):
    """One prediction and where the evidence lies; ``conditions`` are printed beside the verdict.

    A condition is anything the verdict leans on besides the data: a declared correction order, ``from:``, ``where`` and
    ``keep`` with the counts they kept.
    """

    name: str
    quantity: str
    prediction: str
    over: str
    verdict: Verdict
    how: How | None
    reason: str
    conditions: tuple[str, ...] = ()
    cells: tuple[CellResult, ...] = ()
    looks: tuple[LookResult, ...] = ()
    header: tuple[str, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    fits: tuple[FitResult, ...] = ()
    figure: Figure | None = None
    witness: WitnessResult | None = None


class MeasureResult(Result):
    """One run, the checks and controls that read it, and the instances that failed with the reason."""

    run: str
    experiment: str
    summary: str  # one line: data, model, sweep, dtype
    seeds: int
    checks: tuple[CheckResult, ...]
    controls: tuple[ControlResult, ...]
    failures: Mapping[str, str] = Field(default_factory=dict)
    definitions: Mapping[str, str] = Field(default_factory=dict)  # the `let:` of the measurement, as written
    unsupported: str = ""  # what it asks for that is not built; there are no checks then
    sizes: tuple[int, ...] = ()  # how many instances were measured at each look, controls included
    seconds: float = 0.0


class AssumptionResult(Result):
    """A hypothesis of the claim and how it was made sure that the data satisfy it."""

    name: str
    statement: str
    enforced: str  # "by the data generator", "checked on 32 of 32 instances", "declared only"
    verdict: Verdict


class MutantResult(Result):
    """A neighbour of the claim made by the tool (not by the author); ``rejected`` is False for a survivor.

    A survivor with ``proved`` is a true statement, which nobody could have rejected: the claim says less than it might.
    """

    text: str  # the mutated question or prediction
    change: str  # "exponent 1 -> 5/4", "inequality reversed", "assumption dropped"
    of: str  # the lemma or check it mutates
    rejected: bool
    reason: str = ""
    proved: bool = False


class ClaimResult(Result):
    """One statement of the paper, its verdict and all the evidence."""

    id: str
    statement: str
    source: Mapping[str, str]
    origin: Literal["paper", "derived"]
    strength: str | None
    verdict: Verdict
    how: tuple[How, ...]  # every kind of evidence its PASS rests on
    headline: str  # the verdict line in words
    reason: str
    expected: Verdict
    as_expected: bool
    assumptions: tuple[AssumptionResult, ...] = ()
    lemmas: tuple[LemmaResult, ...] = ()
    measures: tuple[MeasureResult, ...] = ()
    mutants: tuple[MutantResult, ...] = ()
    no_mutants: str = ""  # why none were made, where they were asked for
    finding_instead: str | None = None
    finding_shown_by: str | None = None
    proxy: str | None = None
    unchecked: str | None = None
    not_shown: str | None = None
    notes: str | None = None


class Provenance(Result):
    """What varies between machines and days: printed in the JSON only."""

    content_hash: str  # of the claim file
    code_hash: str  # of all source files of the checker
    versions: Mapping[str, str]  # of Python and the engines
    device: str  # that computed: "cpu", "gpu: NVIDIA H100 80GB HBM3", or "none" where nothing was measured
    dtype: str
    scale: str
    seed: int
    seconds: float
    cpu_seconds: float
    error_budget: float  # of each claim, for a wrong PASS or FAIL
    checker: str = ""  # its version
    evidence_hash: str = ""  # of the source files that prove, measure and judge
    presentation_hash: str = ""  # of those that print
    claims: Mapping[str, str] = Field(default_factory=dict)  # of each claim: everything in the file it depends on
    device_asked: str = ""  # cpu, gpu or auto
    mutants: bool | None = None  # whether they were made
    only: tuple[str, ...] = ()  # the claims that were named; empty: all of the file


class Disagreement(Result):
    """A DISAGREE as a file of its own: where it came up, both answers, and the whole ledger that led to it."""

    schema_version: Literal[1] = 1
    slug: str
    claim: str
    part: str
    question: str  # the obligation, or the near miss, as the claim file has it
    member: str
    dispute: DisputeResult
    evidence: tuple[EvidenceLine, ...]
    versions: Mapping[str, str] = Field(default_factory=dict)


class PaperResult(Result):
    """All that a run found out about one claim file."""

    schema_version: Literal[1] = 1
    slug: str
    title: str
    arxiv: str | None
    authors: tuple[str, ...]
    year: int | None
    verdict: Verdict  # the worst of its claims, expected verdicts counted as met
    claims: tuple[ClaimResult, ...]
    notation: tuple[tuple[str, str, str], ...] = ()  # name, LaTeX or "", what it is
    warnings: tuple[str, ...] = ()
    notes: str | None = None
    scale: str = "standard"
    seed: int = 0
    target: str = ""  # how the command names the file: a slug of claims/, or a path
    family: str | None = None  # the part of the theory under which the index lists it
    provenance: Provenance | None = None
