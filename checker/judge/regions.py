"""Nested regions M_in inside M_out, and the one rule that turns an interval into a verdict (JUDGE section 1).

M_in is half as wide as the declared margin and not a single value: a truth inside w/2 then never fails, one outside w
never passes, and the rule stops at the latest when the half-width of the interval is under w/4.
"""

from __future__ import annotations

import math

from checker.judge.errors import EvidenceError
from checker.judge.prediction import Interval, Region, Within
from checker.verdict import Verdict

_INF = math.inf
#: The smallest double above zero: the closed end of an open half-line.
_OPEN = math.ulp(0.0)


def margins(value: float, within: Within | None) -> tuple[float, float]:
    """The margin below and above ``value`` in its own units; (0, 0) if none is declared.

    Raises ``EvidenceError`` for a relative margin at value 0 and for a negative margin.
    """
    if within is None:
        return 0.0, 0.0
    if within.below < 0 or within.above < 0:
        raise EvidenceError(f"`within` must not be negative, found ({within.below:g}, {within.above:g})")
    if not within.relative:
        return within.below, within.above
    if value == 0:
        raise EvidenceError("`within` in percent has no meaning for a predicted 0: give an absolute margin")
    return within.below * abs(value), within.above * abs(value)


def around(value: float, within: Within | None) -> Region:
    """``equals``: inner value -+ w/2, outer value -+ w."""
    below, above = margins(value, within)
    return Region(Interval(value - below / 2, value + above / 2), Interval(value - below, value + above))


def at_most(bound: float, above: float, strictly: bool) -> Region:
    """At most ``bound``, widened by ``above``; a strict claim is not widened and excludes the bound itself."""
    outer = math.nextafter(bound, -_INF) if strictly else bound + above
    return Region(Interval(-_INF, outer if strictly else bound), Interval(-_INF, outer))


def at_least(bound: float, below: float, strictly: bool) -> Region:
    """Mirror of ``at_most``."""
    outer = math.nextafter(bound, _INF) if strictly else bound - below
    return Region(Interval(outer if strictly else bound, _INF), Interval(outer, _INF))


def positive(by: float | None) -> Region:
    """``less_than``: the difference D > 0 passes, D >= by is what is claimed."""
    return Region(Interval(max(by or 0.0, _OPEN), _INF), Interval(_OPEN, _INF))


def inside(interval: Interval, region: Interval) -> bool:
    """Whether the interval lies in the (closed) region."""
    return region.lo <= interval.lo and interval.hi <= region.hi


def misses(interval: Interval, region: Interval) -> bool:
    """Whether the interval has no point of the (closed) region."""
    return interval.hi < region.lo or interval.lo > region.hi


def decide(interval: Interval, region: Region) -> Verdict | None:
    """PASS inside M_out, FAIL where M_in is missed and M_out not held, ``None`` while the interval straddles."""
    if inside(interval, region.outer):
        return Verdict.PASS
    return Verdict.FAIL if misses(interval, region.inner) else None


def slack(middle: float, region: Region) -> float:
    """The half-width at which an interval around ``middle`` decides: max(w - |d|, |d| - w/2) for ``equals``."""
    to_pass = min(middle - region.outer.lo, region.outer.hi - middle)
    to_fail = max(region.inner.lo - middle, middle - region.inner.hi)
    return max(to_pass, to_fail)


def unit(region: Region) -> float:
    """What distances to a region are measured in: its half-width, or the size of its one bound; never zero."""
    low, high = region.outer.lo, region.outer.hi
    both = math.isfinite(low) and math.isfinite(high)
    size = (high - low) / 2 if both else abs(high if math.isfinite(high) else low)
    return size if math.isfinite(size) and size > 1e-300 else 1.0


def excess(value: float, region: Region) -> float:
    """How far a value lies outside M_out, in units of the region; negative inside."""
    return max(region.outer.lo - value, value - region.outer.hi) / unit(region)

