"""The functions of the grammar: one row each, and nothing about a function is said anywhere else.

A row tells where a function is defined, its derivative, its shape (monotone, even, bounded), how it is spelled by each
reader, and how far the JAX implementation may be from the truth.  A new function is one new row (and a recipe in a
reader only where its library has no function of that name).  This module stays light: readers look names up in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Literal, TypeAlias

from checker.expr.node import MINUS_ONE, ONE, ZERO, Add, Const, Fn, Mul, Node, Num, Or, Piecewise, Pow, Rel, num

Args: TypeAlias = tuple[Node, ...]
Kind: TypeAlias = Literal["scalar", "reduction", "vector", "matrix", "operator", "estimator"]

HALF = Num(Fraction(1, 2))
TWO = num(2)
PI = Const("pi")


@dataclass(frozen=True, slots=True)
class Function:
    """One function of the grammar.

    ``kind``: ``scalar`` acts entry by entry; ``reduction`` takes vectors to a scalar; ``vector`` and ``matrix`` give
    arrays; ``operator`` differentiates (``grad``, ``hessian``); ``estimator`` reduces a recorded axis of a
    measurement and means nothing to a prover.  ``largest`` is ``None`` where any number of arguments is taken.

    ``defined`` gives the conditions under which the value exists *given that the arguments exist* (for a vector
    argument each condition is meant entry by entry).  ``derivative`` gives one partial derivative per argument; at a
    kink (``abs``, ``max``, ``relu``) it is the value that training code uses.  ``monotone`` holds on the whole domain
    of a function of one argument.  ``lo`` and ``hi`` enclose the values, exactly unless the true bound is irrational.
    ``expansion`` is the same function in simpler ones, for readers that have no function of that name.

    ``arb`` is the method of ``flint.arb``; ``jax`` the recipe in ``to_jax``; ``ulp`` the largest error of that recipe
    in float64, in units in the last place of the true value, for finite results and arguments up to 800 in modulus.
    """

    name: str
    doc: str
    kind: Kind = "scalar"
    least: int = 1
    largest: int | None = 1
    defined: Callable[[Args], tuple[Node, ...]] | None = None
    derivative: Callable[[Args], tuple[Node, ...]] | None = None
    monotone: Literal["increasing", "decreasing"] | None = None
    parity: Literal["even", "odd"] | None = None
    lo: Fraction | None = None
    hi: Fraction | None = None
    strict: bool = False  # the bounds are never attained
    expansion: Callable[[Args], Node] | None = None
    sympy: str | None = None
    arb: str | None = None
    z3: str | None = None
    jax: str | None = None
    latex: str | None = None
    ulp: float | None = None


def fn(name: str, *args: Node) -> Fn:
    """``name(*args)``."""
    return Fn(name, args)


def _minus(arg: Node) -> Node:
    return Mul((MINUS_ONE, arg))


def _inverse(arg: Node) -> Node:
    return Pow(arg, MINUS_ONE)


def _square(arg: Node) -> Node:
    return Pow(arg, TWO)


def _root(arg: Node) -> Node:
    return Pow(arg, HALF)


def _off_the_poles(arg: Node) -> Node:
    return Or((Rel(">", arg, ZERO), Rel("!=", fn("floor", arg), arg)))


def _erf_slope(arg: Node) -> Node:
    return Mul((TWO, Pow(PI, Num(Fraction(-1, 2))), fn("exp", _minus(_square(arg)))))


def _binomial_slopes(args: Args) -> tuple[Node, ...]:
    n, k = args
    rest = Add((n, _minus(k), ONE))
    above, below, across = (fn("digamma", part) for part in (Add((n, ONE)), Add((k, ONE)), rest))
    return (
        Mul((fn("binomial", n, k), Add((above, _minus(across))))),
        Mul((fn("binomial", n, k), Add((across, _minus(below))))),
    )


def _entropy(args: Args) -> Node:
    p = args[0]
    return _minus(fn("sum", Piecewise(((Rel("==", p, ZERO), ZERO),), Mul((p, fn("log", p))))))


F0, F1 = Fraction(0), Fraction(1)

_SCALAR: tuple[Function, ...] = (
    Function(
        "exp", "Exponential.", derivative=lambda a: (fn("exp", a[0]),), monotone="increasing", lo=F0, strict=True,
        sympy="exp", arb="exp", jax="exp", latex=r"\exp", ulp=4,
    ),
    Function(
        "log", "Natural logarithm of a positive number.", defined=lambda a: (Rel(">", a[0], ZERO),),
        derivative=lambda a: (_inverse(a[0]),), monotone="increasing",
        sympy="log", arb="log", jax="log", latex=r"\log", ulp=4,
    ),
    Function(
        "abs", "Absolute value.", derivative=lambda a: (fn("sign", a[0]),), parity="even", lo=F0,
        sympy="Abs", arb="__abs__", z3="abs", jax="abs", ulp=0,
    ),
    Function(
        "sign", "-1, 0 or 1.", derivative=lambda a: (ZERO,), monotone="increasing", parity="odd", lo=-F1, hi=F1,
        sympy="sign", arb="sgn", z3="sign", jax="sign", latex=r"\operatorname{sign}", ulp=0,
    ),
    Function(
        "floor", "Largest integer not above.", derivative=lambda a: (ZERO,), monotone="increasing",
        sympy="floor", arb="floor", jax="floor", latex=r"\operatorname{floor}", ulp=0,
    ),
    Function(
        "sin", "Sine.", derivative=lambda a: (fn("cos", a[0]),), parity="odd", lo=-F1, hi=F1,
        sympy="sin", arb="sin", jax="sin", latex=r"\sin", ulp=4,
    ),
    Function(
        "cos", "Cosine.", derivative=lambda a: (_minus(fn("sin", a[0])),), parity="even", lo=-F1, hi=F1,
        sympy="cos", arb="cos", jax="cos", latex=r"\cos", ulp=4,
    ),
    Function(
        "tan", "Tangent.", defined=lambda a: (Rel("!=", fn("cos", a[0]), ZERO),),
        derivative=lambda a: (Add((ONE, _square(fn("tan", a[0])))),), parity="odd",
        sympy="tan", arb="tan", jax="tan", latex=r"\tan", ulp=4,
    ),
    Function(
        "asin", "Inverse sine on [-1, 1].", defined=lambda a: (Rel("<=", MINUS_ONE, a[0]), Rel("<=", a[0], ONE)),
        derivative=lambda a: (_inverse(_root(Add((ONE, _minus(_square(a[0])))))),), monotone="increasing", parity="odd",
        lo=Fraction(-11, 7), hi=Fraction(11, 7), sympy="asin", arb="asin", jax="asin", latex=r"\arcsin", ulp=4,
    ),
    Function(
        "acos", "Inverse cosine on [-1, 1].", defined=lambda a: (Rel("<=", MINUS_ONE, a[0]), Rel("<=", a[0], ONE)),
        derivative=lambda a: (_minus(_inverse(_root(Add((ONE, _minus(_square(a[0]))))))),), monotone="decreasing",
        lo=F0, hi=Fraction(22, 7), sympy="acos", arb="acos", jax="acos", latex=r"\arccos", ulp=4,
    ),
    Function(
        "atan", "Inverse tangent.", derivative=lambda a: (_inverse(Add((ONE, _square(a[0])))),), monotone="increasing",
        parity="odd", lo=Fraction(-11, 7), hi=Fraction(11, 7), strict=True,
        sympy="atan", arb="atan", jax="atan", latex=r"\arctan", ulp=4,
    ),
    Function(
        "sinh", "Hyperbolic sine.", derivative=lambda a: (fn("cosh", a[0]),), monotone="increasing", parity="odd",
        sympy="sinh", arb="sinh", jax="sinh", latex=r"\sinh", ulp=4,
    ),
    Function(
        "cosh", "Hyperbolic cosine.", derivative=lambda a: (fn("sinh", a[0]),), parity="even", lo=F1,
        sympy="cosh", arb="cosh", jax="cosh", latex=r"\cosh", ulp=4,
    ),
    Function(
        "tanh", "Hyperbolic tangent.", derivative=lambda a: (_inverse(_square(fn("cosh", a[0]))),),
        monotone="increasing", parity="odd", lo=-F1, hi=F1,
        strict=True, sympy="tanh", arb="tanh", jax="tanh", latex=r"\tanh", ulp=4,
    ),
    Function(
        "asinh", "Inverse hyperbolic sine.", derivative=lambda a: (_inverse(_root(Add((ONE, _square(a[0]))))),),
        monotone="increasing", parity="odd",
        sympy="asinh", arb="asinh", jax="asinh", latex=r"\operatorname{arsinh}", ulp=4,
    ),
    Function(
        "acosh", "Inverse hyperbolic cosine on [1, oo).", defined=lambda a: (Rel(">=", a[0], ONE),),
        derivative=lambda a: (_inverse(Mul((_root(Add((a[0], MINUS_ONE))), _root(Add((a[0], ONE)))))),),
        monotone="increasing", lo=F0, sympy="acosh", arb="acosh", jax="acosh", latex=r"\operatorname{arcosh}", ulp=4,
    ),
    Function(
        "atanh", "Inverse hyperbolic tangent on (-1, 1).",
        defined=lambda a: (Rel("<", MINUS_ONE, a[0]), Rel("<", a[0], ONE)),
        derivative=lambda a: (_inverse(Add((ONE, _minus(_square(a[0]))))),), monotone="increasing", parity="odd",
        sympy="atanh", arb="atanh", jax="atanh", latex=r"\operatorname{artanh}", ulp=4,
    ),
    Function(
        "erf", "Error function.", derivative=lambda a: (_erf_slope(a[0]),), monotone="increasing", parity="odd", lo=-F1,
        hi=F1, strict=True, sympy="erf", arb="erf", jax="erf", latex=r"\operatorname{erf}", ulp=4,
    ),
    Function(
        "erfc", "1 - erf(x), accurate in the tail.", derivative=lambda a: (_minus(_erf_slope(a[0])),),
        monotone="decreasing", lo=F0, hi=Fraction(2), strict=True,
        expansion=lambda a: Add((ONE, _minus(fn("erf", a[0])))),
        sympy="erfc", arb="erfc", jax="erfc", latex=r"\operatorname{erfc}", ulp=16,
    ),
    Function(
        "normcdf", "Distribution function of the standard normal law.",
        derivative=lambda a: (
            Mul((Pow(Mul((TWO, PI)), Num(Fraction(-1, 2))), fn("exp", Mul((Num(Fraction(-1, 2)), _square(a[0])))))),
        ),
        monotone="increasing", lo=F0, hi=F1, strict=True,
        expansion=lambda a: Mul((HALF, fn("erfc", Mul((MINUS_ONE, a[0], Pow(TWO, Num(Fraction(-1, 2)))))))),
        jax="normcdf", latex=r"\Phi", ulp=16,
    ),
    Function(
        "sigmoid", "1/(1 + exp(-x)).",
        derivative=lambda a: (Mul((fn("sigmoid", a[0]), fn("sigmoid", _minus(a[0])))),),
        monotone="increasing", lo=F0, hi=F1, strict=True,
        expansion=lambda a: _inverse(Add((ONE, fn("exp", _minus(a[0]))))), jax="sigmoid", latex=r"\sigma", ulp=4,
    ),
    Function(
        "softplus", "log(1 + exp(x)).", derivative=lambda a: (fn("sigmoid", a[0]),), monotone="increasing", lo=F0,
        strict=True, expansion=lambda a: fn("log", Add((ONE, fn("exp", a[0])))),
        jax="softplus", latex=r"\operatorname{softplus}", ulp=4,
    ),
    Function(
        "relu", "max(x, 0).",
        derivative=lambda a: (Piecewise(((Rel(">", a[0], ZERO), ONE),), ZERO),), monotone="increasing", lo=F0,
        expansion=lambda a: fn("max", a[0], ZERO), jax="relu", latex=r"\operatorname{relu}", ulp=0,
    ),
    Function(
        "log1p", "log(1 + x), accurate near 0.", defined=lambda a: (Rel(">", a[0], MINUS_ONE),),
        derivative=lambda a: (_inverse(Add((ONE, a[0]))),), monotone="increasing",
        expansion=lambda a: fn("log", Add((ONE, a[0]))), arb="log1p", jax="log1p", latex=r"\operatorname{log1p}", ulp=4,
    ),
    Function(
        "expm1", "exp(x) - 1, accurate near 0.", derivative=lambda a: (fn("exp", a[0]),), monotone="increasing", lo=-F1,
        strict=True, expansion=lambda a: Add((fn("exp", a[0]), MINUS_ONE)),
        arb="expm1", jax="expm1", latex=r"\operatorname{expm1}", ulp=4,
    ),
    Function(
        "LambertW", "Principal branch of w*exp(w) = x, for x >= -exp(-1).",
        defined=lambda a: (Rel(">=", a[0], _minus(fn("exp", MINUS_ONE))),),
        derivative=lambda a: (
            Mul((fn("exp", _minus(fn("LambertW", a[0]))), _inverse(Add((ONE, fn("LambertW", a[0])))))),
        ),
        monotone="increasing", lo=-F1, sympy="LambertW", arb="lambertw", jax="lambertw", latex="W", ulp=64,
    ),
    Function(
        "gamma", "Gamma function.", defined=lambda a: (_off_the_poles(a[0]),),
        derivative=lambda a: (Mul((fn("gamma", a[0]), fn("digamma", a[0]))),),
        sympy="gamma", arb="gamma", jax="gamma", latex=r"\Gamma", ulp=2000,
    ),
    Function(
        "loggamma", "Logarithm of the Gamma function of a positive number.", defined=lambda a: (Rel(">", a[0], ZERO),),
        derivative=lambda a: (fn("digamma", a[0]),),
        sympy="loggamma", arb="lgamma", jax="loggamma", latex=r"\log\Gamma", ulp=16,
    ),
    Function(
        "digamma", "Derivative of loggamma.", defined=lambda a: (_off_the_poles(a[0]),),
        derivative=lambda a: (fn("polygamma", ONE, a[0]),),
        sympy="digamma", arb="digamma", jax="digamma", latex=r"\psi", ulp=32,
    ),
    Function(
        "polygamma", "polygamma(k, x): the k-th derivative of digamma, k = 1, 2, ...", least=2, largest=2,
        defined=lambda a: (Rel(">=", a[0], ONE), Rel("==", fn("floor", a[0]), a[0]), _off_the_poles(a[1])),
        derivative=lambda a: (ZERO, fn("polygamma", Add((a[0], ONE)), a[1])),
        sympy="polygamma", jax="polygamma", latex=r"\operatorname{polygamma}", ulp=32,
    ),
    Function(
        "factorial", "n! = gamma(n + 1).", defined=lambda a: (_off_the_poles(Add((a[0], ONE))),),
        derivative=lambda a: (Mul((fn("factorial", a[0]), fn("digamma", Add((a[0], ONE))))),),
        expansion=lambda a: fn("gamma", Add((a[0], ONE))), sympy="factorial", jax="factorial", ulp=2000,
    ),
    Function(
        "binomial", "Binomial coefficient by gamma functions, n not a negative integer.", least=2, largest=2,
        defined=lambda a: (_off_the_poles(Add((a[0], ONE))),), derivative=_binomial_slopes,
        expansion=lambda a: Mul((
            fn("gamma", Add((a[0], ONE))),
            _inverse(Mul((fn("gamma", Add((a[1], ONE))), fn("gamma", Add((a[0], _minus(a[1]), ONE)))))),
        )),
        sympy="binomial", jax="binomial", ulp=16000,
    ),
    Function(
        "hypot", "sqrt(x**2 + y**2).", least=2, largest=2, lo=F0,
        derivative=lambda a: tuple(Mul((part, _inverse(fn("hypot", *a)))) for part in a),
        expansion=lambda a: _root(Add((_square(a[0]), _square(a[1])))), jax="hypot",
        latex=r"\operatorname{hypot}", ulp=4,
    ),
)

_REDUCTIONS: tuple[Function, ...] = (
    Function(
        "max", "Largest of the arguments, or of the entries of one vector.", kind="reduction", largest=None,
        sympy="Max", arb="max", z3="max", jax="max", latex=r"\max", ulp=0,
    ),
    Function(
        "min", "Smallest of the arguments, or of the entries of one vector.", kind="reduction", largest=None,
        sympy="Min", arb="min", z3="min", jax="min", latex=r"\min", ulp=0,
    ),
    Function("sum", "Sum of all entries.", kind="reduction", jax="sum", latex=r"\operatorname{sum}"),
    Function("mean", "Mean of all entries.", kind="reduction", jax="mean", latex=r"\operatorname{mean}"),
    Function("dot", "Inner product of two vectors.", kind="reduction", least=2, largest=2, jax="dot"),
    Function(
        "norm", "Euclidean norm of all entries; others: norm(x, 1), norm(x, oo), norm(X, 2), norm(X, fro | nuc).",
        kind="reduction", lo=F0, expansion=lambda a: _root(fn("sum", _square(a[0]))), jax="norm",
    ),
    Function(
        "norm_1", "Sum of absolute values: written norm(x, 1).", kind="reduction", lo=F0,
        expansion=lambda a: fn("sum", fn("abs", a[0])), jax="norm_1",
    ),
    Function(
        "norm_oo", "Largest absolute value: written norm(x, oo).", kind="reduction", lo=F0,
        expansion=lambda a: fn("max", fn("abs", a[0])), jax="norm_oo",
    ),
    Function(
        "norm_fro", "Frobenius norm: written norm(X, fro).", kind="reduction", lo=F0,
        expansion=lambda a: _root(fn("sum", _square(a[0]))), jax="norm",
    ),
    Function(
        "norm_2", "Largest singular value (a vector's Euclidean norm): written norm(X, 2).", kind="reduction", lo=F0,
        jax="norm_2",
    ),
    Function("norm_nuc", "Nuclear norm: written norm(X, nuc).", kind="reduction", lo=F0, jax="norm_nuc"),
    Function(
        "logsumexp", "log(sum(exp(v))).", kind="reduction",
        expansion=lambda a: fn("log", fn("sum", fn("exp", a[0]))), jax="logsumexp",
        latex=r"\operatorname{logsumexp}", ulp=16,
    ),
    Function(
        "entropy", "-sum(p*log(p)), where 0*log(0) = 0.", kind="reduction", defined=lambda a: (Rel(">=", a[0], ZERO),),
        expansion=_entropy, jax="entropy", latex="H",
    ),
)

_MATRIX: tuple[Function, ...] = (
    Function("matmul", "Matrix product: written A @ B.", kind="matrix", least=2, largest=2, jax="matmul"),
    Function("transpose", "Transpose: written A.T.", kind="matrix", jax="transpose"),
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
    {row.name: row for row in (*_SCALAR, *_REDUCTIONS, *_MATRIX, *_ESTIMATORS)}
)

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
