"""From pydantic's complaints to errors of the claim file: one line each, in the author's words, with a place.

The one idea to know: pydantic reports a location made of keys *and* of its own marks (tags of unions); walking the data
along it keeps the keys, and walking the models along it finds the keys that would have been allowed.
"""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Mapping
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, Tag, ValidationError
from pydantic_core import ErrorDetails

from checker.spec.errors import Path, SpecError, listing, nearest_name, quote
from checker.spec.models.base import kind_of
from checker.spec.tree import Tree

_KINDS = {
    "string_type": "text",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a map",
    "mapping_type": "a map",
    "model_type": "a map",
    "model_attributes_type": "a map",
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "float_parsing": "a number",
    "float_type": "a number",
}
_MAX_TRANSLATED = 1_000
_TAGS = {"<text>": "text", "<list>": "a list", "<map>": "a map"}


def translate(error: ValidationError, root: type[BaseModel], tree: Tree, base: Path = ()) -> list[SpecError]:
    """The errors of validating the data at ``base`` of ``tree`` against the model ``root``, each with its place."""
    return [_one(details, root, tree, base) for details in error.errors(include_url=False)[:_MAX_TRANSLATED]]


def _one(details: ErrorDetails, root: type[BaseModel], tree: Tree, base: Path) -> SpecError:
    kind, context = details["type"], details.get("ctx") or {}
    loc = details["loc"]
    is_key = bool(loc) and loc[-1] == "[key]"
    loc = loc[:-1] if is_key else loc
    path = _path(loc, tree, base)
    message, found, expected, nearest = "not valid", "", "", ""
    if kind == "claim":
        message, found, expected = (str(context.get(key, "")) for key in ("message", "found", "expected"))
        path += (str(context["at"]),) if context.get("at") else ()
        known = str(context.get("known", "")).split()
        written = details["input"] if isinstance(details["input"], dict) else {}
        nearest = next((near for key in written if (near := nearest_name(key, known))), "")
        found = quote(found.strip("'\"")) if found[:1] in {"'", '"'} else found
    elif kind == "missing":
        message = f"the key {str(loc[-1])!r} is missing"
    elif kind == "extra_forbidden":
        known = _known_keys(root, loc[:-1])
        message, expected, nearest = "unknown key", listing(known), nearest_name(str(loc[-1]), known)
        is_key = True
    elif kind == "literal_error":
        known = re.findall(r"'([^']*)'", str(context.get("expected", "")))
        message, found, expected = "not one of the choices", _shown(details["input"]), listing(known)
        nearest = nearest_name(str(details["input"]), known)
    elif kind in _KINDS:
        message, found, expected = "the wrong kind of value", _shown(details["input"]), _KINDS[kind]
    elif kind in {"too_short", "too_long"}:
        what = context.get("min_length") if kind == "too_short" else context.get("max_length")
        actual = context.get("actual_length")
        message, found = "the wrong number of entries", "" if actual is None else str(actual)
        expected = f"{'at least' if kind == 'too_short' else 'at most'} {what}"
    elif kind in {"union_tag_invalid", "union_tag_not_found"}:
        message, found, expected, nearest, path = _union(kind, context, details["input"], path)
    elif kind == "value_error":
        message = details["msg"].removeprefix("Value error, ")
    else:
        message, found = details["msg"].lower(), _shown(details["input"])
    place = tree.key_place(path) if is_key or path not in tree.values else tree.place(path)
    return SpecError(message, place.line, place.column, path, found, expected, nearest)


def _union(kind: str, context: Mapping[str, Any], value: Any, path: Path) -> tuple[str, str, str, str, Path]:
    tags = re.findall(r"'([^']*)'", str(context.get("expected_tags", "")))
    if tags and all(tag in _TAGS for tag in tags):
        return "the wrong kind of value", _shown(value), listing(_TAGS[tag] for tag in tags), "", path
    key = str(context.get("discriminator", "kind")).strip("'")
    if kind == "union_tag_not_found":
        return f"the key {key!r} is missing", "", "", "", path
    tag = str(context.get("tag", ""))
    return f"unknown {key}", quote(tag), listing(tags), nearest_name(tag, tags), (*path, key)


def _shown(value: Any) -> str:
    return quote(value) if isinstance(value, str) else kind_of(value)


def _path(loc: tuple[str | int, ...], tree: Tree, base: Path) -> Path:
    """The keys of ``loc`` that lead through the data; marks of pydantic are left out."""
    path, data = base, look_up(tree.data, base)
    for position, part in enumerate(loc):
        in_map = isinstance(data, dict) and isinstance(part, str) and part in data
        in_list = isinstance(data, list) and isinstance(part, int) and part < len(data)
        if in_map or in_list:
            path, data = (*path, part), data[part]
        elif position == len(loc) - 1 and isinstance(data, dict) and isinstance(part, str) and part.isidentifier():
            return path
    return path


def look_up(data: Any, path: Path) -> Any:
    """The value at ``path``, or ``None``."""
    for part in path:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return None
    return data


def _known_keys(root: Any, loc: tuple[str | int, ...]) -> list[str]:
    annotations = [root]
    for part in loc:
        annotations = [below for annotation in annotations for below in _descend(annotation, part)]
    models = [model for annotation in annotations for model in _models(annotation)]
    return [field.alias or name for model in models for name, field in model.model_fields.items()]


def _models(annotation: Any) -> list[type[BaseModel]]:
    annotation = _bare(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if _is_union(annotation):
        return [model for member in get_args(annotation) for model in _models(member)]
    return []


def _descend(annotation: Any, part: str | int) -> list[Any]:
    annotation = _bare(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        fields = {field.alias or name: field for name, field in annotation.model_fields.items()}
        return [fields[part].rebuild_annotation()] if part in fields else []
    if _is_union(annotation):
        members = get_args(annotation)
        chosen = [member for member in members if part in _tags(member)]
        return chosen or [below for member in members for below in _descend(member, part)]
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (dict, Mapping) or (isinstance(origin, type) and issubclass(origin, Mapping)):
        return [arguments[1]]
    if origin in (list, tuple) and isinstance(part, int):
        return [
            arguments[0] if origin is list or arguments[-1] is Ellipsis else arguments[min(part, len(arguments) - 1)]
        ]
    return []


def _tags(member: Any) -> set[Any]:
    """What pydantic may call a member of a union in a location: its tag, or the value of its ``kind``."""
    tags = {item.tag for item in getattr(member, "__metadata__", ()) if isinstance(item, Tag)}
    for model in _models(member):
        field = model.model_fields.get("kind")
        if field is not None and get_origin(field.annotation) is typing.Literal:
            tags |= set(get_args(field.annotation))
    return tags


def _bare(annotation: Any) -> Any:
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    return annotation


def _is_union(annotation: Any) -> bool:
    return get_origin(annotation) in (Union, types.UnionType)
