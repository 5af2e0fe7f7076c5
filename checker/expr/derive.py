"""Derivatives on our own tree, so that no reader needs to know what a derivative is.

Vectors are differentiated as wholes where the rule is structural (``sum``, ``dot``, ``@``, ``inv``, ...); what needs
components is said to be unsupported and works after ``vectors.expand``.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import TypeAlias

from checker.expr.errors import UnsupportedError
from checker.expr.functions import FUNCTIONS, JUMPS, fn
from checker.expr.node import (
    MINUS_ONE,
    ONE,
    ZERO,
    Add,
    And,
    Binder,
    Bound,
    Const,
    Fn,
    Limit,
    Mul,
    Node,
    Num,
    Piecewise,
    Pow,
    Rel,
    Subscript,
    Sym,
    Vec,
    bind,
    instantiate,
    symbols_of,
    walk,
)

READER = "the derivative"


def total(*terms: Node) -> Node:
    """Sum without its zero terms, nested sums flattened."""
    flat = [part for term in terms for part in (term.args if isinstance(term, Add) else (term,)) if part != ZERO]
    return ZERO if not flat else flat[0] if len(flat) == 1 else Add(tuple(flat))


def times(*factors: Node) -> Node:
    """Product without factors one, its literal numbers collected in front; zero if a factor is the number zero."""
    number = Fraction(1)
    rest: list[Node] = []
    for factor in factors:
        for part in factor.args if isinstance(factor, Mul) else (factor,):
            if isinstance(part, Num):
                number *= part.value
            else:
                rest.append(part)
    if number == 0 or not rest:
        return Num(number)
    if number != 1:
        rest.insert(0, Num(number))
    return rest[0] if len(rest) == 1 else Mul(tuple(rest))


def power(base: Node, exponent: Node) -> Node:
    """``base**exponent`` without the exponents 0 (of a derivative, hence harmless) and 1."""
    if exponent == ONE:
        return base
    return ONE if exponent == ZERO else Pow(base, exponent)


def diff(node: Node, name: str, order: int = 1) -> Node:
    """The ``order``-th derivative of ``node`` with respect to the scalar symbol ``name``.

    Integrals are differentiated under the integral sign (whether that is allowed shows in the convergence of the
    result). At a kink of ``abs``, ``max``, ``min`` or ``relu`` the value is the one training code uses. Raises
    ``UnsupportedError`` where there is no rule.
    """
    for _ in range(order):
        node = _Derivative(name).of(node)
    return node


def shape_leaves(node: Node, scalar: str = "") -> frozenset[Node]:
    """Parts of ``node`` that could give it the shape of an array; the symbol ``scalar`` is known to have none."""
    if isinstance(node, Sym):
        return frozenset() if node.name == scalar else frozenset({node})
    if isinstance(node, Num | Const | Bound | Binder | Limit):
        return frozenset()
    if isinstance(node, Fn):
        kind = FUNCTIONS[node.name].kind
        if kind == "reduction" and (len(node.args) == 1 or node.name == "dot"):
            return frozenset()
        if kind not in ("scalar", "reduction"):
            return frozenset({node})
    if isinstance(node, Vec | Subscript):
        return frozenset({node})
    return frozenset().union(*(shape_leaves(child, scalar) for child in node.children()))


class _Derivative:
    """One pass over a tree; equal subtrees are differentiated once."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.memo: dict[Node, Node] = {}
        self.inside = 0

    def of(self, node: Node) -> Node:
        if node not in self.memo:
            self.memo[node] = self._rule(node) if self.name in symbols_of(node) else ZERO
        return self.memo[node]

    def shaped(self, node: Node) -> Node:
        """The derivative with the shape of ``node`` itself: the derivative of ``v + t`` in t is a vector of ones."""
        derivative = self.of(node)
        if derivative == ZERO or shape_leaves(node, self.name) <= shape_leaves(derivative, self.name):
            return derivative
        return Add((derivative, Mul((ZERO, node))))

    def _rule(self, node: Node) -> Node:
        match node:
            case Sym():
                return ONE
            case Add(args):
                return total(*(self.of(arg) for arg in args))
            case Mul(args):
                return total(
                    *(
                        times(*args[:i], self.of(arg), *args[i + 1 :])
                        for i, arg in enumerate(args)
                        if self.of(arg) != ZERO
                    )
                )
            case Pow(base, exponent):
                return self._power(base, exponent)
            case Fn():
                return self._function(node)
            case Piecewise(cases, otherwise):
                return Piecewise(tuple((test, self.of(value)) for test, value in cases), self.of(otherwise))
            case Vec(args):
                return Vec(tuple(self.of(arg) for arg in args))
            case Subscript(base, index) if not any(self.name in symbols_of(part) for part in index):
                return Subscript(self.shaped(base), index)
            case Binder():
                return self._binder(node)
        raise UnsupportedError(READER, f"{type(node).__name__} that depends on {self.name}")

    def _power(self, base: Node, exponent: Node) -> Node:
        d_base, d_exponent = self.of(base), self.of(exponent)
        terms = []
        if d_base != ZERO:
            lower = Num(exponent.value - 1) if isinstance(exponent, Num) else total(exponent, MINUS_ONE)
            terms.append(times(exponent, power(base, lower), d_base))
        if d_exponent != ZERO:
            terms.append(times(Pow(base, exponent), fn("log", base), d_exponent))
        return total(*terms)

    def _function(self, node: Fn) -> Node:
        row = FUNCTIONS[node.name]
        if row.derivative is not None:
            slopes = row.derivative(node.args)
            return total(*(times(s, self.of(a)) for s, a in zip(slopes, node.args, strict=True) if self.of(a) != ZERO))
        if node.name in ("max", "min"):
            return self._extreme(node)
        rule = _STRUCTURAL.get(node.name)
        if rule is None:
            raise UnsupportedError(READER, f"{node.name}(...) that depends on {self.name}")
        return rule(self, node.args)

    def _extreme(self, node: Fn) -> Node:
        args = node.args
        if len(args) == 1:
            if not isinstance(args[0], Vec):
                raise UnsupportedError(READER, f"{node.name} of a vector that depends on {self.name}")
            args = args[0].args
        if len(args) == 1:
            return self.of(args[0])
        op = ">" if node.name == "max" else "<"
        cases = []
        for i, arg in enumerate(args[:-1]):
            wins: list[Node] = [Rel(op, arg, other) for other in args[i + 1 :]]  # type: ignore[arg-type]
            earlier: list[Node] = [Rel(op, arg, other) for other in args[:i]]  # type: ignore[arg-type]
            tests = (*earlier, *wins)
            cases.append((tests[0] if len(tests) == 1 else And(tests), self.of(arg)))
        return Piecewise(tuple(cases), self.of(args[-1]))

    def _binder(self, node: Binder) -> Node:
        self.inside += 1
        local = f"#{self.inside}"  # no author can write this name
        body = instantiate(node.body, Sym(local))
        inner = self.of(body)
        d_lo, d_hi = self.of(node.lo), self.of(node.hi)
        if node.kind == "Integral":
            if inner != ZERO or self.name in symbols_of(body):
                self._refuse_moving_jumps(body, local)
            moved = ZERO if inner == ZERO else Binder("Integral", bind(inner, local), node.lo, node.hi)
            upper = ZERO if d_hi == ZERO else times(instantiate(node.body, node.hi), d_hi)
            lower = ZERO if d_lo == ZERO else times(MINUS_ONE, instantiate(node.body, node.lo), d_lo)
            return total(moved, upper, lower)
        if d_lo != ZERO or d_hi != ZERO:
            raise UnsupportedError(READER, f"{node.kind} whose limits depend on {self.name}")
        if node.kind == "Sum":
            return Binder("Sum", bind(inner, local), node.lo, node.hi)
        ratio = times(inner, Pow(body, MINUS_ONE))
        return times(node, Binder("Sum", bind(ratio, local), node.lo, node.hi))

    def _refuse_moving_jumps(self, body: Node, local: str) -> None:
        """The derivative of an integral over ``sign(x - t)`` in t is not the integral of its derivative, which is 0."""
        for part in walk(body):
            place = part.args if isinstance(part, Fn) and part.name in JUMPS else ()
            if isinstance(part, Piecewise):
                place = tuple(condition for condition, _ in part.cases)
            if any({local, self.name} <= symbols_of(item) for item in place):
                raise UnsupportedError(READER, f"an integral over jumps that move with {self.name}")


