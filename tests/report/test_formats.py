"""JSON, JUnit, annotations, terminal lines and the index."""

from __future__ import annotations

import json
import math
from pathlib import Path
from xml.etree import ElementTree

import pytest

from checker.report.errors import ReportError
from checker.report.github import annotations as annotate
from checker.report.index import read_folder, render_index
from checker.report.json_report import dump, load, load_summary
from checker.report.junit import junit, outcome
from checker.report.summary import summarise
from checker.report.terminal import lines
from checker.report.write import write_report
from checker.result import CellResult, PaperResult, Span
from checker.verdict import Verdict
from tests.report.report_sample import sample_paper
from tests.report.test_escape import HOSTILE
from tests.report.test_markdown import claim_of, structure, with_text


def slower(paper: PaperResult) -> PaperResult:
    """The same findings on a slower machine."""
    claims = tuple(
        claim.model_copy(
            update={"measures": tuple(m.model_copy(update={"seconds": m.seconds + 7}) for m in claim.measures)}
        )
        for claim in paper.claims
    )
    assert paper.provenance is not None
    return paper.model_copy(
        update={"claims": claims, "provenance": paper.provenance.model_copy(update={"seconds": 1e3, "device": "gpu"})}
    )


def test_json_comes_back_as_it_went(paper: PaperResult) -> None:
    assert load(dump(paper)) == paper
    assert dump(load(dump(paper))) == dump(paper)
    assert load_summary(dump(paper)) == summarise(paper)


def test_json_varies_in_its_last_block_only(paper: PaperResult) -> None:
    one, other = json.loads(dump(paper)), json.loads(dump(slower(paper)))
    assert list(one)[-1] == "provenance"
    assert one.pop("provenance") != other.pop("provenance")
    assert one == other
    assert dump(paper).split('"provenance"')[0] == dump(slower(paper)).split('"provenance"')[0]


def test_json_holds_infinities_as_text(paper: PaperResult) -> None:
    cell = CellResult(
        label="", interval=None, inner=Span(lo=-math.inf, hi=0), outer=Span(lo=-math.inf, hi=math.inf), verdict=None
    )
    check = paper.claims[0].measures[0].checks[0].model_copy(update={"cells": (cell,), "rows": ((1.5, math.nan),)})
    measure = paper.claims[0].measures[0].model_copy(update={"checks": (check,)})
    text = dump(claim_of(paper, "log_n_optimal", measures=(measure,)))
    json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    assert load(text).claims[0].measures[0].checks[0].cells == (cell,)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "null", '{"schema_version": 2}', "{" * 100, "[" * 100_000, '{"claims": 3}']
)
def test_what_is_not_a_report_is_refused_in_one_line(text: str) -> None:
    for read in (load, load_summary):
        with pytest.raises(ReportError, match="report") as caught:
            read(text)
        assert "\n" not in str(caught.value)


def test_junit_counts_what_ci_should_see(paper: PaperResult) -> None:
    suite = ElementTree.fromstring(junit([paper]))[0]
    assert suite.attrib == {"name": "lexmaxmargin", "tests": "5", "failures": "0", "errors": "0", "skipped": "2"}
    strict = ElementTree.fromstring(junit([paper], strict=True))[0]
    assert (strict.attrib["failures"], strict.attrib["skipped"]) == ("1", "1")


@pytest.mark.parametrize(
    ("verdict", "expected", "met", "result"),
    [
        (Verdict.PASS, Verdict.PASS, True, "passed"),
        (Verdict.FAIL, Verdict.FAIL, True, "passed"),
        (Verdict.PASS, Verdict.FAIL, False, "failure"),
        (Verdict.FAIL, Verdict.PASS, False, "failure"),
        (Verdict.VACUOUS, Verdict.PASS, False, "failure"),
        (Verdict.ERROR, Verdict.PASS, False, "error"),
        (Verdict.DISAGREE, Verdict.PASS, False, "error"),
        (Verdict.UNSUPPORTED, Verdict.PASS, False, "skipped"),
    ],
)
def test_outcomes(paper: PaperResult, verdict: Verdict, expected: Verdict, met: bool, result: str) -> None:
    changed = claim_of(paper, "log_n_optimal", verdict=verdict, expected=expected, as_expected=met)
    assert outcome(changed.claims[0]) == result


@pytest.mark.parametrize("text", HOSTILE)
def test_junit_survives_any_text(paper: PaperResult, text: str) -> None:
    document = junit([with_text(paper, text)], strict=True)
    document.encode("utf-8")
    assert len(ElementTree.fromstring(document)[0]) == 5


def test_annotations_say_where_and_why(paper: PaperResult) -> None:
    found = annotate(paper)
    assert [line.split(" ")[0] for line in found] == ["::notice", "::warning", "::notice"]
    title = "title=lexmaxmargin/ensemble_discards_shallow%3A "
    assert found[1].startswith(f"::warning file=claims/lexmaxmargin.yaml,{title}")
    assert annotate(paper, strict=True)[1].startswith("::error ")
    assert annotate(claim_of(paper, "log_n_optimal")) == []


