"""Vectors and matrices written out in components, for readers that know scalars only.

The stored tree keeps its vectors, because JAX wants them whole; a prover asks for this expansion.  The component
``u[0]`` of a symbol is the symbol named ``u[0]``, a matrix is a vector of its rows, and arrays combine entry by entry.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import combinations, product

from checker.expr.build import is_condition, plus, times
from checker.expr.derive import diff
from checker.expr.domain import Domain
from checker.expr.errors import UnsupportedError
from checker.expr.functions import FUNCTIONS
from checker.expr.node import (
    ONE,
    ZERO,
    Add,
    And,
    Binder,
    Bound,
    Fn,
    Mul,
    Node,
    Num,
    Rel,
    Subscript,
    Sym,
    Vec,
    instantiate,
    num,
    sub,
    substitute,
    symbols_of,
    walk,
)
from checker.expr.rational import is_zero
from checker.expr.vector_rules import (
    READER,
    RULES,
    as_matrix,
    depth_of,
    determinant,
    eigenvalues,
    entries_of,
    inner_product,
)

MAX_COMPONENTS = 256


def expand(node: Node, domains: Mapping[str, Domain]) -> Node:
    """``node`` in components: scalars and conditions only, or a ``Vec`` if the whole is an array.

    A relation between arrays holds if it holds in every component.  Raises ``UnsupportedError`` where a size is not a
    number, shapes do not match, or a function has no formula in components (``eigenvalues``).
    """
    value = _Expansion(domains).of(node)
    return _all(value) if is_condition(node) else value


def expand_domains(domains: Mapping[str, Domain]) -> dict[str, Domain]:
    """The domain of every component of every array of known size, and the scalars as they are.

    What ``rows`` and ``psd`` say is not a box: see ``array_relations``.
    """
    scalars: dict[str, Domain] = {}
    for name, domain in domains.items():
        for component in _names(name, shape_of(domain, name)):
            scalars[component] = replace(domain, shape=(), rows=None, psd=False)
    return scalars


def array_relations(domains: Mapping[str, Domain]) -> tuple[Node, ...]:
    """``rows: unit | simplex | orthonormal`` and ``psd`` as relations between components.

    Raises ``UnsupportedError`` for ``psd`` beyond 3 by 3.
    """
    relations: list[Node] = []
    for name, domain in domains.items():
        if domain.rows is None and not domain.psd:
            continue
        value = components(name, domain)
        rows = [
            entries_of(row) for row in (value.args if isinstance(value, Vec) and depth_of(value) == 2 else (value,))
        ]
        if domain.rows == "simplex":
            relations += [Rel(">=", entry, ZERO) for row in rows for entry in row]
            relations += [Rel("==", plus(row), ONE) for row in rows]
        elif domain.rows in ("unit", "orthonormal"):
            relations += [Rel("==", inner_product(row, row), ONE) for row in rows]
        if domain.rows == "orthonormal":
            relations += [Rel("==", inner_product(a, b), ZERO) for i, a in enumerate(rows) for b in rows[:i]]
        if domain.psd:
            relations += _semidefinite(rows)
    return tuple(relations)


def shape_of(domain: Domain, name: str = "the array") -> tuple[int, ...]:
    """The sizes as numbers; raises ``UnsupportedError`` while one of them is symbolic, or where they are too large."""
    sizes: list[int] = []
    for size in domain.shape:
        if not isinstance(size, Num) or size.value.denominator != 1 or size.value < 1:
            raise UnsupportedError(READER, f"{name}, whose size is not a number (give it by for:)")
        sizes.append(int(size.value))
    if len(sizes) > 2 or math.prod(sizes) > MAX_COMPONENTS:
        raise UnsupportedError(READER, f"{name} of shape {tuple(sizes)}")
    return tuple(sizes)


def components(name: str, domain: Domain) -> Node:
    """The symbol itself, or the ``Vec`` of its component symbols."""
    shape = shape_of(domain, name)
    if not shape:
        return Sym(name)
    if len(shape) == 1:
        return Vec(tuple(Sym(f"{name}[{i}]") for i in range(shape[0])))
    return Vec(tuple(Vec(tuple(Sym(f"{name}[{i},{j}]") for j in range(shape[1]))) for i in range(shape[0])))


def _names(name: str, shape: tuple[int, ...]) -> list[str]:
    if not shape:
        return [name]
    return [f"{name}[{','.join(map(str, index))}]" for index in product(*(range(size) for size in shape))]


def _all(value: Node) -> Node:
    if not isinstance(value, Vec):
        return value
    parts = tuple(entries_of(value))
    return parts[0] if len(parts) == 1 else And(parts)


def _zip(function: Callable[[tuple[Node, ...]], Node], values: tuple[Node, ...]) -> Node:
    """``function`` entry by entry; a scalar or a row goes with every row of a matrix."""
    depth = max((depth_of(value) for value in values), default=0)
    if depth == 0:
        return function(values)
    sizes = {len(value.args) for value in values if isinstance(value, Vec) and depth_of(value) == depth}
    if len(sizes) != 1:
        raise UnsupportedError(READER, f"arrays of lengths {sorted(sizes)} entry by entry")
    size = next(iter(sizes))
    rows = [value.args if isinstance(value, Vec) and depth_of(value) == depth else (value,) * size for value in values]
    return Vec(tuple(_zip(function, row) for row in zip(*rows, strict=True)))


def _semidefinite(rows: list[list[Node]]) -> list[Node]:
    size = len(rows)
    if size > 3 or any(len(row) != size for row in rows):
        raise UnsupportedError(READER, "a semidefinite matrix beyond 3 by 3")
    relations: list[Node] = [Rel("==", rows[i][j], rows[j][i]) for i in range(size) for j in range(i)]
    for mask in range(1, 2**size):
        chosen = [i for i in range(size) if mask >> i & 1]
        relations.append(Rel(">=", determinant([[rows[i][j] for j in chosen] for i in chosen]), ZERO))
    return relations


class _Expansion:
    def __init__(self, domains: Mapping[str, Domain]) -> None:
        self.domains = domains
        self.memo: dict[Node, Node] = {}

    def of(self, node: Node) -> Node:
        if node not in self.memo:
            self.memo[node] = self._expand(node)
        return self.memo[node]

    def _expand(self, node: Node) -> Node:
        match node:
            case Sym(name):
                return components(name, self.domains[name]) if name in self.domains else node
            case Vec(args):
                return Vec(tuple(self.of(arg) for arg in args))
            case Subscript():
                return self._subscript(node)
            case Binder(kind, body, lo, hi) if kind != "Integral" and _indexes_by_its_variable(body):
                return self._unroll(node, self.of(lo), self.of(hi))
            case Fn(name, args):
                return self._function(node, name, args)
        return _zip(_rebuild(node), tuple(self.of(child) for child in node.children()))

    def _subscript(self, node: Subscript) -> Node:
        value = self.of(node.base)
        for part in node.index:
            index = self.of(part)
            if not isinstance(value, Vec) or not isinstance(index, Num):
                raise UnsupportedError(READER, "an index that is not a number, or an index of a scalar")
            if not 0 <= index.value < len(value.args):
                raise UnsupportedError(READER, f"index {index.value} of {len(value.args)} entries")
            value = value.args[int(index.value)]
        return value

    def _unroll(self, node: Binder, lo: Node, hi: Node) -> Node:
        ends = [end.value for end in (lo, hi) if isinstance(end, Num) and end.value.denominator == 1]
        if len(ends) < 2 or ends[1] - ends[0] >= MAX_COMPONENTS:
            raise UnsupportedError(READER, f"a {node.kind} over components between symbolic ends")
        terms = tuple(self.of(instantiate(node.body, num(k))) for k in range(int(ends[0]), int(ends[1]) + 1))
        return _zip(plus if node.kind == "Sum" else times, terms) if terms else ZERO if node.kind == "Sum" else ONE

    def _function(self, node: Fn, name: str, args: tuple[Node, ...]) -> Node:
        if name in ("grad", "hessian"):
            return self._gradient(name, args)
        values = tuple(self.of(arg) for arg in args)
        if name == "eigenvalues":
            return eigenvalues(values[0], self._same)
        rule = RULES.get(name)
        if rule is not None:
            return rule(values)
        kind = FUNCTIONS[name].kind
        if kind == "scalar" or (name in ("max", "min") and len(values) > 1):
            return _zip(node.rebuild, values)
        if name in ("max", "min"):
            entries = tuple(entries_of(values[0]))
            return entries[0] if len(entries) == 1 else Fn(name, entries)
        raise UnsupportedError(READER, f"{name}(...)")

    def _same(self, left: Node, right: Node) -> bool:
        """Equal as rational forms, or mirror images in a symbol declared semidefinite, hence symmetric."""
        used = {name.split("[")[0] for name in symbols_of(left) | symbols_of(right) if name.endswith("]")}
        mirrored = {
            f"{name}[{i},{j}]": Sym(f"{name}[{j},{i}]")
            for name in used
            if self.domains[name].psd
            for i, j in combinations(range(shape_of(self.domains[name], name)[0]), 2)
        }
        return is_zero(sub(substitute(left, mirrored), substitute(right, mirrored))) is True

    def _gradient(self, name: str, args: tuple[Node, ...]) -> Node:
        variable = args[1]
        if not isinstance(variable, Sym):
            raise UnsupportedError(READER, f"{name} in something that is not a symbol")
        body, coordinates = self.of(args[0]), self.of(variable)
        if isinstance(body, Vec):
            raise UnsupportedError(READER, f"{name} of an array")

        def along(part: Node, coordinate: Node) -> Node:
            assert isinstance(coordinate, Sym)
            return diff(part, coordinate.name)

        first = _zip(lambda entry: along(body, entry[0]), (coordinates,))
        if name == "grad":
            return first
        entries = entries_of(coordinates)
        return as_matrix([[along(part, coordinate) for coordinate in entries] for part in entries_of(first)])


def _rebuild(node: Node) -> Callable[[tuple[Node, ...]], Node]:
    """How a node is made again from scalar children; sums and products stay in the parser's form."""
    if isinstance(node, Add):
        return plus
    return times if isinstance(node, Mul) else node.rebuild


def _indexes_by_its_variable(body: Node) -> bool:
    return any(
        isinstance(part, Subscript) and any(isinstance(leaf, Bound) for index in part.index for leaf in walk(index))
        for part in walk(body)
    )
