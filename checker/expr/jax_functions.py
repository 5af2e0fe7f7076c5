"""What each function of the table is in JAX, in float64, mended where XLA or ``jax.scipy`` loses digits.

Measured errors stand in the ``ulp`` column of ``functions.py`` and are held by ``tests/expr/test_jax_accuracy.py``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import jax
import jax.numpy as jnp
import jax.scipy.special as jsp

# Tangents of every recipe are taken by JAX unless said otherwise here; float64 has to be on before the first array.
jax.config.update("jax_enable_x64", True)  # type: ignore[no-untyped-call]

Array = jax.Array
Recipe = Callable[..., Array]


def log1p(x: Array) -> Array:
    """log(1 + x); XLA's own is off by 118 ulp at x = -0.41, and Kahan's correction is folded away under jit."""
    low = x < -0.25
    return jnp.where(low, jnp.log(1.0 + jnp.where(low, x, 0.0)), jnp.log1p(jnp.where(low, 0.0, x)))


def _half_exponential(x: Array) -> Array:
    """exp(x)/2 in two factors, so that it overflows no sooner than sinh and cosh do."""
    root = jnp.exp(0.5 * x)
    return jnp.where(x < 700.0, 0.5 * jnp.exp(x), (0.5 * root) * root)


@jax.custom_jvp
def sinh(x: Array) -> Array:
    """Hyperbolic sine; XLA's exp(x + log(1/2)) is off by 467 ulp at 513."""
    size = jnp.abs(x)
    less = jnp.expm1(jnp.minimum(size, 1.0))
    small = 0.5 * (less + less / (less + 1.0))
    return jnp.sign(x) * jnp.where(size < 1.0, small, _half_exponential(size) - 0.5 * jnp.exp(-size))


@jax.custom_jvp
def cosh(x: Array) -> Array:
    """Hyperbolic cosine."""
    size = jnp.abs(x)
    return _half_exponential(size) + 0.5 * jnp.exp(-size)


sinh.defjvp(lambda primals, tangents: (sinh(primals[0]), cosh(primals[0]) * tangents[0]))
cosh.defjvp(lambda primals, tangents: (cosh(primals[0]), sinh(primals[0]) * tangents[0]))


@jax.custom_jvp
def tanh(x: Array) -> Array:
    """Hyperbolic tangent."""
    less = jnp.expm1(-2.0 * jnp.abs(x))
    return jnp.sign(x) * (-less / (2.0 + less))


@tanh.defjvp
def _tanh_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    x = primals[0]
    return tanh(x), 4.0 * sigmoid(2.0 * x) * sigmoid(-2.0 * x) * tangents[0]


@jax.custom_jvp
def atanh(x: Array) -> Array:
    """Inverse hyperbolic tangent, NaN beyond 1."""
    size = jnp.abs(x)
    return jnp.sign(x) * 0.5 * log1p(2.0 * size / (1.0 - size))


atanh.defjvp(lambda primals, tangents: (atanh(primals[0]), tangents[0] / ((1.0 - primals[0]) * (1.0 + primals[0]))))


@jax.custom_jvp
def sigmoid(x: Array) -> Array:
    """1/(1 + exp(-x)), with relative accuracy on both sides."""
    small = jnp.exp(-jnp.abs(x))
    return jnp.where(x >= 0, 1.0, small) / (1.0 + small)


@sigmoid.defjvp
def _sigmoid_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    x, dx = primals[0], tangents[0]
    return sigmoid(x), sigmoid(x) * sigmoid(-x) * dx


@jax.custom_jvp
def softplus(x: Array) -> Array:
    """log(1 + exp(x)); its derivative is the sigmoid, also at second order."""
    return jnp.maximum(x, 0.0) + log1p(jnp.exp(-jnp.abs(x)))


@softplus.defjvp
def _softplus_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    return softplus(primals[0]), sigmoid(primals[0]) * tangents[0]


