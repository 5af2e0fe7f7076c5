"""Definitions that are not formulas: numbers defined by an equation or as an optimum, and flows.

The one idea to know: such a number becomes a symbol whose domain is the interval it was looked for in, with its
equation as a condition; that it exists, once and only once, is an obligation of every claim that uses it.
"""

from __future__ import annotations

import dataclasses

from checker.expr.domain import REAL, Domain
from checker.expr.errors import ExpressionError
from checker.expr.node import ZERO, Node, Rel, Sym, sub, substitute
from checker.spec.constants import exact
from checker.spec.errors import Path, quote
from checker.spec.flows import Flow
from checker.spec.models import header
from checker.spec.models.claims import File
from checker.spec.reporter import Reporter
from checker.spec.scope import Implicit, Scope, with_definitions


def with_implicit(file: File, scope: Scope, clashing: frozenset[str], reporter: Reporter) -> Scope:
    """The scope with the implicit numbers and flows of the file; ``clashing`` definitions are left out."""
    flows: dict[str, Flow] = {}
    for key, definition in file.definitions.items():
        if isinstance(definition, header.Flow) and key not in clashing:
            flow = _flow(key, definition, scope, reporter)
            if flow is not None:
                flows[key] = flow
    scope = with_definitions(dataclasses.replace(scope, flows=flows), scope.texts)
    symbols, found, relations = dict(scope.symbols), {}, list(scope.relations)
    for key, definition in file.definitions.items():
        if isinstance(definition, str | header.Flow) or key in clashing:
            continue
        one = _number(key, definition, scope, reporter)
        if one is None:
            continue
        found[one.name] = one
        lo, hi = exact(one.inside[0]), exact(one.inside[1])
        symbols[one.name] = Domain(lo=lo, hi=hi)
        relations += [Rel(">=", Sym(one.name), one.inside[0])] if lo is None else []
        relations += [Rel("<=", Sym(one.name), one.inside[1])] if hi is None else []
        if one.kind == "solves":
            relations.append(Rel("==", substitute(one.of, {one.symbol: Sym(one.name)}), ZERO))
    scope = dataclasses.replace(scope, symbols=symbols, relations=tuple(relations), implicit=found)
    return with_definitions(scope, scope.texts)


def _flow(key: str, definition: header.Flow, scope: Scope, reporter: Reporter) -> Flow | None:
    path: Path = ("definitions", key, "flow")
    parts: list[tuple[str, Node]] = []
    for name, text in definition.flow.items():
        domain = scope.symbols.get(name)
        if domain is None or domain.shape:
            message = f"{name!r} is no scalar symbol of the file"
            reporter.error((*path, name), message, expected="a declared symbol for each unknown", key=True)
            return None
        try:
            parts.append((name, scope.parse(text)))
        except ExpressionError as error:
            reporter.expression((*path, name), text, error)
            return None
    return tuple(parts)


def _number(
    key: str, definition: header.Solves | header.Maximises | header.Minimises, scope: Scope, reporter: Reporter
) -> Implicit | None:
    path: Path = ("definitions", key)
    name, parameters = header.defined_name(key)
    if parameters:
        reporter.error(path, "a number defined by an equation has no arguments", key=True)
        return None
    kind = next(kind for kind in ("solves", "maximises", "minimises") if hasattr(definition, kind))
    text: str = getattr(definition, kind)
    inner = dataclasses.replace(scope, symbols={**scope.symbols, definition.for_: REAL})
    try:
        of = inner.parse(text)
    except ExpressionError as error:
        reporter.expression((*path, kind), text, error)
        return None
    ends: list[Node] = []
    for index, end in enumerate(definition.in_):
        try:
            ends.append(scope.parse(end))
        except ExpressionError as error:
            reporter.expression((*path, "in", index), end, error)
            return None
    if kind == "solves":
        if not isinstance(of, Rel) or of.op != "==":
            reporter.error((*path, kind), "not an equation", found=quote(text), expected="left == right")
            return None
        of = sub(of.left, of.right)
    return Implicit(name, kind, of, definition.for_, (ends[0], ends[1]))
