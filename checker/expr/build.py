"""Constructors the parser uses: literal arithmetic is done exactly at once, everything else stays as written.

Folding ``2/3`` or ``10**-4`` loses nothing, for literals have no domain; the size is checked before the power is taken.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from fractions import Fraction

from checker.expr.errors import ExpressionError
from checker.expr.node import MINUS_ONE, Add, And, Mul, Node, Not, Num, Or, Pow, Rel, RelOp, Truth
from checker.expr.size import MAX_DIGITS

_MAX_BITS = int(MAX_DIGITS * math.log2(10))
_CONTRARY: Mapping[RelOp, RelOp] = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}


def plus(terms: Iterable[Node]) -> Node:
    """The sum; nested sums are flattened, a sum of literals is one literal."""
    flat = [part for term in terms for part in (term.args if isinstance(term, Add) else (term,))]
    if all(isinstance(part, Num) for part in flat):
        total = Fraction(0)
        for part in flat:
            total = _small(total + part.value) if isinstance(part, Num) else total
        return Num(total)
    return flat[0] if len(flat) == 1 else Add(tuple(flat))


def times(factors: Iterable[Node]) -> Node:
    """The product; nested products are flattened, the literals in front are one literal, and a 1 there is left out."""
    flat = [part for factor in factors for part in (factor.args if isinstance(factor, Mul) else (factor,))]
    front = Fraction(1)
    start = 0
    for part in flat:
        if not isinstance(part, Num):
            break
        front = _small(front * part.value)
        start += 1
    rest = flat[start:]
    if not rest:
        return Num(front)
    if front != 1:
        rest.insert(0, Num(front))
    return rest[0] if len(rest) == 1 else Mul(tuple(rest))


def _small(value: Fraction) -> Fraction:
    """``value`` within the limit on digits: a few thousand long literals would otherwise be multiplied out by definitions."""
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > _MAX_BITS:
        raise ExpressionError(
            f"a constant in the formula would have more than {MAX_DIGITS} digits", expected="smaller numbers or a symbol"
        )
    return value


def negate(arg: Node) -> Node:
    """``-arg``, the sign inside a literal coefficient."""
    return times((MINUS_ONE, arg))


def reciprocal(arg: Node) -> Node:
    """``1/arg``; ``1/0`` stays a power, so that its being undefined stays visible."""
    if isinstance(arg, Num) and arg.value != 0:
        return Num(1 / arg.value)
    return Pow(arg, MINUS_ONE)


def raise_to(base: Node, exponent: Node) -> Node:
    """``base**exponent``; a power of literals with an integer exponent is one literal, within the limit on digits.

    Raises ``ExpressionError`` beyond that limit.
    """
    if not (isinstance(base, Num) and isinstance(exponent, Num) and exponent.value.denominator == 1):
        return Pow(base, exponent)
    value, order = base.value, exponent.value.numerator
    if value == 0 and order <= 0:
        return Pow(base, exponent)
    largest = max(abs(value.numerator), value.denominator)
    if largest > 1 and (order.bit_length() > 40 or abs(order) * math.log10(largest) > MAX_DIGITS):
        raise ExpressionError(
            f"a power would have more than {MAX_DIGITS} digits", expected="smaller numbers, or exp and log"
        )
    return Num(value ** (order % 2 if largest == 1 else order))


def is_condition(node: Node) -> bool:
    """Whether the node is true or false rather than a number."""
    return isinstance(node, Rel | And | Or | Not | Truth)


def contrary(condition: Node) -> Node:
    """The condition that holds exactly where this one does not."""
    match condition:
        case Rel(op, left, right):
            return Rel(_CONTRARY[op], left, right)
        case Truth(value):
            return Truth(not value)
        case Not(arg):
            return arg
        case And(args):
            return Or(tuple(map(contrary, args)))
        case Or(args):
            return And(tuple(map(contrary, args)))
    return Not(condition)
