"""Averages over draws against closed forms; common random numbers; limits before anything is allocated."""

import dataclasses
import math

import numpy as np
import pytest
from pydantic import ValidationError

from checker.expr.domain import POSITIVE, REAL
from checker.expr.node import Sym
from checker.simulate.catalogue_sampling import MonteCarloParams
from checker.simulate.measure import measure
from checker.simulate.resolve import SimulationError
from checker.spec.laws import read_law
from tests.simulate.runs import make

SEEDS = range(8)
TAIL = "max(abs(x) - alpha, 0)**2"


def run(params, laws, sweep=None, shapes=None, arms=None):
    found, domains = {}, {}
    for name, text in laws.items():
        found[name], domain = read_law(text, name, {"b": POSITIVE, "mu": REAL})
        domains[name] = dataclasses.replace(domain, shape=(shapes or {}).get(name, ()))
    made = make("monte_carlo", params, sweep, domains=domains, arms=arms)
    return dataclasses.replace(made, laws=found)


@pytest.fixture(scope="module")
def tails():
    params = {"draw": ["x"], "samples": 50_000, "means": {"tail": TAIL, "odd": "x"}, "maxima": {"top": "x"}}
    return measure(run(params, {"x": "laplace(0, 1)"}, {"alpha": (1.0, 2.0)}), SEEDS, 0, "cpu")


def test_means_and_their_standard_errors(tails):
    mean, error = tails.observables["tail"].values, tails.observables["tail.se"].values
    exact = 2 * np.exp(-np.array([1.0, 2.0]))
    pooled = error.mean(axis=0) / math.sqrt(len(SEEDS))
    assert np.all(np.abs(mean.mean(axis=0) - exact) < 5 * pooled)
    assert np.all(np.abs(mean.mean(axis=0) - exact / 2) > 5 * pooled)  # one tail only
    # Var (|x| - a)_+^2 = 24 exp(-a) - 4 exp(-2a)
    variance = 24 * np.exp(-np.array([1.0, 2.0])) - 4 * np.exp(-2 * np.array([1.0, 2.0]))
    assert np.allclose(error.mean(axis=0), np.sqrt(variance / 50_000), rtol=0.1)
    assert np.allclose(mean.std(axis=0, ddof=1), error.mean(axis=0), rtol=0.8)
    assert tails.observables["tail"].axes == ("seed", "alpha")


def test_draws_are_common_to_the_sweep_and_to_arms(tails):
    odd, top = tails.observables["odd"].values, tails.observables["top"].values
    assert np.array_equal(odd[:, 0], odd[:, 1])
    assert np.array_equal(top[:, 0], top[:, 1])
    assert len(set(top[:, 0])) == len(SEEDS)
    params = {"draw": ["x"], "samples": 1000, "means": {"m": "x**2"}}
    shifted = {**params, "means": {"m": "(x + 1)**2 - 2*x - 1"}}
    both = measure(run(params, {"x": "normal(0, 1)"}, arms={"shifted": shifted}), range(3), 0, "cpu")
    assert np.allclose(both.observables["m"].values, both.observables["m.shifted"].values, rtol=1e-12)


def test_a_swept_law_keeps_its_noise():
    params = {"draw": ["x"], "samples": 3000, "means": {"m": "x", "q": "x**2"}}
    found = measure(run(params, {"x": "normal(mu, b)"}, {"b": (1.0, 3.0), "mu": (0.0,)}), range(2), 0, "cpu")
    m = found.observables["m"].values[:, :, 0]
    assert np.allclose(m[:, 1], 3 * m[:, 0], rtol=1e-12)


def test_the_moments_are_those_of_numpy_whatever_the_chunks(monkeypatch):
    params = {"draw": ["x"], "samples": 1001, "means": {"m": "x**3"}, "minima": {"low": "x"},
              "quantiles": {"half": {"of": "x", "at": 0.5}, "tenth": {"of": "x", "at": "1/10"}}}  # fmt: skip
    monkeypatch.setattr("checker.simulate.monte_carlo.CHUNK", 128)
    made = run(params, {"x": "uniform(0, 1)"})
    found = {name: item.values[0] for name, item in measure(made, [5], 0, "cpu").observables.items()}
    # the quantiles hold every sample: with all of them, everything else can be done again by NumPy
    whole = run({**params, "means": {}, "quantiles": {f"q{i}": {"of": "x", "at": i / 1000} for i in range(0, 1001, 100)}},
                {"x": "uniform(0, 1)"})  # fmt: skip
    grid = [measure(whole, [5], 0, "cpu").observables[f"q{i}"].values[0] for i in range(0, 1001, 100)]
    assert grid[0] == found["low"]
    assert grid[1] == found["tenth"]
    assert grid[5] == found["half"]
    assert np.all(np.diff(grid) > 0.05)
    assert abs(found["m"] - 1 / 4) < 5 * found["m.se"]
    assert math.isclose(found["m.se"], math.sqrt((1 / 7 - 1 / 16) / 1001), rel_tol=0.1)


