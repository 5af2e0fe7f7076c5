import subprocess
import sys

import pytest
from pydantic import ValidationError

from checker.simulate.catalogue import (
    EXPERIMENTS,
    UNSUPPORTED,
    EvaluateParams,
    OptimizeParams,
    TrainParams,
    UnsupportedExperiment,
    experiment,
)
from checker.simulate.leaves import Formula, map_leaves

LINEAR = {
    "data": {"kind": "separable", "points": "12", "dimension": 6, "shift": "5/2"},
    "model": {"kind": "linear"},
    "loss": "exp(-u)",
    "radius": "rho",
}


def test_linting_needs_neither_numpy_nor_jax():
    code = (
        "import sys, checker.simulate.catalogue as c; c.OptimizeParams.model_json_schema();"
        "print(sorted({'numpy', 'jax', 'scipy', 'cvxpy'} & set(sys.modules)))"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


def test_numbers_keep_their_two_lives():
    params = OptimizeParams.model_validate(LINEAR)
    assert params.data.points == 12
    assert params.data.shift == Formula("5/2")
    parsed = map_leaves(params, lambda path, text, names: 2.5 if path == ("data", "shift") else 7)
    assert parsed.data.shift == 2.5
    assert parsed.radius == 7.0


def test_local_names_of_a_leaf_reach_the_parser():
    seen = {}
    model = {"kind": "formula", "dimension": 2, "margins": ["norm(theta)"]}
    params = OptimizeParams.model_validate({"model": model, "loss": "exp(-u)", "radius": 1})

    def parse(path, text, names):
        seen[path] = dict(names)
        return 1.0

    map_leaves(params, parse)
    assert seen[("loss",)] == {"u": ()}
    assert seen[("model", "margins", 0)] == {"theta": (2,)}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"unknown": 1}, "Extra inputs"),
        ({"radius": True}, "truth value"),
        ({"radius": float("inf")}, "finite"),
        ({"data": {"kind": "separable", "points": 10_000_000, "dimension": 1000}}, "MiB"),
        ({"data": {"kind": "separable", "points": 0, "dimension": 3}}, "at least one"),
        ({"data": {"kind": "separable", "points": 3, "dimension": 5000}}, "Hessian"),
        ({"data": {"kind": "given", "X": [[1, 2], [3]], "y": [1, 1]}}, "differ in length"),
        ({"data": {"kind": "given", "X": [[1, 2]], "y": [1, 1]}}, "2 entries for 1 rows"),
        ({"data": None}, "needs data"),
        ({"model": {"kind": "diagonal", "depth": 1000}}, "1 to 64"),
        ({"model": {"kind": "sum", "parts": [{"model": {"kind": "linear"}, "inputs": [2, 9]}]}}, "exceeds the 6"),
        ({"restarts": 0}, "1 to 1024"),
        ({"radius": "x" * 5000}, "the limit is"),
    ],
)
def test_what_is_refused(change, said):
    OptimizeParams.model_validate(LINEAR)
    with pytest.raises(ValidationError, match=said):
        OptimizeParams.model_validate({**LINEAR, **change})


def test_reduction_is_compulsory_in_training():
    dynamics = {"kind": "gradient_descent", "step": 1, "steps": 10}
    params = {**{k: v for k, v in LINEAR.items() if k != "radius"}, "dynamics": dynamics}
    TrainParams.model_validate({**params, "reduction": "mean"})
    with pytest.raises(ValidationError, match="reduction"):
        TrainParams.model_validate(params)


def test_ranges_name_drawn_symbols():
    EvaluateParams.model_validate({"draw": ["f"], "ranges": {"f": [0, 1]}})
    with pytest.raises(ValidationError, match="not drawn"):
        EvaluateParams.model_validate({"draw": ["f"], "ranges": {"g": [0, 1]}})


def test_what_is_published_follows_from_the_parameters():
    observables = EXPERIMENTS["optimize"].observables(OptimizeParams.model_validate(LINEAR))
    assert observables["X"].shape == (12, 6)
    assert observables["theta"].shape == (6,)
    assert "beta" in observables
    assert "part_norms" not in observables


def test_unbuilt_experiments_say_so_and_unknown_ones_are_something_else():
    for name in ("monte_carlo", "iterate", "solve", "spectrum"):
        assert name in UNSUPPORTED
        with pytest.raises(UnsupportedExperiment, match=name):
            experiment(name)
    with pytest.raises(KeyError):
        experiment("astrology")
