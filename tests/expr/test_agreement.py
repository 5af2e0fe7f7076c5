"""Random formulas over the whole function table: every reader gives the same number, or says that it cannot.

A formula is grown as text, with arguments kept inside each function's domain; the oracle is mpmath at 50 digits.  For
JAX the allowed error is what rounding each part to the bound of its row does to the whole, found by nudging the parts.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import mpmath as mp
import numpy as np
import pytest
import sympy
import z3
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checker.expr.domain import REAL, Domain
from checker.expr.errors import UnsupportedError
from checker.expr.functions import FUNCTIONS
from checker.expr.interval import enclose, from_domain
from checker.expr.namespace import Namespace
from checker.expr.node import Bound, Fn, Node, Sym, num, walk
from checker.expr.parse import parse
from checker.expr.text import text
from checker.expr.to_arb import evaluate
from checker.expr.to_jax import compile_jax
from checker.expr.to_latex import latex
from checker.expr.to_sympy import to_sympy
from checker.expr.to_z3 import Translator, from_model
from checker.expr.vectors import expand
from tests.expr.mpmath_reader import value

DOMAINS = {"x": REAL, "y": REAL}
SPACE = Namespace(DOMAINS)
SCALAR = sorted(name for name, row in FUNCTIONS.items() if row.kind == "scalar")
EPSILON = mp.mpf(2) ** -52

# How an argument is kept inside the domain, and away from values that no float holds.
INSIDE: Mapping[str, str] = {
    "log": "log(max({0}, 1/8))",
    "log1p": "log1p(max({0}, -3/4))",
    "asin": "asin(clip({0}, -7/8, 7/8))",
    "acos": "acos(clip({0}, -7/8, 7/8))",
    "atanh": "atanh(clip({0}, -7/8, 7/8))",
    "acosh": "acosh(max({0}, 9/8))",
    "tan": "tan(clip({0}, -3/2, 3/2))",
    "LambertW": "LambertW(max({0}, -1/4))",
    "zeta": "zeta(clip({0}, 9/8, 20))",
    "polygamma": "polygamma(2, clip({0}, 1/8, 9))",
    "binomial": "binomial(clip({0}, 5, 9), clip({1}, 0, 4))",
    **{name: f"{name}(clip({{0}}, 1/8, 9))" for name in ("gamma", "factorial", "loggamma", "digamma")},
    **{name: f"{name}(clip({{0}}, -9, 9))" for name in ("exp", "expm1", "sinh", "cosh", "erfc", "normcdf")},
}
OPERATIONS = (
    "({0} + {1})", "({0} - {1})", "({0}*{1})", "({0}/max({1}, 1/4))", "(-{0})", "{0}**2", "{0}**3", "max({0}, 1/8)**(2/3)",
    "max({0}, 1/8)**clip({1}, -3, 3)", "sqrt(abs({0}))", "max({0}, {1})", "min({0}, {1}, 1)",
    "({0} if {0} < {1} else {1})", "(1 if {0} > 0 and not {1} > 1 else {1})", "Sum({0}*k/2, (k, 1, 3))",
    "Product({0} + k, (k, 1, 2))", "[{0}, {1}][1]", "1/(1 + exp(-{0}))", "log(1 + exp({0}))", "(1 - tanh({0})**2)",
)  # fmt: skip


def template(name: str) -> str:
    places = max(FUNCTIONS[name].least, 1)
    return INSIDE.get(name) or f"{name}({', '.join(f'{{{i}}}' for i in range(places))})"


TEMPLATES = (*map(template, SCALAR), *OPERATIONS)
LEAVES = ("x", "y", "x", "y", "2", "3/4", "-1/2", "pi", "E", "EulerGamma", "1e-3")


def grow(rng: random.Random, templates: tuple[str, ...], depth: int) -> str:
    if depth == 0:
        return rng.choice(LEAVES)
    inner = [grow(rng, templates, rng.randrange(depth)) for _ in range(3)]
    return rng.choice(templates).format(*inner)


def grown(templates: tuple[str, ...]) -> st.SearchStrategy[str]:
    """Formulas by number (hypothesis looks for the first that fails, in the smallest depth) rather than by choices."""
    return st.builds(
        lambda seed, depth: grow(random.Random(seed), templates, depth), st.integers(0, 10**9), st.integers(1, 3)
    )


POINTS = st.integers(-96, 96).map(lambda n: Fraction(n, 32))  # exact in binary
FORMULAS = grown(TEMPLATES)
FEW = settings(max_examples=200, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))


def oracle(node: Node, point: Mapping[str, Fraction]) -> Any:
    env = {name: mp.mpf(at.numerator) / at.denominator for name, at in point.items()}
    return value(node, env)


def rounding(node: Node, point: Mapping[str, Fraction], parts: Node | None = None) -> Any:
    """What rounding every part to the bound of its function may do to the whole, to first order."""
    env = {name: mp.mpf(at.numerator) / at.denominator for name, at in point.items()}
    true, total = value(node, env), mp.mpf(0)
    for part in walk(parts or node):
        if isinstance(part, Sym | Bound) or any(isinstance(leaf, Bound) for leaf in walk(part)):
            continue
        try:
            value(part, env) + 0
        except TypeError:  # a list or a condition
            continue
        stated = FUNCTIONS[part.name].ulp if isinstance(part, Fn) else 2.0
        units = 16.0 if stated is None else stated
        nudged = [abs(value(node, env, nudge=(part, 1 + sign * units * EPSILON)) - true) for sign in (1, -1)]
        total += max(nudged)
    return total


def near(found: Any, true: Any, digits: int = 25) -> bool:
    return bool(abs(mp.mpmathify(found) - true) <= mp.mpf(10) ** -digits * max(1, abs(true)))


def by_sympy(node: Node, point: Mapping[str, Fraction]) -> Any:
    expression = to_sympy(node, DOMAINS)
    places = {s: sympy.Rational(point[s.name].numerator, point[s.name].denominator) for s in expression.free_symbols}
    return mp.mpf(str(sympy.N(expression.subs(places), 40)))


def by_z3(node: Node, point: Mapping[str, Fraction]) -> Any:
    translator = Translator(DOMAINS, relaxed=False)
    term = translator.term(node)
    fixed = [variable == translator.number(point[name]) for name, variable in translator.symbols.items()]
    solver = z3.Solver(ctx=translator.context)
    solver.set("rlimit", 3_000_000)
    solver.add(*fixed, *translator.side)
    answer = solver.check()
    if answer == z3.unknown:
        raise UnsupportedError("z3", "a root of this size within its resources")
    assert answer == z3.sat
    number = from_model(solver.model().eval(term, model_completion=True), 60)
    if number is None:  # an algebraic number that the model leaves as a formula
        raise UnsupportedError("z3", "this algebraic number as a value")
    return mp.mpf(number.numerator) / number.denominator


def encloses(node: Node, point: Mapping[str, Fraction], width: Fraction, true: Any) -> bool:
    box = {name: from_domain(Domain(at - width, at + width)) for name, at in point.items()}
    found = enclose(node, box, 160)
    slack = mp.mpf(10) ** -30 * max(1, abs(true))
    lo, hi = (mp.mpf("-inf" if end.is_nan() else end.str(60, radius=False)) for end in (found.lo, found.hi))
    return not found.empty and lo - slack <= true <= hi + slack


def attempt(reading: Callable[[], Any]) -> tuple[Any, str]:
    """What a reader says, or ``None`` and why it cannot; any other exception is an error of the reader."""
    try:
        return reading(), ""
    except UnsupportedError as refusal:
        return None, refusal.what


READERS: Mapping[str, Callable[[Node, Mapping[str, Fraction]], Any]] = {"SymPy": by_sympy, "z3": by_z3}


@pytest.mark.parametrize("reader", sorted(READERS))
@given(formula=FORMULAS, x=POINTS, y=POINTS)
@FEW
def test_exact_readers_agree_or_refuse(reader, formula, x, y):
    node, point = parse(formula, SPACE), {"x": x, "y": y}
    found, _ = attempt(lambda: READERS[reader](node, point))
    assert found is None or near(found, oracle(node, point))


ALGEBRA = tuple(
    template(name) for name in ("abs", "sign", "floor", "ceil", "round", "clip", "relu", "hypot")
) + tuple(t for t in OPERATIONS if "exp" not in t and "tanh" not in t and "clip" not in t and "2/3" not in t)


@given(formula=grown(ALGEBRA), x=POINTS, y=POINTS)
@settings(FEW, max_examples=80)
def test_z3_on_what_it_can_say(formula, x, y):
    node, point = parse(formula.replace("pi", "7/2").replace("EulerGamma", "1/3").replace("E", "5/2"), SPACE), {"x": x, "y": y}
    found, why = attempt(lambda: by_z3(node, point))
    if found is None:
        assert why.split()[-1] in {"resources", "value", "Vec", "Subscript"}
    else:
        assert near(found, oracle(node, point))


# What intervals have no rule for (polygamma only where its argument may be negative).
UNENCLOSED = {"binomial", "polygamma outside x > 0"}


@given(formula=FORMULAS, x=POINTS, y=POINTS)
@FEW
def test_balls_and_intervals_hold_the_true_value(formula, x, y):
    node, point = parse(formula, SPACE), {"x": x, "y": y}
    true = oracle(node, point)
    ball = evaluate(node, point, 200)
    assert ball.is_nan() or near(ball.mid().str(60, radius=False), true, 40)
    for width in (Fraction(0), Fraction(1, 8)):
        holds, why = attempt(lambda width=width: encloses(node, point, width, true))
        assert holds or (holds is None and why in UNENCLOSED)


@given(formula=FORMULAS, x=POINTS, y=POINTS)
@settings(FEW, max_examples=120)
def test_jax_is_within_the_stated_bounds(formula, x, y):
    node, point = parse(formula, SPACE), {"x": x, "y": y}
    true = oracle(node, point)
    found = compile_jax(node)({name: float(at) for name, at in point.items()})
    assert abs(mp.mpf(float(found)) - true) <= 2 * rounding(node, point) + mp.mpf("1e-300")


@given(formula=FORMULAS)
@FEW
def test_text_and_latex(formula):
    node = parse(formula, SPACE)
    assert parse(text(node), SPACE) == node
    written = latex(node)
    assert written.count("{") == written.count("}")
    assert written.count("\\left") - written.count("\\leftarrow") == written.count("\\right")


def test_the_formulas_reach_the_whole_table():
    seen: set[str] = set()

    @given(formula=FORMULAS)
    @settings(FEW, max_examples=600)
    def collect(formula):
        seen.update(part.name for part in walk(parse(formula, SPACE)) if isinstance(part, Fn))

    collect()
    assert set(SCALAR) <= seen


@pytest.mark.parametrize("name", SCALAR)
def test_every_function_in_every_reader(name):
    row, point = FUNCTIONS[name], {"x": Fraction(3, 4), "y": Fraction(-11, 8)}
    for formula in (template(name).format("x", "y", "2"), template(name).format("y", "x + 1", "1/2")):
        node = parse(formula, SPACE)
        true = oracle(node, point)
        assert near(by_sympy(node, point), true)
        assert near(evaluate(node, point, 200).mid().str(60, radius=False), true, 40)
        found = float(compile_jax(node)({key: float(at) for key, at in point.items()}))
        assert abs(found - true) <= 2 * rounding(node, point)
        assert parse(text(node), SPACE) == node
        assert row.latex is None or latex(node)


def test_a_wrong_reader_would_be_seen():
    node, point = parse("exp(x)*floor(y)", SPACE), {"x": Fraction(1), "y": Fraction(5, 2)}
    assert near(by_sympy(node, point), oracle(node, point))
    assert not near(by_sympy(parse("exp(x)*round(y)", SPACE), point), oracle(node, point))
    assert not encloses(parse("exp(x)*ceil(y)", SPACE), point, Fraction(0), oracle(node, point))
    assert rounding(node, point) < 1e-13
    assert rounding(parse("floor(y - 1/2)", SPACE), point) >= 1  # at a jump a rounding error is a whole step


# --- vectors and matrices -------------------------------------------------------------------------------------------

ARRAY_DOMAINS = {"x": REAL, "u": Domain(shape=(num(2),)), "A": Domain(shape=(num(2), num(2)))}
ARRAY_SPACE = Namespace(ARRAY_DOMAINS)
VECTORS = ("u", "[x, 2]", "A @ {v}", "{v} + 2*u", "{v}/4", "solve({m} + 9*[[1, 0], [0, 1]], {v})", "clip({v}, -1, 1)", "{m}[1]")
MATRICES = ("A", "[[x, 1], [2, 3]]", "{m}.T", "{m} @ A", "{m} + A", "inv({m} @ {m}.T + [[1, 0], [0, 1]])")
SCALARS = (
    "{v} @ {v}", "dot({v}, u)", "norm({v})", "norm({v}, 1)", "norm({v}, oo)", "sum({v})", "mean({m})", "trace({m})", "det({m})",
    "norm({m}, fro)", "norm({m}, 2)", "norm({m}, nuc)", "max({v})", "min({v})", "logsumexp({v})",
    "sum(eigenvalues({m} + {m}.T)**2)", "max(eigenvalues({m} @ {m}.T))", "Sum(u[k]*{v}[k], (k, 0, 1))",
    "sum(grad(norm({v} @ A)**2, u))", "Product(1 + u[k], (k, 0, 1))", "{m}[0, 1] + {v}[0]", "entropy(exp({v}))",
)  # fmt: skip


def array_formula(seed: int) -> str:
    rng = random.Random(seed)
    formula, depth = rng.choice(SCALARS), rng.randrange(4)
    while "{v}" in formula or "{m}" in formula:
        for mark, choices in (("{v}", VECTORS), ("{m}", MATRICES)):
            if mark in formula:
                part = rng.choice(choices if depth > 0 else choices[:1])
                formula = formula.replace(mark, f"({part})" if set(part) & set(" /") else part, 1)
                depth -= 1
    return formula


SMALL = st.integers(-24, 24).map(lambda n: n / 16)


@given(formula=st.integers(0, 10**9).map(array_formula), entries=st.lists(SMALL, min_size=7, max_size=7))
@settings(FEW, max_examples=60)
def test_arrays_whole_in_jax_and_in_components_elsewhere(formula, entries):
    node = parse(formula, ARRAY_SPACE)
    assert parse(text(node), ARRAY_SPACE) == node
    assert latex(node)
    x, *rest = entries
    env = {"x": x, "u": np.array(rest[:2]), "A": np.array(rest[2:]).reshape(2, 2)}
    point = {"x": Fraction(x)}
    point |= {f"u[{i}]": Fraction(rest[i]) for i in range(2)}
    point |= {f"A[{i},{j}]": Fraction(rest[2 + 2 * i + j]) for i in range(2) for j in range(2)}
    expanded, why = attempt(lambda: expand(node, ARRAY_DOMAINS))
    if expanded is None:  # of a product of inverses the normal form does not see it
        assert why.endswith("not evidently symmetric")
        return
    ball = evaluate(expanded, point, 200)
    if ball.is_nan():
        return  # an undefined derivative of the norm at 0
    true = oracle(expanded, point)
    assert near(ball.mid().str(60, radius=False), true, 40)
    found = float(compile_jax(node)(env))
    assert abs(found - true) <= 1e-11 * max(1, abs(true)) or abs(found - true) <= 16 * rounding(expanded, point)
