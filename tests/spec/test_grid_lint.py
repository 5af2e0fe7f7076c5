"""A threshold on a sweep that is too coarse for its margin is remarked on; on a fine one it is not, and it passes."""

from pathlib import Path

import pytest

from checker import check
from checker.spec.load import load_paper
from checker.verdict import Verdict

FILE = """
paper: {{title: Stability of gradient descent, authors: [A. Nobody], year: 2020}}
symbols:
  x:   {{domain: real}}
  eta: {{domain: positive}}
runs:
  parabola:
    experiment: iterate
    params: {{start: {{x: 1}}, map: {{x: x - eta*x}}, steps: 400}}
    sweep: {{eta: {{log_spaced: [1, 4], points: {points}}}}}
    seeds: 1
    may_diverge: true
claims:
  threshold:
    statement: On $x^2/2$ gradient descent diverges from step size 2 on.
    source: {{known_from: full_text, theorem: "1"}}
    measure:
      - run: parabola
        let: {{edge: 'boundary(at(abs(x), k=400) > 1, eta)'}}
        checks: {{edge: {{quantity: edge, over: {{seed: every}}, equals: {value}, within: 10%}}}}
        controls: [{{equals: 3, because: another threshold}}]
"""


def _write(folder: Path, points: int, value: str = "2") -> Path:
    path = folder / "claims" / "threshold.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(FILE.format(points=points, value=value))
    return path


@pytest.mark.parametrize(("points", "remarked"), [(9, True), (41, False)])
def test_the_steps_of_the_sweep_against_the_margin(tmp_path: Path, points: int, remarked: bool) -> None:
    warnings = load_paper(_write(tmp_path, points)).warnings
    assert any("too coarse to decide" in warning for warning in warnings) is remarked


@pytest.mark.parametrize(("value", "verdict"), [("2", Verdict.PASS), ("2.5", Verdict.FAIL)])
def test_the_threshold_is_found(tmp_path: Path, value: str, verdict: Verdict) -> None:
    (paper,) = check(_write(tmp_path, 41, value), scale="smoke", device="cpu")
    assert paper.claims[0].verdict is verdict
