"""A run with the names that have a value on it: where every formula about a measurement is read.

The one idea to know: the catalogue says what an experiment publishes without running it, so a wrong name in a quantity
is found while the file is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from checker.expr.domain import Domain
from checker.expr.errors import ExpressionError
from checker.expr.functions import FUNCTIONS
from checker.expr.node import Fn, Node, Sym, symbols_of
from checker.spec.claim import Run
from checker.spec.errors import Path, listing, nearest_name, quote
from checker.spec.reporter import Reporter
from checker.spec.scope import Scope

_ALONG_THEIR_X = frozenset({"slope", "decay_rate", "regression"})


@dataclass(frozen=True, slots=True)
class Bench:
    """A run with the scope in which formulas about it are read.

    ``available`` are the names that have a value on this run; ``recorded`` the axes of each beyond seed and sweep;
    ``moving`` the names that vary along the sweep.  ``ambiguous`` names mean one thing in the file and another on
    the run.  ``unsupported`` says what is not built.
    """

    run: Run
    scope: Scope
    available: frozenset[str] = frozenset()
    recorded: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    moving: frozenset[str] = frozenset()
    ambiguous: frozenset[str] = frozenset()
    unsupported: str = ""

    @property
    def sweep_axes(self) -> tuple[str, ...]:
        """Names of the sweep axes; cases that go together are the axis ``case``."""
        names = tuple(axis.name for axis in self.run.sweep)
        return (*names, "case") if self.run.case_values else names

    @property
    def recorded_axes(self) -> tuple[str, ...]:
        """Every recorded axis of the run, in order of first use."""
        return tuple(dict.fromkeys(axis for axes in self.recorded.values() for axis in axes))


def read(bench: Bench, text: str, path: Path, reporter: Reporter, scope: Scope | None = None) -> Node | None:
    """The tree of a formula about the run, or ``None`` (reported): unreadable, or a name without a value here."""
    try:
        node = (scope or bench.scope).parse(text)
    except ExpressionError as error:
        reporter.expression(path, text, error)
        return None
    fine = True
    for name in sorted(symbols_of(node)):
        if name in bench.ambiguous:
            message = (
                f"{name!r} is a symbol of the file and something else on the run {bench.run.name!r}; rename the symbol"
            )
        elif name not in bench.available and name not in bench.scope.logarithmic:
            message = f"{name!r} has no value on the run {bench.run.name!r}"
        else:
            continue
        fine = False
        known = sorted(bench.available)
        nearest = nearest_name(name, known)
        reporter.error(
            reporter.existing(path), message, found=quote(text), expected=listing(known, 30), nearest=nearest
        )
    return node if fine else None


def axes_of(node: Node, bench: Bench) -> frozenset[str]:
    """The sweep and recorded axes along which ``node`` can vary; an estimator takes its recorded axis together."""
    if isinstance(node, Sym):
        recorded = frozenset(bench.recorded.get(node.name, ()))
        if node.name in bench.sweep_axes:
            return frozenset({node.name})
        swept = frozenset(bench.sweep_axes) if node.name in bench.moving else frozenset()
        return recorded | swept
    if isinstance(node, Fn) and node.name in _ALONG_THEIR_X:
        along = frozenset().union(*(axes_of(child, bench) for child in node.args[1:]))
        return axes_of(node.args[0], bench) - along
    below: frozenset[str] = frozenset().union(*(axes_of(child, bench) for child in node.children()))
    if isinstance(node, Fn) and FUNCTIONS[node.name].kind == "estimator" and node.name != "next":
        named = {child.name for child in node.args[1:] if isinstance(child, Sym)} & (below | set(bench.sweep_axes))
        return below - named if named else below - set(bench.recorded_axes)
    return below


def inside(domain: Domain, value: float) -> bool:
    """Whether a number lies in a scalar domain."""
    if domain.integer and value != round(value):
        return False
    if domain.values is not None and all(float(listed) != value for listed in domain.values):
        return False
    above = domain.lo is None or value > domain.lo or (value == domain.lo and not domain.lo_open)
    below = domain.hi is None or value < domain.hi or (value == domain.hi and not domain.hi_open)
    return above and below
