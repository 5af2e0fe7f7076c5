"""The claim files that are timed load, and say what the goals say; goals that only read give their numbers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import claims, whole
from benchmarks.goals import Settings, Status
from checker.spec.load import load_text


def test_the_training_run_is_what_the_goals_speak_of() -> None:
    run = claims.training_run("{kind: gradient_descent, step: 1/4, steps: 7, checkpoints: 2}", 9, 3)
    assert run.experiment == "train"
    data, dynamics = (getattr(run.params, name) for name in ("data", "dynamics"))
    assert (data.points, data.dimension, dynamics.steps, dynamics.checkpoints) == (9, 3, 7, 2)
    assert getattr(run.params, "reduction") == "mean"  # noqa: B009


def test_the_symbolic_claim_has_nothing_to_measure() -> None:
    (claim,) = load_text(claims.SYMBOLIC, "benchmark", "benchmark.yaml").claims
    assert claim.measures == ()
    assert claim.lemmas


@pytest.fixture
def reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "reports"
    folder.mkdir()
    monkeypatch.setattr(whole, "ROOT", tmp_path)
    return folder


def _report(folder: Path, slug: str, seconds: float, scale: str = "standard") -> None:
    content = {"slug": slug, "scale": scale, "provenance": {"seconds": seconds}}
    (folder / f"{slug}.json").write_text(json.dumps(content), encoding="utf-8")


def test_seconds_come_from_reports_at_standard(reports: Path, tmp_path: Path) -> None:
    _report(reports, "short", 20.0)
    _report(reports, "long", 59.0)
    _report(reports, "smoke", 999.0, scale="smoke")
    longest, library, suite = whole.g14(Settings(tmp_path))
    assert longest.values == (59.0,)
    assert longest.status is Status.MET
    assert library.values == (79.0,)
    assert suite.status is Status.NOT_RUN
    _report(reports, "longer", 61.0)
    assert next(iter(whole.g14(Settings(tmp_path)))).status is Status.NOT_MET


def test_without_reports_nothing_is_said_of_them(reports: Path, tmp_path: Path) -> None:
    assert {result.status for result in whole.g14(Settings(tmp_path))} == {Status.NOT_RUN}
