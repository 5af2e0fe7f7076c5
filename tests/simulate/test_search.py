import numpy as np
import pytest

from checker.expr.domain import Domain
from checker.expr.node import num
from checker.simulate.measure import measure
from checker.simulate.search import SearchUnavailable, ascend
from tests.simulate.runs import N, make, node, quantity

LOST = "min(g) - min(f) + log(sum(exp(-g))) - log(sum(exp(-f)))"
THREE = num(3)


@pytest.fixture(scope="module")
def margins():
    run = make("evaluate", {"draw": ["f", "g"], "sizes": {"N": 12}})
    return run, measure(run, range(64), 0, "cpu")


def test_draws_are_inside_their_domain_and_publish_their_sizes(margins):
    _, found = margins
    for name in ("f", "g"):
        values = found.observables[name].values
        assert values.shape == (64, 12)
        assert values.min() >= -10
        assert values.max() <= 10
        assert abs(values.mean()) < 1
    assert found.observables["N"].values == 12
    assert not np.array_equal(found.observables["f"].values, found.observables["g"].values)


def test_ascent_attains_a_bound_that_sampling_does_not_come_near(margins):
    run, found = margins
    random = quantity(LOST, found).values.max()
    worst = ascend(run, found, node(LOST), device="cpu")
    attained = quantity(LOST, worst).values
    assert random < np.log(12) - 1
    assert np.log(12) - 1e-3 <= attained[0] <= np.log(12) + 1e-12
    assert np.all(np.diff(attained) <= 1e-12)  # the worst first
    for name in ("f", "g"):
        assert np.abs(worst.observables[name].values).max() <= 10
    # a bound that is too small by one point is broken
    assert attained[0] > np.log(11) + 0.08
    assert list(worst.coords["seed"][:2]) == [-1, -2]


def test_ascent_finds_a_maximum_inside(margins):
    run, found = margins
    worst = ascend(run, found, node("5 - (f[0] - 1/3)**2 - abs(g[1] + 2) - (f[1]*f[2] - 7)**2"), device="cpu")
    best = {name: worst.observables[name].values[0] for name in ("f", "g")}
    assert best["f"][0] == pytest.approx(1 / 3, abs=1e-5)
    assert best["g"][1] == pytest.approx(-2, abs=1e-4)
    assert best["f"][1] * best["f"][2] == pytest.approx(7, abs=1e-4)


def test_the_worst_cell_of_a_sweep_counts():
    run = make("evaluate", {"draw": ["f"], "sizes": {"N": 2}}, {"s": (1.0, 2.0)})
    found = measure(run, range(8), 0, "cpu")
    worst = ascend(run, found, node("s*f[0]", s=Domain()), device="cpu")
    assert quantity("s*f[0]", worst).values.max() == pytest.approx(20)


def test_rows_on_a_simplex_and_on_a_sphere_stay_there():
    domains = {"p": Domain(shape=(THREE,), rows="simplex"), "v": Domain(shape=(THREE,), rows="unit")}
    run = make("evaluate", {"draw": ["p", "v"]}, domains=domains)
    found = measure(run, range(16), 0, "cpu")
    assert np.allclose(found.observables["p"].values.sum(axis=1), 1)
    assert np.allclose(np.linalg.norm(found.observables["v"].values, axis=1), 1)
    excess = "v[0] + 2*v[1] - 2*v[2] - (p[0] - 1/2)**2 - (p[1] - 1/3)**2"
    worst = ascend(run, found, node(excess, **domains), device="cpu").observables
    assert np.allclose(worst["v"].values[0], np.array([1, 2, -2]) / 3, atol=1e-4)
    assert np.allclose(worst["p"].values[0], [1 / 2, 1 / 3, 1 / 6], atol=1e-4)
    assert np.all(worst["p"].values >= 0)


def test_where_instances_cannot_be_moved_it_says_why():
    data = {"kind": "gaussian", "points": 3, "dimension": 2}
    trained = make("optimize", {"data": data, "model": {"kind": "linear"}, "loss": "exp(-u)", "radius": 1})
    drawn = make("evaluate", {"data": data})
    moved = make("evaluate", {"draw": ["f"], "sizes": {"N": 2}, "ranges": {"f": [0, "s"]}}, {"s": (1.0, 2.0)})
    for run, said in ((trained, "no box"), (drawn, "draws no symbol"), (moved, "along the sweep")):
        found = measure(run, [0], 0, "cpu") if run is not trained else None
        with pytest.raises(SearchUnavailable, match=said):
            ascend(run, found, node("sum(f)", f=Domain(shape=(N,))), device="cpu")
