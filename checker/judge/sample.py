"""The judge's evidence: numbers over named axes, an error bound for each, and where an entry that is no number
stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from checker.judge.errors import EvidenceError
from checker.judge.prediction import Array, Over, Prediction

#: The axis of independent repetitions; always the first.
SEED = "seed"


@dataclass(frozen=True, slots=True)
class Sample:
    """One scalar quantity, measured: ``values`` of shape ``(seeds, *other axes)``.

    ``error`` (same shape, >= 0) bounds the numerical error of each entry in the units of ``values``.  ``axes`` names
    the dimensions in order, ``"seed"`` first; a quantity that does not depend on the seed has a seed axis of length
    one and is taken as exact up to ``error``.  ``coords`` has the coordinates of every axis.  ``grid`` names the axes
    that are parameters of the claim rather than recorded along a run: they stay separate cells under ``fraction``,
    while "holds with probability p for every step" takes the steps of one seed together.
    """

    values: Array
    error: Array
    axes: tuple[str, ...]
    coords: Mapping[str, Array]
    grid: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if not self.axes or self.axes[0] != SEED:
            raise ValueError(f"the first axis of a sample must be '{SEED}', found {self.axes}")
        if len(set(self.axes)) != len(self.axes):
            raise ValueError(f"axes must differ, found {self.axes}")
        if self.values.ndim != len(self.axes) or self.values.shape != self.error.shape:
            raise ValueError(
                f"axes {self.axes} do not fit values {self.values.shape} and errors {self.error.shape}"
            )
        for position, axis in enumerate(self.axes):
            if axis not in self.coords or np.shape(self.coords[axis]) != (self.values.shape[position],):
                raise ValueError(f"axis '{axis}' needs {self.values.shape[position]} coordinates")


def seed_rule(prediction: Prediction, seeds: int) -> Over:
    """How the seeds are taken together; a single, deterministic instance needs no rule.

    Raises ``EvidenceError`` where the prediction does not say it: "for every", "on average" and "with probability" are
    different claims, so there is no default.
    """
    rule = prediction.over.get(SEED)
    if rule is None:
        if seeds == 1:
            return Over("every")
        raise EvidenceError(f"`over` must say what holds of the {seeds} seeds: every, mean, median or fraction >= p")
    if rule.rule in ("max", "last"):
        raise EvidenceError(f"`over: {{seed: {rule.rule}}}` has no meaning: use every, mean, median or fraction >= p")
    if rule.rule == "fraction" and (rule.level is None or not 0 <= rule.level <= 1):
        raise EvidenceError("`over: {seed: fraction >= p}` needs p between 0 and 1")
    return rule


def require_numbers(sample: Sample, *, infinite_allowed: bool) -> None:
    """Raise ``EvidenceError`` at the first NaN (or infinity, unless censored values are allowed) or bad error bound."""
    bad = np.isnan(sample.values) | np.isnan(sample.error) | (sample.error < 0)
    if not infinite_allowed:
        bad |= np.isinf(sample.values) | np.isinf(sample.error)
    if not bad.any():
        return
    index = tuple(int(i) for i in np.argwhere(bad)[0])
    where = dict(zip(sample.axes, index, strict=True))
    place = ", ".join(f"{axis} = {float(sample.coords[axis][i]):g}" for axis, i in where.items())
    value, error = float(sample.values[index]), float(sample.error[index])
    hint = "; censored values need `over: median` or a fraction" if np.isinf(value) else ""
    raise EvidenceError(
        f"{int(bad.sum())} of {bad.size} entries are not usable numbers; first at {place}: {value:g} +- {error:g}{hint}",
        where,
    )
