"""Lint of names: what is declared and never used, assumed and never enforced, or named twice.

The one idea to know: a name is used where a *formula* has it; the same letter in a sentence is not a use.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from checker.spec.claim import Claim
from checker.spec.errors import Path
from checker.spec.models.claims import File
from checker.spec.remarks import FAMILIES
from checker.spec.reporter import Reporter

_PROSE = frozenset(
    {
        "statement", "because", "notes", "not_shown", "proxy", "unchecked", "finding", "meaning", "latex", "source", "title",
    }
)  # fmt: skip
_NEARLY = 0.85  # "quantization" is meant to be "quantisation", "optimisation" is not
_FORMULAS = ("symbols", "definitions", "references", "assumptions", "runs", "claims")


def lint_names(file: File, claims: tuple[Claim, ...], reporter: Reporter) -> None:
    """Add what is to be said about names to the warnings of ``reporter``."""
    _unused(file, reporter)
    _assumptions(file, claims, reporter)
    for claim in claims:
        _parts(claim, reporter)
    _family(file, reporter)


def _words(value: object) -> Iterator[str]:
    """Every name in the formulas below ``value``, keys included; prose is left out."""
    if isinstance(value, str):
        yield from re.findall(r"[A-Za-z_]\w*", value)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key not in _PROSE:
                yield from re.findall(r"[A-Za-z_]\w*", str(key))
                yield from _words(item)
    elif isinstance(value, list):
        for item in value:
            yield from _words(item)


def _unused(file: File, reporter: Reporter) -> None:
    data: Mapping[str, Any] = reporter.tree.data
    found = {part: {key: frozenset(_words(item)) for key, item in data.get(part, {}).items()} for part in _FORMULAS}
    counts = Counter(word for entries in found.values() for words in entries.values() for word in words)

    def used(part: str, key: str, name: str) -> bool:
        return counts[name] > (name in found[part].get(key, frozenset()))

    for name in file.symbols:
        if not used("symbols", name, name):
            reporter.warn(("symbols", name), f"the symbol {name!r} is never used", code="unused-symbol")
    for key in file.definitions:
        name = key.partition("(")[0].strip()
        if not used("definitions", key, name):
            reporter.warn(("definitions", key), f"the definition {name!r} is never used", code="unused-definition")
    for name in file.references:
        if not used("references", name, name):
            reporter.warn(("references", name), f"the reference {name!r} is never used", code="unused-reference")
    measured = {measure.run for claim in file.claims.values() for measure in claim.measure}
    for name in file.runs:
        if name not in measured:
            reporter.warn(("runs", name), f"the run {name!r} is never measured", code="unused-run")


def _assumptions(file: File, claims: tuple[Claim, ...], reporter: Reporter) -> None:
    used = {name for claim in file.claims.values() for name in claim.assumes}
    for name, assumption in file.assumptions.items():
        path: Path = ("assumptions", name)
        if name not in used:
            reporter.warn(path, f"no claim assumes {name!r}", code="unused-assumption")
        elif assumption.by is None and assumption.check is None:
            message = f"nothing enforces the assumption {name!r}: neither by nor check"
            reporter.warn(path, message, code="unenforced-assumption")
    for claim in claims:
        for index, measure in enumerate(claim.measures):
            for assumed in measure.assumptions:
                if assumed.by is None and assumed.check_text and assumed.check is None:
                    message = f"the assumption {assumed.name!r} cannot be checked on the run {measure.run.name!r}"
                    here: Path = ("claims", claim.id, "measure", index, "run")
                    reporter.warn(here, message, code="unchecked-assumption")


def _parts(claim: Claim, reporter: Reporter) -> None:
    """``check replay SLUG/CLAIM/PART`` names a check by one word (an obligation may have the same: it has no instances)."""
    seen: set[str] = set()
    for index, measure in enumerate(claim.measures):
        for check in measure.checks:
            if check.name in seen:
                here: Path = ("claims", claim.id, "measure", index, "checks", check.name)
                message = f"two checks of the claim are named {check.name!r}; a replay could not tell them apart"
                reporter.warn(here, message, code="duplicate-id")
            seen.add(check.name)


def _family(file: File, reporter: Reporter) -> None:
    family = file.paper.family
    if family is None or family in FAMILIES:
        return
    nearest = difflib.get_close_matches(family, FAMILIES, n=1, cutoff=_NEARLY)
    if nearest:
        message = f"no paper of the library has the family {family!r}"
        reporter.warn(("paper", "family"), message, code="unknown-family", nearest=nearest[0])
