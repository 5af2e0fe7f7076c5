"""`check mutate` prints the score and every survivor, and can be told how low a score may be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from checker.cli import main
from checker.errors import ExitCode
from tests.verify import toys

WEAK = """\
  weak:
    statement: A square is not far below zero.
    source: {known_from: full_text}
    prove:
      slack: {show: x**2 >= -1000, covers: claim, controls: [{show: x**2 >= 1, because: too much}]}
"""


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHECK_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)


def test_score_survivors_and_exit_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(toys.write(tmp_path, toys.PROVED, WEAK))
    assert main(["mutate", path, "--quiet", "--scale", "smoke"]) == ExitCode.OK
    said = capsys.readouterr().out
    assert "survives  slack: constant -1000 -> -900: x**2 >= -900" in said
    assert "true as well (proved)" in said
    assert "rejected  " not in said
    score = said.splitlines()[-1]
    assert score.startswith("toy: ")
    assert " rejected (" in score
    assert not (tmp_path / "reports").exists()

    assert main(["mutate", path, "--quiet", "--scale", "smoke", "--min-score", "90"]) == ExitCode.FAILED
    assert "below the 90 %" in capsys.readouterr().out
    strong = f"{path}/square"
    assert main(["mutate", strong, "--quiet", "--scale", "smoke", "--min-score", "90", "--all"]) == ExitCode.OK
    assert "rejected  square: " in capsys.readouterr().out


def test_nothing_named_and_nonsense_scores(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mutate"]) == ExitCode.NOTHING_SELECTED
    with pytest.raises(SystemExit) as error:
        main(["mutate", "x.yaml", "--min-score", "120"])
    assert error.value.code == ExitCode.USAGE
    assert "from 0 to 100" in capsys.readouterr().err


def test_a_false_claim_is_left_out_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    finding = "    expected: FAIL\n    finding: {instead: something else, shown_by: nothing}\n"
    path = str(toys.write(tmp_path, toys.REFUTED + finding))
    assert main(["mutate", path, "--quiet", "--scale", "smoke"]) == ExitCode.OK
    assert "none: neighbours of a claim that is expected not to hold may well be true" in capsys.readouterr().out


def test_the_report_has_the_score_and_a_receipt_knows_the_option(tmp_path: Path) -> None:
    path = str(toys.write(tmp_path, toys.PROVED))
    report = tmp_path / "reports" / "toy.md"
    assert main([path, "--quiet", "--no-mutants"]) == ExitCode.OK
    assert "Mutants" not in report.read_text(encoding="utf-8")
    assert main([path, "--quiet"]) == ExitCode.OK  # not answered by the receipt of the run without
    page = report.read_text(encoding="utf-8")
    assert "**Mutants: " in page
    assert "Mutants of the claims: " in page
    made = json.loads((tmp_path / "reports" / "toy.json").read_text(encoding="utf-8"))["summary"]["claims"][0]
    assert 0 < made["mutants_rejected"] <= made["mutants"]
    index = (tmp_path / "reports" / "README.md").read_text(encoding="utf-8")
    assert "mutants rejected" in index
    assert main([path, "--quiet", "--no-cache"]) == ExitCode.OK
    assert report.read_text(encoding="utf-8") == page
