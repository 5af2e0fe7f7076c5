"""The worked example of CONTRIBUTING.md is run as it stands there, and so are the steps around it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from checker import cli
from checker.api import check
from checker.errors import ExitCode
from checker.spec.load import load_paper
from checker.verdict import Verdict

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


@pytest.fixture
def example(tmp_path: Path) -> Path:
    (block,) = re.findall(r"```yaml\n(.*?)```", TEXT, flags=re.DOTALL)
    path = tmp_path / "gd_smooth.yaml"
    path.write_text(block, encoding="utf-8")
    return path


def test_the_worked_example_passes_and_nothing_is_said_of_it(example: Path) -> None:
    assert load_paper(example).warnings == ()
    (paper,) = check(example, scale="smoke", device="cpu")
    assert {claim.id: claim.verdict for claim in paper.claims} == {
        "upper_bound": Verdict.PASS,
        "attained": Verdict.PASS,
    }
    assert all(len(measure.controls) >= 3 for claim in paper.claims for measure in claim.measures)


@pytest.mark.parametrize(
    ("change", "claim"),
    [
        (("f1 <= norm(x0)**2/6", "f1 <= norm(x0)**2/7"), "upper_bound"),  # a better constant for one step
        (("at_most: 1, within", "at_most: 0.97, within"), "upper_bound"),
        (("if k < N else x", "if k <= N else x"), "attained"),  # the story of the text: one step too many
        (("worst(R, N): R/(2*N + 1)", "worst(R, N): R/(2*N + 2)"), "attained"),
    ],
)
def test_a_changed_example_does_not_pass(example: Path, change: tuple[str, str], claim: str) -> None:
    text = example.read_text(encoding="utf-8")
    assert change[0] in text
    example.write_text(text.replace(*change), encoding="utf-8")
    (paper,) = check(f"{example}/{claim}", scale="smoke", device="cpu")
    assert paper.claims[0].verdict is not Verdict.PASS


def test_every_page_that_is_named_exists(capsys: pytest.CaptureFixture[str]) -> None:
    topics = re.findall(r"`check docs (\w+)`", TEXT)
    assert len(topics) >= 6
    for topic in topics:
        assert cli.main(["docs", topic]) == ExitCode.OK
    for link in re.findall(r"\]\(([\w/.-]+)\)", TEXT):
        assert (ROOT / link).exists(), link
    capsys.readouterr()
