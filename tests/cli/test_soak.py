"""The soak: what counts as a flake, its rate, and that a soak that was stopped goes on from what is whole."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path

import pytest

from checker import provenance
from checker.cli import main
from checker.commands import run, side_by_side
from checker.errors import CheckError, ExitCode
from checker.report.json_report import dump, load
from checker.report.soak import Soak, gather, lines, markdown, rates
from checker.result import ClaimResult, MeasureResult, PaperResult
from checker.verdict import Verdict
from tests.verify import toys

Capture = pytest.CaptureFixture[str]
P, F, U, E = Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.ERROR


def claim(name: str, verdict: Verdict, expected: Verdict = P, measured: str = "") -> ClaimResult:
    """A claim with a measurement that found ``measured``, or with none."""
    measure = MeasureResult(run=measured, experiment="evaluate", summary="", seeds=8, checks=(), controls=())
    return ClaimResult(
        id=name, statement="", source={}, origin="paper", strength=None, verdict=verdict, how=(), headline="", reason="",
        expected=expected, as_expected=verdict is expected, measures=(measure,) if measured else (),
    )  # fmt: skip


def paper(seed: int, *claims: ClaimResult, scale: str = "smoke") -> PaperResult:
    return PaperResult(
        slug="toy", title="", arxiv=None, authors=(), year=None, verdict=P, claims=claims, seed=seed, scale=scale
    )


def soaked() -> Soak:
    return gather(
        paper(
            seed,
            claim("steady", P, measured=f"run {seed}"),
            claim("finding", P if seed == 3 else F, F, measured=f"run {seed}"),
            claim("flaky", (P, U, F, E)[seed], measured=f"run {seed}"),
            claim("fixed", P, measured="always"),
            claim("proof", U if seed == 2 else P),
            claim("open", P if seed == 1 else U, U, measured=f"run {seed}"),
        )
        for seed in (2, 0, 3, 1)
    )


def test_flakes_are_split_by_what_they_mean() -> None:
    soak = soaked()
    assert soak.seeds == (0, 1, 2, 3)
    assert [row.claim for row in soak.counted] == ["toy/finding", "toy/flaky", "toy/open", "toy/steady"]
    assert [row.claim for row in soak.apart] == ["toy/fixed", "toy/proof"]
    kinds = [(name, outcome.seed, outcome.kind) for name, outcome in soak.unmet]
    assert kinds == [
        ("toy/finding", 3, "contradiction"),  # PASS where FAIL is expected
        ("toy/flaky", 1, "undecided"), ("toy/flaky", 2, "contradiction"), ("toy/flaky", 3, "error"),
        ("toy/open", 1, "decided"),
        ("toy/proof", 2, "undecided"),
    ]  # fmt: skip
    assert [(name, outcome.seed) for name, outcome in soak.contradictions] == [("toy/finding", 3), ("toy/flaky", 2)]


def test_the_rate_is_of_claims_that_depend_on_the_seed() -> None:
    """5 of 16 at 95 %: [0.1102, 0.5866] in the tables of Clopper and Pearson's interval; 0 of 16: 1 - 0.025^(1/16)."""
    said = rates(soaked())
    assert said[0] == "flakes: 5 of 16 runs, 31.2 % (95% interval 11 % to 59 %)"
    assert said[1].startswith("contradictions: 2 of 16 runs, 12.5 %")
    assert [line.split(":")[0] for line in said[2:5]] == ["undecided", "errors", "decided against expectation"]
    assert said[5] == "beside them, flakes of claims that do not depend on the seed: 1 of 8 runs"
    clean = gather(paper(seed, claim("steady", P, measured=str(seed))) for seed in range(16))
    assert rates(clean)[0] == "flakes: 0 of 16 runs, 0 % (95% interval 0 % to 21 %)"
    assert rates(gather([paper(0, claim("proof", P))])) == ["No claim whose evidence depends on the seed."]


def test_the_table_has_the_counts_and_the_same_bytes_in_any_order() -> None:
    text = markdown(soaked(), "check soak toy")
    assert "| `toy/flaky` | PASS | 4 | 1 | 1 | 1 | 1 | 0 | 3 |" in text
    assert "- contradiction: `toy/finding`, seed 3: PASS" in text
    assert "Seeds: 0, 1, 2, 3." in text
    assert any(line.split() == ["toy/flaky", "PASS", "4", "1", "1", "1", "1", "0", "3"] for line in lines(soaked()))
    for heading in ("Claims that depend on the seed", "the same to the last digit under every seed", "Proved only"):
        assert heading in text
    reports = [paper(seed, claim("steady", P, measured=str(seed))) for seed in range(3)]
    assert markdown(gather(reports), "") == markdown(gather(reversed(reports)), "")


def test_reports_of_two_scales_make_no_table() -> None:
    with pytest.raises(ValueError, match="different scales"):
        gather([paper(0, claim("a", P)), paper(1, claim("a", P), scale="standard")])


def test_one_seed_alone_cannot_show_that_nothing_depends_on_it() -> None:
    assert [row.claim for row in gather([paper(0, claim("fixed", P, measured="always"))]).counted] == ["toy/fixed"]


