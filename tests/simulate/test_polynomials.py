"""Roots of polynomials against closed forms; degrees that are swept; what is no polynomial is refused."""

import math

import numpy as np
import pytest

from checker.expr.domain import REAL
from checker.simulate.measure import measure
from checker.simulate.polynomials import largest_modulus
from checker.simulate.resolve import SimulationError
from tests.simulate.runs import make


def radius(polynomial, sweep, **more):
    run = make("spectrum", {"polynomials": {"p": polynomial}, **more}, sweep, domains={"z": REAL, "w": REAL})
    found = measure(run, (0,), 0, "cpu")
    item = found.observables["p.radius"] if not found.failures else None
    return found, item


def test_the_largest_root_of_a_quadratic():
    found, item = radius("z**2 - 3*z + c", {"c": (1.0, 2.0, 2.2, 5.0)})
    c = np.array([1.0, 2.0, 2.2, 5.0])
    exact = np.abs((3 + np.sqrt(9 - 4 * c + 0j)) / 2)
    assert item.axes == ("seed", "c")
    assert np.all(np.abs(item.values[0] - exact) <= np.abs(item.twin - item.values)[0])
    assert np.abs(item.twin - item.values).max() < 1e-13
    assert found.coords.keys() == {"seed", "c"}


def test_products_and_powers_are_multiplied_out():
    _, item = radius("(z - 1)**2*(z + 3) - a*z*(2 - z)", {"a": (0.0, 1.5)})
    for value, a in zip(item.values[0], (0.0, 1.5), strict=True):
        exact = np.max(np.abs(np.roots([1, 1 + a, -5 - 2 * a, 3])))
        assert np.isclose(value, exact, rtol=1e-9)
        assert not np.isclose(value, np.max(np.abs(np.roots([1, 1 - a, -5 + 2 * a, 3]))), rtol=1e-3) or a == 0


def test_the_degree_is_swept_and_the_threshold_of_a_delay_is_found():
    # z**(tau + 1) - z**tau + a has all roots inside the unit disc iff 0 < a < 2 sin(pi/(2(2 tau + 1))) (Levin, May 1976)
    delays = (0.0, 1.0, 5.0, 60.0)
    edge = {tau: 2 * math.sin(math.pi / (2 * (2 * tau + 1))) for tau in delays}
    for factor, stable in ((0.999, True), (1.001, False)):
        _, item = radius(f"z**(tau + 1) - z**tau + {factor}*2*sin(pi/(2*(2*tau + 1)))", {"tau": delays})
        error = np.abs(item.twin - item.values)
        assert np.all((item.values < 1 - error) == stable)
        assert np.all((item.values > 1 + error) != stable)
    assert edge[0.0] == 2
    _, item = radius("z**(tau + 1) - z**tau + 2/(tau + 1)", {"tau": delays})
    assert (item.values[0] > 1 + 1e-9).tolist() == [False, False, True, True]  # another law fails from tau = 2 on


def test_a_multiple_root_says_how_uncertain_it_is():
    value, error = largest_modulus(np.array([-1.0, 3.0, -3.0, 1.0]))  # (z - 1)**3
    assert abs(value - 1) < 1e-4
    assert error > abs(value - 1)
    value, error = largest_modulus(np.array([0.0, 0.0, -0.5, 1.0, 0.0]))  # roots at 0 are exact, leading zeros harmless
    assert value == 0.5
    assert error < 1e-14
    assert all(math.isnan(each) for each in largest_modulus(np.array([2.0, 0.0])))


def test_what_is_no_polynomial_is_refused_or_no_evidence():
    with pytest.raises(SimulationError, match="expected a polynomial in z"):
        radius("sin(z) - c", {"c": (1.0,)})
    with pytest.raises(SimulationError, match="degree 0"):
        radius("1/z - c", {"c": (1.0,)})
    with pytest.raises(SimulationError, match="degree 1000"):
        radius("z**n - 1/2", {"n": (3.0, 1000.0)})
    found, _ = radius("z**(n - 1) + z**3 - 1/2", {"n": (0.0, 2.0)})
    assert "no whole number" in found.failures[0]
    found, _ = radius("z**n - 1/2", {"n": (2.5, 3.0)})
    assert found.failures
    with pytest.raises(SimulationError, match="terms"):
        radius("(z - c)**4*(z + c)**4*(z - 2)**4*(z - 3)**4", {"c": (1.0,)})
