"""Estimators along one axis: NumPy does the same, gaps between records count as error, cells without an answer say so."""

import numpy as np
import pytest

from checker.expr.domain import REAL, Domain
from checker.expr.namespace import Namespace
from checker.expr.node import num
from checker.expr.parse import parse
from checker.simulate.measurement import Measurement, Observable
from checker.simulate.quantity import QuantityError, evaluate

SEEDS, TIMES = 5, 9
RNG = np.random.default_rng(11)
K = np.arange(1.0, TIMES + 1)
SIZES = np.array([1.0, 2.0, 4.0, 8.0, 16.0])
NOISE = RNG.normal(size=(SEEDS, TIMES))
FALL = 2.0 ** -K * np.ones((SEEDS, 1))
HEIGHT = SIZES * RNG.uniform(0.8, 1.2, (SEEDS, 1))
MEASUREMENT = Measurement(
    {
        "noise": Observable(NOISE, ("seed", "k"), NOISE + 1e-6),
        "fall": Observable(FALL, ("seed", "k")),
        "height": Observable(HEIGHT, ("seed", "m")),
        "vector": Observable(RNG.normal(size=(SEEDS, TIMES, 3)), ("seed", "k")),
        "slow": Observable(np.array([0.0, 0.0, 1.0, 1.0]), ("s",)),
    },
    {"seed": np.arange(SEEDS) * 1.0, "m": SIZES, "k": K, "s": np.array([1.0, 10.0, 100.0, 1000.0])},
)
SCALARS = ("noise", "fall", "height", "slow", "k", "m", "s")
SPACE = Namespace({**dict.fromkeys(SCALARS, REAL), "vector": Domain(shape=(num(3),))})


def run(formula):
    return evaluate(parse(formula, SPACE), MEASUREMENT)


@pytest.mark.parametrize("share", [0, 0.1, 0.5, 0.87, 1])
def test_quantiles(share):
    field = run(f"quantile(noise, {share})")
    assert np.allclose(field.values, np.quantile(NOISE, share, axis=1), rtol=1e-14)
    assert field.axes == ("seed",)
    assert np.allclose(field.error, 1e-6, rtol=1e-6)
    assert not np.allclose(field.values, np.quantile(NOISE, (share + 0.3) % 1, axis=1), rtol=1e-3)
    assert np.allclose(run("quantile(noise - k, 1/2, k)").values, np.median(NOISE - K, axis=1), rtol=1e-14)


def test_regression_is_least_squares_with_a_constant():
    design = np.stack([K, np.log(K), np.ones(TIMES)], axis=1)
    expected = np.linalg.lstsq(design, NOISE.T, rcond=None)[0]
    for index in range(3):
        assert np.allclose(run(f"regression(noise, k, log(k))[{index}]").values, expected[index], rtol=1e-10)
    assert np.allclose(run("regression(noise, k)[0]").values, run("slope(noise, k)").values, rtol=1e-12)
    assert not np.allclose(run("regression(noise, k)[0]").values, run("regression(noise, k, log(k))[0]").values)
    tiny = run("regression(noise, k*1e-9, log(k))[1]")  # units of one regressor do not touch the others
    assert np.allclose(tiny.values, expected[1], rtol=1e-8)


def test_next_is_one_record_later_and_has_one_record_less():
    field = run("next(fall)/fall")
    assert np.all(field.values == 0.5)
    assert field.values.shape == (SEEDS, TIMES - 1)
    assert field.coords["k"].tolist() == K[:-1].tolist()
    assert np.allclose(run("next(noise) - noise").values, np.diff(NOISE, axis=1), rtol=1e-14)
    assert np.allclose(run("k*(next(noise) - noise)").values, K[:-1] * np.diff(NOISE, axis=1), rtol=1e-14)
    assert np.allclose(run("next(next(k)) - k").values, 2)
    assert np.allclose(run("last(next(noise) - noise)").values, NOISE[:, -1] - NOISE[:, -2], rtol=1e-13)
    assert np.allclose(run("slope(log(next(fall)), k)").values, -np.log(2), rtol=1e-13)
    assert np.allclose(run("next(height, m)/height").values, 2)
    # an estimator beside it still sees the whole axis
    assert np.allclose(run("next(noise) - last(noise)").values, NOISE[:, 1:] - NOISE[:, -1:], rtol=1e-13)
    assert run("at(next(k), k=3)").values == 4


def test_a_boundary_is_a_bracket():
    field = run("boundary(height > 5, m)")
    crossed = np.array([np.argmax(row > 5) for row in HEIGHT])
    low, high = SIZES[crossed - 1], SIZES[crossed]
    assert np.allclose(field.values, np.sqrt(low * high), rtol=1e-14)
    assert np.allclose(field.values + field.error, high, rtol=1e-12)
    assert np.all(field.values - field.error <= low)
    log = run("log(boundary(height > 5, m))")
    assert np.allclose(log.values + log.error, np.log(high), rtol=1e-12)
    assert np.allclose(log.values - log.error, np.log(low), rtol=1e-12)
    assert np.all(np.isposinf(run("boundary(height > 1000, m)").values))
    assert np.all(np.isneginf(run("boundary(height > 0, m)").values))


def test_noise_widens_a_bracket_and_a_condition_lost_at_the_end_has_none():
    rows = [[0.0, 1.0, 0.0, 1.0, 1.0], [0.0, 1.0, 1.0, 1.0, 0.0], [1.0, 0.0, 1.0, 1.0, 1.0]]
    wavering = Observable(np.array(rows), ("seed", "m"))
    field = evaluate(parse("boundary(flag > 0, m)", Namespace({"flag": REAL, "m": REAL})), MEASUREMENT, {"flag": wavering})
    assert field.values[0] == np.sqrt(1 * 8)
    assert field.values[0] + field.error[0] == pytest.approx(8)
    assert np.isposinf(field.values[1])
    assert np.isposinf(field.error[2])


def test_what_happens_between_records_is_not_seen():
    steps, times = run("first_time(fall < 1/10)"), run("first_time(slow > 1/2)")
    assert np.all(steps.values == 4)
    assert np.all(steps.error == 0)  # steps are all there are
    assert times.values == 100
    assert times.error == 90
    assert np.isposinf(run("first_time(slow > 2)").values)


def test_records_that_are_no_number_count_before_the_first_time_and_not_after_it():
    blown = {"path": Observable(np.array([0.0, 7.0, np.nan, np.nan]), ("s",))}
    space = Namespace({"path": REAL, "s": REAL})
    assert evaluate(parse("first_time(path > 1, s)", space), MEASUREMENT, blown).values == 10
    assert np.isnan(evaluate(parse("first_time(path > 8, s)", space), MEASUREMENT, blown).values)
    assert np.isnan(evaluate(parse("boundary(path > 1, s)", space), MEASUREMENT, blown).values)


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("quantile(noise, 3/2)", "between 0 and 1"),
        ("quantile(noise, k)", "one number"),
        ("quantile(vector, 1/2)", "numbers, not arrays"),
        ("regression(noise, k*m)[0]", "along one axis"),
        ("boundary(height > 1, k)", "does not vary along k"),
        ("next(noise, m)", "does not vary along m"),
        ("regression(slow, s, log(s), s**2, 1/s)[0]", "at least 5 records"),
    ],
)
def test_what_does_not_fit(formula, message):
    with pytest.raises(QuantityError, match=message):
        run(formula)
