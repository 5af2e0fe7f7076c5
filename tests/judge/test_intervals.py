"""Coverage by simulation: a wrong interval may come as often as its level says, plus the error of the estimate."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special, stats

from checker.judge import intervals
from checker.judge.intervals import Refusal
from checker.judge.looks import spend
from checker.judge.prediction import Interval

LEVELS = (0.05, 0.001)


def allowed(level: float, runs: int) -> float:
    """The share of misses that a true rate ``level`` exceeds with chance 1e-6 in ``runs`` runs."""
    return float(stats.binom.ppf(1 - 1e-6, runs, level)) / runs


def wrong(interval: Interval | Refusal, truth: float) -> bool:
    return isinstance(interval, Interval) and not interval.lo <= truth <= interval.hi


LAWS = {
    "gaussian": (lambda rng, shape: rng.standard_normal(shape), 0.0),
    "uniform": (lambda rng, shape: rng.uniform(size=shape), 0.5),
    "t3": (lambda rng, shape: rng.standard_t(3, shape), 0.0),
    "exponential": (lambda rng, shape: rng.exponential(size=shape), 1.0),
    "chi-squared": (lambda rng, shape: rng.chisquare(1, shape), 1.0),
    "log-normal .5": (lambda rng, shape: rng.lognormal(0, 0.5, shape), float(np.exp(0.125))),
}


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("level", LEVELS)
def test_mean_holds_its_level_where_it_answers(law: str, level: float) -> None:
    draw, truth = LAWS[law]
    rng = np.random.default_rng(1)
    for n, runs in ((intervals.FEWEST, 20_000), (128, 4_000)):
        middle, half, skew = intervals.student_parts(draw(rng, (n, runs)), level)
        missed = (np.abs(middle - truth) > half) & (skew <= 0.5)
        assert missed.mean() <= allowed(level, runs), (n, missed.mean())


def test_mean_over_all_looks_keeps_the_budget_on_skewed_laws() -> None:
    """2.5e-5 of exponential runs are ever wrong at a budget of 1e-4 (JUDGE 2); at .01 there is room to see it."""
    rng = np.random.default_rng(2)
    alpha, runs = 0.01, 3_000
    for law in ("exponential", "chi-squared", "log-normal .5"):
        draw, truth = LAWS[law]
        data = draw(rng, (512, runs))
        ever = np.zeros(runs, dtype=bool)
        for look, n in enumerate((32, 64, 128, 256, 512), 1):
            middle, half, skew = intervals.student_parts(data[:n], spend(alpha, look))
            ever |= (np.abs(middle - truth) > half) & (skew <= 0.5)
        assert ever.mean() <= allowed(alpha, runs), law


def test_plain_student_would_not_have_held() -> None:
    """The widening is needed: without it the same exponential runs break the level."""
    rng = np.random.default_rng(3)
    data = rng.exponential(size=(32, 20_000))
    quantile = special.stdtrit(31, 1 - 0.001 / 2)
    missed = np.abs(data.mean(axis=0) - 1) > quantile * data.std(axis=0, ddof=1) / np.sqrt(32)
    assert missed.mean() > 2 * allowed(0.001, 20_000)


def test_mean_refuses_what_sampling_cannot_measure() -> None:
    rng = np.random.default_rng(4)
    refused = [isinstance(intervals.mean(rng.lognormal(0, 2, 256), 1e-4), Refusal) for _ in range(50)]
    assert np.mean(refused) > 0.9
    rare = np.zeros(64)
    assert isinstance(intervals.mean(rare, 1e-4), Refusal)  # a rare event looks constant
    rare[3] = 1
    assert isinstance(intervals.mean(rare, 1e-4), Refusal)
    assert isinstance(intervals.mean(rng.standard_normal(31), 1e-4), Refusal)
    assert isinstance(intervals.mean(rng.standard_normal(32), 1e-4), Interval)


def test_error_bars_widen_and_never_shift() -> None:
    rng = np.random.default_rng(5)
    values = rng.standard_normal(64)
    without, with_error = intervals.mean(values, 1e-3), intervals.mean(values, 1e-3, np.full(64, 0.25))
    assert isinstance(without, Interval)
    assert isinstance(with_error, Interval)
    assert with_error.lo == pytest.approx(without.lo - 0.25)
    assert with_error.hi == pytest.approx(without.hi + 0.25)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("p", [0.5, 0.1, 0.02])
def test_clopper_pearson_is_exact(level: float, p: float) -> None:
    """Coverage summed over the whole binomial law, no sampling: never under 1 - level."""
    for n in (8, 32, 100):
        missed = sum(
            stats.binom.pmf(k, n, p) for k in range(n + 1) if wrong(intervals.clopper_pearson(k, n, level), p)
        )
        assert missed <= level


def test_clopper_pearson_known_values() -> None:
    """k = 0: upper end 1 - (a/2)^(1/n); and the mirror."""
    got = intervals.clopper_pearson(0, 20, 0.05)
    assert got.lo == 0
    assert got.hi == pytest.approx(1 - 0.025 ** (1 / 20))
    assert intervals.clopper_pearson(20, 20, 0.05).lo == pytest.approx(0.025 ** (1 / 20))


@pytest.mark.parametrize("law", ["beta", "coin", "rare"])
def test_betting_holds_at_all_times(law: str) -> None:
    """Running intersection over n <= 64, hence anytime: JUDGE measured 0.0195, 0.037, 0.026 wrong at .05."""
    rng = np.random.default_rng(6)
    runs = 400
    data = {
        "beta": (rng.beta(2, 5, (runs, 64)), 2 / 7),
        "coin": (rng.integers(0, 2, (runs, 64)).astype(float), 0.5),
        "rare": ((rng.uniform(size=(runs, 64)) < 0.05).astype(float), 0.05),
    }
    rows, truth = data[law]
    for level in LEVELS:
        missed = np.mean([wrong(intervals.betting(row, level), truth) for row in rows])
        assert missed <= allowed(level, runs)


def test_betting_width_is_that_of_the_tables() -> None:
    """JUDGE section 2, a = 1e-4: half-width .137 at n = 64 on beta(2, 5) and .022 at n = 1024."""
    rng = np.random.default_rng(7)
    for n, half in ((64, 0.137), (1024, 0.022)):
        got = [intervals.betting(rng.beta(2, 5, n), 1e-4) for _ in range(8)]
        assert np.mean([(i.hi - i.lo) / 2 for i in got]) == pytest.approx(half, rel=0.15)


def test_bounded_mean_maps_the_declared_range() -> None:
    rng = np.random.default_rng(8)
    unit = rng.beta(2, 5, 128)
    # the data choose between bets and counts: each at half of its level
    plain, mapped = intervals.betting(unit, 5e-4), intervals.bounded_mean(3 + 4 * unit, (3, 7), 1e-3, 1e-4)
    assert isinstance(mapped, Interval)
    assert mapped.lo == pytest.approx(3 + 4 * plain.lo)
    assert mapped.hi == pytest.approx(3 + 4 * plain.hi)
    share = intervals.clopper_pearson(4, 64, 5e-5)
    counted = intervals.bounded_mean(np.array([3.0] * 60 + [7.0] * 4), (3, 7), 1e-3, 1e-4)
    assert counted == Interval(3 + 4 * share.lo, 3 + 4 * share.hi)


@pytest.mark.parametrize("level", LEVELS)
def test_median_is_exact_for_any_law(level: float) -> None:
    """P(median outside) = 2 P(Binomial(n, 1/2) < k) <= level, and the next rank would exceed it."""
    for n in (12, 32, 64, 257):
        rank = intervals.order_rank(n, level)
        assert 2 * stats.binom.cdf(rank - 1, n, 0.5) <= level
        assert 2 * stats.binom.cdf(rank, n, 0.5) > level
    rng = np.random.default_rng(9)
    data = rng.standard_cauchy((4_000, 40))
    missed = np.mean([wrong(intervals.median(row, level), 0.0) for row in data])
    assert missed <= allowed(level, 4_000)


def test_median_counts_censored_values() -> None:
    values = np.concatenate((np.arange(50.0), np.full(14, np.inf)))
    got = intervals.median(values, 0.01)
    assert isinstance(got, Interval)
    assert np.isfinite(got.hi)
    assert isinstance(intervals.median(np.arange(8.0), 1e-5), Refusal)


def test_range_is_the_range() -> None:
    assert intervals.every(np.array([1.0, 2.0]) - 0.1, np.array([1.0, 2.0]) + 0.1) == Interval(0.9, 2.1)
