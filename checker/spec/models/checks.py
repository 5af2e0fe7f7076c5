"""Checks of a measurement: one quantity, one predicate, how each axis is taken together, and controls.

The one idea to know: a predicate is a key (``equals:``, ``rate:``, ...) and its companions (``within``, ``as``, ...)
stand beside it, so a control that changes the prediction is written with the same keys.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, Discriminator, Field, Tag, WithJsonSchema, model_validator

from checker.judge.prediction import Over, Within
from checker.spec.models.base import (
    Bracket,
    Dotted,
    Flag,
    Formula,
    Interval,
    Name,
    Names,
    Number,
    Parsed,
    Prose,
    Share,
    Strict,
    exact_number,
    kind_of,
    name,
    shape_tag,
    share,
    wrong,
)
from checker.spec.models.header import DefinedName, ReferencePatch

PREDICATES = (
    "equals",
    "at_most",
    "at_least",
    "between",
    "less_than",
    "rate",
    "rate_at_most",
    "rate_at_least",
    "limit",
    "monotone",
)
_RULES = "every, mean, median, max, last, fraction >= p or fraction >= p within w"


@dataclass(frozen=True, slots=True)
class Direction:
    """``as:``: the axis, and where it goes: to infinity, to zero, or over a closed range."""

    axis: str
    until: tuple[Fraction, Fraction] | None = None
    to_zero: bool = False


def _over(text: str) -> Over:
    rule = text.strip()
    if rule in ("every", "mean", "median", "max", "last"):
        return Over(rule)  # type: ignore[arg-type]
    found = re.match(r"fraction\s*>=\s*(\S+)(?:\s+within\s+(\S+))?\Z", rule)
    if found is None:
        raise ValueError("not a way to take an axis together")
    return Over("fraction", float(share(found[1])), float(share(found[2])) if found[2] else 0.0)


def _direction(text: str) -> Direction:
    found = re.match(r"\s*([A-Za-z]\w*)\s*->\s*(oo|0)\s*\Z", text)
    if found:
        return Direction(found[1], to_zero=found[2] == "0")
    found = re.match(r"\s*([A-Za-z]\w*)\s+in\s+\[([^,\[\]]+),([^,\[\]]+)\]\s*\Z", text)
    if found is None:
        raise ValueError("not a direction")
    lo, hi = exact_number(found[2]), exact_number(found[3])
    if lo >= hi:
        raise ValueError("an empty range")
    return Direction(found[1], until=(lo, hi))


def _within(value: Any) -> Within:
    what = "5%, a number, or a pair [below, above]"
    parts = value if isinstance(value, list) else [value]
    if not all(isinstance(part, str) for part in parts) or len(parts) not in (1, 2):
        raise wrong("not a margin", found=kind_of(value), expected=what)
    relative = {part.strip().endswith("%") for part in parts}
    if len(relative) == 2:
        raise wrong("both ends of a margin are percentages, or none is", found=kind_of(value), expected=what)
    try:
        sizes = [exact_number(part.strip().removesuffix("%")) for part in parts]
    except ValueError:
        raise wrong("not a margin", found=kind_of(value), expected=what) from None
    if min(sizes) < 0 or max(sizes) == 0:
        raise wrong("a margin is positive", found=kind_of(value), expected=what)
    scale = Fraction(1, 100) if True in relative else Fraction(1)
    return Within(float(sizes[0] * scale), float(sizes[-1] * scale), True in relative)


def _axis(text: str) -> str:
    return text if text in ("seed", "case") else name(text)


AxisName: TypeAlias = Annotated[str, Parsed(_axis, "an axis: seed, a sweep symbol or a recorded axis")]
OverRule: TypeAlias = Annotated[Over, Parsed(_over, _RULES, {"type": "string"})]
As: TypeAlias = Annotated[Direction, Parsed(_direction, "'m -> oo', 'x -> 0' or 'N in [64, 4096]'", {"type": "string"})]
Margin: TypeAlias = Annotated[
    Within,
    BeforeValidator(_within),
    WithJsonSchema(
        {
            "description": "5%, a number, or a pair [below, above]",
            "anyOf": [{"type": ["string", "number"]}, {"type": "array", "items": {"type": ["string", "number"]}}],
        }
    ),
]


class Predicates(Strict):
    """The predicates and what may stand beside them; a check has exactly one predicate, a control may patch any."""

    equals: Formula | None = Field(
        default=None, description="the quantity is this, to within: PASS inside the margin, FAIL outside of it"
    )
    at_most: Formula | None = Field(
        default=None,
        description="the quantity never exceeds this; over every instance a directed search drives it up as well, "
        "for symbols with a law within its support: with high probability is `fraction >= p`",
    )
    at_least: Formula | None = Field(
        default=None, description="the quantity never falls below this; searched in the same way"
    )
    between: Bracket | None = Field(default=None, description="the quantity lies between these two")
    less_than: Formula | None = Field(
        default=None,
        description="an ordering: the quantity is smaller; taken as a paired difference where both sides are measured",
    )
    rate: Formula | None = Field(
        default=None, description="the quantity grows or falls like this form, from both sides: exponent and logarithms"
    )
    rate_at_most: Formula | None = Field(default=None, description="the quantity is O(form): it may be smaller")
    rate_at_least: Formula | None = Field(default=None, description="the quantity is Omega(form): it may be larger")
    limit: Formula | None = Field(
        default=None, description="the quantity tends to this; extrapolated with its finite-size error"
    )
    monotone: Literal["increasing", "decreasing"] | None = Field(
        default=None,
        description="the quantity never falls (or never rises) along the axis; with `strictly` it moves at every step",
    )
    strictly: Flag = Field(default=False, description="equality does not count")
    within: Margin | None = Field(
        default=None,
        description="the margin: 5% of the prediction, a number, or a pair [below, above]; of a rate, that of its exponent",
    )
    over: dict[AxisName, OverRule] = Field(
        default_factory=dict,
        description="how each axis is taken together: every, mean, median, max, last or fraction >= p",
    )
    as_: As | None = Field(default=None, alias="as", description="'m -> oo', 'x -> 0' or 'N in [64, 4096]'")
    from_: Number | None = Field(default=None, alias="from", description="where the asymptotic regime starts")
    clock: Formula | None = Field(
        default=None, description="what the rate is measured against, if not the axis itself, such as log(t)"
    )
    correction: Formula | None = Field(
        default=None, description="the next order of the approach, such as 1/d; the verdict leans on it"
    )
    up_to: Literal["constant", "logs"] | None = Field(
        default=None, description="what does not count in a rate: a constant, or logarithms"
    )
    by: Number | None = Field(default=None, description="of less_than: by how much it is smaller")
    level: Number | None = Field(default=None, description="kept for files that have it; no rule reads it")
    attained: Flag = Field(
        default=False, description="the bound is reached: the largest value lies within the margin of it"
    )
    range: Interval | None = Field(
        default=None, description="bounds of the quantity known beforehand, which a mean of few instances may use"
    )

    @property
    def predicates(self) -> tuple[str, ...]:
        """The predicate keys that are set."""
        return tuple(key for key in PREDICATES if getattr(self, key) is not None)


class Keep(Strict):
    """Condition on instances: judge only those that fulfil ``if``, and at least that share of them."""

    if_: Formula = Field(alias="if", description="the condition on an instance")
    at_least: Share = Field(description="the share of instances that has to fulfil it")


class Check(Predicates):
    """A quantity and what is predicted of it."""

    quantity: Formula = Field(description="a formula of what the run publishes, its sweep and the definitions")
    where: Formula | None = Field(default=None, description="the points of the sweep that are judged")
    keep: Keep | None = Field(default=None, description="judge only the instances that fulfil a condition")

    @model_validator(mode="after")
    def _one_predicate(self) -> Check:
        if len(self.predicates) != 1:
            found = " and ".join(self.predicates) or "none"
            raise wrong("a check has exactly one predicate", found=found, expected=f"one of {', '.join(PREDICATES)}")
        return self


LetValue: TypeAlias = Annotated[
    Annotated[Formula, Tag("<text>")] | Annotated[ReferencePatch, Tag("<map>")], Discriminator(shape_tag)
]


class Control(Predicates):
    """A near miss: the check with another prediction, another definition, another run, or a dropped assumption."""

    let: dict[DefinedName, LetValue] = Field(default_factory=dict, description="another definition or reference")
    with_: dict[Dotted, Any] = Field(
        default_factory=dict, alias="with", description="another run: parameters by dotted path"
    )
    drop: Name | None = Field(default=None, description="an assumption left out, broken as its broken_by says")
    of: Names = Field(default_factory=list, description="the checks it is for; default: every one it applies to")
    at: dict[Name, Number] = Field(
        default_factory=dict, description="the point of the sweep where the near miss differs"
    )
    because: Prose | None = Field(default=None, description="what would be wrong if it held")

    @property
    def prediction_keys(self) -> frozenset[str]:
        """The fields of a check that this control patches."""
        return frozenset(self.model_fields_set & set(Predicates.model_fields))

    @model_validator(mode="after")
    def _something(self) -> Control:
        if not (self.prediction_keys or self.let or self.with_ or self.drop):
            raise wrong("a control changes one thing", expected="a prediction, let, with or drop")
        if len(self.predicates) > 1:
            raise wrong("a control has at most one predicate", found=" and ".join(self.predicates))
        return self


class Measure(Strict):
    """One run and the checks and controls that read it."""

    run: Name = Field(description="one of the runs")
    let: dict[DefinedName, Formula] = Field(default_factory=dict, description="definitions of this measurement")
    checks: dict[Name, Check] = Field(min_length=1, description="what is predicted")
    controls: list[Control] = Field(
        default_factory=list, max_length=50, description="near misses that the same rule must reject on the same data"
    )
