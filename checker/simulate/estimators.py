"""Estimators: one number, or a vector of coefficients, from what a quantity does along one named axis.

The one idea to know: an estimator moves its axis into the entry and applies a function of that entry, so twins and rounding
go through it like through any formula.  Where something is seen only between two records (a first time, a threshold), the
gap goes to the error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import jax.numpy as jnp
import numpy as np

from checker.expr.build import negate
from checker.expr.errors import UnsupportedError
from checker.expr.functions import fn
from checker.expr.node import Node, Sym
from checker.simulate.measurement import Measurement
from checker.simulate.values import Array, QuantityError, Value, apply, into_entry, take


class Reader(Protocol):
    """What an estimator needs of the one who reads the formula."""

    measurement: Measurement

    def of(self, node: Node) -> Value:
        """The value of a tree."""
        ...

    def order(self, parts: Any) -> tuple[str, ...]:
        """The union of named axes in canonical order."""
        ...


Estimator: TypeAlias = Callable[[tuple[Node, ...], Reader], Value]


def estimate(name: str, args: tuple[Node, ...], reader: Reader) -> Value:
    """The estimator ``name`` applied to ``args``.  Raises ``QuantityError`` where they do not fit the measurement."""
    if name not in ESTIMATORS:
        raise UnsupportedError("the evaluation of quantities", f"{name}(...)")
    return ESTIMATORS[name](args, reader)


def _axis(value: Value, named: tuple[Node, ...]) -> str:
    if named:
        axis = named[0].name if isinstance(named[0], Sym) else ""
        if axis not in value.axes:
            raise QuantityError(
                f"the quantity does not vary along {axis or 'what is named'}; it varies along {value.axes}"
            )
        return axis
    recorded = [axis for axis in value.axes if axis != "seed"]
    if not recorded:
        raise QuantityError("the quantity varies along no recorded axis")
    return recorded[-1]


def _last(args: tuple[Node, ...], reader: Reader) -> Value:
    value = reader.of(args[0])
    return take(value, _axis(value, args[1:]), -1)


def _at(args: tuple[Node, ...], reader: Reader) -> Value:
    value = reader.of(args[0])
    axis = _axis(value, args[1:2])
    number = _number(args[2], reader, f"at needs one number for {axis}")
    coords = reader.measurement.coords[axis][: value.length(axis)]
    index = int(np.argmin(np.abs(coords - number)))
    if not np.isclose(coords[index], number, rtol=1e-9, atol=0.0):
        raise QuantityError(f"{axis} = {number:g} was not recorded; the nearest is {coords[index]:g}")
    return take(value, axis, index)


def _number(node: Node, reader: Reader, complaint: str) -> float:
    value = reader.of(node)
    if value.axes or value.entry:
        raise QuantityError(complaint)
    return float(value.values)


def _next(args: tuple[Node, ...], reader: Reader) -> Value:
    """The records but the first, on the coordinates of the records but the last."""
    value = reader.of(args[0])
    axis = _axis(value, args[1:])
    if value.length(axis) < 2:
        raise QuantityError(f"next needs at least two records along {axis}")
    return value.along(axis, slice(1, None))


def _along(nodes: tuple[Node, ...], axis: str, reader: Reader, what: str) -> dict[str, Value]:
    """Numbers ``y``, ``x0``, ``x1``, ... with ``axis`` as their entry, all of one length."""
    values = [reader.of(node) for node in nodes]
    if any(value.entry for value in values):
        raise QuantityError(f"{what} needs numbers, not arrays")
    size = min((value.length(axis) for value in values if axis in value.axes), default=0)
    if size < len(nodes):
        raise QuantityError(f"{what} needs at least {len(nodes)} records along {axis}, found {size}")
    cut = [value.along(axis, slice(0, size)) if axis in value.axes else value for value in values]
    names = ("y", *(f"x{index}" for index in range(len(nodes) - 1)))
    return {name: into_entry(value, axis, size) for name, value in zip(names, cut, strict=True)}


def _slope(args: tuple[Node, ...], reader: Reader) -> Value:
    inputs = _along(args, _regressed(args[1:], reader, "slope"), reader, "slope")
    return apply(_least_squares_slope, inputs, reader.order(inputs.values()))


def _regressed(regressors: tuple[Node, ...], reader: Reader, what: str) -> str:
    """The axis along which the regressors vary: the same one for all of them."""
    values = [reader.of(node) for node in regressors]
    axes = {name for value in values for name in value.axes if name != "seed"}
    if len(axes) != 1:
        raise QuantityError(f"{what} needs an x that varies along one axis; it varies along {tuple(sorted(axes))}")
    return next(iter(axes))


def _least_squares_slope(env: Mapping[str, Any]) -> Any:
    x, y = env["x0"] - jnp.mean(env["x0"]), env["y"] - jnp.mean(env["y"])
    return jnp.sum(x * y) / jnp.sum(x * x)


def _regression(args: tuple[Node, ...], reader: Reader) -> Value:
    """Coefficients of the regressors in their order, then the constant: a vector of as many entries as arguments."""
    inputs = _along(args, _regressed(args[1:], reader, "regression"), reader, "regression")
    return apply(_Coefficients(len(args) - 1), inputs, reader.order(inputs.values()))


@dataclass(frozen=True)
class _Coefficients:
    """Least squares on that many regressors and a constant, columns scaled so that units do not matter."""

    regressors: int

    def __call__(self, env: Mapping[str, Any]) -> Any:
        columns = jnp.stack([env[f"x{index}"] for index in range(self.regressors)], axis=-1)
        middle = jnp.mean(columns, axis=0)
        spread = jnp.sqrt(jnp.mean((columns - middle) ** 2, axis=0))
        q, r = jnp.linalg.qr((columns - middle) / spread)
        height = jnp.mean(env["y"])
        slopes = jnp.linalg.solve(r, q.T @ (env["y"] - height)) / spread
        return jnp.concatenate([slopes, (height - middle @ slopes)[None]])


def _quantile(args: tuple[Node, ...], reader: Reader) -> Value:
    value = reader.of(args[0])
    share = _number(args[1], reader, "quantile needs one number between 0 and 1")
    if not 0 <= share <= 1:
        raise QuantityError(f"quantile needs a share between 0 and 1, found {share:g}")
    if value.entry:
        raise QuantityError("quantile needs numbers, not arrays")
    axis = _axis(value, args[2:])
    moved = into_entry(value, axis, value.length(axis))
    return apply(_Interpolated(share), {"x": moved}, reader.order([moved]))


@dataclass(frozen=True)
class _Interpolated:
    """Linear interpolation between order statistics."""

    share: float

    def __call__(self, env: Mapping[str, Any]) -> Any:
        return jnp.quantile(env["x"], self.share)


def _condition(args: tuple[Node, ...], reader: Reader) -> tuple[Value, str, Array]:
    value = reader.of(args[0])
    axis = _axis(value, args[1:])
    return value, axis, reader.measurement.coords[axis][: value.length(axis)]


def _first_time(args: tuple[Node, ...], reader: Reader) -> Value:
    """The first record at which the condition holds; infinite (censored) where it never does.

    Between records nothing is seen: unless they are consecutive whole numbers, the distance to the record before counts
    as error.
    """
    value, axis, coords = _condition(args, reader)
    before = np.concatenate([[coords[0]], coords[:-1]])
    gaps = np.where((coords - before == 1) & (coords == np.round(coords)), 0.0, coords - before)

    def first(holds: Array) -> tuple[Array, Array]:
        raw = np.moveaxis(holds, value.axes.index(axis), -1)
        along = raw > 0.5
        index, ever = np.argmax(along, axis=-1), along.any(axis=-1)
        # what comes after the first time, such as an overflow, does not matter
        later = np.cumsum(along, axis=-1) > 0
        missing = (np.isnan(raw) & ~later).any(axis=-1)
        found = np.where(missing, np.nan, np.where(ever, coords[index], np.inf))
        return found, np.where(ever & ~missing, gaps[index], 0.0)

    values, gap = first(value.values)
    twin = None if value.twin is None else first(value.twin)[0]
    return Value(values, tuple(a for a in value.axes if a != axis), twin, gap)


def _boundary(args: tuple[Node, ...], reader: Reader) -> Value:
    """Where along a sweep the condition starts to hold, as a bracket: the value and its error reach from the last size
    before the first crossing to the first size after which the condition holds for good.

    So noise widens the bracket instead of moving it.  Infinite where the condition does not hold at the last size, minus
    infinity where it holds everywhere (the grid does not bracket it).  The value is the geometric middle where sizes are
    positive, so that its logarithm is bracketed as well.
    """
    value, axis, coords = _condition(args, reader)
    if np.any(np.diff(coords) <= 0):
        raise QuantityError(f"boundary needs increasing values of {axis}")

    def bracket(holds: Array) -> tuple[Array, Array]:
        raw = np.moveaxis(holds, value.axes.index(axis), -1)
        along = raw != 0
        before = np.argmax(along, axis=-1) - 1  # the size before the first at which it holds
        after = along.shape[-1] - np.argmax(~along[..., ::-1], axis=-1)  # the size after the last at which it does not
        low = np.where(before < 0, -np.inf, coords[np.maximum(before, 0)])
        high = np.where(along[..., -1], coords[np.minimum(after, len(coords) - 1)], np.inf)
        low = np.where(along.any(axis=-1), low, np.inf)
        high = np.where(along.all(axis=-1), -np.inf, high)
        broken = np.isnan(raw).any(axis=-1)
        return np.where(broken, np.nan, low), np.where(broken, np.nan, high)

    low, high = bracket(value.values)
    if value.twin is not None:
        twin_low, twin_high = bracket(value.twin)
        low, high = np.minimum(low, twin_low), np.maximum(high, twin_high)
    bounded = np.isfinite(low) & np.isfinite(high)
    with np.errstate(invalid="ignore"):
        middle = np.where(low > 0, np.sqrt(low) * np.sqrt(high), (low + high) / 2)
    values = np.where(bounded, middle, high)
    untold = np.isneginf(low) & np.isfinite(high)  # it holds at the first size, but not for good
    return Value(
        values,
        tuple(a for a in value.axes if a != axis),
        np.where(bounded, high, values),
        np.where(untold, np.inf, 0.0),
    )


def _decay_rate(args: tuple[Node, ...], reader: Reader) -> Value:
    return reader.of(negate(fn("slope", fn("log", args[0]), args[1])))


ESTIMATORS: Mapping[str, Estimator] = {
    "last": _last,
    "at": _at,
    "next": _next,
    "slope": _slope,
    "decay_rate": _decay_rate,
    "regression": _regression,
    "quantile": _quantile,
    "first_time": _first_time,
    "boundary": _boundary,
}
