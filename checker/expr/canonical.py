"""Quotients of polynomials over "atoms": the working form behind ``rational``.

The one idea to know: every subterm that is not rational arithmetic (a symbol, a root, an exponential, a sine) is one
generator of a polynomial ring, possibly with a relation (``z**q == base``, ``S**2 == 1 - C**2``).  Generators are
fractional powers fine enough for everything that occurs; when a finer one turns up, the table notes it and the
conversion starts again.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from flint import Ordering, fmpq, fmpq_mpoly, fmpq_mpoly_ctx

from checker.expr.errors import UnsupportedError
from checker.expr.interval import Interval, enclose
from checker.expr.node import ONE, Bound, Const, Fn, Mul, Node, Num, Pow, add, mul, num, walk
from checker.expr.to_arb import to_fmpq, to_fraction

_MAX_TERMS = 3_000
_MAX_POWER = 60
_MAX_DEGREE = 120  # gcd and factorisation are native code that cannot be interrupted: degrees and terms stay small
_MAX_FACTOR_TERMS = 400
_MAX_GENERATORS = 128
MAX_WORK = 60_000  # terms handled in one conversion, restarts included: a limit that does not depend on the clock


class Restart(Exception):
    """A finer fractional power or more room is needed; the table has noted it."""


class TooLarge(UnsupportedError):
    """The normal form outgrew its limits."""

    def __init__(self) -> None:
        super().__init__("the rational normal form", "a formula of this size")


@dataclass(frozen=True, slots=True)
class Frac:
    """``num/den`` with ``den`` not the zero polynomial; equal as a function wherever ``den`` is not zero."""

    num: fmpq_mpoly
    den: fmpq_mpoly


@dataclass(slots=True)
class Atom:
    """One generator.

    ``kind``: ``plain`` (``node``), ``root`` (``node**(1/order)`` with ``z**order == base``), ``exp``
    (``exp(node/order)``, ``argument`` its exponent times ``order``), ``power`` (``node**(exponent/order)``),
    ``relation`` is ``(degree, value)``: the generator to that degree equals ``value`` (roots, absolute values, sines).
    """

    kind: str
    node: Node
    order: int = 1
    exponent: Node | None = None
    argument: Frac | None = None
    relation: tuple[int, Frac] | None = None


@dataclass(slots=True)
class Table:
    """The generators of one conversion, and what is known of their values on ``box``."""

    box: Mapping[str, Interval]
    orders: dict[tuple[str, Node], int] = field(default_factory=dict)
    room: int = 24
    atoms: list[Atom] = field(default_factory=list)
    index: dict[tuple[str, Node], int] = field(default_factory=dict)
    relations: list[tuple[int, int, Frac]] = field(default_factory=list)
    work: int = 0
    limit: int = MAX_WORK
    enclosures: dict[Node, Interval | None] = field(default_factory=dict)
    ring: fmpq_mpoly_ctx = field(init=False)

    def __post_init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget the generators, keep what restarts have taught."""
        self.atoms, self.index, self.relations = [], {}, []
        self.ring = fmpq_mpoly_ctx.get([f"a{i}" for i in range(self.room)], Ordering.lex)

    # --- arithmetic -------------------------------------------------------------------------------------------------

    def constant(self, number: Fraction | int) -> Frac:
        """A rational number."""
        return Frac(self.ring.constant(to_fmpq(number)), self.ring.constant(1))

    def one(self) -> fmpq_mpoly:
        """The polynomial 1."""
        return self.ring.constant(1)

    def frac(self, numerator: fmpq_mpoly, denominator: fmpq_mpoly | None = None) -> Frac:
        """The quotient in lowest terms, its denominator with leading coefficient 1."""
        if denominator is None:
            denominator = self.one()
        self.work += 1 + len(numerator) + len(denominator)
        if len(numerator) > _MAX_TERMS or len(denominator) > _MAX_TERMS or self.work > self.limit:
            raise TooLarge
        if denominator.is_zero():
            raise UnsupportedError("the rational normal form", "a division by zero")
        if max((*numerator.degrees(), *denominator.degrees())) > _MAX_DEGREE:
            raise TooLarge
        if numerator.is_zero():
            return Frac(numerator, self.one())
        if not denominator.is_constant():
            common = numerator.gcd(denominator)
            if not common.is_constant():
                numerator, denominator = numerator / common, denominator / common
        lead = denominator.leading_coefficient()
        return Frac(numerator / lead, denominator / lead)

    def add(self, a: Frac, b: Frac) -> Frac:
        """Sum in lowest terms."""
        if a.den == b.den:
            return self.frac(a.num + b.num, a.den)
        return self.frac(a.num * b.den + b.num * a.den, a.den * b.den)

    def mul(self, a: Frac, b: Frac) -> Frac:
        """Product in lowest terms, relations applied."""
        if len(a.num) * len(b.num) > 40 * _MAX_TERMS:
            raise TooLarge
        return self.reduce(self.frac(a.num * b.num, a.den * b.den))

    def scale(self, a: Frac, number: Fraction | int) -> Frac:
        """A rational multiple."""
        return self.mul(a, self.constant(number))

    def power(self, a: Frac, n: int) -> Frac:
        """Integer power, relations applied."""
        if abs(n) > _MAX_POWER and (len(a.num) > 1 or len(a.den) > 1):
            raise TooLarge
        if abs(n) > (100_000 if a.num.is_constant() and a.den.is_constant() else _MAX_DEGREE):
            raise TooLarge
        if n < 0:
            a, n = self.frac(a.den, a.num), -n
        for poly in (a.num, a.den):  # a power of k terms can have comb(n + k - 1, k - 1) of them
            if len(poly) > 1 and math.comb(n + len(poly) - 1, n) > _MAX_TERMS:
                raise TooLarge
        return self.reduce(self.frac(a.num**n, a.den**n))

    def factor(self, poly: fmpq_mpoly) -> tuple[Fraction, list[tuple[fmpq_mpoly, int]]]:
        """Rational content and irreducible factors with multiplicities; raises ``UnsupportedError`` past the size limits."""
        if len(poly) > _MAX_FACTOR_TERMS or sum(poly.degrees()) > _MAX_DEGREE:
            raise TooLarge
        content, factors = poly.factor()
        return to_fraction(content), [(factor, int(times)) for factor, times in factors]

    def reduce(self, a: Frac) -> Frac:
        """Apply the relations of the generators, last made first (a relation mentions earlier ones only)."""
        for position, degree, target in reversed(self.relations):
            if a.num.degrees()[position] < degree and a.den.degrees()[position] < degree:
                continue
            top, bottom = self._lower(a.num, position, degree, target), self._lower(a.den, position, degree, target)
            a = self.frac(top.num * bottom.den, top.den * bottom.num)
        return a

    def _lower(self, poly: fmpq_mpoly, position: int, degree: int, target: Frac) -> Frac:
        if poly.degrees()[position] < degree:
            return Frac(poly, self.one())
        parts: dict[int, dict[tuple[int, ...], fmpq]] = {}
        for exponents, coefficient in poly.terms():
            times, rest = divmod(int(exponents[position]), degree)
            lowered = (*exponents[:position], rest, *exponents[position + 1 :])
            parts.setdefault(times, {})[tuple(int(e) for e in lowered)] = coefficient
        most = max(parts)
        total = self.ring.constant(0)
        for times, terms in parts.items():
            total += self.ring.from_dict(terms) * target.num**times * target.den ** (most - times)
        return Frac(total, target.den**most)

    # --- generators -------------------------------------------------------------------------------------------------

    def generator(self, atom: Atom, key: tuple[str, Node]) -> fmpq_mpoly:
        """The generator of ``atom``, made on first use."""
        if key not in self.index:
            if len(self.atoms) >= self.room:
                self.room *= 2
                if self.room > _MAX_GENERATORS:
                    raise TooLarge
                raise Restart
            self.index[key] = len(self.atoms)
            self.atoms.append(atom)
            if atom.relation is not None:
                self.relations.append((self.index[key], *atom.relation))
        return self.ring.gen(self.index[key])

    def plain(self, node: Node) -> Frac:
        """A generator with no structure of its own."""
        return self.frac(self.generator(Atom("plain", node), ("plain", node)))

    def order(self, key: tuple[str, Node], needed: int) -> int:
        """The denominator of the fractional powers kept for ``key``; restarts when ``needed`` does not divide it."""
        current = self.orders.get(key, 1)
        if current % needed:
            self.orders[key] = math.lcm(current, needed)
            if self.orders[key] > 720:
                raise TooLarge
            if key in self.index:
                raise Restart
        return self.orders.get(key, 1)

    def monomial(self, generator: fmpq_mpoly, power: int) -> Frac:
        """Integer power of one generator."""
        return self.frac(generator**power) if power >= 0 else self.frac(self.one(), generator**-power)

    # --- back to the tree, and signs --------------------------------------------------------------------------------

    def to_node(self, a: Frac) -> Node:
        """The quotient as a tree."""
        top = self.poly_node(a.num)
        return top if a.den.is_one() else Mul((top, Pow(self.poly_node(a.den), num(-1))))

    def poly_node(self, poly: fmpq_mpoly) -> Node:
        """A polynomial as a tree."""
        terms = []
        for exponents, coefficient in poly.terms():
            factors = [self.power_node(self.atoms[i], int(e)) for i, e in enumerate(exponents) if e]
            value = to_fraction(coefficient)
            if value != 1 or not factors:
                factors.insert(0, Num(value))
            terms.append(mul(*factors))
        return add(*terms)

    @staticmethod
    def power_node(atom: Atom, n: int) -> Node:
        """The generator of ``atom`` to the power ``n`` as a tree."""
        exponent = Num(Fraction(n, atom.order))
        if atom.kind == "exp":
            return Fn("exp", (mul(exponent, atom.node) if exponent != ONE else atom.node,)) if atom.node != ONE else (
                Const("E") if exponent == ONE else Fn("exp", (exponent,))
            )
        if atom.kind == "power":
            assert atom.exponent is not None
            return Pow(atom.node, mul(exponent, atom.exponent) if exponent != ONE else atom.exponent)
        return atom.node if exponent == ONE else Pow(atom.node, exponent)

    def enclosure(self, node: Node) -> Interval | None:
        """What interval arithmetic knows of ``node`` on the box; ``None`` if it cannot say."""
        if node not in self.enclosures:
            try:
                self.enclosures[node] = enclose(node, self.box, 96)
            except UnsupportedError:
                self.enclosures[node] = None
        return self.enclosures[node]

    def sign(self, poly: fmpq_mpoly, strict: bool = True) -> int:
        """1 or -1 if the polynomial has that sign on the box (not strictly: may vanish), 0 if not known."""
        found = self.enclosure(self.poly_node(poly))
        if found is None or found.empty:
            return 0
        if found.positive or (not strict and found.nonnegative):
            return 1
        return -1 if found.negative or (not strict and found.nonpositive) else 0


def has_bound(node: Node) -> bool:
    """Whether a variable of a binder occurs."""
    return any(isinstance(part, Bound) for part in walk(node))


def generator_index(poly: fmpq_mpoly) -> int | None:
    """The position of the generator if the polynomial is exactly one generator."""
    if len(poly) != 1 or poly.leading_coefficient() != 1:
        return None
    degrees = poly.degrees()
    return list(degrees).index(1) if sum(degrees) == 1 else None


def prime_powers(number: Fraction) -> list[tuple[int, int]]:
    """Prime factorisation of a positive rational; a cofactor without small primes is left as one factor."""
    found: dict[int, int] = {}
    for part, sign in ((number.numerator, 1), (number.denominator, -1)):
        for prime in (2, 3, *range(5, 2000, 2)):
            if prime * prime > part:
                break
            while part % prime == 0:
                found[prime] = found.get(prime, 0) + sign
                part //= prime
        if part > 1:
            found[part] = found.get(part, 0) + sign
    return [(prime, times) for prime, times in found.items() if times]
