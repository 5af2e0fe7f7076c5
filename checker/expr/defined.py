"""Where a formula is defined: the conditions its raw tree asks for, before anybody simplifies ``x/x`` to 1.

Each condition is a relation (or a disjunction, where a guard stands before it) that has to hold on the whole domain.  What
cannot be said by relations is the business of whoever evaluates it: convergence of improper integrals and infinite sums,
and that the body of a limit is defined near its point.
"""

from __future__ import annotations

from collections.abc import Mapping

from checker.expr.build import contrary
from checker.expr.domain import Domain
from checker.expr.functions import FUNCTIONS, fn
from checker.expr.node import (
    INFINITY,
    MINUS_ONE,
    ZERO,
    Add,
    And,
    Binder,
    Const,
    Fn,
    Limit,
    Mul,
    Node,
    Num,
    Or,
    Piecewise,
    Pow,
    Rel,
    Sym,
    instantiate,
    walk,
)

_MINUS_INFINITY = Mul((MINUS_ONE, INFINITY))


def conditions(node: Node, domains: Mapping[str, Domain] | None = None) -> tuple[Node, ...]:
    """The definedness conditions of ``node``, each once, in reading order; none means defined everywhere.

    A condition inside a branch of a conditional comes as ``not guard or condition``.  Inside an integral or sum the
    variable becomes a free symbol with a name no author can write (``x'1``), guarded by its range (of an integral the open
    one), and by integrality for sums.  For an array argument a condition is meant entry by entry.  ``domains`` serves to
    recognise integers.  Conditions on literals that plainly hold are left out; one that plainly fails stays.
    """
    collector = _Collector(domains or {})
    collector.visit(node, ())
    return tuple(collector.found)


