"""``optimum``: the unique minimiser (or maximiser) of a function of one variable over a bracket.

The one idea to know: every zero of the derivative in the bracket is isolated rigorously, so the optimum is the best of
finitely many enclosed points, ends included; convexity is not needed, and a tie is undecided.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from flint import arb

from checker.expr.defined import conditions
from checker.expr.derive import diff
from checker.expr.node import ZERO, Node, Sym, neg, substitute, symbols_of
from checker.expr.rational import is_zero
from checker.expr.to_arb import evaluate, precision
from checker.prove.bracket import LAST_BITS, PRECISIONS, constant, digits, lies_in, same, shown
from checker.prove.families import better_point, check_symbol, optimum_of_family, refuted_member, untied
from checker.prove.isolate import sign_at
from checker.prove.obligation import Obligation, Optimum
from checker.prove.outcome import Evidence, Outcome, Status
from checker.prove.pieces import Piece, left_out, smooth_pieces
from checker.prove.registry import prover
from checker.prove.roots import compare, sharpen
from checker.prove.sides import beside, is_defined_on
from checker.prove.tails import Located, locate
from checker.verdict import How

_WITNESS_DENOMINATORS = (10, 1000, 10**6, 10**12)


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A point that may be optimal: enclosures of it and of the (minimised) function there; ``end`` if it is one."""

    place: arb
    value: arb
    end: Node | None


@dataclass(frozen=True, slots=True)
class _Part:
    """A smooth piece of the (minimised) function with the zeros of its derivative."""

    piece: Piece
    found: Located


@prover(Optimum)
def prove_optimum(obligation: Obligation) -> Outcome:
    """Answer an ``Optimum``: PROVED (or ENCLOSED to 1e-30), REFUTED with a better point as witness, or UNDECIDED."""
    question = obligation.question
    assert isinstance(question, Optimum)
    check_symbol(question, obligation)
    function = neg(question.of) if question.maximise else question.of
    closed = (
        question.of,
        *question.inside,
        *(question.lies_in or ()),
        *(node for node in (question.equals, question.value) if node),
    )
    if set().union(*(symbols_of(node) for node in closed)) - {question.symbol}:
        outcome = optimum_of_family(question, function, obligation)
        return outcome if outcome.status is not Status.UNDECIDED else refuted_member(question, obligation) or outcome
    outcome = untied(question, obligation, _optimum(question, function, obligation))
    return outcome if outcome.status is not Status.UNDECIDED else better_point(question, function, obligation) or outcome


def _optimum(question: Optimum, function: Node, obligation: Obligation) -> Outcome:
    """An optimum of numbers, over the whole bracket."""
    open_ends = left_out(question.symbol, question.inside, obligation)
    pieces = smooth_pieces(function, question.symbol, question.inside)
    if is_defined_on(conditions(function), beside(question.symbol, ZERO, question.inside, obligation), open_ends) is None:
        return Outcome(Status.UNDECIDED, "the function is not shown to be defined on the whole bracket")
    parts = []
    for index, piece in enumerate(pieces):
        left, right = open_ends[0] and index == 0, open_ends[1] and index == len(pieces) - 1
        slope = diff(piece.function, question.symbol)
        singular = [_is_singular(slope, question.symbol, end) for end in piece.bracket]
        found = locate(slope, question.symbol, piece.bracket, (left or singular[0], right or singular[1]))
        parts.append(_Part(piece, found))
    what = f"zeros of the derivative for {question.symbol} in the bracket"
    searched = Evidence("intervals and balls", what, " and ".join(part.found.counted() for part in parts))
    if not all(part.found.isolation.complete for part in parts):
        return _by_signs(question, function, obligation, open_ends, searched)
    ranked = _best(question, parts, open_ends)
    if isinstance(ranked, str):
        return Outcome(Status.UNDECIDED, ranked, evidence=(searched,))
    best, bits = ranked
    return _judge(question, function, best, bits, searched)


