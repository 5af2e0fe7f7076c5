"""Which committed reports no longer follow: every kind of edit and change is told, and what is whole is not blamed."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path

import pytest

from checker import provenance
from checker.cli import main
from checker.commands import run, side_by_side
from checker.errors import ExitCode
from checker.report.compare import compare
from checker.report.json_report import dump, load
from checker.report.markdown import render
from tests.verify import toys

ROOT = Path(__file__).parents[2]
REPORTS = Path("reports")
Capture = pytest.CaptureFixture[str]


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def verify(capsys: Capture, *options: str) -> tuple[int, list[str]]:
    capsys.readouterr()
    code = main(["verify-reports", *options])
    return code, capsys.readouterr().out.splitlines()


def test_a_report_that_was_just_written_follows(library: Path, capsys: Capture) -> None:
    assert verify(capsys) == (ExitCode.OK, ["1 report: all follow from the claims and the code"])


def plot() -> Path:
    return sorted((REPORTS / "plots" / "toy").glob("*.svg"))[0]


EDITS: list[tuple[str, Callable[[], object], str]] = [
    ("a verdict in the Markdown", lambda: edit(REPORTS / "toy.md", "**FAIL**", "**PASS**"), "toy.md is not what the JSON"),
    ("a verdict in the JSON", lambda: edit(REPORTS / "toy.json", '"FAIL"', '"PASS"'), "toy.json was changed after"),
    ("a number in the JSON", lambda: edit(REPORTS / "toy.json", '"seeds": 8', '"seeds": 64'), "toy.json was changed after"),
    ("no Markdown", lambda: (REPORTS / "toy.md").unlink(), "toy.md is missing"),
    ("another plot", lambda: edit(plot(), "<svg", "<svg "), "is not what the JSON gives"),
    ("no plot", lambda: plot().unlink(), "is missing"),
    ("one plot more", lambda: plot().with_name("old.svg").write_text("<svg/>"), "plots/toy/old.svg is left over"),
    ("a dispute of nothing", lambda: (REPORTS / "disagreements" / "toy").mkdir(parents=True) or
        (REPORTS / "disagreements" / "toy" / "a.json").write_text("{}"), "disagreements/toy/a.json is left over"),
    ("plots of nothing", lambda: (REPORTS / "plots" / "gone").mkdir(), "gone: plots/gone left over"),
    ("another index", lambda: edit(REPORTS / "README.md", "FAIL", "PASS"), "index: README.md is not what"),
    ("no index", lambda: (REPORTS / "README.md").unlink(), "index: README.md is missing"),
    ("no claim file", lambda: Path("claims/toy.yaml").unlink(), "toy: there is no claim file for it"),
    ("a claim file more", lambda: toys.write(Path(), toys.PROVED, name="more"), "more: claims/more.yaml has no report here"),
    ("half a JSON", lambda: (REPORTS / "toy.json").write_text("{"), "toy: reports/toy.json: not a report"),
    ("another schema", lambda: edit(REPORTS / "toy.json", '"schema_version": 1', '"schema_version": 2'), "schema version 2"),
    ("another name", lambda: (REPORTS / "toy.json").rename(REPORTS / "top.json"), "top.json holds the report of toy"),
    (
        "a claim", lambda: edit(Path("claims/toy.yaml"), "x <= x**2,", "x <= x**2 + 1,"),
        "toy: claim too_strong: changed",
    ),
    ("a claim less", lambda: edit(Path("claims/toy.yaml"), toys.PROVED, ""), "toy: claim square: no longer in the file"),
    (
        "a claim in the file more", lambda: edit(Path("claims/toy.yaml"), toys.PROVED, toys.PROVED + toys.VACUOUS),
        "toy: claim contradictory: not in the report",
    ),
    ("the title", lambda: edit(Path("claims/toy.yaml"), "A toy", "The toy"), "the head of the file changed (title)"),
    ("a broken file", lambda: edit(Path("claims/toy.yaml"), "claims:", "clams:"), "toy.yaml cannot be read any more"),
]  # fmt: skip


@pytest.mark.parametrize(("edited", "said"), [case[1:] for case in EDITS], ids=[case[0] for case in EDITS])
def test_what_is_otherwise_is_said(
    library: Path, capsys: Capture, edited: Callable[[], object], said: str
) -> None:
    edited()
    code, lines = verify(capsys)
    assert code == ExitCode.FAILED
    assert any(said in line for line in lines), lines
    assert any(word in lines[-1] for word in ("not follow", "amiss"))


def test_layout_and_remarks_are_no_change(library: Path, capsys: Capture) -> None:
    edit(Path("claims/toy.yaml"), "claims:\n", "claims:\n\n  # nothing new\n")
    assert verify(capsys)[0] == ExitCode.OK


def test_an_edit_that_is_the_same_in_both_needs_a_run(library: Path, capsys: Capture) -> None:
    """The help says so; whoever also makes the checksum anew has written a report."""
    text = (REPORTS / "toy.json").read_text()
    claims = json.loads(text)["claims"]
    other = load(text.replace(claims[0]["reason"], "it is plain"))
    (REPORTS / "toy.json").write_text(dump(other))
    (REPORTS / "toy.md").write_text(render(other))
    (REPORTS / "README.md").write_text((REPORTS / "README.md").read_text().replace(claims[0]["reason"], "it is plain"))
    assert verify(capsys)[0] == ExitCode.OK
    code, lines = verify(capsys, "--run")
    assert (code, len(lines)) == (ExitCode.OK, 1)  # nothing is stale, so nothing runs
    with made_again(text) as asked:
        code, lines = verify(capsys, "--run", "all", "--jobs", "1")
    assert (asked[0].scale, asked[0].seed, asked[0].no_cache, asked[0].no_mutants) == ("smoke", 3, True, True)
    assert code == ExitCode.FAILED
    assert "made again: the same verdicts, but" in lines[0]
    assert "was it is plain" in lines[0]


@contextmanager
def made_again(text: str) -> Iterator[list[argparse.Namespace]]:
    """Another process that prints ``text`` whatever it is asked, and the options it is asked with."""
    parser, asked = argparse.ArgumentParser(), []
    run.configure(parser)

    @contextmanager
    def running(work: dict[Path, tuple[str, ...]], at_once: int) -> Iterator[dict[Path, Future[str]]]:
        futures: dict[Path, Future[str]] = {}
        for path, arguments in work.items():
            asked.append(parser.parse_args(arguments))
            futures[path] = Future()
            futures[path].set_result(text)
        yield futures

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(side_by_side, "running", running)
        yield asked


def test_a_stale_report_that_comes_out_the_same_counts_as_following(
    library: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (REPORTS / "toy.json").read_text()
    monkeypatch.setattr(provenance, "evidence_hash", lambda: "0" * 64)
    with made_again(text):
        code, lines = verify(capsys, "--run")
    assert code == ExitCode.OK
    assert "made again: the same verdicts and all" in lines[1]
    with made_again(text.replace('"verdict": "FAIL"', '"verdict": "PASS"')):
        code, lines = verify(capsys, "--run")
    assert code == ExitCode.FAILED
    assert "verdicts are others (too_strong: was FAIL, is PASS" in lines[1]
    with made_again("the process broke"):
        code, lines = verify(capsys, "--run")
    assert code == ExitCode.FAILED
    assert "made again: not a report" in lines[1]


def test_code_and_packages_are_told_and_may_be_passed_over(
    library: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provenance, "evidence_hash", lambda: "0" * 64)
    monkeypatch.setattr(provenance, "versions", lambda: {"python": "2.7"})
    code, lines = verify(capsys)
    assert code == ExitCode.FAILED
    assert "toy: the code that makes evidence changed (was " in lines[0]
    assert lines[0].endswith("is 000000000000)")
    assert "python was " in lines[1]
    assert "sympy was 1." in lines[1]
    assert "is not installed" in lines[1]
    assert verify(capsys, "--ignore", "code")[0] == ExitCode.FAILED
    assert verify(capsys, "--ignore", "code", "--ignore", "packages")[0] == ExitCode.OK


def test_what_prints_may_change_as_long_as_it_prints_the_same(
    library: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provenance, "presentation_hash", lambda: "0" * 64)
    assert verify(capsys)[0] == ExitCode.OK
    edit(REPORTS / "toy.md", "FAIL", "fail")
    assert any("the code that prints reports changed" in line for line in verify(capsys)[1])


def test_mistakes_of_the_user(library: Path, capsys: Capture) -> None:
    assert main(["verify-reports", "nowhere"]) == ExitCode.USAGE
    assert main(["verify-reports", "--claims", "nowhere"]) == ExitCode.USAGE
    Path("empty/reports").mkdir(parents=True)
    Path("empty/reports/README.md").write_text("")
    assert main(["verify-reports", "empty/reports"]) in (ExitCode.USAGE, ExitCode.FAILED)


def test_two_reports_side_by_side() -> None:
    paper = load(sorted((ROOT / "reports").glob("*.json"))[0].read_text())
    assert compare(paper, paper).same
    claim = paper.claims[0]
    slower = claim.model_copy(update={"measures": tuple(m.model_copy(update={"seconds": 9.0}) for m in claim.measures)})
    assert compare(paper, paper.model_copy(update={"claims": (slower, *paper.claims[1:])})).same
    shorter = compare(paper, paper.model_copy(update={"claims": paper.claims[1:]}))
    assert [str(one) for one in shorter.verdicts] == [f"{claim.id}: was {claim.verdict}, is missing"]
    other = claim.model_copy(update={"headline": "otherwise"})
    found = compare(paper, paper.model_copy(update={"claims": (other, *paper.claims[1:])}))
    assert [one.where for one in found.others] == [f"{claim.id}/headline"]
    assert not found.verdicts


def test_it_imports_no_engine(library: Path) -> None:
    script = (
        "import sys; from checker.cli import main\n"
        "main(['verify-reports'])\n"
        "print([name for name in ('jax', 'numpy', 'scipy', 'sympy', 'z3', 'flint') if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
    )  # fmt: skip
    assert done.stderr.strip() == "[]"
    assert "1 report: " in done.stdout
