"""Obligations: what a claim asks the provers, one map per kind.

The one idea to know: the kind is a key (``show:``, ``root:``, ``series:``, ...) and its fields stand beside it.
Fields that every kind has: ``given`` (hypotheses), ``for`` (a family, one verdict per member), ``covers``,
``time_limit`` and ``controls`` (near misses that must be refuted, each a patch of the obligation's own fields).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import GenericAlias
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Discriminator, Field, Tag, create_model, model_validator

from checker.spec.models.base import (
    Bracket,
    Formula,
    Formulas,
    Name,
    Number,
    Parsed,
    Prose,
    Strict,
    Whole,
    exact_number,
    shape_tag,
    wrong,
)

MAX_MEMBERS = 200


@dataclass(frozen=True, slots=True)
class Order:
    """``O(u**4)`` or ``O((u - 1)**4)``: the text of what is small, and its power."""

    text: str
    power: int


def _order(text: str) -> Order:
    found = re.match(r"\s*O\((.*)\)\s*\Z", text)
    inside = found[1].strip() if found else ""
    power = re.match(r"(.*\S)\s*\*\*\s*(\d{1,3})\Z", inside)
    if found is None or not inside:
        raise ValueError("not an order of error")
    return Order(power[1], int(power[2])) if power else Order(inside, 1)


def _range(text: str) -> list[Any]:
    found = re.match(r"\s*([+-]?\d{1,9})\s*\.\.\s*([+-]?\d{1,9})\s*\Z", text)
    if found is None:
        return [exact_number(text)]
    first, last = int(found[1]), int(found[2])
    if not 0 <= last - first < MAX_MEMBERS:
        raise ValueError(f"the range has to hold 1 to {MAX_MEMBERS} numbers")
    return [exact_number(str(value)) for value in range(first, last + 1)]


Range: TypeAlias = Annotated[
    list[Any], Parsed(_range, "1..6, a number, or a list of numbers", {"type": ["string", "number"]})
]
FamilyAxis: TypeAlias = Annotated[
    Annotated[Range, Tag("<text>")]
    | Annotated[list[Number], Field(min_length=1, max_length=MAX_MEMBERS), Tag("<list>")],
    Discriminator(shape_tag),
]
Family: TypeAlias = Annotated[
    Annotated[dict[Name, FamilyAxis], Tag("<map>")]
    | Annotated[list[dict[Name, Number]], Field(min_length=1, max_length=MAX_MEMBERS), Tag("<list>")],
    Discriminator(shape_tag),
]
ErrorOrder: TypeAlias = Annotated[Order, Parsed(_order, "O(u**4)", {"type": "string"})]


class Obligation(Strict):
    """What every kind has."""

    given: Formulas = Field(default_factory=list, description="hypotheses; they have to be able to hold together")
    for_: Family = Field(
        default_factory=dict, alias="for", description="symbols and their values; the verdict is per member"
    )
    covers: Literal["step", "case", "claim"] = Field(
        default="step", description="what it settles: a step of the argument, a case of the claim, or the claim"
    )
    time_limit: Number | None = Field(default=None, description="seconds per member, at most 600")

    @model_validator(mode="after")
    def _limit(self) -> Obligation:
        if self.time_limit is not None and not 0 < self.time_limit <= 600:
            raise wrong(
                "out of range", found=str(self.time_limit), expected="more than 0, at most 600", at="time_limit"
            )
        return self


def _one_place(obligation: Any, optional: bool = False) -> None:
    both = obligation.lies_in is not None and obligation.equals is not None
    neither = obligation.lies_in is None and obligation.equals is None
    if both or (neither and not optional):
        raise wrong("where does it lie?", found="both" if both else "neither", expected="one of lies_in and equals")


class Show(Obligation):
    """A relation between two expressions, or a conjunction of relations."""

    show: Formula = Field(description="a relation (==, !=, <, <=, >, >=), or several joined by and")


class Root(Obligation):
    """The expression ``of`` has exactly one zero in ``in``; it lies in ``lies_in`` or equals ``equals``."""

    root: Name = Field(description="the unknown")
    of: Formula = Field(description="the function")
    in_: Bracket = Field(alias="in", description="where it has one zero")
    lies_in: Bracket | None = Field(default=None, description="a smaller bracket")
    equals: Formula | None = Field(default=None, description="the zero in closed form")

    @model_validator(mode="after")
    def _place(self) -> Root:
        _one_place(self)
        return self


class Roots(Obligation):
    """Every root of the polynomial ``of`` has modulus below ``radius``."""

    roots: Name = Field(description="the unknown")
    of: Formula = Field(description="the polynomial")
    radius: Formula = Field(description="of the disc around 0")


class Optimum(Obligation):
    """The unique minimiser or maximiser over ``in``: where it lies, and (optionally) the ``value`` there."""

    optimum: Name = Field(description="the unknown")
    minimise: Formula | None = Field(default=None, description="the function, for a minimum")
    maximise: Formula | None = Field(default=None, description="the function, for a maximum")
    in_: Bracket = Field(alias="in", description="where the optimum is looked for")
    lies_in: Bracket | None = Field(default=None, description="a smaller bracket")
    equals: Formula | None = Field(default=None, description="the place in closed form")
    value: Formula | None = Field(default=None, description="the function there")

    @model_validator(mode="after")
    def _place(self) -> Optimum:
        if (self.minimise is None) == (self.maximise is None):
            raise wrong("an optimum of what?", expected="one of minimise and maximise")
        _one_place(self)
        return self


class Program(Strict):
    """An optimisation problem; its unknowns are the keys of ``at``."""

    minimise: Formula = Field(description="the objective")
    subject_to: Formulas = Field(description="constraints, <=, >= or ==")


class Kkt(Obligation):
    """``at`` with ``multipliers`` (one per constraint) is a KKT point of the program."""

    kkt: Program = Field(description="the program: minimise and subject_to")
    at: dict[Name, Formula] = Field(min_length=1, description="the point, one formula for each unknown")
    multipliers: Formulas = Field(description="one for each constraint, in order")


class Ode(Obligation):
    """The system d x/d ``time`` = rhs: its ``solution`` with ``initial`` value, or a ``conserved`` quantity."""

    ode: dict[Name, Formula] = Field(min_length=1, description="each unknown and its time derivative")
    time: Name = Field(description="the variable of the derivative")
    solution: dict[Name, Formula] | None = Field(default=None, description="a formula for each unknown")
    initial: dict[Name, Formula] | None = Field(default=None, description="its value at the initial time")
    conserved: Formula | None = Field(default=None, description="a quantity that stays constant")

    @model_validator(mode="after")
    def _something(self) -> Ode:
        if (self.solution is None) == (self.conserved is None):
            raise wrong("what is to be shown of the equation?", expected="one of solution and conserved")
        return self


class Series(Obligation):
    """``of`` equals ``equals`` up to ``error`` as the symbol tends to ``about``."""

    series: Name = Field(description="the variable")
    of: Formula = Field(description="the function")
    about: Formula = Field(default="0", description="the point")
    equals: Formula = Field(description="its expansion")
    error: ErrorOrder = Field(description="the order of what is left, such as O(u**4)")


class Induction(Obligation):
    """``show`` holds for every integer from ``from`` on; base and step are made by the tool."""

    induction: Name = Field(description="the integer")
    from_: Whole = Field(alias="from", description="where it starts")
    show: Formula = Field(description="a relation that holds for it and all later ones")


class Exists(Obligation):
    """The conditions hold together somewhere; ``witness`` offers where."""

    exists: Formulas = Field(description="the conditions")
    witness: dict[Name, Formula] | None = Field(default=None, description="a point where they hold")


class Impossible(Obligation):
    """The conditions hold together nowhere in the domain."""

    impossible: Formulas = Field(description="the conditions")


class Certificate(Obligation):
    """The relation is the sum of ``multipliers`` times ``given`` plus ``squares``, in every dimension."""

    certificate: Formula = Field(description="the relation between vectors")
    multipliers: Formulas = Field(description="one for each hypothesis in given")
    squares: Formulas = Field(default_factory=list, description="what else is added: sums of squares")


class Enclosure(Obligation):
    """A closed expression lies in an interval."""

    enclosure: Formula = Field(description="the expression, without free symbols")
    lies_in: Bracket = Field(description="the interval")


KINDS: dict[str, type[Obligation]] = {
    "induction": Induction,  # before "show", which is one of its fields
    "show": Show,
    "root": Root,
    "roots": Roots,
    "optimum": Optimum,
    "kkt": Kkt,
    "ode": Ode,
    "series": Series,
    "exists": Exists,
    "impossible": Impossible,
    "certificate": Certificate,
    "enclosure": Enclosure,
}
EXCLUSIVE = (("lies_in", "equals"), ("minimise", "maximise"), ("solution", "conserved"))
"""Fields of which one replaces the other when a near miss names it."""
_NOT_PATCHED = frozenset({"covers", "time_limit"})


def kind_key(value: Any) -> str | None:
    """The key of a raw obligation that says its kind."""
    return next((key for key in KINDS if key in value), None) if isinstance(value, dict) else None


def _near_miss(kind: type[Obligation]) -> type[Strict]:
    """The model of a patch: every field of the kind, all optional, and ``because``."""
    fields: dict[str, Any] = {
        name: (found.rebuild_annotation(), Field(default=None, alias=found.alias))
        for name, found in kind.model_fields.items()
        if name not in _NOT_PATCHED
    }
    doc = f"A false variant of {kind.__name__.lower()}: the fields that differ, and why it is false."
    return create_model(f"{kind.__name__}NearMiss", __base__=Strict, __doc__=doc, because=(Prose, ...), **fields)


def _with_controls(kind: type[Obligation]) -> type[Obligation]:
    """The kind as it stands in a file: with a list of near misses."""
    near_misses: Any = GenericAlias(list, (_near_miss(kind),))
    return create_model(
        f"{kind.__name__}Obligation",
        __base__=kind,
        __doc__=kind.__doc__,
        controls=(near_misses, Field(default_factory=list, max_length=50)),
    )


WRITTEN: dict[str, type[Obligation]] = {key: _with_controls(kind) for key, kind in KINDS.items()}


def _obligation_union() -> Any:
    members = [Annotated[model, Tag(f"<{key}>")] for key, model in WRITTEN.items()]
    union = members[0]
    for member in members[1:]:
        union = union | member
    context: dict[str, int | str | float] = {
        "message": "what is asked?",
        "expected": ", ".join(KINDS),
        "known": " ".join(KINDS),
    }

    def tag(value: Any) -> str | None:
        key = kind_key(value)
        return f"<{key}>" if key else None

    return Annotated[union, Discriminator(tag, "claim", "{message}", context)]


AnyObligation: TypeAlias = _obligation_union()  # type: ignore[valid-type]
