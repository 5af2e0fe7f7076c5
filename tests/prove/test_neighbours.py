"""A neighbour that says the same or less is recognised; one that says more never is, so that it gets asked."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import pytest

from checker.expr.domain import POSITIVE, REAL, Domain
from checker.expr.namespace import Namespace
from checker.expr.node import Node, num
from checker.expr.parse import parse
from checker.prove.neighbours import prove_family, telling
from checker.prove.obligation import Impossible, Obligation, Optimum, Question, Relation, Root, Series
from checker.prove.outcome import Status

DOMAINS: Mapping[str, Domain] = {
    "x": REAL,
    "y": REAL,
    "a": POSITIVE,
    "b": POSITIVE,
    "p": Domain(Fraction(0), Fraction(1), True, True),
    "v": Domain(shape=(num(2),)),
}


def read(words: str) -> Node:
    return parse(words, Namespace(symbols=DOMAINS, definitions={}))


def asked(question: Question, *given: str) -> Obligation:
    from checker.spec.questions import names_of

    names = names_of(question) | {name for words in given for name in names_of(Relation(read(words)))}
    return Obligation(question, {name: DOMAINS[name] for name in sorted(names)}, tuple(map(read, given)))


def shows(words: str, *given: str) -> Obligation:
    return asked(Relation(read(words)), *given)


def tells(original: Obligation, mutant: Obligation) -> bool:
    return telling((original,), [[(mutant,)]], 1) == [(0, 0)]


@pytest.mark.parametrize(
    ("original", "mutant"),
    [
        ("x**2 >= 0", "x**2 >= -1"),  # a looser bound
        ("abs(x*y) <= (x**2 + y**2)/2", "abs(x*y) <= x**2 + y**2"),
        ("abs(x) <= sqrt(x**2 + y**2)", "x <= sqrt(x**2 + y**2)"),
        ("min(x, y) <= x", "min(x, y) <= max(x, y)"),
        ("2*x == x + x", "4*x == x + x + 2*x"),  # another true identity says nothing false
        ("limit(a/x, x, oo) == 0", "limit(2*a/x, x, oo) == 0"),  # a constant that the limit cannot see
        ("limit(1 + a*x, x, 0, right) == 1", "limit(1 + a*x**2, x, 0, right) == 1"),
        ("exp(2) > 7", "exp(2) > 6"),  # numbers alone are a point too
        ("-p*log(p) <= 1", "-p*log(-p) <= 1"),  # defined nowhere
        ("norm(v) <= sum(abs(v))", "norm(v) <= 2*sum(abs(v))"),
    ],
)
def test_the_same_or_less_is_left_out(original: str, mutant: str) -> None:
    assert not tells(shows(original), shows(mutant))


@pytest.mark.parametrize(
    ("original", "mutant"),
    [
        ("x**2 >= 0", "x**2 >= 1"),
        ("x**2 >= 0", "x**2 > 0"),
        ("x**2 >= 0", "x**2 <= 0"),
        ("abs(x*y) <= (x**2 + y**2)/2", "abs(x*y) <= (x**2 + y**2)/3"),
        ("2*x == x + x", "3*x == x + x"),
        (
            "x*x - y*y == (x - y)*(x + y)",
            "2*(x*x - y*y) == (x - y)*(x + y)",
        ),  # true where x = y, where points like to be
        ("limit(a/x, x, oo) == 0", "limit(a/x, x, oo) == 1"),
        ("limit(a/x, x, oo) == 0", "limit(a*x, x, oo) == 0"),
        ("limit(a*x, x, oo) > 0", "limit(-a*x, x, oo) > 0"),
        ("exp(2) > 7", "exp(2) > 8"),
        ("log(a) <= a", "log(a - 1) <= a"),  # undefined at some points only: that is for the prover to say
    ],
)
def test_more_is_asked(original: str, mutant: str) -> None:
    assert tells(shows(original), shows(mutant))


def test_a_dropped_hypothesis_is_always_asked() -> None:
    assert tells(shows("x >= 0", "x >= 1"), shows("x >= 0"))


def test_the_first_alternative_that_tells_is_taken() -> None:
    original, looser, tighter = shows("x**2 >= 0"), shows("x**2 >= -1"), shows("x**2 >= 1")
    assert telling((original,), [[(looser,), (tighter,)], [(looser,)], [(tighter,)]], 8) == [(0, 1), (2, 0)]
    assert telling((original,), [[(tighter,)]] * 5, 2) == [(0, 0), (1, 0)]


def test_one_member_that_tells_is_enough() -> None:
    small, large = shows("x**2 >= 0"), shows("y**2 >= -9")
    assert telling((small, large), [[(shows("x**2 >= -1"), shows("y**2 >= 1"))]], 1) == [(0, 0)]
    assert telling((small, large), [[(shows("x**2 >= -1"), shows("y**2 >= -10"))]], 1) == []


def test_roots_and_optima_do_not_see_scale() -> None:
    def root(of: str) -> Obligation:
        return asked(Root(read(of), "x", (num(0), num(3)), lies_in=(num(1), num(2))))

    assert not tells(root("x**2 - 2"), root("3*x**2 - 6"))
    assert tells(root("x**2 - 2"), root("x**2 - 3"))

    def optimum(of: str) -> Obligation:
        return asked(Optimum(read(of), "x", (num(0), num(3)), equals=num(1)))

    assert not tells(optimum("(x - 1)**2"), optimum("2*(x - 1)**2 + 5"))
    assert tells(optimum("(x - 1)**2"), optimum("(x - 1)**2 + x"))
    assert tells(optimum("(x - 1)**2"), optimum("-(x - 1)**2"))  # a minimum is no maximum


def test_a_series_does_not_see_higher_orders() -> None:
    def series(equals: str) -> Obligation:
        return asked(Series(read("exp(x)"), "x", num(0), read(equals), 2))

    assert not tells(series("1 + x"), series("1 + x + x**2"))
    assert tells(series("1 + x"), series("1 + 2*x"))
    assert tells(series("1 + x"), series("2 + x"))


def test_impossible_says_more_of_weaker_conditions() -> None:
    original = asked(Impossible((read("x > 1"), read("x < 0"))))
    assert not tells(original, asked(Impossible((read("x > 2"), read("x < 0")))))
    assert tells(original, asked(Impossible((read("x > -1"), read("x < 0")))))


def test_a_family_is_refuted_by_one_member() -> None:
    true, false, contradictory = shows("x**2 >= 0"), shows("x**2 >= 1"), shows("x == 1", "x > 2", "x < 1")
    assert prove_family((true, true))[0].status is Status.PROVED
    outcome, member = prove_family((true, false, true))
    assert (outcome.status, member) == (Status.REFUTED, 1)
    assert prove_family((true, contradictory))[0].status is Status.VACUOUS
    assert prove_family(())[0].status is Status.UNDECIDED
