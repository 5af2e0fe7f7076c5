"""From a run of the file to one that can be measured: parameters read by the experiment's own model, formulas parsed.

The one idea to know: a run's ``key`` is a hash of everything that decides what is measured, so equal runs of different
claims are executed once, and a control with another prediction reads the very same arrays.
"""

from __future__ import annotations

import dataclasses
import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from pydantic import BaseModel, ValidationError

from checker.expr.allowance import spend
from checker.expr.domain import POSITIVE, Domain
from checker.expr.errors import ExpressionError
from checker.expr.namespace import Law
from checker.expr.node import ZERO, Node, symbols_of
from checker.simulate.catalogue import EXPERIMENTS, ExperimentSpec
from checker.simulate.leaves import Component, Formula, Locals, map_leaves
from checker.simulate.observable_spec import ObservableSpec
from checker.spec.bench import Bench, inside, read
from checker.spec.claim import Axis, Reference, Run
from checker.spec.constants import exact
from checker.spec.errors import Path, listing, nearest_name, quote
from checker.spec.models import header
from checker.spec.models import runs as models
from checker.spec.patches import PatchError, patched
from checker.spec.published import DATA_NAMES, moving_names, size_names, size_node
from checker.spec.references import elaborate_reference, needs, outputs
from checker.spec.reporter import KnownError, Reporter, one_line
from checker.spec.scope import Scope

MAX_CELLS = 100_000


def _weight(data: Any) -> int:
    """Values in the plain data of a run, each of which is validated every time the run is read."""
    below = data.values() if isinstance(data, dict) else data if isinstance(data, list) else ()
    return 4 + sum(map(_weight, below))


class _StopError(Exception):
    """Reading this run has failed and the reason is reported."""


def elaborate_run(
    name: str, data: Any, path: Path, scope: Scope, references: Mapping[str, header.Reference], reporter: Reporter
) -> Bench | None:
    """Read the plain data of a run; problems are reported at ``path`` and below.  ``None`` if it cannot be read."""
    before = len(reporter.errors)
    spend(_weight(data))
    try:
        bench = _Reading(name, path, scope, reporter).bench(data, references)
    except _StopError:
        return None
    return bench if len(reporter.errors) == before else None


