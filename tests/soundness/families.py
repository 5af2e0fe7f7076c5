"""Random members of families of true statements that are tight: moved by any positive number ``e`` they are false.

The one idea to know: truth comes from how a member is made (a sum of squares with a common zero, a tangent of a convex
function, a closed form), never from asking the checker.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from checker.prove.obligation import KKT, Enclosure, Induction, Obligation, Ode, Optimum, Relation, Root, Series
from tests.soundness.asking import asked, pair, read

Make = Callable[[str], Obligation]


@dataclass(frozen=True, slots=True)
class Tight:
    """``at("0")`` is true, ``at(e)`` false for every positive number; ``strict`` is false as well, where there is one."""

    family: str
    text: str
    at: Make
    strict: Obligation | None = None


def _some(draw: random.Random, largest: int = 9) -> str:
    """A positive rational."""
    return f"({Fraction(draw.randint(1, largest), draw.randint(1, 5))})"


def _any(draw: random.Random) -> str:
    return f"({draw.choice(('', '-'))}{_some(draw)[1:]}"


def _relation(family: str, text: str, strict: bool = False) -> Tight:
    moved = text.replace(">=", ">").replace("<=", "<").format(e="0")
    return Tight(
        family, text, lambda e: asked(Relation(read(text.format(e=e)))), asked(Relation(read(moved))) if strict else None
    )


def squares(draw: random.Random) -> Tight:
    """A sum of squares with a common zero, multiplied out."""
    if draw.random() < 0.5:  # in one symbol, often at an irrational place
        a, b, c = draw.randint(1, 5), draw.randint(1, 9), draw.randint(0, 4)
        power = draw.choice((1, 2, 3))
        # (a x^p - b)^2 (1 + c^2 x^2)
        p, q = 2 * power, power
        text = f"{a * a}*x**{p} - {2 * a * b}*x**{q} + {b * b}"
        if c:
            text += f" + {a * a * c * c}*x**{p + 2} - {2 * a * b * c * c}*x**{q + 2} + {b * b * c * c}*x**2"
        return _relation("sums of squares", f"{text} >= {{e}}", strict=True)
    rows = [(draw.randint(-5, 5), draw.randint(-5, 5)) for _ in range(draw.randint(2, 3))]
    xx, xz, zz = sum(a * a for a, _ in rows), sum(2 * a * b for a, b in rows), sum(b * b for _, b in rows)
    return _relation("sums of squares", f"{xx}*x**2 + ({xz})*x*z + {zz}*z**2 >= {{e}}", strict=True)


def tangents(draw: random.Random) -> Tight:
    """A convex function above its tangent, at an affine argument."""
    u, c = f"({_any(draw)}*x + {_any(draw)})", _any(draw)
    v, d = f"({_some(draw)}*y)", _some(draw)
    text = draw.choice((
        f"exp({u}) >= exp({c})*(1 + {u} - {c}) + {{e}}",
        f"log({v}) + {{e}} <= log({d}) + ({v} - {d})/{d}",
        f"cosh({u}) >= cosh({c}) + sinh({c})*({u} - {c}) + {{e}}",
        f"softplus({u}) >= softplus({c}) + sigmoid({c})*({u} - {c}) + {{e}}",
        f"{v}*log({v}) >= {v}*(1 + log({d})) - {d} + {{e}}",
        f"{u}**4 >= {c}**4 + 4*{c}**3*({u} - {c}) + {{e}}",
        f"1/{v} >= 2/{d} - {v}/{d}**2 + {{e}}",
        f"sqrt({v}) + {{e}} <= ({v} + {d})/(2*sqrt({d}))",
    ))  # fmt: skip
    return _relation("tangents", text, strict=True)


def means(draw: random.Random) -> Tight:
    """Means, waves and bounds at irrational places."""
    a, b, u = _some(draw), _some(draw), f"({_any(draw)}*x + {_any(draw)})"
    text = draw.choice((
        f"{a}*y + {b}/y >= 2*sqrt({a}*{b}) + {{e}}",
        f"{a}*sin({u}) + {b}*cos({u}) + {{e}} <= sqrt({a}**2 + {b}**2)",
        f"r*exp(-{a}*r) + {{e}} <= 1/({a}*E)",
        f"{a}*y - log(y) >= 1 + log({a}) + {{e}}",
        f"y**3 - {b}*y + 2*sqrt(({b}/3)**3) >= {{e}}",
        f"tanh({u})**2 + 1/cosh({u})**2 <= 1 - {{e}}",
        f"abs({u}) + abs({u} - {a}) >= {a} + {{e}}",
        f"max({u}, {a}) + min({u}, {a}) >= {u} + {a} + {{e}}",
    ))  # fmt: skip
    return _relation("means and waves", text, strict=True)


def identities(draw: random.Random) -> Tight:
    """Identities with random coefficients."""
    a, b, p = _any(draw), _any(draw), draw.randint(2, 5)
    c, d = _some(draw), _some(draw)
    binomial = " + ".join(f"{math.comb(p, i)}*x**{p - i}*{a}**{i}" for i in range(p + 1))
    text = draw.choice((
        f"(x + {a})**{p} == {binomial} + {{e}}",
        f"exp({a}*x)*exp({b}*z) == exp({a}*x + {b}*z) + {{e}}",
        f"log({c}*y**{p}) == log({c}) + {p}*log(y) - {{e}}",
        f"sin({a}*x + {b}) == sin({a}*x)*cos({b}) + cos({a}*x)*sin({b}) + {{e}}",
        f"1/(y + {c}) - 1/(y + {c} + {d}) == {d}/((y + {c})*(y + {c} + {d})) - {{e}}",
        f"sigmoid({a}*x)*(1 + exp(-{a}*x)) == 1 + {{e}}",
        f"cosh({a}*x)**2 - sinh({a}*x)**2 == 1 - {{e}}",
        f"gamma(y + {p}) == (y + {p - 1})*gamma(y + {p - 1}) + {{e}}",
    ))  # fmt: skip
    return _relation("identities", text)


def limits(draw: random.Random) -> Tight:
    """Limits with known values."""
    a, b, c = _any(draw), _any(draw), _some(draw)
    text = draw.choice((
        f"limit((1 + {a}/t)**t, t, oo) == exp({a}) + {{e}}",
        f"limit(({a}*t**2 + {b}*t)/({c}*t**2 + 1), t, oo) == {a}/{c} - {{e}}",
        f"limit(t*(exp({a}/t) - 1), t, oo) == {a} + {{e}}",
        f"limit(sqrt(t**2 + {a}*t) - t, t, oo) == {a}/2 + {{e}}",
        f"limit(({c}*t + 1)*exp(-t), t, oo) == {{e}}",
        f"limit({c}/log(t) + {b}, t, oo) == {b} - {{e}}",
        f"limit(sin({a}*x)/x, x, 0) == {a} + {{e}}",
        f"limit((log(t + {c}) - log(t))*t, t, oo) <= {c} - {{e}}",
    ))  # fmt: skip
    return _relation("limits", text)


def sums(draw: random.Random) -> Tight:
    """Sums with known closed forms."""
    below, above = sorted((draw.randint(1, 8), draw.randint(9, 12)))
    q, a, m = f"({Fraction(below, above)})", _some(draw), draw.randint(0, 5)
    text = draw.choice((
        f"Sum({a}*{q}**k, (k, 0, oo)) == {a}/(1 - {q}) + {{e}}",
        f"Sum(k*{q}**k, (k, 0, oo)) == {q}/(1 - {q})**2 - {{e}}",
        f"Sum({a}*k + {q}, (k, 1, n)) == {a}*n*(n + 1)/2 + {q}*n + {{e}}",
        f"Sum(1/((k + {m})*(k + {m} + 1)), (k, 1, oo)) == 1/({m} + 1) - {{e}}",
        f"Sum({a}/k**2, (k, 1, oo)) >= {a}*pi**2/6 + {{e}}",
        f"Sum({a}**k/factorial(k), (k, 0, oo)) == exp({a}) + {{e}}",
    ))  # fmt: skip
    return _relation("sums", text)


def integrals(draw: random.Random) -> Tight:
    """Integrals with known values."""
    a, b, m = _some(draw), _some(draw), draw.randint(0, 4)
    text = draw.choice((
        f"Integral(x**{m}*exp(-{a}*x), (x, 0, oo)) == {math.factorial(m)}/{a}**{m + 1} + {{e}}",
        f"Integral({b}*x**{m}, (x, 0, {a})) == {b}*{a}**{m + 1}/{m + 1} - {{e}}",
        f"Integral({b}*exp(-{a}*x**2), (x, -oo, oo)) == {b}*sqrt(pi/{a}) + {{e}}",
        f"Integral(1/({a}**2 + x**2), (x, -oo, oo)) <= pi/{a} - {{e}}",
        f"Integral(abs(x - {a}), (x, 0, 2*{a})) == {a}**2 - {{e}}",
        f"Integral(exp(-a*x), (x, 0, {b})) == (1 - exp(-{b}*a))/a + {{e}}",
    ))  # fmt: skip
    return _relation("integrals", text)


def questions(draw: random.Random) -> Tight:
    """The kinds beside relations."""
    a, b = _some(draw), _some(draw)
    place = f"sqrt({b}/{a})"
    wide = ("0", f"2*{place} + 1")
    kind = draw.choice(("root", "optimum", "ode", "enclosure", "induction", "series", "kkt"))

    def at(e: str) -> Obligation:
        match kind:
            case "root":
                return asked(Root(read(f"{a}*x**2 - {b}"), "x", pair(*wide), equals=read(f"{place} + {e}")))
            case "optimum":
                inside = pair(f"{place}/2", f"2*{place} + 1")
                return asked(Optimum(read(f"{a}*x + {b}/x"), "x", inside, equals=read(f"{place} + {e}")))
            case "ode":
                return asked(Ode("t", {"f": read(f"-({a} + {e})*f")}, {"f": read(f"{b}*exp(-{a}*t)")}, {"f": read(b)}))
            case "enclosure":
                return asked(Enclosure(read(f"sqrt({a})*pi"), pair(f"sqrt({a})*pi + {e} - 10**(-30)", f"4*sqrt({a})")))
            case "induction":
                return asked(Induction("n", 1, read(f"Sum({a}*k, (k, 1, n)) == {a}*n*(n + 1)/2 + {e}")))
            case "series":
                form = read(f"1 + {a}*x + ({a}**2/2 + {e})*x**2")
                return asked(Series(read(f"exp({a}*x)"), "x", read("0"), form, 3))
        half = {"x": read(f"{b}/2"), "z": read(f"{b}/2")}
        return asked(KKT(read(f"{a}*(x**2 + z**2)"), ("x", "z"), (read(f"x + z >= {b}"),), half, (read(f"{a}*{b} + {e}"),)))

    return Tight(kind, f"{kind} with {a}, {b}, moved by {{e}}", at)


FAMILIES: tuple[Callable[[random.Random], Tight], ...] = (
    squares, tangents, means, identities, limits, sums, integrals, questions,
)  # fmt: skip


def shift(draw: random.Random) -> str:
    """A number from 9e-2 down to 1e-20."""
    return f"{draw.randint(1, 9)}e-{draw.randint(2, 20)}"


# --- definedness ------------------------------------------------------------------------------------------------------

TRUE = (
    "x**2 >= 0", "exp(x) >= 1 + x", "sin(x)**2 + cos(x)**2 == 1", "(x + 1)**2 == x**2 + 2*x + 1", "exp(x) > 0", "x == x",
    "cosh(x) >= 1", "x**2 + z**2 >= 2*x*z", "tanh(x) < 1", "x != x + 1", "abs(x) >= x",
)  # fmt: skip


def holes(draw: random.Random) -> str:
    """A true relation with something added or multiplied that is 0 or 1 where it is defined, and is not defined at some x."""
    base = draw.choice(TRUE)
    c = _some(draw)
    zero = draw.choice((
        f"(x - {_any(draw)})", f"(x**2 - {c})", f"(exp(x) - {c})", "sin(x)", f"(x**3 - {c})", f"(abs(x) - {c})", "relu(x)",
        f"(x**2 - 2*{c}*x + {c}**2)", "floor(x)", "(x - x)", "(z - x)", f"(tanh(x) - 1/(1 + {c}))",
        f"(x*z - {c})",
    ))  # fmt: skip
    nothing = draw.choice((
        f"({zero}/{zero} - 1)", f"0/{zero}", f"0*log({zero}**2)", f"({zero}**2/{zero} - {zero})", f"0*{zero}**(-2)",
        f"(exp(log({zero})) - {zero})", f"(sqrt(-{zero}**2) - sqrt(-{zero}**2))", f"(sqrt({zero} - 1)**2 - {zero} + 1)",
        f"0*asin(1 + {zero}**2 + x**2)", f"({zero}**(z - z) - 1)", f"0*gamma(-{zero}**2)", f"0*acosh(1 - {zero}**2)",
        f"(1/{zero} - 1/{zero})", f"(0 if x > 10 else 0/{zero})", f"(0*log(-{zero}) if {zero} > -1 else 0)",
        f"(log({zero}**2) - 2*log({zero}))*0", f"Integral(0/{zero}, (u, 0, 1))", f"Sum(0/{zero}, (k, 1, 3))",
        f"0*tan(pi/2 + {zero})", f"0*loggamma({zero})", f"0*atanh(1 + {zero})",
    ))  # fmt: skip
    left, op, right = base.split(" ", 2) if base.count(" ") == 2 else _split(base)
    added, taken = f"{left} + {nothing} {op} {right}", f"{left} {op} {right} - {nothing}"
    return draw.choice((added, taken, f"{left}*({nothing} + 1) {op} {right}"))


def _split(relation: str) -> tuple[str, str, str]:
    for op in (" >= ", " <= ", " == ", " != ", " > ", " < "):
        left, found, right = relation.partition(op)
        if found:
            return f"({left})", op.strip(), right
    raise ValueError(relation)
