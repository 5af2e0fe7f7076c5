"""The reference is generated: committed pages equal the models, and what they show as an example passes."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker import check
from checker.cli import main
from checker.commands.docs import OTHERS, PAGES
from checker.commands.examples import OBLIGATIONS, PREDICTIONS, claim_file
from checker.errors import ExitCode
from checker.simulate.catalogue import EXPERIMENTS
from checker.spec.models.checks import PREDICATES
from checker.spec.models.obligations import KINDS
from checker.spec.remarks import ERRORS, REMARKS
from checker.verdict import Verdict

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("topic", sorted(set(PAGES) - {"grammar", "experiments"}))  # these two have tests of their own
def test_the_committed_page_is_the_generated_one(topic: str) -> None:
    assert (DOCS / f"{topic}.md").read_text(encoding="utf-8") == PAGES[topic][1](), "run: check docs --write docs"


def test_every_page_is_committed() -> None:
    assert {path.name for path in DOCS.iterdir()} >= {f"{topic}.md" for topic in PAGES} | set(OTHERS)


def test_every_kind_and_every_rule_has_its_place() -> None:
    obligations, predictions = PAGES["obligations"][1](), PAGES["predictions"][1]()
    assert list(OBLIGATIONS) == list(dict.fromkeys(OBLIGATIONS))
    assert set(OBLIGATIONS) == set(KINDS)
    assert set(PREDICTIONS) == set(PREDICATES)
    assert all(f"\n## `{kind}`\n" in obligations for kind in KINDS)
    assert all(f"\n## `{kind}`\n" in predictions for kind in PREDICATES)
    rules = PAGES["lint"][1]()
    assert all(f"| `{code}` (error) | " in rules for code in ERRORS)
    assert all(f"| `{code}` | " in rules for code in REMARKS)


@pytest.mark.parametrize("name", ["obligations", pytest.param("predictions", marks=pytest.mark.slow)])
def test_the_examples_pass(name: str, tmp_path: Path) -> None:
    path = tmp_path / f"{name}.yaml"
    path.write_text(claim_file(obligations=name == "obligations"), encoding="utf-8")
    (paper,) = check(path, scale="smoke", device="cpu")
    found = {claim.id: (claim.verdict, claim.reason) for claim in paper.claims}
    assert {claim: said for claim, said in found.items() if said[0] is not Verdict.PASS} == {}


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["docs", *arguments]) == ExitCode.OK
    return capsys.readouterr().out


def test_a_topic_or_a_name_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert [line.split()[0] for line in printed(capsys).splitlines()] == list(PAGES)
    assert printed(capsys, "lint") == PAGES["lint"][1]()
    assert printed(capsys, "rate").startswith("## `rate`")
    assert printed(capsys, "optimum").startswith("## `optimum`")
    assert "lies_in" in printed(capsys, "enclosure")
    assert printed(capsys, "separable").startswith("### `kind: separable`")
    assert printed(capsys, "LambertW").startswith("| `LambertW` |")
    assert printed(capsys, "within").count("\n") == 1
    for experiment in EXPERIMENTS:
        assert printed(capsys, experiment).startswith(f"## `{experiment}`")
    assert main(["docs", "optimise"]) == ExitCode.USAGE
    assert "did you mean optimize?" in capsys.readouterr().err


def test_the_pages_are_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    printed(capsys, "--write", str(tmp_path / "new"))
    assert {path.name for path in (tmp_path / "new").iterdir()} == {f"{topic}.md" for topic in PAGES} | set(OTHERS)
    (tmp_path / "file").write_text("")
    assert main(["docs", "--write", str(tmp_path / "file")]) == ExitCode.USAGE
