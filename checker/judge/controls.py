"""What controls do to a verdict: a PASS stands only on evidence that could have told a near miss apart.

A control is judged by ``decide.judge`` with ``control=True`` on the same arrays, look by look, possibly on further
batches after the claim is decided.  Controls cost no error budget: a wrongly rejected control cannot make a wrong
interval.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from checker.judge.prediction import Judgement
from checker.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Standing:
    """The verdict of a set of checks after its controls, and why it is not PASS where the checks alone passed."""

    verdict: Verdict | None
    reason: str = ""


def rejected(judgement: Judgement) -> bool:
    """A control is rejected by FAIL alone: ERROR is a broken run, and no verdict is no power."""
    return judgement.verdict is Verdict.FAIL


def control_rejected(judgements: Sequence[Judgement]) -> bool:
    """A control that patches several checks is rejected when one of them fails.

    Not when the run broke: any ERROR among them counts as not rejected.
    """
    if any(judgement.verdict is Verdict.ERROR for judgement in judgements):
        return False
    return any(rejected(judgement) for judgement in judgements)


def standing(
    checks: Mapping[str, Verdict | None], controls: Mapping[str, bool], rejected_on: Mapping[str, Sequence[str]]
) -> Standing:
    """Combine the checks of one measurement with its controls.

    ``checks`` maps names to verdicts (``None``: undecided), ``controls`` maps control texts to whether they were
    rejected, and ``rejected_on`` maps control texts to the checks that rejected them.  A PASS becomes undecided (at
    the end of the budget: INCONCLUSIVE) where a control survives, or where some check rejected no control at all and
    so never showed that it can fail.
    """
    found = list(checks.values())
    for verdict in (Verdict.ERROR, Verdict.FAIL):
        if verdict in found:
            return Standing(verdict)
    if not found or any(verdict is not Verdict.PASS for verdict in found):
        return Standing(None)
    alive = [text for text, gone in controls.items() if not gone]
    if alive:
        return Standing(None, f"control not rejected: {'; '.join(alive)}")
    used = {name for text in controls for name in rejected_on.get(text, ())}
    idle = [name for name in checks if name not in used]
    if idle:
        return Standing(None, f"no control was rejected by {', '.join(idle)}: the check has not shown that it can fail")
    return Standing(Verdict.PASS)
