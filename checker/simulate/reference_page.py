"""The page ``docs/experiments.md``: every experiment and component a claim may name, its parameters and what they default to.

The one idea to know: all of it is read off the parameter models and their docstrings, so the page cannot promise a key
that the loader refuses.  ``python -m checker.simulate.reference_page`` prints it.
"""

from __future__ import annotations

import inspect
import re
import sys
import types
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from checker.simulate.catalogue import EXPERIMENTS
from checker.simulate.catalogue_dynamics import Dynamics, Start
from checker.simulate.catalogue_networks import Network
from checker.simulate.catalogue_parts import Data, Model
from checker.simulate.catalogue_random_networks import RandomNet
from checker.simulate.leaves import Component

_PARTS = (
    ("Data", Data), ("Models", Model), ("Networks", Network), ("Random networks", RandomNet), ("Starts (`init`)", Start),
    ("Dynamics", Dynamics),
)  # fmt: skip
_HEAD = """# Experiments and their parts

Written by `python -m checker.simulate.reference_page` from the parameter models. A number may be a formula over the sweep
and the file's definitions wherever its part allows it; lint says where it does not.
"""


def page() -> str:
    """The whole page as Markdown."""
    lines = [_HEAD]
    for name, spec in EXPERIMENTS.items():
        lines += [f"## `{name}`", "", _prose(spec.params), "", *_fields(spec.params), ""]
    for title, union in _PARTS:
        lines += [f"## {title}", ""]
        for part in _members(union):
            lines += [f"### `kind: {_kind(part)}`", "", _prose(part), "", *_fields(part), ""]
    return "\n".join(lines).rstrip() + "\n"


def _prose(model: type[Component]) -> str:
    """The docstring as Markdown on a line per paragraph."""
    text = inspect.cleandoc(model.__doc__ or "").replace("``", "`")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))


def _members(union: Any) -> Iterator[type[Component]]:
    """The models of a union, in the order of its declaration."""
    if get_origin(union) in (Annotated, Union, types.UnionType):
        for part in get_args(union):
            yield from _members(part)
    elif isinstance(union, type) and issubclass(union, Component):
        yield union


def _kind(model: type[Component]) -> str:
    (kind,) = get_args(model.model_fields["kind"].annotation)
    return str(kind)


def _fields(model: type[Component]) -> list[str]:
    rows = []
    for name, field in model.model_fields.items():
        if name == "kind":
            continue
        default = "required" if field.is_required() else f"`{_default(field.get_default(call_default_factory=True))}`"
        rows.append(f"| `{field.alias or name}` | {_said(field.annotation)} | {default} |")
    return ["| key | value | default |", "|---|---|---|", *rows] if rows else []


def _default(value: Any) -> str:
    if isinstance(value, Component):
        return f"kind: {_kind(type(value))}"
    return "none" if value is None or value in ((), {}) else str(value).lower() if isinstance(value, bool) else str(value)


def _said(annotation: Any) -> str:
    """A type in the words of a claim file."""
    members = set(_members(annotation))
    for title, union in _PARTS:
        if members and members == set(_members(union)):
            return f"one of [{title.split(' (')[0].lower()}](#{re.sub('[^a-z ]', '', title.lower()).replace(' ', '-')})"
    if get_origin(annotation) is Literal:
        return " or ".join(f"`{word}`" for word in get_args(annotation))
    text = str(annotation)
    for pattern, word in _WORDS:
        if re.search(pattern, text):
            return word
    return "a value"


# The first that matches; maps and lists before what they hold.
_WORDS = (
    (r"Mapping|dict", "a map of names"),
    (r"tuple", "a list"),
    (r"Component|Params|Data|Model|Start|Find|Noise", "a part with keys of its own"),
    (r"bool", "true or false"),
    (r"Formula|Node", "a number or formula"),
    (r"float", "a number"),
    (r"int", "a whole number"),
    (r"str", "a text"),
)

if __name__ == "__main__":
    sys.stdout.write(page())
