"""Do two sides agree at points, by balls of the raw tree?  The half of an identity's evidence that is not symbolic.

The one idea to know: agreement needs a radius that is small beside the *terms* of the two sides, so that a ball around 0 that
is only wide never counts, and neither does a cancellation of large terms.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from flint import arb, fmpq

from checker.expr.domain import Domain
from checker.expr.errors import UnsupportedError
from checker.expr.node import Add, Binder, Fn, Mul, Node, Num, Pow, Rel, map_children, walk
from checker.expr.to_arb import precision, to_ball, value
from checker.prove.binders import has_binder
from checker.prove.outcome import Evidence
from checker.prove.points import Point, in_domain, sample, satisfies

_POINTS_OF_INTEGRALS = 9
_RELATIVE = Fraction(1, 10**10)  # two sides agree at a point when the ball of the difference is this small beside them


@dataclass(slots=True)
class Agreement:
    """What the balls said: points where the difference surely is not 0, and where it is 0 to the required radius."""

    against: Point | None = None
    agreeing: int = 0
    looked: int = 0
    worst: float = 0.0
    unable: str = ""


def lopsided(points: Sequence[Point]) -> list[Point]:
    """Few points for formulas that are slow to evaluate: the first ones, then those with the most different values."""
    first, rest = list(points[:3]), points[3:]
    ranked = sorted(rest, key=lambda point: -len(set(point.values())))
    ranked = [point for point in ranked if len(set(point.values())) == len(set(ranked[0].values()))] or ranked
    count = _POINTS_OF_INTEGRALS - len(first)
    return [*first, *ranked[:: max(1, len(ranked) // count)][:count]]


def meeting(box: Mapping[str, Domain], given: Sequence[Node]) -> list[Point]:
    """Points at which two symbols are equal, or one is 0 or 1, each pair and each symbol in turn."""
    base = sample(box, given, 2)
    found: list[Point] = []
    for point in base:
        for name in sorted(box):
            values = [Fraction(0), Fraction(1), *(point[other] for other in sorted(box) if other != name)]
            found += [{**point, name: value_} for value_ in values]
    unique = {tuple(sorted(point.items())): point for point in found}
    return [point for point in unique.values() if in_domain(point, box) and satisfies(point, given)][:16]


def look(difference: Node, goal: Rel, points: Sequence[Point]) -> Agreement:
    """The difference of the two sides of ``goal`` at the points, up to the first at which it is surely not 0."""
    balls = Agreement()
    for point in points:
        try:
            verdict, radius = _at(difference, goal, point)
        except UnsupportedError as error:
            balls.unable = str(error)
            if balls.looked:
                continue  # too many terms at one point, say
            return balls
        balls.looked += 1
        if verdict is False:
            balls.against = point
            return balls
        if verdict:
            balls.agreeing += 1
            balls.worst = max(balls.worst, radius)
    if balls.agreeing:
        balls.unable = ""
    return balls


def _at(difference: Node, goal: Rel, point: Point) -> tuple[bool | None, float]:
    """False: the difference is not 0 there.  True: it is 0, or a ball around 0 that is small beside the two sides."""
    for bits in (96, 256, 768):
        gap = value(difference, point, bits)
        if isinstance(gap, fmpq):
            return bool(gap == 0), 0.0
        if gap.is_nan():
            if has_binder(difference):  # more digits do not make an integral converge
                break
            continue
        if not gap.contains(0):
            return False, 0.0
        size = _size(goal, point, bits)
        if size is not None and gap.is_finite():
            with precision(bits):
                relative = abs(gap).upper() / size
                if relative <= to_ball(fmpq(_RELATIVE.numerator, _RELATIVE.denominator)):
                    return True, float(relative.upper())
    return None, 0.0


def _size(goal: Rel, point: Point, bits: int) -> arb | None:
    """What a radius is small beside: the sum of the moduli of all terms, so that what cancels counts in full."""
    with precision(bits):
        sizes = [_modulus(side, point, bits) for side in (goal.left, goal.right)]
        largest = max((size for size in sizes if size.is_finite()), key=lambda size: float(size.mid()), default=None)
    if largest is not None and largest > 0:
        return largest
    if any(isinstance(part, Binder) for part in walk(goal)):  # an integral that is 0: beside that of the modulus
        unsigned = _with_moduli(goal)
        return _size(unsigned, point, bits) if unsigned != goal else None
    return None


def _with_moduli(goal: Rel) -> Rel:
    """The relation with the body of every integral and sum replaced by its absolute value."""

    def visit(node: Node) -> Node:
        node = map_children(node, visit)
        if isinstance(node, Binder) and node.kind != "Product" and not (isinstance(node.body, Fn) and node.body.name == "abs"):
            return Binder(node.kind, Fn("abs", (node.body,)), node.lo, node.hi)
        return node

    return Rel(goal.op, visit(goal.left), visit(goal.right))


def _modulus(node: Node, point: Point, bits: int) -> arb:
    """A lower end for the value of ``node`` with every term of its sums and products taken by modulus."""
    if isinstance(node, Add):
        return sum((_modulus(part, point, bits) for part in node.args), arb(0))
    if isinstance(node, Mul):
        product = arb(1)
        for part in node.args:
            product *= _modulus(part, point, bits)
        return product.lower()
    if isinstance(node, Pow) and isinstance(node.exponent, Num) and node.exponent.value in range(1, 65):
        return (_modulus(node.base, point, bits) ** int(node.exponent.value)).lower()
    return abs(to_ball(value(node, point, bits))).lower()


def ledger_of(balls: Agreement) -> Evidence:
    """What was seen, as a line of the ledger."""
    if balls.against is not None:
        return Evidence("balls", "is left - right 0 at sampled points?", "no: a ball excludes 0")
    if balls.unable:
        return Evidence("balls", "is left - right 0 at sampled points?", balls.unable)
    radius = f", relative radius <= {balls.worst:.0e}" if balls.worst else ""
    return Evidence(
        "balls", "is left - right 0 at sampled points?", f"contains 0 at {balls.agreeing} of {balls.looked} points{radius}"
    )
