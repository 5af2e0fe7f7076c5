"""What a run costs is known before anything is allocated, and a run beyond the limits is refused in one line."""

from __future__ import annotations

import re
import time
import tracemalloc
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from checker.errors import CheckError
from checker.expr.domain import Domain
from checker.simulate import budget
from checker.simulate.budget import FIRST_LOOK, OverBudget, estimate, limits, refusal
from checker.simulate.catalogue import EXPERIMENTS
from checker.simulate.cost import duration, in_words
from checker.simulate.formula_cost import work_of
from checker.spec.load import load_paper, load_text
from checker.verify.bench import Bench
from checker.verify.progress import silent_text
from checker.verify.scales import SCALES
from tests.simulate.runs import D, make, node

HEAD = """\
paper: {title: A toy, authors: [Nobody], year: 2026}
symbols:
  z: {law: 'normal(0, 1)'}
  e: {law: 'normal(0, 1)'}
  n: {domain: integer, where: n >= 1}
  s: {domain: positive}
  q: {domain: real}
  v: {domain: real, where: [-1 <= v, v <= 1], shape: [n]}
  A: {domain: real, where: [-1 <= A, A <= 1], shape: [n, n]}
runs:
  big: @RUN@
claims:
  c:
    statement: A statement.
    source: {known_from: full_text}
    measure:
      - run: big
        checks: {c: {quantity: '@QUANTITY@', over: {seed: mean}, at_most: 1}}
        controls: [@CONTROL@]
"""
DATA = "data: {kind: @KIND@, points: 4, dimension: 3@MORE@}"
GAUSS = DATA.replace("@KIND@", "gaussian").replace("@MORE@", "")
MLP = "model: {kind: mlp, width: 4, depth: 2}"
TRAIN = "reduction: mean, loss: log(1 + exp(-u))"

# Every experiment in small, and what it publishes; every whole number or count in it is made huge in turn.
SMALL: Mapping[str, tuple[str, str]] = {
    "optimize": (f"{{{GAUSS}, model: {{kind: diagonal, depth: 2}}, loss: exp(-u), radius: 3, restarts: 2, iterations: 7}}",
                 "residual"),
    "train": (f"{{{GAUSS}, model: {{kind: diagonal, depth: 2}}, {TRAIN}, dynamics: {{kind: gradient_descent, step: 1/10, "
              "steps: 20, checkpoints: 3, batch: 2}}", "last(log_loss)"),
    "evaluate": ("{draw: [A, v], sizes: {n: 5}}", "norm(A @ v)"),
    "monte_carlo": ("{draw: [z], samples: 20, means: {m: z**2}, quantiles: {u: {of: z, at: 1/2}}}", "m"),
    "iterate": ("{map: {q: q/2 + e}, start: {q: 1}, noise: [e], steps: 20, checkpoints: 3}", "last(q)"),
    "solve": ("{draw: [A], sizes: {n: 2}, find: {q: {root: 'q - A[0, 0]', in: [-2, 2]}}}", "q"),
    "spectrum": ("{draw: [A], sizes: {n: 5}, singular_values: {w: A}, top: 2}", "w.largest"),
    "tangent_kernel": (f"{{{GAUSS}, {MLP}, copies: 2}}", "last(kernel[0, 0])"),
    "train_network": (f"{{{GAUSS}, {MLP}, loss: (u - y)**2, reduction: sum, step: 1/100, steps: 20, checkpoints: 3}}",
                      "last(moved)"),
    "random_networks": ("{network: {kind: vanilla, width: 8, depth: 3}, samples: 20, means: {m: kernel}}", "m"),
    "two_patch": ("{points: 4, of: 4, dimension: 1000000, snr: 1, power: 3, filters: 2, start: 1/100, step: 1, steps: 20, "
                  "tests: 10}", "train_loss"),
}  # fmt: skip
NUMBERS = re.compile(r"(?<=: )[0-9]+(?=[,}])")
# Real parameters of a model, not sizes: a large one costs nothing.
REAL = ("radius", "snr", "step", "start", "dimension: 1000000", "power", "iterations", "q", "start: {q")
MOST_BYTES = 20 * 2**20


