import numpy as np
import pytest

from checker.expr.domain import Domain
from checker.expr.node import ZERO, Const, num
from checker.simulate.measure import measure
from checker.simulate.search import Attack, SearchUnavailable, ascend
from tests.simulate.runs import N, make, node, quantity

LOST = "min(g) - min(f) + log(sum(exp(-g))) - log(sum(exp(-f)))"
THREE = num(3)


def up(text, **domains):
    return Attack(((node(text, **domains), ZERO),), slack=Const("oo"))


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
    worst = ascend(run, found, up(LOST), device="cpu")
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
    worst = ascend(run, found, up("5 - (f[0] - 1/3)**2 - abs(g[1] + 2) - (f[1]*f[2] - 7)**2"), device="cpu")
    best = {name: worst.observables[name].values[0] for name in ("f", "g")}
    assert best["f"][0] == pytest.approx(1 / 3, abs=1e-5)
    assert best["g"][1] == pytest.approx(-2, abs=1e-4)
    assert best["f"][1] * best["f"][2] == pytest.approx(7, abs=1e-4)


def test_the_worst_cell_of_a_sweep_counts():
    run = make("evaluate", {"draw": ["f"], "sizes": {"N": 2}}, {"s": (1.0, 2.0)})
    found = measure(run, range(8), 0, "cpu")
    worst = ascend(run, found, up("s*f[0]", s=Domain()), device="cpu")
    assert quantity("s*f[0]", worst).values.max() == pytest.approx(20)


@pytest.mark.slow
def test_rows_on_a_simplex_and_on_a_sphere_stay_there():
    domains = {"p": Domain(shape=(THREE,), rows="simplex"), "v": Domain(shape=(THREE,), rows="unit")}
    run = make("evaluate", {"draw": ["p", "v"]}, domains=domains)
    found = measure(run, range(16), 0, "cpu")
    assert np.allclose(found.observables["p"].values.sum(axis=1), 1)
    assert np.allclose(np.linalg.norm(found.observables["v"].values, axis=1), 1)
    excess = "v[0] + 2*v[1] - 2*v[2] - (p[0] - 1/2)**2 - (p[1] - 1/3)**2"
    worst = ascend(run, found, up(excess, **domains), device="cpu").observables
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
            ascend(run, found, up("sum(f)", f=Domain(shape=(N,))), device="cpu")


def test_projection_onto_a_simplex_holds_far_away():
    import jax.numpy as jnp

    from checker.simulate.evaluate import Box

    box = Box((3, 5), jnp.asarray(0.0), jnp.asarray(0.0), False, None, "simplex")
    far = jnp.asarray([[1e13 + 1.0, 1e13, 1e13, 1e13, 1e13], [-1e9] * 5, [3e15, 0.0, 0.0, 0.0, 1.0]])
    rows = np.asarray(box.project(far))
    assert np.allclose(rows.sum(axis=1), 1, atol=1e-14)
    assert rows.min() >= 0
    assert np.allclose(rows, [[1, 0, 0, 0, 0], [0.2] * 5, [1, 0, 0, 0, 0]], atol=1e-2)
    inside = jnp.asarray([[0.1, 0.2, 0.3, 0.4, 0.0]] * 3)
    assert np.allclose(box.project(inside), inside, atol=1e-15)


@pytest.mark.slow
def test_weights_that_stop_mattering_stay_on_the_simplex():
    # where p[0, 0] is 0 the rows of q have no slope at all: what is left is rounding, and must not be blown up
    domains = {"p": Domain(shape=(num(1), THREE), rows="simplex"), "q": Domain(shape=(num(2), THREE), rows="simplex")}
    run = make("evaluate", {"draw": ["p", "q"]}, domains=domains)
    found = measure(run, range(16), 0, "cpu")
    worst = ascend(run, found, up("-p[0, 0]*(1 + 1e-8*q[0, 1]) + p[0, 2]*1e-160*q[1, 0]", **domains), device="cpu")
    for name in ("p", "q"):
        values = worst.observables[name].values
        assert np.allclose(values.sum(axis=-1), 1, atol=1e-13)
        assert values.min() >= 0


@pytest.mark.slow
def test_of_many_symbols_a_fixed_choice_of_corners_is_tried():
    names = ["f1", "f2", "f3", "f4", "f5"]
    domains = {name: Domain(lo=-THREE.value, hi=THREE.value, shape=(THREE,)) for name in names}
    run = make("evaluate", {"draw": names}, domains=domains)
    worst = ascend(run, measure(run, range(8), 0, "cpu"), up(" + ".join(f"sum({n})" for n in names), **domains), device="cpu")
    assert quantity(" + ".join(f"sum({n})" for n in names), worst).values[0] == pytest.approx(45)
