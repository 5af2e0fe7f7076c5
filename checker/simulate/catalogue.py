"""The experiments a claim may ask for: parameters, and the names, axes and shapes of what each publishes.

Light on purpose (pydantic only, no numpy, no JAX), so that linting is fast.  An experiment measures and never knows a
prediction; what it publishes is the namespace of the claim's quantities.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Literal

from pydantic import Field, model_validator

from checker.simulate.catalogue_dynamics import Dynamics, NormalStart, RemainderFlow, Start, clock
from checker.simulate.catalogue_iterate import IterateParams, SolveParams
from checker.simulate.catalogue_line import LineData, hinges
from checker.simulate.catalogue_networks import (
    TangentKernelParams,
    TrainNetworkParams,
    tangent_kernel_observables,
    train_network_observables,
)
from checker.simulate.catalogue_parts import (
    Data,
    DiagonalModel,
    FormulaModel,
    LinearClassesModel,
    LinearModel,
    Model,
    ScalarChainModel,
    SeparableClassesData,
    SeparableData,
    Size,
    SphereData,
    SumModel,
    TwoViewsData,
    data_shape,
    parameter_count,
)
from checker.simulate.catalogue_random_networks import RandomNetworksParams, random_networks_observables
from checker.simulate.catalogue_sampling import Drawn, EvaluateParams, MonteCarloParams, SpectrumParams
from checker.simulate.catalogue_two_patch import TwoPatchParams, two_patch_observables
from checker.simulate.cost import Cost, Place
from checker.simulate.cost_drawn import evaluate_cost, iterate_cost, monte_carlo_cost, solve_cost, spectrum_cost
from checker.simulate.cost_networks import (
    random_networks_cost,
    tangent_kernel_cost,
    train_network_cost,
    two_patch_cost,
)
from checker.simulate.cost_trained import optimize_cost, train_cost
from checker.simulate.leaves import Component, Expression, Locals, Number, Whole
from checker.simulate.observable_spec import ObservableSpec


@dataclass(frozen=True, slots=True)
class ExperimentSpec:
    """An experiment by name: its parameter model, and what follows from the parameters: observables and cost of a seed."""

    name: str
    params: type[Component]
    observables: Callable[[Component], Mapping[str, ObservableSpec]]
    doc: str
    cost: Callable[[Component, Place], Cost]


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

    ``loss`` is a formula in the margin ``u``; a loss without a closed form is given by ``minus_derivative``, the formula of
    -l'(u), and then has no ``log_loss``.  ``reduction`` has to be said because it changes constants.  ``slack``
    decides which margins count as active in ``kkt_residual``: those up to (1 + slack) times the smallest.
    """

    LOCALS: ClassVar[Mapping[str, Locals]] = {"loss": {"u": ()}, "minus_derivative": {"u": ()}}
    data: Data | None = None
    model: Model
    loss: Expression | None = None
    minus_derivative: Expression | None = None
    reduction: Literal["sum", "mean"]
    dynamics: Dynamics
    init: Start = NormalStart(kind="normal", scale=1.0)
    slack: Number = 0.02

    @model_validator(mode="after")
    def _limits(self) -> TrainParams:
        _data_for(self.model, self.data)
        if isinstance(self.dynamics, RemainderFlow) and not isinstance(self.model, LinearModel | LinearClassesModel):
            raise ValueError("dynamics: a remainder flow is that of a linear model (`linear` or `linear_classes`)")
        if (self.loss is None) == (self.minus_derivative is None):
            raise ValueError("loss, minus_derivative: exactly one of them says what is minimised")
        if self.loss is None and getattr(self.dynamics, "time", None) == "loss_norm":
            raise ValueError("minus_derivative: time `loss_norm` divides by the loss, which is not known; give `loss`")
        if getattr(self.dynamics, "tail", None) is not None and not isinstance(self.model, LinearModel):
            raise ValueError("dynamics: a flow with `tail` is that of the model `linear`")
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
    if isinstance(model, LinearClassesModel) != isinstance(data, SeparableClassesData):
        raise ValueError("model: `linear_classes` goes with data of kind `separable_classes`, and only with them")
    if isinstance(model, LinearClassesModel) and model.classes != getattr(data, "classes", None):
        raise ValueError(f"classes: the model has {model.classes} and the data have {getattr(data, 'classes', None)}")
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
    if isinstance(data, SphereData) and data.labels == "planted":
        found["direction"] = ObservableSpec((), (dimension,), "planted unit vector that the labels depend on")
    if isinstance(data, SeparableData):
        found["direction"] = ObservableSpec((), (dimension,), "planted unit vector that separates the data")
    if isinstance(data, SeparableData | SphereData) and data.held_out:
        found["X_validation"] = ObservableSpec((), (data.held_out, dimension), "held-out inputs")
        found["y_validation"] = ObservableSpec((), (data.held_out,), "labels of the held-out inputs")
    if isinstance(data, SeparableClassesData):
        found |= _pair_observables(data)
    if isinstance(data, LineData):
        found |= _hinge_observables(data)
    if isinstance(data, TwoViewsData):
        first, second = data.dimensions
        found["X1"] = ObservableSpec((), (points, first), "first view of the inputs")
        found["X2"] = ObservableSpec((), (points, second), "second view of the inputs")
    return found


