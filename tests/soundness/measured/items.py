"""The measured half of the corpus as a list: every claim of the files beside this module and what it is by mathematics.

The one idea to know: the name of a claim says what it is, so that the expectation stands in the file and the tool, which
reads no meaning into names, cannot see it.  A plain name is true and finite evidence can show it, ``..._false`` is false
and finite evidence can show that.  ``..._open`` is true and ``..._false_open`` false, but no amount that is measured here
can tell; ``..._refused`` is a question that may have no answer at all, right or wrong (a mean that no sample knows, a
control that cannot fail, hypotheses that no instance fulfils).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from checker.judge.prediction import Kind
from checker.spec.claim import Check, Claim
from checker.spec.load import load_paper
from checker.verdict import Verdict

FOLDER = Path(__file__).parent


class Expected(StrEnum):
    """What a claim is, by mathematics; fixed before it was measured for the first time."""

    TRUE = "true"
    FALSE = "false"
    OPEN = "true, out of reach"
    FALSE_OPEN = "false, out of reach"
    REFUSED = "to be refused"

    @classmethod
    def of(cls, name: str) -> Expected:
        """What the name of a claim says."""
        if name.endswith("_refused"):
            return cls.REFUSED
        if name.endswith("_open"):
            return cls.FALSE_OPEN if name.endswith("_false_open") else cls.OPEN
        return cls.FALSE if name.endswith("_false") else cls.TRUE

    @property
    def decidable(self) -> bool:
        """Whether an answer is due."""
        return self in (Expected.TRUE, Expected.FALSE)

    def wrong(self, verdict: Verdict) -> bool:
        """PASS of what is not true, FAIL of what is not false."""
        if verdict is Verdict.PASS:
            return self not in (Expected.TRUE, Expected.OPEN)
        return verdict is Verdict.FAIL and self not in (Expected.FALSE, Expected.FALSE_OPEN)

    def decided(self, verdict: Verdict) -> bool:
        """The answer that is due; where none is, any that is not wrong (DISAGREE is never one, nor is UNSUPPORTED)."""
        if self is Expected.TRUE:
            return verdict is Verdict.PASS
        if self is Expected.FALSE:
            return verdict is Verdict.FAIL
        fine = {Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE}
        if self is Expected.REFUSED:
            fine |= {Verdict.VACUOUS, Verdict.ERROR}
        return verdict in fine and not self.wrong(verdict)


@dataclass(frozen=True, slots=True)
class Item:
    """One claim: ``name`` is ``file/claim``, ``kind`` the prediction and how seeds are taken, ``experiment`` the run's."""

    name: str
    path: Path
    kind: str
    experiment: str
    expected: Expected

    @property
    def claim(self) -> str:
        """Its key in the file."""
        return self.name.partition("/")[2]


def corpus(words: Sequence[str] = ()) -> tuple[Item, ...]:
    """The claims whose name has one of the words (all of them, if there are none), in the order of the files.

    Raises ``SpecErrors`` if a file is not a good claim file.
    """
    items = [_item(path, claim) for path in sorted(FOLDER.glob("*.yaml")) for claim in load_paper(path).claims]
    return tuple(item for item in items if not words or any(word in item.name for word in words))


def _item(path: Path, claim: Claim) -> Item:
    (measure,) = claim.measures
    kind = _kind(measure.checks[0])
    return Item(f"{path.stem}/{claim.id}", path, kind, measure.run.experiment, Expected.of(claim.id))


def _kind(check: Check) -> str:
    """The prediction as a reader of docs/predictions.md would call it."""
    expected = check.expectation
    rules = {over.rule for over in expected.over.values()}
    if "boundary" in check.quantity_text or "first_time" in check.quantity_text:
        return "threshold"
    if "fraction" in rules:
        return "probability"
    seed = expected.over.get("seed")
    word = expected.kind.value
    if expected.kind is Kind.RATE and expected.until is not None:
        return "rate on a range"
    if expected.kind is Kind.RATE and expected.up_to == "logs":
        return "rate up to logs"
    if expected.kind is Kind.LIMIT:
        return "limit, order declared" if expected.correction is not None else "limit"
    if expected.kind in (Kind.RATE, Kind.RATE_AT_MOST, Kind.RATE_AT_LEAST, Kind.MONOTONE, Kind.BETWEEN):
        return word
    if expected.kind in (Kind.AT_MOST, Kind.AT_LEAST) and expected.attained:
        return f"{word}, attained"
    return f"{word}, {seed.rule if seed is not None else 'exact'}"
