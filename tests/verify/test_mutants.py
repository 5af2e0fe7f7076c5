"""A strong claim's mutants die, a weak one's survive with the reason; nothing is measured again and no verdict moves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from checker import check
from checker.judge.prediction import Along, Array, Kind, Over, Prediction, Within
from checker.judge.sample import Sample
from checker.result import ClaimResult
from checker.verdict import Verdict
from checker.verify import bench as bench_room
from checker.verify import mutants as room
from checker.verify.evaluation import Reading
from checker.verify.mutants import MOST, says_no_more
from tests.verify import toys

STRONG = """\
  strong:
    statement: The square of a sum.
    source: {known_from: full_text}
    prove:
      square:
        show: (x + y)**2 == x**2 + 2*x*y + y**2
        covers: claim
        controls: [{show: (x + y)**2 == x**2 + y**2, because: no cross term}]
    measure:
      - run: vectors
        checks:
          parallelogram:
            quantity: norm(v + w)**2 + norm(v - w)**2
            over: {seed: every}
            equals: 2*norm(v)**2 + 2*norm(w)**2
            within: 1e-9
        controls: [{equals: norm(v)**2 + norm(w)**2, because: half of it}]
"""
WEAK = """\
  weak:
    statement: A cosine is at most ten.
    source: {known_from: full_text}
    strength: upper
    prove:
      slack: {show: x**2 >= -1000, covers: claim, controls: [{show: x**2 >= 1, because: too much}]}
    measure:
      - run: vectors
        checks: {bound: {quantity: 'dot(v, w)/(norm(v)*norm(w))', over: {seed: every}, at_most: 10}}
        controls: [{at_most: -1, because: the cosine of random vectors}]
"""


def verify(folder: Path, *claims: str, mutants: bool | None = True, scale: str = "smoke") -> dict[str, ClaimResult]:
    (paper,) = check(toys.write(folder, *claims), scale=scale, device="cpu", jobs=2, mutants=mutants)
    return {claim.id: claim for claim in paper.claims}


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> dict[str, ClaimResult]:
    return verify(tmp_path_factory.mktemp("both"), STRONG, WEAK)


def test_every_mutant_of_a_strong_claim_is_rejected(both: dict[str, ClaimResult]) -> None:
    claim = both["strong"]
    assert claim.verdict is Verdict.PASS
    assert [mutant for mutant in claim.mutants if not mutant.rejected] == []
    of = [mutant.of for mutant in claim.mutants]
    assert of.count("square") == MOST
    assert of.count("parallelogram") == MOST
    assert all(mutant.reason for mutant in claim.mutants)


def test_a_weak_claim_shows_its_survivors_with_the_reason(both: dict[str, ClaimResult]) -> None:
    claim = both["weak"]
    assert claim.verdict is Verdict.PASS  # mutants have no say in it
    alive = {(mutant.of, mutant.change): mutant for mutant in claim.mutants if not mutant.rejected}
    halved = alive["bound", "bound tightened by half"]
    assert halved.text == "at_most: 5"
    assert "least slack" in halved.reason
    assert not halved.proved
    slack = alive["slack", "constant -1000 -> -900"]
    assert slack.proved
    assert "true as well" in slack.reason
    assert len(alive) >= 3
    assert any(mutant.rejected for mutant in claim.mutants)  # reversed, it is false


def test_nothing_is_measured_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    original = bench_room.measure

    def counted(run: object, *others: object) -> object:
        calls.append(run.name)  # type: ignore[attr-defined]
        return original(run, *others)  # type: ignore[arg-type]

    monkeypatch.setattr(bench_room, "measure", counted)
    verify(tmp_path / "without", STRONG, WEAK, mutants=False)
    without = len(calls)
    assert without > 0
    calls.clear()
    made = verify(tmp_path / "with", STRONG, WEAK)
    assert sum(len(claim.mutants) for claim in made.values()) > 2 * MOST
    assert len(calls) == without


@pytest.mark.slow
def test_the_same_mutants_and_answers_every_time(tmp_path: Path, both: dict[str, ClaimResult]) -> None:
    again = verify(tmp_path, STRONG, WEAK)
    assert {name: claim.mutants for name, claim in again.items()} == {n: c.mutants for n, c in both.items()}


def test_mutants_change_no_verdict(tmp_path: Path, both: dict[str, ClaimResult]) -> None:
    plain = verify(tmp_path, STRONG, WEAK, mutants=False)
    for name, claim in plain.items():
        assert claim.mutants == ()
        assert (claim.verdict, claim.how, claim.reason) == (both[name].verdict, both[name].how, both[name].reason)


def test_what_did_not_pass_is_not_mutated(tmp_path: Path) -> None:
    finding = "    expected: FAIL\n    finding: {instead: something else, shown_by: nothing}\n"
    claims = verify(tmp_path, toys.REFUTED + finding, toys.VACUOUS, toys.bound("1/2"))
    expected = claims["too_strong"]
    assert expected.mutants == ()
    assert "expected not to hold" in expected.no_mutants
    assert claims["contradictory"].mutants == ()
    assert claims["cauchy_schwarz"].verdict is Verdict.FAIL
    assert claims["cauchy_schwarz"].mutants == ()
    assert "nothing of it passed" in claims["cauchy_schwarz"].no_mutants


def test_smoke_makes_none_unless_asked(tmp_path: Path) -> None:
    assert verify(tmp_path, toys.PROVED, mutants=None)["square"].mutants == ()
    assert verify(tmp_path, toys.PROVED, mutants=None, scale="standard")["square"].mutants != ()


@pytest.mark.slow
def test_a_dropped_assumption_that_a_control_measured_counts(tmp_path: Path) -> None:
    text = toys.HEAD.replace(
        "runs:\n",
        "assumptions:\n  short: {statement: Four entries., by: data, broken_by: {sizes.n: 40}}\nruns:\n",
    )
    claim = """\
  length:
    statement: A vector of four entries of size one is at most two long.
    source: {known_from: full_text}
    assumes: [short]
    strength: upper
    measure:
      - run: vectors
        checks: {bound: {quantity: norm(v), over: {seed: every}, at_most: 2}}
        controls: [{drop: short}, {at_most: 1/2, because: too short}]
