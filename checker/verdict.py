"""The seven verdicts, how a PASS was reached, and which of several verdicts is the worst."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Verdict(StrEnum):
    """What the checker says of a claim or of one of its parts."""

    PASS = "PASS"
    FAIL = "FAIL"
    INCONCLUSIVE = "INCONCLUSIVE"
    VACUOUS = "VACUOUS"
    UNSUPPORTED = "UNSUPPORTED"
    ERROR = "ERROR"
    DISAGREE = "DISAGREE"


class How(StrEnum):
    """The kind of evidence behind a PASS, strongest first."""

    PROVED = "proved"
    ENCLOSED = "enclosed"
    SIMULATED = "simulated"
    SURVIVED = "survived"


# From harmless to worst.  FAIL outranks INCONCLUSIVE (a refuted part refutes the claim) but not ERROR and
# DISAGREE: a broken run or two engines at odds mean that nothing else in the claim can be relied on.
_SEVERITY = (
    Verdict.PASS,
    Verdict.UNSUPPORTED,
    Verdict.INCONCLUSIVE,
    Verdict.VACUOUS,
    Verdict.FAIL,
    Verdict.ERROR,
    Verdict.DISAGREE,
)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst verdict; of none at all, INCONCLUSIVE, because nothing was checked."""
    return max(verdicts, key=_SEVERITY.index, default=Verdict.INCONCLUSIVE)
