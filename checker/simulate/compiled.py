"""Formulas among the parameters of an experiment as functions of numbers, sums of a swept length included.

The one idea to know: a compiled sum has a fixed number of terms, of which those beyond its end count for nothing; the number
is the largest that any point of the sweep asks for.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import jax

from checker.expr.errors import UnsupportedError
from checker.expr.node import Binder, Const, Node, Num, symbols_of, walk
from checker.expr.to_jax import compile_jax
from checker.simulate.program import Site
from checker.simulate.resolve import value_of

Compiled: TypeAlias = Callable[[Mapping[str, Any]], jax.Array]
MAX_POINTS = 10_000


def compiled(node: Any, site: Site, sizes: Mapping[str, int] | None = None) -> Compiled:
    """``node`` as a function of a mapping from symbol to array, as ``compile_jax`` gives it.

    Raises ``UnsupportedError`` for what JAX cannot express, such as a sum whose end is random.
    """
    assert isinstance(node, Node)
    known = {**site.sizes, **(sizes or {})}
    ends = [part.hi for part in walk(node) if isinstance(part, Binder) and not isinstance(part.hi, Num)]
    counts = [largest(end, site, known) for end in ends if end != Const("oo")]
    return compile_jax(node, max(counts, default=None))


def compiled_all(nodes: Mapping[str, Any], site: Site, sizes: Mapping[str, int] | None = None) -> dict[str, Compiled]:
    """``compiled`` for each of several formulas."""
    return {name: compiled(node, site, sizes) for name, node in nodes.items()}


def largest(end: Node, site: Site, sizes: Mapping[str, int]) -> int:
    """One more than the largest value of ``end`` over the sweep: enough terms for a sum that starts at 0 or 1.

    Raises ``UnsupportedError`` where it depends on more than the sweep and the sizes.
    """
    names = sorted(symbols_of(end) & set(site.along))
    unknown = sorted(symbols_of(end) - set(names) - set(sizes))
    if unknown:
        raise UnsupportedError("JAX", f"a sum whose end depends on {unknown[0]!r}, which changes from draw to draw")
    points = math.prod(len(set(site.along[name].tolist())) for name in names)
    if points > MAX_POINTS:
        raise UnsupportedError("JAX", f"a sum whose end has {points} values along the sweep")
    found = 0.0
    with jax.ensure_compile_time_eval():
        for values in itertools.product(*(sorted(set(site.along[name].tolist())) for name in names)):
            found = max(found, float(value_of(end, {**sizes, **dict(zip(names, values, strict=True))})))
    if not math.isfinite(found):
        raise UnsupportedError("JAX", "a sum whose end is not finite")
    return int(found) + 1