def _file(experiment: str, params: str, quantity: str, more: str = "", control: str = "{at_most: -100, because: far}") -> str:
    run = f"{{experiment: {experiment}, params: {params}{more}}}"
    axes = "seed: mean, s: every" if "{s: " in more else "seed: mean"
    return HEAD.replace("@RUN@", run).replace("@QUANTITY@", quantity).replace("seed: mean", axes).replace("@CONTROL@", control)


def _refused(text: str) -> str:
    """The one line with which a file is refused, quickly and without memory."""
    tracemalloc.start()
    began = time.process_time()
    try:
        with pytest.raises(CheckError) as said:
            load_text(text, "toy", "toy.yaml")
        assert tracemalloc.get_traced_memory()[1] < MOST_BYTES
    finally:
        tracemalloc.stop()
    assert time.process_time() - began < 5  # seconds where it takes milliseconds: tracing is slow
    return str(said.value)


def _huge() -> Iterator[tuple[str, str, str]]:
    for name, (params, _) in SMALL.items():
        for found in NUMBERS.finditer(params):
            before = params[: found.start()]
            key = before[:-2].rsplit(" ", 1)[-1].strip("{, ")
            if key in REAL or (name == "two_patch" and key == "dimension"):
                continue
            yield name, key, f"{before}{10**14}{params[found.end() :]}"


def test_every_experiment_is_here() -> None:
    assert set(SMALL) == set(EXPERIMENTS)


@pytest.mark.parametrize("name", SMALL)
def test_small_runs_are_read_and_have_an_estimate(name: str) -> None:
    paper = load_text(_file(name, *SMALL[name]), "toy", "toy.yaml")
    measure = paper.claims[0].measures[0]
    found = estimate(measure.run, 32, [check.quantity for check in measure.checks])
    assert 0 < found.memory < 2**28
    assert 0 < found.seconds < 60


@pytest.mark.parametrize(("name", "key", "params"), list(_huge()))
def test_one_huge_number_is_refused(name: str, key: str, params: str) -> None:
    said = _refused(_file(name, params, SMALL[name][1]))
    assert "\n" not in said
    assert "the limit is" in said or "expected" in said


@pytest.mark.parametrize("name", SMALL)
def test_many_seeds_are_refused_with_their_estimate(name: str) -> None:
    said = _refused(_file(name, *SMALL[name], more=", seeds: 1000000000000"))
    assert re.search(r"runs\.big: .*1e\+12 seeds need about .* and .*; the limit is .* at standard", said)


def test_the_estimate_and_the_limit_are_said() -> None:
    said = _refused(_file("monte_carlo", "{draw: [z], samples: 1e15, means: {m: z**2}}", "m"))
    assert re.search(r"1e\+15 samples x 32 seeds need about \S+ [KMG]iB and \S+ years; the limit is", said)


def test_sweeps_that_are_too_large_are_refused() -> None:
    axes = ", ".join(f"{symbol}: {{log_spaced: [1, 10], points: 1000000}}" for symbol in ("s", "n"))
    assert "points" in _refused(_file("evaluate", *SMALL["evaluate"], more=f", sweep: {{{axes}}}"))
    cells = "sweep: {s: {log_spaced: [1, 10], points: 2000}}, seeds: 1000000"
    params = "{draw: [v], sizes: {n: 100}, ranges: {v: [0, s]}}"
    assert "2000 points of the sweep need about" in _refused(_file("evaluate", params, "v[0]", more=f", {cells}"))


def test_swept_sizes_count() -> None:
    said = _refused(_file("evaluate", "{draw: [A], sizes: {n: s**4}, values: {u: trace(A)}}", "u", ", sweep: {s: [2, 100]}"))
    assert "need about" in said


