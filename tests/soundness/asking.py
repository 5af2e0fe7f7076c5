"""Symbols with their domains, and obligations over them: what the fuzz and the injected faults are written in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

from checker.expr.domain import INTEGER, NATURAL, NONNEGATIVE, POSITIVE, REAL, Domain
from checker.expr.namespace import Namespace
from checker.expr.node import Node, Sym, symbols_of
from checker.expr.parse import parse
from checker.prove.obligation import Obligation, Question
from checker.spec.questions import names_of

OPEN_UNIT = Domain(Fraction(0), Fraction(1), lo_open=True, hi_open=True)
VECTOR = replace(REAL, shape=(Sym("d"),))
DOMAINS: Mapping[str, Domain] = {
    **dict.fromkeys(("x", "z", "f", "u", "v"), REAL),
    **dict.fromkeys(("y", "a", "b"), POSITIVE),
    **dict.fromkeys(("t", "r"), NONNEGATIVE),
    **dict.fromkeys(("n", "d"), NATURAL),
    **dict.fromkeys(("W", "V"), VECTOR),
    "p": OPEN_UNIT,
    "j": INTEGER,
}


def read(text: str) -> Node:
    """The formula over the symbols above."""
    return parse(text, Namespace(symbols=dict(DOMAINS)))


def pair(lo: str, hi: str) -> tuple[Node, Node]:
    """A bracket."""
    return read(lo), read(hi)


def asked(question: Question, given: tuple[str, ...] = ()) -> Obligation:
    """The obligation with the domains of its own symbols (a vector that nobody mentions has no size)."""
    hypotheses = tuple(map(read, given))
    names = names_of(question).union(*(symbols_of(item) for item in hypotheses))
    sizes = {"d"} if {"W", "V"} & names else set()
    return Obligation(question, {name: DOMAINS[name] for name in sorted(names | sizes)}, hypotheses)
