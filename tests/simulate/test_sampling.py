"""Laws against SciPy: moments and distribution functions, each beside a law that is told apart."""

from fractions import Fraction

import jax
import numpy as np
import pytest
from scipy import stats

from checker.expr.domain import REAL, Domain
from checker.simulate.device import choose
from checker.simulate.resolve import SimulationError
from checker.simulate.sampling import SAMPLERS, sample
from checker.spec.laws import LAWS, read_law

SIZE = 20_000
SYMBOLS = {"r": Domain(lo=Fraction(0), lo_open=True), "m": REAL}
LAWS_AND_TWINS = [
    ("normal(1, 2)", stats.norm(1, 2), stats.norm(1, 2.3)),
    ("uniform(-1, 3)", stats.uniform(-1, 4), stats.uniform(-1, 3.8)),
    ("exponential(2)", stats.expon(scale=1 / 2), stats.expon(scale=1 / 1.9)),
    ("laplace(1, 3)", stats.laplace(1, 3), stats.laplace(1, 3 / np.sqrt(2))),
    ("beta(2, 5)", stats.beta(2, 5), stats.beta(5, 2)),
    ("bernoulli(1/3)", stats.bernoulli(1 / 3), stats.bernoulli(0.3)),
    ("binomial(7, 1/4)", stats.binom(7, 1 / 4), stats.binom(7, 0.28)),
    ("poisson(3)", stats.poisson(3), stats.poisson(3.15)),
]


def drawn(text, key=0, shape=(SIZE,), **values):
    choose("cpu")
    law, _ = read_law(text, "x", SYMBOLS)
    return np.asarray(sample(law, jax.random.key(key), shape, values))


def distance(values, law):
    """Largest gap between the empirical and the exact distribution function (Kolmogorov)."""
    points = np.unique(values)
    empirical = np.searchsorted(np.sort(values), points, side="right") / values.size
    return np.max(np.abs(empirical - law.cdf(points)))


def test_every_law_of_the_language_can_be_drawn():
    assert SAMPLERS.keys() == LAWS.keys()


@pytest.mark.parametrize(("text", "law", "other"), LAWS_AND_TWINS, ids=[text for text, _, _ in LAWS_AND_TWINS])
def test_distribution(text, law, other):
    values = drawn(text)
    # the gap exceeds 2.2/sqrt(n) with probability below 1.3e-4 (Kolmogorov), less for discrete laws
    assert distance(values, law) < 2.2 / np.sqrt(SIZE)
    assert distance(values, other) > 2.2 / np.sqrt(SIZE)
    assert values.dtype == np.float64


def test_parameters_may_be_symbols_and_share_their_noise():
    narrow, wide = drawn("laplace(m, r)", m=0.0, r=1.0), drawn("laplace(m, r)", m=5.0, r=2.0)
    assert np.allclose(5 + 2 * narrow, wide, rtol=1e-14)
    assert not np.allclose(narrow, drawn("laplace(m, r)", key=1, m=0.0, r=1.0))


def test_a_law_that_does_not_exist_is_nan_and_a_missing_parameter_an_error():
    assert np.isnan(drawn("normal(0, m)", shape=(3,), m=-1.0)).all()
    assert np.isnan(drawn("bernoulli(m)", shape=(3,), m=1.5)).all()
    assert np.isfinite(drawn("bernoulli(m)", shape=(3,), m=1.0)).all()
    with pytest.raises(SimulationError, match="'m'"):
        drawn("normal(0, m)")
    with pytest.raises(SimulationError, match="is an array"):
        drawn("normal(0, m)", m=np.ones(3))
