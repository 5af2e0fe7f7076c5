"""What a child runs: one obligation under a CPU limit.  It imports nothing but provers, for every child pays for that."""

from __future__ import annotations

import resource

from checker.prove.obligation import Obligation
from checker.prove.outcome import Outcome
from checker.prove.registry import prove

CPU_SECONDS = 12


def limited(obligation: Obligation) -> tuple[Outcome, float]:
    """The answer and the CPU seconds it took; the kernel ends the child beyond the limit."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    outcome = prove(obligation)
    return outcome, sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
