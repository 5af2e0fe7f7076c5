"""z3 on atoms: every transcendental subterm becomes an independent real inside its enclosure, and z3 does the algebra.

The one idea to know: this is a relaxation, so ``unsat`` proves and a model says nothing.  Each atom brings what is
true of it: its bounds on the box, its root relation, the tangents ``exp(m) >= 1 + m`` and ``1 - 1/u <= log(u) <= u - 1``,
and ``u - 1 < floor(u) <= u``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import z3
from flint import fmpq_mpoly

from checker.expr.canonical import Frac, Restart, Table
from checker.expr.domain import Domain
from checker.expr.elementary import Converter
from checker.expr.errors import UnsupportedError
from checker.expr.interval import REALS, box_of, enclose, rational_end
from checker.expr.node import ZERO, Fn, Node, Rel, Sym, sub, symbols_of
from checker.expr.to_arb import to_fraction
from checker.prove.implication import run

_RESOURCES = 200_000
_WORK = 6_000
_CLOCK_MS = 1_500  # one step of z3 on algebraic numbers can be long and is not counted; what closes does so in milliseconds
_MAX_ATOMS = 14
_MAX_DEGREE = 16
_RESTARTS = 12
_BOUND_BITS = 40
_GRID = 2**60
_LARGEST = 10**30


def prove_sign(f: Node, strict: bool, box: Mapping[str, Domain], given: Sequence[Node] = ()) -> bool:
    """Whether ``f > 0`` (``>= 0`` if not strict) follows on the box from the algebra of its atoms."""
    return prove_relation(Rel(">" if strict else ">=", f, ZERO), box, given)


def prove_relation(goal: Rel, box: Mapping[str, Domain], given: Sequence[Node] = ()) -> bool:
    """Whether the relation follows on the box, with hypotheses, where everything in them is defined."""
    relations = [part for part in given if isinstance(part, Rel)]
    names = {name for relation in (goal, *relations) for name in symbols_of(relation)}
    table = Table({**dict.fromkeys(names, REALS), **box_of(box, 64)}, limit=_WORK)
    for _ in range(_RESTARTS):
        try:
            return _ask(table, goal, relations, box)
        except Restart:
            table.reset()
        except UnsupportedError:
            return False
    return False


def _ask(table: Table, goal: Rel, given: Sequence[Rel], box: Mapping[str, Domain]) -> bool:
    converter = Converter(table)
    target = table.reduce(converter.visit(sub(goal.left, goal.right)))
    hypotheses: list[tuple[str, Frac]] = []
    for relation in given:
        try:
            hypotheses.append((relation.op, table.reduce(converter.visit(sub(relation.left, relation.right)))))
        except UnsupportedError:
            continue  # a hypothesis that cannot be said is not used
    tangents = [(i, *_tangent(converter, i)) for i in range(len(table.atoms))]
    if len(table.atoms) > _MAX_ATOMS or max((sum(e) for e, _ in target.num.terms()), default=0) > _MAX_DEGREE:
        return False
    return _Question(table, box).unsat(goal.op, target, hypotheses, tangents)


def _tangent(converter: Converter, position: int) -> tuple[Frac | None]:
    """The exponent of an exponential or the argument of a logarithm or floor, as a quotient over the same atoms."""
    atom = converter.t.atoms[position]
    if atom.kind == "exp" and atom.argument is not None:
        return (converter.t.scale(atom.argument, Fraction(1, atom.order)),)
    if isinstance(atom.node, Fn) and atom.node.name in ("log", "floor") and atom.kind == "plain":
        return (converter.t.reduce(converter.visit(atom.node.args[0])),)
    return (None,)


class _Question:
    def __init__(self, table: Table, box: Mapping[str, Domain]) -> None:
        self.table, self.box = table, box
        self.context = z3.Context()
        self.variables = [z3.Real(f"a{i}", self.context) for i in range(len(table.atoms))]
        self.facts: list[Any] = []

    def number(self, value: Fraction) -> Any:
        if max(abs(value.numerator), value.denominator) > _LARGEST**10:
            raise UnsupportedError("z3", "a number of more than 300 digits")
        return z3.RatVal(value.numerator, value.denominator, self.context)

    def poly(self, poly: fmpq_mpoly) -> Any:
        terms = []
        for exponents, coefficient in poly.terms():
            factors = [self.number(to_fraction(coefficient))]
            for i, count in enumerate(exponents):
                if count:
                    factors += [self.variables[i]] * int(count)
            terms.append(z3.Product(*factors))
        return z3.Sum(*terms) if terms else self.number(Fraction(0))

    def signed(self, a: Frac) -> Any:
        """A polynomial with the sign of the quotient; that the denominator is not zero becomes a fact."""
        if a.den.is_constant():
            return self.poly(a.num)
        sign = self.table.sign(a.den)
        if sign:
            return self.poly(a.num) if sign > 0 else -self.poly(a.num)
        below = self.poly(a.den)
        self.facts.append(below != 0)
        return self.poly(a.num) * below

    def unsat(
        self, op: str, target: Frac, given: Sequence[tuple[str, Frac]], tangents: Sequence[tuple[int, Frac | None]]
    ) -> bool:
        """Whether ``target op 0`` cannot fail."""
        for i in range(len(self.variables)):
            self._bounds(i)
        for i, argument in tangents:
            if argument is not None:
                self._tangent(i, argument)
        for given_op, hypothesis in given:
            self.facts.append(_compare(given_op, self.signed(hypothesis)))
        negated = z3.Not(_compare(op, self.signed(target)))
        solver = z3.SolverFor("QF_NRA", ctx=self.context)
        return run(solver, [*self.facts, negated], _RESOURCES, _CLOCK_MS) == "unsat"

    def _bounds(self, i: int) -> None:
        atom, variable = self.table.atoms[i], self.variables[i]
        if isinstance(atom.node, Sym) and atom.kind == "plain":
            domain = self.box.get(atom.node.name, Domain())
            if domain.lo is not None:
                bound = self.number(domain.lo)
                self.facts.append(variable > bound if domain.lo_open else variable >= bound)
            if domain.hi is not None:
                bound = self.number(domain.hi)
                self.facts.append(variable < bound if domain.hi_open else variable <= bound)
            return
        if atom.relation is not None:
            degree, value = atom.relation
            self.facts.append(z3.Product(*[variable] * degree, self.poly(value.den)) == self.poly(value.num))
        if atom.kind == "root" or (isinstance(atom.node, Fn) and atom.node.name == "abs"):
            self.facts.append(variable >= 0)
        try:
            found = enclose(self.table.power_node(atom, 1), self.table.box, _BOUND_BITS)
        except UnsupportedError:
            return
        if found.empty:
            return
        for end, is_open, sign in ((found.lo, found.lo_open, 1), (found.hi, found.hi_open, -1)):
            exact, moved = rational_end(end, upper=sign < 0)
            if exact is None or abs(exact) > _LARGEST:
                continue
            # Few digits, rounded outward; an end that moved is not reached.
            rounded = sign * Fraction(math.floor(sign * exact * _GRID), _GRID)
            bound, term = self.number(sign * rounded), variable if sign > 0 else -variable
            self.facts.append(term > bound if is_open or moved or rounded != exact else term >= bound)

    def _tangent(self, i: int, argument: Frac) -> None:
        sign = self.table.sign(argument.den) if not argument.den.is_constant() else 1
        if not sign:
            return
        top, below = self.poly(argument.num) * sign, self.poly(argument.den) * sign
        if self.table.atoms[i].kind == "exp":
            self.facts.append(self.variables[i] * below >= below + top)
            return
        node = self.table.atoms[i].node
        if isinstance(node, Fn) and node.name == "floor":
            self.facts += [self.variables[i] * below <= top, top < self.variables[i] * below + below]
            return
        self.facts.append(self.variables[i] * below <= top - below)
        self.facts.append(self.variables[i] * top >= top - below)  # the argument of a logarithm is positive


def _compare(op: str, term: Any) -> Any:
    table = {"<": term < 0, "<=": term <= 0, ">": term > 0, ">=": term >= 0, "==": term == 0, "!=": term != 0}
    return table[op]


