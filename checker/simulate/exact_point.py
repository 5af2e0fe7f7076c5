"""An expression at one measured instance in ball arithmetic: whether a violation stands when it is recomputed.

The one idea to know: an instance is an array of doubles, and near it lie exact rational points of the domain: what its
doubles are short for (1/10, not the double next to it), and they themselves.  The raw tree of the claim is enclosed at
those, so that a domain which doubles only come near (an end at 1/10, a sphere, a simplex) is neither left nor missed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import lru_cache

import numpy as np

from checker.expr.domain import Domain
from checker.expr.errors import UnsupportedError
from checker.expr.node import Fn, Node, num, symbols_of, walk
from checker.expr.to_arb import Number, evaluate, holds, precision
from checker.expr.vectors import MAX_COMPONENTS, expand
from checker.simulate.measurement import Array

BITS = (128, 512)
_DENSE = frozenset({"det", "inv", "solve", "eigenvalues", "eigenvectors", "norm_2", "norm_nuc"})
_MOST_DENSE = 9
"""Entries of a matrix whose determinant is written out."""
_SHORT = 1000
"""A double is short for a fraction of at most this denominator that rounds to it."""
_GRID = 2**64
"""Points of a sphere are the stereographic image of multiples of 1 over this."""
_BESIDE = Fraction(1, 10**12)
"""An entry this far outside an end (as a share of its size, or absolutely below 1) was rounded; further off it is a mistake."""
Point = dict[str, dict[tuple[int, ...], Fraction]]


def points_near(domains: Mapping[str, Domain], values: Mapping[str, Array]) -> Iterator[Point]:
    """Exact points of the domain that the doubles of an instance stand for: what they are short for, then they themselves."""
    before: Point | None = None
    for meant in (True, False):
        point = {name: _entries(np.asarray(value), domains.get(name, Domain()), meant) for name, value in values.items()}
        if point != before:
            yield point
        before = point


def enclosed(node: Node, point: Point) -> tuple[float, float] | None:
    """Ends of an enclosure of ``node`` at an exact point; ``None`` if undefined.

    Raises ``UnsupportedError`` where the expression cannot be written in components or has no enclosure.
    """
    scalar, exact = _scalar(node, point)
    for bits in BITS:
        with precision(bits):
            found = evaluate(scalar, exact, bits)
            if found.is_nan():
                return None
            lo, hi = (float(end) for end in (found.lower(), found.upper()))
        if math.isfinite(lo) and math.isfinite(hi) and hi - lo <= 1e-15 * max(abs(lo), abs(hi), 1e-300):
            break
    return math.nextafter(lo, -math.inf), math.nextafter(hi, math.inf)


def fulfils(condition: Node, point: Point) -> bool | None:
    """Whether a condition certainly holds at an exact point; ``None`` where that is open."""
    try:
        scalar, exact = _scalar(condition, point)
        return holds(scalar, exact, start=128, cap=512)
    except (UnsupportedError, ArithmeticError, RecursionError):
        return None


def inside(domain: Domain, entries: Mapping[tuple[int, ...], Fraction]) -> bool:
    """Whether exact entries lie in an interval or a list of values; structure of rows is left to how they were made."""
    if domain.values is not None:
        return all(entry in domain.values for entry in entries.values())
    if domain.integer and any(entry.denominator != 1 for entry in entries.values()):
        return False
    for entry in entries.values():
        if domain.lo is not None and (entry < domain.lo or (domain.lo_open and entry == domain.lo)):
            return False
        if domain.hi is not None and (entry > domain.hi or (domain.hi_open and entry == domain.hi)):
            return False
    return True


def _scalar(node: Node, point: Point) -> tuple[Node, dict[str, Number]]:
    """``node`` in components, and the number of each component."""
    names = sorted(symbols_of(node))
    unknown = [name for name in names if name not in point]
    if unknown:
        raise UnsupportedError("ball arithmetic", f"{unknown[0]}, which is no number of the instance")
    shapes = tuple((name, _shape(point[name])) for name in names)
    exact: dict[str, Number] = {_named(name, index): point[name][index] for name in names for index in point[name]}
    return _components(node, shapes), exact


def _shape(entries: Mapping[tuple[int, ...], Fraction]) -> tuple[int, ...]:
    last = max(entries)
    return tuple(index + 1 for index in last)


@lru_cache(maxsize=64)
def _components(node: Node, shapes: tuple[tuple[str, tuple[int, ...]], ...]) -> Node:
    entries = sum(math.prod(shape) for _, shape in shapes)
    dense = any(isinstance(part, Fn) and part.name in _DENSE for part in walk(node))
    if entries > (_MOST_DENSE if dense else MAX_COMPONENTS):
        raise UnsupportedError("ball arithmetic", f"a formula in {entries} numbers")
    return expand(node, {name: Domain(shape=tuple(map(num, shape))) for name, shape in shapes})


def _entries(value: Array, domain: Domain, meant: bool) -> dict[tuple[int, ...], Fraction]:
    """Exact numbers for every entry, in the domain: rows of a sphere or simplex lie on it."""
    exact = {index: _exact(float(value[index]), meant) for index in np.ndindex(value.shape)}
    if domain.rows not in ("unit", "simplex") or not value.shape:
        return {index: _clipped(entry, domain) for index, entry in exact.items()}
    for row in np.ndindex(value.shape[:-1]):
        mine = [index for index in exact if index[:-1] == row]
        rows = _onto_simplex if domain.rows == "simplex" else _onto_sphere
        exact |= dict(zip(mine, rows([exact[index] for index in mine]), strict=True))
    return exact


def _exact(number: float, meant: bool) -> Fraction:
    exact = Fraction(number)
    short = exact.limit_denominator(_SHORT)
    return short if meant and float(short) == number else exact


def _clipped(entry: Fraction, domain: Domain) -> Fraction:
    """The entry, or the end of the domain that it was rounded across."""
    if domain.values is not None:
        return min(domain.values, key=lambda value: abs(value - entry))
    if domain.lo is not None and 0 < domain.lo - entry <= _BESIDE * max(abs(domain.lo), Fraction(1)):
        return domain.lo
    if domain.hi is not None and 0 < entry - domain.hi <= _BESIDE * max(abs(domain.hi), Fraction(1)):
        return domain.hi
    return entry


def _onto_simplex(row: list[Fraction]) -> list[Fraction]:
    total = sum(row, Fraction(0))
    return [entry / total for entry in row] if total else row


def _onto_sphere(row: list[Fraction]) -> list[Fraction]:
    """The rational point of the unit sphere next to a row, by stereographic projection from the far side of its largest
    entry; of equal rows it is the same.
    """
    sizes = [abs(entry) for entry in row]
    largest = sizes.index(max(sizes))
    sign = 1 if row[largest] >= 0 else -1
    plane = [Fraction(round(entry * _GRID / (1 + sizes[largest])), _GRID) for entry in row]
    plane[largest] = Fraction(0)
    squares = sum((entry**2 for entry in plane), Fraction(0))
    found = [2 * entry / (1 + squares) for entry in plane]
    found[largest] = sign * (1 - squares) / (1 + squares)
    return found


def _named(name: str, index: tuple[int, ...]) -> str:
    return f"{name}[{','.join(map(str, index))}]" if index else name
