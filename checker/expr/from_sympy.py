"""A SymPy expression as a tree of our own: the way back for what SymPy proposes, which others then check.

The one idea to know: the translation is node by node and total on a whitelist; anything else is ``UnsupportedError``.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from checker.expr.errors import UnsupportedError
from checker.expr.functions import FUNCTIONS
from checker.expr.node import Add, Const, Fn, Mul, Node, Num, Pow, Sym

_MAX_SIZE = 400
_CONSTANTS = {"Pi": "pi", "Exp1": "E", "EulerGamma": "EulerGamma"}
_NAMES = {row.sympy: row.name for row in FUNCTIONS.values() if row.sympy is not None and row.kind == "scalar"}


def from_sympy(expression: Any) -> Node:
    """The tree of a real SymPy expression; raises ``UnsupportedError`` for what the grammar has no word for."""
    return _Reader().read(expression)


class _Reader:
    def __init__(self) -> None:
        self.size = 0

    def read(self, expression: Any) -> Node:
        self.size += 1
        if self.size > _MAX_SIZE:
            raise UnsupportedError("the grammar", "a formula of this size from SymPy")
        name = type(expression).__name__
        if expression.is_Rational:
            return Num(Fraction(int(expression.p), int(expression.q)))
        if name in _CONSTANTS:
            return Const(_CONSTANTS[name])
        if expression.is_Symbol:
            return Sym(str(expression.name))
        args = tuple(self.read(arg) for arg in expression.args)
        if expression.is_Add:
            return Add(args)
        if expression.is_Mul:
            return Mul(args)
        if expression.is_Pow:
            return Pow(*args)
        known = _NAMES.get(name)
        if known is not None and args:
            return Fn(known, args)
        raise UnsupportedError("the grammar", f"SymPy's {name}")
