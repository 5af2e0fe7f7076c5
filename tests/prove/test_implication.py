"""z3's part: implications, models checked exactly, existence; and the sampler they share."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import islice

import pytest

from checker.expr.domain import INTEGER, POSITIVE, REAL, Domain, contains
from checker.expr.node import num
from checker.expr.to_arb import holds
from checker.prove.equations import solved
from checker.prove.implication import find_model, prove_unsat
from checker.prove.obligation import Exists, Impossible, Obligation
from checker.prove.outcome import Status
from checker.prove.points import candidates, sample, satisfies, shrink, special_values
from checker.prove.registry import prove
from tests.prove.tight import OPEN_UNIT, UNIT, read

XY: Mapping[str, Domain] = {"x": REAL, "y": REAL}


def test_models_are_exact_points() -> None:
    conditions = [read("x**2 + y**2 <= 2", XY), read("x*y > 99/100", XY)]
    answer = find_model(conditions, XY)
    assert answer.status == "sat"
    assert answer.model is not None
    assert satisfies(answer.model, conditions)


def test_a_model_that_is_not_rational_is_no_witness() -> None:
    answer = find_model([read("x**2 == 2", XY)], XY)
    assert answer.status == "unknown"
    assert answer.model is None


def test_integers_are_asked_again_as_integers() -> None:
    domains = {"n": INTEGER}
    assert find_model([read("n**2 - 3*n + 2 < 0", domains)], domains).status == "unsat"
    assert find_model([read("n**2 - 3*n + 2 < 1", domains)], domains).status == "sat"


def test_unsat_is_confirmed_by_intervals_on_compact_boxes() -> None:
    box = {"x": UNIT, "y": UNIT}
    answer, evidence = prove_unsat(read("x*y <= 11/10", box), (), box)
    assert answer.status == "unsat"
    assert [item.engine for item in evidence] == ["z3", "z3 (QF_NRA)", "intervals"]
    assert "boxes" in evidence[-1].answer
    _, alone = prove_unsat(read("x**2 + y**2 >= 2*x*y", XY), (), XY)
    assert "z3 alone" in alone[-1].answer


def test_division_is_an_assumption_there() -> None:
    # x/x > 0 has no counterexample where it is defined: that it is defined is asked elsewhere
    answer, _ = prove_unsat(read("x/x > 0", XY), (), XY)
    assert answer.status == "unsat"


def test_equations_are_solved_for_symbols() -> None:
    domains = {"p": REAL, "q": REAL, "r": REAL}
    found = dict(solved((read("p + 2*q == 1", domains), read("p*r == 1", domains))))
    assert set(found) == {"q"}
    point = {"p": Fraction(1, 5), "q": Fraction(2, 5)}
    assert holds(read("p + 2*q == 1", domains), point) is True


@pytest.mark.parametrize(
    ("conditions", "exists", "impossible"),
    [
        (("x + y == 1", "x*y == 1/4"), Status.PROVED, Status.REFUTED),
        (("exp(x) > 3", "x < 2"), Status.PROVED, Status.REFUTED),
        (("x**2 < 0",), Status.REFUTED, Status.PROVED),
        (("exp(x) < 0",), Status.REFUTED, Status.PROVED),
        (("x**2 + y**2 < 1", "x + y > 3/2"), Status.REFUTED, Status.PROVED),
        (("x**2 == 2",), Status.PROVED, Status.REFUTED),  # no point is rational: by a change of sign
        (("(x**2 - 2)**2 == 0",), Status.UNDECIDED, Status.UNDECIDED),  # true, and nothing changes its sign
    ],
)
def test_existence_and_impossibility(conditions: tuple[str, ...], exists: Status, impossible: Status) -> None:
    nodes = tuple(read(item, XY) for item in conditions)
    found = prove(Obligation(Exists(nodes), XY))
    assert found.status is exists
    if found.witness:
        assert satisfies({name: Fraction(number) for name, number in found.witness.items()}, nodes)
    assert prove(Obligation(Impossible(nodes), XY)).status is impossible


def test_an_offered_witness_is_checked() -> None:
    condition = (read("x**2 + y**2 == 1", XY),)
    good = {"x": num(Fraction(3, 5)), "y": num(Fraction(4, 5))}
    bad = {"x": num(Fraction(3, 5)), "y": num(Fraction(3, 5))}
    assert prove(Obligation(Exists(condition, good), XY)).status is Status.PROVED
    assert prove(Obligation(Exists(condition, bad), XY)).status is Status.REFUTED
    assert prove(Obligation(Exists(condition, {"x": num(1)}), XY)).status is Status.UNDECIDED
    outside = {"x": Domain(Fraction(2)), "y": REAL}
    assert prove(Obligation(Exists((read("x > 0", outside),), {"x": num(1), "y": num(0)}), outside)).status is Status.REFUTED


# --- the sampler --------------------------------------------------------------------------------------------------------


def test_every_candidate_lies_in_the_domain() -> None:
    domains = {
        "x": OPEN_UNIT, "y": POSITIVE, "n": INTEGER, "m": Domain(Fraction(1, 2), Fraction(9, 2), integer=True),
        "k": Domain(values=(Fraction(2), Fraction(4))), "z": Domain(None, Fraction(-3), hi_open=True),
    }  # fmt: skip
    seen = list(islice(candidates(domains), 300))
    assert len(seen) == 300
    for point in seen:
        assert all(contains(domains[name], number) for name, number in point.items())


def test_ends_and_corners_come_early() -> None:
    assert special_values(UNIT)[:2] == [0, 1]
    assert Fraction(1, 1000) in special_values(OPEN_UNIT)
    early = list(islice(candidates({"x": UNIT, "y": UNIT}), 30))
    for corner in ((0, 0), (0, 1), (1, 0), (1, 1)):
        assert {"x": Fraction(corner[0]), "y": Fraction(corner[1])} in early
    assert any(point["x"] != point["y"] for point in early)


def test_sampling_is_repeatable_and_obeys_hypotheses() -> None:
    domains = {"p": OPEN_UNIT, "q": OPEN_UNIT, "s": REAL}
    given = (read("p + q < 1", domains), read("s == p*q", domains))
    first, second = sample(domains, given, 20), sample(domains, given, 20)
    assert first == second
    assert len(first) == 20
    for point in first:
        assert point["p"] + point["q"] < 1
        assert point["s"] == point["p"] * point["q"]


def test_an_empty_domain_has_no_points() -> None:
    assert sample({"x": Domain(Fraction(1), Fraction(0))}) == []


def test_witnesses_are_shrunk_to_simple_numbers() -> None:
    simple = shrink({"x": Fraction(123457, 1000), "y": Fraction(-7919, 13)}, XY, lambda point: point["x"] > 2)
    assert simple == {"x": Fraction(3), "y": Fraction(0)}
    stays = shrink({"x": Fraction(1, 3)}, {"x": OPEN_UNIT}, lambda point: point["x"] == Fraction(1, 3))
    assert stays == {"x": Fraction(1, 3)}


