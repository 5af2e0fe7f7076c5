"""The tree as a JAX function: float64, unbatched, jittable, differentiable; vectors and matrices stay whole.

The tree is first put into stable form, then walked once per trace; XLA merges what is equal.  What JAX cannot say
(integrals, limits, sums without numbers as ends) raises ``UnsupportedError`` when the function is made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp

from checker.expr.errors import UnsupportedError
from checker.expr.functions import FUNCTIONS
from checker.expr.jax_functions import RECIPES, Array
from checker.expr.node import (
    Add,
    And,
    Binder,
    Bound,
    Const,
    Fn,
    Limit,
    Mul,
    Node,
    Not,
    Num,
    Or,
    Piecewise,
    Pow,
    Rel,
    Subscript,
    Sym,
    Truth,
    Vec,
    symbols_of,
    walk,
)
from checker.expr.size import MAX_TERMS
from checker.expr.stable import stabilise

READER = "JAX"
Env: TypeAlias = Mapping[str, Any]

# Where a branch is not taken its symbols get this value, a regular point of every function of the table but acosh, so
# that the branch's infinite slope cannot reach the gradient (0*inf is NaN).
_REGULAR_POINT = 0.5772156649015329
_CONSTANTS: Mapping[str, float] = {
    "pi": 3.141592653589793,
    "E": 2.718281828459045,
    "EulerGamma": 0.5772156649015329,
    "oo": float("inf"),
}
_RELATIONS: Mapping[str, Callable[[Any, Any], Array]] = {
    "<": jnp.less,
    "<=": jnp.less_equal,
    ">": jnp.greater,
    ">=": jnp.greater_equal,
    "==": jnp.equal,
}
_OPPOSITES: Mapping[str, Callable[..., Array]] = {
    "<": jnp.greater_equal,
    "<=": jnp.greater,
    ">": jnp.less_equal,
    ">=": jnp.less,
    "==": lambda left, right: (left < right) | (left > right),
}
_LARGEST_INTEGER_POWER = 4  # repeated multiplication beyond it is less accurate than pow


def compile_jax(node: Node, terms: int | None = None) -> Callable[[Env], Array]:
    """``node`` as a function of a mapping from symbol to array (scalars ``()``, vectors ``(d,)``, matrices ``(n, d)``).

    A dotted symbol ``svm.w`` is looked up as such, then as ``env["svm"]["w"]``; ``u[0]`` as entry 0 of ``u``.  A
    condition comes out as 0.0 or 1.0, or NaN where it compares what is no number.  ``terms`` bounds the number of terms
    of sums whose upper end is not a literal.  Values outside a function's domain are NaN.  Raises ``UnsupportedError``
    at once for what JAX cannot express, and from the function for arrays whose shapes do not fit; the function raises
    ``KeyError`` where a symbol has no value.
    """
    tree = stabilise(node)
    for part in walk(tree):
        _refuse(part, terms)

    def function(env: Env) -> Array:
        try:
            return jnp.asarray(_Trace(env, (), terms).of(tree), dtype=jnp.float64)
        except (TypeError, ValueError, IndexError) as error:
            raise UnsupportedError(READER, f"arrays of these shapes ({str(error).splitlines()[0][:120]})") from error

    return function


def _refuse(node: Node, terms: int | None) -> None:
    if isinstance(node, Limit) or (isinstance(node, Binder) and node.kind == "Integral"):
        raise UnsupportedError(READER, type(node).__name__ if isinstance(node, Limit) else node.kind)
    if isinstance(node, Binder):
        if not isinstance(node.lo, Num) or node.lo.value.denominator != 1:
            raise UnsupportedError(READER, f"a {node.kind} whose lower end is not an integer")
        if not isinstance(node.hi, Num) and (terms is None or node.hi == Const("oo")):
            raise UnsupportedError(READER, f"a {node.kind} whose upper end is not a number")
    if isinstance(node, Fn) and node.name not in ("grad", "hessian"):
        row = FUNCTIONS.get(node.name)
        recipe = node.name if row is None else row.jax
        if recipe is None or recipe not in RECIPES:
            raise UnsupportedError(READER, f"{node.name}(...)")
    if isinstance(node, Num):
        _float(node)


def _float(node: Num) -> float:
    try:
        return float(node.value)
    except OverflowError:
        raise UnsupportedError(READER, "a number beyond the range of float64") from None


def look_up(env: Env, name: str) -> Any:
    """The value of a symbol: under its own name, as an entry of an array, or down the dots."""
    if name in env:
        return env[name]
    if name.endswith("]"):
        base, _, index = name[:-1].partition("[")
        return jnp.asarray(look_up(env, base))[tuple(int(part) for part in index.split(","))]
    head, _, rest = name.partition(".")
    if rest and isinstance(env.get(head), Mapping):
        return look_up(env[head], rest)
    raise KeyError(name)


class _Trace:
    """One evaluation: the values of the symbols, and of the variables of the enclosing binders (innermost last)."""

    def __init__(self, env: Env, bound: tuple[Array, ...], terms: int | None, outer: int = 1) -> None:
        self.outer = outer  # terms of the enclosing sums: nested sums multiply
        self.env = env
        self.bound = bound
        self.terms = terms
        self.memo: dict[Node, Array] = {}

    def of(self, node: Node) -> Array:
        if node not in self.memo:
            self.memo[node] = self._value(node)
        return self.memo[node]

    def _value(self, node: Node) -> Array:
        match node:
            case Num():
                return jnp.asarray(_float(node), dtype=jnp.float64)
            case Const(name):
                return jnp.asarray(_CONSTANTS[name], dtype=jnp.float64)
            case Sym(name):
                return jnp.asarray(look_up(self.env, name), dtype=jnp.float64)
            case Bound(depth):
                return self.bound[-1 - depth]
            case Truth(value):
                return jnp.asarray(value, dtype=jnp.float64)
            case Add(args):
                return _fold(jnp.add, [self.number(arg) for arg in args])
            case Mul(args):
                return self._product(args)
            case Pow(base, exponent):
                return self._power(base, exponent)
            case And() | Or() | Not() | Rel():
                holds, fails = self._told(node)
                return jnp.where(holds, 1.0, jnp.where(fails, 0.0, jnp.nan))
            case Piecewise():
                return self._piecewise(node)
            case Vec(args):
                stacked = jnp.stack([self.number(arg) for arg in args])
                if stacked.ndim > 2:
                    raise UnsupportedError(READER, "an array with more than two axes")
                return stacked
            case Subscript(base, index):
                return self._entry(self.number(base), index)
            case Fn():
                return self._function(node)
            case Binder():
                return self._binder(node)
        raise UnsupportedError(READER, type(node).__name__)

    def number(self, node: Node) -> Array:
        """A value as float64, a condition as 0, 1 or (of what is no number) NaN."""
        return jnp.asarray(self.of(node), dtype=jnp.float64)

    def _told(self, condition: Node) -> tuple[Array, Array]:
        """Where a condition holds and where it does not: neither, where it asks about what is no number.

        Were such a comparison simply false, ``1 if sqrt(-1) > 0 else 0`` would be 0, and an overflow could pass for a
        small number.
        """
        match condition:
            case And(args) | Or(args):
                first, second = (jnp.logical_and, jnp.logical_or)[:: 1 if isinstance(condition, And) else -1]
                parts = [self._told(arg) for arg in args]
                return _fold(first, [holds for holds, _ in parts]), _fold(second, [fails for _, fails in parts])
            case Not(arg):
                holds, fails = self._told(arg)
                return fails, holds
            case Rel(op, left, right):
                one, other = self.number(left), self.number(right)
                if op == "!=":
                    return (one < other) | (one > other), one == other
                return _RELATIONS[op](one, other), _OPPOSITES[op](one, other)
        value = self.number(condition)
        return (value < 0) | (value > 0), value == 0

    def _entry(self, array: Array, index: tuple[Node, ...]) -> Array:
        """An entry or a row; JAX itself would silently take the nearest one for an index out of range."""
        if len(index) > array.ndim:
            raise UnsupportedError(READER, f"{len(index)} indices of an array with {array.ndim} axes")
        inside: Array = jnp.asarray(True)
        places: list[Any] = []
        for part, size in zip(index, array.shape, strict=False):
            if isinstance(part, Num):
                if part.value.denominator != 1 or not 0 <= part.value < size:
                    raise UnsupportedError(READER, f"index {part.value} of {size} entries")
                places.append(int(part.value))
                continue
            place = self.number(part)
            inside = inside & (place >= 0) & (place < size) & (jnp.floor(place) == place)
            places.append(jnp.clip(place, 0, size - 1).astype(jnp.int64))
        found = array[tuple(places)]
        return found if all(isinstance(part, Num) for part in index) else jnp.where(inside, found, jnp.nan)

    def _product(self, args: tuple[Node, ...]) -> Array:
        """Numerator over denominator: a true quotient is rounded once, a product with a reciprocal twice."""
        above: list[Array] = []
        below: list[Array] = []
        for arg in args:
            if isinstance(arg, Pow) and isinstance(arg.exponent, Num) and arg.exponent.value < 0:
                below.append(self._power(arg.base, Num(-arg.exponent.value)))
            else:
                above.append(self.number(arg))
        top = _fold(jnp.multiply, above) if above else jnp.asarray(1.0, dtype=jnp.float64)
        return top / _fold(jnp.multiply, below) if below else top

    def _power(self, base: Node, exponent: Node) -> Array:
        if base == Const("E"):
            return jnp.exp(self.number(exponent))
        value = self.number(base)
        if not isinstance(exponent, Num):
            return jnp.power(value, self.number(exponent))
        order = exponent.value
        if order.denominator == 1 and abs(order) <= _LARGEST_INTEGER_POWER:
            positive = jax.lax.integer_pow(value, abs(int(order)))
            return positive if order > 0 else 1.0 / positive
        if abs(order).denominator == 2 and abs(order) == abs(order.numerator) / 2 and abs(order.numerator) in (1, 3):
            root = jnp.sqrt(value) if abs(order.numerator) == 1 else value * jnp.sqrt(value)
            return root if order > 0 else 1.0 / root
        return jnp.power(value, _float(exponent))

    def _piecewise(self, node: Piecewise) -> Array:
        result: Array = jnp.asarray(jnp.nan)  # where it cannot be told which branch is meant
        left: Array = jnp.asarray(True)
        for condition, value in (*node.cases, (Truth(True), node.otherwise)):
            holds, fails = self._told(condition)
            here, left = left & holds, left & fails
            branch = self._masked(here, symbols_of(value), _mixed(value)).number(value)
            result = jnp.where(here, branch, result)
        return result

    def _masked(self, here: Array, names: frozenset[str], mixed: frozenset[str]) -> _Trace:
        """The trace of a branch that is taken ``here``; an entry of ``mixed`` symbols also counts where it is not."""

        def mask(value: Any, whole: bool = False) -> Array:
            array = jnp.asarray(value, dtype=jnp.float64)
            entrywise = here.shape == array.shape and not whole
            return jnp.where(here, array, _REGULAR_POINT) if here.ndim == 0 or entrywise else array

        env = {name: mask(look_up(self.env, name), name in mixed) for name in names}
        return _Trace(env, tuple(map(mask, self.bound)), self.terms, self.outer)

    def _function(self, node: Fn) -> Array:
        name = node.name
        if name in ("grad", "hessian"):
            return self._derivative(name, *node.args)
        row = FUNCTIONS.get(name)
        recipe = RECIPES[row.jax if row is not None and row.jax is not None else name]
        try:
            return recipe(*(self.number(arg) for arg in node.args))
        except (TypeError, ValueError) as error:
            raise UnsupportedError(
                READER, f"{name} of arrays of these shapes ({str(error).splitlines()[0]})"
            ) from error

    def _derivative(self, name: str, body: Node, variable: Node) -> Array:
        if not isinstance(variable, Sym):
            raise UnsupportedError(READER, f"{name} in something that is not a symbol")

        def inside(value: Array) -> Array:
            return _Trace({**self.env, variable.name: value}, self.bound, self.terms, self.outer).number(body)

        at = jnp.asarray(look_up(self.env, variable.name), dtype=jnp.float64)
        return jnp.asarray(jax.grad(inside)(at) if name == "grad" else jax.hessian(inside)(at))

    def _binder(self, node: Binder) -> Array:
        assert isinstance(node.lo, Num)
        first = int(node.lo.value)
        count = int(node.hi.value // 1) - first + 1 if isinstance(node.hi, Num) else self.terms or 0
        terms = self.outer * count
        if terms > MAX_TERMS:
            raise UnsupportedError(READER, f"a {node.kind} of more than {MAX_TERMS} terms")
        neutral = 0.0 if node.kind == "Sum" else 1.0
        if count <= 0:
            return jnp.asarray(neutral, dtype=jnp.float64)
        index = jnp.arange(first, first + count, dtype=jnp.float64)
        values = jax.vmap(lambda k: _Trace(self.env, (*self.bound, k), self.terms, terms).number(node.body))(index)
        if not isinstance(node.hi, Num):
            inside = (index <= self.number(node.hi)).reshape((-1, *(1,) * (values.ndim - 1)))
            values = jnp.where(inside, values, neutral)
        return jnp.sum(values, axis=0) if node.kind == "Sum" else jnp.prod(values, axis=0)


def _mixed(node: Node) -> frozenset[str]:
    """The symbols of which one entry of ``node`` may need several: those inside reductions, products and entries."""
    if isinstance(node, Subscript | Vec) or (isinstance(node, Fn) and not _entrywise(node)):
        return symbols_of(node)
    return frozenset(name for child in node.children() for name in _mixed(child))


def _entrywise(node: Fn) -> bool:
    row = FUNCTIONS.get(node.name)  # what stable forms are written with has no row
    return row is None or row.kind == "scalar" or (node.name in ("max", "min") and len(node.args) > 1)


def _fold(function: Callable[[Array, Array], Array], values: list[Array]) -> Array:
    result = values[0]
    for value in values[1:]:
        result = function(result, value)
    return result
