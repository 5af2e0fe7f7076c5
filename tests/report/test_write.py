"""Files: whole or not at all, in the folder and nowhere else."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from checker.report import write
from checker.report.errors import ReportError
from checker.report.json_report import load
from checker.report.names import figure_paths
from checker.report.write import write_report
from checker.result import PaperResult


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def without_plots(paper: PaperResult) -> PaperResult:
    return paper.model_copy(update={"claims": paper.claims[3:]})


def test_a_report_is_markdown_json_plots_and_index(paper: PaperResult, tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "reports"
    written = write_report(paper, folder)
    assert sorted(written) == sorted(folder / name for name in contents(folder))
    assert [path.name for path in written[-3:]] == ["lexmaxmargin.json", "lexmaxmargin.md", "README.md"]
    page = (folder / "lexmaxmargin.md").read_text(encoding="utf-8")
    for path in figure_paths(paper).values():
        assert f"]({path})" in page
        assert (folder / path).is_file()
    assert load((folder / "lexmaxmargin.json").read_text(encoding="utf-8")) == paper


def test_a_second_run_touches_nothing(paper: PaperResult, tmp_path: Path) -> None:
    before = [os.stat(path) for path in write_report(paper, tmp_path)]
    after = [os.stat(path) for path in write_report(paper, tmp_path)]
    assert [(s.st_ino, s.st_mtime_ns) for s in before] == [(s.st_ino, s.st_mtime_ns) for s in after]


def test_a_changed_verdict_is_written(paper: PaperResult, tmp_path: Path) -> None:
    write_report(paper, tmp_path)
    before = contents(tmp_path)
    write_report(without_plots(paper), tmp_path)
    assert contents(tmp_path)["lexmaxmargin.md"] != before["lexmaxmargin.md"]


def test_stale_plots_of_this_paper_go_and_others_stay(paper: PaperResult, tmp_path: Path) -> None:
    write_report(paper, tmp_path)
    write_report(paper.model_copy(update={"slug": "other"}), tmp_path)
    write_report(without_plots(paper), tmp_path)
    assert not (tmp_path / "plots" / "lexmaxmargin").exists()
    assert len(list((tmp_path / "plots" / "other").iterdir())) == 7


def test_the_index_keeps_the_other_papers(paper: PaperResult, tmp_path: Path) -> None:
    write_report(paper.model_copy(update={"slug": "other"}), tmp_path)
    write_report(paper, tmp_path)
    index = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert "(other.md)" in index
    assert "(lexmaxmargin.md)" in index


@pytest.mark.parametrize("slug", ["../up", "a/b", "a\\b", "", ".", "..", "README", "a\n", ".hidden", "a" * 101])
def test_a_slug_cannot_leave_the_folder(paper: PaperResult, tmp_path: Path, slug: str) -> None:
    folder = tmp_path / "reports"
    with pytest.raises(ReportError, match="cannot name a report"):
        write_report(paper.model_copy(update={"slug": slug}), folder)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("link", ["reports", "reports/plots", "reports/plots/lexmaxmargin"])
def test_a_folder_that_is_a_link_is_refused(paper: PaperResult, tmp_path: Path, link: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / link).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / link).symlink_to(elsewhere, target_is_directory=True)
    with pytest.raises(ReportError, match="symbolic link"):
        write_report(paper, tmp_path / "reports")
    assert list(elsewhere.iterdir()) == []


def test_a_file_that_is_a_link_is_replaced_not_followed(paper: PaperResult, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("precious")
    folder = tmp_path / "reports"
    folder.mkdir()
    for name in ("lexmaxmargin.md", "lexmaxmargin.json", "README.md"):
        (folder / name).symlink_to(secret)
    write_report(paper, folder)
    assert secret.read_text() == "precious"
    assert not any(path.is_symlink() for path in folder.iterdir())


def test_a_folder_that_is_a_file_is_refused(paper: PaperResult, tmp_path: Path) -> None:
    (tmp_path / "reports").write_text("x")
    with pytest.raises(ReportError, match="cannot write reports"):
        write_report(paper, tmp_path / "reports")


@pytest.mark.parametrize("step", ["open", "fsync", "replace"])
@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "disk is full"),
        (OSError(errno.EROFS, "Read-only file system"), "read-only"),
        (PermissionError(errno.EACCES, "Permission denied"), "permission denied"),
        (KeyboardInterrupt(), ""),
    ],
)
@pytest.mark.parametrize("after", [0, 3, 5])
def test_a_failure_leaves_whole_files_only(
    paper: PaperResult,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    failure: BaseException,
    words: str,
    after: int,
) -> None:
    write_report(without_plots(paper), tmp_path)
    before = contents(tmp_path)
    real, calls = getattr(os, step), 0

    def failing(*arguments: object) -> object:
        nonlocal calls
        # Locks and flushes open folders; only the files being written are to fail.
        if step == "open" and not str(arguments[0]).endswith(".tmp"):
            return real(*arguments)
        calls += 1
        if calls > after:
            raise failure
        return real(*arguments)

    monkeypatch.setattr(write.os, step, failing)
    with pytest.raises(KeyboardInterrupt if isinstance(failure, KeyboardInterrupt) else ReportError) as caught:
        write_report(paper, tmp_path)
    monkeypatch.undo()
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    now = contents(tmp_path)
    assert not any(name.endswith(".tmp") for name in now)
    write_report(paper, tmp_path)
    whole = contents(tmp_path)
    assert all(text in (before.get(name), whole[name]) for name, text in now.items())


def test_two_checks_of_one_name_get_two_files(paper: PaperResult) -> None:
    claim = paper.claims[0]
    measure = claim.measures[0]
    shouted = measure.model_copy(update={"run": measure.run.upper()})
    twice = claim.model_copy(update={"measures": (measure, measure, shouted)})
    paths = figure_paths(paper.model_copy(update={"claims": (twice,)}))
    assert len({path.casefold() for path in paths.values()}) == len(paths) == 12


def test_names_of_plots_hold_nothing_but_letters(paper: PaperResult) -> None:
    claim = paper.claims[0].model_copy(update={"id": "../../etc/passwd\x00" + "x" * 300})
    for path in figure_paths(paper.model_copy(update={"claims": (claim,)})).values():
        assert path.startswith("plots/lexmaxmargin/etc-passwd-x")
        assert ".." not in path
        assert len(path.rsplit("/", 1)[1]) < 255