def test_a_formula_for_a_size_counts() -> None:
    assert "need about" in _refused(_file("evaluate", "{draw: [A], sizes: {n: 10**9}}", "A[0, 0]"))


@pytest.mark.parametrize("samples", ["floor(10**13)", "binomial(60, 30)", "factorial(18)", "ceil(clip(10**14, 1, 10**13))"])
def test_a_count_is_counted_however_it_is_written(samples: str) -> None:
    params = f"{{draw: [z], samples: '{samples}', means: {{m: z**2}}}}"
    assert "need about" in _refused(_file("monte_carlo", params, "m"))


def test_a_control_that_patches_a_size_is_refused_at_the_control() -> None:
    control = "{with: {params.sizes.n: 10**7}, because: larger}"
    said = _refused(_file("evaluate", *SMALL["evaluate"], control=control))
    assert "claims.c.measure.0.controls.0" in said.replace("[", ".").replace("]", "")
    assert "need about" in said


def test_a_quantity_that_needs_a_large_matrix_is_refused() -> None:
    params = "{data: {kind: gaussian, points: 1000000, dimension: 2}}"
    assert "need about" in _refused(_file("evaluate", params, "trace(X @ X.T)"))


def test_a_later_look_is_refused_before_it_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    run = make("evaluate", {"draw": ["f"], "sizes": {"N": 100_000}})
    monkeypatch.setenv("CHECK_MEMORY", "100M")
    assert refusal(run, "standard", seeds=1) is None
    with pytest.raises(OverBudget, match=r"64 instances of run need about .* MiB; the limit is 100 MiB"):
        Bench(0, "cpu", silent_text).measurement(run, 64)


def test_the_environment_sets_the_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHECK_MEMORY", "1.5G")
    monkeypatch.setenv("CHECK_MINUTES", "2")
    assert (limits("large").memory, limits("large").seconds) == (1.5 * 2**30, 120)
    monkeypatch.setenv("CHECK_MEMORY", "much")
    monkeypatch.setenv("CHECK_MINUTES", "-1")
    assert limits("smoke").memory == budget.machine_memory() / 2
    assert limits("smoke").seconds == 600


def test_first_looks_are_those_of_the_scales() -> None:
    assert {name: scale.instances for name, scale in SCALES.items()} == dict(FIRST_LOOK)


def test_shapes_are_followed_and_operations_counted() -> None:
    shapes: Any = {"X": (10.0, 3.0), "w": (3.0,), "f": (10.0,)}
    assert work_of(node("X @ w", w=Domain(shape=(D,))), shapes, {}).shape == (10.0,)
    gram = work_of(node("X @ X.T"), shapes, {})
    assert gram.shape == (10.0, 10.0)
    assert gram.operations >= 2 * 10 * 10 * 3
    assert work_of(node("inv(X @ X.T)"), shapes, {}).operations >= 1000
    assert work_of(node("sum(f)*norm(X)"), shapes, {}).shape == ()
    assert work_of(node("Sum(sum(f)**k, (k, 1, 50))"), shapes, {}).operations > 50 * 10
    assert work_of(node("exp(f) + 1"), shapes, {}).shape == (10.0,)


def test_words() -> None:
    assert in_words(3 * 2**30) == "3.0 GiB"
    assert in_words(2.3e8 * 2**30) == "2e8 GiB"
    assert duration(0.2) == "under 1 s"
    assert duration(90.0) == "1.5 min"
    assert duration(3 * 365.25 * 86400) == "3.0 years"


@pytest.mark.slow
@pytest.mark.parametrize("scale", ["standard"])
def test_no_claim_of_the_library_is_near_its_limit(scale: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHECK_MEMORY", "3G")  # half of a small machine
    for path in sorted(Path("claims").glob("*.yaml")):
        load_paper(path, scale)  # refused: SpecErrors
