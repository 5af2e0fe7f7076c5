"""Claims and the whole file."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from checker.spec.models.base import MAX_ENTRIES, Name, Prose, Strict, wrong
from checker.spec.models.checks import Measure
from checker.spec.models.header import Assumption, DefinedName, Definition, Paper, Reference, Symbol
from checker.spec.models.obligations import AnyObligation
from checker.spec.models.runs import Run

VERDICTS = Literal["PASS", "FAIL", "INCONCLUSIVE", "VACUOUS", "UNSUPPORTED"]


class Source(Strict):
    """Where in the paper the statement stands, and how much of the paper was seen."""

    known_from: Literal["full_text", "excerpt", "abstract", "memory"] = Field(
        description="how much of the paper was seen"
    )
    theorem: Prose | None = None
    lemma: Prose | None = None
    proposition: Prose | None = None
    corollary: Prose | None = None
    definition: Prose | None = None
    remark: Prose | None = None
    equation: Prose | None = None
    section: Prose | None = None
    appendix: Prose | None = None
    figure: Prose | None = None
    table: Prose | None = None
    page: Prose | None = None


class Finding(Strict):
    """What is true instead of a literal claim that is expected to fail, and where that is shown."""

    instead: Prose = Field(description="what is true")
    shown_by: Prose = Field(description="the claim or text that shows it")


class Claim(Strict):
    """One statement of the paper, what is proved of it and what is measured."""

    statement: Prose = Field(
        description="the statement as the paper has it, with its quantifiers; LaTeX between dollars"
    )
    source: Source | None = Field(default=None, description="where it stands")
    assumes: list[Name] = Field(default_factory=list, max_length=MAX_ENTRIES, description="names of assumptions")
    origin: Literal["paper", "derived"] = Field(default="paper", description="paper, or derived where we worked it out")
    strength: Literal["upper", "lower", "tight", "approximation"] | None = Field(
        default=None, description="which side is claimed"
    )
    prove: dict[Name, AnyObligation] = Field(
        default_factory=dict, max_length=MAX_ENTRIES, description="obligations for the provers"
    )
    measure: list[Measure] = Field(default_factory=list, max_length=50, description="runs, checks and controls")
    proxy: Prose | None = Field(default=None, description="what a stand-in does and does not show")
    unchecked: Prose | None = Field(default=None, description="why no run can cover this")
    expected: VERDICTS = Field(default="PASS", description="the verdict of a literal statement that does not hold")
    finding: Finding | None = Field(default=None, description="what is true instead; with expected")
    not_shown: Prose | None = Field(default=None, description="what the evidence leaves open")
    notes: Prose | None = Field(default=None, description="whatever a reader should know, origins of margins among it")

    @model_validator(mode="after")
    def _checked_or_not(self) -> Claim:
        if self.unchecked is not None and (self.prove or self.measure):
            raise wrong("an unchecked claim has no prove and no measure", at="unchecked")
        if self.unchecked is None and not (self.prove or self.measure):
            raise wrong("nothing is checked", expected="prove, measure, or unchecked with the reason")
        return self


class File(Strict):
    """A claim file: a paper, its vocabulary, its runs and its claims."""

    paper: Paper = Field(description="title, authors, year, arxiv, family")
    symbols: dict[Name, Symbol] = Field(
        default_factory=dict,
        max_length=MAX_ENTRIES,
        description="every name of a formula: domain, shape, law, meaning",
    )
    definitions: dict[DefinedName, Definition] = Field(
        default_factory=dict,
        max_length=MAX_ENTRIES,
        description="formulas by name, also with arguments: q(z); numbers that solve or optimise; flows",
    )
    references: dict[Name, Reference] = Field(
        default_factory=dict, max_length=MAX_ENTRIES, description="per-instance truth from a convex program"
    )
    assumptions: dict[Name, Assumption] = Field(
        default_factory=dict, max_length=MAX_ENTRIES, description="hypotheses and who enforces them"
    )
    runs: dict[Name, Run] = Field(default_factory=dict, max_length=MAX_ENTRIES, description="experiments")
    claims: dict[Name, Claim] = Field(min_length=1, max_length=MAX_ENTRIES, description="the statements")
    notes: Prose | None = Field(default=None, description="setting and provenance of the whole file")

    @model_validator(mode="after")
    def _own_claim(self) -> File:
        if all(claim.origin == "derived" for claim in self.claims.values()):
            raise wrong(
                "no claim is the paper's own", expected="at least one claim without origin: derived", at="claims"
            )
        return self
