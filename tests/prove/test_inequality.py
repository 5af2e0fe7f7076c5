"""The inequality prover: tight claims proved, false ones refuted with exact witnesses, and the fuzz with the sampler off."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import cast

import pytest

from checker.expr.derive import diff
from checker.expr.domain import INTEGER, NATURAL, POSITIVE, REAL, Domain
from checker.expr.node import Num, Rel, add, substitute
from checker.expr.to_arb import holds
from checker.prove.inequality import prove_inequality
from checker.prove.outcome import Status
from checker.verdict import How
from tests.prove.tight import OPEN_UNIT, TIGHT, UNIT, read

STRICT = {"<=": "<", ">=": ">"}


def relation(text: str, domains: Mapping[str, Domain]) -> Rel:
    return cast(Rel, read(text, domains))


@pytest.mark.parametrize(("text", "domains", "touches"), TIGHT)
def test_tight_claims_are_proved(text: str, domains: Mapping[str, Domain], touches: bool) -> None:
    outcome = prove_inequality(relation(text, domains), domains)
    assert outcome.status is Status.PROVED
    assert outcome.how is How.PROVED


@pytest.mark.parametrize(("text", "domains", "touches"), TIGHT)
def test_strict_versions_without_the_sampler(text: str, domains: Mapping[str, Domain], touches: bool) -> None:
    # Where equality is attained the strict claim is false, and nothing but the prover's own soundness stands in its way.
    goal = relation(text, domains)
    outcome = prove_inequality(Rel(STRICT[goal.op], goal.left, goal.right), domains, sampler=False, budget=60)  # type: ignore[arg-type]
    if touches:
        assert outcome.status is not Status.PROVED


@pytest.mark.parametrize("exponent", [pytest.param(2, marks=pytest.mark.slow), 6, pytest.param(12, marks=pytest.mark.slow), 20])
def test_shifted_claims_without_the_sampler(exponent: int) -> None:
    # Every claim comes arbitrarily close to equality, so shifted by 10**-exponent it is false.
    for text, domains, _ in TIGHT:
        goal = relation(text, domains)
        shift = Num(Fraction(1, 10**exponent))
        small = add(goal.left, shift) if goal.op == "<=" else goal.left
        large = add(goal.right, shift) if goal.op == ">=" else goal.right
        outcome = prove_inequality(Rel(goal.op, small, large), domains, sampler=False, budget=12)
        assert outcome.status is not Status.PROVED, (text, exponent)


@pytest.mark.parametrize(
    ("text", "domains"),
    [
        ("exp(x) >= 1 + 2*x", {"x": REAL}),
        ("log(1 + x) <= x - x**2/2", {"x": POSITIVE}),
        ("tanh(x) >= x", {"x": POSITIVE}),
        ("sigmoid(x) < 1/2", {"x": REAL}),
        ("x**2 - 3*x + 2 >= 0", {"x": REAL}),
        ("x + 1/x > 2", {"x": POSITIVE}),
        ("p*log(p) + (1 - p)*log(1 - p) < -log(2)", {"p": OPEN_UNIT}),
        ("asin(x) < pi/2*x", {"x": UNIT}),
    ],
)
def test_false_claims_have_exact_witnesses(text: str, domains: Mapping[str, Domain]) -> None:
    goal = relation(text, domains)
    outcome = prove_inequality(goal, domains)
    assert outcome.status is Status.REFUTED
    point = {name: Fraction(number) for name, number in outcome.witness.items()}
    assert holds(goal, point) is False  # the witness can be replayed


def test_integer_domains_are_never_refuted_between_integers() -> None:
    # (n - 1)*(n - 2) is negative at 3/2 only; a witness has to be in the domain.
    domains = {"n": INTEGER}
    assert prove_inequality(relation("n**2 - 3*n + 2 >= 0", domains), domains).status is Status.PROVED
    refuted = prove_inequality(relation("n**2 - 3*n + 2 >= 1", domains), domains)
    assert refuted.status is Status.REFUTED
    assert Fraction(refuted.witness["n"]) in (1, 2)


def test_integers_by_the_real_relaxation() -> None:
    domains = {"n": NATURAL}
    assert prove_inequality(relation("2**n >= n + 1", domains), domains).status is Status.PROVED
    assert prove_inequality(relation("2**n > n + 1", domains), domains).witness == {"n": "1"}


def test_hypotheses_are_used() -> None:
    domains = {"p": OPEN_UNIT, "q": OPEN_UNIT}
    goal = relation("p*log(p) + q*log(q) >= -log(2)", domains)
    given = (read("p + q == 1", domains),)
    assert prove_inequality(goal, domains, given).status is Status.PROVED
    sharper = relation("p*log(p) + q*log(q) >= -log(2) + 1/100", domains)
    refuted = prove_inequality(sharper, domains, given)
    assert refuted.status is Status.REFUTED
    assert Fraction(refuted.witness["p"]) + Fraction(refuted.witness["q"]) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("exp(pi) - pi < 20", Status.PROVED),  # 19.9990999...
        ("exp(pi) - pi >= 20", Status.REFUTED),
        ("sqrt(2)**2 <= 2", Status.PROVED),  # equal: balls alone cannot separate the sides
        ("sqrt(2)**2 < 2", Status.REFUTED),
        # exp(100)*L at the angles 1/20 and pi of the three-margin counterexample: 1.2909... against 2
        ("exp(-100*(1 - (1/20)**2)) + exp(-100*(1 + 1/20)) + exp(-150) < 2*exp(-100) + exp(-200)", Status.PROVED),
        ("exp(-100*(1 - (1/10)**2)) + exp(-100*(1 + 1/10)) + exp(-150) < 2*exp(-100) + exp(-200)", Status.REFUTED),  # e > 2
    ],
)
def test_numbers(text: str, expected: Status) -> None:
    assert prove_inequality(relation(text, {}), {}).status is expected


@pytest.mark.parametrize("budget", [20, 80, 320])
def test_kkt_condition_of_the_diagonal_model(budget: int) -> None:
    """dL/dc > dL/da on the face c = 0 certifies c = 0 (diagonal model on four points, l1 budget B)."""
    domains = {"a": Domain(Fraction(2, 5), Fraction(1, 2)), "c": REAL}
    loss = read(_loss(budget), domains)
    face = {"c": Num(Fraction(0))}
    across, along = substitute(diff(loss, "c"), face), substitute(diff(loss, "a"), face)
    box = {"a": domains["a"]}
    assert prove_inequality(Rel(">", across, along), box).status is Status.PROVED
    assert prove_inequality(Rel("<", across, along), box).status is Status.REFUTED


def _loss(budget: int) -> str:
    margins = ("1", "3*(1 - c)/2 + 11*c/10", "8*a/5 + 12*(1 - a - c)/5 + 9*c", "13*a/5 + 8*(1 - a - c)/5 + 9*c")
    return " + ".join(f"exp(-{budget}*({margin}))" for margin in margins)


@pytest.mark.parametrize(
    ("text", "domains"),
    [
        ("1/x >= 0", {"x": Domain(Fraction(-1), Fraction(1))}),  # decreasing wherever defined, and 1 at the right end
        ("tan(x) <= 3", {"x": Domain(Fraction(0), Fraction(4))}),
        ("1/(5 - ((x**2 - 2*x) + 8)**2) >= 0", {"x": Domain(Fraction(0), Fraction(2))}),  # defined, but not on an enclosure
        ("-(x**2)**(1/4) >= -9/10", {"x": Domain(Fraction(-1), Fraction(1))}),  # convex on both sides of a cusp
        ("x - sqrt(max(x, 0)) >= -1/4", {"x": Domain(Fraction(-1), Fraction(1))}),  # derivative undefined on x < 0
        ("abs(x) - x**2 >= 1/10", {"x": Domain(Fraction(-1), Fraction(1))}),
    ],
)
def test_derivatives_do_not_carry_across_gaps_and_kinks(text: str, domains: Mapping[str, Domain]) -> None:
    goal = relation(text, domains)
    assert prove_inequality(goal, domains, sampler=False).status is not Status.PROVED
    assert prove_inequality(goal, domains).status is Status.REFUTED


def test_an_open_question_stays_open() -> None:
    # true, but nothing says that exp carries floor(x) <= x over: an honest "undecided" with what was tried
    outcome = prove_inequality(relation("exp(floor(x)) <= exp(x)", {"x": REAL}), {"x": REAL})
    assert outcome.status is Status.UNDECIDED
    assert outcome.evidence


@pytest.mark.slow
def test_towers_of_exponentials_do_not_fill_the_memory() -> None:
    # 2**(10**11) has ten gigabytes of digits: such ends are moved outward, not written out
    for text in ("exp(exp(exp(x))) >= exp(-exp(exp(x)))", "exp(-exp(exp(x))) <= sqrt(exp(exp(x)))", "sin(exp(exp(x))) <= 2"):
        domains = {"x": Domain(Fraction(1), Fraction(40))}
        assert prove_inequality(relation(text, domains), domains).status is Status.PROVED
    shifted = relation("log(1 + exp(-x)) + 10**(-15) <= exp(-x)", {"x": REAL})
    assert prove_inequality(shifted, {"x": REAL}, sampler=False).status is not Status.PROVED
