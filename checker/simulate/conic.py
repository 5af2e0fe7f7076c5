"""A convex program solved by CLARABEL, polished where it is a quadratic program, with our own residual.

The one idea to know: a solver's word is not evidence.  The optimality conditions of the standard form

    minimise 1/2 x'Px + c'x   subject to   b - Ax in {0} x R+ x second-order cones x semidefinite matrices

are evaluated here, and a quadratic program is solved once more as a linear system on its active set, with residuals in
extended precision, because a margin at radius 1e5 needs thirteen digits of the reference.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, TypeAlias

import clarabel
import cvxpy as cp
import numpy as np
import numpy.typing as npt
from scipy import sparse

from checker.expr.errors import UnsupportedError

Array: TypeAlias = npt.NDArray[np.float64]
SOLVER_TOLERANCES = (1e-12, 1e-10, 1e-8)
REFINEMENTS = 4
ACTIVE_SETS = 20
MAX_POLISHED = 2000


class ReferenceFailure(Exception):
    """This instance has no reference solution that can be trusted: infeasible, unbounded, or a large residual."""


@dataclass(frozen=True, slots=True)
class Solved:
    """The program's variables carry their values afterwards; this says how well they solve it."""

    residual: float
    polished: bool


@dataclass(frozen=True, slots=True)
class _Standard:
    """P (n, n), c (n,), A (m, n), b (m,): rows are equalities, then inequalities, second-order cones, and symmetric
    matrices of the orders ``matrices`` (upper triangles column by column, off the diagonal times sqrt 2)."""

    P: Array
    c: Array
    A: Array
    b: Array
    equalities: int
    inequalities: int
    cones: tuple[int, ...]
    matrices: tuple[int, ...] = ()


def solve(problem: cp.Problem) -> Solved:
    """Solve ``problem`` in place (values of variables and duals of constraints).

    Raises ``UnsupportedError`` where cvxpy does not see a convex program, ``ReferenceFailure`` where there is no
    solution.
    """
    if not problem.is_dcp():
        raise UnsupportedError("cvxpy", "this program as a convex one (disciplined convex programming)")
    data, chain, inverse = problem.get_problem_data(cp.CLARABEL, solver_opts={})
    dims = data["dims"]
    if dims.exp or getattr(dims, "p3d", ()):
        raise UnsupportedError("cvxpy", "an exponential or power cone with a residual of our own")
    form = _standard(data)
    best: tuple[float, Array, Array, bool] | None = None
    for tolerance in SOLVER_TOLERANCES:
        candidate = _attempt(form, tolerance)
        if best is None or candidate[0] < best[0]:
            best = candidate
        if best[0] <= tolerance:
            break
    assert best is not None
    residual, x, z, polished = best
    value = float(0.5 * x @ form.P @ x + form.c @ x)
    answer = SimpleNamespace(
        x=x, z=z, s=form.b - form.A @ x, status="Solved", obj_val=value, obj_val_dual=value, solve_time=0.0,
        iterations=0,
    )
    problem.unpack_results(answer, chain, inverse)
    return Solved(residual, polished)


def least_norm(rows: Array) -> tuple[Array, Array, float]:
    """The shortest w with rows @ w >= 1: w (p,), multipliers (m,) with w = rows.T @ multipliers, and the residual.

    Raises ``ReferenceFailure`` where there is no such w (the rows are not separable).
    """
    count, size = rows.shape
    form = _Standard(np.eye(size), np.zeros(size), -rows, -np.ones(count), 0, count, ())
    residual, w, multipliers, _ = min((_attempt(form, each) for each in SOLVER_TOLERANCES[:2]), key=lambda one: one[0])
    return w, multipliers, residual


def _standard(data: dict[str, Any]) -> _Standard:
    dims = data["dims"]
    c, A, b = np.asarray(data["c"], dtype=np.float64), data["A"].toarray(), np.asarray(data["b"], dtype=np.float64)
    P = data["P"].toarray() if data.get("P") is not None else np.zeros((c.size, c.size))
    P = np.triu(P) + np.triu(P, 1).T
    cones, matrices = (tuple(int(size) for size in sizes) for sizes in (dims.soc, dims.psd))
    return _Standard(P, c, A, b, int(dims.zero), int(dims.nonneg), cones, matrices)


def _attempt(form: _Standard, tolerance: float) -> tuple[float, Array, Array, bool]:
    """Residual, x, z and whether they were polished; what counts is our residual and not what the solver says of it."""
    found = _clarabel(form, tolerance)
    x, z = np.asarray(found.x, dtype=np.float64), np.asarray(found.z, dtype=np.float64)
    # Only a proof that there is no solution, or no point at all, ends it here.
    if "Infeasible" in str(found.status) or not np.all(np.isfinite(x)):
        raise ReferenceFailure(f"the solver says {found.status}")
    residual = kkt_residual(form, x, z)
    if not form.cones and not form.matrices and x.size + z.size <= MAX_POLISHED:
        better = _polish(form, x, z)
        if better is not None and (sharper := kkt_residual(form, *better)) <= residual:
            return sharper, *better, True
    return residual, x, z, False


