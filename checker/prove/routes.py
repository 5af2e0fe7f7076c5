"""Which engines a question is put to, and what has to agree before it counts as proved: said before anything runs.

The one idea to know: this only describes; a test compares it with the ledgers of the committed reports.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from checker.expr.node import Binder, Limit, Node, Rel, walk
from checker.prove import obligation as questions
from checker.prove.obligation import Question


@dataclass(frozen=True, slots=True)
class Route:
    """The engines by the names they have in a ledger, in the order of asking, and what a proof needs."""

    engines: tuple[str, ...]
    needs: str


PREMISE = ("definedness", "sampler", "exact arithmetic", "z3", "z3 (QF_NRA)")
_INEQUALITY = ("sampler", "intervals", "z3", "z3 (QF_NRA)", "intervals and ladder")
_IDENTITY = ("balls", "rational normal form", "SymPy")
_TWO = "an exact zero and balls around it that contain 0"
_LIMIT = "an expansion, and balls seen approaching the value"
_ONE = "one rigorous engine; exact points try to refute it first"

_BY_KIND: Mapping[type, Route] = {
    questions.Root: Route(("balls", "intervals and balls", *_INEQUALITY, *_IDENTITY[1:]), "the zero isolated, then compared"),
    questions.Roots: Route(("balls", "exact arithmetic", *_INEQUALITY), "every root enclosed, or the Schur-Cohn conditions"),
    questions.Optimum: Route(
        ("intervals and balls", "balls", *_INEQUALITY, *_IDENTITY[1:]), "every zero of the derivative isolated, ends included"
    ),
    questions.KKT: Route((*_INEQUALITY, *_IDENTITY), "each condition as a relation of its own"),
    questions.Ode: Route((*_IDENTITY, *_INEQUALITY), "the residual zero, and the solution defined on the whole range of time"),
    questions.Series: Route(("asymptotic expansion", "balls"), "a bounded remainder by expansion, and balls that agree"),
    questions.Induction: Route((*_INEQUALITY, *_IDENTITY), "base and step, made by the tool"),
    questions.Exists: Route(
        ("sampler", "exact arithmetic", "balls and intervals", "z3"),
        "an exact point of the domain, or a change of sign where the rest holds",
    ),
    questions.Impossible: Route(("z3", "z3 (QF_NRA)", "intervals"), "unsat, or every part of the domain excluded"),
    questions.Certificate: Route(("rational normal form", "sampler"), "an identity between inner products, in every dimension"),
    questions.Enclosure: Route(("balls",), "a ball inside the bracket"),
}


def route(question: Question) -> Route:
    """The engines of a question.

    That every formula is defined and that the hypotheses can hold together is asked as well, of ``PREMISE``.
    """
    if not isinstance(question, questions.Relation):
        return _BY_KIND[type(question)]
    parts = list(walk(question.goal))
    extra = _of_binders(parts)
    if any(isinstance(part, Rel) and part.op != "==" for part in parts):
        needs = _ONE if not any(isinstance(part, Limit) for part in parts) else f"the limits on two kinds of evidence; {_ONE}"
        return Route(tuple(dict.fromkeys((*_INEQUALITY, *extra, *_IDENTITY))), needs)
    if any(isinstance(part, Limit) for part in parts):
        return Route(tuple(dict.fromkeys((*extra, *_IDENTITY, "sampler"))), _LIMIT)
    return Route(tuple(dict.fromkeys((*_IDENTITY, *extra))), _TWO)


def _of_binders(parts: list[Node]) -> tuple[str, ...]:
    limits = ("asymptotic expansion",) if any(isinstance(part, Limit) for part in parts) else ()
    binders = ("antiderivative certificate",) if any(isinstance(part, Binder) for part in parts) else ()
    return (*limits, *binders)
