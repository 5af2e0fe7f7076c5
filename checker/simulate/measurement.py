"""What an experiment hands over: named observables with named axes, each computed at two precisions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Observable:
    """One named quantity of an experiment.

    ``values`` has shape ``(*[size of each axis in axes], *shape)``: the named axes first (``"seed"``, then sweep axes,
    then recorded axes such as ``"t"``; only those on which it depends), then the shape of one entry
    (``()`` scalar, ``(d,)`` vector, ``(n, d)`` matrix).  ``twin`` is the same at a coarser precision (halved solver tolerance
    or step); ``None`` where the value is exact up to rounding.  The difference of a quantity evaluated on both is its
    numerical error.
    """

    values: Array
    axes: tuple[str, ...]
    twin: Array | None = None


@dataclass(frozen=True, slots=True)
class Measurement:
    """The observables of one run over a batch of seeds, and the coordinates of every named axis."""

    observables: Mapping[str, Observable]
    coords: Mapping[str, Array]  # axis name -> coordinate values; "seed" included
    failures: Mapping[int, str] = field(default_factory=dict)  # seed -> why this instance is not evidence


@dataclass(frozen=True, slots=True)
class Field:
    """A scalar quantity over named axes: what the judge sees.  ``error`` is an absolute bound per entry, same shape."""

    values: Array
    error: Array
    axes: tuple[str, ...]
    coords: Mapping[str, Array]


def concatenate(batches: Sequence[Measurement]) -> Measurement:
    """One measurement over the seeds of all batches, in order.

    Observables without a seed axis are the same in every batch and are taken from the first; one that some batch lacks
    (a reference that was not solved there) is left out.
    """
    first = batches[0]
    if len(batches) == 1:
        return first
    joined: dict[str, Observable] = {}
    for name, observable in first.observables.items():
        if any(name not in batch.observables for batch in batches):
            continue
        if "seed" not in observable.axes:
            joined[name] = observable
            continue
        where = observable.axes.index("seed")
        parts = [batch.observables[name] for batch in batches]
        twins = [part.twin for part in parts if part.twin is not None]
        joined[name] = Observable(
            np.concatenate([part.values for part in parts], axis=where),
            observable.axes,
            np.concatenate(twins, axis=where) if len(twins) == len(parts) else None,
        )
    coords = {**first.coords, "seed": np.concatenate([batch.coords["seed"] for batch in batches])}
    failures = {seed: reason for batch in batches for seed, reason in batch.failures.items()}
    return Measurement(joined, coords, failures)


def only(measurement: Measurement, seed: int) -> Measurement:
    """The measurement of one of its instances; raises ``KeyError`` for a seed that was not measured."""
    rows = np.flatnonzero(measurement.coords["seed"] == seed)
    if rows.size == 0:
        raise KeyError(seed)

    def cut(values: Array, axes: tuple[str, ...]) -> Array:
        return np.take(values, rows[:1], axis=axes.index("seed")) if "seed" in axes else values

    observables = {
        name: Observable(
            cut(each.values, each.axes), each.axes, None if each.twin is None else cut(each.twin, each.axes)
        )
        for name, each in measurement.observables.items()
    }
    failures = {number: reason for number, reason in measurement.failures.items() if number == seed}
    return Measurement(observables, {**measurement.coords, "seed": np.array([float(seed)])}, failures)
