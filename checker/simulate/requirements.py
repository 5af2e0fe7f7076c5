"""``require``: conditions without which a run is worthless, turned into failures of the seeds that miss them.

The one idea to know: a missed requirement is an error of the instance and is never dropped silently; the judge sees
it as a seed that is not evidence, with the condition as the reason.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from checker.expr.node import Node, symbols_of
from checker.simulate.measurement import Measurement
from checker.simulate.quantity import evaluate
from checker.spec.claim import Run


def require(run: Run, measurement: Measurement) -> Measurement:
    """``measurement`` with a failure for every seed that misses a condition of ``run.require``.

    Conditions that name a reference not solved yet wait until it is.  A condition that is NaN is missed.
    """
    failures = dict(measurement.failures)
    seeds = [int(seed) for seed in measurement.coords["seed"]]
    for text, condition in run.require:
        if not _ready(condition, measurement.observables.keys()):
            continue
        met = evaluate(condition, measurement)
        missed = ~(met.values > 0.5)
        if "seed" in met.axes:
            others = tuple(index for index, axis in enumerate(met.axes) if axis != "seed")
            concerned = [seed for seed, bad in zip(seeds, np.any(missed, axis=others), strict=True) if bad]
        else:
            concerned = seeds if np.any(missed) else []
        for seed in concerned:
            failures.setdefault(seed, f"requirement missed: {text}")
    return Measurement(measurement.observables, measurement.coords, failures)


def _ready(condition: Node, published: Collection[str]) -> bool:
    return all(name in published for name in symbols_of(condition) if "." in name)
