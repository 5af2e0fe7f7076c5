"""The leaves of an experiment's parameters: numbers, counts and formulas, before and after they are parsed.

The one idea to know: a numeric leaf of a claim file may be a formula (``radius: sqrt(2*B)``), so a leaf has two lives.
As read it is a ``float``, an ``int`` or the text of a formula (``Formula``); after elaboration (``map_leaves``) every
``Formula`` has become a number or a ``Node`` over sweep symbols, data and the local names of that leaf.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Annotated, Any, ClassVar, TypeAlias

from pydantic import BaseModel, ConfigDict, PlainSerializer, PlainValidator, WithJsonSchema

from checker.expr.node import Node, Num

Path: TypeAlias = tuple[str | int, ...]
Locals: TypeAlias = Mapping[str, tuple[str | int, ...]]

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\Z")
_WHOLE = re.compile(r"[+-]?\d{1,18}\Z")
MAX_TEXT = 4000


class Formula(str):
    """The text of a formula that has not been parsed yet."""

    __slots__ = ()


def _formula(text: str) -> Formula:
    if not text.strip():
        raise ValueError("expected a number or a formula, found empty text")
    if len(text) > MAX_TEXT:
        raise ValueError(f"formula of {len(text)} characters; the limit is {MAX_TEXT}")
    return Formula(text)


def _number(value: Any) -> float | Formula | Node:
    if isinstance(value, Node | Formula):
        return value
    if isinstance(value, bool):
        raise ValueError("expected a number or a formula, found a truth value")
    if isinstance(value, int | float):
        try:
            number = float(value)
        except OverflowError:
            raise ValueError("expected a number that fits a double") from None
        if not math.isfinite(number):
            raise ValueError(f"expected a finite number, found {number}")
        return number
    if isinstance(value, str):
        if _NUMBER.match(value.strip()):
            return _number(float(value))
        return _formula(value)
    raise ValueError(f"expected a number or a formula, found {type(value).__name__}")


def _count(value: Any) -> int | Formula | Node:
    if isinstance(value, Node | Formula):
        return value
    if isinstance(value, str):
        if not _WHOLE.match(value.strip()):
            return _formula(value)
        value = int(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"expected a whole number or a formula, found {value!r}")
    if not 0 <= value <= MAX_COUNT:
        raise ValueError(f"expected a count from 0 to {MAX_COUNT}, found {value}")
    return value


def _whole(value: Any) -> int:
    count = _count(value)
    if not isinstance(count, int):
        raise ValueError(f"expected a whole number, found {str(value)!r}")
    return count


def _expression(value: Any) -> Formula | Node:
    if isinstance(value, Node | Formula):
        return value
    if isinstance(value, str):
        return _formula(value)
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return Num(Fraction(value))  # a formula that turned out to be a number stays a formula
    raise ValueError(f"expected a formula, found {type(value).__name__}")


MAX_COUNT = 10**15
"""Beyond it a double does not tell neighbours apart; what a run can afford is far less (``budget.py``)."""
_TEXT = PlainSerializer(lambda value: value if isinstance(value, int | float) else str(value))
_EITHER = WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "string", "maxLength": MAX_TEXT}]})

Number: TypeAlias = Annotated[float | Formula | Node, PlainValidator(_number), _TEXT, _EITHER]
"""A real number or a formula for one."""
Count: TypeAlias = Annotated[int | Formula | Node, PlainValidator(_count), _TEXT, _EITHER]
"""A size that may be swept: a whole number or a formula for one."""
Whole: TypeAlias = Annotated[
    int, PlainValidator(_whole), WithJsonSchema({"type": "integer", "minimum": 0, "maximum": MAX_COUNT})
]
"""A whole number that decides the structure of a computation and therefore cannot be a formula."""
Expression: TypeAlias = Annotated[
    Formula | Node, PlainValidator(_expression), _TEXT, WithJsonSchema({"type": "string", "maxLength": MAX_TEXT})
]
"""A formula, over local names of its own (``LOCALS`` of the component) beside the symbols of the claim."""


class Component(BaseModel):
    """A part of an experiment: frozen, unknown keys refused.

    ``LOCALS`` maps a field to the names that its formulas may use beside the symbols of the file, each with its shape;
    a text in a shape is the field of the same component that holds the size.  ``COUNTS`` are the fields whose leaves
    decide array shapes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)
    LOCALS: ClassVar[Mapping[str, Locals]] = {}
    COUNTS: ClassVar[frozenset[str]] = frozenset()


def map_leaves(model: Component, parse: Callable[[Path, Formula, Locals], float | int | Node]) -> Component:
    """``model`` with ``parse(path, text, local names)`` in place of every ``Formula``; limits are checked again.

    Raises whatever ``parse`` raises, and ``pydantic.ValidationError`` where a parsed value does not fit its field.
    """

    def visit(value: Any, path: Path, names: Locals) -> Any:
        if isinstance(value, Formula):
            return parse(path, value, names)
        if isinstance(value, Component):
            return rebuild(value, path)
        if isinstance(value, tuple):
            return tuple(visit(item, (*path, index), names) for index, item in enumerate(value))
        if isinstance(value, dict):
            return {key: visit(item, (*path, key), names) for key, item in value.items()}
        return value

    def rebuild(component: Component, path: Path) -> Component:
        fields = type(component).model_fields
        values = {
            name: visit(getattr(component, name), (*path, name), _locals(component, name))
            for name in fields
            if name in component.model_fields_set
        }
        by_alias = {fields[name].alias or name: value for name, value in values.items()}
        return type(component).model_validate(by_alias)

    return rebuild(model, ())


def _locals(component: Component, field: str) -> Locals:
    def size(entry: str | int) -> str | int:
        value = getattr(component, entry) if isinstance(entry, str) else entry
        return value if isinstance(value, int) else str(value)

    names = type(component).LOCALS.get(field, {})
    return {name: tuple(size(entry) for entry in shape) for name, shape in names.items()}


def nodes_in(value: Any) -> tuple[Node, ...]:
    """Every ``Node`` leaf of a component, in field order."""
    if isinstance(value, Node):
        return (value,)
    if isinstance(value, Component):
        return tuple(node for name in type(value).model_fields for node in nodes_in(getattr(value, name)))
    if isinstance(value, tuple):
        return tuple(node for item in value for node in nodes_in(item))
    if isinstance(value, dict):
        return tuple(node for item in value.values() for node in nodes_in(item))
    return ()
