"""Polynomials that a claim writes as formulas in ``z``, and the largest modulus of their roots.

The one idea to know: exponents are formulas too (``z**(tau + 1)``), so one program serves a sweep over the degree: each term
drops its coefficient into the slot of its exponent, and the roots are found on the host.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np

from checker.expr.node import Add, Mul, Node, Num, Pow, Sym, add, mul, symbols_of
from checker.simulate.catalogue_sampling import MAX_DEGREE
from checker.simulate.compiled import compiled, largest
from checker.simulate.program import Array, Site
from checker.simulate.resolve import SimulationError
from checker.simulate.values import EPSILON

Coefficients: TypeAlias = Callable[[Mapping[str, Any]], jax.Array]
_VARIABLE = Sym("z")
_MAX_TERMS = 256
_ZERO, _ONE = Num(Fraction(0)), Num(Fraction(1))


def coefficients(name: str, node: Node, site: Site, sizes: Mapping[str, int]) -> Coefficients:
    """The coefficients of ``node`` in z, lowest first, (longest degree of the sweep + 1,), as a function of the symbols.

    NaN where an exponent is no whole number >= 0.  Raises ``SimulationError`` for what is no polynomial in z or has too
    high a degree (before anything is allocated), ``UnsupportedError`` where the degree is random.
    """
    terms = _terms(name, node)
    degree = max((largest(power, site, sizes) - 1 for _, power in terms), default=0)
    if not 1 <= degree <= MAX_DEGREE:
        raise SimulationError(f"{name}: a polynomial of degree {degree}; expected 1 to {MAX_DEGREE}")
    known = [(compiled(factor, site, sizes), compiled(power, site, sizes)) for factor, power in terms]

    def evaluate(env: Mapping[str, Any]) -> jax.Array:
        found = jnp.zeros(degree + 1)
        for factor, power in known:
            slot = power(env)
            valid = (slot >= 0) & (slot == jnp.round(slot))
            place = jnp.where(valid, slot, 0).astype(jnp.int64)
            found = found.at[place].add(jnp.where(valid, factor(env), jnp.nan))
        return found

    return evaluate


def _terms(name: str, node: Node) -> list[tuple[Node, Node]]:
    """Coefficient and exponent of each term, products multiplied out."""
    if "z" not in symbols_of(node):
        return [(node, _ZERO)]
    if node == _VARIABLE:
        return [(_ONE, _ONE)]
    if isinstance(node, Add):
        return [term for part in node.args for term in _terms(name, part)]
    if isinstance(node, Mul):
        found: list[tuple[Node, Node]] = [(_ONE, _ZERO)]
        for part in node.args:
            factors = _terms(name, part)
            if len(found) * len(factors) > _MAX_TERMS:
                raise SimulationError(f"{name}: a polynomial of more than {_MAX_TERMS} terms")
            found = [(mul(a, b), add(m, n)) for a, m in found for b, n in factors]
        return found
    if isinstance(node, Pow) and node.base == _VARIABLE and "z" not in symbols_of(node.exponent):
        return [(_ONE, node.exponent)]
    if isinstance(node, Pow) and isinstance(node.exponent, Num) and node.exponent.value in (2, 3, 4):
        return _terms(name, Mul((node.base,) * int(node.exponent.value)))
    raise SimulationError(f"{name}: expected a polynomial in z, sums and products of numbers and powers of z")


def largest_modulus(found: Array) -> tuple[float, float]:
    """The largest modulus of the roots of the polynomial with coefficients ``found`` (lowest first), and its error.

    Eigenvalues of the companion matrix are the roots of a polynomial whose coefficients are off by the rounding of the
    largest of them; the error is what that moves each root by to first order, so a multiple root is as uncertain as it
    is.  NaN where a coefficient is not finite or there is no root.
    """
    if not np.all(np.isfinite(found)):
        return math.nan, math.nan
    highest = np.trim_zeros(found, "b")[::-1]
    roots = np.roots(highest)
    if not roots.size:
        return math.nan, math.nan
    moduli = np.abs(roots)
    off = len(highest) * EPSILON * np.max(np.abs(highest))
    slopes = np.abs(np.polyval(np.polyder(highest), roots))
    with np.errstate(divide="ignore", invalid="ignore"):
        moved = off * np.polyval(np.ones(len(highest)), moduli) / slopes
    moved = np.where(roots == 0, 0.0, moved)  # roots at zero are trailing zeros among the coefficients: exact
    radius = float(np.max(moduli))
    above = float(np.max(moduli + moved)) - radius
    below = radius - float(np.max(moduli - moved))
    return radius, max(above, below)
