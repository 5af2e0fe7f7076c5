"""``optimum``: the unique minimiser (or maximiser) of a function of one variable over a bracket.

The one idea to know: every zero of the derivative in the bracket is isolated rigorously, so the optimum is the best of
finitely many enclosed points, ends included; convexity is not needed, and a tie is undecided.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from flint import arb

from checker.expr.defined import conditions
from checker.expr.derive import diff
from checker.expr.errors import UnsupportedError
from checker.expr.node import ZERO, Fn, Mul, Node, Piecewise, Rel, Sym, neg, sub, substitute, symbols_of, walk
from checker.expr.rational import is_zero
from checker.expr.to_arb import evaluate, precision
from checker.prove.bracket import LAST_BITS, PRECISIONS, constant, digits, in_bracket, lies_in, on_bracket, same, shown
from checker.prove.isolate import sign_at
from checker.prove.obligation import Obligation, Optimum, Relation
from checker.prove.outcome import Evidence, Outcome, Status
from checker.prove.registry import dispatch, prover
from checker.prove.roots import Located, compare, locate, sharpen
from checker.verdict import How

_KINKS = frozenset({"abs", "max", "min", "relu", "sign", "floor"})
_WITNESS_DENOMINATORS = (10, 1000, 10**6, 10**12)


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A point that may be optimal: enclosures of it and of the (minimised) function there; ``end`` if it is one."""

    place: arb
    value: arb
    end: Node | None


@prover(Optimum)
def prove_optimum(obligation: Obligation) -> Outcome:
    """Answer an ``Optimum``: PROVED (or ENCLOSED to 1e-30), REFUTED with a better point as witness, or UNDECIDED."""
    question = obligation.question
    assert isinstance(question, Optimum)
    function = neg(question.of) if question.maximise else question.of
    if any(isinstance(part, Piecewise) or (isinstance(part, Fn) and part.name in _KINKS) for part in walk(function)):
        raise UnsupportedError("the optimum prover", "a function with kinks")
    closed = (
        question.of,
        *question.inside,
        *(question.lies_in or ()),
        *(node for node in (question.equals, question.value) if node),
    )
    if set().union(*(symbols_of(node) for node in closed)) - {question.symbol}:
        return _with_parameters(question, function, obligation)
    for condition in conditions(function):
        shown_defined = dispatch(on_bracket(obligation, question.symbol, question.inside, condition))
        if shown_defined.status is not Status.PROVED:
            return Outcome(
                Status.UNDECIDED,
                "the function is not shown to be defined on the whole bracket",
                evidence=shown_defined.evidence,
            )
    found = locate(diff(function, question.symbol), question.symbol, question.inside)
    searched = Evidence(
        "intervals and balls", f"zeros of the derivative for {question.symbol} in the bracket", found.counted()
    )
    if not found.isolation.complete:
        return Outcome(
            Status.UNDECIDED, "not every zero of the derivative in the bracket could be isolated", evidence=(searched,)
        )
    ranked = _best(question, function, found)
    if isinstance(ranked, str):
        return Outcome(Status.UNDECIDED, ranked, evidence=(searched,))
    best, bits = ranked
    return _judge(question, function, best, bits, searched)


def _best(question: Optimum, function: Node, found: Located) -> tuple[_Candidate, int] | str:
    """The one candidate whose value is certainly below all others, and the bits that took; or why there is none."""
    if (escape := _escapes(question, found)) is not None:
        return escape
    for bits in (each for each in PRECISIONS if each >= found.bits):
        candidates = [
            _at_end(function, question.symbol, end, bits) for end in question.inside if constant(end, bits).is_finite()
        ]
        for zero in found.isolation.zeros:
            if zero.slope < 0 or any(zero.lo == zero.hi == candidate.place for candidate in candidates):
                continue  # a maximum, or an end that is listed already
            place, used = sharpen(found.isolation, zero, question.inside, bits)
            inside = lies_in(place, question.inside, used)
            if inside is None:
                return "a zero of the derivative is too close to an end of the bracket"
            if inside:
                candidates.append(_Candidate(place, evaluate(function, {question.symbol: place}, used), None))
        with precision(bits):
            for index, candidate in enumerate(candidates):
                if all(candidate.value < other.value for other in candidates[:index] + candidates[index + 1 :]):
                    return candidate, bits
    return "two points are too close in value to tell which is better"


def _at_end(function: Node, name: str, end: Node, bits: int) -> _Candidate:
    return _Candidate(constant(end, bits), evaluate(substitute(function, {name: end}), {}, bits), end)


def _escapes(question: Optimum, found: Located) -> str | None:
    """Why the best value may lie at infinity, where the bracket is unbounded."""
    reach = arb(1)
    with precision(found.bits):
        for zero in found.isolation.zeros:
            reach = reach + abs(zero.lo) + abs(zero.hi)
        for end, outward in ((question.inside[0], -1), (question.inside[1], 1)):
            ball = constant(end, found.bits)
            if ball.is_finite():
                continue
            other = constant(question.inside[0 if outward > 0 else 1], found.bits)
            far = (reach + (abs(other) if other.is_finite() else 0)).upper() * outward
            if sign_at(found.isolation.function, question.symbol, far, found.bits) != outward:
                return "the function may get better and better towards infinity"
    return None


