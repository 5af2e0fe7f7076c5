"""A smooth program with affine equations, minimised by Newton's method: for references that no cone can say.

The one idea to know: the unknowns move in the null space of the equations, so every point on the way is feasible; what
comes out is a strict local minimiser (positive curvature along every feasible direction), and that it is the global one
is as true as the objective is convex, which is for the claim to prove.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
from jax import lax

from checker.expr.errors import UnsupportedError
from checker.expr.node import Node, Rel, sub
from checker.expr.to_jax import compile_jax
from checker.simulate.conic import ReferenceFailure
from checker.simulate.device import compiler_options

Array: TypeAlias = npt.NDArray[np.float64]
Shapes: TypeAlias = tuple[tuple[str, tuple[int, ...]], ...]
Known: TypeAlias = Mapping[str, Any]

MAX_UNKNOWNS = 500
ITERATIONS = 500
HALVINGS = 300  # an objective like exp(-100) cosh(x) - x has Newton steps that are 1e43 times too long
PATIENCE = 6
EPSILON = float(np.finfo(np.float64).eps)


class Smooth(NamedTuple):
    """The minimiser ``z`` (p,), multipliers (m,) of the equations (0 = grad f + A' multipliers), value, largest relative
    violation of the optimality conditions, and the least curvature along feasible directions."""

    z: jax.Array
    multipliers: jax.Array
    value: jax.Array
    residual: jax.Array
    curvature: jax.Array


def minimise(objective: Node, equations: tuple[Node, ...], shapes: Shapes, known: Known) -> tuple[Smooth, tuple[int, ...]]:
    """The minimiser of ``objective`` over unknowns of ``shapes`` under ``equations``, and the length of each equation.

    Unknowns lie in ``z`` one after another, row by row.  Raises ``UnsupportedError`` for what is not an equation, or not
    affine; ``ReferenceFailure`` where there is no feasible point or no strict minimiser.
    """
    size = sum(int(np.prod(shape)) for _, shape in shapes)
    if size > MAX_UNKNOWNS:
        needed = 3 * 8 * size**2 / 2**20
        raise UnsupportedError("Newton", f"{size} unknowns ({needed:.0f} MiB a step; the limit is {MAX_UNKNOWNS})")
    for equation in equations:
        if not (isinstance(equation, Rel) and equation.op == "=="):
            raise UnsupportedError("Newton", "a constraint that is no equation, with an objective that cvxpy cannot say")
    numbers = {name: jnp.asarray(value, dtype=jnp.float64) for name, value in known.items()}
    solver, lengths = _solver(objective, equations, shapes)
    found = jax.device_get(solver(numbers))
    if not np.isfinite(found.value):
        raise ReferenceFailure("the equations have no solution, or are not affine")
    if not found.curvature > 0:
        raise ReferenceFailure(f"no strict minimiser: curvature {found.curvature:.1e} along a feasible direction")
    return found, lengths(numbers)


@lru_cache(maxsize=64)
def _solver(
    objective: Node, equations: tuple[Node, ...], shapes: Shapes
) -> tuple[Callable[[Known], Smooth], Callable[[Known], tuple[int, ...]]]:
    """The compiled solver of one program, and a function for the lengths of its equations."""
    value_of = compile_jax(objective)
    gaps = [compile_jax(sub(equation.left, equation.right)) for equation in equations if isinstance(equation, Rel)]
    size = sum(int(np.prod(shape)) for _, shape in shapes)

    def named(z: jax.Array) -> dict[str, jax.Array]:
        parts, start = {}, 0
        for name, shape in shapes:
            count = int(np.prod(shape))
            parts[name] = z[start : start + count].reshape(shape)
            start += count
        return parts

    def solve(known: Known) -> Smooth:
        def function(z: jax.Array) -> jax.Array:
            return value_of({**known, **named(z)})

        def gap(z: jax.Array) -> jax.Array:
            values = [jnp.ravel(each({**known, **named(z)})) for each in gaps]
            return jnp.concatenate(values) if values else jnp.zeros(0)

        return _newton(function, gap, size)

    def lengths(known: Known) -> tuple[int, ...]:
        origin = {**known, **named(jnp.zeros(size))}
        return tuple(int(np.prod(jax.eval_shape(each, origin).shape)) for each in gaps)

    options = compiler_options(str(jax.default_backend()), thorough=False)
    return jax.jit(solve, compiler_options=options), lengths


class _State(NamedTuple):
    z: jax.Array
    slope: jax.Array  # gradient along the free directions
    step: jax.Array  # the next Newton step
    curvature: jax.Array  # the least one along a free direction
    best: jax.Array  # shortest Newton step so far, relative to the point
    stalled: jax.Array
    taken: jax.Array


def _newton(function: Callable[[jax.Array], jax.Array], gap: Callable[[jax.Array], jax.Array], size: int) -> Smooth:
    """Newton steps with halving from the shortest feasible point; pure.  The value is NaN where nothing is feasible."""
    origin = jnp.zeros(size)
    A, offset = jax.jacfwd(gap)(origin), gap(origin)
    start, basis, free = _feasible(A, offset)
    elsewhere = jnp.where(jnp.arange(size) % 2 == 0, 1.0, -0.5) + start
    scale = 1.0 + jnp.max(jnp.abs(offset), initial=0.0)
    affine = jnp.all(jnp.abs(gap(elsewhere) - offset - A @ elsewhere) <= 1e-9 * (scale + jnp.sum(jnp.abs(A), axis=1)))
    feasible = jnp.all(jnp.abs(A @ start + offset) <= 1e-9 * scale)
    scales = 0.5 ** jnp.arange(HALVINGS, dtype=jnp.float64)

    def body(state: _State) -> _State:
        """Move by the step of the state, as far as that gains, and look around there."""
        here = function(state.z)
        trials = jax.vmap(lambda share: function(state.z + share * state.step))(scales)
        grain = 16 * EPSILON * jnp.abs(here)
        gain = scales * (state.slope @ (basis.T @ state.step))
        lower = jnp.isfinite(trials) & (trials <= here + 1e-4 * gain + grain)
        # where the value no longer tells its last digits apart, the gradient still does
        ahead = jnp.linalg.norm(basis.T @ jax.grad(function)(state.z + state.step))
        flatter = (ahead <= 0.5 * jnp.linalg.norm(state.slope)) & jnp.isfinite(trials[0])
        share = jnp.where(flatter, 1.0, jnp.where(jnp.any(lower), scales[jnp.argmax(lower)], 0.0))
        z = state.z + share * state.step

        slope = basis.T @ jax.grad(function)(z)
        hessian = basis.T @ jax.hessian(function)(z) @ basis
        others = jnp.diag((1.0 - free) * jnp.max(jnp.abs(hessian)))
        values, vectors = jnp.linalg.eigh(0.5 * (hessian + hessian.T) + others)
        sizes = jnp.abs(values)
        step = basis @ -(vectors @ jnp.where(sizes > 0, (vectors.T @ slope) / jnp.where(sizes > 0, sizes, 1.0), 0.0))
        # eigenvectors of directions that are not free count for nothing
        moves = jnp.sum((vectors * free[:, None]) ** 2, axis=0) > 0.5
        length = jnp.linalg.norm(step) / (1.0 + jnp.linalg.norm(z))
        # a full step that neither gains nor shrinks is rounding
        better = (share < 1.0) | (trials[0] < here - grain) | (length < 0.5 * state.best)
        return _State(
            z,
            slope,
            step,
            jnp.min(jnp.where(moves, values, jnp.inf)),
            jnp.minimum(state.best, length),
            jnp.where(better & (share > 0), 0, state.stalled + 1),
            state.taken + 1,
        )

    def unfinished(state: _State) -> jax.Array:
        return (state.stalled < PATIENCE) & (state.taken < ITERATIONS) & (state.best > EPSILON)

    nothing, none = jnp.asarray(jnp.inf), jnp.asarray(0)
    # the first step is none: it only looks around
    end = lax.while_loop(unfinished, body, _State(start, origin, origin, nothing, nothing, none, none))
    z, gradient = end.z, jax.grad(function)(end.z)
    held = jnp.max(jnp.abs(A @ z + offset), initial=0.0) / scale
    still = jnp.max(jnp.abs(end.slope)) / (1.0 + jnp.max(jnp.abs(gradient)))
    residual = jnp.maximum(jnp.maximum(held, still), jnp.linalg.norm(end.step) / (1.0 + jnp.linalg.norm(z)))
    multipliers = -jnp.linalg.pinv(A.T) @ gradient if A.shape[0] else jnp.zeros(0)
    value = jnp.where(affine & feasible, function(z), jnp.nan)
    return Smooth(z, multipliers, value, residual, end.curvature)


def _feasible(A: jax.Array, offset: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
    """The shortest point with A z + offset = 0, an orthonormal basis as columns (zero where it is not free), and which
    columns are free."""
    size = A.shape[1]
    if A.shape[0] == 0:
        return jnp.zeros(size), jnp.eye(size), jnp.ones(size)
    _, singular, rows = jnp.linalg.svd(A, full_matrices=True)
    all_singular = jnp.zeros(size).at[: singular.shape[0]].set(singular)
    free = (all_singular <= 1e-12 * jnp.max(singular)).astype(jnp.float64)
    return -jnp.linalg.pinv(A, rtol=1e-12) @ offset, rows.T * free, free
