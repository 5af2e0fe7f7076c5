"""What a prover is asked: one frozen dataclass per kind of obligation, built of expression nodes only.

The claim language elaborates a ``prove:`` entry into these; a new kind is one class here, one module beside it
that registers a prover for the class, and one model in ``checker/spec``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from checker.expr.domain import Domain
from checker.expr.node import Node

Bracket: TypeAlias = tuple[Node, Node]


@dataclass(frozen=True, slots=True)
class Relation:
    """``show: goal``.  The goal is a ``Rel`` or a conjunction of them; limits and binders may occur inside."""

    goal: Node


@dataclass(frozen=True, slots=True)
class Root:
    """``root``: ``of`` has exactly one zero in ``inside`` as a function of ``symbol``.

    The zero lies in ``lies_in`` or equals ``equals`` (one of the two is given).
    """

    of: Node
    symbol: str
    inside: Bracket
    lies_in: Bracket | None = None
    equals: Node | None = None


@dataclass(frozen=True, slots=True)
class Roots:
    """``roots``: every root of the polynomial ``of`` in ``symbol`` has modulus below ``radius``."""

    of: Node
    symbol: str
    radius: Node


@dataclass(frozen=True, slots=True)
class Optimum:
    """``optimum``: the unique minimiser (or maximiser) of ``of`` over ``inside`` lies in ``lies_in`` or equals ``equals``."""

    of: Node
    symbol: str
    inside: Bracket
    maximise: bool = False
    lies_in: Bracket | None = None
    equals: Node | None = None
    value: Node | None = None


@dataclass(frozen=True, slots=True)
class KKT:
    """``kkt``: ``at`` with ``multipliers`` is a KKT point of ``minimise`` subject to ``subject_to``.

    Constraints are relations ``<=``, ``>=`` or ``==``; one multiplier per constraint, signed so that
    ``grad minimise = sum_i multiplier_i * grad(g_i)`` for constraints written ``g_i >= 0`` (``<=`` is turned round).
    """

    minimise: Node
    variables: tuple[str, ...]
    subject_to: tuple[Node, ...]
    at: Mapping[str, Node]
    multipliers: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Ode:
    """``ode``: ``solution`` solves ``d solution/d variable == rhs`` with the initial value, or ``conserved`` stays constant."""

    variable: str
    rhs: Mapping[str, Node]
    solution: Mapping[str, Node] | None = None
    initial: Mapping[str, Node] | None = None
    conserved: Node | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """``series``: ``of - equals = O((symbol - about)**order)`` as ``symbol -> about``."""

    of: Node
    symbol: str
    about: Node
    equals: Node
    order: int


@dataclass(frozen=True, slots=True)
class Induction:
    """``induction``: ``show`` holds for every integer ``symbol >= start``."""

    symbol: str
    start: int
    show: Node


@dataclass(frozen=True, slots=True)
class Exists:
    """``exists``: the conditions hold together somewhere in the domain (at ``witness`` if one is offered)."""

    conditions: tuple[Node, ...]
    witness: Mapping[str, Node] | None = None


@dataclass(frozen=True, slots=True)
class Impossible:
    """``impossible``: the conditions hold together nowhere in the domain."""

    conditions: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Certificate:
    """``certificate``: ``show`` follows as sum of multipliers times hypotheses plus squares, in every dimension."""

    show: Node
    given: tuple[Node, ...]
    multipliers: tuple[Node, ...]
    squares: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Enclosure:
    """``enclosure``: the closed expression ``of`` lies in ``lies_in``."""

    of: Node
    lies_in: Bracket


Question: TypeAlias = (
    Relation | Root | Roots | Optimum | KKT | Ode | Series | Induction | Exists | Impossible | Certificate | Enclosure
)


@dataclass(frozen=True, slots=True)
class Obligation:
    """One question with the domain of every symbol in it and its hypotheses; one member of a ``for:`` family."""

    question: Question
    domains: Mapping[str, Domain] = field(default_factory=dict)
    given: tuple[Node, ...] = ()
