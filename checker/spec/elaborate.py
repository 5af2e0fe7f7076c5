"""From the models of a claim file to the claims that provers, experiments and judge receive.

The one idea to know: this is the only place that sees the whole file.  It builds the scope once, reads each run
once, and hands every claim its lemmas, measurements, assumptions and controls; what is wrong is reported all at once.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from checker.expr.errors import ExpressionError
from checker.expr.node import Node, symbols_of
from checker.spec.bench import Bench, read
from checker.spec.checks import desk_for, elaborate_check
from checker.spec.claim import Assumption, Check, Claim, Finding, Lemma, Measure
from checker.spec.controls import Setting, elaborate_control, neighbouring_rates
from checker.spec.errors import Path, listing, nearest_name
from checker.spec.implicit import with_implicit
from checker.spec.lemmas import elaborate_lemma, implicit_lemma
from checker.spec.models import checks as check_models
from checker.spec.models import claims as models
from checker.spec.patches import PatchError, patched
from checker.spec.questions import names_of
from checker.spec.references import check_all
from checker.spec.reporter import Reporter, one_line
from checker.spec.runs import elaborate_run
from checker.spec.scope import Scope, defined_names, formula_scope


@dataclass
class Elaboration:
    """One file being read at one scale."""

    file: models.File
    scale: str
    reporter: Reporter
    scope: Scope = field(default_factory=Scope)
    run_data: dict[str, Any] = field(default_factory=dict)
    benches: dict[str, Bench | None] = field(default_factory=dict)

    def claims(self) -> tuple[Claim, ...]:
        """Every claim of the file; errors are in the reporter."""
        self.scope = with_implicit(self.file, *formula_scope(self.file, self.reporter), self.reporter)
        for name, run in self.file.runs.items():
            self._run(name, run.scale.get(self.scale, {}))  # type: ignore[call-overload]
        self._definitions()
        check_all(
            self.file.references, [bench.scope for bench in self.benches.values() if bench is not None], self.reporter
        )
        self._assumptions()
        claims = [self._claim(name, model) for name, model in self.file.claims.items()]
        return tuple(claim for claim in claims if claim is not None)

    def _run(self, name: str, patch: Mapping[str, Any]) -> None:
        data = copy.deepcopy(self.reporter.tree.data["runs"][name])
        path: Path = ("runs", name)
        try:
            data = patched(data, patch)
        except PatchError as error:
            self.reporter.error((*path, "scale", self.scale), str(error), nearest=error.nearest)
            self.benches[name] = None
            return
        self.run_data[name] = data
        self.benches[name] = elaborate_run(name, data, path, self.scope, self.file.references, self.reporter)

    def _definitions(self) -> None:
        """A definition that no scope can read is an error where it is written."""
        keys = defined_names(self.file)
        scopes = [self.scope, *(bench.scope for bench in self.benches.values() if bench is not None)]
        broken_runs = any(bench is None or bench.unsupported for bench in self.benches.values())
        for name, error in self.scope.unread.items():
            unknown = "unknown name" in error.message or "cannot be used here" in error.message
            if all(name in scope.unread for scope in scopes) and not (unknown and broken_runs):
                text = self.file.definitions[keys[name]]
                assert isinstance(text, str)
                self.reporter.expression(("definitions", keys[name]), text, error)

    def _assumptions(self) -> None:
        """A check that no run can evaluate is an error where it is written."""
        for name, model in self.file.assumptions.items():
            if model.check is None:
                continue
            benches = [bench for bench in self.benches.values() if bench is not None and not bench.unsupported]
            if benches and all(_quiet(bench, model.check) is None for bench in benches):
                read(benches[-1], model.check, ("assumptions", name, "check"), self.reporter)

    def _claim(self, name: str, model: models.Claim) -> Claim | None:
        path: Path = ("claims", name)
        before = len(self.reporter.errors)
        for index, assumed in enumerate(model.assumes):
            if assumed not in self.file.assumptions:
                known = self.file.assumptions
                message = f"no assumption {assumed!r}"
                self.reporter.error(
                    (*path, "assumes", index), message, expected=listing(known), nearest=nearest_name(assumed, known)
                )
        latex = {symbol: one.latex for symbol, one in self.file.symbols.items() if one.latex}
        lemmas = [
            elaborate_lemma(key, obligation, (*path, "prove", key), self.scope, latex, self.reporter)
            for key, obligation in model.prove.items()
        ]
        measures = [
            self._measure(model, measure, (*path, "measure", index)) for index, measure in enumerate(model.measure)
        ]
        if len(self.reporter.errors) > before:
            return None
        read_lemmas = [lemma for lemma in lemmas if lemma is not None]
        read_measures = [measure for measure in measures if measure is not None]
        read_lemmas += self._implicit(read_lemmas, latex)
        return Claim(
            id=name,
            statement=model.statement,
            source=_source(model.source),
            origin=model.origin,
            strength=model.strength,
            assumptions=self._claim_assumptions(model, read_measures),
            lemmas=tuple(read_lemmas),
            measures=tuple(read_measures),
            expected=model.expected,
            finding=Finding(model.finding.instead, model.finding.shown_by) if model.finding is not None else None,
            proxy=model.proxy,
            unchecked=model.unchecked,
            not_shown=model.not_shown,
            notes=model.notes,
        )

    def _implicit(self, lemmas: list[Lemma], latex: Mapping[str, str]) -> list[Lemma]:
        """Existence and uniqueness of every number the lemmas use that is defined by an equation or an optimum."""
        used = {name for lemma in lemmas for _, one in lemma.members for name in names_of(one.question)}
        return [implicit_lemma(one, self.scope, latex) for name, one in self.scope.implicit.items() if name in used]

    def _measure(self, claim: models.Claim, model: check_models.Measure, path: Path) -> Measure | None:
        if model.run not in self.file.runs:
            known = self.file.runs
            self.reporter.error(
                (*path, "run"), f"no run {model.run!r}", expected=listing(known), nearest=nearest_name(model.run, known)
            )
            return None
        bench = self.benches[model.run]
        if bench is None:
            return None
        if bench.unsupported:
            return Measure(bench.run, (), (), unsupported=bench.unsupported)
        desk = desk_for(bench, model.let, (*path, "let"), claim.strength, self.reporter)
        if desk is None:
            return None
        checks: dict[str, Check] = {}
        for name, check_model in model.checks.items():
            check = elaborate_check(name, check_model, (*path, "checks", name), desk)
            if check is not None:
                checks[name] = check
        setting = Setting(
            model=model,
            path=path,
            bench=bench,
            checks=checks,
            run_data=self.run_data[model.run],
            file_scope=self.scope,
            references=self.file.references,
            assumptions=self.file.assumptions,
            assumed=tuple(claim.assumes),
            strength=claim.strength,
            reporter=self.reporter,
        )
        written = [elaborate_control(index, control, setting) for index, control in enumerate(model.controls)]
        controls = [control for control in written if control is not None]
        controlled = {check.name for control in controls for check in control.checks}
        for name, check in checks.items():
            if name not in controlled:
                controls += neighbouring_rates(check)
        return Measure(
            bench.run,
            tuple(checks.values()),
            tuple(controls),
            self._measured_assumptions(claim, bench),
            {name: one_line(text) for name, text in model.let.items()},
        )

    def _measured_assumptions(self, claim: models.Claim, bench: Bench) -> tuple[Assumption, ...]:
        found = []
        for name in claim.assumes:
            model = self.file.assumptions.get(name)
            if model is not None:
                check = _quiet(bench, model.check) if model.check is not None else None
                found.append(Assumption(name, model.statement, model.by, check, model.check or ""))
        return tuple(found)

    def _claim_assumptions(self, model: models.Claim, measures: list[Measure]) -> tuple[Assumption, ...]:
        found = []
        for name in model.assumes:
            assumption = self.file.assumptions[name]
            checks = (one.check for measure in measures for one in measure.assumptions if one.name == name)
            check = next((node for node in checks if node is not None), None)
            found.append(Assumption(name, assumption.statement, assumption.by, check, assumption.check or ""))
        return tuple(found)


def _quiet(bench: Bench, text: str) -> Node | None:
    """The condition on a run that has every name in it, else ``None``."""
    try:
        node = bench.scope.parse(text)
    except ExpressionError:
        return None
    return node if symbols_of(node) <= bench.available - bench.ambiguous else None


def _source(source: models.Source | None) -> dict[str, str]:
    return {} if source is None else {key: value for key, value in source.model_dump().items() if value is not None}
