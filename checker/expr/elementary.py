"""How each node becomes a quotient over atoms: the rules of exponentials, logarithms, powers and absolute values.

The one idea to know: ``exp`` of a sum is a product of generators, ``log`` and fractional powers of a product are split only
over factors whose sign is known on the box, and everything without a rule is an atom of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction

from flint import fmpq_mpoly

from checker.expr.canonical import Atom, Frac, Table, TooLarge, generator_index, has_bound, prime_powers
from checker.expr.errors import UnsupportedError
from checker.expr.functions import FUNCTIONS
from checker.expr.interval import truth
from checker.expr.node import (
    ONE,
    Add,
    Binder,
    Bound,
    Const,
    Fn,
    Mul,
    Node,
    Num,
    Piecewise,
    Pow,
    Subscript,
    Sym,
    Vec,
    instantiate,
    map_children,
    mul,
    num,
)
from checker.expr.to_arb import to_fmpq, to_fraction

_READER = "the rational normal form"
_MAX_TERMS_OF_SUM = 64
_MAX_EXPONENTIAL = 60


class Converter:
    """One conversion over ``table``; raises ``Restart`` when a finer generator is needed."""

    def __init__(self, table: Table) -> None:
        self.t = table
        self.memo: dict[Node, Frac] = {}

    def visit(self, node: Node) -> Frac:
        """The quotient that stands for ``node``."""
        found = self.memo.get(node)
        if found is None:
            found = self.memo[node] = self._compute(node)
        return found

    def normal_node(self, node: Node) -> Node:
        """``node`` rewritten through its normal form: the key under which equal atoms meet."""
        return self.t.to_node(self.t.reduce(self.visit(node)))

    def _compute(self, node: Node) -> Frac:
        table = self.t
        match node:
            case Num(number):
                return table.constant(number)
            case Sym() | Bound():
                return table.plain(node)
            case Const("E"):
                return self.exponential(table.constant(1))
            case Const("oo"):
                raise UnsupportedError(_READER, "an infinite value")
            case Const():
                return table.plain(node)
            case Add(args):
                total = table.constant(0)
                for arg in args:
                    total = table.add(total, self.visit(arg))
                return table.reduce(total)
            case Mul(args):
                product = table.constant(1)
                for arg in args:
                    product = table.mul(product, self.visit(arg))
                return product
            case Pow(base, exponent):
                return self._pow(base, exponent)
            case Fn(name, args):
                return self._function(name, args)
            case Piecewise(cases, otherwise):
                return self._piecewise(node, cases, otherwise)
            case Binder():
                return self._binder(node)
            case Subscript(Vec(entries), (Num(index),)) if index.denominator == 1 and 0 <= index < len(entries):
                return self.visit(entries[int(index)])
            case _:
                raise UnsupportedError(_READER, type(node).__name__)

    # --- powers, exponentials, logarithms ---------------------------------------------------------------------------

    def _pow(self, base: Node, exponent: Node) -> Frac:
        if base == Const("E"):
            return self.exponential(self.visit(exponent))
        power = self.t.reduce(self.visit(exponent))
        under = self.t.reduce(self.visit(base))
        constant = self.as_rational(power)
        if constant is not None:
            return self.fractional_power(under, constant)
        if self.sign(under) == 1:
            return self.exponential(self.t.mul(power, self.logarithm(under)))
        # A base of unknown sign: only b**(c + e) = b**c * b**e with integer c, and powers of one generator per term.
        result, key = self.t.constant(1), self.t.to_node(under)
        for coefficient, term in self.terms(power):
            if term is None:
                whole = coefficient.numerator // coefficient.denominator
                result = self.t.mul(result, self.fractional_power(under, Fraction(whole)))
                coefficient -= whole
                if coefficient:
                    result = self.t.mul(result, self.fractional_power(under, coefficient))
                continue
            exponent_node = self.t.to_node(term)
            if coefficient.denominator != 1:
                exponent_node, coefficient = mul(Num(coefficient), exponent_node), Fraction(1)
            atom = Atom("power", key, exponent=exponent_node)
            generator = self.t.generator(atom, ("power", Pow(key, exponent_node)))
            result = self.t.mul(result, self.t.monomial(generator, int(coefficient)))
        return result

    def as_rational(self, a: Frac) -> Fraction | None:
        """The value, if it is a rational number."""
        if not (a.num.is_constant() and a.den.is_one()):
            return None
        return Fraction(0) if a.num.is_zero() else to_fraction(a.num.leading_coefficient())

    def terms(self, a: Frac) -> list[tuple[Fraction, Frac | None]]:
        """``a`` as a sum of rational multiples of monic monomials over its denominator; ``None`` stands for 1."""
        terms: list[tuple[Fraction, Frac | None]] = []
        for exponents, coefficient in a.num.terms():
            term = self.t.frac(self.t.ring.from_dict({tuple(int(e) for e in exponents): to_fmpq(1)}), a.den)
            lead = to_fraction(term.num.leading_coefficient())
            if lead != 1:
                term = self.t.frac(term.num / to_fmpq(lead), term.den)
            one = term.num.is_one() and term.den.is_one()
            terms.append((to_fraction(coefficient) * lead, None if one else term))
        return terms

    def exponential(self, a: Frac) -> Frac:
        """``exp(a)`` as a product of one generator per term."""
        result = self.t.constant(1)
        for coefficient, term in self.terms(self.t.reduce(a)):
            result = self.t.mul(result, self._exponential_term(coefficient, term))
        return result

    def _exponential_term(self, coefficient: Fraction, term: Frac | None) -> Frac:
        if term is not None and (single := self.single(term)) is not None:
            inside = single.node
            if isinstance(inside, Fn) and inside.name == "log":  # exp(c*log(u)) = u**c
                return self.fractional_power(self.visit(inside.args[0]), coefficient)
            if isinstance(inside, Fn) and inside.name == "LambertW":  # exp(W(x)) = x/W(x)
                quotient = self.t.mul(self.visit(inside.args[0]), self.t.power(term, -1))
                if coefficient.denominator == 1:
                    return self.t.power(quotient, int(coefficient))
        node = ONE if term is None else self.t.to_node(term)
        key = ("exp", node)
        order = self.t.order(key, coefficient.denominator)
        if abs(coefficient * order) > _MAX_EXPONENTIAL:
            if term is None:  # a generator of its own: nothing is gained from E**1000 as a power
                return self.t.plain(Fn("exp", (Num(coefficient),)))
            raise TooLarge
        argument = term if term is not None else self.t.constant(1)
        generator = self.t.generator(Atom("exp", node, order, argument=argument), key)
        return self.t.monomial(generator, int(coefficient * order))

    def single(self, a: Frac) -> Atom | None:
        """The atom, if ``a`` is just one plain generator."""
        if not a.den.is_one() or len(a.num) != 1:
            return None
        degrees = a.num.degrees()
        if sum(degrees) != 1:
            return None
        atom = self.t.atoms[list(degrees).index(1)]
        return atom if atom.kind == "plain" else None

    def logarithm(self, a: Frac) -> Frac:
        """``log(a)``, split over the factors of ``a`` whose sign is known on the box."""
        total = self.t.constant(0)
        content, known, unknown = self._split(self.t.reduce(a), strict=True)
        if content < 0 and unknown is None:
            raise UnsupportedError(_READER, "the logarithm of a negative number")
        for prime, times in prime_powers(abs(content)):
            total = self.t.add(total, self.t.scale(self.t.plain(Fn("log", (num(prime),))), times))
        for poly, times in known:
            total = self.t.add(total, self.t.scale(self._log_of(poly), times))
        if unknown is not None:
            rest = unknown if content > 0 else self.t.scale(unknown, -1)
            total = self.t.add(total, self.t.plain(Fn("log", (self.t.to_node(rest),))))
        return total

    def _log_of(self, poly: fmpq_mpoly) -> Frac:
        position = generator_index(poly)
        if position is not None:
            atom = self.t.atoms[position]
            if atom.kind == "exp":
                assert atom.argument is not None
                return self.t.scale(atom.argument, Fraction(1, atom.order))
            if atom.kind == "root":
                return self.t.scale(self.logarithm(self.visit(atom.node)), Fraction(1, atom.order))
        return self.t.plain(Fn("log", (self.t.poly_node(poly),)))

    def _split(
        self, a: Frac, strict: bool
    ) -> tuple[Fraction, list[tuple[fmpq_mpoly, int]], Frac | None]:
        """``a = content * product of positive factors * unknown``; even powers of unknown factors are left in ``unknown``."""
        content, top = self.t.factor(a.num)
        below, bottom = self.t.factor(a.den)
        number = content / below
        known: list[tuple[fmpq_mpoly, int]] = []
        unknown: list[tuple[fmpq_mpoly, int]] = []
        for poly, times in [*top, *((p, -k) for p, k in bottom)]:
            sign = self.t.sign(poly, strict)
            if sign == 0:
                unknown.append((poly, times))
                continue
            known.append((poly * sign, times))
            number *= sign if times % 2 else 1
        if not unknown:
            return number, known, None
        rest = self.t.constant(1)
        for poly, times in unknown:
            rest = self.t.mul(rest, self.t.power(self.t.frac(poly), times))
        return number, known, rest

    def fractional_power(self, a: Frac, exponent: Fraction) -> Frac:
        """``a**exponent`` for a rational exponent (``a >= 0`` where it is defined, unless the exponent is an integer)."""
        if exponent.denominator == 1:
            return self.t.power(a, int(exponent))
        a = self.t.reduce(a)
        if a.num.is_zero():
            return a
        content, known, unknown = self._split(a, strict=False)
        if unknown is not None:
            content, known, unknown = self._split(a, strict=True)
        result = self.t.constant(1)
        if unknown is None and content < 0:
            raise UnsupportedError(_READER, "a root of a negative number")
        for prime, times in prime_powers(abs(content)):
            result = self.t.mul(result, self._root(num(prime), self.t.constant(prime), exponent * times))
        for poly, times in known:
            result = self.t.mul(result, self._root_of(poly, exponent * times))
        if unknown is not None:
            rest = unknown if content > 0 else self.t.scale(unknown, -1)
            result = self.t.mul(result, self._unknown_root(rest, exponent))
        return result

    def _unknown_root(self, rest: Frac, exponent: Fraction) -> Frac:
        content, top = self.t.factor(rest.num)
        below, bottom = self.t.factor(rest.den)
        factors = [*top, *((p, -k) for p, k in bottom)]
        if len(factors) == 1 and factors[0][1] % 2 == 0 and content / below == 1:  # (f**2)**e = abs(f)**(2*e)
            size = self.absolute(self.t.frac(factors[0][0]))
            return self.fractional_power(size, exponent * factors[0][1])
        return self._root(self.t.to_node(rest), rest, exponent)

    def _root_of(self, poly: fmpq_mpoly, exponent: Fraction) -> Frac:
        position = generator_index(poly)
        if position is not None:
            atom = self.t.atoms[position]
            if atom.kind == "exp":
                assert atom.argument is not None
                return self.exponential(self.t.scale(atom.argument, exponent / atom.order))
            if atom.kind == "root":
                return self.fractional_power(self.visit(atom.node), exponent / atom.order)
        return self._root(self.t.poly_node(poly), self.t.frac(poly), exponent)

    def _root(self, node: Node, base: Frac, exponent: Fraction) -> Frac:
        if exponent.denominator == 1 and self._generator_of_root(node) is None:
            return self.t.power(base, int(exponent))
        key = ("root", node)
        order = self.t.order(key, exponent.denominator)
        atom = Atom("root", node, order, relation=(order, base))
        generator = self.t.generator(atom, key)
        return self.t.reduce(self.t.monomial(generator, int(exponent * order)))

    def _generator_of_root(self, node: Node) -> int | None:
        return self.t.index.get(("root", node))

    # --- absolute value, maximum, piecewise -------------------------------------------------------------------------

    def sign(self, a: Frac, strict: bool = True) -> int:
        """1 or -1 where the sign on the box is known, else 0."""
        return self.t.sign(a.num, strict) * self.t.sign(a.den, True)

    def absolute(self, a: Frac) -> Frac:
        """``abs(a)``: factors of known sign come out, each other factor has its own generator ``A**2 == factor**2``."""
        a = self.t.reduce(a)
        sign = self.sign(a, strict=False)
        if sign or a.num.is_zero():
            return self.t.scale(a, sign or 1)
        content, top = self.t.factor(a.num)
        below, bottom = self.t.factor(a.den)
        result = self.t.constant(abs(content / below))
        for poly, times in [*top, *((p, -k) for p, k in bottom)]:
            known = self.t.sign(poly, False)
            if known:
                piece = self.t.frac(poly * known)
            elif times % 2 == 0:
                piece = self.t.frac(poly)
            else:
                monic = poly if poly.leading_coefficient() > 0 else -poly
                node = Fn("abs", (self.t.poly_node(monic),))
                square = self.t.frac(monic**2)
                piece = self.t.frac(self.t.generator(Atom("plain", node, relation=(2, square)), ("plain", node)))
            result = self.t.mul(result, self.t.power(piece, times))
        return result

    def maximum(self, values: list[Frac], sign: int) -> Frac:
        """Largest (``sign`` 1) or smallest (-1) by ``max(a, b) = (a + b + abs(a - b))/2``."""
        best = values[0]
        for other in values[1:]:
            gap = self.t.add(best, self.t.scale(other, -1))
            size = self.t.scale(self.absolute(gap), sign)
            best = self.t.scale(self.t.add(self.t.add(best, other), size), Fraction(1, 2))
        return best

    def _piecewise(self, node: Node, cases: tuple[tuple[Node, Node], ...], otherwise: Node) -> Frac:
        live: list[tuple[Node, Node]] = []
        for condition, branch in cases:
            decided = self._truth(condition)
            if decided is False:
                continue
            if decided is True:
                if not live:
                    return self.visit(branch)
                otherwise = branch
                break
            live.append((condition, branch))
        if not live:
            return self.visit(otherwise)
        rewritten = tuple((condition, self.normal_node(branch)) for condition, branch in live)
        last = self.normal_node(otherwise)
        if all(branch == last for _, branch in rewritten):
            return self.visit(last)
        return self.t.plain(Piecewise(rewritten, last))

    def _truth(self, condition: Node) -> bool | None:
        try:
            return truth(condition, self.t.box, 96)
        except UnsupportedError:
            return None

    def _binder(self, node: Binder) -> Frac:
        if node.kind != "Integral" and isinstance(node.lo, Num) and isinstance(node.hi, Num):
            first, last = node.lo.value, node.hi.value
            if first.denominator == last.denominator == 1 and last - first < _MAX_TERMS_OF_SUM:
                total = self.t.constant(0 if node.kind == "Sum" else 1)
                for n in range(int(first), int(last) + 1):
                    term = self.visit(instantiate(node.body, num(n)))
                    total = self.t.add(total, term) if node.kind == "Sum" else self.t.mul(total, term)
                return self.t.reduce(total)
        return self.t.plain(map_children(node, lambda child: child if has_bound(child) else self.normal_node(child)))

    # --- functions --------------------------------------------------------------------------------------------------

    def _function(self, name: str, args: tuple[Node, ...]) -> Frac:
        from checker.expr.special import RULES

        rule = RULES.get(name)
        if rule is not None:
            return rule(self, args)
        row = FUNCTIONS.get(name)
        if row is None:
            raise UnsupportedError(_READER, name)
        if row.expansion is not None and row.kind == "scalar":
            return self.visit(row.expansion(args))
        return self.opaque(name, args)

    def opaque(self, name: str, args: tuple[Node, ...]) -> Frac:
        """An atom for ``name(args)``; the sign of the argument of an even or odd function is made canonical."""
        parity = FUNCTIONS[name].parity if name in FUNCTIONS else None
        if parity is not None and len(args) == 1:
            inside = self.t.reduce(self.visit(args[0]))
            if inside.num.is_zero():
                return self.t.constant(0) if parity == "odd" else self.t.plain(Fn(name, (num(0),)))
            if inside.num.leading_coefficient() < 0:
                turned = self.t.plain(Fn(name, (self.t.to_node(self.t.scale(inside, -1)),)))
                return turned if parity == "even" else self.t.scale(turned, -1)
        return self.t.plain(Fn(name, tuple(self.normal_node(arg) for arg in args)))


Rule = Callable[[Converter, tuple[Node, ...]], Frac]
RuleTable = Mapping[str, Rule]
