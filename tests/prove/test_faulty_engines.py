"""A broken engine, whichever it is, proves nothing that is false; most of its lies come out as DISAGREE with both answers."""

from __future__ import annotations

import functools

import pytest

from checker.prove.outcome import Outcome, Status
from tests.prove.faulty_engines import FAULTS, Fault, answers

# Of each fault the first two claims; ``python -m tests.prove.faulty_engines`` asks all and prints the table.
_QUICK = 2
_DISPUTED = frozenset({
    "balls: exp", "balls: erf", "derivative ladder", "rational normal form", "definedness", "z3: both solvers",
    "z3: the first solver", "asymptotic expansion", "quadrature by balls", "summation by balls", "isolation of zeros",
    "enclosures", "inner products", "mpmath", "exact fractions",
})  # fmt: skip


@functools.cache
def _asked(engine: str, looked_at: bool) -> list[Outcome]:
    fault = next(fault for fault in FAULTS if fault.engine == engine)
    return answers(Fault(fault.engine, fault.lie, fault.inject, fault.claims[:_QUICK], fault.true), looked_at=looked_at)


def quick(fault: Fault, *, looked_at: bool = True) -> list[Outcome]:
    """The answers to the first claims of a fault."""
    return _asked(fault.engine, looked_at)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.engine)
def test_a_lie_is_not_proved(fault: Fault) -> None:
    for outcome in quick(fault):
        assert outcome.status is not Status.PROVED, outcome
        assert outcome.status is not Status.ERROR, outcome
        if outcome.status is Status.DISAGREE:
            assert outcome.dispute is not None
            assert all(outcome.dispute.values)
            assert outcome.dispute.engines[0] != outcome.dispute.engines[1]


@pytest.mark.parametrize("fault", [f for f in FAULTS if f.engine in _DISPUTED], ids=lambda fault: fault.engine)
def test_the_contradiction_is_told(fault: Fault) -> None:
    assert {outcome.status for outcome in quick(fault)} == {Status.DISAGREE}


def test_without_the_second_engine_the_lies_are_believed() -> None:
    # otherwise the table above would say nothing about re-checking
    believed = [f.engine for f in FAULTS for o in quick(f, looked_at=False) if o.status is Status.PROVED]
    assert len(set(believed)) >= 14
    assert len(believed) >= 24
