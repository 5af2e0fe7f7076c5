"""Induction: base and step are both needed, and the first counterexample is the witness."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import pytest

from checker.expr.domain import INTEGER, POSITIVE, REAL, Domain
from checker.prove.obligation import Induction, Obligation
from checker.prove.outcome import Outcome, Status
from checker.prove.registry import prove
from tests.prove.blind import blind  # noqa: F401
from tests.prove.tight import OPEN_UNIT, read

DOMAINS: Mapping[str, Domain] = {
    "n": INTEGER, "x": REAL, "y": Domain(lo=Fraction(-1)), "z": POSITIVE, "a": POSITIVE, "q": OPEN_UNIT,
}


def induction(show: str, start: int = 1, given: tuple[str, ...] = (), **domains: Domain) -> Outcome:
    known = {**DOMAINS, **domains}
    return prove(Obligation(Induction("n", start, read(show, known)), known, tuple(read(item, known) for item in given)))


# (start, true, false by one change, smallest index at which the false one fails; None: not looked at)
CASES: tuple[tuple[int, str, str, int | None], ...] = (
    (1, "Sum(k, (k, 1, n)) == n*(n + 1)/2", "Sum(k, (k, 1, n)) == n*(n - 1)/2", 1),
    (1, "Sum(k**2, (k, 1, n)) == n*(n + 1)*(2*n + 1)/6", "Sum(k**2, (k, 1, n)) == n*(n + 1)*(n + 2)/6", 2),
    (0, "Sum(2**k, (k, 0, n)) == 2**(n + 1) - 1", "Sum(2**k, (k, 0, n)) == 2**(n + 1) - 1 + n*(n - 1)", 2),
    (0, "Sum(q**k, (k, 0, n)) == (1 - q**(n + 1))/(1 - q)", "Sum(q**k, (k, 0, n)) == (1 - q**n)/(1 - q)", 0),
    (1, "Sum(1/(k*(k + 1)), (k, 1, n)) == 1 - 1/(n + 1)", "Sum(1/(k*(k + 1)), (k, 1, n)) == 1 - 1/(2*n)", 2),
    (1, "Sum(k*factorial(k), (k, 1, n)) == factorial(n + 1) - 1", "Sum(k*factorial(k), (k, 1, n)) == factorial(n + 1)", 1),
    (0, "Sum((-1)**k, (k, 0, n)) == (1 + (-1)**n)/2", "Sum((-1)**k, (k, 0, n)) == (1 - (-1)**n)/2", 0),
    (
        1, "Sum((-1)**(k + 1)/k, (k, 1, 2*n)) == Sum(1/k, (k, n + 1, 2*n))",
        "Sum((-1)**(k + 1)/k, (k, 1, 2*n)) == Sum(1/k, (k, n, 2*n))", 1,
    ),
    (2, "Product(1 - 1/k**2, (k, 2, n)) == (n + 1)/(2*n)", "Product(1 - 1/k**2, (k, 2, n)) == 3/(2*n)", 3),
    (1, "Product(1 + 1/k, (k, 1, n)) == n + 1", "Product(1 + 1/k, (k, 1, n)) == 2*n", 2),
    (1, "Sum(1/k**2, (k, 1, n)) <= 2 - 1/n", "Sum(1/k**2, (k, 1, n)) < 2 - 1/n", 1),
    (2, "Sum(1/k**2, (k, 1, n)) < 2 - 1/n", "Sum(1/k**2, (k, 1, n)) < 3/2", 7),
    (1, "Sum(1/sqrt(k), (k, 1, n)) <= 2*sqrt(n)", "Sum(1/sqrt(k), (k, 1, n)) <= 8/5*sqrt(n)", 11),
    (1, "Sum(1/k, (k, 1, n)) >= log(n + 1)", "Sum(1/k, (k, 1, n)) >= log(n + 2)", 1),
    (1, "Sum(1/k, (k, 1, n)) <= 1 + log(n)", "Sum(1/k, (k, 1, n)) <= 9/10 + log(n)", 1),
    (1, "(1 + y)**n >= 1 + n*y", "(1 + y)**n > 1 + n*y", 1),
    (2, "(1 + z)**n > 1 + n*z", "(1 + z)**n > 1 + n*z + n*z**2", 2),
    (4, "2**n >= n**2", "2**n >= n**2 + 1", 4),
    (4, "factorial(n) >= 2**n", "factorial(n) >= 3**n", 4),
    (0, "binomial(2*n, n) <= 4**n", "binomial(2*n, n) <= 3**n", 5),
    (1, "Product(1 - q/k, (k, 1, n)) <= exp(-q*Sum(1/k, (k, 1, n)))", "Product(1 - q/k, (k, 1, n)) <= 0", 1),
    (1, "Sum(a*k, (k, 1, n)) <= a*n**2", "Sum(x*k, (k, 1, n)) <= x*n**2", 2),
    (
        1, "Sum(k**3, (k, 1, n)) == Sum(k, (k, 1, n))**2 and Sum(k, (k, 1, n)) == n*(n + 1)/2",
        "Sum(k**3, (k, 1, n)) == Sum(k, (k, 1, n))**2 and Sum(k, (k, 1, n)) == n**2", 2,
    ),
)


@pytest.mark.parametrize(("start", "true", "false", "first"), CASES)
def test_true_and_false(start: int, true: str, false: str, first: int | None) -> None:
    assert induction(true, start).status is Status.PROVED
    refuted = induction(false, start)
    assert refuted.status is Status.REFUTED
    assert refuted.witness["n"] == str(first)


@pytest.mark.usefixtures("blind")
@pytest.mark.parametrize(("start", "true", "false", "first"), CASES)
@pytest.mark.slow
def test_false_ones_without_the_refuter(start: int, true: str, false: str, first: int | None) -> None:
    assert induction(false, start).status is not Status.PROVED


def test_a_late_counterexample_is_found() -> None:
    assert induction("n < 100").witness == {"n": "100"}
    assert induction("Sum(k, (k, 1, n)) == n*(n + 1)/2 + (n - 1)*(n - 2)*(n - 3)").witness == {"n": "4"}


@pytest.mark.usefixtures("blind")
def test_a_true_step_on_a_wrong_base() -> None:
    """The step of n(n+1)/2 + 1 is right, and so is that of 2 = 3; nothing follows."""
    for show in ("Sum(k, (k, 1, n)) == n*(n + 1)/2 + 1", "Sum(k, (k, 1, n)) <= n*(n + 1)/2 - 1", "n < n - 1", "2**n < n"):
        assert induction(show).status is Status.REFUTED


def test_the_wrong_start() -> None:
    assert induction("2**n >= n**2", 4).status is Status.PROVED
    assert induction("2**n >= n**2", 3).status is Status.REFUTED
    assert induction("2**n >= n**2", 2).witness == {"n": "3"}  # holds at 2, fails at 3, holds from 4 on
    assert induction("Sum(k, (k, 1, n)) == n*(n + 1)/2", 0).status is Status.PROVED  # the empty sum
    assert induction("Sum(k, (k, 1, n)) == n*(n + 1)/2", -2).status is Status.REFUTED  # empty too, and not 1


def test_undefined_somewhere_is_not_proved() -> None:
    assert induction("1/(n - 5) <= 1").status is not Status.PROVED
    assert induction("(1 + y)**n >= 1 + n*y", 0).status is not Status.PROVED  # 0**0 at y = -1
    assert induction("Sum(1/(k - 4), (k, 1, n)) <= n").status is not Status.PROVED
    assert induction("log(n - 2) >= -10").status is not Status.PROVED


def test_what_is_not_for_all_integers_is_unsupported() -> None:
    show = "Sum(k, (k, 1, n)) == n*(n + 1)/2"
    assert induction(show, given=("n <= 5",)).status is Status.UNSUPPORTED
    assert induction("n >= 1", n=Domain(lo=Fraction(3), integer=True)).status is Status.UNSUPPORTED
    assert induction("n <= 5", n=Domain(Fraction(1), Fraction(5), integer=True)).status is Status.UNSUPPORTED
    assert induction("Sum(binomial(n, k), (k, 0, n)) == 2**n", 0).status is Status.UNSUPPORTED
    assert induction("n != 7").status is Status.UNSUPPORTED


def test_contradictory_hypotheses() -> None:
    assert induction("n <= a", given=("a < -1",)).status is Status.VACUOUS


def test_a_failing_step_refutes_only_the_proof() -> None:
    outcome = induction("Sum(1/k, (k, n + 1, 2*n)) <= 3/4")  # true: the sums increase to log 2
    assert outcome.status is Status.UNDECIDED
    assert induction("Sum(1/k, (k, n + 1, 2*n)) >= 1/2").status is Status.PROVED
