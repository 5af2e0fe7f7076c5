"""The documentation says what is true: its claim passes, its commands are those that CI runs, its numbers are the report's."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

from checker import check
from checker.prove.obligation import Question
from checker.prove.registry import MODULES
from checker.verdict import Verdict

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_claim_in_ten_lines_passes(tmp_path: Path) -> None:
    (block,) = re.findall(r"```yaml\n(.*?)```", README, flags=re.DOTALL)
    path = tmp_path / "claims" / "readme.yaml"
    path.parent.mkdir()
    path.write_text(block, encoding="utf-8")
    (paper,) = check(path, scale="smoke", device="cpu")
    assert [claim.verdict for claim in paper.claims] == [Verdict.PASS]


def test_ci_runs_the_test_command() -> None:
    commands = re.findall(r"<!-- command: (\w+) -->\n```sh\n(.*?)\n```", README)
    assert [name for name, _ in commands] == ["run", "tests"]
    assert "check claims/lexmaxmargin.yaml" in commands[0][1]
    assert "command: tests" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_the_excerpt_is_from_the_report() -> None:
    report = (ROOT / "reports" / "lexmaxmargin.md").read_text(encoding="utf-8").replace("\\", "")
    found = re.search(r"Found: (.*?)\.\n", README)
    assert found is not None
    assert found[1] in report
    picture = re.search(r"\((reports/plots/[^)]*)\)", README)
    assert picture is not None
    assert (ROOT / picture[1]).is_file()


def test_every_kind_of_question_has_a_prover() -> None:
    assert set(get_args(Question)) == set(MODULES)
