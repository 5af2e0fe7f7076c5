"""Optima and roots for all parameters, to infinity, at kinks, at zeros that only touch: each true claim beside a false one."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import pytest

from checker.expr.domain import INTEGER, NATURAL, POSITIVE, REAL, Domain
from checker.prove.obligation import Obligation, Optimum, Question, Root
from checker.prove.outcome import Outcome, Status
from checker.prove.registry import prove
from checker.spec.questions import names_of
from tests.prove.blind import blind  # noqa: F401
from tests.prove.tight import read

DOMAINS: Mapping[str, Domain] = {
    "x": REAL, "n": POSITIVE, "alpha": POSITIVE, "L": POSITIVE, "b": POSITIVE, "p": POSITIVE, "q": POSITIVE, "M": NATURAL,
}
FEW_BITS = Domain(Fraction(1), Fraction(8), integer=True)
INSIDE = Domain(Fraction(0), Fraction(1), lo_open=True, hi_open=True)
LAPLACE = "2*b**2*exp(-x/b) + x**2/(3*4**M)"
GAUSS = "(x**2 + 1)*(1 - erf(x/sqrt(2))) - sqrt(2/pi)*x*exp(-x**2/2) + x**2/(3*4**{bits})"
BITS = "alpha**2/(3*n**2) + L*n"


def asked(question: Question, given: tuple[str, ...], domains: Mapping[str, Domain]) -> Outcome:
    known = {name: domain for name, domain in {**DOMAINS, **domains}.items() if name in names_of(question)}
    return prove(Obligation(question, known, tuple(read(item, known) for item in given)))


def optimum(
    of: str, bracket: tuple[str, str], equals: str = "", lies: tuple[str, str] | None = None, value: str = "",
    symbol: str = "x", maximise: bool = False, given: tuple[str, ...] = (), **domains: Domain,
) -> Status:  # fmt: skip
    known = {**DOMAINS, **domains}
    question = Optimum(
        read(of, known), symbol, (read(bracket[0], known), read(bracket[1], known)), maximise,
        (read(lies[0], known), read(lies[1], known)) if lies else None,
        read(equals, known) if equals else None, read(value, known) if value else None,
    )  # fmt: skip
    return asked(question, given, domains).status


def root(
    of: str, bracket: tuple[str, str], equals: str = "", lies: tuple[str, str] | None = None, symbol: str = "x",
    given: tuple[str, ...] = (), **domains: Domain,
) -> Status:  # fmt: skip
    known = {**DOMAINS, **domains}
    question = Root(
        read(of, known), symbol, (read(bracket[0], known), read(bracket[1], known)),
        (read(lies[0], known), read(lies[1], known)) if lies else None, read(equals, known) if equals else None,
    )  # fmt: skip
    return asked(question, given, domains).status


# --- the optima of clipping -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bits", [2, 4, 8])
def test_laplace_clipping_at_given_bits(bits: int) -> None:
    loss = f"2*exp(-x) + x**2/(3*4**{bits})"
    assert optimum(loss, ("0", "oo"), equals=f"LambertW(3*4**{bits})") is Status.PROVED
    for wrong in (f"LambertW(4**{bits})", f"LambertW(12*4**{bits})", f"3*log({bits})", f"sqrt(2)*LambertW(3*4**{bits})"):
        assert optimum(loss, ("0", "oo"), equals=wrong) is Status.REFUTED


def test_laplace_clipping_for_all_bits_and_scales() -> None:
    assert optimum(LAPLACE, ("0", "oo"), equals="b*LambertW(3*4**M)") is Status.PROVED
    for wrong in ("b*LambertW(4**M)", "b*LambertW(12*4**M)", "3*b*log(M)", "sqrt(2)*b*LambertW(3*4**M)"):
        assert optimum(LAPLACE, ("0", "oo"), equals=wrong) is Status.REFUTED
    assert root("2*x/(3*4**M) - 2*b*exp(-x/b)", ("0", "oo"), equals="b*LambertW(3*4**M)") is Status.PROVED
    assert root("2*x/(3*4**M) - 2*b*exp(-x/b)", ("0", "oo"), equals="b*LambertW(3*4**M) + 1") is Status.REFUTED


@pytest.mark.parametrize(("bits", "printed"), [(2, "1.71"), (3, "2.15"), (4, "2.55")])
def test_gaussian_clipping(bits: int, printed: str) -> None:
    """The printed values are within 1/100 of the optimum; 2.55 is not the rounded one."""
    loss = GAUSS.format(bits=bits)
    assert optimum(loss, ("0", "oo"), lies=(f"{printed} - 1/100", f"{printed} + 1/100")) is Status.PROVED
    assert optimum(loss, ("0", "oo"), lies=(f"{printed} + 1/100", f"{printed} + 2/100")) is Status.REFUTED
    rounded = optimum(loss, ("0", "oo"), lies=(f"{printed} - 1/200", f"{printed} + 1/200"))
    assert rounded is (Status.REFUTED if bits == 4 else Status.PROVED)


def test_levels_of_one_channel_by_the_multiplier() -> None:
    """n = (2 alpha**2/(3 L))**(1/3) minimises alpha**2/(3 n**2) + L n: the power is 2/3."""
    for right in ("(2*alpha**2/(3*L))**(1/3)", "(2/3)**(1/3)*(alpha**2/L)**(1/3)"):
        assert optimum(BITS, ("0", "oo"), equals=right, symbol="n") is Status.PROVED
    for wrong in ("(2*alpha**2/(3*L))**(1/2)", "(alpha**2/(3*L))**(1/3)", "(2*alpha/(3*L))**(1/3)"):
        assert optimum(BITS, ("0", "oo"), equals=wrong, symbol="n") is Status.REFUTED
    assert optimum(BITS, ("0", "oo"), equals="(2*alpha**2/(3*L))**(1/3)", symbol="n", maximise=True) is Status.REFUTED


def test_defined_numbers_exist_for_all_parameters() -> None:
    """What ``solves`` and ``minimises`` ask for."""
    slope = "2*x/(3*4**M) - 2*b*exp(-x/b)"
    assert root(slope, ("0", "10*b"), lies=("0", "10*b"), M=FEW_BITS) is Status.PROVED
    assert root(slope, ("0", "2*b"), lies=("0", "2*b"), M=FEW_BITS) is Status.REFUTED
    assert root(slope, ("0", "10*b"), lies=("0", "2*b"), M=FEW_BITS) is not Status.PROVED
    assert optimum(LAPLACE, ("0", "10*b"), lies=("0", "10*b"), M=FEW_BITS) is Status.PROVED
    assert optimum(LAPLACE, ("0", "10*b"), lies=("b", "10*b"), M=FEW_BITS) is Status.PROVED
    assert optimum(LAPLACE, ("0", "10*b"), lies=("5*b", "10*b"), M=FEW_BITS) is Status.REFUTED
    assert optimum(LAPLACE, ("0", "2*b"), lies=("3*b", "4*b"), M=FEW_BITS) is not Status.PROVED  # outside of its bracket


# --- other families ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("of", "bracket", "right", "wrong", "maximise", "domain"),
    [
        ("p*x + q/x", ("0", "oo"), "sqrt(q/p)", "q/p", False, POSITIVE),
        ("x*exp(-p*x)", ("0", "oo"), "1/p", "2/p", True, REAL),
        ("p*log(x) - x", ("0", "oo"), "p", "1/p", True, POSITIVE),
        ("p*log(x) + q*log(1 - x)", ("0", "1"), "p/(p + q)", "q/(p + q)", True, INSIDE),
        ("p*x**2 - 2*q*x", ("-oo", "oo"), "q/p", "2*q/p", False, REAL),
    ],
)
def test_optima_with_parameters(
    of: str, bracket: tuple[str, str], right: str, wrong: str, maximise: bool, domain: Domain
) -> None:
    assert optimum(of, bracket, equals=right, maximise=maximise, x=domain) is Status.PROVED
    assert optimum(of, bracket, equals=wrong, maximise=maximise, x=domain) is Status.REFUTED
    assert optimum(of, bracket, equals=right, maximise=not maximise, x=domain) is not Status.PROVED


@pytest.mark.parametrize(
    ("of", "bracket", "right", "wrong"),
    [
        ("x**2 - p", ("0", "oo"), "sqrt(p)", "p"),
        ("x**2 - 2*x*p + p**2", ("0", "oo"), "p", "2*p"),  # touches
        ("log(x/p) + x - p", ("p/2", "2*p"), "p", "1"),
    ],
)
def test_roots_with_parameters(of: str, bracket: tuple[str, str], right: str, wrong: str) -> None:
    assert root(of, bracket, equals=right) is Status.PROVED
    assert root(of, bracket, equals=wrong) is Status.REFUTED


def test_a_second_root_is_seen() -> None:
    assert root("x**2 - p", ("-oo", "oo"), equals="sqrt(p)") is Status.REFUTED
    assert root("x**3 - p*x", ("-1", "oo"), equals="0") is Status.REFUTED
    assert root("(x - 1)**2*(x - 2)", ("0", "3"), equals="1") is Status.REFUTED
    assert root("(x - 1)**2*(x - 2)", ("0", "3"), lies=("9/10", "11/10")) is Status.REFUTED


@pytest.mark.usefixtures("blind")
@pytest.mark.parametrize(
    ("of", "bracket", "equals"),
    [
        ("p*x**2 - 2*q*x", ("-oo", "oo"), "q/p + 10**(-12)"),
        ("p*x + q/x", ("1/10", "oo"), "sqrt(q/p)"),  # may lie left of the bracket
        ("p*(x**2 - 1)**2", ("-oo", "oo"), "1"),
        ("p*x**3 - 3*p*x", ("-oo", "oo"), "1"),  # a local one only
        ("exp(-p*x)", ("0", "oo"), "p"),
    ],
)
def test_false_optima_without_the_refuter(of: str, bracket: tuple[str, str], equals: str) -> None:
    assert optimum(of, bracket, equals=equals) is not Status.PROVED


def test_hypotheses_with_holes_prove_nothing() -> None:
    """With -1 < x < -1/2 forbidden the derivative of the W has the right sign left of its right minimum."""
    loss = "p*(x**2 - 1)**2 - p*x/100"
    assert optimum(loss, ("-oo", "oo"), equals="1", given=("(x + 3/4)**2 >= 1/16",)) is not Status.PROVED
    assert optimum("(x**2 - 1)**2", ("-oo", "oo"), equals="1", given=("x >= 1/2",)) is not Status.REFUTED
    assert optimum("(x - 1)**2", ("-oo", "oo"), equals="1", given=("x >= 1/2",)) is Status.PROVED
    assert optimum("(x - 1)**2", ("-oo", "oo"), equals="1", given=("x >= 2",)) is not Status.PROVED
    assert root("x**2 - 1", ("-3", "3"), equals="1", given=("x >= 0",)) is not Status.REFUTED


def test_only_real_unknowns_move() -> None:
    assert optimum("(x - 3/2)**2", ("0", "3"), equals="3/2", x=INTEGER) is Status.UNSUPPORTED
    assert root("2*x - 3", ("0", "3"), equals="3/2", x=INTEGER) is Status.UNSUPPORTED
    assert optimum("(x + 1)**2", ("-3", "3"), equals="-1", x=POSITIVE) is Status.UNSUPPORTED


# --- ends, kinks, touching ----------------------------------------------------------------------------------------------


def test_an_end_that_is_left_out() -> None:
    assert optimum("x*log(x)", ("0", "2"), equals="exp(-1)", x=POSITIVE) is Status.PROVED
    assert optimum("x*log(x)", ("0", "2"), lies=("2/5", "1/2"), x=POSITIVE) is Status.REFUTED
    assert optimum("x*log(x)", ("0", "2"), equals="exp(-1)") is Status.UNDECIDED  # 0*log(0) is not defined
    assert optimum("log(x)", ("0", "2"), lies=("0", "1"), x=POSITIVE) is Status.UNDECIDED  # no minimiser
    assert optimum("1/(3*x**2) + 2*x", ("0", "oo"), lies=("69/100", "7/10"), x=POSITIVE) is Status.PROVED
    assert optimum("1/(3*x**2) + 2*x", ("0", "oo"), lies=("7/10", "8/10"), x=POSITIVE) is Status.REFUTED
    assert optimum("x", ("0", "2"), equals="0", x=POSITIVE) is not Status.PROVED  # the end is not in the domain


def test_what_has_no_best_point_is_refuted_by_a_better_one() -> None:
    assert optimum("exp(-x)", ("0", "oo"), equals="100") is Status.REFUTED
    assert optimum("exp(-x)", ("0", "oo"), lies=("0", "1")) is Status.REFUTED
    assert optimum("x**3", ("-oo", "oo"), lies=("-1", "1")) is Status.REFUTED
    assert optimum("x**4 - x**2", ("-2", "2"), equals="sqrt(1/2)") is Status.UNDECIDED  # a tie: no point is better


def test_a_derivative_that_is_singular_at_an_end() -> None:
    assert optimum("x - sqrt(x)", ("0", "5"), equals="1/4") is Status.PROVED
    assert optimum("x - sqrt(x)", ("0", "5"), equals="1/2") is Status.REFUTED
    assert optimum("sqrt(x) - x/10", ("0", "5"), equals="0") is Status.PROVED  # the singular end itself
    assert optimum("sqrt(x) - x/10", ("0", "5"), equals="5") is Status.REFUTED


@pytest.mark.parametrize(
    ("of", "right", "wrong"),
    [
        ("abs(x - 1) + x**2", "1/2", "1"),
        ("3*abs(x - 1) + x**2", "1", "1/2"),
        ("max(x, 1 - x)", "1/2", "0"),
        ("relu(2*x - 1) - x/2", "1/2", "2"),
        ("abs(abs(x) - 1) + x/10", "-1", "1"),
        ("-min(x, 2 - 3*x)", "1/2", "1"),
    ],
)
def test_kinks(of: str, right: str, wrong: str) -> None:
    assert optimum(of, ("-2", "2"), equals=right) is Status.PROVED
    assert optimum(of, ("-2", "2"), equals=wrong) is Status.REFUTED


def test_kinks_that_are_not_followed() -> None:
    assert optimum("abs(x**2 - 2) + x", ("-2", "2"), lies=("-2", "2")) is Status.UNSUPPORTED
    assert optimum("floor(x) + x**2", ("-2", "2"), lies=("-2", "2")) is Status.UNSUPPORTED
    assert optimum("p*x**2 - abs(x)", ("-1", "3"), equals="1/(2*p)") is Status.UNSUPPORTED


@pytest.mark.parametrize(
    ("of", "bracket", "right", "near"),
    [
        ("(x - 1)**2", ("0", "3"), "1", ("11/10", "12/10")),
        ("(x - 1)**3", ("0", "3"), "1", ("11/10", "12/10")),
        ("x**4 - 4*x**2 + 4", ("0", "3"), "sqrt(2)", ("1", "7/5")),  # an irrational double zero
        ("exp(x) - 1 - x", ("-1", "1"), "0", ("1/10", "2/10")),
    ],
)
def test_zeros_that_touch(of: str, bracket: tuple[str, str], right: str, near: tuple[str, str]) -> None:
    assert root(of, bracket, equals=right) is Status.PROVED
    assert root(of, bracket, lies=near) is Status.REFUTED
    assert root(f"{of} + 10**(-12)", bracket, equals=right) is not Status.PROVED
