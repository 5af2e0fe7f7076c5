from __future__ import annotations

import numpy as np
import pytest

from checker.judge import extrapolate, growth
from checker.judge.errors import EvidenceError

X = np.geomspace(10, 1e5, 20)
LX = np.log(X)


def test_ladder_keeps_tails_of_at_least_five_sizes() -> None:
    starts = extrapolate.ladder(LX)
    assert starts[0] == 0
    assert [20 - start for start in starts] == [20, 14, 10, 7]
    assert [8 - s for s in extrapolate.ladder(np.linspace(1, 8, 8))] == [8, 5]  # equal windows once
    assert [5 - s for s in extrapolate.ladder(np.linspace(1, 8, 5))] == [5, 4]
    assert [4 - s for s in extrapolate.ladder(np.linspace(1, 8, 4))] == [4, 3]


def test_coefficient_is_least_squares() -> None:
    rng = np.random.default_rng(0)
    y, others = rng.standard_normal(20), [np.ones(20), 1 / X]
    full = np.linalg.lstsq(np.column_stack([LX, *others]), y, rcond=None)[0][0]
    assert extrapolate.coefficient(LX, others) @ y == pytest.approx(full, rel=1e-9)
    assert np.isnan(extrapolate.coefficient(1 / X, others)).all()  # not identified: no number, not a wild one


def test_planted_coefficients_are_recovered_and_terms_annihilated() -> None:
    ones = np.ones_like(X)
    weights = extrapolate.coefficient(LX, [ones, X**-0.5])
    assert weights @ (3 * LX + 7 * ones - 2 * X**-0.5) == pytest.approx(3, abs=1e-10)


def test_hull_holds_the_truth_when_the_next_order_is_in_the_family() -> None:
    shape = growth.growth(X, 1 / X)
    for term in (1 / X, X**-0.5, 1 / LX):
        y = (-LX + 0.5 * term)[None]
        found = growth.power(y, np.zeros_like(y), shape, None, None)
        assert found.low[0] <= 1 + 1e-9
        assert found.high[0] >= 1 - 1e-9


def test_hull_is_wide_where_the_fits_disagree() -> None:
    shape = growth.growth(X, 1 / X)
    plain, bent = (-LX)[None], (-LX + np.log1p(X / 1e3))[None]
    tight, wide = (growth.power(y, np.zeros_like(y), shape, None, None) for y in (plain, bent))
    assert tight.high[0] - tight.low[0] < 1e-9
    assert wide.high[0] - wide.low[0] > 0.2


def test_numerical_error_enters_as_the_weighted_sum() -> None:
    shape = growth.growth(X, 1 / X)
    error = np.full((1, 20), 1e-3)
    exact = growth.power((-LX)[None], 0 * error, shape, None, None)
    fuzzy = growth.power((-LX)[None], error, shape, None, None)
    fit = extrapolate.fits(LX, shape.log_form, growth.families(shape, None))
    widest = np.abs(fit.weights[int(fuzzy.window[0])]).sum(axis=1).max() * 1e-3
    assert fuzzy.high[0] - exact.high[0] == pytest.approx(widest, rel=1e-6)


def test_pooled_covers_the_exponent_at_its_level() -> None:
    """Exact power law with noise: the truth is in the hull, so misses come from sampling alone; also for t3 noise."""
    rng = np.random.default_rng(1)
    shape = growth.growth(X, 1 / X)
    for draw in (rng.standard_normal, lambda size: rng.standard_t(3, size)):
        missed = 0
        for _ in range(300):
            y = -LX + 0.1 * draw(size=(32, 20))
            found = growth.power(y, np.zeros_like(y), shape, None, 0.05)
            missed += not (found.low[0] <= 1 <= found.high[0])
        assert missed <= 30  # 15 expected at most at the level .05; 30 has chance 3e-4


def test_a_refused_mean_gives_no_interval_and_says_why() -> None:
    rng = np.random.default_rng(2)
    y = -LX + rng.lognormal(0, 2, (32, 1)) * LX
    found = growth.power(y, np.zeros_like(y), growth.growth(X, 1 / X), None, 1e-4)
    assert not np.isfinite(found.low[0])
    assert "skewness" in found.refused


def test_size_variable_follows_the_form() -> None:
    power = growth.growth(X, X**-2.0)
    assert power.log_size == pytest.approx(LX)
    assert power.slope == pytest.approx(-2)
    clock = growth.growth(np.geomspace(1e3, 1e300, 12), 1 / np.log(np.geomspace(1e3, 1e300, 12)))
    assert clock.log_size == pytest.approx(np.log(np.log(np.geomspace(1e3, 1e300, 12))))
    assert growth.growth(X, np.full(20, 3.0)).constant


@pytest.mark.parametrize(
    ("x", "form", "message"),
    [
        (X, np.sin(X), "positive"),
        (X, 2 + np.sin(X), "rise or fall"),
        (X / 10, 10 / X, "from:"),
        (X[::-1], 1 / X, "different"),
        (X[:1], 1 / X[:1], "two sizes"),
    ],
)
def test_forms_that_cannot_be_judged(x: np.ndarray, form: np.ndarray, message: str) -> None:
    with pytest.raises(EvidenceError, match=message):
        growth.growth(x, form)


def test_a_range_may_begin_below_e() -> None:
    x = np.array([1.0, 2, 4, 8])
    assert growth.growth(x, 8 / x, asymptotic=False).slope == pytest.approx(-1)
