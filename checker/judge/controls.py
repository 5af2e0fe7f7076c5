"""What controls do to a verdict: a PASS stands only on evidence that could have told a near miss apart.

A control is judged by ``decide.judge`` with ``control=True`` on the same arrays, look by look, possibly on further
batches after the claim is decided.  Controls cost no error budget: a wrongly rejected control cannot make a wrong
interval.

A control whose prediction lies 1.5 margins away is rejected whenever the claim passes, unless the whole interval lies in
the outer half of the claim's margin; from two margins on without exception (``tests/judge/test_regions.py``).  A control
that patches the run keeps its region: where every instance has to hold, no entry can pass for the claim and fail for the
control on the same numbers, so FAIL is enough there too.
"""

from __future__ import annotations

from collections.abc import Sequence

from checker.judge import regions
from checker.judge.prediction import Judgement
from checker.verdict import Verdict


def rejecting(judgements: Sequence[Judgement | None], originals: Sequence[Judgement | None] = ()) -> int | None:
    """Which of the checks that a control patches rejects it, as an index; ``None`` if the control stands.

    FAIL alone rejects, of one check if the control patches several.  ERROR of any is a broken run and rejects nothing.
    ``originals`` are the unpatched predictions on the patched run, where a control patches run *and* prediction: they
    have to PASS, or the failure shows nothing.
    """
    if any(judgement is None or judgement.verdict is not Verdict.PASS for judgement in originals):
        return None
    verdicts = [None if judgement is None else judgement.verdict for judgement in judgements]
    if Verdict.ERROR in verdicts or Verdict.FAIL not in verdicts:
        return None
    return verdicts.index(Verdict.FAIL)


def standing(
    verdict: Verdict | None, reason: str, controls: Sequence[tuple[str, bool]], shown: bool
) -> tuple[Verdict | None, str]:
    """A check's verdict and reason after its controls had their say.

    ``controls`` are the texts of the controls of this check and whether they were rejected; ``shown``: whether one was
    rejected by this very check, which so showed that it can fail.  Only a PASS can change, and only to INCONCLUSIVE.
    """
    if verdict is not Verdict.PASS:
        return verdict, reason
    alive = [text for text, gone in controls if not gone]
    if alive:
        return Verdict.INCONCLUSIVE, f"the control {alive[0]} is not rejected; otherwise: {reason}"
    if not shown:
        return Verdict.INCONCLUSIVE, f"no control was rejected by this check; otherwise: {reason}"
    return verdict, reason


def failed_by(judgement: Judgement) -> float | None:
    """By how many margins the interval of the failing cell misses the region that would have passed; ``None`` where
    nothing failed with an interval.  Negative where it reaches into the outer half of the margin.
    """
    for cell in judgement.cells:
        if cell.verdict is Verdict.FAIL and cell.interval is not None:
            return min(regions.excess(end, cell.region) for end in (cell.interval.lo, cell.interval.hi))
    return None
