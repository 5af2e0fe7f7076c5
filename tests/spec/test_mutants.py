"""Mutants are made from the formulas alone: every operator at its place, no two alike, the same ones every time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

import pytest

from checker.expr.domain import POSITIVE, REAL, Domain
from checker.expr.namespace import Namespace
from checker.expr.node import Node, Num
from checker.expr.parse import parse
from checker.expr.text import text
from checker.judge.prediction import Kind, Over, Within
from checker.prove import obligation as asked
from checker.prove.obligation import Obligation, Question
from checker.spec.claim import Check, Expectation, Lemma
from checker.spec.mutants import LemmaMutant, in_turn, lemma_mutants, slots, with_slot
from checker.spec.mutated_checks import CheckMutant, check_mutants
from checker.spec.mutated_trees import edits, moved_exponents, moved_literals

DOMAINS: Mapping[str, Domain] = {
    "x": REAL,
    "y": REAL,
    "a": POSITIVE,
    "n": Domain(Fraction(1), None, integer=True),
}


def read(words: str) -> Node:
    return parse(words, Namespace(symbols=DOMAINS, definitions={}))


def made(words: str, **options: bool) -> dict[str, set[str]]:
    """Every edited formula by operator, all alternatives."""
    tree = read(words)
    found: dict[str, set[str]] = {}
    for alternatives in edits(tree, **options):
        for edit in alternatives:
            found.setdefault(edit.operator, set()).add(text(edit.applied(tree)))
    return found


def lemma(question: Question, *given: str, others: tuple[Question, ...] = ()) -> Lemma:
    conditions = tuple(read(words) for words in given)
    members = tuple((str(i), Obligation(q, DOMAINS, conditions)) for i, q in enumerate((question, *others)))
    return Lemma("lemma", "show", "as written", "", "claim", members, question=question)


def changes(mutants: tuple[LemmaMutant, ...]) -> list[str]:
    return [variant.change for mutant in mutants for variant in mutant.variants]


def test_each_operator_changes_what_its_name_says() -> None:
    found = made("2*x**2 + exp(-a*x) <= max(x, y)/3")
    assert "2*x**2 + exp(-a*x) >= max(x, y)/3" in found["relation"]
    assert "2*x**2 + exp(-a*x) < max(x, y)/3" in found["strictness"]
    assert {"3*x**2 + exp(-a*x) <= max(x, y)/3", "x**2 + exp(-a*x) <= max(x, y)/3"} & found["constant"]
    assert {"2*x**3 + exp(-a*x) <= max(x, y)/3", "2*x + exp(-a*x) <= max(x, y)/3"} <= found["exponent"]
    assert {"exp(-a*x) <= max(x, y)/3", "2*x**2 <= max(x, y)/3"} <= found["term"]
    assert {"-2*x**2 + exp(-a*x) <= max(x, y)/3", "2*x**2 + exp(a*x) <= max(x, y)/3"} <= found["sign"]
    assert {"x**2 + exp(-a*x) <= max(x, y)/3", "2*x**2 + exp(-a*x) <= max(x, y)"} <= found["factor"]
    assert "2*x**2 + exp(-a*x) <= min(x, y)/3" in found["function"]


def test_nothing_is_left_as_it_was() -> None:
    for words in ("x**2 + y**2 >= 2*x*y", "limit((1 + 1/x)**x, x, oo) == exp(1)", "Sum(1/n**2, (n, 1, oo)) == pi**2/6"):
        tree = read(words)
        for alternatives in edits(tree):
            assert all(edit.applied(tree) != tree for edit in alternatives), words


def test_what_is_no_formula_of_its_own_stays() -> None:
    """A guard of a choice keeps its relation, a plain sign is no factor, `==` has no reverse that says anything."""
    found = made("(x if x <= 1 else 2 - x) <= 1")
    assert found["relation"] == {"(x if x <= 1 else 2 - x) >= 1"}
    assert "factor" not in made("-x <= y")
    assert "relation" not in made("x == y")
    assert "relation" not in made("x <= y", relations=False)


def test_how_far_numbers_move() -> None:
    assert moved_literals(Fraction(2)) == (3, 1)
    assert moved_literals(Fraction(-2)) == (-3, -1)
    assert moved_literals(Fraction(0)) == (1, -1)
    assert moved_literals(Fraction(1000)) == (1100, 900)
    assert moved_literals(Fraction(12, 5)) == (Fraction(66, 25), Fraction(54, 25))
    assert moved_exponents(Fraction(-1)) == (-2,)  # never to 0
    assert moved_exponents(Fraction(1, 2)) == (Fraction(3, 4), Fraction(1, 4))


def test_operators_take_turns() -> None:
    mutants = lemma_mutants(lemma(asked.Relation(read("x**2 + y**2 >= 2*x*y")), "x >= y"))
    first = [mutant.operator for mutant in mutants[:7]]
    assert len(set(first)) == 7
    assert first[:2] == ["relation", "hypothesis"]
    assert list(in_turn([[1, 4], [2], [3, 5, 6]])) == [1, 2, 3, 4, 5, 6]


def test_the_same_mutants_every_time_and_no_two_alike() -> None:
    one = lemma(asked.Relation(read("x**2 + y**2 >= 2*x*y")), "x >= y", "y >= 0")
    assert lemma_mutants(one) == lemma_mutants(one)
    families = [variant.members for mutant in lemma_mutants(one) for variant in mutant.variants]
    goals = [(members[0].question.goal, members[0].given) for members in families]  # type: ignore[union-attr]
    assert len(goals) == len(set(goals))
    assert (read("x**2 + y**2 >= 2*x*y"), (read("x >= y"), read("y >= 0"))) not in goals


def test_a_change_is_made_in_every_member() -> None:
    """The value of ``for:`` differs between members and is no constant of the lemma; what they share is changed in all."""
    members = tuple(asked.Relation(read(f"exp(x) >= 1 + {n}*x/{n}")) for n in (2, 5))
    mutants = lemma_mutants(lemma(members[0], others=members[1:]))
    texts = [[text(o.question.goal) for o in v.members] for m in mutants for v in m.variants]  # type: ignore[union-attr]
    assert ["exp(x) <= 1 + 2*x/2", "exp(x) <= 1 + 5*x/5"] in texts
    assert ["exp(x) >= 2 + 2*x/2", "exp(x) >= 2 + 5*x/5"] in texts
    assert not any("3*x" in first for first, _ in texts)


def test_each_hypothesis_is_dropped() -> None:
    mutants = lemma_mutants(lemma(asked.Relation(read("x >= 0")), "x >= y", "y >= 0"))
    assert {"hypothesis dropped: x >= y", "hypothesis dropped: y >= 0"} <= set(changes(mutants))


KINDS: list[tuple[Question, str]] = [
    (
        asked.Root(read("x**2 - 2"), "x", (read("1"), read("2")), lies_in=(read("7/5"), read("3/2"))),
        "interval moved above",
    ),
    (
        asked.Root(read("x**2 - a"), "x", (read("0"), read("a + 1")), equals=read("sqrt(a)")),
        "exponent of a: 1/2 -> 3/4",
    ),
    (asked.Roots(read("x**2 + x/2"), "x", read("3/4")), "constant 3/4 -> 27/40"),
    (asked.Optimum(read("(x - 1)**2"), "x", (read("0"), read("3")), equals=read("1")), "maximum instead"),
    (
        asked.KKT(read("x**2"), ("x",), (read("x >= 1"),), {"x": read("1")}, (read("2"),)),
        ">= reversed to <=",
    ),
    (asked.Ode("x", {"y": read("-2*y")}, {"y": read("3*exp(-2*x)")}, {"y": read("3")}), "constant -2 -> -3"),
    (asked.Series(read("exp(x)"), "x", read("0"), read("1 + x"), 2), "order 2 -> 3"),
    (asked.Induction("n", 4, read("2**n >= n**2")), "start 4 -> 3"),
    (asked.Exists((read("x**2 == 4"),), {"x": read("2")}), "constant 2 -> 3"),
    (asked.Impossible((read("x > y"), read("y > x"))), "condition dropped: x > y"),
    (asked.Certificate(read("x*y <= (x**2 + y**2)/2"), (), (), (read("x - y"),)), "square dropped: x - y"),
    (asked.Enclosure(read("exp(1)"), (read("27/10"), read("28/10"))), "interval moved below"),
]


@pytest.mark.parametrize(("question", "expected"), KINDS, ids=[type(question).__name__ for question, _ in KINDS])
def test_every_kind_of_question_has_mutants(question: Question, expected: str) -> None:
    mutants = lemma_mutants(lemma(question))
    assert expected in changes(mutants)
    assert all(variant.members[0].question != question for mutant in mutants for variant in mutant.variants)


def test_the_domain_of_a_question_is_not_what_it_claims() -> None:
    root = KINDS[0][0]
    assert [slot for slot, _ in slots(root)] == [("of",)]
    kkt = KINDS[4][0]
    assert [slot for slot, _ in slots(kkt)] == [("minimise",), ("subject_to", 0), ("at", "x"), ("multipliers", 0)]
    changed = with_slot(kkt, ("at", "x"), read("7"))
    assert isinstance(changed, asked.KKT)
    assert changed.at == {"x": Num(Fraction(7))}
    assert replace(changed, at=kkt.at) == kkt  # type: ignore[union-attr]


def test_a_wide_interval_is_asked_wide_changes() -> None:
    """A tenth would leave the root of ``x - a`` where a wide interval still has it."""
    narrow = lemma(asked.Root(read("x - 5/2"), "x", (read("0"), read("9")), lies_in=(read("249/100"), read("251/100"))))
    wide = lemma(asked.Root(read("x - 5/2"), "x", (read("0"), read("9")), lies_in=(read("2"), read("3"))))
    assert "constant -5/2 -> -11/4" in changes(lemma_mutants(narrow))
    assert "constant -5/2 -> -15/4" in changes(lemma_mutants(wide))


def test_a_lemma_without_members_has_none() -> None:
    assert lemma_mutants(replace(lemma(asked.Relation(read("x == x"))), members=())) == ()


# --- checks ---------------------------------------------------------------------------------------------------------


def check(kind: Kind, target: str, quantity: str = "x + y", **more: object) -> Check:
    expected = Expectation(kind, read(target), f"{kind}: {target}", {"seed": Over("every")})
    return Check("check", read(quantity), quantity, replace(expected, **more))  # type: ignore[arg-type]


def texts(mutants: tuple[CheckMutant, ...]) -> list[str]:
    return [words for mutant in mutants for _, words, _ in mutant.variants]


def test_values_move_by_a_tenth_or_twice_the_margin() -> None:
    assert {"equals: 22/5", "equals: 18/5"} <= set(
        texts(check_mutants(check(Kind.EQUALS, "4", within=Within(0.1, 0.1))))
    )
    assert {"equals: 6", "equals: 2"} <= set(texts(check_mutants(check(Kind.EQUALS, "4", within=Within(1, 1)))))
    relative = texts(check_mutants(check(Kind.EQUALS, "a", within=Within(0.2, 0.2, relative=True))))
    assert {"equals: 7/5*a", "equals: 3/5*a"} <= set(relative)
    around_zero = texts(check_mutants(check(Kind.LIMIT, "0", within=Within(0.001, 0.001), axis="n")))
    assert {"limit: 1/500", "limit: -1/500"} <= set(around_zero)
    assert not any(words.startswith("equals") for words in texts(check_mutants(check(Kind.EQUALS, "0"))))


def test_a_bound_is_reversed_and_tightened_but_never_loosened() -> None:
    found = texts(check_mutants(check(Kind.AT_MOST, "4")))
    assert {"at_least: 4", "at_most: 2"} <= set(found)
    assert "at_most: 6" not in found
    assert "at_least: 6" in texts(check_mutants(check(Kind.AT_LEAST, "4")))
    assert "at_most: -6" in texts(check_mutants(check(Kind.AT_MOST, "-4")))
    tight = texts(check_mutants(check(Kind.AT_MOST, "4", attained=True, within=Within(0.01, 0.01))))
    assert "at_most: 18/5" in tight


def test_rates_get_neighbouring_exponents_and_logarithms_in_the_stronger_direction() -> None:
    two_sided = check_mutants(check(Kind.RATE, "1/n", axis="n", within=Within(0.1, 0.1)))
    assert [mutant.variants[0][0] for mutant in two_sided if mutant.operator == "place"] == [
        "exponent +1/4", "exponent -1/4", "one logarithm more", "one logarithm less",
    ]  # fmt: skip
    upper = check_mutants(check(Kind.RATE_AT_MOST, "1/n", axis="n"))
    assert [m.variants[0][0] for m in upper if m.operator == "place"] == ["exponent -1/4", "one logarithm less"]
    # towards 0 a stronger upper bound has a larger power
    small = check_mutants(check(Kind.RATE_AT_MOST, "n", axis="n", to_zero=True))
    assert [m.variants[0][0] for m in small if m.operator == "place"] == ["exponent +1/4"]
    ranged = check_mutants(check(Kind.RATE, "1/n", axis="n", until=(4.0, 100.0)))
    assert [m.variants[0][0] for m in ranged if m.operator == "place"] == ["exponent +1/4", "exponent -1/4"]


def test_orders_directions_shares_and_intervals() -> None:
    (swapped, *_) = check_mutants(check(Kind.LESS_THAN, "a"))
    assert swapped.variants[0][2].quantity == read("a")
    assert swapped.variants[0][2].expectation.target == read("x + y")
    assert "monotone: decreasing" in texts(check_mutants(check(Kind.MONOTONE, "1", axis="n")))
    share = check(Kind.AT_MOST, "4", over={"seed": Over("fraction", 0.5)})
    assert "over seed: fraction >= 0.75" in texts(check_mutants(share))
    between = texts(check_mutants(check(Kind.BETWEEN, "1", upper=read("3"))))
    assert {"between: [3, 5]", "between: [-1, 1]"} <= set(between)


def test_the_quantity_is_changed_too() -> None:
    found = texts(check_mutants(check(Kind.EQUALS, "4", quantity="max(x, y) - 2*a", within=Within(0.1, 0.1))))
    assert {"quantity: max(x, y)", "quantity: min(x, y) - 2*a", "quantity: max(x, y) + 2*a"} <= set(found)


def test_a_mutant_keeps_margin_rule_and_selection() -> None:
    original = replace(check(Kind.EQUALS, "4", within=Within(0.1, 0.2)), keep=read("x >= 0"), keep_share=0.5)
    for mutant in check_mutants(original):
        for _, _, changed in mutant.variants:
            assert (changed.keep, changed.keep_share) == (original.keep, original.keep_share)
            assert changed.expectation.within == original.expectation.within
            assert changed != original
    assert check_mutants(original) == check_mutants(original)
