"""Vector inequalities in every dimension by certificates; what is false is refuted by vectors of exact components."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

import pytest

from checker.expr.domain import NATURAL, POSITIVE, REAL, Domain
from checker.expr.node import Node, Sym, num, symbols_of
from checker.prove.gram import Gram
from checker.prove.obligation import Certificate, Obligation
from checker.prove.outcome import Outcome, Status
from checker.prove.registry import prove
from tests.prove.blind import blind  # noqa: F401
from tests.prove.tight import UNIT, read

VECTOR = Domain(shape=(Sym("d"),))
DOMAINS: Mapping[str, Domain] = {
    "d": NATURAL, "n": NATURAL, **dict.fromkeys("uvwxyzgh", VECTOR), "r": Domain(shape=(Sym("n"),)),
    "A": Domain(shape=(Sym("n"), Sym("d"))), "eta": POSITIVE, "L": POSITIVE, "mu": POSITIVE, "s": UNIT,
    **dict.fromkeys(("fx", "fy", "a", "b"), REAL),
}
SMOOTH = "fy <= fx + dot(g, y - x) + L/2*norm(y - x)**2"
COCOERCIVE = "dot(g - h, x - y) >= norm(g - h)**2/L"


def certificate(
    show: str, given: Sequence[str] = (), multipliers: Sequence[str] = (), squares: Sequence[str] = (), **domains: Domain
) -> Outcome:
    known = {**DOMAINS, **domains}

    def each(texts: Sequence[str]) -> tuple[Node, ...]:
        return tuple(read(text, known) for text in texts)

    question = Certificate(read(show, known), each(given), each(multipliers), each(squares))
    nodes = (question.show, *question.given, *question.multipliers, *question.squares)
    used = frozenset().union(*(symbols_of(node) for node in nodes)) | {"d", "n"}
    return prove(Obligation(question, {name: domain for name, domain in known.items() if name in used}))


# (true, false by one change, hypotheses, multipliers, squares)
CASES: tuple[tuple[str, str, tuple[str, ...], tuple[str, ...], tuple[str, ...]], ...] = (
    ("norm(u + v)**2 <= 2*norm(u)**2 + 2*norm(v)**2", "norm(u + v)**2 <= norm(u)**2 + norm(v)**2", (), (), ("norm(u - v)**2",)),
    ("4*dot(u, v) == norm(u + v)**2 - norm(u - v)**2", "3*dot(u, v) == norm(u + v)**2 - norm(u - v)**2", (), (), ()),
    (
        "norm(x - z)**2 == norm(x - y)**2 + 2*dot(x - y, y - z) + norm(y - z)**2",
        "norm(x - z)**2 == norm(x - y)**2 + dot(x - y, y - z) + norm(y - z)**2", (), (), (),
    ),
    (
        "dot(u, v) <= norm(u)*norm(v)", "dot(u, v) <= norm(u)*norm(v)/2", (), (),
        ("norm(u)*norm(v)/2*norm(u/norm(u) - v/norm(v))**2",),
    ),
    (
        "dot(u, v)**2 <= norm(u)**2*norm(v)**2", "2*dot(u, v)**2 <= norm(u)**2*norm(v)**2", (), (),
        ("norm(v)**2*norm(u - dot(u, v)/norm(v)**2*v)**2",),
    ),
    (
        "norm(s*u + (1 - s)*v)**2 <= s*norm(u)**2 + (1 - s)*norm(v)**2",
        "norm(s*u + (1 - s)*v)**2 <= s**2*norm(u)**2 + (1 - s)*norm(v)**2", (), (), ("s*(1 - s)*norm(u - v)**2",),
    ),
    ("dot(u, v) <= norm(u)**2/(2*mu) + mu*norm(v)**2/2", "dot(u, v) <= norm(u)**2/(3*mu) + mu*norm(v)**2/3", (), (),
     ("norm(u/mu - v)**2*mu/2",)),
    (  # the descent lemma
        "fy <= fx - eta*(1 - L*eta/2)*norm(g)**2", "fy <= fx - eta*(1 - L*eta/3)*norm(g)**2",
        (SMOOTH, "y == x - eta*g"), ("1", "0"), (),
    ),
    (
        "fy <= fx - eta/2*norm(g)**2", "fy <= fx - eta*norm(g)**2",
        (SMOOTH, "y == x - eta*g", "L*eta <= 1"), ("1", "0", "eta/2*norm(g)**2"), (),
    ),
    (  # the same with a vector as the multiplier of the equation between vectors
        "dot(g, y - x) == -eta*norm(g)**2", "dot(g, y - x) == eta*norm(g)**2", ("y - x == -eta*g",), ("g",), (),
    ),
    (  # gradient steps do not expand
        "norm(x - eta*g - y + eta*h)**2 <= norm(x - y)**2", "norm(x - eta*g - y + eta*h)**2 <= norm(x - y)**2/2",
        (COCOERCIVE, "eta*L <= 2"), ("2*eta", "eta/L*norm(g - h)**2"), (),
    ),
    ("norm(A @ (x + y))**2 <= 2*norm(A @ x)**2 + 2*norm(A @ y)**2", "norm(A @ (x + y))**2 <= 2*norm(A @ x)**2 + norm(A @ y)**2",
     (), (), ("norm(A @ (x - y))**2",)),
    ("norm(u)**2 <= d*a", "norm(u)**2 <= a/d", ("norm(u)**2 <= a",), ("d",), ("(d - 1)*norm(u)**2",)),
)


@pytest.mark.parametrize(("true", "false", "given", "multipliers", "squares"), CASES)
def test_true_and_false(
    true: str, false: str, given: tuple[str, ...], multipliers: tuple[str, ...], squares: tuple[str, ...]
) -> None:
    assert certificate(true, given, multipliers, squares).status is Status.PROVED
    refuted = certificate(false, given, multipliers, squares)
    assert refuted.status is Status.REFUTED
    assert all(Fraction(value) is not None for value in refuted.witness.values())


@pytest.mark.usefixtures("blind")
@pytest.mark.parametrize(("true", "false", "given", "multipliers", "squares"), CASES)
def test_false_ones_without_the_refuter(
    true: str, false: str, given: tuple[str, ...], multipliers: tuple[str, ...], squares: tuple[str, ...]
) -> None:
    assert certificate(false, given, multipliers, squares).status is not Status.PROVED


@pytest.mark.parametrize(
    ("show", "given", "multipliers", "squares"),
    [
        ("norm(u + v)**2 <= 2*norm(u)**2 + 2*norm(v)**2", (), (), ("norm(u + v)**2",)),  # another square
        ("norm(u + v)**2 <= 2*norm(u)**2 + 2*norm(v)**2", (), (), ()),  # none
        ("fy <= fx - eta*(1 - L*eta/2)*norm(g)**2", (SMOOTH, "y == x - eta*g"), ("-1", "0"), ()),
        ("fy <= fx - eta*(1 - L*eta/2)*norm(g)**2", (SMOOTH, "y == x - eta*g"), ("2", "0"), ()),
    ],
)
def test_a_certificate_that_does_not_add_up_is_no_counterexample(
    show: str, given: tuple[str, ...], multipliers: tuple[str, ...], squares: tuple[str, ...]
) -> None:
    assert certificate(show, given, multipliers, squares).status is Status.UNDECIDED


@pytest.mark.usefixtures("blind")
@pytest.mark.parametrize(
    ("show", "given", "multipliers", "squares"),
    [
        ("norm(u)**2 <= a", ("norm(u)**2 >= a",), ("-1",), ()),  # adds up, with a negative multiplier
        ("norm(u)**2 <= a", ("norm(u)**2 >= a",), ("eta - 1 - eta",), ()),
        ("a <= 0", ("a*b <= 0", "b >= -1"), ("1/b", "0"), ()),  # 1/b is not defined at 0 and may be negative
        ("dot(u, v) >= 0", (), (), ("dot(u, v)",)),  # "squares" that are none
        ("norm(u)**2 <= norm(v)**2", (), (), ("dot(v - u, v + u)",)),
        ("norm(u)**2 < norm(v)**2 + norm(u - v)**2 + 2*dot(u - v, v)", (), (), ()),  # equality
        ("norm(u) > 0", (), (), ("norm(u)",)),
        ("norm(u - v)**2 > 0", (), (), ("norm(u - v)**2",)),
        ("dot(u, v) < norm(u)*norm(v)", (), (), ("norm(u)*norm(v)/2*norm(u/norm(u) - v/norm(v))**2",)),
        ("norm(x - eta*g - y + eta*h)**2 <= norm(x - y)**2", (COCOERCIVE, "eta*L <= 3"), ("2*eta", "eta/L*norm(g - h)**2"), ()),
        ("dot(A @ x, r) <= dot(x, A.T @ r) - 1", (), (), ()),
        ("norm(A @ x)**2 <= norm(x)**2", (), (), ("dot(x - A.T @ A @ x, x)",)),
    ],
)
def test_bad_certificates_prove_nothing_even_without_the_refuter(
    show: str, given: tuple[str, ...], multipliers: tuple[str, ...], squares: tuple[str, ...]
) -> None:
    assert certificate(show, given, multipliers, squares).status is not Status.PROVED


def test_z3_finds_what_sampling_misses() -> None:
    refuted = certificate(
        "norm(x - eta*g - y + eta*h)**2 <= norm(x - y)**2", (COCOERCIVE, "eta*L <= 3"), ("2*eta", "eta/L*norm(g - h)**2")
    )
    assert refuted.status is Status.REFUTED
    assert 2 < Fraction(refuted.witness["eta"]) * Fraction(refuted.witness["L"]) <= 3


def test_strict_goals_need_a_strict_term() -> None:
    show, weak, strict = "dot(u, v) < a", "dot(u, v) <= norm(u)**2", "norm(u)**2 < a"
    assert certificate(show, (weak, strict), ("1", "1")).status is Status.PROVED
    assert certificate(show, (weak, "norm(u)**2 <= a"), ("1", "1")).status is Status.REFUTED
    # the factor of the strict hypothesis has to be positive itself
    times = ("dot(u, v) <= norm(u)**2", "b < a", "b >= norm(u)**2", "norm(v)**2 > 0")
    assert certificate("dot(u, v)*norm(v)**2 < a*norm(v)**2", times, ("norm(v)**2",) * 3 + ("0",)).status is Status.PROVED
    assert certificate("dot(u, v)*norm(v)**2 < a*norm(v)**2", times[:3], ("norm(v)**2",) * 3).status is Status.REFUTED
    assert certificate("norm(u)**2 + a < b", ("norm(u)**2 + a + 1 <= b",), ("1",), ("1",)).status is Status.PROVED
    assert certificate("norm(u)**2 + a < b", ("norm(u)**2 + a <= b",), ("1",)).status is Status.REFUTED


def test_contradictory_hypotheses() -> None:
    show = "norm(x - z)**2 <= norm(x - y)**2"
    assert certificate(show, ("norm(x)**2 <= -1",), ("0",)).status is Status.VACUOUS
    assert certificate(show, ("a <= -1", "a >= 1"), ("1", "1")).status is Status.VACUOUS
    # false in dimension 1 to 3, where no unit cube holds it; in dimension 5 it is not
    large = replace(VECTOR, lo=Fraction(0), hi=Fraction(1))
    assert certificate("a <= a - 1", ("norm(u)**2 == 5",), ("0",), u=large).status is not Status.VACUOUS


def test_sizes() -> None:
    assert certificate("2*dot(u, v) <= norm(u)**2 + norm(v)**2", (), (), ("norm(u - v)**2",)).status is Status.PROVED
    three = Domain(shape=(num(3),))
    assert (
        certificate("2*dot(u, v) <= norm(u)**2 + norm(v)**2", (), (), ("norm(u - v)**2",), u=three, v=three).status
        is Status.PROVED
    )
    assert certificate("dot(u, r) <= norm(u)**2 + norm(r)**2").status is Status.UNSUPPORTED  # sizes may differ
    # only in dimension 1 is |u.v| = |u||v|
    assert certificate("dot(u, v)**2 == norm(u)**2*norm(v)**2").status is Status.REFUTED
    one = Domain(shape=(num(1),))
    assert certificate("dot(u, v)**2 == norm(u)**2*norm(v)**2", u=one, v=one).status is Status.UNDECIDED


@pytest.mark.parametrize(
    "show",
    [
        "norm(u*v)**2 >= 0",
        "sum(u) <= norm(u)**2 + d",
        "norm(exp(u)) >= 0",
        "u[0] <= norm(u)",
        "norm(u + 1)**2 >= 0",
        "max(u) <= norm(u)",
    ],
)
def test_what_is_no_function_of_inner_products_is_unsupported(show: str) -> None:
    assert certificate(show, squares=("1",)).status is Status.UNSUPPORTED


def test_inner_products_are_symmetric_and_bilinear_and_products_of_matrices_are_not() -> None:
    gram = Gram(DOMAINS)
    assert gram.scalar(read("dot(u, v)", DOMAINS)) == gram.scalar(read("dot(v, u)", DOMAINS))
    square = Domain(shape=(Sym("d"), Sym("d")))
    known = {**DOMAINS, "A": square}
    gram = Gram(known)
    assert gram.scalar(read("dot(u, A @ v)", known)) != gram.scalar(read("dot(v, A @ u)", known))
    assert certificate("dot(u, A @ v) == dot(v, A @ u)", A=square).status is Status.REFUTED
