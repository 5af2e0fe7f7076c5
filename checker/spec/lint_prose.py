"""Lint of what stands around the formulas: quantifiers of statements, origins of margins, reasons and number of controls.

The one idea to know: these are questions that a reader would ask, found by their words, so they are remarks and never
errors, and they would rather miss one than ask without need.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from checker.judge.prediction import Kind
from checker.spec.claim import Check, Claim
from checker.spec.errors import Path
from checker.spec.models import checks as check_models
from checker.spec.models import claims as models
from checker.spec.models.claims import File
from checker.spec.reporter import Reporter
from checker.spec.tree import Tree

CONTROLS = 3  # of a measurement
ROUNDING = 1e-6  # a smaller margin is that of floating point
EXPONENT = 0.1  # a margin of an exponent that tells neighbours (1/4 apart) from each other by the judge's factor of 1.5
_RATES = frozenset({Kind.RATE, Kind.RATE_AT_MOST, Kind.RATE_AT_LEAST})

# Words and signs by which a statement says for what it holds: quantifiers, conditions, places, limits.
_QUANTIFIER = re.compile(
    r"\b(all|any|every|each|some|both|either|none|never|always|almost|only|whatever|whenever|when|where\w*|if|unless|while|"
    r"until|once|given|under|provided|without|as|after|between|there|exists?|probability|expectation|average|expected|"
    r"large|small|random\w*|mean|median|typical\w*|general\w*|independent\w*|for|on|at|in)\b"
    r"|\\forall|\\exists|\\in\b|\\to\b|\\infty",
    re.IGNORECASE,
)
_ORIGIN = re.compile(
    r"\b(margin|tolerance|accuracy|accurate|within|precision|noise|rounding|rounded|error|width)s?\b", re.IGNORECASE
)


def lint_prose(file: File, claims: tuple[Claim, ...], reporter: Reporter) -> None:
    """Add what is to be said about prose and comments to the warnings of ``reporter``."""
    ends = _last_lines(reporter.tree)
    for claim in claims:
        model = file.claims[claim.id]
        path: Path = ("claims", claim.id)
        if claim.unchecked is None and not _QUANTIFIER.search(model.statement):
            message = "the statement does not say for what it holds (for all, almost all, some; at which sizes or times)"
            reporter.warn((*path, "statement"), message, code="no-quantifier")
        explained = _explained(claim, model, ends, reporter.tree)
        for index, measure in enumerate(claim.measures):
            here: Path = (*path, "measure", index)
            if claim.expected == "PASS" and measure.checks and len(measure.controls) < CONTROLS:
                found = len(measure.controls)
                message = f"{found} control{'' if found == 1 else 's'}; a measurement should reject {CONTROLS} near misses"
                reporter.warn(here, message, code="few-controls")
            for number, control in enumerate(model.measure[index].controls):
                _reason(control, (*here, "controls", number), reporter)
            for check in measure.checks:
                if _margin_text(check) and (index, check.name) not in explained:
                    message = f"{_margin_text(check)}: neither a comment nor the notes say where this margin comes from"
                    reporter.warn((*here, "checks", check.name), message, code="margin-without-origin")


def _reason(control: check_models.Control, path: Path, reporter: Reporter) -> None:
    if control.because is None and control.drop is None:
        reporter.warn(path, "the control has no because: what would be wrong if it held?", code="no-reason")


def _margin_text(check: Check) -> str:
    """The margin of a check as it needs an origin, or an empty text."""
    within, kind = check.expectation.within, check.expectation.kind
    if within is None or kind is Kind.MONOTONE:
        return ""
    widest = max(within.below, within.above)
    if widest <= ROUNDING or (kind in _RATES and widest <= EXPONENT):
        return ""
    found = re.search(r"within [^,]*", check.expectation.text)
    return found[0] if found else ""


def _explained(
    claim: Claim, model: models.Claim, ends: Mapping[Path, int], tree: Tree
) -> frozenset[tuple[int, str]]:
    """The checks (measure, name) whose margin has an origin: one that has a comment speaks for all of the same size."""
    prose = " ".join(text for text in (model.notes, model.statement, model.proxy, model.not_shown) if text)
    checks = [(index, check) for index, measure in enumerate(claim.measures) for check in measure.checks]
    if model.notes and _ORIGIN.search(model.notes):
        return frozenset((index, check.name) for index, check in checks)
    said = set()
    for index, check in checks:
        path: Path = ("claims", claim.id, "measure", index, "checks", check.name)
        number = _margin_text(check).removeprefix("within ")
        first = tree.key_place(path).line
        last = ends.get(path, first)
        near = " ".join(_comment(line) for line in tree.lines[tree.place(path[:4]).line - 1 : last])
        if _commented(tree.lines, first, last) or (number and _mentions(f"{prose} {near}", number)):
            said.add((index, check.name))
    margins = {(index, check.name): _margin_text(check) for index, check in checks}
    known = {margins[one] for one in said}
    return frozenset(one for one, margin in margins.items() if one in said or margin in known)


def _mentions(prose: str, number: str) -> bool:
    """Whether a text has the number, ``5%`` also as ``5 %`` or ``5\\%``."""
    plain = re.sub(r"(?<!\s)\s*\\?%", "%", prose)
    return re.search(rf"(?<![\d.]){re.escape(number)}(?![\d.]*\d)", plain) is not None


def _last_lines(tree: Tree) -> Mapping[Path, int]:
    """The last line on which something of each check begins."""
    ends: dict[Path, int] = {}
    for path, place in tree.values.items():
        if len(path) >= 6 and path[0] == "claims" and path[2] == "measure" and path[4] == "checks":
            ends[path[:6]] = max(ends.get(path[:6], 0), place.line)
    return ends


def _commented(lines: Sequence[str], first: int, last: int) -> bool:
    """Whether one of the lines (from 1) has a comment, or the lines directly above are one."""
    if any(_comment(line) for line in lines[first - 1 : last]):
        return True
    return first >= 2 and lines[first - 2].lstrip().startswith("#")


def _comment(line: str) -> str:
    """The comment at the end of a line (``#`` behind a blank and outside quotes), or an empty text."""
    found = re.search(r"(^|\s)#(.*)", re.sub(r"'[^']*'|\"[^\"]*\"", "", line))
    return found[2] if found else ""
