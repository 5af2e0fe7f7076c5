"""A constant lies in a bracket, outside of it, or exactly on its end."""

from __future__ import annotations

import pytest

from checker.expr.domain import REAL
from checker.expr.namespace import Namespace
from checker.expr.node import Node
from checker.expr.parse import parse
from checker.prove.obligation import Enclosure, Obligation
from checker.prove.outcome import Outcome, Status
from checker.prove.registry import prove
from checker.verdict import How

DOMAINS = {"x": REAL}


def read(text: str) -> Node:
    return parse(text, Namespace(symbols=DOMAINS, definitions={}))


def enclosure(of: str, lo: str, hi: str) -> Outcome:
    return prove(Obligation(Enclosure(read(of), (read(lo), read(hi)))))


@pytest.mark.parametrize(
    ("of", "lo", "hi", "status"),
    [
        ("pi", "3.14159265358979", "3.14159265358980", Status.PROVED),
        ("pi", "3.14159265358980", "3.14159265358981", Status.REFUTED),
        # Ramanujan's constant: an integer to twelve digits after the point, and no integer
        ("exp(pi*sqrt(163))", "640320**3 + 744 - 10**(-12)", "640320**3 + 744 - 7*10**(-13)", Status.PROVED),
        ("exp(pi*sqrt(163))", "640320**3 + 744", "oo", Status.REFUTED),
        ("LambertW(1)", "0.5671", "0.5672", Status.PROVED),
        ("log(2)", "-oo", "0", Status.REFUTED),
    ],
)
def test_balls_decide(of: str, lo: str, hi: str, status: Status) -> None:
    outcome = enclosure(of, lo, hi)
    assert outcome.status is status
    assert outcome.how is (How.ENCLOSED if status is Status.PROVED else None)


def test_a_value_exactly_on_an_end_is_inside() -> None:
    assert enclosure("sqrt(8)", "2*sqrt(2)", "3").status is Status.PROVED
    assert enclosure("sqrt(8)", "2", "2*sqrt(2)").status is Status.PROVED
    assert enclosure("sqrt(8)", "2*sqrt(2) + 10**(-700)", "3").status is Status.REFUTED  # needs 2048 bits
    assert enclosure("sqrt(8)", "2*sqrt(2)", "2").status is not Status.PROVED  # an empty bracket


def test_no_constant_is_no_answer() -> None:
    assert enclosure("x", "0", "1").status is Status.UNSUPPORTED
    assert enclosure("log(-2)", "0", "1").status is Status.UNSUPPORTED