def test_a_vector_is_drawn_entry_by_entry():
    params = {"draw": ["v"], "sizes": {"n": 5}, "samples": 20_000, "means": {"square": "norm(v)**2"}}
    found = measure(run(params, {"v": "normal(0, 1)"}, shapes={"v": (Sym("n"),)}), SEEDS, 0, "cpu")
    mean, error = found.observables["square"].values.mean(), found.observables["square.se"].values.mean()
    assert abs(mean - 5) < 5 * error / math.sqrt(len(SEEDS))
    assert math.isclose(error, math.sqrt(10 / 20_000), rel_tol=0.1)  # chi-squared of 5 degrees: variance 10
    assert found.observables["n"].values == 5


def test_a_parameter_may_be_drawn_itself():
    # x = normal(0, b) with b exponential(1): E x^2 = E b^2 = 2, against 1 for a scale that is not random
    params = {"draw": ["b", "x"], "samples": 20_000, "means": {"m": "x**2"}}
    found = measure(run(params, {"b": "exponential(1)", "x": "normal(0, b)"}), SEEDS, 0, "cpu")
    mean, error = found.observables["m"].values, found.observables["m.se"].values
    assert abs(mean.mean() - 2) < 5 * error.mean() / math.sqrt(len(SEEDS))
    assert mean.mean() > 1.5


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"samples": 10**19}, "the limit is"),  # less than that is refused with its cost, where the run is known
        ({"samples": 1.5}, "whole number"),
        ({"samples": 1}, "at least 2"),
        ({"means": {}}, "nothing is measured"),
        ({"means": {"m": "x"}, "maxima": {"m": "x"}}, "one name, one meaning"),
        ({"means": {"x": "x"}}, "one name, one meaning"),
        ({"means": {"exp": "x"}}, "function of the language"),
        ({"draw": ["x", "x"]}, "named twice"),
        ({"samples": 90_000_000, "quantiles": {"q": {"of": "x", "at": 1}, "p": {"of": "x", "at": 0}}}, "MiB"),
        ({"quantiles": {"q": {"of": "x", "at": 2}}}, "share from 0 to 1"),
    ],
)
def test_what_is_refused_before_anything_is_allocated(change, said):
    params = {"draw": ["x"], "samples": 100, "means": {"m": "x"}}
    MonteCarloParams.model_validate(params)
    with pytest.raises(ValidationError, match=said):
        MonteCarloParams.model_validate({**params, **change})


def test_what_only_the_run_knows_is_refused_before_it_starts():
    def refused(params, said, sweep=None):
        with pytest.raises(SimulationError, match=said):
            measure(run(params, {"x": "normal(0, 1)"}, sweep), [0], 0, "cpu")

    base = {"draw": ["x"], "samples": 100, "means": {"m": "x"}}
    sweep = {"alpha": tuple(range(1, 3001))}
    refused({**base, "samples": 10**8, "means": {"m": "x*alpha"}}, "evaluations", sweep)
    refused({**base, "samples": 10**6, "quantiles": {"q": {"of": "x*alpha", "at": 0.5}}}, "MiB", sweep)
    lawless = make("monte_carlo", base, domains={"x": REAL})
    with pytest.raises(SimulationError, match="has no law"):
        measure(lawless, [0], 0, "cpu")


def test_averages_that_are_not_finite_are_no_evidence():
    params = {"draw": ["x"], "samples": 100, "means": {"m": "log(x)"}}
    assert measure(run(params, {"x": "normal(0, 1)"}), [0], 0, "cpu").failures == {0: "m is not finite"}
    assert measure(run(params, {"x": "uniform(1, 2)"}), [0], 0, "cpu").failures == {}