@contextmanager
def verified(broken: int | None = None) -> Iterator[list[tuple[int, str]]]:
    """Instead of processes: the report of the library for every seed; the seed ``broken`` ends without one."""
    parser = argparse.ArgumentParser()
    run.configure(parser)
    ran: list[tuple[int, str]] = []
    stored = load(Path("reports/toy.json").read_text())

    @contextmanager
    def running(work: Mapping[Path, tuple[str, ...]], at_once: int) -> Iterator[dict[Path, Future[str]]]:
        futures: dict[Path, Future[str]] = {}
        for path, arguments in work.items():
            options = parser.parse_args(arguments)
            assert path == Path(options.out, "toy.json")
            assert options.no_mutants
            ran.append((options.seed, options.scale))
            futures[path] = Future()
            if options.seed == broken:
                futures[path].set_exception(CheckError("killed", ExitCode.INTERNAL))
                continue
            made = stored.provenance
            assert made is not None
            result = stored.model_copy(
                update={"seed": options.seed, "provenance": made.model_copy(update={"seed": options.seed})}
            )
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dump(result))
            futures[path].set_result(dump(result))
        yield futures

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(side_by_side, "running", running)
        yield ran


def soak(*options: str) -> int:
    return main(["soak", "toy", "--scale", "smoke", "--fresh-seeds", "3", "--quiet", "--out", "kept", *options])


def test_a_soak_that_was_stopped_goes_on_from_what_is_whole(
    library: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    with verified(broken=7) as ran:
        assert soak("--from", "5") == ExitCode.INTERNAL
    said = capsys.readouterr().out
    assert said.splitlines()[0] == (
        "seeds 5 to 7; to repeat it, or to go on: check soak toy --fresh-seeds 3 --from 5 --scale smoke"
    )
    assert "not run: seed-7/toy: killed" in said
    assert ran == [(5, "smoke"), (6, "smoke"), (7, "smoke")]
    with verified() as ran:
        assert soak("--from", "5") == ExitCode.FAILED  # two claims of the toy are false
    assert ran == [(7, "smoke")]
    with verified() as ran:
        assert soak("--from", "5") == ExitCode.FAILED
    assert ran == []
    path = Path("kept/seed-6/toy.json")
    text = path.read_text()
    other_verdict, other_seed = ('"verdict": "FAIL"', '"verdict": "PASS"'), ('"seed": 6', '"seed": 8')
    for damaged in (text[:-40], text.replace(*other_verdict, 1), text.replace(*other_seed)):
        path.write_text(damaged)
        with verified() as ran:
            soak("--from", "5")
        assert ran == [(6, "smoke")]
    monkeypatch.setattr(provenance, "evidence_hash", lambda: "0" * 64)  # other code: nothing of it counts
    with verified() as ran:
        soak("--from", "5")
    assert [seed for seed, _ in ran] == [5, 6, 7]


def test_seeds_are_fresh_unless_they_are_named(library: Path, capsys: Capture) -> None:
    firsts = set()
    for folder in ("one", "two"):
        with verified() as ran:
            main(["soak", "toy", "--scale", "smoke", "--fresh-seeds", "2", "--quiet", "--out", folder])
        assert ran[1][0] == ran[0][0] + 1
        firsts.add(ran[0][0])
    assert len(firsts) == 2
    assert all(0 <= first < 2**31 for first in firsts)


def test_the_table_is_kept_and_made_of_what_lies_there(library: Path, capsys: Capture) -> None:
    with verified():
        assert soak("--from", "5", "--write") == ExitCode.FAILED
    text = Path("reports/soak.md").read_text()
    assert "Written by `check soak toy --fresh-seeds 3 --from 5 --scale smoke`." in text
    assert "contradiction: `toy/too_strong`, seed 5: FAIL" in text
    capsys.readouterr()
    assert main(["soak", "--results", "kept"]) == ExitCode.FAILED
    said = capsys.readouterr().out
    assert "contradiction: toy/cauchy_schwarz, seed 7: FAIL" in said
    path = Path("kept/seed-6/toy.json")
    path.write_text(path.read_text().replace('"verdict": "FAIL"', '"verdict": "PASS"', 1))
    assert main(["soak", "--results", "kept"]) == ExitCode.USAGE
    assert "was changed after it was written" in capsys.readouterr().err


def test_a_kept_soak_is_no_report_of_a_paper(library: Path, capsys: Capture) -> None:
    Path("reports/soak.md").write_text("# Soak\n")
    assert main(["verify-reports"]) == ExitCode.OK


def test_mistakes_of_the_user(library: Path, capsys: Capture) -> None:
    assert main(["soak"]) == ExitCode.NOTHING_SELECTED
    assert main(["soak", "nonsense"]) == ExitCode.USAGE
    assert main(["soak", "--results", "nowhere"]) == ExitCode.USAGE
    assert main(["soak", "toy", "--results", "reports"]) == ExitCode.USAGE
    Path("none").mkdir()
    assert main(["soak", "--results", "none"]) == ExitCode.NOTHING_SELECTED
    toys.write(Path("second"), toys.PROVED)
    assert main(["soak", "toy", "second", "--fresh-seeds", "1"]) == ExitCode.USAGE
    assert "one name" in capsys.readouterr().err
    for wrong in (["--fresh-seeds", "0"], ["--from", "-1"], ["--from", str(2**31)]):
        with pytest.raises(SystemExit):
            main(["soak", "toy", *wrong])


def test_undecided_counts_only_when_strict(library: Path, tmp_path: Path) -> None:
    text = Path("reports/toy.json").read_text()
    data = json.loads(text)
    for one in data["claims"]:
        if one["verdict"] == "FAIL":
            one.update(verdict="INCONCLUSIVE")
    Path("kept").mkdir()
    Path("kept/toy.json").write_text(dump(load(json.dumps(data))))
    assert main(["soak", "--results", "kept"]) == ExitCode.OK
    assert main(["soak", "--results", "kept", "--strict"]) == ExitCode.FAILED
