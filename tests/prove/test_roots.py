"""A zero is proved where it is and refuted where it is not; existence and uniqueness are part of the answer."""

from __future__ import annotations

from collections.abc import Mapping

import flint
import pytest

from checker.expr.domain import POSITIVE, REAL, Domain
from checker.expr.namespace import Namespace
from checker.expr.node import Node
from checker.expr.parse import parse
from checker.expr.to_arb import precision
from checker.prove.isolate import Isolation
from checker.prove.obligation import Obligation, Root, Roots
from checker.prove.outcome import Outcome, Status
from checker.prove.registry import prove
from checker.prove.roots import locate, sharpen
from checker.verdict import How

DOMAINS: Mapping[str, Domain] = {"x": REAL, "a": REAL, "p": POSITIVE, "q": POSITIVE}


def read(text: str) -> Node:
    return parse(text, Namespace(symbols=DOMAINS, definitions={}))


def root(
    of: str, bracket: tuple[str, str], equals: str = "", lies: tuple[str, str] | None = None, symbol: str = "x"
) -> Outcome:
    question = Root(
        read(of),
        symbol,
        (read(bracket[0]), read(bracket[1])),
        (read(lies[0]), read(lies[1])) if lies else None,
        read(equals) if equals else None,
    )
    return prove(Obligation(question, DOMAINS))


@pytest.mark.parametrize(
    ("of", "bracket", "claimed", "near_miss"),
    [
        ("x**2 - 2", ("0", "2"), "sqrt(2)", "sqrt(2) + 10**(-20)"),
        ("x**2 - x", ("1/2", "1"), "1", "99/100"),  # at the very end of the bracket
        ("exp(x)*x - 1", ("0", "10"), "LambertW(1)", "LambertW(1) + 10**(-30)"),
        ("log(x) + 2", ("1/100", "oo"), "exp(-2)", "exp(-2) - 10**(-9)"),
        ("tanh(x) - 1/2", ("-oo", "oo"), "log(3)/2", "log(2)/2"),
    ],
)
def test_a_closed_form_zero(of: str, bracket: tuple[str, str], claimed: str, near_miss: str) -> None:
    right = root(of, bracket, equals=claimed)
    assert right.status is Status.PROVED
    wrong = root(of, bracket, equals=near_miss)
    assert wrong.status is Status.REFUTED


def test_an_enclosed_zero_and_its_neighbours() -> None:
    """The fixed point of the cosine is 0.7390851332151606416553..."""
    assert root("cos(x) - x", ("0", "oo"), lies=("0.739085133215160", "0.739085133215161")).status is Status.PROVED
    outcome = root("cos(x) - x", ("0", "oo"), lies=("0.739085133215161", "0.739085133215162"))
    assert outcome.status is Status.REFUTED
    assert "0.73908513321516064165531208767387" in outcome.detail


@pytest.mark.parametrize(
    ("of", "bracket", "claimed"),
    [
        ("x**2 - 2", ("-2", "2"), "sqrt(2)"),  # two zeros
        ("x**2 + 2", ("-2", "2"), "1"),  # none
        ("x**2 - 2", ("0", "1"), "sqrt(2)"),  # outside of its own bracket
        ("sin(x)", ("1", "7"), "pi"),  # pi and 2 pi
    ],
)
def test_existence_and_uniqueness_are_checked(of: str, bracket: tuple[str, str], claimed: str) -> None:
    assert root(of, bracket, equals=claimed).status is Status.REFUTED


@pytest.mark.parametrize(
    "of",
    [
        "sign(x) + x/2 + 1/10",  # jumps over zero
        "1 if x > 1/3 else -1",
        "floor(x) + 1/2",
        "1/x",  # a pole is no zero
        "tan(x + pi/2)",
    ],
)
def test_what_is_no_zero_of_a_continuous_function_is_never_proved(of: str) -> None:
    assert root(of, ("-1", "1"), equals="0").status is not Status.PROVED


@pytest.mark.parametrize("budget", [20, 80, 320])
def test_the_exact_constrained_path_of_the_diagonal_instance(budget: int) -> None:
    """dL/da of lexmaxmargin S4 (c = 0) in a window of 2**-500, where the terms are as small as exp(-768)."""
    slope = f"8/10*exp(-{budget}*(12/5 - 8*a/10)) - exp(-{budget}*(8/5 + a))"
    path = f"(4/9 + log(5/4)/(9/5*{budget}))"
    window = (f"{path} - 2**(-500)", f"{path} + 2**(-500)")
    assert root(slope, window, equals=path, symbol="a").status is Status.PROVED
    assert root(slope, window, equals=f"{path} + 2**(-600)", symbol="a").status is Status.REFUTED
    assert root(slope, ("0", "1"), equals=path, symbol="a").status is Status.PROVED
    assert root(slope, ("0", "1"), equals="4/9", symbol="a").status is Status.REFUTED
    shifted = f"(4/9 + log(4/5)/(9/5*{budget}))"  # the sign of the logarithm
    assert root(slope, ("0", "1"), equals=shifted, symbol="a").status is Status.REFUTED


