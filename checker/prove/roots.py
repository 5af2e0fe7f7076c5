"""``root``: a function of one variable has exactly one zero in a bracket, and it is where the claim says; ``roots``:
all roots of a polynomial inside a disc.

The one idea to know: the zero is first isolated (sign change by balls, one sign of the derivative by intervals, nothing
elsewhere in the bracket) and only then compared with the claim, so a proof includes existence and uniqueness.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from flint import arb, fmpq_poly

from checker.expr.derive import diff
from checker.expr.errors import UnsupportedError
from checker.expr.node import ZERO, Add, Mul, Node, Num, Pow, Rel, Sym, substitute, symbols_of
from checker.expr.rational import is_zero
from checker.expr.to_arb import precision, to_fmpq
from checker.prove.bracket import (
    ENCLOSED,
    LAST_BITS,
    PRECISIONS,
    constant,
    digits,
    ends,
    in_bracket,
    lies_in,
    on_bracket,
    outer,
    shown,
)
from checker.prove.isolate import Isolation, Zero, has_jumps
from checker.prove.obligation import Obligation, Relation, Root, Roots
from checker.prove.outcome import Evidence, Outcome, Status
from checker.prove.registry import dispatch, prover
from checker.verdict import How

_MAX_DEGREE = 200


@dataclass(frozen=True, slots=True)
class Located:
    """The zeros of a function on a bracket at the first precision that showed them all."""

    isolation: Isolation
    bits: int

    def counted(self) -> str:
        """How many zeros there are, for the ledger."""
        more = "" if self.isolation.complete else " or more"
        return f"{len(self.isolation.zeros)}{more} ({self.isolation.boxes} boxes, {self.bits} bits)"


def locate(function: Node, name: str, bracket: tuple[Node, Node]) -> Located:
    """Isolate on a bracket with constant ends, doubling the precision; the last attempt may be incomplete."""
    for bits in PRECISIONS:
        lo, hi = outer(bracket, bits)
        found = Located(Isolation(function, name, lo, hi, bits), bits)
        if found.isolation.complete:
            break
    return found


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
    parameters = symbols_of(question.of) - {question.symbol}
    if (
        parameters
        or any(symbols_of(end) for end in question.inside)
        or (question.equals and symbols_of(question.equals))
    ):
        return _with_parameters(question, obligation)
    if question.equals is not None and lies_in(constant(question.equals, 512), question.inside, 512) is False:
        return Outcome(
            Status.REFUTED,
            "the claimed zero lies outside of its own bracket",
            detail=shown(constant(question.equals, 512)),
        )
    found = locate(question.of, question.symbol, question.inside)
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


def _with_parameters(question: Root, obligation: Obligation) -> Outcome:
    """With parameters: exact residual, bracket and sign of the derivative, as relations for all of them."""
    if question.equals is None:
        return Outcome(Status.UNDECIDED, "a zero that depends on parameters needs 'equals'")
    if has_jumps(question.of):  # the sign of the derivative says nothing across a jump
        raise UnsupportedError("the root prover", "a function with jumps and parameters")
    at = {question.symbol: question.equals}
    steps = (
        ("the function vanishes there", Rel("==", substitute(question.of, at), ZERO)),
        ("it lies in the bracket", in_bracket(question.equals, question.inside)),
    )
    evidence: list[Evidence] = []
    for text, goal in steps:
        outcome = dispatch(replace(obligation, question=Relation(goal)))
        evidence += outcome.evidence
        if outcome.status is not Status.PROVED:
            return replace(outcome, reason=f"{text}: {outcome.reason}", evidence=tuple(evidence))
    slope = diff(question.of, question.symbol)
    for goal in (Rel(">", slope, ZERO), Rel("<", slope, ZERO)):
        unique = dispatch(on_bracket(obligation, question.symbol, question.inside, goal))
        if unique.status is Status.PROVED:
            evidence += unique.evidence
            return Outcome(
                Status.PROVED, "the only zero is the claimed one, for all parameters", How.PROVED, tuple(evidence)
            )
    return Outcome(
        Status.UNDECIDED, "uniqueness in the bracket stayed open: no sign of the derivative", evidence=tuple(evidence)
    )


@prover(Roots)
def prove_roots(obligation: Obligation) -> Outcome:
    """PROVED when the modulus of every root is certainly below ``radius``, REFUTED when one certainly is not.

    The polynomial has rational coefficients; a constant one has no roots.  Raises ``UnsupportedError`` otherwise.
    """
    question = obligation.question
    assert isinstance(question, Roots)
    polynomial = _polynomial(question.of, question.symbol)
    if polynomial.degree() < 0:
        return Outcome(Status.REFUTED, "the polynomial is identically zero, so every number is a root")
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
        case Pow(base, Num(exponent)) if exponent.denominator == 1 and 0 <= exponent <= _MAX_DEGREE:
            return _polynomial(base, name) ** int(exponent)
    raise UnsupportedError("the roots prover", "a polynomial whose coefficients are not rational numbers")
