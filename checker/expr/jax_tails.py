"""erfc, the normal distribution function and its logarithm in JAX, with relative accuracy far into the tail.

The one idea to know: in ``exp(-x**2)`` the rounding error of ``x**2`` is magnified ``x**2`` times, and whether a compiler
fuses it away depends on the compiler.  So ``x`` is cut into a part whose square is exact and a rest, and what is left
of the function, ``exp(x**2)*erfc(x)``, is smooth and takes a Chebyshev series.
"""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp

from checker.expr.jax_elementary import log1p

Array = jax.Array

_TOP_26_BITS = -(1 << 27)  # two's complement mask over the float64 pattern
_LARGEST = 60.0  # exp(-x**2/2) is 0 long before

# (1 + 2*x)*exp(x**2)*erfc(x) for x >= 0 in T_k((x - 15/4)/(x + 15/4)), the first one halved: by interpolation in 68 Chebyshev
# points at 60 digits; what is left out is below 3e-18.  The form is that of Shepherd and Laframboise, Math. Comp. 36 (1981).
_SCALED = (
    1.1775789345674017, -0.004590054580646478, -0.08424913336651792, 0.05920993999819189, -0.026658668435305753,
    0.009074997670705265, -0.002413163540417608, 0.0004907758365258086, -6.916973302501207e-05, 4.13902798607301e-06,
    7.74038306619849e-07, -2.1886401049234397e-07, 1.076499946567091e-08, 4.521959811218287e-09,
    -7.754400208831351e-10, -6.318088340886683e-11, 2.868795010930672e-11, 1.945586854578067e-13,
    -9.654696748433017e-13, 3.252548148153809e-14, 3.3478119482926526e-14, -1.8645628803538344e-15,
    -1.2507950529972538e-15, 7.418235264302923e-17, 5.0681489128904525e-17,
)  # fmt: skip


def _scaled(x: Array) -> Array:
    """exp(x**2)*erfc(x) for x >= 0."""
    t = (x - 3.75) / (x + 3.75)
    last = before = jnp.zeros_like(t)
    for coefficient in reversed(_SCALED[1:]):
        last, before = 2.0 * t * last - before + coefficient, last
    return (t * last - before + _SCALED[0]) / (1.0 + 2.0 * x)


@jax.custom_jvp
def bell(x: Array, half: Array) -> Array:
    """exp(-half*x**2) for ``half`` a power of two, as accurate as exp itself."""
    x = jnp.clip(x, -_LARGEST, _LARGEST)
    bits = jax.lax.bitcast_convert_type(x, jnp.int64) & _TOP_26_BITS
    high = jax.lax.bitcast_convert_type(bits, jnp.float64)
    # expm1, because XLA would merge a product of exponentials
    return jnp.exp(-half * (high * high)) * (1.0 + jnp.expm1(-half * ((x - high) * (x + high))))


@bell.defjvp
def _bell_jvp(primals: tuple[Array, Array], tangents: tuple[Array, Array]) -> tuple[Array, Array]:
    x, half = primals
    return bell(x, half), -2.0 * half * x * bell(x, half) * tangents[0]


@jax.custom_jvp
def erfc(x: Array) -> Array:
    """1 - erf(x)."""
    size = jnp.abs(x)
    tail = bell(x, jnp.asarray(1.0)) * _scaled(jnp.minimum(size, _LARGEST))
    outer = jnp.where(x < 0, 2.0 - tail, tail)
    return jnp.where(size < 0.5, 1.0 - jax.lax.erf(jnp.where(size < 0.5, x, 0.0)), outer)


@erfc.defjvp
def _erfc_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    x = primals[0]
    return erfc(x), -2.0 / math.sqrt(math.pi) * bell(x, jnp.asarray(1.0)) * tangents[0]


@jax.custom_jvp
def normcdf(x: Array) -> Array:
    """Distribution function of the standard normal law, erfc(-x/sqrt(2))/2."""
    size = jnp.abs(x)
    tail = 0.5 * bell(x, jnp.asarray(0.5)) * _scaled(jnp.minimum(size, _LARGEST) * math.sqrt(0.5))
    inside = size < 0.5
    inner = 0.5 + 0.5 * jax.lax.erf(jnp.where(inside, x, 0.0) * math.sqrt(0.5))
    return jnp.where(inside, inner, jnp.where(x < 0, tail, 1.0 - tail))


@normcdf.defjvp
def _normcdf_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    x = primals[0]
    return normcdf(x), 1.0 / math.sqrt(2.0 * math.pi) * bell(x, jnp.asarray(0.5)) * tangents[0]


@jax.custom_jvp
def lognormcdf(x: Array) -> Array:
    """log(normcdf(x)), which stays finite where normcdf underflows."""
    far = x < -1.0
    size = jnp.where(far, -x, 1.0)
    below = -0.5 * size * size + jnp.log(0.5 * _scaled(size * math.sqrt(0.5)))
    near = jnp.where(far, 0.0, x)
    return jnp.where(far, below, log1p(-normcdf(-near)))


@lognormcdf.defjvp
def _lognormcdf_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    x = primals[0]
    return lognormcdf(x), mills(x) * tangents[0]


@jax.custom_jvp
def mills(x: Array) -> Array:
    """The derivative of log(normcdf(x)): density over distribution function, about -x far to the left."""
    far = x < -1.0
    size = jnp.where(far, -x, 1.0)
    below = math.sqrt(2.0 / math.pi) / _scaled(size * math.sqrt(0.5))
    near = jnp.where(far, 0.0, x)
    return jnp.where(far, below, bell(near, jnp.asarray(0.5)) / (math.sqrt(2.0 * math.pi) * normcdf(near)))


@mills.defjvp
def _mills_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    x = primals[0]
    ratio = mills(x)
    return ratio, -ratio * (x + ratio) * tangents[0]
