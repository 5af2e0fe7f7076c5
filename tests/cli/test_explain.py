"""What is said before anything runs: engines, regions, near misses, mutants and cost, and none of it drifts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from checker.cli import main
from checker.errors import ExitCode
from checker.prove.registry import MODULES
from checker.prove.routes import _BY_KIND, PREMISE, route
from checker.report.proof_section import SECOND
from checker.spec.load import load_paper
from tests.verify import toys

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def explained(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["explain", *arguments]) == ExitCode.OK
    return capsys.readouterr().out


def test_a_claim_from_its_assumptions_to_its_cost(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    toys.write(tmp_path, toys.PROVED, toys.bound("1"))
    square = explained(capsys, "toy/square")
    assert "proves square (show, covers claim): x**2 >= 0" in square
    assert "asks sampler, intervals, z3" in square
    assert "must refute: show: x**2 >= 1/100 (false near 0)" in square
    assert "cauchy_schwarz" not in square
    bound = explained(capsys, "toy/cauchy_schwarz")
    assert "on 32 instances" in bound
    assert "publishes v[n], w[n]" in bound
    assert "PASS with the interval at most 1" in bound
    assert "must reject: at_most" in bound
    assert "mutants: up to " in bound
    assert "1 simulation to compile and run" in bound
    assert "the last time" not in bound
    assert "on 8 instances" in explained(capsys, "toy/cauchy_schwarz", "--scale", "smoke")


def test_the_time_of_the_last_run_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    toys.write(tmp_path, toys.PROVED)
    (tmp_path / "reports").mkdir()
    timings = {"square/square/0": 1.5, "square/square/show: x (y)/0": 0.5, "other/part/0": 7.0}
    (tmp_path / "reports" / "toy.json").write_text(json.dumps({"provenance": {"timings": timings}}))
    assert "2.0 s the last time" in explained(capsys, "toy/square")
    (tmp_path / "reports" / "toy.json").write_text("[")
    assert "the last time" not in explained(capsys, "toy/square")


def test_one_broken_file_does_not_silence_the_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    toys.write(tmp_path, toys.PROVED)
    (tmp_path / "claims" / "broken.yaml").write_text("claims: [\n")
    assert main(["explain", "claims"]) == ExitCode.USAGE
    said = capsys.readouterr()
    assert "toy/square" in said.out
    assert "broken.yaml:" in said.err
    assert main(["explain", "toy/none"]) == ExitCode.NOTHING_SELECTED


def test_every_kind_of_question_has_a_route() -> None:
    assert set(_BY_KIND) | {kind for kind in MODULES if kind.__name__ == "Relation"} == set(MODULES)


@pytest.mark.parametrize("slug", ["aciq_clipping", "implicit_bias_gd", "lexmaxmargin"])
def test_the_engines_announced_are_those_in_the_ledgers(slug: str) -> None:
    claims = load_paper(ROOT / "claims" / f"{slug}.yaml").claims
    lemmas = {(claim.id, lemma.name): lemma for claim in claims for lemma in claim.lemmas}
    report = json.loads((ROOT / "reports" / f"{slug}.json").read_text(encoding="utf-8"))
    compared = 0
    for claim in report["claims"]:
        for lemma in claim["lemmas"]:
            if (claim["id"], lemma["name"]) not in lemmas:
                continue  # the file has changed since the report of record
            announced = route(lemmas[claim["id"], lemma["name"]].members[0][1].question).engines
            used = {line["engine"] for member in lemma["members"] for line in member["evidence"]}
            assert used <= {*announced, *PREMISE, SECOND}, (claim["id"], lemma["name"])
            compared += 1
    assert compared >= 5

