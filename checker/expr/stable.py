"""Rewrites that keep floating point accurate: the same real function, in operations that do not overflow or cancel.

Each rule is an identity wherever both sides are defined; definedness was settled on the raw tree before.  Only the
JAX reader uses them, so that an error here cannot reach a proof.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from checker.expr.build import negate, plus, times
from checker.expr.derive import shape_leaves
from checker.expr.functions import HALF, fn
from checker.expr.node import MINUS_ONE, ONE, Add, Fn, Mul, Node, Num, Pow, map_children

_TWO = Num(Fraction(2))


def stabilise(node: Node) -> Node:
    """The tree with every rule applied once, from the leaves up."""
    memo: dict[Node, Node] = {}

    def visit(current: Node) -> Node:
        if current not in memo:
            memo[current] = _rewrite(map_children(current, visit))
        return memo[current]

    return visit(node)


def _rewrite(node: Node) -> Node:
    if isinstance(node, Add):
        return _sum(node)
    if isinstance(node, Mul):
        return _product(node)
    if isinstance(node, Pow):
        return _power(node)
    if isinstance(node, Fn) and node.name == "log":
        return _log(node)
    return node


def linear(node: Node) -> dict[Node, Fraction]:
    """``node`` as a combination of terms, so that ``-(x - y)`` and ``y - x`` are recognised as equal."""
    result: dict[Node, Fraction] = {}
    for term in node.args if isinstance(node, Add) else (node,):
        weight, rest = _coefficient(term)
        parts = linear(rest) if isinstance(rest, Add) else {rest: Fraction(1)}
        for key, value in parts.items():
            result[key] = result.get(key, Fraction(0)) + weight * value
    return {key: value for key, value in result.items() if value}


def _coefficient(node: Node) -> tuple[Fraction, Node]:
    if isinstance(node, Num):
        return node.value, ONE
    if not isinstance(node, Mul):
        return Fraction(1), node
    weight = Fraction(1)
    rest = []
    for factor in node.args:
        if isinstance(factor, Num):
            weight *= factor.value
        else:
            rest.append(factor)
    return weight, times(rest) if rest else ONE


def _raised(base: Node, order: Fraction) -> Node:
    return base if order == 1 else Pow(base, Num(order))


def _is(node: Node, name: str) -> bool:
    return isinstance(node, Fn) and node.name == name


def _arg(node: Node) -> Node:
    return node.children()[0]


def _sum(node: Add) -> Node:
    """``exp(x) - 1``, and ``1 -`` something that has an accurate complement."""
    terms = list(node.args)
    if len(terms) == 2 and (slope := _logistic_slope(terms)) is not None:
        return slope
    for one in (ONE, MINUS_ONE):
        if one not in terms:
            continue
        for term in terms:
            replaced = _with_one(term) if one == ONE else _with_minus_one(term)
            if replaced is not None:
                terms.remove(one)
                terms[terms.index(term)] = replaced
                return terms[0] if len(terms) == 1 else Add(tuple(terms))
    return node


def _logistic_slope(terms: Sequence[Node]) -> Node | None:
    """``s(x) - s(x)**2`` is ``s(x)*s(-x)``, which keeps its digits where s(x) is 1."""
    for first, second in ((terms[0], terms[1]), (terms[1], terms[0])):
        weight, rest = _coefficient(second)
        if _is(first, "sigmoid") and weight == -1 and rest == Pow(first, _TWO):
            return times((first, fn("sigmoid", negate(_arg(first)))))
    return None


def _with_one(term: Node) -> Node | None:
    """``1 + term`` without cancellation, for a ``term`` that is minus something."""
    weight, rest = _coefficient(term)
    if weight != -1:
        return None
    if _is(rest, "exp"):
        return negate(fn("expm1", _arg(rest)))
    if _is(rest, "sigmoid") or _is(rest, "normcdf"):
        assert isinstance(rest, Fn)
        return fn(rest.name, negate(_arg(rest)))
    if _is(rest, "erf"):
        return fn("erfc", _arg(rest))
    if isinstance(rest, Pow) and rest.exponent == _TWO and _is(rest.base, "tanh"):
        return Pow(fn("cosh", _arg(rest.base)), Num(Fraction(-2)))
    return None


def _with_minus_one(term: Node) -> Node | None:
    """``-1 + term``."""
    if _is(term, "exp"):
        return fn("expm1", _arg(term))
    for name in ("sigmoid", "normcdf"):
        if _is(term, name):
            return negate(fn(name, negate(_arg(term))))
    return negate(fn("erfc", _arg(term))) if _is(term, "erf") else None


def _exponent_of(factor: Node) -> Node | None:
    """``u`` where ``factor`` is ``exp(u)`` or a literal power of it."""
    if _is(factor, "exp"):
        return _arg(factor)
    if isinstance(factor, Pow) and _is(factor.base, "exp") and isinstance(factor.exponent, Num):
        return times((factor.exponent, _arg(factor.base)))
    return None


def _product(node: Mul) -> Node:
    """One exponential instead of several; ``exp(-u)*sigmoid(u)`` is ``sigmoid(-u)`` and cannot overflow."""
    exponents = [u for u in map(_exponent_of, node.args) if u is not None]
    if not exponents:
        return node
    others = [factor for factor in node.args if _exponent_of(factor) is None]
    # not simplified: exp(v)*exp(-v) of a vector has to stay a vector
    total = plus(exponents)
    for i, factor in enumerate(others):
        base, order = (factor.base, factor.exponent) if isinstance(factor, Pow) else (factor, ONE)
        if _is(base, "sigmoid") and isinstance(order, Num) and order.value > 0:
            whole = negate(times((order, _arg(base))))
            if linear(total) == linear(whole) and shape_leaves(total) <= shape_leaves(base):
                others[i] = _raised(fn("sigmoid", negate(_arg(base))), order.value)
                return times(others)
    if len(exponents) == 1:
        return node
    return times([*others, fn("exp", total)])


def _power(node: Pow) -> Node:
    """``(1 + exp(x))**-k``, ``sqrt(x**2 + y**2)`` and ``norm(x)**2``."""
    base, exponent = node.base, node.exponent
    if _is(base, "norm") and exponent == _TWO:
        return fn("sum", Pow(_arg(base), _TWO))
    if isinstance(exponent, Num) and exponent.value < 0 and isinstance(base, Add) and ONE in base.args:
        power = _exponent_of(base.args[1] if base.args[0] == ONE else base.args[0]) if len(base.args) == 2 else None
        if power is not None:
            return _raised(fn("sigmoid", negate(power)), -exponent.value)
    if exponent == HALF and isinstance(base, Add) and len(base.args) == 2:
        squares = [part.base for part in base.args if isinstance(part, Pow) and part.exponent == _TWO]
        if len(squares) == 2:
            return fn("hypot", *squares)
    return node


def _log(node: Fn) -> Node:
    """``log`` of what exponentials are in: softplus, log-sum-exp, and ``log1p`` near one."""
    arg = node.args[0]
    if _is(arg, "exp"):
        return _arg(arg)
    if _is(arg, "sigmoid"):
        return negate(fn("softplus", negate(_arg(arg))))
    if _is(arg, "normcdf"):
        return fn("lognormcdf", _arg(arg))
    if _is(arg, "sum") and _is(_arg(arg), "exp"):
        return fn("logsumexp", _arg(_arg(arg)))
    if isinstance(arg, Add):
        powers = [_exponent_of(term) for term in arg.args]
        if all(power is not None for power in powers):
            return fn("logaddexp", *(power for power in powers if power is not None))
        if ONE in arg.args:
            rest = [term for i, term in enumerate(arg.args) if i != arg.args.index(ONE)]
            exponents = [_exponent_of(term) for term in rest]
            if len(rest) == 1 and exponents[0] is not None:
                return fn("softplus", exponents[0])
            if all(power is not None for power in exponents):
                return fn("logaddexp", Num(Fraction(0)), *(power for power in exponents if power is not None))
            return fn("log1p", rest[0] if len(rest) == 1 else Add(tuple(rest)))
    if isinstance(arg, Mul) and any(_exponent_of(factor) is not None for factor in arg.args):
        return _log_of_product(node, arg)
    return node


def _log_of_product(node: Fn, arg: Mul) -> Node:
    """``log(c*exp(u))`` is ``log(c) + u`` for a literal ``c > 0``: exp(u) may be beyond the largest float."""
    exponents = [u for u in map(_exponent_of, arg.args) if u is not None]
    others = [factor for factor in arg.args if _exponent_of(factor) is None]
    if any(not isinstance(factor, Num) or factor.value <= 0 for factor in others):
        return node
    constant = times(others) if others else ONE
    return plus([*exponents, *([] if constant == ONE else [fn("log", constant)])])
