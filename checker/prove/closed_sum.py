"""Sums in closed form, for all parameters: geometric, exponential and binomial series times a polynomial in the index.

The one idea to know: in falling factorials ``k*(k-1)*...*(k-j+1)`` all three series have one-line sums, so a polynomial is
first rewritten in them; a summand that is not such a product has no closed form here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from checker.expr.domain import Domain
from checker.expr.functions import fn
from checker.expr.node import (
    INFINITY,
    MINUS_ONE,
    ONE,
    ZERO,
    Add,
    Const,
    Fn,
    Mul,
    Node,
    Num,
    Pow,
    Rel,
    Sym,
    add,
    mul,
    neg,
    num,
    sub,
    substitute,
    symbols_of,
)
from checker.expr.rational import is_zero
from checker.expr.text import text
from checker.prove.antiderivative import coefficients, expanded
from checker.prove.outcome import Evidence
from checker.prove.power_sum import power_sum

Found = tuple[Node, tuple[Evidence, ...]]
_MAX_FIRST = 64
_MAX_DEGREE = 12


@dataclass(slots=True)
class _Term:
    """``constant * polynomial(k) * product of base**(c0 + c1*k) / k! * binomial(n, k)`` taken apart."""

    constant: list[Node] = field(default_factory=list)
    polynomial: list[Node] = field(default_factory=list)
    rising: list[Node] = field(default_factory=list)  # bases with the exponent k
    falling: list[tuple[Node, Node]] = field(default_factory=list)  # (base, c0) with the exponent c0 - k
    factorials: int = 0
    choose: list[Node] = field(default_factory=list)


def closed_sum(
    body: Node, name: str, lo: Node, hi: Node, domains: Mapping[str, Domain], given: Sequence[Node]
) -> Found | None:
    """The value of the sum of ``body`` over the integer ``name``; ``None`` where no rule gives one for all parameters."""
    if not (isinstance(lo, Num) and lo.value.denominator == 1 and abs(lo.value) <= _MAX_FIRST):
        return None
    terms = expanded(body, name)
    if terms is None:
        return None
    values: list[Node] = []
    kinds: dict[str, None] = {}
    for factors in terms:
        power = power_sum(factors, name, int(lo.value), domains, given) if hi == INFINITY else None
        if power is not None:
            values.append(power)
            kinds["Hurwitz zeta function"] = None
            continue
        term = _Term()
        if not all(_take(term, factor, name) for factor in factors):
            return None
        found = _summed(term, name, int(lo.value), hi, domains, given)
        if found is None:
            return None
        values.append(found[0])
        kinds[found[1]] = None
    note = Evidence("table of series", f"sum of {text(body)}"[:300], f"by the {' and '.join(kinds)}")
    return add(*values), (note,)


def _take(term: _Term, factor: Node, name: str, order: int = 1) -> bool:
    """Put one factor to the power ``order`` where it belongs."""
    k = Sym(name)
    if name not in symbols_of(factor):
        term.constant.append(factor if order == 1 else Pow(factor, num(order)))
        return True
    match factor:
        case Mul(args):
            return all(_take(term, arg, name, order) for arg in args)
        case Pow(base, Num(exponent)) if exponent == -1:
            return _take(term, base, name, -order)
        case Fn("factorial", (arg,)) if arg == k and order == -1:
            term.factorials += 1
            return True
        case Fn("gamma", (arg,)) if order == -1 and is_zero(sub(arg, add(k, ONE))) is True:
            term.factorials += 1
            return True
        case Fn("binomial", (above, below)) if order == 1 and below == k and name not in symbols_of(above):
            term.choose.append(above)
            return True
        case Fn("exp", (inside,)) | Pow(Const("E"), inside):
            return _exponential(term, Const("E"), inside, name, order)
        case Pow(base, exponent) if name not in symbols_of(base):
            return _exponential(term, base, exponent, name, order)
    if order == 1 and coefficients(factor, name) is not None:
        term.polynomial.append(factor)
        return True
    return False


def _exponential(term: _Term, base: Node, exponent: Node, name: str, order: int) -> bool:
    """``base**(c0 + c1*k)`` with ``c1`` not zero: ``(base**c1)**k``, or kept apart where ``c1`` is -1 and ``c0`` a symbol."""
    found = coefficients(exponent, name)
    if found is None or not set(found) <= {0, 1} or 1 not in found:
        return False
    slope, constant = found[1], found.get(0, ZERO)
    if order == 1 and slope == MINUS_ONE and symbols_of(constant):
        term.falling.append((base, constant))
        return True
    if base != Const("E") and not (isinstance(slope, Num) and slope.value.denominator == 1):
        return False
    if constant != ZERO:
        if base != Const("E") and not (isinstance(constant, Num) and constant.value.denominator == 1):
            return False
        term.constant.append(Pow(base, mul(num(order), constant)))
    power = mul(num(order), slope) if not isinstance(slope, Num) else num(order * slope.value)
    term.rising.append(base if power == ONE else Pow(base, power))
    return True


def _summed(
    term: _Term, name: str, lo: int, hi: Node, domains: Mapping[str, Domain], given: Sequence[Node]
) -> tuple[Node, str] | None:
    falling = _falling_factorials(mul(*term.polynomial), name)
    if falling is None:
        return None
    base = mul(*term.rising)
    if term.choose:
        value = _binomial(term, falling, base, lo, hi, domains, given)
        return None if value is None else (mul(*term.constant, value), "binomial theorem")
    if hi != INFINITY or term.falling or not term.rising or term.factorials > 1:
        return None
    if term.factorials:
        if lo < 0:
            return None
        whole = mul(add(*(mul(c, Pow(base, num(j)) if j else ONE) for j, c in falling.items())), fn("exp", base))
        kind = "exponential series"
    else:
        if not _inside_one(base, domains, given):
            return None
        parts = (
            mul(c, num(_factorial(j)), Pow(base, num(j)) if j else ONE, Pow(sub(ONE, base), num(-j - 1)))
            for j, c in falling.items()
        )
        whole, kind = add(*parts), "geometric series"
    return mul(*term.constant, sub(whole, _first(term, name, base, lo))), kind


def _first(term: _Term, name: str, base: Node, lo: int) -> Node:
    """The terms from 0 to ``lo - 1`` (minus those from ``lo`` to -1)."""
    shape = mul(*term.polynomial)
    indices = range(lo) if lo > 0 else range(lo, 0)
    parts: list[Node] = []
    for index in indices:
        value = substitute(shape, {name: num(index)})
        weight = Num(Fraction(1, _factorial(index))) if term.factorials else ONE
        parts.append(mul(value, weight, Pow(base, num(index)) if index else ONE))
    return add(*parts) if lo > 0 else neg(add(*parts))


def _inside_one(base: Node, domains: Mapping[str, Domain], given: Sequence[Node]) -> bool:
    from checker.prove.relation import settled

    return all(settled(Rel("<", side, ONE), domains, given) for side in (base, neg(base)))


def _binomial(
    term: _Term,
    falling: Mapping[int, Node],
    base: Node,
    lo: int,
    hi: Node,
    domains: Mapping[str, Domain],
    given: Sequence[Node],
) -> Node | None:
    """``sum_k (k)_j binomial(n, k) u**k v**(n-k) = (n)_j u**j (u+v)**(n-j)`` for ``k = 0..n``, ``n`` a natural number."""
    from checker.expr.evident import is_integer
    from checker.prove.relation import settled

    if len(term.choose) != 1 or term.factorials or lo != 0:
        return None
    n = term.choose[0]
    natural = is_integer(n, domains) and settled(Rel(">=", n, ZERO), domains, given)
    if not natural or is_zero(sub(n, hi), domains) is not True:
        return None
    if any(is_zero(sub(constant, n), domains) is not True for _, constant in term.falling):
        return None
    other = mul(*(item for item, _ in term.falling))
    both: Node = add(base, other)
    both = ONE if is_zero(sub(both, ONE), domains) is True else both
    parts: list[Node] = []
    for j, coefficient in falling.items():
        start = mul(*(sub(n, num(i)) if i else n for i in range(j)))
        if both == ONE:
            rest: Node = ONE
        elif j == 0 or settled(Rel("!=", both, ZERO), domains, given):
            rest = Pow(both, sub(n, num(j)) if j else n)
        else:
            return None  # 0**(n - j) with j > n
        parts.append(mul(coefficient, start, Pow(base, num(j)) if j else ONE, rest))
    return add(*parts)


def _factorial(n: int) -> int:
    product = 1
    for factor in range(2, n + 1):
        product *= factor
    return product


def _falling_factorials(polynomial: Node, name: str) -> dict[int, Node] | None:
    """Coefficients in falling factorials, by Stirling numbers of the second kind."""
    found = coefficients(polynomial, name)
    if found is None or max(found, default=0) > _MAX_DEGREE:
        return None
    result: dict[int, Node] = {}
    for power, coefficient in found.items():
        for j, count in enumerate(_stirling(power)):
            if count:
                part = mul(num(count), coefficient)
                result[j] = Add((result[j], part)) if j in result else part
    return result


def _stirling(power: int) -> list[int]:
    row = [1]
    for _ in range(power):
        row = [(row[j - 1] if j else 0) + (j * row[j] if j < len(row) else 0) for j in range(len(row) + 1)]
    return row
