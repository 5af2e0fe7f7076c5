"""Runs as the spec room would elaborate them, from plain parameters: formulas parsed, nothing else filled in."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from checker.expr.domain import POSITIVE, REAL, Domain
from checker.expr.namespace import Namespace
from checker.expr.node import Node, Sym, num
from checker.expr.parse import parse
from checker.simulate.catalogue import EXPERIMENTS
from checker.simulate.leaves import Formula, Locals, Path, map_leaves
from checker.simulate.measurement import Measurement
from checker.simulate.quantity import evaluate
from checker.spec.claim import Axis, Reference, Run

N, D = Sym("N"), Sym("d")
TEN = Fraction(10)
DECLARED: Mapping[str, Domain] = {
    "N": Domain(lo=Fraction(1), integer=True),
    "d": Domain(lo=Fraction(1), integer=True),
    "X": Domain(shape=(N, D)),
    "y": Domain(shape=(N,)),
    "f": Domain(lo=-TEN, hi=TEN, shape=(N,)),
    "g": Domain(lo=-TEN, hi=TEN, shape=(N,)),
}


def node(text: str, **more: Domain) -> Node:
    """A formula over the declared symbols, ``more``, and whatever else it names (taken as real scalars)."""
    return parse(text, Namespace({**DECLARED, **more}))


def make(
    experiment: str,
    params: dict[str, Any],
    sweep: Mapping[str, tuple[float, ...]] | None = None,
    *,
    cases: Mapping[str, tuple[float, ...]] | None = None,
    references: tuple[Reference, ...] = (),
    require: tuple[tuple[str, Node], ...] = (),
    domains: Mapping[str, Domain] | None = None,
    arms: Mapping[str, dict[str, Any]] | None = None,
) -> Run:
    """A run with everything that measuring it needs."""
    declared = {**DECLARED, **(domains or {})}
    declared |= dict.fromkeys((*(sweep or {}), *(cases or {})), POSITIVE)

    def leaf(path: Path, text: Formula, names: Locals) -> Node:
        local = {
            name: Domain(shape=tuple(num(size) for size in shape if isinstance(size, int)))
            for name, shape in names.items()
        }
        return parse(str(text), Namespace({**declared, **local}))

    def elaborated(raw: dict[str, Any]) -> Any:
        return map_leaves(EXPERIMENTS[experiment].params.model_validate(raw), leaf)

    return Run(
        "run",
        experiment,
        elaborated(params),
        tuple(Axis(name, values) for name, values in (sweep or {}).items()),
        case_values=dict(cases or {}),
        references={reference.name: reference for reference in references},
        domains=declared,
        require=require,
        arms={name: elaborated(raw) for name, raw in (arms or {}).items()},
    )


def quantity(text: str, measurement: Measurement) -> Any:
    """Values of a formula over everything that the measurement publishes, axes as they come."""
    shapes = {
        name: Domain(shape=tuple(num(size) for size in item.values.shape[len(item.axes) :]))
        for name, item in measurement.observables.items()
    }
    return evaluate(node(text, **shapes, **dict.fromkeys(measurement.coords, REAL)), measurement)


SVM = Reference(
    "svm",
    node("norm(w)**2", w=Domain(shape=(D,))),
    {"w": (D,)},
    (node("y*(X @ w) >= 1", w=Domain(shape=(D,))),),
    ("alpha",),
    1e-10,
)