def logsumexp(x: Array) -> Array:
    """log(sum(exp(x))) over all entries."""
    return jsp.logsumexp(x)


def logaddexp(*terms: Array) -> Array:
    """log(exp(a) + exp(b) + ...), entry by entry."""
    return jsp.logsumexp(jnp.stack(jnp.broadcast_arrays(*terms)), axis=0)


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


def _vector(x: Array, name: str) -> Array:
    if x.ndim > 1:
        raise TypeError(f"{name} of a matrix")
    return x


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


def _polynomial(coefficients: tuple[float, ...], e: Array) -> Array:
    """e*(c[0] + e*(c[1] + ...))."""
    result = jnp.zeros_like(e)
    for coefficient in reversed(coefficients):
        result = (result + coefficient) * e
    return result


_TOP_27_BITS = -(1 << 26)  # two's complement mask over the float64 pattern


def _square_rest(x: Array, square: Array) -> Array:
    """x**2 - square without rounding x**2: x is cut into two halves whose products are exact (Dekker)."""
    bits = jax.lax.bitcast_convert_type(x, jnp.int64) & _TOP_27_BITS
    high = jax.lax.bitcast_convert_type(bits, jnp.float64)
    low = x - high
    return ((high * high - square) + 2.0 * high * low) + low * low


@jax.custom_jvp
def erfc(x: Array) -> Array:
    """1 - erf(x); the library's tail has the rounding error of x**2 in its exponent, which is put right here."""
    inner = jnp.clip(x, 0.0, 30.0)
    return jsp.erfc(x) * jnp.exp(-_square_rest(inner, inner * inner))


erfc.defjvp(
    lambda primals, tangents: (erfc(primals[0]), -2.0 / math.sqrt(math.pi) * jnp.exp(-(primals[0] ** 2)) * tangents[0])
)


@jax.custom_jvp
def normcdf(x: Array) -> Array:
    """Distribution function of the standard normal law, as erfc(-x/sqrt(2))/2 with the exponent x**2/2 put right."""
    inner = jnp.clip(x, -40.0, 0.0)
    y = inner * (-math.sqrt(0.5))
    rest = 0.5 * _square_rest(inner, inner * inner) + (0.5 * (inner * inner) - y * y)
    return 0.5 * jsp.erfc(x * (-math.sqrt(0.5))) * jnp.exp(-rest)


normcdf.defjvp(
    lambda primals, tangents: (
        normcdf(primals[0]),
        1.0 / math.sqrt(2.0 * math.pi) * jnp.exp(-0.5 * primals[0] ** 2) * tangents[0],
    )
)


_INVERSE_E_HIGH = 0.36787944117144233  # exp(-1) = high + low to 107 bits
_INVERSE_E_LOW = -1.2428753672788363e-17
# W = -1 + p - p**2/3 + ... with p = sqrt(2*(E*x + 1)): Corless et al., On the Lambert W function (1996), equation 4.22
_LAMBERTW_AT_BRANCH = (
    1.0, -1 / 3, 11 / 72, -43 / 540, 769 / 17280, -221 / 8505, 680863 / 43545600, -1963 / 204120,
    226287557 / 37623398400,
)
_NEWTON_STEPS = 8  # Halley's method triples the digits; six suffice on [-1/e, 1e300], tested


