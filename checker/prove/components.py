"""Formulas over vectors in components, in a few small dimensions: where certificates are refuted and confirmed.

The one idea to know: the components are independent of the algebra of inner products, and k vectors of any dimension have the
inner products of k vectors of dimension k, so small dimensions decide what is asked of inner products alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from flint import fmpq

from checker.expr.domain import Domain, contains
from checker.expr.node import And, Node, Rel, num, sub, substitute, symbols_of
from checker.expr.to_arb import value
from checker.prove.obligation import Obligation, Relation
from checker.prove.outcome import Evidence
from checker.prove.points import narrow, sample
from checker.prove.scalars import scalar_obligation

_DIMENSIONS = (1, 2, 3)
_CONFIRM = 6
_TRIES = 400


def in_components(obligation: Obligation, goal: Node, given: Sequence[Node]) -> Iterator[Obligation]:
    """``goal`` under ``given`` over scalars, for each of a few dimensions; once where every size is a number."""
    sizes = {name for domain in obligation.domains.values() for size in domain.shape for name in symbols_of(size)}
    for dimension in _DIMENSIONS if sizes else _DIMENSIONS[:1]:
        if not all(contains(obligation.domains.get(name, Domain()), num(dimension).value) for name in sizes):
            continue
        fixed: Mapping[str, Node] = dict.fromkeys(sizes, num(dimension))
        domains = {
            name: replace(domain, shape=tuple(substitute(size, fixed) for size in domain.shape))
            for name, domain in obligation.domains.items()
            if name not in sizes
        }
        asked = Relation(substitute(goal, fixed))
        world = scalar_obligation(Obligation(asked, domains, tuple(substitute(item, fixed) for item in given)))
        flat = tuple(part for item in world.given for part in (item.args if isinstance(item, And) else (item,)))
        assert isinstance(world.question, Relation)
        used = frozenset().union(*(symbols_of(item) for item in (world.question.goal, *flat)))
        yield replace(world, given=flat, domains={n: d for n, d in world.domains.items() if n in used})


def small_dimensions_decide(obligation: Obligation) -> bool:
    """Whether hypotheses that hold in no dimension tried hold in none: k vectors of any dimension have the inner products of
    k vectors of dimension k (or more), if nothing else is asked of their entries."""
    shaped = [domain for domain in obligation.domains.values() if domain.shape]
    sizes = {name for domain in shaped for size in domain.shape for name in symbols_of(size)}
    if not sizes:
        return True
    largest = Fraction(max(_DIMENSIONS))
    return (
        len(shaped) <= largest
        and all(replace(domain, shape=domain.shape[:1]) == Domain(shape=domain.shape) for domain in shaped)
        and all(contains(obligation.domains.get(name, Domain()), largest) for name in sizes)
    )


def confirmed_in_components(identity: Rel, obligation: Obligation) -> Evidence:
    """The identity in components, at exact points: independent of the algebra of inner products."""
    asked = "does the certificate add up in components?"
    agreeing, radius = 0, 0.0
    for world in in_components(obligation, identity, ()):
        assert isinstance(world.question, Relation)
        goal = world.question.goal
        assert isinstance(goal, Rel)
        for point in sample(narrow(world.domains, world.given), world.given, 2 * _CONFIRM, tries=_TRIES):
            gap = value(sub(goal.left, goal.right), point, 256)
            if isinstance(gap, fmpq):
                if gap != 0:
                    return Evidence("balls", asked, f"no: the difference is {gap}")
                agreeing += 1
            elif gap.is_finite():
                if not gap.contains(0):
                    return Evidence("balls", asked, "no: a ball excludes 0")
                radius = max(radius, float(gap.rad()))
                agreeing += radius < 1e-20
    return Evidence("balls", asked, f"yes, at {agreeing} points" if agreeing >= _CONFIRM else "not enough points")
