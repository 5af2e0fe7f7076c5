import dataclasses

import jax
import numpy as np
import pytest

from checker.expr.domain import REAL, Domain
from checker.expr.node import Sym
from checker.simulate.catalogue_parts import SeparableData, TwoViewsData
from checker.simulate.data import certificate, draw
from checker.simulate.device import DeviceError, choose
from checker.simulate.measure import measure
from checker.simulate.resolve import SimulationError, leaf_of
from tests.simulate.runs import make, node

DESCENT = {
    "data": {"kind": "gaussian", "points": 4, "dimension": 3},
    "model": {"kind": "linear"},
    "loss": "log(1 + exp(-u))",
    "reduction": "mean",
    "dynamics": {"kind": "gradient_descent", "step": "s", "steps": 8, "checkpoints": 3},
}


@pytest.fixture(scope="module")
def descent():
    return make("train", DESCENT, {"s": (0.1, 0.2)})


def test_seeds_together_equal_seeds_one_by_one_to_the_last_bit(descent):
    together = measure(descent, [3, 4, 7], 11, "cpu")
    for index, seed in enumerate((3, 4, 7)):
        alone = measure(descent, [seed], 11, "cpu")
        for name, observable in together.observables.items():
            if "seed" in observable.axes:
                assert observable.values[index].tobytes() == alone.observables[name].values[0].tobytes(), name
    again = measure(descent, [3, 4, 7], 11, "cpu")
    assert again.observables["theta"].values.tobytes() == together.observables["theta"].values.tobytes()
    other = measure(descent, [3, 4, 7], 12, "cpu")
    assert not np.array_equal(other.observables["X"].values, together.observables["X"].values)


def test_axes_coordinates_and_sizes(descent):
    found = measure(descent, [0, 1], 0, "cpu")
    assert found.observables["X"].axes == ("seed",)
    assert found.observables["theta"].axes == ("seed", "s", "k")
    assert found.observables["theta"].values.shape == (2, 2, 3, 3)
    assert list(found.coords["s"]) == [0.1, 0.2]
    assert found.observables["N"].values == 4
    assert found.observables["d"].values == 3
    # the larger step has gone further from the same start on the same data
    first = found.observables["log_loss"].values[:, :, -1]
    assert np.all(first[:, 1] < first[:, 0])


def test_cases_are_one_axis():
    run = make("train", DESCENT, cases={"s": (0.1, 0.2, 0.3)})
    found = measure(run, [0], 0, "cpu")
    assert found.observables["theta"].axes == ("seed", "case", "k")
    assert found.observables["theta"].values.shape == (1, 3, 3, 3)
    # formulas may name what the cases name, though it is no axis of its own
    assert found.observables["s"].axes == ("case",)
    assert found.observables["s"].values.tolist() == [0.1, 0.2, 0.3]


def test_arms_share_seeds_and_data():
    one, two = ({**DESCENT, "dynamics": {**DESCENT["dynamics"], "step": step}} for step in (0.1, 0.2))
    run = make("train", one, arms={"double": two})
    found = measure(run, [0, 1], 0, "cpu")
    assert np.array_equal(found.observables["X"].values, found.observables["X.double"].values)
    assert not np.array_equal(found.observables["theta"].values, found.observables["theta.double"].values)
    longer = {**one, "dynamics": {**one["dynamics"], "steps": 9}}
    with pytest.raises(SimulationError, match="other values of 'k'"):
        measure(make("train", one, arms={"longer": longer}), [0], 0, "cpu")


def test_a_missed_requirement_fails_the_seeds_that_miss_it(descent):
    run = dataclasses.replace(descent, require=(("log_loss <= -100", node("log_loss <= -100", log_loss=REAL)),))
    assert set(measure(run, [0, 1], 0, "cpu").failures) == {0, 1}
    run = dataclasses.replace(descent, require=(("log_loss <= 100", node("log_loss <= 100", log_loss=REAL)),))
    assert measure(run, [0, 1], 0, "cpu").failures == {}
    unseen = Domain(shape=(Sym("N"),))
    waits = dataclasses.replace(descent, require=(("svm", node("max(svm.alpha) <= 0", **{"svm.alpha": unseen})),))
    assert measure(waits, [0], 0, "cpu").failures == {}


def test_separable_data_carry_their_certificate_and_break_it_visibly():
    choose("cpu")
    params = SeparableData(kind="separable", points=40, dimension=5, shift=0.1)
    arrays = {name: np.asarray(value) for name, value in draw(params, leaf_of({}), jax.random.key(3)).items()}
    margins = arrays["y"] * (arrays["X"] @ arrays["direction"])
    assert margins.min() > 0
    assert set(np.unique(arrays["y"])) == {-1.0, 1.0}
    assert certificate(params, arrays) is None
    broken = {**arrays, "y": -arrays["y"]}
    assert "not separated" in certificate(params, broken)
    flipped = SeparableData(kind="separable", points=40, dimension=5, shift=0.1, flip=2)
    turned = {name: np.asarray(value) for name, value in draw(flipped, leaf_of({}), jax.random.key(3)).items()}
    assert np.sum(turned["y"] * (turned["X"] @ turned["direction"]) < 0) == 2


def test_blind_points_have_no_second_view():
    choose("cpu")
    params = TwoViewsData(kind="two_views", points=6, dimensions=(4, 5), blind=3)
    arrays = draw(params, leaf_of({}), jax.random.key(0))
    assert np.all(np.asarray(arrays["X2"])[:3] == 0)
    assert np.all(np.asarray(arrays["X2"])[3:] != 0)
    assert np.array_equal(np.hstack([arrays["X1"], arrays["X2"]]), arrays["X"])


def test_a_device_that_is_not_there_is_one_clear_error():
    with pytest.raises(DeviceError, match="expected auto, cpu or gpu"):
        choose("abacus")
    if jax.default_backend() == "gpu":
        assert choose("gpu").platform == "gpu"
    else:
        with pytest.raises(DeviceError, match="gpu was asked for"):
            choose("gpu")


def test_what_cannot_be_measured_says_what_is_missing():
    with pytest.raises(SimulationError, match="unbounded"):
        measure(make("evaluate", {"draw": ["z"]}, domains={"z": REAL}), [0], 0, "cpu")
    with pytest.raises(SimulationError, match="size of f is not known"):
        measure(make("evaluate", {"draw": ["f"]}), [0], 0, "cpu")
    half = {"data": {"kind": "gaussian", "points": "s", "dimension": 2}}
    with pytest.raises(SimulationError, match="whole number"):
        measure(make("evaluate", half, {"s": (2.5,)}), [0], 0, "cpu")
    with pytest.raises(SimulationError, match="no seeds"):
        measure(make("evaluate", {"draw": ["f"], "sizes": {"N": 2}}), [], 0, "cpu")


def test_swept_sizes_get_a_program_each_and_observables_of_one_shape_are_joined():
    run = make("evaluate", {"draw": ["f"], "sizes": {"N": "m"}}, {"m": (2.0, 3.0)})
    found = measure(run, [0], 0, "cpu")
    assert "f" not in found.observables
    swept = make("evaluate", {"draw": ["f"], "sizes": {"N": 2}, "ranges": {"f": ["s", "2*s"]}}, {"s": (1.0, 10.0)})
    values = measure(swept, range(20), 0, "cpu").observables["f"]
    assert values.axes == ("seed", "s")
    assert np.all((values.values[:, 1] >= 10) & (values.values[:, 1] <= 20))