@jax.custom_jvp
def lambertw(x: Array) -> Array:
    """Principal branch of w*exp(w) = x; NaN below -1/e."""
    # x + 1/e in two pieces: near the branch point one float64 would keep no digit of it
    # (and the `where` keeps XLA from adding the two constants first)
    above = jnp.where(x < 1.0, x + _INVERSE_E_HIGH, 2.0) + _INVERSE_E_LOW
    root = jnp.sqrt(2.0 * math.e * jnp.maximum(above, 0.0))
    series = -1.0 + _polynomial(_LAMBERTW_AT_BRANCH, root)
    big = jnp.log(jnp.maximum(x, 2.0))
    small = jnp.where(x < -0.25, series, x * (1.0 - x + 1.5 * x * x))
    start = jnp.where(x < 0.5, small, jnp.log1p(jnp.maximum(x, 0.0)) * 0.7)
    w = jnp.where(x > 3.0, big - jnp.log(jnp.maximum(big, 0.5)), start)
    for _ in range(_NEWTON_STEPS):
        # residual of w = x*exp(-w), which cannot overflow
        residual = w - x * jnp.exp(-w)
        slope = w + 1.0
        step = residual / (slope - (w + 2.0) * residual / (2.0 * jnp.where(slope == 0, 1.0, slope)))
        w = jnp.where(root < 0.03, w, w - step)
    return jnp.where(above < 0, jnp.nan, jnp.where(x == jnp.inf, jnp.inf, w))


@lambertw.defjvp
def _lambertw_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    w = lambertw(primals[0])
    return w, jnp.exp(-w) / (1.0 + w) * tangents[0]


def gamma(x: Array) -> Array:
    """Gamma function; NaN at its poles."""
    pole = (x <= 0) & (jnp.floor(x) == x)
    return jnp.where(pole, jnp.nan, jsp.gamma(jnp.where(pole, 0.5, x)))


def _hurwitz(s: int, a: float) -> float:
    """sum over n >= 0 of (n + a)**-s, by Euler-Maclaurin from n = 200 on (next term below 1e-18)."""
    end = a + 200
    slopes = [s * end ** (-s - 1) / 12, -s * (s + 1) * (s + 2) * end ** (-s - 3) / 720]
    tail = [end ** (1 - s) / (s - 1), end**-s / 2, *slopes]
    return math.fsum([(n + a) ** -s for n in range(200)] + tail)


# loggamma(2 + e) = (1 - EulerGamma)*e + sum of (-1)**k*(zeta(k) - 1)/k*e**k, |e| <= 1/2: the last term is below 1e-18
_LOGGAMMA_AT_2 = (0.4227843350984671, *((-1) ** k * _hurwitz(k, 2.0) / k for k in range(2, 30)))
# digamma vanishes at high + low; there, by its Taylor series, |x - root| <= 2/5
_DIGAMMA_ROOT_HIGH, _DIGAMMA_ROOT_LOW = 1.4616321449683622, 9.549995429965697e-17
_DIGAMMA_AT_ROOT = tuple((-1) ** (k + 1) * _hurwitz(k + 1, _DIGAMMA_ROOT_HIGH) for k in range(1, 34))


def loggamma(x: Array) -> Array:
    """log(gamma(x)) for x > 0, else NaN; XLA's own loses all relative accuracy at its zeros 1 and 2."""
    near = (x >= 0.5) & (x <= 4.5)
    whole = jnp.where(near, jnp.round(x), 2.0)
    e = jnp.where(near, x - whole, 0.0)
    # gamma(x + 1) = x*gamma(x) leads from 1, 3 and 4 to 2
    product = jnp.where(whole > 2.5, x - 1.0, 1.0) * jnp.where(whole > 3.5, x - 2.0, 1.0)
    step = jnp.where(whole < 1.5, -log1p(e), jnp.log(product))
    series = _polynomial(_LOGGAMMA_AT_2, e) + step
    return jnp.where(near, series, jnp.where(x > 0, jax.lax.lgamma(jnp.where((x > 0) & ~near, x, 5.0)), jnp.nan))


def digamma(x: Array) -> Array:
    """Derivative of loggamma, accurate at its positive root; NaN at the poles."""
    pole = (x <= 0) & (jnp.floor(x) == x)
    near = jnp.abs(x - _DIGAMMA_ROOT_HIGH) <= 0.4
    # the `where` keeps XLA from adding the two constants first
    e = jnp.where(near, x - _DIGAMMA_ROOT_HIGH, 0.0) - _DIGAMMA_ROOT_LOW
    series = _polynomial(_DIGAMMA_AT_ROOT, e)
    return jnp.where(pole, jnp.nan, jnp.where(near, series, jsp.digamma(jnp.where(pole | near, 0.5, x))))


