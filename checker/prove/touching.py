"""Where a function may touch zero: candidates for the least point of a convex function, rational and irrational ones.

The one idea to know: a candidate proves nothing by itself (the ladder checks that the slope is exactly 0 there), so guessing
is free; irrational candidates are the roots of the factors of the derivative's numerator, as far as radicals give them.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from flint import arb, fmpq_mpoly

from checker.expr.derive import diff
from checker.expr.domain import Domain, contains
from checker.expr.errors import UnsupportedError
from checker.expr.interval import Interval, box_of, enclose, from_domain, rational_end
from checker.expr.node import Const, Fn, Node, Num, Pow, Sym, add, div, mul, neg, num, sub, substitute, symbols_of, walk
from checker.expr.rational import Normal, normal
from checker.expr.to_arb import evaluate, to_fraction
from checker.prove.forms import WORK, Box, normal_node

_BITS = 96
_MAX_RATIONAL = 12
_HALF = Num(Fraction(1, 2))


def places(f: Node, slope: Node, name: str, box: Box) -> list[Node]:
    """Where ``f`` may touch zero inside the range of ``name``: small rationals, the formula's own numbers, other symbols,
    and zeros of the slope in radicals."""
    domain = box[name]
    own = [part.value for part in walk(f) if isinstance(part, Num)]
    numbers = [Fraction(0), Fraction(1), Fraction(1, 2), Fraction(-1), Fraction(2), *own, *(1 / item for item in own if item)]
    kept: list[Node] = []
    kept += [Num(item) for item in dict.fromkeys(numbers) if contains(domain, item)][:_MAX_RATIONAL]
    if any(isinstance(part, Fn) and part.name in ("exp", "log") for part in walk(f)):
        range_of = from_domain(domain)
        kept += [place for place in (Const("E"), Fn("exp", (num(-1),))) if within(evaluate(place, {}, _BITS), range_of)]
    for other, range_ in box.items():
        if other != name and _inside(range_, domain):
            kept.append(Sym(other))
    if not domain.integer:
        kept += [place for place in zeros(slope, name, box) if place not in kept and stays_inside(place, name, box)]
    return kept


def zeros(slope: Node, name: str, box: Box) -> list[Node]:
    """Zeros of a formula in one symbol as far as its normal form has factors that radicals solve; none is checked.

    A difference of logarithms is solved as a quotient that is 1.
    """
    found = _algebraic_zeros(slope, name, box)
    if not found and any(isinstance(part, Fn) and part.name == "log" and name in symbols_of(part) for part in walk(slope)):
        found = _algebraic_zeros(normal_node(sub(Fn("exp", (slope,)), num(1)), box), name, box)
    return found


def _algebraic_zeros(slope: Node, name: str, box: Box) -> list[Node]:
    try:
        form = normal(slope, box_of(box, _BITS), WORK)
        _, factors = form.factors()
    except UnsupportedError:
        return []
    found: dict[Node, None] = {}
    rest = {key: domain for key, domain in box.items() if key != name}
    for poly, times in factors:
        if times < 0:
            continue
        coefficients = _in_powers(form, poly, name)
        if coefficients is None:
            continue
        order, by_power = coefficients
        for root in _radicals(by_power, order):
            found.setdefault(normal_node(root, rest))
    return list(found)


def linear_zero(edge: Node, name: str) -> Fraction | None:
    """The zero of an expression that is linear in one symbol with rational coefficients; ``None`` for any other."""
    try:
        at_zero = normal(substitute(edge, {name: num(0)})).constant()
        slope = normal(diff(edge, name)).constant()
    except UnsupportedError:
        return None
    return -at_zero / slope if at_zero is not None and slope else None


def stays_inside(place: Node, name: str, box: Box) -> bool:
    """Whether a place that may depend on the other symbols lies in the range of ``name`` for all of them."""
    rest = {key: domain for key, domain in box.items() if key != name}
    try:
        found = enclose(place, box_of(rest, _BITS), _BITS)
    except UnsupportedError:
        return False
    if found.partial or found.empty:
        return False
    lo, lo_moved = rational_end(found.lo, upper=False)
    hi, hi_moved = rational_end(found.hi, upper=True)
    return _inside(Domain(lo, hi, found.lo_open or lo_moved, found.hi_open or hi_moved), box[name])


def _in_powers(form: Normal, poly: fmpq_mpoly, name: str) -> tuple[int, dict[int, Node]] | None:
    """``(q, {k: c})`` for the sum of ``c*x**(k/q)``; ``None`` where ``x`` also hides in another generator."""
    atoms, order = form.table.atoms, 1
    by_power: dict[int, list[Node]] = {}
    for exponents, coefficient in poly.terms():
        power = 0
        parts: list[Node] = [Num(to_fraction(coefficient))]
        for atom, exponent in zip(atoms, exponents, strict=False):
            count = int(exponent)
            if not count:
                continue
            if atom.node == Sym(name) and atom.kind in ("plain", "root"):
                power, order = count, atom.order
                continue
            part = form.table.power_node(atom, count)
            if name in symbols_of(part):
                return None
            parts.append(part)
        by_power.setdefault(power, []).append(mul(*parts))
    return order, {power: add(*terms) for power, terms in by_power.items()}


def _radicals(by_power: dict[int, Node], order: int) -> Iterator[Node]:
    """Solutions ``x`` of ``sum c*y**k == 0`` with ``y = x**(1/order)``, for two terms or a quadratic in ``y**m``."""
    powers = sorted(by_power)
    if len(powers) == 2:
        low, high = powers
        ratio = neg(div(by_power[low], by_power[high]))
        for root in _roots_of(ratio, high - low):
            yield _raised(root, order)
    if len(powers) == 3 and powers[1] - powers[0] == powers[2] - powers[1]:
        c, b, a = (by_power[power] for power in powers)
        inside = add(Pow(b, num(2)), mul(num(-4), a, c))
        for sign in (1, -1):
            half = div(add(neg(b), mul(num(sign), Pow(inside, _HALF))), mul(num(2), a))
            for root in _roots_of(half, powers[1] - powers[0]):
                yield _raised(root, order)


def _roots_of(value: Node, order: int) -> Iterator[Node]:
    """Real solutions of ``y**order == value``, one for each sign that ``value`` may have."""
    if order == 1:
        yield value
        return
    exponent = Num(Fraction(1, order))
    yield Pow(value, exponent)
    yield neg(Pow(value, exponent)) if order % 2 == 0 else neg(Pow(neg(value), exponent))


def _raised(root: Node, order: int) -> Node:
    return root if order == 1 else Pow(root, num(order))


def within(ball: arb, outer: Interval) -> bool:
    """Whether the ball lies strictly inside."""
    return bool(ball > outer.lo and ball < outer.hi)


def _inside(inner: Domain, outer: Domain) -> bool:
    """Whether every point of the first range lies in the second."""
    return _above(inner.lo, inner.lo_open, outer.lo, outer.lo_open, 1) and _above(
        inner.hi, inner.hi_open, outer.hi, outer.hi_open, -1
    )


def _above(inner: Fraction | None, inner_open: bool, outer: Fraction | None, outer_open: bool, sign: int) -> bool:
    if outer is None:
        return True
    if inner is None:
        return False
    return sign * inner > sign * outer or (inner == outer and (inner_open or not outer_open))
