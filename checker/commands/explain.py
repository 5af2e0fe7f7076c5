"""Say what a claim file will have proved and measured, and what would refute it, without running anything.

For each claim: the assumptions and who enforces them; each obligation with the engines it is put to and what a proof of it
needs; each check with the region it is judged by, on how many instances; the near misses that have to be rejected; how
many mutants the tool adds; and roughly what it costs, with the time of the last run where its report is there.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from checker.commands.regions import region
from checker.errors import CheckError, ExitCode, printable
from checker.targets import Target, grouped, report_folder, resolve

if TYPE_CHECKING:
    from checker.spec.claim import Assumption, Claim, Control, Lemma, Measure, Run

_LARGEST_REPORT = 64 * 2**20


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the verb."""
    parser.add_argument("paths", nargs="+", metavar="PATH", help="claim files, folders, slugs, or slug/claim")
    parser.add_argument("--scale", choices=("smoke", "standard", "large"), default="standard", help="default: standard")


def run(options: argparse.Namespace) -> int:
    """Explain the claims named; 2 where a file cannot be read (the others are explained all the same)."""
    from checker.spec.load import load_paper

    code = ExitCode.OK
    for target, claims in grouped(resolve(options.paths)):
        try:
            paper = load_paper(target.path, scale=options.scale)
        except CheckError as problem:
            print(problem.message, file=sys.stderr)
            code = ExitCode.USAGE
            continue
        known = [claim.id for claim in paper.claims]
        for name in sorted(claims or ()):
            if name not in known:
                message = f"{target.words}: no claim {name!r}; it has {', '.join(known)}"
                raise CheckError(message, ExitCode.NOTHING_SELECTED)
        seconds = _last_seconds(target, options.scale)
        for claim in paper.claims:
            if claims is None or claim.id in claims:
                print("\n".join(map(printable, _claim(target, claim, options.scale, seconds))), end="\n\n")
    return int(code)


def _claim(target: Target, claim: Claim, scale: str, seconds: Mapping[str, float]) -> Iterator[str]:
    yield f"{target.words}/{claim.id}  (expected {claim.expected})"
    yield f"  {' '.join(claim.statement.split())}"
    yield from (_assumption(assumption) for assumption in claim.assumptions)
    for lemma in claim.lemmas:
        yield from _lemma(lemma)
    for measure in claim.measures:
        yield from _measure(measure, scale)
    if claim.unchecked:
        yield f"  not checked: {claim.unchecked}"
        return
    yield _mutants(claim, scale)
    yield from _cost(claim, seconds.get(claim.id))


def _assumption(assumption: Assumption) -> str:
    how = f"by the {assumption.by}" if assumption.by else "declared only: nothing enforces it"
    if assumption.check is not None:
        how = f"checked on every instance: {assumption.check_text}"
    return f"  assumes {assumption.name} ({how})"


def _lemma(lemma: Lemma) -> Iterator[str]:
    from checker.prove.routes import route

    labels = [label for label, _ in lemma.members]
    members = f" for {', '.join(labels)}" if len(labels) > 1 else ""
    yield f"  proves {lemma.name} ({lemma.kind}, covers {lemma.covers}){members}: {lemma.text}"
    if lemma.unsupported:
        yield f"    cannot be asked: {lemma.unsupported}"
        return
    asked = route(lemma.members[0][1].question)
    yield f"    asks {', '.join(asked.engines)}; needs {asked.needs}"
    yield from (f"    must refute: {text}" for text, _ in lemma.near_misses)


def _measure(measure: Measure, scale: str) -> Iterator[str]:
    from checker.verify.presentation import describe_run

    run = measure.run
    yield f"  measures {run.name} ({run.experiment}: {describe_run(run)})"
    if measure.unsupported:
        yield f"    cannot be run: {measure.unsupported}"
        return
    yield f"    on {_instances(measure, scale)}{_cells(run)}"
    yield _estimate(measure, scale)
    yield f"    publishes {_published(run)}"
    yield from (f"    requires {text}" for text, _ in run.require)
    for check in measure.checks:
        over = ", ".join(f"{axis}: {rule.rule}" for axis, rule in check.expectation.over.items())
        yield f"    {check.name}: {check.quantity_text}  {check.expectation.text}  over {over or 'the one instance'}"
        yield f"      {region(check)}"
    yield from (f"    must reject: {control.text} ({control.because}){_again(control)}" for control in measure.controls)


