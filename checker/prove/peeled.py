"""Relations between two values of one strictly monotone function, or with an inverse function, without the function.

The one idea to know: ``f(u) < f(v)`` and ``u < v`` say the same wherever both values exist, if ``f`` is strictly increasing on
its (connected) domain, and so do all other comparisons; that the values exist is asked of the raw relation.  Likewise
``acos(y) == x`` says that ``x`` is in the range of ``acos`` and ``y == cos(x)``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from checker.expr.functions import HALF, PI, fn
from checker.expr.node import MINUS_ONE, ZERO, Fn, Node, Rel, RelOp, mul, neg

_INCREASING = frozenset({
    "exp", "log", "log1p", "expm1", "asin", "atan", "sinh", "tanh", "asinh", "acosh", "atanh", "erf", "normcdf", "sigmoid",
    "softplus", "LambertW",
})
_DECREASING = frozenset({"acos", "erfc", "zeta"})
_QUARTER = mul(HALF, PI)
# the range of the inverse function, and the function itself
_INVERSES: Mapping[str, tuple[Node | None, Node | None, Callable[[Node], Node]]] = {
    "acos": (ZERO, PI, lambda x: fn("cos", x)),
    "asin": (neg(_QUARTER), _QUARTER, lambda x: fn("sin", x)),
    "atan": (neg(_QUARTER), _QUARTER, lambda x: fn("tan", x)),
    "acosh": (ZERO, None, lambda x: fn("cosh", x)),
    "LambertW": (MINUS_ONE, None, lambda x: mul(x, fn("exp", x))),
}
_TURNED: Mapping[RelOp, RelOp] = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}


def peeled(node: Node) -> Node:
    """The relation without the functions that both of its sides have outermost; ``node`` itself where there are none."""
    match node:
        case Rel(op, Fn(one, (left,)), Fn(other, (right,))) if one == other and one in _INCREASING:
            return peeled(Rel(op, left, right))
        case Rel(op, Fn(one, (left,)), Fn(other, (right,))) if one == other and one in _DECREASING:
            return peeled(Rel(_TURNED[op], left, right))
    return node


def undone(goal: Rel) -> tuple[Rel, ...] | None:
    """Relations that together give ``inverse(y) == x``: ``x`` in the range of the branch, and ``y`` the function of ``x``."""
    if goal.op != "==":
        return None
    for one, other in ((goal.left, goal.right), (goal.right, goal.left)):
        if isinstance(one, Fn) and one.name in _INVERSES:
            lo, hi, function = _INVERSES[one.name]
            strict = one.name == "atan"
            ends = [] if lo is None else [Rel(">" if strict else ">=", other, lo)]
            ends += [] if hi is None else [Rel("<" if strict else "<=", other, hi)]
            return (*ends, Rel("==", one.args[0], function(other)))
    return None


def with_peeled(given: Sequence[Node]) -> tuple[Node, ...]:
    """The hypotheses, and what they say without functions."""
    return (*given, *(bare for item in given if (bare := peeled(item)) != item))
