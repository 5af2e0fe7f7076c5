"""A formula over the observables of a measurement, as numbers with an error bar each.

The one idea to know: every symbol is an array with *named* axes in front and the shape of one entry behind.  The
formula acts on entries, and is mapped over the union of the named axes, so that an observable that does not vary
along an axis is computed once for it.  Estimators (``last``, ``slope``, ...) move one named axis into the entry and
then do the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from checker.expr.build import is_condition, negate
from checker.expr.errors import UnsupportedError
from checker.expr.functions import FUNCTIONS, fn
from checker.expr.node import Binder, Bound, Fn, Node, Num, Sym, map_children, symbols_of, walk
from checker.expr.to_jax import compile_jax
from checker.simulate.device import compiler_options
from checker.simulate.measurement import Field, Measurement, Observable

Array: TypeAlias = npt.NDArray[np.float64]
Function: TypeAlias = Callable[[Mapping[str, Any]], Any]

EPSILON = float(np.finfo(np.float64).eps)
ROUNDINGS = 8.0  # an observable is taken to be rounded this many times in its last place
PERTURBATIONS = 4  # used where a slope does not exist (equal eigenvalues, a norm at zero)
MAX_GRADIENT_BYTES = 256 * 2**20


class QuantityError(ValueError):
    """The formula does not fit the measurement: an unknown name, an array for a number, a missing coordinate."""


@dataclass(frozen=True, slots=True)
class _Value:
    """Numbers over named axes: ``(*axes, *entry)``, the same at coarser precision, and the rounding error of each."""

    values: Array
    axes: tuple[str, ...]
    twin: Array | None
    rounding: Array

    @property
    def entry(self) -> tuple[int, ...]:
        return self.values.shape[len(self.axes) :]


def evaluate(node: Node, measurement: Measurement, extra: Mapping[str, Observable] | None = None) -> Field:
    """The scalar quantity ``node`` on every cell of the named axes that it depends on.

    A symbol is an entry of ``extra``, an observable, or an axis (its coordinates).  Axes come with ``seed`` first and
    the others in the order of ``measurement.coords``.  A condition gives 0 or 1.  ``error`` is the difference between
    the observables and their twins, plus rounding: the sum over inputs of |dQ/dx| times ``ROUNDINGS`` units in the
    last place of x.  NaN stays NaN; an error that cannot be told is infinite.

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
    return Field(value.values, error, value.axes, {axis: measurement.coords[axis] for axis in value.axes})


