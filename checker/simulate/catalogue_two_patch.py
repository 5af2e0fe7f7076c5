"""The two-patch problem of benign overfitting: its parameters and what it publishes.

Light on purpose (pydantic only); the computation is in ``two_patch/``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import model_validator

from checker.simulate.leaves import Component, Count, Number, Whole
from checker.simulate.observable_spec import ObservableSpec

MAX_POINTS = 4096
MAX_STEPS = 10**15


class TwoPatchParams(Component):
    """Gradient descent on the logistic loss (mean over n points) of a two-layer CNN on signal and noise patches.

    A point is two patches, y mu and xi, with labels y = 1, -1, 1, ... (as many of each: without one of the classes there
    is nothing to learn of it) and xi normal with covariance sigma_p^2 (I - mu mu^T/|mu|^2) in d dimensions.
    f = F_1 - F_{-1}, F_j = (1/m) sum_r s(w_{j,r}.y mu) + s(w_{j,r}.xi) with s(z) = max(z, 0)^q, q = `power`,
    m = `filters`; w starts normal with standard deviation sigma_0.  `snr` is |mu|/(sigma_p sqrt(d)), `start` is
    sigma_0 sigma_p sqrt(d), `step` eta sigma_p^2 d, `dimension` d, `tests` the number of fresh points (half of each label).

    Everything happens in inner products, and those of independent normal vectors are drawn without the vectors (the
    triangular factor of their Gram matrix), so the law is exact and d may be any number.  The first points of a seed are
    the same for every n up to `of`, and so is the start: sizes are paired.

    An experiment of its own because `train` holds weights of length d for each cell, which at the dimensions the
    theorem asks for (n^4 and more) cannot be.
    """

    COUNTS: ClassVar[frozenset[str]] = frozenset({"points", "dimension"})
    points: Count
    of: Whole
    dimension: Number
    snr: Number
    power: Whole = 3
    filters: Whole = 8
    start: Number
    step: Number
    steps: Whole
    tests: Whole = 200

    @model_validator(mode="after")
    def _limits(self) -> TwoPatchParams:
        _between("of", self.of, 1, MAX_POINTS)
        _between("power", self.power, 1, 16)
        _between("filters", self.filters, 1, 1024)
        _between("steps", self.steps, 1, MAX_STEPS)
        _between("tests", self.tests, 2, 10_000)
        if isinstance(self.points, int):
            _between("points", self.points, 1, self.of)
        rows = self.of + 2 * self.filters
        if isinstance(self.dimension, float) and not rows < self.dimension <= 1e15:
            raise ValueError(f"dimension: expected more than {rows} (points and filters), at most 1e15")
        return self


def _between(name: str, value: int, lo: int, hi: int) -> None:
    if not lo <= value <= hi:
        raise ValueError(f"{name}: expected {lo} to {hi}, found {value}")


def two_patch_observables(params: Component) -> Mapping[str, ObservableSpec]:
    """What the experiment publishes after the last step."""
    assert isinstance(params, TwoPatchParams)
    return {
        "train_loss": ObservableSpec((), (), "mean logistic loss of the training points"),
        "test_loss": ObservableSpec((), (), "mean logistic loss of fresh points"),
        "test_error": ObservableSpec((), (), "share of fresh points with y f <= 0"),
    }
