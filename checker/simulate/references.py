"""Reference solutions: a convex program of the claim solved on every instance, checked, and published as observables.

The one idea to know: a reference is evaluated only on the axes on which it depends (data that do not change along a
sweep are solved once per seed), only when a quantity names it, and a solution whose residual exceeds its limit is a
failure of that instance, never evidence.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import cvxpy as cp
import numpy as np

from checker.expr.errors import UnsupportedError
from checker.expr.node import symbols_of
from checker.simulate.conic import ReferenceFailure, solve
from checker.simulate.device import configure
from checker.simulate.measurement import Array, Measurement, Observable
from checker.simulate.requirements import require
from checker.simulate.resolve import Grid, SimulationError, grid_of, whole
from checker.simulate.smooth_program import minimise
from checker.simulate.to_cvxpy import constraints_of, to_cvxpy
from checker.spec.claim import Reference, Run


@dataclass(slots=True)
class _Table:
    """What has been published so far, by name: values with the axes on which they depend."""

    run: Run
    grid: Grid
    measurement: Measurement
    observables: dict[str, Observable]
    failures: dict[int, str] = field(default_factory=dict)

    def axes_of(self, names: Iterable[str]) -> tuple[str, ...]:
        found: set[str] = set()
        for name in names:
            if name in self.observables:
                found |= set(self.observables[name].axes)
            elif name in self.grid.symbols:
                found.add(self.grid.symbols[name][0])
            else:
                raise SimulationError(f"run {self.run.name}: a reference needs {name!r}, which is not published")
        return tuple(axis for axis in self.measurement.coords if axis in found)

    def at(self, name: str, cell: Mapping[str, int]) -> Array:
        """The entry of ``name`` at the indices of ``cell``."""
        if name in self.observables:
            observable = self.observables[name]
            return np.asarray(observable.values[tuple(cell[axis] for axis in observable.axes)])
        axis, along = self.grid.symbols[name]
        return np.asarray(along[cell[axis]])


def with_references(run: Run, measurement: Measurement, names: Iterable[str]) -> Measurement:
    """``measurement`` with the references ``names`` solved on each instance.

    Publishes ``name.unknown``, ``name.dual`` (non-negative for inequalities), ``name.value`` and ``name.residual``
    (largest relative violation of the optimality conditions).  An instance without a trusted solution gets NaN and
    an entry in ``failures`` (of every seed, where the reference does not depend on the seed).

    Raises ``UnsupportedError`` for what is not a convex program that cvxpy can say, ``SimulationError`` for unknown
    names.
    """
    configure()
    table = _Table(run, grid_of(run), measurement, dict(measurement.observables), dict(measurement.failures))
    for name in names:
        _add(table, name, ())
    return require(run, Measurement(table.observables, measurement.coords, table.failures))


def _add(table: _Table, name: str, waiting: tuple[str, ...]) -> None:
    if name not in table.run.references:
        raise SimulationError(f"run {table.run.name}: no reference is called {name!r}")
    if name in waiting:
        raise SimulationError(f"references need each other: {' -> '.join((*waiting, name))}")
    reference = table.run.references[name]
    if f"{name}.value" in table.observables:
        return
    needed = _symbols(reference)
    for other in sorted({symbol.split(".")[0] for symbol in needed if "." in symbol}):
        _add(table, other, (*waiting, name))
    axes = table.axes_of(needed)
    sizes = [len(table.measurement.coords[axis]) for axis in axes]
    published: dict[str, Array] = {}
    for index in itertools.product(*(range(size) for size in sizes)):
        cell = dict(zip(axes, index, strict=True))
        known = {symbol: table.at(symbol, cell) for symbol in needed}
        try:
            solution = _solve(reference, known)
        except ReferenceFailure as failure:
            _note(table, cell, f"reference {name}: {failure}")
            continue
        for key, value in solution.items():
            if key not in published:
                published[key] = np.full((*sizes, *value.shape), np.nan)
            published[key][index] = value
    names = _published_names(reference)
    for key in names:
        values = published.get(key, np.full(tuple(sizes), np.nan))
        table.observables[f"{name}.{key}"] = Observable(values, axes)


def _note(table: _Table, cell: Mapping[str, int], reason: str) -> None:
    """Every seed that the cell concerns is no evidence."""
    seeds = [int(seed) for seed in table.measurement.coords["seed"]]
    concerned = [seeds[cell["seed"]]] if "seed" in cell else seeds
    where = ", ".join(f"{axis} = {table.measurement.coords[axis][at]:g}" for axis, at in cell.items() if axis != "seed")
    for seed in concerned:
        table.failures.setdefault(seed, f"{reason} (at {where})" if where else reason)


def _symbols(reference: Reference) -> frozenset[str]:
    """The names that a program takes its numbers from."""
    shapes = [size for shape in reference.variables.values() for size in shape]
    found = frozenset().union(*(symbols_of(node) for node in (reference.minimise, *reference.subject_to, *shapes)))
    return found - set(reference.variables)


def _published_names(reference: Reference) -> tuple[str, ...]:
    duals = tuple(dual for dual in reference.duals if dual is not None)
    return (*reference.variables, *duals, "value", "residual")


def _solve(reference: Reference, known: Mapping[str, Any]) -> dict[str, Array]:
    """One instance: by cones, or where no cone says the program, by Newton's method.

    Raises ``ReferenceFailure`` where the residual exceeds the limit of the reference.
    """
    sizes = {name: float(value) for name, value in known.items() if np.ndim(value) == 0}
    shapes = {name: tuple(whole(size, sizes) for size in shape) for name, shape in reference.variables.items()}
    try:
        return _by_cones(reference, shapes, known)
    except UnsupportedError as unsaid:
        try:
            return _by_newton(reference, shapes, known)
        except UnsupportedError:
            raise unsaid from None


def _by_newton(
    reference: Reference, shapes: Mapping[str, tuple[int, ...]], known: Mapping[str, Any]
) -> dict[str, Array]:
    found, lengths = minimise(reference.minimise, reference.subject_to, tuple(shapes.items()), known)
    if not found.residual <= reference.residual_below:
        raise ReferenceFailure(f"residual {found.residual:.1e} above {reference.residual_below:.1e}")
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes.values()])[:-1]
    parts = zip(shapes.items(), np.split(np.asarray(found.z), ends), strict=True)
    answer = {name: part.reshape(shape) for (name, shape), part in parts}
    duals = np.split(np.asarray(found.multipliers), np.cumsum(lengths)[:-1]) if lengths else []
    answer |= {dual: part for dual, part in zip(reference.duals, duals, strict=False) if dual is not None}
    return {**answer, "value": np.asarray(found.value), "residual": np.asarray(found.residual)}


def _by_cones(
    reference: Reference, shapes: Mapping[str, tuple[int, ...]], known: Mapping[str, Any]
) -> dict[str, Array]:
    unknowns = {name: cp.Variable(shape) for name, shape in shapes.items()}
    objective = to_cvxpy(reference.minimise, unknowns, known)
    groups = [
        [_constraint(to_cvxpy(part, unknowns, known)) for part in constraints_of(node)] for node in reference.subject_to
    ]
    solved = solve(cp.Problem(cp.Minimize(objective), [part for group in groups for part in group]))
    if not solved.residual <= reference.residual_below:
        raise ReferenceFailure(f"residual {solved.residual:.1e} above {reference.residual_below:.1e}")
    answer = {name: np.asarray(variable.value, dtype=np.float64) for name, variable in unknowns.items()}
    for dual, group in zip(reference.duals, groups, strict=False):
        if dual is not None:
            if len(group) != 1:
                raise UnsupportedError("cvxpy", f"one dual ({dual}) for several constraints")
            answer[dual] = np.asarray(group[0].dual_value, dtype=np.float64)
    answer["value"] = np.asarray(objective.value, dtype=np.float64)
    answer["residual"] = np.asarray(solved.residual)
    return answer


def _constraint(constraint: Any) -> Any:
    if isinstance(constraint, bool | np.ndarray | np.bool_):
        raise UnsupportedError("cvxpy", "a constraint without an unknown")
    return constraint


