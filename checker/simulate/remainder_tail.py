"""Gradient flow of a linear model whose loss has the tail -l'(u) = exp(-u^nu), split as ``remainder`` does for nu = 1.

The one idea to know: with w = w_hat g + r and g' = exp(-g^nu) what a point pulls is exp(g^nu - m^nu), and with
L = g^nu and a margin m = g (1 + delta) the growing parts cancel exactly: -L expm1(nu log1p(delta)).  On the span of the
support set r is of order g^(1 - nu), across it of order one, so the state is x_n . r g^(nu - 1) for the support vectors and
r across them.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from checker.simulate.dynamics import Array, stiff_path
from checker.simulate.losses import TAIL, Loss
from checker.simulate.remainder import LARGEST_EXPONENT, Path, Split
from checker.simulate.resolve import SimulationError

NODES, WEIGHTS = np.polynomial.legendre.leggauss(200)
REACH = 60.0
"""exp(-60) is below the rounding of what the quadrature sums."""
NEAR = 300.0
"""Up to this height the slope is taken from the loss itself, beyond it from its tail; both are exact there."""


def log_time(L: Array, nu: float) -> Array:
    """log of t = int_1^L exp(l) l^(1/nu - 1) dl/nu, the time at which g^nu is ``L`` > 1, entry by entry."""
    ends = np.minimum(L - 1.0, REACH)[..., None]
    inside = ends * (NODES + 1) / 2
    integrand = np.exp(-inside) * (1 - inside / L[..., None]) ** (1 / nu - 1)
    total = (integrand * WEIGHTS).sum(-1) * ends[..., 0] / 2
    log_found: Array = L + (1 / nu - 1) * np.log(L) - np.log(nu) + np.log(total)
    return log_found


def log_heights(s: Array, nu: float) -> Array:
    """log L at the times log t = ``s``: the inverse of ``log_time``, by bisection to the last digit.

    Raises ``SimulationError`` for a tail exponent outside [1/4, 10].
    """
    if not 0.25 <= nu <= 10:
        raise SimulationError(f"dynamics: expected a tail exponent from 1/4 to 10, found {nu:g}")
    low, high = np.full(s.shape, 1e-9), np.log(2 * np.abs(s) + 1000)
    for _ in range(80):
        middle = (low + high) / 2
        late = log_time(np.exp(middle), nu) > s
        low, high = np.where(late, low, middle), np.where(late, middle, high)
    found: Array = (low + high) / 2
    return found


def tail_flatness(loss: Loss, nu: jax.Array) -> jax.Array:
    """How far log(-l'(u)) + u^nu is from zero far out: 0 for the tail exp(-u^nu), and only there is w_hat g leading."""
    far = jnp.asarray([TAIL / 4, TAIL / 2]) ** (1 / nu)
    return jnp.max(jnp.abs(loss.log_slope(far) + far**nu))


def tail_flow(
    rows: jax.Array,
    split_by: Split,
    loss: Loss,
    start: jax.Array,
    *,
    nu: jax.Array,
    step: jax.Array,
    records: jax.Array,
    tolerance: jax.Array,
    max_steps: int,
    mean: bool,
) -> Path:
    """The flow dw/dt = -step grad L on ``rows`` (points, p) from ``start`` (p,), at ``records``, values of log L.

    The loss times t is left NaN (only the slope of such a loss is known); everything is NaN where the solver gives up.
    Source of the split: derived here, after Nacson et al., arXiv 1803.01905.
    """
    w_hat, excess = jnp.asarray(split_by.w_hat), jnp.asarray(split_by.excess)[:, 0]
    on_margin = excess == 0
    support = jnp.where(on_margin[:, None], rows, 0.0)
    inverse = jnp.linalg.pinv(support)
    across = jnp.where(on_margin[:, None], 0.0, rows - rows @ inverse @ support)
    # The part on the span is held as its products with the support vectors: a pull depends on one of them, while the
    # entries of the vector itself may cancel.
    seen = jnp.where(on_margin[:, None], jnp.eye(excess.size), rows @ inverse)
    pulled, balance = support @ rows.T, jnp.where(on_margin, 1.0, 0.0)
    each = jnp.log(step) - (jnp.log(float(rows.shape[0])) if mean else 0.0)

    def field(height: jax.Array, state: jax.Array, _: object) -> jax.Array:
        L, g = jnp.exp(height), jnp.exp(height / nu)
        products, other = jnp.split(state, [excess.size])
        delta = excess + seen @ products / L + across @ other / g
        near = L + loss.log_slope(g * (1 + delta))
        far = -L * jnp.expm1(nu * jnp.log1p(jnp.maximum(delta, -0.5)))
        weights = jnp.exp(jnp.minimum(jnp.where(L < NEAR, near, far) + each, LARGEST_EXPONENT))
        inside = (nu - 1) * products + L * (pulled @ weights - balance)
        return jnp.concatenate([inside, g * (weights @ across)]) / nu

    begin = start - w_hat
    state = jnp.concatenate([support @ begin, begin - inverse @ (support @ begin)])
    path = stiff_path(field, state, records, tolerance, max_steps, least_step=1e-13)
    g = jnp.exp(records / nu)[:, None]
    products, other = jnp.split(path, [excess.size], axis=1)
    remainder = products @ inverse.T * g ** (1 - nu) + other
    return Path(remainder, g * w_hat + remainder, jnp.full(records.shape, jnp.nan))
