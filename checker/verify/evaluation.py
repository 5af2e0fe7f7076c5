"""From a check and a measurement to what the judge reads: a sample and a prediction, both plain arrays.

The one idea to know: quantity and prediction are evaluated on the same measurement and broadcast to the union of
their named axes, so a prediction may depend on the instance (a limit written in the data's own dual variables) and
the judge still compares number with number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from checker.expr.node import Node, symbols_of
from checker.judge.prediction import Along, Over, Prediction
from checker.judge.sample import Sample
from checker.simulate.measurement import Field, Measurement
from checker.simulate.quantity import evaluate
from checker.spec.claim import Check, Run

Array = npt.NDArray[np.float64]


class EvaluationError(Exception):
    """The measurement cannot be read as the check asks: an empty selection, too few instances kept."""


@dataclass(frozen=True, slots=True)
class Reader:
    """A measurement and the fields evaluated on it so far: the claim, its controls and other claims ask the same ones."""

    measurement: Measurement
    fields: dict[Node, Field]

    def field(self, node: Node) -> Field:
        """``node`` over the named axes; raises ``QuantityError`` and ``UnsupportedError`` as ``evaluate`` does."""
        found = self.fields.get(node)
        if found is None:
            found = self.fields[node] = evaluate(node, self.measurement)
        return found


@dataclass(frozen=True, slots=True)
class Reading:
    """A check on a measurement, as numbers.  ``kept`` and ``instances`` count seeds before and after ``keep``."""

    sample: Sample
    prediction: Prediction
    kept: int
    instances: int


def references_named(run: Run, nodes: Sequence[Node | None]) -> frozenset[str]:
    """Names of the run's references that the expressions, or what the run requires, mention (as ``name.output``)."""
    asked = [*nodes, *(condition for _, condition in run.require)]
    mentioned = {name.split(".", 1)[0] for node in asked if node is not None for name in symbols_of(node)}
    return frozenset(mentioned & set(run.references))


def nodes_of(check: Check) -> tuple[Node | None, ...]:
    """Every expression of a check that is evaluated on the measurement."""
    expected = check.expectation
    return (
        check.quantity,
        expected.target,
        expected.upper,
        expected.clock,
        expected.correction,
        check.where,
        check.keep,
    )


def align(field: Field, axes: tuple[str, ...], shape: tuple[int, ...]) -> tuple[Array, Array]:
    """Values and errors of ``field`` broadcast to ``axes`` of sizes ``shape`` (a superset of its own axes)."""
    order = [field.axes.index(axis) for axis in axes if axis in field.axes]
    index = tuple(slice(None) if axis in field.axes else None for axis in axes)
    values, error = np.transpose(field.values, order)[index], np.transpose(field.error, order)[index]
    return np.broadcast_to(values, shape), np.broadcast_to(error, shape)


def read(check: Check, run: Run, reader: Reader, at: Mapping[str, float] | None = None) -> Reading:
    """Evaluate ``check`` on a measurement of ``run``, pinned to the coordinates ``at``.

    Raises ``EvaluationError`` where a selection is empty, a pinned coordinate was not measured, or fewer instances than
    declared fulfil ``keep``.
    """
    expected, measurement = check.expectation, reader.measurement
    fields = {"quantity": reader.field(check.quantity), "target": reader.field(expected.target)}
    if expected.upper is not None:
        fields["upper"] = reader.field(expected.upper)
    present = {axis for field in fields.values() for axis in field.axes}
    # An axis that the claim speaks of counts even where a control made the quantity constant along it.
    named = [*expected.over, expected.axis, *(() if check.where is None else reader.field(check.where).axes)]
    present |= {axis for axis in named if axis is not None and axis in measurement.coords}
    coords = {"seed": np.zeros(1), **measurement.coords}
    axes = ("seed", *(axis for axis in measurement.coords if axis != "seed" and axis in present))
    if not any("seed" in field.axes for field in fields.values()):
        coords["seed"] = np.zeros(1)
    for field in fields.values():  # `next` has one record less than what was recorded
        coords |= {axis: own for axis, own in field.coords.items() if len(own) < len(coords[axis])}
    fields = {name: _shortened(field, coords) for name, field in fields.items()}
    shape = tuple(len(coords[axis]) for axis in axes)
    aligned = {name: align(field, axes, shape) for name, field in fields.items()}

    instances = shape[0]
    if check.keep is not None:
        rows = _kept_rows(check, reader, instances)
        aligned = {name: (values[rows], error[rows]) for name, (values, error) in aligned.items()}
        coords["seed"] = coords["seed"][rows]
    coords = {axis: coords[axis] for axis in axes}
    for axis, value in (at or {}).items():
        aligned, coords = _pin(aligned, coords, axis, value)
    if check.where is not None:
        aligned, coords = _select(check, reader, aligned, coords)

    axes = tuple(coords)
    values, error = aligned["quantity"]
    target, target_error = aligned["target"]
    # The prediction is compared with the quantity, so its own numerical error counts as well.
    sample = Sample(values=values, error=error + target_error, axes=axes, coords=coords, grid=_grid(run) & set(axes))
    prediction = Prediction(
        kind=expected.kind,
        target=target,
        over=_rules(expected.over, frozenset(at or {}), coords),
        within=expected.within,
        upper=aligned["upper"][0] if "upper" in aligned else None,
        along=_along(check, reader, coords),
        correction=_on_axis(expected.correction, reader, expected.axis, coords),
        strength=expected.strength,
        up_to=expected.up_to,
        strictly=expected.strictly,
        attained=expected.attained,
        by=expected.by,
        level=expected.level,
        bounded=expected.bounded,
    )
    return Reading(sample, prediction, kept=len(coords["seed"]), instances=instances)


