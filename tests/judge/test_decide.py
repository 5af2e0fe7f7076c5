"""Reduction of axes, bad evidence, witnesses, and what controls do to a verdict."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from checker.judge import controls
from checker.judge.looks import index, schedule, spend
from checker.judge.prediction import Judgement, Kind, Over, Within
from checker.judge.sample import Sample
from checker.verdict import Verdict
from tests.judge.arrays import ALPHA, EVERY, MEAN, PERCENT_10, predict, sample, verdict


def over(**rules: str) -> Mapping[str, Over]:
    return {axis: Over(rule) for axis, rule in rules.items()}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ({"t": "max", "i": "mean"}, 4.0),  # mean over i of (5, 3)
        ({"i": "mean", "t": "max"}, 3.5),  # max over t of the means (2.5, 3.5, 2)
        ({"t": "last", "i": "max"}, 3.0),
        ({"i": "last", "t": "median"}, 3.0),
        ({"i": "max", "t": "mean"}, 11 / 3),
    ],
)
def test_axes_are_taken_together_in_the_order_written(rules: dict[str, str], expected: float) -> None:
    values = np.array([[[2.0, 3.0], [5.0, 2.0], [1.0, 3.0]]])
    claim = predict(Kind.EQUALS, expected, {**over(**rules), **EVERY}, within=Within(1e-9, 1e-9))
    assert verdict(claim, sample(values, "t", "i")).verdict is Verdict.PASS


def test_witness_is_located_through_reductions() -> None:
    values = np.zeros((3, 4, 5))
    values[2, 1, 3] = 7
    claim = predict(Kind.AT_MOST, 1.0, {**over(i="max", t="every"), **EVERY})
    got = verdict(claim, sample(values, "t", "i"))
    assert got.verdict is Verdict.FAIL
    assert got.worst == {"seed": 2, "t": 1, "i": 3}
    nested = predict(Kind.AT_MOST, 1.0, {**over(i="max", t="max"), **EVERY})
    assert verdict(nested, sample(values, "t", "i")).worst == {"seed": 2, "t": 1, "i": 3}
    averaged = predict(Kind.AT_MOST, 0.1, {**over(i="mean", t="max"), **EVERY})
    assert verdict(averaged, sample(values, "t", "i")).worst == {"seed": 2, "t": 1}


def test_error_of_a_reduction_is_how_far_it_can_move() -> None:
    values, error = np.array([[1.0, 2.0, 3.0]]), np.array([[5.0, 0.0, 0.1]])
    for rule, high in (("max", 6.0), ("mean", 2 + 5.1 / 3), ("last", 3.1), ("median", 3.1)):
        claim = predict(Kind.AT_MOST, 100.0, {**over(t=rule), **EVERY})
        interval = verdict(claim, sample(values, "t", error=error)).cells[0].interval
        assert interval is not None
        assert interval.hi == pytest.approx(high)


def test_predictions_follow_the_axes() -> None:
    values = np.arange(6.0).reshape(1, 2, 3)
    exact = predict(Kind.EQUALS, values, {**over(a="every", t="every"), **EVERY}, within=Within(1e-6, 1e-6))
    assert verdict(exact, sample(values, "a", "t")).verdict is Verdict.PASS
    last = predict(Kind.EQUALS, values, {**over(t="last"), **EVERY}, within=Within(1e-6, 1e-6))
    assert verdict(last, sample(values, "a", "t")).verdict is Verdict.PASS
    varying = predict(Kind.AT_MOST, values, {**over(t="max"), **EVERY})
    got = verdict(varying, sample(values, "a", "t"))
    assert got.verdict is Verdict.ERROR
    assert "varies along 't'" in got.reason
    assert verdict(predict(Kind.AT_MOST, np.ones(7), EVERY), sample(values, "a", "t")).verdict is Verdict.ERROR
    unknown = predict(Kind.AT_MOST, 1.0, {**over(z="max"), **EVERY})
    assert verdict(unknown, sample(values, "a", "t")).verdict is Verdict.ERROR
    assert verdict(predict(Kind.AT_MOST, 1.0, over(seed="max")), sample([1.0, 2.0])).verdict is Verdict.ERROR


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_an_error_with_its_place(bad: float) -> None:
    values = np.ones((4, 3))
    values[2, 1] = bad
    for kind, rule in ((Kind.EQUALS, EVERY), (Kind.EQUALS, MEAN), (Kind.AT_MOST, EVERY)):
        claim = predict(kind, 1.0, {**over(t="every"), **rule}, within=PERCENT_10)
        got = verdict(claim, sample(values, "t", coords={"t": [0.1, 0.2, 0.3]}))
        assert got.verdict is Verdict.ERROR
        assert got.worst == {"seed": 2, "t": 1}
        assert "t = 0.2" in got.reason
        assert controls.rejecting([got]) is None


def test_bad_error_bars_and_predictions_are_errors() -> None:
    claim = predict(Kind.EQUALS, 1.0, EVERY, within=PERCENT_10)
    for error in (np.nan, -1.0, np.inf):
        assert verdict(claim, sample([1.0], error=error)).verdict is Verdict.ERROR
    assert verdict(predict(Kind.EQUALS, np.nan, EVERY, within=PERCENT_10), sample([1.0])).verdict is Verdict.ERROR


def test_samples_must_fit_their_axes() -> None:
    one = np.ones((2, 3))
    with pytest.raises(ValueError, match="first axis"):
        Sample(one, one, ("t", "seed"), {"t": np.arange(2.0), "seed": np.arange(3.0)})
    with pytest.raises(ValueError, match="coordinates"):
        Sample(one, one, ("seed", "t"), {"seed": np.arange(2.0), "t": np.arange(2.0)})
    with pytest.raises(ValueError, match="do not fit"):
        Sample(one, one[:1], ("seed", "t"), {"seed": np.arange(2.0), "t": np.arange(3.0)})
    with pytest.raises(ValueError, match="alpha"):
        verdict_with(0.0)
    assert verdict_with(ALPHA).verdict is Verdict.PASS


def verdict_with(alpha: float) -> Judgement:
    from checker.judge.decide import judge

    return judge(predict(Kind.EQUALS, 1.0, EVERY, within=PERCENT_10), sample([1.0]), alpha=alpha, look=0)


def test_tables_stay_short() -> None:
    values = np.linspace(0, 1, 400)[None]
    got = verdict(predict(Kind.AT_MOST, 0.999, {**over(t="every"), **EVERY}), sample(values, "t"))
    assert got.verdict is Verdict.FAIL
    assert len(got.cells) == len(got.rows) == 20
    assert got.worst == {"seed": 0, "t": 399}
    assert len(got.trace["x"]) == 400


def judged(kind: Verdict | None) -> Judgement:
    return Judgement(kind, None, "why")


def test_only_fail_rejects_a_control() -> None:
    passed, failed, broken, open_ = (judged(v) for v in (Verdict.PASS, Verdict.FAIL, Verdict.ERROR, None))
    assert controls.rejecting([failed]) == 0
    assert all(controls.rejecting([other]) is None for other in (passed, broken, open_, None))
    assert controls.rejecting([open_, passed, failed]) == 2  # one of the checks that it patches is enough
    assert controls.rejecting([broken, failed]) is None  # a broken run shows nothing
    assert controls.rejecting([failed], [passed]) == 0
    assert all(controls.rejecting([failed], [other]) is None for other in (failed, broken, open_, None))


def test_pass_stands_only_with_all_controls_rejected_and_the_check_shown_to_fail() -> None:
    assert controls.standing(Verdict.PASS, "in", [("x", True)], True) == (Verdict.PASS, "in")
    verdict, reason = controls.standing(Verdict.PASS, "in", [("x", True), ("y", False)], True)
    assert verdict is Verdict.INCONCLUSIVE
    assert "y" in reason
    assert controls.standing(Verdict.PASS, "in", [("x", True)], False)[0] is Verdict.INCONCLUSIVE
    assert controls.standing(Verdict.PASS, "in", [], False)[0] is Verdict.INCONCLUSIVE  # no control at all
    for other in (Verdict.FAIL, Verdict.ERROR, None):  # controls change nothing but a PASS
        assert controls.standing(other, "out", [("x", False)], False) == (other, "out")


def test_by_how_much_a_control_fails() -> None:
    claim = predict(Kind.EQUALS, 1.0, EVERY, within=PERCENT_10)
    for value, missed in ((1.3, 2.0), (0.75, 1.5)):
        assert controls.failed_by(verdict(claim, sample([value]))) == pytest.approx(missed)
    assert controls.failed_by(verdict(claim, sample([1.0]))) is None


def test_fewer_instances_than_declared_never_pass() -> None:
    claim = predict(Kind.AT_MOST, 1.0, EVERY, instances=32)
    few = verdict(claim, sample(np.zeros(20)))
    assert few.verdict is None
    assert few.seeds_needed == 32
    assert "20 of the 32 declared instances" in few.reason
    assert verdict(claim, sample(np.zeros(32))).verdict is Verdict.PASS
    assert verdict(claim, sample(np.r_[np.zeros(19), 2.0])).verdict is Verdict.FAIL  # one that breaks it is enough
    found = sample(np.zeros(40), coords={"seed": np.r_[np.arange(20), -np.arange(1, 21)]})
    assert verdict(claim, found).verdict is None  # what a search found was not drawn
    assert verdict(claim, sample(0.0 * np.zeros(1))).verdict is Verdict.PASS  # no seed in it: there is but one


def test_the_judge_numbers_looks_by_kind() -> None:
    """A declared range moves the first look of a mean to 8 seeds, but not that of an exponent (JUDGE 1)."""
    unit = {"bounded": (0.0, 1.0)}
    mean, counted = predict(Kind.EQUALS, 1.0, MEAN), predict(Kind.EQUALS, 0.5, MEAN, **unit)
    rate = predict(Kind.RATE, 1.0, MEAN, **unit)
    assert [index(mean, n) for n in (8, 32, 64, 256)] == [0, 1, 2, 4]
    assert [index(counted, n) for n in (8, 32, 64, 256)] == [0, 2, 3, 5]
    assert [index(rate, n) for n in (32, 64)] == [1, 2]
    assert index(predict(Kind.EQUALS, 1.0, EVERY), 256) == 0
    for claim in (mean, counted, rate):
        looks = [(look.index, look.seeds) for look in schedule(claim, 512)]
        assert [index(claim, seeds) for _, seeds in looks] == [number for number, _ in looks]
        assert sum(spend(1.0, number) for number, _ in looks) < 1
