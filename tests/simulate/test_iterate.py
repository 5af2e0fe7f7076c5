"""Maps and flows against closed forms; what amplifies rounding says so; stops; limits."""

import dataclasses

import numpy as np
import pytest
from pydantic import ValidationError

from checker.expr.domain import REAL, Domain
from checker.expr.errors import UnsupportedError
from checker.expr.node import Sym, num
from checker.simulate.catalogue_iterate import IterateParams
from checker.simulate.measure import measure
from checker.simulate.resolve import SimulationError
from checker.spec.laws import read_law
from tests.simulate.runs import make

XV = {"x": REAL, "v": REAL}


def path(params, sweep=None, seeds=(0,), domains=XV, laws=None, may_diverge=False):
    run = make("iterate", params, sweep, domains={**domains, "z": REAL})
    laws = {name: read_law(text, name, {})[0] for name, text in (laws or {}).items()}
    return measure(dataclasses.replace(run, laws=laws, may_diverge=may_diverge), seeds, 0, "cpu")


def error(found, name):
    item = found.observables[name]
    return np.abs(item.values - item.twin)


def test_a_linear_map_is_a_power():
    found = path({"map": {"x": "x*(1 - eta)", "v": "v + k"}, "start": {"x": 1, "v": 0}, "steps": 300}, {"eta": (0.1, 0.5)})
    k = found.coords["k"]
    assert (k[0], k[-1]) == (1, 300)
    exact = (1 - np.array([[0.1], [0.5]])) ** k
    assert np.all(np.abs(found.observables["x"].values[0] - exact) <= error(found, "x")[0])
    assert not np.allclose(found.observables["x"].values[0], exact**1.01, rtol=1e-6)
    assert np.array_equal(found.observables["v"].values[0, 0], k * (k - 1) / 2)  # k counts from 0
    assert found.observables["x"].axes == ("seed", "eta", "k")


def test_all_symbols_move_at_once():
    found = path({"map": {"x": "v", "v": "x + v"}, "start": {"x": 0, "v": 1}, "steps": 10, "checkpoints": 100})
    assert found.observables["x"].values[0].tolist() == [1, 1, 2, 3, 5, 8, 13, 21, 34, 55]


def test_a_chaotic_map_knows_that_its_digits_are_lost():
    params = {"map": {"x": "4*x*(1 - x)", "v": "v/2 + 1"}, "start": {"x": "1/3", "v": 1}, "steps": 200}
    found = path(params)
    assert error(found, "x")[0, 0] < 1e-14
    assert error(found, "x")[0, -3:].max() > 1e-3
    assert error(found, "v").max() < 1e-14


def test_a_stop_lets_the_state_rest():
    params = {"map": {"x": "x/2", "v": "v"}, "start": {"x": 1, "v": 7}, "steps": 64, "checkpoints": 64, "stop": "x < 1/100"}
    found = path(params)
    assert found.observables["stopped"].values[0] == 7
    assert found.observables["x"].values[0, -1] == 2.0**-7
    never = path({**params, "stop": "x < 0"})
    assert np.isposinf(never.observables["stopped"].values[0])
    assert never.observables["x"].values[0, -1] == 2.0**-64
    assert path({**params, "stop": "x < 2"}).observables["stopped"].values[0] == 0


def test_noise_is_new_at_every_step_and_the_same_along_the_sweep():
    # x(k+1) = a x(k) + z: stationary variance 1/(1 - a^2)
    params = {"map": {"x": "eta*x + z", "v": "z"}, "start": {"x": 0, "v": 0}, "noise": ["z"], "steps": 4000,
              "checkpoints": 4000}  # fmt: skip
    found = path(params, {"eta": (0.5, 0.8)}, seeds=(0, 1), laws={"z": "normal(0, 1)"})
    x, z = found.observables["x"].values[:, :, 100:], found.observables["v"].values
    assert np.array_equal(z[:, 0], z[:, 1])
    assert len(np.unique(z[0, 0])) == z.shape[-1]
    variance = x.var(axis=-1).mean(axis=0)
    # 8000 records with correlation time (1 + a^2)/(1 - a^2): five standard errors are 10 % and 17 %
    assert np.allclose(variance, [4 / 3, 1 / 0.36], rtol=0.17)
    assert not np.allclose(variance, [2, 5], rtol=0.17)


