"""Quantities over a measurement: axes, twins, rounding, estimators, and what does not fit."""

import numpy as np
import pytest

from checker.expr.domain import REAL
from checker.expr.errors import UnsupportedError
from checker.expr.namespace import Namespace
from checker.expr.parse import parse
from checker.simulate.measurement import Measurement, Observable
from checker.simulate.quantity import EPSILON, QuantityError, evaluate

SEEDS, RADII, TIMES = 4, 5, 6
RNG = np.random.default_rng(7)
T = np.arange(TIMES, dtype=float)
LOSS = np.exp(-0.5 * T) * RNG.uniform(1, 2, (SEEDS, 1))
X = RNG.normal(size=(SEEDS, 3, 2))
W = RNG.normal(size=(RADII, SEEDS, 2))  # the axis rho first, on purpose
ALPHA = RNG.uniform(0.1, 1, (SEEDS, 3))
MEASUREMENT = Measurement(
    {
        "X": Observable(X, ("seed",)),
        "w": Observable(W, ("rho", "seed")),
        "svm.alpha": Observable(ALPHA, ("seed",)),
        "loss": Observable(LOSS, ("seed", "t"), LOSS * 1.001),
        "count": Observable(np.array(3.0), ()),
        "broken": Observable(np.array([1.0, np.nan, 1.0, 1.0]), ("seed",)),
        "zero": Observable(np.zeros(SEEDS), ("seed",)),
        "stopped": Observable(np.array([np.inf, 3.0, np.inf, 7.0]), ("seed",)),
    },
    {"rho": np.linspace(1, 2, RADII), "seed": np.arange(SEEDS) * 1.0, "t": T},
)
NAMES = ("X", "w", "svm.alpha", "loss", "count", "broken", "zero", "stopped", "rho", "t", "seed", "tested", "nowhere")
SPACE = Namespace(dict.fromkeys(NAMES, REAL))


def run(formula, extra=None):
    return evaluate(parse(formula, SPACE), MEASUREMENT, extra or {})


def test_union_of_axes_seed_first():
    field = run("rho*min(X @ w)")
    expected = np.einsum("snd,rsd->srn", X, W).min(axis=-1) * np.linspace(1, 2, RADII)
    assert field.axes == ("seed", "rho")
    assert list(field.coords) == ["seed", "rho"]
    assert np.allclose(field.values, expected, rtol=1e-13)
    assert not np.allclose(field.values * 1.001, expected, rtol=1e-13)


def test_only_the_axes_that_occur():
    assert run("rho**2").axes == ("rho",)
    assert run("rho*t").axes == ("rho", "t")
    assert run("log(count)").axes == ()
    assert run("3").values.shape == ()
    assert run("norm(X, fro)").axes == ("seed",)


def test_entries_stay_whole():
    field = run("entropy(svm.alpha/sum(svm.alpha))")
    p = ALPHA / ALPHA.sum(axis=1, keepdims=True)
    assert np.allclose(field.values, -(p * np.log(p)).sum(axis=1), rtol=1e-13)


def test_infinity_has_no_rounding():
    field = run("1 if stopped < oo else 0")
    assert list(field.values) == [0.0, 1.0, 0.0, 1.0]
    assert field.error.max() < 1e-12


def test_the_error_is_the_distance_to_the_twin():
    field = run("log(loss)")
    assert np.allclose(field.error, np.log(1.001), rtol=1e-9)
    exact = run("log(svm.alpha[0])")
    assert np.all(exact.error < 100 * EPSILON)
    assert np.all(exact.error > 0)


def test_rounding_grows_with_cancellation():
    gentle, cancelling = run("svm.alpha[0] + 1"), run("(svm.alpha[0] + 1) - svm.alpha[0]*(1 - 1e-3)")
    amplified = run("(svm.alpha[0] - svm.alpha[1])*1e9 - svm.alpha[0]*1e9")
    assert np.all(amplified.error > 1e6 * gentle.error)
    assert np.all(cancelling.error < 1e3 * gentle.error)


def test_rounding_covers_a_kink():
    # the slope of a norm at 0 is 0 in JAX, but rounding of the two vectors shows at first order
    extra = {"tested": Observable(X.copy(), ("seed",))}
    field = run("norm(X - tested)", extra)
    assert np.all(field.values == 0)
    assert np.all(field.error > 1e-16)
    assert np.all(field.error < 1e-13)
    assert np.all(run("norm(zero)").error == 0)  # exact zeros have no rounding


def test_rounding_against_perturbed_inputs():
    field = run("sum(svm.alpha**3) - exp(svm.alpha[1])")
    moved = ALPHA * (1 + 4 * EPSILON * RNG.choice([-1, 1], ALPHA.shape))
    change = np.abs((moved**3).sum(axis=1) - np.exp(moved[:, 1]) - field.values)
    assert np.all(change <= field.error)


def test_equal_eigenvalues_have_a_finite_error():
    extra = {"tested": Observable(np.broadcast_to(np.eye(2), (SEEDS, 2, 2)).copy(), ("seed",))}
    field = run("sum(eigenvectors(tested)[0])**2 + max(eigenvalues(tested))", extra)
    assert np.all(np.isfinite(field.values))
    assert not np.isnan(field.error).any()


