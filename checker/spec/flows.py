"""Flows: a named vector field, and the total derivative ``along(expression, flow)`` of an expression along it.

``descent: {flow: {a: -b, b: -a}}`` and ``show: along(a**2 - b**2, descent) == 0``: by the chain rule
along(e, f) = sum_i de/dx_i f_i.  The parser reads ``along`` as a definition; it is carried out here, right afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from checker.expr.defined import conditions
from checker.expr.derive import diff, times, total
from checker.expr.domain import REAL, Domain
from checker.expr.errors import ExpressionError
from checker.expr.kinks import kinks
from checker.expr.namespace import Definition
from checker.expr.node import Fn, Node, Sym, map_children, symbols_of, walk

Flow: TypeAlias = tuple[tuple[str, Node], ...]
"""Each unknown and its time derivative."""

ALONG = "along"
DEFINITION = {ALONG: Definition(("expression", "flow"), Fn(ALONG, (Sym("expression"), Sym("flow"))))}


def names(flows: Mapping[str, Flow]) -> dict[str, Domain]:
    """The flows as names that the parser knows."""
    return dict.fromkeys(flows, REAL)


def carried_out(node: Node, flows: Mapping[str, Flow], asked: list[Node]) -> Node:
    """``node`` with every ``along`` replaced by the derivative it stands for; what those ask for goes to ``asked``.

    Raises ``ExpressionError`` where the second argument is no flow, or a flow stands anywhere else, and
    ``UnsupportedError`` where there is no rule for the derivative.
    """
    if not flows:
        return node

    def visit(current: Node) -> Node:
        if not isinstance(current, Fn) or current.name != ALONG:
            return map_children(current, visit)
        body, flow = current.args
        if not isinstance(flow, Sym) or flow.name not in flows:
            raise ExpressionError("along needs a flow", expected=f"along(expression, {next(iter(flows))})")
        inner = visit(body)
        asked.extend(conditions(inner))
        for unknown, _ in flows[flow.name]:
            asked.extend(kinks(inner, unknown))
        return total(*(times(diff(inner, unknown), rate) for unknown, rate in flows[flow.name]))

    result = visit(node)
    left = sorted(symbols_of(result) & flows.keys())
    if left or any(isinstance(part, Fn) and part.name == ALONG for part in walk(result)):
        raise ExpressionError(
            "a flow stands only in along", found=left[0] if left else ALONG, expected="along(e, flow)"
        )
    return result