def test_a_flow_is_its_closed_form_within_its_error():
    params = {"flow": {"x": "v", "v": "-omega**2*x"}, "start": {"x": 1, "v": 0}, "until": 20, "checkpoints": 9}
    found = path(params, {"omega": (1.0, 2.0)})
    t = found.coords["t"]
    exact = np.cos(np.array([[1.0], [2.0]]) * t)
    wrong = np.cos(np.array([[1.0], [2.0]]) * t * 1.0001)
    gap = np.abs(found.observables["x"].values[0] - exact)
    assert np.all(gap <= error(found, "x")[0] + 1e-12)
    assert error(found, "x").max() < 1e-5
    assert np.abs(found.observables["x"].values[0] - wrong).max() > 1e-4


def test_a_flow_may_depend_on_time_and_is_recorded_in_decades():
    params = {"flow": {"x": "-x/t", "v": "1"}, "start": {"x": 1, "v": 0}, "until": 100, "first": 0.1, "checkpoints": 4}
    params["flow"]["x"] = "-x/(1 + t)"
    found = path(params)
    assert np.allclose(found.coords["t"], [0.1, 1, 10, 100])
    assert np.allclose(found.observables["x"].values[0], 1 / (1 + found.coords["t"]), rtol=1e-7)
    assert not np.allclose(found.observables["x"].values[0], np.exp(-found.coords["t"]), rtol=1e-2)


@pytest.mark.slow
def test_a_flow_stops_where_its_state_crosses():
    params = {"flow": {"x": "v", "v": "-x"}, "start": {"x": 1, "v": 0}, "until": 7, "checkpoints": 10, "stop": "x <= 0"}
    found = path(params)
    stopped = found.observables["stopped"]
    assert abs(stopped.values[0] - np.pi / 2) <= abs(stopped.twin[0] - stopped.values[0]) + 1e-10
    assert abs(stopped.twin[0] - stopped.values[0]) < 1e-6
    assert abs(found.observables["v"].values[0, -1] + 1) < 1e-6
    never = path({**params, "stop": "x >= 2"})
    assert np.isposinf(never.observables["stopped"].values[0])
    with pytest.raises(SimulationError, match="one inequality"):
        path({**params, "stop": "x <= 0 or v >= 2"})


@pytest.mark.slow
def test_a_stiff_flow_needs_the_implicit_solver():
    params = {"flow": {"x": "-100000*(x - cos(t))", "v": "0"}, "start": {"x": 0, "v": 0}, "until": 10, "checkpoints": 4,
              "tolerance": 1e-7, "max_steps": 2000}  # fmt: skip
    found = path({**params, "stiff": True})
    assert np.allclose(found.observables["x"].values[0], np.cos(found.coords["t"]), atol=1e-4)
    assert "gave up" in path(params).failures[0]


@pytest.mark.slow
def test_a_stop_where_the_condition_is_nearly_flat_and_the_state_is_a_matrix():
    # W' = -(W - T): the distance from T falls from 1 to 1e-9 at t = 9 log 10, far below the size of a step
    two = num(2)
    domains = {"W": Domain(shape=(two, two)), "v": REAL}
    params = {"flow": {"W": "-(W - [[1, 0], [0, 2]])", "v": "1"}, "start": {"W": "[[1, 1], [0, 2]]", "v": 0},
              "until": 1e6, "checkpoints": 2, "stop": "norm(W - [[1, 0], [0, 2]]) <= 1/10**9", "tolerance": 1e-12}  # fmt: skip
    for stiff in (False, True):
        found = path({**params, "stiff": stiff}, domains=domains)
        assert found.failures == {}
        W, stopped = found.observables["W"].values[0, -1], found.observables["stopped"].values[0]
        assert np.abs(W - [[1, 0], [0, 2]]).max() == pytest.approx(1e-9, rel=1e-3)
        assert found.observables["v"].values[0, -1] == pytest.approx(stopped, rel=1e-9)
        assert stopped == pytest.approx(9 * np.log(10), rel=1e-2)  # the solver sees 1e-9 to its tolerance of 1e-12


def test_vectors_and_draws():
    domains = {"x": Domain(shape=(Sym("N"),)), "v": REAL}
    params = {"map": {"x": "x/2 + f", "v": "norm(x)"}, "start": {"x": 0, "v": 0}, "draw": ["f"], "sizes": {"N": 3},
              "steps": 100}  # fmt: skip
    found = path(params, seeds=(0, 1), domains=domains)
    limit = 2 * found.observables["f"].values
    assert np.allclose(found.observables["x"].values[:, -1], limit, rtol=1e-12)
    assert np.allclose(found.observables["v"].values[:, -1], np.linalg.norm(limit, axis=1), rtol=1e-12)
    with pytest.raises(SimulationError, match="declared with the shape"):
        path({**params, "map": {"x": "x/2", "v": "x"}}, domains=domains)