@dataclass
class _Reading:
    name: str
    path: Path
    scope: Scope
    reporter: Reporter

    def bench(self, data: Any, references: Mapping[str, header.Reference]) -> Bench:
        model = self._validated(models.Run, data, self.path)
        assert isinstance(model, models.Run)
        sweep, cases = self._sweep(model)
        swept = frozenset(axis.name for axis in sweep) | frozenset(cases)
        spec = self._experiment(model.experiment)
        params, arms = self._parameters(spec, model, data, swept)
        published = spec.observables(params)
        sizes = size_names(self.scope, published, params)
        scope, ambiguous = self._measured_scope(published, references, tuple(arms))
        recorded = {name: found.axes for name, found in published.items()}
        recorded |= {f"{name}.{arm}": found.axes for name, found in published.items() for arm in arms}
        recorded |= {axis: (axis,) for axes in list(recorded.values()) for axis in axes}
        known = frozenset(recorded) | swept | sizes
        given = frozenset().union(*(getattr(one, "given", frozenset()) for one in (params, *arms.values())))
        solved: dict[str, Reference] = {}
        unsolved: dict[str, ExpressionError] = {}
        for name, reference in references.items():
            earlier = {key: domain for found in solved.values() for key, domain in outputs(found).items()}
            found_reference = elaborate_reference(name, reference, scope, ("references", name))
            if found_reference is None and earlier:  # it may use those that stand before it
                found_reference = elaborate_reference(name, reference, scope.extended(earlier), ("references", name))
            there = (known - ambiguous) | frozenset(earlier)
            lacking = needs(found_reference) - there if found_reference is not None else frozenset()
            if found_reference is not None and not lacking:
                solved[name] = found_reference
            else:
                what = f"it needs {listing(sorted(lacking))}, which the run does not publish"
                unsolved[name] = ExpressionError(what) if lacking else KnownError("it cannot be read")
        results = {key: domain for found in solved.values() for key, domain in outputs(found).items()}
        axes = {axis: POSITIVE for names in recorded.values() for axis in names if axis not in scope.symbols}
        scope = scope.extended({**axes, **results})
        scope = dataclasses.replace(scope, unread={**scope.unread, **unsolved})
        run = Run(
            name=self.name,
            experiment=model.experiment,
            params=params,
            sweep=sweep,
            case_values=cases,
            references=solved,
            domains={n: d for n, d in self.scope.symbols.items() if n in swept | set(published) | sizes | given},
            may_diverge=model.may_diverge,
            seeds=model.seeds,
            arms=arms,
            laws=self._laws(params, arms),
        )
        moving = moving_names(published, params, solved, swept, run.laws)
        for arm, own in arms.items():
            also = moving_names(published, own, solved, swept, run.laws)
            moving |= {f"{name}.{arm}" for name in also & set(published)}
        known |= frozenset(results)
        bench = Bench(run, scope, known, recorded, moving, ambiguous, self._unsupported(params))
        return self._required(bench, model)

    def _required(self, bench: Bench, model: models.Run) -> Bench:
        conditions = []
        for index, text in enumerate(model.require):
            node = read(bench, text, (*self.path, "require", index), self.reporter)
            if node is not None:
                conditions.append((one_line(text), node))
        run = dataclasses.replace(bench.run, require=tuple(conditions))
        return dataclasses.replace(bench, run=_keyed(run))

    def _unsupported(self, params: Component) -> str:
        drawn = _drawn_names(params)
        tied = [relation for relation in self.scope.relations if symbols_of(relation) & drawn]
        return f"{len(tied)} condition(s) tie drawn symbols together, which sampling cannot keep yet" if tied else ""

    def _experiment(self, name: str) -> ExperimentSpec:
        if name not in EXPERIMENTS:
            nearest = nearest_name(name, EXPERIMENTS)
            self._stop(("experiment",), "unknown experiment", quote(name), listing(EXPERIMENTS), nearest)
        return EXPERIMENTS[name]

    def _validated(self, model: type[BaseModel], data: Any, path: Path) -> BaseModel:
        try:
            return model.model_validate(data)
        except ValidationError as error:
            self.reporter.validation(path, model, error)
            raise _StopError from None

    def _stop(self, below: Path, message: str, found: str = "", expected: str = "", nearest: str = "") -> NoReturn:
        path = self.reporter.existing((*self.path, *below))
        self.reporter.error(path, message, found=found, expected=expected, nearest=nearest)
        raise _StopError

    # the sweep

    def _sweep(self, model: models.Run) -> tuple[tuple[Axis, ...], dict[str, tuple[float, ...]]]:
        if isinstance(model.sweep, list):
            names = sorted(model.sweep[0])
            for index, case in enumerate(model.sweep):
                if sorted(case) != names:
                    self._stop(("sweep", index), "every case names the same symbols", ", ".join(case), ", ".join(names))
            cases = {name: tuple(float(case[name]) for case in model.sweep) for name in names}
            for name, values in cases.items():
                self._check_values(name, values)
            return (), cases
        try:
            axes = {name: self._axis(name, axis) for name, axis in model.sweep.items()}
        except OverflowError:
            self._stop(("sweep",), "a value is too large", expected="at most 1.7e308")
        for name, values in axes.items():
            self._check_values(name, values)
            if len(set(values)) < len(values):
                self._stop(("sweep", name), "a value occurs twice")
        if math.prod(len(values) for values in axes.values()) > MAX_CELLS:
            self._stop(("sweep",), "the sweep has too many points", expected=f"at most {MAX_CELLS}")
        return tuple(Axis(name, values) for name, values in axes.items()), {}

    def _axis(self, name: str, axis: Any) -> tuple[float, ...]:
        if not isinstance(axis, models.LogSpaced):
            return tuple(float(value) for value in axis)
        first, last = (float(end) for end in axis.log_spaced)
        steps = [index / (axis.points - 1) for index in range(axis.points)]
        values = [first, *(first * (last / first) ** step for step in steps[1:-1]), last]
        if name in self.scope.symbols and self.scope.symbols[name].integer:
            values = sorted({float(round(value)) for value in values})
        return tuple(values)

    def _check_values(self, name: str, values: tuple[float, ...]) -> None:
        domain = self.scope.symbols.get(name)
        if domain is None:
            nearest = nearest_name(name, self.scope.symbols)
            self._stop(
                ("sweep",),
                f"the sweep symbol {name!r} is not declared",
                expected="a name under symbols",
                nearest=nearest,
            )
        if domain.shape:
            self._stop(("sweep", name), f"{name!r} is an array and cannot be swept")
        outside = [value for value in values if not inside(domain, value)]
        if outside:
            self._stop(("sweep", name), f"outside the domain of {name!r}", f"{outside[0]:g}")

    # parameters

    def _parameters(
        self, spec: ExperimentSpec, model: models.Run, data: Any, swept: frozenset[str]
    ) -> tuple[Component, dict[str, Component]]:
        params = self._component(spec, model.params, (*self.path, "params"), swept)
        arms: dict[str, Component] = {}
        for arm, patch in model.arms.items():
            path = (*self.path, "arms", arm)
            try:
                changed = patched(data, patch)
            except PatchError as error:
                self._stop(("arms", arm), str(error), nearest=error.nearest)
            arms[arm] = self._component(spec, changed["params"], path, swept)
        return params, arms

    def _component(self, spec: ExperimentSpec, data: Any, path: Path, swept: frozenset[str]) -> Component:
        raw = self._validated(spec.params, data, path)
        assert isinstance(raw, Component)
        published = spec.observables(raw)
        values = swept | (DATA_NAMES & set(published))
        values |= size_names(self.scope, published, raw) | getattr(raw, "given", frozenset())
        self._given(raw, path, values)

        def parse(below: Path, text: Formula, names: Locals) -> float | int | Node:
            node = self._leaf((*path, *below), str(text), names, values)
            constant = exact(node)
            if constant is None:
                return node
            return int(constant) if constant.denominator == 1 else float(constant)

        before = len(self.reporter.errors)
        try:
            component = map_leaves(raw, parse)
        except ValidationError as error:
            if len(self.reporter.errors) == before:
                self.reporter.validation(path, spec.params, error)
            raise _StopError from None
        if len(self.reporter.errors) > before:
            raise _StopError
        return component

    def _given(self, raw: Component, path: Path, values: frozenset[str]) -> None:
        """What the experiment gives a value to is declared; what it draws from a law can be drawn."""
        for name in sorted(getattr(raw, "given", frozenset())):
            if name not in self.scope.symbols:
                message = f"the symbol {name!r} is not declared"
                nearest = nearest_name(name, self.scope.symbols)
                self.reporter.error(
                    self.reporter.existing(path), message, expected="a name under symbols", nearest=nearest
                )
        for name in _drawn_names(raw) & set(self.scope.laws):
            law, domain = self.scope.laws[name], self.scope.symbols[name]
            needed = frozenset().union(*(symbols_of(parameter) for parameter in law.parameters))
            missing = sorted(needed - values)
            if missing:
                message = f"the law of {name!r} needs {missing[0]!r}, which has no value when the run starts"
                self.reporter.error(self.reporter.existing((*path, "draw")), message)
            if (domain.lo, domain.hi) != (exact(law.lo), exact(law.hi)):
                message = f"{name!r} has a law and a `where` beside it; a conditioned law cannot be drawn"
                self.reporter.error(self.reporter.existing((*path, "draw")), message)

    def _laws(self, params: Component, arms: Mapping[str, BaseModel]) -> dict[str, Law]:
        """The laws of the symbols that the run or one of its arms draws."""
        names = frozenset().union(_drawn_names(params), *map(_drawn_names, arms.values()))
        return {name: law for name, law in self.scope.laws.items() if name in names}

    def _leaf(self, path: Path, text: str, names: Locals, values: frozenset[str]) -> Node:
        """A formula among the parameters; the local names of the leaf are formal arguments, as those of a
        definition."""
        local = {name: Domain(shape=tuple(size_node(size) for size in shape)) for name, shape in names.items()}
        captured = {
            name: ExpressionError("it uses a name that means something else in this formula")
            for name, definition in self.scope.definitions.items()
            if name in local or (symbols_of(definition.body) - set(definition.parameters)) & set(local)
        }
        scope = dataclasses.replace(
            self.scope,
            symbols={**self.scope.symbols, **local},
            definitions={name: one for name, one in self.scope.definitions.items() if name not in captured},
            unread={**self.scope.unread, **captured},
        )
        try:
            node = scope.parse(text)
        except ExpressionError as error:
            self.reporter.expression(path, text, error)
            return ZERO
        missing = sorted(name for name in symbols_of(node) if name not in values and name not in local)
        if missing:
            message = f"{missing[0]!r} has no value when the run starts"
            expected = f"numbers and {listing(sorted(values | set(local)), 20)}" if values or local else "numbers"
            self.reporter.error(self.reporter.existing(path), message, found=quote(text), expected=expected)
        return node

    def _measured_scope(
        self, published: Mapping[str, ObservableSpec], references: Mapping[str, Any], arms: tuple[str, ...]
    ) -> tuple[Scope, frozenset[str]]:
        """The file's scope with what the run publishes, and the names that would then mean two things.

        A symbol that is declared with the shape the run publishes is the declaration of that observable.
        """
        symbols: dict[str, Domain] = {}
        ambiguous = set()
        axes = {axis: ObservableSpec((axis,), (), "axis") for found in published.values() for axis in found.axes}
        for name, found in {**axes, **published}.items():
            declared = self.scope.symbols.get(name)
            if name in self.scope.texts or name in references:
                kind = "a definition" if name in self.scope.texts else "a reference"
                self._stop(("experiment",), f"the run publishes {name!r}, which is also {kind}; one name, one meaning")
            if declared is not None and found.shape is not None and len(declared.shape) != len(found.shape):
                ambiguous.add(name)
            if declared is None:
                symbols[name] = Domain(shape=tuple(size_node(size) for size in found.shape or ()))
            symbols |= {f"{name}.{arm}": declared or symbols[name] for arm in arms if name in published}
        return self.scope.extended(symbols), frozenset(ambiguous)


def _drawn_names(params: BaseModel) -> frozenset[str]:
    return frozenset((*getattr(params, "draw", ()), *getattr(params, "noise", ())))


def _keyed(run: Run) -> Run:
    """The run with the hash of its content: equal for equal content whatever its name."""
    content = (
        run.experiment,
        run.params,
        run.sweep,
        sorted(run.case_values.items()),
        sorted((name, repr(reference)) for name, reference in run.references.items()),
        sorted((name, repr(domain)) for name, domain in run.domains.items()),
        [node for _, node in run.require],
        run.may_diverge,
        run.seeds,
        sorted((name, repr(arm)) for name, arm in run.arms.items()),
        sorted((name, repr(law)) for name, law in run.laws.items()),
    )
    return dataclasses.replace(run, key=hashlib.sha256(repr(content).encode()).hexdigest())
