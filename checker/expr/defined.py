"""Where a formula is defined: the conditions its raw tree asks for, before anybody simplifies ``x/x`` to 1.

Each condition is a relation (or a disjunction, where a guard stands before it) that has to hold on the whole domain.
What cannot be said by relations is the business of whoever evaluates it: convergence of improper integrals and
infinite sums, and that the body of a limit is defined near its point.
"""

from __future__ import annotations

from collections.abc import Mapping

from checker.expr.build import contrary
from checker.expr.domain import Domain
from checker.expr.evident import is_evident, is_integer, sign
from checker.expr.functions import FUNCTIONS, fn
from checker.expr.node import (
    INFINITY,
    MINUS_ONE,
    ZERO,
    And,
    Binder,
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
    symbols_of,
    walk,
)

_MINUS_INFINITY = Mul((MINUS_ONE, INFINITY))


def conditions(node: Node, domains: Mapping[str, Domain] | None = None) -> tuple[Node, ...]:
    """The definedness conditions of ``node``, each once, in reading order; none means defined everywhere.

    A condition inside a branch of a conditional comes as ``not guard or condition``.  Inside an integral or sum the
    variable becomes a free symbol with a name no author can write (``x'1``), guarded by its range (of an integral the
    open one), and by integrality for sums.  For an array argument a condition is meant entry by entry.  A condition
    that is evident from literals, guards and ``domains`` is left out; one that plainly fails stays.
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
        self.nonempty: set[str] = set()  # variables whose range evidently has a point

    def require(self, condition: Node, guards: tuple[Node, ...]) -> None:
        if not is_evident(condition, self.domains) and not any(_implies(guard, condition) for guard in guards):
            # the range of a variable that the condition does not mention matters only if it may be empty
            idle = {name for name in self.nonempty if name not in symbols_of(condition)}
            kept = [contrary(guard) for guard in guards if not idle & symbols_of(guard)]
            flat = (part for item in (*kept, condition) for part in (item.args if isinstance(item, Or) else (item,)))
            parts = tuple(dict.fromkeys(flat))
            self.found[parts[0] if len(parts) == 1 else Or(parts)] = None

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
            if (
                isinstance(second, Rel)
                and second.op == "!="
                and isinstance(second.left, Fn)
                and second.left.name == "floor"
            ):
                return first if is_integer(second.right, self.domains) else condition
        return condition

    def _power(self, base: Node, exponent: Node, guards: tuple[Node, ...]) -> None:
        if sign(base, self.domains) == "+":
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
        if is_integer(exponent, self.domains):
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
        if _in_order(node.lo, node.hi) and node.lo != node.hi:
            self.nonempty.add(variable.name)
        lo, hi = (end.value if isinstance(end, Num) else None for end in (node.lo, node.hi))
        if node.kind == "Integral":
            inside: Node = _between(node.lo, variable, node.hi)
            if not _in_order(node.lo, node.hi):
                inside = Or((inside, _between(node.hi, variable, node.lo)))
                lo, hi = None, None
            self.domains = {**self.domains, variable.name: Domain(lo, hi, lo_open=True, hi_open=True)}
            self.visit(body, (*guards, inside) if inside != And(()) else guards)
            return
        ends = [Rel("==", fn("floor", variable), variable)]
        if node.lo != _MINUS_INFINITY:
            ends.append(Rel("<=", node.lo, variable))
        if node.hi != INFINITY:
            ends.append(Rel("<=", variable, node.hi))
        self.domains = {**self.domains, variable.name: Domain(lo, hi, integer=True)}
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


def _implies(guard: Node, condition: Node) -> bool:
    """``x > 0`` implies ``x != 0``; a conjunction implies its parts."""
    if isinstance(guard, And):
        return any(_implies(part, condition) for part in guard.args)
    if guard == condition:
        return True
    if (
        isinstance(guard, Rel)
        and isinstance(condition, Rel)
        and (guard.left, guard.right) == (condition.left, condition.right)
    ):
        return condition.op in {">": (">=", "!="), "<": ("<=", "!="), "==": (">=", "<=")}.get(guard.op, ())
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
