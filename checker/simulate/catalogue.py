"""The experiments a claim may ask for: parameters, and the names, axes and shapes of what each publishes.

Light on purpose (pydantic only, no numpy, no JAX), so that linting is fast.  An experiment measures and never knows a
prediction; what it publishes is the namespace of the claim's quantities.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from pydantic import Field, model_validator

from checker.simulate.catalogue_dynamics import Dynamics, NormalStart, Start, clock
from checker.simulate.catalogue_parts import (
    Data,
    DiagonalModel,
    FormulaModel,
    LinearModel,
    Model,
    ScalarChainModel,
    SeparableData,
    Size,
    SumModel,
    TwoViewsData,
    data_shape,
    parameter_count,
)
from checker.simulate.leaves import Component, Count, Expression, Locals, Number, Whole


class UnsupportedExperiment(Exception):
    """The claim asks for an experiment, component or combination that is part of the language but not built."""


@dataclass(frozen=True, slots=True)
class ObservableSpec:
    """What one observable is: recorded ``axes`` beyond seed and sweep, ``shape`` of one entry, its meaning.

    A text in ``shape`` is a size that only the run knows; ``shape=None`` is the shape declared for the symbol of
    that name.
    """

    axes: tuple[str, ...]
    shape: tuple[Size, ...] | None
    meaning: str


@dataclass(frozen=True, slots=True)
class ExperimentSpec:
    """An experiment by name: its parameter model and the observables that follow from the parameters."""

    name: str
    params: type[Component]
    observables: Callable[[Component], Mapping[str, ObservableSpec]]
    doc: str


class OptimizeParams(Component):
    """The constrained path: argmin of the loss over |theta| <= radius, followed along the sweep.

    ``loss`` is a formula in the margin ``u``; the sphere is where its minimum lies when the margins can be made large.
    ``restarts`` independent starts are followed and the best is kept; ``iterations`` Newton steps are the most that one
    sweep point may take, ``tolerance`` the residual at which a point counts as ``converged``.
    """

    LOCALS: ClassVar[Mapping[str, Locals]] = {"loss": {"u": ()}}
    data: Data | None = None
    model: Model
    loss: Expression
    reduction: Literal["sum", "mean"] = "sum"
    radius: Number
    restarts: Whole = 8
    iterations: Whole = 400
    tolerance: float = Field(default=1e-9, gt=0, le=1e-3)

    @model_validator(mode="after")
    def _limits(self) -> OptimizeParams:
        _data_for(self.model, self.data)
        _bounded("restarts", self.restarts, 1, 1024)
        _bounded("iterations", self.iterations, 1, 100_000)
        _dense(self.model, self.data)
        return self


class TrainParams(Component):
    """Gradient descent or flow on the loss, recorded at checkpoints.

    ``loss`` is a formula in the margin ``u``; ``reduction`` has to be said because it changes constants.  ``slack``
    decides which margins count as active in ``kkt_residual``: those up to (1 + slack) times the smallest.
    """

    LOCALS: ClassVar[Mapping[str, Locals]] = {"loss": {"u": ()}}
    data: Data | None = None
    model: Model
    loss: Expression
    reduction: Literal["sum", "mean"]
    dynamics: Dynamics
    init: Start = NormalStart(kind="normal", scale=1.0)
    slack: Number = 0.02

    @model_validator(mode="after")
    def _limits(self) -> TrainParams:
        _data_for(self.model, self.data)
        return self


class EvaluateParams(Component):
    """Draw symbols from their declared domains, or data, and evaluate: no training.

    ``draw`` names symbols; ``sizes`` gives the sizes in their shapes; ``ranges`` bounds those whose domain is
    unbounded; ``law`` is uniform, or uniform in the logarithm for positive domains.
    """

    COUNTS: ClassVar[frozenset[str]] = frozenset({"sizes"})
    draw: tuple[str, ...] = Field(default=(), max_length=64)
    sizes: Mapping[str, Count] = Field(default_factory=dict)
    ranges: Mapping[str, tuple[Number, Number]] = Field(default_factory=dict)
    law: Literal["uniform", "log_uniform"] = "uniform"
    data: Data | None = None

    @model_validator(mode="after")
    def _limits(self) -> EvaluateParams:
        if len(set(self.draw)) != len(self.draw):
            raise ValueError(f"draw: a symbol is named twice in {list(self.draw)}")
        unknown = sorted(set(self.ranges) - set(self.draw))
        if unknown:
            raise ValueError(f"ranges: {unknown[0]!r} is not drawn")
        return self


def _bounded(name: str, value: int, lo: int, hi: int) -> None:
    if not lo <= value <= hi:
        raise ValueError(f"{name}: expected {lo} to {hi}, found {value}")


def _data_for(model: Component, data: Component | None) -> None:
    if isinstance(model, FormulaModel):
        if data is not None:
            raise ValueError("data: a formula model states its margins and reads no data; leave it out")
        return
    if data is None:
        raise ValueError("data: missing; every model but `formula` needs data")
    width = data_shape(data)[1]
    for part in model.parts if isinstance(model, SumModel) else ():
        if part.inputs is not None and isinstance(width, int) and part.inputs[1] > width:
            raise ValueError(f"inputs: {list(part.inputs)} exceeds the {width} columns of X")


MAX_DENSE = 2000


def _dense(model: Component, data: Component | None) -> None:
    size = parameter_count(model, 1 if data is None else data_shape(data)[1])
    if isinstance(size, int) and size > MAX_DENSE:
        needed = 3 * 8 * size**2 / 2**20
        raise ValueError(f"{size} parameters need a Hessian of {needed:.0f} MiB each; the limit is {MAX_DENSE}")


def _data_observables(data: Component | None) -> dict[str, ObservableSpec]:
    if data is None:
        return {}
    points, dimension = data_shape(data)
    found = {
        "X": ObservableSpec((), (points, dimension), "inputs, one row per point"),
        "y": ObservableSpec((), (points,), "labels"),
    }
    if isinstance(data, SeparableData):
        found["direction"] = ObservableSpec((), (dimension,), "planted unit vector that separates the data")
    if isinstance(data, TwoViewsData):
        first, second = data.dimensions
        found["X1"] = ObservableSpec((), (points, first), "first view of the inputs")
        found["X2"] = ObservableSpec((), (points, second), "second view of the inputs")
    return found


def _model_observables(model: Component, data: Component | None, axes: tuple[str, ...]) -> dict[str, ObservableSpec]:
    points, dimension = (0, 0) if data is None else data_shape(data)
    count: Size = len(model.margins) if isinstance(model, FormulaModel) else points
    found = {
        "theta": ObservableSpec(axes, (parameter_count(model, dimension),), "parameters"),
        "margins": ObservableSpec(axes, (count,), "y_n f(x_n; theta)"),
        "log_loss": ObservableSpec(axes, (), "logarithm of the loss"),
    }
    if isinstance(model, LinearModel | DiagonalModel | ScalarChainModel):
        found["beta"] = ObservableSpec(axes, (dimension,), "effective linear predictor: f(x) = beta . x")
    if isinstance(model, SumModel):
        found["part_norms"] = ObservableSpec(axes, (len(model.parts),), "Euclidean norm of the parameters of each part")
    return found


def _optimize(params: Component) -> Mapping[str, ObservableSpec]:
    assert isinstance(params, OptimizeParams)
    return {
        **_data_observables(params.data),
        **_model_observables(params.model, params.data, ()),
        "residual": ObservableSpec((), (), "|tangential gradient of log L| over |gradient of log L|, 0 at a KKT point"),
        "newton_step": ObservableSpec((), (), "length of the next Newton step over the radius: what is still to go"),
        "multiplier": ObservableSpec((), (), "-radius d log L/d radius; not negative at a minimiser over the ball"),
        "converged": ObservableSpec((), (), "1 where residual (up to rounding) and newton_step are small, else 0"),
    }


def _train(params: Component) -> Mapping[str, ObservableSpec]:
    assert isinstance(params, TrainParams)
    axes = (clock(params.dynamics),)
    return {
        **_data_observables(params.data),
        **_model_observables(params.model, params.data, axes),
        "gradient_norm": ObservableSpec(axes, (), "|grad L| / L"),
        "kkt_residual": ObservableSpec(axes, (), "distance of theta/|theta| from the cone of active margin gradients"),
    }


def _evaluate(params: Component) -> Mapping[str, ObservableSpec]:
    assert isinstance(params, EvaluateParams)
    drawn = {name: ObservableSpec((), None, "drawn from its declared domain") for name in params.draw}
    return {**_data_observables(params.data), **drawn}


def _spec(
    name: str, params: type[Component], observables: Callable[[Component], Mapping[str, ObservableSpec]]
) -> ExperimentSpec:
    return ExperimentSpec(name, params, observables, params.__doc__ or "")


EXPERIMENTS: Mapping[str, ExperimentSpec] = {
    spec.name: spec
    for spec in (
        _spec("optimize", OptimizeParams, _optimize),
        _spec("train", TrainParams, _train),
        _spec("evaluate", EvaluateParams, _evaluate),
    )
}

UNSUPPORTED: Mapping[str, str] = {
    "monte_carlo": "averages over independent draws with a law of their own",
    "iterate": "maps, small systems of differential equations and events",
    "solve": "roots and fixed points found numerically",
    "spectrum": "eigenvalues of kernels and random matrices",
}
"""Experiments that the language names and that are not built: a claim that uses one is answered UNSUPPORTED."""


def experiment(name: str) -> ExperimentSpec:
    """The experiment called ``name``.

    Raises ``UnsupportedExperiment`` for one that the language names but nobody built, ``KeyError`` for an unknown name.
    """
    if name in UNSUPPORTED:
        raise UnsupportedExperiment(f"experiment {name!r} ({UNSUPPORTED[name]}) is not built yet")
    return EXPERIMENTS[name]
