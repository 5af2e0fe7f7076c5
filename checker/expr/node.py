"""The expression tree: what a formula of a claim *is*, before anyone simplifies it.

The one idea to know: the tree is **raw**.  ``x/x`` stays ``Mul(x, Pow(x, -1))`` and ``0*log(0)`` stays a
product, because where a formula is *defined* is part of what it says; simplified forms are derived from the
tree when a reader needs them and are never stored in its place.  Subtraction and division are written as sums
and powers, which loses nothing.  Bound variables are de Bruijn indices, so two integrals that differ only in the
name of their variable are equal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal, TypeAlias

RelOp: TypeAlias = Literal["<", "<=", ">", ">=", "==", "!="]
BinderKind: TypeAlias = Literal["Integral", "Sum", "Product"]
Side: TypeAlias = Literal["+", "-", "both"]


class Node:
    """Base of every node: immutable, hashed once, compared by structure."""

    __slots__ = ("_hash",)
    _hash: int

    def __hash__(self) -> int:
        try:
            return self._hash
        except AttributeError:
            value = hash((type(self).__name__, *self.fields()))
            object.__setattr__(self, "_hash", value)
            return value

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if type(self) is not type(other) or hash(self) != hash(other):
            return False
        assert isinstance(other, Node)
        return self.fields() == other.fields()

    def fields(self) -> tuple[Any, ...]:
        """The node's own data and children, in order of declaration."""
        return tuple([getattr(self, name) for name in type(self).__slots__])

    def children(self) -> tuple[Node, ...]:
        """Every direct sub-expression, in reading order."""
        return ()

    def rebuild(self, children: tuple[Node, ...]) -> Node:
        """The same node over other children (as many as ``children()`` gives)."""
        return self


@dataclass(frozen=True, slots=True, eq=False)
class Num(Node):
    """An exact rational number."""

    value: Fraction


@dataclass(frozen=True, slots=True, eq=False)
class Const(Node):
    """A named constant: ``pi``, ``E``, ``EulerGamma``, ``oo`` (plus infinity)."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Sym(Node):
    """A declared symbol, or a dotted name such as ``svm.w`` that the namespace knows."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Bound(Node):
    """The variable of an enclosing binder; 0 is the innermost one."""

    depth: int


@dataclass(frozen=True, slots=True, eq=False)
class Truth(Node):
    """A truth value."""

    value: bool


class _Nary(Node):
    __slots__ = ()
    args: tuple[Node, ...]

    def children(self) -> tuple[Node, ...]:
        return self.args

    def rebuild(self, children: tuple[Node, ...]) -> Node:
        return type(self)(children)  # type: ignore[call-arg]


