"""The measuring side of a claim: looks at more and more instances until every check and control is decided.

At each look every undecided check, and every control that is not rejected yet, is judged by the same rule on the same
arrays.  A check that passes while a near miss of it survives has no power and ends INCONCLUSIVE.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from checker.expr.errors import UnsupportedError
from checker.judge import controls
from checker.judge.decide import judge
from checker.judge.looks import spend
from checker.judge.prediction import Judgement
from checker.result import CheckResult, ControlResult, LookResult, MeasureResult, WitnessResult
from checker.simulate.budget import OverBudget
from checker.simulate.measurement import Measurement
from checker.simulate.quantity import QuantityError
from checker.simulate.resolve import SimulationError
from checker.simulate.search import Attack, SearchUnavailable
from checker.simulate.second_look import EnginesDisagreeError
from checker.spec.claim import Assumption, Check, Control, Measure, Run
from checker.verdict import Verdict
from checker.verify.bench import Bench
from checker.verify.deadline import OutOfTime
from checker.verify.evaluation import EvaluationError, Reader, Reading, nodes_of, read, references_named
from checker.verify.hunt import Screened, attack_of, attackable, screened, simplest, spelled
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
    screen: Screened | None = None  # what became of instances found by search, and of violations
    cut: bool = False  # by a time limit: another day, or a quieter machine, may give another answer

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
    sizes: tuple[int, ...] = ()  # the number of instances at each look

    @property
    def final(self) -> bool:
        """Whether the same run would give the same answers again: nothing broke and nothing was cut short by a limit."""
        tried = [trial for attempt in self.attempts for trial in (*attempt.trials, *attempt.originals)]
        judgements = [trial.judgement for trial in (*self.trials, *tried)]
        broken = any(one is not None and one.verdict is Verdict.ERROR for one in judgements)
        return not broken and not any(trial.cut for trial in (*self.trials, *tried))


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
    sizes: list[int] = []
    failures: Mapping[int, str] = {}
    for seeds in _sizes(measure.run, scale):
        sizes.append(seeds)
        failures = _look(measure, trials, attempts, bench, seeds, alpha)
        if all(trial.decided for trial in trials):
            passing = [t for t in trials if t.judgement is not None and t.judgement.verdict is Verdict.PASS]
            if not passing or all(attempt.settled for attempt in attempts):
                break
    return Judged(measure, trials, attempts, sizes[-1] if sizes else 0, failures, alpha, tuple(sizes))


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
        checks=tuple(_check_result(trial, attempts, measure.run, target, settings) for trial in judged.trials),
        controls=tuple(_control_result(attempt) for attempt in attempts),
        failures={str(seed): reason for seed, reason in judged.failures.items()},
        definitions=definitions_of(measure),
        sizes=judged.sizes,
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
    # Two bounds on one quantity are attacked from their own sides; near misses are judged on what their check found.
    attacks = {(trial.check.name, trial.check.quantity): trial.check for trial in trials}
    for run, pending, assumptions, owner in groups:
        if not pending:
            continue
        try:
            measurement = _measured(run, pending, assumptions, bench, seeds)
        except UnsupportedError as reason:
            _conclude(pending, Verdict.UNSUPPORTED, str(reason))
            continue
        except (OutOfTime, OverBudget) as reason:
            _cut(pending, reason)
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
            attacked = attacks.get((trial.check.name, trial.check.quantity))
            attack = attack_of(attacked, run, assumptions) if attacked is not None else None
            _judge(trial, run, measurement, bench, attack, alpha, seeds, pinned, owner is not None)
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
        holds = (held.values == 1).all(axis=others)  # not where it is NaN, not defined
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
    attack: Attack | None,
    alpha: float,
    seeds: int,
    pinned: Mapping[str, float],
    is_control: bool,
) -> None:
    """Judge one check at one look and write the answer into its trial."""
    reader = bench.reader(run, seeds, measurement)
    if attack is not None and attackable(trial.check):
        try:
            reader = bench.reader(run, seeds, bench.attack(run, seeds, measurement, attack), attack)
            trial.note = "random instances, then ascent from the worst of them, from corners and from edges"
        except SearchUnavailable as reason:
            trial.note = f"random instances only: {reason}" if seeds > 1 else ""
        except OutOfTime as reason:
            _cut([trial], reason)
            return
        except _BROKEN as reason:
            _conclude([trial], Verdict.ERROR, f"the directed search broke: {_first_line(reason)}")
            return
    trial.reader = reader
    try:
        reading = read(trial.check, run, reader, pinned)
        if attackable(trial.check):
            conditions = attack.holds if attack is not None else ()
            trial.screen = screened(trial.check, run, reader.measurement, reading, conditions)
            reading = trial.screen.reading
        trial.reading = reading
    except (EvaluationError, QuantityError, *_BROKEN) as reason:
        broken = Verdict.DISAGREE if isinstance(reason, EnginesDisagreeError) else Verdict.ERROR
        _conclude([trial], broken, _first_line(reason))
        return
    except UnsupportedError as reason:
        _conclude([trial], Verdict.UNSUPPORTED, str(reason))
        return
    prediction, sample = reading.prediction, reading.sample
    look = look_index(prediction, seeds)
    trial.judgement = judge(prediction, sample, alpha=alpha, look=look, control=is_control)
    if trial.screen is not None and (trial.judgement.verdict is Verdict.FAIL or trial.screen.narrow is not None):
        trial.judgement = simplest(trial.check, trial.screen, trial.judgement)
        trial.note = trial.screen.note
    trial.looks.append(
        LookResult(seeds=seeds, alpha=spend(alpha, look), decided=trial.judgement.verdict, interval=span_of(trial.judgement))
    )


def _first_line(reason: BaseException) -> str:
    return (str(reason).splitlines() or [type(reason).__name__])[0][:300]


def _conclude(trials: Sequence[Trial], verdict: Verdict, reason: str) -> None:
    for trial in trials:
        trial.judgement = Judgement(verdict=verdict, how=None, reason=reason)


def _cut(trials: Sequence[Trial], reason: OutOfTime | OverBudget) -> None:
    _conclude(trials, Verdict.INCONCLUSIVE, str(reason))
    for trial in trials:
        trial.cut = True


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


def _check_result(trial: Trial, attempts: Sequence[Attempt], run: Run, target: str, settings: str) -> CheckResult:
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
    if trial.note and verdict in (Verdict.PASS, Verdict.FAIL):
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
        witness=_witness(trial, run, judgement, f"{target}/{check.name}", settings) if verdict is Verdict.FAIL else None,
    )


def _witness(trial: Trial, run: Run, judgement: Judgement, target: str, settings: str) -> WitnessResult | None:
    """The deciding entry and its replay; of an instance found by search, the numbers that it was given as well."""
    found = witness_of(trial.reading, judgement, target, settings)
    seed = None if found is None else found.where.get("seed")
    if found is None or seed is None or float(seed) >= 0 or trial.reader is None:
        return found
    named = [node for node in nodes_of(trial.check) if node is not None]
    return found.model_copy(update={"given": spelled(run, trial.reader.measurement, float(seed), named)})


def _over_text(rule: str, level: float | None) -> str:
    return rule if level is None else f"{rule} >= {level:g}"
