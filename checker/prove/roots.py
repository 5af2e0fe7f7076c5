"""``root``: a function of one variable has exactly one zero in a bracket, and it is where the claim says; ``roots``:
all roots of a polynomial inside a disc.

The one idea to know: the zero is first isolated (sign change by balls, one sign of the derivative by intervals, nothing
elsewhere in the bracket) and only then compared with the claim, so a proof includes existence and uniqueness.
"""

from __future__ import annotations

import math
from dataclasses import replace

from flint import arb, fmpq_poly

from checker.expr.domain import Domain
from checker.expr.errors import UnsupportedError
from checker.expr.node import Add, Mul, Node, Num, Pow, Sym, substitute, symbols_of
from checker.expr.rational import is_zero
from checker.expr.to_arb import precision, to_fmpq
from checker.prove.bracket import (
    ENCLOSED,
    LAST_BITS,
    PRECISIONS,
    constant,
    digits,
    ends,
    lies_in,
    same,
    shown,
)
from checker.prove.families import check_symbol, refuted_member, root_of_family, untied
from checker.prove.isolate import Isolation, Zero, has_jumps
from checker.prove.obligation import Obligation, Root, Roots
from checker.prove.outcome import Evidence, Outcome, Status
from checker.prove.pieces import left_out
from checker.prove.registry import prover
from checker.prove.schur import roots_of_family
from checker.prove.tails import locate
from checker.prove.touching import places
from checker.verdict import How

_MAX_DEGREE = 200


def sharpen(isolation: Isolation, zero: Zero, bracket: tuple[Node, Node], bits: int) -> tuple[arb, int]:
    """The zero as a ball of radius below 2**-ENCLOSED, relative to itself and the bracket, and the bits that took."""
    for more in (bits, *(each for each in PRECISIONS if each > bits)):
        lo, hi = ends(bracket, more)
        with precision(more):
            goal = _scale(zero, lo, hi) * arb(2) ** -(ENCLOSED + 20)
            zero = isolation.refine(zero, more, goal if goal > 0 else None)
            if zero.hi - zero.lo <= goal:
                break
    with precision(more):
        return zero.ball(), more


def _scale(zero: Zero, lo: arb, hi: arb) -> arb:
    """What a radius is small against: the bracket, or 1 where that is wider."""
    span = (hi - lo).abs_lower() if lo.is_finite() and hi.is_finite() else arb(1)
    size = span.min(arb(1))
    below = abs(zero.lo).min(abs(zero.hi)).abs_lower()
    return size.min(below) if below > 0 else size


def compare(ball: arb, bits: int, lies: tuple[Node, Node] | None, equals: Node | None) -> bool | None:
    """Whether a sharpened location agrees with the claim, by enclosures alone (all that is claimed must agree)."""
    answers: list[bool | None] = []
    if lies is not None:
        answers.append(lies_in(ball, lies, bits))
    if equals is not None:
        claimed = constant(equals, bits)
        with precision(bits):
            answers.append(bool(ball.overlaps(claimed)))
    return False if False in answers else None if None in answers else True


@prover(Root)
def prove_root(obligation: Obligation) -> Outcome:
    """Answer a ``Root``: PROVED (exactly, or ENCLOSED to 1e-30), REFUTED with an enclosure, or UNDECIDED."""
    question = obligation.question
    assert isinstance(question, Root)
    check_symbol(question, obligation)
    parameters = symbols_of(question.of) - {question.symbol}
    if (
        parameters
        or any(symbols_of(end) for end in question.inside)
        or (question.equals and symbols_of(question.equals))
    ):
        outcome = root_of_family(question, obligation)
        return outcome if outcome.status is not Status.UNDECIDED else refuted_member(question, obligation) or outcome
    return untied(question, obligation, _root(question, obligation))


