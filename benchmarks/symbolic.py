"""G11 and G13: what a rigorous proof costs beside one SymPy limit, and how far compiled functions are from the truth.

The one idea to know: SymPy alone is the peer, with its cache emptied before every call, and every round asks about other
numbers, so that nobody is timed on remembering.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from functools import partial
from types import FrameType
from typing import Any

import numpy as np

from benchmarks.goals import Result, Settings, at_most
from benchmarks.timing import Spent, Variant, interleave, timed
from checker.expr import interval
from checker.expr.domain import REAL, Domain
from checker.expr.functions import FUNCTIONS, fn
from checker.expr.mpmath_functions import DIRECT, INSIDE, UndefinedError, ctx
from checker.expr.namespace import Namespace
from checker.expr.node import Node, Rel, Sym
from checker.expr.parse import parse
from checker.prove.inequality import oriented
from checker.prove.ladder import Ladder
from checker.prove.obligation import Obligation, Relation
from checker.prove.outcome import Status
from checker.prove.registry import prove
from checker.prove.subdivide import prove_on_parts

TEN = Domain(Fraction(0), Fraction(10))
NONNEGATIVE = Domain(Fraction(0))
POSITIVE = Domain(Fraction(0), lo_open=True)

# a strict inequality on [0, 10], and the limit at infinity that tells how the left side ends; {n} changes with each round
CERTIFICATES: tuple[tuple[str, str], ...] = (
    ("x*exp(-x) < 2/5 + 1/{n}", "x*exp(-x) - 2/5 - 1/{n}"),
    ("log(1 + exp(-x)) < 7/10 + 1/{n}", "log(1 + exp(-x)) - 7/10 - 1/{n}"),
    ("tanh(x) - x < 1/{n}", "tanh(x) - x/(1 + x) - 1/{n}"),
)
TIGHT: tuple[tuple[str, Domain], ...] = (
    ("x*exp(-x) <= exp(-1)", NONNEGATIVE),
    ("softplus(x) <= log(2) + x/2 + x**2/8", REAL),
    ("x + 2/x >= 2*sqrt(2)", POSITIVE),
    ("x**2*exp(-x) <= 4*exp(-2)", POSITIVE),
)
"""Each attains equality, three of the four at a place that is no rational number or not 0."""


def _goal(text: str, domain: Domain) -> Node:
    return parse(text, Namespace({"x": domain}))


def _status(text: str, domain: Domain) -> Status:
    return prove(Obligation(Relation(_goal(text, domain)), {"x": domain})).status


def _enclosed(text: str) -> None:
    """The certificate alone: rigorous enclosures on parts that cover [0, 10]; raises ``ValueError`` where it does not do."""
    goal = _goal(text, TEN)
    assert isinstance(goal, Rel)
    f, strict = oriented(goal)
    if not prove_on_parts(Ladder(), f, strict, {"x": TEN}):
        raise ValueError(f"{text} is not enclosed")


def _proved(text: str) -> None:
    """The whole prover: samples that might refute, the certificate, and the second engine on top of it."""
    if (status := _status(text, TEN)) is not Status.PROVED:
        raise ValueError(f"{text} is {status}")


def g11(settings: Settings) -> Iterator[Result]:
    """Certificates in this process, alone and with all that the prover does besides."""
    import sympy
    from sympy.core.cache import clear_cache

    x, counter = sympy.Symbol("x", positive=True), iter(range(1000, 10**6))
    for inequality, difference in CERTIFICATES:

        def asked(work: Callable[[str], None], text: str = inequality) -> Callable[[], Spent]:
            return timed(lambda: work(text.format(n=next(counter))))

        def limit(difference: str = difference) -> Spent:
            clear_cache()
            formula = sympy.sympify(difference.format(n=next(counter)), locals={"x": x})
            return timed(lambda: sympy.limit(formula, x, sympy.oo))()

        what = f"certificate of {inequality.format(n='n')} on [0, 10] / one SymPy limit"
        variants = [Variant("alone", asked(_enclosed)), Variant("whole", asked(_proved)), Variant("SymPy", limit)]
        try:
            timings = interleave(variants, settings.rounds)
        except ValueError as error:
            yield Result(what, at_most(0.1), not_run=f"refused: {error}")
            continue
        note = f"the limit takes {1e3 * min(timings.cpu['SymPy']):.3g} ms (SymPy {sympy.__version__})"
        yield Result(what, at_most(0.1), timings.ratio("alone", "SymPy"), note=note)
        with_all = "the same with samples that might refute and the second engine"
        yield Result(with_all, None, timings.ratio("whole", "SymPy"))
    for text, domain in TIGHT:
        status, boxes = _boxes(partial(_status, text, domain))
        what = f"boxes of {text}"
        if status is Status.PROVED:
            yield Result(what, at_most(1000), (float(boxes),), unit="boxes")
        else:
            yield Result(what, at_most(1000), not_run=f"refused: {status}, not proved")


def _boxes(work: Callable[[], Status]) -> tuple[Status, int]:
    """The answer, and how often an expression was enclosed on a box meanwhile: at least once for every box."""
    code, seen = interval.enclose.__code__, [0]

    def watch(frame: FrameType, event: str, argument: object) -> None:
        if event == "call" and frame.f_code is code:
            seen[0] += 1

    sys.setprofile(watch)
    try:
        return work(), seen[0]
    finally:
        sys.setprofile(None)


LARGEST = 800.0
SMALLEST = 2.0**-1022
ALLOWED = 4
STATED = frozenset({"gamma", "factorial", "erfc", "normcdf"})
"""What the goal lets be further off, where the table of functions says so."""
POSITIVE_ONLY = frozenset({"digamma"})
"""Whose stated bound speaks of u > 0: near its zeros below 0 no digit is left."""
_BITS = 256


def _points(name: str, count: int) -> Any:
    """Arguments with |u| up to 800 inside the domain of the function: of all sizes, near 0, near 1, and the ends."""
    rng = np.random.default_rng(13)
    sizes = np.exp(rng.uniform(np.log(1e-12), np.log(LARGEST), count))
    near = np.concatenate([rng.uniform(-4, 4, count), rng.uniform(-1, 1, count), 1 + rng.normal(size=count // 4) * 1e-5])
    found = np.concatenate([sizes, -sizes, near, rng.uniform(-40, 40, count), [-LARGEST, LARGEST, 0.0, 1.0, -1.0]])
    inside = INSIDE.get(name, lambda u: True)
    if name in POSITIVE_ONLY:
        found = found[found > 0]
    return np.array([u for u in found if inside(ctx.mpf(float(u)))])


def _ulps(found: float, true: Any) -> float:
    """Error in units in the last place of the true value, where that is an ordinary float."""
    size = abs(float(true))
    if not SMALLEST <= size < np.inf:
        return 0.0
    return float(abs(ctx.mpf(found) - true) / ctx.mpf(float(np.spacing(size)))) if np.isfinite(found) else float("inf")


def worst(function: Callable[[Any], Any], name: str, count: int) -> float:
    """The largest error of ``function`` on arrays, in units in the last place, against arithmetic of 256 bits."""
    points, before = _points(name, count), ctx.prec
    values = np.broadcast_to(np.asarray(function(points), dtype=np.float64), points.shape)
    ctx.prec, found = _BITS, 0.0
    try:
        for u, value in zip(points, values, strict=True):
            try:
                found = max(found, _ulps(float(value), DIRECT[name](ctx.mpf(float(u)))))
            except (UndefinedError, ValueError, ZeroDivisionError):
                continue
    finally:
        ctx.prec = before
    return found


def g13(settings: Settings) -> Iterator[Result]:
    """Every scalar function of one argument, compiled by the tool; and as SymPy alone would give it to JAX."""
    import jax

    from checker.expr.to_jax import compile_jax
    from checker.simulate.device import configure

    configure()
    count = settings.sized(120, 10)
    rows = {name: row for name, row in FUNCTIONS.items() if row.kind == "scalar" and row.largest == 1 and name in DIRECT}
    stated = {name: float(rows[name].ulp or 0) for name in sorted(rows)}
    errors: dict[str, float] = {}
    for name in stated:
        function = compile_jax(fn(name, Sym("u")))
        errors[name] = worst(jax.jit(jax.vmap(lambda u, function=function: function({"u": u}))), name, count)
    beyond = {name: error for name, error in errors.items() if error > stated[name]}
    yield Result(
        f"functions of {len(stated)} beyond their stated bound", at_most(0), (float(len(beyond)),), unit="functions",
        note=_listed(beyond) or f"|u| up to {LARGEST:g}, {count} arguments of each kind",
    )  # fmt: skip
    loose = {name: bound for name, bound in stated.items() if bound > ALLOWED}
    missed = {name: bound for name, bound in loose.items() if name not in STATED}
    yield Result(
        f"functions that state more than {ALLOWED} ulp, gamma and tails aside", at_most(0), (float(len(missed)),),
        unit="functions", note=f"stated: {_listed(loose)}",
    )  # fmt: skip
    yield Result("largest error of all, in ulp", None, (max(errors.values()),), unit="ulp", note=_listed(_top(errors)))
    yield _sympy_alone(stated, count)


def _top(errors: Mapping[str, float]) -> dict[str, float]:
    return dict(sorted(errors.items(), key=lambda item: -item[1])[:3])


def _listed(errors: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {error:.3g}" for name, error in errors.items())


def _sympy_alone(stated: Mapping[str, float], count: int) -> Result:
    """Of the same functions, how many SymPy's own JAX code does not give within the same bound."""
    import jax
    import sympy

    from checker.expr.to_sympy import to_sympy

    u, failed = sympy.Symbol("u", real=True), []
    for name in stated:
        try:
            formula = to_sympy(fn(name, Sym("u")), {"u": REAL})
            (symbol,) = formula.free_symbols or {u}
            function = jax.jit(sympy.lambdify(symbol, formula, modules="jax"))
            if worst(function, name, count) > stated[name]:
                failed.append(name)
        except Exception:  # whatever it raises, it gives no function
            failed.append(name)
    what = f"functions of {len(stated)} that SymPy's lambdify gives JAX outside the same bounds, or not at all"
    return Result(what, None, (float(len(failed)),), unit="functions", note=f"SymPy {sympy.__version__}")
