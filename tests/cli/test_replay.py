"""Replays: from a report everything in it, compared with what is stored; and every command that a report prints."""

from __future__ import annotations

import argparse
import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import checker
from checker import provenance
from checker.cli import main
from checker.commands import replay
from checker.errors import ExitCode
from checker.report.json_report import dump, load
from checker.targets import resolve

ROOT = Path(__file__).parents[2]
REPORT = Path("reports/toy.json")
Capture = pytest.CaptureFixture[str]


def replayed(capsys: Capture, *arguments: str) -> tuple[int, str]:
    capsys.readouterr()
    code = main(["replay", str(REPORT), *arguments])
    return code, capsys.readouterr().out


def rewrite(change: Callable[[dict[str, Any]], None]) -> None:
    """A report with something else stored in it, and the checksum of that."""
    data = json.loads(REPORT.read_text())
    change(data)
    REPORT.write_text(dump(load(json.dumps(data))))


def part(data: dict[str, Any], claim: str) -> dict[str, Any]:
    return next(one for one in data["claims"] if one["id"] == claim)


def witness(data: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = part(data, "cauchy_schwarz")["measures"][0]["checks"][0]["witness"]
    return found


def test_the_list_has_everything_that_can_be_replayed(library: Path, capsys: Capture) -> None:
    code, said = replayed(capsys)
    assert code == ExitCode.OK
    addresses = [line.split("  ")[0] for line in said.splitlines()]
    assert addresses == [
        "square/square", "square/square#1", "too_strong/below", "too_strong/below#1", "cauchy_schwarz/vectors",
        "cauchy_schwarz/bound", "cauchy_schwarz/vectors#1", "true_bound/vectors", "true_bound/bound", "true_bound/vectors#1",
    ]  # fmt: skip
    assert re.search(r"cauchy_schwarz/bound  FAIL at seed = -?\d+: measured (0\.9|1)", said)
    assert "true_bound/bound  PASS, no witness: measured again in full" in said


def test_a_measured_witness_is_measured_again_and_compared(library: Path, capsys: Capture) -> None:
    code, said = replayed(capsys, "cauchy_schwarz/bound")
    assert code == ExitCode.OK, said
    assert said.endswith(": the same\n")
    assert "differs" not in said

    def moved(data: dict[str, Any]) -> None:
        witness(data)["low"] = witness(data)["high"] = witness(data)["high"] + 1e-9

    rewrite(moved)
    code, said = replayed(capsys, "cauchy_schwarz/bound")
    assert code == ExitCode.FAILED
    assert said.endswith(": different\n")


def test_a_whole_measurement_is_judged_again_with_its_controls(library: Path, capsys: Capture) -> None:
    code, said = replayed(capsys, "true_bound/vectors")
    assert code == ExitCode.OK, said
    assert "bound: stored PASS, came out PASS; 1 interval, 0 different: the same" in said
    assert "near miss at_most: 1 - 1/10: stored FAIL" in said

    def other(data: dict[str, Any]) -> None:
        measure = part(data, "true_bound")["measures"][0]
        measure["checks"][0]["cells"][0]["interval"]["hi"] += 1e-3
        measure["controls"][0]["verdict"] = "PASS"

    rewrite(other)
    code, said = replayed(capsys, "true_bound/vectors")
    assert code == ExitCode.FAILED
    assert "1 interval, 1 different: different" in said
    assert "near miss at_most: 1 - 1/10: stored PASS" in said


def test_obligations_and_near_misses_are_asked_again_and_their_witness_put_in(library: Path, capsys: Capture) -> None:
    for address in ("too_strong/below", "square/square#1", "square/square"):
        code, said = replayed(capsys, address)
        assert code == ExitCode.OK, said
        assert ": the same;" in said
        assert (": does not hold; left" in said) == (address != "square/square")
        assert "device" not in said

    def wrong(data: dict[str, Any]) -> None:
        part(data, "too_strong")["lemmas"][0]["members"][0]["witness"] = {"x": "2"}
        part(data, "square")["lemmas"][0]["members"][0]["verdict"] = "INCONCLUSIVE"

    rewrite(wrong)
    code, said = replayed(capsys, "too_strong/below")
    assert code == ExitCode.FAILED
    assert "stored at x = 2: different, it refutes nothing there" in said
    code, said = replayed(capsys, "square/square")
    assert code == ExitCode.FAILED
    assert "stored INCONCLUSIVE, came out PASS: different" in said


def test_what_differs_from_the_report_is_said_line_by_line(
    library: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provenance, "evidence_hash", lambda: "0" * 64)
    monkeypatch.setattr(checker, "__version__", "9.9")
    monkeypatch.setattr("checker.simulate.device.described", lambda device: "gpu: some card")
    now = provenance.versions()
    monkeypatch.setattr(provenance, "versions", lambda: {**now, "numpy": "1.0"})
    claims = Path("claims/toy.yaml")
    claims.write_text(claims.read_text().replace("x**2 >= 0", "x**2 >= -1"))
    monkeypatch.setattr("checker.commands.replay_report._again", lambda *given: (["run"], True))
    code, said = replayed(capsys, "true_bound/bound")
    differing = [line.strip() for line in said.splitlines() if line.startswith("  differs: ")]
    assert code == ExitCode.OK
    assert [line.split()[1] for line in differing] == ["claim", "the", "numpy", "check", "device"]
    assert differing[0] == "differs: claim square: changed"
    assert differing[2].endswith("is 1.0")
    assert differing[3] == f"differs: check was {provenance_of(REPORT)['checker']}, is 9.9"
    assert differing[4].endswith(", is gpu: some card")
    REPORT.write_text(REPORT.read_text().replace('"seeds": 8', '"seeds": 16'))
    assert "differs: toy.json was changed after it was written" in replayed(capsys, "true_bound/bound")[1]


def provenance_of(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text())["provenance"]
    return found


def test_what_has_nothing_to_replay_says_so(library: Path, capsys: Capture) -> None:
    def unjudged(data: dict[str, Any]) -> None:
        control = part(data, "true_bound")["measures"][0]["controls"][0]
        control.update(verdict=None, rejected=False, check="", reason="not judged: the claim was decided against before")
        part(data, "cauchy_schwarz")["measures"][0]["unsupported"] = "no such model"

    rewrite(unjudged)
    assert "nothing to replay: no such model" in replayed(capsys)[1]
    for address in ("true_bound/bound#1", "cauchy_schwarz/vectors"):
        code, said = replayed(capsys, address)
        assert code == ExitCode.OK
        assert "nothing to replay: " in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["reports/none.json"], "No such file"),
        (["claims/toy.yaml", "square/square"], "go with the JSON of a report"),
        (["reports/toy.json", "nothing/bound"], "no claim 'nothing'"),
        (["reports/toy.json", "square/nothing"], "square has no part 'nothing'; it has square"),
        (["reports/toy.json", "square/square#2"], "square has no part 'square#2'"),
        (["reports/toy.json", "square/square", "--seed", "1"], "--seed: is read from the report"),
        (["reports/toy.json", "square/square", "--at", "n=1"], "--at: is read from the report"),
        (["reports/toy.json", "square/square", "--member", "N = 1"], "no member 'N = 1'"),
        (["reports/toy.json", "square/square", "--claims", "reports"], "no claim file toy.yaml for it"),
        (["reports/README.json"], "No such file"),
    ],
)
def test_mistakes_exit_2_in_one_line(library: Path, capsys: Capture, arguments: list[str], said: str) -> None:
    capsys.readouterr()
    assert main(["replay", *arguments]) == ExitCode.USAGE
    error = capsys.readouterr().err
    assert said in error
    assert len(error.splitlines()) == 1