def test_nan_stays_nan():
    field = run("broken + 1")
    assert np.array_equal(np.isnan(field.values), [False, True, False, False])
    assert np.isnan(run("log(zero - 1)").values).all()
    assert not np.isnan(run("broken*0 + 1").values[0])
    assert np.isnan(run("broken*0 + 1").values[1])


def test_conditions_are_zero_or_one():
    field = run("rho < 1.5 and rho > 1")
    assert field.values.tolist() == [0, 1, 0, 0, 0]
    assert np.all(field.error == 0)
    assert np.array_equal(run("mean(svm.alpha > 1/2)").values, (ALPHA > 0.5).mean(axis=1))
    flipped = Observable(np.full(SEEDS, 1.0), ("seed",), np.full(SEEDS, 2.0))
    assert np.all(run("tested > 3/2", {"tested": flipped}).error == 1.0)  # the coarser solution says otherwise


def test_last_and_at():
    assert np.array_equal(run("last(loss)").values, LOSS[:, -1])
    assert np.array_equal(run("at(loss, t=2)").values, LOSS[:, 2])
    assert np.allclose(run("last(loss)/at(loss, t=0)").values, np.exp(-2.5), rtol=1e-14)
    assert np.allclose(run("last(log(loss))").error, np.log(1.001), rtol=1e-9)
    assert np.array_equal(run("last(w, rho)[1]").values, W[-1, :, 1])
    assert run("last(rho*loss, rho)").axes == ("seed", "t")
    with pytest.raises(QuantityError, match="not recorded"):
        run("at(loss, t=2.5)")
    with pytest.raises(QuantityError, match="does not vary along rho"):
        run("last(loss, rho)")
    with pytest.raises(QuantityError, match="no recorded axis"):
        run("last(svm.alpha[0])")


def test_slope():
    field = run("slope(log(loss), t)")
    assert field.axes == ("seed",)
    assert np.allclose(field.values, -0.5, rtol=1e-13)
    assert not np.allclose(field.values, -0.501, rtol=1e-13)
    assert np.allclose(run("decay_rate(loss, t)").values, 0.5, rtol=1e-13)
    noisy = RNG.normal(size=(SEEDS, TIMES))
    fitted = run("slope(tested, t**2)", {"tested": Observable(noisy, ("seed", "t"))}).values
    assert np.allclose(fitted, [np.polyfit(T**2, row, 1)[0] for row in noisy], rtol=1e-10)


def test_slope_keeps_the_other_axes():
    field = run("slope(log(loss)*rho, t)")
    assert field.axes == ("seed", "rho")
    assert np.allclose(field.values, -0.5 * np.linspace(1, 2, RADII), rtol=1e-13)


def test_first_time_and_censoring():
    field = run("first_time(loss < 1/2)")
    expected = [T[np.argmax(row < 0.5)] for row in LOSS]
    assert field.values.tolist() == expected
    never = run("first_time(loss < 0)")
    assert np.all(np.isposinf(never.values))
    assert np.all(never.error == 0)
    assert run("first_time(loss < 1/2)").values.tolist() != [0] * SEEDS


def test_sums_up_to_a_measured_number():
    assert np.allclose(run("Sum(1/k, (k, 1, t + 1))").values, np.cumsum(1 / np.arange(1, TIMES + 1)), rtol=1e-15)
    assert run("Sum(1/k, (k, 1, 6 - 1))").values == pytest.approx(137 / 60, rel=1e-15)  # an end that is not yet worked out
    assert run("count*Sum(1/k, (k, 1, 6 - 2))").values == pytest.approx(3 * 25 / 12, rel=1e-15)


def test_large_gradients_are_done_in_pieces(monkeypatch):
    whole = run("norm(X @ w)*loss")
    monkeypatch.setattr("checker.simulate.values.MAX_GRADIENT_BYTES", 1000)
    pieces = run("norm(X @ w)*loss")
    assert np.allclose(whole.error, pieces.error, rtol=1e-12)
    assert whole.axes == ("seed", "rho", "t")


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("w", "array of shape"),
        ("nowhere + 1", "nowhere is not measured"),
        ("slope(w, t)", "numbers, not arrays"),
        ("slope(loss, t*rho)", "along one axis"),
    ],
)
def test_what_does_not_fit(formula, message):
    with pytest.raises(QuantityError, match=message):
        run(formula)


@pytest.mark.parametrize("formula", ["Integral(rho*x, (x, 0, 1))", "Sum(1/k, (k, 1, oo))"])
def test_what_is_not_computed_is_unsupported(formula):
    with pytest.raises(UnsupportedError):
        evaluate(parse(formula, Namespace(dict.fromkeys((*NAMES, "x"), REAL))), MEASUREMENT)


def test_an_axis_without_coordinates():
    with pytest.raises(QuantityError, match="has no coordinates"):
        run("tested", {"tested": Observable(np.zeros(2), ("unknown",))})
