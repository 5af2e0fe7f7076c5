"""Formulas with their integrals and sums replaced by closed forms, each with the evidence that it is one.

The one idea to know: a closed form is itself proved (see ``closed_integral`` and ``closed_sum``), so the rest of an
obligation may be proved of the formula without binders; what has no closed form stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from checker.expr.domain import Domain
from checker.expr.errors import UnsupportedError
from checker.expr.node import (
    ZERO,
    Binder,
    Limit,
    Node,
    Num,
    Sym,
    add,
    instantiate,
    map_children,
    num,
    sub,
    substitute,
    symbols_of,
    walk,
)
from checker.expr.rational import is_zero
from checker.prove.binders import is_few
from checker.prove.closed_integral import closed_integral
from checker.prove.closed_sum import closed_sum
from checker.prove.kink_pieces import domain_of, within
from checker.prove.outcome import Evidence

Found = tuple[Node, tuple[Evidence, ...]]


class Closer:
    """Closed forms under fixed domains and hypotheses; each binder is looked at once."""

    def __init__(self, domains: Mapping[str, Domain], given: Sequence[Node] = ()) -> None:
        self.domains = dict(domains)
        self.given = tuple(given)
        self.memo: dict[tuple[object, ...], Found | None] = {}
        self.evidence: list[Evidence] = []
        self.depth = 0

    def of(self, node: Node) -> Node:
        """``node`` with every binder that has a closed form replaced; what was used is added to ``evidence``."""
        if isinstance(node, Binder) and not is_few(node):
            found = self.binder(node, self.domains, self.given)
            if found is not None:
                self.evidence += [item for item in found[1] if item not in self.evidence]
                return found[0]
            return node
        if isinstance(node, Limit):
            return node
        return map_children(node, self.of)

    def binder(self, node: Binder, domains: Mapping[str, Domain], given: Sequence[Node]) -> Found | None:
        """The closed form of one binder for all values of the symbols in ``domains`` under ``given``."""
        key = (node, tuple(sorted((name, domains[name]) for name in symbols_of(node) if name in domains)), tuple(given))
        if key not in self.memo:
            self.memo[key] = None
            self.memo[key] = self._closed(node, domains, given)
        return self.memo[key]

    def _closed(self, node: Binder, domains: Mapping[str, Domain], given: Sequence[Node]) -> Found | None:
        self.depth += 1
        name = f"y'{self.depth}"
        body = instantiate(node.body, Sym(name))
        evidence: tuple[Evidence, ...] = ()
        try:
            inner = [part for part in walk(body) if isinstance(part, Binder) and not is_few(part)]
            if inner:
                box = {**domains, name: domain_of(node.lo, node.hi)}
                found = self._inside(body, box, (*given, *within(name, node.lo, node.hi)))
                if found is None:
                    return None
                body, evidence = found
            method = {"Integral": closed_integral, "Sum": closed_sum}.get(node.kind)
            closed = None if method is None else method(body, name, node.lo, node.hi, domains, given)
        except (UnsupportedError, RecursionError):
            return None
        return None if closed is None else (closed[0], (*evidence, *closed[1]))

    def _inside(self, body: Node, domains: Mapping[str, Domain], given: Sequence[Node]) -> Found | None:
        """Inner binders first, with the outer variable as one more parameter."""
        if isinstance(body, Binder) and not is_few(body):
            return self.binder(body, domains, given)
        evidence: tuple[Evidence, ...] = ()
        children: list[Node] = []
        for child in body.children():
            if not any(isinstance(part, Binder) for part in walk(child)):
                children.append(child)
                continue
            found = self._inside(child, domains, given)
            if found is None:
                return None
            children.append(found[0])
            evidence += found[1]
        return (body.rebuild(tuple(children)) if children else body), evidence


def by_induction(difference: Node, domains: Mapping[str, Domain]) -> Found | None:
    """``difference == 0`` for every integer value of a symbol that is the upper end of its sums, by induction.

    Shown: it is 0 at the symbol's least value, and ``D(n + 1) - D(n)`` is 0 once ``S(n + 1) = S(n) + a(n + 1)`` is written
    in.  The sums' summands and lower ends must not depend on the symbol.  ``None`` where that does not go through.
    """
    sums = [part for part in walk(difference) if isinstance(part, Binder) and not is_few(part)]
    names = {part.hi.name for part in sums if isinstance(part.hi, Sym)}
    if len(names) != 1 or not all(part.kind == "Sum" and isinstance(part.hi, Sym) for part in sums):
        return None
    (name,) = names
    domain = domains.get(name, Domain())
    if not domain.integer or domain.lo is None or domain.lo.denominator != 1:
        return None
    start = int(domain.lo)
    if any(name in symbols_of(part.body) or name in symbols_of(part.lo) for part in sums):
        return None
    if any(not isinstance(part.lo, Num) or part.lo.value > start + 1 for part in sums):
        return None
    following = substitute(difference, {name: add(Sym(name), num(1))})
    for part in sums:
        longer = substitute(part, {name: add(Sym(name), num(1))})
        step = add(part, instantiate(part.body, add(Sym(name), num(1))))
        following = _swap(following, longer, step)
    base = substitute(difference, {name: num(start)})
    if is_zero(base, domains) is not True or is_zero(sub(following, difference), domains) is not True:
        return None
    note = Evidence(
        "induction", f"left - right at {name} = {start}, and its step from {name} to {name} + 1",
        "both identically 0 by the rational normal form",
    )
    return ZERO, (note,)


def _swap(node: Node, part: Node, by: Node) -> Node:
    return by if node == part else map_children(node, lambda child: _swap(child, part, by))
