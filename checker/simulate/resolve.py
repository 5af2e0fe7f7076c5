"""The cells of a sweep, and the parameters of one cell: where leaves of an experiment become numbers.

The one idea to know: sweep symbols come in two sorts.  Those that decide a *shape* (a width, a depth) need a program of
their own for each value; all others are traced, so that one compiled program serves the whole sweep.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
from pydantic import ValidationError

from checker.expr.node import Node, Sym, symbols_of
from checker.expr.to_jax import compile_jax
from checker.simulate.leaves import Component
from checker.spec.claim import Run

Array = npt.NDArray[np.float64]
Leaf = Callable[[Any], jax.Array]


class SimulationError(Exception):
    """The run cannot be measured as it is written (a size that is not whole, a shape that does not fit)."""


@dataclass(frozen=True, slots=True)
class Grid:
    """The product of the sweep axes: ``coords`` per axis, and each symbol's value along one axis of it."""

    axes: tuple[str, ...]
    coords: Mapping[str, Array]
    symbols: Mapping[str, tuple[str, Array]]  # symbol -> (axis, value at each coordinate)

    def axes_of(self, names: frozenset[str]) -> tuple[str, ...]:
        """The axes on which anything that depends on the symbols ``names`` varies, in order."""
        found = {self.symbols[name][0] for name in names if name in self.symbols}
        return tuple(axis for axis in self.axes if axis in found)

    def cells(self, axes: tuple[str, ...]) -> tuple[dict[str, int], ...]:
        """Every index combination of ``axes``, the last one fastest."""
        ranges = (range(len(self.coords[axis])) for axis in axes)
        return tuple(dict(zip(axes, index, strict=True)) for index in itertools.product(*ranges))

    def values(self, cell: Mapping[str, int]) -> dict[str, float]:
        """The symbols that are fixed by the indices in ``cell``."""
        return {name: float(along[cell[axis]]) for name, (axis, along) in self.symbols.items() if axis in cell}


def grid_of(run: Run) -> Grid:
    """The sweep of ``run``: its product axes, then the axis ``case`` where the file lists cases."""
    coords: dict[str, Array] = {axis.name: np.asarray(axis.values, dtype=np.float64) for axis in run.sweep}
    symbols = {name: (name, along) for name, along in coords.items()}
    if run.case_values:
        lengths = {len(values) for values in run.case_values.values()}
        if len(lengths) != 1:
            raise SimulationError(f"run {run.name}: cases of different lengths {sorted(lengths)}")
        coords["case"] = np.arange(lengths.pop(), dtype=np.float64)
        for name, values in run.case_values.items():
            symbols[name] = ("case", np.asarray(values, dtype=np.float64))
    for name, along in coords.items():
        if along.size == 0:
            raise SimulationError(f"run {run.name}: the sweep axis {name} is empty")
    return Grid(tuple(coords), coords, symbols)


def value_of(leaf: Any, env: Mapping[str, Any]) -> jax.Array:
    """A numeric leaf as a JAX array, its formula evaluated with the values in ``env``."""
    if isinstance(leaf, Node):
        missing = sorted(name for name in symbols_of(leaf) if name not in env and name.split(".")[0] not in env)
        if missing:
            raise SimulationError(f"a parameter needs {missing[0]!r}, which is not known when the run starts")
        return jnp.asarray(compile_jax(leaf)(env), dtype=jnp.float64)
    return jnp.asarray(leaf, dtype=jnp.float64)


def leaf_of(env: Mapping[str, Any]) -> Leaf:
    """``value_of`` with the values of one cell."""
    return lambda leaf: value_of(leaf, env)


def structural_symbols(params: Component, grid: Grid) -> frozenset[str]:
    """The sweep symbols on which a count (points, width, depth, ...) depends."""
    names: set[str] = set()
    for value, is_count in _leaves(params):
        if is_count and isinstance(value, Node):
            names |= symbols_of(value) & set(grid.symbols)
    return frozenset(names)


def fix_counts(params: Component, env: Mapping[str, float]) -> Component:
    """``params`` with every count evaluated at ``env``; other formulas stay.  Limits are checked again.

    Raises ``SimulationError`` where a limit is broken.
    """

    def visit(value: Any, is_count: bool) -> Any:
        if isinstance(value, Component):
            fields = type(value).model_fields
            kept = [name for name in fields if name in value.model_fields_set]
            return type(value).model_validate(
                {fields[name].alias or name: visit(getattr(value, name), name in type(value).COUNTS) for name in kept}
            )
        if isinstance(value, tuple):
            return tuple(visit(item, is_count) for item in value)
        if isinstance(value, Mapping):
            return {key: visit(item, is_count) for key, item in value.items()}
        if is_count and isinstance(value, Node):
            return whole(value, env)
        return value

    try:
        fixed = visit(params, False)
    except ValidationError as error:
        first = error.errors()[0]
        raise SimulationError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    assert isinstance(fixed, Component)
    return fixed


def whole(node: Node, env: Mapping[str, float]) -> int:
    """The formula of a size as a whole number; raises ``SimulationError`` where it is not one."""
    with jax.ensure_compile_time_eval():
        value = float(value_of(node, env))
    if not math.isfinite(value) or abs(value - round(value)) > 1e-9 * max(1.0, abs(value)):
        raise SimulationError(f"a size came out as {value!r}; expected a whole number")
    return round(value)


def _leaves(value: Any, is_count: bool = False) -> list[tuple[Any, bool]]:
    if isinstance(value, Component):
        return [
            found
            for name in type(value).model_fields
            for found in _leaves(getattr(value, name), name in type(value).COUNTS)
        ]
    if isinstance(value, tuple):
        return [found for item in value for found in _leaves(item, is_count)]
    if isinstance(value, Mapping):
        return [found for item in value.values() for found in _leaves(item, is_count)]
    return [(value, is_count)]


def size_symbols(run: Run, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, int]:
    """Sizes by the names that the declared shapes give them: ``X: [N, d]`` published as 12 x 6 makes N = 12, d = 6."""
    sizes: dict[str, int] = {}
    for name, shape in shapes.items():
        declared = run.domains[name].shape if name in run.domains else ()
        if len(declared) != len(shape):
            continue
        for symbol, size in zip(declared, shape, strict=True):
            if isinstance(symbol, Sym) and sizes.setdefault(symbol.name, size) != size:
                raise SimulationError(f"{symbol.name} is both {sizes[symbol.name]} and {size} (shape of {name})")
    return sizes
