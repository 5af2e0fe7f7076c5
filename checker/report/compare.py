"""Two reports of one paper side by side: verdicts, and every number and word that evidence is made of.

The one idea: what is compared is all that the older report has, in every digit; no tolerance decides here.  What varies
between runs (timings, provenance) and how a reader would name the file is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from checker.result import PaperResult

_LEFT_OUT: Final = frozenset({"seconds", "replay"})
_NAMES: Final = ("id", "name", "run", "label", "text")


@dataclass(frozen=True, slots=True)
class Difference:
    """A place in a report, and what it said and says."""

    where: str
    was: str
    now: str

    def __str__(self) -> str:
        return f"{self.where}: was {self.was}, is {self.now}"


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs: verdicts of claims, and everything else below them; ``compared`` values were looked at."""

    verdicts: tuple[Difference, ...]
    others: tuple[Difference, ...]
    compared: int

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return not self.verdicts and not self.others


def compare(older: PaperResult, newer: PaperResult) -> Comparison:
    """What the claims of the older report say otherwise in the newer one; keys that the older one lacks are passed over."""
    was = {claim.id: claim.model_dump(mode="json", exclude_unset=True) for claim in older.claims}
    now = {claim.id: claim.model_dump(mode="json") for claim in newer.claims}
    verdicts = []
    pairs: list[tuple[str, Any, Any]] = []
    for name, claim in was.items():
        if name not in now:
            verdicts.append(Difference(name, claim["verdict"], "missing"))
            continue
        if claim["verdict"] != now[name]["verdict"]:
            verdicts.append(Difference(name, claim["verdict"], now[name]["verdict"]))
        pairs += _leaves(claim, now[name], name)
    verdicts += [Difference(name, "missing", now[name]["verdict"]) for name in now if name not in was]
    others = [Difference(where, _short(one), _short(other)) for where, one, other in pairs if one != other]
    return Comparison(tuple(verdicts), tuple(others), len(pairs))


def _leaves(was: Any, now: Any, where: str) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(was, Mapping) and isinstance(now, Mapping):
        for key, value in was.items():
            if key not in _LEFT_OUT:
                yield from _leaves(value, now.get(key), f"{where}/{key}")
    elif isinstance(was, list) and isinstance(now, list):
        if len(was) != len(now):
            yield f"{where} (how many)", len(was), len(now)
        for index, (one, other) in enumerate(zip(was, now, strict=False)):
            yield from _leaves(one, other, f"{where}/{_name(one, index)}")
    else:
        yield where, was, now


def _name(value: Any, index: int) -> str:
    if isinstance(value, Mapping):
        return next((str(value[name]) for name in _NAMES if value.get(name)), str(index))
    return str(index)


def _short(value: Any) -> str:
    said = str(value)
    return said if len(said) <= 60 else f"{said[:57]}..."
