"""An expression at one measured instance in ball arithmetic: whether a violation stands when it is recomputed.

The one idea to know: an instance is an array of doubles and a double is a rational number, so the raw tree of the claim can
be enclosed there rigorously; rows of a sphere or a simplex, which doubles only come near, are put on it exactly first.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache

import numpy as np
from flint import arb

from checker.expr.domain import Domain
from checker.expr.errors import UnsupportedError
from checker.expr.node import Fn, Node, num, symbols_of, walk
from checker.expr.to_arb import Number, evaluate, precision
from checker.expr.vectors import MAX_COMPONENTS, expand
from checker.simulate.measurement import Array

BITS = (128, 512)
_DENSE = frozenset({"det", "inv", "solve", "eigenvalues", "eigenvectors", "norm_2", "norm_nuc"})
_MOST_DENSE = 9
"""Entries of a matrix whose determinant is written out."""


def enclosed(node: Node, domains: Mapping[str, Domain], values: Mapping[str, Array]) -> tuple[float, float] | None:
    """Ends of an enclosure of ``node`` where each symbol has the value ``values`` (its own shape); ``None`` if undefined.

    Raises ``UnsupportedError`` where the expression cannot be written in components or has no enclosure.
    """
    names = sorted(symbols_of(node))
    unknown = [name for name in names if name not in values]
    if unknown:
        raise UnsupportedError("ball arithmetic", f"{unknown[0]}, which is no number of the instance")
    shapes = tuple((name, np.shape(values[name])) for name in names)
    scalar = _components(node, shapes)
    for bits in BITS:
        with precision(bits):
            point: dict[str, Number] = {}
            for name in names:
                point |= _entries(name, np.asarray(values[name]), domains.get(name, Domain()))
            found = evaluate(scalar, point, bits)
            if found.is_nan():
                return None
            lo, hi = (float(end) for end in (found.lower(), found.upper()))
        if math.isfinite(lo) and math.isfinite(hi) and hi - lo <= 1e-15 * max(abs(lo), abs(hi), 1e-300):
            break
    return math.nextafter(lo, -math.inf), math.nextafter(hi, math.inf)


@lru_cache(maxsize=64)
def _components(node: Node, shapes: tuple[tuple[str, tuple[int, ...]], ...]) -> Node:
    entries = sum(math.prod(shape) for _, shape in shapes)
    dense = any(isinstance(part, Fn) and part.name in _DENSE for part in walk(node))
    if entries > (_MOST_DENSE if dense else MAX_COMPONENTS):
        raise UnsupportedError("ball arithmetic", f"a formula in {entries} numbers")
    return expand(node, {name: Domain(shape=tuple(map(num, shape))) for name, shape in shapes})


def _entries(name: str, value: Array, domain: Domain) -> dict[str, Number]:
    """Exact numbers for every entry; rows that the domain normalises are normalised exactly."""
    exact = {index: Fraction(float(value[index])) for index in np.ndindex(value.shape)}
    found: dict[str, Number] = dict(zip((_named(name, index) for index in exact), exact.values(), strict=True))
    if replace(domain, shape=()).rows not in ("unit", "simplex") or not value.shape:
        return found
    for row in np.ndindex(value.shape[:-1]):
        mine = [index for index in exact if index[:-1] == row]
        if domain.rows == "simplex":
            total = sum((exact[index] for index in mine), Fraction(0))
            found |= {_named(name, index): exact[index] / total for index in mine}
        else:
            squares = sum((exact[index] ** 2 for index in mine), Fraction(0))
            length = arb(squares.numerator) / arb(squares.denominator)
            length = length.sqrt()
            found |= {
                _named(name, index): arb(exact[index].numerator) / arb(exact[index].denominator) / length for index in mine
            }
    return found


def _named(name: str, index: tuple[int, ...]) -> str:
    return f"{name}[{','.join(map(str, index))}]" if index else name