def _hinge_observables(data: LineData) -> dict[str, ObservableSpec]:
    points = data_shape(data)[0]
    count: Size = f"{points} + {data.between}*({points} - 1)"
    gaps: Size = f"{points} - 1"
    if isinstance(points, int):
        count, gaps = hinges(points, data.between), points - 1
    return {
        "knots": ObservableSpec((), (count,), "where the hinge functions bend: at every point and inside the gaps"),
        "right": ObservableSpec((), (points, count), "[x_n - knot_m]_+"),
        "left": ObservableSpec((), (points, count), "[knot_m - x_n]_+"),
        "chords": ObservableSpec((), (gaps, points), "chords @ v: slopes of the values v between neighbouring points"),
    }


def _pair_observables(data: SeparableClassesData) -> dict[str, ObservableSpec]:
    points, dimension = data_shape(data)
    known = isinstance(points, int) and isinstance(dimension, int)
    columns: Size = data.classes * dimension if known else f"{data.classes}*{dimension}"
    pairs: Size = points * (data.classes - 1) if known else f"{points}*{data.classes - 1}"
    every: Size = points * data.classes if known else f"{points}*{data.classes}"
    return {
        "planes": ObservableSpec((), (data.classes, dimension), "planted orthonormal vectors, one per class"),
        "pairs": ObservableSpec((), (pairs, columns), "rows of the K-class max-margin problem"),
        "one_vs_all": ObservableSpec((), (every, columns), "rows of K separate binary problems"),
    }


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
    if isinstance(model, LinearClassesModel):
        found["W"] = ObservableSpec(axes, (model.classes, dimension), "weights, one row per class")
        found["pair_margins"] = ObservableSpec(axes, (points, model.classes - 1), "(w_y - w_k) . x_n for k != y_n")
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
    found = {**_data_observables(params.data), **_model_observables(params.model, params.data, axes)}
    if isinstance(params.data, SeparableData) and params.data.held_out and not isinstance(params.model, SumModel):
        held_out = (params.data.held_out,)
        found["validation_margins"] = ObservableSpec(axes, held_out, "y f(x; theta) of the held-out points")
        found["log_validation_loss"] = ObservableSpec(axes, (), "logarithm of the loss of the held-out points")
    if isinstance(params.dynamics, RemainderFlow):
        size = found["theta"].shape
        found["remainder"] = ObservableSpec(axes, size, "theta - s w_hat, s = log t (with `tail`: theta - g w_hat)")
        found["w_hat"] = ObservableSpec((), size, "max-margin solution that the flow was split by")
        if params.dynamics.tail is not None:
            found["growth"] = ObservableSpec(axes, (), "g, the length of theta along w_hat: g' = exp(-g^nu)")
    else:
        found["gradient_norm"] = ObservableSpec(axes, (), "|grad L| / L")
        about = "distance of theta/|theta| from the cone of active margin gradients"
        found["kkt_residual"] = ObservableSpec(axes, (), about)
    without = () if params.loss is not None else ("log_loss", "log_validation_loss", "gradient_norm")
    return {name: spec for name, spec in found.items() if name not in without}


def _drawn(params: Drawn) -> dict[str, ObservableSpec]:
    drawn = {name: ObservableSpec((), None, "drawn from its law or its declared domain") for name in params.draw}
    return {**_data_observables(params.data), **drawn}