"""
    path = tmp_path / "claims" / "toy.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(text + claim, encoding="utf-8")
    (paper,) = check(path, scale="smoke", device="cpu", mutants=True)
    (dropped,) = [mutant for mutant in paper.claims[0].mutants if mutant.change == "assumption dropped: short"]
    assert dropped.rejected
    assert dropped.of == "bound"


def test_where_nothing_can_be_told_apart_nothing_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, both: dict[str, ClaimResult]
) -> None:
    looser = "constant -1000 -> -1100"
    assert looser not in [mutant.change for mutant in both["weak"].mutants]  # says less, so it was not asked
    monkeypatch.setattr(room, "telling", divmod)  # a child that breaks
    claim = verify(tmp_path, WEAK)["weak"]
    assert [mutant.rejected for mutant in claim.mutants if mutant.change == looser] == [False]


def rate(values: Array, form: Array, sizes: Array, to_zero: bool = False) -> Reading:
    sample = Sample(
        values=values[None],
        error=np.zeros((1, len(sizes))),
        axes=("seed", "n"),
        coords={"seed": np.zeros(1), "n": sizes},
    )
    along = Along("n", to_zero=to_zero)
    return Reading(sample, Prediction(Kind.RATE, form[None], {"seed": Over("every")}, along=along), 1, 1)


def test_a_rate_does_not_see_a_constant_factor_in_the_end() -> None:
    n = np.geomspace(10.0, 1e5, 17)
    original = rate(1 / n, 1 / n, n)
    assert says_no_more(original, rate(3 / n, 1 / n, n))
    assert says_no_more(original, rate(3 / n + 5 / n**2, 1 / n, n))  # the summand has died out
    assert not says_no_more(original, rate(1 / n, 1 / n**1.02, n))
    assert not says_no_more(original, rate(1 / n + 1e-4, 1 / n, n))  # a plateau begins
    assert not says_no_more(original, rate(np.log(n) / n, 1 / n, n))
    small = 1 / n  # the asymptotic end is the smallest size, wherever it stands on the axis
    assert says_no_more(rate(small, small, small, True), rate(small + small**2, small, small, True))
    assert not says_no_more(rate(small, small, small), rate(small + small**2, small, small))
    back = small[::-1]
    assert says_no_more(rate(back, back, back, True), rate(back + back**2, back, back, True))


def reading(values: Array, target: object, kind: Kind = Kind.AT_MOST, within: Within | None = None) -> Reading:
    sample = Sample(values=values, error=np.zeros_like(values), axes=("seed",), coords={"seed": np.arange(len(values))})
    aim = np.broadcast_to(np.asarray(target, dtype=float), values.shape)
    return Reading(sample, Prediction(kind, aim, {"seed": Over("every")}, within), len(values), len(values))


def test_a_prediction_that_says_no_more_is_not_asked() -> None:
    values = np.linspace(1.0, 2.0, 8)
    assert says_no_more(reading(values, 3.0), reading(values, 4.0))
    assert not says_no_more(reading(values, 3.0), reading(values, 2.0))
    assert says_no_more(reading(values, 3.0), reading(values - 1, 3.0))  # a smaller quantity under the same bound
    assert not says_no_more(reading(values, 3.0), reading(values + 1, 3.0))
    assert says_no_more(reading(values, 0.0, Kind.AT_LEAST), reading(values, -1.0, Kind.AT_LEAST))
    assert not says_no_more(reading(values, 0.0, Kind.AT_LEAST), reading(values, 0.5, Kind.AT_LEAST))
    assert not says_no_more(reading(values, 3.0), reading(values, 3.0, Kind.AT_LEAST))  # another predicate


def test_a_value_inside_the_margin_is_the_same_prediction() -> None:
    values, within = np.linspace(1.0, 2.0, 8), Within(0.1, 0.1)
    original = reading(values, 1.5, Kind.EQUALS, within)
    assert says_no_more(original, reading(values, 1.6, Kind.EQUALS, within))
    assert not says_no_more(original, reading(values, 1.7, Kind.EQUALS, within))