class _Collector:
    def __init__(self, domains: Mapping[str, Domain]) -> None:
        self.domains = domains
        self.found: dict[Node, None] = {}
        self.seen: set[tuple[Node, tuple[Node, ...]]] = set()
        self.variables = 0

    def require(self, condition: Node, guards: tuple[Node, ...]) -> None:
        if _plain_truth(condition) is not True:
            self.found[condition if not guards else Or((*map(contrary, guards), condition))] = None

    def visit(self, node: Node, guards: tuple[Node, ...]) -> None:
        if (node, guards) in self.seen:
            return
        self.seen.add((node, guards))
        match node:
            case Piecewise(cases, otherwise):
                before = guards
                for condition, value in cases:
                    self.visit(condition, before)
                    self.visit(value, (*before, condition))
                    before = (*before, contrary(condition))
                self.visit(otherwise, before)
                return
            case And(args) | Or(args):
                # read from the left: `x > 0 and log(x) < 1` asks nothing of x <= 0
                before = guards
                for part in args:
                    self.visit(part, before)
                    before = (*before, part if isinstance(node, And) else contrary(part))
                return
            case Binder():
                self._binder(node, guards)
                return
            case Limit(body, point):
                self.visit(point, guards)
                self._limit(body, guards)
                return
        for child in node.children():
            self.visit(child, guards)
        if isinstance(node, Pow):
            self._power(node.base, node.exponent, guards)
        elif isinstance(node, Fn):
            self._function(node, guards)

    def _function(self, node: Fn, guards: tuple[Node, ...]) -> None:
        defined = FUNCTIONS[node.name].defined
        for condition in defined(node.args) if defined is not None else ():
            self.require(self._without_integers(condition), guards)

    def _without_integers(self, condition: Node) -> Node:
        """``x > 0 or floor(x) != x`` of an integer x is ``x > 0``."""
        if isinstance(condition, Or) and len(condition.args) == 2:
            first, second = condition.args
            if isinstance(second, Rel) and second.op == "!=" and isinstance(second.left, Fn) and second.left.name == "floor":
                return first if self.integer(second.right) else condition
        return condition

    def _power(self, base: Node, exponent: Node, guards: tuple[Node, ...]) -> None:
        if _plainly_positive(base):
            return
        nonzero, positive = Rel("!=", base, ZERO), Rel(">", base, ZERO)
        if isinstance(exponent, Num):
            order = exponent.value
            if order.denominator == 1:
                if order <= 0:
                    self.require(nonzero, guards)
            else:
                self.require(Rel(">=", base, ZERO) if order > 0 else positive, guards)
            return
        growing = Rel(">", exponent, ZERO)
        if self.integer(exponent):
            self.require(Or((nonzero, growing)), guards)
            return
        whole = And((Rel("==", fn("floor", exponent), exponent), nonzero))
        self.require(Or((positive, And((Rel("==", base, ZERO), growing)), whole)), guards)

    def _binder(self, node: Binder, guards: tuple[Node, ...]) -> None:
        self.visit(node.lo, guards)
        self.visit(node.hi, guards)
        self.variables += 1
        variable = Sym(f"x'{self.variables}")
        body = instantiate(node.body, variable)
        if node.kind == "Integral":
            inside: Node = _between(node.lo, variable, node.hi)
            if not _in_order(node.lo, node.hi):
                inside = Or((inside, _between(node.hi, variable, node.lo)))
            self.visit(body, (*guards, inside) if inside != And(()) else guards)
            return
        ends = [Rel("==", fn("floor", variable), variable)]
        if node.lo != _MINUS_INFINITY:
            ends.append(Rel("<=", node.lo, variable))
        if node.hi != INFINITY:
            ends.append(Rel("<=", variable, node.hi))
        self.domains = {**self.domains, variable.name: Domain(integer=True)}
        self.visit(body, (*guards, *ends))

    def _limit(self, body: Node, guards: tuple[Node, ...]) -> None:
        """Only what does not depend on the variable: near the point is not a region that relations can name."""
        inner = _Collector(self.domains)
        inner.variables = self.variables
        marker = Sym("limit'")
        inner.visit(instantiate(body, marker), guards)
        self.variables = inner.variables
        for condition in inner.found:
            if marker not in set(walk(condition)):
                self.found[condition] = None

    def integer(self, node: Node) -> bool:
        """Whether the value is evidently an integer."""
        match node:
            case Num(value):
                return value.denominator == 1
            case Sym(name):
                return name in self.domains and self.domains[name].integer
            case Add(args) | Mul(args):
                return all(self.integer(arg) for arg in args)
            case Pow(base, Num(order)):
                return order.denominator == 1 and order >= 0 and self.integer(base)
            case Fn("floor", _):
                return True
        return False


def _between(lo: Node, variable: Node, hi: Node) -> Node:
    parts = []
    if lo != _MINUS_INFINITY:
        parts.append(Rel("<", lo, variable))
    if hi != INFINITY:
        parts.append(Rel("<", variable, hi))
    return parts[0] if len(parts) == 1 else And(tuple(parts))


def _in_order(lo: Node, hi: Node) -> bool:
    if lo == _MINUS_INFINITY or hi == INFINITY:
        return True
    return isinstance(lo, Num) and isinstance(hi, Num) and lo.value <= hi.value


def _plainly_positive(node: Node) -> bool:
    match node:
        case Num(value):
            return value > 0
        case Const():
            return True
        case Fn(name, _):
            row = FUNCTIONS[name]
            return row.lo is not None and (row.lo > 0 or (row.lo == 0 and row.strict)) and row.kind == "scalar"
        case Mul(args):
            return all(_plainly_positive(arg) for arg in args)
        case Add(args):
            return all(_plainly_positive(arg) for arg in args)
        case Pow(base, _):
            return _plainly_positive(base)
    return False


def _plain_truth(condition: Node) -> bool | None:
    """The truth of a relation with a literal or plainly positive side; ``None`` if it takes a prover."""
    match condition:
        case Rel(op, Num(left), Num(right)):
            return {
                "<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right,
                "==": left == right, "!=": left != right,
            }[op]
        case Rel(">" | ">=" | "!=", left, Num(right)) if right == 0 and _plainly_positive(left):
            return True
        case Or(args):
            truths = [_plain_truth(arg) for arg in args]
            return True if True in truths else None
    return None
