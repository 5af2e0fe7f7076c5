"""The corpus against the provers: no false item proved, no true one refuted, and most of it decided.

A fixed share of it is asked here, and all of it among the slow tests; ``python -m tests.soundness`` prints the table by kind
and every open item.  An item is never removed or edited because the tool cannot decide it.
"""

from __future__ import annotations

import pytest

from tests.soundness.items import Expected, corpus, share
from tests.soundness.table import Table
from tests.soundness.verdicts import COLUMNS, Verdict, ask

LEAST_DECIDED = 0.9


@pytest.fixture(scope="module", params=["share", pytest.param("all", marks=pytest.mark.slow)])
def verdicts(request: pytest.FixtureRequest) -> list[Verdict]:
    items = corpus()
    return ask(share(items) if request.param == "share" else items)


def test_the_corpus_covers_every_kind_with_as_much_false_as_true() -> None:
    items = corpus()
    assert len(items) >= 800
    kinds = {item.kind for item in items}
    assert {item.kind for item in share(items)} == kinds
    asked = "show root roots optimum kkt ode series induction exists impossible certificate enclosure"
    relations = {"identity", "inequality", "implication", "limit", "sum", "integral", "expectation", "definedness"}
    assert kinds >= {*asked.split()[1:], *relations}
    for kind in kinds:
        expected = [item.expected for item in items if item.kind == kind]
        assert 3 * (len(expected) - expected.count(Expected.TRUE)) >= len(expected), kind


def test_names_are_given_once() -> None:
    names = [item.name for item in corpus()]
    assert len(set(names)) == len(names)


def test_nothing_false_is_proved(verdicts: list[Verdict]) -> None:
    assert [f"{v.item.name}: {v.reason}" for v in verdicts if v.wrong and v.item.expected is not Expected.TRUE] == []


def test_nothing_true_is_refuted(verdicts: list[Verdict]) -> None:
    assert [f"{v.item.name}: {v.reason}" for v in verdicts if v.wrong and v.item.expected is Expected.TRUE] == []


def test_nothing_crashes(verdicts: list[Verdict]) -> None:
    assert [f"{v.item.name}: {v.reason}" for v in verdicts if v.status.value in ("error", "disagree")] == []


def test_most_of_it_is_decided(verdicts: list[Verdict]) -> None:
    table = Table.of(verdicts, COLUMNS)
    assert table.share >= LEAST_DECIDED, table.text()


def test_wrong_answers_of_sympy_are_refuted(verdicts: list[Verdict]) -> None:
    # |sin x cos x| over [0, 2 pi], binomials up to n = 1, the rational sum; of the fourth trap SymPy's answer is nan
    traps = [v for v in verdicts if "sympy_" in v.item.name and "#" in v.item.name]
    assert len(traps) == 4
    assert [v.item.name for v in traps if v.status.value != "refuted"] == []
