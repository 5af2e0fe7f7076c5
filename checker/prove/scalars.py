"""Obligations over vectors of known size become obligations over their components, once, before any prover looks.

The one idea to know: component ``i`` of a vector ``u`` is the scalar symbol ``u[i]`` with the domain of the vector's entries;
row constraints (``rows: unit``, ``simplex``) turn into hypotheses.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from checker.expr.domain import Domain
from checker.expr.kinks import in_basic_steps
from checker.expr.node import Fn, Node, Subscript, Vec, walk
from checker.prove.obligation import Obligation

_VECTOR_FUNCTIONS = frozenset({"sum", "mean", "dot", "norm", "matmul", "transpose", "trace", "det", "inv", "solve"})


def scalar_obligation(obligation: Obligation) -> Obligation:
    """The same obligation over scalar symbols; raises ``UnsupportedError`` where a size is not a number.

    ``clip``, ``ceil`` and ``round`` become what they are defined by, so that no prover has to know them.
    """
    given = tuple(map(in_basic_steps, obligation.given))
    obligation = dataclasses.replace(obligation, question=_mapped(obligation.question, in_basic_steps), given=given)
    nodes = [*_nodes(obligation.question), *obligation.given]
    shaped = any(domain.shape for domain in obligation.domains.values())
    if not shaped and not any(_is_vector(part) for node in nodes for part in walk(node)):
        return obligation
    from checker.expr.vectors import array_relations, expand, expand_domains

    def lower(node: Node) -> Node:
        return expand(node, obligation.domains)

    return Obligation(
        _mapped(obligation.question, lower),
        expand_domains(obligation.domains),
        (*(lower(node) for node in obligation.given), *array_relations(obligation.domains)),
    )


def _is_vector(node: Node) -> bool:
    if isinstance(node, Vec | Subscript):
        return True
    return isinstance(node, Fn) and (node.name in _VECTOR_FUNCTIONS or node.name.startswith(("norm_", "logsumexp", "entropy")))


def _nodes(value: object) -> list[Node]:
    """Every node among the fields of a question."""
    if isinstance(value, Node):
        return [value]
    if isinstance(value, Mapping):
        return [node for item in value.values() for node in _nodes(item)]
    if isinstance(value, tuple | list):
        return [node for item in value for node in _nodes(item)]
    if dataclasses.is_dataclass(value) and not isinstance(value, type | Domain):
        return [node for field in dataclasses.fields(value) for node in _nodes(getattr(value, field.name))]
    return []


def _mapped(value: Any, function: Callable[[Node], Node]) -> Any:
    """A question with ``function`` applied to each node in it."""
    if isinstance(value, Node):
        return function(value)
    if isinstance(value, Mapping):
        return {key: _mapped(item, function) for key, item in value.items()}
    if isinstance(value, tuple):
        return tuple(_mapped(item, function) for item in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        changes = {field.name: _mapped(getattr(value, field.name), function) for field in dataclasses.fields(value)}
        return dataclasses.replace(value, **changes)
    return value
