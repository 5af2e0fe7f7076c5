"""What each function of the table does to an interval; a function without a rule is expanded by its row in ``functions``.

The one idea to know: monotone functions need their two ends and nothing else, so they are one table; limits at infinite
ends and at the ends of the domain of definition are written down, not computed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from flint import acb, arb, fmpq

from checker.expr.ball_functions import UNARY, power, to_ball, to_fmpq
from checker.expr.errors import UnsupportedError
from checker.expr.functions import FUNCTIONS
from checker.expr.interval_core import EMPTY, Interval, beyond, down, from_ball, greatest, hull, least, up


@dataclass(frozen=True, slots=True)
class _Monotone:
    """Limits ``low`` and ``high`` of the values (in order of the argument) at the ends of the domain ``[start, stop]``.

    ``closed`` says that the ends belong to the domain; ``low`` and ``high`` may be balls when they are irrational.
    """

    low: str
    high: str
    start: str = "-oo"
    stop: str = "oo"
    closed: bool = False


_INCREASING: Mapping[str, _Monotone] = {
    "exp": _Monotone("0", "oo"),
    "log": _Monotone("-oo", "oo", start="0"),
    "sinh": _Monotone("-oo", "oo"),
    "asinh": _Monotone("-oo", "oo"),
    "tanh": _Monotone("-1", "1"),
    "atan": _Monotone("-pi/2", "pi/2"),
    "erf": _Monotone("-1", "1"),
    "sigmoid": _Monotone("0", "1"),
    "softplus": _Monotone("0", "oo"),
    "expm1": _Monotone("-1", "oo"),
    "normcdf": _Monotone("0", "1"),
    "log1p": _Monotone("-oo", "oo", start="-1"),
    "atanh": _Monotone("-oo", "oo", start="-1", stop="1"),
    "asin": _Monotone("-pi/2", "pi/2", start="-1", stop="1", closed=True),
    "acosh": _Monotone("0", "oo", start="1", closed=True),
    "LambertW": _Monotone("-1", "oo", start="-1/e", closed=True),
}
_DECREASING: Mapping[str, _Monotone] = {
    "erfc": _Monotone("2", "0"),
    "zeta": _Monotone("oo", "1", start="1"),
    "acos": _Monotone("pi", "0", start="-1", stop="1", closed=True),
}


def _known(text: str) -> Interval:
    balls = {"oo": arb.pos_inf, "-oo": arb.neg_inf, "pi": arb.pi}
    if text in balls:
        return from_ball(balls[text]())
    if text in ("pi/2", "-pi/2"):
        half = arb.pi() / 2
        return from_ball(half if text == "pi/2" else -half)
    return from_ball(-((-arb(1)).exp())) if text == "-1/e" else from_ball(arb(int(text)))


def apply(name: str, args: Sequence[Interval]) -> Interval:
    """The interval of ``name(args)`` for non-empty arguments."""
    x = args[0]
    if name in _INCREASING:
        return _monotone(name, _INCREASING[name], x, False)
    if name in _DECREASING:
        return _monotone(name, _DECREASING[name], x, True)
    if name == "abs":
        return _abs(x)
    if name in ("max", "min"):
        return _max(args) if name == "max" else -_max([-item for item in args])
    if name == "relu":
        return _max([x, from_ball(arb(0))])
    if name in ("sin", "cos"):
        return _wave(name, x)
    if name == "tan":
        return _tan(x)
    if name == "cosh":
        return _even_from_zero(x, lambda ball: ball.cosh())
    if name == "sign":
        return _sign(x)
    if name == "floor":
        return _floor(x)
    if name == "ceil":
        return -_floor(-x)
    if name == "round":
        return _floor(x + from_ball(arb(fmpq(1, 2))))
    if name == "clip":
        return -_max([-_max(args[:2]), -args[2]])
    if name in ("gamma", "loggamma", "digamma"):
        return _gamma(name, x)
    if name == "polygamma":
        return _polygamma(args[0], args[1])
    row = FUNCTIONS.get(name)
    if row is not None and name in ("factorial", "hypot"):
        one = from_ball(arb(1))
        if name == "factorial":
            return _gamma("gamma", x + one)
        return rational_power(integer_power(x, 2) + integer_power(args[1], 2), Fraction(1, 2))
    raise UnsupportedError("intervals", name)


def _monotone(name: str, row: _Monotone, x: Interval, decreasing: bool) -> Interval:
    start, stop = _known(row.start), _known(row.stop)
    if x.hi < start.lo or x.lo > stop.hi:
        return EMPTY
    # An infinite end is a limit that may be asked for; a finite end that does not belong to the domain is not.
    if not row.closed and ((x.hi <= start.lo and start.lo.is_finite()) or (x.lo >= stop.hi and stop.hi.is_finite())):
        return EMPTY
    inside_left = x.lo > start.hi or (x.lo == start.hi and (row.closed or x.lo_open or not x.lo.is_finite()))
    inside_right = x.hi < stop.lo or (x.hi == stop.lo and (row.closed or x.hi_open or not x.hi.is_finite()))
    low, high = _known(row.low), _known(row.high)
    if x.lo == x.hi and not x.lo.is_finite():  # not an end but the limit at infinity itself, which is meant included
        return replace(high if x.lo > 0 else low, partial=x.partial)
    # A box that is cut at an end of a closed domain of definition contains that end, whatever its own end says.
    left = x.lo_open and not (row.closed and start.bounded and not x.lo >= start.hi)
    right = x.hi_open and not (row.closed and stop.bounded and not x.hi <= stop.lo)
    at_left, left_open = _end_value(name, x.lo, left, x.lo > start.hi, low, not row.closed)
    at_right, right_open = _end_value(name, x.hi, right, x.hi < stop.lo, high, not row.closed)
    partial = x.partial or not (inside_left and inside_right)
    if decreasing:
        return Interval(down(at_right), up(at_left), right_open, left_open, partial)
    return Interval(down(at_left), up(at_right), left_open, right_open, partial)


def _end_value(name: str, end: arb, is_open: bool, inside: bool, limit: Interval, limit_open: bool) -> tuple[arb, bool]:
    """Value at one end of the argument, or the ``limit`` at the end of the domain; and whether it is excluded."""
    edge = limit.lo.union(limit.hi) if limit.bounded else limit.lo
    if not end.is_finite() or not inside:
        return edge, is_open or limit_open
    ball = UNARY[name](end)
    if ball.is_nan():
        return edge, False
    # Rounding must not carry a value past a limit that it cannot reach; then the limit, excluded, is the sharper end.
    if limit_open and limit.lo == limit.hi and limit.bounded and ball.contains(limit.lo):
        return limit.lo, True
    return ball, is_open


def _abs(x: Interval) -> Interval:
    if x.nonnegative:
        return x
    if x.nonpositive:
        return -x
    hi, hi_open = greatest([(x.hi, x.hi_open), (up(-x.lo), x.lo_open)])
    return Interval(arb(0), hi, False, hi_open, x.partial)


def _max(args: Sequence[Interval]) -> Interval:
    # The maximum reaches a lower end only if every argument that has this lower end does.
    lo = args[0].lo
    for item in args[1:]:
        lo = item.lo if item.lo > lo else lo
    lo_open = any(item.lo_open for item in args if item.lo == lo)
    hi, hi_open = greatest([(item.hi, item.hi_open) for item in args])
    return Interval(lo, hi, lo_open, hi_open, any(item.partial for item in args))


def _sign(x: Interval) -> Interval:
    lo = 1 if x.positive else 0 if x.nonnegative else -1
    hi = -1 if x.negative else 0 if x.nonpositive else 1
    return Interval(arb(lo), arb(hi), False, False, x.partial)


def _floor(x: Interval) -> Interval:
    """A right end that is an excluded integer belongs to the step below it."""
    lo = down(x.lo.floor()) if x.lo.is_finite() else x.lo
    hi = up(x.hi.floor()) if x.hi.is_finite() else x.hi
    if x.hi_open and x.hi.is_finite() and x.hi.is_integer():
        below = up(x.hi - 1)
        hi = below if below >= lo else hi
    point = bool(x.lo == x.hi)
    return Interval(lo, hi, not lo.is_finite() and not point, not hi.is_finite() and not point, x.partial)


def _even_from_zero(x: Interval, function: object) -> Interval:
    size = _abs(x)
    ends = [function(end) if end.is_finite() else arb.pos_inf() for end in (size.lo, size.hi)]  # type: ignore[operator]
    return Interval(down(ends[0]), up(ends[1]), size.lo_open, size.hi_open, x.partial)


def integer_power(x: Interval, n: int) -> Interval:
    """``x**n`` for any integer ``n``."""
    if x.empty:
        return EMPTY
    if n == 0:
        return replace(from_ball(arb(1)), partial=x.partial)
    if n < 0:
        return _reciprocal(integer_power(x, -n))
    if n % 2 == 0:
        return _even_from_zero(x, lambda ball: ball**n)
    lo = x.lo**n if x.lo.is_finite() else x.lo
    hi = x.hi**n if x.hi.is_finite() else x.hi
    return Interval(down(lo), up(hi), x.lo_open, x.hi_open, x.partial)


def _reciprocal(x: Interval) -> Interval:
    if x.is_zero:
        return EMPTY
    if x.positive or x.negative:
        return _one_sign_reciprocal(x, x.partial)
    if x.nonnegative or x.nonpositive:  # zero is an included end: undefined there only
        return _one_sign_reciprocal(x, True)
    return Interval(arb.neg_inf(), arb.pos_inf(), True, True, True)


def _one_sign_reciprocal(x: Interval, partial: bool) -> Interval:
    if x.lo < 0:
        return -_one_sign_reciprocal(-x, partial)
    # An infinite end of a domain is never reached; as a point (a limit) the value 0 is meant, included.
    lo = down(1 / x.hi) if x.hi.is_finite() else arb(0)
    hi = up(1 / x.lo) if x.lo > 0 and x.lo.is_finite() else arb(0) if x.lo > 0 else arb.pos_inf()
    point = bool(x.lo == x.hi)
    return Interval(lo, hi, x.hi_open or (not x.hi.is_finite() and not point), x.lo_open, partial)


def rational_power(x: Interval, exponent: Fraction) -> Interval:
    """``x**exponent`` for a non-integer exponent: defined for ``x >= 0`` only."""
    if x.empty or x.hi < 0 or (x.hi == 0 and x.hi_open):
        return EMPTY
    if exponent < 0:
        return _reciprocal(rational_power(x, -exponent))
    partial = x.partial or not x.nonnegative
    to_the = to_fmpq(exponent)

    def at(end: arb) -> arb:
        if not end.is_finite():
            return end
        if beyond(end):
            return end ** to_ball(to_the)
        return to_ball(power(end.fmpq(), to_the))

    lo, lo_open = (at(x.lo), x.lo_open) if x.nonnegative else (arb(0), False)
    return Interval(down(lo), up(at(x.hi)), lo_open, x.hi_open, partial)


def general_power(base: Interval, exponent: Interval, at_limit: bool) -> Interval:
    """``base**exponent``; at a negative base it is defined for integer exponents, with either sign."""
    whole = not exponent.bounded or not exponent.hi.floor() < exponent.lo  # may the exponent be an integer?
    if base.nonnegative or base.empty or not whole:
        return _nonnegative_power(base, exponent, at_limit)
    below = Interval(base.lo, base.hi, base.lo_open, base.hi_open) if base.negative else (
        Interval(base.lo, arb(0), base.lo_open, True)
    )
    size = _nonnegative_power(-below, exponent, at_limit)
    parts = [size, -size] if base.hi < 0 else [size, -size, _nonnegative_power(base, exponent, at_limit)]
    return replace(hull([part for part in parts if not part.empty]), partial=True)


def _nonnegative_power(base: Interval, exponent: Interval, at_limit: bool) -> Interval:
    """``base**exponent = exp(exponent*log(base))`` for ``base >= 0``, where ``0**y == 0`` for ``y > 0``."""
    logarithm = apply("log", [base])
    if logarithm.empty:
        if base.has_zero() and exponent.positive:
            return replace(from_ball(arb(0)), partial=base.partial or not base.nonnegative)
        if base.has_zero():
            return Interval(arb(0), arb(1), False, False, True)
        return EMPTY
    result = apply("exp", [exponent.times(logarithm, at_limit)])
    if not base.has_zero():
        return result
    parts = [result, from_ball(arb(0))] + ([] if exponent.positive else [from_ball(arb(1))])
    # 0**0 == 1 breaks continuity, so that point counts as one where nothing may be concluded.
    partial = base.partial or not base.nonnegative or not exponent.positive
    return replace(hull(parts), partial=partial)


def _wave(name: str, x: Interval) -> Interval:
    whole = Interval(arb(-1), arb(1), False, False, x.partial)
    if not x.bounded or not x.hi - x.lo < 2 * arb.pi() or beyond(x.lo) or beyond(x.hi):
        return whole
    function = UNARY[name]
    ends = [(function(x.lo), x.lo_open), (function(x.hi), x.hi_open)]
    # Cut at -1 and 1 before the extremes inside join: a rounded end may not hide an extreme that is attained.
    lows = [(arb(-1) if down(ball) < -1 else down(ball), is_open) for ball, is_open in ends]
    highs = [(arb(1) if up(ball) > 1 else up(ball), is_open) for ball, is_open in ends]
    # sin is extreme at pi/2 + k*pi, cos at k*pi; an even k is a maximum.
    shift = arb(0) if name == "cos" else arb(fmpq(1, 2))
    first, last = (x.lo / arb.pi() - shift).lower().floor(), (x.hi / arb.pi() - shift).upper().ceil()
    for k in range(int(first.fmpq().p), int(last.fmpq().p) + 1):
        place = (k + shift) * arb.pi()
        if place < x.lo or place > x.hi:
            continue
        (highs if k % 2 == 0 else lows).append((arb(1 if k % 2 == 0 else -1), False))
    lo, lo_open = least(lows)
    hi, hi_open = greatest(highs)
    return Interval(lo, hi, lo_open, hi_open, x.partial)


def _tan(x: Interval) -> Interval:
    cosine = _wave("cos", x)
    if cosine.has_zero() or not x.bounded:
        return Interval(arb.neg_inf(), arb.pos_inf(), True, True, True)
    return Interval(down(x.lo.tan()), up(x.hi.tan()), x.lo_open, x.hi_open, x.partial)


_GAMMA_LEAST = (Fraction(14616321449, 10**10), Fraction(14616321450, 10**10))  # where gamma is least on (0, oo)
_GAMMA_VALUE = (Fraction(8856031944, 10**10), Fraction(8856031945, 10**10))  # and its value there


def _gamma(name: str, x: Interval) -> Interval:
    if not x.positive:
        return Interval(arb.neg_inf(), arb.pos_inf(), True, True, True)
    function = UNARY[name]
    infinite = arb.pos_inf()
    at_zero = arb.neg_inf() if name == "digamma" else infinite
    left = function(x.lo) if x.lo > 0 and x.lo.is_finite() else at_zero if x.lo == 0 else infinite
    right = function(x.hi) if x.hi.is_finite() else infinite
    if name == "digamma" or x.lo >= to_fmpq(_GAMMA_LEAST[1]):
        return Interval(down(left), up(right), x.lo_open, x.hi_open, x.partial)
    if x.hi <= to_fmpq(_GAMMA_LEAST[0]):
        return Interval(down(right), up(left), x.hi_open, x.lo_open, x.partial)
    bottom = arb(to_fmpq(_GAMMA_VALUE[0]))
    hi, hi_open = greatest([(up(left), x.lo_open), (up(right), x.hi_open)])
    return Interval(down(bottom if name == "gamma" else bottom.log()), hi, False, hi_open, x.partial)


def _polygamma(order: Interval, x: Interval) -> Interval:
    if not (x.positive and order.lo == order.hi and order.lo.is_integer() and order.lo >= 1):
        raise UnsupportedError("intervals", "polygamma outside x > 0")
    # (-1)**(k + 1)*polygamma(k, x) is positive and decreases from oo to 0 on x > 0.
    sign = 1 if int(order.lo.fmpq().p) % 2 == 1 else -1

    def at(end: arb) -> arb:
        return sign * acb(end).polygamma(acb(order.lo)).real

    lo = at(x.hi) if x.hi.is_finite() else arb(0)
    hi = at(x.lo) if x.lo > 0 else arb.pos_inf()
    size = Interval(down(lo), up(hi), x.hi_open or not x.hi.is_finite(), x.lo_open, x.partial)
    return size if sign == 1 else -size