def test_a_claim_that_is_gone_exits_2(library: Path, capsys: Capture) -> None:
    claims = Path("claims/toy.yaml")
    claims.write_text(claims.read_text().replace("  too_strong:", "  renamed:"))
    assert main(["replay", str(REPORT), "too_strong/below"]) == ExitCode.USAGE
    assert "has no too_strong/below any more" in capsys.readouterr().err


def printed() -> list[tuple[str, str]]:
    """Every replay command in the reports of record, with its report."""
    return [
        (path.stem, command)
        for path in sorted((ROOT / "reports").glob("*.md"))
        for command in re.findall(r"`(check replay [^`]+)`", path.read_text(encoding="utf-8"))
    ]


def test_every_command_that_a_report_prints_can_be_pasted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    parser = argparse.ArgumentParser(exit_on_error=False)
    replay.configure(parser)
    found = printed()
    assert len(found) >= 20
    for slug, command in found:
        options = parser.parse_args(shlex.split(command)[2:])
        target = resolve([options.target])[0]
        assert target.path == Path("claims") / f"{slug}.yaml", command
        claims = {claim["id"]: claim for claim in json.loads(Path("reports", f"{slug}.json").read_text())["claims"]}
        lemmas = {lemma["name"]: lemma for lemma in claims[str(target.claim)]["lemmas"]}
        checks = {check["name"] for measure in claims[str(target.claim)]["measures"] for check in measure["checks"]}
        if options.member is not None:
            assert options.member in {member["label"] for member in lemmas[str(target.part)]["members"]}, command
        assert target.part in checks | set(lemmas), command


def test_one_of_them_runs(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.chdir(ROOT)
    command = next(command for _, command in printed() if "only_the_spline/unique" in command)
    assert main(shlex.split(command)[1:]) == ExitCode.OK
    assert "FAIL" in capsys.readouterr().out


def test_a_disagreement_shows_both_answers_and_asks_again(library: Path, capsys: Capture) -> None:
    def disputed(data: dict[str, Any]) -> None:
        member = part(data, "too_strong")["lemmas"][0]["members"][0]
        opinions = [{"engine": "one", "value": "3"}, {"engine": "other", "value": "4"}]
        member.update(verdict="DISAGREE", witness={"x": "1/2"}, dispute={"expression": "x**2", "opinions": opinions})

    rewrite(disputed)
    code, said = replayed(capsys, "too_strong/below")
    assert code == ExitCode.FAILED
    assert "stored DISAGREE, came out FAIL: different" in said
    assert "stored: one says 3 of x**2" in said
    assert "stored: other says 4 of x**2" in said
    assert "stored at x = 1/2" in said
