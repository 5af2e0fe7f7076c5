"""The upper half of a claim file: the paper, its symbols, definitions, references and assumptions."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Discriminator, Field, Tag, model_validator

from checker.spec.models.base import (
    Bracket,
    Dotted,
    Flag,
    Formula,
    Formulas,
    Name,
    Names,
    Number,
    Parsed,
    Prose,
    Strict,
    Whole,
    name,
    shape_tag,
    wrong,
)

_ARXIV = r"^(\d{4}\.\d{4,5}|[a-z-]+(\.[A-Z]{2})?/\d{7})(v\d{1,2})?$"
_IMPLICIT = "solves maximises minimises flow"
_DEFINED = r"^[A-Za-z][A-Za-z0-9_]{0,39}(\([A-Za-z0-9_, ]*\))?$"


def _arxiv(text: str) -> str:
    if not re.fullmatch(_ARXIV, text, re.ASCII):
        raise ValueError("not an arXiv identifier")
    return text


def defined_name(text: str) -> tuple[str, tuple[str, ...]]:
    """``mse(alpha)`` as a name and its parameters.  Raises ``ValueError`` with the complaint."""
    head, bracket, inside = text.partition("(")
    parameters = tuple(part.strip() for part in inside[:-1].split(",")) if bracket else ()
    if bracket and (not inside.endswith(")") or not parameters):
        raise ValueError("a definition is written name or name(a, b)")
    names = (name(head.strip()), *(name(part) for part in parameters))
    if len(set(parameters)) != len(parameters):
        raise ValueError("two parameters have the same name")
    return names[0], names[1:]


def _defined(text: str) -> str:
    defined_name(text)
    return text


Arxiv: TypeAlias = Annotated[
    str, Parsed(_arxiv, 'an arXiv identifier in quotes, such as "1905.07325"', {"type": "string", "pattern": _ARXIV})
]
DefinedName: TypeAlias = Annotated[
    str, Parsed(_defined, "a name or a name with arguments, such as q(z)", {"type": "string", "pattern": _DEFINED})
]


class Paper(Strict):
    """The paper as it is cited; ``family`` is the part of the theory under which the index lists it."""

    title: Prose = Field(description="as published")
    authors: list[Prose] = Field(min_length=1, max_length=100, description="a list")
    year: Whole = Field(description="of the first version")
    arxiv: Arxiv | None = Field(default=None, description="its identifier, in quotes")
    family: Prose | None = Field(default=None, description="the part of the theory under which the index lists it")


class Symbol(Strict):
    """A mathematical name: where it lives, what it means, how it prints.

    ``shape`` makes it an array; ``rows`` and ``psd`` say more about a matrix; ``values`` lists all it may be;
    ``law`` makes it a random variable; ``axis: log`` marks a time of which only the logarithm is ever evaluated.
    """

    domain: Literal["real", "positive", "nonnegative", "negative", "integer"] | None = Field(
        default=None, description="where it lives"
    )
    where: Formulas = Field(default_factory=list, description="conditions on it, also with other symbols")
    meaning: Prose | None = Field(default=None, description="one line")
    latex: Prose | None = Field(default=None, description="how it prints")
    shape: list[Formula] = Field(
        default_factory=list, max_length=4, description="sizes of a vector or matrix, such as [n, d]"
    )
    rows: Literal["unit", "simplex", "orthonormal"] | None = Field(default=None, description="what each row is")
    psd: Flag = Field(default=False, description="the matrix is positive semidefinite")
    values: list[Number] = Field(default_factory=list, max_length=1000, description="all it may be")
    law: Formula | None = Field(
        default=None, description="a random variable: normal(0, 1), uniform(-1, 1), laplace(0, b), ..."
    )
    axis: Literal["log"] | None = Field(
        default=None, description="log: a time of which only the logarithm is evaluated"
    )

    @model_validator(mode="after")
    def _domain_or_law(self) -> Symbol:
        if self.domain is None and self.law is None and not self.values:
            raise wrong(
                "a symbol needs its domain", expected="domain: real, positive, nonnegative, negative or integer"
            )
        return self


class Solves(Strict):
    """A number defined by an equation; that it exists and is unique in ``in`` becomes an obligation."""

    solves: Formula
    for_: Name = Field(alias="for")
    in_: Bracket = Field(alias="in")


class Maximises(Strict):
    """A number defined as the maximiser of an expression; existence and uniqueness become an obligation."""

    maximises: Formula
    for_: Name = Field(alias="for")
    in_: Bracket = Field(alias="in")


class Minimises(Strict):
    """A number defined as the minimiser of an expression; existence and uniqueness become an obligation."""

    minimises: Formula
    for_: Name = Field(alias="for")
    in_: Bracket = Field(alias="in")


class Flow(Strict):
    """A vector field: each unknown and its time derivative; ``along(e, flow)`` is the derivative of e along it."""

    flow: dict[Name, Formula] = Field(min_length=1)


def _definition_tag(value: Any) -> str | None:
    if not isinstance(value, dict):
        return "<text>"
    return next((f"<{key}>" for key in _IMPLICIT.split() if key in value), None)


Definition: TypeAlias = Annotated[
    Annotated[Formula, Tag("<text>")]
    | Annotated[Solves, Tag("<solves>")]
    | Annotated[Maximises, Tag("<maximises>")]
    | Annotated[Minimises, Tag("<minimises>")]
    | Annotated[Flow, Tag("<flow>")],
    Discriminator(
        _definition_tag,
        "claim",
        "{message}",
        {
            "message": "not a definition",
            "expected": "a formula, or a map with solves, maximises, minimises or flow",
            "known": _IMPLICIT,
        },
    ),
]
Unknowns: TypeAlias = Annotated[
    Annotated[Name, Tag("<text>")]
    | Annotated[list[Name], Tag("<list>")]
    | Annotated[dict[Name, list[Formula]], Tag("<map>")],
    Discriminator(shape_tag),
]


class Reference(Strict):
    """A per-instance truth: code solves the program, its residual is asserted, values are ``name.unknown``,
    ``name.value``."""

    minimise: Formula = Field(description="a convex objective")
    in_: Unknowns = Field(alias="in", description="unknowns and their shapes, such as {w: [d]}")
    subject_to: Formulas = Field(default_factory=list, description="constraints")
    dual: Names = Field(default_factory=list, description="names for the dual vector of each constraint")
    residual_below: Number = Field(description="the residual that makes it evidence")


class ReferencePatch(Strict):
    """Another reference in a control: the fields that differ."""

    minimise: Formula | None = None
    in_: Unknowns | None = Field(default=None, alias="in")
    subject_to: Formulas = Field(default_factory=list)
    dual: Names = Field(default_factory=list)
    residual_below: Number | None = None


class Assumption(Strict):
    """A hypothesis of claims: enforced ``by`` a part of the experiment, or by a ``check`` on every instance."""

    statement: Prose = Field(description="in words")
    by: Literal["data", "model", "loss", "dynamics", "experiment"] | None = Field(
        default=None, description="the part of the run that makes sure of it"
    )
    check: Formula | None = Field(default=None, description="a condition asked of every instance")
    broken_by: dict[Dotted, Any] = Field(
        default_factory=dict, description="a patch of the parameters under which it is false"
    )
