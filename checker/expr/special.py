"""Normal-form rules of single functions: trigonometric, hyperbolic, Gamma and error functions.

The one idea to know: a function is rewritten in fewer generators (``tanh`` by ``exp``, ``acos`` by ``asin``,
``gamma(u + 2)`` by ``gamma(u)``) wherever the rewriting is an identity of real functions.
"""

from __future__ import annotations

from fractions import Fraction

from checker.expr.canonical import Atom, Frac, TooLarge
from checker.expr.elementary import Converter, Rule, RuleTable
from checker.expr.node import ONE, Const, Fn, Node, Num

_HALF = Fraction(1, 2)
_MAX_MULTIPLE = 24
_MAX_SHIFT = 40


def _exp_parts(c: Converter, arg: Node) -> tuple[Frac, Frac]:
    up = c.exponential(c.visit(arg))
    return up, c.t.power(up, -1)


def _sinh(c: Converter, args: tuple[Node, ...]) -> Frac:
    up, down = _exp_parts(c, args[0])
    return c.t.scale(c.t.add(up, c.t.scale(down, -1)), _HALF)


def _cosh(c: Converter, args: tuple[Node, ...]) -> Frac:
    up, down = _exp_parts(c, args[0])
    return c.t.scale(c.t.add(up, down), _HALF)


def _tanh(c: Converter, args: tuple[Node, ...]) -> Frac:
    up, down = _exp_parts(c, args[0])
    return c.t.mul(c.t.add(up, c.t.scale(down, -1)), c.t.power(c.t.add(up, down), -1))


def _root_of_square(c: Converter, u: Frac, shift: int, sign: int = 1) -> Frac:
    """``sqrt(sign*u**2 + shift)``."""
    return c.fractional_power(c.t.add(c.t.scale(c.t.mul(u, u), sign), c.t.constant(shift)), _HALF)


def _asinh(c: Converter, args: tuple[Node, ...]) -> Frac:
    u = c.visit(args[0])
    return c.logarithm(c.t.add(u, _root_of_square(c, u, 1)))


def _acosh(c: Converter, args: tuple[Node, ...]) -> Frac:
    u = c.visit(args[0])
    return c.logarithm(c.t.add(u, _root_of_square(c, u, -1)))


def _atanh(c: Converter, args: tuple[Node, ...]) -> Frac:
    u = c.visit(args[0])
    one = c.t.constant(1)
    # Both logarithms are of positive numbers on the domain of atanh.
    top = c.logarithm(c.t.add(one, u))
    bottom = c.logarithm(c.t.add(one, c.t.scale(u, -1)))
    return c.t.scale(c.t.add(top, c.t.scale(bottom, -1)), _HALF)


def _acos(c: Converter, args: tuple[Node, ...]) -> Frac:
    quarter = c.t.scale(c.t.plain(Const("pi")), _HALF)
    return c.t.add(quarter, c.t.scale(_arc(c, "asin", args), -1))


_ARC_VALUES = {  # tan or sin of these multiples of pi
    "asin": {Fraction(1, 2): Fraction(1, 6), Fraction(1): Fraction(1, 2)},
    "atan": {Fraction(1): Fraction(1, 4)},
}


def _arc(c: Converter, name: str, args: tuple[Node, ...]) -> Frac:
    number = c.as_rational(c.t.reduce(c.visit(args[0])))
    if number is not None and abs(number) in _ARC_VALUES[name]:
        multiple = _ARC_VALUES[name][abs(number)] * (1 if number > 0 else -1)
        return c.t.scale(c.t.plain(Const("pi")), multiple)
    return c.opaque(name, args)


def _arc_rule(name: str) -> Rule:
    return lambda c, args: _arc(c, name, args)


# --- sine and cosine ------------------------------------------------------------------------------------------------


def _rotation(c: Converter, a: Frac) -> tuple[Frac, Frac]:
    """``(cos(a), sin(a))`` by the addition theorem over the terms of ``a``."""
    cosine, sine = c.t.constant(1), c.t.constant(0)
    for coefficient, term in c.terms(c.t.reduce(a)):
        other = _turn(c, coefficient, term)
        cosine, sine = _compose(c, (cosine, sine), other)
    return cosine, sine


