"""Equations whose hypotheses leave a point, or next to nothing: shown as two inequalities.

The one idea to know: an exact zero needs balls at sampled points beside it, and where the hypotheses hold at one point only
there are none to sample; ``left <= right`` and ``left >= right`` are each rigorous alone and together say the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from checker.expr.domain import Domain
from checker.expr.node import Node, Rel, RelOp
from checker.prove.inequality import prove_inequality
from checker.prove.outcome import Evidence, Outcome, Status
from checker.verdict import How

_BUDGET = 60


def prove_from_both_sides(goal: Rel, domains: Mapping[str, Domain], given: Sequence[Node]) -> Outcome | None:
    """PROVED where both inequalities are, else ``None`` (a point that refutes one of them is not looked for here)."""
    evidence: list[Evidence] = []
    ops: tuple[RelOp, RelOp] = ("<=", ">=")
    for op in ops:
        outcome = prove_inequality(Rel(op, goal.left, goal.right), domains, given, budget=_BUDGET)
        if outcome.status is not Status.PROVED:
            return None
        evidence += [replace(line, question=f"left {op} right: {line.question}") for line in outcome.evidence]
    return Outcome(Status.PROVED, "the left side is at most and at least the right side", How.PROVED, tuple(evidence))
