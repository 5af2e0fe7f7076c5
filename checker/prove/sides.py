"""The sign of a formula on each side of a place, for all parameters: what makes a zero the only one and an optimum unique.

The one idea to know: beside a place that depends on parameters the natural variable is relative (``x = place*r`` with r
below or above 1, or ``x = place + r``), in which the place itself drops out; and of ``W = LambertW(3*4**M)`` all that is
used is ``W*exp(W) == 3*4**M``, by which ``M`` is eliminated.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from checker.expr.domain import POSITIVE, Domain
from checker.expr.errors import UnsupportedError
from checker.expr.node import (
    INFINITY,
    ZERO,
    Fn,
    Node,
    Num,
    Pow,
    Rel,
    RelOp,
    Sym,
    add,
    div,
    map_children,
    mul,
    neg,
    num,
    sub,
    substitute,
    symbols_of,
    walk,
)
from checker.expr.rational import normal
from checker.prove.bracket import on_bracket, same
from checker.prove.forms import normal_node
from checker.prove.obligation import Bracket, Obligation, Relation
from checker.prove.outcome import Evidence, Outcome, Status
from checker.prove.registry import dispatch
from checker.prove.relation import settled

_RELATIVE = "r'"
_LAMBERT = "w'"


@dataclass(frozen=True, slots=True)
class Beside:
    """Where signs are asked for: left and right of ``place`` inside ``bracket``, for the parameters of ``around``.

    ``around`` has the domains and hypotheses of the parameters only: a range with holes in it would prove nothing.
    ``interior``: the ends of the bracket need no sign (a derivative may not exist there).
    """

    symbol: str
    place: Node
    bracket: Bracket
    around: Obligation
    interior: bool = False


def beside(
    symbol: str, place: Node, bracket: Bracket, obligation: Obligation, *, interior: bool = False
) -> Beside:
    """The question without the symbol's own hypotheses."""
    free = {name: domain for name, domain in obligation.domains.items() if name != symbol}
    given = tuple(item for item in obligation.given if symbol not in symbols_of(item))
    return Beside(symbol, place, bracket, replace(obligation, domains=free, given=given), interior)


def sign_beside(function: Node, where: Beside, upper: bool, op: RelOp) -> Outcome | None:
    """PROVED where ``function op 0`` holds on the whole open side, ``None`` where that stayed open."""
    if same(where.place, where.bracket[1 if upper else 0]):
        return Outcome(Status.PROVED, "there is nothing on that side")
    for shape in _shapes(function, where, upper, op):
        try:
            outcome = dispatch(shape)
        except UnsupportedError:
            continue
        if outcome.status is Status.PROVED:
            side = "above" if upper else "below"
            evidence = tuple(replace(line, question=f"sign {side}: {line.question}") for line in outcome.evidence)
            return replace(outcome, evidence=evidence)
    return None


def _shapes(function: Node, where: Beside, upper: bool, op: RelOp) -> Iterator[Obligation]:
    """The goal in several variables, each covering the side (or more than it)."""
    relative, place = Sym(_RELATIVE), where.place
    around = where.around
    lo, hi = where.bracket
    end = hi if upper else lo
    unbounded = end == INFINITY or (not upper and end == neg(INFINITY))
    within: RelOp = "<" if where.interior else "<="
    positive = settled(Rel(">", place, ZERO), around.domains, around.given)
    if positive and settled(Rel(">=", lo, ZERO), around.domains, around.given):
        value = mul(place, relative)
        # The lower end itself belongs to the side (share 0, if it is 0), unless only the interior is asked for.
        apart = where.interior or settled(Rel(">", lo, ZERO), around.domains, around.given)
        share = Domain(Fraction(1), None, lo_open=True) if upper else Domain(Fraction(0), Fraction(1), apart, True)
        reach = () if unbounded or not upper else (Rel(within, value, end),)
        yield from _asked(function, where, value, share, op, reach)
    distance = add(place, relative if upper else mul(num(-1), relative))
    reach = () if unbounded else (Rel(within, relative, sub(end, place) if upper else sub(place, end)),)
    yield from _asked(function, where, distance, POSITIVE, op, reach)
    symbol = Sym(where.symbol)
    beyond = [Rel(">" if upper else "<", symbol, place)]
    if where.interior and not unbounded:
        beyond.append(Rel("<" if upper else ">", symbol, end))
    yield on_bracket(around, where.symbol, where.bracket, Rel(op, normal_node(function, {}), ZERO), *beyond)


