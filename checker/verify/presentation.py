"""What a judgement looks like to a reader: regions, intervals, witnesses and the figure, as plain results."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel

from checker.expr.node import Node
from checker.expr.text import text
from checker.judge.prediction import Cell, Fit, Judgement, Kind, Prediction
from checker.result import CellResult, Curve, Figure, FitResult, Span, WitnessResult
from checker.spec.claim import Check, Control, Measure, Run
from checker.verify.evaluation import Reading, nodes_of, references_named

Array = npt.NDArray[np.float64]

_MOST_CONTROLS = 4
_LONGEST_PARAMETER = 160
_RATES = (Kind.RATE, Kind.RATE_AT_MOST, Kind.RATE_AT_LEAST)


def describe_run(run: Run) -> str:
    """One line: the components of the run with their parameters, and what is swept."""
    parts = [
        f"{name} {_clipped(_value(getattr(run.params, name)))}"
        for name in type(run.params).model_fields
        if name in run.params.model_fields_set
    ]
    for axis in run.sweep:
        many = f"from {axis.values[0]:g} to {axis.values[-1]:g} ({len(axis.values)} values)"
        parts.append(f"{axis.name} {many}" if len(axis.values) > 1 else f"{axis.name} = {axis.values[0]:g}")
    for name, values in run.case_values.items():
        parts.append(f"{name} in {', '.join(f'{value:g}' for value in values)}")
    return "; ".join([*parts, "float64"])


def _clipped(said: str) -> str:
    return said if len(said) <= _LONGEST_PARAMETER else f"{said[:_LONGEST_PARAMETER]}… (the claim file has the whole)"


def _value(value: object) -> str:
    """A parameter as text; a component by its kind and what was set of it."""
    if isinstance(value, Node):
        return text(value)
    if isinstance(value, BaseModel):
        own = {name: getattr(value, name) for name in type(value).model_fields if name in value.model_fields_set}
        kind = own.pop("kind", None)
        inside = ", ".join(f"{name} {_value(one)}" for name, one in own.items())
        return f"{kind} ({inside})" if kind and inside else str(kind) if kind else inside
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_value(one)}" for name, one in value.items())
    if isinstance(value, tuple | list):
        return "[" + ", ".join(_value(one) for one in value) + "]"
    return f"{value:g}" if isinstance(value, float) else str(value)


def definitions_of(measure: Measure) -> dict[str, str]:
    """The measurement's own definitions and the references that its checks name, as text."""
    named = references_named(measure.run, [node for check in measure.checks for node in nodes_of(check)])
    programs = {}
    for name in sorted(named):
        reference = measure.run.references[name]
        constraints = " and ".join(text(constraint) for constraint in reference.subject_to)
        unknowns = ", ".join(reference.variables)
        programs[name] = f"minimise {text(reference.minimise)} over {unknowns}" + (
            f" subject to {constraints}" if constraints else ""
        )
    return {**measure.let, **programs}


def fits_of(fits: Sequence[Fit]) -> tuple[FitResult, ...]:
    """The fits behind an extrapolated number, as results."""
    return tuple(
        FitResult(
            coordinate=fit.coordinate, first=fit.first, sizes=fit.sizes, term=fit.term, estimate=fit.estimate,
            half=fit.half, drift=fit.drift, chosen=fit.chosen,
        )
        for fit in fits
    )  # fmt: skip


def cells_of(cells: Sequence[Cell | None]) -> tuple[CellResult, ...]:
    """The judge's cells as results."""
    return tuple(
        CellResult(
            label=cell.label,
            interval=Span(lo=cell.interval.lo, hi=cell.interval.hi) if cell.interval is not None else None,
            inner=Span(lo=cell.region.inner.lo, hi=cell.region.inner.hi),
            outer=Span(lo=cell.region.outer.lo, hi=cell.region.outer.hi),
            verdict=cell.verdict,
            note=cell.note,
        )
        for cell in cells
        if cell is not None
    )


def conditions_of(check: Check, reading: Reading | None) -> tuple[str, ...]:
    """What the verdict leans on besides the data, in words."""
    expected = check.expectation
    said = []
    if expected.correction is not None:
        said.append(f"the declared next order {text(expected.correction)} (an assumption of the author)")
    if expected.start is not None:
        said.append(f"sizes from {expected.start:g} on, as the claim declares (smaller ones are discarded)")
    if expected.until is not None:
        said.append(f"the stated range only, {expected.until[0]:g} to {expected.until[1]:g}; nothing is extrapolated")
    if check.where is not None:
        said.append(f"the cells where {text(check.where)}")
    if check.keep is not None and reading is not None:
        said.append(f"the {reading.kept} of {reading.instances} instances where {text(check.keep)}")
    return tuple(said)


def span_of(judgement: Judgement) -> Span | None:
    """The interval that decided: of the first cell with the judgement's own verdict, else of the first."""
    chosen = [cell for cell in judgement.cells if cell.interval is not None]
    cell = next((cell for cell in chosen if cell.verdict is judgement.verdict), chosen[0] if chosen else None)
    return None if cell is None or cell.interval is None else Span(lo=cell.interval.lo, hi=cell.interval.hi)


