"""From exponents and limits to one judgement: what rates and limits have in common once each has its intervals.

A trial is one extrapolation: of the seeds pooled, or of one instance where every instance (or a fraction of them) has
to follow the form by itself; then the worst instance speaks for its cell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from checker.judge import regions, words
from checker.judge.cells import MOST_ROWS, Budget, Row, joint
from checker.judge.extrapolate import Extrapolation
from checker.judge.fraction import judge_fraction, tally
from checker.judge.looks import seeds_needed
from checker.judge.prediction import Array, Cell, Fit, Interval, Judgement, Over, Prediction, Region
from checker.judge.reduce import Reduced
from checker.verdict import How, Verdict

_SCORE: Mapping[Verdict | None, float] = {Verdict.PASS: 1.0, Verdict.FAIL: -1.0, None: 0.0}


@dataclass(frozen=True, slots=True)
class Coordinate:
    """One number at infinity: its name (``p``, ``q``, ``limit``), interval, region, and the half-width due to seeds.

    ``found`` and ``row`` are the extrapolation behind it, ``x`` its sizes.
    """

    name: str
    interval: Interval | None
    region: Region
    sampling: float = 0.0
    found: Extrapolation | None = None
    row: int = 0
    x: Array | None = None

    def fits(self) -> tuple[Fit, ...]:
        """Every fit that the interval was made from."""
        if self.found is None or self.x is None:
            return ()
        found, row = self.found, self.row
        return tuple(
            Fit(
                self.name, float(self.x[-size]), size, term, float(found.middle[row, w, g]),
                float(found.half[row, w, g]), float(found.drift[row, w, g]), w == int(found.window[row]),
            )
            for w, size in enumerate(found.fit.sizes)
            for g, term in enumerate(found.fit.terms)
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Trial:
    """The coordinates of one extrapolation, its verdict, and what held it back; ``short``: not the seeds are missing,
    but sizes, or a correction that describes the data.
    """

    coordinates: tuple[Coordinate, ...]
    verdict: Verdict | None
    note: str = ""
    short: bool = False


@dataclass(frozen=True, slots=True)
class Evidence:
    """The trials of one cell: one if pooled, else one per instance.

    ``divided`` are the same at the level divided by the cells (a FAIL rests on them).  ``x`` (K,) and ``y``, ``error``
    (seeds, K) are what was extrapolated, ``local`` the slopes between sizes ``between`` for the plot.
    """

    full: tuple[Trial, ...]
    divided: tuple[Trial, ...]
    x: Array
    y: Array
    error: Array
    local: Array | None = None
    between: Array | None = None


def judge_trials(
    reduced: Reduced,
    evidence: Sequence[Evidence],
    prediction: Prediction,
    rule: Over,
    grid: frozenset[str],
    budget: Budget,
    ending: str,
    assumes: str,
) -> Judgement:
    """One judgement from the trials of all cells.

    ``ending`` closes the sentence (the form, sizes, decades), ``assumes`` says what a PASS takes for granted.
    """
    seeds, cells = reduced.values.shape[0], len(evidence)
    if rule.rule == "fraction" and rule.level is not None:
        scores = np.array([[_SCORE[trial.verdict] for trial in part.full] for part in evidence]).T
        counted = tally(scores, reduced, prediction, grid)
        return judge_fraction(counted, rule.level, rule.margin, budget, "the prediction holds")
    worst = [_worst(part) for part in evidence]
    verdicts = [_combined(part) for part in evidence]
    total = joint(verdicts)
    rank = {Verdict.FAIL: 0, None: 1, Verdict.PASS: 2}
    c = min(range(cells), key=lambda k: (rank[verdicts[k]], -_outside(worst[k][1])))
    seed, trial = worst[c]
    pooled = len(evidence[c].full) == 1 and rule.rule != "every"
    needed = [_needed(trial, seeds) for (_, trial), verdict in zip(worst, verdicts, strict=True) if verdict is None]
    known = [n for n in needed if n is not None]
    helps = bool(needed) and pooled and seeds > 1 and len(known) == len(needed)
    instances = seeds if not pooled else 1
    shown: list[Cell] = []
    for k in sorted(range(cells), key=lambda k: (k != c, rank[verdicts[k]], -_outside(worst[k][1])))[:MOST_ROWS]:
        note = worst[k][1].note
        if instances > 1:
            note = f"worst of {instances} instances; {note}".rstrip("; ")
        for part in worst[k][1].coordinates:
            label = f"{reduced.labels[k]}: {part.name}" if reduced.labels[k] else part.name
            own = None if part.interval is None else regions.decide(part.interval, part.region)
            shown.append(Cell(label, part.interval, part.region, own, note))
    curve = evidence[c].y if pooled else evidence[c].y[[seed]]
    header, rows = _table(evidence[c], curve, None if pooled else seed)
    return Judgement(
        total,
        None if total is not Verdict.PASS else How.SURVIVED if instances > 1 else How.SIMULATED,
        _reason(trial, reduced.labels[c], total, ending, instances, max(known) if helps else None)
        + (assumes if total is Verdict.PASS else ""),
        tuple(shown),
        {} if total is Verdict.PASS and pooled else reduced.locate(c, None if pooled else seed),
        max(known) if helps else None,
        helps or total is not None,
        header,
        rows,
        _trace(evidence[c], curve, None if pooled else seed),
        tuple(fit for part in trial.coordinates for fit in part.fits()),
    )


def _combined(part: Evidence) -> Verdict | None:
    if any(trial.verdict is Verdict.FAIL for trial in part.divided):
        return Verdict.FAIL
    return Verdict.PASS if all(trial.verdict is Verdict.PASS for trial in part.full) else None


def _worst(part: Evidence) -> tuple[int, Trial]:
    """(index, trial) that decides the cell."""
    if any(trial.verdict is Verdict.FAIL for trial in part.divided):
        failing = [(m, trial) for m, trial in enumerate(part.divided) if trial.verdict is Verdict.FAIL]
        return max(failing, key=lambda pair: _outside(pair[1]))
    open_ = [(m, trial) for m, trial in enumerate(part.full) if trial.verdict is None]
    return max(open_ or list(enumerate(part.full)), key=lambda pair: _outside(pair[1]))


def _outside(trial: Trial) -> float:
    """How far the worst coordinate reaches out of its region."""
    ends = [
        regions.excess(end, part.region)
        for part in trial.coordinates
        for end in ((part.interval.lo, part.interval.hi) if part.interval is not None else (np.inf,))
    ]
    return max(ends)


def _needed(trial: Trial, seeds: int) -> int | None:
    """Seeds that would decide every coordinate still open; ``None`` where sizes are what is missing."""
    if trial.short:
        return None
    needed: list[int] = []
    for part in trial.coordinates:
        if part.interval is None:
            needed.append(2 * seeds)
            continue
        if regions.decide(part.interval, part.region) is not None:
            continue
        half = (part.interval.hi - part.interval.lo) / 2
        middle = (part.interval.hi + part.interval.lo) / 2
        count = seeds_needed(seeds, half, max(0.0, half - part.sampling), regions.slack(middle, part.region))
        if count is None:
            return None
        needed.append(count)
    if needed:
        return max(needed)
    noisy = max(part.sampling for part in trial.coordinates) > 0  # a trend that only noise may show
    return 2 * seeds if noisy else None


def _reason(
    trial: Trial, label: str, total: Verdict | None, ending: str, instances: int, needed: int | None
) -> str:
    parts = [
        f"{part.name} in {words.exponents(part.interval) if part.name in ('p', 'q') else words.span(part.interval)}"
        if part.interval is not None
        else f"{part.name}: no interval"
        for part in trial.coordinates
    ]
    said = ", ".join(parts) + (f" at {label}" if label else "")
    said += f" {ending}"
    if instances > 1:
        said += f"; the worst of {instances} instances"
    if trial.note and total is not Verdict.PASS:
        said += f"; {trial.note}"
    if total is None:
        if needed is not None:
            said += f"; about {needed} seeds would decide"
        elif not trial.note:
            said += "; more seeds will not help: larger sizes, or declare `correction:`"
    return said


def _table(part: Evidence, curve: Array, row: int | None) -> tuple[tuple[str, ...], tuple[Row, ...]]:
    mean, error = curve.mean(axis=0), (part.error if row is None else part.error[[row]]).mean(axis=0)
    if curve.shape[0] > 1:
        error = error + curve.std(axis=0, ddof=1) / np.sqrt(curve.shape[0])
    count = part.x.size
    chosen = np.unique(np.linspace(0, count - 1, min(count, MOST_ROWS)).round().astype(int))
    local = _local(part, row)
    rows = []
    for k in chosen:
        own: Row = (float(part.x[k]), float(mean[k]), float(error[k]))
        if local is not None:
            own = (*own, "" if k == 0 else float(local[k - 1]))
        rows.append(own)
    header = ("size", "mean", "error") if local is None else ("size", "mean", "error", "local p")
    return header, tuple(rows)


def _local(part: Evidence, row: int | None) -> Array | None:
    if part.local is None:
        return None
    local: Array = part.local.mean(axis=0) if row is None else part.local[row]
    return local


def _trace(part: Evidence, curve: Array, row: int | None) -> Mapping[str, Array]:
    arrays: dict[str, Array] = {"x": part.x, "mean": curve.mean(axis=0)}
    arrays["low"], arrays["high"] = curve.min(axis=0), curve.max(axis=0)
    local = _local(part, row)
    if local is not None and part.between is not None:
        arrays["local_exponent"], arrays["size"] = local, part.between
    return arrays
