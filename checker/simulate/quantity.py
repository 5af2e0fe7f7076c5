"""A formula over the observables of a measurement, as numbers with an error bar each.

The one idea to know: every symbol is an array with *named* axes in front and the shape of one entry behind.  The
formula acts on entries, and is mapped over the union of the named axes, so that an observable that does not vary
along an axis is computed once for it.  Estimators (``last``, ``slope``, ...) move one named axis into the entry and
then do the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from checker.expr.build import is_condition
from checker.expr.errors import UnsupportedError
from checker.expr.functions import FUNCTIONS
from checker.expr.node import Binder, Bound, Const, Fn, Node, Num, Sym, map_children, symbols_of, walk
from checker.expr.to_jax import compile_jax
from checker.simulate.estimators import estimate
from checker.simulate.measurement import Field, Measurement, Observable
from checker.simulate.resolve import value_of
from checker.simulate.second_look import look_again
from checker.simulate.values import EPSILON, ROUNDINGS, QuantityError, Value, apply

__all__ = ["EPSILON", "QuantityError", "evaluate"]


def evaluate(node: Node, measurement: Measurement, extra: Mapping[str, Observable] | None = None) -> Field:
    """The scalar quantity ``node`` on every cell of the named axes that it depends on.

    A symbol is an entry of ``extra``, an observable, or an axis (its coordinates).  Axes come with ``seed`` first and
    the others in the order of ``measurement.coords``.  A condition gives 0 or 1.  ``error`` is the difference between
    the observables and their twins, plus rounding: the sum over inputs of |dQ/dx| times ``ROUNDINGS`` units in the
    last place of x.  NaN stays NaN; an error that cannot be told is infinite.

    Where ``next`` occurs outside other estimators, the last coordinate of its axis is left out.

    Raises ``QuantityError`` where the formula does not fit the measurement, ``UnsupportedError`` for what JAX or this
    module has no way to compute.
    """
    reader = _Reader(measurement, extra or {})
    value = reader.of(node)
    if value.entry:
        raise QuantityError(
            f"the quantity is an array of shape {value.entry}; expected a number: use sum, max, norm or an index"
        )
    error = value.rounding
    if value.twin is not None:
        with np.errstate(invalid="ignore"):
            difference = np.abs(value.values - value.twin)
        error = error + np.where(value.values == value.twin, 0.0, difference)
    error = np.where(np.isnan(error) & ~np.isnan(value.values), np.inf, error)
    coords = {axis: measurement.coords[axis][: value.length(axis)] for axis in value.axes}
    return Field(value.values, error, value.axes, coords)


class _Reader:
    """Evaluates one formula: estimators first, from the inside out, then what is left of the tree."""

    def __init__(self, measurement: Measurement, extra: Mapping[str, Observable]) -> None:
        self.measurement = measurement
        self.extra = extra
        self.made: dict[str, Value] = {}

    def of(self, node: Node) -> Value:
        """The value of a tree over this measurement."""
        plain = self._without_estimators(node)
        if isinstance(plain, Sym):
            return self.symbol(plain.name)
        names = tuple(sorted(symbols_of(plain)))
        inputs = {name: self.symbol(name) for name in names}
        formula = _Formula(plain, self._terms(plain))
        value = apply(formula, inputs, self.order(inputs.values()), formula.roundings)
        look_again(plain, inputs, value)
        return replace(value, rounding=np.zeros_like(value.values)) if is_condition(plain) else value

    def symbol(self, name: str) -> Value:
        """The numbers behind a name, axes in canonical order."""
        if name in self.made:
            return self.made[name]
        observable = self.extra.get(name) or self.measurement.observables.get(name)
        if observable is None:
            coords = self.measurement.coords.get(name)
            if coords is None:
                known = ", ".join(sorted({*self.extra, *self.measurement.observables, *self.measurement.coords}))
                raise QuantityError(f"{name} is not measured; the run has {known}")
            # a coordinate is what the experiment used, to the last bit
            return Value(np.asarray(coords, dtype=np.float64), (name,), None, np.zeros(len(coords)))
        axes = self.order([observable])
        moved = [observable.axes.index(axis) for axis in axes]
        order = (*moved, *range(len(moved), np.ndim(observable.values)))
        values = np.transpose(np.asarray(observable.values, dtype=np.float64), order)
        twin = None if observable.twin is None else np.transpose(np.asarray(observable.twin, dtype=np.float64), order)
        return Value(values, axes, twin, ROUNDINGS * EPSILON * np.abs(values))

    def order(self, parts: Sequence[Observable | Value] | Any) -> tuple[str, ...]:
        """The union of the named axes: seed, then as in the measurement."""
        present = {axis for part in parts for axis in part.axes}
        unknown = present - set(self.measurement.coords)
        if unknown:
            raise QuantityError(f"the axis {sorted(unknown)[0]} has no coordinates")
        others = [axis for axis in self.measurement.coords if axis in present and axis != "seed"]
        return (*(("seed",) if "seed" in present else ()), *others)

    def _terms(self, node: Node) -> int | None:
        """How many terms the longest sum with a computed upper end has anywhere in the measurement."""
        ends = [part.hi for part in walk(node) if isinstance(part, Binder) and not isinstance(part.hi, Num | Const)]
        counts = []
        for end in ends:
            if any(isinstance(part, Bound) for part in walk(end)):
                raise UnsupportedError("JAX", "a sum whose end depends on the variable of another")
            if not symbols_of(end):
                counts.append(int(value_of(end, {})) + 1)
            else:
                finite = self.of(end).values
                counts.append(int(np.nanmax(np.where(np.isfinite(finite), finite, np.nan), initial=0.0)) + 1)
        return max(counts, default=None)

    def _without_estimators(self, node: Node) -> Node:
        if isinstance(node, Fn) and FUNCTIONS[node.name].kind == "estimator":
            name = f"#{len(self.made)}"
            self.made[name] = estimate(node.name, node.args, self)
            return Sym(name)
        return map_children(node, self._without_estimators)


@dataclass(frozen=True)
class _Formula:
    """A tree as a hashable function, so that its compiled program can be found again."""

    node: Node
    terms: int | None

    @property
    def roundings(self) -> float:
        """Units in the last place that one evaluation may lose: the worst function in it decides."""
        stated = [FUNCTIONS[part.name].ulp or 0.0 for part in walk(self.node) if isinstance(part, Fn)]
        return max(ROUNDINGS, *stated, 0.0)

    def __call__(self, env: Mapping[str, Any]) -> Any:
        return compile_jax(self.node, self.terms)(env)
