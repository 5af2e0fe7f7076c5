"""``roots`` with parameters: all roots of a polynomial are inside a disc, by inequalities between its coefficients.

The one idea to know: for real coefficients with ``|c_0| < |c_n|`` the polynomials ``p`` and ``c_n*p - c_0*z**n*p(1/z)`` have
equally many roots in the open unit disc (Rouche on the circle, where both conjugates have one modulus), the second one has a
root at 0, and what is left has one degree less; ``|c_0| >= |c_n|`` on the other hand puts a root outside.  So the conditions of
Schur and Cohn are necessary and sufficient, and each is a relation in the parameters.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

from checker.expr.build import plus, times
from checker.expr.defined import conditions
from checker.expr.errors import UnsupportedError
from checker.expr.node import ZERO, Node, Num, Pow, Rel, neg, num, sub, substitute, symbols_of
from checker.expr.rational import normal
from checker.expr.text import text
from checker.prove.antiderivative import coefficients
from checker.prove.obligation import Obligation, Relation, Roots
from checker.prove.outcome import Evidence, Outcome, Status
from checker.prove.points import sample
from checker.prove.registry import dispatch
from checker.prove.relation import settled
from checker.prove.steps import Step, settle

READER = "the roots prover"
_DEGREE = 4  # the coefficients double their degree at every step
_MEMBERS = 12


def roots_of_family(question: Roots, obligation: Obligation) -> Outcome:
    """PROVED where every condition holds for all parameters, REFUTED at a member whose roots say so, else UNDECIDED.

    Raises ``UnsupportedError`` for what is no polynomial of small degree, or has hypotheses about the unknown itself.
    """
    if any(question.symbol in symbols_of(item) for item in obligation.given) or question.symbol in symbols_of(question.radius):
        raise UnsupportedError(READER, f"hypotheses about {question.symbol}")
    found = coefficients(question.of, question.symbol)
    if found is None or not 1 <= max(found, default=0) <= _DEGREE:
        raise UnsupportedError(READER, f"a polynomial in {question.symbol} of degree 1 to {_DEGREE} with these coefficients")
    around = replace(obligation, domains={k: v for k, v in obligation.domains.items() if k != question.symbol})
    refuted = _member(question, around)
    if refuted is not None:
        return refuted
    needs = (*conditions(question.of, around.domains), Rel(">", question.radius, ZERO))
    unknown = next((need for need in needs if not settled(need, around.domains, around.given)), None)
    if unknown is not None:
        return Outcome(Status.UNDECIDED, f"{text(unknown)} is not shown for all parameters")
    scaled = [
        times((found.get(power, ZERO), Pow(question.radius, num(power)))) if power else found.get(power, ZERO)
        for power in range(max(found) + 1)
    ]
    steps = (
        Step("Schur-Cohn", replace(around, question=Relation(condition)), necessary=False)
        for condition in _conditions(scaled, around)
    )
    return settle(steps, "the conditions of Schur and Cohn hold for all parameters")


def _conditions(polynomial: Sequence[Node], around: Obligation) -> Iterator[Rel]:
    """Relations that together say that all roots of ``polynomial`` (ascending coefficients) are in the open unit disc."""
    first, last = polynomial[0], polynomial[-1]
    if len(polynomial) == 3:
        sign = _sign(last, around)
        if sign:  # Jury: with a > 0 the same as |c| < a and |b| < a + c
            low, middle, high = (item if sign > 0 else neg(item) for item in polynomial)
            for gap in (sub(high, low), plus((high, middle, low)), plus((high, neg(middle), low))):
                yield Rel(">", _simple(gap), ZERO)
            return
    yield Rel(">", _simple(sub(times((last, last)), times((first, first)))), ZERO)
    if len(polynomial) > 2:
        reduced = [
            _simple(sub(times((last, one)), times((first, other))))
            for one, other in zip(polynomial[1:], polynomial[-2::-1], strict=True)
        ]
        yield from _conditions(reduced, around)


def _simple(node: Node) -> Node:
    """The normal form, where there is one."""
    try:
        return normal(node).node()
    except UnsupportedError:
        return node


def _sign(node: Node, around: Obligation) -> int:
    """1 or -1 where ``node`` is positive or negative for all parameters, else 0."""
    for sign, op in ((1, ">"), (-1, "<")):
        if settled(Rel(op, node, ZERO), around.domains, around.given):  # type: ignore[arg-type]
            return sign
    return 0


def _member(question: Roots, around: Obligation) -> Outcome | None:
    """A member of the family, parameters at exact values, one root of which is certainly not inside."""
    domains = {
        name: domain
        for name, domain in around.domains.items()
        if name in symbols_of(question.of) | symbols_of(question.radius) | _names(around)
    }
    for point in sample(domains, around.given, _MEMBERS):
        answer = _at(question, point)
        if answer is not None and answer.status is Status.REFUTED:
            shown = {name: str(value) for name, value in sorted(point.items())}
            where = ", ".join(f"{name} = {value}" for name, value in shown.items())
            looked = Evidence("balls", "roots at single values of the parameters", f"one outside at {where}"[:300])
            return replace(answer, reason=f"at {where}: {answer.reason}", witness=shown, evidence=(looked, *answer.evidence))
    return None


def _names(around: Obligation) -> frozenset[str]:
    return frozenset().union(*(symbols_of(item) for item in around.given))


def _at(question: Roots, point: dict[str, Fraction]) -> Outcome | None:
    if not point:
        return None
    values: dict[str, Node] = {name: Num(value) for name, value in point.items()}
    member = replace(question, of=substitute(question.of, values), radius=substitute(question.radius, values))
    try:
        return dispatch(Obligation(member, {}))
    except UnsupportedError:
        return None
