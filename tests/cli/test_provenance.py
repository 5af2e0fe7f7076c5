"""What a report follows from: hashes that change with what they speak of, and with nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import jax
import pytest

from checker import __version__, api, provenance
from checker.report.errors import ReportError
from checker.report.json_report import dump, intact, load
from checker.simulate.device import described
from checker.spec.load import load_paper, load_text
from tests.cli.conftest import CODE
from tests.verify import toys

ROOT = Path(__file__).parents[2]
TEXT = toys.HEAD + toys.PROVED + toys.REFUTED + toys.bound("1")


def hashes(text: str, scale: str = "smoke") -> dict[str, str]:
    return provenance.claim_hashes(load_text(text, "toy", "toy.yaml", scale).claims)


def changed(text: str) -> set[str]:
    was, now = hashes(TEXT), hashes(text)
    return {name for name in was if was[name] != now[name]}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("show: x**2 >= 0", "show: x**2 >= -1", {"square"}),
        ("show: x**2 >= 1/100", "show: x**2 >= 1/99", {"square"}),  # a near miss
        ("because: false near 0", "because: false at 0", {"square"}),  # a word that the report prints
        ("x: {domain: real}", "x: {domain: positive}", {"square", "too_strong"}),  # a symbol of both
        ("b: {domain: positive}", "b: {domain: real}", set()),  # a symbol of none
        ("sizes: {n: 4}", "sizes: {n: 5}", {"cauchy_schwarz"}),  # the run that it reads
        ("within: 0.001", "within: 0.002", {"cauchy_schwarz"}),
        ("attained: true", "attained: false", {"cauchy_schwarz"}),
        ("claims:\n", "claims:\n  # a remark\n\n", set()),
        ("x**2 >= 0,", "x**2  >=  0, ", set()),
        ("title: A toy", "title: Another toy", set()),  # the head of the file
    ],
)
def test_a_change_is_one_of_the_claims_it_is_about(old: str, new: str, expected: set[str]) -> None:
    assert TEXT.count(old) >= 1
    assert changed(TEXT.replace(old, new)) == expected


def test_the_order_of_words_does_not_depend_on_the_process() -> None:
    script = (
        "from checker.spec.load import load_paper; from checker.provenance import claim_hashes\n"
        "print(sorted(claim_hashes(load_paper('claims/univariate_relu_norm.yaml').claims).items()))"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT), "PATH": ""},
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(said) == 1


def test_every_claim_of_the_library_has_a_hash_of_its_own() -> None:
    for path in sorted((ROOT / "claims").glob("*.yaml"))[:2]:
        found = provenance.claim_hashes(load_paper(path).claims)
        assert len(set(found.values())) == len(found) >= 3


def test_the_code_is_split_by_what_it_can_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("prove/a.py", "report/b.py", "commands/c.py", "result.py", "new_room/d.py", "execute/receipts.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    monkeypatch.setattr(provenance, "__file__", str(tmp_path / "provenance.py"))

    def halves() -> tuple[str, str]:
        return provenance.evidence_hash(), provenance.presentation_hash()

    for name, which in (
        ("prove/a.py", (True, False)), ("report/b.py", (False, True)), ("commands/c.py", (False, False)),
        ("result.py", (False, True)), ("new_room/d.py", (True, False)), ("execute/receipts.py", (False, False)),
    ):  # fmt: skip
        before = halves()
        (tmp_path / name).write_text("x = 1")
        assert tuple(was != now for was, now in zip(before, halves(), strict=True)) == which, name


def test_a_run_asks_for_the_same_hashes() -> None:
    assert api.evidence_hash is provenance.evidence_hash
    assert api.presentation_hash is provenance.presentation_hash


def test_the_names_of_the_split_exist() -> None:
    for name in (*provenance.PRESENTATION, *provenance.NEITHER):
        assert (ROOT / "checker" / name).exists(), name


def test_the_report_says_enough_to_repeat_it(library: Path) -> None:
    text = Path("reports/toy.json").read_text()
    said = json.loads(text)["provenance"]
    assert said["checker"] == __version__
    assert said["device"] == described("auto") != "auto"
    assert (said["device_asked"], said["dtype"], said["scale"], said["seed"]) == ("auto", "float64", "smoke", 3)
    assert said["evidence_hash"] == said["presentation_hash"] == CODE
    assert len(said["code_hash"]) == len(said["content_hash"]) == 64
    assert said["mutants"] is False
    assert said["only"] == []
    assert said["error_budget"] == 1e-4
    assert said["claims"] == provenance.claim_hashes(load_paper("claims/toy.yaml", scale="smoke").claims)
    assert {"python", "jax", "jaxlib", "sympy", "z3-solver", "python-flint"} <= set(said["versions"])
    measures = [measure for claim in load(text).claims for measure in claim.measures]
    assert [(measure.seeds, measure.sizes) for measure in measures] == [(8, (8,)), (8, (8,))]
    witness = next(check.witness for measure in measures for check in measure.checks if check.witness is not None)
    assert witness.low is not None
    assert witness.low == witness.high
    assert witness.error is not None
    assert 0.9 < witness.low <= 1 + 1e-12
    assert witness.error < 1e-12


def test_a_device_is_never_a_host_name() -> None:
    import socket

    assert described("cpu") == "cpu"
    assert socket.gethostname() not in described("auto")
    assert described("auto").startswith(jax.devices()[0].platform)


def test_the_checksum_tells_of_every_edit(library: Path) -> None:
    text = Path("reports/toy.json").read_text()
    assert intact(text) is True
    assert intact(dump(load(text))) is True
    for old, new in (('"PASS"', '"FAIL"'), ('"seeds": 8', '"seeds": 9'), ('"seed": 3', '"seed": 4')):
        assert intact(text.replace(old, new, 1)) is False
    data = json.loads(text)
    del data["provenance"]["checksum"]
    assert intact(json.dumps(data)) is None
    assert load(json.dumps(data)) == load(text)  # reports of before are still read
    for broken in ("", "[]", "{}", '{"provenance": 3}', text[:-30]):
        with pytest.raises(ReportError):
            intact(broken)
