"""Gamma, its logarithm, their derivatives and binomial coefficients in JAX, to a few units in the last place.

The one idea to know: near an integer a Taylor series and the recurrence, beyond 17/2 Stirling's series; nothing goes
through ``exp(lgamma(x))``, which loses as many digits as the exponent is long.
"""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import jax.scipy.special as jsp

from checker.expr.jax_elementary import log1p

Array = jax.Array

_STIRLING_FROM = 8.5
_HALF_LOG_2PI = 0.9189385332046728
# Taylor coefficients of 1/gamma(1 + e) at 0, by mpmath at 60 digits; |e| <= 1/2, what is left out is below 1e-19
_RECIPROCAL = (
    1.0, 0.5772156649015329, -0.6558780715202539, -0.04200263503409524, 0.16653861138229148, -0.04219773455554433,
    -0.009621971527876973, 0.0072189432466631, -0.0011651675918590652, -0.00021524167411495098,
    0.0001280502823881162, -2.013485478078824e-05, -1.2504934821426706e-06, 1.133027231981696e-06,
    -2.056338416977607e-07, 6.116095104481416e-09, 5.002007644469223e-09, -1.18127457048702e-09,
    1.0434267116911005e-10, 7.782263439905071e-12, -3.696805618642206e-12,
)  # fmt: skip
# B(2k)/(2k*(2k - 1)): log(gamma(x)) = (x - 1/2)*log(x) - x + log(2*pi)/2 + sum over k of these over x**(2k - 1)
_STIRLING = (
    1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156, -3617 / 122400, 43867 / 244188,
)  # fmt: skip
# B(2k)/(2k): digamma(x) = log(x) - 1/(2*x) - sum over k of these over x**(2k)
_DIGAMMA_FAR = (1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132, -691 / 32760, 1 / 12, -3617 / 8160)


def _horner(coefficients: tuple[float, ...], e: Array) -> Array:
    result = jnp.zeros_like(e)
    for coefficient in reversed(coefficients):
        result = result * e + coefficient
    return result


def stirling_rest(x: Array) -> Array:
    """log(gamma(x)) - (x - 1/2)*log(x) + x - log(2*pi)/2 for x >= 17/2."""
    u = 1.0 / x
    return u * _horner(_STIRLING, u * u)


def _gamma_large(x: Array) -> Array:
    root = jnp.power(x, 0.5 * x - 0.25)  # in two factors, so that it overflows no sooner than gamma
    return (root * (math.sqrt(2.0 * math.pi) * jnp.exp(stirling_rest(x)))) * (jnp.exp(-x) * root)


def _gamma_near(x: Array) -> Array:
    """For |x| up to 17/2 and below: gamma(1 + e) times or over the factors that lead to x; x > -1/2."""
    whole = jnp.round(x)
    e = x - whole
    product = jnp.ones_like(x)
    for step in range(1, 9):
        product = product * jnp.where(whole > step, x - step, 1.0)
    value = product / _horner(_RECIPROCAL, e)
    return jnp.where(whole == 0, value / jnp.where(whole == 0, x, 1.0), value)


def _gamma_positive(x: Array) -> Array:
    far = x > _STIRLING_FROM
    return jnp.where(far, _gamma_large(jnp.where(far, x, 10.0)), _gamma_near(jnp.where(far, 1.0, x)))


@jax.custom_jvp
def gamma(x: Array) -> Array:
    """Gamma function; NaN at its poles."""
    pole = (x <= 0) & (jnp.floor(x) == x)
    left = (x < -0.5) & ~pole
    value = _gamma_positive(jnp.where(left, -x, jnp.where(pole, 1.0, x)))
    # gamma(x) = -pi/(x*sin(pi*x)*gamma(-x))
    whole = jnp.round(x)
    sign = jnp.where(whole % 2 == 0, 1.0, -1.0)
    sine = sign * jnp.sin(math.pi * jnp.where(left, x - whole, 0.5))
    mirrored = -math.pi / (jnp.where(left, x, 1.0) * sine) / value
    return jnp.where(pole, jnp.nan, jnp.where(left, mirrored, value))


