"""``enclosure``: a closed expression lies in a bracket, by balls of doubling precision."""

from __future__ import annotations

from checker.expr.defined import conditions
from checker.expr.node import symbols_of
from checker.expr.text import text
from checker.expr.to_arb import holds
from checker.prove.bracket import PRECISIONS, constant, digits, lies_in, same, shown
from checker.prove.obligation import Enclosure, Obligation
from checker.prove.outcome import Evidence, Outcome, Status
from checker.prove.registry import prover
from checker.verdict import How


@prover(Enclosure)
def prove_enclosure(obligation: Obligation) -> Outcome:
    """PROVED by enclosure, REFUTED when the ball lies outside, UNDECIDED when it meets an end at every precision.

    The bracket is closed: a value that is exactly one of its ends lies inside.  Raises ``UnsupportedError`` for an
    expression with symbols or an undefined one.
    """
    question = obligation.question
    assert isinstance(question, Enclosure)
    asked = "value of the expression"
    for bits in PRECISIONS:
        ball = constant(question.of, bits)
        undefined = [node for node in conditions(question.of) if not symbols_of(node) and holds(node, {}) is not True]
        if undefined:
            return Outcome(Status.UNDECIDED, f"the expression is not shown to be defined: {text(undefined[0])}")
        evidence = (Evidence("balls", asked, f"{shown(ball)}, radius {digits(ball)} at {bits} bits"),)
        inside = lies_in(ball, question.lies_in, bits) if ball.is_finite() else None
        if inside:
            return Outcome(
                Status.PROVED, "its enclosure lies in the bracket", How.ENCLOSED, evidence, detail=shown(ball)
            )
        if inside is False:
            return Outcome(
                Status.REFUTED, "its enclosure lies outside of the bracket", evidence=evidence, detail=shown(ball)
            )
    lo, hi = question.lies_in
    at_end = same(question.of, lo) or same(question.of, hi)
    if (
        at_end
        and (same(question.of, lo) or ball >= constant(lo, bits))
        and (same(question.of, hi) or ball <= constant(hi, bits))
    ):
        exact = Evidence("rational normal form", "the value is exactly an end of the bracket", "yes")
        return Outcome(
            Status.PROVED, "it is exactly an end of the bracket", How.PROVED, (*evidence, exact), detail=shown(ball)
        )
    return Outcome(
        Status.UNDECIDED,
        "the enclosure meets an end of the bracket at every precision",
        evidence=evidence,
        detail=shown(ball),
    )
