"""The rows of the functions that act entry by entry: elementary, special, and those that round or cut.

A row that jumps or bends says so (``rough``): provers that rely on continuity or on derivatives ask for it.
"""

from __future__ import annotations

from fractions import Fraction

from checker.expr.node import MINUS_ONE, ONE, ZERO, Add, Mul, Node, Num, Or, Piecewise, Pow, Rel
from checker.expr.row import HALF, PI, TWO, Args, Function, fn


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


def _clip_slopes(args: Args) -> tuple[Node, ...]:
    """In x, lo and hi; at a kink the slope of the inner piece is taken."""
    x, lo, hi = args
    above, below = Rel(">", x, hi), Rel("<", x, lo)
    crossed = Rel(">", lo, hi)  # then hi is the value
    ordered = isinstance(lo, Num) and isinstance(hi, Num) and lo.value <= hi.value
    beyond: Node = above if ordered else Or((above, crossed))
    return (
        Piecewise(((above, ZERO), (below, ZERO)), ONE),
        Piecewise(((beyond, ZERO), (below, ONE)), ZERO),
        Piecewise(((beyond, ONE),), ZERO),
    )


F0, F1 = Fraction(0), Fraction(1)

SCALAR: tuple[Function, ...] = (
    Function(
        "exp", "Exponential.", derivative=lambda a: (fn("exp", a[0]),), monotone="increasing", lo=F0, strict=True,
        sympy="exp", jax="exp", latex=r"\exp", ulp=4,
    ),
    Function(
        "log", "Natural logarithm of a positive number.", defined=lambda a: (Rel(">", a[0], ZERO),),
        derivative=lambda a: (_inverse(a[0]),), monotone="increasing",
        sympy="log", jax="log", latex=r"\log", ulp=4,
    ),
    Function(
        "abs", "Absolute value.", derivative=lambda a: (fn("sign", a[0]),), parity="even", lo=F0, rough="kink",
        sympy="Abs", jax="abs", ulp=0,
    ),
    Function(
        "sign", "-1, 0 or 1.", derivative=lambda a: (ZERO,), monotone="increasing", parity="odd", lo=-F1, hi=F1,
        rough="jump",
        sympy="sign", jax="sign", latex=r"\operatorname{sign}", ulp=0,
    ),
    Function(
        "floor", "Largest integer not above.", derivative=lambda a: (ZERO,), monotone="increasing", rough="jump",
        sympy="floor", jax="floor", latex=r"\operatorname{floor}", ulp=0,
    ),
    Function(
        "ceil", "Smallest integer not below.", derivative=lambda a: (ZERO,), monotone="increasing", rough="jump",
        expansion=lambda a: _minus(fn("floor", _minus(a[0]))),
        sympy="ceiling", jax="ceil", latex=r"\operatorname{ceil}", ulp=0,
    ),
    Function(
        "round", "Nearest integer, halves upwards: floor(x + 1/2).", derivative=lambda a: (ZERO,),
        monotone="increasing", rough="jump", expansion=lambda a: fn("floor", Add((a[0], HALF))),
        jax="round", latex=r"\operatorname{round}", ulp=0,
    ),
    Function(
        "clip", "clip(x, lo, hi): min(max(x, lo), hi).", least=3, largest=3, derivative=_clip_slopes, rough="kink",
        expansion=lambda a: fn("min", fn("max", a[0], a[1]), a[2]),
        jax="clip", latex=r"\operatorname{clip}", ulp=0,
    ),
    Function(
        "sin", "Sine.", derivative=lambda a: (fn("cos", a[0]),), parity="odd", lo=-F1, hi=F1,
        sympy="sin", jax="sin", latex=r"\sin", ulp=4,
    ),
    Function(
        "cos", "Cosine.", derivative=lambda a: (_minus(fn("sin", a[0])),), parity="even", lo=-F1, hi=F1,
        sympy="cos", jax="cos", latex=r"\cos", ulp=4,
    ),
    Function(
        "tan", "Tangent.", defined=lambda a: (Rel("!=", fn("cos", a[0]), ZERO),),
        derivative=lambda a: (Add((ONE, _square(fn("tan", a[0])))),), parity="odd",
        sympy="tan", jax="tan", latex=r"\tan", ulp=4,
    ),
    Function(
        "asin", "Inverse sine on [-1, 1].", defined=lambda a: (Rel("<=", MINUS_ONE, a[0]), Rel("<=", a[0], ONE)),
        derivative=lambda a: (_inverse(_root(Add((ONE, _minus(_square(a[0])))))),), monotone="increasing", parity="odd",
        lo=Fraction(-11, 7), hi=Fraction(11, 7), sympy="asin", jax="asin", latex=r"\arcsin", ulp=4,
    ),
    Function(
        "acos", "Inverse cosine on [-1, 1].", defined=lambda a: (Rel("<=", MINUS_ONE, a[0]), Rel("<=", a[0], ONE)),
        derivative=lambda a: (_minus(_inverse(_root(Add((ONE, _minus(_square(a[0]))))))),), monotone="decreasing",
        lo=F0, hi=Fraction(22, 7), sympy="acos", jax="acos", latex=r"\arccos", ulp=4,
    ),
    Function(
        "atan", "Inverse tangent.", derivative=lambda a: (_inverse(Add((ONE, _square(a[0])))),), monotone="increasing",
        parity="odd", lo=Fraction(-11, 7), hi=Fraction(11, 7), strict=True,
        sympy="atan", jax="atan", latex=r"\arctan", ulp=4,
    ),
    Function(
        "sinh", "Hyperbolic sine.", derivative=lambda a: (fn("cosh", a[0]),), monotone="increasing", parity="odd",
        sympy="sinh", jax="sinh", latex=r"\sinh", ulp=4,
    ),
    Function(
        "cosh", "Hyperbolic cosine.", derivative=lambda a: (fn("sinh", a[0]),), parity="even", lo=F1,
        sympy="cosh", jax="cosh", latex=r"\cosh", ulp=4,
    ),
    Function(
        "tanh", "Hyperbolic tangent.", derivative=lambda a: (_inverse(_square(fn("cosh", a[0]))),),
        monotone="increasing", parity="odd", lo=-F1, hi=F1,
        strict=True, sympy="tanh", jax="tanh", latex=r"\tanh", ulp=4,
    ),
    Function(
        "asinh", "Inverse hyperbolic sine.", derivative=lambda a: (_inverse(_root(Add((ONE, _square(a[0]))))),),
        monotone="increasing", parity="odd",
        sympy="asinh", jax="asinh", latex=r"\operatorname{arsinh}", ulp=4,
    ),
    Function(
        "acosh", "Inverse hyperbolic cosine on [1, oo).", defined=lambda a: (Rel(">=", a[0], ONE),),
        derivative=lambda a: (_inverse(Mul((_root(Add((a[0], MINUS_ONE))), _root(Add((a[0], ONE)))))),),
        monotone="increasing", lo=F0, sympy="acosh", jax="acosh", latex=r"\operatorname{arcosh}", ulp=4,
    ),
    Function(
        "atanh", "Inverse hyperbolic tangent on (-1, 1).",
        defined=lambda a: (Rel("<", MINUS_ONE, a[0]), Rel("<", a[0], ONE)),
        derivative=lambda a: (_inverse(Add((ONE, _minus(_square(a[0]))))),), monotone="increasing", parity="odd",
        sympy="atanh", jax="atanh", latex=r"\operatorname{artanh}", ulp=4,
    ),
    Function(
        "erf", "Error function.", derivative=lambda a: (_erf_slope(a[0]),), monotone="increasing", parity="odd", lo=-F1,
        hi=F1, strict=True, sympy="erf", jax="erf", latex=r"\operatorname{erf}", ulp=4,
    ),
    Function(
        "erfc", "1 - erf(x), accurate in the tail.", derivative=lambda a: (_minus(_erf_slope(a[0])),),
        monotone="decreasing", lo=F0, hi=Fraction(2), strict=True,
        expansion=lambda a: Add((ONE, _minus(fn("erf", a[0])))),
        sympy="erfc", jax="erfc", latex=r"\operatorname{erfc}", ulp=4,
    ),
    Function(
        "normcdf", "Distribution function of the standard normal law.",
        derivative=lambda a: (
            Mul((Pow(Mul((TWO, PI)), Num(Fraction(-1, 2))), fn("exp", Mul((Num(Fraction(-1, 2)), _square(a[0])))))),
        ),
        monotone="increasing", lo=F0, hi=F1, strict=True,
        expansion=lambda a: Mul((HALF, fn("erfc", Mul((MINUS_ONE, a[0], Pow(TWO, Num(Fraction(-1, 2)))))))),
        jax="normcdf", latex=r"\Phi", ulp=6,
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
        rough="kink", expansion=lambda a: fn("max", a[0], ZERO), jax="relu", latex=r"\operatorname{relu}", ulp=0,
    ),
    Function(
        "log1p", "log(1 + x), accurate near 0.", defined=lambda a: (Rel(">", a[0], MINUS_ONE),),
        derivative=lambda a: (_inverse(Add((ONE, a[0]))),), monotone="increasing",
        expansion=lambda a: fn("log", Add((ONE, a[0]))), jax="log1p", latex=r"\operatorname{log1p}", ulp=4,
    ),
    Function(
        "expm1", "exp(x) - 1, accurate near 0.", derivative=lambda a: (fn("exp", a[0]),), monotone="increasing", lo=-F1,
        strict=True, expansion=lambda a: Add((fn("exp", a[0]), MINUS_ONE)),
        jax="expm1", latex=r"\operatorname{expm1}", ulp=4,
    ),
    Function(
        "LambertW", "Principal branch of w*exp(w) = x, for x >= -exp(-1).",
        defined=lambda a: (Rel(">=", a[0], _minus(fn("exp", MINUS_ONE))),),
        derivative=lambda a: (
            Mul((fn("exp", _minus(fn("LambertW", a[0]))), _inverse(Add((ONE, fn("LambertW", a[0])))))),
        ),
        monotone="increasing", lo=-F1, sympy="LambertW", jax="lambertw", latex="W", ulp=4,
    ),
    Function(
        "gamma", "Gamma function.", defined=lambda a: (_off_the_poles(a[0]),),
        derivative=lambda a: (Mul((fn("gamma", a[0]), fn("digamma", a[0]))),),
        sympy="gamma", jax="gamma", latex=r"\Gamma", ulp=6,
    ),
    Function(
        "loggamma", "Logarithm of the Gamma function of a positive number.", defined=lambda a: (Rel(">", a[0], ZERO),),
        derivative=lambda a: (fn("digamma", a[0]),),
        sympy="loggamma", jax="loggamma", latex=r"\log\Gamma", ulp=4,
    ),
    Function(
        "digamma", "Derivative of loggamma (ulp: for x > 0).", defined=lambda a: (_off_the_poles(a[0]),),
        derivative=lambda a: (fn("polygamma", ONE, a[0]),),
        sympy="digamma", jax="digamma", latex=r"\psi", ulp=4,
    ),
    Function(
        "polygamma", "polygamma(k, x): the k-th derivative of digamma, k = 1, 2, ... (ulp: k up to 8, x > 0).",
        least=2, largest=2,
        defined=lambda a: (Rel(">=", a[0], ONE), Rel("==", fn("floor", a[0]), a[0]), _off_the_poles(a[1])),
        derivative=lambda a: (ZERO, fn("polygamma", Add((a[0], ONE)), a[1])),
        sympy="polygamma", jax="polygamma", latex=r"\operatorname{polygamma}", ulp=8,
    ),
    Function(
        "zeta", "Riemann zeta function of s > 1.", defined=lambda a: (Rel(">", a[0], ONE),), monotone="decreasing",
        lo=F1, strict=True, sympy="zeta", jax="zeta", latex=r"\zeta", ulp=4,
    ),
    Function(
        "factorial", "n! = gamma(n + 1).", defined=lambda a: (_off_the_poles(Add((a[0], ONE))),),
        derivative=lambda a: (Mul((fn("factorial", a[0]), fn("digamma", Add((a[0], ONE))))),),
        expansion=lambda a: fn("gamma", Add((a[0], ONE))), sympy="factorial", jax="factorial", ulp=6,
    ),
    Function(
        "binomial", "Binomial coefficient by gamma functions, n not a negative integer (ulp: 8 for integers).",
        least=2, largest=2,
        defined=lambda a: (_off_the_poles(Add((a[0], ONE))),), derivative=_binomial_slopes,
        expansion=lambda a: Mul((
            fn("gamma", Add((a[0], ONE))),
            _inverse(Mul((fn("gamma", Add((a[1], ONE))), fn("gamma", Add((a[0], _minus(a[1]), ONE)))))),
        )),
        sympy="binomial", jax="binomial", ulp=1000,
    ),
    Function(
        "hypot", "sqrt(x**2 + y**2).", least=2, largest=2, lo=F0,
        derivative=lambda a: tuple(Mul((part, _inverse(fn("hypot", *a)))) for part in a),
        expansion=lambda a: _root(Add((_square(a[0]), _square(a[1])))), jax="hypot",
        latex=r"\operatorname{hypot}", ulp=4,
    ),
)
