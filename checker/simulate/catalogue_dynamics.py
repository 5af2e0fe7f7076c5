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


Start: TypeAlias = Annotated[NormalStart | GivenStart, Field(discriminator="kind")]


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
        if not 2 <= self.checkpoints <= 10_000:
            raise ValueError(f"checkpoints: expected 2 to 10000, found {self.checkpoints}")
        if not 1 <= self.max_steps <= 5_000_000:
            raise ValueError(f"max_steps: expected 1 to 5000000, found {self.max_steps}")
        return self


class GradientDescent(Component):
    """theta(k+1) = theta(k) - step grad L, recorded at log-spaced ``k`` from 1 to ``steps``.

    ``step`` may use the step number ``k`` and the data; ``time: loss_norm`` divides the step by L |theta|^2, computed in
    the log domain.
    """

    LOCALS: ClassVar[Mapping[str, Locals]] = {"step": {"k": ()}}
    kind: Literal["gradient_descent"]
    step: Number
    steps: Whole
    checkpoints: Whole = 16
    time: Literal["plain", "loss_norm"] = "plain"

    @model_validator(mode="after")
    def _sizes(self) -> GradientDescent:
        if not 1 <= self.steps <= 10_000_000:
            raise ValueError(f"steps: expected 1 to 10000000, found {self.steps}")
        if not 2 <= self.checkpoints <= 10_000:
            raise ValueError(f"checkpoints: expected 2 to 10000, found {self.checkpoints}")
        return self


Dynamics: TypeAlias = Annotated[GradientFlow | GradientDescent, Field(discriminator="kind")]
CLOCKS: Mapping[str, str] = {"plain": "t", "log_time": "s", "loss_norm": "tau"}


def clock(dynamics: Component) -> str:
    """Name of the recorded axis of a dynamics."""
    return CLOCKS[dynamics.time] if isinstance(dynamics, GradientFlow) else "k"