def binomial(n: Array, k: Array) -> Array:
    """Binomial coefficient for n > -1; zero for integer k outside 0..n."""
    outside = ((k < 0) | (k > n)) & (jnp.floor(k) == k) & (jnp.floor(n) == n)
    safe = jnp.where(outside, 0.0, k)
    logarithm = jax.lax.lgamma(n + 1.0) - jax.lax.lgamma(safe + 1.0) - jax.lax.lgamma(n - safe + 1.0)
    return jnp.where(n > -1, jnp.where(outside, 0.0, jnp.exp(logarithm)), jnp.nan)


def hypot(x: Array, y: Array) -> Array:
    """sqrt(x**2 + y**2) without overflow, with gradient 0 at 0."""
    scale = jnp.maximum(jnp.abs(x), jnp.abs(y))
    safe = jax.lax.stop_gradient(jnp.where((scale > 0) & (scale < jnp.inf), scale, 1.0))
    a, b = x / safe, y / safe
    square = a * a + b * b
    return jnp.where(square == 0, 0.0, safe * jnp.sqrt(jnp.where(square == 0, 1.0, square)))


@jax.custom_jvp
def polygamma(k: Array, x: Array) -> Array:
    """k-th derivative of digamma for k = 1, 2, ... and x > 0, by the Hurwitz zeta function; NaN elsewhere."""
    sign = jnp.where(k % 2 == 1, 1.0, -1.0)
    known = (x > 0) & (k >= 1) & (jnp.floor(k) == k)
    return jnp.where(known, sign * jsp.gamma(k + 1.0) * jsp.zeta(k + 1.0, jnp.where(known, x, 1.0)), jnp.nan)


@polygamma.defjvp
def _polygamma_jvp(primals: tuple[Array, Array], tangents: tuple[Array, Array]) -> tuple[Array, Array]:
    k, x = primals
    return polygamma(k, x), polygamma(k + 1.0, x) * tangents[1]


RECIPES: Mapping[str, Recipe] = {
    "exp": jnp.exp, "log": jnp.log, "abs": jnp.abs, "sign": jnp.sign, "floor": jnp.floor,
    "sin": jnp.sin, "cos": jnp.cos, "tan": jnp.tan, "asin": jnp.arcsin, "acos": jnp.arccos, "atan": jnp.arctan,
    "sinh": sinh, "cosh": cosh, "tanh": tanh, "asinh": jnp.arcsinh, "acosh": jnp.arccosh,
    "atanh": atanh, "erf": jsp.erf, "erfc": erfc, "normcdf": normcdf, "lognormcdf": jsp.log_ndtr,
    "sigmoid": sigmoid, "softplus": softplus, "relu": lambda x: jnp.maximum(x, 0.0), "log1p": log1p, "expm1": jnp.expm1,
    "lambertw": lambertw, "gamma": gamma, "loggamma": loggamma, "digamma": digamma, "polygamma": polygamma,
    "factorial": lambda n: gamma(n + 1.0), "binomial": binomial, "hypot": hypot,
    "max": largest, "min": lowest, "sum": jnp.sum, "mean": jnp.mean, "dot": jnp.dot, "norm": norm, "norm_1": norm_1,
    "norm_oo": norm_oo, "norm_2": norm_2, "norm_nuc": norm_nuc, "logsumexp": logsumexp, "logaddexp": logaddexp,
    "entropy": entropy, "matmul": jnp.matmul, "transpose": jnp.transpose, "trace": jnp.trace, "det": jnp.linalg.det,
    "inv": jnp.linalg.inv, "solve": jnp.linalg.solve, "eigenvalues": jnp.linalg.eigvalsh,
    "eigenvectors": lambda a: jnp.linalg.eigh(a)[1],
}
