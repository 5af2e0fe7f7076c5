"""The skeletons that ``check new`` writes: valid as they stand, and from another paper without that paper's results."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from checker.cli import main
from checker.errors import ExitCode
from checker.spec.load import load_paper

CLAIMS = Path(__file__).parents[2] / "claims"
PATTERNS = ("aciq_clipping", "implicit_bias_gd", "lexmaxmargin")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("arxiv", "name", "year"),
    [
        ("1905.07325", "paper_1905_07325", 2019),
        ("0704.0001", "paper_0704_0001", 2007),
        ("cs/9901001", "paper_cs_9901001", 1999),
    ],
)
def test_the_template_has_its_own_header_and_nothing_to_say_of(arxiv: str, name: str, year: int) -> None:
    assert main(["new", arxiv]) == ExitCode.OK
    paper = load_paper(Path("claims") / f"{name}.yaml")
    assert (paper.arxiv, paper.year, paper.warnings) == (arxiv, year, ())
    assert Path("claims/schema.json").read_text() == (CLAIMS / "schema.json").read_text()


@pytest.mark.parametrize("pattern", PATTERNS)
def test_another_paper_is_a_pattern_without_its_results(pattern: str) -> None:
    original = load_paper(CLAIMS / f"{pattern}.yaml")
    assert main(["new", "2401.01234", "--slug", "mine", "--from", str(CLAIMS / f"{pattern}.yaml")]) == ExitCode.OK
    made = load_paper("claims/mine.yaml")
    assert (made.title, made.arxiv, made.year) == ("Replace by the title of the paper", "2401.01234", 2024)
    assert made.family == original.family
    assert [claim.id for claim in made.claims] == [claim.id for claim in original.claims]
    for own, other in zip(made.claims, original.claims, strict=True):
        assert own.notes is None
        assert (own.lemmas, own.statement, own.expected) == (other.lemmas, other.statement, other.expected)
        assert [one.checks for one in own.measures] == [one.checks for one in other.measures]
        assert (own.finding is None) == (other.finding is None)
        if own.finding is not None:
            assert own.finding.instead.startswith("Replace by")
    assert made.notes is None
    text = Path("claims/mine.yaml").read_text()
    assert not re.search(r"^ *notes:", text, flags=re.MULTILINE)
    assert original.title not in text
    lines = map(str.strip, (CLAIMS / f"{pattern}.yaml").read_text().splitlines())
    comments = [line for line in lines if line.startswith("# ")]
    assert all(comment in text for comment in comments[1:])
    assert set(re.findall(r"\[([a-z-]+)\]$", "\n".join(made.warnings))) <= {"margin-without-origin"}  # it stood in the notes


def test_mistakes(capsys: pytest.CaptureFixture[str]) -> None:
    for wrong in (["1905"], ["1913.07325"], ["1905.07325", "--slug", "Not A Slug"], ["1905.07325", "--from", "nobody"]):
        assert main(["new", *wrong]) == ExitCode.USAGE
    Path("broken.yaml").write_text("claims: [\n")
    assert main(["new", "1905.07325", "--from", "broken.yaml"]) == ExitCode.USAGE
    assert not Path("claims").exists()
    assert main(["new", "1905.07325"]) == ExitCode.OK
    assert main(["new", "1905.07325"]) == ExitCode.USAGE
    assert "exists already" in capsys.readouterr().err
