"""Well-formed claims that make provers hang or grow, through the real command: limits hold, nothing is left, no false PASS."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path
from typing import Any

import pytest

from checker import targets
from checker.cli import main
from checker.commands.replay_report import parts_of
from checker.errors import CheckError
from checker.prove.replay import at_point
from checker.report.audit import edited, read_report
from checker.report.errors import ReportError
from checker.report.json_report import dump
from checker.report.plots import draw
from checker.spec.load import load_paper
from tests.hostile.cases import MARKUP, toy
from tests.hostile.provers import OBLIGATIONS, QUICK, amiss, asked, claim_file
from tests.report.report_sample import sample_paper

Capture = pytest.CaptureFixture[str]


def test_provers_are_stopped_and_nothing_is_left(tmp_path: Path) -> None:
    found, seen = asked(tmp_path, QUICK, 0.3)
    assert [one.name for one in found] == list(QUICK)
    assert not [one for one in found if one.wrong]
    assert not amiss(seen)
    assert any(one.reason == "no answer within its time limit of 0.3 s" for one in found)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cache", "complaint", "reports", "said", "toy.yaml"]


def test_explain_says_what_provers_may_take(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.chdir(tmp_path)
    Path("toy.yaml").write_text(claim_file(OBLIGATIONS, 600))
    Path("reports").mkdir()
    os.mkfifo("reports/toy.json")  # where the times of the last run are looked for
    assert main(["explain", "toy.yaml"]) == 0
    said = capsys.readouterr().out
    assert said.count("2 questions to provers, each stopped after 600 s, 1200 s in all") == len(OBLIGATIONS)


@pytest.mark.parametrize("value", ["1e999999999", "1e-99999", "1" * 3000, "7 / 4", "1_0", "nan", "inf", "\u0661"])
def test_a_point_is_an_exact_number_of_moderate_size(value: str, tmp_path: Path) -> None:
    (tmp_path / "toy.yaml").write_text(claim_file(["tower"], 1))
    ((_, obligation),) = load_paper(tmp_path / "toy.yaml").claims[0].lemmas[0].members
    with pytest.raises(CheckError, match="expected an exact number"):
        list(at_point(obligation, {"x": value}))


# What may stand anywhere in a JSON file that says that it is a report.
VALUES: tuple[Any, ...] = (
    *("", "x" * 5000, "../../etc/passwd", "/etc/passwd", "\x1b[31m", "\n::error::x", "<script>", "\u202e", "NaN", "1e999"),
    *(0, -1, 10**30, 1.5, float("nan"), float("inf"), 1e308, 5e-324, None, True, [], {}, [[]], {"a": 1}, [0] * 1000),
    *("README", "con", "PASS", "DISAGREE", "large", "\ud800", "\0"),
)


def _holders(value: Any) -> list[tuple[Any, Any]]:
    """Every place in a JSON value: the list or map, and the key in it."""
    keys = list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []
    return [(value, key) for key in keys] + [one for key in keys for one in _holders(value[key])]


def test_a_report_may_say_anything(tmp_path: Path) -> None:
    draws = random.Random(5)
    path = tmp_path / "sample.json"
    whole = dump(sample_paper())
    outcomes = set()
    for _ in range(120):
        data = json.loads(whole)
        holder, key = draws.choice(_holders(data))
        holder[key] = draws.choice(VALUES)
        path.write_text(json.dumps(data))
        try:
            report = read_report(path)
        except ReportError as refused:
            outcomes.add("refused" if "\n" not in str(refused) else "several lines")
            continue
        assert all("\n" not in said for said in edited(report))
        outcomes.add("read" if list(parts_of(report)) else "empty")
    assert outcomes - {"empty"} == {"read", "refused"}


CONTENTS = {
    "nested": "[" * 100_000,
    "a long number": '{"schema_version": ' + "1" * 10_000 + "}",
    "a list": "[]",
    "text": '"\x1b[31m"',
    "not JSON": "\x1b[31m::error::\n##[x",
    "another version": '{"schema_version": "\\u001b[31m\\n::error::"}',
    "surrogates": '{"schema_version": 1, "summary": "\\ud800", "claims": [], "provenance": {"checksum": "x"}}',
}


@pytest.mark.parametrize("verb", ["verify-reports", "replay"])
@pytest.mark.parametrize("name", [*sorted(CONTENTS), "a pipe", "a link", "a terabyte"])
def test_what_is_no_report_is_said_in_a_line(
    verb: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.chdir(tmp_path)
    path = Path("reports/toy.json")
    path.parent.mkdir()
    if name == "a pipe":
        os.mkfifo(path)
    elif name == "a link":
        path.symlink_to("/dev/zero")
    else:
        path.write_text(CONTENTS.get(name, ""))
        if name == "a terabyte":
            os.truncate(path, 2**40)
    assert main([verb, "reports" if verb == "verify-reports" else str(path)]) in (1, 2)
    said = capsys.readouterr()
    lines = [*said.out.splitlines(), *said.err.splitlines()]
    assert any("reports/toy.json" in line for line in lines)
    assert len(lines) <= 3, "the file, the index, the summary"
    assert all(line.isprintable() and not line.startswith("::") for line in lines)


def test_names_in_a_report_drive_no_terminal_and_lead_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    (tmp_path / "inside" / "reports").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "inside")
    (tmp_path / "outside.yaml").write_text(toy())
    sample = sample_paper()
    claim = sample.claims[0].model_copy(update={"id": "\x1b[31m\n::stop-commands::x"})
    for slug in ("../outside", "toy"):
        hostile = sample.model_copy(update={"slug": slug, "claims": (claim, *sample.claims[1:])})
        Path("reports/toy.json").write_text(dump(hostile))
        assert main(["verify-reports"]) == 1
        assert main(["replay", "reports/toy.json"]) == 0
        assert main(["replay", "reports/toy.json", f"{claim.id}/x"]) == 2
        said = capsys.readouterr()
        assert "outside.yaml" not in said.out
        lines = [*said.out.splitlines(), *said.err.splitlines()]
        assert all(line.isprintable() and not line.startswith("::") for line in lines)


def test_labels_of_plots_are_text() -> None:
    for claim in sample_paper().claims:
        for measure in claim.measures:
            for check in measure.checks:
                if check.figure is None:
                    continue
                plain = draw(check.figure)
                for text in MARKUP:
                    curves = tuple(curve.model_copy(update={"label": text}) for curve in check.figure.curves)
                    drawn = draw(check.figure.model_copy(update={"x_label": text, "y_label": text, "curves": curves}))
                    for mark in ("<script", "<img", "<!--", "<h1", "</details"):
                        assert mark not in drawn
                    assert drawn.count("<svg") == plain.count("<svg") == 1


ODD = ("file", "/dev/null", "link", "dead", "claims/toy.yaml", "x" * 300)


@pytest.mark.parametrize("place", ODD)
def test_an_odd_place_for_reports_is_refused_at_once(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("claims", "real"):
        Path(name).mkdir()
    Path("claims/toy.yaml").write_text(toy())
    Path("file").write_text("kept")
    Path("link").symlink_to("real")
    Path("dead").symlink_to("nowhere")
    assert main(["claims/toy.yaml", "--scale", "smoke", "--out", place]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(place[:200])
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["claims", "dead", "file", "link", "real", "toy.yaml"]
    assert Path("file").read_text() == "kept"


def test_a_folder_with_too_much_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setattr(targets, "_MOST_ENTRIES", 10)
    for number in range(11):
        (tmp_path / f"{number}").mkdir()
    (tmp_path / "0" / "toy.yaml").write_text(toy())
    assert [main([*verb, str(tmp_path)]) for verb in ([], ["lint"], ["explain"], ["mutate"])] == [2, 2, 2, 2]
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 4
    assert all("more than 10 files and folders to look through" in line for line in lines)
    assert targets.claim_files(tmp_path / "0") == [tmp_path / "0" / "toy.yaml"]


def test_a_file_that_grows_while_it_is_read_or_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "toy.yaml"
    path.write_text(toy())
    real = os.fstat
    with monkeypatch.context() as patch:

        def grown(descriptor: int) -> os.stat_result:
            found = real(descriptor)
            with path.open("a") as stream:
                stream.write("#" * 300_000)
            return found

        patch.setattr("checker.spec.source.os.fstat", grown)
        with pytest.raises(CheckError, match="too large"):
            load_paper(path)

    def denied(*arguments: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("checker.spec.source.os.open", denied)
    with pytest.raises(CheckError, match="cannot be read: Permission denied"):
        load_paper(path)