@dataclass(frozen=True, slots=True, eq=False)
class Add(_Nary):
    """A sum."""

    args: tuple[Node, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Mul(_Nary):
    """A product."""

    args: tuple[Node, ...]


@dataclass(frozen=True, slots=True, eq=False)
class And(_Nary):
    """All of them hold."""

    args: tuple[Node, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Or(_Nary):
    """At least one of them holds."""

    args: tuple[Node, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Vec(_Nary):
    """An explicit vector; a matrix is a vector of its rows."""

    args: tuple[Node, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Not(Node):
    """It does not hold."""

    arg: Node

    def children(self) -> tuple[Node, ...]:
        return (self.arg,)

    def rebuild(self, children: tuple[Node, ...]) -> Node:
        return Not(children[0])


@dataclass(frozen=True, slots=True, eq=False)
class Pow(Node):
    """``base ** exponent``; a quotient has the exponent -1, a square root 1/2."""

    base: Node
    exponent: Node

    def children(self) -> tuple[Node, ...]:
        return (self.base, self.exponent)

    def rebuild(self, children: tuple[Node, ...]) -> Node:
        return Pow(*children)


@dataclass(frozen=True, slots=True, eq=False)
class Fn(Node):
    """A function of the table in ``functions.py`` applied to arguments (vectors included: ``dot``, ``norm``, ``max``)."""

    name: str
    args: tuple[Node, ...]

    def children(self) -> tuple[Node, ...]:
        return self.args

    def rebuild(self, children: tuple[Node, ...]) -> Node:
        return Fn(self.name, children)


@dataclass(frozen=True, slots=True, eq=False)
class Rel(Node):
    """``left op right``."""

    op: RelOp
    left: Node
    right: Node

    def children(self) -> tuple[Node, ...]:
        return (self.left, self.right)

    def rebuild(self, children: tuple[Node, ...]) -> Node:
        return Rel(self.op, *children)


@dataclass(frozen=True, slots=True, eq=False)
class Piecewise(Node):
    """``value if condition else otherwise``; the first condition that holds decides."""

    cases: tuple[tuple[Node, Node], ...]  # (condition, value)
    otherwise: Node

    def children(self) -> tuple[Node, ...]:
        return (*(part for case in self.cases for part in case), self.otherwise)

    def rebuild(self, children: tuple[Node, ...]) -> Node:
        pairs = tuple((children[i], children[i + 1]) for i in range(0, len(children) - 1, 2))
        return Piecewise(pairs, children[-1])


@dataclass(frozen=True, slots=True, eq=False)
class Binder(Node):
    """``Integral``, ``Sum`` or ``Product`` of ``body`` (where ``Bound(0)`` is its variable) from ``lo`` to ``hi``."""

    kind: BinderKind
    body: Node
    lo: Node
    hi: Node

    def children(self) -> tuple[Node, ...]:
        return (self.body, self.lo, self.hi)

    def rebuild(self, children: tuple[Node, ...]) -> Node:
        return Binder(self.kind, *children)


@dataclass(frozen=True, slots=True, eq=False)
class Limit(Node):
    """The limit of ``body`` (where ``Bound(0)`` is its variable) at ``point``; at ``oo`` the side is ``"-"``."""

    body: Node
    point: Node
    side: Side

    def children(self) -> tuple[Node, ...]:
        return (self.body, self.point)

    def rebuild(self, children: tuple[Node, ...]) -> Node:
        return Limit(children[0], children[1], self.side)


@dataclass(frozen=True, slots=True, eq=False)
class Subscript(Node):
    """Entry ``base[index]`` or ``base[row, column]``, counted from 0."""

    base: Node
    index: tuple[Node, ...]

    def children(self) -> tuple[Node, ...]:
        return (self.base, *self.index)

    def rebuild(self, children: tuple[Node, ...]) -> Node:
        return Subscript(children[0], children[1:])


ZERO, ONE, MINUS_ONE = Num(Fraction(0)), Num(Fraction(1)), Num(Fraction(-1))
INFINITY = Const("oo")


def num(value: int | Fraction) -> Num:
    """The exact number ``value``."""
    return Num(Fraction(value))


def add(*args: Node) -> Node:
    """Sum, with no simplification beyond the trivial arities."""
    return ZERO if not args else args[0] if len(args) == 1 else Add(args)


def mul(*args: Node) -> Node:
    """Product, with no simplification beyond the trivial arities."""
    return ONE if not args else args[0] if len(args) == 1 else Mul(args)


def neg(arg: Node) -> Node:
    """``-arg``; a number literal keeps its sign inside."""
    return Num(-arg.value) if isinstance(arg, Num) else Mul((MINUS_ONE, arg))


def sub(left: Node, right: Node) -> Node:
    """``left - right``."""
    return Add((left, neg(right)))


def div(left: Node, right: Node) -> Node:
    """``left / right``; a quotient of two literals with a non-zero denominator is an exact number."""
    if isinstance(left, Num) and isinstance(right, Num) and right.value != 0:
        return Num(left.value / right.value)
    return Mul((left, Pow(right, MINUS_ONE)))


def is_binder(node: Node) -> bool:
    """Whether the first child of ``node`` sees one more bound variable."""
    return isinstance(node, Binder | Limit)


def walk(node: Node) -> Iterator[Node]:
    """Every node of the tree once per distinct subtree, parents before children."""
    seen: set[Node] = set()
    stack = [node]
    while stack:
        current = stack.pop()
        if current in seen:
            continue
        seen.add(current)
        yield current
        stack.extend(reversed(current.children()))


def symbols_of(node: Node) -> frozenset[str]:
    """Names of the symbols that occur in ``node``."""
    return frozenset(part.name for part in walk(node) if isinstance(part, Sym))


def map_children(node: Node, function: Callable[[Node], Node]) -> Node:
    """``node`` with ``function`` applied to each child; the same object when nothing changed."""
    old = node.children()
    new = tuple(function(child) for child in old)
    return node if all(a is b for a, b in zip(old, new, strict=True)) else node.rebuild(new)


def substitute(node: Node, values: Mapping[str, Node]) -> Node:
    """Replace symbols by expressions that have no free ``Bound`` of their own (capture is then impossible)."""
    if not values:
        return node
    memo: dict[int, Node] = {}  # by identity: comparing equal trees that were built apart is not cheap

    def visit(current: Node) -> Node:
        if isinstance(current, Sym):
            return values.get(current.name, current)
        if id(current) not in memo:
            memo[id(current)] = map_children(current, visit)
        return memo[id(current)]

    return visit(node)


def bind(body: Node, name: str) -> Node:
    """Turn the symbol ``name`` into the variable of a binder about to be put around ``body``."""

    def visit(current: Node, depth: int) -> Node:
        if isinstance(current, Sym):
            return Bound(depth) if current.name == name else current
        if is_binder(current):
            first, *rest = current.children()
            return current.rebuild((visit(first, depth + 1), *(visit(child, depth) for child in rest)))
        return map_children(current, lambda child: visit(child, depth))

    return visit(body, 0)


def instantiate(body: Node, value: Node) -> Node:
    """The body of a binder with its own variable replaced by ``value`` (which has no free ``Bound``)."""

    def visit(current: Node, depth: int) -> Node:
        if isinstance(current, Bound):
            return value if current.depth == depth else current
        if is_binder(current):
            first, *rest = current.children()
            return current.rebuild((visit(first, depth + 1), *(visit(child, depth) for child in rest)))
        return map_children(current, lambda child: visit(child, depth))

    return visit(body, 0)
