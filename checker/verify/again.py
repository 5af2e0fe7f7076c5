"""One instance of a measurement, or a whole measurement, once more: what a replay shows and compares.

The one idea: an instance is named by its number and the shift of all seeds, so measuring it again draws the same numbers.
Those that a directed search found have negative numbers; for them the search is run again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from checker.errors import CheckError
from checker.result import MeasureResult
from checker.simulate.measurement import Measurement, only
from checker.simulate.search import SearchUnavailable
from checker.spec.claim import Check, Claim, Measure
from checker.verify.bench import Bench
from checker.verify.evaluation import EvaluationError, Reader, nodes_of, read, references_named
from checker.verify.hunt import attack_of
from checker.verify.measures import judge_measure, measure_result
from checker.verify.scales import SCALES


@dataclass(frozen=True, slots=True)
class Point:
    """One entry of a quantity: its coordinates, the value with its numerical error, and what is predicted there."""

    place: Mapping[str, float]
    value: float
    error: float
    predicted: float


@dataclass(frozen=True, slots=True)
class Points:
    """The entries of a quantity at the coordinates asked for, and why instances are no evidence, if they are none."""

    points: tuple[Point, ...]
    failures: tuple[str, ...]


def points_again(
    measure: Measure, check: Check, bench: Bench, scale: str, instance: int | None, at: Mapping[str, float], seeds: int = 0
) -> Points:
    """The quantity of ``check`` on one instance, at the coordinates ``at`` (all others are given).

    ``instance=None``: on ``seeds`` instances, and on those that the directed search finds where the check is searched.
    Raises ``CheckError`` where there is no such instance or the quantity cannot be read.
    """
    references = references_named(measure.run, nodes_of(check))
    if instance is None:
        measurement = _all(measure, check, bench, references, seeds)
    elif instance >= 0:
        measurement = bench.instance(measure.run, instance, references)
    else:
        measurement = _found(measure, check, bench, references, scale, seeds, instance)
    try:
        reading = read(replace(check, keep=None), measure.run, Reader(measurement, {}))
    except EvaluationError as problem:
        raise CheckError(str(problem)) from None
    sample = reading.sample
    predicted = np.broadcast_to(reading.prediction.target, sample.values.shape)
    points = []
    for index in np.ndindex(sample.values.shape):
        place = {axis: float(sample.coords[axis][where]) for axis, where in zip(sample.axes, index, strict=True)}
        if instance is not None:
            place["seed"] = float(instance)
        # a coordinate of 1e-9 is not one of 1e-12: only the size of the number decides
        if all(np.isclose(place.get(axis, np.nan), value, rtol=1e-6, atol=0.0) for axis, value in at.items()):
            points.append(
                Point(place, float(sample.values[index]), float(sample.error[index]), float(predicted[index]))
            )
    return Points(tuple(points), tuple(measurement.failures.values()))


def measure_again(claim: Claim, index: int, bench: Bench, scale: str) -> MeasureResult:
    """The measurement of that number of a claim, judged from its first look to its last."""
    checks = sum(len(one.checks) for one in claim.measures)
    return measure_result(judge_measure(claim.measures[index], SCALES[scale], bench, checks), claim.id)


def _all(measure: Measure, check: Check, bench: Bench, references: frozenset[str], seeds: int) -> Measurement:
    measurement = bench.measurement(measure.run, seeds, references)
    attack = attack_of(check, measure.run, measure.assumptions)
    if attack is None:
        return measurement
    try:
        return bench.attack(measure.run, seeds, measurement, attack)
    except SearchUnavailable:
        return measurement


def _found(
    measure: Measure, check: Check, bench: Bench, references: frozenset[str], scale: str, seeds: int, instance: int
) -> Measurement:
    attack = attack_of(check, measure.run, measure.assumptions)
    if attack is None:
        raise CheckError(f"instance {instance}: only bounds over every instance are searched")
    seeds = seeds or measure.run.seeds or SCALES[scale].instances
    measurement = bench.measurement(measure.run, seeds, references)
    try:
        return only(bench.attack(measure.run, seeds, measurement, attack), instance)
    except KeyError:
        raise CheckError(f"instance {instance}: the search did not find that many") from None
