"""All zeros of a function of one variable on a bracket, also one that reaches infinity or leaves out an end.

The one idea to know: boxes alone do not close where the function is indeterminate at infinity or singular at an end; there
the inequality prover shows one sign on a whole tail, and boxes do the rest, which is compact.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from checker.expr.domain import Domain
from checker.expr.errors import UnsupportedError
from checker.expr.node import ZERO, Node, Num, Rel, RelOp, Sym
from checker.expr.to_arb import precision
from checker.prove.bracket import PRECISIONS, constant, outer
from checker.prove.forms import normal_node
from checker.prove.isolate import MAX_BOXES, Isolation, sign_at
from checker.prove.obligation import Bracket, Obligation, Relation
from checker.prove.outcome import Status
from checker.prove.registry import dispatch

_FIRST_BOXES = 250  # enough wherever boxes alone succeed; a hopeless bracket is given up early
_REACHES = (4, 16, 64)
_NEARNESS = (Fraction(1, 8), Fraction(1, 64), Fraction(1, 1024))
_BITS = 128


@dataclass(frozen=True, slots=True)
class Located:
    """The zeros of a function on a bracket at the first precision that showed them all.

    ``tails`` are the signs on the left and the right part that the inequality prover settled (0: there was none).
    """

    isolation: Isolation
    bits: int
    tails: tuple[int, int] = (0, 0)

    def counted(self) -> str:
        """How many zeros there are, for the ledger."""
        more = "" if self.isolation.complete else " or more"
        beside = ", the tails by the inequality prover" if any(self.tails) else ""
        return f"{len(self.isolation.zeros)}{more} ({self.isolation.boxes} boxes, {self.bits} bits{beside})"


def locate(
    function: Node,
    name: str,
    bracket: Bracket,
    open_ends: tuple[bool, bool] = (False, False),
    precisions: tuple[int, ...] = PRECISIONS,
) -> Located:
    """Isolate on a bracket with constant ends at one precision after the other; the last attempt may be incomplete.

    An open end does not belong to the bracket, and the function may be singular there.
    """
    ends = [constant(end, _BITS) for end in bracket]
    special = [not end.is_finite() or is_open for end, is_open in zip(ends, open_ends, strict=True)]
    if not any(open_ends):
        lo, hi = outer(bracket, _BITS)
        boxes = _FIRST_BOXES if any(special) else MAX_BOXES
        found = Located(Isolation(function, name, lo, hi, _BITS, boxes), _BITS)
        if found.isolation.complete:
            return found
    shorter, signs = list(bracket), [0, 0]
    for index in (0, 1):
        if special[index]:
            cut = _tail(function, name, bracket, upper=index == 1)
            if cut is not None:
                shorter[index], signs[index] = cut
    for bits in precisions:
        lo, hi = outer((shorter[0], shorter[1]), bits)
        found = Located(Isolation(function, name, lo, hi, bits), bits, (signs[0], signs[1]))
        if found.isolation.complete:
            break
    return found


def _tail(function: Node, name: str, bracket: Bracket, upper: bool) -> tuple[Node, int] | None:
    """A cut beyond which the function has one sign wherever it is defined, and that sign; ``None`` if none was shown."""
    shapes = tuple(dict.fromkeys((normal_node(function, {}), function)))
    for cut in _cuts(bracket, upper):
        with precision(_BITS):
            sign = sign_at(function, name, constant(Num(cut), _BITS), _BITS)
        if not sign:
            continue
        op: RelOp = ">" if sign > 0 else "<"
        lo, hi = (Num(cut), bracket[1]) if upper else (bracket[0], Num(cut))
        left, right = (end.value if isinstance(end, Num) else None for end in (lo, hi))
        domain = Domain(left, right, lo_open=not upper, hi_open=upper)
        far = hi if upper else lo
        bounds: tuple[Node, ...] = ()
        if not isinstance(far, Num) and constant(far, _BITS).is_finite():
            bounds = (Rel("<" if upper else ">", Sym(name), far),)
        for shape in shapes:
            try:
                outcome = dispatch(Obligation(Relation(Rel(op, shape, ZERO)), {name: domain}, bounds))
            except UnsupportedError:
                continue
            if outcome.status is Status.PROVED:
                return Num(cut), sign
    return None


def _cuts(bracket: Bracket, upper: bool) -> Iterator[Fraction]:
    """Where a tail may begin: far out towards infinity, close to an end that is left out."""
    end, other = (bracket[1], bracket[0]) if upper else (bracket[0], bracket[1])
    near, far = _rational(end), _rational(other)
    outward = 1 if upper else -1
    if near is None:
        start = far or Fraction(0)
        for reach in _REACHES:
            yield start + outward * reach * max(Fraction(1), abs(start))
        return
    width = abs(near - far) if far is not None else Fraction(1)
    for share in _NEARNESS:
        yield near - outward * share * width


def _rational(end: Node) -> Fraction | None:
    """A rational close to a finite end."""
    ball = constant(end, _BITS)
    if not ball.is_finite():
        return None
    with precision(_BITS):
        middle = ball.mid().fmpq()
    return Fraction(int(middle.p), int(middle.q)).limit_denominator(10**6)
