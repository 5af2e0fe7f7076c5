"""How a directed search moves symbols that have a law: within the law's support, and never onto a set of chance zero.

The one idea to know: a claim about every draw speaks of the support, which a few draws do not fill (two random vectors in
16 dimensions are never nearly parallel).  A violation counts only where it has positive probability: what is found is moved
to a random point close by, where a claim that fails on a set of measure zero (``V = W``, the end of a range) holds again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from checker.expr.domain import Domain
from checker.expr.namespace import Law
from checker.expr.node import Node, Num, symbols_of
from checker.simulate.evaluate import Box

Array = npt.NDArray[np.float64]
BEYOND = 1.0
"""The search goes this many ranges of the draws beyond them, as far as the support reaches."""
INSIDE, NEARBY = 1e-9, 1e-7
"""Shares of the range: how far a continuous law's box stays from the ends of the support, and how far points are moved."""


def changing_law(laws: Mapping[str, Law], names: Sequence[str], moving: frozenset[str]) -> str | None:
    """The first of ``names`` whose law changes with ``moving`` symbols, or ``None``."""
    for name in names:
        if name in laws and any(symbols_of(node) & moving for node in laws[name].parameters):
            return name
    return None


def ranges(
    laws: Mapping[str, Law], domains: Mapping[str, Domain], drawn: Mapping[str, Array]
) -> dict[str, tuple[Node, Node]]:
    """The box of every symbol with a law: its draws and as much again on either side, within its support.

    ``domains`` are those of the symbols (a law's domain is its support), ``drawn`` has arrays (instances, *shape).
    """
    found: dict[str, tuple[Node, Node]] = {}
    for name, law in laws.items():
        values = np.asarray(drawn[name], dtype=np.float64)
        low, high = float(values.min()), float(values.max())
        beyond = BEYOND * max(high - low, 1.0 if law.kind == "Sum" else 0.0)
        support = domains[name]
        lo = max(-np.inf if support.lo is None else float(support.lo), low - beyond)
        hi = min(np.inf if support.hi is None else float(support.hi), high + beyond)
        grain = INSIDE * (hi - lo) if law.kind == "Integral" else 0.0
        found[name] = (Num(Fraction(lo + grain)), Num(Fraction(hi - grain)))
    return found


def generic(points: Mapping[str, Any], laws: Mapping[str, Law], domain: Mapping[str, Box]) -> dict[str, Array]:
    """``points`` (count, *shape) with the entries of continuous laws moved at random by ``NEARBY`` of their range.

    Always the same moves; points stay inside their box.
    """
    generator = np.random.default_rng(2)
    moved = {name: np.asarray(values) for name, values in points.items()}
    for name, values in moved.items():
        if name in laws and laws[name].kind == "Integral":
            lo, hi = float(domain[name].lo), float(domain[name].hi)
            away = values + NEARBY * (hi - lo) * generator.uniform(-1.0, 1.0, size=values.shape)
            beyond = (away < lo) | (away > hi)
            moved[name] = np.where(beyond, 2.0 * values - away, away)  # reflected: an end has chance zero
    return moved
