"""Balls along sequences that run to infinity: does a formula approach a value, and how far was it followed?

The one idea to know: ``1/log(t) + 1e-6`` looks like 0 up to t = 1e10000, so the variable is changed *in the tree*
first, t = exp(s) and t = exp(exp(s)) (and once more if that does not decide) with ``log(exp(s))`` folded, and s runs
through powers of ten.  A limit counts as approached only if the distance still shrinks at the end of every scale that can be
followed.  This is numerical evidence (of its points it is rigorous), never a proof.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from flint import arb

from checker.expr.functions import fn
from checker.expr.node import Const, Fn, Mul, Node, Num, Pow, Sym, add, map_children, mul, substitute
from checker.expr.to_arb import evaluate, precision
from checker.prove.asymptotic import T

_STEPS = (1, 2, 3, 4, 6, 10, 30, 100, 300, 1000, 3000, 10_000)  # s = 10**step
_BITS = (128, 512, 2048, 8192, 32_768)
_LEAST_POINTS = 3
_NEAR = 1e-9
_TINY = 1e-60
_FAR = 1e3
_PRINTED = 9999
_SCALES = ("t = s", "t = exp(s)", "t = exp(exp(s))", "t = exp(exp(exp(s)))")
_USUAL = 3  # of them; the last one is for what is not decided by then


@dataclass(frozen=True, slots=True)
class Track:
    """What was seen on one scale: upper bounds of ``|f - target|``, or the values ``f``, in order of s."""

    scale: str
    last_step: int
    sizes: tuple[arb, ...]


@dataclass(frozen=True, slots=True)
class Approach:
    """``confirmed``: the formula tends to the target as far as balls can follow; ``text`` is for the ledger."""

    confirmed: bool
    text: str


def approaches(body: Node, target: Node, point: Mapping[str, Fraction]) -> Approach:
    """Whether ``body`` is seen to tend to ``target`` (a formula without ``T``) as T -> oo, at one parameter point."""
    tracks = _tracks(body, target, point)
    if not tracks:
        return Approach(False, "no scale could be evaluated")
    stuck = next((track for track in tracks if not _shrinks(track)), None)
    near = (1 + abs(evaluate(target, point))) * _NEAR
    if stuck is None and not min(track.sizes[-1] for track in tracks) < near:  # it shrinks, but slowly: one scale more
        further = _follow(body, target, point, len(_SCALES) - 1)
        if further is not None:
            tracks.append(further)
            stuck = None if _shrinks(further) else further
    best = stuck or min(tracks, key=lambda track: track.sizes[-1])
    confirmed = stuck is None and bool(best.sizes[-1] < near)
    return Approach(confirmed, f"|f - limit| is {_short(best.sizes[-1])} at s = 1e{best.last_step}, {best.scale}")


def diverges(body: Node, sign: int, point: Mapping[str, Fraction]) -> Approach:
    """Whether ``sign*body`` is seen to grow beyond all bounds as T -> oo."""
    signed = mul(Num(Fraction(sign)), body)
    tracks = [track for scale in range(_USUAL) if (track := _follow(signed, None, point, scale)) is not None]
    if not tracks:
        return Approach(False, "no scale could be evaluated")
    slowest = tracks[-1]
    last = slowest.sizes[-1]
    grows = all(bool(a < b) for a, b in zip(slowest.sizes, slowest.sizes[1:], strict=False))
    return Approach(grows and bool(last > _FAR), f"f at s = 1e{slowest.last_step}, {slowest.scale} is {_short(last)}")


def _tracks(body: Node, target: Node, point: Mapping[str, Fraction]) -> list[Track]:
    return [track for scale in range(_USUAL) if (track := _follow(body, target, point, scale)) is not None]


def _follow(body: Node, target: Node | None, point: Mapping[str, Fraction], scale: int) -> Track | None:
    """Sizes along s = 10**step for as long as balls can tell them; None with fewer than three points."""
    for _ in range(scale):
        body = fold(substitute(body, {T: fn("exp", Sym(T))}))
    sizes: list[arb] = []
    reached = 0
    for step in _STEPS:
        size = _size(body, target, {**point, T: Fraction(10) ** step})
        if size is None:
            break
        sizes.append(size)
        reached = step
    return Track(_SCALES[scale], reached, tuple(sizes)) if len(sizes) >= _LEAST_POINTS else None


def _size(body: Node, target: Node | None, point: Mapping[str, Fraction]) -> arb | None:
    for bits in _BITS:
        ball = evaluate(body, point, bits)
        with precision(bits):
            if target is None:
                if ball.is_finite() and ball.rel_accuracy_bits() > 8:
                    return ball
                continue
            gap = abs(ball - evaluate(target, point, bits))
            # Known to a few digits, or so small that more digits say nothing new.
            if gap.is_finite() and (gap.rel_accuracy_bits() > 8 or gap < _TINY):
                return gap.abs_upper()
    return None


def _shrinks(track: Track) -> bool:
    """The distance falls over the last three points of the scale, or has become negligible."""
    a, b, c = track.sizes[-3:]
    return bool(c < _TINY) or bool(c < b and b < a)


def fold(node: Node) -> Node:
    """``log(exp(u)) -> u``, ``exp(u)**p -> exp(p*u)``, the log of a product of exponentials -> a sum: for real u."""
    node = map_children(node, fold)
    match node:
        case Fn("log", (Fn("exp", (inner,)),)):
            return inner
        case Pow(Fn("exp", (inner,)), exponent):
            return Fn("exp", (mul(exponent, inner),))
        case Fn("log", (Pow(base, exponent),)) if _certainly_positive(base):
            return mul(exponent, fold(Fn("log", (base,))))
        case Fn("log", (Mul(factors),)) if all(_certainly_positive(factor) for factor in factors):
            return add(*(fold(Fn("log", (factor,))) for factor in factors))
    return node


def _certainly_positive(node: Node) -> bool:
    match node:
        case Num(number):
            return number > 0
        case Const(name):
            return name in ("pi", "E")
        case Fn("exp", _):
            return True
        case Pow(base, _) if _certainly_positive(base):
            return True
    return False


def _short(ball: arb) -> str:
    """Three digits of a ball; of one that is astronomically small or large only that it is."""
    if ball < arb(10) ** -_PRINTED or ball > arb(10) ** _PRINTED:
        return f"below 1e-{_PRINTED}" if ball < 1 else f"above 1e{_PRINTED}"
    return str(ball.str(3, radius=False))
