"""What other repositories copy: the workflow, the hooks and the formats say what the command does."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from xml.etree import ElementTree

import pytest
from ruamel.yaml import YAML

from checker import cli
from checker.errors import ExitCode
from tests.verify import toys

ROOT = Path(__file__).parents[2]


def commands(text: str) -> list[list[str]]:
    """The calls of ``check`` in a text, without what a runner puts in."""
    text = re.sub(r"\$\{\{.*?\}\}", "smoke", text).replace('"$CLAIMS"', "claims")
    return [shlex.split(one) for one in re.findall(r"^\s*(?:run: |entry: )check ([^\n|>]*)", text, flags=re.MULTILINE)]


def test_the_workflow_in_the_document_is_the_file() -> None:
    workflow = (ROOT / "docs" / "workflows" / "claims.yml").read_text(encoding="utf-8")
    assert f"```yaml\n{workflow}```" in (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    steps = YAML(typ="safe").load(workflow)["jobs"]["claims"]["steps"]
    assert [step.get("uses", "").split("@")[0] for step in steps if "uses" in step] == [
        "actions/checkout", "actions/setup-python", "actions/cache", "actions/upload-artifact",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["docs/workflows/claims.yml", ".pre-commit-hooks.yaml"])
def test_every_command_of_it_runs(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CHECK_CACHE_DIR", str(tmp_path / "cache"))
    path = toys.write(tmp_path, toys.PROVED)
    found = commands((ROOT / name).read_text(encoding="utf-8"))
    assert len(found) == 2
    for arguments in found:
        given = arguments if "claims" in arguments else [*arguments, str(path)]
        assert cli.main(given) == ExitCode.OK, given


def test_the_hooks_take_claim_files_and_nothing_else() -> None:
    hooks = YAML(typ="safe").load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert [hook["id"] for hook in hooks] == ["check-lint", "check-smoke"]
    for hook in hooks:
        assert all(re.search(hook["files"], path) for path in ("claims/a.yaml", "my-claims/a.yaml", "x/claims/deep/a.yaml"))
        assert not any(re.search(hook["files"], path) for path in ("a.yaml", "claims/schema.json", "src/app.yaml"))


def test_a_file_that_cannot_be_read_is_told_in_every_format(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    toys.write(tmp_path, toys.PROVED.replace("statement", "statment"))
    told = {}
    for name in ("github", "junit", "json"):
        assert cli.main(["claims", "--scale", "smoke", "--quiet", "--format", name]) == ExitCode.USAGE
        told[name] = capsys.readouterr()
        assert "did you mean 'statement'?" in told[name].err
    assert re.search(r"^::error file=claims/toy.yaml,line=\d+,col=\d+::.*statment", told["github"].out, flags=re.MULTILINE)
    (suite,) = ElementTree.fromstring(told["junit"].out.encode())
    assert (suite.get("name"), suite.get("errors")) == ("claims/toy.yaml", "1")
    assert json.loads(told["json"].out) == []