def _is_singular(slope: Node, name: str, end: Node) -> bool:
    """Whether the derivative has no value at an end (``sqrt(x)`` at 0), where the function itself may have one."""
    ball = constant(end, PRECISIONS[0])
    return ball.is_finite() and not evaluate(substitute(slope, {name: end}), {}, PRECISIONS[0]).is_finite()


def _by_signs(
    question: Optimum, function: Node, obligation: Obligation, open_ends: tuple[bool, bool], searched: Evidence
) -> Outcome:
    """Where boxes do not close: the derivative points away from the claimed place on both sides."""
    reason = "not every zero of the derivative in the bracket could be isolated"
    still_open = Outcome(Status.UNDECIDED, reason, evidence=(searched,))
    if question.equals is None:
        return still_open
    outcome = optimum_of_family(question, function, obligation)
    return outcome if outcome.status in (Status.PROVED, Status.REFUTED) else still_open


def _best(question: Optimum, parts: list[_Part], open_ends: tuple[bool, bool]) -> tuple[_Candidate, int] | str:
    """The one candidate whose value is certainly below all others, and the bits that took; or why there is none."""
    if (escape := _escapes(question, parts, open_ends)) is not None:
        return escape
    for bits in (each for each in PRECISIONS if each >= max(part.found.bits for part in parts)):
        candidates: dict[Node | int, _Candidate] = {}
        for part in parts:
            for side, end in enumerate(part.piece.bracket):
                outermost = part is parts[0 if side == 0 else -1]
                if constant(end, bits).is_finite() and not (outermost and open_ends[side]):
                    candidates.setdefault(end, _at_end(part.piece.function, question.symbol, end, bits))
            for zero in part.found.isolation.zeros:
                if zero.slope < 0 or any(zero.lo == zero.hi == other.place for other in candidates.values()):
                    continue  # a maximum, or an end that is listed already
                place, used = sharpen(part.found.isolation, zero, part.piece.bracket, bits)
                inside = lies_in(place, part.piece.bracket, used)
                if inside is None:
                    return "a zero of the derivative is too close to an end of the bracket"
                if inside:
                    value = evaluate(part.piece.function, {question.symbol: place}, used)
                    candidates[len(candidates)] = _Candidate(place, value, None)
        ranked = list(candidates.values())
        with precision(bits):
            for index, candidate in enumerate(ranked):
                if all(candidate.value < other.value for other in ranked[:index] + ranked[index + 1 :]):
                    return candidate, bits
    return "two points are too close in value to tell which is better"


def _at_end(function: Node, name: str, end: Node, bits: int) -> _Candidate:
    return _Candidate(constant(end, bits), evaluate(substitute(function, {name: end}), {}, bits), end)


def _escapes(question: Optimum, parts: list[_Part], open_ends: tuple[bool, bool]) -> str | None:
    """Why the best value may not be attained: towards infinity, or towards an end that is left out."""
    for index, outward in ((0, -1), (1, 1)):
        part = parts[0 if index == 0 else -1]
        ball = constant(question.inside[index], part.found.bits)
        if ball.is_finite() and not open_ends[index]:
            continue
        sign = part.found.tails[index] or (None if ball.is_finite() else _sign_far_out(question, part, outward))
        if sign != outward:
            where = "an end that is left out" if ball.is_finite() else "infinity"
            return f"the function may get better and better towards {where}"
    return None


def _sign_far_out(question: Optimum, part: _Part, outward: int) -> int | None:
    """The sign of the derivative beyond its last zero."""
    isolation = part.found.isolation
    other = constant(part.piece.bracket[0 if outward > 0 else 1], part.found.bits)
    with precision(part.found.bits):
        reach = arb(1)
        for zero in isolation.zeros:
            reach = reach + abs(zero.lo) + abs(zero.hi)
        far = (reach + (abs(other) if other.is_finite() else 0)).upper() * outward
        return sign_at(isolation.function, question.symbol, far, part.found.bits)


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