def _clarabel(form: _Standard, tolerance: float) -> Any:
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = tolerance
    cones: list[Any] = []
    if form.equalities:
        cones.append(clarabel.ZeroConeT(form.equalities))
    if form.inequalities:
        cones.append(clarabel.NonnegativeConeT(form.inequalities))
    cones += [clarabel.SecondOrderConeT(size) for size in form.cones]
    cones += [clarabel.PSDTriangleConeT(order) for order in form.matrices]
    upper = sparse.csc_matrix(np.triu(form.P))
    return clarabel.DefaultSolver(upper, form.c, sparse.csc_matrix(form.A), form.b, cones, settings).solve()


def kkt_residual(form: _Standard, x: Array, z: Array) -> float:
    """The largest relative violation of stationarity, feasibility and complementarity; 0 is optimal."""
    Px, Atz, s = form.P @ x, form.A.T @ z, form.b - form.A @ x
    stationarity = _relative(Px + form.c + Atz, Px, form.c, Atz)
    primal, dual = _outside(form, s, free=False), _outside(form, z, free=True)
    scale_s, scale_z = 1 + np.abs(form.b).max(initial=0), 1 + np.abs(form.c).max(initial=0)
    gap = abs(float(z @ s)) / (1 + abs(float(x @ Px)) + abs(float(form.c @ x)))
    return float(max(stationarity, primal / scale_s, dual / scale_z, gap))


def _relative(error: Array, *terms: Array) -> float:
    scale = 1 + max(float(np.abs(term).max(initial=0)) for term in terms)
    return float(np.abs(error).max(initial=0)) / scale


def _outside(form: _Standard, point: Array, *, free: bool) -> float:
    """How far ``point`` lies outside the cone (``free``: outside its dual, where equality rows are unconstrained)."""
    first, second = form.equalities, form.equalities + form.inequalities
    worst = 0.0 if free else float(np.abs(point[:first]).max(initial=0))
    worst = max(worst, float((-point[first:second]).max(initial=0)))
    start = second
    for size in form.cones:
        worst = max(worst, float(np.linalg.norm(point[start + 1 : start + size]) - point[start]))
        start += size
    for order in form.matrices:
        size = order * (order + 1) // 2
        worst = max(worst, -float(np.linalg.eigvalsh(_matrix(point[start : start + size], order))[0]))
        start += size
    return worst


def _matrix(triangle: Array, order: int) -> Array:
    """The symmetric matrix (order, order) of a scaled upper triangle."""
    columns, rows = np.tril_indices(order)  # the lower triangle row by row is the upper one column by column
    matrix = np.zeros((order, order))
    matrix[rows, columns] = matrix[columns, rows] = np.where(rows == columns, 1.0, np.sqrt(0.5)) * triangle
    return matrix


def _polish(form: _Standard, x: Array, z: Array) -> tuple[Array, Array] | None:
    """The KKT equations of a quadratic program on its active set, by iterative refinement in extended precision.

    Rows with a negative multiplier leave the set and violated rows enter it; ``None`` where no set is found that fits.
    """
    unequal = np.arange(z.size) >= form.equalities
    active = ~unequal | (z > form.b - form.A @ x)
    for _ in range(ACTIVE_SETS):
        x, z = _on_active_set(form, x, z, active)
        leaving = unequal & (z < -1e-12 * (1 + np.abs(z).max(initial=0)))
        entering = unequal & ~active & (form.b - form.A @ x < -1e-12 * (1 + np.abs(form.b).max(initial=0)))
        if not (np.any(leaving) or np.any(entering)):
            return x, np.where(unequal, np.maximum(z, 0.0), z)
        active = (active & ~leaving) | entering
    return None


def _on_active_set(form: _Standard, x: Array, z: Array, active: npt.NDArray[np.bool_]) -> tuple[Array, Array]:
    """Stationarity and equality on the active rows, solved; multipliers of the other rows are zero."""
    K = form.A[active]
    system = np.block([[form.P, K.T], [K, np.zeros((K.shape[0], K.shape[0]))]])
    point = np.concatenate([x, z[active]]).astype(np.longdouble)
    target = np.concatenate([-form.c, form.b[active]]).astype(np.longdouble)
    wide = system.astype(np.longdouble)
    inverse = np.linalg.pinv(system, rcond=1e-13)
    for _ in range(REFINEMENTS):
        point = point + inverse @ (target - wide @ point).astype(np.float64)
    multipliers = np.zeros_like(z)
    multipliers[active] = point[x.size :].astype(np.float64)
    return point[: x.size].astype(np.float64), multipliers
