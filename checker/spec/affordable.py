"""Runs that would need more memory or time than there is: refused while the file is read, before anything is allocated.

The one idea to know: the estimate comes from the experiment itself (``simulate/budget.py``); here it is asked for every run
that a claim measures, its controls included, and reported at the key that asks for it.
"""

from __future__ import annotations

from collections.abc import Sequence

from checker.expr.node import Node
from checker.simulate.budget import refusal
from checker.spec.claim import Check, Claim, Run
from checker.spec.errors import Path
from checker.spec.reporter import Reporter


def check_costs(claims: Sequence[Claim], scale: str, reporter: Reporter) -> None:
    """Report every run that is beyond the limits of this machine at ``scale``, each once."""
    asked: dict[tuple[str, tuple[Node, ...]], None] = {}

    def look(run: Run, checks: Sequence[Check], path: Path) -> None:
        quantities = tuple(check.quantity for check in checks)
        if (run.key, quantities) in asked:
            return
        asked[run.key, quantities] = None
        reason = refusal(run, scale, quantities)
        if reason is not None:
            reporter.error(reporter.existing(path), reason, expected="smaller sizes, fewer samples, steps or seeds")

    for claim in claims:
        for index, measure in enumerate(claim.measures):
            if measure.unsupported:
                continue
            look(measure.run, measure.checks, ("runs", measure.run.name))
            for number, control in enumerate(measure.controls):
                if control.run is not None:
                    path = ("claims", claim.id, "measure", index, "controls", number)
                    look(control.run, (*control.checks, *control.original_on_patched), path)
