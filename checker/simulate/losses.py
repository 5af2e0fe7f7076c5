"""Losses as formulas in the margin u, evaluated in the log domain.

The one idea to know: at the margins of an asymptotic claim ``exp(-u)`` is 0 in float64 while its logarithm is just -u.
So a loss is compiled to its *logarithm*, by the rules log(a b) = log a + log b, log(a^c) = c log a, log(exp a) = a,
log(a + b) = logaddexp(log a, log b) for positive terms; derivatives follow from that by automatic differentiation,
-l'(u) = l(u) * (-d log l/du), and never leave the log domain either.  Where a step multiplies the slope by a number of
ordinary size (gradient descent), the derivative of the tree itself is cheaper: ``slope``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp

from checker.expr.build import negate
from checker.expr.derive import diff
from checker.expr.node import Add, Fn, Mul, Node, Num, Pow, symbols_of
from checker.expr.to_jax import compile_jax

Env = Mapping[str, Any]
TAIL = 700.0


@dataclass(frozen=True, slots=True)
class Loss:
    """``log_value(u)`` and ``log_slope(u)`` = log(-l'(u)), both entry by entry on margins of any shape.

    A loss that is known by its derivative alone (``minus_derivative``) has NaN for ``log_value`` and the two after it.
    """

    log_value: Callable[[jax.Array], jax.Array]
    first: Callable[[jax.Array], jax.Array]  # d log l / du
    second: Callable[[jax.Array], jax.Array]  # d^2 log l / du^2
    slope: Callable[[jax.Array], jax.Array]  # -l'(u), 0 where it underflows, NaN where the loss increases
    given_slope: Callable[[jax.Array], jax.Array] | None = None  # log(-l'(u)), where that is what the claim gives

    def log_slope(self, u: jax.Array) -> jax.Array:
        """log(-l'(u)); NaN where the loss increases, which makes the run fail instead of going astray."""
        if self.given_slope is not None:
            return self.given_slope(u)
        return self.log_value(u) + jnp.log(-self.first(u))

    def tail(self, u: jax.Array) -> jax.Array:
        """log(-l'(u)) + u, for a loss with an exponential tail: its own constant beyond ``TAIL``, where nothing moves.

        Taken there at ``TAIL`` itself, because at u = 1e6 the sum of -u and u keeps ten digits only.
        """
        near = jnp.minimum(u, TAIL)
        return self.log_slope(near) + near


def compile_loss(node: Node, env: Env) -> Loss:
    """The loss ``node`` in the symbol ``u``; other symbols take their values from ``env``."""

    def value(u: jax.Array) -> jax.Array:
        return _log(node, {**env, "u": u})

    def entrywise(function: Callable[[jax.Array], jax.Array]) -> Callable[[jax.Array], jax.Array]:
        return lambda u: jax.vmap(function)(jnp.ravel(u)).reshape(jnp.shape(u))

    first = jax.grad(value)
    falling = compile_jax(negate(diff(node, "u")))

    def slope(u: jax.Array) -> jax.Array:
        found = jnp.broadcast_to(falling({**env, "u": u}), jnp.shape(u))
        return jnp.where(found < 0, jnp.nan, found)

    return Loss(entrywise(value), entrywise(first), entrywise(jax.grad(first)), slope)


def loss_of(loss: object, minus_derivative: object, env: Env) -> Loss:
    """The loss that a claim gives, by its formula or by that of its derivative; both elaborated."""
    if isinstance(loss, Node):
        return compile_loss(loss, env)
    assert isinstance(minus_derivative, Node)
    return compile_slope(minus_derivative, env)


def compile_slope(node: Node, env: Env) -> Loss:
    """The loss with -l'(u) = ``node``, of which only the derivative is known."""
    value = compile_jax(node)

    def log_slope(u: jax.Array) -> jax.Array:
        return jax.vmap(lambda one: _log(node, {**env, "u": one}))(jnp.ravel(u)).reshape(jnp.shape(u))

    def slope(u: jax.Array) -> jax.Array:
        found = jnp.broadcast_to(value({**env, "u": u}), jnp.shape(u))
        return jnp.where(found < 0, jnp.nan, found)

    def unknown(u: jax.Array) -> jax.Array:
        return jnp.full(jnp.shape(u), jnp.nan)

    return Loss(unknown, unknown, unknown, slope, log_slope)


def _log(node: Node, env: Env) -> jax.Array:
    """log of a positive expression."""
    if "u" not in symbols_of(node):
        return jnp.log(compile_jax(node)(env))
    if isinstance(node, Mul):
        return sum((_log_abs(arg, env) for arg in node.args[1:]), _log_abs(node.args[0], env))
    if isinstance(node, Pow) and "u" not in symbols_of(node.exponent):
        return compile_jax(node.exponent)(env) * _log_abs(node.base, env)
    if isinstance(node, Add) and _positive(node):
        return _logsumexp([_log(arg, env) for arg in node.args], env)
    if isinstance(node, Fn):
        return _log_function(node, env)
    return jnp.log(compile_jax(node)(env))


def _log_abs(node: Node, env: Env) -> jax.Array:
    """log of the modulus, for factors and bases whose sign cancels (``(u - 3)**2``)."""
    if _positive(node) or isinstance(node, Mul):
        return _log(node, env)
    if isinstance(node, Fn) and node.name == "log" and isinstance(node.args[0], Fn) and node.args[0].name == "sigmoid":
        return log_softplus(-compile_jax(node.args[0].args[0])(env))
    return jnp.log(jnp.abs(compile_jax(node)(env)))


def _log_function(node: Fn, env: Env) -> jax.Array:
    (arg, *_) = node.args
    if node.name == "exp":
        return compile_jax(arg)(env)
    if node.name == "softplus":
        return log_softplus(compile_jax(arg)(env))
    if node.name == "sigmoid":
        return -jax.nn.softplus(-compile_jax(arg)(env))
    if node.name == "log1p" and _positive(arg):
        return log_softplus(_log(arg, env))
    if node.name == "log" and isinstance(arg, Add) and _positive(arg) and any(_is_one(term) for term in arg.args):
        position = next(index for index, term in enumerate(arg.args) if _is_one(term))
        rest = [_log(term, env) for index, term in enumerate(arg.args) if index != position]
        return log_softplus(_logsumexp(rest, env))
    return jnp.log(compile_jax(node)(env))


def log_softplus(t: jax.Array) -> jax.Array:
    """log(log(1 + exp(t))) without underflow: t itself below -40, where softplus(t) = exp(t) to 18 digits."""
    small = t < -40.0
    return jnp.where(small, t, jnp.log(jax.nn.softplus(jnp.where(small, 0.0, t))))


def _logsumexp(terms: list[jax.Array], env: Env) -> jax.Array:
    total = terms[0] + jnp.zeros_like(env["u"])
    for term in terms[1:]:
        total = jnp.logaddexp(total, term)
    return total


def _is_one(node: Node) -> bool:
    return isinstance(node, Num) and node.value == 1


def _positive(node: Node) -> bool:
    """Whether ``node`` is positive by its form, whatever u is."""
    if isinstance(node, Num):
        return node.value > 0
    if isinstance(node, Fn):
        return node.name in {"exp", "softplus", "sigmoid", "cosh"} or (
            node.name == "log" and isinstance(node.args[0], Add) and _exceeds_one(node.args[0])
        )
    if isinstance(node, Pow):
        return _positive(node.base)
    return isinstance(node, Add | Mul) and all(_positive(arg) for arg in node.args)


def _exceeds_one(node: Add) -> bool:
    return _positive(node) and any(_is_one(term) for term in node.args)