def _compose(c: Converter, a: tuple[Frac, Frac], b: tuple[Frac, Frac]) -> tuple[Frac, Frac]:
    t = c.t
    cosine = t.add(t.mul(a[0], b[0]), t.scale(t.mul(a[1], b[1]), -1))
    return cosine, t.add(t.mul(a[1], b[0]), t.mul(a[0], b[1]))


def _turn(c: Converter, coefficient: Fraction, term: Frac | None) -> tuple[Frac, Frac]:
    single = c.single(term) if term is not None else None
    if single is not None and single.node == Const("pi"):
        known = _multiple_of_pi(c, coefficient)
        if known is not None:
            return known
    arc = single.node if single is not None and coefficient.denominator == 1 else None
    if isinstance(arc, Fn) and arc.name in ("asin", "atan"):
        u = c.visit(arc.args[0])
        if arc.name == "asin":
            base = (_root_of_square(c, u, 1, -1), u)
        else:
            size = c.t.power(_root_of_square(c, u, 1), -1)
            base = (size, c.t.mul(u, size))
        return _multiple(c, base, int(coefficient))
    node = ONE if term is None else c.t.to_node(term)
    key = ("turn", node)
    order = c.t.order(key, coefficient.denominator)
    angle = node if order == 1 else _scaled(node, Fraction(1, order))
    cos_node, sin_node = Fn("cos", (angle,)), Fn("sin", (angle,))
    c.t.index.setdefault(key, -1)  # marks the angle as used, so that a finer order restarts
    cosine = c.t.frac(c.t.generator(Atom("plain", cos_node), ("plain", cos_node)))
    square = c.t.add(c.t.constant(1), c.t.scale(c.t.mul(cosine, cosine), -1))
    sine = c.t.frac(c.t.generator(Atom("plain", sin_node, relation=(2, square)), ("plain", sin_node)))
    return _multiple(c, (cosine, sine), int(coefficient * order))


def _scaled(node: Node, factor: Fraction) -> Node:
    from checker.expr.node import mul

    return mul(Num(factor), node)


def _multiple(c: Converter, base: tuple[Frac, Frac], k: int) -> tuple[Frac, Frac]:
    if abs(k) > _MAX_MULTIPLE:
        raise TooLarge
    result = (c.t.constant(1), c.t.constant(0))
    for _ in range(abs(k)):
        result = _compose(c, result, base)
    return (result[0], c.t.scale(result[1], -1)) if k < 0 else result


def _multiple_of_pi(c: Converter, multiple: Fraction) -> tuple[Frac, Frac] | None:
    multiple %= 2
    if 12 % multiple.denominator:
        return None
    root2, root3 = (c.fractional_power(c.t.constant(n), _HALF) for n in (2, 3))
    half, one, zero = c.t.constant(_HALF), c.t.constant(1), c.t.constant(0)
    sixth, quarter = (c.t.scale(root3, _HALF), half), (c.t.scale(root2, _HALF), c.t.scale(root2, _HALF))
    twelfth = _compose(c, quarter, (sixth[0], c.t.scale(sixth[1], -1)))
    steps = {12: twelfth, 6: sixth, 4: quarter, 3: (half, c.t.scale(root3, _HALF)), 2: (zero, one)}
    steps[1] = (c.t.scale(one, -1), zero)
    return _multiple(c, steps[multiple.denominator], multiple.numerator)


def _cos(c: Converter, args: tuple[Node, ...]) -> Frac:
    return _rotation(c, c.visit(args[0]))[0]


def _sin(c: Converter, args: tuple[Node, ...]) -> Frac:
    return _rotation(c, c.visit(args[0]))[1]


def _tan(c: Converter, args: tuple[Node, ...]) -> Frac:
    cosine, sine = _rotation(c, c.visit(args[0]))
    return c.t.mul(sine, c.t.power(cosine, -1))


# --- Gamma and its logarithm ----------------------------------------------------------------------------------------


