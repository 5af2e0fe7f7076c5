"""Where a symbol lives: an interval with open or closed exact ends, integrality, listed values, a shape."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from checker.expr.node import Node


@dataclass(frozen=True, slots=True)
class Domain:
    """The declared domain of one symbol.

    ``lo`` and ``hi`` are exact; ``None`` means minus or plus infinity.  ``shape`` is ``()`` for a scalar and
    otherwise one size per axis (an expression, so that ``[n, d]`` may wait for ``for:`` or for the data).
    ``rows`` is ``unit``, ``simplex`` or ``orthonormal``.
    """

    lo: Fraction | None = None
    hi: Fraction | None = None
    lo_open: bool = False
    hi_open: bool = False
    integer: bool = False
    values: tuple[Fraction, ...] | None = None
    shape: tuple[Node, ...] = ()
    rows: str | None = None
    psd: bool = False


REAL = Domain()
POSITIVE = Domain(lo=Fraction(0), lo_open=True)
NONNEGATIVE = Domain(lo=Fraction(0))
INTEGER = Domain(integer=True)
