"""Vectors and matrices written out in components, for readers that know scalars only.

The stored tree keeps its vectors, because JAX wants them whole; a prover asks for this expansion.  The component ``u[0]`` of
a symbol is the symbol named ``u[0]``, a matrix is a vector of its rows, and arrays combine entry by entry.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import product

from checker.expr.build import is_condition, negate, plus, reciprocal, times
from checker.expr.derive import diff
from checker.expr.domain import Domain
from checker.expr.errors import UnsupportedError
from checker.expr.functions import FUNCTIONS, HALF, fn
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
    Piecewise,
    Pow,
    Rel,
    Subscript,
    Sym,
    Vec,
    instantiate,
    num,
    walk,
)

READER = "the expansion into components"
MAX_COMPONENTS = 256
MAX_MINORS = 4  # largest matrix whose determinant is written out


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
        rows = [_entries(row) for row in (value.args if isinstance(value, Vec) and _depth(value) == 2 else (value,))]
        if domain.rows == "simplex":
            relations += [Rel(">=", entry, ZERO) for row in rows for entry in row]
            relations += [Rel("==", plus(row), ONE) for row in rows]
        elif domain.rows in ("unit", "orthonormal"):
            relations += [Rel("==", _dot(row, row), ONE) for row in rows]
        if domain.rows == "orthonormal":
            relations += [Rel("==", _dot(a, b), ZERO) for i, a in enumerate(rows) for b in rows[:i]]
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
    if len(sizes) > 2 or (sizes and max(sizes) > MAX_COMPONENTS) or (len(sizes) == 2 and sizes[0] * sizes[1] > MAX_COMPONENTS):
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
    parts = tuple(_entries(value))
    return parts[0] if len(parts) == 1 else And(parts)


def _depth(value: Node) -> int:
    return 1 + _depth(value.args[0]) if isinstance(value, Vec) else 0


def _entries(value: Node) -> list[Node]:
    """All scalars of an array, row by row."""
    return [entry for part in value.args for entry in _entries(part)] if isinstance(value, Vec) else [value]


def _dot(left: Sequence[Node], right: Sequence[Node]) -> Node:
    if len(left) != len(right):
        raise UnsupportedError(READER, f"a product of lengths {len(left)} and {len(right)}")
    return plus([times((a, b)) for a, b in zip(left, right, strict=True)])


def _zip(function: Callable[[tuple[Node, ...]], Node], values: tuple[Node, ...]) -> Node:
    """``function`` entry by entry; a scalar or a row goes with every row of a matrix."""
    depth = max((_depth(value) for value in values), default=0)
    if depth == 0:
        return function(values)
    sizes = {len(value.args) for value in values if isinstance(value, Vec) and _depth(value) == depth}
    if len(sizes) != 1:
        raise UnsupportedError(READER, f"arrays of lengths {sorted(sizes)} entry by entry")
    rows = [
        value.args if isinstance(value, Vec) and _depth(value) == depth else (value,) * next(iter(sizes)) for value in values
    ]
    return Vec(tuple(_zip(function, row) for row in zip(*rows, strict=True)))


def _semidefinite(rows: list[list[Node]]) -> list[Node]:
    size = len(rows)
    if size > 3 or any(len(row) != size for row in rows):
        raise UnsupportedError(READER, "a semidefinite matrix beyond 3 by 3")
    relations: list[Node] = [Rel("==", rows[i][j], rows[j][i]) for i in range(size) for j in range(i)]
    for mask in range(1, 2**size):
        chosen = [i for i in range(size) if mask >> i & 1]
        relations.append(Rel(">=", _determinant([[rows[i][j] for j in chosen] for i in chosen]), ZERO))
    return relations


def _determinant(rows: list[list[Node]]) -> Node:
    if len(rows) == 1:
        return rows[0][0]
    terms = []
    for j, entry in enumerate(rows[0]):
        minor = _determinant([row[:j] + row[j + 1 :] for row in rows[1:]])
        terms.append(times((entry, minor)) if j % 2 == 0 else negate(times((entry, minor))))
    return plus(terms)


def _matrix(value: Node, name: str) -> list[list[Node]]:
    if _depth(value) != 2:
        raise UnsupportedError(READER, f"{name} of what is not a matrix")
    return [_entries(row) for row in value.children()]


def _square(value: Node, name: str) -> list[list[Node]]:
    rows = _matrix(value, name)
    if any(len(row) != len(rows) for row in rows) or len(rows) > MAX_MINORS:
        raise UnsupportedError(READER, f"{name} of a matrix that is not square or beyond {MAX_MINORS} by {MAX_MINORS}")
    return rows


def _vec(rows: Sequence[Sequence[Node]]) -> Node:
    return Vec(tuple(Vec(tuple(row)) for row in rows))


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
        if not (isinstance(lo, Num) and isinstance(hi, Num)) or hi.value - lo.value >= MAX_COMPONENTS:
            raise UnsupportedError(READER, f"a {node.kind} over components between symbolic ends")
        terms = tuple(
            self.of(instantiate(node.body, num(k))) for k in range(int(lo.value), int(hi.value) + 1)
        )
        return _zip(plus if node.kind == "Sum" else times, terms) if terms else ZERO if node.kind == "Sum" else ONE

    def _function(self, node: Fn, name: str, args: tuple[Node, ...]) -> Node:
        if name in ("grad", "hessian"):
            return self._gradient(name, args)
        values = tuple(self.of(arg) for arg in args)
        rule = _RULES.get(name)
        if rule is not None:
            return rule(values)
        kind = FUNCTIONS[name].kind
        if kind == "scalar" or (name in ("max", "min") and len(values) > 1):
            return _zip(node.rebuild, values)
        if name in ("max", "min"):
            entries = tuple(_entries(values[0]))
            return entries[0] if len(entries) == 1 else Fn(name, entries)
        raise UnsupportedError(READER, f"{name}(...)")

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
        entries = _entries(coordinates)
        return _vec([[along(part, coordinate) for coordinate in entries] for part in _entries(first)])


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


def _indicator(entry: Node) -> Node:
    return Piecewise(((entry, ONE),), ZERO) if is_condition(entry) else entry


def _sum(values: tuple[Node, ...]) -> Node:
    return plus([_indicator(entry) for entry in _entries(values[0])])


def _mean(values: tuple[Node, ...]) -> Node:
    return times((Num(Fraction(1, len(_entries(values[0])))), _sum(values)))


def _norm(values: tuple[Node, ...]) -> Node:
    return Pow(plus([Pow(entry, num(2)) for entry in _entries(values[0])]), HALF)


def _vector_norm(values: tuple[Node, ...]) -> Node:
    if _depth(values[0]) == 2:
        raise UnsupportedError(READER, "the largest singular value")
    return _norm(values)


def _absolute(name: str) -> Callable[[tuple[Node, ...]], Node]:
    def rule(values: tuple[Node, ...]) -> Node:
        if _depth(values[0]) == 2:
            raise UnsupportedError(READER, "this norm of a matrix")
        entries = tuple(fn("abs", entry) for entry in _entries(values[0]))
        return entries[0] if len(entries) == 1 else plus(entries) if name == "sum" else Fn(name, entries)

    return rule


def _inner(values: tuple[Node, ...]) -> Node:
    if _depth(values[0]) != 1 or _depth(values[1]) != 1:
        raise UnsupportedError(READER, "dot of what are not two vectors")
    return _dot(_entries(values[0]), _entries(values[1]))


def _matmul(values: tuple[Node, ...]) -> Node:
    left, right = values
    if _depth(left) == 0 or _depth(right) == 0:
        raise UnsupportedError(READER, "@ with a scalar")
    rows = _matrix(left, "@") if _depth(left) == 2 else [_entries(left)]
    columns = [list(column) for column in zip(*_matrix(right, "@"), strict=True)] if _depth(right) == 2 else [_entries(right)]
    table = [[_dot(row, column) for column in columns] for row in rows]
    if _depth(left) == 1:
        return table[0][0] if _depth(right) == 1 else Vec(tuple(table[0]))
    return Vec(tuple(row[0] for row in table)) if _depth(right) == 1 else _vec(table)


def _transpose(values: tuple[Node, ...]) -> Node:
    return values[0] if _depth(values[0]) < 2 else _vec(list(zip(*_matrix(values[0], ".T"), strict=True)))


def _trace(values: tuple[Node, ...]) -> Node:
    return plus([row[i] for i, row in enumerate(_matrix(values[0], "trace"))])


def _det(values: tuple[Node, ...]) -> Node:
    return _determinant(_square(values[0], "det"))


def _inv(values: tuple[Node, ...]) -> Node:
    rows = _square(values[0], "inv")
    over = reciprocal(_determinant(rows))
    if len(rows) == 1:
        return _vec([[over]])

    def cofactor(i: int, j: int) -> Node:
        minor = _determinant([row[:j] + row[j + 1 :] for k, row in enumerate(rows) if k != i])
        return minor if (i + j) % 2 == 0 else negate(minor)

    return _vec([[times((cofactor(j, i), over)) for j in range(len(rows))] for i in range(len(rows))])


def _entropy(values: tuple[Node, ...]) -> Node:
    terms = []
    for p in _entries(values[0]):
        terms.append(negate(Piecewise(((Rel("==", p, ZERO), ZERO),), times((p, fn("log", p))))))
    return plus(terms)


_RULES: Mapping[str, Callable[[tuple[Node, ...]], Node]] = {
    "sum": _sum,
    "mean": _mean,
    "norm": _norm,
    "norm_fro": _norm,
    "norm_2": _vector_norm,
    "norm_1": _absolute("sum"),
    "norm_oo": _absolute("max"),
    "dot": _inner,
    "matmul": _matmul,
    "transpose": _transpose,
    "trace": _trace,
    "det": _det,
    "inv": _inv,
    "solve": lambda values: _matmul((_inv(values[:1]), values[1])),
    "logsumexp": lambda values: fn("log", plus([fn("exp", entry) for entry in _entries(values[0])])),
    "entropy": _entropy,
}
