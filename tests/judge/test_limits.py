"""Limits: planted truth, plateaus that are none, and the numbers of JUDGE section 5."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from checker.judge.prediction import Along, Array, Judgement, Kind, Over, Within
from checker.verdict import How, Verdict
from tests.judge.arrays import EVERY, MEAN, MEDIAN, fraction, predict, sample, verdict

X = np.geomspace(16, 65536, 13)
ONE_PERCENT = Within(0.01, 0.01, relative=True)
CORRECTIONS = {
    "1/x": lambda x: 1 / x,
    "1/sqrt x": lambda x: x**-0.5,
    "x^-2": lambda x: x**-2.0,
    "x^-1/4": lambda x: x**-0.25,
    "1/log x": lambda x: 1 / np.log(x),
    "1/x + x^-3/2": lambda x: 1 / x + 3 * x**-1.5,
    "1/x + 1/(10 log x)": lambda x: 1 / x + 0.1 / np.log(x),
    "log x/x": lambda x: np.log(x) / x,
    "exp(-sqrt x)": lambda x: np.exp(-np.sqrt(x)),
}


def limit(y: Array, value: float, x: Array = X, look: int = 1, **more: object) -> Judgement:
    over = more.pop("over", EVERY if y.shape[0] == 1 else MEAN)
    settings = {"within": ONE_PERCENT, "along": Along("d"), **more}
    return verdict(predict(Kind.LIMIT, value, over, **settings), sample(y, "d", coords={"d": x}), look)


def test_smallest_eigenvalues_of_the_requirement() -> None:
    """.3113 .. .3602 at d = 50 .. 800, claim .36338 within 1 %: decided by the declared order, not without."""
    d = np.array([50.0, 100, 200, 400, 800])
    y = np.array([[0.3113, 0.3379, 0.3504, 0.3570, 0.3602]])
    declared = limit(y, 0.36338, d, correction=1 / d)
    assert declared.verdict is Verdict.PASS
    assert declared.cells[0].interval is not None
    assert 0.361 < declared.cells[0].interval.lo < declared.cells[0].interval.hi < 0.3655
    undeclared = limit(y, 0.36338, d)
    assert undeclared.verdict is None
    assert "correction" in undeclared.reason
    assert limit(y, 0.38, d, correction=1 / d).verdict is Verdict.FAIL
    assert limit(y[:, :3], 0.36338, d[:3], correction=1 / d[:3]).verdict is None  # three sizes


@pytest.mark.parametrize("name", CORRECTIONS)
def test_planted_limits_are_never_wrong(name: str) -> None:
    for size in (0.3, -0.3, 2.0):
        a = (1 + size * CORRECTIONS[name](X))[None]
        for more in ({}, {"correction": CORRECTIONS[name](X)}, {"correction": 1 / X}):
            if more.get("correction") is not None and more["correction"] is not None and name in (
                "x^-1/4", "1/log x", "1/sqrt x", "1/x + 1/(10 log x)"
            ) and np.allclose(more["correction"], 1 / X):
                continue  # a wrongly declared order is a false assumption, printed beside the verdict
            assert limit(a, 1.0, **more).verdict in (Verdict.PASS, None), (size, list(more))
            assert limit(a, 1.02 + 0.0, **more).verdict in (Verdict.FAIL, None), (size, list(more))


def test_declared_orders_pass_and_their_neighbours_fail() -> None:
    for name in ("1/x", "1/sqrt x", "x^-2", "x^-1/4", "1/log x", "log x/x"):
        order = CORRECTIONS[name](X)
        a = (1 + 0.5 * order)[None]
        assert limit(a, 1.0, correction=order).verdict is Verdict.PASS, name
        assert limit(a, 1.03, correction=order).verdict is Verdict.FAIL, name


def test_undeclared_slow_convergence_is_undecided() -> None:
    """1/log n against its limit 0 or 1: nobody can see that at finite size, in either direction."""
    for value in (0.0, 0.1):
        a = (value + 1 / np.log(X))[None]
        got = limit(a, value, within=Within(0.02, 0.02))
        assert got.verdict is None
        assert not got.more_seeds_help


def test_a_plateau_does_not_pass_as_a_limit() -> None:
    """A slow curve looks flat at its end: last size within 1 % of .1, the truth is 0."""
    a = (1 / np.log(X))[None]
    assert abs(a[0, -1] - 0.0902) < 0.001
    assert limit(a, 0.0902).verdict is not Verdict.PASS


def test_random_limits() -> None:
    """Order declared or not, noise 0 to 5 %, within 1 or 3 %: no wrong verdict."""
    rng = np.random.default_rng(0)
    got: Counter[tuple[bool, bool, Verdict | None]] = Counter()
    names = list(CORRECTIONS)
    for trial in range(600):
        true, declared = trial % 2 == 0, trial % 4 < 2
        within = float(rng.choice([0.01, 0.03]))
        x = float(rng.uniform(10, 60)) * np.geomspace(1, 10 ** rng.uniform(1, 4), int(rng.integers(8, 25)))
        order = CORRECTIONS[names[int(rng.integers(len(names)))]](x)
        noise = float(rng.choice([0.0, 0.001, 0.01, 0.05]))
        seeds = 32 if noise else 1
        a = 1 + float(rng.uniform(-1, 1)) * order + noise * rng.standard_normal((seeds, x.size))
        claimed = 1.0 if true else 1 / (1 + float(rng.choice([-1, 1])) * within * float(rng.uniform(1.05, 5)))
        settings = {"correction": order} if declared else {}
        verdict = limit(a, claimed, x, within=Within(within, within, relative=True), **settings).verdict
        got[declared, true, verdict] += 1
    assert got[True, True, Verdict.FAIL] == got[False, True, Verdict.FAIL] == 0, got
    assert got[True, False, Verdict.PASS] == got[False, False, Verdict.PASS] == 0, got
    assert got[True, True, Verdict.PASS] > 60
    assert got[True, False, Verdict.FAIL] > 75


def test_over_every_median_and_fraction() -> None:
    rng = np.random.default_rng(1)
    own = 1 + rng.uniform(0, 1, (64, 1))
    a = own + 0.3 / X
    target = np.broadcast_to(own[:, :, None][:, :, 0], a.shape)
    claim = predict(Kind.LIMIT, target, EVERY, within=ONE_PERCENT, along=Along("d"), correction=1 / X)
    measured = sample(a, "d", coords={"d": X})
    got = verdict(claim, measured)
    assert got.verdict is Verdict.PASS
    assert got.how is How.SURVIVED
    assert len(got.cells) == 1
    broken = a.copy()
    broken[[5, 9]] += np.array([[0.2], [0.4]])
    got = verdict(claim, sample(broken, "d", coords={"d": X}))
    assert got.verdict is Verdict.FAIL
    assert got.worst["seed"] in (5, 9)
    most = replace(claim, over=fraction(0.8))
    assert verdict(most, measured, 3).verdict is Verdict.PASS
    half = a + np.where(np.arange(64)[:, None] % 2 == 0, 0.5, 0.0)
    assert verdict(most, sample(half, "d", coords={"d": X}), 3).verdict is Verdict.FAIL
    noisy = 2 + 0.3 / X + 0.01 * rng.standard_t(2, (64, X.size))
    assert limit(noisy, 2.0, over=MEDIAN, correction=1 / X, look=2).verdict is Verdict.PASS
    assert limit(noisy, 2.2, over=MEDIAN, correction=1 / X, look=2).verdict is Verdict.FAIL


def test_small_parameters_and_grids() -> None:
    eps = 1 / X[::-1]
    a = np.stack([1 + eps, 2 + eps])[None]
    over = {"k": Over("every"), **EVERY}
    claim = predict(
        Kind.LIMIT, np.array([1.0, 2.0])[None, :, None], over,
        within=ONE_PERCENT, along=Along("eps", to_zero=True), correction=eps,
    )
    measured = sample(a, "k", "eps", coords={"eps": eps, "k": [1.0, 2.0]})
    assert verdict(claim, measured).verdict is Verdict.PASS
    got = verdict(replace(claim, target=np.array(1.0)), measured)
    assert got.verdict is Verdict.FAIL
    assert got.worst["k"] == 1


def test_limits_without_their_words_are_errors() -> None:
    a = (1 + 1 / X)[None]
    assert limit(a, 1.0, within=None).verdict is Verdict.ERROR
    assert limit(a, 1.0, along=None).verdict is Verdict.ERROR
    assert limit(a, 1.0, along=Along("d", until=(16, 100))).verdict is Verdict.ERROR
    assert limit(a, 0.0).verdict is Verdict.ERROR  # a percentage of 0
    assert verdict(
        predict(Kind.LIMIT, 1 / X, EVERY, within=Within(1, 1), along=Along("d")), sample(a, "d", coords={"d": X})
    ).verdict is Verdict.ERROR


@pytest.mark.parametrize("name", ["root", "logarithm", "square"])
def test_what_plainly_diverges_fails(name: str) -> None:
    x = np.geomspace(10, 1e4, 16)
    y = {"root": np.sqrt(x), "logarithm": 3 * np.log(x), "square": -(x**2)}[name]
    assert limit(y[None], 1.0, x, correction=1 / x).verdict is Verdict.FAIL


def test_what_leads_away_for_a_while_is_not_failed() -> None:
    x = np.geomspace(100, 400, 12)
    y = 1 + 10 / np.sqrt(x) - 100 / x  # leaves 1 over the whole sweep, ever more slowly, and comes back to it later
    assert limit(y[None], 1.0, x).verdict is None
