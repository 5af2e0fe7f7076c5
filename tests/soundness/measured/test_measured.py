"""A fixed share of the measured claims in the suite: nothing false passes, nothing true fails; and what the corpus covers.

The whole is asked by ``python -m tests.soundness.measured``.
"""

from __future__ import annotations

import pytest

from checker.verdict import Verdict
from tests.soundness.measured.items import Expected, corpus
from tests.soundness.measured.verdicts import Answer, Table, ask

# of each kind of prediction a pair or two, on runs that compile quickly
SHARE = (
    "sequences/harmonic_", "sequences/plateau_false", "sequences/wrong_order", "sequences/square_", "sequences/root_of_n",
    "draws/bounded_mean", "draws/lognormal_mean", "draws/cauchy_median", "draws/coin", "draws/tie", "draws/drawn_between",
    "hypotheses/vacuous_refused", "hypotheses/undefined_condition",
)  # fmt: skip


@pytest.fixture(scope="module")
def answers() -> list[Answer]:
    return ask(SHARE)


def test_nothing_is_answered_wrongly(answers: list[Answer]) -> None:
    assert [f"{a.name} [{a.expected}]: {a.status}: {a.reason}" for a in answers if a.wrong] == []


def test_most_of_what_can_be_decided_is(answers: list[Answer]) -> None:
    table = Table.of(answers)
    assert table.share >= 0.85, table.text()
    assert len(answers) >= 25


def test_expected_verdicts_say_what_is_wrong() -> None:
    assert Expected.of("rate") is Expected.TRUE
    assert Expected.of("rate_false") is Expected.FALSE
    assert Expected.of("slow_open") is Expected.OPEN
    assert Expected.of("slow_false_open") is Expected.FALSE_OPEN
    assert Expected.of("mean_refused") is Expected.REFUSED
    right = {
        Expected.TRUE: {Verdict.PASS},
        Expected.FALSE: {Verdict.FAIL},
        Expected.OPEN: {Verdict.PASS, Verdict.INCONCLUSIVE},
        Expected.FALSE_OPEN: {Verdict.FAIL, Verdict.INCONCLUSIVE},
        Expected.REFUSED: {Verdict.INCONCLUSIVE, Verdict.VACUOUS, Verdict.ERROR},
    }
    for expected, verdicts in right.items():
        assert {verdict for verdict in Verdict if expected.decided(verdict)} == verdicts
        assert not any(expected.wrong(verdict) for verdict in verdicts)
    assert Expected.TRUE.wrong(Verdict.FAIL)
    assert Expected.FALSE_OPEN.wrong(Verdict.PASS)
    assert not Expected.FALSE.wrong(Verdict.ERROR)


def test_the_corpus_covers_every_prediction_and_cheap_experiment_in_pairs() -> None:
    items = corpus()
    kinds, experiments = {item.kind for item in items}, {item.experiment for item in items}
    assert experiments >= {"evaluate", "iterate", "monte_carlo", "solve", "optimize", "spectrum", "train"}
    predictions = {"equals", "at_most", "at_least", "between", "less_than", "rate", "limit", "monotone"}
    assert {kind.partition(",")[0].partition(" ")[0] for kind in kinds} >= predictions | {"threshold", "probability"}
    assert kinds >= {"rate on a range", "rate up to logs", "rate_at_most", "rate_at_least", "limit, order declared"}
    assert kinds >= {f"equals, {rule}" for rule in ("every", "mean", "median", "exact")} | {"at_most, attained"}
    expected = [item.expected for item in items]
    assert len(items) >= 200
    assert expected.count(Expected.FALSE) >= 0.9 * expected.count(Expected.TRUE)
    assert len({item.name for item in items}) == len(items)
