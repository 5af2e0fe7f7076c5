"""Definite integrals in closed form, for all parameters: pieces, certified antiderivatives, and limits at the ends by rules.

The one idea to know: every step is a proof (kinks placed for all parameters, ``F' = f`` by the normal form, limits by
expansion), so that the closed form *is* the integral and its existence is the convergence of the integral.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from checker.expr.defined import conditions
from checker.expr.domain import Domain
from checker.expr.errors import UnsupportedError
from checker.expr.functions import fn
from checker.expr.node import (
    INFINITY,
    MINUS_ONE,
    ONE,
    ZERO,
    Add,
    Const,
    Fn,
    Node,
    Num,
    Pow,
    Rel,
    Sym,
    add,
    div,
    mul,
    neg,
    sub,
    substitute,
    symbols_of,
    walk,
)
from checker.expr.rational import is_zero
from checker.expr.text import text
from checker.prove.antiderivative import antiderivative, expanded
from checker.prove.asymptotic import T, limit_at_infinity
from checker.prove.coefficients import Coefficients, OpenError
from checker.prove.kink_pieces import Piece, domain_of, is_minus_infinity, pieces, within
from checker.prove.outcome import Evidence

Found = tuple[Node, tuple[Evidence, ...]]


def closed_integral(
    body: Node, name: str, lo: Node, hi: Node, domains: Mapping[str, Domain], given: Sequence[Node]
) -> Found | None:
    """The value of the integral of ``body`` over ``name``, and how it was found; ``None`` where no rule closes it.

    ``lo < hi`` has to hold for all parameters (else ``None``); convergence is shown on the way.
    """
    if not _in_order(body, lo, hi, domains, given):
        return None
    parts = pieces(body, name, lo, hi, domains, given)
    if parts is None:
        return None
    values: list[Node] = []
    evidence: list[Evidence] = []
    for piece in parts:
        found = _euler(piece, name, domains, given) or _by_certificate(piece, name, domains, given)
        if found is None:
            return None
        values.append(found[0])
        evidence += found[1]
    return add(*values), tuple(evidence)


def _in_order(body: Node, lo: Node, hi: Node, domains: Mapping[str, Domain], given: Sequence[Node]) -> bool:
    """Whether ``lo < hi``, or ``lo <= hi`` and nothing in the integral can be undefined where the range is a point."""
    from checker.prove.relation import settled

    if is_minus_infinity(lo) or hi == INFINITY:
        return lo != INFINITY and not is_minus_infinity(hi)
    if settled(Rel("<", lo, hi), domains, given):
        return True
    harmless = not any(isinstance(part, Pow) and _may_fail(part) for part in walk(body))
    return harmless and settled(Rel("<=", lo, hi), domains, given)


def _may_fail(part: Pow) -> bool:
    """Whether a power is undefined for some base: only natural powers never are, and powers of E."""
    natural = isinstance(part.exponent, Num) and part.exponent.value.denominator == 1 and part.exponent.value > 0
    return not natural and part.base != Const("E") and bool(symbols_of(part))


def _by_certificate(piece: Piece, name: str, domains: Mapping[str, Domain], given: Sequence[Node]) -> Found | None:
    inside = (*given, *within(name, piece.lo, piece.hi))
    box = {**domains, name: domain_of(piece.lo, piece.hi)}
    if is_zero(piece.body, box) is True:
        return ZERO, ()
    found = antiderivative(piece.body, name, box, inside)
    if found is None:
        return None
    primitive, source = found
    ends = []
    for end, upper in ((piece.hi, True), (piece.lo, False)):
        value = _at_end(primitive, name, end, upper, domains, given)
        if value is None:
            return None
        ends.append(value)
    value = sub(*ends)
    note = Evidence(
        "antiderivative certificate",
        f"integral of {text(piece.body)} for {name} from {text(piece.lo)} to {text(piece.hi)}"[:300],
        f"{text(primitive)}"[:300] + f" ({source}; derivative equal by the rational normal form; limits at the ends by rules)",
    )
    return value, (note,)


def _at_end(
    primitive: Node, name: str, end: Node, upper: bool, domains: Mapping[str, Domain], given: Sequence[Node]
) -> Node | None:
    """The value or the limit of a continuous formula at an end of the range; ``None`` where it is not finite or not found."""
    from checker.prove.relation import settled

    infinite = end == INFINITY or is_minus_infinity(end)
    if not infinite:
        there = substitute(primitive, {name: end})
        if all(settled(condition, domains, given) for condition in conditions(there, domains)):
            return there
    step = Pow(Sym(T), MINUS_ONE)
    place: Node = Sym(T) if end == INFINITY else neg(Sym(T)) if infinite else add(end, neg(step) if upper else step)
    total: list[Node] = []
    moved = substitute(primitive, {name: place})
    for group in (moved.args if isinstance(moved, Add) else (moved,), (moved,)):
        try:
            field = Coefficients(domains, given)
            limits = [limit_at_infinity(term, field) for term in group]
        except (OpenError, UnsupportedError):
            continue
        if all(limit.value is not None for limit in limits):
            total = [limit.value for limit in limits if limit.value is not None]
            return add(*total)
    return None


# --- Euler's integrals, whose antiderivatives are not elementary --------------------------------------------------------


def _euler(piece: Piece, name: str, domains: Mapping[str, Domain], given: Sequence[Node]) -> Found | None:
    """``x**(a-1)*exp(-r*x**c)`` on the half line and ``x**(a-1)*(1-x)**(b-1)`` on [0, 1], with exponents that are symbols.

    Sources: DLMF 5.2.1 and 5.12.1.
    """
    if piece.lo != ZERO or (piece.hi != INFINITY and piece.hi != ONE):
        return None
    terms = expanded(piece.body, name)
    if terms is None:
        return None
    values: list[Node] = []
    for factors in terms:
        value = _half_line(factors, name, domains, given) if piece.hi == INFINITY else _beta(factors, name, domains, given)
        if value is None:
            return None
        values.append(value)
    kind = "DLMF 5.2.1" if piece.hi == INFINITY else "DLMF 5.12.1"
    note = Evidence("Euler's integrals", f"integral of {text(piece.body)}"[:300], f"by the Gamma function ({kind})")
    return add(*values), (note,)


def _split(factors: Sequence[Node], name: str) -> tuple[list[Node], list[tuple[Node, Node]]]:
    """Constants, and the other factors as (base, exponent)."""
    constants = [factor for factor in factors if name not in symbols_of(factor)]
    moving = [factor for factor in factors if name in symbols_of(factor)]
    return constants, [(f.base, f.exponent) if isinstance(f, Pow) else (f, ONE) for f in moving]


def _half_line(
    factors: Sequence[Node], name: str, domains: Mapping[str, Domain], given: Sequence[Node]
) -> Node | None:
    from checker.prove.relation import settled

    constants, moving = _split(factors, name)
    order: list[Node] = []
    rates: list[tuple[Node, Node]] = []
    for base, exponent in moving:
        inside = exponent if base == Const("E") else base.args[0] if isinstance(base, Fn) and base.name == "exp" else None
        if base == Sym(name) and name not in symbols_of(exponent):
            order.append(exponent)
        elif inside is not None and (base == Const("E") or exponent == ONE):
            rate = _monomial(inside, name)
            if rate is None:
                return None
            rates.append(rate)
        else:
            return None
    if not order or all(isinstance(item, Num) and item.value.denominator == 1 for item in order) or len(rates) != 1:
        return None  # integer powers have antiderivatives
    above = add(*order, ONE)
    speed, power = rates[0]
    if not all(settled(Rel(">", item, ZERO), domains, given) for item in (above, speed, power)):
        return None
    shape = above if power == ONE else div(above, power)
    scale = Pow(speed, neg(shape))
    return mul(*constants, fn("gamma", shape), scale, *(() if power == ONE else (Pow(power, MINUS_ONE),)))


def _monomial(inside: Node, name: str) -> tuple[Node, Node] | None:
    """``(r, c)`` of ``-r*x**c``."""
    terms = expanded(inside, name)
    if terms is None or len(terms) != 1:
        return None
    constants, moving = _split(terms[0], name)
    if len(moving) != 1 or moving[0][0] != Sym(name) or name in symbols_of(moving[0][1]):
        return None
    return mul(MINUS_ONE, *constants), moving[0][1]


def _beta(factors: Sequence[Node], name: str, domains: Mapping[str, Domain], given: Sequence[Node]) -> Node | None:
    from checker.prove.relation import settled

    constants, moving = _split(factors, name)
    left: list[Node] = [ONE]
    right: list[Node] = [ONE]
    for base, exponent in moving:
        if name in symbols_of(exponent):
            return None
        if base == Sym(name):
            left.append(exponent)
        elif is_zero(sub(base, sub(ONE, Sym(name)))) is True:
            right.append(exponent)
        else:
            return None
    if not any(symbols_of(item) or (isinstance(item, Num) and item.value.denominator != 1) for item in (*left, *right)):
        return None
    a, b = add(*left), add(*right)
    if not all(settled(Rel(">", item, ZERO), domains, given) for item in (a, b)):
        return None
    return mul(*constants, fn("gamma", a), fn("gamma", b), Pow(fn("gamma", add(a, b)), MINUS_ONE))
