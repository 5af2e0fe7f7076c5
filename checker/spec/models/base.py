"""The leaves of a claim file: texts, names, formulas and exact numbers, and the strict base of every map.

The one idea to know: every leaf arrives as the text that was written.  A field's type says how to read that text
(``1e-3`` is an exact decimal for a number, four characters for a title), so YAML's own guesses never matter.
"""

from __future__ import annotations

import keyword
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Annotated, Any, TypeAlias

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

MAX_FORMULA = 4000
MAX_PROSE = 6000
MAX_ENTRIES = 400  # of a map or list that a reader goes through: symbols, claims, obligations, controls
RESERVED = frozenset({"pi", "oo", "I", "seed", "case"})
NAME_PATTERN = r"^[A-Za-z][A-Za-z0-9_]{0,39}$"
DOTTED_PATTERN = r"^[A-Za-z][A-Za-z0-9_]{0,39}(\[[0-9]{1,4}\])*(\.[A-Za-z][A-Za-z0-9_]{0,39}(\[[0-9]{1,4}\])*){0,8}$"
_DECIMAL = re.compile(r"([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))(?:[eE]([+-]?[0-9]{1,3}))?\Z")


class Strict(BaseModel):
    """Base of every map of a claim file: frozen, strict, unknown keys refused."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", arbitrary_types_allowed=True)


def wrong(message: str, *, found: str = "", expected: str = "", at: str = "") -> PydanticCustomError:
    """An error in our own words, carried through pydantic to ``translate``; ``at`` names the key it is about."""
    context = {"message": message, "found": found, "expected": expected, "at": at}
    return PydanticCustomError("claim", "{message}", context)


def kind_of(value: Any) -> str:
    """What stands there, in an author's words."""
    return "a map" if isinstance(value, dict) else "a list" if isinstance(value, list) else repr(value)


@dataclass(frozen=True, slots=True, eq=False)  # hashed by identity, as metadata of an annotation has to be
class Parsed:
    """Reads a text leaf; ``read`` raises ``ValueError`` with the complaint.  ``what`` says what is expected."""

    read: Callable[[str], Any]
    what: str
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "string"})

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self._validate)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**self.schema, "description": self.what}

    def _validate(self, value: Any) -> Any:
        if not isinstance(value, str):
            raise wrong("the wrong kind of value", found=kind_of(value), expected=self.what)
        try:
            return self.read(value)
        except ValueError as error:
            raise wrong(str(error), found=repr(value), expected=self.what) from None


def exact_number(text: str) -> Fraction:
    """``12``, ``-0.5``, ``1e-3``, ``5/2`` as an exact rational within the range of a double.

    Raises ``ValueError`` for anything else.
    """
    parts = [_DECIMAL.match(part.strip()) for part in text.split("/")]
    if len(text) > 80 or len(parts) > 2 or None in parts:
        raise ValueError("not a number")
    values = [Fraction(part[1]) * Fraction(10) ** int(part[2] or 0) for part in parts if part is not None]
    if len(values) == 2 and values[1] == 0:
        raise ValueError("division by zero")
    value = values[0] if len(values) == 1 else values[0] / values[1]
    if abs(value) > sys.float_info.max:
        raise ValueError("a value is too large (at most 1.7e308)")
    return value


def _whole(text: str) -> int:
    if not re.match(r"[+-]?[0-9]{1,16}\Z", text):
        raise ValueError("not a whole number")
    return int(text)


def _flag(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError("not a truth value")
    return text == "true"


def share(text: str) -> Fraction:
    """``80%``, ``0.8`` or ``4/5``, above 0 and at most 1."""
    value = exact_number(text[:-1]) / 100 if text.endswith("%") else exact_number(text)
    if not 0 < value <= 1:
        raise ValueError("not a share")
    return value


def _formula(text: str) -> str:
    if not text.strip():
        raise ValueError("an empty formula")
    if len(text) > MAX_FORMULA:
        raise ValueError(f"the formula has {len(text)} characters, the limit is {MAX_FORMULA}")
    return text


def _prose(text: str) -> str:
    if not text.strip():
        raise ValueError("an empty text")
    if len(text) > MAX_PROSE:
        raise ValueError(f"the text has {len(text)} characters, the limit is {MAX_PROSE}")
    return text.strip()


def name(text: str) -> str:
    """``text`` if it can name a symbol, definition, run, claim or check; raises ``ValueError`` otherwise."""
    if not re.fullmatch(NAME_PATTERN, text):
        raise ValueError("not a name (a letter, then at most 39 letters, digits or _)")
    if keyword.iskeyword(text):
        raise ValueError(f"{text!r} cannot be parsed as a name; shorten it (lam) and set latex: '\\{text}'")
    if text in RESERVED:
        raise ValueError(f"the name {text!r} is reserved; choose another")
    return text


def _dotted(text: str) -> str:
    if not re.fullmatch(DOTTED_PATTERN, text):
        raise ValueError("not a dotted path")
    return text


def one_or_more(value: Any) -> Any:
    """A single entry may be written without the brackets of a list."""
    return value if isinstance(value, list) else [value]


def shape_tag(value: Any) -> str:
    """Discriminator of unions that are told apart by what stands there: a text, a list or a map."""
    return "<map>" if isinstance(value, dict) else "<list>" if isinstance(value, list) else "<text>"


_SCALAR: dict[str, Any] = {"type": ["string", "number"]}
_ONE_OR_MORE = WithJsonSchema({"anyOf": [_SCALAR, {"type": "array", "items": _SCALAR}]})

Formula: TypeAlias = Annotated[str, Parsed(_formula, "a formula", _SCALAR)]
Prose: TypeAlias = Annotated[str, Parsed(_prose, "text", _SCALAR)]
Name: TypeAlias = Annotated[str, Parsed(name, "a name", {"type": "string", "pattern": NAME_PATTERN})]
Dotted: TypeAlias = Annotated[
    str,
    Parsed(
        _dotted,
        "a dotted path such as model.depth or model.parts[0].depth",
        {"type": "string", "pattern": DOTTED_PATTERN},
    ),
]
Number: TypeAlias = Annotated[Fraction, Parsed(exact_number, "a number such as 12, 1e-3 or 5/2", _SCALAR)]
Whole: TypeAlias = Annotated[int, Parsed(_whole, "a whole number", {"type": "integer"})]
Flag: TypeAlias = Annotated[bool, Parsed(_flag, "true or false", {"type": "boolean"})]
Share: TypeAlias = Annotated[Fraction, Parsed(share, "a share such as 80% or 0.8", _SCALAR)]
Formulas: TypeAlias = Annotated[list[Formula], Field(max_length=200), BeforeValidator(one_or_more), _ONE_OR_MORE]
Names: TypeAlias = Annotated[list[Name], Field(max_length=200), BeforeValidator(one_or_more), _ONE_OR_MORE]
Bracket: TypeAlias = Annotated[list[Formula], Field(min_length=2, max_length=2)]
Interval: TypeAlias = Annotated[list[Number], Field(min_length=2, max_length=2)]