def _evaluate(params: Component) -> Mapping[str, ObservableSpec]:
    assert isinstance(params, EvaluateParams)
    return {**_drawn(params), **{name: ObservableSpec((), (), "value of its formula") for name in params.values}}


def _monte_carlo(params: Component) -> Mapping[str, ObservableSpec]:
    assert isinstance(params, MonteCarloParams)
    number = partial(ObservableSpec, (), ())
    means = {name: number("mean over the samples") for name in params.means}
    errors = {f"{name}.se": number("standard error of that mean") for name in params.means}
    extremes = {name: number("largest over the samples") for name in params.maxima}
    extremes |= {name: number("smallest over the samples") for name in params.minima}
    return {**means, **errors, **extremes, **{name: number("quantile of the samples") for name in params.quantiles}}


def _iterate(params: Component) -> Mapping[str, ObservableSpec]:
    assert isinstance(params, IterateParams)
    axis = "k" if params.map else "t"
    found = {name: ObservableSpec((axis,), None, "state") for name in params.state}
    if params.stop is not None:
        found["stopped"] = ObservableSpec((), (), f"{axis} at which `stop` holds first, infinite if it never does")
    return {**_drawn(params), **found}


def _solve(params: Component) -> Mapping[str, ObservableSpec]:
    assert isinstance(params, SolveParams)
    number = partial(ObservableSpec, (), ())
    found = {}
    for name, unknown in params.find.items():
        found[name] = number("the number sought")
        found[f"{name}.residual"] = number("the formula at the root, or the slope at the optimum")
        if unknown.kind in ("minimise", "maximise"):
            found[f"{name}.value"] = number("the formula at the optimum")
    return {**_drawn(params), **found}


def _spectrum(params: Component) -> Mapping[str, ObservableSpec]:
    assert isinstance(params, SpectrumParams)
    found = {}
    for name in (*params.eigenvalues, *params.singular_values):
        found[name] = ObservableSpec(("i",), (), "the i-th largest")
        found[f"{name}.largest"] = ObservableSpec((), (), "the largest")
        found[f"{name}.smallest"] = ObservableSpec((), (), "the smallest")
        found[f"{name}.trace"] = ObservableSpec((), (), "the sum of all")
    found |= {f"{name}.radius": ObservableSpec((), (), "largest modulus of a root") for name in params.polynomials}
    return {**_drawn(params), **found}


def _with_data(
    published: Callable[[Component], Mapping[str, ObservableSpec]],
) -> Callable[[Component], Mapping[str, ObservableSpec]]:
    return lambda params: {**_data_observables(getattr(params, "data", None)), **published(params)}


def _spec(
    name: str,
    params: type[Component],
    observables: Callable[[Component], Mapping[str, ObservableSpec]],
    cost: Callable[[Component, Place], Cost],
) -> ExperimentSpec:
    return ExperimentSpec(name, params, observables, params.__doc__ or "", cost)


EXPERIMENTS: Mapping[str, ExperimentSpec] = {
    spec.name: spec
    for spec in (
        _spec("optimize", OptimizeParams, _optimize, optimize_cost),
        _spec("train", TrainParams, _train, train_cost),
        _spec("evaluate", EvaluateParams, _evaluate, evaluate_cost),
        _spec("monte_carlo", MonteCarloParams, _monte_carlo, monte_carlo_cost),
        _spec("iterate", IterateParams, _iterate, iterate_cost),
        _spec("solve", SolveParams, _solve, solve_cost),
        _spec("spectrum", SpectrumParams, _spectrum, spectrum_cost),
        _spec("tangent_kernel", TangentKernelParams, _with_data(tangent_kernel_observables), tangent_kernel_cost),
        _spec("train_network", TrainNetworkParams, _with_data(train_network_observables), train_network_cost),
        _spec("random_networks", RandomNetworksParams, random_networks_observables, random_networks_cost),
        _spec("two_patch", TwoPatchParams, two_patch_observables, two_patch_cost),
    )
}

def experiment(name: str) -> ExperimentSpec:
    """The experiment called ``name``.  Raises ``KeyError`` for an unknown name."""
    return EXPERIMENTS[name]
