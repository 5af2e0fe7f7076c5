"""First-order conditions at a declared point: each one that is broken is named."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from checker.expr.domain import POSITIVE, REAL, Domain
from checker.expr.namespace import Namespace
from checker.expr.node import Node, num
from checker.expr.parse import parse
from checker.prove.obligation import KKT, Obligation
from checker.prove.outcome import Outcome, Status
from checker.prove.registry import prove

DOMAINS: Mapping[str, Domain] = {
    "r1": REAL,
    "r2": REAL,
    "A": POSITIVE,
    "B": POSITIVE,
    "gamma": POSITIVE,
    "w": Domain(shape=(num(2),)),
}


def read(text: str) -> Node:
    return parse(text, Namespace(symbols=DOMAINS, definitions={}))


def kkt(
    minimise: str,
    constraints: tuple[str, ...],
    at: Mapping[str, str],
    multipliers: tuple[str, ...],
    given: tuple[str, ...] = (),
) -> Outcome:
    question = KKT(
        read(minimise),
        tuple(at),
        tuple(read(each) for each in constraints),
        {name: read(value) for name, value in at.items()},
        tuple(read(each) for each in multipliers),
    )
    return prove(Obligation(question, DOMAINS, tuple(read(each) for each in given)))


ENSEMBLE = ("r1**2 + r2**2", ("A*r1 + B*r2**2 == gamma",))
DEPTH_ONE = {"r1": "A/(2*B)", "r2": "sqrt((gamma - A**2/(2*B))/B)"}
GIVEN = ("gamma > A**2/(2*B)",)


def test_the_shallow_gain_of_an_ensemble_of_depths_one_and_two() -> None:
    """lexmaxmargin C3: min r1**2 + r2**2 with A*r1 + B*r2**2 = gamma has r1 = A/(2B), multiplier 1/B."""
    assert kkt(*ENSEMBLE, DEPTH_ONE, ("1/B",), GIVEN).status is Status.PROVED


def test_its_near_misses() -> None:
    wrong_multiplier = kkt(*ENSEMBLE, DEPTH_ONE, ("2/B",), GIVEN)
    assert wrong_multiplier.status is Status.REFUTED
    assert "stationarity in r1" in wrong_multiplier.reason
    wrong_point = kkt(*ENSEMBLE, {"r1": "A/B", "r2": "sqrt((gamma - A**2/B)/B)"}, ("1/B",), ("gamma > A**2/B",))
    assert wrong_point.status is Status.REFUTED
    infeasible = kkt(*ENSEMBLE, {"r1": "A/(2*B)", "r2": "sqrt(gamma/B)"}, ("1/B",), GIVEN)
    assert infeasible.status is Status.REFUTED
    assert "feasibility of constraint 1" in infeasible.reason


def test_without_its_hypothesis_the_point_may_not_exist() -> None:
    """For gamma < A**2/(2B) the square root has a negative argument."""
    assert kkt(*ENSEMBLE, DEPTH_ONE, ("1/B",)).status is not Status.PROVED


@pytest.mark.parametrize(
    ("constraint", "multiplier", "status", "name"),
    [
        ("r1 >= 1", "2", Status.PROVED, ""),
        ("-r1 <= -1", "2", Status.PROVED, ""),
        ("r1 >= 1", "-2", Status.REFUTED, "stationarity in r1"),
        ("r1 <= 1", "-2", Status.REFUTED, "sign of multiplier 1"),
        ("r1 >= 0", "2", Status.REFUTED, "complementarity of constraint 1"),
        ("r1 >= 2", "2", Status.REFUTED, "feasibility of constraint 1"),
        ("r1 > 1", "2", Status.UNSUPPORTED, ""),
    ],
)
def test_inequalities(constraint: str, multiplier: str, status: Status, name: str) -> None:
    """min r1**2 + r2**2 with one constraint, at (1, 0)."""
    outcome = kkt("r1**2 + r2**2", (constraint,), {"r1": "1", "r2": "0"}, (multiplier,))
    assert outcome.status is status
    assert name in outcome.reason


def test_a_vector_variable_is_taken_by_components() -> None:
    """The max-margin vector of the points (1, 0) and (0, 1) is (1, 1), with multipliers 2 and 2."""
    constraints = ("w[0] >= 1", "w[1] >= 1")
    assert kkt("norm(w)**2", constraints, {"w": "[1, 1]"}, ("2", "2")).status is Status.PROVED
    assert kkt("norm(w)**2", constraints, {"w": "[1, 2]"}, ("2", "4")).status is Status.REFUTED


def test_as_many_multipliers_as_constraints() -> None:
    assert kkt("r1**2", ("r1 >= 1",), {"r1": "1"}, ("2", "3")).status is Status.UNSUPPORTED
