"""Every engine made to lie, one after the other: what does the checker say of false claims that the lie supports?

The one idea to know: a second engine that never contradicts proves nothing about itself.  So each engine is broken on purpose
where only it is used, with the search for counterexamples switched off, and false claims are asked that it now supports: none
may be PROVED, and the contradiction has to come out as DISAGREE with both answers.  ``python -m tests.prove.faulty_engines``
prints the table; the column "alone" is what would have been proved without the second engine.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import pytest
from flint import arb

from checker.expr import (
    ball_functions,
    defined,
    derive,
    interval_functions,
    mpmath_functions,
    quadrature,
    rational,
    series_sum,
    to_fractions,
)
from checker.expr.interval import Interval
from checker.expr.node import num
from checker.prove import asymptotic, certificate, enclosure, identity, implication, induction, registry, tails
from checker.prove.implication import Answer
from checker.prove.ladder import Ladder
from checker.prove.obligation import KKT, Certificate, Enclosure, Induction, Obligation, Ode, Optimum, Relation, Root
from checker.prove.outcome import Evidence, Outcome, Status
from checker.verdict import How
from tests.soundness.asking import asked, pair, read
from tests.soundness.blind import switch_off_refuters


@dataclass(frozen=True, slots=True)
class Fault:
    """An engine, how it lies, and obligations that are false (or, for the second engine itself, true) with the lie."""

    engine: str
    lie: str
    inject: Callable[[pytest.MonkeyPatch], None]
    claims: tuple[Obligation, ...]
    true: bool = False


def relations(*texts: str) -> tuple[Obligation, ...]:
    """Relations over the symbols of the fuzz."""
    return tuple(asked(Relation(read(text))) for text in texts)


def everywhere(patch: pytest.MonkeyPatch, original: object, faulty: object) -> None:
    """Replace a function in every module of the checker that holds a reference to it."""
    for name, module in list(sys.modules.items()):
        if name.startswith("checker.") and ".recheck" not in name:
            for attribute, value in list(vars(module).items()):
                if value is original:
                    patch.setattr(module, attribute, faulty)


# --- the lies ---------------------------------------------------------------------------------------------------------


def _ball_function(name: str, lie: Callable[[arb], arb]) -> Callable[[pytest.MonkeyPatch], None]:
    def inject(patch: pytest.MonkeyPatch) -> None:
        true = ball_functions.UNARY[name]
        patch.setitem(ball_functions.UNARY, name, lambda x: lie(true(x)))

    return inject


def _narrow_waves(patch: pytest.MonkeyPatch) -> None:
    true = interval_functions._wave
    half = Interval(arb(-1) / 2, arb(1) / 2)
    patch.setattr(interval_functions, "_wave", lambda name, x: half if name == "sin" else true(name, x))


def _everything_positive(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Ladder, "positive", lambda *_args, **_keywords: True)


def _always_zero(patch: pytest.MonkeyPatch) -> None:
    everywhere(patch, rational.is_zero, lambda *_: True)


def _no_conditions(patch: pytest.MonkeyPatch) -> None:
    everywhere(patch, defined.conditions, lambda *_: ())


def _always_unsat(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Ladder, "positive", lambda *_args, **_keywords: False)  # so that z3 is asked at all
    everywhere(patch, implication.run, lambda *_args, **_keywords: "unsat")


def _unsat_by_one_solver(patch: pytest.MonkeyPatch) -> None:
    true = implication.find_model

    def first_lies(conditions: Any, domains: Any, logic: str | None = None, **keywords: Any) -> Answer:
        return true(conditions, domains, logic, **keywords) if logic else Answer("unsat")

    patch.setattr(Ladder, "positive", lambda *_args, **_keywords: False)
    everywhere(patch, implication.find_model, first_lies)


def _sympy_finds_zero(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(identity, "_sympy_zero", lambda *_: "yes")


def _sympy_limits(patch: pytest.MonkeyPatch) -> None:
    import sympy

    patch.setattr(sympy.Limit, "doit", lambda self, **_: sympy.Rational(1, 2))


def _shifted_expansion(patch: pytest.MonkeyPatch) -> None:
    true = asymptotic.limit_at_infinity

    def shifted(*args: Any) -> asymptotic.LimitValue:
        found = true(*args)
        return found if found.value is None else asymptotic.LimitValue(derive.total(found.value, num(Fraction(1, 1000))))

    everywhere(patch, true, shifted)
    _follows_anything(patch)


def _follows_anything(patch: pytest.MonkeyPatch) -> None:
    from checker.prove import approach

    everywhere(patch, approach.approaches, lambda *_: approach.Approach(True, "as far as one can see"))


def _scaled(function: Callable[..., arb]) -> Callable[[pytest.MonkeyPatch], None]:
    def inject(patch: pytest.MonkeyPatch) -> None:
        everywhere(patch, function, lambda *args: function(*args) * (arb(1001) / 1000))

    return inject


def _wrong_slopes(patch: pytest.MonkeyPatch) -> None:
    true = derive.diff
    everywhere(patch, true, lambda node, name, order=1: derive.times(num(2), true(node, name, order)))


def _one_zero_only(patch: pytest.MonkeyPatch) -> None:
    true = tails.locate

    def blind(*args: Any, **keywords: Any) -> Any:
        found = true(*args, **keywords)
        del found.isolation.zeros[1:]
        return found

    everywhere(patch, true, blind)


def _said(reason: str) -> Outcome:
    return Outcome(Status.PROVED, reason, How.PROVED, (Evidence("a broken prover", "is it so?", "yes"),))


def _any_step(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(induction, "_small_cases", lambda *_: None, raising=False)
    patch.setattr(induction, "_step", lambda *_: _said("the step"))


def _adds_up(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(certificate, "_adds_up", lambda *_args, **_keywords: (_said("it adds up"), ""))
    patch.setattr(certificate, "confirmed_in_components", lambda *_: Evidence("balls", "components?", "yes, at 6 points"))


def _any_bracket(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(enclosure, "lies_in", lambda *_: True)


def _mpmath_lies(patch: pytest.MonkeyPatch) -> None:
    true = mpmath_functions.DIRECT["exp"]
    patch.setitem(mpmath_functions.DIRECT, "exp", lambda x: true(x) * mpmath_functions.ctx.mpf("1.001"))


def _fractions_lie(patch: pytest.MonkeyPatch) -> None:
    true = to_fractions._power
    patch.setattr(to_fractions, "_power", lambda base, exponent: None if (p := true(base, exponent)) is None else p + 1)


def _flow(solution: str) -> Obligation:
    return asked(Ode("t", {"f": read("-f")}, {"f": read(solution)}, {"f": read("1")}))


def _vectors(goal: str) -> Obligation:
    return asked(Certificate(read(goal), (), (), (read("norm(W - V)**2/2"),)))


FAULTS: tuple[Fault, ...] = (
    Fault(
        "balls: exp", "exp is a hundredth of a percent too large", _ball_function("exp", lambda y: y * (arb(10001) / 10000)),
        (
            *relations("exp(t) >= 1 + t + 1/20000", "exp(1) > 2.7184", "exp(-t) >= 1 - t + 1/20000"),
            asked(Enclosure(read("exp(1)"), pair("2.7184", "2.7190"))),
            asked(Root(read("exp(x) - 2"), "x", pair("0", "1"), lies_in=pair("0.6930", "0.69310"))),
        ),
    ),
    Fault(
        "balls: log", "log is 1e-9 too large", _ball_function("log", lambda y: y + arb(10) ** -9),
        relations("log(y) - log(2*y) + log(2) > 5/10**10", "log(3) > 1.0986122890", "log(1 + t) >= 1/10**10"),
    ),
    Fault(
        "balls: erf", "erf is a percent too large", _ball_function("erf", lambda y: y * (arb(101) / 100)),
        (*relations("erf(1) > 0.845"), asked(Enclosure(read("erf(1/2)"), pair("0.523", "0.54")))),
    ),
    Fault(
        "intervals: sin", "the sine stays in [-1/2, 1/2]", _narrow_waves,
        relations("sin(x) <= 3/4", "x + sin(x) <= x + 2/3"),
    ),
    Fault(
        "derivative ladder", "every goal is positive", _everything_positive,
        relations("y + 3/y >= 2*sqrt(3) + 1e-12", "exp(x) >= E*x + 1e-20", "sin(x) < 9/10", "x**2 > 2", "x**4 - 4*x + 3 > 0"),
    ),
    Fault(
        "rational normal form", "everything is zero", _always_zero,
        relations("sin(x)**2 == sin(x)", "(x + 1)**2 == x**2 + 2*x + 1 + 1/10**25", "exp(x)*exp(z) == exp(x*z)", "pi == 22/7"),
    ),
    Fault(
        "definedness", "no formula asks for anything", _no_conditions,
        relations("x/x == 1", "(x**2 - 1)/(x - 1) == x + 1", "exp(log(x)) == x", "0*log(t) == 0", "sqrt(x)**2 == x"),
    ),
    Fault(
        "z3: both solvers", "everything is unsat", _always_unsat,
        relations("x**2 >= 1/10**9", "(x - 123456789/10**9)**2 >= 1/10**25", "x**2 + z**2 >= 2*x*z + 1/10**12", "x**3 != 8"),
    ),
    Fault(
        "z3: the first solver", "everything is unsat", _unsat_by_one_solver,
        relations("x**2 >= 1/10**9", "x**2 + z**2 >= 2*x*z + 1/10**12"),
    ),
    Fault(
        "SymPy: simplify", "everything simplifies to 0", _sympy_finds_zero,
        relations("gamma(y + 1/2) == sqrt(y)*gamma(y)", "zeta(y + 2) == 1 + 1/2**(y + 2)"),
    ),
    Fault(
        "SymPy: limits", "every limit is 1/2", _sympy_limits,
        relations("limit(LambertW(t)/log(t), t, oo) == 1/2", "limit(zeta(1 + t), t, oo) == 1/2"),
    ),
    Fault(
        "asymptotic expansion", "limits are 1/1000 too large, balls see what they should", _shifted_expansion,
        relations("limit(t/(t + 1), t, oo) == 1001/1000", "limit((1 + 1/t)**t, t, oo) == E + 1/1000"),
    ),
    Fault(
        "quadrature by balls", "integrals are 1/1000 too large", _scaled(quadrature.integral),
        (
            *relations("Integral(exp(-x**4), (x, 0, 1)) > 0.845"),
            asked(Enclosure(read("Integral(exp(-u**2), (u, 0, 1))"), pair("0.7475", "0.7477"))),
        ),
    ),
    Fault(
        "summation by balls", "series are 1/1000 too large", _scaled(series_sum.series),
        (
            *relations("Sum(1/k**2, (k, 1, oo)) > 1.645"),
            asked(Enclosure(read("Sum(1/k**3, (k, 1, oo))"), pair("1.203", "1.2035"))),
        ),
    ),
    Fault(
        "derivatives", "every slope is doubled", _wrong_slopes,
        (_flow("exp(-t/2)"), asked(KKT(read("x**2"), ("x",), (read("x >= 1"),), {"x": read("1")}, (read("4"),)))),
    ),
    Fault(
        "isolation of zeros", "all but the first are lost", _one_zero_only,
        (
            asked(Root(read("x**2 - 2"), "x", pair("-2", "2"), lies_in=pair("-2", "0"))),
            asked(Optimum(read("(x**2 - 1)**2 - x/5"), "x", pair("-2", "2"), lies_in=pair("-2", "0"))),
        ),
    ),
    Fault(
        "enclosures", "every number lies in every bracket", _any_bracket,
        (asked(Enclosure(read("pi"), pair("3", "3.1"))), asked(Enclosure(read("Integral(log(x), (x, 0, 1))"), pair("0", "1")))),
    ),
    Fault(
        "induction", "every step follows", _any_step,
        (asked(Induction("n", 1, read("Sum(k**3, (k, 1, n)) <= n**4/3 + 5"))), asked(Induction("n", 1, read("2**n <= 10**9")))),
    ),
    Fault(
        "inner products", "every certificate adds up, in components too", _adds_up,
        (_vectors("dot(W, V) <= norm(W)**2/2 + norm(V)**2/3"), _vectors("dot(W, V) <= norm(W)**2/2 - 1")),
    ),
    Fault(
        "mpmath", "exp is a tenth of a percent too large", _mpmath_lies,
        relations("exp(x)*exp(z) == exp(x + z)", "exp(0) == 1", "exp(-x**2) <= 1"), true=True,
    ),
    Fault("exact fractions", "every power is too large by 1", _fractions_lie, relations("x**2*x == x**3"), true=True),
)


# --- the table --------------------------------------------------------------------------------------------------------


@contextmanager
def broken(fault: Fault, *, looked_at: bool) -> Iterator[None]:
    """The fault in place and every search for counterexamples off; without ``looked_at`` the second engine is off as well."""
    import importlib
    import pkgutil

    import checker.prove.recheck as package

    for found in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        importlib.import_module(found.name)
    true = registry.rechecked
    with pytest.MonkeyPatch.context() as patch:
        switch_off_refuters(patch)
        if looked_at:
            patch.setattr(registry, "rechecked", true)
        fault.inject(patch)
        yield


def answers(fault: Fault, *, looked_at: bool = True) -> list[Outcome]:
    """What the checker says of the claims of a fault."""
    with broken(fault, looked_at=looked_at):
        return [registry.prove(claim) for claim in fault.claims]


def row(fault: Fault) -> tuple[str, ...]:
    """One line of the table."""
    alone = sum(outcome.status is Status.PROVED for outcome in answers(fault, looked_at=False))
    seen = Counter(outcome.status for outcome in answers(fault))
    other = sum(seen.values()) - seen[Status.PROVED] - seen[Status.DISAGREE]
    cells = (len(fault.claims), alone, seen[Status.PROVED], seen[Status.DISAGREE], other)
    return (fault.engine, fault.lie + (" (claims are true)" if fault.true else ""), *map(str, cells))


HEAD = ("engine", "how it lies", "false claims", "proved by it alone", "proved", "DISAGREE", "otherwise")


def table(faults: tuple[Fault, ...] = FAULTS) -> str:
    """The table in Markdown."""
    rows = [HEAD, ("---",) * len(HEAD), *(row(fault) for fault in faults)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in rows)


def main() -> int:
    """Print the table; 1 if a false claim was proved."""
    text = table()
    print(text)
    return int(any(cells.split("|")[5].strip() != "0" for cells in text.splitlines()[2:]))


if __name__ == "__main__":
    sys.exit(main())
