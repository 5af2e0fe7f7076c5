"""What a row of the function table consists of; the rows are in ``scalar_functions`` and ``functions``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, TypeAlias

from checker.expr.node import Const, Fn, Node, Num, num

Args: TypeAlias = tuple[Node, ...]
Kind: TypeAlias = Literal["scalar", "reduction", "vector", "matrix", "operator", "estimator"]

HALF = Num(Fraction(1, 2))
TWO = num(2)
PI = Const("pi")


@dataclass(frozen=True, slots=True)
class Function:
    """One function of the grammar.

    ``kind``: ``scalar`` acts entry by entry; ``reduction`` takes vectors to a scalar; ``vector`` and ``matrix`` give
    arrays; ``operator`` differentiates (``grad``, ``hessian``); ``estimator`` reduces a recorded axis of a
    measurement and means nothing to a prover.  ``largest`` is ``None`` where any number of arguments is taken.

    ``defined`` gives the conditions under which the value exists *given that the arguments exist* (for a vector
    argument each condition is meant entry by entry).  ``derivative`` gives one partial derivative per argument; at a
    kink (``abs``, ``max``, ``relu``) it is the value that training code uses.  ``monotone`` holds on the whole domain
    of a function of one argument.  ``lo`` and ``hi`` enclose the values, exactly unless the true bound is irrational.
    ``expansion`` is the same function in simpler ones, for readers that have no function of that name.  ``rough`` says
    whether the function jumps (``floor``) or has kinks (``abs``) in the interior of its domain.

    ``sympy`` is the name in SymPy and ``latex`` the command; ``jax`` is the recipe in ``jax_functions`` and ``ulp`` the
    largest error of that recipe in float64, in units in the last place of the true value, for finite results and
    arguments up to 800 in modulus (up to 1000 where that is defined).
    """

    name: str
    doc: str
    kind: Kind = "scalar"
    least: int = 1
    largest: int | None = 1
    defined: Callable[[Args], tuple[Node, ...]] | None = None
    derivative: Callable[[Args], tuple[Node, ...]] | None = None
    monotone: Literal["increasing", "decreasing"] | None = None
    parity: Literal["even", "odd"] | None = None
    lo: Fraction | None = None
    hi: Fraction | None = None
    strict: bool = False  # the bounds are never attained
    expansion: Callable[[Args], Node] | None = None
    rough: Literal["jump", "kink"] | None = None
    sympy: str | None = None
    jax: str | None = None
    latex: str | None = None
    ulp: float | None = None


def fn(name: str, *args: Node) -> Fn:
    """``name(*args)``."""
    return Fn(name, args)