def _asked(
    function: Node, where: Beside, value: Node, domain: Domain, op: RelOp, given: Sequence[Node]
) -> Iterator[Obligation]:
    domains = {**where.around.domains, _RELATIVE: domain}
    moved = substitute(function, {where.symbol: value})
    hypotheses = (*where.around.given, *given)
    freed = without_lambert((moved, *hypotheses), domains)
    if freed is not None:
        (first, *rest), others = freed
        yield Obligation(Relation(Rel(op, normal_node(first, others), ZERO)), others, tuple(rest))
    yield Obligation(Relation(Rel(op, normal_node(moved, domains), ZERO)), domains, hypotheses)


def without_lambert(
    nodes: Sequence[Node], domains: Mapping[str, Domain]
) -> tuple[tuple[Node, ...], dict[str, Domain]] | None:
    """The nodes with ``LambertW(c*T) = w > 0`` and ``T = w*exp(w)/c``, where that removes the symbol of ``T``.

    ``T`` is a positive symbol or a power of a positive number.  All ``w > 0`` are more than the values that occur, so what
    holds for them holds.
    """
    for part in (part for node in nodes for part in walk(node)):
        if not isinstance(part, Fn) or part.name != "LambertW" or not symbols_of(part):
            continue
        for factor in walk(part.args[0]):
            found = _eliminated(nodes, part, factor, domains)
            if found is not None:
                return found
    return None


def _eliminated(
    nodes: Sequence[Node], lambert: Fn, factor: Node, domains: Mapping[str, Domain]
) -> tuple[tuple[Node, ...], dict[str, Domain]] | None:
    power = isinstance(factor, Pow) and isinstance(factor.base, Num) and factor.base.value > 0
    if not (power or isinstance(factor, Sym)) or len(symbols_of(factor)) != 1:
        return None
    if not settled(Rel(">", factor, ZERO), domains, ()):
        return None
    (name,) = symbols_of(factor)
    try:
        coefficient = normal(div(lambert.args[0], factor)).constant()
    except UnsupportedError:
        return None
    if coefficient is None or coefficient <= 0:
        return None
    w = Sym(_LAMBERT)
    changed = {lambert: w, factor: mul(Num(1 / coefficient), w, Fn("exp", (w,)))}
    freed = tuple(_replaced(node, changed) for node in nodes)
    if any(name in symbols_of(node) for node in freed):
        return None
    return freed, {**{key: domain for key, domain in domains.items() if key != name}, _LAMBERT: POSITIVE}


def _replaced(node: Node, changed: Mapping[Node, Node]) -> Node:
    if node in changed:
        return changed[node]
    return map_children(node, lambda child: _replaced(child, changed))


def is_defined_on(needs: Sequence[Node], where: Beside, open_ends: tuple[bool, bool]) -> Evidence | None:
    """Evidence that every condition holds on the bracket (without the ends that are open); ``None`` if one stayed open."""
    for need in needs:
        asked = on_bracket(where.around, where.symbol, where.bracket, need)
        domain = asked.domains[where.symbol]
        inside = replace(domain, lo_open=open_ends[0], hi_open=open_ends[1])
        strict = tuple(
            Rel(">" if lower else "<", Sym(where.symbol), end)
            for lower, end, is_open in ((True, where.bracket[0], open_ends[0]), (False, where.bracket[1], open_ends[1]))
            if is_open and symbols_of(end)
        )
        domains = {**asked.domains, where.symbol: inside}
        if not settled(need, domains, (*asked.given, *strict)):
            return None
    return Evidence("definedness", "is the function defined on the whole bracket?", "yes")