def test_no_text_starts_a_second_annotation(paper: PaperResult) -> None:
    for line in annotate(with_text(paper, "x\n::error file=a::b %0A::set-env"), "a,b:c.yaml"):
        assert "\n" not in line
        assert "%0A:" not in line
        assert "file=a%2Cb%3Ac.yaml," in line


def test_terminal_lines(paper: PaperResult) -> None:
    found = lines(paper)
    assert found[0] == (
        "PASS               lexmaxmargin/log_n_optimal                proved + simulated + survived  "
        "gap at most 0.598 of the allowed log 12 = 2.485; limit met to 2.4e-5"
    )
    assert found[1].startswith("FAIL, as expected  lexmaxmargin/lexicographic_unconditional  the path goes")
    assert found[-1] == (
        "INCONCLUSIVE  lexmaxmargin: 5 claims: 2 PASS, 1 FAIL as expected, 1 INCONCLUSIVE; 1 unchecked; "
        "mutants: 1 of 2 rejected (50.0 %)"
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_terminal_lines_hold_no_control_characters(paper: PaperResult, text: str) -> None:
    assert all(line.isprintable() for line in lines(with_text(paper, text)))


def test_the_index_says_what_holds_what_does_not_and_what_is_open(paper: PaperResult) -> None:
    page = render_index([summarise(paper)])
    assert "**1 paper, 5 claims**: 2 PASS, 1 FAIL as a finding, 1 INCONCLUSIVE, 1 unchecked." in page
    undecided, rest = page.split("## Inconclusive, and why")[1].split("## Findings")
    findings, rest = rest.split("## Unchecked claims")
    unchecked, every = rest.split("## Every claim")
    assert "lexicographic_unconditional" in findings
    assert "True instead: It holds" in findings
    assert "ensemble_discards_shallow" in undecided
    assert "512 seeds would suffice" in undecided
    assert "lexicographic" not in undecided
    assert "no run can cover it" in unchecked
    assert all(claim.id in every for claim in paper.claims)


def test_the_index_lists_papers_by_family() -> None:
    named = {"z": "stability", "y": None, "x": "implicit bias", "w": "stability"}
    papers = [sample_paper().model_copy(update={"slug": slug, "family": family}) for slug, family in named.items()]
    page = render_index([summarise(paper) for paper in papers])
    shown = page.split("## Papers")[1].split("## Inconclusive")[0]
    places = [shown.index(words) for words in ("### Implicit bias", "(x.md)", "### Stability", "(w.md)", "(z.md)")]
    assert places == sorted(places)
    assert shown.index("### No family given") < shown.index("(y.md)")
    tally, how = "2 PASS, 1 INCONCLUSIVE, 1 finding, 1 unchecked", "proved 1, simulated 1, survived 2"
    assert shown.count(f"| 5 | {tally} | {how} | 1/2 (50\N{NO-BREAK SPACE}%) |") == 4


def test_what_was_expected_to_stay_open_is_still_on_the_list_of_what_nobody_has_shown(paper: PaperResult) -> None:
    (undecided,) = [claim for claim in paper.claims if claim.id == "ensemble_discards_shallow"]
    expected = undecided.model_copy(
        update={"expected": Verdict.INCONCLUSIVE, "as_expected": True, "finding_instead": "A weaker statement."}
    )
    claims = tuple(expected if claim is undecided else claim for claim in paper.claims)
    page = render_index([summarise(paper.model_copy(update={"claims": claims}))])
    section = page.split("## Inconclusive, and why")[1].split("\n## ")[0]
    assert "INCONCLUSIVE, as expected" in section
    assert "What is true: A weaker statement." in section
    assert expected.id not in page.split("## Findings")[1].split("\n## ")[0]
    without = tuple(claim for claim in paper.claims if claim is not undecided)
    page = render_index([summarise(paper.model_copy(update={"claims": without}))])
    assert "## Inconclusive, and why\n\nNo claim.\n" in page


def test_an_empty_folder_has_an_index(tmp_path: Path) -> None:
    assert "**0 papers, 0 claims**" in render_index(*read_folder(tmp_path))


def test_the_index_does_not_depend_on_the_order_of_checking(tmp_path: Path) -> None:
    papers = [sample_paper().model_copy(update={"slug": slug}) for slug in ("b", "a", "c")]
    for name, order in (("one", papers), ("two", papers[::-1])):
        for paper in order:
            write_report(paper, tmp_path / name)
    assert (tmp_path / "one" / "README.md").read_bytes() == (tmp_path / "two" / "README.md").read_bytes()


def test_the_index_names_files_that_are_not_reports(paper: PaperResult, tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text("{")
    (tmp_path / "binary.json").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "moved.json").write_text(dump(paper))
    (tmp_path / "link.json").symlink_to(tmp_path / "moved.json")
    papers, unreadable = read_folder(tmp_path)
    assert papers == []
    names = ["`binary.json`", "`broken.json`", "`link.json`", "`moved.json`"]
    assert [line.split(":")[0] for line in unreadable] == names
    assert "## Files that are not reports" in render_index(papers, unreadable)


@pytest.mark.parametrize("text", HOSTILE)
def test_no_claim_changes_the_shape_of_the_index(paper: PaperResult, text: str) -> None:
    hostile = render_index([summarise(with_text(paper, text))])
    assert structure(hostile) == structure(render_index([summarise(with_text(paper, "plain"))]))