def _shifted(c: Converter, a: Frac) -> tuple[Frac, int]:
    """``a = u + k`` with an integer ``k`` such that the constant term of ``u`` lies in (0, 1]."""
    if not a.den.is_one():
        return a, 0
    constant = Fraction(0)
    for coefficient, term in c.terms(a):
        if term is None:
            constant = coefficient
    k = -((-constant.numerator) // constant.denominator) - 1
    if abs(k) > _MAX_SHIFT:
        return a, 0
    return c.t.add(a, c.t.constant(-k)), k


def _gamma(c: Converter, args: tuple[Node, ...]) -> Frac:
    u, k = _shifted(c, c.t.reduce(c.visit(args[0])))
    number = c.as_rational(u)
    if number == 1:
        base = c.t.constant(1)
    elif number == _HALF:
        base = c.fractional_power(c.t.plain(Const("pi")), _HALF)
    else:
        base = c.t.plain(Fn("gamma", (c.t.to_node(u),)))
    for i in range(abs(k)):
        factor = c.t.add(u, c.t.constant(i if k > 0 else i + k))
        base = c.t.mul(base, factor if k > 0 else c.t.power(factor, -1))
    return base


def _loggamma(c: Converter, args: tuple[Node, ...]) -> Frac:
    a = c.t.reduce(c.visit(args[0]))
    u, k = _shifted(c, a)
    if k < 0 or c.sign(u) != 1:
        return c.opaque("loggamma", args)
    total = c.t.constant(0) if c.as_rational(u) == 1 else c.t.plain(Fn("loggamma", (c.t.to_node(u),)))
    for i in range(k):
        total = c.t.add(total, c.logarithm(c.t.add(u, c.t.constant(i))))
    return total


def _digamma(c: Converter, args: tuple[Node, ...]) -> Frac:
    u, k = _shifted(c, c.t.reduce(c.visit(args[0])))
    if c.as_rational(u) == 1:
        total = c.t.scale(c.t.plain(Const("EulerGamma")), -1)
    else:
        total = c.t.plain(Fn("digamma", (c.t.to_node(u),)))
    for i in range(abs(k)):
        step = c.t.power(c.t.add(u, c.t.constant(i if k > 0 else i + k)), -1)
        total = c.t.add(total, step if k > 0 else c.t.scale(step, -1))
    return total


# --- absolute value and choices -------------------------------------------------------------------------------------


def _extreme(name: str, sign: int) -> Rule:
    def rule(c: Converter, args: tuple[Node, ...]) -> Frac:
        values = _undominated([c.t.reduce(c.visit(arg)) for arg in _flat(name, args)], c, sign)
        if len(values) <= 2:
            return c.maximum(values, sign)
        return c.t.plain(Fn(name, tuple(sorted((c.t.to_node(item) for item in values), key=repr))))

    return rule


def _flat(name: str, args: tuple[Node, ...]) -> list[Node]:
    nested = [_flat(name, arg.args) if isinstance(arg, Fn) and arg.name == name else [arg] for arg in args]
    return [part for group in nested for part in group]


def _undominated(values: list[Frac], c: Converter, sign: int) -> list[Frac]:
    kept: list[Frac] = []
    for item in values:
        gaps = [c.sign(c.t.add(item, c.t.scale(other, -1)), strict=False) * sign for other in kept]
        if any(gap == -1 for gap in gaps) or item in kept:
            continue
        kept = [other for other, gap in zip(kept, gaps, strict=True) if gap != 1]
        kept.append(item)
    return kept


def _sign(c: Converter, args: tuple[Node, ...]) -> Frac:
    known = c.sign(c.t.reduce(c.visit(args[0])))
    return c.t.constant(known) if known else c.opaque("sign", args)


def _log(c: Converter, args: tuple[Node, ...]) -> Frac:
    return c.logarithm(c.visit(args[0]))


def _exp(c: Converter, args: tuple[Node, ...]) -> Frac:
    return c.exponential(c.visit(args[0]))


def _abs(c: Converter, args: tuple[Node, ...]) -> Frac:
    return c.absolute(c.visit(args[0]))


def _erf(c: Converter, args: tuple[Node, ...]) -> Frac:
    return c.opaque("erf", args)


RULES: RuleTable = {
    "exp": _exp,
    "log": _log,
    "abs": _abs,
    "sign": _sign,
    "max": _extreme("max", 1),
    "min": _extreme("min", -1),
    "sin": _sin,
    "cos": _cos,
    "tan": _tan,
    "asin": _arc_rule("asin"),
    "atan": _arc_rule("atan"),
    "acos": _acos,
    "sinh": _sinh,
    "cosh": _cosh,
    "tanh": _tanh,
    "asinh": _asinh,
    "acosh": _acosh,
    "atanh": _atanh,
    "gamma": _gamma,
    "loggamma": _loggamma,
    "digamma": _digamma,
}