def _rules(over: Mapping[str, Over], pinned: frozenset[str], coords: Mapping[str, Array]) -> dict[str, Over]:
    """The rules for the axes that are left; `every` is what holds of coupled axes anyway, and all that can be said."""
    left = {axis: rule for axis, rule in over.items() if axis not in pinned}
    if "cell" not in coords:
        return left
    lost = [axis for axis, rule in left.items() if axis not in coords and rule.rule != "every"]
    if lost:
        raise EvaluationError(f"`where` couples {', '.join(lost)} with another axis: `over` can only say `every` of it")
    return {axis: rule for axis, rule in left.items() if axis in coords}


def _shortened(field: Field, coords: Mapping[str, Array]) -> Field:
    """``field`` without the last coordinates of an axis that another field of the check does not have."""
    index = tuple(slice(0, len(coords[axis])) for axis in field.axes)
    own = {axis: values[: len(coords[axis])] for axis, values in field.coords.items()}
    return Field(field.values[index], field.error[index], field.axes, own)


def _grid(run: Run) -> frozenset[str]:
    """The axes that are parameters of the claim, not recorded along a run."""
    return frozenset({axis.name for axis in run.sweep} | ({"case"} if run.case_values else set()) | {"cell"})


def _along(check: Check, reader: Reader, coords: Mapping[str, Array]) -> Along | None:
    expected = check.expectation
    if expected.axis is None:
        return None
    if expected.axis not in coords:
        raise EvaluationError(f"the quantity does not vary along {expected.axis!r}")
    clock = _on_axis(expected.clock, reader, expected.axis, coords)
    return Along(expected.axis, expected.until, expected.start, clock, expected.to_zero)


def _on_axis(
    node: Node | None, reader: Reader, axis: str | None, coords: Mapping[str, Array]
) -> Array | None:
    """``node`` as one number per coordinate of ``axis``."""
    if node is None or axis is None:
        return None
    field = reader.field(node)
    if set(field.axes) - {axis}:
        raise EvaluationError(f"a clock or correction may depend on {axis!r} only, this one depends on {field.axes}")
    if not field.axes:
        return np.full(len(coords[axis]), float(field.values))
    chosen = np.isin(reader.measurement.coords[axis], coords[axis])
    return field.values[chosen]


def _kept_rows(check: Check, reader: Reader, instances: int) -> npt.NDArray[np.bool_]:
    assert check.keep is not None
    field = reader.field(check.keep)
    others = tuple(index for index, axis in enumerate(field.axes) if axis != "seed")
    rows = np.broadcast_to(np.all(field.values > 0.5, axis=others), (instances,))
    if rows.mean() < check.keep_share or not rows.any():
        raise EvaluationError(f"only {int(rows.sum())} of {instances} instances fulfil `keep`")
    return rows


def _pin(
    aligned: dict[str, tuple[Array, Array]], coords: dict[str, Array], axis: str, value: float
) -> tuple[dict[str, tuple[Array, Array]], dict[str, Array]]:
    if axis not in coords:
        raise EvaluationError(f"`at: {axis}` names no axis of the quantity (it has {', '.join(coords)})")
    index = int(np.argmin(np.abs(coords[axis] - value)))
    if not np.isclose(coords[axis][index], value, rtol=1e-9, atol=0.0):
        raise EvaluationError(f"`at: {axis} = {value:g}` was not measured (nearest is {coords[axis][index]:g})")
    where = tuple(coords).index(axis)
    pinned = {name: (np.take(v, index, where), np.take(e, index, where)) for name, (v, e) in aligned.items()}
    return pinned, {name: values for name, values in coords.items() if name != axis}


def _select(
    check: Check, reader: Reader, aligned: dict[str, tuple[Array, Array]], coords: dict[str, Array]
) -> tuple[dict[str, tuple[Array, Array]], dict[str, Array]]:
    """Keep the cells where ``where`` holds; several axes that it couples become one axis named ``cell``."""
    assert check.where is not None
    field = _shortened(reader.field(check.where), {**reader.measurement.coords, **coords})
    if "seed" in field.axes:
        raise EvaluationError("`where` selects cells, not instances: use `keep` for conditions on the data")
    mask: npt.NDArray[np.bool_] = field.values > 0.5  # not where it is NaN, not defined
    if not mask.any():
        raise EvaluationError(f"`where` selects none of the {mask.size} cells")
    axes = tuple(coords)
    lost = [axis for axis in field.axes if axis not in axes]
    if lost:
        raise EvaluationError(f"`where` speaks of {', '.join(lost)}, which `at` has pinned to one point")
    if len(field.axes) == 1:
        where = axes.index(field.axes[0])
        chosen = np.flatnonzero(mask)
        picked = {name: (np.take(v, chosen, where), np.take(e, chosen, where)) for name, (v, e) in aligned.items()}
        return picked, {**coords, field.axes[0]: coords[field.axes[0]][chosen]}
    full, _ = align(
        Field(mask.astype(float), np.zeros(mask.shape), field.axes, field.coords), axes[1:], aligned["quantity"][0].shape[1:]
    )
    flat = np.flatnonzero(full.reshape(-1))
    folded = {
        name: (v.reshape(len(v), -1)[:, flat], e.reshape(len(e), -1)[:, flat]) for name, (v, e) in aligned.items()
    }
    return folded, {"seed": coords["seed"], "cell": np.arange(len(flat), dtype=float)}
