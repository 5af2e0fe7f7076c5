"""The measuring side of a claim: looks at more and more instances until every check and control is decided.

At each look every undecided check, and every control that is not rejected yet, is judged by the same rule on the same
arrays.  A check that passes while a near miss of it survives has no power and ends INCONCLUSIVE.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from checker.expr.errors import UnsupportedError
from checker.expr.node import Node, sub
from checker.judge import controls
from checker.judge.decide import judge
from checker.judge.looks import spend
from checker.judge.prediction import Judgement, Kind
from checker.result import CheckResult, ControlResult, LookResult, MeasureResult
from checker.simulate.measurement import Measurement
from checker.simulate.quantity import QuantityError
from checker.simulate.resolve import SimulationError
from checker.simulate.search import SearchUnavailable
from checker.spec.claim import Assumption, Check, Control, Measure, Run
from checker.verdict import Verdict
from checker.verify.bench import Bench
from checker.verify.deadline import OutOfTime
from checker.verify.evaluation import EvaluationError, Reader, Reading, nodes_of, read, references_named
from checker.verify.presentation import (
    cells_of,
    conditions_of,
    definitions_of,
    describe_run,
    figure_of,
    fits_of,
    span_of,
    witness_of,
)
from checker.verify.scales import ERROR_BUDGET, Scale, look_index

# What breaks one run and says nothing of the others: no memory for its arrays, a number too large (JAX raises RuntimeError).
_BROKEN = (MemoryError, OverflowError, RuntimeError)
_SHORT = 24  # a quantity that fits into a sentence by its own name


@dataclass(slots=True)
class Trial:
    """One check on its way to a verdict: the last reading and judgement, and every look on the way."""

    check: Check
    judgement: Judgement | None = None
    reading: Reading | None = None
    looks: list[LookResult] = field(default_factory=list)
    note: str = ""
    reader: Reader | None = None  # the arrays of the last look, found instances included

    @property
    def decided(self) -> bool:
        """Whether more instances cannot change the verdict."""
        if self.judgement is None:
            return False
        return self.judgement.verdict is not None or self.speaks_of_every or not self.judgement.more_seeds_help

    @property
    def speaks_of_every(self) -> bool:
        """Whether the claim is about each instance: its number is declared by the scale, and looked at once."""
        rule = self.check.expectation.over.get("seed")
        return rule is not None and rule.rule == "every"


@dataclass(slots=True)
class Attempt:
    """One control on its way to being rejected: a trial per check that it patches."""

    control: Control
    trials: list[Trial]
    originals: list[Trial]

    @property
    def rejected_by(self) -> Trial | None:
        """The first patched check that came out FAIL, provided the true prediction holds where that was asked."""
        judgements, originals = ([trial.judgement for trial in part] for part in (self.trials, self.originals))
        found = controls.rejecting(judgements, originals)
        return None if found is None else self.trials[found]

    @property
    def settled(self) -> bool:
        """Whether more instances cannot change the answer."""
        return self.rejected_by is not None or all(trial.decided for trial in (*self.trials, *self.originals))


@dataclass(frozen=True, slots=True)
class Judged:
    """A measurement after its last look: every check and control, on how many seeds, at which budget of each check."""

    measure: Measure
    trials: tuple[Trial, ...]
    attempts: tuple[Attempt, ...]
    seeds: int
    failures: Mapping[int, str]
    alpha: float


def judge_measure(measure: Measure, scale: Scale, bench: Bench, checks_in_claim: int) -> Judged:
    """Look at more and more instances until every check and control is decided, or the scale allows no more."""
    alpha = ERROR_BUDGET / max(1, checks_in_claim)
    if measure.unsupported:
        return Judged(measure, (), (), 0, {}, alpha)
    trials = tuple(Trial(check) for check in measure.checks)
    attempts = tuple(
        Attempt(control, [Trial(c) for c in control.checks], [Trial(c) for c in control.original_on_patched])
        for control in measure.controls
    )
    seeds = 0
    failures: Mapping[int, str] = {}
    for seeds in _sizes(measure.run, scale):
        failures = _look(measure, trials, attempts, bench, seeds, alpha)
        if all(trial.decided for trial in trials):
            passing = [t for t in trials if t.judgement is not None and t.judgement.verdict is Verdict.PASS]
            if not passing or all(attempt.settled for attempt in attempts):
                break
    return Judged(measure, trials, attempts, seeds, failures, alpha)


def measure_result(judged: Judged, target: str, settings: str = "") -> MeasureResult:
    """What a judged measurement looks like to a reader.

    ``target`` is how a user names the claim, ``settings`` the options that a replay needs besides.
    """
    measure, attempts = judged.measure, judged.attempts
    if measure.unsupported:
        return MeasureResult(
            run=measure.run.name, experiment=measure.run.experiment, summary="", seeds=0, checks=(), controls=(),
            unsupported=measure.unsupported,
        )  # fmt: skip
    return MeasureResult(
        run=measure.run.name,
        experiment=measure.run.experiment,
        summary=describe_run(measure.run),
        seeds=judged.seeds,
        checks=tuple(_check_result(trial, attempts, target, settings) for trial in judged.trials),
        controls=tuple(_control_result(attempt) for attempt in attempts),
        failures={str(seed): reason for seed, reason in judged.failures.items()},
        definitions=definitions_of(measure),
    )


def _sizes(run: Run, scale: Scale) -> Iterator[int]:
    """Numbers of instances at the looks: growing from the scale's first, or the number that the run fixes."""
    if run.seeds is not None:
        yield run.seeds
        return
    size = scale.instances
    while size <= scale.most:
        yield size
        size *= scale.growth


