"""A contradiction between two engines, from the prover to the files: verdict, exit code, Markdown, JSON, its own file."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from flint import arb

from checker.cli import main
from checker.errors import ExitCode
from checker.execute.worker import Answer, Completed, Task
from checker.expr import ball_functions
from checker.report.json_report import load
from checker.result import Disagreement
from checker.verdict import Verdict
from checker.verify import lemmas

CLAIM = """
paper: {arxiv: "1206.3209", title: Exponentials, authors: [A], year: 2012, family: optimisation}
symbols: {x: {domain: nonnegative, meaning: a number}}
claims:
  growth:
    statement: 'The exponential grows faster than it does.'
    source: {section: "1", known_from: memory}
    prove:
      bound:
        show: exp(x) >= E*x + 1/20000
        covers: claim
        controls: [{show: exp(x) >= 2 + E*x, because: another constant}]
"""


def in_process(tasks: Sequence[Task], jobs: int, heard: Callable[[int, Answer], None] | None = None) -> Iterator[Answer]:
    """The workers' answers without workers, which would not see a patch."""
    for index, task in enumerate(tasks):
        answer = Completed(task.function(*task.args))
        if heard is not None:
            heard(index, answer)
        yield answer


def test_a_lie_of_the_balls_ends_in_a_file_with_both_values(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = tmp_path / "growth.yaml", tmp_path / "out"
    path.write_text(CLAIM, encoding="utf-8")
    command = [str(path), "--out", str(out), "--no-mutants", "--no-cache"]
    true = ball_functions.UNARY["exp"]
    with monkeypatch.context() as patch:
        patch.setattr(lemmas, "run_many", in_process)
        lie: Any = lambda x: true(x) * (arb(10001) / 10000)  # noqa: E731
        patch.setitem(ball_functions.UNARY, "exp", lie)
        assert main(command) == ExitCode.FAILED
    said = capsys.readouterr().out
    assert "DISAGREE" in said
    (claim,) = load((out / "growth.json").read_text(encoding="utf-8")).claims
    assert claim.verdict is Verdict.DISAGREE
    (file,) = (out / "disagreements" / "growth").iterdir()
    assert file.name == "growth-bound.json"
    kept = Disagreement.model_validate(json.loads(file.read_text(encoding="utf-8")))
    assert kept.dispute == claim.lemmas[0].members[0].dispute
    assert kept.dispute.point
    assert [one.engine for one in kept.dispute.opinions] == ["intervals and ladder", "mpmath"]
    assert "left - right = -5" in kept.dispute.opinions[1].value
    assert f"/growth/bound --set x={kept.dispute.point['x']}" in kept.dispute.replay
    report = (out / "growth.md").read_text(encoding="utf-8")
    assert "**≠ Two engines contradict each other**" in report
    assert kept.dispute.opinions[1].value.split(",")[0] in report

    capsys.readouterr()
    where = [word for name, value in kept.dispute.point.items() for word in ("--set", f"{name}={value}")]
    assert main(["replay", f"{path}/growth/bound", *where]) == ExitCode.OK
    both = capsys.readouterr().out
    assert "mpmath: left" in both
    assert "does not hold" in both

    assert main(command) == ExitCode.FAILED  # without the lie the claim is refuted, and the file goes
    assert not (out / "disagreements" / "growth").exists()
