"""A question that comes down to several relations: each is asked in turn, and the first that fails decides.

The one idea to know: a *necessary* relation refutes the question when it is refuted; one that is only *sufficient* (a step
of one particular proof) leaves it open.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from checker.expr.errors import UnsupportedError
from checker.prove.obligation import Obligation
from checker.prove.outcome import Evidence, Outcome, Status
from checker.prove.registry import dispatch
from checker.verdict import How


@dataclass(frozen=True, slots=True)
class Step:
    """One relation with its name for the reader."""

    name: str
    obligation: Obligation
    necessary: bool = True


def settle(steps: Iterable[Step], reason: str) -> Outcome:
    """PROVED with ``reason`` when every step is, REFUTED at the first necessary one that is, else what stayed open first."""
    evidence: list[Evidence] = []
    pending: Outcome | None = None
    how = How.PROVED
    for step in steps:
        outcome = _asked(step)
        evidence += [replace(line, question=f"{step.name}: {line.question}") for line in outcome.evidence]
        if outcome.status is Status.REFUTED and step.necessary:
            return replace(outcome, reason=f"{step.name}: {outcome.reason}", evidence=tuple(evidence))
        if outcome.status is Status.PROVED:
            how = How.ENCLOSED if outcome.how is How.ENCLOSED else how
        elif pending is None:
            pending = _left_open(step, outcome)
    if pending is not None:
        return replace(pending, evidence=tuple(evidence))
    return Outcome(Status.PROVED, reason, how, tuple(evidence))


def _asked(step: Step) -> Outcome:
    try:
        return dispatch(step.obligation)
    except UnsupportedError as error:
        if step.necessary:
            raise
        return Outcome(Status.UNDECIDED, str(error))


def _left_open(step: Step, outcome: Outcome) -> Outcome:
    if outcome.status is Status.REFUTED:
        where = ", ".join(f"{name} = {value}" for name, value in outcome.witness.items())
        reason = f"{step.name}: it fails" + (f" at {where}" if where else "") + ", which refutes this proof only"
        return Outcome(Status.UNDECIDED, reason, detail=outcome.detail)
    return replace(outcome, reason=f"{step.name}: {outcome.reason}")
