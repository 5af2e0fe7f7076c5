"""What each reduction and matrix function is in components: sums and products of scalars.

An array is a ``Vec`` of its entries and a matrix a ``Vec`` of rows; every rule takes expanded arguments and gives an
expanded result, or says that there is no formula in components.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import TypeAlias

from checker.expr.build import is_condition, negate, plus, reciprocal, times
from checker.expr.errors import UnsupportedError
from checker.expr.functions import HALF, fn
from checker.expr.node import ONE, ZERO, Fn, Node, Num, Piecewise, Pow, Rel, Vec, num

READER = "the expansion into components"
MAX_MINORS = 4  # largest matrix whose determinant is written out
MAX_TRACE = 64

Rule: TypeAlias = Callable[[tuple[Node, ...]], Node]


def depth_of(value: Node) -> int:
    """0 for a scalar, 1 for a vector, 2 for a matrix."""
    return 1 + depth_of(value.args[0]) if isinstance(value, Vec) else 0


def entries_of(value: Node) -> list[Node]:
    """All scalars of an array, row by row."""
    return [entry for part in value.args for entry in entries_of(part)] if isinstance(value, Vec) else [value]


def inner_product(left: Sequence[Node], right: Sequence[Node]) -> Node:
    """The sum of products; raises ``UnsupportedError`` for different lengths."""
    if len(left) != len(right):
        raise UnsupportedError(READER, f"a product of lengths {len(left)} and {len(right)}")
    return plus([times((a, b)) for a, b in zip(left, right, strict=True)])


def determinant(rows: list[list[Node]]) -> Node:
    """The determinant, expanded along the first row."""
    if len(rows) == 1:
        return rows[0][0]
    terms = []
    for j, entry in enumerate(rows[0]):
        minor = determinant([row[:j] + row[j + 1 :] for row in rows[1:]])
        terms.append(times((entry, minor)) if j % 2 == 0 else negate(times((entry, minor))))
    return plus(terms)


def _matrix(value: Node, name: str) -> list[list[Node]]:
    if depth_of(value) != 2:
        raise UnsupportedError(READER, f"{name} of what is not a matrix")
    return [entries_of(row) for row in value.children()]


def _square(value: Node, name: str, most: int = MAX_MINORS) -> list[list[Node]]:
    rows = _matrix(value, name)
    if any(len(row) != len(rows) for row in rows) or len(rows) > most:
        raise UnsupportedError(READER, f"{name} of a matrix that is not square or beyond {most} by {most}")
    return rows


def as_matrix(rows: Sequence[Sequence[Node]]) -> Node:
    """The node of a table of entries."""
    return Vec(tuple(Vec(tuple(row)) for row in rows))


def _indicator(entry: Node) -> Node:
    return Piecewise(((entry, ONE),), ZERO) if is_condition(entry) else entry


def _sum(values: tuple[Node, ...]) -> Node:
    return plus([_indicator(entry) for entry in entries_of(values[0])])


def _mean(values: tuple[Node, ...]) -> Node:
    return times((Num(Fraction(1, len(entries_of(values[0])))), _sum(values)))


def _norm(values: tuple[Node, ...]) -> Node:
    return Pow(plus([Pow(entry, num(2)) for entry in entries_of(values[0])]), HALF)


def _two_by_two(value: Node, name: str) -> list[list[Node]]:
    rows = _matrix(value, name)
    if len(rows) != 2 or len(rows[0]) != 2:
        raise UnsupportedError(READER, f"{name} of a matrix other than 2 by 2")
    return rows


def _radii(value: Node, name: str) -> tuple[Node, Node]:
    """``s1 + s2`` and ``s1 - s2`` of the singular values up to order: squared, the sum of squares plus or minus 2*det."""
    (a, b), (c, d) = _two_by_two(value, name)
    pairs = ((a, d, b, negate(c)), (a, negate(d), b, c))
    p, q = (Pow(plus([Pow(plus([w, x]), num(2)), Pow(plus([y, z]), num(2))]), HALF) for w, x, y, z in pairs)
    return p, q


def _spectral_norm(values: tuple[Node, ...]) -> Node:
    if depth_of(values[0]) < 2:
        return _norm(values)
    return times((HALF, plus(_radii(values[0], "the largest singular value"))))


def _nuclear_norm(values: tuple[Node, ...]) -> Node:
    return fn("max", *_radii(values[0], "the nuclear norm"))


def eigenvalues(value: Node, same: Callable[[Node, Node], bool]) -> Node:
    """The eigenvalues of a symmetric 1 by 1 or 2 by 2 matrix, ascending; ``same`` tells whether two entries are equal."""
    if depth_of(value) == 2 and len(entries_of(value)) == 1:
        return Vec(tuple(entries_of(value)))
    (a, b), (c, d) = _two_by_two(value, "eigenvalues")
    if not same(b, c):
        raise UnsupportedError(READER, "eigenvalues of a matrix that is not evidently symmetric")
    centre = times((HALF, plus([a, d])))
    gap = Pow(plus([Pow(plus([a, negate(d)]), num(2)), times((num(4), Pow(b, num(2))))]), HALF)
    return Vec((plus([centre, times((Num(Fraction(-1, 2)), gap))]), plus([centre, times((HALF, gap))])))


def _absolute(name: str) -> Rule:
    def rule(values: tuple[Node, ...]) -> Node:
        if depth_of(values[0]) == 2:
            raise UnsupportedError(READER, "this norm of a matrix")
        entries = tuple(fn("abs", entry) for entry in entries_of(values[0]))
        return entries[0] if len(entries) == 1 else plus(entries) if name == "sum" else Fn(name, entries)

    return rule


def _inner(values: tuple[Node, ...]) -> Node:
    if depth_of(values[0]) != 1 or depth_of(values[1]) != 1:
        raise UnsupportedError(READER, "dot of what are not two vectors")
    return inner_product(entries_of(values[0]), entries_of(values[1]))


def _columns(value: Node) -> list[list[Node]]:
    return [list(column) for column in zip(*_matrix(value, "@"), strict=True)]


def _matmul(values: tuple[Node, ...]) -> Node:
    left, right = values
    if depth_of(left) == 0 or depth_of(right) == 0:
        raise UnsupportedError(READER, "@ with a scalar")
    rows = _matrix(left, "@") if depth_of(left) == 2 else [entries_of(left)]
    columns = _columns(right) if depth_of(right) == 2 else [entries_of(right)]
    table = [[inner_product(row, column) for column in columns] for row in rows]
    if depth_of(left) == 1:
        return table[0][0] if depth_of(right) == 1 else Vec(tuple(table[0]))
    return Vec(tuple(row[0] for row in table)) if depth_of(right) == 1 else as_matrix(table)


def _transpose(values: tuple[Node, ...]) -> Node:
    return values[0] if depth_of(values[0]) < 2 else as_matrix(list(zip(*_matrix(values[0], ".T"), strict=True)))


def _offdiagonal(values: tuple[Node, ...]) -> Node:
    rows = _square(values[0], "offdiagonal", MAX_TRACE)
    return as_matrix([[ZERO if i == j else entry for j, entry in enumerate(row)] for i, row in enumerate(rows)])


def _unit_rows(values: tuple[Node, ...]) -> Node:
    rows = _matrix(values[0], "unit_rows")
    return as_matrix([[times((entry, reciprocal(_norm((Vec(tuple(row)),))))) for entry in row] for row in rows])


def _trace(values: tuple[Node, ...]) -> Node:
    return plus([row[i] for i, row in enumerate(_square(values[0], "trace", MAX_TRACE))])


def _det(values: tuple[Node, ...]) -> Node:
    return determinant(_square(values[0], "det"))


def _inv(values: tuple[Node, ...]) -> Node:
    rows = _square(values[0], "inv")
    over = reciprocal(determinant(rows))
    if len(rows) == 1:
        return as_matrix([[over]])

    def cofactor(i: int, j: int) -> Node:
        minor = determinant([row[:j] + row[j + 1 :] for k, row in enumerate(rows) if k != i])
        return minor if (i + j) % 2 == 0 else negate(minor)

    return as_matrix([[times((cofactor(j, i), over)) for j in range(len(rows))] for i in range(len(rows))])


def _entropy(values: tuple[Node, ...]) -> Node:
    terms = []
    for p in entries_of(values[0]):
        terms.append(negate(Piecewise(((Rel("==", p, ZERO), ZERO),), times((p, fn("log", p))))))
    return plus(terms)


RULES: Mapping[str, Rule] = {
    "sum": _sum,
    "mean": _mean,
    "norm": _norm,
    "norm_fro": _norm,
    "norm_2": _spectral_norm,
    "norm_nuc": _nuclear_norm,
    "norm_1": _absolute("sum"),
    "norm_oo": _absolute("max"),
    "dot": _inner,
    "matmul": _matmul,
    "transpose": _transpose,
    "offdiagonal": _offdiagonal,
    "unit_rows": _unit_rows,
    "trace": _trace,
    "det": _det,
    "inv": _inv,
    "solve": lambda values: _matmul((_inv(values[:1]), values[1])),
    "logsumexp": lambda values: fn("log", plus([fn("exp", entry) for entry in entries_of(values[0])])),
    "entropy": _entropy,
}
