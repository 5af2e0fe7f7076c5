"""Random networks a claim may ask for: vanilla, residual and densely connected, at initialisation.

The one idea to know: every network publishes the same two numbers, so that one formula of a claim serves all of them.
Light on purpose (pydantic only); the computation is in ``random_networks/``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, Self, TypeAlias

from pydantic import Field, model_validator

from checker.simulate.catalogue_sampling import Formulas, Samples
from checker.simulate.leaves import Component, Count, Locals, Number
from checker.simulate.observable_spec import ObservableSpec

MAX_WIDTH = 4096
MAX_DEPTH = 1024


class _Wide(Component):
    """Every layer of a random network has the same width."""

    COUNTS: ClassVar[frozenset[str]] = frozenset({"width"})
    width: Count

    @model_validator(mode="after")
    def _limits(self) -> Self:
        if isinstance(self.width, int) and not 1 <= self.width <= MAX_WIDTH:
            raise ValueError(f"width: expected 1 to {MAX_WIDTH}, found {self.width}")
        return self


class VanillaNet(_Wide):
    """x_k = sqrt(2) relu(W_k x_{k-1}/sqrt(n)), f = v . x_L/sqrt(n): `depth` = L hidden layers of `width` = n neurons.

    Entries of the W_k and of v are independent standard normal, |x_0|^2 = n.  `kernel` is |df/dW_k|^2 for k = `layer`,
    `forward` is |x_L|^2/n; the means of both are 1.
    """

    kind: Literal["vanilla"]
    depth: Number
    layer: Number = 1.0


class ResidualNet(_Wide):
    """x_k = x_{k-1} + sqrt(alpha_k/n) V_k u_k with u_k = sqrt(2) relu(W_k x_{k-1}/sqrt(n)), f = v . x_L/sqrt(n).

    `depth` = L blocks of `width` = n; `branch` is alpha_k, the mean squared norm of a branch over that of its input, a
    formula that may use the number `k` of the block.  Entries of W_k, V_k and v are independent standard normal,
    |x_0|^2 = n.  `kernel` is |df/dV_k|^2 for k = `layer`, `forward` is |x_L|^2/n.
    """

    LOCALS: ClassVar[Mapping[str, Locals]] = {"branch": {"k": ()}}
    kind: Literal["residual"]
    depth: Number
    branch: Number
    layer: Number = 1.0


class DenseNet(_Wide):
    """h_l = sqrt(alpha/(n l)) sum_{i<l} W^(l,i) x_i, x_l = sqrt(2) relu(h_l): every layer reads all before it.

    `depth` = L layers of `width` = n after the input, `scale` is alpha; entries of the W^(l,i) are independent standard
    normal, |x_0|^2 = n.  `forward` is S_L = sum_{i<=L} |x_i|^2/n; there is no `kernel`.
    """

    kind: Literal["dense"]
    depth: Number
    scale: Number = 1.0


RandomNet: TypeAlias = Annotated[VanillaNet | ResidualNet | DenseNet, Field(discriminator="kind")]


class RandomNetworksParams(Component):
    """Averages over `samples` networks at initialisation, for each seed and each cell of the sweep.

    `means` names formulas in `forward` and `kernel`, the two numbers of a network (see there); each is published as one
    number.  `draws: vectors` needs only vectors of the network's width: given the activations, a weight matrix is known
    in one direction and independent of them in all others, so that what backpropagation reads of it can be drawn.  The law
    is exactly that of `draws: matrices`, which draws every weight and differentiates.  Networks of a seed share their
    numbers along the sweep.

    An experiment of its own because the gradient of a network is no formula in symbols with a law (`monte_carlo`), and
    `train` holds one network a seed, where moments of heavy-tailed products take ten thousand.
    """

    COUNTS: ClassVar[frozenset[str]] = frozenset({"samples"})
    LOCALS: ClassVar[Mapping[str, Locals]] = {"means": {"forward": (), "kernel": ()}}
    network: RandomNet
    samples: Samples
    means: Formulas = Field(min_length=1, max_length=16)
    draws: Literal["vectors", "matrices"] = "vectors"

    @model_validator(mode="after")
    def _names(self) -> RandomNetworksParams:
        taken = sorted({"forward", "kernel"} & set(self.means))
        if taken:
            raise ValueError(f"means: {taken[0]!r} is a number of the network; expected another name")
        return self


def random_networks_observables(params: Component) -> Mapping[str, ObservableSpec]:
    """What the experiment publishes: one number for each of ``means``."""
    assert isinstance(params, RandomNetworksParams)
    return {name: ObservableSpec((), (), "mean over the networks") for name in params.means}
