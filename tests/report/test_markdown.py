"""The report of a paper: what it must say, and that nothing in a claim can change its shape."""

from __future__ import annotations

import re
from typing import Any

import pytest
from markdown_it import MarkdownIt

from checker.report.markdown import render
from checker.result import PaperResult
from checker.verdict import Verdict
from tests.report.report_sample import sample_paper
from tests.report.test_escape import HOSTILE, structure

# What the checker itself writes or decides on; every other text of a result may come from a claim file.
_OURS = frozenset(("slug", "verdict", "how", "expected", "origin", "covers", "form", "role", "decided", "provenance"))


def with_text(paper: PaperResult, text: str) -> PaperResult:
    """The paper with every text of the claim file's author replaced."""

    def replace(value: Any, key: str = "") -> Any:
        if key in _OURS or isinstance(value, (bool, int, float)) or value is None:
            return value
        if isinstance(value, dict):
            return {name: replace(item, name) for name, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [replace(item, key) for item in value]
        return text if value else value

    return PaperResult.model_validate(replace(paper.model_dump()))


def claim_of(paper: PaperResult, name: str, **change: object) -> PaperResult:
    """The paper reduced to one claim, with fields of it changed."""
    claim = next(claim for claim in paper.claims if claim.id == name)
    return paper.model_copy(update={"claims": (claim.model_copy(update=change),)})


@pytest.mark.parametrize("text", HOSTILE)
def test_no_claim_changes_the_shape_of_its_report(paper: PaperResult, text: str) -> None:
    hostile = render(with_text(paper, text))
    expected = structure(render(with_text(paper, "plain")))
    assert structure(hostile) == expected
    for token in MarkdownIt("commonmark", {"html": True}).enable("table").parse(hostile):
        for child in token.children or ():
            target = str(child.attrs.get("href") or child.attrs.get("src") or "")
            assert re.fullmatch(r"(#[^:/]*|\w+\.json|README\.md|plots/lexmaxmargin/[\w-]+\.svg)?", target), target


def test_the_check_above_sees_an_unescaped_attack(paper: PaperResult) -> None:
    page = render(paper)
    assert structure(page.replace("The data are linearly separable.", "<b onclick=x>")) != structure(page)


def test_same_result_same_bytes(paper: PaperResult) -> None:
    assert render(sample_paper()) == render(paper)


def test_provenance_and_timings_are_not_in_it(paper: PaperResult) -> None:
    claims = tuple(
        claim.model_copy(update={"measures": tuple(m.model_copy(update={"seconds": 99.0}) for m in claim.measures)})
        for claim in paper.claims
    )
    assert render(paper.model_copy(update={"provenance": None, "claims": claims})) == render(paper)


def test_the_verdicts_come_first(paper: PaperResult) -> None:
    page = render(paper)
    head = page[: page.index("## Findings")]
    for claim in paper.claims:
        assert f"[{claim.id}](#{claim.id})" in head
    assert "5 claims: 2 PASS, 1 FAIL as expected, 1 INCONCLUSIVE; 1 unchecked" in head
    assert page.index("## Findings") < page.index("## What was not shown") < page.index("## log_n_optimal")


def test_every_link_within_the_page_has_its_heading(paper: PaperResult) -> None:
    page = render(paper)
    headings = set(re.findall(r"^## (\S+)$", page, flags=re.MULTILINE))
    assert set(re.findall(r"\]\(#([^)]+)\)", page)) <= headings


def test_a_finding_says_what_is_true_instead(paper: PaperResult) -> None:
    page = render(claim_of(paper, "lexicographic_unconditional"))
    assert "✗\N{NO-BREAK SPACE}**FAIL, as expected**" in page
    assert "True instead: It holds where" in page
    assert "`rho = 10000, seed = 0`" in page
    assert "`check replay lexmaxmargin/lexicographic_unconditional --at rho=10000`" in page


def test_a_finding_that_passes_is_not_as_expected(paper: PaperResult) -> None:
    page = render(claim_of(paper, "lexicographic_unconditional", verdict=Verdict.PASS, as_expected=False))
    assert "PASS, but FAIL was expected" in page
    assert ", as expected" not in page


def test_a_proxy_caps_the_wording(paper: PaperResult) -> None:
    assert "✓\N{NO-BREAK SPACE}**PASS of the proxy**" in render(claim_of(paper, "kkt_direction"))
    assert "of the proxy" not in render(claim_of(paper, "kkt_direction", proxy=None))


def test_proved_is_said_only_where_the_claim_is_covered(paper: PaperResult) -> None:
    assert "| proved + simulated + survived |" in render(claim_of(paper, "log_n_optimal"))
    page = render(claim_of(paper, "ensemble_discards_shallow"))
    assert "steps proved" in page
    assert "| proved" not in page


def test_what_we_derived_is_marked_beside_the_verdict(paper: PaperResult) -> None:
    assert "**? INCONCLUSIVE** (steps proved; derived here; 0/1 controls rejected)" in render(paper)


def test_a_control_that_was_not_rejected_stands_out(paper: PaperResult) -> None:
    page = render(claim_of(paper, "ensemble_discards_shallow"))
    assert "**Controls: 0 of 1 rejected**" in page
    assert "| **no** |" in page
    assert "| **no** |" not in render(claim_of(paper, "log_n_optimal", mutants=()))


def test_surviving_mutants_stand_open_and_rejected_ones_are_folded(paper: PaperResult) -> None:
    page = render(claim_of(paper, "log_n_optimal"))
    assert "**Mutants: 1 of 2 rejected (50.0 %)**" in page
    assert "1/2 mutants rejected" in page  # beside the verdict
    open_part, _, folded_part = page.partition("<summary>Rejected mutants: 1</summary>")
    assert "| `chain` | exponent 1 -&gt; 2 | `max(u) <= N*V**2` | true for V &gt;= 1 |" in open_part
    assert "constant halved" in folded_part
    assert "constant halved" not in open_part


def test_a_claim_without_mutants_says_why_or_nothing(paper: PaperResult) -> None:
    assert "Mutants" not in render(claim_of(paper, "log_n_optimal", mutants=()))
    page = render(claim_of(paper, "log_n_optimal", mutants=(), no_mutants="nothing of it passed"))
    assert "**Mutants: none.** Nothing of it passed." in page


def test_mutants_that_are_true_are_counted(paper: PaperResult) -> None:
    claim = claim_of(paper, "log_n_optimal").claims[0]
    true = tuple(mutant.model_copy(update={"proved": not mutant.rejected}) for mutant in claim.mutants)
    assert "Of the 1 not rejected, 1 is a true statement." in render(claim_of(paper, "log_n_optimal", mutants=true))


def test_failed_instances_are_listed(paper: PaperResult) -> None:
    page = render(paper)
    assert "**Instances that failed: 1.**" in page
    assert "- `seed 7, rho = 64`: train_residual 3e-4 above 1e-6" in page


def test_a_long_ledger_is_folded_and_a_short_one_is_not(paper: PaperResult) -> None:
    assert "<summary>Ledger: which engine was asked what (8 answers)</summary>" in render(paper)
    short = render(claim_of(paper, "ensemble_discards_shallow"))
    assert "Ledger" not in short
    assert "| balls | 0 in left - right | at 12 points, radius &lt;= 1e-45 |" in short


def test_a_refuted_lemma_shows_its_witness(paper: PaperResult) -> None:
    lemma = paper.claims[0].lemmas[0]
    member = lemma.members[0].model_copy(
        update={"verdict": Verdict.FAIL, "how": None, "reason": "counterexample", "witness": {"V": "1/3"}}
    )
    broken = lemma.model_copy(update={"verdict": Verdict.FAIL, "how": None, "members": (member,)})
    page = render(claim_of(paper, "log_n_optimal", lemmas=(broken,), verdict=Verdict.FAIL))
    assert "**`chain`: FAIL.**" in page
    assert "- `N = 2`: counterexample at `V = 1/3`" in page


def test_a_paper_without_claims_still_has_a_report(paper: PaperResult) -> None:
    page = render(paper.model_copy(update={"claims": (), "authors": (), "arxiv": None, "year": None, "warnings": ()}))
    assert "0 claims" in page


def test_an_arxiv_id_that_is_none_makes_no_link(paper: PaperResult) -> None:
    assert "arxiv.org" in render(paper)
    assert "arxiv.org" not in render(paper.model_copy(update={"arxiv": "1905) [x](javascript:1"}))
