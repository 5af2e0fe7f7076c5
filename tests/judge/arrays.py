"""Short ways to make a sample and a prediction for tests of the judge."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from checker.judge.decide import judge
from checker.judge.prediction import Array, Judgement, Kind, Over, Prediction, Within
from checker.judge.sample import Sample

ALPHA = 1e-4
EVERY, MEAN, MEDIAN = {"seed": Over("every")}, {"seed": Over("mean")}, {"seed": Over("median")}
PERCENT_5, PERCENT_10 = Within(0.05, 0.05, relative=True), Within(0.1, 0.1, relative=True)


def fraction(level: float, margin: float = 0.0) -> dict[str, Over]:
    return {"seed": Over("fraction", level, margin)}


def sample(
    values: npt.ArrayLike,
    *axes: str,
    error: float | Array = 0.0,
    coords: Mapping[str, npt.ArrayLike] | None = None,
    grid: tuple[str, ...] = (),
) -> Sample:
    """Values over ("seed", *axes); coordinates are indices unless given."""
    array = np.asarray(values, dtype=float)
    names = ("seed", *axes)
    places = {axis: np.arange(array.shape[i], dtype=float) for i, axis in enumerate(names)}
    places.update({axis: np.asarray(at, dtype=float) for axis, at in (coords or {}).items()})
    errors = np.broadcast_to(np.asarray(error, dtype=float), array.shape).copy()
    return Sample(array, errors, names, places, frozenset(grid))


def predict(kind: Kind, target: npt.ArrayLike, over: Mapping[str, Over], **more: Any) -> Prediction:
    return Prediction(kind, np.asarray(target, dtype=float), over, **more)


def verdict(prediction: Prediction, measured: Sample, look: int = 1, control: bool = False) -> Judgement:
    return judge(prediction, measured, alpha=ALPHA, look=look, control=control)
