"""Other forms of "f > 0" that are easier to decide: factors of known sign removed, logarithms compared, ends taken as limits.

The one idea to know: every rewriting here keeps the sign of ``f`` at each point of the box where ``f`` is defined.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from flint import arb, fmpq_mpoly

from checker.expr.domain import Domain
from checker.expr.errors import UnsupportedError
from checker.expr.interval import Interval, box_of, enclose, rational_end
from checker.expr.interval_core import from_ball
from checker.expr.interval_functions import integer_power
from checker.expr.node import (
    ONE,
    Add,
    Binder,
    Fn,
    Limit,
    Mul,
    Node,
    Num,
    Piecewise,
    Pow,
    Rel,
    Sym,
    add,
    map_children,
    mul,
    num,
    sub,
    substitute,
    symbols_of,
    walk,
)
from checker.expr.rational import Normal, normal
from checker.expr.to_arb import precision

Box = Mapping[str, Domain]

WORK = 3_000  # terms handled in one normal form: every proof seen so far stayed well below it
_SMOOTH_BREAKERS = frozenset({"sign", "floor"})
_KINKS = frozenset({"abs", "max", "min", "relu"})


@dataclass(frozen=True, slots=True)
class Signed:
    """``f`` has the sign of ``sign * product(factors)`` wherever it is defined; ``zero``: it is identically 0."""

    sign: int
    factors: tuple[Node, ...]
    zero: bool = False

    def whole(self) -> Node:
        """The remaining product as one tree."""
        body = self.factors[0] if len(self.factors) == 1 else Mul(self.factors)
        return body if self.sign > 0 else Mul((num(-1), body))


def continuous(node: Node) -> bool:
    """Whether the formula is continuous wherever it is defined."""
    return not any(
        isinstance(part, Piecewise | Binder | Limit) or (isinstance(part, Fn) and part.name in _SMOOTH_BREAKERS)
        for part in walk(node)
    )


def smooth(node: Node) -> bool:
    """Whether its derivative is continuous too (inside its domain): no kinks."""
    return continuous(node) and not any(isinstance(part, Fn) and part.name in _KINKS for part in walk(node))


def simplified(f: Node, strict: bool, box: Box) -> Signed | None:
    """The normal form of ``f`` without the factors whose sign is known on the box; ``None`` if there is none.

    For a strict goal a factor is dropped only if it cannot vanish; for ``f >= 0`` even powers and factors of weak sign
    go too.  A denominator does not vanish where ``f`` is defined.
    """
    try:
        form = normal(f, box_of(box, 96), WORK)
        if form.is_zero:
            return Signed(1, (), zero=True)
        content, factors = form.factors()
    except UnsupportedError:
        return None
    sign = 1 if content > 0 else -1
    left: list[Node] = []
    for poly, times in factors:
        known = form.table.sign(poly, strict and times > 0)
        if times % 2 == 0:
            if strict and times > 0 and not known:
                left.append(Pow(form.table.poly_node(poly), num(2)))
        elif known:
            sign *= known
        else:
            left.append(form.table.poly_node(poly))
    return Signed(sign, tuple(left))


def normal_node(f: Node, box: Box) -> Node:
    """``f`` through its normal form; ``f`` itself where that cannot be formed."""
    try:
        return normal(f, box_of(box, 96), WORK).node()
    except UnsupportedError:
        return f


def log_difference(left: Node, right: Node, box: Box) -> Node | None:
    """``log(left) - log(right)`` if both sides are positive on the box: it has the sign of ``left - right``."""
    if not any((isinstance(part, Fn) and part.name in ("exp", "cosh", "sigmoid")) or isinstance(part, Pow) for part in walk(left)):
        return None
    intervals = box_of(box, 96)
    try:
        if not (enclose(left, intervals, 96).positive and enclose(right, intervals, 96).positive):
            return None
        return normal(sub(Fn("log", (left,)), Fn("log", (right,))), intervals, WORK).node()
    except UnsupportedError:
        return None


def split_sides(f: Node) -> tuple[Node, Node] | None:
    """``f = left - right`` with positive looking terms left and negated ones right."""
    if not isinstance(f, Add):
        return None
    left: list[Node] = []
    right: list[Node] = []
    for term in f.args:
        coefficient = _coefficient(term)
        (left if coefficient > 0 else right).append(term if coefficient > 0 else _negated(term))
    if not left or not right:
        return None
    return (left[0] if len(left) == 1 else Add(tuple(left))), (right[0] if len(right) == 1 else Add(tuple(right)))


def _coefficient(term: Node) -> Fraction:
    if isinstance(term, Num):
        return term.value
    if isinstance(term, Mul):
        result = Fraction(1)
        for part in term.args:
            if isinstance(part, Num):
                result *= part.value
        return result
    return Fraction(1)


def _negated(term: Node) -> Node:
    if isinstance(term, Num):
        return Num(-term.value)
    if isinstance(term, Mul) and isinstance(term.args[0], Num):
        lead = -term.args[0].value
        return Mul((Num(lead), *term.args[1:])) if lead != 1 or len(term.args) == 1 else (
            term.args[1] if len(term.args) == 2 else Mul(term.args[1:])
        )
    return Mul((num(-1), term))


def other_variables(f: Node, box: Box) -> Iterator[tuple[Node, dict[str, Domain]]]:
    """The same goal in other variables: ``exp(f) - 1`` over sums of logarithms; a subterm that hides a symbol; ``max`` by cases."""
    exponential = _without_logarithms(f, box)
    if exponential is not None:
        yield exponential, dict(box)
    yield from _hidden(f, box)


def _without_logarithms(f: Node, box: Box) -> Node | None:
    """``exp(f) - 1``, if no logarithm is left in its normal form."""
    if not any(isinstance(part, Fn) and part.name in ("log", "softplus", "log1p") for part in walk(f)):
        return None
    shape = normal_node(sub(Fn("exp", (f,)), ONE), box)
    return None if any(isinstance(part, Fn) and part.name in ("log", "softplus", "log1p") for part in walk(shape)) else shape


def _hidden(f: Node, box: Box) -> Iterator[tuple[Node, dict[str, Domain]]]:
    """Replace a subterm by a new symbol that ranges over its enclosure, where that removes a symbol altogether."""
    for part in walk(f):
        if not isinstance(part, Fn | Pow) or part == f or not symbols_of(part):
            continue
        (name, *others) = sorted(symbols_of(part))
        if others:
            continue
        replaced = _replace(f, part, Sym("#" + name))
        if name in symbols_of(replaced):
            continue
        try:
            found = enclose(part, box_of(box, 96), 96)
        except UnsupportedError:
            continue
        if found.partial or found.empty:
            continue
        domain = Domain(rational_end(found.lo), rational_end(found.hi), found.lo_open, found.hi_open)
        yield replaced, {**{key: value for key, value in box.items() if key != name}, "#" + name: domain}


def cases(f: Node, box: Box) -> list[tuple[Node, dict[str, Domain], tuple[Node, ...]]] | None:
    """``f`` with its first ``max``, ``min`` or ``abs`` resolved: one ``(f, box, hypotheses)`` per case, all to be proved.

    Where the compared things are symbols the case is built into the variables (``v = u - t`` or ``v = r*u``).
    """
    for part in walk(f):
        if not isinstance(part, Fn) or part.name not in ("max", "min", "abs") or not symbols_of(part):
            continue
        options = (part.args[0], Mul((num(-1), part.args[0]))) if part.name == "abs" else part.args
        op = "<=" if part.name == "min" else ">="
        found = []
        for option in options:
            others = tuple(other for other in options if other != option)
            chosen = _replace(f, part, option)
            hypotheses = tuple(Rel(op, option, other) for other in others)  # type: ignore[arg-type]
            if part.name != "abs" and isinstance(option, Sym) and all(isinstance(other, Sym) for other in others):
                found.append((*_ordered(chosen, option.name, others, part.name == "max", box), ()))
            else:
                found.append((chosen, dict(box), hypotheses))
        return found
    return None


def _ordered(f: Node, best: str, others: tuple[Node, ...], largest: bool, box: Box) -> tuple[Node, dict[str, Domain]]:
    """``f`` where the other symbols are written as ``best`` minus (plus) something, or a share of it."""
    domains, values = dict(box), {}
    for other in others:
        assert isinstance(other, Sym)
        fresh = "#" + other.name
        lo = domains[other.name].lo
        if largest and lo is not None and lo >= 0:
            values[other.name] = mul(Sym(fresh), Sym(best))
            domains[fresh] = Domain(Fraction(0), Fraction(1), lo_open=domains[other.name].lo_open)
        else:
            values[other.name] = add(Sym(best), mul(num(-1 if largest else 1), Sym(fresh)))
            domains[fresh] = Domain(lo=Fraction(0))
        del domains[other.name]
    return substitute(f, values), domains


def _replace(f: Node, part: Node, symbol: Node) -> Node:
    memo: dict[Node, Node] = {part: symbol}

    def visit(node: Node) -> Node:
        if node not in memo:
            memo[node] = map_children(node, visit)
        return memo[node]

    return visit(f)


# --- values at the ends of one symbol's range -----------------------------------------------------------------------


def face(f: Node, name: str, end: Fraction, box: Box) -> Node | None:
    """``f`` with the symbol at a finite end; ``None`` where ``f`` may be undefined there (and so may jump)."""
    at_end = substitute(f, {name: Num(end)})
    rest = {key: domain for key, domain in box.items() if key != name}
    try:
        found = enclose(at_end, box_of(rest, 96), 96)
    except UnsupportedError:
        return None
    return None if found.partial or found.empty else at_end


def limit_at(f: Node, name: str, end: Fraction | None, upper: bool, box: Box) -> Interval | None:
    """Enclosure of the limits of ``f`` as the symbol goes to an end of its range, uniformly in the others.

    ``end`` ``None`` is the infinity on that side.  ``None`` if no bound is found.
    """
    if isinstance(f, Add):
        parts = [limit_at(term, name, end, upper, box) for term in f.args]
        total = from_ball(arb(0))
        with precision(96):
            for part in parts:
                if part is None:
                    return None
                total = total + part
        return total
    direct = _limit_by_substitution(f, name, end, upper, box)
    if direct is not None:
        return direct
    # x = end + 1/s (or -s) turns every end into s -> oo.
    s = Sym(name)
    if end is None:
        moved, domain = (f, box[name]) if upper else (substitute(f, {name: Mul((num(-1), s))}), _mirrored(box[name]))
    else:
        step = Pow(s, num(-1))
        moved = substitute(f, {name: Add((Num(end), Mul((num(-1 if upper else 1), step))))})
        domain = Domain(lo=_inverse_width(box[name]), lo_open=True)
    if domain.lo is None or domain.lo < 1:
        domain = Domain(lo=Fraction(1), lo_open=True)
    return _limit_of_term(moved, name, {**box, name: domain})


def _mirrored(domain: Domain) -> Domain:
    return Domain(
        None if domain.hi is None else -domain.hi, None if domain.lo is None else -domain.lo, domain.hi_open, domain.lo_open
    )


def _inverse_width(domain: Domain) -> Fraction:
    if domain.lo is None or domain.hi is None or domain.hi == domain.lo:
        return Fraction(1)
    return 1 / (domain.hi - domain.lo)


def _limit_by_substitution(f: Node, name: str, end: Fraction | None, upper: bool, box: Box) -> Interval | None:
    rest = box_of({key: domain for key, domain in box.items() if key != name}, 96)
    try:
        if end is not None:
            found = enclose(substitute(f, {name: Num(end)}), rest, 96)
        else:
            point = arb.pos_inf() if upper else arb.neg_inf()
            found = enclose(f, {**rest, name: Interval(point, point)}, 96, at_limit=True)
    except UnsupportedError:
        return None
    if found.partial or found.empty or (not found.lo.is_finite() and not found.hi.is_finite() and found.lo < found.hi):
        return None
    return found


def _limit_of_term(f: Node, name: str, box: Box) -> Interval | None:
    """The limit at plus infinity of one term, by powers: quotients of polynomials in the symbol times bounded atoms."""
    try:
        form = normal(f, box_of(box, 96), WORK)
    except UnsupportedError:
        return None
    top = _Growth(form, name, box)
    below = top.leading(form.value.den)
    if below is None:
        return None
    power, limit = below
    total = from_ball(arb(0))
    with precision(96):
        for exponents, coefficient in form.value.num.terms():
            term = top.monomial([int(e) for e in exponents], power)
            if term is None:
                return None
            total = total + from_ball(arb(coefficient)).times(term, True)
        result = total.times(integer_power(limit, -1), True)
    unknown = not result.lo.is_finite() and not result.hi.is_finite() and result.lo < result.hi
    return None if unknown or result.partial or result.empty else result


class _Growth:
    """Limits at infinity of monomials over the atoms of a normal form."""

    def __init__(self, form: Normal, name: str, box: Box) -> None:
        self.form, self.name, self.box = form, name, box
        # Exponentials that divide the whole denominator count as negative powers in every term.
        terms = [[int(e) for e in exponents] for exponents, _ in form.value.den.terms()]
        self.common = [
            min(term[i] for term in terms) if i < len(form.table.atoms) and form.table.atoms[i].kind == "exp" else 0
            for i in range(len(terms[0]))
        ]
        self.at_end = {**box_of(box, 96), name: Interval(arb.pos_inf(), arb.pos_inf())}

    def leading(self, poly: fmpq_mpoly) -> tuple[Fraction, Interval] | None:
        """``(k, L)`` with ``poly ~ L*symbol**k`` and ``L`` bounded away from 0."""
        powers = [self._power([int(e) for e in exponents]) for exponents, _ in poly.terms()]
        top = max(powers)
        total = from_ball(arb(0))
        for exponents, coefficient in poly.terms():
            term = self.monomial([int(e) for e in exponents], top)
            if term is None:
                return None
            total = total + from_ball(arb(coefficient)).times(term, True)
        return None if total.has_zero() or not total.bounded or total.empty else (top, total)

    def _power(self, exponents: list[int]) -> Fraction:
        total = Fraction(0)
        for i, count in enumerate(exponents):
            if count and self.form.table.atoms[i].node == Sym(self.name):
                total += Fraction(count, self.form.table.atoms[i].order)
        return total

    def monomial(self, exponents: list[int], divide: Fraction) -> Interval | None:
        """Limit of the monomial divided by ``symbol**divide``."""
        table = self.form.table
        power = -divide
        logs, decays = False, False
        rest = from_ball(arb(1))
        for i, exponent in enumerate(exponents):
            count = exponent - self.common[i]
            if not count:
                continue
            atom = table.atoms[i]
            if atom.node == Sym(self.name):
                power += Fraction(count, atom.order)
                continue
            if atom.node == Fn("log", (Sym(self.name),)):
                logs = True
                continue
            node = table.power_node(atom, count)
            found = enclose(node, self.at_end, 96, at_limit=True)
            if found.partial or found.empty:
                return None
            if found.is_zero and atom.kind == "exp" and self._decays(atom.node):
                decays = True
                continue
            rest = rest.times(found, True)
        if decays or power < 0:
            # exp(-c*s) beats every power, and a negative power beats a logarithm.
            if rest.bounded:
                return from_ball(arb(0))
            return None
        if logs or power > 0:
            if rest.positive and rest.lo > 0:
                return Interval(arb.pos_inf(), arb.pos_inf())
            if rest.negative and rest.hi < 0:
                return Interval(arb.neg_inf(), arb.neg_inf())
            return None
        return rest

    def _decays(self, argument: Node) -> bool:
        """Whether the exponent is below ``-c*symbol`` far out (its size, whatever its sign, is what counts)."""
        ratio = Mul((argument, Pow(Sym(self.name), num(-1))))
        try:
            limit = _limit_of_term(ratio, self.name, self.box)
        except UnsupportedError:
            return False
        return limit is not None and (limit.lo > 0 or limit.hi < 0)
