"""Exact points of a domain: where refuters look, and what a witness is made of.

The one idea to know: every point is made of ``Fraction``s and is *checked* to lie in the domain and to satisfy the
hypotheses, so a witness can be replayed exactly; corners, ends and asymmetric points come first, because uniform
random points miss the places where tight claims touch.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction

from flint import fmpq

from checker.expr.domain import Domain, contains, is_empty, restrict
from checker.expr.node import Node, Rel, Sym, symbols_of
from checker.expr.to_arb import Value, holds, to_fraction, value
from checker.prove.equations import solved

Point = dict[str, Fraction]

_SEED = 20190518
_DRAWS = 100_000
_STEPS = (Fraction(1, 1000), Fraction(1, 2), Fraction(1, 10), Fraction(9, 10), Fraction(1, 3), Fraction(999, 1000))
_OFFSETS = (
    Fraction(1), Fraction(2), Fraction(1, 2), Fraction(3), Fraction(1, 10), Fraction(10), Fraction(7, 4), Fraction(1, 1000),
    Fraction(100), Fraction(1000), Fraction(1, 10**6), Fraction(10**6),
)


def in_domain(point: Mapping[str, Fraction], domains: Mapping[str, Domain]) -> bool:
    """Whether every scalar symbol's value lies in its domain."""
    return all(name not in point or contains(domain, point[name]) for name, domain in domains.items())


def satisfies(point: Mapping[str, Fraction], given: Sequence[Node]) -> bool:
    """Whether every hypothesis certainly holds at the point."""
    return all(holds(hypothesis, point, cap=512) is True for hypothesis in given)


def special_values(domain: Domain) -> list[Fraction]:
    """Ends (if they belong), points just inside, small integers and round numbers of one scalar domain, best first."""
    if domain.values is not None:
        return [item for item in domain.values if contains(domain, item)]
    lo, hi = domain.lo, domain.hi
    found: list[Fraction] = []
    if lo is not None and hi is not None:
        found += [lo, hi, *(lo + step * (hi - lo) for step in _STEPS)]
    elif lo is not None:
        found += [lo, *(lo + step for step in _OFFSETS)]
    elif hi is not None:
        found += [hi, *(hi - step for step in _OFFSETS)]
    else:
        found += [Fraction(0), *(sign * step for step in _OFFSETS for sign in (1, -1))]
    found += [Fraction(n) for n in (0, 1, -1, 2, 3, -2, 5)]
    if domain.integer:
        found = [Fraction(n) for item in found for n in (math.floor(item), math.ceil(item))]
    return list(dict.fromkeys(item for item in found if contains(domain, item)))


def random_value(domain: Domain, draw: random.Random) -> Fraction:
    """A random member: uniform on bounded domains, magnitudes spread over many decades on unbounded ones."""
    if domain.values is not None:
        return draw.choice(domain.values)
    lo, hi = domain.lo, domain.hi
    if domain.integer:
        if lo is not None and hi is not None:
            return Fraction(draw.randint(math.ceil(lo), max(math.floor(hi), math.ceil(lo))))
        size = Fraction(int(10 ** draw.uniform(0, 3)))
    else:
        size = Fraction(draw.randint(1, 999), 999) * Fraction(10) ** draw.randint(-3, 3)
    if lo is not None and hi is not None:
        # Half of the draws crowd towards an end: there the claims are tight.
        share = Fraction(draw.randint(1, 996), 997)
        if draw.random() < 0.5:
            share = share ** draw.randint(2, 6)
            share = share if draw.random() < 0.5 else 1 - share
        return lo + share * (hi - lo)
    if lo is not None:
        return math.ceil(lo) + size if domain.integer else lo + size
    if hi is not None:
        return math.floor(hi) - size if domain.integer else hi - size
    return size if draw.random() < 0.5 else -size


