"""Claims that uniform sampling never breaks are broken by the search, their true twins are not broken by rounding.

Three of the cases here; all of them by ``python -m tests.simulate.search_power``.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from checker.expr.domain import Domain
from checker.expr.errors import UnsupportedError
from checker.expr.node import num
from checker.simulate.evaluate import Box
from checker.simulate.exact_point import enclosed, points_near
from checker.simulate.search_shrink import shrunk
from checker.simulate.search_starts import start_shares
from checker.spec.claim import Claim
from checker.spec.load import load_paper
from checker.verdict import Verdict
from tests.simulate.runs import node
from tests.simulate.search_cases import CASES
from tests.simulate.search_power import judged

pytestmark = pytest.mark.slow  # compiled programs, each its own


@pytest.fixture(scope="module")
def claims(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Claim, ...]]:
    folder = tmp_path_factory.mktemp("cases")
    return {case.name: load_paper(case.write(folder), scale="smoke").claims for case in CASES}


def box(lo: float, hi: float, *shape: int, integer: bool = False, values=None, rows=None) -> Box:
    return Box(shape, np.asarray(lo), np.asarray(hi), integer, values, rows)


def test_every_case_loads(claims):
    assert len(claims) >= 15
    assert all(len(pair) == 2 for pair in claims.values())


def test_half_the_largest_eigenvalue_in_fifty_dimensions_is_broken_simply(claims):
    found = judged(claims["rayleigh_fixed"][0])
    assert found.verdict is Verdict.FAIL
    assert found.witness.given == {"x": "zero but for 1 at [0]"}
    assert (found.witness.measured, found.witness.predicted, found.witness.where["seed"]) == ("1", "0.5", "-1")
    assert "--instance -1" in found.witness.replay
    assert "stands in ball arithmetic" in found.reason


def test_the_largest_eigenvalue_is_attained_and_not_broken(claims):
    found = judged(claims["rayleigh_fixed"][1])
    assert found.verdict is Verdict.PASS
    assert "found by search" in found.reason


def test_rounding_does_not_break_a_bound(claims):
    """(1 - cos x)/x^2 comes out as 1.1 near 1e-8, in doubles; the ball is below 1/2."""
    found = judged(claims["cancellation"][1])
    assert found.verdict is not Verdict.FAIL
    assert found.verdict is not Verdict.ERROR


def test_a_singular_matrix_is_no_violation_and_no_error(claims):
    assert judged(claims["solved"][1]).verdict is Verdict.PASS


def test_enclosures_at_an_instance():
    domains = {"v": Domain(rows="unit"), "x": Domain()}

    def at(formula, values, **symbols):
        return enclosed(node(formula, **symbols), next(points_near(domains, values)))

    lo, hi = at("(1 - cos(x))/x**2", {"x": np.asarray(1e-8)}, x=Domain())
    assert lo <= 0.5 <= hi + 1e-16
    assert hi - lo < 1e-14
    assert at("1/x", {"x": np.asarray(0.0)}, x=Domain()) is None
    v = np.full((1, 3), 1 / np.sqrt(3))  # a row that doubles cannot put on the sphere
    lo, hi = at("norm(v)**2 - 1", {"v": v}, v=Domain(shape=(num(1), num(3))))
    assert -1e-30 < lo <= 0 <= hi < 1e-30
    with pytest.raises(UnsupportedError):
        at("sum(f)", {"f": np.zeros(1000)})
    with pytest.raises(UnsupportedError):
        at("x + s", {"x": np.asarray(1.0)}, x=Domain(), s=Domain())


def test_a_rational_point_of_a_sphere_is_next_to_the_row_and_equal_for_equal_rows():
    rows = np.array([[0.6, -0.8, 0.0], [0.6, -0.8, 0.0], [0.0, 0.0, -1.0], [1e-9, 1.0, 0.0]])
    (point, *_) = points_near({"w": Domain(rows="unit")}, {"w": rows})
    found = [[point["w"][i, j] for j in range(3)] for i in range(4)]
    assert all(sum(entry**2 for entry in row) == 1 for row in found)
    assert found[0] == found[1]
    assert found[2] == [0, 0, -1]
    assert np.allclose(np.asarray(found, dtype=float), rows, rtol=0, atol=1e-15)


def test_a_double_is_short_for_a_fraction_and_stays_in_its_domain():
    (point,) = points_near({"x": Domain(lo=Fraction(0), hi=Fraction(1, 10))}, {"x": np.asarray(0.1)})
    assert point["x"][()] == Fraction(1, 10)


def test_a_violation_is_made_simple():
    domain = {"x": box(-1, 1, 6), "k": box(-9, 9, integer=True), "s": box(-2, 2, 2, values=(-2.0, 1.0, 2.0))}
    found = {"x": np.array([0.91, -0.3, 0.2, 0.7, -0.8, 0.1]), "k": np.asarray(7.0), "s": np.array([2.0, -2.0])}

    def violation(points):
        x, k, s = (np.asarray(points[name]) for name in ("x", "k", "s"))
        return np.where(s[:, 0] > 1, x[:, 0] - 0.62 + 0.001 * k, -1.0)

    best = shrunk(violation, domain, found)
    assert np.array_equal(best["x"], [1, 0, 0, 0, 0, 0])
    assert best["k"] == 0
    assert np.array_equal(best["s"], [2.0, -2.0]) or np.array_equal(best["s"], [2.0, 1.0])


def test_a_simple_violation_stays_on_its_simplex():
    domain = {"p": box(0, 1, 1, 4, rows="simplex")}
    found = {"p": np.array([[0.83, 0.1, 0.04, 0.03]])}
    best = shrunk(lambda points: np.asarray(points["p"])[:, 0, 0] - 0.75, domain, found)
    assert np.array_equal(best["p"], [[1, 0, 0, 0]])


def test_starts_have_corners_edges_and_ties():
    shares = start_shares({"x": box(-1, 3, 12), "y": box(0, 1, 12)})
    x, y = shares["x"], shares["y"]
    assert x.min() >= 0
    assert x.max() <= 1
    assert any(np.all(row == 1) for row in x)
    assert any(np.sum(row == 1) == 1 and np.all((row == 0.25) | (row == 1)) for row in x)  # one entry beside zeros
    assert any(len(np.unique(row)) == 1 and 0 < row[0] < 1 for row in x)
    assert any(np.array_equal(a, b) and len(np.unique(a)) > 2 for a, b in zip(x, y, strict=True))
