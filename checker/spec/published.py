"""Names that a run gives a value: sizes that follow from shapes, and which names vary along the sweep."""

from __future__ import annotations

from collections.abc import Mapping

from checker.expr.namespace import Law
from checker.expr.node import Node, Sym, num, symbols_of
from checker.simulate.leaves import Component, nodes_in
from checker.simulate.observable_spec import ObservableSpec
from checker.spec.claim import Reference
from checker.spec.references import needs, outputs
from checker.spec.scope import Scope

DATA_NAMES = frozenset(
    {"X", "y", "X1", "X2", "direction", "X_validation", "y_validation", "planes", "pairs", "one_vs_all"}
)
"""What data publish: drawn once per seed, the same along the sweep unless a parameter of the data is swept."""


def size_node(size: int | str) -> Node:
    """A size for the parser's shapes; what only the run knows is a symbol of its own."""
    return num(size) if isinstance(size, int) else Sym("size")


def size_names(scope: Scope, published: Mapping[str, ObservableSpec], params: Component) -> frozenset[str]:
    """Size symbols that get their value from the run: named in the declared shape of what it publishes, or given."""
    shapes = (scope.symbols[name].shape for name in published if name in scope.symbols)
    named = frozenset(size.name for shape in shapes for size in shape if isinstance(size, Sym))
    return named | frozenset(getattr(params, "sizes", ()))


def moving_names(
    published: Mapping[str, ObservableSpec],
    params: Component,
    solved: Mapping[str, Reference],
    swept: frozenset[str],
    laws: Mapping[str, Law],
) -> frozenset[str]:
    """Names that vary along the sweep: all but data, drawn symbols, and references that mention no such name."""
    drawn = frozenset(getattr(params, "draw", ()))
    ranges = tuple(getattr(params, "ranges", {}).values())
    parameters = tuple(parameter for law in laws.values() for parameter in law.parameters)
    data = (symbols_of(node) for node in (*nodes_in(getattr(params, "data", None)), *nodes_in(ranges), *parameters))
    fixed: frozenset[str] = frozenset() if frozenset().union(*data) & swept else DATA_NAMES | drawn
    moving = set(swept) | (set(published) - fixed)
    for reference in solved.values():
        if needs(reference) & moving:
            moving |= set(outputs(reference))
    return frozenset(moving)
