"""Values and limits of a formula at the ends of one symbol's range, infinity included.

The one idea to know: a monotone function is decided at one end, and tight claims often touch exactly there, so the limit
has to come out exactly (0, not "within 1e-20"): infinite ends are points of the extended reals, and what is
indeterminate there is settled by growth (exponentials beat powers, powers beat logarithms).
"""

from __future__ import annotations

from fractions import Fraction

from flint import arb, fmpq_mpoly

from checker.expr.domain import Domain
from checker.expr.errors import UnsupportedError
from checker.expr.interval import Interval, box_of, enclose
from checker.expr.interval_core import from_ball
from checker.expr.interval_functions import integer_power
from checker.expr.node import Add, Fn, Mul, Node, Num, Pow, Sym, num, substitute
from checker.expr.rational import Normal, normal
from checker.expr.to_arb import precision
from checker.prove.forms import WORK, Box


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
        parts = [limit_at(term, name, end, upper, box) for term in one_logarithm(f)]
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
    if isinstance(f, Fn) and f.name == "log":
        inside = limit_at(f.args[0], name, end, upper, box)
        if inside is None or not inside.lo > 0:
            return None
        return enclose(Fn("log", (Sym(name),)), {name: inside}, 96, at_limit=True)
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


def one_logarithm(f: Add) -> tuple[Node, ...]:
    """The terms of a sum with its logarithms in one: ``log(x + 1) - log(x)`` has a limit, its terms have none.

    Logarithms that exist have positive arguments, so nothing is lost by taking them together.
    """
    found = [_multiple_of_log(term) for term in f.args]
    if sum(part is not None for part in found) < 2:
        return f.args
    inside = Mul(tuple(part.args[0] if power == 1 else Pow(part.args[0], Num(power)) for power, part in filter(None, found)))
    rest = tuple(term for term, part in zip(f.args, found, strict=True) if part is None)
    return (*rest, Fn("log", (inside,)))


def _multiple_of_log(term: Node) -> tuple[Fraction, Fn] | None:
    """``(c, log(u))`` for ``c*log(u)`` with a whole number ``c``."""
    if isinstance(term, Fn) and term.name == "log":
        return Fraction(1), term
    if isinstance(term, Mul) and len(term.args) == 2 and isinstance(term.args[0], Num):
        front, back = term.args[0].value, term.args[1]
        if isinstance(back, Fn) and back.name == "log" and front.denominator == 1:
            return front, back
    return None


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
            try:
                found = enclose(node, self.at_end, 96, at_limit=True)
            except UnsupportedError:
                return None
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