def _look(
    measure: Measure, trials: Sequence[Trial], attempts: Sequence[Attempt], bench: Bench, seeds: int, alpha: float
) -> Mapping[int, str]:
    """One look at ``seeds`` instances; returns the instances that are no evidence, with the reason."""
    failures: dict[int, str] = {}
    enforced = [assumption for assumption in measure.assumptions if assumption.check is not None]
    groups: list[tuple[Run, list[Trial], list[Assumption], Attempt | None]]
    groups = [(measure.run, [t for t in trials if not t.decided], enforced, None)]
    for attempt in attempts:
        if not attempt.settled:
            own = [a for a in enforced if a.name not in attempt.control.suspended]
            pending = [trial for trial in (*attempt.trials, *attempt.originals) if not trial.decided]
            groups.append((attempt.control.run or measure.run, pending, own, attempt))
    attacks = {trial.check.quantity: excess for trial in trials if (excess := excess_of(trial.check)) is not None}
    for run, pending, assumptions, owner in groups:
        if not pending:
            continue
        try:
            measurement = _measured(run, pending, assumptions, bench, seeds)
        except UnsupportedError as reason:
            _conclude(pending, Verdict.UNSUPPORTED, str(reason))
            continue
        except OutOfTime as reason:
            _conclude(pending, Verdict.INCONCLUSIVE, str(reason))
            continue
        except (SimulationError, QuantityError, *_BROKEN) as reason:
            _conclude(pending, Verdict.ERROR, _first_line(reason))
            continue
        if measurement.failures:
            seed, why = next(iter(sorted(measurement.failures.items())))
            _conclude(
                pending,
                Verdict.ERROR,
                f"{len(measurement.failures)} of {seeds} instances are no evidence; {seed}: {why}",
            )
            if owner is None:
                failures = dict(measurement.failures)
            continue
        for trial in pending:
            pinned = owner.control.at if owner is not None else {}
            _judge(trial, run, measurement, bench, attacks, alpha, seeds, pinned, owner is not None)
    return failures


def _measured(
    run: Run, pending: Sequence[Trial], assumptions: Sequence[Assumption], bench: Bench, seeds: int
) -> Measurement:
    """The run with the references that the checks and assumptions name; a broken assumption makes an instance a failure."""
    nodes = [node for trial in pending for node in nodes_of(trial.check)]
    nodes += [assumption.check for assumption in assumptions]
    measurement = bench.measurement(run, seeds, references_named(run, nodes))
    reader = bench.reader(run, seeds, measurement)
    broken = dict(measurement.failures)
    for assumption in assumptions:
        assert assumption.check is not None
        held = reader.field(assumption.check)
        others = tuple(index for index, axis in enumerate(held.axes) if axis != "seed")
        holds = (held.values != 0).all(axis=others)
        if "seed" not in held.axes:
            holds = holds[None].repeat(len(measurement.coords["seed"]))
        for seed, fine in zip(measurement.coords["seed"], holds, strict=True):
            if not fine:
                broken.setdefault(
                    int(seed), f"the assumption {assumption.name!r} does not hold ({assumption.check_text})"
                )
    return Measurement(measurement.observables, measurement.coords, broken)


def _judge(
    trial: Trial,
    run: Run,
    measurement: Measurement,
    bench: Bench,
    attacks: Mapping[Node, Node],
    alpha: float,
    seeds: int,
    pinned: Mapping[str, float],
    is_control: bool,
) -> None:
    """Judge one check at one look and write the answer into its trial."""
    reader = bench.reader(run, seeds, measurement)
    excess = attacks.get(trial.check.quantity)
    if excess is not None and trial.check.expectation.kind in (Kind.AT_MOST, Kind.AT_LEAST):
        try:
            reader = bench.reader(run, seeds, bench.attack(run, seeds, measurement, excess), excess)
            trial.note = "random instances, then ascent from the worst of them and from corners"
        except SearchUnavailable as reason:
            trial.note = f"random instances only: {reason}"
        except OutOfTime as reason:
            _conclude([trial], Verdict.INCONCLUSIVE, str(reason))
            return
        except _BROKEN as reason:
            _conclude([trial], Verdict.ERROR, f"the directed search broke: {_first_line(reason)}")
            return
    trial.reader = reader
    try:
        trial.reading = read(trial.check, run, reader, pinned)
    except (EvaluationError, QuantityError, *_BROKEN) as reason:
        _conclude([trial], Verdict.ERROR, _first_line(reason))
        return
    except UnsupportedError as reason:
        _conclude([trial], Verdict.UNSUPPORTED, str(reason))
        return
    prediction, sample = trial.reading.prediction, trial.reading.sample
    look = look_index(prediction, seeds)
    trial.judgement = judge(prediction, sample, alpha=alpha, look=look, control=is_control)
    trial.looks.append(
        LookResult(seeds=seeds, alpha=spend(alpha, look), decided=trial.judgement.verdict, interval=span_of(trial.judgement))
    )


