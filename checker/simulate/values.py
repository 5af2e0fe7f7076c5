"""Numbers over named axes with what is uncertain about them, and a function applied to every entry of them.

The one idea to know: a function acts on entries and is mapped over the union of the named axes of its inputs; rounding is
carried along by first derivatives, and by trial where there are none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from checker.simulate.device import compiler_options

Array: TypeAlias = npt.NDArray[np.float64]
Function: TypeAlias = Callable[[Mapping[str, Any]], Any]

EPSILON = float(np.finfo(np.float64).eps)
ROUNDINGS = 8.0  # an observable is taken to be rounded this many times in its last place
PERTURBATIONS = 4  # used where a slope does not exist (equal eigenvalues, a norm at zero)
MAX_GRADIENT_BYTES = 256 * 2**20


class QuantityError(ValueError):
    """The formula does not fit the measurement: an unknown name, an array for a number, a missing coordinate."""


@dataclass(frozen=True, slots=True)
class Value:
    """Numbers over named axes: ``(*axes, *entry)``, the same at coarser precision, and the rounding error of each."""

    values: Array
    axes: tuple[str, ...]
    twin: Array | None
    rounding: Array

    @property
    def entry(self) -> tuple[int, ...]:
        """The shape of one entry."""
        return self.values.shape[len(self.axes) :]

    def length(self, axis: str) -> int:
        """How many coordinates the value has along one of its axes."""
        return int(self.values.shape[self.axes.index(axis)])

    def along(self, axis: str, part: slice) -> Value:
        """The part of the value at these coordinates of one of its axes."""
        index = (*(slice(None),) * self.axes.index(axis), part)
        twin = None if self.twin is None else self.twin[index]
        return Value(self.values[index], self.axes, twin, self.rounding[index])


def _cut(inputs: Mapping[str, Value], axes: tuple[str, ...]) -> Mapping[str, Value]:
    cut = dict(inputs)
    for axis in axes:
        lengths = {name: value.length(axis) for name, value in cut.items() if axis in value.axes}
        for name, length in lengths.items():
            if length > min(lengths.values()):
                cut[name] = cut[name].along(axis, slice(0, min(lengths.values())))
    return cut


def take(value: Value, axis: str, index: int) -> Value:
    """The value at one coordinate of an axis, which it then no longer has."""
    where = value.axes.index(axis)
    return Value(
        np.take(value.values, index, where),
        tuple(name for name in value.axes if name != axis),
        None if value.twin is None else np.take(value.twin, index, where),
        np.take(value.rounding, index, where),
    )


def into_entry(value: Value, axis: str, size: int) -> Value:
    """The named axis as the last axis of the entry (repeated where the value does not vary along it)."""

    def move(array: Array) -> Array:
        if axis in value.axes:
            return np.moveaxis(array, value.axes.index(axis), -1)
        return np.broadcast_to(array[..., None], (*array.shape, size))

    twin = None if value.twin is None else move(value.twin)
    return Value(move(value.values), tuple(a for a in value.axes if a != axis), twin, move(value.rounding))


Layout: TypeAlias = tuple[tuple[str, tuple[str, ...]], ...]  # the named axes of each input


def apply(
    function: Function, inputs: Mapping[str, Value], axes: tuple[str, ...], roundings: float = ROUNDINGS
) -> Value:
    """``function`` of entries, mapped over ``axes``, with its rounding error by first derivatives.

    Where inputs differ in length along an axis (``next`` has one record less), the longer ones are cut at their end.
    ``roundings`` counts the units in the last place that one evaluation may lose.
    """
    inputs = _cut(inputs, axes)
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
    return Value(values, axes, twin, error)


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
    inputs: Mapping[str, Value],
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


def _size(axis: str, inputs: Mapping[str, Value]) -> int:
    return next(value.length(axis) for value in inputs.values() if axis in value.axes)


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
        moved = {name: _nudged(array, rounding[name], signs) for name, array in env.items()}
        with np.errstate(invalid="ignore"):
            largest = np.maximum(largest, np.abs(np.asarray(_mapped(function, layout, axes)(moved)) - values))
    return PERTURBATIONS * largest


def _nudged(array: Array, rounding: Array, signs: np.random.Generator) -> Array:
    """Each entry up or down by its rounding; infinity has none (an event that never came stays infinitely late)."""
    step = np.where(np.isfinite(array), rounding, 0.0) * signs.choice([-1.0, 1.0], array.shape)
    return np.asarray(array + step)
