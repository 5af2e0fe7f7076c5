"""Other forms of "f > 0" that are easier to decide: factors of known sign removed, logarithms compared, ends taken as limits.

The one idea to know: every rewriting here keeps the sign of ``f`` at each point of the box where ``f`` is defined.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from checker.expr.domain import Domain
from checker.expr.errors import UnsupportedError
from checker.expr.functions import JUMPS, KINKS
from checker.expr.interval import box_of, enclose, rational_end
from checker.expr.node import (
    ONE,
    Add,
    Binder,
    Const,
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
from checker.expr.rational import normal

Box = Mapping[str, Domain]

WORK = 3_000  # terms handled in one normal form: every proof seen so far stayed well below it


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
        isinstance(part, Piecewise | Binder | Limit) or (isinstance(part, Fn) and part.name in JUMPS)
        for part in walk(node)
    )


def gapless(node: Node, box: Box) -> bool:
    """Whether the formula is surely defined on the whole interior of the box.

    Only then does the sign of a derivative carry over from one end to the other: ``1/x`` decreases wherever it is
    defined, and is not positive for that.
    """
    inside = {name: replace(domain, lo_open=True, hi_open=True) for name, domain in box.items()}
    try:
        found = enclose(node, box_of(inside, 96), 96)
    except UnsupportedError:
        return False
    return not found.partial and not found.empty


def smooth(node: Node) -> bool:
    """Whether its derivative is continuous too (inside its domain): no kinks."""
    return continuous(node) and not any(isinstance(part, Fn) and part.name in KINKS for part in walk(node))


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
    growing = ("exp", "cosh", "sigmoid")
    if not any(isinstance(part, Pow) or (isinstance(part, Fn) and part.name in growing) for part in walk(left)):
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
    """The same goal in other variables: ``exp(f) - 1`` over logarithms, or a subterm that hides a symbol."""
    exponential = _without_logarithms(f, box)
    if exponential is not None:
        yield exponential, dict(box)
    bounded = _between_bounds(f, box)
    if bounded is not None:
        yield bounded
    yield from _hidden(f, box)


def _without_logarithms(f: Node, box: Box) -> Node | None:
    """``exp(f) - 1``, if no logarithm is left in its normal form."""
    if not any(isinstance(part, Fn) and part.name in ("log", "softplus", "log1p") for part in walk(f)):
        return None
    shape = normal_node(sub(Fn("exp", (f,)), ONE), box)
    return None if any(isinstance(part, Fn) and part.name in ("log", "softplus", "log1p") for part in walk(shape)) else shape


def _between_bounds(f: Node, box: Box) -> tuple[Node, dict[str, Domain]] | None:
    """``f`` with digamma, trigamma and loggamma of positive arguments written as their asymptotic forms, the remainder a new
    symbol between its bounds (DLMF 5.11): a sign for all remainders is a sign of ``f``, also where terms cancel far out.
    """
    domains = dict(box)
    changed = f
    for part in [part for part in walk(f) if isinstance(part, Fn) and part.name in ("digamma", "polygamma", "loggamma")]:
        x = part.args[-1]
        try:
            if not enclose(x, box_of(box, 96), 96).positive:
                continue
        except UnsupportedError:
            continue
        remainder = Sym(f"#r{len(domains)}")
        over = Pow(x, num(-1))
        if part.name == "digamma":  # log(x) - 1/x < digamma(x) < log(x) - 1/(2x)
            form, lo = add(Fn("log", (x,)), mul(num(-1), remainder, over)), Fraction(1, 2)
        elif part.name == "polygamma" and part.args[0] == ONE:  # 1/x + 1/(2x**2) < trigamma(x) < ... + 1/(6x**3)
            third = mul(Num(Fraction(1, 6)), remainder, Pow(over, num(3)))
            form, lo = add(over, mul(Num(Fraction(1, 2)), Pow(over, num(2))), third), Fraction(0)
        elif part.name == "loggamma":  # Stirling, remainder below 1/(12x)
            log_x = Fn("log", (x,))
            stirling = mul(Num(Fraction(1, 2)), Fn("log", (mul(num(2), Const("pi")),)))
            small = mul(Num(Fraction(1, 12)), remainder, over)
            form, lo = add(mul(add(x, Num(Fraction(-1, 2))), log_x), mul(num(-1), x), stirling, small), Fraction(0)
        else:
            continue
        domains[remainder.name] = Domain(lo, Fraction(1), lo_open=True, hi_open=True)
        changed = _replace(changed, part, form)
    return None if changed == f else (normal_node(changed, domains), domains)


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
        lo, lo_moved = rational_end(found.lo, upper=False)
        hi, hi_moved = rational_end(found.hi, upper=True)
        domain = Domain(lo, hi, found.lo_open or lo_moved, found.hi_open or hi_moved)
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
        found: list[tuple[Node, dict[str, Domain], tuple[Node, ...]]] = []
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
