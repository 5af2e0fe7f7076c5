"""What a prover answers: a status, the ledger of evidence behind it, and an exact witness where it refutes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from checker.verdict import How, Verdict


class Status(StrEnum):
    """Answer to one obligation."""

    PROVED = "proved"
    REFUTED = "refuted"
    UNDECIDED = "undecided"
    VACUOUS = "vacuous"
    UNSUPPORTED = "unsupported"
    DISAGREE = "disagree"
    ERROR = "error"

    @property
    def verdict(self) -> Verdict:
        """The verdict that an obligation with this status contributes to its claim."""
        return _VERDICTS[self]


_VERDICTS = {
    Status.PROVED: Verdict.PASS,
    Status.REFUTED: Verdict.FAIL,
    Status.UNDECIDED: Verdict.INCONCLUSIVE,
    Status.VACUOUS: Verdict.VACUOUS,
    Status.UNSUPPORTED: Verdict.UNSUPPORTED,
    Status.DISAGREE: Verdict.DISAGREE,
    Status.ERROR: Verdict.ERROR,
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """One line of the ledger: which engine was asked what, and what it answered."""

    engine: str  # "rational normal form", "SymPy", "balls", "intervals", "z3", "z3 (QF_NRA)", "sampler"
    question: str  # short plain text, e.g. "left - right is identically 0"
    answer: str  # e.g. "yes", "contains 0 at 12 points, radius <= 1e-45", "unsat"


@dataclass(frozen=True, slots=True)
class Dispute:
    """Two engines that contradict each other: what each says of the same expression, at a point where there is one."""

    expression: str
    engines: tuple[str, str]
    values: tuple[str, str]  # as each engine prints its own
    point: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Answer to one obligation.

    ``witness`` maps symbol names to exact values (text of a rational such as ``7/4``, so that it can be replayed);
    ``reason`` says in one sentence why the status is what it is; ``detail`` carries the text of the two sides at
    the witness, an enclosure, or what stayed open.  ``alone`` names the engine of a proof that no second engine has made
    on the whole domain (points are not a proof); ``dispute`` keeps both answers of a DISAGREE.
    """

    status: Status
    reason: str
    how: How | None = None
    evidence: tuple[Evidence, ...] = ()
    witness: Mapping[str, str] = field(default_factory=dict)
    detail: str = ""
    alone: str = ""
    dispute: Dispute | None = None
