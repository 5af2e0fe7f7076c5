"""Where training starts and how it moves: the parameters of starts, flows and descents, not their computation.

The one idea to know: every dynamics records on a clock of its own name (``t``, ``s``, ``tau`` or ``k``), which
becomes an axis of what the run publishes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import Field, model_validator

from checker.simulate.leaves import Component, Locals, Number, Whole


class NormalStart(Component):
    """theta(0) standard normal times ``scale``."""

    kind: Literal["normal"]
    scale: Number = 1.0


class GivenStart(Component):
    """theta(0) given entry by entry."""

    kind: Literal["given"]
    theta: tuple[Number, ...] = Field(min_length=1, max_length=100_000)


class ZeroStart(Component):
    """theta(0) = 0."""

    kind: Literal["zero"]


Start: TypeAlias = Annotated[NormalStart | GivenStart | ZeroStart, Field(discriminator="kind")]


class GradientFlow(Component):
    """d theta/dt = -grad L, integrated adaptively, recorded at ``checkpoints`` log-spaced times from ``first`` to
    ``until``.

    ``time: plain`` records on ``t``; ``log_time`` integrates in s = log t and records on ``s`` (``first`` and
    ``until`` are then values of s, linearly spaced, so t = exp(1e6) is a number like any other); ``loss_norm`` uses
    dt = d tau/(L |theta|^2), which leaves the trajectory as it is, and records on ``tau``.
    """

    kind: Literal["gradient_flow"]
    time: Literal["plain", "log_time", "loss_norm"] = "plain"
    first: Number = 1.0
    until: Number
    checkpoints: Whole = 16
    tolerance: Number = 1e-7
    max_steps: Whole = 20_000

    @model_validator(mode="after")
    def _sizes(self) -> GradientFlow:
        _bounded("checkpoints", self.checkpoints, 2, 10_000)
        _bounded("max_steps", self.max_steps, 1, 5_000_000)
        return self


class RemainderFlow(Component):
    """Gradient flow of a linear model in s = log t, in the variables w = w_hat s + r: for losses with an exponential tail.

    w_hat is the max-margin solution of the instance and r stays O(1) (or grows like log s), so that t = exp(1e6) costs
    what t = 100 does.  Time is counted in steps of size ``step``: dw/dt = -step grad L, from ``init`` at t = 0.  With
    ``modified`` the next order of gradient descent is added, dw/dt = -step (g + step/2 H g), g and H gradient and Hessian
    of the loss.  Recorded either on ``s`` (``checkpoints`` values from ``first`` to ``until``) or, with ``steps``, on the
    step numbers ``k`` of gradient descent.

    ``depth`` L makes it the flow of the product beta = W_L ... W_1 of a balanced deep linear network (all layers start with
    equal singular values), which is closed in beta: beta' = |beta|^(2 - 2/L) (-grad L + (L - 1) (u . -grad L) u), u =
    beta/|beta|; ``theta`` is beta, and r then also grows across the data, like s^(1 - 1/L).

    ``tail`` nu is for a loss with -l'(u) = exp(-u^nu) far out: w = w_hat g + r with g' = exp(-g^nu), g = 1 at the start,
    published as ``growth``.
    """

    kind: Literal["remainder_flow"]
    step: Number = 1.0
    modified: bool = False
    depth: Number | None = None
    tail: Number | None = None
    first: Number = 5.0
    until: Number | None = None
    steps: Whole | None = None
    spacing: Literal["log", "linear"] = "log"
    checkpoints: Whole = 16
    tolerance: Number = 1e-9
    max_steps: Whole = 50_000

    @model_validator(mode="after")
    def _sizes(self) -> RemainderFlow:
        _bounded("checkpoints", self.checkpoints, 2, 10_000)
        _bounded("max_steps", self.max_steps, 1, 5_000_000)
        if (self.until is None) == (self.steps is None):
            raise ValueError("until, steps: exactly one of them says where the flow ends")
        if self.steps is not None:
            _bounded("steps", self.steps, 1, 1_000_000_000)
        if sum((self.modified, self.depth is not None, self.tail is not None)) > 1:
            raise ValueError("modified, depth, tail: at most one of them")
        return self


class GradientDescent(Component):
    """theta(k+1) = theta(k) - step grad L, recorded at log-spaced ``k`` from 1 to ``steps``.

    ``step`` may use the step number ``k`` and the data.  ``time: loss_norm`` divides the step by L |theta|^2, computed in
    the log domain; ``gradient_norm`` divides it by |grad L|.

    With ``batch`` each step sees that many points: ``without_replacement`` goes through the data in a new random order
    every epoch (``batch`` divides the number of points), ``with_replacement`` draws them independently.  The loss of the
    batch is reduced as that of the data is: its sum or its mean.

    ``momentum`` is heavy ball, theta(k+1) = theta(k) - step g + momentum (theta(k) - theta(k-1)), or with
    ``form: nesterov`` the gradient is taken at theta(k) + momentum (theta(k) - theta(k-1)); ``weight_decay`` adds
    weight_decay theta to the gradient.
    """

    LOCALS: ClassVar[Mapping[str, Locals]] = {"step": {"k": ()}, "momentum": {"k": ()}}
    kind: Literal["gradient_descent"]
    step: Number
    steps: Whole
    checkpoints: Whole = 16
    time: Literal["plain", "loss_norm", "gradient_norm"] = "plain"
    batch: Whole | None = None
    sampling: Literal["without_replacement", "with_replacement"] = "without_replacement"
    momentum: Number | None = None
    form: Literal["heavy_ball", "nesterov"] = "heavy_ball"
    weight_decay: Number | None = None

    @model_validator(mode="after")
    def _sizes(self) -> GradientDescent:
        _bounded("steps", self.steps, 1, 10**15)
        _bounded("checkpoints", self.checkpoints, 2, 10_000)
        if self.batch is not None:
            _bounded("batch", self.batch, 1, 10_000_000)
            if self.time != "plain":
                raise ValueError(f"time: {self.time} normalises by the whole data; it does not go with `batch`")
        return self


def _bounded(name: str, value: int, lo: int, hi: int) -> None:
    if not lo <= value <= hi:
        raise ValueError(f"{name}: expected {lo} to {hi}, found {value}")


Dynamics: TypeAlias = Annotated[GradientFlow | GradientDescent | RemainderFlow, Field(discriminator="kind")]
CLOCKS: Mapping[str, str] = {"plain": "t", "log_time": "s", "loss_norm": "tau"}


def clock(dynamics: Component) -> str:
    """Name of the recorded axis of a dynamics."""
    if isinstance(dynamics, RemainderFlow):
        return "s" if dynamics.steps is None else "k"
    return CLOCKS[dynamics.time] if isinstance(dynamics, GradientFlow) else "k"
