"""What the second engine saw of a proof, and the places where it looks.

The one idea to know: seeing is not proving.  An opinion says at how many places the second engine agreed, whether it closed
the whole domain by itself, why it could not look, or where it contradicts; only the last changes a verdict.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from checker.expr.domain import Domain, contains
from checker.expr.errors import UnsupportedError
from checker.expr.node import Node, symbols_of, walk
from checker.expr.to_mpmath import Reading, UndefinedError, ctx
from checker.prove.outcome import Dispute
from checker.prove.points import Point, narrow, sample

ENGINE = "mpmath"
_SEED = 7919  # not the seed of the provers' own points
_WORK = 3_000  # nodes evaluated at points
_FEWEST, _MOST = 6, 24
_TRIES = 3
_DYADIC = 2**44
GOLDEN = Fraction(11400714819323198485, 2**64)  # multiples modulo 1 are spread evenly and lie on no simple fraction


@dataclass(frozen=True, slots=True)
class Opinion:
    """``looked``: places at which it agreed; ``whole``: how it closed the whole domain, if it did; ``unable``: why not."""

    looked: int = 0
    what: str = "points"
    whole: str = ""
    unable: str = ""
    dispute: Dispute | None = None


def joined(opinions: Iterable[Opinion]) -> Opinion:
    """One opinion on several parts: the first contradiction, else what was seen of all."""
    found = list(opinions)
    against = next((one for one in found if one.dispute), None)
    if against is not None or not found:
        return against or Opinion(unable="nothing to look at")
    whole = "; ".join(dict.fromkeys(one.whole for one in found)) if all(one.whole for one in found) else ""
    looked = min(one.looked for one in found)
    unable = next((one.unable for one in found if one.unable and not one.looked and not one.whole), "")
    return Opinion(looked, found[0].what, whole, unable)


def spread(domain: Domain, index: int) -> Fraction:
    """The ``index``-th of a sequence of rationals with long denominators that fills the domain (its bulk, if unbounded)."""
    share = index * GOLDEN % 1
    lo, hi = domain.lo, domain.hi
    if domain.values is not None:
        return domain.values[math.floor(share * len(domain.values))]
    if lo is not None and hi is not None:
        found = lo + share * (hi - lo)
    else:
        scale = Fraction(4) ** (index % 5 - 2)
        reach = scale * share / (1 - share)
        found = lo + reach if lo is not None else hi - reach if hi is not None else reach if index % 2 else -reach
    return Fraction(round(found)) if domain.integer else Fraction(round(found * _DYADIC), _DYADIC)


def places(nodes: Sequence[Node], domains: Mapping[str, Domain], given: Sequence[Node], most: int = _MOST) -> list[Point]:
    """Exact points of the domain under the hypotheses: corners and ends, then asymmetric and long-denominator ones."""
    names = sorted({name for node in (*nodes, *given) for name in symbols_of(node)})
    box = narrow({name: domains.get(name, Domain()) for name in names}, given)
    if not box:
        return [{}]
    size = sum(1 for node in nodes for _ in walk(node))
    count = min(most, max(_FEWEST, _WORK // max(1, size)))
    found = sample(box, given, -(-count // 2), seed=_SEED, tries=8 * count)
    for index in range(1, _TRIES * count):
        if len(found) >= count:
            break
        point = {name: spread(box[name], index * (2 * place + 1)) for place, name in enumerate(names)}
        if all(contains(box[name], value) for name, value in point.items()) and _met(given, point) and point not in found:
            found.append(point)
    return found


def _met(given: Sequence[Node], point: Point) -> bool:
    """Whether the hypotheses certainly hold, asked of mpmath."""
    try:
        return all(Reading(point).truth(item, 1e-20) is True for item in given)
    except (UndefinedError, UnsupportedError):
        return False


def shown(value: object) -> str:
    """Seventeen digits of a number of mpmath."""
    return str(ctx.nstr(value, 17))


def exact_text(point: Mapping[str, Fraction]) -> dict[str, str]:
    """The point for a reader and for ``check replay --set``."""
    return {name: str(value) for name, value in sorted(point.items())}