def test_a_proof_by_enclosure_says_so() -> None:
    """gamma(1/4)*gamma(3/4) = pi*sqrt(2) by the reflection formula, which the normal form does not know."""
    outcome = root("sinh(x - gamma(1/4)*gamma(3/4))", ("0", "10"), equals="pi*sqrt(2)")
    assert outcome.status is Status.PROVED
    assert outcome.how is How.ENCLOSED
    assert (
        root("sinh(x - gamma(1/4)*gamma(3/4))", ("0", "10"), equals="pi*sqrt(2) - 10**(-28)").status is Status.REFUTED
    )


def test_refinement_reaches_hundreds_of_digits() -> None:
    """sqrt(2) to 1000 bits against flint's own square root."""
    function = read("x**2 - 2")
    found = locate(function, "x", (read("0"), read("2")))
    (zero,) = found.isolation.zeros
    narrow = found.isolation.refine(zero, 2048)
    with precision(2048):
        assert narrow.hi - narrow.lo < flint.arb(2) ** -1900
        assert narrow.lo <= flint.arb(2).sqrt() <= narrow.hi
    ball, bits = sharpen(found.isolation, zero, (read("0"), read("2")), found.bits)
    with precision(bits):
        assert ball.overlaps(flint.arb(2).sqrt())


def test_many_zeros_are_all_found() -> None:
    with precision(128):
        isolation = Isolation(read("sin(x)"), "x", flint.arb(1), flint.arb(32), 128)
    assert isolation.complete
    assert len(isolation.zeros) == 10  # pi ... 10 pi
    assert [zero.slope for zero in isolation.zeros] == [-1, 1] * 5


def test_a_zero_with_parameters() -> None:
    """x = q/p is the zero of p*x - q for all positive p and q; q is not, and x**2 has a second one."""
    assert root("p*x - q", ("0", "oo"), equals="q/p").status is Status.PROVED
    assert root("p*x - q", ("0", "oo"), equals="q").status is Status.REFUTED
    assert root("p*(x**2 - q**2)", ("-oo", "oo"), equals="q").status is not Status.PROVED


@pytest.mark.parametrize(
    ("of", "radius", "status"),
    [
        ("x**2 - x/2 + 1/4", "51/100", Status.PROVED),
        ("x**2 - x/2 + 1/4", "49/100", Status.REFUTED),
        ("(x - 1/2)**3*(x + 9/10)", "91/100", Status.PROVED),
        ("x - x", "1", Status.REFUTED),
        ("7 + 0*x", "1", Status.VACUOUS),  # no roots: nothing is said
    ],
)
def test_all_roots_in_a_disc(of: str, radius: str, status: Status) -> None:
    outcome = prove(Obligation(Roots(read(of), "x", read(radius)), DOMAINS))
    assert outcome.status is status


def test_exponents_of_a_family_are_added_up() -> None:
    """``x**(tau + 1) - x**tau + a`` at tau = 5 (Levin, May 1976: stable up to 2 sin(pi/22) = 0.28463)."""
    for a, status in (("0.2846", Status.PROVED), ("0.2847", Status.REFUTED)):
        question = Roots(read(f"x**(5 + 1) - x**(6 - 1) + {a}"), "x", read("1"))
        assert prove(Obligation(question, DOMAINS)).status is status
    assert prove(Obligation(Roots(read("x**(1 - 2) + 3"), "x", read("1")), DOMAINS)).status is Status.UNSUPPORTED


def test_roots_on_the_circle_are_not_inside() -> None:
    assert prove(Obligation(Roots(read("x**2 + 1"), "x", read("1")), DOMAINS)).status is not Status.PROVED


def test_roots_of_what_is_no_polynomial_is_unsupported() -> None:
    assert prove(Obligation(Roots(read("exp(x)"), "x", read("1")), {"x": REAL})).status is Status.UNSUPPORTED
    assert prove(Obligation(Roots(read("abs(x)*x"), "x", read("1")), DOMAINS)).status is Status.UNSUPPORTED
    assert prove(Obligation(Roots(read("a*x**5 + x"), "x", read("1")), {"a": REAL})).status is Status.UNSUPPORTED
