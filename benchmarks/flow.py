"""G4 and G5: gradient flow in log time, with the modified equation, against stepping through true gradient descent.

The one idea to know: both sides are the tool, two dynamics of one run on the same instance; the error of the flow is
measured against the very steps that it replaces.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks.claims import training_run
from benchmarks.goals import Result, Settings, at_least, at_most, number
from benchmarks.simulation import DIMENSION, POINTS, run_of
from benchmarks.timing import Variant, interleave, timed
from checker.simulate.measure import measure

SEED = 0
STEPS = ("1/1000", "1/100", "1/10")
"""The first one counts: the modified equation leaves an error of the order of the squared step times the curvature."""


def _flow(end: str, checkpoints: int, modified: bool, step: str) -> Any:
    """The run of a flow whose time is counted in the steps of the descent."""
    keys = f"step: {step}, {end}, checkpoints: {checkpoints}, modified: {str(modified).lower()}"
    return training_run(f"{{kind: remainder_flow, {keys}}}", POINTS, DIMENSION)


def _timed(name: str, run: Any) -> Variant:
    return Variant(name, timed(lambda: measure(run, [SEED], 0, "cpu")))


def _weights(run: Any) -> Any:
    return measure(run, [SEED], 0, "cpu").observables["theta"].values[0, -1]


def _apart(found: Any, true: Any) -> float:
    return float(np.linalg.norm(found - true) / np.linalg.norm(true))


def g4(settings: Settings) -> Iterator[Result]:
    """t = 10^6 steps, one instance."""
    steps = settings.sized(1_000_000, 10_000)
    for step in STEPS:
        descent, flow = run_of(steps, step=step), _flow(f"steps: {steps}", 2, True, step)
        true, counts = _weights(descent), step == STEPS[0]
        plain = _apart(_weights(_flow(f"steps: {steps}", 2, False, step)), true)
        yield Result(
            f"relative error of w after {steps} steps of {step}", at_most(1e-8) if counts else None,
            (_apart(_weights(flow), true),), unit="error", note=f"{number(plain)} without the modified equation",
        )  # fmt: skip
    descent, flow = run_of(steps, step=STEPS[0]), _flow(f"steps: {steps}", 2, True, STEPS[0])
    timings = interleave([_timed("descent", descent), _timed("flow", flow)], min(3, settings.rounds))
    yield Result(
        f"{steps} steps of descent / the flow", at_least(100), timings.ratio("descent", "flow"),
        note="the flow is solved at two tolerances and splits off the max-margin direction on the host",
    )  # fmt: skip


def g5(settings: Settings) -> Iterator[Result]:
    """t = 10^100, recorded at 33 times."""
    steps = settings.sized(100_000, 1_000)
    flow = _flow(f"until: {math.log(10) * 100:.12g}", 33, False, "1/4")
    theta = measure(flow, [SEED], 0, "cpu").observables["theta"]
    assert theta.twin is not None
    apart = _apart(theta.twin[0, -1], theta.values[0, -1])
    timings = interleave([_timed("descent", run_of(steps)), _timed("flow", flow)], settings.rounds)
    yield Result(
        f"the flow to t = 1e100 with 33 checkpoints / {steps} true steps", at_most(0.6), timings.ratio("flow", "descent"),
        note=f"two tolerances agree to {apart:.0e}",
    )  # fmt: skip