@gamma.defjvp
def _gamma_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    value = gamma(primals[0])
    return value, value * digamma(primals[0]) * tangents[0]


@jax.custom_jvp
def factorial(n: Array) -> Array:
    """gamma(n + 1) without the rounding error of n + 1."""
    small = jnp.abs(n) <= 0.5
    large = n > 0.5
    value = jnp.where(large, n, 1.0) * gamma(jnp.where(small, 1.0, jnp.where(large, n, n + 1.0)))
    return jnp.where(small, 1.0 / _horner(_RECIPROCAL, jnp.where(small, n, 0.0)), value)


@factorial.defjvp
def _factorial_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    value = factorial(primals[0])
    return value, value * digamma(primals[0] + 1.0) * tangents[0]


def _hurwitz(s: int, a: float) -> float:
    """sum over n >= 0 of (n + a)**-s, by Euler-Maclaurin from n = 200 on (next term below 1e-18)."""
    end = a + 200
    slopes = [s * end ** (-s - 1) / 12, -s * (s + 1) * (s + 2) * end ** (-s - 3) / 720]
    tail = [end ** (1 - s) / (s - 1), end**-s / 2, *slopes]
    return math.fsum([(n + a) ** -s for n in range(200)] + tail)


# loggamma(2 + e) = (1 - EulerGamma)*e + sum of (-1)**k*(zeta(k) - 1)/k*e**k, |e| <= 1/2: the last term is below 1e-18
_LOGGAMMA_AT_2 = (0.4227843350984671, *((-1) ** k * _hurwitz(k, 2.0) / k for k in range(2, 30)))
# digamma vanishes at high + low; there, by its Taylor series, x from 1 to 2; loggamma has its least value there
_DIGAMMA_ROOT_HIGH, _DIGAMMA_ROOT_LOW = 1.4616321449683622, 9.549995429965697e-17
_DIGAMMA_AT_ROOT = tuple((-1) ** (k + 1) * _hurwitz(k + 1, _DIGAMMA_ROOT_HIGH) for k in range(1, 42))
_LOGGAMMA_LEAST = -0.12148629053584961
_LOGGAMMA_AT_ROOT = tuple(coefficient / k for k, coefficient in enumerate(_DIGAMMA_AT_ROOT, start=2))
_DIGAMMA_FAR_FROM = 12


@jax.custom_jvp
def loggamma(x: Array) -> Array:
    """log(gamma(x)) for x > 0, else NaN; accurate at its zeros 1 and 2 too."""
    near = (x > 0) & (x <= 4.5)
    whole = jnp.where(near, jnp.maximum(jnp.round(x), 1.0), 2.0)
    inside = jnp.where(near, x, 2.0)
    tiny = inside < 0.5
    e = jnp.where(tiny, inside, inside - whole)
    # gamma(x + 1) = x*gamma(x) leads from 0, 1, 3 and 4 to 2
    product = jnp.where(whole > 2.5, inside - 1.0, 1.0) * jnp.where(whole > 3.5, inside - 2.0, 1.0)
    step = jnp.where(whole < 1.5, -log1p(e), jnp.log(product)) - jnp.where(tiny, jnp.log(inside), 0.0)
    valley = jnp.abs(inside - _DIGAMMA_ROOT_HIGH) < 0.3
    d = jnp.where(valley, inside - _DIGAMMA_ROOT_HIGH, 0.0) - _DIGAMMA_ROOT_LOW
    least = _LOGGAMMA_LEAST + d * d * _horner(_LOGGAMMA_AT_ROOT, d)
    series = jnp.where(valley, least, e * _horner(_LOGGAMMA_AT_2, e) + step)
    middle = jnp.log(_gamma_near(jnp.where((x > 4.5) & (x <= _STIRLING_FROM), x, 5.0)))
    large = jnp.where(x > _STIRLING_FROM, x, 10.0)
    far = (large - 0.5) * (jnp.log(large) - 1.0) + ((_HALF_LOG_2PI - 0.5) + stirling_rest(large))
    value = jnp.where(near, series, jnp.where(x <= _STIRLING_FROM, middle, far))
    return jnp.where(x > 0, value, jnp.nan)