Rule: TypeAlias = Callable[[_Derivative, tuple[Node, ...]], Node]


def _bilinear(name: str) -> Rule:
    def rule(self: _Derivative, args: tuple[Node, ...]) -> Node:
        left, right = args
        d_left, d_right = self.shaped(left), self.shaped(right)
        return total(
            ZERO if d_left == ZERO else fn(name, d_left, right), ZERO if d_right == ZERO else fn(name, left, d_right)
        )

    return rule


def _linear(name: str) -> Rule:
    return lambda self, args: fn(name, self.shaped(args[0]))


def _norm(self: _Derivative, args: tuple[Node, ...]) -> Node:
    return times(fn("sum", times(args[0], self.of(args[0]))), Pow(fn("norm", args[0]), MINUS_ONE))


def _logsumexp(self: _Derivative, args: tuple[Node, ...]) -> Node:
    weight = fn("exp", Add((args[0], Mul((MINUS_ONE, fn("logsumexp", args[0]))))))
    return fn("sum", times(weight, self.of(args[0])))


def _entropy(self: _Derivative, args: tuple[Node, ...]) -> Node:
    return fn("sum", times(MINUS_ONE, Add((fn("log", args[0]), ONE)), self.of(args[0])))


def _inverse(self: _Derivative, args: tuple[Node, ...]) -> Node:
    inverse = fn("inv", args[0])
    return times(MINUS_ONE, fn("matmul", fn("matmul", inverse, self.shaped(args[0])), inverse))


def _solve(self: _Derivative, args: tuple[Node, ...]) -> Node:
    matrix, right = args
    d_matrix, d_right = self.shaped(matrix), self.shaped(right)
    moved = ZERO if d_matrix == ZERO else times(MINUS_ONE, fn("matmul", d_matrix, fn("solve", matrix, right)))
    return fn("solve", matrix, total(d_right, moved))


def _det(self: _Derivative, args: tuple[Node, ...]) -> Node:
    return times(fn("det", args[0]), fn("trace", fn("matmul", fn("inv", args[0]), self.shaped(args[0]))))


_STRUCTURAL: dict[str, Rule] = {
    **{name: _bilinear(name) for name in ("dot", "matmul")},
    **{name: _linear(name) for name in ("sum", "mean", "transpose", "offdiagonal", "trace")},
    "norm": _norm,
    "norm_fro": _norm,
    "logsumexp": _logsumexp,
    "entropy": _entropy,
    "inv": _inverse,
    "solve": _solve,
    "det": _det,
}