def _root(question: Root, obligation: Obligation) -> Outcome:
    """A zero of a function of numbers, in the whole bracket."""
    if question.equals is not None and lies_in(constant(question.equals, 512), question.inside, 512) is False:
        return Outcome(
            Status.REFUTED,
            "the claimed zero lies outside of its own bracket",
            detail=shown(constant(question.equals, 512)),
        )
    open_ends = left_out(question.symbol, question.inside, obligation)
    found = locate(question.of, question.symbol, question.inside, open_ends, precisions=PRECISIONS[:1])
    if not found.isolation.complete and len(found.isolation.zeros) < 2 and not any(open_ends):
        touching = _touching(question, obligation, Evidence("intervals and balls", "zeros in the bracket", found.counted()))
        if touching.status is not Status.UNDECIDED:
            return touching
        found = locate(question.of, question.symbol, question.inside)
    elif not found.isolation.complete:
        found = locate(question.of, question.symbol, question.inside, open_ends)
    zeros = found.isolation.zeros
    searched = Evidence("intervals and balls", f"zeros in {question.symbol} in the bracket", found.counted())
    if len(zeros) > 1:
        places = "; ".join(shown(sharpen(found.isolation, zero, question.inside, found.bits)[0]) for zero in zeros[:2])
        return Outcome(
            Status.REFUTED, "the zero is not unique in the bracket", evidence=(searched,), detail=f"zeros at {places}"
        )
    if not found.isolation.complete:
        return Outcome(
            Status.UNDECIDED, "existence or uniqueness of the zero in the bracket stayed open", evidence=(searched,)
        )
    if not zeros:
        return Outcome(Status.REFUTED, "the function has no zero in the bracket", evidence=(searched,))
    ball, bits = sharpen(found.isolation, zeros[0], question.inside, found.bits)
    if (inside := lies_in(ball, question.inside, bits)) is not True and zeros[0].lo != zeros[0].hi:
        status = Status.REFUTED if inside is False else Status.UNDECIDED
        return Outcome(
            status, "the zero is not seen to lie inside the bracket", evidence=(searched,), detail=shown(ball)
        )
    return _judge(question, ball, bits, searched)


def _judge(question: Root, ball: arb, bits: int, searched: Evidence) -> Outcome:
    where = Evidence("balls", "enclosure of the zero", f"{shown(ball)}, radius {digits(ball)}")
    if question.lies_in is None and question.equals is None:
        return Outcome(
            Status.PROVED, "exactly one zero in the bracket", How.PROVED, (searched, where), detail=shown(ball)
        )
    agrees = compare(ball, bits, question.lies_in, question.equals)
    if agrees is False:
        return Outcome(Status.REFUTED, "the only zero is elsewhere", evidence=(searched, where), detail=shown(ball))
    if agrees is None:
        return Outcome(Status.UNDECIDED, "the zero is too close to an end of lies_in", evidence=(searched, where))
    if question.equals is None:
        return Outcome(
            Status.PROVED, "the only zero lies where claimed", How.PROVED, (searched, where), detail=shown(ball)
        )
    at_claimed = substitute(question.of, {question.symbol: question.equals})
    exact = is_zero(at_claimed) is True
    if not exact and not constant(at_claimed, LAST_BITS).contains(0):
        return Outcome(Status.REFUTED, "the claimed number is not a zero", evidence=(searched, where), detail=shown(ball))
    residual = Evidence(
        "rational normal form", "the function at the claimed zero is exactly 0", "yes" if exact else "not decided"
    )
    reason = "the only zero is the claimed one" if exact else "the only zero agrees with the claimed one to 1e-30"
    how = How.PROVED if exact else How.ENCLOSED
    return Outcome(Status.PROVED, reason, how, (searched, where, residual), detail=shown(ball))


def _touching(question: Root, obligation: Obligation, searched: Evidence) -> Outcome:
    """A zero without a change of sign of the function or with slope 0: exact candidates, then the signs on both sides."""
    still_open = Outcome(
        Status.UNDECIDED, "existence or uniqueness of the zero in the bracket stayed open", evidence=(searched,)
    )
    if has_jumps(question.of):
        return still_open
    free = {question.symbol: Domain()}
    guesses = places(question.of, question.of, question.symbol, free)
    exact = [place for place in guesses if place != question.equals and _is_exact_zero(question, place)]
    if question.equals is not None and _is_exact_zero(question, question.equals):
        exact = [question.equals, *(place for place in exact if not same(place, question.equals))]
    if _two_apart(exact):
        shown_places = " and ".join(shown(constant(place, LAST_BITS)) for place in exact[:2])
        return Outcome(
            Status.REFUTED, "the zero is not unique in the bracket", evidence=(searched,), detail=f"zeros at {shown_places}"
        )
    if not exact:
        return still_open
    found = root_of_family(replace(question, equals=exact[0], lies_in=None), obligation)
    if found.status is not Status.PROVED:
        return still_open
    ball = constant(exact[0], LAST_BITS)
    inside = lies_in(ball, question.lies_in, LAST_BITS) if question.lies_in is not None else True
    if inside is None:
        return still_open
    if not inside:
        return Outcome(Status.REFUTED, "the only zero is elsewhere", evidence=found.evidence, detail=shown(ball))
    return replace(found, detail=shown(ball))


