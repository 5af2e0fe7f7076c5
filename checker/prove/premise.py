"""Whether hypotheses with equations can hold where no rational point satisfies them: by a change of sign.

The one idea to know: fix the other symbols at exact values; an equation whose two sides change order between two values of a
symbol of its own has a solution between them, and the inequalities have to hold on that whole segment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from flint import arb

from checker.expr.domain import Domain, contains
from checker.expr.errors import UnsupportedError
from checker.expr.interval import box_of, enclose, truth
from checker.expr.node import And, Node, Num, Rel, sub, substitute, symbols_of
from checker.expr.rational import is_zero
from checker.expr.to_arb import evaluate, precision, to_fmpq
from checker.prove.equations import solved
from checker.prove.isolate import has_jumps
from checker.prove.points import Point, narrow, sample, satisfies

_BITS = 128
_POINTS = 12
_VALUES = 24
_HALVINGS = 40
_PLAIN, _DIGITS = 10**6, 15

Segment = tuple[Fraction, Fraction]


def solvable(given: Sequence[Node], domains: Mapping[str, Domain]) -> bool:
    """Whether some point of the domain, rational or not, certainly satisfies every hypothesis."""
    return solution(given, domains) is not None


def solution(given: Sequence[Node], domains: Mapping[str, Domain]) -> dict[str, Segment] | None:
    """Segments with a point where every condition certainly holds; a symbol whose value is exact has the ends equal.

    Of what linear equations determine, the values follow from the others and are not listed.
    """
    inserted = _inserted(given, domains)
    return None if inserted is None else _crossing(*inserted, domains)


def shown_segments(segments: Mapping[str, Segment]) -> str:
    """The place for a reader: exact values, and the ends of segments."""
    places = [
        f"{name} = {_decimal(lo)}" if lo == hi else f"{name} between {_decimal(lo)} and {_decimal(hi)}"
        for name, (lo, hi) in sorted(segments.items())
    ]
    return ", ".join(places)


def _decimal(number: Fraction) -> str:
    if number.denominator <= _PLAIN:
        return str(number)
    with precision(_BITS):
        return str(arb(to_fmpq(number)).str(_DIGITS, radius=False))


def _inserted(given: Sequence[Node], domains: Mapping[str, Domain]) -> tuple[list[Node], list[Node]] | None:
    """The conditions with the symbols replaced that linear equations determine, and the bounds of those as conditions.

    The second list is of what no condition mentions any more and still has to be defined: ``x == log(z)`` needs ``z > 0``.
    """
    conditions = [part for item in given for part in (item.args if isinstance(item, And) else (item,))]
    if not all(isinstance(item, Rel) for item in conditions):
        return None
    mentioned: list[Node] = []
    for name, replacement in solved(conditions):
        domain = domains.get(name, Domain())
        if domain.integer or domain.values is not None or domain.shape:
            return None
        conditions = [substitute(item, {name: replacement}) for item in conditions]
        mentioned = [substitute(item, {name: replacement}) for item in mentioned]
        mentioned += [replacement, *(side for item in conditions if _is_trivial(item) for side in item.children())]
        conditions = [item for item in conditions if not _is_trivial(item)]
        if domain.lo is not None:
            conditions.append(Rel(">" if domain.lo_open else ">=", replacement, Num(domain.lo)))
        if domain.hi is not None:
            conditions.append(Rel("<" if domain.hi_open else "<=", replacement, Num(domain.hi)))
    return conditions, mentioned


def _is_trivial(item: Node) -> bool:
    return isinstance(item, Rel) and item.op == "==" and is_zero(sub(item.left, item.right)) is True


def _crossing(
    given: Sequence[Node], mentioned: Sequence[Node], domains: Mapping[str, Domain]
) -> dict[str, Segment] | None:
    """Where the sides of each equation change order, each in a symbol of its own, with everything else holding there."""
    equations = [item for item in given if isinstance(item, Rel) and item.op == "=="]
    rest = [item for item in given if item not in equations]
    if not equations or any(has_jumps(item.left) or has_jumps(item.right) for item in equations):
        return None
    unknowns = [_own_symbol(item, equations, domains) for item in equations]
    if any(name is None for name in unknowns):
        return None
    names = [name for name in unknowns if name is not None]
    asked = frozenset().union(*(symbols_of(item) for item in (*given, *mentioned)))
    used = {name: domains.get(name, Domain()) for name in {*domains, *asked}}
    free = {name: domain for name, domain in narrow(used, rest).items() if name not in names}
    known = [item for item in rest if not symbols_of(item) & set(names)]
    for point in sample(free, known, _POINTS):
        segments: dict[str, Segment] = {}
        for equation, name in zip(equations, names, strict=True):
            found = _segment(equation, name, rest, point, domains)
            if found is None:
                break
            segments[name] = found
        complete = len(segments) == len(names) and all(_defined(item, point, segments) for item in mentioned)
        if complete and _hold(rest, point, segments):
            return {**{name: (value, value) for name, value in point.items()}, **segments}
    return None


def _own_symbol(equation: Rel, equations: Sequence[Rel], domains: Mapping[str, Domain]) -> str | None:
    """A real symbol of the equation that no other equation mentions."""
    others = frozenset().union(*(symbols_of(item) for item in equations if item is not equation))
    for name in sorted(symbols_of(equation) - others):
        domain = domains.get(name, Domain())
        if not domain.integer and domain.values is None and not domain.shape:
            return name
    return None


def _segment(
    equation: Rel, name: str, rest: Sequence[Node], point: Point, domains: Mapping[str, Domain]
) -> Segment | None:
    """A short segment of the symbol inside its domain over which the sides of the equation change order."""
    gap = sub(equation.left, equation.right)
    bounds = [item for item in rest if symbols_of(item) <= {name, *point} and name in symbols_of(item)]
    domain = narrow({name: domains.get(name, Domain())}, bounds)[name]
    values = sorted({one[name] for one in sample({name: domain}, (), _VALUES)} | _ends(bounds, name, point))
    within = domains.get(name, Domain())
    inside = [value for value in values if contains(within, value) and satisfies({**point, name: value}, bounds)]
    signs = [_sign(gap, {**point, name: value}) for value in inside]
    for index in range(1, len(inside)):
        if signs[index - 1] * signs[index] < 0:
            lo, hi = inside[index - 1], inside[index]
            for _ in range(_HALVINGS):
                middle = (lo + hi) / 2
                sign = _sign(gap, {**point, name: middle})
                if not sign:
                    break
                lo, hi = (middle, hi) if sign == signs[index - 1] else (lo, middle)
            return (lo, hi) if _defined(gap, point, {name: (lo, hi)}) else None
    return None


def _ends(bounds: Sequence[Node], name: str, point: Point) -> set[Fraction]:
    """Values between and at the numbers that bounds compare the symbol with."""
    found: set[Fraction] = set()
    for item in bounds:
        if isinstance(item, Rel):
            for side in (item.left, item.right):
                if name not in symbols_of(side):
                    ball = evaluate(side, point, _BITS)
                    if ball.is_finite():
                        exact = ball.mid().fmpq()
                        found.add(Fraction(int(exact.p), int(exact.q)))
    between = {lo + share * (hi - lo) for lo in found for hi in found for share in map(Fraction, ("1/64", "1/8", "1/2"))}
    return found | between


def _sign(gap: Node, point: Point) -> int:
    try:
        ball = evaluate(gap, point, _BITS)
    except UnsupportedError:
        return 0
    return 1 if ball > 0 else -1 if ball < 0 else 0


def _box(point: Point, segments: Mapping[str, Segment]) -> dict[str, Domain]:
    fixed = {name: Domain(value, value) for name, value in point.items()}
    return {**fixed, **{name: Domain(lo, hi) for name, (lo, hi) in segments.items()}}


def _defined(gap: Node, point: Point, segments: Mapping[str, Segment]) -> bool:
    try:
        found = enclose(gap, box_of(_box(point, segments), _BITS), _BITS)
    except UnsupportedError:
        return False
    return not found.partial and not found.empty


def _hold(rest: Sequence[Node], point: Point, segments: Mapping[str, Segment]) -> bool:
    intervals = box_of(_box(point, segments), _BITS)
    try:
        return all(truth(item, intervals, _BITS) is True for item in rest)
    except UnsupportedError:
        return False
