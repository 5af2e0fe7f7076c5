"""The functions of the grammar: one row each, and nothing about a function is said anywhere else.

A row tells where a function is defined, its derivative, its shape (monotone, even, bounded), how it is spelled by each
reader, and how far the JAX implementation may be from the truth.  A new function is one new row (and a recipe in a
reader only where its library has no function of that name).  This module stays light: readers look names up in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from types import MappingProxyType

from checker.expr.node import MINUS_ONE, ZERO, Mul, Node, Piecewise, Pow, Rel
from checker.expr.row import HALF, PI, TWO, Args, Function, fn
from checker.expr.scalar_functions import SCALAR

__all__ = ["FORMS", "FUNCTIONS", "HALF", "INTERNAL", "JUMPS", "KINKS", "NORMS", "PI", "TWO", "Function", "fn"]

F0 = Fraction(0)


def _minus(arg: Node) -> Node:
    return Mul((MINUS_ONE, arg))


def _root_of_squares(args: Args) -> Node:
    return Pow(fn("sum", Pow(args[0], TWO)), HALF)


def _entropy(args: Args) -> Node:
    p = args[0]
    return _minus(fn("sum", Piecewise(((Rel("==", p, ZERO), ZERO),), Mul((p, fn("log", p))))))


_REDUCTIONS: tuple[Function, ...] = (
    Function(
        "max", "Largest of the arguments, or of the entries of one vector.", kind="reduction", largest=None, rough="kink",
        sympy="Max", jax="max", latex=r"\max", ulp=0,
    ),
    Function(
        "min", "Smallest of the arguments, or of the entries of one vector.", kind="reduction", largest=None, rough="kink",
        sympy="Min", jax="min", latex=r"\min", ulp=0,
    ),
    Function("sum", "Sum of all entries.", kind="reduction", jax="sum", latex=r"\operatorname{sum}"),
    Function("mean", "Mean of all entries.", kind="reduction", jax="mean", latex=r"\operatorname{mean}"),
    Function("dot", "Inner product of two vectors.", kind="reduction", least=2, largest=2, jax="dot"),
    Function(
        "norm", "Euclidean norm of all entries; others: norm(x, 1), norm(x, oo), norm(X, 2), norm(X, fro), norm(X, nuc).",
        kind="reduction", lo=F0, expansion=_root_of_squares, jax="norm",
    ),
    Function(
        "norm_1", "Sum of absolute values: written norm(x, 1).", kind="reduction", lo=F0, rough="kink",
        expansion=lambda a: fn("sum", fn("abs", a[0])), jax="norm_1",
    ),
    Function(
        "norm_oo", "Largest absolute value: written norm(x, oo).", kind="reduction", lo=F0, rough="kink",
        expansion=lambda a: fn("max", fn("abs", a[0])), jax="norm_oo",
    ),
    Function(
        "norm_fro", "Frobenius norm: written norm(X, fro).", kind="reduction", lo=F0,
        expansion=_root_of_squares, jax="norm",
    ),
    Function(
        "norm_2", "Largest singular value (a vector's Euclidean norm): written norm(X, 2).", kind="reduction", lo=F0,
        jax="norm_2",
    ),
    Function("norm_nuc", "Nuclear norm: written norm(X, nuc).", kind="reduction", lo=F0, jax="norm_nuc"),
    Function(
        "logsumexp", "log(sum(exp(v))) (ulp: of the largest entry, if that is larger).", kind="reduction",
        expansion=lambda a: fn("log", fn("sum", fn("exp", a[0]))), jax="logsumexp",
        latex=r"\operatorname{logsumexp}", ulp=8,
    ),
    Function(
        "entropy", "-sum(p*log(p)), where 0*log(0) = 0.", kind="reduction", defined=lambda a: (Rel(">=", a[0], ZERO),),
        expansion=_entropy, jax="entropy", latex="H", ulp=8,
    ),
)

_MATRIX: tuple[Function, ...] = (
    Function("matmul", "Matrix product: written A @ B.", kind="matrix", least=2, largest=2, jax="matmul"),
    Function("transpose", "Transpose: written A.T.", kind="matrix", jax="transpose"),
    Function("offdiagonal", "The square matrix with zeros on its diagonal.", kind="matrix", jax="offdiagonal",
             latex=r"\operatorname{off}"),
    Function("unit_rows", "The matrix with each row divided by its Euclidean norm.", kind="matrix", jax="unit_rows",
             latex=r"\operatorname{unit\,rows}"),
    Function("trace", "Sum of the diagonal.", kind="reduction", jax="trace", latex=r"\operatorname{tr}"),
    Function("det", "Determinant.", kind="reduction", jax="det", latex=r"\det"),
    Function("inv", "Inverse of a square matrix.", kind="matrix", defined=lambda a: (Rel("!=", fn("det", a[0]), ZERO),),
             jax="inv"),
    Function("solve", "solve(A, b): the x with A @ x == b.", kind="vector", least=2, largest=2,
             defined=lambda a: (Rel("!=", fn("det", a[0]), ZERO),), jax="solve", latex=r"\operatorname{solve}"),
    Function("eigenvalues", "Eigenvalues of a symmetric matrix, ascending.", kind="vector", jax="eigenvalues",
             latex=r"\operatorname{eig}"),
    Function("eigenvectors", "Orthonormal eigenvectors of a symmetric matrix as columns, in the order of eigenvalues.",
             kind="matrix", jax="eigenvectors", latex=r"\operatorname{eigenvectors}"),
    Function("grad", "grad(f, theta): gradient of f in a vector symbol.", kind="operator", least=2, largest=2,
             jax="grad", latex=r"\nabla"),
    Function("hessian", "hessian(f, theta): matrix of second derivatives in a vector symbol.", kind="operator", least=2,
             largest=2, jax="hessian", latex=r"\nabla^2"),
)

_ESTIMATORS: tuple[Function, ...] = (
    Function("last", "last(x[, axis]): value at the end of the recorded axis.", kind="estimator", largest=2),
    Function("at", "at(x, t=5): value where the axis has that coordinate.", kind="estimator", least=3, largest=3),
    Function("next", "next(x[, axis]): the same one record later.", kind="estimator", largest=2),
    Function("slope", "slope(y, x): least-squares slope along the axis of x.", kind="estimator", least=2, largest=2),
    Function("decay_rate", "decay_rate(y, t): minus the slope of log(y) in t.", kind="estimator", least=2, largest=2),
    Function("regression", "regression(y, x, ...): least-squares coefficients.", kind="estimator", least=2,
             largest=None),
    Function("quantile", "quantile(x, p[, axis]): quantile along the recorded axis.", kind="estimator", least=2,
             largest=3),
    Function("first_time", "first_time(condition[, axis]): first coordinate where it holds; oo if never.",
             kind="estimator", largest=2),
    Function("boundary", "boundary(condition, x): where along the sweep the condition starts to hold.",
             kind="estimator", least=2, largest=2),
)

FUNCTIONS: Mapping[str, Function] = MappingProxyType(
    {row.name: row for row in (*SCALAR, *_REDUCTIONS, *_MATRIX, *_ESTIMATORS)}
)

# Discontinuous inside their domain, and continuous with kinks: what no prover may take for smooth.
JUMPS = frozenset(name for name, row in FUNCTIONS.items() if row.rough == "jump")
KINKS = frozenset(name for name, row in FUNCTIONS.items() if row.rough == "kink")

# Written by authors, but not nodes of the tree: the parser lowers them.
FORMS: Mapping[str, str] = MappingProxyType({
    "sqrt": "sqrt(x): x**(1/2).",
    "diff": "diff(f, x[, k]): k-th derivative, taken on the tree.",
    "limit": "limit(f, x, point[, left | right]).",
    "Integral": "Integral(f, (x, a, b)).",
    "Sum": "Sum(f, (n, a, b)).",
    "Product": "Product(f, (n, a, b)).",
    "E": "E(f): expectation over the symbols of f that have a law.",
})

# Spellings of norm(x, order).
NORMS: Mapping[str, str] = MappingProxyType(
    {"1": "norm_1", "2": "norm_2", "oo": "norm_oo", "fro": "norm_fro", "nuc": "norm_nuc"}
)
# Rows that authors reach by another spelling only.
INTERNAL = frozenset({"matmul", "transpose", *NORMS.values()})
