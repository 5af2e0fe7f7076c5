import numpy as np
import pytest
from pydantic import ValidationError

from checker.expr.domain import Domain
from checker.expr.node import Sym, num
from checker.simulate.catalogue_line import LineData
from checker.simulate.measure import measure
from checker.simulate.references import with_references
from checker.spec.claim import Reference
from tests.simulate.runs import make, node, quantity

SEVEN = {"kind": "line", "points": 7, "first": -3, "last": 3, "jitter": 0.4, "between": 3}
HINGES = {"right": Domain(shape=(num(7), num(25))), "left": Domain(shape=(num(7), num(25)))}
WEIGHTS = {"p": Domain(shape=(num(25),)), "q": Domain(shape=(num(25),)), "c": Domain()}
VALUES = {"y": Domain(shape=(num(7),))}


def least_cost(*constraints: str) -> Reference:
    known = {**HINGES, **WEIGHTS, **VALUES}
    objective = node("norm(p, 1) + norm(q, 1)", **known)
    subject_to = tuple(node(text, **known) for text in ("right @ p + left @ q + c == y", *constraints))
    return Reference("net", objective, {"p": (num(25),), "q": (num(25),), "c": ()}, subject_to, (), 1e-8)


def test_points_ascend_and_hinges_are_what_they_say():
    found = measure(make("evaluate", {"data": SEVEN}), range(20), 0, "cpu").observables
    x, knots = found["X"].values[:, :, 0], found["knots"].values
    assert x.shape == (20, 7)
    assert np.all(np.diff(x) > 0)
    assert np.all(np.abs(x - np.linspace(-3, 3, 7)) <= 0.4)
    assert not np.allclose(x[0], x[1])
    assert knots.shape == (20, 25)
    assert np.allclose(knots[:, ::4], x)
    assert np.all(np.diff(knots) > 0)
    apart = x[:, :, None] - knots[:, None, :]
    assert np.array_equal(found["right"].values, np.where(apart > 0, apart, 0))
    assert np.allclose(found["right"].values - found["left"].values, apart)
    slopes = np.einsum("sgn,sn->sg", found["chords"].values, found["y"].values)
    assert np.allclose(slopes, np.diff(found["y"].values) / np.diff(x))


def test_without_jitter_the_points_are_even():
    even = {"kind": "line", "points": 5, "first": 0, "last": 2}
    found = measure(make("evaluate", {"data": even}), range(2), 0, "cpu").observables
    assert np.allclose(found["X"].values[:, :, 0], [0, 0.5, 1, 1.5, 2])
    assert np.array_equal(found["knots"].values, found["X"].values[:, :, 0])


def test_least_cost_through_points_is_the_closed_form():
    run = make("evaluate", {"data": SEVEN}, references=(least_cost(),), domains=WEIGHTS)
    found = with_references(run, measure(run, range(6), 0, "cpu"), ["net"])
    assert not found.failures
    slopes = np.einsum("sgn,sn->sg", found.observables["chords"].values, found.observables["y"].values)
    variation = np.abs(np.diff(slopes, axis=1)).sum(axis=1)
    ends = np.abs(slopes[:, 0] + slopes[:, -1])
    cost = quantity("net.value", found).values
    assert np.allclose(cost, np.maximum(variation, (variation + ends) / 2), atol=1e-8)
    assert np.all(cost < variation + ends - 1e-3)  # the sum, a false variant, is told apart


def test_prescribed_ends_cost_their_sum_where_it_exceeds_the_variation():
    ends = ("sum(p) == 50", "-sum(q) == 40")
    run = make("evaluate", {"data": SEVEN}, references=(least_cost(*ends),), domains=WEIGHTS)
    found = with_references(run, measure(run, range(3), 0, "cpu"), ["net"])
    slopes = np.einsum("sgn,sn->sg", found.observables["chords"].values, found.observables["y"].values)
    variation = np.abs(np.diff(slopes, axis=1)).sum(axis=1) + np.abs(slopes[:, 0] - 40) + np.abs(50 - slopes[:, -1])
    assert np.all(variation < 90 + 40)
    assert np.allclose(quantity("net.value", found).values, np.maximum(variation, 90), atol=1e-7)


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"points": 1}, "at least 2"),
        ({"first": 3}, "first < last"),
        ({"jitter": 0.5}, "less than"),
        ({"between": -1}, "0 to 1000"),
        ({"points": 3000}, "limit"),
    ],
)
def test_sizes_are_limited_before_allocation(changed, complaint):
    with pytest.raises(ValidationError, match=complaint):
        LineData.model_validate({**SEVEN, **changed})


def test_a_size_may_follow_the_sweep():
    run = make("evaluate", {"data": {**SEVEN, "points": Sym("n")}}, {"n": (4.0, 6.0)})
    found = measure(run, range(2), 0, "cpu")
    assert "X" not in found.observables  # one name, several shapes
