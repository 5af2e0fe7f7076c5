"""What one evaluation of a formula costs: shape, operations and memory, from the tree alone.

The one idea to know: a shape is followed upwards from the symbols without making an array, so that a matrix of 10^18 entries
is counted and never allocated.  Light on purpose (no numpy, no JAX).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from checker.expr.functions import FUNCTIONS
from checker.expr.node import Binder, Bound, Fn, Node, Num, Piecewise, Subscript, Sym, Vec
from checker.spec.constants import rough

Shape = tuple[float, ...]
FUNCTION_OPERATIONS = 20.0
"""An exponential, a logarithm or a power counts as this many additions."""
_CUBIC: Mapping[str, float] = {
    "det": 1.0, "inv": 3.0, "solve": 2.0, "eigenvalues": 10.0, "eigenvectors": 20.0, "norm_2": 20.0, "norm_nuc": 20.0,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Work:
    """Of one evaluation: the shape of the value, floating-point operations, and the bytes of all intermediate arrays."""

    shape: Shape
    operations: float
    bytes: float


def work_of(node: Node, shapes: Mapping[str, Shape], values: Mapping[str, float]) -> Work:
    """The work of ``node`` where each symbol has the shape ``shapes`` (a scalar if it is not listed).

    ``values`` are numbers for the symbols in the ends of sums; an end that is not known counts as 1000 terms.
    """
    return _Counter(shapes, values).whole(node)


class _Counter:
    def __init__(self, shapes: Mapping[str, Shape], values: Mapping[str, float]) -> None:
        self.shapes = shapes
        self.values = values
        self.operations = 0.0
        self.bytes = 0.0
        self.seen: dict[Node, Shape] = {}

    def whole(self, node: Node) -> Work:
        shape = self.of(node)
        return Work(shape, self.operations, self.bytes)

    def of(self, node: Node) -> Shape:
        if node not in self.seen:
            shape = self._shape(node)
            self.seen[node] = shape
            if not isinstance(node, Sym | Num | Bound):
                self.bytes += 8.0 * math.prod(shape)
        return self.seen[node]

    def _shape(self, node: Node) -> Shape:
        match node:
            case Sym(name):
                return self.shapes.get(name, ())
            case Vec(args):
                inner = [self.of(arg) for arg in args]
                return (float(len(args)), *max(inner, key=len, default=()))
            case Subscript(base, index):
                for part in index:
                    self.of(part)
                return self.of(base)[len(index) :]
            case Binder():
                return self._binder(node)
            case Fn(name, args):
                return self._function(name, args)
            case Piecewise():
                shapes = [self.of(child) for child in node.children()]
        shapes = [self.of(child) for child in node.children()]
        shape = _together(shapes)
        each = FUNCTION_OPERATIONS if type(node).__name__ == "Pow" else float(max(1, len(shapes)))
        self.operations += each * math.prod(shape)
        return shape

    def _binder(self, node: Binder) -> Shape:
        first, last = (rough(end, self.values) for end in (node.lo, node.hi))
        terms = 1000.0 if first is None or last is None or not math.isfinite(last) else max(0.0, last - first + 1)
        inside = _Counter(self.shapes, self.values)
        inside.seen = {}
        work = inside.whole(node.body)
        self.operations += terms * (work.operations + math.prod(work.shape))
        self.bytes += terms * work.bytes
        return work.shape

    def _function(self, name: str, args: tuple[Node, ...]) -> Shape:
        if name in ("grad", "hessian"):
            variable = self.of(args[1])
            inside = _Counter(self.shapes, self.values).whole(args[0])
            size = math.prod(variable)
            factor = 4.0 if name == "grad" else 8.0 * size
            self.operations += factor * inside.operations
            self.bytes += factor * inside.bytes
            return variable if name == "grad" else (size, size)
        shapes = [self.of(arg) for arg in args]
        shape = shapes[0] if shapes else ()
        entries = math.prod(max(shapes, key=math.prod, default=()))
        row = FUNCTIONS.get(name)
        kind = row.kind if row is not None else "scalar"
        if name == "matmul" and len(shapes) == 2:
            left, right = shapes
            self.operations += 2 * math.prod(left) * (right[-1] if len(right) > 1 else 1.0)
            return (*left[:-1], *right[1:])
        if name in _CUBIC:
            small, large = (min(shape, default=1.0), max(shape, default=1.0))
            self.operations += _CUBIC[name] * small * small * large + entries
            self.bytes += 24.0 * math.prod(shape)  # factorisations work on copies
            if name == "solve" and len(shapes) == 2:
                return shapes[1]
            return {"inv": shape, "eigenvectors": shape, "eigenvalues": shape[:1]}.get(name, ())
        self.operations += FUNCTION_OPERATIONS * entries
        if name == "transpose":
            return tuple(reversed(shape))
        if kind == "matrix":
            return shape
        if kind == "reduction" and not (name in ("max", "min") and len(shapes) > 1):
            return ()
        return () if kind == "estimator" else _together(shapes)


def _together(shapes: list[Shape]) -> Shape:
    """The shape that arrays combine to entry by entry: aligned at their last axes."""
    found: list[float] = []
    for place in range(1, max(map(len, shapes), default=0) + 1):
        found.append(max(shape[-place] for shape in shapes if len(shape) >= place))
    return tuple(reversed(found))