class _Reader:
    """Evaluates one formula: estimators first, from the inside out, then what is left of the tree."""

    def __init__(self, measurement: Measurement, extra: Mapping[str, Observable]) -> None:
        self.measurement = measurement
        self.extra = extra
        self.made: dict[str, _Value] = {}

    def of(self, node: Node) -> _Value:
        plain = self._without_estimators(node)
        if isinstance(plain, Sym):
            return self.symbol(plain.name)
        names = tuple(sorted(symbols_of(plain)))
        inputs = {name: self.symbol(name) for name in names}
        formula = _Formula(plain, self._terms(plain))
        value = _apply(formula, inputs, self.order(inputs.values()), formula.roundings)
        return replace(value, rounding=np.zeros_like(value.values)) if is_condition(plain) else value

    def symbol(self, name: str) -> _Value:
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
            return _Value(np.asarray(coords, dtype=np.float64), (name,), None, np.zeros(len(coords)))
        axes = self.order([observable])
        moved = [observable.axes.index(axis) for axis in axes]
        order = (*moved, *range(len(moved), np.ndim(observable.values)))
        values = np.transpose(np.asarray(observable.values, dtype=np.float64), order)
        twin = None if observable.twin is None else np.transpose(np.asarray(observable.twin, dtype=np.float64), order)
        return _Value(values, axes, twin, ROUNDINGS * EPSILON * np.abs(values))

    def order(self, parts: Sequence[Observable | _Value] | Any) -> tuple[str, ...]:
        """The union of the named axes: seed, then as in the measurement."""
        present = {axis for part in parts for axis in part.axes}
        unknown = present - set(self.measurement.coords)
        if unknown:
            raise QuantityError(f"the axis {sorted(unknown)[0]} has no coordinates")
        others = [axis for axis in self.measurement.coords if axis in present and axis != "seed"]
        return (*(("seed",) if "seed" in present else ()), *others)

    def _terms(self, node: Node) -> int | None:
        """How many terms the longest sum with a computed upper end has anywhere in the measurement."""
        ends = [part.hi for part in walk(node) if isinstance(part, Binder) and not isinstance(part.hi, Num)]
        counts = []
        for end in ends:
            if any(isinstance(part, Bound) for part in walk(end)):
                raise UnsupportedError("JAX", "a sum whose end depends on the variable of another")
            if symbols_of(end):
                finite = self.of(end).values
                counts.append(int(np.nanmax(np.where(np.isfinite(finite), finite, np.nan), initial=0.0)) + 1)
        return max(counts, default=None)

    def _without_estimators(self, node: Node) -> Node:
        if isinstance(node, Fn) and FUNCTIONS[node.name].kind == "estimator":
            name = f"#{len(self.made)}"
            self.made[name] = self._estimate(node.name, node.args)
            return Sym(name)
        return map_children(node, self._without_estimators)

    def _estimate(self, name: str, args: tuple[Node, ...]) -> _Value:
        match name:
            case "last":
                value = self.of(args[0])
                axis = self._axis(value, args[1:])
                return _take(value, axis, -1)
            case "at":
                value = self.of(args[0])
                axis = self._axis(value, args[1:2])
                return _take(value, axis, self._position(axis, args[2]))
            case "slope":
                return self._slope(args[0], args[1])
            case "decay_rate":
                return self.of(negate(fn("slope", fn("log", args[0]), args[1])))
            case "first_time":
                return self._first_time(args[0], args[1:])
        raise UnsupportedError("the evaluation of quantities", f"{name}(...)")

    def _axis(self, value: _Value, named: tuple[Node, ...]) -> str:
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

    def _position(self, axis: str, at: Node) -> int:
        wanted = self.of(at)
        if wanted.axes or wanted.entry:
            raise QuantityError(f"at needs one number for {axis}")
        coords, number = self.measurement.coords[axis], float(wanted.values)
        index = int(np.argmin(np.abs(coords - number)))
        if not np.isclose(coords[index], number, rtol=1e-9, atol=0.0):
            raise QuantityError(f"{axis} = {number:g} was not recorded; the nearest is {coords[index]:g}")
        return index

    def _slope(self, y_node: Node, x_node: Node) -> _Value:
        y, x = self.of(y_node), self.of(x_node)
        axis = self._axis(x, ())
        if y.entry or x.entry:
            raise QuantityError("slope needs numbers, not arrays")
        if len([name for name in x.axes if name != "seed"]) != 1:
            raise QuantityError(f"slope needs an x that varies along one axis; it varies along {x.axes}")
        size = len(self.measurement.coords[axis])
        inputs = {"y": _into_entry(y, axis, size), "x": _into_entry(x, axis, size)}
        return _apply(_least_squares_slope, inputs, self.order(inputs.values()))

    def _first_time(self, condition: Node, named: tuple[Node, ...]) -> _Value:
        value = self.of(condition)
        axis = self._axis(value, named)
        coords = self.measurement.coords[axis]

        def first(holds: Array) -> Array:
            along = np.moveaxis(holds, value.axes.index(axis), -1)
            found = np.where((along != 0).any(axis=-1), coords[np.argmax(along != 0, axis=-1)], np.inf)
            return np.where(np.isnan(along).any(axis=-1), np.nan, found)

        values = first(value.values)
        twin = None if value.twin is None else first(value.twin)
        return _Value(values, tuple(a for a in value.axes if a != axis), twin, np.zeros_like(values))


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


def _least_squares_slope(env: Mapping[str, Any]) -> Any:
    x, y = env["x"] - jnp.mean(env["x"]), env["y"] - jnp.mean(env["y"])
    return jnp.sum(x * y) / jnp.sum(x * x)


def _take(value: _Value, axis: str, index: int) -> _Value:
    where = value.axes.index(axis)
    return _Value(
        np.take(value.values, index, where),
        tuple(name for name in value.axes if name != axis),
        None if value.twin is None else np.take(value.twin, index, where),
        np.take(value.rounding, index, where),
    )


def _into_entry(value: _Value, axis: str, size: int) -> _Value:
    """The named axis as the last axis of the entry (repeated where the value does not vary along it)."""

    def move(array: Array) -> Array:
        if axis in value.axes:
            return np.moveaxis(array, value.axes.index(axis), -1)
        return np.broadcast_to(array[..., None], (*array.shape, size))

    twin = None if value.twin is None else move(value.twin)
    return _Value(move(value.values), tuple(a for a in value.axes if a != axis), twin, move(value.rounding))


Layout: TypeAlias = tuple[tuple[str, tuple[str, ...]], ...]  # the named axes of each input


