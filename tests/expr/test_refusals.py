"""Whatever tree it is given, sensible or not, a reader gives a value or raises ``UnsupportedError``, and nothing else."""

import random
from fractions import Fraction

import numpy as np
import pytest

from checker.expr.defined import conditions
from checker.expr.derive import diff
from checker.expr.domain import REAL, Domain
from checker.expr.errors import UnsupportedError
from checker.expr.functions import FUNCTIONS
from checker.expr.interval import enclose, from_domain
from checker.expr.node import (
    ONE,
    ZERO,
    Add,
    And,
    Binder,
    Bound,
    Const,
    Fn,
    Limit,
    Mul,
    Not,
    Piecewise,
    Pow,
    Rel,
    Subscript,
    Sym,
    Vec,
    num,
)
from checker.expr.rational import normal
from checker.expr.text import text
from checker.expr.to_arb import evaluate
from checker.expr.to_jax import compile_jax
from checker.expr.to_latex import latex
from checker.expr.to_sympy import to_sympy
from checker.expr.to_z3 import Translator
from checker.expr.vectors import expand

DOMAINS = {
    "x": REAL,
    "u": Domain(shape=(num(2),)),
    "A": Domain(shape=(num(2), num(2))),
    "B": Domain(shape=(num(2), num(3))),
    "w": Domain(shape=(Sym("N"),)),
}
ARRAYS = {"x": 0.5, "u": np.ones(2), "A": np.eye(2), "B": np.ones((2, 3)), "w": np.ones(3)}
X, U, A = Sym("x"), Sym("u"), Sym("A")
POSITIVE = Rel(">", X, ZERO)
PARTS = (
    X, U, A, Sym("B"), Sym("w"), num(2), Const("oo"), Vec((X, ONE)), Vec((Vec((X, ONE)), Vec((ONE, X)))), POSITIVE, ZERO,
    num(-1),
)  # fmt: skip


def trees():
    found = []
    for name, row in FUNCTIONS.items():
        for count in range(row.least, min(row.largest or 3, 3) + 1):
            found += [Fn(name, tuple(PARTS[(i + j) % len(PARTS)] for j in range(count))) for i in range(len(PARTS))]
    for part in PARTS:
        found += [
            Add((part, U)), Mul((part, A)), Pow(part, U), Pow(A, part), Vec((part, U)), Not(part), And((part, part)),
            Subscript(part, (ZERO,)), Subscript(part, (X,)), Subscript(part, (num(5), ONE)), Rel("<", part, U),
            Piecewise(((POSITIVE, part),), U), Binder("Sum", part, ONE, part), Binder("Product", Bound(0), part, num(3)),
            Binder("Integral", part, ZERO, part), Limit(part, part, "both"),
        ]  # fmt: skip
    return found


READERS = {
    "balls": lambda node: evaluate(node, {"x": Fraction(1, 2)}),
    "intervals": lambda node: enclose(node, {"x": from_domain(Domain(Fraction(0), Fraction(1)))}),
    "SymPy": lambda node: to_sympy(node, DOMAINS),
    "z3": lambda node: Translator(DOMAINS).term(node),
    "JAX": lambda node: compile_jax(node)(ARRAYS),
    "LaTeX": latex,
    "text": text,
    "components": lambda node: expand(node, DOMAINS),
    "normal form": normal,
    "derivative": lambda node: diff(node, "x"),
    "conditions": lambda node: conditions(node, DOMAINS),
}


@pytest.mark.parametrize("reader", sorted(READERS))
def test_a_value_or_unsupported(reader):
    chosen = random.Random(3).sample(trees(), {"JAX": 20, "SymPy": 60, "z3": 60}.get(reader, 200))
    said = refused = 0
    for node in chosen:
        try:
            READERS[reader](node)
            said += 1
        except UnsupportedError as refusal:
            refused += len(str(refusal)) < 400
    assert said
    assert said + refused == len(chosen)
    assert refused or reader in ("LaTeX", "text", "conditions")
