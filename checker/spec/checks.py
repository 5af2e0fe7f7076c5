"""From ``checks:`` to what the judge is asked: one quantity, one expectation, every name resolved on the run.

The one idea to know: quantity and prediction are trees over the same names; the judge later evaluates both on the same
arrays, so nothing about the prediction is known to the experiment.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from checker.expr.node import MINUS_ONE, ONE, And, Fn, Node, Not, Or, Rel, Sym, map_children, symbols_of
from checker.judge.prediction import Kind
from checker.spec.bench import Bench, axes_of, read
from checker.spec.claim import Check, Expectation
from checker.spec.errors import Path, listing, nearest_name
from checker.spec.models import checks as models
from checker.spec.models.header import defined_name
from checker.spec.reporter import Reporter, one_line
from checker.spec.scope import Scope

ASYMPTOTIC = frozenset({"rate", "rate_at_most", "rate_at_least", "limit", "monotone"})


@dataclass(frozen=True, slots=True)
class Desk:
    """Where the checks of one measurement are read: its run, its scope with ``let``, and where errors go."""

    bench: Bench
    scope: Scope
    reporter: Reporter
    strength: str | None

    def node(self, text: str, path: Path) -> Node | None:
        """A formula about the run, in logarithmic time where the file asks for it."""
        node = read(self.bench, text, path, self.reporter, self.scope)
        if node is None:
            return None
        return in_log_time(node, self.bench, text, path, self.reporter)


def desk_for(bench: Bench, let: Mapping[str, str], path: Path, strength: str | None, reporter: Reporter) -> Desk | None:
    """The desk of a measurement; reports definitions of ``let`` that clash or cannot be read."""
    texts = {}
    fine = True
    for key, text in let.items():
        name, parameters = defined_name(key)
        scope = bench.scope
        taken = (
            "a definition" if name in scope.texts else "a reference" if name in bench.run.references else
            "published by the run" if name in bench.recorded else "a symbol" if name in scope.symbols else ""
        )  # fmt: skip
        if taken:
            reporter.error((*path, key), f"{name!r} is also {taken}; one name, one meaning", key=True)
            fine = False
        texts[name] = (parameters, text)
    scope = bench.scope.extended({}, texts)
    for key, text in let.items():
        name = defined_name(key)[0]
        if fine and name in scope.unread:
            reporter.expression((*path, key), text, scope.unread[name])
            fine = False
    return Desk(bench, scope, reporter, strength) if fine else None


def elaborate_check(name: str, model: models.Check, path: Path, desk: Desk) -> Check | None:
    """One check, or ``None`` (reported)."""
    before = len(desk.reporter.errors)
    quantity = desk.node(model.quantity, (*path, "quantity"))
    if quantity is not None and _is_condition(quantity) and not _takes_conditions(model):
        desk.reporter.error(
            (*path, "quantity"), "a condition, where a number is measured", expected="a quantity, or over: fraction"
        )
        quantity = None
    expectation = _expectation(model, path, desk)
    where = desk.node(model.where, (*path, "where")) if model.where is not None else None
    keep = desk.node(model.keep.if_, (*path, "keep", "if")) if model.keep is not None else None
    if quantity is None or expectation is None:
        return None
    _axes(quantity, expectation, model, path, desk)
    if len(desk.reporter.errors) > before:
        return None
    return Check(
        name=name,
        quantity=quantity,
        quantity_text=_flat(model.quantity),
        expectation=expectation,
        where=where,
        keep=keep,
        keep_share=float(model.keep.at_least) if model.keep is not None else 0.0,
    )


def _is_condition(node: Node) -> bool:
    return isinstance(node, Rel | And | Or | Not)


def _takes_conditions(model: models.Check) -> bool:
    return any(over.rule in ("fraction", "mean") for over in model.over.values())


def _flat(text: str) -> str:
    return " ".join(one_line(text).split())


def _expectation(model: models.Check, path: Path, desk: Desk) -> Expectation | None:
    predicate = model.predicates[0]
    target: Node | None
    upper: Node | None = None
    before = len(desk.reporter.errors)
    if model.monotone is not None:
        target = ONE if model.monotone == "increasing" else MINUS_ONE
    elif model.between is not None:
        target, upper = (desk.node(text, (*path, "between", index)) for index, text in enumerate(model.between))
    else:
        target = desk.node(getattr(model, predicate), (*path, predicate))
    clock = desk.node(model.clock, (*path, "clock")) if model.clock is not None else None
    correction = desk.node(model.correction, (*path, "correction")) if model.correction is not None else None
    axis = _along(model, path, desk)
    if target is None or len(desk.reporter.errors) > before:
        return None
    return Expectation(
        kind=Kind(predicate),
        target=target,
        text=in_words(model),
        over=dict(model.over),
        within=model.within,
        upper=upper,
        axis=axis,
        until=tuple(map(float, model.as_.until)) if model.as_ is not None and model.as_.until is not None else None,  # type: ignore[arg-type]
        start=float(model.from_) if model.from_ is not None else None,
        to_zero=model.as_ is not None and model.as_.to_zero,
        clock=clock,
        correction=correction,
        strength=desk.strength or "tight",  # type: ignore[arg-type]
        up_to=model.up_to or "constant",
        strictly=model.strictly,
        attained=model.attained,
        by=float(model.by) if model.by is not None else None,
        level=float(model.level) if model.level is not None else None,
        bounded=(float(model.range[0]), float(model.range[1])) if model.range is not None else None,
    )


def in_words(model: models.Predicates) -> str:
    """The prediction on one line: the predicate as written, and what qualifies it."""
    parts = []
    for predicate in model.predicates:
        value = getattr(model, predicate)
        parts.append(
            f"{predicate}: {_flat(value) if isinstance(value, str) else '[' + ', '.join(map(_flat, value)) + ']'}"
        )
    if model.as_ is not None:
        until = model.as_.until
        where = (
            f" in [{float(until[0]):g}, {float(until[1]):g}]" if until else " -> 0" if model.as_.to_zero else " -> oo"
        )
        parts.append(f"as {model.as_.axis}{where}")
    if model.from_ is not None:
        parts.append(f"from {float(model.from_):g}")
    if model.within is not None:
        unit, scale = ("%", 100) if model.within.relative else ("", 1)
        ends = dict.fromkeys((f"{model.within.below * scale:g}{unit}", f"{model.within.above * scale:g}{unit}"))
        parts.append(f"within {' below, '.join(ends)}{' above' if len(ends) == 2 else ''}")
    for key in ("clock", "correction", "up_to", "by", "level"):
        value = getattr(model, key)
        if value is not None:
            parts.append(f"{key} {_flat(value) if isinstance(value, str) else f'{float(value):g}'}")
    parts += [key for key in ("strictly", "attained") if getattr(model, key)]
    return ", ".join(parts)


def _along(model: models.Check, path: Path, desk: Desk) -> str | None:
    """The axis of ``as:`` as the run records it."""
    bench, predicate = desk.bench, model.predicates[0]
    if model.as_ is None:
        if predicate in ASYMPTOTIC:
            desk.reporter.error(
                path, f"{predicate} needs the axis it holds along", expected="as: 'm -> oo', 'x -> 0' or 'N in [a, b]'"
            )
        return None
    axis = model.as_.axis
    if axis in bench.scope.logarithmic and "s" in bench.recorded_axes:
        return "s"
    axes = (*bench.sweep_axes, *bench.recorded_axes)
    if axis not in axes:
        message = f"{axis!r} is no axis of the run {bench.run.name!r}"
        if axis in bench.run.case_values:
            message = f"{axis!r} is one of several symbols that go together in cases; sweep it as an axis of its own"
        desk.reporter.error((*path, "as"), message, expected=listing(axes), nearest=nearest_name(axis, axes))
        return None
    return axis


def _axes(quantity: Node, expectation: Expectation, model: models.Check, path: Path, desk: Desk) -> None:
    """Every axis of the quantity is taken together in a stated way; no default exists."""
    bench = desk.bench
    known = ("seed", *bench.sweep_axes, *bench.recorded_axes)
    for axis in model.over:
        if axis not in known and not (axis in bench.scope.logarithmic and "s" in known):
            message = f"{axis!r} is no axis of the run {bench.run.name!r}"
            desk.reporter.error(
                (*path, "over", axis), message, expected=listing(known), nearest=nearest_name(axis, known)
            )
    varying = axes_of(quantity, bench)
    if expectation.axis is not None and expectation.axis not in varying:
        desk.reporter.error((*path, "as"), f"the quantity does not vary along {expectation.axis!r}")
    needed = [axis for axis in known[1:] if axis in varying and axis != expectation.axis]
    if bench.run.seeds != 1:
        needed.insert(0, "seed")
    selected = symbols_of(desk.scope.parse(model.where)) if model.where is not None else frozenset()
    missing = [axis for axis in needed if axis not in model.over and axis not in selected]
    if missing:
        expected = f"over: {{{missing[0]}: every | mean | median | max | last | fraction >= p}}; the claims differ"
        desk.reporter.error(
            (*path, "over"),
            f"over does not say how {' and '.join(map(repr, missing))} is taken together",
            expected=expected,
        )


def in_log_time(node: Node, bench: Bench, text: str, path: Path, reporter: Reporter) -> Node | None:
    """``node`` with log t as the recorded s, where a symbol t has ``axis: log``; t itself is never evaluated."""
    names = bench.scope.logarithmic & symbols_of(node)
    if not names or "s" not in bench.recorded_axes:
        if names - bench.available:
            message = f"the run {bench.run.name!r} does not record the logarithm of {sorted(names)[0]!r}"
            reporter.error(reporter.existing(path), message, expected="dynamics with time: log_time")
            return None
        return node

    def visit(current: Node) -> Node:
        if isinstance(current, Fn) and current.name == "log" and current.args[0] in [Sym(name) for name in names]:
            return Sym("s")
        return map_children(current, visit)

    changed = visit(node)
    if symbols_of(changed) & names:
        name = sorted(symbols_of(changed) & names)[0]
        reporter.error(
            reporter.existing(path), f"{name!r} itself is never evaluated, only log({name})", found=repr(_flat(text))
        )
        return None
    return changed
