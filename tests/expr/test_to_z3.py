"""z3 terms: algebra, roots, cases, guarded division; everything else is refused."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import pytest
import z3

from checker.expr.domain import INTEGER, NONNEGATIVE, POSITIVE, REAL, Domain
from checker.expr.errors import UnsupportedError
from checker.expr.namespace import Namespace
from checker.expr.parse import parse
from checker.expr.to_z3 import Translator, from_model

XY: Mapping[str, Domain] = {"x": REAL, "y": REAL}


def check(text: str, domains: Mapping[str, Domain] = XY, relaxed: bool = True) -> str:
    translator = Translator(domains, relaxed=relaxed)
    formula = translator.formula(parse(text, Namespace(symbols=dict(domains))))
    solver = z3.Solver(ctx=translator.context)
    solver.add(formula, *translator.bounds(), *translator.side)
    return str(solver.check())


@pytest.mark.parametrize(
    ("text", "domains", "expected"),
    [
        ("abs(x) < 0", XY, "unsat"),
        ("abs(x) < 1", XY, "sat"),
        ("max(x, y) < min(x, y)", XY, "unsat"),
        ("max(x, y) <= min(x, y)", XY, "sat"),
        ("sqrt(x) > x + 1/4", {"x": NONNEGATIVE}, "unsat"),
        ("sqrt(x) >= x + 1/4", {"x": NONNEGATIVE}, "sat"),  # at 1/4
        ("sqrt(x) == -1", {"x": REAL}, "unsat"),  # the root is the nonnegative one
        ("x**(2/3) < 0", {"x": REAL}, "unsat"),
        ("(1 if x > 0 else 2) == 2", {"x": POSITIVE}, "unsat"),
        ("x*(1/x) != 1", {"x": REAL}, "unsat"),  # a quotient exists only where it is defined
        ("0*(1/x) != 0", {"x": REAL}, "unsat"),
        ("0*(1/x) != 0 or x == 0", {"x": REAL}, "sat"),  # one alternative that holds is enough, as for balls and intervals
        ("(x if x == 0 else 1/x) == 0", {"x": REAL}, "sat"),
        ("(1/x if x == 0 else 1) != 1", {"x": REAL}, "unsat"),
        ("x**0 == 1 and x == 0", {"x": REAL}, "unsat"),
        ("x <= 0", {"x": POSITIVE}, "unsat"),
        ("sign(x)*x < 0", XY, "unsat"),
        ("Sum(k*x, (k, 1, 4)) != 10*x", XY, "unsat"),
        ("Product(k*x, (k, 1, 4)) != 24*x**4", XY, "unsat"),
        ("Product(k*x, (k, 1, 4)) != 25*x**4", XY, "sat"),
        ("Product(k, (k, 2, 1)) != 1", XY, "unsat"),
        ("floor(x) > x", XY, "unsat"),
        ("floor(x) <= x - 1", XY, "unsat"),
        ("ceil(x) < x", XY, "unsat"),
        ("abs(round(x) - x) > 1/2", XY, "unsat"),
        ("clip(x, -1, 1) > 1", XY, "unsat"),
        ("clip(x, y, 1) < y and y <= 1", XY, "unsat"),
        ("clip(x, y, 1) < y", XY, "sat"),
        ("relu(x) < x", XY, "unsat"),
        ("hypot(x, y) < x", XY, "unsat"),
    ],
)
def test_satisfiability(text: str, domains: Mapping[str, Domain], expected: str) -> None:
    assert check(text, domains) == expected


def test_a_relaxed_floor_may_lie_and_a_whole_one_not() -> None:
    assert check("floor(x) == 1/2") == "sat"
    assert check("floor(x) == 1/2", relaxed=False) == "unsat"
    assert check("floor(x) == 1 and x > 3/2", relaxed=False) == "sat"


def test_integers_relaxed_or_not() -> None:
    domains = {"n": INTEGER}
    assert check("n**2 - 3*n + 2 < 0", domains) == "sat"  # at 3/2
    assert check("n**2 - 3*n + 2 < 0", domains, relaxed=False) == "unsat"


@pytest.mark.parametrize("text", ["exp(x) > 0", "x**y > 0", "pi*x > 0", "sin(x) < 2", "x**1000 > 1", "x > 10**400"])
def test_everything_else_is_refused(text: str) -> None:
    with pytest.raises(UnsupportedError):
        check(text)


def test_models_become_exact_rationals() -> None:
    x = z3.Real("x")
    solver = z3.Solver()
    solver.add(3 * x == 1)
    assert solver.check() == z3.sat
    assert from_model(solver.model()[x]) == Fraction(1, 3)
    solver = z3.Solver()
    solver.add(x * x == 2, x > 0)
    assert solver.check() == z3.sat
    close = from_model(solver.model()[x])
    assert close is not None
    assert abs(close**2 - 2) < Fraction(1, 10**30)
