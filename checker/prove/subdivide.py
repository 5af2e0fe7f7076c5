"""Bounded subdivision: the ladder tried on parts of the box, cut first at zero and at break points, then in the middle.

The one idea to know: the parts cover the box and a cut belongs to both sides, so the goal holds on the box if it holds
on every part; the number of parts is capped, because what needs thousands of boxes should be reformulated.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from checker.expr.derive import diff
from checker.expr.domain import Domain
from checker.expr.errors import UnsupportedError
from checker.expr.interval import Interval, box_of, enclose, truth
from checker.expr.node import Fn, Node, Num, Piecewise, Rel, Sym, sub, substitute, symbols_of, walk
from checker.expr.rational import normal
from checker.expr.to_arb import precision
from checker.prove.forms import Box, gapless, smooth
from checker.prove.implication import halves
from checker.prove.ladder import Ladder

_BITS = 96
_MAX_PARTS = 96
_DEEP_PARTS = 10  # the first cuts are at special points and deserve the whole ladder


def prove_on_parts(ladder: Ladder, f: Node, strict: bool, box: Box, max_parts: int = _MAX_PARTS) -> int:
    """The number of parts on each of which ``f > 0`` (``>= 0``) was proved and which cover the box; 0 if not proved."""
    names = symbols_of(f)
    waiting: list[tuple[dict[str, Domain], frozenset[tuple[str, Fraction]]]] = [
        ({name: domain for name, domain in box.items() if name in names}, frozenset())
    ]
    done = 0
    while waiting:
        part, cuts = waiting.pop()
        done += 1
        if done + len(waiting) > max_parts or ladder.nodes >= ladder.budget:
            return 0
        if _excluded(ladder.given, part, box) or _by_mean_value(f, part):
            continue
        if ladder.positive(f, strict, part, 3 if done <= _DEEP_PARTS else 1):
            continue
        cut = _cut(f, part, cuts)
        if cut is None:
            return 0
        name, at = cut
        waiting.extend((half, cuts | {cut}) for half in reversed(halves(part, name, at)))
    return done


def _excluded(given: Sequence[Node], part: Box, box: Box) -> bool:
    """Whether a hypothesis certainly fails on the part."""
    intervals = box_of({**box, **part}, _BITS)
    for hypothesis in given:
        try:
            if truth(hypothesis, intervals, _BITS) is False:
                return True
        except UnsupportedError:
            continue
    return False


def _by_mean_value(f: Node, part: Box) -> bool:
    """``f(c) + sum of slopes times distances > 0`` on a compact part."""
    compact = all(domain.lo is not None and domain.hi is not None for domain in part.values())
    if not part or not compact or not smooth(f) or not gapless(f, part):
        return False
    ends = {name: (domain.lo, domain.hi) for name, domain in part.items()}
    centre = {name: (lo + hi) / 2 for name, (lo, hi) in ends.items() if lo is not None and hi is not None}
    intervals = box_of(part, _BITS)
    try:
        total = enclose(substitute(f, {name: Num(value) for name, value in centre.items()}), {}, _BITS)
        for name, value in centre.items():
            slope = enclose(diff(f, name), intervals, _BITS)
            if slope.partial or slope.empty:
                return False
            distance = enclose(sub(Sym(name), Num(value)), intervals, _BITS)
            with precision(_BITS):
                total = _plus(total, slope, distance)
    except UnsupportedError:
        return False
    return not total.partial and total.positive and bool(total.lo > 0)


def _plus(total: Interval, slope: Interval, distance: Interval) -> Interval:
    return total + slope.times(distance)


def _cut(f: Node, part: Box, cuts: frozenset[tuple[str, Fraction]]) -> tuple[str, Fraction] | None:
    """Where to cut next: break points and zero first, then the middle of the relatively widest symbol."""
    for name, at in _special(f, part):
        if (name, at) not in cuts:
            return name, at
    names = [name for name, domain in part.items() if domain.lo is None or domain.hi is None or domain.lo < domain.hi]
    if not names:
        return None
    name = max(names, key=lambda key: (_extent(part[key]), key))
    domain = part[name]
    if domain.lo is not None and domain.hi is not None:
        return name, (domain.lo + domain.hi) / 2
    if domain.lo is not None:
        return name, max(domain.lo * 2, domain.lo + 1)
    if domain.hi is not None:
        return name, min(domain.hi * 2, domain.hi - 1)
    return name, Fraction(0)


def _extent(domain: Domain) -> float:
    if domain.lo is None or domain.hi is None:
        size = max(abs(float(domain.lo or 0)), abs(float(domain.hi or 0)))
        return 1e3 / (1 + size)  # an unbounded symbol is cut far out only a few times
    return float(domain.hi - domain.lo)


def _special(f: Node, part: Box) -> list[tuple[str, Fraction]]:
    found: list[tuple[str, Fraction]] = []
    for node in walk(f):
        found += [place for edge in _edges(node) for place in _zero_of(edge, part)]
    found += [(name, Fraction(0)) for name in sorted(part)]
    return [(name, at) for name, at in dict.fromkeys(found) if _interior(part[name], at)]


def _edges(node: Node) -> list[Node]:
    """Expressions whose sign decides which piece of a kinked function applies."""
    if isinstance(node, Piecewise):
        rels = [part for condition, _ in node.cases for part in walk(condition) if isinstance(part, Rel)]
        return [sub(rel.left, rel.right) for rel in rels]
    if isinstance(node, Fn) and node.name in ("abs", "relu", "sign"):
        return [node.args[0]]
    if isinstance(node, Fn) and node.name in ("max", "min"):
        return [sub(a, b) for i, a in enumerate(node.args) for b in node.args[:i]]
    return []


def _zero_of(edge: Node, part: Box) -> list[tuple[str, Fraction]]:
    """The zero of an expression that is linear in one symbol with rational coefficients."""
    names = symbols_of(edge)
    if len(names) != 1:
        return []
    (name,) = names
    if name not in part:
        return []
    try:
        at_zero = normal(substitute(edge, {name: Num(Fraction(0))})).constant()
        slope = normal(diff(edge, name)).constant()
    except UnsupportedError:
        return []
    return [(name, -at_zero / slope)] if at_zero is not None and slope else []


def _interior(domain: Domain, at: Fraction) -> bool:
    return (domain.lo is None or domain.lo < at) and (domain.hi is None or at < domain.hi)


