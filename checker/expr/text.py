"""The tree as text in the grammar of the claim language; ``parse(text(tree))`` is the tree the parser would have made.

Bound variables get names that no symbol of the tree has, so that reading the text again binds the same way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import count

from checker.expr.build import negate
from checker.expr.errors import UnsupportedError
from checker.expr.functions import FORMS, FUNCTIONS, HALF, NORMS
from checker.expr.node import (
    INFINITY,
    MINUS_ONE,
    Add,
    And,
    Binder,
    Bound,
    Const,
    Fn,
    Limit,
    Mul,
    Node,
    Not,
    Num,
    Or,
    Piecewise,
    Pow,
    Rel,
    Subscript,
    Sym,
    Truth,
    Vec,
    instantiate,
    symbols_of,
)

# How tightly the text of a node binds; a part that binds less than its place asks for gets parentheses.
CHOICE, OR, AND, NOT, RELATION, SUM, PRODUCT, SIGN, POWER, ATOM = range(10)

_NORM_ORDERS: Mapping[str, str] = {name: order for order, name in NORMS.items()}
_CONTINUOUS, _DISCRETE = ("x", "y", "z", "s", "r"), ("k", "j", "i", "l", "n")
_SIDES: Mapping[str, str] = {"+": "right", "-": "left", "both": "both"}


def text(node: Node) -> str:
    """Readable ASCII, on one line."""
    return _Writer(node).write(node, CHOICE)


class _Writer:
    def __init__(self, root: Node) -> None:
        self.taken = {*symbols_of(root), *FUNCTIONS, *FORMS, "pi", "oo", "E", "I", "EulerGamma"}

    def write(self, node: Node, place: int) -> str:
        """The text of ``node`` where something binding at least as tightly as ``place`` is expected."""
        words, binding = self._text(node)
        return f"({words})" if binding < place else words

    def _text(self, node: Node) -> tuple[str, int]:
        match node:
            case Num(value):
                return str(value), PRODUCT if value.denominator > 1 else SIGN if value < 0 else ATOM
            case Const(name) | Sym(name):
                return name, ATOM
            case Truth(value):
                return str(value), ATOM
            case Add(args):
                return self._sum(args), SUM
            case Mul(args):
                return self._product(args)
            case Pow(base, exponent):
                return self._power(base, exponent)
            case Fn(name, args):
                return self._function(name, args)
            case Rel(op, left, right):
                return f"{self.write(left, SUM)} {op} {self.write(right, SUM)}", RELATION
            case And(args):
                return " and ".join(self.write(arg, NOT) for arg in args), AND
            case Or(args):
                return " or ".join(self.write(arg, AND) for arg in args), OR
            case Not(arg):
                return f"not {self.write(arg, NOT)}", NOT
            case Piecewise(cases, otherwise):
                parts = [f"{self.write(value, OR)} if {self.write(test, OR)} else " for test, value in cases]
                return "".join(parts) + self.write(otherwise, OR), CHOICE
            case Vec(args):
                return f"[{', '.join(self.write(arg, CHOICE) for arg in args)}]", ATOM
            case Subscript(base, index):
                return f"{self.write(base, ATOM)}[{', '.join(self.write(i, CHOICE) for i in index)}]", ATOM
            case Binder(kind, body, lo, hi):
                name, inside = self._open(body, _CONTINUOUS if kind == "Integral" else _DISCRETE)
                ends = f"({name}, {self.write(lo, CHOICE)}, {self.write(hi, CHOICE)})"
                return f"{kind}({self._close(name, inside)}, {ends})", ATOM
            case Limit(body, point, side):
                name, inside = self._open(body, _CONTINUOUS)
                default = "-" if point == INFINITY else "+" if point == negate(INFINITY) else "both"
                last = "" if side == default else f", {_SIDES[side]}"
                return f"limit({self._close(name, inside)}, {name}, {self.write(point, CHOICE)}{last})", ATOM
            case Bound(depth):
                raise UnsupportedError("text", f"variable {depth} of a binder that is not there")
        raise UnsupportedError("text", type(node).__name__)

    def _open(self, body: Node, wished: tuple[str, ...]) -> tuple[str, Node]:
        name = next(name for name in _names(wished) if name not in self.taken)
        self.taken.add(name)
        return name, instantiate(body, Sym(name))

    def _close(self, name: str, inside: Node) -> str:
        words = self.write(inside, CHOICE)
        self.taken.discard(name)
        return words

    def _sum(self, args: tuple[Node, ...]) -> str:
        words = self.write(args[0], PRODUCT)
        for term in args[1:]:
            if (isinstance(term, Num) and term.value < 0) or _has_sign(term):
                words += f" - {self.write(negate(term), PRODUCT)}"
            else:
                words += f" + {self.write(term, PRODUCT)}"
        return words

    def _product(self, args: tuple[Node, ...]) -> tuple[str, int]:
        if args[0] == MINUS_ONE and len(args) > 1:
            rest = args[1:]
            first = rest[0]
            # `-1/x`, and `-(a @ b)`, because a sign binds before @
            words = f"-{self._factor(first, POWER, leading=True)}"
            if len(rest) == 1:
                return words, PRODUCT if _is_reciprocal(first) else SIGN
            return words + "".join(map(self._next_factor, rest[1:])), PRODUCT
        return self._factor(args[0], PRODUCT, leading=True) + "".join(map(self._next_factor, args[1:])), PRODUCT

    def _factor(self, factor: Node, place: int, leading: bool = False) -> str:
        if leading and isinstance(factor, Pow) and _is_reciprocal(factor):
            return f"1/{self.write(factor.base, POWER)}"
        if isinstance(factor, Mul):
            return f"({self.write(factor, CHOICE)})"
        return self.write(factor, place)

    def _next_factor(self, factor: Node) -> str:
        if isinstance(factor, Pow) and _is_reciprocal(factor):
            return f"/{self.write(factor.base, POWER)}"
        if isinstance(factor, Num) and factor.value.numerator == 1 and factor.value.denominator > 1:
            return f"/{factor.value.denominator}"
        return f"*{self._factor(factor, POWER)}"

    def _power(self, base: Node, exponent: Node) -> tuple[str, int]:
        if exponent == HALF:
            return f"sqrt({self.write(base, CHOICE)})", ATOM
        if exponent == MINUS_ONE:
            return f"1/{self.write(base, POWER)}", PRODUCT
        return f"{self.write(base, ATOM)}**{self.write(exponent, POWER)}", POWER

    def _function(self, name: str, args: tuple[Node, ...]) -> tuple[str, int]:
        if name == "matmul":
            return f"{self.write(args[0], PRODUCT)} @ {self.write(args[1], SIGN)}", PRODUCT
        if name == "transpose":
            return f"{self.write(args[0], ATOM)}.T", ATOM
        if name in _NORM_ORDERS:
            return f"norm({self.write(args[0], CHOICE)}, {_NORM_ORDERS[name]})", ATOM
        if name == "at":
            return (
                f"at({self.write(args[0], CHOICE)}, {self.write(args[1], CHOICE)}={self.write(args[2], CHOICE)})",
                ATOM,
            )
        return f"{name}({', '.join(self.write(arg, CHOICE) for arg in args)})", ATOM


def _has_sign(node: Node) -> bool:
    return isinstance(node, Mul) and isinstance(node.args[0], Num) and node.args[0].value < 0


def _is_reciprocal(node: Node) -> bool:
    return isinstance(node, Pow) and node.exponent == MINUS_ONE


def _names(wished: tuple[str, ...]) -> Iterator[str]:
    yield from wished
    for number in count(1):
        yield f"{wished[0]}{number}"