def candidates(domains: Mapping[str, Domain], seed: int = _SEED) -> Iterator[Point]:
    """A long, seeded stream of points of the product domain, none if it is empty; hypotheses are not looked at here."""
    names = sorted(domains)
    if not names:
        yield {}
        return
    if any(is_empty(domain) for domain in domains.values()):
        return
    lists = {name: special_values(domains[name]) for name in names}
    if any(not items for items in lists.values()):
        lists = {name: items or [random_value(domains[name], random.Random(seed))] for name, items in lists.items()}
    depth = max(len(items) for items in lists.values())
    for position in range(depth):  # all symbols at their first value, their second, ...: corners, equal offsets
        yield {name: items[min(position, len(items) - 1)] for name, items in lists.items()}
    yield {name: items[(index + 2) % len(items)] for index, (name, items) in enumerate(lists.items())}
    for high in itertools.islice(itertools.product((0, 1), repeat=len(names)), 64):  # lower and upper corners
        yield {name: lists[name][min(bit, len(lists[name]) - 1)] for name, bit in zip(names, high, strict=True)}
    draw = random.Random(seed)
    for _ in range(_DRAWS):
        point: Point = {}
        for name in names:
            pick = draw.random() < 0.4
            point[name] = draw.choice(lists[name]) if pick else random_value(domains[name], draw)
        if len(names) > 1 and draw.random() < 0.25:  # two symbols equal: where differences of symbols vanish
            one, other = draw.sample(names, 2)
            if contains(domains[one], point[other]):
                point[one] = point[other]
        if in_domain(point, domains):
            yield point


def sample(
    domains: Mapping[str, Domain], given: Sequence[Node] = (), count: int = 60, seed: int = _SEED, tries: int | None = None
) -> list[Point]:
    """Up to ``count`` different points of the domain that satisfy ``given``; fewer if rejection runs out of ``tries``.

    A linear equation among the hypotheses gives one of its symbols from the others; it is used, not waited for.
    """
    budget = tries if tries is not None else 12 * count
    found: dict[tuple[tuple[str, Fraction], ...], Point] = {}
    equations = solved(given)
    for point in itertools.islice(candidates(domains, seed), budget):
        followed = _follow(point, domains, given, equations)
        if followed is None or not satisfies(followed, given):
            continue
        found.setdefault(tuple(sorted(followed.items())), followed)
        if len(found) >= count:
            break
    return list(found.values())


def _follow(
    point: Point, domains: Mapping[str, Domain], given: Sequence[Node], equations: Sequence[tuple[str, Node]]
) -> Point | None:
    """Set symbols that equations determine from the others, and move a symbol with a failing bound onto the bound."""
    result = dict(point)
    for name, replacement in reversed(equations):
        if name in domains and not _set(result, name, replacement):
            return None
    for relation in given:
        if not isinstance(relation, Rel) or relation.op in ("==", "!="):
            continue
        for side, other in ((relation.left, relation.right), (relation.right, relation.left)):
            if isinstance(side, Sym) and side.name in domains and side.name not in symbols_of(other):
                if holds(relation, result, cap=128) is False:
                    _set(result, side.name, other)
                break
    return result if in_domain(result, domains) else None


def _set(point: Point, name: str, node: Node) -> bool:
    """Give the symbol the exact value of ``node``; False where that is not an exact rational."""
    target: Value = value(node, point, 128)
    if not isinstance(target, fmpq):
        return False
    point[name] = to_fraction(target)
    return True


def narrow(domains: Mapping[str, Domain], given: Sequence[Node]) -> dict[str, Domain]:
    """The domains cut by those hypotheses that bound one symbol by a number."""
    narrowed = dict(domains)
    for relation in given:
        for name in symbols_of(relation):
            if name in narrowed and (tighter := restrict(narrowed[name], name, relation)) is not None:
                narrowed[name] = tighter
    return narrowed


def shrink(
    point: Mapping[str, Fraction], domains: Mapping[str, Domain], bad: Callable[[Point], bool], effort: int = 120
) -> Point:
    """A simpler point at which ``bad`` still holds: small integers, then short fractions, one symbol at a time."""
    best = dict(point)
    for _ in range(2):
        for name in sorted(best):
            for simpler in _simpler(best[name]):
                if effort <= 0:
                    return best
                effort -= 1
                trial = {**best, name: simpler}
                if contains(domains.get(name, Domain()), simpler) and bad(trial):
                    best = trial
                    break
    return best


def _simpler(number: Fraction) -> Iterable[Fraction]:
    small = (Fraction(0), Fraction(1), Fraction(-1), Fraction(1, 2), Fraction(2), Fraction(-2), Fraction(3), Fraction(10))
    near = (number.limit_denominator(limit) for limit in (1, 2, 4, 10, 100))
    rank = _rank(number)
    return [item for item in dict.fromkeys((*small, *near)) if _rank(item) < rank]


def _rank(number: Fraction) -> tuple[int, int]:
    return (number.denominator + abs(number.numerator), int(number < 0))