def _apply(
    function: Function, inputs: Mapping[str, _Value], axes: tuple[str, ...], roundings: float = ROUNDINGS
) -> _Value:
    """``function`` of entries, mapped over ``axes``, with its rounding error by first derivatives."""
    layout: Layout = tuple((name, value.axes) for name, value in sorted(inputs.items()))
    env = {name: value.values for name, value in inputs.items()}
    rounding = {name: value.rounding * (roundings / ROUNDINGS) for name, value in inputs.items()}
    entry = jax.eval_shape(function, {name: np.zeros(value.entry) for name, value in inputs.items()}).shape
    if entry:
        values = np.asarray(_mapped(function, layout, axes)(env))
        error = _by_perturbation(function, layout, axes, env, rounding, values)
    else:
        values, error = _with_gradient(function, layout, axes, env, rounding, inputs)
        # a slope of zero may be that of a kink (norm or abs at 0), where rounding does count
        unknown = (~np.isfinite(error) | (error == 0)) & np.isfinite(values)
        if unknown.any() and any(part.any() for part in rounding.values()):
            error = np.where(unknown, _by_perturbation(function, layout, axes, env, rounding, values), error)
    error = np.where(np.isfinite(values), error + roundings * EPSILON * np.abs(values), 0.0)
    twin = None
    if any(value.twin is not None for value in inputs.values()):
        coarse = {name: value.values if value.twin is None else value.twin for name, value in inputs.items()}
        if entry:
            twin = np.asarray(_mapped(function, layout, axes)(coarse))
        else:  # the program that is compiled already
            twin, _ = _with_gradient(function, layout, axes, coarse, rounding, inputs)
    return _Value(values, axes, twin, error)


def _over(function: Callable[..., Any], layout: Layout, axes: tuple[str, ...], arguments: int) -> Callable[..., Any]:
    for axis in reversed(axes):
        batched = {name: 0 if axis in own else None for name, own in layout}
        function = jax.vmap(function, in_axes=(batched,) * arguments)
    return function


@lru_cache(maxsize=256)
def _mapped(function: Function, layout: Layout, axes: tuple[str, ...]) -> Callable[..., Any]:
    return jax.jit(_over(function, layout, axes, 1), compiler_options=compiler_options(_platform(), thorough=False))


@lru_cache(maxsize=256)
def _mapped_gradient(function: Function, layout: Layout, axes: tuple[str, ...]) -> Callable[..., Any]:
    """Value and first-order rounding in one program: half the compilation of two."""

    def one(env: Mapping[str, Any], rounding: Mapping[str, Any]) -> Any:
        value, slopes = jax.value_and_grad(function)(env)
        # an input without rounding counts for nothing, also where the slope is infinite (sqrt at an exact 0)
        parts = [jnp.sum(jnp.where(rounding[n] == 0, 0.0, jnp.abs(slopes[n]) * rounding[n])) for n in env]
        return value, sum(parts, jnp.asarray(0.0))

    return jax.jit(_over(one, layout, axes, 2), compiler_options=compiler_options(_platform(), thorough=False))


def _platform() -> str:
    return str(jax.default_backend())


def _with_gradient(
    function: Function,
    layout: Layout,
    axes: tuple[str, ...],
    env: Mapping[str, Array],
    rounding: Mapping[str, Array],
    inputs: Mapping[str, _Value],
) -> tuple[Array, Array]:
    """Values and their rounding, in pieces along the first axis where the gradients would need too much memory."""
    program = _mapped_gradient(function, layout, axes)
    cells = int(np.prod([_size(axis, inputs) for axis in axes], dtype=np.int64))
    bytes_needed = 8 * cells * sum(int(np.prod(value.entry, dtype=np.int64)) for value in inputs.values())
    if not axes or bytes_needed <= MAX_GRADIENT_BYTES:
        values, error = program(env, rounding)
        return np.asarray(values), np.asarray(error)
    pieces = min(_size(axes[0], inputs), -(-bytes_needed // MAX_GRADIENT_BYTES))
    done = []
    for rows in np.array_split(np.arange(_size(axes[0], inputs)), pieces):
        own = {name for name, named in layout if axes[0] in named}
        some = {name: array[rows] if name in own else array for name, array in env.items()}
        some_rounding = {name: array[rows] if name in own else array for name, array in rounding.items()}
        done.append([np.asarray(part) for part in program(some, some_rounding)])
    return np.concatenate([part[0] for part in done]), np.concatenate([part[1] for part in done])


def _size(axis: str, inputs: Mapping[str, _Value]) -> int:
    return next(int(value.values.shape[value.axes.index(axis)]) for value in inputs.values() if axis in value.axes)


def _by_perturbation(
    function: Function,
    layout: Layout,
    axes: tuple[str, ...],
    env: Mapping[str, Array],
    rounding: Mapping[str, Array],
    values: Array,
) -> Array:
    """Rounding by trial: the largest change over a few fixed patterns of signs, times their number for safety."""
    signs = np.random.default_rng(0)
    largest = np.zeros_like(values)
    for _ in range(PERTURBATIONS):
        moved = {name: array + rounding[name] * signs.choice([-1.0, 1.0], array.shape) for name, array in env.items()}
        with np.errstate(invalid="ignore"):
            largest = np.maximum(largest, np.abs(np.asarray(_mapped(function, layout, axes)(moved)) - values))
    return PERTURBATIONS * largest
