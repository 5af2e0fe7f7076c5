import subprocess
import sys

import pytest
from pydantic import ValidationError

from checker.simulate.catalogue import (
    EXPERIMENTS,
    OptimizeParams,
    TrainParams,
    experiment,
)
from checker.simulate.catalogue_sampling import EvaluateParams
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


def test_experiments_are_known_by_name():
    known = {"optimize", "train", "evaluate", "monte_carlo", "iterate", "solve", "spectrum"}
    assert set(EXPERIMENTS) >= known | {"tangent_kernel", "train_network"}
    assert experiment("solve").params.__name__ == "SolveParams"
    with pytest.raises(KeyError):
        experiment("astrology")


def test_what_the_new_experiments_publish_follows_from_their_parameters():
    def published(name, params):
        spec = EXPERIMENTS[name]
        return {key: found.axes for key, found in spec.observables(spec.params.model_validate(params)).items()}

    draws = {"draw": ["x"], "samples": 10, "means": {"m": "x"}, "minima": {"low": "x"}}
    assert published("monte_carlo", draws) == {"m": (), "m.se": (), "low": ()}
    path = {"map": {"x": "x/2"}, "start": {"x": 1}, "steps": 3, "stop": "x < 1"}
    assert published("iterate", path) == {"x": ("k",), "stopped": ()}
    find = {"w": {"root": "w", "in": [0, 1]}, "a": {"minimise": "a", "in": [0, 1]}}
    assert set(published("solve", {"find": find})) == {"w", "w.residual", "a", "a.residual", "a.value"}
    matrix = {"draw": ["Z"], "eigenvalues": {"lam": "Z"}}
    assert published("spectrum", matrix)["lam"] == ("i",)
    assert "Z" in published("spectrum", matrix)
