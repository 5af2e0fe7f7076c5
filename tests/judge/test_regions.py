from __future__ import annotations

import math

import pytest

from checker.judge import looks, regions
from checker.judge.errors import EvidenceError
from checker.judge.prediction import Interval, Kind, Over, Within
from checker.verdict import Verdict
from tests.judge.arrays import EVERY, MEAN, MEDIAN, fraction, predict


def test_equals_has_the_nested_regions_of_its_margin() -> None:
    region = regions.around(2.0, Within(0.1, 0.1, relative=True))
    assert region.inner == Interval(1.9, 2.1)
    assert region.outer == Interval(1.8, 2.2)
    skew = regions.around(2.0, Within(0.1, 0.4))
    assert skew.inner == Interval(1.95, 2.2)
    assert skew.outer == Interval(1.9, 2.4)


def test_percent_of_zero_is_refused() -> None:
    with pytest.raises(EvidenceError, match="absolute margin"):
        regions.around(0.0, Within(0.1, 0.1, relative=True))
    assert regions.around(0.0, Within(0.1, 0.1)).outer == Interval(-0.1, 0.1)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.95, 1.05, Verdict.PASS),
        (0.90, 1.10, Verdict.PASS),  # the closed outer region itself
        (0.94, 1.11, None),  # straddles the outer edge
        (1.06, 1.09, Verdict.PASS),  # misses M_in but lies inside M_out: the zone the margin was declared for
        (1.06, 1.20, Verdict.FAIL),
        (1.04, 1.20, None),
        (0.50, 1.50, None),
        (1.30, 1.40, Verdict.FAIL),
        (0.10, 0.94, Verdict.FAIL),
    ],
)
def test_where_the_interval_lies_decides(low: float, high: float, expected: Verdict | None) -> None:
    assert regions.decide(Interval(low, high), regions.around(1.0, Within(0.1, 0.1))) is expected


def test_strict_bounds_exclude_the_bound() -> None:
    at = Interval(1.0, 1.0)
    assert regions.decide(at, regions.at_most(1.0, 0.0, strictly=False)) is Verdict.PASS
    assert regions.decide(at, regions.at_most(1.0, 0.5, strictly=True)) is Verdict.FAIL
    assert regions.decide(Interval(0.0, 0.0), regions.positive(None)) is Verdict.FAIL
    assert regions.decide(Interval(1e-300, 1.0), regions.positive(0.5)) is Verdict.PASS


def test_the_rule_stops_when_the_half_width_is_under_a_quarter_margin() -> None:
    region = regions.around(0.0, Within(1.0, 1.0))
    for step in range(400):
        middle, half = -2 + step / 100, 0.2499
        assert regions.decide(Interval(middle - half, middle + half), region) is not None


def test_controls_beyond_the_margins_are_rejected_whenever_the_claim_passes() -> None:
    """From 2 w on always; at 1.5 w unless the interval lies in the outer half of the margin, where both would pass."""
    within = Within(0.1, 0.1)
    claim, near, far = (regions.around(value, within) for value in (1.0, 1.15, 1.2))
    both = 0
    for middle in range(900, 1101):
        for half in (0.001, 0.01, 0.03, 0.05, 0.09):
            interval = Interval(middle / 1000 - half, middle / 1000 + half)
            if max(abs(interval.lo - 1), abs(interval.hi - 1)) > 0.0999:
                continue  # the claim does not pass, or only by rounding
            assert regions.decide(interval, claim) is Verdict.PASS
            assert regions.decide(interval, far) is Verdict.FAIL
            assert regions.misses(interval, near.inner)
            alive = regions.decide(interval, near) is not Verdict.FAIL
            assert alive == (interval.lo >= near.outer.lo)
            both += alive
    assert both > 0


def test_slack_is_the_half_width_that_decides() -> None:
    region = regions.around(0.0, Within(1.0, 1.0))
    for offset in (0.0, 0.3, 0.75, 1.0, 2.0):
        assert regions.slack(offset, region) == pytest.approx(max(1 - offset, offset - 0.5))


def test_spending_sums_to_the_budget_over_any_number_of_looks() -> None:
    assert looks.spend(1e-4, 1) == pytest.approx(1e-4 / 6)  # 32 seeds spend a sixth
    assert sum(looks.spend(1.0, j) for j in range(2000)) == pytest.approx(1 - 1 / 2001)


def test_schedules() -> None:
    mean = predict(Kind.EQUALS, 1.0, MEAN)
    assert [(look.index, look.seeds) for look in looks.schedule(mean, 300)] == [(1, 32), (2, 64), (3, 128), (4, 256)]
    bounded = predict(Kind.EQUALS, 0.5, MEAN, bounded=(0.0, 1.0))
    assert [(look.index, look.seeds) for look in looks.schedule(bounded, 32)] == [(0, 8), (1, 16), (2, 32)]
    assert looks.schedule(predict(Kind.AT_MOST, 1.0, fraction(0.9)), 8) == (looks.Look(0, 8),)
    assert looks.schedule(predict(Kind.EQUALS, 1.0, MEDIAN), 20) == (looks.Look(1, 20),)
    # a claim for every instance is not passed before all of them were seen
    assert looks.schedule(predict(Kind.EQUALS, 1.0, EVERY), 64) == (looks.Look(0, 64),)
    assert looks.schedule(predict(Kind.RATE, 1.0, {"seed": Over("mean")}, bounded=(0.0, 1.0)), 64)[0].seeds == 32


def test_seeds_needed() -> None:
    assert looks.seeds_needed(64, 0.2, 0.0, 0.1) == 256  # half the width, four times the seeds
    assert looks.seeds_needed(64, 0.25, 0.125, 0.1875) == 256  # only the sampling half shrinks
    assert looks.seeds_needed(64, 0.2, 0.1, 0.1) is None  # finite-size error alone is too large
    assert looks.seeds_needed(32, math.inf, 0.0, 0.1) == 64
