"""Monomials of the exp-log scale: how fast does ``t**a * log(t)**b * exp(...)`` grow, compared with another?

The one idea to know: a monomial is the exponential of a sum of simpler monomials that grow, so two of them are compared
by their logarithms, and the comparison ends because every logarithm is simpler.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cmp_to_key
from typing import TypeAlias

from checker.expr.derive import times, total
from checker.expr.node import MINUS_ONE, ONE, ZERO, Node
from checker.prove.coefficients import Coefficients

Gen: TypeAlias = "int | Exp"
Mono: TypeAlias = "tuple[tuple[Gen, Node], ...]"


@dataclass(frozen=True, slots=True)
class Exp:
    """The exponential of a growing monomial; the generator ``k`` (an integer) is the k-fold logarithm of t."""

    of: Mono


UNIT: Mono = ()
VARIABLE: Mono = ((0, ONE),)


def log_of(gen: Gen) -> Mono:
    """The logarithm of a generator, again a monomial."""
    return gen.of if isinstance(gen, Exp) else ((gen + 1, ONE),)


class Scale:
    """Products and order of monomials whose exponents are formulas in the parameters."""

    def __init__(self, coefficients: Coefficients) -> None:
        self.field = coefficients

    def product(self, *monos: Mono, powers: tuple[Node, ...] | None = None) -> Mono:
        """Product of monomials, each to its power."""
        exponents: dict[Gen, Node] = {}
        for index, mono in enumerate(monos):
            for gen, exponent in mono:
                raised = times(exponent, powers[index]) if powers else exponent
                exponents[gen] = total(exponents.get(gen, ZERO), raised)
        simple = ((gen, self.field.simplify(exponent)) for gen, exponent in exponents.items())
        return tuple((gen, exponent) for gen, exponent in simple if exponent != ZERO)

    def ratio(self, above: Mono, below: Mono) -> Mono:
        """The quotient of two monomials."""
        return self.product(above, below, powers=(ONE, MINUS_ONE))

    def order(self, mono: Mono) -> int:
        """1 if the monomial tends to infinity, -1 if to zero, 0 if it is constant."""
        if all(isinstance(gen, int) for gen, _ in mono):
            powers = sorted((gen, exponent) for gen, exponent in mono if isinstance(gen, int))  # no two gens are equal
            return next((sign for _, exponent in powers if (sign := self.field.sign(exponent))), 0)
        logs = self.collect([(exponent, log_of(gen)) for gen, exponent in mono])
        return next((sign for coefficient, _ in logs if (sign := self.field.sign(coefficient))), 0)

    def compare(self, one: Mono, other: Mono) -> int:
        """1 if ``one`` grows faster, -1 if slower, 0 if they are the same."""
        return 0 if one == other else self.order(self.ratio(one, other))

    def collect(self, terms: list[tuple[Node, Mono]]) -> tuple[tuple[Node, Mono], ...]:
        """Terms sorted from the largest, equal monomials added up, zeros dropped."""

        def downwards(one: tuple[Node, Mono], other: tuple[Node, Mono]) -> int:
            return self.compare(other[1], one[1])

        ranked = sorted(terms, key=cmp_to_key(downwards))
        merged: list[tuple[Node, Mono]] = []
        for coefficient, mono in ranked:
            if merged and self.compare(merged[-1][1], mono) == 0:
                merged[-1] = (total(merged[-1][0], coefficient), merged[-1][1])
            else:
                merged.append((coefficient, mono))
        simple = ((self.field.simplify(coefficient), mono) for coefficient, mono in merged)
        return tuple((coefficient, mono) for coefficient, mono in simple if coefficient != ZERO)
