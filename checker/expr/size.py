"""How large a formula may be: checked before anybody computes with it, so that no text can buy unlimited work.

The one idea: a bound on the *logarithm* of every constant subterm is computed in floats, hence ``9**9**9**9`` costs
three additions and is then refused.
"""

from __future__ import annotations

import math

from checker.expr.allowance import spend
from checker.expr.errors import ExpressionError
from checker.expr.node import Add, Binder, Fn, Mul, Node, Num, Pow

MAX_NODES = 20_000  # of the tree as printed, shared parts counted each time
MAX_DEPTH = 80  # readers recurse several frames per level
MAX_DIGITS = 5_000  # decimal digits of any exact constant in it
MAX_TERMS = 100_000  # of a finite sum with both ends given
# What an exact engine writes out at integers: factorials, harmonic numbers, Bernoulli numbers.
_FACTORIALS = frozenset({"factorial", "gamma", "loggamma", "binomial", "digamma", "polygamma", "zeta"})


def check_size(node: Node) -> Node:
    """``node`` itself if every limit holds, else ``ExpressionError``.

    To be called again after numbers have been substituted for symbols (``for: {n: ...}``).
    """
    size_of(node)
    return node


def size_of(node: Node) -> int:
    """How many nodes the tree has as printed.  Raises ``ExpressionError`` beyond a limit."""
    # By identity: comparing two equal trees that were built apart costs as much as printing them.
    shapes: dict[int, tuple[int, int]] = {}  # (count, depth)
    logs: dict[int, float | None] = {}

    def visit(current: Node, level: int) -> tuple[int, int]:
        if level > MAX_DEPTH:
            raise ExpressionError(f"the formula is nested more than {MAX_DEPTH} deep", expected="a flatter formula")
        if id(current) not in shapes:
            children = current.children()
            spend(1 + len(children))
            parts = [visit(child, level + 1) for child in children]
            count = 1 + sum(part[0] for part in parts)
            depth = 1 + max((part[1] for part in parts), default=0)
            if count > MAX_NODES:
                raise ExpressionError(
                    f"the formula has more than {MAX_NODES} terms once definitions are filled in",
                    expected="a smaller formula",
                )
            shapes[id(current)] = (count, depth)
            logs[id(current)] = _log10(current, logs)
        elif level + shapes[id(current)][1] > MAX_DEPTH + 1:
            raise ExpressionError(f"the formula is nested more than {MAX_DEPTH} deep", expected="a flatter formula")
        return shapes[id(current)]

    return visit(node, 0)[0]


def _log10(node: Node, logs: dict[int, float | None]) -> float | None:
    """An upper estimate of the decimal digits that an exact constant needs; ``None`` if not constant arithmetic."""
    if isinstance(node, Num):
        return _digits(node)
    if isinstance(node, Binder):
        _check_range(node)
        return None
    parts = [logs[id(child)] for child in node.children()]
    known = [part for part in parts if part is not None]
    if not known or len(known) < len(parts):
        return None
    if isinstance(node, Add):
        size = max(known) + math.log10(len(known))
    elif isinstance(node, Mul):
        size = sum(known)
    elif isinstance(node, Pow):
        size = known[0] * 10 ** min(known[1], 300.0)
    elif isinstance(node, Fn) and node.name in _FACTORIALS:
        argument = 10 ** min(known[0], 300.0)
        size = argument * max(known[0], 1.0)
    else:
        return None
    if size > MAX_DIGITS:
        raise ExpressionError(
            f"a constant in the formula would have more than {MAX_DIGITS} digits",
            expected="smaller numbers or a symbol",
        )
    return size


def _digits(node: Num) -> float:
    top, bottom = abs(node.value.numerator), node.value.denominator
    return max(top.bit_length(), bottom.bit_length()) * math.log10(2)


def _check_range(node: Binder) -> None:
    if node.kind != "Integral" and isinstance(node.lo, Num) and isinstance(node.hi, Num):
        terms = node.hi.value - node.lo.value + 1
        if terms > MAX_TERMS:
            raise ExpressionError(
                f"{node.kind} over more than {MAX_TERMS} terms",
                found=f"{node.lo.value} to {node.hi.value}",
                expected="oo or a symbol as upper end",
            )
