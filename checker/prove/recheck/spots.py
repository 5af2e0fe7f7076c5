"""A second look at numbers and places: enclosures, zeros, optima, witnesses, by mpmath on grids and by exact fractions.

The one idea to know: a grid finds a second zero or a better point with no knowledge of derivatives or intervals, which is
what the proof used.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

from checker.expr.domain import Domain
from checker.expr.errors import UnsupportedError
from checker.expr.node import Node, num, substitute, symbols_of
from checker.expr.text import text
from checker.expr.to_fractions import exact, holds_exactly
from checker.expr.to_mpmath import Reading, UndefinedError, ctx
from checker.prove.obligation import Bracket, Enclosure, Optimum, Root, Roots
from checker.prove.outcome import Dispute
from checker.prove.points import Point
from checker.prove.recheck.opinion import ENGINE, Opinion, exact_text, places, shown

_GRID = 25
_FAR = 50
_MANY_DIGITS = 120
_BISECTIONS = 60
_SHRINKS = 26  # of a golden section: to 4e-6 of its length, so to 1e-11 in value
_CLEAR = 1e-9
_MOST_DEGREE = 40
_ROOT_DIGITS = 60


def _number(node: Node, point: Mapping[str, Any], digits: int = 22) -> Any:
    """The value; None where there is none."""
    try:
        return Reading(point, digits).number(node)
    except (UndefinedError, UnsupportedError):
        return None


def enclosure(question: Enclosure, engines: str) -> Opinion:
    """The value once more, against the ends of the bracket."""
    reading = Reading({}, _MANY_DIGITS)
    before, ctx.dps = ctx.dps, _MANY_DIGITS
    try:
        value, lo, hi = (reading.number(node) for node in (question.of, *question.lies_in))
        slack = reading.error * 10 + ctx.mpf(10) ** (20 - _MANY_DIGITS) * max(abs(value), reading.largest)
        outside = value < lo - slack or value > hi + slack
    except (UndefinedError, UnsupportedError) as problem:
        return Opinion(unable=str(problem))
    finally:
        ctx.dps = before
    if outside:
        if reading.missed():
            return Opinion(unable="mpmath's quadrature misses a peak")
        between = f"{text(question.lies_in[0])} <= {text(question.of)} <= {text(question.lies_in[1])}"
        return Opinion(dispute=Dispute(between, (engines, ENGINE), ("it lies there", shown(value))))
    return Opinion(1, "evaluation")


def witness(conditions: Sequence[Node], point: Mapping[str, str], engines: str) -> Opinion:
    """The conditions at the witness of an ``exists``, once more."""
    try:
        place = {name: Fraction(value) for name, value in point.items()}
    except ValueError:
        return Opinion(unable="a witness that is not rational")
    for condition in conditions:
        answer = holds_exactly(condition, place)
        try:
            answer = Reading(place, 40).truth(condition, 1e-25) if answer is None else answer
        except (UndefinedError, UnsupportedError):
            return Opinion(unable="a condition cannot be read at the witness")
        if answer is False:
            answers = ("it holds", "it does not hold")
            return Opinion(dispute=Dispute(text(condition), (engines, "exact fractions and mpmath"), answers, dict(point)))
    return Opinion(whole="exact fractions and mpmath at the witness")


def nowhere(conditions: Sequence[Node], domains: Mapping[str, Domain], engines: str) -> Opinion:
    """Points of the domain at which conditions that exclude each other would all hold."""
    names = {name for condition in conditions for name in symbols_of(condition)}
    points = places(tuple(conditions), {name: domains.get(name, Domain()) for name in names}, ())
    looked = 0
    for point in points:
        try:
            answers = [_sure(condition, point) for condition in conditions]
        except (UndefinedError, UnsupportedError):
            continue
        if all(answers):
            claim = " and ".join(text(condition) for condition in conditions)
            return Opinion(dispute=Dispute(claim, (engines, ENGINE), ("nowhere", "all of it holds"), exact_text(point)))
        looked += 1
    return Opinion(looked, unable="" if looked else "the conditions cannot be read")


def _sure(condition: Node, point: Point) -> bool:
    known = holds_exactly(condition, point)
    return known if known is not None else Reading(point, 40).truth(condition, 1e-20) is True


def _settings(question: Root | Optimum, domains: Mapping[str, Domain], given: Sequence[Node]) -> Iterator[Point]:
    """A few values of everything but the unknown."""
    nodes = (question.of, *question.inside, *(question.lies_in or ()), *((question.equals,) if question.equals else ()))
    others = {n: d for n, d in domains.items() if n != question.symbol}
    apart = tuple(item for item in given if question.symbol not in symbols_of(item))
    fixed = tuple(substitute(node, {question.symbol: num(1)}) for node in nodes)
    yield from places(fixed, others, apart, 3) if any(symbols_of(node) for node in fixed) else [{}]


def _ends(bracket: Bracket, point: Point, domain: Domain) -> tuple[Any, Any] | None:
    """The bracket as numbers, cut at the domain of the unknown and, where it is infinite, far out."""
    lo, hi = (_number(end, point) for end in bracket)
    if lo is None or hi is None:
        return None
    if domain.lo is not None:
        lo = max(lo, ctx.mpf(domain.lo.numerator) / domain.lo.denominator)
    if domain.hi is not None:
        hi = min(hi, ctx.mpf(domain.hi.numerator) / domain.hi.denominator)
    lo = (hi if not ctx.isinf(hi) else 0) - _FAR if ctx.isinf(lo) else lo
    hi = lo + 2 * _FAR if ctx.isinf(hi) else hi
    return (lo, hi) if lo < hi else None


def _grid(lo: Any, hi: Any) -> list[Any]:
    """Inner points, unevenly, so that no symmetry hides a zero."""
    return [lo + (hi - lo) * (k + ctx.mpf(1) / 3) / _GRID for k in range(_GRID)]


def root(question: Root, domains: Mapping[str, Domain], given: Sequence[Node], engines: str) -> Opinion:
    """Changes of sign on a grid, bisected: none but the claimed zero."""
    looked = 0
    name = question.symbol
    claim = f"{text(question.of)} has exactly one zero in {name}, where claimed"
    for point in _settings(question, domains, given):
        ends = _ends(question.inside, point, domains.get(name, Domain()))
        if ends is None:
            continue

        def f(x: Any, point: Point = point) -> Any:
            return _number(question.of, {**point, name: x})

        zeros = _zeros(f, _grid(*ends))
        claimed = _number(question.equals, point) if question.equals is not None else None
        said = ""
        if len(zeros) > 1 and abs(zeros[1] - zeros[0]) > _CLEAR * (1 + abs(zeros[0])):
            said = f"zeros at {shown(zeros[0])} and {shown(zeros[1])}"
        elif zeros and claimed is not None and abs(zeros[0] - claimed) > _CLEAR * (1 + abs(claimed)):
            said = f"a zero at {shown(zeros[0])}"
        elif zeros and question.lies_in is not None:
            lo, hi = (_number(end, point) for end in question.lies_in)
            if lo is not None and hi is not None and not lo - _CLEAR <= zeros[0] <= hi + _CLEAR:
                said = f"a zero at {shown(zeros[0])}"
        elif claimed is not None and question.equals is not None:
            there = [_number(question.of, {**point, name: _number(question.equals, point, d)}, d) for d in (30, 60)]
            if None not in there and there[1] != 0 and abs(there[1] - there[0]) < _CLEAR * abs(there[1]):
                said = f"the function is {shown(there[1])} at the claimed zero"
        if said:
            return Opinion(dispute=Dispute(claim, (engines, ENGINE), ("proved", said), exact_text(point)))
        looked += 1
    return Opinion(looked, "grids", unable="" if looked else "the function cannot be evaluated")


def _zeros(f: Any, grid: Sequence[Any]) -> list[Any]:
    """The first two zeros with a change of sign; a pole also changes sign, but there the function does not become small."""
    values = [(x, f(x)) for x in grid]
    known = [(x, y) for x, y in values if y is not None]
    found = []
    for (a, fa), (b, fb) in pairwise(known):
        if fa == 0:
            found.append(a)
        elif fa * fb < 0:
            low, high, sign = a, b, fa
            for _ in range(_BISECTIONS):
                middle = (low + high) / 2
                value = f(middle)
                if value is None:
                    break
                low, high = (middle, high) if value * sign > 0 else (low, middle)
            value = f((low + high) / 2)
            if value is not None and abs(value) < _CLEAR * min(abs(fa), abs(fb)):
                found.append((low + high) / 2)
        if len(found) > 1:
            break
    return found


def roots(question: Roots, engines: str) -> Opinion:
    """All roots of the polynomial by mpmath, whose coefficients come from exact values by divided differences."""
    values: list[Fraction] = []
    coefficients: list[Fraction] | None = None
    for k in range(1, _MOST_DEGREE + 3):
        value = exact(question.of, {question.symbol: Fraction(k)})
        if value is None:
            return Opinion(unable="coefficients that are not rational")
        values.append(value)
    differences = list(values)
    newton = []
    for order in range(len(values)):
        newton.append(differences[0])
        differences = [(b - a) / (order + 1) for a, b in pairwise(differences)]
    while newton and newton[-1] == 0:
        newton.pop()
    if len(newton) > _MOST_DEGREE or len(newton) < 2:
        return Opinion(unable="a polynomial of large degree")
    coefficients = [newton[-1]]
    for k in range(len(newton) - 2, -1, -1):  # Horner in the basis of Newton: multiply by (x - k - 1), add
        shifted = [Fraction(0), *coefficients]
        scaled = [-(k + 1) * value for value in coefficients] + [Fraction(0)]
        coefficients = [a + b for a, b in zip(shifted, scaled, strict=True)]
        coefficients[0] += newton[k]
    before, ctx.dps = ctx.dps, _ROOT_DIGITS
    try:
        radius = _number(question.radius, {}, _ROOT_DIGITS)
        discs = _discs(_simple_roots(coefficients))
        largest = max(abs(z) for z, _ in discs)
        if radius is not None and any(abs(z) - gap > radius * (1 + _CLEAR) for z, gap in discs):
            claim = f"roots of {text(question.of)} inside {text(question.radius)}"
            return Opinion(dispute=Dispute(claim, (engines, ENGINE), ("all inside", f"one of modulus {shown(largest)}")))
        if radius is None or any(abs(z) + gap >= radius for z, gap in discs):
            return Opinion(unable="mpmath's roots are not told from the circle")
    except (ctx.NoConvergence, ZeroDivisionError):
        return Opinion(unable="mpmath finds no roots")
    finally:
        ctx.dps = before
    return Opinion(whole=f"mpmath's {len(newton) - 1} roots, moduli up to {shown(largest)[:8]}")


def _discs(ascending: Sequence[Fraction]) -> list[tuple[Any, Any]]:
    """Approximate roots with radii: each disc contains a root, and every root is in one of them.

    ``n*|p(z)/p'(z)|`` is Laguerre's bound for one root, ``n*|p(z)/(c_n*product (z - z_j))|`` that of Weierstrass for all.
    """
    numbers = [ctx.mpf(c.numerator) / c.denominator for c in reversed(ascending)]
    degree = len(numbers) - 1
    found = ctx.polyroots(numbers, maxsteps=200, extraprec=10 * _ROOT_DIGITS)
    discs = []
    for index, z in enumerate(found):
        value, slope = ctx.polyval(numbers, z, derivative=True)
        others = ctx.fprod(z - other for place, other in enumerate(found) if place != index)
        discs.append((z, degree * max(abs(value / slope), abs(value / (numbers[0] * others)))))
    return discs


def _simple_roots(ascending: Sequence[Fraction]) -> list[Fraction]:
    """The polynomial with the same roots, each of them once: divided by what it shares with its derivative."""
    slope = [k * value for k, value in enumerate(ascending)][1:]
    one, other = list(ascending), slope
    while other:
        one, other = other, _divided(one, other)[1]
    return _divided(list(ascending), one)[0]


def _divided(top: Sequence[Fraction], bottom: Sequence[Fraction]) -> tuple[list[Fraction], list[Fraction]]:
    """Quotient and remainder, ascending coefficients, the last one of each not 0 (an empty list is the zero polynomial)."""
    rest, quotient = list(top), [Fraction(0)] * max(0, len(top) - len(bottom) + 1)
    for shift in range(len(quotient) - 1, -1, -1):
        factor = rest[shift + len(bottom) - 1] / bottom[-1]
        quotient[shift] = factor
        for k, value in enumerate(bottom):
            rest[shift + k] -= factor * value
    while rest and rest[-1] == 0:
        rest.pop()
    return quotient, rest


def optimum(question: Optimum, domains: Mapping[str, Domain], given: Sequence[Node], engines: str) -> Opinion:
    """No point of a grid is better than the claimed one, and its value is the claimed one."""
    looked, name = 0, question.symbol
    sign = -1 if question.maximise else 1
    for point in _settings(question, domains, given):
        ends = _ends(question.inside, point, domains.get(name, Domain()))
        if ends is None:
            continue

        def f(x: Any, point: Point = point) -> Any:
            value = _number(question.of, {**point, name: x})
            return None if value is None else sign * value

        grid = [(y, x) for x in _grid(*ends) if (y := f(x)) is not None]
        if not grid:
            continue
        best, where = min(grid)
        claimed = _claimed(question, point, f)
        said = ""
        if claimed is not None:
            size = _CLEAR * (abs(claimed) + abs(best) + 1)
            value = _number(question.value, point) if question.value is not None else None
            if best < claimed - size:
                said = f"{shown(sign * best)} at {name} = {shown(where)}, and {shown(sign * claimed)} where claimed"
            elif value is not None and question.equals is not None and abs(sign * value - claimed) > size:
                said = f"the value is {shown(sign * claimed)}"
        if said:
            words = "largest" if question.maximise else "least"
            claim = f"{text(question.of)} is {words} where claimed"
            return Opinion(dispute=Dispute(claim, (engines, ENGINE), ("proved", said), exact_text(point)))
        looked += claimed is not None
    return Opinion(looked, "grids", unable="" if looked else "the function cannot be evaluated where claimed")


def _claimed(question: Optimum, point: Point, f: Any) -> Any:
    """The (minimised) function where the claim puts the optimum: at ``equals``, or the best of ``lies_in``."""
    if question.equals is not None:
        place = _number(question.equals, point)
        return None if place is None else f(place)
    if question.lies_in is None:
        return None
    lo, hi = (_number(end, point) for end in question.lies_in)
    if lo is None or hi is None or ctx.isinf(lo) or ctx.isinf(hi):
        return None
    cells = [lo + (hi - lo) * k / _GRID for k in range(_GRID + 1)]
    rated = [(y, k) for k, x in enumerate(cells) if (y := f(x)) is not None]
    if not rated:
        return None
    _, lowest = min(rated)
    lo, hi = cells[max(lowest - 1, 0)], cells[min(lowest + 1, _GRID)]
    ratio = (ctx.sqrt(5) - 1) / 2
    for _ in range(_SHRINKS):
        a, b = hi - ratio * (hi - lo), lo + ratio * (hi - lo)
        fa, fb = f(a), f(b)
        if fa is None or fb is None:
            break
        lo, hi = (lo, b) if fa < fb else (a, hi)
    last = f((lo + hi) / 2)
    return min(rated)[0] if last is None else min(last, min(rated)[0])
