"""Formulas over vectors of any dimension as scalar formulas over their inner products.

The one idea to know: dot products are bilinear and symmetric, so every scalar made of linear combinations of vectors is a
function of the scalar symbols ``<u,v>`` (names sorted); an identity between such functions holds in every dimension.
``A @ x`` counts as one more vector, about which only linearity in ``x`` is known.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from checker.expr.build import plus, times
from checker.expr.domain import NONNEGATIVE, REAL, Domain
from checker.expr.errors import UnsupportedError
from checker.expr.functions import FUNCTIONS, HALF
from checker.expr.node import ONE, ZERO, Add, Const, Fn, Mul, Node, Num, Pow, Rel, Sym, num

READER = "the certificate prover"


@dataclass(frozen=True, slots=True)
class Vector:
    """A linear combination of vector symbols of one size; ``sizes`` is empty for the zero vector."""

    parts: Mapping[str, Node]
    size: Node


class Gram:
    """Reads formulas over the symbols of ``domains``; remembers which inner products occurred."""

    def __init__(self, domains: Mapping[str, Domain]) -> None:
        self.domains = domains
        self.products: set[tuple[str, str]] = set()

    def scalar(self, node: Node) -> Node:
        """``node`` over inner products; raises ``UnsupportedError`` for an array or what needs components."""
        value = self.value(node)
        if isinstance(value, Vector):
            raise UnsupportedError(READER, "a vector where a number is needed")
        return value

    def value(self, node: Node) -> Node | Vector:
        """The scalar, or the linear combination, that ``node`` is."""
        match node:
            case Num() | Const():
                return node
            case Sym(name):
                shape = self.domains[name].shape if name in self.domains else ()
                if len(shape) > 1:
                    raise UnsupportedError(READER, f"the matrix {name} outside of a product with a vector")
                return Vector({name: ONE}, shape[0]) if shape else node
            case Add(args):
                return self._sum([self.value(arg) for arg in args])
            case Mul(args):
                return self._product([self.value(arg) for arg in args])
            case Pow(base, exponent):
                return self._power(base, exponent)
            case Fn(name, args):
                return self._function(name, args)
            case Rel(op, left, right):
                return Rel(op, self.scalar(left), self.scalar(right))
        raise UnsupportedError(READER, f"{type(node).__name__} over vectors of any dimension")

    def inner(self, left: Vector, right: Vector) -> Node:
        """The inner product, expanded."""
        if left.size != right.size:
            raise UnsupportedError(READER, "a product of vectors whose sizes may differ")
        terms = []
        for (one, first), (other, second) in itertools.product(sorted(left.parts.items()), sorted(right.parts.items())):
            pair = (min(one, other), max(one, other))
            self.products.add(pair)
            terms.append(times((first, second, product_symbol(*pair))))
        return plus(terms) if terms else ZERO

    def symbols(self) -> dict[str, Domain]:
        """Every scalar symbol and inner product seen so far with its domain."""
        scalars = {name: domain for name, domain in self.domains.items() if not domain.shape}
        found = {product_symbol(*pair).name: NONNEGATIVE if pair[0] == pair[1] else REAL for pair in self.products}
        return {**scalars, **found}

    def facts(self) -> tuple[Node, ...]:
        """``<u,v>**2 <= <u,u>*<v,v>`` for every pair seen: true of inner products in every dimension."""
        known = {pair for pair in self.products if pair[0] == pair[1]}
        return tuple(
            Rel("<=", Pow(product_symbol(u, v), num(2)), Mul((product_symbol(u, u), product_symbol(v, v))))
            for u, v in sorted(self.products)
            if u != v and (u, u) in known and (v, v) in known
        )

    def _sum(self, values: list[Node | Vector]) -> Node | Vector:
        vectors = [value for value in values if isinstance(value, Vector)]
        scalars = [value for value in values if not isinstance(value, Vector) and value != ZERO]
        if not vectors:
            return plus(scalars) if scalars else ZERO
        if scalars or any(vector.size != vectors[0].size for vector in vectors):
            raise UnsupportedError(READER, "a sum of a vector and a number, or of vectors whose sizes may differ")
        parts: dict[str, Node] = {}
        for vector in vectors:
            for name, factor in vector.parts.items():
                parts[name] = plus((parts[name], factor)) if name in parts else factor
        return Vector(parts, vectors[0].size)

    def _product(self, values: list[Node | Vector]) -> Node | Vector:
        vectors = [value for value in values if isinstance(value, Vector)]
        scalars = [value for value in values if not isinstance(value, Vector)]
        if not vectors:
            return times(scalars)
        if len(vectors) > 1:
            raise UnsupportedError(READER, "a product of vectors entry by entry (write dot(u, v))")
        (vector,) = vectors
        return Vector({name: times((*scalars, factor)) for name, factor in vector.parts.items()}, vector.size)

    def _power(self, base: Node, exponent: Node) -> Node:
        power = self.scalar(exponent)
        if isinstance(base, Fn) and base.name in ("norm", "norm_2") and isinstance(power, Num):
            squared = self._squared_norm(base.args[0])
            return squared if power.value == 2 else Pow(squared, Num(power.value / 2))
        inside = self.value(base)
        if isinstance(inside, Vector):
            raise UnsupportedError(READER, "a power of a vector entry by entry (write norm(u)**2)")
        return Pow(inside, power)

    def _squared_norm(self, node: Node) -> Node:
        vector = self.value(node)
        if not isinstance(vector, Vector):
            return Pow(vector, num(2))
        return self.inner(vector, vector)

    def _function(self, name: str, args: tuple[Node, ...]) -> Node | Vector:
        if name in ("norm", "norm_2"):
            return Pow(self._squared_norm(args[0]), HALF)
        if name == "matmul" and _matrix_name(args[0], self.domains):
            return self._image(args[0], self.value(args[1]))
        if name in ("dot", "matmul"):
            left, right = (self.value(arg) for arg in args)
            if not isinstance(left, Vector) or not isinstance(right, Vector):
                raise UnsupportedError(READER, f"{name} of what are not two vectors")
            return self.inner(left, right)
        if name == "sum" and isinstance(args[0], Mul | Pow):
            return self._sum_of_products(args[0])
        if name == "transpose":
            inside = self.value(args[0])
            if isinstance(inside, Vector):
                return inside
        if FUNCTIONS[name].kind != "scalar" and name not in ("max", "min"):
            raise UnsupportedError(READER, f"{name}(...) over vectors of any dimension")
        return Fn(name, tuple(self.scalar(arg) for arg in args))

    def _sum_of_products(self, node: Mul | Pow) -> Node:
        factors = node.args if isinstance(node, Mul) else (node,)
        scalars: list[Node] = []
        vectors: list[Vector] = []
        for factor in factors:
            if isinstance(factor, Pow) and factor.exponent == num(2) and isinstance(self.value(factor.base), Vector):
                inside = self.value(factor.base)
                assert isinstance(inside, Vector)
                vectors += [inside, inside]
                continue
            value = self.value(factor)
            if isinstance(value, Vector):
                vectors.append(value)
            else:
                scalars.append(value)
        if len(vectors) != 2:
            raise UnsupportedError(READER, "a sum over entries that is not an inner product")
        return times((*scalars, self.inner(*vectors)))

    def _image(self, matrix: Node, vector: Node | Vector) -> Vector:
        name = _matrix_name(matrix, self.domains)
        rows, columns = self.domains[name.removesuffix(".T")].shape
        if name.endswith(".T"):
            rows, columns = columns, rows
        if not isinstance(vector, Vector) or vector.size != columns:
            raise UnsupportedError(READER, f"{name} @ something that is not a vector of its width")
        return Vector({f"{name}@{part}": factor for part, factor in vector.parts.items()}, rows)


def product_symbol(one: str, other: str) -> Sym:
    """The scalar symbol of an inner product; no author can write its name."""
    return Sym(f"<{min(one, other)},{max(one, other)}>")


def _matrix_name(node: Node, domains: Mapping[str, Domain]) -> str:
    """``A`` or ``A.T`` for a matrix symbol, else empty."""
    if isinstance(node, Fn) and node.name == "transpose":
        inside = _matrix_name(node.args[0], domains)
        return f"{inside}.T" if inside and not inside.endswith(".T") else ""
    if isinstance(node, Sym) and node.name in domains and len(domains[node.name].shape) == 2:
        return node.name
    return ""


def vanishes_rarely(condition: Node) -> str:
    """The vector ``v`` such that ``condition`` fails only where ``v = 0``; empty text where that is not plain."""
    if not isinstance(condition, Rel) or condition.op not in ("!=", ">") or condition.right != ZERO:
        return ""
    base = condition.left
    while isinstance(base, Pow) and isinstance(base.exponent, Num) and base.exponent.value > Fraction(0):
        base = base.base
    if not isinstance(base, Sym) or not base.name.startswith("<"):
        return ""
    one, _, other = base.name[1:-1].partition(",")
    return one if one == other and "@" not in one else ""

