"""What each function of the table is in JAX, in float64, mended where XLA or ``jax.scipy`` loses digits.

Measured errors stand in the ``ulp`` column of ``functions.py`` and are held by ``tests/expr/test_jax_accuracy.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import jax
import jax.numpy as jnp
import jax.scipy.special as jsp

from checker.expr.jax_binomial import binomial
from checker.expr.jax_elementary import atanh, cosh, log1p, sigmoid, sinh, softplus, tanh
from checker.expr.jax_gamma import digamma, factorial, gamma, loggamma, polygamma, zeta
from checker.expr.jax_lambertw import lambertw
from checker.expr.jax_tails import erfc, lognormcdf, normcdf

Array = jax.Array
Recipe = Callable[..., Array]

_ASYMMETRY = 1e-8  # relative to the largest entry: rounding in X.T @ X stays far below


@jax.custom_jvp
def _log_sum(x: Array) -> Array:
    """log(sum(exp(x))) along the first axis; the largest term is taken out, so that the rest keeps its digits."""
    place = jnp.argmax(x, axis=0)
    top = jnp.max(x, axis=0)
    index = jnp.arange(x.shape[0]).reshape((-1,) + (1,) * (x.ndim - 1))
    safe = jnp.where(jnp.isfinite(top), top, 0.0)
    others = jnp.sum(jnp.where(index == place, 0.0, jnp.exp(x - safe)), axis=0)
    return jnp.where(jnp.isfinite(top), safe + log1p(others), top)


@_log_sum.defjvp
def _log_sum_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    x = primals[0]
    value = _log_sum(x)
    return value, jnp.sum(jnp.exp(x - value) * tangents[0], axis=0)


def logsumexp(x: Array) -> Array:
    """log(sum(exp(x))) over all entries."""
    return _log_sum(jnp.ravel(x))


def logaddexp(*terms: Array) -> Array:
    """log(exp(a) + exp(b) + ...), entry by entry."""
    return _log_sum(jnp.stack(jnp.broadcast_arrays(*terms)))


def entropy(p: Array) -> Array:
    """-sum(p*log(p)) with 0*log(0) = 0; NaN where an entry is negative."""
    zero = p == 0
    return -jnp.sum(jnp.where(zero, 0.0, p * jnp.log(jnp.where(zero, 1.0, p))))


def norm(x: Array) -> Array:
    """Euclidean norm of all entries, with gradient 0 at 0."""
    square = jnp.sum(x * x)
    positive = square > 0
    # not `square > 0 else 0`: a NaN has to stay one
    return jnp.where(square == 0, 0.0, jnp.sqrt(jnp.where(positive, square, jnp.where(square == 0, 1.0, jnp.nan))))


def norm_2(x: Array) -> Array:
    """Largest singular value of a matrix, Euclidean norm of a vector."""
    return norm(x) if x.ndim < 2 else jnp.max(jnp.linalg.svd(x, compute_uv=False))


def norm_1(x: Array) -> Array:
    """Sum of absolute values of a vector."""
    return jnp.sum(jnp.abs(_vector(x, "norm(x, 1)")))


def norm_oo(x: Array) -> Array:
    """Largest absolute value of a vector."""
    return jnp.max(jnp.abs(_vector(x, "norm(x, oo)")))


def norm_nuc(x: Array) -> Array:
    """Sum of the singular values."""
    return jnp.sum(jnp.linalg.svd(x, compute_uv=False))


def offdiagonal(a: Array) -> Array:
    """A square matrix with zeros on its diagonal: what stood there gets no gradient, however steep what follows is."""
    if a.ndim != 2 or a.shape[0] != a.shape[1]:
        raise TypeError("offdiagonal of what is not a square matrix")
    return jnp.where(jnp.eye(a.shape[0], dtype=bool), 0.0, a)


def unit_rows(a: Array) -> Array:
    """Each row of a matrix divided by its Euclidean norm; NaN for a row of zeros."""
    if a.ndim != 2:
        raise TypeError("unit_rows of what is not a matrix")
    return a / jnp.sqrt(jnp.sum(a * a, axis=1, keepdims=True))


def _vector(x: Array, name: str) -> Array:
    if x.ndim > 1:
        raise TypeError(f"{name} of a matrix")
    return x


def _symmetric(a: Array) -> Array:
    """``a`` itself; NaN where it is not symmetric up to rounding, for LAPACK would look at one triangle and not complain."""
    gap = jnp.max(jnp.abs(a - jnp.swapaxes(a, -1, -2)))
    return jnp.where(gap <= _ASYMMETRY * jnp.max(jnp.abs(a)), a, jnp.nan)


def lowest(*args: Array) -> Array:
    """The smallest of the arguments entry by entry, or of all entries of one."""
    return jnp.min(args[0]) if len(args) == 1 else _fold(jnp.minimum, args)


def largest(*args: Array) -> Array:
    """The largest of the arguments entry by entry, or of all entries of one."""
    return jnp.max(args[0]) if len(args) == 1 else _fold(jnp.maximum, args)


def _fold(function: Recipe, args: tuple[Array, ...]) -> Array:
    result = args[0]
    for arg in args[1:]:
        result = function(result, arg)
    return result


def nearest(x: Array) -> Array:
    """Nearest integer, halves upwards; x + 1/2 would be rounded itself."""
    below = jnp.floor(x)
    return below + (x - below >= 0.5)


def clip(x: Array, lo: Array, hi: Array) -> Array:
    """min(max(x, lo), hi)."""
    return jnp.minimum(jnp.maximum(x, lo), hi)


def hypot(x: Array, y: Array) -> Array:
    """sqrt(x**2 + y**2) without overflow, with gradient 0 at 0."""
    scale = jnp.maximum(jnp.abs(x), jnp.abs(y))
    safe = jax.lax.stop_gradient(jnp.where((scale > 0) & (scale < jnp.inf), scale, 1.0))
    a, b = x / safe, y / safe
    square = a * a + b * b
    return jnp.where(square == 0, 0.0, safe * jnp.sqrt(jnp.where(square == 0, 1.0, square)))


RECIPES: Mapping[str, Recipe] = {
    "exp": jnp.exp, "log": jnp.log, "abs": jnp.abs, "sign": jnp.sign, "floor": jnp.floor,
    "ceil": jnp.ceil, "round": nearest, "clip": clip, "zeta": zeta,
    "sin": jnp.sin, "cos": jnp.cos, "tan": jnp.tan, "asin": jnp.arcsin, "acos": jnp.arccos, "atan": jnp.arctan,
    "sinh": sinh, "cosh": cosh, "tanh": tanh, "asinh": jnp.arcsinh, "acosh": jnp.arccosh,
    "atanh": atanh, "erf": jsp.erf, "erfc": erfc, "normcdf": normcdf, "lognormcdf": lognormcdf,
    "sigmoid": sigmoid, "softplus": softplus, "relu": lambda x: jnp.maximum(x, 0.0), "log1p": log1p, "expm1": jnp.expm1,
    "lambertw": lambertw, "gamma": gamma, "loggamma": loggamma, "digamma": digamma, "polygamma": polygamma,
    "factorial": factorial, "binomial": binomial, "hypot": hypot,
    "max": largest, "min": lowest, "sum": jnp.sum, "mean": jnp.mean, "dot": jnp.dot, "norm": norm, "norm_1": norm_1,
    "norm_oo": norm_oo, "norm_2": norm_2, "norm_nuc": norm_nuc, "logsumexp": logsumexp, "logaddexp": logaddexp,
    "entropy": entropy, "matmul": jnp.matmul, "transpose": jnp.transpose, "offdiagonal": offdiagonal,
    "unit_rows": unit_rows, "trace": jnp.trace, "det": jnp.linalg.det,
    "inv": jnp.linalg.inv, "solve": jnp.linalg.solve, "eigenvalues": lambda a: jnp.linalg.eigvalsh(_symmetric(a)),
    "eigenvectors": lambda a: jnp.linalg.eigh(_symmetric(a))[1],
}
