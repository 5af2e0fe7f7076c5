"""What every interval assumes, said or refused; claims aimed at what a rule believes; false verdicts at the edges."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from checker.judge import intervals, settled
from checker.judge.intervals import Refusal
from checker.judge.prediction import Along, Array, Kind, Over, Within
from checker.judge.tables import assumptions, onesided, stopping, undeclared
from checker.judge.tables.limits import judge_limit
from checker.judge.tables.rates import judge_rate
from checker.verdict import Verdict
from tests.judge.arrays import EVERY, MEAN, MEDIAN, predict, sample, verdict

X = np.geomspace(16, 65536, 16)
RUNS = {"mean": 400, "median": 300, "probability": 300, "bounded mean": 10}


@pytest.mark.parametrize(
    "number", range(len(assumptions.CASES)), ids=[f"{case.row}: {case.law}" for case in assumptions.CASES]
)
def test_intervals_keep_their_level_or_refuse_or_the_table_says_why(number: int) -> None:
    case = assumptions.CASES[number]
    for alpha, (runs, wrong, never) in assumptions.wrong(number, RUNS.get(case.row, 60), 1).items():
        if case.wanted == "refused":
            assert (wrong, never) == (0, runs)
        elif case.wanted == "at most alpha":
            assert wrong <= stats.binom.ppf(1 - 1e-6, runs, alpha)
    if "million" in case.law:
        assert wrong > 0.9 * runs  # a value that was never seen: no interval can be right, so the words have to be


def test_a_mean_says_what_it_cannot_see() -> None:
    """Nothing rarer than log(1/alpha)/n of the draws can be excluded: 14 % at 64 seeds and 1e-4."""
    rng = np.random.default_rng(1)
    y = rng.standard_normal(64)
    assert intervals.unseen(64, 1e-4) == pytest.approx(0.1439, abs=1e-4)
    near = Within(5.0, 5.0)
    got = verdict(predict(Kind.EQUALS, 0.0, MEAN, within=near), sample(y), look=2)
    assert got.verdict is Verdict.PASS
    assert got.reason.endswith("assumes that nothing rarer than 14 % of the draws moves the mean")
    assert "rarer" in verdict(predict(Kind.EQUALS, 30.0, MEAN, within=near), sample(y), look=2).reason
    assert "rarer" not in verdict(predict(Kind.EQUALS, 0.0, MEDIAN, within=near), sample(y), look=2).reason
    bounded = predict(Kind.EQUALS, 0.0, MEAN, within=near, bounded=(-9.0, 9.0))
    assert "rarer" not in verdict(bounded, sample(y), look=3).reason
    curve = 1 / X * np.exp(0.001 * rng.standard_normal((64, 16)))
    assert "rarer" in judge_rate(curve, X, 1 / X).reason
    assert "rarer" not in judge_rate(curve[:1], X, 1 / X).reason


def test_seeds_that_repeat_each_other_are_refused_and_ties_are_not() -> None:
    rng = np.random.default_rng(2)
    for copies in (2, 4):
        y = rng.permutation(np.repeat(rng.standard_normal(64 // copies), copies))
        for row in (intervals.mean, intervals.median):
            found = row(y, 1e-3)
            assert isinstance(found, Refusal)
            assert "repeat each other" in found.reason
    assert not isinstance(intervals.mean(rng.poisson(3.0, 64).astype(float), 1e-3), Refusal)
    assert not isinstance(intervals.median(np.repeat([1.0, 2.0], 32), 1e-3), Refusal)


def test_noise_does_not_widen_the_margin_of_a_monotone_claim() -> None:
    """A step back by the whole change, where half of it is allowed, under noise four times the change: the margin was half
    of the mean size of the noisy change, and the claim passed.
    """
    rng = np.random.default_rng(3)
    y = np.array([0.0, 0.25, 0.0, 0.25]) + rng.standard_normal((2048, 4))
    total = np.abs(y[:, -1] - y[:, 0]).mean()
    low = intervals.mean(y[:, 2] - y[:, 1], 1e-4 / 56)
    assert not isinstance(low, Refusal)
    assert low.lo > -0.5 * total  # what passed before
    claim = predict(Kind.MONOTONE, 1.0, MEAN, within=Within(0.5, 0.5, relative=True), along=Along("k"))
    assert verdict(claim, sample(y, "k"), look=7).verdict is not Verdict.PASS
    rising = np.array([0.0, 0.25, 0.5, 0.75]) + 0.2 * rng.standard_normal((2048, 4))
    assert verdict(claim, sample(rising, "k"), look=7).verdict is Verdict.PASS


def test_slow_orders_do_not_pass_at_the_plateau_that_four_orders_believe() -> None:
    """1 + c/sqrt(log x): the hull of four orders lies well above 1; a claim in its middle used to pass."""
    for size in (0.05, 0.1, -0.2):
        a = (1 + size / np.sqrt(np.log(X)))[None]
        low, high = undeclared.four_orders(X, a)
        middle, margin = float((low + high)[0] / 2), float((high - low)[0])
        assert not low[0] <= 1 <= high[0]
        found = judge_limit(a, X, middle, margin / middle)
        assert found.verdict is None
        assert settled.MOVING in found.reason


def test_aimed_claims_on_limits_of_undeclared_order() -> None:
    """No single order, oscillation, crossover or late term passes at a wrong place; the hull of four orders lets many."""
    for kind in undeclared.KINDS:
        found = undeclared.curves(kind, 400, 4)
        conspire = kind.startswith(("two", "a power"))
        assert found["judge", "aimed"] <= (0.012 * found["judge", "curves"] if conspire else 0)
        if conspire or kind.startswith("one"):
            assert found["four orders", "aimed"] > 5 * max(4, found["judge", "aimed"])
        if kind.startswith("one"):
            assert found["judge", "true"] > 0.2 * found["judge", "curves"]


def test_settled_sequences_pass_and_scale_permutation_and_rounding_do_not_matter() -> None:
    rng = np.random.default_rng(5)
    quick = (3 + 2 / X)[None]
    assert judge_limit(quick, X, 3.0, 0.01).verdict is Verdict.PASS
    assert judge_limit(np.full((1, 16), 3.0), X, 3.0, 0.01).verdict is Verdict.PASS
    noisy = quick + 1e-4 * rng.standard_normal((64, 16))
    assert judge_limit(noisy, X, 3.0, 0.03).verdict is Verdict.PASS
    log = np.log(X)

    def reach(y: Array, error: float = 0.0) -> tuple[Array, Array]:
        return settled.reach(y, np.full_like(y, error), log, pool=True, of_median=False, level=1e-4)

    low, high = reach(noisy)
    mixed, scaled, rounded = reach(rng.permutation(noisy)), reach(1e6 * noisy), reach(noisy, 1e-12)
    for other in (mixed, (scaled[0] / 1e6, scaled[1] / 1e6), rounded):
        assert np.allclose([low, high], other, rtol=1e-9)
    cauchy = quick + 1e-3 * rng.standard_cauchy((64, 16))
    assert np.isinf(reach(cauchy)[1][0])
    assert judge_limit(cauchy, X, 3.0, 0.01).verdict is not Verdict.FAIL


def test_an_exponent_on_its_way_through_the_claimed_one_is_open() -> None:
    """x^-1/2 (1 + 2.11/sqrt(log x)) shows x^-.527 over two and a half decades."""
    x = np.geomspace(35, 10803, 24)
    y = x**-0.5 * (1 + 2.11 / np.sqrt(np.log(x)))
    found = judge_rate(y[None], x, x**-0.527)
    assert found.verdict is None
    assert "on its way through" in found.reason
    assert judge_rate((x**-0.527)[None], x, x**-0.527).verdict is Verdict.PASS


@pytest.mark.parametrize("kind", ["rate_at_most", "rate_at_least", "constant"])
def test_random_one_sided_rates_and_constant_forms(kind: str) -> None:
    found = onesided.benchmark(kind, 60, 6)
    for noise in (False, True):
        assert found[kind, True, noise, -1] == found[kind, False, noise, 1] == 0
    assert found[kind, True, True, 1] >= 10


@pytest.mark.parametrize("number", range(0, len(stopping.CELLS)), ids=[name for name, _, _ in stopping.CELLS])
def test_false_verdicts_at_the_edges_stay_under_alpha(number: int) -> None:
    _, part, full = stopping.CELLS[number]
    for alpha, (runs, wrong) in zip(stopping.ALPHAS, part(min(200, full // 50), 7), strict=True):
        assert wrong <= stats.binom.ppf(1 - 1e-6, runs, alpha)


def test_data_that_choose_between_bets_and_counts_pay_for_both() -> None:
    """Zeros and ones at first, other values later: each of the two intervals may be wrong at half of the budget only."""
    rng = np.random.default_rng(8)
    coin = rng.integers(0, 2, 64).astype(float)
    counted = intervals.bounded_mean(coin, (0, 1), 1e-3, 1e-4)
    assert counted == intervals.clopper_pearson(int(coin.sum()), 64, 5e-5)
    coin[7] = 0.5
    assert intervals.bounded_mean(coin, (0, 1), 1e-3, 1e-4) == intervals.betting(coin, 5e-4)
    assert predict(Kind.EQUALS, 0.5, {"seed": Over("mean")}, bounded=(0, 1)).bounded == (0, 1)
    assert verdict(predict(Kind.EQUALS, 0.5, EVERY, within=Within(1, 1)), sample(coin)).verdict is Verdict.PASS
