"""Claims outside of this repository: the same verbs, reports beside them or where it was said, replays that find the file."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from checker.cli import main
from checker.errors import ExitCode
from tests.verify import toys

FOLDER = "my claims"  # a blank, because paths have them


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of claims in a project that is not ours, entered as its working directory."""
    monkeypatch.setenv("CHECK_CACHE_DIR", str(tmp_path / "cache"))
    work = tmp_path / "project"
    (work / FOLDER / "deep").mkdir(parents=True)
    (work / FOLDER / "toy.yaml").write_text(toys.HEAD + toys.PROVED + toys.bound("9/10"), encoding="utf-8")
    (work / FOLDER / "deep" / "other.yaml").write_text(toys.HEAD + toys.REFUTED, encoding="utf-8")
    (work / "workflow.yaml").write_text("jobs: {}\n")
    monkeypatch.chdir(work)
    return work


@pytest.mark.slow
def test_a_folder_is_checked_and_the_reports_lie_beside_the_files(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([FOLDER, "--scale", "smoke", "--quiet"]) == ExitCode.FAILED
    capsys.readouterr()
    beside = [project / FOLDER / "reports" / "smoke" / "toy.md", project / FOLDER / "deep" / "reports" / "smoke" / "other.md"]
    commands: list[str] = []
    for report in beside:
        commands += re.findall(r"check (replay [^`\n]+)", report.read_text(encoding="utf-8"))
    assert any("deep/other.yaml/too_strong" in command for command in commands)
    assert any("toy.yaml/cauchy_schwarz/bound" in command for command in commands)
    for command in dict.fromkeys(commands):
        assert main([*shlex.split(command), "--scale", "smoke"]) == ExitCode.OK
        assert capsys.readouterr().out
    again = re.search(r"```sh\n(check .*)\n```", beside[1].read_text(encoding="utf-8"))
    assert again is not None
    assert main([*shlex.split(again[1])[1:], "--quiet"]) == ExitCode.FAILED  # as the report says


def test_out_and_the_other_verbs_and_formats(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = f"{FOLDER}/deep/other.yaml"
    assert main([path, "--scale", "smoke", "--quiet", "--out", "elsewhere", "--format", "github"]) == ExitCode.FAILED
    assert f"::error file={path}," in capsys.readouterr().out
    assert {one.name for one in (project / "elsewhere").iterdir()} == {"README.md", "other.json", "other.md"}
    assert not (project / FOLDER / "deep" / "reports").exists()
    assert json.loads((project / "elsewhere" / "other.json").read_text())["target"] == path
    absolute = str(project / FOLDER / "toy.yaml")
    for verb in ("lint", "explain"):
        assert main([verb, FOLDER]) == ExitCode.OK
        assert "toy.yaml" in capsys.readouterr().out
        assert main([verb, absolute]) == ExitCode.OK
        capsys.readouterr()
    assert main([f"{FOLDER}/toy.yaml", "--list"]) == ExitCode.OK
    assert capsys.readouterr().out.splitlines() == [f"{FOLDER}/toy.yaml/square", f"{FOLDER}/toy.yaml/cauchy_schwarz"]
    assert main(["mutate", f"{absolute}/square", "--quiet", "--scale", "smoke"]) == ExitCode.OK
    assert "toy: " in capsys.readouterr().out
