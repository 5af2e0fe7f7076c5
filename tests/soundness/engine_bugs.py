"""Known wrong, partial or merely conventional answers of the engines, asked anew, each with a false and a true claim beside it.

The one idea to know: what an engine says is *recorded*, so that a version that answers otherwise is noticed; what is true is
known by mathematics.  ``check`` must neither prove the wrong statement nor refute the right one.
``python -m tests.soundness.engine_bugs`` asks all of them, the slow ones included, and prints the table.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sympy
import z3
from flint import acb, arb
from mpmath.ctx_mp import MPContext

from checker.prove.obligation import Relation
from checker.prove.outcome import Status
from checker.prove.registry import prove
from tests.soundness.asking import asked, read

x = sympy.Symbol("x", real=True)
t = sympy.Symbol("t", positive=True)
a, b = sympy.symbols("a b", positive=True)
m = sympy.Symbol("n")  # nothing said of it
k = sympy.Symbol("k", integer=True, nonnegative=True)
n = sympy.Symbol("n", integer=True, positive=True)
mp: Any = MPContext()


@dataclass(frozen=True, slots=True)
class Bug:
    """``says`` is the recorded answer; ``wrong`` a false (or undefined) claim that it supports, ``right`` a true one."""

    engine: str
    asked: str
    ask: Callable[[], object]
    says: str
    truth: str
    wrong: str = ""
    right: str = ""
    slow: bool = False


def _unsat(*formulas: Any) -> str:
    solver = z3.Solver()
    solver.add(*formulas)
    return str(solver.check())


def _from_text(text: str) -> str:
    solver = z3.Solver()
    solver.set("timeout", 5000)
    solver.from_string(text)
    return str(solver.check())


def _log1p_ulp() -> int:
    import jax
    import jax.numpy as jnp

    with jax.enable_x64(True):
        found = float(jnp.log1p(jnp.float64(-0.41)))
    return round(abs(found - float(mp.log1p(mp.mpf(-0.41)))) / 2.0**-53)


def _kahan_folded() -> float:
    import jax

    with jax.enable_x64(True):
        return float(jax.jit(lambda y: (1 + y) - 1)(1e-17))


_Z = z3.Real("x")
_CONIC = (
    "(declare-fun m () Real)(declare-fun v () Real)(declare-fun p () Real)(declare-fun q () Real)"
    "(assert (and (< 0 m) (= 0 (+ 1 (* v v) (* p p (- 1)))) (= 0 (+ 1 (* v v) (* q q (- 1))))"
    " (= 0 (+ 1 (* m q) (* m p (- 1))))))"
)

BUGS: tuple[Bug, ...] = (
    # --- SymPy: integrals, sums, limits
    Bug(
        "SymPy", "integral of |sin x cos x| over [0, 2 pi]",
        lambda: sympy.integrate(sympy.Abs(sympy.sin(x) * sympy.cos(x)), (x, 0, 2 * sympy.pi)), "1", "2",
        "Integral(abs(sin(x)*cos(x)), (x, 0, 2*pi)) == 1", "Integral(abs(sin(x)*cos(x)), (x, 0, 2*pi)) == 2",
    ),
    Bug(
        "SymPy", "sum over n >= 1 of n/((n + 2)(n + 4)(n + 8))",
        lambda: sympy.simplify(sympy.summation(m / ((m + 2) * (m + 4) * (m + 8)), (m, 1, sympy.oo))), "521/25200", "4/35",
        "Sum(k/((k + 2)*(k + 4)*(k + 8)), (k, 1, oo)) == 521/25200",
        "Sum(k/((k + 2)*(k + 4)*(k + 8)), (k, 1, oo)) == 4/35", slow=True,
    ),
    Bug(
        "SymPy", "sum over k = 0..n of C(n, k) (n - k)!",
        lambda: sympy.Sum(sympy.binomial(n, k) * sympy.factorial(n - k), (k, 0, n)).doit(), "E*factorial(n)",
        "n! (1 + 1/1! + ... + 1/n!), at n = 1 it is 2",
        "Sum(binomial(n, k)*factorial(n - k), (k, 0, n)) == E*factorial(n)",
        "Sum(binomial(3, k)*factorial(3 - k), (k, 0, 3)) == 16",
    ),
    Bug(
        "SymPy", "sum over k >= 0 of 1/(1 - 4 k^2)^2",
        lambda: sympy.Sum(1 / (1 - 4 * k**2) ** 2, (k, 0, sympy.oo)).doit(), "nan", "1/2 + pi^2/16",
        "Sum(1/(1 - 4*k**2)**2, (k, 0, oo)) == pi**2/8", "Sum(1/(1 - 4*k**2)**2, (k, 0, oo)) == 1/2 + pi**2/16", slow=True,
    ),
    Bug(
        "SymPy", "sum over n >= 1 of (4n)!/(4n + 4)!",
        lambda: sympy.Sum(sympy.factorial(4 * n) / sympy.factorial(4 * n + 4), (n, 1, sympy.oo)).doit(), "nan",
        "log(2)/4 - pi/24 - 1/24",
        "Sum(factorial(4*k)/factorial(4*k + 4), (k, 1, oo)) == log(2)/4 - pi/24",
        "Sum(factorial(4*k)/factorial(4*k + 4), (k, 1, oo)) == log(2)/4 - pi/24 - 1/24", slow=True,
    ),
    Bug(
        "SymPy", "limit of (a exp(-a t) + b exp(-b t)) exp(b t), a and b positive",
        lambda: sympy.limit((a * sympy.exp(-a * t) + b * sympy.exp(-b * t)) * sympy.exp(b * t), t, sympy.oo), "oo",
        "b for a > b, oo for a < b",
        "limit((a*exp(-a*t) + b*exp(-b*t))*exp(b*t), t, oo) == oo",
        "limit((2*exp(-2*t) + exp(-t))*exp(t), t, oo) == 1",
    ),
    Bug(
        "SymPy", "limit of sign(x) at 0 (its default is the right side)", lambda: sympy.limit(sympy.sign(x), x, 0), "1",
        "none from both sides", "limit(sign(x), x, 0) == 1", "limit(sign(x), x, 0, right) == 1",
    ),
    Bug(
        "SymPy", "limit of floor(x) at 0 (the right side again)", lambda: sympy.limit(sympy.floor(x), x, 0), "0",
        "none from both sides", "limit(floor(x), x, 0) == 0", "limit(floor(x), x, 0, left) == -1",
    ),
    # --- SymPy: what it does while it builds
    Bug("SymPy", "x/x", lambda: x / x, "1", "undefined at 0", "x/x == 1", "y/y == 1"),
    Bug("SymPy", "0*log(x)", lambda: 0 * sympy.log(x), "0", "undefined for x <= 0", "0*log(x) == 0", "0*log(y) == 0"),
    Bug("SymPy", "sqrt(x)**2", lambda: sympy.sqrt(x) ** 2, "x", "undefined for x < 0", "sqrt(x)**2 == x", "sqrt(r)**2 == r"),
    Bug(
        "SymPy", "exp(log(x))", lambda: sympy.exp(sympy.log(x)), "x", "undefined for x <= 0",
        "exp(log(x)) == x", "exp(log(y)) == y",
    ),
    Bug("SymPy", "x**0", lambda: x**0, "1", "no value at 0 here", "x**(x - x) == 1", "y**0 == 1"),
    Bug(
        "SymPy", "cancel((x**2 - 1)/(x - 1))", lambda: sympy.cancel((x**2 - 1) / (x - 1)), "x + 1", "undefined at 1",
        "(x**2 - 1)/(x - 1) == x + 1", "(y**2 - 1)/(y + 1) == y - 1",
    ),
    Bug(
        "SymPy", "expand_log(log(x**2), force=True)", lambda: sympy.expand_log(sympy.log(x**2), force=True), "2*log(x)",
        "2 log(abs(x))", "log(x**2) == 2*log(x)", "log(y**2) == 2*log(y)",
    ),
    Bug(
        "SymPy", "simplify(LambertW(y exp(y)) - y), y > 0",
        lambda: sympy.simplify(sympy.LambertW(t * sympy.exp(t)) - t), "-t + LambertW(t*exp(t))", "0",
        "LambertW(x*exp(x)) == x", "LambertW(y*exp(y)) >= 0",
    ),
    Bug("SymPy", "hermite(2, x): the physicists' one", lambda: sympy.hermite(2, x), "4*x**2 - 2", "x^2 - 1 in probability"),
    # --- flint
    Bug("arb", "lower end of arb(1/2, 1/2)", lambda: arb(0.5, 0.5).lower() < 0, "True", "0", "log(p) >= -100", "log(p) < 0"),
    Bug("arb", "arb(0, 1)**2", lambda: arb(0, 1) ** 2, "nan", "[0, 1]", "x**2 > 0", "x**2 >= 0"),
    Bug("arb", "0**0", lambda: arb(0) ** arb(0), "1.00000000000000", "no value here", "0**(x - x) == 1", "2**0 == 1"),
    Bug(
        "acb", "asin(2), without a word about the cut", lambda: acb(2).asin().real.mid().str(4, radius=False), "1.571",
        "not real", "asin(x + 2) <= 8/5", "asin(p) <= 8/5",
    ),
    Bug(
        "acb", "integral of sqrt(z^2) over [-1, 1] without `analytic`",
        lambda: acb.integral(lambda z, _: (z * z).sqrt(), -1, 1).real.str(4, radius=False), "1.155", "1",
        "Integral(sqrt(x**2), (x, -1, 1)) == 2/sqrt(3)", "Integral(sqrt(x**2), (x, -1, 1)) == 1",
    ),
    # --- z3
    Bug("z3", "x/0 == 1", lambda: _unsat(_Z / 0 == 1), "sat", "undefined", "x/(x - x) == 1", "y/1 == y"),
    Bug("z3", "not (x/x == 1)", lambda: _unsat(z3.Not(_Z / _Z == 1)), "sat", "only where undefined", "x/x == 1", "y/y == 1"),
    Bug("z3", "x**0 != 1", lambda: _unsat(z3.Not(_Z**0 == 1)), "unsat", "no value at 0 here", "x**(x - x) == 1", "y**0 == 1"),
    Bug("z3", "issue 6098 (unsat in 4.8), the conic", lambda: _from_text(_CONIC), "sat", "sat"),
    # --- mpmath, the second engine
    Bug(
        "mpmath", "nsum of 1/(n log(n)^2) from 2", lambda: mp.nstr(mp.nsum(lambda i: 1 / (i * mp.log(i) ** 2), [2, mp.inf]), 6),
        "1.91056", "2.10974...", "Sum(1/(k*log(k)**2), (k, 2, oo)) <= 2", "Sum(1/(k*log(k)**2), (k, 2, oo)) >= 3/2",
    ),
    Bug(
        "mpmath", "quad of |sin x cos x| over [0, 2 pi]",
        lambda: mp.nstr(mp.quad(lambda u: abs(mp.sin(u) * mp.cos(u)), [0, 2 * mp.pi]), 6), "1.99813", "2",
        "Integral(abs(sin(x)*cos(x)), (x, 0, 2*pi)) <= 199/100", "Integral(abs(sin(x)*cos(x)), (x, 0, 2*pi)) >= 2",
    ),
    Bug(
        "mpmath", "quad of exp(-(x - 300)^2) over the line",
        lambda: mp.quad(lambda u: mp.exp(-((u - 300) ** 2)), [-mp.inf, mp.inf]) < 1e-100, "True", "sqrt(pi)",
        "Integral(exp(-(x - 300)**2), (x, -oo, oo)) <= 1", "Integral(exp(-(x - 300)**2), (x, -oo, oo)) == sqrt(pi)",
    ),
    # --- JAX
    Bug("JAX", "log1p(-0.41) in float64, in units of 2**-53", lambda: _log1p_ulp() > 50, "True", "below 2", slow=True),
    Bug("JAX", "jit of (1 + x) - 1 at 1e-17", _kahan_folded, "1e-17", "0 in float64", slow=True),
)  # fmt: skip


def answer(bug: Bug) -> str:
    """What the engine says today."""
    return str(bug.ask())


def verdicts(bug: Bug) -> tuple[str, str]:
    """What ``check`` says of the wrong and of the right claim; empty where there is none."""
    return tuple(str(prove(asked(Relation(read(text)))).status) if text else "" for text in (bug.wrong, bug.right))  # type: ignore[return-value]


def is_sound(found: tuple[str, str]) -> bool:
    """Whether the wrong claim was not proved and the right one not refuted (nor called a contradiction)."""
    return found[0] != Status.PROVED and found[1] not in (Status.REFUTED, Status.DISAGREE, Status.ERROR)


def main() -> int:
    """Print the table; 1 if a false claim was proved, a true one refuted, or an engine answers otherwise than recorded."""
    failed = 0
    print("| engine | asked | says | truth | the wrong claim | the right claim |\n|---|---|---|---|---|---|")
    for bug in BUGS:
        said, found = answer(bug), verdicts(bug)
        failed += said != bug.says or not is_sound(found)
        note = "" if said == bug.says else f" (recorded: {bug.says})"
        cells = (bug.engine, bug.asked.replace("|", "\\|"), said + note, bug.truth, *found)
        print("| " + " | ".join(cells) + " |")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