def _estimate(measure: Measure, scale: str) -> str:
    """Memory and time of the first look, from the parameters alone, and what a run may take here."""
    from checker.simulate.budget import FIRST_LOOK, estimate, limits

    seeds = measure.run.seeds or FIRST_LOOK[scale]
    found = estimate(measure.run, seeds, [check.quantity for check in measure.checks])
    return f"    estimated at {found.words} or less for {seeds} instances (a run may take {limits(scale).words})"


def _published(run: Run) -> str:
    """What a quantity may name, each with its recorded axes and entries: ``theta(s)[5]``."""
    from checker.expr.text import text
    from checker.simulate.catalogue import experiment

    names = []
    for name, spec in experiment(run.experiment).observables(run.params).items():  # type: ignore[arg-type]
        axes = f"({', '.join(spec.axes)})" if spec.axes else ""
        declared = tuple(map(text, run.domains[name].shape)) if name in run.domains else ()
        shape = declared if spec.shape is None else spec.shape
        names.append(f"{name}{axes}" + (f"[{', '.join(map(str, shape))}]" if shape else ""))
    return ", ".join([*names, *(axis.name for axis in run.sweep), *run.case_values])


def _again(control: Control) -> str:
    return "; measured anew" if control.run is not None else ""


def _instances(measure: Measure, scale: str) -> str:
    from checker.verify.scales import SCALES

    if measure.run.seeds is not None:
        return f"{measure.run.seeds} instance{'' if measure.run.seeds == 1 else 's'}"
    least, most = SCALES[scale].instances, SCALES[scale].most
    rules = {check.expectation.over["seed"].rule for check in measure.checks if "seed" in check.expectation.over}
    if rules <= {"every"}:
        return f"{least} instances"
    return f"{least} instances, up to {most} while a verdict is open"


def _cells(run: Run) -> str:
    cells = math.prod(len(axis.values) for axis in run.sweep) * max((len(v) for v in run.case_values.values()), default=1)
    arms = f", {len(run.arms)} more arms" if run.arms else ""
    return f", {cells} points of the sweep{arms}" if cells > 1 else arms


def _mutants(claim: Claim, scale: str) -> str:
    """How many mutants the tool will make; which of them say something else is known only when it runs."""
    from checker.spec.mutants import lemma_mutants
    from checker.spec.mutated_checks import check_mutants

    most = 8
    if claim.expected != "PASS":
        return "  mutants: none, neighbours of a claim that is expected not to hold may well be true"
    found = [len(lemma_mutants(lemma)) for lemma in claim.lemmas if lemma.question is not None]
    found += [len(check_mutants(check)) for measure in claim.measures for check in measure.checks]
    count = sum(min(most, one) for one in found)
    later = " (none at scale smoke)" if scale == "smoke" else ""
    return f"  mutants: up to {count}, at most {most} of each obligation and check{later}"


def _cost(claim: Claim, seconds: float | None) -> Iterator[str]:
    questions = sum(map(_asked, claim.lemmas))
    limit = max((lemma.time_limit for lemma in claim.lemmas), default=0.0)
    runs = {measure.run.key for measure in claim.measures}
    runs |= {control.run.key for measure in claim.measures for control in measure.controls if control.run is not None}
    total = sum(lemma.time_limit * _asked(lemma) for lemma in claim.lemmas)
    parts = [f"{questions} questions to provers, each stopped after {limit:g} s, {total:g} s in all"] if questions else []
    parts += [f"{len(runs)} simulation{'' if len(runs) == 1 else 's'} to compile and run"] if runs else []
    last = f"; {seconds:.1f} s the last time" if seconds is not None else ""
    yield f"  costs {' and '.join(parts) or 'nothing'}{last}"


def _asked(lemma: Lemma) -> int:
    return len(lemma.members) + sum(len(near) for _, near in lemma.near_misses)


def _last_seconds(target: Target, scale: str) -> dict[str, float]:
    """Seconds that the last run of the file took for each claim, from its report; empty where there is none."""
    from checker.execute.files import read_regular

    folder = report_folder(target.path)
    path: Path = (folder if scale == "standard" else folder / scale) / f"{target.path.stem}.json"
    try:
        timings: Mapping[str, Any] = json.loads(read_regular(path, _LARGEST_REPORT))["provenance"]["timings"]
        found: dict[str, float] = {}
        for part, value in timings.items():
            claim = part.partition("/")[0]
            found[claim] = found.get(claim, 0.0) + float(value)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, ArithmeticError, RecursionError):
        return {}
    return found
