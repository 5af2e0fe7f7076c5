"""What the power bounds of ``growth`` know of single functions and of the shape of a product.

The one idea to know: a difference that decays is one function (``1 - tanh(u)`` is ``2*sigmoid(-2*u)``), and all exponentials of
a product share one exponent; bounds of the parts would lose both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

from checker.expr.functions import fn
from checker.expr.node import MINUS_ONE, ONE, Add, Const, Fn, Mul, Node, Num, Pow, mul, num

_MAX_DISTRIBUTED = 64


def split_factors(node: Node, order: Fraction) -> tuple[list[Node], list[tuple[Node, Node]]]:
    """Arguments of exponentials, and the other factors as (base, exponent)."""
    match node:
        case Mul(args):
            parts = [split_factors(arg, order) for arg in args]
            return [item for part in parts for item in part[0]], [item for part in parts for item in part[1]]
        case Pow(Const("E"), exponent) | Fn("exp", (exponent,)):
            return [exponent if order == 1 else Mul((Num(order), exponent))], []
        case Pow(base, Num(power)) if isinstance(base, Mul | Fn | Pow) and (power.denominator == 1 or isinstance(base, Fn)):
            return split_factors(base, order * power)
        case Pow(base, exponent):
            return [], [(base, exponent if order == 1 else Mul((Num(order), exponent)))]
    return [], [(node, Num(order))]


def distributed(node: Node) -> Sequence[Node] | None:
    """The product as a sum of products, if one of its factors is a sum; ``None`` if not, or too long.

    All of the terms or none: bounds of some of them say nothing of the sum.
    """
    factors = list(node.args) if isinstance(node, Mul) else [node]
    for index, factor in enumerate(factors):
        rest = [*factors[:index], *factors[index + 1 :]]
        if isinstance(factor, Add) and rest and len(factor.args) <= _MAX_DISTRIBUTED:
            return [Mul((*rest, *(term.args if isinstance(term, Mul) else (term,)))) for term in factor.args]
        if isinstance(factor, Pow) and isinstance(factor.base, Add) and factor.exponent in (num(2), num(3), num(4)):
            assert isinstance(factor.exponent, Num)
            lower = Pow(factor.base, num(factor.exponent.value - 1)) if factor.exponent.value > 2 else factor.base
            return [Mul((*rest, lower, *(t.args if isinstance(t, Mul) else (t,)))) for t in factor.base.args]
    return None


def rewritten(node: Node) -> Node:
    """Differences that decay written as one function: ``1 - tanh(u)`` is ``2*sigmoid(-2*u)``."""
    match node:
        case Add((first, second)):
            for one, other in ((first, second), (second, first)):
                minus = _minus(other)
                if one == ONE and isinstance(minus, Fn) and minus.name in _COMPLEMENTS:
                    return _COMPLEMENTS[minus.name](minus.args[0])
                if one == MINUS_ONE and isinstance(other, Fn) and other.name == "exp":
                    return fn("expm1", *other.args)
                if one == MINUS_ONE and isinstance(other, Fn) and other.name == "cos":
                    return Mul((num(-1), _COMPLEMENTS["cos"](other.args[0])))
        case Fn("log", (Add((first, second)),)):
            for one, other in ((first, second), (second, first)):
                if one == ONE:
                    return fn("softplus", *other.args) if isinstance(other, Fn) and other.name == "exp" else fn("log1p", other)
    return node


def _minus(node: Node) -> Node | None:
    if isinstance(node, Mul) and node.args[0] == MINUS_ONE:
        return mul(*node.args[1:])
    return None


def _opposite(node: Node) -> Node:
    return Mul((MINUS_ONE, node))


_COMPLEMENTS: Mapping[str, Callable[[Node], Node]] = {
    "tanh": lambda u: Mul((num(2), fn("sigmoid", Mul((num(-2), u))))),
    "erf": lambda u: fn("erfc", u),
    "normcdf": lambda u: fn("normcdf", _opposite(u)),
    "sigmoid": lambda u: fn("sigmoid", _opposite(u)),
    "exp": lambda u: Mul((MINUS_ONE, fn("expm1", u))),
    "cos": lambda u: Mul((num(2), Pow(fn("sin", Mul((Num(Fraction(1, 2)), u))), num(2)))),
}
# |f(u)| <= c*|u| wherever f is defined
LIKE_ARGUMENT = {"sin": 1.0, "tanh": 1.0, "atan": 1.0, "asinh": 1.0, "erf": 1.25, "asin": 1.625, "relu": 1.0}
# on the side of that sign, |f(u)| is at most the given function of u
DECAYING: Mapping[str, tuple[int, Callable[[Node], Node]]] = {
    "erfc": (1, lambda u: fn("exp", _opposite(Pow(u, num(2))))),
    "normcdf": (-1, lambda u: fn("exp", Mul((Num(Fraction(-1, 2)), Pow(u, num(2)))))),
    "sigmoid": (-1, lambda u: fn("exp", u)),
    "softplus": (-1, lambda u: fn("exp", u)),
    "expm1": (-1, lambda u: u),
}
STEPS = frozenset({"floor", "sign"})
KNOWN = frozenset({*LIKE_ARGUMENT, *DECAYING, "exp", "log", "log1p", "cosh", "sinh", "gamma", "abs", "max", "min", "cos"})


def over_exponential(term: Node, exponent: Node) -> Node:
    """``term/exp(exponent)`` with the exponentials in one."""
    inside, factors = split_factors(term, Fraction(1))
    rest = [base if order == ONE else Pow(base, order) for base, order in factors]
    if inside == [exponent]:
        return mul(*rest)
    return mul(*rest, fn("exp", Add((*inside, Mul((MINUS_ONE, exponent))))))