def test_overflow_is_no_evidence_unless_it_is_the_answer():
    params = {"map": {"x": "x**2", "v": "v"}, "start": {"x": 2, "v": 0}, "steps": 20}
    assert "x is not finite" in path(params).failures[0]
    assert path(params, may_diverge=True).failures == {}


def test_a_sum_of_a_swept_length_and_one_of_a_drawn_length():
    params = {"map": {"x": "x + Sum(1/j, (j, 1, n))", "v": "v"}, "start": {"x": 0, "v": 0}, "steps": 3}
    found = path(params, {"n": (1.0, 4.0)})
    assert np.allclose(found.observables["x"].values[0, :, -1], [3, 3 * 25 / 12], rtol=1e-14)
    with pytest.raises(UnsupportedError, match="changes from draw to draw"):
        path({**params, "map": {"x": "Sum(1/j, (j, 1, v))", "v": "v"}})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"steps": None}, "needs steps"),
        ({"steps": 10**16}, "count from 0"),
        ({"flow": {"x": "x"}}, "either map or flow"),
        ({"start": {"v": 1}}, "a value for each"),
        ({"until": 3}, "belong to a flow"),
        ({"checkpoints": 1}, "2 to"),
        ({"noise": ["x"]}, "one name, one meaning"),
        ({"map": {}, "flow": {"x": "x"}, "until": 3}, "belong to a map"),
    ],
)
def test_what_is_refused(change, said):
    params = {"map": {"x": "x/2"}, "start": {"x": 1}, "steps": 10}
    IterateParams.model_validate(params)
    with pytest.raises(ValidationError, match=said):
        IterateParams.model_validate({key: value for key, value in {**params, **change}.items() if value is not None})


def delayed(by, sweep, start=1, steps=40, **more):
    params = {"map": {"x": "x - eta*v"}, "start": {"x": start}, "delays": {"v": {"of": "x", "by": by}}, "steps": steps}
    return path({**params, "checkpoints": 100, **more}, sweep)


def test_a_delay_reads_the_state_of_so_many_steps_ago_and_the_start_before():
    found = delayed("tau", {"eta": (0.1, 0.3), "tau": (0.0, 1.0, 3.0)})
    for i, eta in enumerate((0.1, 0.3)):
        for j, tau in enumerate((0, 1, 3)):
            w = [1.0] * (tau + 1)
            for _ in range(40):
                w.append(w[-1] - eta * w[-1 - tau])
            k = found.coords["k"].astype(int)
            assert np.allclose(found.observables["x"].values[0, i, j], np.array(w)[tau + k], rtol=1e-12, atol=1e-15)
            wrong = (1 - eta) ** k  # no delay at all
            assert np.allclose(found.observables["x"].values[0, i, j], wrong, rtol=1e-3) == (tau == 0)


def test_a_delay_is_a_whole_number_that_the_sweep_knows():
    assert delayed("tau/2", {"eta": (0.1,), "tau": (3.0,)}).failures
    assert not delayed("tau/2", {"eta": (0.1,), "tau": (4.0,)}).failures
    assert delayed(2, {"eta": (0.1,)}).observables["x"].values[0, 0, 2] == pytest.approx(0.7)
    with pytest.raises(SimulationError, match="goes 20000 steps back"):
        delayed("tau", {"eta": (0.1,), "tau": (1.0, 20_000.0)})
    with pytest.raises(SimulationError, match="to remember"):
        path({"map": {"x": "x - v/2"}, "start": {"x": "0"}, "delays": {"v": {"of": "x", "by": 5000}}, "steps": 4,
              "sizes": {"N": 400}}, domains={"x": Domain(shape=(Sym("N"),)), "v": Domain(shape=(Sym("N"),))})  # fmt: skip
    with pytest.raises(SimulationError, match="delayed symbol has no value there"):
        delayed(2, {"eta": (0.1,)}, stop="v < 1/2")
    rest = {"start": {"x": "1"}}
    with pytest.raises(ValidationError, match="no symbol of the state"):
        IterateParams.model_validate({**rest, "map": {"x": "x"}, "steps": 4, "delays": {"v": {"of": "u", "by": 1}}})
    with pytest.raises(ValidationError, match="belong to a map"):
        IterateParams.model_validate({**rest, "flow": {"x": "x"}, "until": 4, "delays": {"v": {"of": "x", "by": 1}}})
