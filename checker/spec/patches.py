"""Patches with dotted paths: ``{model.depth: 1, sweep.m: [256]}`` applied to the plain data of a run.

The one idea to know: what a control, an arm or a scale changes is the text of the file, which is then read again from
the start, so that a patched run obeys the same rules as a written one.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from typing import Any

from checker.spec.errors import nearest_name

RUN_KEYS = frozenset({"experiment", "params", "sweep", "require", "seeds", "may_diverge", "arms"})


class PatchError(ValueError):
    """The path leads nowhere; ``nearest`` is the key it may have meant."""

    def __init__(self, message: str, nearest: str = "") -> None:
        super().__init__(message)
        self.nearest = nearest


def steps(dotted: str) -> tuple[str | int, ...]:
    """``model.parts[0].depth`` as ``("model", "parts", 0, "depth")``."""
    parts: list[str | int] = []
    for segment in dotted.split("."):
        name, *indices = re.findall(r"[A-Za-z][A-Za-z0-9_]*|\d+", segment)
        parts += [name, *map(int, indices)]
    return tuple(parts)


def patched(run: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """The data of a run with every path of ``patch`` set to its value.

    A path starts at the run (``sweep.m``, ``seeds``) or, for every other first word, at its ``params``.  Raises
    ``PatchError``.
    """
    result: dict[str, Any] = copy.deepcopy(dict(run))
    for dotted, value in patch.items():
        path = steps(dotted)
        where: Any = result if path[0] in RUN_KEYS else result.setdefault("params", {})
        for step in path[:-1]:
            where = _entry(where, step, dotted)
        last = path[-1]
        if isinstance(where, list):
            _entry(where, last, dotted)
        elif not isinstance(where, dict) or isinstance(last, int):
            raise PatchError(f"{dotted}: there is no map that could hold {last!r}")
        where[last] = copy.deepcopy(value)
    return result


def _entry(where: Any, step: str | int, dotted: str) -> Any:
    if isinstance(where, dict) and step in where:
        return where[step]
    if isinstance(where, list) and isinstance(step, int) and step < len(where):
        return where[step]
    known = [str(key) for key in where] if isinstance(where, dict) else []
    raise PatchError(f"{dotted}: the run has no {step!r}", nearest_name(str(step), known))
