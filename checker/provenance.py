"""What a verdict follows from, as hashes: each claim by itself, and the code in two halves.

The one idea: evidence comes from the claim and from the code that proves, measures and judges; how it is printed comes from
the code that reports.  Kept apart, a change of one claim does not put the others of its file in doubt, nor a change of
wording the evidence.  Nothing here imports an engine.
"""

from __future__ import annotations

import dataclasses
import hashlib
import platform
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel

from checker.execute.receipts import engine_versions
from checker.expr.node import Node
from checker.spec.claim import Claim

PRESENTATION: Final = ("report", "result.py")
"""What can change how evidence is printed; a committed report can be printed again, so this is checked by doing it."""
NEITHER: Final = (
    "__init__.py", "cli.py", "commands", "console.py", "errors.py", "execute/files.py", "execute/journal.py",
    "execute/receipts.py", "process.py", "provenance.py", "pytest_plugin.py", "targets.py",
)  # fmt: skip
"""What only decides which files are read, keeps what was found, and says things on the way."""
_DERIVED: Final = frozenset({"latex", "key"})  # follow from the other fields, by code


def evidence_hash() -> str:
    """A hash of the source files that can change a verdict, a number or a witness: all that are not named above."""
    return _code_hash(lambda name: not _among(name, PRESENTATION) and not _among(name, NEITHER))


def presentation_hash() -> str:
    """A hash of the source files that print reports."""
    return _code_hash(lambda name: _among(name, PRESENTATION))


def versions() -> dict[str, str]:
    """Python and the packages that a verdict depends on."""
    return {"python": platform.python_version(), **engine_versions()}


def claim_hashes(claims: Iterable[Claim]) -> dict[str, str]:
    """A hash for each claim, by name, of everything in the file that it depends on, at the scale it was read.

    That is the claim after reading: formulas with their definitions put in, domains, runs with their parameters and sweeps,
    assumptions, controls, and the words that the report prints.  Comments, layout and other claims have no part in it.  What
    holds its default is left out: a language that grows does not make old claims look changed.
    """
    seen: dict[int, str] = {}
    return {claim.id: _digest(claim, seen) for claim in claims}


def _among(name: str, places: tuple[str, ...]) -> bool:
    return any(name == place or name.startswith(f"{place}/") for place in places)


def _code_hash(chosen: Callable[[str], bool]) -> str:
    root = Path(__file__).resolve().parent
    digest = hashlib.sha256()
    for file in sorted(root.rglob("*.py")):
        name = file.relative_to(root).as_posix()
        if chosen(name):
            digest.update(name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def _digest(value: Any, seen: dict[int, str]) -> str:
    """The hash of a value by its content; ``seen`` has the nodes met before, which are shared by many formulas."""
    if isinstance(value, Node):
        if id(value) not in seen:
            seen[id(value)] = _hashed(type(value).__name__, [_digest(part, seen) for part in value.fields()])
        return seen[id(value)]
    if isinstance(value, BaseModel):
        return _hashed(type(value).__name__, _items(_fields_of_model(value), seen))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _hashed(type(value).__name__, _items(_fields_of_dataclass(value), seen))
    if isinstance(value, Mapping):
        return _hashed("mapping", _items(value, seen))
    if isinstance(value, tuple | list):
        return _hashed("list", [_digest(part, seen) for part in value])
    if isinstance(value, set | frozenset):
        return _hashed("set", sorted(_digest(part, seen) for part in value))
    if isinstance(value, Enum):
        return _hashed("enum", [str(value.value)])
    if value is None or isinstance(value, str | bool | int | float | Fraction):
        return _hashed(type(value).__name__, [str(value)])
    raise TypeError(f"no hash for a {type(value).__name__}")  # repr could name an address in memory


def _items(values: Mapping[str, Any], seen: dict[int, str]) -> list[str]:
    return [part for name, value in values.items() for part in (str(name), _digest(value, seen))]


def _fields_of_model(model: BaseModel) -> dict[str, Any]:
    defaults = {name: field.get_default(call_default_factory=True) for name, field in type(model).model_fields.items()}
    return {name: here for name in defaults if not _same(here := getattr(model, name), defaults[name])}


def _fields_of_dataclass(value: Any) -> dict[str, Any]:
    kept = {}
    for field in dataclasses.fields(value):
        here = getattr(value, field.name)
        default = field.default if field.default_factory is dataclasses.MISSING else field.default_factory()
        if field.name not in _DERIVED and not _same(here, default):
            kept[field.name] = here
    return kept


def _same(value: Any, default: Any) -> bool:
    return type(value) is type(default) and bool(value == default)


def _hashed(kind: str, parts: Iterable[str]) -> str:
    digest = hashlib.sha256(kind.encode())
    for part in parts:
        text = part.encode()
        digest.update(len(text).to_bytes(8, "big") + text)
    return digest.hexdigest()
