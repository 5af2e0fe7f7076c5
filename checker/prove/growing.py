"""What grows with an index ``n`` (sums, products, powers, gammas), named by symbols with their recursions.

The one idea to know: of a sum up to ``n`` the next value is the sum plus the new terms, of a power ``b**n`` it is ``b`` times
the power; everything else that depends on ``n`` is simply evaluated at ``n + 1``.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from checker.expr.build import plus, raise_to, times
from checker.expr.defined import conditions
from checker.expr.domain import NONNEGATIVE, POSITIVE, REAL, Domain
from checker.expr.errors import UnsupportedError
from checker.expr.interval import box_of, enclose, rational_end
from checker.expr.node import (
    INFINITY,
    ONE,
    ZERO,
    Binder,
    Fn,
    Node,
    Num,
    Pow,
    Rel,
    Sym,
    add,
    instantiate,
    is_binder,
    map_children,
    mul,
    num,
    sub,
    substitute,
    symbols_of,
)
from checker.expr.rational import is_zero, normal
from checker.prove.obligation import Obligation
from checker.prove.points import narrow
from checker.prove.relation import settled

_READER = "the induction prover"
_MAX_NEW = 8  # new terms per step
_MAX_UNROLLED = 400


@dataclass(frozen=True, slots=True)
class _Named:
    """``symbol`` stands for ``node``; at the next index it is ``factor*symbol + term``."""

    symbol: str
    node: Node
    factor: Node
    term: Node
    domain: Domain


class Growing:
    """The growing parts of formulas in the index; ``needs`` are conditions that the recursions rest on."""

    def __init__(self, index: str, around: Obligation) -> None:
        self.index = index
        self.around = around
        self.found: dict[Node, _Named] = {}
        self.needs: list[Node] = []

    def named(self, node: Node) -> Node:
        """``node`` with its growing parts replaced by symbols."""
        if self.index not in symbols_of(node):
            return node
        if isinstance(node, Binder) and node.kind != "Integral":
            return self._binder(node)
        if is_binder(node):
            raise UnsupportedError(_READER, "an integral or limit that depends on the index")
        found = None
        if isinstance(node, Pow):
            found = self._power(node)
        elif isinstance(node, Fn) and node.name == "gamma":
            found = self._gamma(node)
        return found if found is not None else map_children(node, self.named)

    def next_values(self) -> dict[str, Node]:
        """What the symbols become at the next index."""
        return {one.symbol: plus((times((one.factor, Sym(one.symbol))), one.term)) for one in self.found.values()}

    def domains(self) -> dict[str, Domain]:
        """The symbols that stand for growing parts."""
        return {one.symbol: one.domain for one in self.found.values()}

    def _symbol(self, node: Node, factor: Node, term: Node, domain: Domain) -> Node:
        named = self.found.get(node) or _Named(f"p'{len(self.found) + 1}", node, factor, term, domain)
        self.found[node] = named
        return Sym(named.symbol)

    def _range(self, node: Node) -> Domain:
        """An interval in which the formula stays for every index (and parameter)."""
        try:
            found = enclose(node, box_of(narrow(self.around.domains, self.around.given)))
        except UnsupportedError:
            return REAL
        if found.partial or found.empty:
            return REAL
        lo, moved = rational_end(found.lo, upper=False)
        return Domain(lo=lo, lo_open=lo is not None and (found.lo_open or moved))

    def _range_of_terms(self, node: Binder) -> Domain:
        """Nonnegative (positive, for a product) where every term evidently is, for all integers from the lower end on."""
        if not isinstance(node.lo, Num):
            return REAL
        variable = {"k'": Domain(lo=node.lo.value, integer=True)}
        body = instantiate(node.body, Sym("k'"))
        domains = {**self.around.domains, **variable}
        sign = Rel(">" if node.kind == "Product" else ">=", body, ZERO)
        needs = conditions(body, narrow(domains, self.around.given))
        if not all(settled(item, domains, self.around.given) for item in (*needs, sign)):
            return REAL
        return POSITIVE if node.kind == "Product" else NONNEGATIVE

    def _binder(self, node: Binder) -> Node:
        if node in self.found:
            return Sym(self.found[node].symbol)
        shorter = self._shortened(node)
        if shorter is not None:
            return shorter
        factor, term = self._extended(node)
        # the new terms grow themselves
        return self._symbol(node, self.named(factor), self.named(term), self._range_of_terms(node))

    def _shortened(self, node: Binder) -> Node | None:
        """A sum up to ``n + 2`` as the sum up to ``n`` and two terms, so that sums that differ by terms share a symbol."""
        parts = self._linear(node.hi)
        if parts is None or not isinstance(parts[1], Num) or self.index in symbols_of(node.body):
            return None
        slope, more = parts[0], parts[1].value
        if more.denominator != 1 or not 0 < more <= _MAX_NEW or slope <= 0:
            return None
        hi: Node = Sym(self.index) if slope == 1 else mul(Num(slope), Sym(self.index))
        if not settled(Rel(">=", hi, sub(node.lo, ONE)), self.around.domains, self.around.given):
            return None
        start = self.named(Binder(node.kind, node.body, node.lo, hi))
        terms = [self.named(instantiate(node.body, add(hi, num(k)))) for k in range(1, int(more) + 1)]
        return plus((start, *terms)) if node.kind == "Sum" else times((start, *terms))

    def _extended(self, node: Binder) -> tuple[Node, Node]:
        """``(1, new terms)`` of a sum, ``(new factors, 0)`` of a product; the range has to stay in order."""
        if self.index in symbols_of(node.body) or node.hi == INFINITY:
            raise UnsupportedError(_READER, "a sum or product whose terms change with the index")
        new = self._new(node.lo, node.hi, upper=True)
        old = self._new(node.lo, node.hi, upper=False)
        # Before and after the step the range may be empty by one place, but not upside down.
        self.needs.append(Rel(">=", node.hi, sub(node.lo, ONE)))
        values = [instantiate(node.body, place) for place in new]
        gone = [instantiate(node.body, place) for place in old]
        domains = narrow(self.around.domains, self.around.given)
        self.needs += [need for value in (*values, *gone) for need in conditions(value, domains)]
        if node.kind == "Sum":
            return ONE, plus([*values, *(times((num(-1), value)) for value in gone)]) if values or gone else ZERO
        if gone:
            raise UnsupportedError(_READER, "a product that loses factors")
        return (times(values) if values else ONE), ZERO

    def _new(self, lo: Node, hi: Node, upper: bool) -> list[Node]:
        """The places that come in at the upper end, or drop out at the lower one, in one step."""
        end = hi if upper else lo
        count = self._growth(end)
        if count < 0 or count > _MAX_NEW:
            raise UnsupportedError(_READER, "a range that does not grow by a few places in each step")
        offset = range(1, count + 1) if upper else range(count)
        return [add(end, num(k)) for k in offset]

    def _growth(self, end: Node) -> int:
        """By how much an end moves in one step; it has to be an integer whatever the index."""
        at_zero = substitute(end, {self.index: ZERO})
        try:
            moved = normal(sub(_shifted(end, self.index), end)).constant()
            offset = normal(at_zero).constant()
        except UnsupportedError:
            moved = offset = None
        if moved is None or offset is None or moved.denominator != 1 or offset.denominator != 1:
            raise UnsupportedError(_READER, "a sum or product whose ends are not integers plus multiples of the index")
        return int(moved)

    def _linear(self, node: Node) -> tuple[Fraction, Node] | None:
        """``(slope, rest)`` with ``node == slope*index + rest`` and a rest without the index."""
        try:
            slope = normal(sub(_shifted(node, self.index), node)).constant()
            rest = normal(substitute(node, {self.index: ZERO})).node()
        except UnsupportedError:
            return None
        if slope is None or is_zero(sub(node, add(mul(Num(slope), Sym(self.index)), rest))) is not True:
            return None
        return slope, rest

    def _power(self, node: Pow) -> Node | None:
        """``base**(slope*n + rest)`` as ``base**(slope*n)`` times ``base**rest``."""
        parts = None if self.index in symbols_of(node.base) else self._linear(node.exponent)
        if parts is None:
            return None
        (slope, rest), index = parts, Sym(self.index)
        positive = settled(Rel(">", node.base, ZERO), self.around.domains, self.around.given)
        natural = slope.denominator == 1 and slope > 0
        offset = rest.value if isinstance(rest, Num) else None
        if not positive and (not natural or offset is None or offset.denominator != 1):
            return None
        if not positive and offset is not None and offset < 0:  # b**(n - 1) is not b**n/b at b = 0
            whole = Pow(node.base, node.exponent)
            return self._symbol(whole, raise_to(node.base, Num(slope)), ZERO, self._range(whole))
        if not positive and isinstance(node.base, Num) and slope.numerator % 2 == 0:  # (-2)**(2*n) is 4**n
            even = self._power(Pow(Num(node.base.value**2), mul(Num(slope / 2), index))) if node.base.value**2 != 1 else ONE
            return times((raise_to(node.base, rest), even)) if even is not None else None
        power = Pow(node.base, index if slope == 1 else mul(Num(slope), index))
        domain = self._range(power)
        if positive and domain.lo is None:
            domain = POSITIVE
        if node.base == num(-1):
            domain = Domain(Fraction(-1), Fraction(1))
        found = self._symbol(power, raise_to(node.base, Num(slope)), ZERO, domain)
        return found if rest == ZERO else times((raise_to(node.base, rest), found))

    def _gamma(self, node: Fn) -> Node | None:
        """``gamma(slope*n + rest)`` as ``gamma(slope*n + c)`` with 1 <= c < 2, times or over what lies between."""
        parts = self._linear(node.args[0])
        if parts is None or not isinstance(parts[1], Num):
            return None
        slope, rest = parts[0], parts[1].value
        if slope.denominator != 1 or not 0 < slope <= _MAX_NEW or abs(rest) > _MAX_NEW:
            return None
        start = rest - rest.__floor__() + 1
        moving = mul(Num(slope), Sym(self.index))
        argument = add(moving, Num(start))
        self.needs.append(Rel(">", argument, ZERO))
        whole = Fn("gamma", (argument,))
        factor = times([add(moving, Num(start + k)) for k in range(int(slope))])
        found = self._symbol(whole, factor, ZERO, self._range(whole))
        between = [add(moving, Num(min(start, rest) + k)) for k in range(int(abs(rest - start)))]
        if rest >= start:
            return times((*between, found))
        self.needs += [Rel("!=", item, ZERO) for item in between]
        return times((found, *(Pow(item, num(-1)) for item in between)))


def grown(node: Node, index: str, growing: Growing) -> Node:
    """A formula with named parts at the next index."""
    return substitute(_shifted(node, index), growing.next_values())


def _shifted(node: Node, index: str) -> Node:
    return substitute(node, {index: add(Sym(index), ONE)})


def unrolled(node: Node) -> Node:
    """Sums and products between numbers written out (an empty sum is 0, an empty product 1)."""
    if isinstance(node, Binder) and node.kind != "Integral":
        lo, hi = (_number(unrolled(end)) for end in (node.lo, node.hi))
        if lo is not None and hi is not None and hi - lo < _MAX_UNROLLED:
            terms = [unrolled(instantiate(node.body, num(k))) for k in range(lo, hi + 1)]
            if node.kind == "Sum":
                return plus(terms) if terms else ZERO
            return times(terms) if terms else ONE
    if is_binder(node):
        return node
    return map_children(node, unrolled)


def _number(node: Node) -> int | None:
    try:
        value = normal(node).constant()
    except UnsupportedError:
        return None
    return int(value) if value is not None and value.denominator == 1 else None
