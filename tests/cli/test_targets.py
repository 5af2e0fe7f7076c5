"""What a user may name, and what is said when it is nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.errors import CheckError, ExitCode
from checker.targets import grouped, passed_over, report_folder, resolve


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "claims"
    folder.mkdir()
    for name in ("alpha", "beta"):
        (folder / f"{name}.yaml").write_text("claims: {}\n")
    monkeypatch.chdir(tmp_path)
    return folder


def test_slug_file_folder_and_claim(library: Path) -> None:
    (by_slug,) = resolve(["alpha"])
    (by_file,) = resolve(["claims/alpha.yaml"])
    assert by_slug == by_file
    assert by_slug.words == "alpha"
    assert [target.words for target in resolve(["claims"])] == ["alpha", "beta"]
    (part,) = resolve(["alpha/first/check"])
    assert (part.claim, part.part) == ("first", "check")
    (outside,) = resolve(["claims/alpha.yaml/first"])
    assert outside.claim == "first"


def test_other_yaml_in_a_folder_is_passed_over(library: Path) -> None:
    (library / "deep").mkdir()
    (library / "deep" / "gamma.yaml").write_text("# a claim file without its claims\npaper: {title: A}\n")
    (library / "workflow.yaml").write_text("name: CI\non: push\njobs: {}\n")
    (library / "nested.yaml").write_text("job:\n  claims: 1\n")
    (library / ".hidden").mkdir()
    (library / ".hidden" / "delta.yaml").write_text("claims: {}\n")
    assert [target.path.stem for target in resolve(["claims"])] == ["alpha", "beta", "gamma"]
    assert [path.name for path in passed_over(library)] == ["nested.yaml", "workflow.yaml"]
    (named,) = resolve(["claims/workflow.yaml"])  # who names a file means it
    assert named.path.name == "workflow.yaml"


def test_unknown_name_says_the_nearest(library: Path) -> None:
    with pytest.raises(CheckError, match=r"alpa: no such .* did you mean alpha\?") as caught:
        resolve(["alpa"])
    assert caught.value.code is ExitCode.USAGE


def test_empty_folder_selects_nothing(tmp_path: Path) -> None:
    with pytest.raises(CheckError) as caught:
        resolve([str(tmp_path)])
    assert caught.value.code is ExitCode.NOTHING_SELECTED


def test_claims_of_one_file_are_checked_in_one_run(library: Path) -> None:
    assert [claims for _, claims in grouped(resolve(["alpha/a", "alpha/b", "beta"]))] == [frozenset({"a", "b"}), None]
    assert [claims for _, claims in grouped(resolve(["alpha/a", "alpha"]))] == [None]


def test_links_in_a_folder_are_not_followed(library: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere.yaml").write_text("claims: {}\n")
    (library / "link.yaml").symlink_to(tmp_path / "elsewhere.yaml")
    assert [target.path.name for target in resolve(["claims"])] == ["alpha.yaml", "beta.yaml"]


def test_reports_go_beside_the_claims_folder(tmp_path: Path) -> None:
    assert report_folder(tmp_path / "claims" / "a.yaml") == tmp_path / "reports"
    assert report_folder(tmp_path / "mine" / "a.yaml") == tmp_path / "mine" / "reports"
