"""Networks at initialisation against exact moments, and the draws through vectors against every weight drawn."""

import math

import numpy as np
import pytest
from pydantic import ValidationError

from checker.simulate.measure import measure
from checker.simulate.resolve import SimulationError
from tests.simulate.runs import make

pytestmark = pytest.mark.slow  # compiled programs, each its own

SEEDS = range(8)
BOTH = {"size": "forward", "size_square": "forward**2", "kernel_mean": "kernel", "kernel_square": "kernel**2"}


def moments(network, samples, draws="vectors", means=BOTH, cases=None):
    """Mean over seeds and standard error of the ratios E f^2/(E f)^2 and E K^2/(E K)^2, and the means, per case."""
    params = {"network": network, "samples": samples, "means": means, "draws": draws}
    found = measure(make("random_networks", params, cases=cases), SEEDS, 0, "cpu")
    assert not found.failures
    values = {name: found.observables[name].values for name in means}
    values["ratio"] = values["size_square"] / values["size"] ** 2
    if "kernel_mean" in values:
        values["kernel_ratio"] = values["kernel_square"] / values["kernel_mean"] ** 2
    return {name: (each.mean(0), each.std(0, ddof=1) / math.sqrt(len(SEEDS))) for name, each in values.items()}


def growth(a, n):
    """r(alpha) of a residual block, from E|x + sqrt(a) z|^4 term by term: z normal with variance q/n, E q^2 = 1 + 5/n."""
    fourth = 1 + 2 * a * 1 + a**2 * (1 + 2 / n) * (1 + 5 / n) + 4 * a / n
    return fourth / (1 + a) ** 2


@pytest.mark.parametrize(("draws", "samples"), [("vectors", 6000), ("matrices", 1000)])
def test_vanilla_moments(draws, samples):
    n, cases = 12, {"L": (1.0, 2.0, 2.0), "m": (1.0, 1.0, 2.0)}
    found = moments({"kind": "vanilla", "width": n, "depth": "L", "layer": "m"}, samples, draws, cases=cases)
    exact = (1 + 5 / n) ** np.array(cases["L"])
    for name in ("ratio", "kernel_ratio"):
        mean, error = found[name]
        assert np.all(np.abs(mean - exact) < 6 * error)
        assert np.all(np.abs(mean - (1 + 3 / n) ** np.array(cases["L"])) > 6 * error)  # 3 in place of 5
    mean, error = found["kernel_mean"]
    assert np.all(np.abs(mean - 1) < 6 * error)


@pytest.mark.parametrize(("draws", "samples"), [("vectors", 6000), ("matrices", 1000)])
def test_residual_moments_with_branches_that_differ(draws, samples):
    n, depth = 12, 3
    found = moments({"kind": "residual", "width": n, "depth": depth, "branch": "1/k**2", "layer": 2}, samples, draws)
    scales = [1 / k**2 for k in range(1, depth + 1)]
    forward = math.prod(growth(a, n) for a in scales)
    mean, error = found["ratio"]
    assert abs(mean - forward) < 6 * error
    mean, error = found["kernel_ratio"]
    assert abs(mean - (1 + 5 / n) * (1 + 2 / n) * forward / growth(scales[1], n)) < 6 * error
    assert abs(mean - (1 + 2 / n) * forward / growth(scales[1], n)) > 6 * error  # the inner layer of its block left out
    mean, error = found["kernel_mean"]
    assert abs(mean - scales[1] * (1 + scales[0]) * (1 + scales[2])) < 6 * error
    assert abs(mean - scales[1] * math.prod(1 + a for a in scales)) > 6 * error


@pytest.mark.parametrize(("draws", "samples"), [("vectors", 6000), ("matrices", 800)])
def test_dense_moments(draws, samples):
    n, depth, scale = 8, 3, 2.0
    forward = {"size": "forward", "size_square": "forward**2"}
    found = moments({"kind": "dense", "width": n, "depth": depth, "scale": scale}, samples, draws, forward)
    mean, error = found["size"]
    assert abs(mean - math.prod(1 + scale / k for k in range(1, depth + 1))) < 6 * error
    mean, error = found["ratio"]
    exact = math.prod(1 + 5 * scale**2 / (n * (k + scale) ** 2) for k in range(1, depth + 1))
    assert abs(mean - exact) < 6 * error
    wrong = math.prod(1 + 5 * scale / (n * (k + scale) ** 2) for k in range(1, depth + 1))
    assert abs(mean - wrong) > 6 * error


def test_a_case_does_not_depend_on_its_neighbours():
    """Depths share a program whose stores are as deep as the deepest; networks of one depth must not notice."""
    network = {"kind": "residual", "width": 5, "depth": "L", "branch": "1/L", "layer": 1}
    params = {"network": network, "samples": 40, "means": {"k1": "kernel", "f": "forward"}}
    alone = measure(make("random_networks", params, {"L": (2.0,)}), [3], 0, "cpu").observables
    beside = measure(make("random_networks", params, {"L": (2.0, 3.0)}), [3], 0, "cpu").observables
    for name in ("k1", "f"):
        assert beside[name].values[0, 0] == pytest.approx(alone[name].values[0, 0], rel=1e-12)
        assert beside[name].values[0, 1] != pytest.approx(alone[name].values[0, 0], rel=1e-3)


def test_what_cannot_be_measured_is_said():
    vanilla = {"kind": "vanilla", "width": 4, "depth": 2}
    dense = {"kind": "dense", "width": 4, "depth": 2}
    huge = {**vanilla, "width": 4096, "depth": 1000}
    refused = [
        ({"network": dense, "samples": 2, "means": {"a": "kernel"}}, "a dense network has no kernel"),
        ({"network": {**vanilla, "depth": 2.5}, "samples": 2, "means": {"a": "forward"}}, "depth: expected a whole number"),
        ({"network": huge, "samples": 100_000, "means": {"a": "forward"}}, "numbers a seed; the limit"),
    ]
    for params, message in refused:
        run = make("random_networks", params)
        with pytest.raises(SimulationError, match=message):
            measure(run, [0], 0, "cpu")
    beyond = {"network": {**vanilla, "layer": 3}, "samples": 2, "means": {"a": "kernel"}}
    assert "not finite" in measure(make("random_networks", beyond), [0], 0, "cpu").failures[0]
    for broken in ({"width": 5000}, {"width": 0}):
        with pytest.raises(ValidationError, match="width: expected 1 to"):
            make("random_networks", {"network": {**vanilla, **broken}, "samples": 2, "means": {"a": "forward"}})
    with pytest.raises(ValidationError, match="'kernel' is a number of the network"):
        make("random_networks", {"network": vanilla, "samples": 2, "means": {"kernel": "forward"}})
