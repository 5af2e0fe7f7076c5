"""Expectations of the built-in laws: normalised, their moments proved for all parameters, a near miss of each refuted."""

from __future__ import annotations

from fractions import Fraction

import pytest

from checker.expr.domain import NATURAL, NONNEGATIVE, POSITIVE, REAL, Domain
from checker.expr.namespace import Namespace
from checker.expr.node import Binder, Rel, bind, num, symbols_of
from checker.expr.parse import parse
from checker.prove.obligation import Obligation, Relation
from checker.prove.outcome import Outcome, Status
from checker.prove.registry import prove
from checker.spec.laws import read_law

UNIT = Domain(Fraction(0), Fraction(1), lo_open=True, hi_open=True)
DOMAINS = {
    "m": REAL, "s": POSITIVE, "b": POSITIVE, "al": NONNEGATIVE, "r": POSITIVE, "a": POSITIVE, "p": UNIT, "n": NATURAL,
    "t": Domain(),
}  # fmt: skip


def ask(law: str, text: str) -> Outcome:
    read, domain = read_law(law, "z", DOMAINS)
    goal = parse(text, Namespace(symbols={**DOMAINS, "z": domain}, laws={"z": read}))
    return prove(Obligation(Relation(goal), {name: DOMAINS[name] for name in symbols_of(goal)}))


GAUSSIAN_CLIP = "(al**2 + s**2)*(1 - erf(al/(sqrt(2)*s))) - sqrt(2/pi)*al*s*exp(-al**2/(2*s**2))"


@pytest.mark.parametrize(
    ("law", "true", "false"),
    [
        ("normal(0, 1)", "E(relu(z)**2) == 1/2", "E(relu(z)**2) == 1/3"),
        ("normal(0, 1)", "E(z**4) == 3", "E(z**4) == 2"),
        ("normal(m, s)", "E(z**2) == m**2 + s**2", "E(z**2) == m**2 + s"),
        ("normal(m, s)", "E(exp(z)) == exp(m + s**2/2)", "E(exp(z)) == exp(m + s**2)"),
        ("normal(0, s)", "E(abs(z)) == s*sqrt(2/pi)", "E(abs(z)) == s*sqrt(1/pi)"),
        # the clipping part of the error of a clipped quantiser: arXiv 1810.05723, section 2
        ("laplace(0, b)", "E(max(abs(z) - al, 0)**2) == 2*b**2*exp(-al/b)", "E(max(abs(z) - al, 0)**2) == b**2*exp(-al/b)"),
        ("laplace(0, b)", "E(max(abs(z) - al, 0)**2) == 2*b**2*exp(-al/b)", "E(max(z - al, 0)**2) == 2*b**2*exp(-al/b)"),
        ("normal(0, s)", f"E(max(abs(z) - al, 0)**2) == {GAUSSIAN_CLIP}",
         f"E(max(abs(z) - al, 0)**2) == {GAUSSIAN_CLIP.replace('(2*s**2)', 's**2')}"),
        ("laplace(m, b)", "E((z - m)**4) == 24*b**4", "E((z - m)**4) == 12*b**4"),
        ("uniform(m, m + s)", "E(z) == m + s/2", "E(z) == m - s/2"),
        ("uniform(-s, s)", "E(z**2) == s**2/3", "E(z**2) == s**2/4"),
        ("exponential(r)", "E(z**2) == 2/r**2", "E(z**2) == 1/r**2"),
        ("beta(a, b)", "E(z) == a/(a + b)", "E(z) == b/(a + b)"),
        ("beta(a, b)", "E(z**2) == a*(a + 1)/((a + b)*(a + b + 1))", "E(z**2) == a**2/((a + b)*(a + b + 1))"),
        ("bernoulli(p)", "E(z**2) == p", "E(z**2) == p**2"),
        ("binomial(n, p)", "E((z - n*p)**2) == n*p*(1 - p)", "E((z - n*p)**2) == n*p"),
        ("poisson(r)", "E((z - r)**2) == r", "E((z - r)**2) == r**2"),
        ("normal(0, 1)", "E(softplus(z)) >= 4/5", "E(softplus(z)) >= 9/10"),
        ("normal(0, s)", "E(abs(z)) <= s", "E(abs(z)) <= s/2"),
    ],
)  # fmt: skip
def test_moments(law: str, true: str, false: str) -> None:
    assert ask(law, true).status is Status.PROVED
    assert ask(law, false).status is Status.REFUTED


@pytest.mark.parametrize(
    "law",
    ["normal(m, s)", "laplace(m, b)", "uniform(m, m + s)", "exponential(r)", "beta(a, b)", "bernoulli(p)", "binomial(n, p)",
     "poisson(r)"],
)  # fmt: skip
def test_every_law_is_normalised(law: str) -> None:
    read, _ = read_law(law, "z", DOMAINS)
    total = Binder(read.kind, bind(read.density, "z"), read.lo, read.hi)
    used = {name: DOMAINS[name] for name in symbols_of(total)}
    assert prove(Obligation(Relation(Rel("==", total, num(1))), used)).status is Status.PROVED
    assert prove(Obligation(Relation(Rel("==", total, num(2))), used)).status is Status.REFUTED


def test_parameters_outside_of_the_law_are_not_normalised() -> None:
    read, _ = read_law("normal(m, t)", "z", DOMAINS)  # a negative t makes the density negative, and t = 0 undefined
    total = Binder(read.kind, bind(read.density, "z"), read.lo, read.hi)
    outcome = prove(Obligation(Relation(Rel("==", total, num(1))), {"m": REAL, "t": REAL}))
    assert outcome.status is Status.REFUTED
    assert Fraction(outcome.witness["t"]) < 0


@pytest.mark.slow
def test_a_moment_that_does_not_exist() -> None:
    assert ask("normal(0, 1)", "E(exp(z**2)) == 1").status is Status.UNDECIDED
    assert ask("exponential(r)", "E(exp(z)) == r/(r - 1)").status is not Status.PROVED  # r <= 1 diverges
