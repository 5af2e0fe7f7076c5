"""Linear equations among the hypotheses, solved for one symbol each: what the sampler follows and provers substitute.

The one idea to know: a symbol is solved for only where its coefficient is a non-zero rational number, so the equation and
the solved form are equivalent.
"""

from __future__ import annotations

from collections.abc import Sequence

from checker.expr.derive import diff
from checker.expr.errors import UnsupportedError
from checker.expr.node import Node, Num, Rel, Sym, mul, sub, substitute, symbols_of
from checker.expr.rational import normal


def solved(given: Sequence[Node]) -> list[tuple[str, Node]]:
    """Symbols with the values that linear equations among the hypotheses give them, each equation used once."""
    found: list[tuple[str, Node]] = []
    for relation in given:
        if not isinstance(relation, Rel) or relation.op != "==":
            continue
        gap = sub(relation.left, relation.right)
        for name, replacement in found:
            gap = substitute(gap, {name: replacement})
        for name in sorted(symbols_of(gap), reverse=True):
            replacement_or_none = _solve(gap, name)
            if replacement_or_none is not None:
                found.append((name, replacement_or_none))
                break
    return found


def _solve(gap: Node, name: str) -> Node | None:
    """``symbol`` from ``gap == 0`` if its coefficient is a non-zero rational."""
    try:
        coefficient = normal(diff(gap, name)).constant()
        if not coefficient:
            return None
        value = normal(sub(Sym(name), mul(Num(1 / coefficient), gap))).node()
        return None if name in symbols_of(value) else value  # the derivative of x - floor(x) is 1 too
    except UnsupportedError:
        return None
