"""The tree as a cvxpy expression: the reader for convex programs of references.

The one idea to know: whatever contains no unknown is evaluated first, as numbers, by the JAX reader; only what is
left has to be said in cvxpy, and cvxpy itself decides whether it is convex (DCP).  What it cannot say is
``UnsupportedError``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

import cvxpy as cp
import numpy as np

from checker.expr.errors import UnsupportedError
from checker.expr.node import Add, And, Fn, Mul, Node, Num, Pow, Rel, Subscript, Sym, Vec, symbols_of
from checker.expr.to_jax import compile_jax

READER = "cvxpy"

_FUNCTIONS: Mapping[str, Callable[[Any], Any]] = {
    "abs": cp.abs,
    "exp": cp.exp,
    "log": cp.log,
    "relu": cp.pos,
    "softplus": cp.logistic,
    "sum": cp.sum,
    "mean": lambda x: cp.sum(x) / x.size,
    "max": cp.max,
    "min": cp.min,
    "norm": lambda x: cp.norm(cp.vec(x, order="C"), 2),
    "norm_fro": lambda x: cp.norm(cp.vec(x, order="C"), 2),
    "norm_1": lambda x: cp.norm(cp.vec(x, order="C"), 1),
    "norm_oo": lambda x: cp.norm(cp.vec(x, order="C"), "inf"),
    "norm_2": lambda x: cp.sigma_max(x) if x.ndim == 2 else cp.norm(x, 2),
    "norm_nuc": cp.normNuc,
    "logsumexp": cp.log_sum_exp,
    "entropy": lambda x: cp.sum(cp.entr(x)),
    "trace": cp.trace,
    "transpose": cp.transpose,
}


def to_cvxpy(node: Node, unknowns: Mapping[str, cp.Variable], known: Mapping[str, Any]) -> Any:
    """``node`` as a cvxpy expression in ``unknowns``; all other symbols take their numbers from ``known``.

    A relation becomes a constraint.  Raises ``UnsupportedError`` for what cvxpy cannot say.
    """
    if not symbols_of(node) & set(unknowns):
        return _number(node, known)
    if isinstance(node, Sym):
        return unknowns[node.name]
    parts = [to_cvxpy(child, unknowns, known) for child in node.children()]
    if isinstance(node, Add):
        return reduce(lambda a, b: a + b, parts)
    if isinstance(node, Mul):
        return reduce(_times, parts)
    if isinstance(node, Pow):
        return _power(node, unknowns, known)
    if isinstance(node, Fn):
        return _function(node.name, parts)
    if isinstance(node, Vec):
        return cp.hstack(parts) if all(np.ndim(part) == 0 for part in parts) else cp.vstack(parts)
    if isinstance(node, Subscript):
        return parts[0][tuple(int(part) for part in parts[1:])]
    if isinstance(node, Rel):
        return _relation(node, parts)
    raise UnsupportedError(READER, f"{type(node).__name__} of an unknown")


def _number(node: Node, known: Mapping[str, Any]) -> Any:
    """The value of an expression without unknowns; bare symbols and literals need no compiler."""
    if isinstance(node, Sym):
        return np.asarray(known[node.name], dtype=np.float64)
    if isinstance(node, Num):
        return np.asarray(float(node.value))
    return np.asarray(compile_jax(node)(known), dtype=np.float64)


def _times(left: Any, right: Any) -> Any:
    if isinstance(left, cp.Expression) and isinstance(right, cp.Expression):
        raise UnsupportedError(READER, "a product of two unknowns")
    if np.ndim(left) == 0 or np.ndim(right) == 0:
        return left * right
    return cp.multiply(left, right)


def _power(node: Pow, unknowns: Mapping[str, cp.Variable], known: Mapping[str, Any]) -> Any:
    if not isinstance(node.exponent, Num):
        raise UnsupportedError(READER, "a power whose exponent is not a number")
    exponent = node.exponent.value
    if exponent == 2 and isinstance(node.base, Fn) and node.base.name in ("norm", "norm_fro"):
        # |x|^2 as a quadratic form keeps the program a quadratic one, which can be polished to the last digit.
        return cp.sum_squares(to_cvxpy(node.base.args[0], unknowns, known))
    base = to_cvxpy(node.base, unknowns, known)
    return cp.square(base) if exponent == 2 else cp.power(base, exponent)


def _function(name: str, parts: list[Any]) -> Any:
    if name == "matmul":
        return parts[0] @ parts[1]
    if name == "dot":
        return cp.sum(_times(parts[0], parts[1]))
    if name in ("max", "min") and len(parts) > 1:
        return (cp.maximum if name == "max" else cp.minimum)(*parts)
    if name not in _FUNCTIONS or len(parts) != 1:
        raise UnsupportedError(READER, f"{name} of an unknown")
    return _FUNCTIONS[name](parts[0])


def _relation(node: Rel, parts: list[Any]) -> Any:
    left, right = parts
    if node.op == "<=":
        return left <= right
    if node.op == ">=":
        return left >= right
    if node.op == "==":
        return left == right
    raise UnsupportedError(READER, f"the constraint {node.op!r}; convex programs take <=, >= and ==")


def constraints_of(node: Node) -> tuple[Node, ...]:
    """The single relations of a conjunction such as ``0 <= x <= 1``."""
    if isinstance(node, And):
        return tuple(part for arg in node.args for part in constraints_of(arg))
    return (node,)
