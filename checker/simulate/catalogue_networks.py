"""Networks a claim may ask for, and the experiments on them: parameters and what each publishes.

The one idea to know: a fully connected network is a convolutional one with a single pixel, so one set of layers serves
both.  Light on purpose (pydantic only); the computation is in ``networks/``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import Field, model_validator

from checker.simulate.catalogue_parts import MAX_ENTRIES, Data, Size, data_shape, size_of
from checker.simulate.leaves import Component, Count, Expression, Locals, Number, Whole
from checker.simulate.observable_spec import ObservableSpec

MAX_STEPS = 10**15


class _Layered(Component):
    """What every network has: its size, its activation, its scales, which weights are trained, and its start."""

    COUNTS: ClassVar[frozenset[str]] = frozenset({"width", "depth"})
    LOCALS: ClassVar[Mapping[str, Locals]] = {"activation": {"z": ()}}
    width: Count
    depth: Count = 1
    activation: Expression | None = None
    gain: Number = 2.0
    std: Number = 1.0
    scale: Number = 1.0
    output: Literal["normal", "signs"] = "normal"
    trained: Literal["all", "hidden"] = "all"
    init: Literal["plain", "antisymmetric", "centred"] = "plain"


class MlpModel(_Layered):
    """A fully connected network in NTK parametrisation: h_1 = W_1 x, h_{l+1} = W_{l+1} g_l, f = scale v . g_depth.

    g_l = sqrt(gain/width) phi(h_l) with `depth` hidden layers of `width` neurons, no biases; phi is the formula
    `activation` in `z`, relu where it is left out.  Entries of W_l start normal with standard deviation `std`, those of
    v standard normal or random `signs`.  `trained: hidden` keeps v as it is.

    `init: antisymmetric` is two copies of half the width with the same start, f = (f_a - f_b)/sqrt(2): neurons in pairs
    of opposite sign, f = 0 at the start and the tangent kernel that of one copy.  `centred` subtracts the network at
    its start, f(theta) - f(theta_0).
    """

    kind: Literal["mlp"]

    @model_validator(mode="after")
    def _sizes(self) -> MlpModel:
        _layers(self.width, self.depth, self.init, 1)
        return self


class Conv1dModel(_Layered):
    """A convolutional network on signals, NTK parametrisation, zero padding, stride 1, no biases.

    `channels` consecutive rows of X are one input, its pixels are the columns; its label is that of its first row.
    h_1 = W_1 * x, h_{l+1} = W_{l+1} * g_l, g_l = sqrt(gain/(width filter)) phi(h_l) with `width` channels in each of
    `depth` layers and filters of `filter` pixels (odd); `head: pixels` reads out every pixel of every channel with a
    weight of its own, `average` the mean over the pixels of each channel.  The other keys are those of `mlp`.
    """

    kind: Literal["conv1d"]
    channels: Whole = 1
    filter: Whole = 3
    head: Literal["pixels", "average"] = "pixels"

    @model_validator(mode="after")
    def _sizes(self) -> Conv1dModel:
        if not (1 <= self.filter <= 99 and self.filter % 2 == 1):
            raise ValueError(f"filter: expected an odd number from 1 to 99, found {self.filter}")
        if not 1 <= self.channels <= 1000:
            raise ValueError(f"channels: expected 1 to 1000, found {self.channels}")
        _layers(self.width, self.depth, self.init, self.filter)
        return self


Network: TypeAlias = Annotated[MlpModel | Conv1dModel, Field(discriminator="kind")]


def _layers(width: object, depth: object, init: str, filter_size: int) -> None:
    if isinstance(depth, int) and not 1 <= depth <= 256:
        raise ValueError(f"depth: expected 1 to 256 hidden layers, found {depth}")
    if not isinstance(width, int):
        return
    if width < 1 or (init == "antisymmetric" and width % 2):
        raise ValueError(f"width: expected at least 1, and an even number for antisymmetric pairs, found {width}")
    entries = width * filter_size * (width if not isinstance(depth, int) or depth > 1 else 1)
    entries *= max(1, depth - 1) if isinstance(depth, int) else 1
    if entries > MAX_ENTRIES:
        raise ValueError(f"weights of {entries} entries ({entries * 8 / 2**20:.0f} MiB); the limit is {MAX_ENTRIES}")


class TangentKernelParams(Component):
    """The tangent kernel of a network at its start, K(x, x') = <df/dtheta(x), df/dtheta(x')> over the trained weights.

    `kernel` is that of the network that was drawn, `features` the inner products of its last layer's g; with `copies`
    as many networks are drawn and both are recorded on the axis `copy`.  For relu, `limit` and `feature_limit` are the
    same for infinite width, by the recursion over layers (and pixels).
    """

    COUNTS: ClassVar[frozenset[str]] = frozenset({"copies"})
    data: Data
    model: Network
    copies: Count | None = None

    @model_validator(mode="after")
    def _limits(self) -> TangentKernelParams:
        if isinstance(self.copies, int):
            if not 1 <= self.copies <= 100_000:
                raise ValueError(f"copies: expected 1 to 100000, found {self.copies}")
            images = inputs_of(self.data, self.model)
            if isinstance(images, int) and self.copies * images**2 > MAX_ENTRIES:
                raise ValueError(f"kernels of {self.copies * images**2} entries; the limit is {MAX_ENTRIES}")
        return self


class TrainNetworkParams(Component):
    """Full-batch gradient descent of a network, its predictions recorded at log-spaced steps `k` from 1 to `steps`.

    `loss` is a formula in the prediction `u` and the label `y` of one point, `reduction` its sum or mean over the
    points; `step` may use the data.  Training rests where |u - y| <= `stop` |y| (never, if that is left out).
    `u` are the predictions after k steps, `moved` the distance of the trained weights from their start.
    """

    LOCALS: ClassVar[Mapping[str, Locals]] = {"loss": {"u": (), "y": ()}}
    data: Data
    model: Network
    loss: Expression
    reduction: Literal["sum", "mean"]
    step: Number
    steps: Whole
    checkpoints: Whole = 16
    stop: Number | None = None

    @model_validator(mode="after")
    def _limits(self) -> TrainNetworkParams:
        if not 1 <= self.steps <= MAX_STEPS:
            raise ValueError(f"steps: expected 1 to {MAX_STEPS}, found {self.steps}")
        if not 1 <= self.checkpoints <= 1000:
            raise ValueError(f"checkpoints: expected 1 to 1000, found {self.checkpoints}")
        inputs_of(self.data, self.model)
        return self


def inputs_of(data: Component, model: Component) -> Size:
    """How many inputs the rows of X make; raises ``ValueError`` where they do not come out even or are too large."""
    points, dimension = data_shape(data)
    width = getattr(model, "width", 1)
    if not (isinstance(points, int) and isinstance(dimension, int)):
        return size_of(points) if isinstance(model, MlpModel) else f"{points}/{getattr(model, 'channels', 1)}"
    channels = model.channels if isinstance(model, Conv1dModel) else dimension
    rows = model.channels if isinstance(model, Conv1dModel) else 1
    pixels = dimension if isinstance(model, Conv1dModel) else 1
    if points % rows:
        raise ValueError(f"data: {points} rows do not make inputs of {rows} channels each")
    if isinstance(width, int):
        held = max(points // rows * width * pixels * getattr(model, "filter", 1), width * channels)
        if held > MAX_ENTRIES:
            raise ValueError(f"a layer of {held} entries ({held * 8 / 2**20:.0f} MiB); the limit is {MAX_ENTRIES}")
    return points // rows


def tangent_kernel_observables(params: Component) -> Mapping[str, ObservableSpec]:
    """What `tangent_kernel` publishes beside the data."""
    assert isinstance(params, TangentKernelParams)
    n = inputs_of(params.data, params.model)
    axes = () if params.copies is None else ("copy",)
    found = {
        "kernel": ObservableSpec(axes, (n, n), "tangent kernel of the network at its start"),
        "features": ObservableSpec(axes, (n, n), "inner products of the last layer"),
    }
    if params.model.activation is None:
        found["limit"] = ObservableSpec((), (n, n), "tangent kernel of infinite width")
        found["feature_limit"] = ObservableSpec((), (n, n), "inner products of the last layer at infinite width")
    return found


def train_network_observables(params: Component) -> Mapping[str, ObservableSpec]:
    """What `train_network` publishes beside the data."""
    assert isinstance(params, TrainNetworkParams)
    found = {
        "u": ObservableSpec(("k",), (inputs_of(params.data, params.model),), "predictions after k steps"),
        "moved": ObservableSpec(("k",), (), "distance of the trained weights from their start"),
    }
    held_out = getattr(params.data, "held_out", 0)
    if held_out:
        rows = params.model.channels if isinstance(params.model, Conv1dModel) else 1
        found["u_validation"] = ObservableSpec(("k",), (held_out // rows,), "predictions at the held-out inputs")
    return found