def _first_line(reason: BaseException) -> str:
    return (str(reason).splitlines() or [type(reason).__name__])[0][:300]


def excess_of(check: Check) -> Node | None:
    """For a bound over every instance: the expression that a directed search drives up."""
    expected = check.expectation
    seed = expected.over.get("seed")
    if seed is None or seed.rule != "every":
        return None
    if expected.kind is Kind.AT_MOST:
        return sub(check.quantity, expected.target)
    if expected.kind is Kind.AT_LEAST:
        return sub(expected.target, check.quantity)
    return None


def _conclude(trials: Sequence[Trial], verdict: Verdict, reason: str) -> None:
    for trial in trials:
        trial.judgement = Judgement(verdict=verdict, how=None, reason=reason)


def _control_result(attempt: Attempt) -> ControlResult:
    rejected = attempt.rejected_by
    shown = rejected or next((t for t in attempt.trials if t.judgement is not None), None)
    control = attempt.control
    if shown is None or shown.judgement is None:
        return ControlResult(
            text=control.text,
            because=control.because,
            form=control.form,
            check="",
            verdict=None,
            rejected=False,
            reason="not judged: the claim was decided against before",
        )
    judgement = shown.judgement
    reason = judgement.reason
    if rejected is None and any(
        t.judgement is None or t.judgement.verdict is not Verdict.PASS for t in attempt.originals
    ):
        reason = "the true prediction does not pass on the patched run, so its failure would show nothing"
    cell = next((cell for cell in judgement.cells if cell.verdict is Verdict.FAIL), None)
    return ControlResult(
        text=control.text,
        because=control.because,
        form=control.form,
        check=shown.check.name,
        verdict=judgement.verdict,
        rejected=rejected is not None,
        missed=None if rejected is None else controls.failed_by(judgement),
        reason=reason.replace("the quantity", shown.check.quantity_text)
        if len(shown.check.quantity_text) <= _SHORT
        else reason,
        interval=span_of(judgement),
        region=cells_of([cell])[0].outer if cell is not None else None,
    )


def _check_result(trial: Trial, attempts: Sequence[Attempt], target: str, settings: str) -> CheckResult:
    """The verdict of one check, after its controls have had their say."""
    check, judgement = trial.check, trial.judgement
    assert judgement is not None
    verdict, reason = judgement.verdict, judgement.reason
    own = [attempt for attempt in attempts if any(t.check.name == check.name for t in attempt.trials)]
    gone = [(attempt.control.text, attempt.rejected_by) for attempt in own]
    shown = any(by is not None and by.check.name == check.name for _, by in gone)
    verdict, reason = controls.standing(verdict, reason, [(text, by is not None) for text, by in gone], shown)
    if verdict is None:
        verdict = Verdict.INCONCLUSIVE
        if judgement.seeds_needed is not None and judgement.more_seeds_help:
            reason = f"{reason}; about {judgement.seeds_needed} instances would decide"
    if trial.note and verdict is Verdict.PASS:
        reason = f"{reason} ({trial.note})"
    if len(check.quantity_text) <= _SHORT:
        reason = reason.replace("the quantity", check.quantity_text)
    return CheckResult(
        name=check.name,
        quantity=check.quantity_text,
        prediction=check.expectation.text,
        over=", ".join(f"{axis}: {_over_text(over.rule, over.level)}" for axis, over in check.expectation.over.items()),
        verdict=verdict,
        how=judgement.how if verdict is Verdict.PASS else None,
        reason=reason,
        conditions=conditions_of(check, trial.reading),
        cells=cells_of(judgement.cells),
        looks=tuple(trial.looks),
        header=judgement.header,
        rows=judgement.rows,
        fits=fits_of(judgement.fits),
        figure=figure_of(trial.check, trial.reading, [(a.control, t.reading) for a in own for t in a.trials]),
        witness=witness_of(trial.reading, judgement, f"{target}/{check.name}", settings)
        if verdict is Verdict.FAIL
        else None,
    )


def _over_text(rule: str, level: float | None) -> str:
    return rule if level is None else f"{rule} >= {level:g}"