def witness_of(
    reading: Reading | None, judgement: Judgement, target: str, settings: str
) -> WitnessResult | None:
    """The entry that went furthest against the prediction, and the command that measures it again."""
    if reading is None or not judgement.worst:
        return None
    sample, target_values = reading.sample, reading.prediction.target
    where, index, options = {}, [], ""
    for axis in sample.axes:
        position = judgement.worst.get(axis)
        if position is None:
            index.append(slice(None))
            continue
        index.append(slice(position, position + 1))
        where[axis] = f"{sample.coords[axis][position]:.17g}"
        options += f" --instance {where[axis]}" if axis == "seed" else f" --at {axis}={where[axis]}"
    measured = sample.values[tuple(index)]
    predicted = np.broadcast_to(target_values, sample.values.shape)[tuple(index)]
    return WitnessResult(
        where=where,
        measured=_summary(measured),
        predicted=_summary(predicted),
        replay=f"check replay {shlex.quote(target)}{options}{settings}",
        low=float(np.min(measured)),
        high=float(np.max(measured)),
        error=float(np.max(sample.error[tuple(index)])),
    )


def _summary(values: Array) -> str:
    if values.size == 1:
        return f"{values.item():.10g}"
    return f"from {np.min(values):.6g} to {np.max(values):.6g}"


def figure_of(
    check: Check, reading: Reading | None, controls: Sequence[tuple[Control, Reading | None]]
) -> Figure | None:
    """Observable, prediction, region and controls over the axis that matters most."""
    if reading is None:
        return None
    axis = _plot_axis(reading)
    x, middle, low, high = _profile(reading, reading.sample.values, axis)
    joined = axis != "seed"
    curves = [
        Curve(
            label=f"measured {check.quantity_text}",
            role="observable",
            x=_t(x),
            y=_t(middle),
            y_low=_t(low),
            y_high=_t(high),
            joined=joined,
        )
    ]
    _, predicted, _, _ = _profile(reading, reading.prediction.target, axis)
    predicted = _through(middle, predicted, reading.prediction)
    role: Literal["bound", "prediction"] = (
        "bound" if reading.prediction.kind in (Kind.AT_MOST, Kind.AT_LEAST, Kind.BETWEEN) else "prediction"
    )
    curves.append(Curve(label=check.expectation.text, role=role, x=_t(x), y=_t(predicted)))
    band = _band(predicted, reading.prediction)
    if reading.prediction.upper is not None:
        band = predicted, _profile(reading, reading.prediction.upper, axis)[1]
    if band is not None:
        curves.append(
            Curve(label="region", role="region", x=_t(x), y=_t(predicted), y_low=_t(band[0]), y_high=_t(band[1]))
        )
    for control, other in controls[:_MOST_CONTROLS]:
        if other is None or _plot_axis(other) != axis:
            continue
        cx, cmiddle, _, _ = _profile(other, other.sample.values, axis)
        if control.form == "prediction":
            _, cy, _, _ = _profile(other, other.prediction.target, axis)
            cy = _through(cmiddle, cy, other.prediction)
        else:
            cy = cmiddle
        line = joined or control.form == "prediction"
        curves.append(Curve(label=f"control: {control.text}", role="control", x=_t(cx), y=_t(cy), joined=line))
    positive_x = bool(np.all(x > 0)) and axis != "seed"
    spread = float(x.max() / x.min()) if positive_x else 1.0
    # A control that touches zero (log(s)/s at s = 1) loses that point and not the axis its scale.
    shown = np.concatenate([np.asarray(c.y) for c in curves if c.role not in ("region", "control")])
    shown = shown[np.isfinite(shown)]
    y_log = reading.prediction.kind in _RATES and bool(np.all(shown > 0))
    return Figure(
        title=f"{check.name}: {check.quantity_text}",
        x_label="instance" if axis == "seed" else axis,
        y_label=check.quantity_text,
        x_log=positive_x and spread > 20,
        y_log=y_log,
        curves=tuple(curves),
    )


def _t(values: Array) -> tuple[float, ...]:
    return tuple(float(value) for value in values)


def _plot_axis(reading: Reading) -> str:
    if reading.prediction.along is not None:
        return reading.prediction.along.axis
    sizes = {axis: len(reading.sample.coords[axis]) for axis in reading.sample.axes if axis != "seed"}
    return max(sizes, key=lambda axis: sizes[axis]) if sizes else "seed"


def _profile(reading: Reading, values: Array, axis: str) -> tuple[Array, Array, Array, Array]:
    """Coordinates along ``axis`` and the median, smallest and largest value over everything else."""
    sample = reading.sample
    full = np.broadcast_to(values, sample.values.shape)
    where = sample.axes.index(axis)
    rows = np.moveaxis(full, where, 0).reshape(full.shape[where], -1)
    x = np.arange(1.0, full.shape[where] + 1) if axis == "seed" else np.asarray(sample.coords[axis], dtype=float)
    return x, np.median(rows, axis=1), rows.min(axis=1), rows.max(axis=1)


def _through(measured: Array, form: Array, prediction: Prediction) -> Array:
    """A rate's form has a free constant: drawn through the last measured point."""
    if prediction.kind not in _RATES or form[-1] == 0:
        return form
    scaled: Array = form * (measured[-1] / form[-1])
    return scaled


def _band(predicted: Array, prediction: Prediction) -> tuple[Array, Array] | None:
    if prediction.within is None or prediction.kind not in (Kind.EQUALS, Kind.LIMIT):
        return None
    scale = np.abs(predicted) if prediction.within.relative else 1.0
    return predicted - prediction.within.below * scale, predicted + prediction.within.above * scale
