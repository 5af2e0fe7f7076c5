"""Experiments on small systems: maps and flows stepped from a start, roots and optima found in a bracket.

The one idea to know: the state and the unknowns are symbols of the file; their formulas may use one another, the sweep,
and what is drawn once per seed.  Light on purpose (pydantic only).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field, model_validator

from checker.simulate.catalogue_sampling import Drawn, Formulas, Published, one_meaning
from checker.simulate.leaves import Component, Expression, Locals, Number, Whole

MAX_STEPS = 10**15
MAX_CHECKPOINTS = 10_000


class Delay(Component):
    """The value that ``of``, a symbol of the state, had ``by`` steps ago; its start before that."""

    of: str
    by: Number


class IterateParams(Drawn):
    """A map stepped from ``start`` (``map``: the next value of each symbol of the state, all at once) or a small
    system of differential equations (``flow``: the time derivative of each).

    A map is recorded on ``k`` at ``checkpoints`` log-spaced steps from 1 to ``steps`` and may use the step number ``k``,
    which is 0 when the first step is made;
    ``noise`` names symbols with a law that are drawn anew at every step, ``delays`` symbols for earlier values of the
    state (``past: {of: x, by: tau}`` is x as it was tau steps ago, its start before that).  A flow is recorded on ``t``
    at ``checkpoints`` times up to ``until``, log-spaced from ``first`` where that is given, and may use ``t``; ``stiff``
    takes an implicit solver, and the twin is solved at ten times the ``tolerance``.  Where ``stop`` (a condition on the
    state) holds first, the state rests from there on: ``stopped`` is that step or time, infinite if it never held.
    """

    LOCALS: ClassVar[Mapping[str, Locals]] = {"map": {"k": ()}, "flow": {"t": ()}}
    map: Formulas = Field(default_factory=dict, max_length=64)
    flow: Formulas = Field(default_factory=dict, max_length=64)
    start: Mapping[str, Expression] = Field(min_length=1, max_length=64)
    noise: tuple[str, ...] = Field(default=(), max_length=64)
    delays: Mapping[str, Delay] = Field(default_factory=dict, max_length=16)
    steps: Whole | None = None
    until: Number | None = None
    first: Number | None = None
    checkpoints: Whole = 16
    tolerance: Number = 1e-9
    stiff: bool = False
    stop: Expression | None = None
    max_steps: Whole = 100_000

    @property
    def state(self) -> tuple[str, ...]:
        """The symbols that move, in the order of the file."""
        return tuple(self.map or self.flow)

    @property
    def given(self) -> frozenset[str]:
        """Symbols of the file that have a value in the formulas of the experiment."""
        return frozenset({*self.draw, *self.noise, *self.state, *self.delays})

    @model_validator(mode="after")
    def _limits(self) -> IterateParams:
        if bool(self.map) == bool(self.flow):
            raise ValueError("expected either map or flow")
        if set(self.start) != set(self.state):
            raise ValueError(f"start: expected a value for each of {list(self.state)}, found {list(self.start)}")
        one_meaning((self.state, self.noise, self.delays), self.draw)
        if strangers := sorted({delay.of for delay in self.delays.values()} - set(self.state)):
            raise ValueError(f"delays: {strangers[0]!r} is no symbol of the state; expected one of {list(self.state)}")
        if not 2 <= self.checkpoints <= MAX_CHECKPOINTS:
            raise ValueError(f"checkpoints: expected 2 to {MAX_CHECKPOINTS}, found {self.checkpoints}")
        if not 1 <= self.max_steps <= MAX_STEPS:
            raise ValueError(f"max_steps: expected 1 to {MAX_STEPS}, found {self.max_steps}")
        if self.map:
            if self.steps is None or self.until is not None or self.first is not None or self.stiff:
                raise ValueError("a map needs steps; until, first and stiff belong to a flow")
            if not 1 <= self.steps <= MAX_STEPS:
                raise ValueError(f"steps: expected 1 to {MAX_STEPS}, found {self.steps}")
        elif self.until is None or self.steps is not None or self.noise or self.delays:
            raise ValueError("a flow needs until; steps, noise and delays belong to a map")
        return self


class Unknown(Component):
    """One number sought in the interval ``in``: exactly one of ``root`` (where the formula is zero), ``fixed_point``
    (where it equals the unknown), ``minimise`` and ``maximise``."""

    root: Expression | None = None
    fixed_point: Expression | None = None
    minimise: Expression | None = None
    maximise: Expression | None = None
    in_: tuple[Number, Number] = Field(alias="in")

    @property
    def kind(self) -> Literal["root", "fixed_point", "minimise", "maximise"]:
        """Which of the four it is."""
        if self.root is not None:
            return "root"
        if self.fixed_point is not None:
            return "fixed_point"
        return "minimise" if self.minimise is not None else "maximise"

    @model_validator(mode="after")
    def _one(self) -> Unknown:
        asked = [name for name in ("root", "fixed_point", "minimise", "maximise") if getattr(self, name) is not None]
        if len(asked) != 1:
            found = " and ".join(asked) or "none"
            raise ValueError(f"expected one of root, fixed_point, minimise and maximise, found {found}")
        lo, hi = self.in_
        if isinstance(lo, float) and isinstance(hi, float) and not lo < hi:
            raise ValueError(f"in: expected lo < hi, found {lo:g} and {hi:g}")
        return self


class SolveParams(Drawn):
    """Numbers defined by an equation or as an optimum, found for each seed and each cell of the sweep.

    ``find`` names scalar symbols; they are found in the order of the file, and a later one may use an earlier one.
    Publishes ``name`` and ``name.residual`` (the formula at the root, the slope at an optimum), for an optimum
    ``name.value`` too.  An interval without a change of sign, or with several on a grid of 512 points, is no evidence.
    """

    find: Mapping[Published, Unknown] = Field(min_length=1, max_length=16)

    @property
    def given(self) -> frozenset[str]:
        """Symbols of the file that have a value in the formulas of the experiment."""
        return frozenset({*self.draw, *self.find})

    @model_validator(mode="after")
    def _limits(self) -> SolveParams:
        one_meaning((self.find,), self.draw)
        return self
