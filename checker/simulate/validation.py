"""What a trained model does on held-out points: their margins, and the logarithm of their loss.

The one idea to know: a point that the limit direction gets wrong has a margin of -1e6 late in training, where its logistic
loss is 1e6 and its exponential loss exp(1e6); the logarithm serves both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp

from checker.simulate import models
from checker.simulate.catalogue import TrainParams
from checker.simulate.catalogue_parts import SumModel
from checker.simulate.losses import Loss

Describe: TypeAlias = Callable[[jax.Array], dict[str, jax.Array]]


def held_out(params: TrainParams, loss: Loss, arrays: Mapping[str, Any], mean: bool) -> Describe:
    """``theta`` (p,) to ``validation_margins`` (v,) and ``log_validation_loss``; to nothing where no points are held out.

    The loss is reduced (sum or mean over the held-out points) as that of the training points is.
    """
    if "X_validation" not in arrays or isinstance(params.model, SumModel):
        return lambda theta: {}
    points = {"X": arrays["X_validation"], "y": arrays["y_validation"]}
    model = models.build(params.model, points, arrays)

    def describe(theta: jax.Array) -> dict[str, jax.Array]:
        margins = model.margins(theta)
        total = jax.nn.logsumexp(loss.log_value(margins)) - (jnp.log(float(margins.size)) if mean else 0.0)
        return {"validation_margins": margins, "log_validation_loss": total}

    return describe
