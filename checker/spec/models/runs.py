"""Runs: an experiment, its parameters, its sweep, and what must hold for the run to be worth anything."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Discriminator, Field, Tag, model_validator

from checker.spec.models.base import Dotted, Flag, Formulas, Interval, Name, Number, Strict, Whole, shape_tag, wrong

MAX_POINTS = 2000
MAX_SEEDS = 10**15  # what a run can afford is far less, and said with its estimate


class LogSpaced(Strict):
    """An axis of ``points`` values with equal ratios, both ends included (rounded for integer symbols)."""

    log_spaced: Interval = Field(description="both ends")
    points: Whole = Field(description="how many")

    @model_validator(mode="after")
    def _limits(self) -> LogSpaced:
        if not 0 < self.log_spaced[0] < self.log_spaced[1]:
            raise wrong("the ends are not 0 < a < b", expected="log_spaced: [a, b] with 0 < a < b", at="log_spaced")
        if not 2 <= self.points <= MAX_POINTS:
            raise wrong(
                "the wrong number of points", found=str(self.points), expected=f"2 to {MAX_POINTS}", at="points"
            )
        return self


Values: TypeAlias = Annotated[list[Number], Field(min_length=1, max_length=MAX_POINTS)]
AxisValues: TypeAlias = Annotated[
    Annotated[Values, Tag("<list>")] | Annotated[LogSpaced, Tag("<map>")], Discriminator(shape_tag)
]
Cases: TypeAlias = Annotated[list[dict[Name, Number]], Field(min_length=1, max_length=MAX_POINTS)]
Sweep: TypeAlias = Annotated[
    Annotated[dict[Name, AxisValues], Tag("<map>")] | Annotated[Cases, Tag("<list>")], Discriminator(shape_tag)
]
Patch: TypeAlias = dict[Dotted, Any]


class Run(Strict):
    """One experiment with its parameters.

    ``sweep`` is a product of axes, or a list of cases that go together.  A missed ``require`` is an ERROR.
    ``scale`` and ``arms`` are patches with dotted paths; arms share seeds and data and publish ``name.arm``.
    """

    experiment: Name = Field(description="its name; docs/experiments.md has all")
    params: dict[str, Any] = Field(description="its parameters; every number may be a formula")
    sweep: Sweep = Field(default_factory=dict, description="a product of axes, or a list of cases that go together")
    require: Formulas = Field(
        default_factory=list, description="conditions without which the run is worthless: missed is ERROR"
    )
    scale: dict[Literal["smoke", "standard", "large"], Patch] = Field(
        default_factory=dict, description="patches for smoke and large, by dotted path"
    )
    arms: dict[Name, Patch] = Field(
        default_factory=dict, description="other parameters on the same seeds, published as name.arm"
    )
    may_diverge: Flag = Field(default=False, description="overflow is an answer")
    seeds: Whole | None = Field(default=None, description="a fixed number of instances, 1 for a deterministic run")

    @model_validator(mode="after")
    def _limits(self) -> Run:
        if self.seeds is not None and not 1 <= self.seeds <= MAX_SEEDS:
            raise wrong("the wrong number of seeds", found=str(self.seeds), expected="1 to 10**15", at="seeds")
        return self
