"""Takes axes together as ``over`` says, in the order it is written, until only seeds, cells and sizes are left.

Every reduction is a monotone function of the entries, so its numerical error is how far it moves when all entries
move by theirs; and every reduction remembers which entry it picked, so that a witness can be named.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from checker.judge import words
from checker.judge.errors import EvidenceError
from checker.judge.prediction import Along, Array, Over, Prediction
from checker.judge.sample import SEED, Sample

Indices = npt.NDArray[np.intp]
_REDUCERS: Mapping[str, Callable[[Array, int], Array]] = {
    "max": lambda a, axis: np.max(a, axis=axis),
    "mean": lambda a, axis: np.mean(a, axis=axis),
    "median": lambda a, axis: np.median(a, axis=axis),
    "last": lambda a, axis: np.take(a, -1, axis=axis),
}


@dataclass(frozen=True, slots=True)
class Pick:
    """One axis that is gone: ``chosen`` holds the index taken, over the ``axes`` left; ``None`` where all count."""

    axis: str
    axes: tuple[str, ...]
    chosen: Indices | None


@dataclass(frozen=True, slots=True)
class Reduced:
    """What is judged: arrays (seeds, cells) or, along a size axis, (seeds, cells, sizes); all of one shape.

    ``axes`` and ``shape`` describe the cells before flattening; ``labels`` name them.  ``x`` are the increasing
    sizes (K,), ``kept`` their indices on the size axis, ``correction`` the declared next order on them.
    """

    values: Array
    error: Array
    target: Array
    upper: Array | None
    axes: tuple[str, ...]
    shape: tuple[int, ...]
    labels: tuple[str, ...]
    coords: Mapping[str, Array]
    picks: tuple[Pick, ...]
    along: str | None = None
    x: Array | None = None
    kept: Indices | None = None
    correction: Array | None = None

    def locate(self, cell: int, seed: int | None = None, size: int | None = None) -> dict[str, int]:
        """Indices of an entry in the sample: axis name -> index, as far as the reductions single one out."""
        where = dict(zip(self.axes, (int(i) for i in np.unravel_index(cell, self.shape)), strict=True))
        if seed is not None:
            where[SEED] = seed
        if size is not None and self.along is not None and self.kept is not None:
            where[self.along] = int(self.kept[size])
        for pick in reversed(self.picks):
            if pick.chosen is None or any(axis not in where for axis in pick.axes):
                continue
            where[pick.axis] = int(pick.chosen[tuple(where[axis] for axis in pick.axes)])
        return where


def restrict(sample: Sample, prediction: Prediction) -> tuple[Sample, Indices | None]:
    """The sample without the sizes that ``from:`` and ``as: x in [a, b]`` discard, and the indices kept, in order of
    size.

    Done before anything is looked at: a NaN at a discarded size is no error.  Raises ``EvidenceError`` when nothing
    is left.
    """
    along = prediction.along
    if along is None:
        return sample, None
    if along.axis not in sample.axes or along.axis == SEED:
        raise EvidenceError(f"`as: {along.axis}` names no axis of the quantity; it has {', '.join(sample.axes)}")
    places = np.asarray(sample.coords[along.axis], dtype=float)
    keep = np.ones(places.size, dtype=bool)
    if along.start is not None:
        keep &= places <= along.start if along.to_zero else places >= along.start
    if along.until is not None:
        low, high = along.until
        slackness = 1e-12 * max(abs(low), abs(high))
        keep &= (places >= low - slackness) & (places <= high + slackness)
    kept = np.flatnonzero(keep)
    if not kept.size:
        raise EvidenceError(f"no size of '{along.axis}' is left after `from:` and `as:`")
    kept = kept[np.argsort(-places[kept] if along.to_zero else places[kept], kind="stable")]
    position = sample.axes.index(along.axis)
    coords = {**sample.coords, along.axis: places[kept]}
    values, error = np.take(sample.values, kept, axis=position), np.take(sample.error, kept, axis=position)
    return Sample(values, error, sample.axes, coords, sample.grid), kept


def reduce(sample: Sample, prediction: Prediction, kept: Indices | None, full: tuple[int, ...]) -> Reduced:
    """Apply ``over`` to all axes but the seeds and the size axis.  ``full`` is the sample's shape before ``restrict``.

    Raises ``EvidenceError`` for a rule on an axis that is not there, and for a target that varies along an axis whose
    maximum or median is claimed.
    """
    along = prediction.along.axis if prediction.along is not None else None
    for axis, rule in prediction.over.items():
        if axis not in sample.axes:
            raise EvidenceError(f"`over` names '{axis}', which is no axis of the quantity ({', '.join(sample.axes)})")
        if axis == along and rule.rule != "every":
            raise EvidenceError(f"`over` cannot take '{axis}' together: the claim is along it")
    axes = list(sample.axes)
    values, error = sample.values, sample.error
    target = _cut(prediction.target, full, sample, along, kept)
    upper = None if prediction.upper is None else _cut(prediction.upper, full, sample, along, kept)
    picks = []
    for axis, rule in prediction.over.items():
        if axis in (SEED, along) or rule.rule in ("every", "fraction"):
            continue
        position = axes.index(axis)
        axes.pop(position)
        picks.append(Pick(axis, tuple(axes), _chosen(values, position, rule)))
        target = _target(target, position, rule, axis)
        upper = None if upper is None else _target(upper, position, rule, axis)
        values, error = _reduce(values, error, position, rule)
    if along is not None:
        position = axes.index(along)
        values, error, target = (np.moveaxis(array, position, -1) for array in (values, error, target))
        upper = None if upper is None else np.moveaxis(upper, position, -1)
        axes.remove(along)
    cell_axes = tuple(axes[1:])
    shape = values.shape[1 : 1 + len(cell_axes)]
    tail = values.shape[1 + len(cell_axes) :]
    flat = (values.shape[0], int(np.prod(shape, dtype=int)), *tail)
    if 0 in flat:
        raise EvidenceError("the quantity has no entries: the selection is empty")
    return Reduced(
        values.reshape(flat),
        error.reshape(flat),
        target.reshape(flat),
        None if upper is None else upper.reshape(flat),
        cell_axes,
        shape,
        labels(cell_axes, shape, sample.coords),
        sample.coords,
        tuple(picks),
        along,
        None if prediction.along is None else _sizes(prediction.along, sample.coords, kept),
        kept,
        None if prediction.correction is None else _correction(prediction.correction, full, sample, along, kept),
    )


def _cut(array: Array, full: tuple[int, ...], sample: Sample, along: str | None, kept: Indices | None) -> Array:
    """Broadcast a prediction to the sample before ``restrict`` and cut it likewise."""
    try:
        wide = np.broadcast_to(np.asarray(array, dtype=float), full)
    except ValueError as error:
        raise EvidenceError(f"a prediction of shape {np.shape(array)} does not fit the quantity's {full}") from error
    if along is None or kept is None:
        return wide
    return np.take(wide, kept, axis=sample.axes.index(along))


def _sizes(along: Along, coords: Mapping[str, Array], kept: Indices | None) -> Array:
    places = np.asarray(coords[along.axis], dtype=float)
    if along.clock is not None:
        clock = np.asarray(along.clock, dtype=float)
        return clock[kept] if kept is not None else clock
    if along.to_zero:
        if np.any(places <= 0):
            raise EvidenceError(f"`as: {along.axis} -> 0` needs positive coordinates")
        return 1 / places
    return places


def _correction(array: Array, full: tuple[int, ...], sample: Sample, along: str | None, kept: Indices | None) -> Array:
    if along is None:
        raise EvidenceError("`correction:` needs `as:`")
    position = sample.axes.index(along)
    if np.shape(array) == (full[position],) and position != len(full) - 1:
        array = np.reshape(array, tuple(full[position] if i == position else 1 for i in range(len(full))))
    rows = np.moveaxis(_cut(array, full, sample, along, kept), position, -1)
    rows = rows.reshape(-1, rows.shape[-1])
    if np.any(rows != rows[:1]):
        raise EvidenceError("`correction:` must depend on the size only")
    if not np.all(np.isfinite(rows[0])):
        raise EvidenceError("`correction:` must be finite on the whole sweep")
    return np.array(rows[0])


def _reduce(values: Array, error: Array, position: int, rule: Over) -> tuple[Array, Array]:
    function = _REDUCERS[rule.rule]
    middle = function(values, position)
    moved = np.maximum(function(values + error, position) - middle, middle - function(values - error, position))
    # 0 where both are infinite: a censored value has no error
    return middle, np.nan_to_num(moved, nan=0.0)


def _chosen(values: Array, position: int, rule: Over) -> Indices | None:
    if rule.rule == "max":
        chosen: Indices = np.argmax(values, axis=position)
        return chosen
    if rule.rule == "last":
        return np.full(np.delete(values.shape, position), values.shape[position] - 1)
    return None


def _target(target: Array, position: int, rule: Over, axis: str) -> Array:
    if rule.rule in ("mean", "last"):
        return _REDUCERS[rule.rule](target, position)
    first = np.take(target, [0], axis=position)
    if np.any(target != first):
        raise EvidenceError(
            f"the prediction varies along '{axis}', whose {rule.rule} is claimed: put it into the quantity"
        )
    taken: Array = np.take(target, 0, axis=position)
    return taken


def labels(axes: tuple[str, ...], shape: tuple[int, ...], coords: Mapping[str, Array]) -> tuple[str, ...]:
    """One label per cell, ``rho = 10, d = 3``; the empty text for the only cell of a quantity without axes."""
    if not axes:
        return ("",)
    return tuple(
        ", ".join(f"{axis} = {words.number(float(coords[axis][i]))}" for axis, i in zip(axes, index, strict=True))
        for index in np.ndindex(*shape)
    )
