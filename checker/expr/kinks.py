"""Where a formula may have no derivative although every rule of differentiation applies: kinks and jumps.

The one idea to know: the derivative rules give ``abs``, ``max`` and conditionals the value that training code uses at a
kink, so a *relation* about a derivative also needs a condition that is undefined at the kink; "holds where defined" is then
all that can be said there (a smooth function with a kink in its parts, like ``relu(x)**2``, is not called false for it).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from checker.expr.build import contrary
from checker.expr.defined import conditions
from checker.expr.domain import Domain
from checker.expr.evident import is_evident
from checker.expr.functions import FUNCTIONS, JUMPS, fn
from checker.expr.node import (
    MINUS_ONE,
    ONE,
    ZERO,
    And,
    Binder,
    Fn,
    Limit,
    Node,
    Num,
    Piecewise,
    Pow,
    Rel,
    Vec,
    instantiate,
    map_children,
    num,
    sub,
    symbols_of,
    walk,
)

_Gap: TypeAlias = tuple[Node, tuple[Node, ...], Num]
_AT_ZERO = frozenset({"abs", "sign", "relu"})
_KINK, _JUMP = num(-2), num(-4)
"""Exponents of the gap in a condition: undefined at the place either way, and they tell the two apart."""
UNDEFINED = Rel(">", Pow(ZERO, _JUMP), ZERO)
"""A condition that is defined nowhere: whatever leans on it holds only "where defined", that is, nothing is concluded."""
_BY_OTHERS = frozenset({"ceil", "round", "clip"})
_MAX_TERMS = 64


def in_basic_steps(node: Node) -> Node:
    """``ceil`` and ``round`` by ``floor``, ``clip`` by ``max`` and ``min``: the same function, for provers that know these."""
    node = map_children(node, in_basic_steps)
    if isinstance(node, Fn) and node.name in _BY_OTHERS:
        expansion = FUNCTIONS[node.name].expansion
        assert expansion is not None
        return expansion(node.args)
    return node


def kinks(node: Node, name: str) -> tuple[Node, ...]:
    """Conditions ``1/gap**2 > 0``, one per place where a part of ``node`` may have no derivative in ``name``.

    Each is true where it is defined, and undefined at the kink; kinks under an integral sign do no harm.
    """
    return tuple(dict.fromkeys(_guarded(gap, guards, depth) for gap, guards, depth in _gaps(node, name, ())))


def is_harmless_inside(condition: Node) -> bool:
    """Whether a condition is about a mere kink, which an integral over the variable in it does not notice.

    A derivative has no value at a kink of a continuous function, and misses a point mass at a jump: integrated, the
    first changes nothing and the second does.
    """
    left = condition.left if isinstance(condition, Rel) else ZERO
    if isinstance(left, Piecewise):
        left = left.cases[0][1]
    return isinstance(left, Pow) and left.exponent == _KINK


def is_plain(condition: Node, domains: Mapping[str, Domain]) -> bool:
    """Whether such a condition (or a bound) is evident from the domains, so that it need not be said."""
    if conditions(condition, domains):
        return False
    if isinstance(condition, Rel) and condition.right == ZERO and isinstance(condition.left, Pow | Piecewise):
        return True  # made by ``kinks``, and defined everywhere
    return is_evident(condition, domains)


def _guarded(gap: Node, guards: tuple[Node, ...], depth: Num) -> Node:
    smooth: Node = Pow(gap, depth)
    if guards:
        smooth = Piecewise(((guards[0] if len(guards) == 1 else And(guards), smooth),), ONE)
    return Rel(">", smooth, ZERO)


def _gaps(node: Node, name: str, guards: tuple[Node, ...]) -> Iterator[_Gap]:
    """Formulas that vanish at a kink or jump, with the conditions under which they matter and which of the two it is.

    The places where a conditional changes count as jumps: nobody has shown that its branches meet.
    """
    if name not in symbols_of(node):
        return
    match node:
        case Piecewise(cases, otherwise):
            before = guards
            for condition, value in cases:
                for part in walk(condition):
                    if isinstance(part, Rel) and name in symbols_of(part):
                        yield sub(part.left, part.right), before, _JUMP
                yield from _gaps(value, name, (*before, condition))
                before = (*before, contrary(condition))
            yield from _gaps(otherwise, name, before)
            return
        case Binder():
            yield from _inside(node, name, guards)
            return
        case Limit():
            return
        case Fn(function) if function in _BY_OTHERS:
            yield from _gaps(in_basic_steps(node), name, guards)
            return
        case Fn(function, args):
            for gap in _of_function(function, args):
                if name in symbols_of(gap):
                    yield gap, guards, _JUMP if function in JUMPS else _KINK
    for child in node.children():
        yield from _gaps(child, name, guards)


def _of_function(function: str, args: tuple[Node, ...]) -> Iterator[Node]:
    if function in _AT_ZERO:
        yield args[0]
    elif function == "floor":
        yield sub(args[0], fn("floor", args[0]))
    elif function in ("max", "min"):
        entries = args[0].args if len(args) == 1 and isinstance(args[0], Vec) else args
        for index, entry in enumerate(entries):
            for other in entries[:index]:
                yield sub(entry, other)


def _inside(node: Binder, name: str, guards: tuple[Node, ...]) -> Iterator[_Gap]:
    yield from _gaps(node.lo, name, guards)
    yield from _gaps(node.hi, name, guards)
    if node.kind == "Integral":
        return
    lo, hi = node.lo, node.hi
    if isinstance(lo, Num) and isinstance(hi, Num) and lo.value.denominator == 1 and hi.value - lo.value < _MAX_TERMS:
        for index in range(int(lo.value), int(hi.value) + 1):
            yield from _gaps(instantiate(node.body, num(index)), name, guards)
    elif any(True for _ in _gaps(instantiate(node.body, MINUS_ONE), name, ())):
        yield ZERO, guards, _JUMP  # a kink in one of unknown many terms: undefined, so that nothing is concluded