def _judge(question: Optimum, function: Node, best: _Candidate, bits: int, searched: Evidence) -> Outcome:
    kind = "an end of the bracket" if best.end is not None else "an interior point"
    where = Evidence("balls", "enclosure of the optimum", f"{shown(best.place)} ({kind}), radius {digits(best.place)}")
    evidence = [searched, where]
    detail = f"optimum at {shown(best.place)}"
    exact = True
    if question.equals is not None or question.lies_in is not None:
        agrees = compare(best.place, bits, question.lies_in, question.equals)
        if agrees is False:
            return Outcome(
                Status.REFUTED,
                "the optimum is elsewhere",
                evidence=tuple(evidence),
                witness=_better_point(question, function, best, bits),
                detail=detail,
            )
        if agrees is None:
            return Outcome(
                Status.UNDECIDED,
                "the optimum is too close to an end of lies_in",
                evidence=tuple(evidence),
                detail=detail,
            )
    if question.equals is not None:
        residual = substitute(diff(function, question.symbol), {question.symbol: question.equals})
        exact = same(question.equals, best.end) if best.end is not None else is_zero(residual) is True
        if best.end is None and not exact and not constant(residual, LAST_BITS).contains(0):
            reason = "the derivative does not vanish at the claimed point"
            return Outcome(Status.REFUTED, reason, evidence=tuple(evidence), detail=detail)
        evidence.append(
            Evidence(
                "rational normal form", "the claimed point is exactly the optimum", "yes" if exact else "not decided"
            )
        )
    if question.value is not None:
        claimed = constant(question.value, bits)
        with precision(bits):
            attained = -best.value if question.maximise else best.value
            apart = not attained.overlaps(claimed)
        evidence.append(Evidence("balls", "enclosure of the optimal value", shown(attained)))
        if apart:
            return Outcome(
                Status.REFUTED,
                "the optimal value is another one",
                evidence=tuple(evidence),
                detail=f"value {shown(attained)}",
            )
        place = question.equals if question.equals is not None else best.end
        at_place = place is not None and same(substitute(question.of, {question.symbol: place}), question.value)
        exact = exact and at_place
    how = How.PROVED if exact else How.ENCLOSED
    return Outcome(Status.PROVED, "the best point of the bracket is where claimed", how, tuple(evidence), detail=detail)


def _better_point(question: Optimum, function: Node, best: _Candidate, bits: int) -> dict[str, str]:
    """A short rational of the bracket that is certainly better than the claimed point, else the optimum itself."""
    with precision(bits):
        middle = best.place.mid().fmpq()
    number = Fraction(int(middle.p), int(middle.q))
    if question.equals is None:
        return {question.symbol: str(number.limit_denominator(_WITNESS_DENOMINATORS[-1]))}
    claimed = evaluate(substitute(function, {question.symbol: question.equals}), {}, bits)
    for limit in _WITNESS_DENOMINATORS:
        trial = number.limit_denominator(limit)
        there = evaluate(function, {question.symbol: trial}, bits)
        with precision(bits):
            if there < claimed and lies_in(evaluate(Sym("x"), {"x": trial}, bits), question.inside, bits):
                return {question.symbol: str(trial)}
    return {question.symbol: str(number)}


def _with_parameters(question: Optimum, function: Node, obligation: Obligation) -> Outcome:
    """With parameters: the derivative points away from ``equals`` on the whole bracket, as relations."""
    if question.equals is None:
        return Outcome(Status.UNDECIDED, "an optimum that depends on parameters needs 'equals'")
    symbol, place = Sym(question.symbol), question.equals
    at_place = substitute(function, {question.symbol: place})
    inside = dispatch(replace(obligation, question=Relation(in_bracket(place, question.inside))))
    if inside.status is not Status.PROVED:
        return replace(inside, reason=f"the claimed point lies in the bracket: {inside.reason}")
    best = dispatch(on_bracket(obligation, question.symbol, question.inside, Rel(">=", function, at_place)))
    if best.status is Status.REFUTED:
        return replace(best, reason="a better point than the claimed one")
    evidence = [*inside.evidence, *best.evidence]
    if question.value is not None:
        value = dispatch(
            replace(
                obligation,
                question=Relation(Rel("==", substitute(question.of, {question.symbol: place}), question.value)),
            )
        )
        evidence += value.evidence
        if value.status is not Status.PROVED:
            return replace(value, reason=f"the optimal value: {value.reason}", evidence=tuple(evidence))
    away = Mul((diff(function, question.symbol), sub(symbol, place)))
    goal = Rel(">", away, ZERO)
    strict = dispatch(on_bracket(obligation, question.symbol, question.inside, goal, Rel("!=", symbol, place)))
    evidence += strict.evidence
    if strict.status is Status.PROVED:
        return Outcome(
            Status.PROVED, "the function grows away from the claimed point on both sides", How.PROVED, tuple(evidence)
        )
    reason = (
        "the claimed point is optimal, its uniqueness stayed open"
        if best.status is Status.PROVED
        else "the sign of the derivative on both sides stayed open"
    )
    return Outcome(Status.UNDECIDED, reason, evidence=tuple(evidence))
