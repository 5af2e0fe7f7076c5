"""The tree as a function of one complex ball: what rigorous quadrature evaluates on a neighbourhood of the real path.

The one idea to know: the function returned is *analytic* on the ball it is given and equals the real formula at every
real point of it, or the result is not finite.  So a ball that meets a branch cut, a kink or a jump gives NaN, and a
square root of a negative number never becomes an imaginary one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import TypeAlias

from flint import acb, arb, fmpq, fmpz

from checker.expr.errors import UnsupportedError
from checker.expr.functions import FUNCTIONS
from checker.expr.node import (
    Add,
    And,
    Binder,
    Const,
    Fn,
    Mul,
    Node,
    Not,
    Num,
    Or,
    Piecewise,
    Pow,
    Rel,
    Sym,
    Truth,
    instantiate,
    num,
    symbols_of,
)
from checker.expr.to_arb import Value, to_ball, to_fmpq, value

_READER = "complex balls"
_MAX_TERMS = 200

Analytic: TypeAlias = Callable[[acb], acb]
Test: TypeAlias = Callable[[acb], "bool | None"]


def compile_analytic(node: Node, name: str, point: Mapping[str, Value], bits: int) -> Analytic:
    """``node`` as an analytic function of the symbol ``name``; the other symbols have the values of ``point``.

    Constants are evaluated once, with ``bits`` bits.  Raises ``UnsupportedError`` for what has no complex reading here
    (a nested integral that depends on the variable, an infinite sum).
    """
    return _Compiler(name, point, bits).of(node)


def undefined() -> acb:
    """Not analytic, or not known to be."""
    return acb(arb.nan(), arb.nan())


class _Compiler:
    def __init__(self, name: str, point: Mapping[str, Value], bits: int) -> None:
        self.name = name
        self.point = point
        self.bits = bits
        self.memo: dict[Node, Analytic] = {}

    def of(self, node: Node) -> Analytic:
        found = self.memo.get(node)
        if found is None:
            found = self.memo[node] = self._compile(node)
        return found

    def _compile(self, node: Node) -> Analytic:
        if self.name not in symbols_of(node):
            constant = acb(to_ball(value(node, self.point, self.bits)))
            return lambda z: constant
        match node:
            case Sym():
                return lambda z: z
            case Add(args):
                return _total([self.of(arg) for arg in args])
            case Mul(args):
                return _product([self.of(arg) for arg in args])
            case Pow(Const("E"), exponent):
                return _then(self.of(exponent), lambda u: u.exp())
            case Pow(base, Num(exponent)):
                return _rational_power(self.of(base), exponent)
            case Pow(base, exponent):
                under, upper = self.of(base), self.of(exponent)
                return lambda z: (upper(z) * _log(under(z))).exp()
            case Fn(name, args):
                return self._function(name, args)
            case Piecewise(cases, otherwise):
                return self._piecewise(cases, otherwise)
            case Binder(kind, body, Num(lo), Num(hi)) if kind != "Integral" and lo.denominator == hi.denominator == 1:
                if hi - lo >= _MAX_TERMS:
                    raise UnsupportedError(_READER, f"{kind} of more than {_MAX_TERMS} terms under an integral")
                parts = [self.of(instantiate(body, num(index))) for index in range(int(lo), int(hi) + 1)]
                return _total(parts) if kind == "Sum" else _product(parts)
            case _:
                raise UnsupportedError(_READER, f"{type(node).__name__} that depends on the variable of an integral")

    def _function(self, name: str, args: tuple[Node, ...]) -> Analytic:
        parts = [self.of(arg) for arg in args]
        if name in UNARY and len(parts) == 1:
            return _then(parts[0], UNARY[name])
        if name in ("max", "min"):
            return _extreme(parts, 1 if name == "max" else -1)
        if name == "polygamma" and len(parts) == 2:
            order, of = parts
            return lambda z: of(z).polygamma(order(z))
        row = FUNCTIONS.get(name)
        if row is not None and row.kind == "scalar" and row.expansion is not None:
            return self.of(row.expansion(args))
        raise UnsupportedError(_READER, f"{name} of {len(parts)} arguments")

    # --- conditions: decided on the real part, on the whole ball at once ---------------------------------------------

    def _piecewise(self, cases: tuple[tuple[Node, Node], ...], otherwise: Node) -> Analytic:
        tests = [(self._test(condition), self.of(branch)) for condition, branch in cases]
        last = self.of(otherwise)

        def choose(z: acb) -> acb:
            for test, branch in tests:
                decided = test(z)
                if decided is None:
                    return undefined()
                if decided:
                    return branch(z)
            return last(z)

        return choose

    def _test(self, node: Node) -> Test:
        match node:
            case Truth(known):
                return lambda z: known
            case Rel(op, left, right):
                gap = _total([self.of(left), _product([self.of(num(-1)), self.of(right)])])
                return lambda z: _compare(op, gap(z))
            case Not(arg):
                inner = self._test(arg)

                def contrary(z: acb) -> bool | None:
                    found = inner(z)
                    return None if found is None else not found

                return contrary
            case And(args) | Or(args):
                tests = [self._test(arg) for arg in args]
                stop = isinstance(node, Or)

                def decide(z: acb) -> bool | None:
                    answers = [test(z) for test in tests]
                    return stop if stop in answers else None if None in answers else not stop

                return decide
            case _:
                raise UnsupportedError(_READER, f"{type(node).__name__} as a condition")


def _compare(op: str, gap: acb) -> bool | None:
    real = gap.real
    if real.is_nan():
        return None
    if real > 0:
        return op in (">", ">=", "!=")
    if real < 0:
        return op in ("<", "<=", "!=")
    return op in ("<=", ">=", "==") if gap.is_zero() else None


def _then(inner: Analytic, outer: Analytic) -> Analytic:
    return lambda z: outer(inner(z))


def _total(parts: list[Analytic]) -> Analytic:
    first, *rest = parts

    def add(z: acb) -> acb:
        total = first(z)
        for part in rest:
            total = total + part(z)
        return total

    return add


def _product(parts: list[Analytic]) -> Analytic:
    first, *rest = parts

    def multiply(z: acb) -> acb:
        total = first(z)
        for part in rest:
            total = total * part(z)
        return total

    return multiply


def _rational_power(base: Analytic, exponent: Fraction) -> Analytic:
    if exponent.denominator == 1:
        whole = fmpz(exponent.numerator)
        if whole == 2:
            return lambda z: (lambda u: u * u)(base(z))
        if whole == -1:
            return lambda z: 1 / base(z)
        return lambda z: base(z) ** whole
    if exponent == Fraction(1, 2):
        return lambda z: base(z).sqrt(analytic=True)
    power: fmpq = to_fmpq(exponent)
    return lambda z: (acb(power) * _log(base(z))).exp()


def _extreme(parts: list[Analytic], sign: int) -> Analytic:
    def choose(z: acb) -> acb:
        best, *others = [part(z) for part in parts]
        for other in others:
            gap = (other - best).real * sign
            if gap >= 0:
                best = other
            elif not gap < 0:
                return undefined()
        return best

    return choose


# --- functions with cuts: NaN by hand where flint takes no ``analytic`` argument --------------------------------------


def _log(u: acb) -> acb:
    return u.log(analytic=True)


def _meets_negative(u: acb, end: arb | int) -> bool:
    """Whether the ball may meet the cut ``(-oo, end]``."""
    return not (u.real > end) and bool(u.imag.contains(0))


def _off_the_left(function: Analytic, end: int = 0) -> Analytic:
    return lambda u: undefined() if _meets_negative(u, end) else function(u)


def _within_one(function: Analytic) -> Analytic:
    """Cuts ``(-oo, -1]`` and ``[1, oo)``."""
    return lambda u: function(u) if abs(u.real) < 1 or not u.imag.contains(0) else undefined()


def _off_the_imaginary(function: Analytic) -> Analytic:
    """Cuts ``i*[1, oo)`` and ``-i*[1, oo)``."""
    return lambda u: function(u) if abs(u.imag) < 1 or not u.real.contains(0) else undefined()


def _abs(u: acb) -> acb:
    return u if u.real > 0 else -u if u.real < 0 else u if u.is_zero() else undefined()


def _sign(u: acb) -> acb:
    return acb(1) if u.real > 0 else acb(-1) if u.real < 0 else undefined()


def _relu(u: acb) -> acb:
    return u if u.real > 0 else acb(0) if u.real < 0 else undefined()


def _floor(u: acb) -> acb:
    whole = u.real.floor().unique_fmpz() if u.real.is_finite() else None
    return undefined() if whole is None or u.real.contains_integer() else acb(whole)


def _softplus(u: acb) -> acb:
    if u.real > 0:
        return u + _log1p((-u).exp())
    return _log1p(u.exp())


def _lambertw(u: acb) -> acb:
    return undefined() if _meets_negative(u, -((-arb(1)).exp())) else u.lambertw()


_log1p = _off_the_left(lambda u: u.log1p(), -1)

UNARY: Mapping[str, Analytic] = {
    "sqrt": lambda u: u.sqrt(analytic=True),
    "exp": lambda u: u.exp(),
    "log": _log,
    "sin": lambda u: u.sin(),
    "cos": lambda u: u.cos(),
    "tan": lambda u: u.tan(),
    "asin": _within_one(lambda u: u.asin()),
    "acos": _within_one(lambda u: u.acos()),
    "atan": _off_the_imaginary(lambda u: u.atan()),
    "sinh": lambda u: u.sinh(),
    "cosh": lambda u: u.cosh(),
    "tanh": lambda u: u.tanh(),
    "asinh": _off_the_imaginary(lambda u: u.asinh()),
    "acosh": _off_the_left(lambda u: u.acosh(), 1),
    "atanh": _within_one(lambda u: u.atanh()),
    "erf": lambda u: u.erf(),
    "erfc": lambda u: u.erfc(),
    "gamma": lambda u: u.gamma(),
    "loggamma": _off_the_left(lambda u: u.lgamma()),
    "digamma": lambda u: u.digamma(),
    "LambertW": _lambertw,
    "sigmoid": lambda u: 1 / (1 + (-u).exp()),
    "softplus": _softplus,
    "log1p": _log1p,
    "expm1": lambda u: u.expm1(),
    "normcdf": lambda u: (-u / acb(2).sqrt()).erfc() / 2,
    "abs": _abs,
    "sign": _sign,
    "relu": _relu,
    "floor": _floor,
}
