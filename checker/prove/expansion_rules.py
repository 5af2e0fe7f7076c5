"""What single functions are at infinity, as formulas that the expansion arithmetic can read.

The one idea to know: ``REWRITES`` are identities for every real argument; ``AT_INFINITY`` and ``AT_MINUS_INFINITY``
give a formula for large arguments together with the size of what it leaves out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import TypeAlias

from checker.expr.functions import FUNCTIONS, fn
from checker.expr.node import MINUS_ONE, ONE, Const, Node, Num, Pow, add, div, mul, neg, num, sub


def _bare(number: Fraction | int) -> Node:
    return Num(Fraction(number))


def _exp_sum(sign: int) -> Callable[[tuple[Node, ...]], Node]:
    return lambda a: mul(_bare(Fraction(1, 2)), add(fn("exp", a[0]), mul(num(sign), fn("exp", neg(a[0])))))


# Exact identities that hold for every real argument of the function.
REWRITES: Mapping[str, Callable[[tuple[Node, ...]], Node]] = {
    **{
        name: expansion
        for name in ("sigmoid", "softplus", "relu", "log1p", "expm1", "hypot", "factorial", "binomial", "normcdf")
        if (expansion := FUNCTIONS[name].expansion) is not None
    },
    "sinh": _exp_sum(-1),
    "cosh": _exp_sum(1),
    "tanh": lambda a: sub(ONE, div(num(2), add(fn("exp", mul(num(2), a[0])), ONE))),
    "atanh": lambda a: mul(_bare(Fraction(1, 2)), sub(fn("log", add(ONE, a[0])), fn("log", sub(ONE, a[0])))),
}

BOUNDED = frozenset({"sin", "cos"})

Rule: TypeAlias = Callable[[Node], tuple[Node, Node | None]]


def _powers(u: Node, rows: Iterable[tuple[Fraction | int, int]]) -> Node:
    return add(*(mul(_bare(coefficient), Pow(u, num(-exponent))) for coefficient, exponent in rows))


def _erfc(u: Node) -> tuple[Node, Node | None]:
    bell = mul(fn("exp", neg(Pow(u, num(2)))), Pow(Const("pi"), _bare(Fraction(-1, 2))))
    return mul(bell, _powers(u, [(1, 1), (Fraction(-1, 2), 3), (Fraction(3, 4), 5)])), mul(bell, Pow(u, num(-7)))


def _one_minus_erfc(u: Node) -> tuple[Node, Node | None]:
    form, rest = _erfc(u)
    return sub(ONE, form), rest


def _loggamma(u: Node) -> tuple[Node, Node | None]:
    half = _bare(Fraction(1, 2))
    stirling = add(
        mul(sub(u, half), fn("log", u)),
        neg(u),
        mul(half, fn("log", mul(num(2), Const("pi")))),
        _powers(u, [(Fraction(1, 12), 1), (Fraction(-1, 360), 3)]),
    )
    return stirling, Pow(u, num(-5))


def _digamma(u: Node) -> tuple[Node, Node | None]:
    rows = [(Fraction(-1, 2), 1), (Fraction(-1, 12), 2), (Fraction(1, 120), 4)]
    return add(fn("log", u), _powers(u, rows)), Pow(u, num(-6))


def _lambertw(u: Node) -> tuple[Node, Node | None]:
    inner = fn("log", u)
    return sub(inner, fn("log", inner)), div(fn("log", inner), inner)


def _arcus(u: Node, sign: int) -> tuple[Node, Node | None]:
    quarter = mul(_bare(Fraction(sign, 2)), Const("pi"))
    return sub(quarter, fn("atan", Pow(u, MINUS_ONE))), None


def _area(u: Node, sign: int, shift: int) -> tuple[Node, Node | None]:
    root = Pow(add(Pow(u, num(2)), num(shift)), _bare(Fraction(1, 2)))
    return mul(num(sign), fn("log", add(mul(num(sign), u), root))), None


# What a function is at a large argument: a formula, and the size of what it leaves out (None: nothing).
# Stirling, digamma, erfc and LambertW: Abramowitz and Stegun 6.1.41, 6.3.18, 7.1.23; Corless et al. (1996), (4.18).
AT_INFINITY: Mapping[str, Rule] = {
    "erf": _one_minus_erfc,
    "erfc": _erfc,
    "loggamma": _loggamma,
    "gamma": lambda u: (fn("exp", fn("loggamma", u)), None),
    "digamma": _digamma,
    "LambertW": _lambertw,
    "atan": lambda u: _arcus(u, 1),
    "asinh": lambda u: _area(u, 1, 1),
    "acosh": lambda u: _area(u, 1, -1),
}


def _mirrored(rule: Rule, shift: int) -> Rule:
    """``f(u) = shift - f(-u)`` as u -> -oo."""

    def rule_at_minus_infinity(u: Node) -> tuple[Node, Node | None]:
        form, rest = rule(neg(u))
        return sub(num(shift), form), rest

    return rule_at_minus_infinity


AT_MINUS_INFINITY: Mapping[str, Rule] = {
    "erf": _mirrored(_one_minus_erfc, 0),
    "erfc": _mirrored(_erfc, 2),
    "atan": lambda u: _arcus(u, -1),
    "asinh": lambda u: _area(u, -1, 1),
}