def _is_exact_zero(question: Root, place: Node) -> bool:
    """Whether the function is defined and exactly 0 at a place inside the bracket."""
    there = substitute(question.of, {question.symbol: place})
    try:
        inside = lies_in(constant(place, LAST_BITS), question.inside, LAST_BITS)
        value = constant(there, LAST_BITS)
    except UnsupportedError:
        return False
    return inside is True and bool(value.contains(0)) and is_zero(there) is True


def _two_apart(exact: list[Node]) -> bool:
    """Whether the first two zeros are certainly different (the same one may be written in two ways)."""
    balls = [constant(place, LAST_BITS) for place in exact[:2]]
    return len(balls) == 2 and not balls[0].overlaps(balls[1])


@prover(Roots)
def prove_roots(obligation: Obligation) -> Outcome:
    """PROVED when the modulus of every root is certainly below ``radius``, REFUTED when one certainly is not.

    A polynomial without roots, a constant, says nothing: VACUOUS.  Coefficients that are no rational numbers are left to the
    conditions of Schur and Cohn.  Raises ``UnsupportedError`` for what is no polynomial.
    """
    question = obligation.question
    assert isinstance(question, Roots)
    try:
        polynomial = _polynomial(question.of, question.symbol)
    except UnsupportedError:
        return roots_of_family(question, obligation)
    if symbols_of(question.radius):
        return roots_of_family(question, obligation)
    if polynomial.degree() < 0:
        return Outcome(Status.REFUTED, "the polynomial is identically zero, so every number is a root")
    if polynomial.degree() == 0:
        return Outcome(Status.VACUOUS, "the polynomial is a constant and has no roots")
    for bits in PRECISIONS:
        radius = constant(question.radius, bits)
        with precision(bits):
            places = [root for root, _ in polynomial.complex_roots()]
            sizes = [abs(root) for root in places]
            inside = [size < radius for size in sizes]
            outside = [shown_root for shown_root, size in zip(places, sizes, strict=True) if size >= radius]
            largest = max((size.upper() for size in sizes), default=arb(0))
        found = Evidence(
            "balls", f"roots of a polynomial of degree {polynomial.degree()}", f"moduli up to {largest.str(12)}"
        )
        if outside:
            return Outcome(
                Status.REFUTED, "a root is not inside", evidence=(found,), detail=f"root at {outside[0].str(20)}"
            )
        if all(inside):
            return Outcome(Status.PROVED, "every root is inside", How.PROVED, (found,))
    return Outcome(Status.UNDECIDED, "a root is too close to the circle", evidence=(found,))


def _polynomial(node: Node, name: str) -> fmpq_poly:
    """The formula as a polynomial in one symbol."""
    match node:
        case Num(number):
            return fmpq_poly([to_fmpq(number)])
        case Sym(symbol) if symbol == name:
            return fmpq_poly([0, 1])
        case Add(args):
            return sum((_polynomial(arg, name) for arg in args), fmpq_poly([0]))
        case Mul(args):
            return math.prod((_polynomial(arg, name) for arg in args), start=fmpq_poly([1]))
        case Pow(base, exponent):
            power = _polynomial(exponent, name)  # of a family: tau + 1 at a value of tau
            if power.degree() <= 0 and power[0].denom() == 1 and 0 <= power[0] <= _MAX_DEGREE:
                return _polynomial(base, name) ** int(power[0])
    raise UnsupportedError("the roots prover", "a polynomial whose coefficients are not rational numbers")
