"""Whether hypotheses with equations can hold where no rational point satisfies them: by a change of sign.

The one idea to know: fix the other symbols at exact values; an equation whose two sides change order between two values of a
symbol of its own has a solution between them, and the inequalities have to hold on that whole segment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from checker.expr.domain import Domain
from checker.expr.errors import UnsupportedError
from checker.expr.interval import box_of, enclose, truth
from checker.expr.node import Node, Rel, sub, symbols_of
from checker.expr.to_arb import evaluate
from checker.prove.isolate import has_jumps
from checker.prove.points import Point, narrow, sample, satisfies

_BITS = 128
_POINTS = 12
_VALUES = 24
_HALVINGS = 40

Segment = tuple[Fraction, Fraction]


def solvable(given: Sequence[Node], domains: Mapping[str, Domain]) -> bool:
    """Whether some point of the domain, rational or not, certainly satisfies every hypothesis."""
    equations = [item for item in given if isinstance(item, Rel) and item.op == "=="]
    rest = [item for item in given if item not in equations]
    if not equations or any(has_jumps(item.left) or has_jumps(item.right) for item in equations):
        return False
    unknowns = [_own_symbol(item, equations, domains) for item in equations]
    if any(name is None for name in unknowns):
        return False
    names = [name for name in unknowns if name is not None]
    free = {name: domain for name, domain in narrow(domains, rest).items() if name not in names}
    known = [item for item in rest if not symbols_of(item) & set(names)]
    for point in sample(free, known, _POINTS):
        segments: dict[str, Segment] = {}
        for equation, name in zip(equations, names, strict=True):
            found = _segment(equation, name, rest, point, domains)
            if found is None:
                break
            segments[name] = found
        if len(segments) == len(names) and _hold(rest, point, segments):
            return True
    return False


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
    inside = [value for value in values if satisfies({**point, name: value}, bounds)]
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
