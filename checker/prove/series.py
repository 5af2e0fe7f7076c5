"""``series``: ``of - equals = O((symbol - about)**order)``, from both sides where the domain has both.

The one idea to know: with ``symbol = about + 1/t`` the question is whether ``(of - equals)*t**order`` stays bounded as
t -> oo, which an asymptotic expansion decides with symbolic parameters; balls at t = 10**k have to agree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

from flint import arb

from checker.expr.domain import Domain, contains
from checker.expr.errors import UnsupportedError
from checker.expr.node import (
    INFINITY,
    MINUS_ONE,
    Mul,
    Node,
    Num,
    Pow,
    Sym,
    add,
    mul,
    num,
    sub,
    substitute,
    symbols_of,
    walk,
)
from checker.expr.text import text
from checker.expr.to_arb import evaluate, precision
from checker.prove.asymptotic import Algebra, T, expand
from checker.prove.coefficients import Coefficients, OpenError
from checker.prove.expansions import Expansion
from checker.prove.limits import require_defined
from checker.prove.obligation import Obligation, Series
from checker.prove.outcome import Evidence, Outcome, Status
from checker.prove.points import Point, sample
from checker.prove.registry import prover
from checker.verdict import How

_STEPS = (2, 4, 6, 8, 10, 12)  # t = 10**step
_BITS = 1024
_POINTS = 5
_EXTRA = 6  # terms tried beyond the claimed order
_BOUNDED = 2.0  # growth of the quotient while h shrinks by 100; a missing order would give 100
_GROWS = 10.0


@prover(Series)
def prove_series(obligation: Obligation) -> Outcome:
    """PROVED by the expansion with balls bounded, REFUTED by a lower-order term that does not vanish, or UNDECIDED.

    Raises ``UnsupportedError`` for an expansion at infinity.
    """
    question = obligation.question
    assert isinstance(question, Series)
    if any(part == INFINITY for part in walk(question.about)):
        raise UnsupportedError("the series prover", "an expansion about infinity (write the variable as 1/u)")
    others = {name: domain for name, domain in obligation.domains.items() if name != question.symbol}
    given = tuple(node for node in obligation.given if question.symbol not in symbols_of(node))
    points = sample(others, given, count=_POINTS)
    if not points:
        return Outcome(Status.UNDECIDED, "no point of the domain satisfies the hypotheses")
    quotients = [_quotient(question, side) for side in _sides(question, obligation.domains)]
    for point in points:
        for quotient in quotients:
            refuted = _refute(quotient, question, point)
            if refuted is not None:
                return refuted
    evidence: list[Evidence] = []
    coefficients = Coefficients(others, given)
    try:
        for quotient in quotients:
            require_defined(quotient, coefficients, replace(obligation, domains=others, given=given))
            series = _expansion(quotient, coefficients, question.order)
            algebra = Algebra(coefficients, 1)
            lead = series.terms[0] if series.terms else None
            if lead is not None and algebra.order(lead[1]) > 0:
                return Outcome(
                    Status.UNDECIDED, f"a lower-order term remains whose coefficient may vanish: {text(lead[0])}"
                )
            answer = "yes" if lead is None else f"yes, leading coefficient {text(lead[0])}"
            evidence.append(
                Evidence("asymptotic expansion", f"(of - equals)/h**{question.order} is bounded as h -> 0", answer)
            )
    except OpenError as error:
        return Outcome(Status.UNDECIDED, str(error), evidence=tuple(evidence))
    growth = [_growth(quotient, point) for point in points for quotient in quotients]
    bounded = all(factor is not None and factor < _BOUNDED for factor in growth)
    evidence.append(
        Evidence(
            "balls",
            f"the same at h = 1e-{_STEPS[0]} ... 1e-{_STEPS[-1]}",
            f"{'bounded' if bounded else 'not seen'} at {len(points)} points",
        )
    )
    if not bounded:
        return Outcome(Status.UNDECIDED, "the expansion holds, but balls do not show it", evidence=tuple(evidence))
    return Outcome(Status.PROVED, "the remainder has the claimed order", How.PROVED, tuple(evidence))


def _sides(question: Series, domains: Mapping[str, Domain]) -> tuple[int, ...]:
    """The sides of ``about`` that the domain of the variable has."""
    domain = domains.get(question.symbol, Domain())
    if not isinstance(question.about, Num):
        return (1, -1)
    at, step = question.about.value, Fraction(1, 10**30)
    inside = tuple(side for side in (1, -1) if contains(domain, at + side * step))
    return inside or (1, -1)


def _quotient(question: Series, side: int) -> Node:
    """``(of - equals)*T**order`` at ``about + side/T``."""
    at = add(question.about, mul(num(side), Pow(Sym(T), MINUS_ONE)))
    return Mul((substitute(sub(question.of, question.equals), {question.symbol: at}), Pow(Sym(T), num(question.order))))


def _expansion(quotient: Node, coefficients: Coefficients, order: int) -> Expansion:
    algebra = Algebra(coefficients, 1)
    depths = (max(1, order), order + 2, order + _EXTRA)
    return expand(quotient, coefficients, depths, lambda series: series.rest is None or algebra.order(series.rest) <= 0)


def _refute(quotient: Node, question: Series, point: Point) -> Outcome | None:
    """A lower-order term at one parameter point, with balls that see the quotient grow."""
    here = Coefficients({})
    grounded = substitute(quotient, {name: Num(number) for name, number in point.items()})
    try:
        series = _expansion(grounded, here, question.order)
        if not series.terms or Algebra(here, 1).order(series.terms[0][1]) <= 0 or not here.sign(series.terms[0][0]):
            return None
    except (OpenError, UnsupportedError):
        return None
    growth = _growth(grounded, {})
    if growth is None or not growth > _GROWS:
        return None
    evidence = (
        Evidence("asymptotic expansion", "leading coefficient of the lower-order term", text(series.terms[0][0])),
        Evidence(
            "balls", f"(of - equals)/h**{question.order} as h shrinks by 100", f"grows by {growth.str(3, radius=False)}"
        ),
    )
    witness = {name: str(number) for name, number in sorted(point.items())}
    return Outcome(Status.REFUTED, "a term of lower order remains", evidence=evidence, witness=witness)


def _growth(quotient: Node, point: Mapping[str, Fraction]) -> arb | None:
    """By what factor the quotient grows at the end while h shrinks by 100; None where balls cannot tell."""
    values = [evaluate(quotient, {**point, T: Fraction(10) ** step}, _BITS) for step in _STEPS]
    with precision(_BITS):
        if any(not ball.is_finite() for ball in values):
            return None
        last, before = abs(values[-1]), abs(values[-2])
        if last.abs_upper() < 1e-9:
            return arb(0)
        return last.abs_upper() / before.abs_lower() if before.abs_lower() > 0 else None
