"""The derivative ladder: prove ``f > 0`` or ``f >= 0`` on a box, rigorously, with few boxes.

The one idea to know: tight claims touch zero at a face or at one point, where no subdivision can close; so a sign is
carried from the derivative to the function (monotone: look at one face; concave: at both faces; convex: at the
touching point), recursively.  Whether an end is excluded belongs to the end point of the *current* box, never to the symbol.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from checker.expr.derive import diff
from checker.expr.domain import Domain
from checker.expr.errors import UnsupportedError
from checker.expr.interval import box_of, enclose
from checker.expr.node import Mul, Node, Num, num, substitute, symbols_of, walk
from checker.expr.rational import normal
from checker.expr.to_arb import evaluate
from checker.prove.atoms import prove_sign
from checker.prove.ends import face, limit_at
from checker.prove.forms import (
    WORK,
    Box,
    cases,
    continuous,
    log_difference,
    normal_node,
    other_variables,
    simplified,
    smooth,
    split_sides,
)
from checker.prove.gaps import surely_defined
from checker.prove.points import candidates
from checker.prove.touching import places

_BITS = 96
_MAX_SIZE = 250  # distinct subterms; a larger formula is not looked at
_UNIT = 25  # so many subterms more count as one goal more: the budget then bounds the time
_PROBES = 8
_MAX_QUESTIONS = 16  # to z3: the closing ones come early


@dataclass(slots=True)
class Ladder:
    """One proof attempt; ``nodes`` counts goals looked at (large ones several times), up to ``budget``.

    ``probe`` lets sample points rule out hopeless goals early; it never proves anything and can be switched off.
    """

    given: Sequence[Node] = ()
    budget: int = 150
    probe: bool = True
    nodes: int = 0
    questions: int = 0
    used: set[str] = field(default_factory=set)
    memo: dict[tuple[object, ...], bool] = field(default_factory=dict)

    def positive(self, f: Node, strict: bool, box: Box, depth: int = 3) -> bool:
        """Whether ``f > 0`` (``f >= 0`` if not strict) on the box, wherever ``f`` is defined; False means "not proved"."""
        used = symbols_of(f)
        box = {name: domain for name, domain in box.items() if name in used}
        key = (f, strict, tuple(sorted(box.items(), key=lambda item: item[0])), depth)
        if key not in self.memo:
            self.memo[key] = False  # a goal met again inside its own proof counts as not proved
            self.memo[key] = self._prove(f, strict, box, depth)
        return self.memo[key]

    def _prove(self, f: Node, strict: bool, box: Box, depth: int) -> bool:
        size = _size(f)
        if self.nodes >= self.budget or size > _MAX_SIZE:
            return False
        self.nodes += 1 + size // _UNIT
        if self._by_interval(f, strict, box):
            return True
        if self.probe and self._hopeless(f, strict, box):
            return False
        form = simplified(f, strict, box)
        forms = [f]
        if form is not None:
            if form.zero:
                return not strict
            if not form.factors:
                self.used.add("signs of factors")
                return form.sign > 0
            whole = form.whole()
            if self._by_interval(whole, strict, box):
                return True
            if self.questions < _MAX_QUESTIONS:
                self.questions += 1
                if prove_sign(whole, strict, box, self.given):
                    self.used.add("z3 on atoms")
                    return True
            if len(form.factors) > 1 and depth > 0 and self._factor_by_factor(form.factors, form.sign, strict, box, depth):
                return True
            forms.append(whole)
        if depth <= 0:
            return False
        logarithms = self._logarithms(f, box)
        if logarithms is not None:
            forms.insert(0, logarithms)
        if any(self._climb(shape, strict, box, depth) for shape in dict.fromkeys(forms)):
            return True
        for shape, domains in other_variables(f, box):
            if self.positive(shape, strict, domains, depth - 1):
                self.used.add("a change of variable")
                return True
        return self._by_cases(f, strict, box, depth)

    def _by_cases(self, f: Node, strict: bool, box: Box, depth: int) -> bool:
        options = cases(f, box)
        if options is None or depth <= 1:
            return False
        for shape, domains, hypotheses in options:
            inner = Ladder((*self.given, *hypotheses), self.budget, self.probe and not hypotheses, self.nodes, self.questions)
            proved = inner.positive(shape, strict, domains, depth - 1)
            self.nodes, self.questions = inner.nodes, inner.questions
            self.used |= inner.used
            if not proved:
                return False
        self.used.add("cases")
        return True

    # --- without derivatives ----------------------------------------------------------------------------------------

    def _by_interval(self, f: Node, strict: bool, box: Box) -> bool:
        try:
            found = enclose(f, box_of(box, _BITS), _BITS)
        except UnsupportedError:
            return False
        if found.positive or (found.nonnegative and not strict):
            self.used.add("intervals")
            return True
        return False

    def _hopeless(self, f: Node, strict: bool, box: Box) -> bool:
        """A point of the box where the goal is certainly false."""
        for point in _first(candidates(box), _PROBES):
            try:
                ball = evaluate(f, point, 64)
            except UnsupportedError:
                return False
            if ball < 0 or (strict and ball == 0):
                return True
        return False

    def _factor_by_factor(self, factors: Sequence[Node], sign: int, strict: bool, box: Box, depth: int) -> bool:
        for factor in factors:
            if self.positive(factor, strict, box, depth - 1):
                continue
            if not self.positive(_negative(factor), strict, box, depth - 1):
                return False
            sign = -sign
        self.used.add("signs of factors")
        return sign > 0

    def _logarithms(self, f: Node, box: Box) -> Node | None:
        sides = split_sides(f)
        return None if sides is None else log_difference(*sides, box)

    # --- with derivatives -------------------------------------------------------------------------------------------

    def _climb(self, f: Node, strict: bool, box: Box, depth: int) -> bool:
        if not continuous(f) or not surely_defined(f, box, inside=True):
            return False
        for name in sorted(box):
            domain = box[name]
            if domain.lo is not None and domain.lo == domain.hi:
                continue
            slope = self._derivative(f, name, box)
            if slope is None:
                continue
            if self._monotone(f, slope, name, strict, box, depth):
                self.used.add("monotone to a face")
                return True
            if not smooth(f):
                continue
            curvature = self._derivative(slope, name, box)
            if curvature is not None and self._curved(f, slope, curvature, name, strict, box, depth):
                return True
        return False

    def _derivative(self, f: Node, name: str, box: Box) -> Node | None:
        try:
            slope = diff(f, name)
        except UnsupportedError:
            return None
        # asked of the raw derivative: where it is undefined its normal form means nothing
        if not surely_defined(slope, box, inside=True):
            return None
        simple = normal_node(slope, box)
        return None if _size(simple) > _MAX_SIZE else simple

    def _monotone(self, f: Node, slope: Node, name: str, strict: bool, box: Box, depth: int) -> bool:
        for upper in (False, True):  # f increases: its least value is at the lower end
            direction = _negative(slope) if upper else slope
            if not self._at_end(f, name, upper, False, box, depth, try_only=True):
                continue
            if not self.positive(direction, False, box, depth - 1):
                continue
            if self._at_end(f, name, upper, strict, box, depth):
                return True
            is_open = _open(box[name], upper)
            if strict and is_open and self._at_end(f, name, upper, False, box, depth):
                # The end does not belong to the box: a strictly monotone function stays above its limit there.
                return self.positive(direction, True, box, depth - 1)
        return False

    def _at_end(self, f: Node, name: str, upper: bool, strict: bool, box: Box, depth: int, try_only: bool = False) -> bool:
        """Whether ``f`` (or its limit) is ``> 0`` (``>= 0``) at one end; ``try_only``: whether it is not plainly negative."""
        domain = box[name]
        end = domain.hi if upper else domain.lo
        at_face = None if end is None else face(f, name, end, box)
        if at_face is not None:
            rest = {key: value for key, value in box.items() if key != name}
            if try_only:
                return not (self.probe and self._hopeless(at_face, strict, rest))
            return self.positive(at_face, strict, rest, depth)
        limit = limit_at(f, name, end, upper, box)
        if limit is None:
            return False
        return bool(limit.lo > 0) or (not strict and limit.nonnegative)

    def _curved(self, f: Node, slope: Node, curvature: Node, name: str, strict: bool, box: Box, depth: int) -> bool:
        domain = box[name]
        if self.positive(_negative(curvature), False, box, depth - 1) and self._concave(f, curvature, name, strict, box, depth):
            self.used.add("concave between faces")
            return True
        touching = list(self._touching(f, slope, name, strict, box, depth))
        if touching and self.positive(curvature, False, box, depth - 1):
            self.used.add("convex with its least value known")
            return True
        alone = symbols_of(f) == {name} and not domain.integer
        if alone and self.positive(curvature, False, box, depth - 1) and self._tangents(f, slope, name, domain):
            self.used.add("convex above two tangents")
            return True
        return False

    def _concave(self, f: Node, curvature: Node, name: str, strict: bool, box: Box, depth: int) -> bool:
        domain = box[name]
        if domain.lo is None or domain.hi is None:
            return False
        strictly = []
        for upper in (False, True):
            if strict and self._at_end(f, name, upper, True, box, depth):
                strictly.append(True)
            elif self._at_end(f, name, upper, False, box, depth) and (not strict or _open(domain, upper)):
                strictly.append(False)
            else:
                return False
        if not strict or any(strictly):
            return True  # inside, the chord has positive weight on the strictly positive end
        return self.positive(_negative(curvature), True, box, depth - 1)

    def _touching(self, f: Node, slope: Node, name: str, strict: bool, box: Box, depth: int) -> Iterator[Node]:
        """Points ``c`` (numbers, or other symbols) with slope exactly 0 and ``f >= 0``: a convex ``f`` is least there."""
        for place in places(f, slope, name, box):
            value = {name: place}
            rest = {key: domain for key, domain in box.items() if key != name}
            if not _may_touch(slope, value, rest) or not _defined(f, value, rest) or not _defined(slope, value, rest):
                continue
            try:
                flat = normal(substitute(slope, value), box_of(rest, _BITS), WORK).is_zero
            except UnsupportedError:
                continue
            if flat and self.positive(substitute(f, value), strict, rest, depth - 1):
                yield place
                return

    def _tangents(self, f: Node, slope: Node, name: str, domain: Domain) -> bool:
        """Univariate convex ``f`` above its tangents left and right of the least value (strict in either case)."""
        bracket = _bracket(slope, name, domain)
        if bracket is None:
            return False
        left, right = bracket
        at_left, at_right = evaluate(f, {name: left}, 160), evaluate(f, {name: right}, 160)
        drop = evaluate(slope, {name: left}, 160)
        if not (drop <= 0 and evaluate(slope, {name: right}, 160) >= 0):
            return False
        return bool(at_left > 0 and at_right > 0 and at_left + drop * evaluate(Num(right - left), {}, 160) > 0)


def _negative(f: Node) -> Node:
    return Num(-f.value) if isinstance(f, Num) else Mul((num(-1), f))


def _open(domain: Domain, upper: bool) -> bool:
    if upper:
        return domain.hi is None or domain.hi_open
    return domain.lo is None or domain.lo_open


def _first(points: Iterator[dict[str, Fraction]], count: int) -> Iterator[dict[str, Fraction]]:
    for _, point in zip(range(count), points, strict=False):
        yield point


def _size(f: Node) -> int:
    return sum(1 for _ in walk(f))


def _may_touch(slope: Node, value: dict[str, Node], rest: Box) -> bool:
    """Whether the slope is not plainly different from 0 there, at one point of the other symbols."""
    for point in _first(candidates(rest), 3):
        ball = evaluate(substitute(slope, value), point, 64)
        if ball.is_finite():
            return bool(ball.contains(0))
    return True


def _defined(f: Node, value: dict[str, Node], rest: Box) -> bool:
    return surely_defined(substitute(f, value), rest)


def _bracket(slope: Node, name: str, domain: Domain) -> tuple[Fraction, Fraction] | None:
    """Close rationals around the zero of an increasing slope, found by bisection inside the range."""
    lo, hi = domain.lo, domain.hi
    start = lo if lo is not None else (hi - 1 if hi is not None else Fraction(0))
    step = Fraction(1)
    left = right = None
    inner = Fraction(1, 1000) if lo is not None and hi is not None else Fraction(0)
    if lo is not None and hi is not None:
        left, right = lo + inner * (hi - lo), hi - inner * (hi - lo)
    else:
        for _ in range(40):
            trial = start + step if lo is not None or hi is None else start - step
            sign = evaluate(slope, {name: trial}, 64)
            if sign > 0:
                right = trial
            if sign < 0:
                left = trial
            step *= 2 if (sign < 0) == (lo is not None or hi is None) else Fraction(1, 2)
            if left is not None and right is not None:
                break
    if left is None or right is None or not left < right:
        return None
    for _ in range(48):
        middle = (left + right) / 2
        middle = middle.limit_denominator(2**50)
        sign = evaluate(slope, {name: middle}, 96)
        if sign < 0:
            left = middle
        elif sign > 0:
            right = middle
        else:
            break
    return left, right


