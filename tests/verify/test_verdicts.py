"""From a claim file to its verdict, on toys whose answers are known; each true claim beside a false one."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker import check
from checker.result import ClaimResult
from checker.verdict import How, Verdict
from tests.verify import toys


def verify(folder: Path, *claims: str) -> dict[str, ClaimResult]:
    (paper,) = check(toys.write(folder, *claims), scale="smoke", device="cpu", jobs=2)
    return {claim.id: claim for claim in paper.claims}


def test_proofs(tmp_path: Path) -> None:
    claims = verify(tmp_path, toys.PROVED, toys.REFUTED, toys.VACUOUS, toys.HANGING)
    assert claims["square"].verdict is Verdict.PASS
    assert claims["square"].how == (How.PROVED,)
    assert claims["square"].lemmas[0].near_misses[0].rejected

    refuted = claims["too_strong"]
    assert refuted.verdict is Verdict.FAIL
    (member,) = refuted.lemmas[0].members
    x = member.witness["x"]
    assert 0 < eval_fraction(x) < 1  # exactly where x > x**2
    assert member.replay == f"check replay {toys_words(tmp_path)}/too_strong/below"

    assert claims["contradictory"].verdict is Verdict.VACUOUS
    hanging = claims["hanging"]
    assert hanging.verdict is Verdict.INCONCLUSIVE
    assert "2 s" in hanging.reason or "decided" in hanging.reason or "no exact engine" in hanging.reason


def eval_fraction(text: str) -> float:
    numerator, _, denominator = text.partition("/")
    return int(numerator) / int(denominator or 1)


def toys_words(folder: Path) -> str:
    import os

    return os.path.relpath(folder / "claims" / "toy.yaml")


def test_attained_bound_passes_and_a_wrong_one_fails(tmp_path: Path) -> None:
    (true,) = verify(tmp_path, toys.bound("1")).values()
    assert true.verdict is Verdict.PASS
    assert true.how == (How.SURVIVED,)
    (check_result,) = true.measures[0].checks
    assert check_result.figure is not None

    (false,) = verify(tmp_path, toys.bound("9/10")).values()
    assert false.verdict is Verdict.FAIL
    witness = false.measures[0].checks[0].witness
    assert witness is not None
    assert float(witness.measured) > 0.9

    (loose,) = verify(tmp_path, toys.bound("2")).values()
    assert loose.verdict is Verdict.INCONCLUSIVE  # claimed to be attained, never close


def test_control_that_survives_takes_the_pass_away(tmp_path: Path) -> None:
    text = toys.bound("1").replace("1 - 1/10", "3/2")
    (claim,) = verify(tmp_path, text).values()
    assert claim.verdict is Verdict.INCONCLUSIVE
    assert "not rejected" in claim.reason


def test_near_miss_that_is_true_takes_the_proof_away(tmp_path: Path) -> None:
    (claim,) = verify(tmp_path, toys.PROVED.replace("x**2 >= 1/100", "x**2 >= -1")).values()
    assert claim.verdict is Verdict.INCONCLUSIVE


def test_expected_failure_is_strict(tmp_path: Path) -> None:
    finding = "    expected: FAIL\n    finding: {instead: something else, shown_by: nothing}\n"
    (as_expected,) = verify(tmp_path, toys.REFUTED + finding).values()
    assert as_expected.as_expected
    (unexpected,) = verify(tmp_path, toys.PROVED + finding).values()
    assert unexpected.verdict is Verdict.PASS
    assert not unexpected.as_expected


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.slow
def test_same_seed_same_result(tmp_path: Path, seed: int) -> None:
    path = toys.write(tmp_path, toys.bound("1"))
    first, second = (check(path, scale="smoke", seed=seed, device="cpu")[0] for _ in range(2))
    assert first.model_copy(update={"provenance": None}).claims[0].measures[0].checks == (
        second.claims[0].measures[0].checks
    )


def test_next_leaves_out_the_last_record_and_a_slope_takes_its_sweep_axis_together(tmp_path: Path) -> None:
    (paper,) = check(toys.write_walk(tmp_path), scale="smoke", device="cpu", jobs=1)
    (claim,) = paper.claims
    checks = {one.name: one for one in claim.measures[0].checks}
    assert [checks[name].verdict for name in ("ratio", "late", "order")] == [Verdict.PASS] * 3
    assert all(control.rejected for control in claim.measures[0].controls)


def test_a_control_is_pinned_to_one_point_of_the_sweep(tmp_path: Path) -> None:
    (paper,) = check(toys.write_pinned(tmp_path), scale="smoke", device="cpu", jobs=2)
    (claim,) = paper.claims
    assert claim.verdict is Verdict.PASS, claim.reason
    pinned = [control for control in claim.measures[0].controls if " at " in control.text or "factor = " in control.text]
    assert len(pinned) == 2
    assert all(control.rejected for control in claim.measures[0].controls)


def test_selections_may_couple_axes_and_name_one_that_a_control_made_constant(tmp_path: Path) -> None:
    (paper,) = check(toys.write_selected(tmp_path), scale="smoke", device="cpu", jobs=2)
    (claim,) = paper.claims
    assert claim.verdict is Verdict.PASS, claim.reason
    assert all(control.rejected for control in claim.measures[0].controls)


TWO_SIDES = """\
  two_sides:
    statement: The cosine lies between -1 and 9/10.
    source: {known_from: full_text}
    measure:
      - run: long_vectors
        let: {ratio: 'dot(v, w)/(norm(v)*norm(w))'}
        checks: {@CHECKS@}
        controls:
          - {of: upper, at_most: -1/2, because: smaller still}
          - {of: lower, at_least: 1/2, because: larger}
"""


@pytest.mark.parametrize("order", [1, pytest.param(-1, marks=pytest.mark.slow)])
def test_two_bounds_on_one_quantity_are_each_attacked_from_their_own_side(tmp_path: Path, order: int) -> None:
    """In fifty dimensions no random cosine comes near 9/10, so the upper bound falls only if the search goes up."""
    checks = [
        "upper: {quantity: ratio, over: {seed: every}, at_most: 9/10}",
        "lower: {quantity: ratio, over: {seed: every}, at_least: -1}",
    ][::order]
    path = toys.write(tmp_path, TWO_SIDES.replace("@CHECKS@", ", ".join(checks)))
    run = "  long_vectors: {experiment: evaluate, params: {draw: [v, w], sizes: {n: 50}}}\n"
    path.write_text(path.read_text().replace("runs:\n", "runs:\n" + run))
    (claim,) = check(path, scale="smoke", device="cpu")[0].claims
    found = {one.name: one for one in claim.measures[0].checks}
    assert found["upper"].verdict is Verdict.FAIL
    assert found["lower"].verdict is Verdict.PASS
    assert found["upper"].witness is not None
    assert float(found["upper"].witness.measured) > 0.9
