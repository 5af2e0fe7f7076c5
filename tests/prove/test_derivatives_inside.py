"""Derivatives under integrals, sums, limits and expectations: a kink passes, a jump or a lost domain concludes nothing."""

from __future__ import annotations

from fractions import Fraction

import pytest

from checker.expr.domain import Domain
from checker.expr.namespace import Definition, Law, Namespace
from checker.expr.parse import parse, parse_parts
from checker.prove.obligation import Obligation, Relation
from checker.prove.outcome import Status
from checker.prove.registry import prove

DOMAINS = {"u": Domain(Fraction(0), Fraction(1), True, True), "g": Domain()}


def _namespace() -> Namespace:
    plain = Namespace(symbols={**DOMAINS, "v": Domain()})
    density, low, high = (parse(text, plain) for text in ("exp(-g**2/2)/sqrt(2*pi)", "-oo", "oo"))
    body, lost = parse_parts("diff(max(v, 0), v, 2)", plain)
    curvature = Definition(("v",), body, lost)
    return Namespace(
        symbols=DOMAINS, definitions={"curvature": curvature}, laws={"g": Law("g", density, low, high, "Integral")}
    )


def _status(text: str) -> Status:
    return prove(Obligation(Relation(parse(text, _namespace())), DOMAINS)).status


@pytest.mark.parametrize(
    "text",
    [
        "Integral(diff(abs(x), x), (x, -1, 1)) == 0",  # sign(x), but for one point
        "Integral(diff(max(x, 0), x), (x, -1, 1)) == 1",
        "Integral(diff(x**3, x, 2), (x, 0, 1)) == 3",
        "Integral(diff(log(x), x), (x, 1, 2)) == log(2)",
        "E(diff(relu(g), g)) == 1/2",
        "limit(diff(log(x), x), x, oo) == 0",
        "limit(diff(sqrt(x), x), x, oo) == 0",
    ],
)
def test_what_a_kink_or_the_domain_cannot_disturb_is_proved(text: str) -> None:
    assert _status(text) is Status.PROVED


@pytest.mark.parametrize(
    "text",
    [
        "Integral(diff(max(x, 0), x, 2), (x, -1, 1)) == 0",  # the point mass at 0 makes it 1
        "Integral(curvature(x), (x, -1, 1)) == 0",  # the same through a definition
        "Integral(diff(diff(abs(x), x), x), (x, -1, 1)) == 0",  # 2
        "Integral(abs(diff(abs(x), x, 2)), (x, -1, 1)) == 0",  # 2
        "Integral(diff(sign(x), x), (x, -1, 1)) == 0",
        "Integral(diff(floor(x), x), (x, 0, 3)) == 0",
        "Integral(diff(abs(u - y), u, 2), (y, 0, 1)) == 0",  # 2
        "E(diff(relu(g), g, 2)) == 0",  # the density at 0
        "Sum(diff(floor(k), k), (k, 0, 3)) == 0",
        "Sum(diff(abs(k), k), (k, -1, 1)) == 0",  # no derivative at k = 0, and every term counts
        "Integral(diff(log(x), x), (x, -2, -1)) == -log(2)",  # log has no derivative there
        "limit(diff(log(x), x), x, -oo) == 0",
    ],
)
def test_where_the_derivative_misses_something_nothing_is_proved(text: str) -> None:
    assert _status(text) is not Status.PROVED