@loggamma.defjvp
def _loggamma_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    return loggamma(primals[0]), digamma(primals[0]) * tangents[0]


def _digamma_positive(x: Array) -> Array:
    far = x > _DIGAMMA_FAR_FROM
    large = jnp.where(far, x, 20.0)
    u = 1.0 / large
    asymptotic = jnp.log(large) - (0.5 * u + u * u * _horner(_DIGAMMA_FAR, u * u))
    small = jnp.where(far, 1.5, x)
    # digamma(x + 1) = digamma(x) + 1/x leads to an argument between 1 and 2
    steps = jnp.floor(small) - 1.0
    total = jnp.where(steps < 0, -1.0 / jnp.where(steps < 0, small, 1.0), 0.0)
    for k in range(1, _DIGAMMA_FAR_FROM):
        total = total + jnp.where(steps >= k, 1.0 / (small - jnp.minimum(steps, k)), 0.0)
    # the `where` keeps XLA from adding the two constants first
    e = jnp.where(far, 0.0, (small - steps) - _DIGAMMA_ROOT_HIGH) - _DIGAMMA_ROOT_LOW
    return jnp.where(far, asymptotic, total + e * _horner(_DIGAMMA_AT_ROOT, e))


@jax.custom_jvp
def digamma(x: Array) -> Array:
    """Derivative of loggamma, accurate at its positive root; NaN at the poles.

    For x < 0 by reflection, without relative accuracy at the roots there.
    """
    pole = (x <= 0) & (jnp.floor(x) == x)
    left = (x < 0) & ~pole
    value = _digamma_positive(jnp.where(left, 1.0 - x, jnp.where(pole, 1.0, x)))
    mirrored = value - math.pi / jnp.tan(math.pi * jnp.where(left, x - jnp.round(x), 0.25))
    return jnp.where(pole, jnp.nan, jnp.where(left, mirrored, value))


@digamma.defjvp
def _digamma_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    x = primals[0]
    left = x < 0
    first = polygamma(jnp.asarray(1.0), jnp.where(left, 1.0 - x, x))
    sine = jnp.sin(math.pi * jnp.where(left, x - jnp.round(x), 0.5))
    slope = jnp.where(left, (math.pi / sine) ** 2 - first, first)
    return digamma(x), slope * tangents[0]


@jax.custom_jvp
def polygamma(k: Array, x: Array) -> Array:
    """k-th derivative of digamma for k = 1, 2, ... and x > 0, by the Hurwitz zeta function; NaN elsewhere."""
    sign = jnp.where(k % 2 == 1, 1.0, -1.0)
    known = (x > 0) & (k >= 1) & (jnp.floor(k) == k)
    value = gamma(jnp.where(known, k + 1.0, 1.0)) * jsp.zeta(k + 1.0, jnp.where(known, x, 1.0))
    return jnp.where(known, sign * value, jnp.nan)


@polygamma.defjvp
def _polygamma_jvp(primals: tuple[Array, Array], tangents: tuple[Array, Array]) -> tuple[Array, Array]:
    k, x = primals
    return polygamma(k, x), polygamma(k + 1.0, x) * tangents[1]


def zeta(s: Array) -> Array:
    """Riemann zeta function of s > 1, else NaN."""
    return jnp.where(s > 1, jsp.zeta(jnp.where(s > 1, s, 2.0), 1.0), jnp.nan)
