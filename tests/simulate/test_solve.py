"""Roots and optima against closed forms and SciPy; an interval with none or several is no evidence."""

import jax.numpy as jnp
import numpy as np
import pytest
from pydantic import ValidationError
from scipy import optimize, special

from checker.expr.domain import REAL
from checker.simulate.catalogue_iterate import SolveParams
from checker.simulate.device import choose
from checker.simulate.measure import measure
from checker.simulate.solve import find_root
from tests.simulate.runs import make

UNKNOWN = dict.fromkeys(("w", "a", "p", "g"), REAL)
BITS = (2.0, 3.0, 4.0, 8.0)


def solve(find, sweep=None, seeds=(0,), **more):
    return measure(make("solve", {"find": find, **more}, sweep, domains=UNKNOWN), seeds, 0, "cpu")


@pytest.fixture(scope="module")
def found():
    return solve(
        {
            "w": {"root": "w*exp(w) - 3*4**M", "in": [0, 40]},
            "a": {"minimise": "2*exp(-a) + a**2/(3*4**M)", "in": [0, 20]},
            "p": {"maximise": "p*exp(-p*M)", "in": [0, 5]},
            "g": {"fixed_point": "cos(g)*w/w", "in": [0, 1]},
        },
        {"M": BITS},
    )


def test_roots_and_optima_are_the_closed_forms(found):
    exact = special.lambertw(3 * 4 ** np.array(BITS)).real
    assert np.allclose(found.observables["w"].values[0], exact, rtol=1e-14)
    assert np.allclose(found.observables["a"].values[0], exact, rtol=1e-13)
    assert not np.allclose(found.observables["a"].values[0], special.lambertw(4 ** np.array(BITS)).real, rtol=0.01)
    assert np.allclose(found.observables["p"].values[0], 1 / np.array(BITS), rtol=1e-13)
    assert np.allclose(found.observables["p.value"].values[0], np.exp(-1) / np.array(BITS), rtol=1e-13)
    assert np.allclose(found.observables["g"].values[0], optimize.brentq(lambda g: np.cos(g) - g, 0, 1), rtol=1e-12)
    assert np.max(np.abs(found.observables["w.residual"].values[0] / (3 * 4 ** np.array(BITS)))) < 1e-14
    assert found.failures == {}


def test_errors_cover_the_rounding_of_the_formula(found):
    for name in ("w", "a", "p", "g"):
        item = found.observables[name]
        assert np.all(np.abs(item.twin - item.values) < 1e-9)
        assert np.all(item.twin != item.values)
    # (u - 1)^3 written out: the sign near 1 is noise for about eps^(1/3) on either side
    flat = solve({"w": {"root": "w**3 - 3*w**2 + 3*w - 1", "in": [0, 3]}})
    error = abs(flat.observables["w"].twin[0] - flat.observables["w"].values[0])
    assert error > 1e-7
    assert abs(flat.observables["w"].values[0] - 1) <= error


def test_an_uncertain_number_makes_what_follows_uncertain():
    find = {"w": {"root": "w**3 - 3*w**2 + 3*w - 1", "in": [0, 3]}, "a": {"root": "a - 2*w", "in": [0, 9]}}
    both = solve(find)
    error = abs(both.observables["a"].twin[0] - both.observables["a"].values[0])
    assert error > 1e-7
    assert abs(both.observables["a"].values[0] - 2) <= error


@pytest.mark.parametrize(
    ("unknown", "said"),
    [
        ({"root": "w**2 + 1", "in": [-1, 1]}, "does not change sign"),
        ({"root": "sin(w)", "in": [1, 10]}, "contains 3"),
        ({"minimise": "cos(w)", "in": [0, 12]}, "contains 2"),
        ({"minimise": "w**3 - 3*w", "in": [-3, 3]}, "contains 2"),
        ({"root": "log(w) + 1", "in": [-2, -1]}, "does not change sign"),
    ],
)
def test_an_interval_without_one_number_is_no_evidence(unknown, said):
    assert said in solve({"w": unknown}).failures[0]


def test_an_optimum_may_lie_at_an_end():
    find = {"w": {"minimise": "exp(w)", "in": [1, 2]}, "a": {"maximise": "exp(a)", "in": [1, 2]}}
    found = solve(find)
    assert found.observables["w"].values[0] == 1
    assert found.observables["a"].values[0] == 2
    assert found.failures == {}


def test_a_kink_and_a_root_on_the_grid():
    found = solve({"w": {"minimise": "abs(w - 1/3)", "in": [-1, 1]}, "a": {"root": "a", "in": [-1, 1]}})
    assert abs(found.observables["w"].values[0] - 1 / 3) < 1e-15
    assert found.observables["a"].values[0] == 0


@pytest.mark.slow
def test_bisection_ends_at_neighbours_for_any_function():
    choose("cpu")
    rng = np.random.default_rng(3)
    for power, shift in zip(rng.uniform(0.5, 5, 5), rng.uniform(0.1, 3, 5), strict=True):
        def function(u, power=power, shift=shift):
            return jnp.sign(u - shift) * jnp.abs(u - shift) ** power

        root = find_root(function, jnp.asarray(0.0), jnp.asarray(4.0))
        assert abs(float(root.at) - shift) <= float(root.error)
        assert float(root.error) < 1e-14
        assert int(root.changes) == 1


def test_draws_are_parameters_of_the_equation():
    found = measure(
        make("solve", {"draw": ["f"], "sizes": {"N": 2}, "find": {"w": {"root": "w - f[0] - f[1]", "in": [-30, 30]}}},
             domains=UNKNOWN), range(4), 0, "cpu")  # fmt: skip
    assert np.allclose(found.observables["w"].values, found.observables["f"].values.sum(axis=1), atol=1e-13)


@pytest.mark.parametrize(
    ("unknown", "said"),
    [
        ({"root": "w", "minimise": "w", "in": [0, 1]}, "root and minimise"),
        ({"in": [0, 1]}, "found none"),
        ({"root": "w", "in": [1, 0]}, "lo < hi"),
    ],
)
def test_what_is_refused(unknown, said):
    with pytest.raises(ValidationError, match=said):
        SolveParams.model_validate({"find": {"w": unknown}})
