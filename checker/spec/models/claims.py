"""Claims and the whole file."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from checker.spec.models.base import Name, Prose, Strict, wrong
from checker.spec.models.checks import Measure
from checker.spec.models.header import Assumption, DefinedName, Definition, Paper, Reference, Symbol
from checker.spec.models.obligations import AnyObligation
from checker.spec.models.runs import Run

VERDICTS = Literal["PASS", "FAIL", "INCONCLUSIVE", "VACUOUS", "UNSUPPORTED"]


class Source(Strict):
    """Where in the paper the statement stands, and how much of the paper was seen."""

    known_from: Literal["full_text", "excerpt", "abstract", "memory"]
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

    instead: Prose
    shown_by: Prose


class Claim(Strict):
    """One statement of the paper, what is proved of it and what is measured."""

    statement: Prose
    source: Source | None = None
    assumes: list[Name] = Field(default_factory=list)
    origin: Literal["paper", "derived"] = "paper"
    strength: Literal["upper", "lower", "tight", "approximation"] | None = None
    prove: dict[Name, AnyObligation] = Field(default_factory=dict)
    measure: list[Measure] = Field(default_factory=list, max_length=50)
    proxy: Prose | None = Field(default=None, description="what a stand-in does and does not show")
    unchecked: Prose | None = Field(default=None, description="why no run can cover this")
    expected: VERDICTS = "PASS"
    finding: Finding | None = None
    not_shown: Prose | None = None
    notes: Prose | None = None

    @model_validator(mode="after")
    def _checked_or_not(self) -> Claim:
        if self.unchecked is not None and (self.prove or self.measure):
            raise wrong("an unchecked claim has no prove and no measure", at="unchecked")
        if self.unchecked is None and not (self.prove or self.measure):
            raise wrong("nothing is checked", expected="prove, measure, or unchecked with the reason")
        return self


class File(Strict):
    """A claim file: a paper, its vocabulary, its runs and its claims."""

    paper: Paper
    symbols: dict[Name, Symbol] = Field(default_factory=dict)
    definitions: dict[DefinedName, Definition] = Field(default_factory=dict)
    references: dict[Name, Reference] = Field(default_factory=dict)
    assumptions: dict[Name, Assumption] = Field(default_factory=dict)
    runs: dict[Name, Run] = Field(default_factory=dict)
    claims: dict[Name, Claim] = Field(min_length=1)
    notes: Prose | None = None

    @model_validator(mode="after")
    def _own_claim(self) -> File:
        if all(claim.origin == "derived" for claim in self.claims.values()):
            raise wrong(
                "no claim is the paper's own", expected="at least one claim without origin: derived", at="claims"
            )
        return self
