"""G6 and G15: verdicts on data of known truth; no clock is read here, mistakes and seeds are counted.

The one idea to know: the judge is the tool's own; what a fixed design needs is found by the same intervals and regions at
the same error budget, spent in one look instead of many.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.goals import Result, Settings, at_most
from checker.judge import regions
from checker.judge.looks import FIRST
from checker.judge.prediction import Array, Region, Within
from checker.judge.tables import seeds as table
from checker.judge.tables.laws import ALPHA, LAWS
from checker.judge.tables.rates import judge_rate
from checker.judge.tables.rivals import RIVALS
from checker.judge.tables.sequences import noisy
from checker.verdict import Verdict

REPORTS = Path(__file__).parents[1] / "reports"
Curve = Callable[[Array], Array]

FORMS: Mapping[str, Curve] = {
    "1/log t": lambda t: 1 / np.log(t),
    "1/log(t)**2": lambda t: np.log(t) ** -2.0,
    "log(log t)/log t": lambda t: np.log(np.log(t)) / np.log(t),
    "t**(-1/2)": lambda t: t**-0.5,
    "constant": np.ones_like,
}
CORRECTIONS: Mapping[str, Curve] = {
    "none": np.zeros_like,
    "0.3/log t": lambda t: 0.3 / np.log(t),
    "1/log t": lambda t: 1 / np.log(t),
    "-0.5/log t": lambda t: -0.5 / np.log(t),
    "t**(-1/2)": lambda t: t**-0.5,
}
FIRST_TIME, ENDS, LEVELS, SEEDS = 1e3, (1e6, 1e12, 1e30, 1e100), (0.0, 0.01), 32
PLATEAUS = (0.5, 0.2, 0.1)
"""A plateau's share of the curve at the last size: 1/log t above it."""


@dataclass(frozen=True, slots=True)
class _Planted:
    """A curve, the form that it truly follows, and its name."""

    name: str
    truth: str
    curve: Array


def _planted(t: Array) -> Iterator[_Planted]:
    for truth, form in FORMS.items():
        if truth == "constant":
            for share in PLATEAUS:
                falling = FORMS["1/log t"](t)
                yield _Planted(f"plateau of {share:.0%}", truth, falling + falling[-1] * share / (1 - share))
            continue
        for name, correction in CORRECTIONS.items():
            yield _Planted(f"{truth} (1 + {name})", truth, form(t) * (1 + correction(t)))


def g6(settings: Settings) -> Iterator[Result]:
    """Every planted curve claimed to follow each of the forms; a PASS of a form that it does not follow is false."""
    rng, found, wrong = np.random.default_rng(6), Counter[tuple[str, bool, int]](), list[str]()
    harsh: list[str] = []
    for last in ENDS:
        t = np.geomspace(FIRST_TIME, last, settings.sized(33, 17))
        for planted in _planted(t):
            for level in LEVELS:
                y = noisy(planted.curve, SEEDS if level else 1, level, "independent", rng)
                for claimed, form in FORMS.items():
                    true = claimed == planted.truth
                    score = _score(y, t, form(t))
                    found["judge", true, score] += 1
                    if score and (score > 0) != true:
                        (harsh if true else wrong).append(f"{planted.name} as {claimed} up to {last:.0e}")
                    if claimed == "constant":  # no exponent to be fitted
                        continue
                    for name, rival in RIVALS.items():
                        found[name, true, rival(np.log(y).mean(axis=0), t, form(t), 0.05)] += 1
    false = sum(found["judge", False, score] for score in (-1, 0, 1))
    true_ones = sum(found["judge", True, score] for score in (-1, 0, 1))
    shown = f": {'; '.join(wrong[:4])}" if wrong else ""
    yield Result(
        f"false PASS among {false} false claims", at_most(0), (float(found["judge", False, 1]),), unit="claims",
        note=f"{found['judge', False, -1]} fail, the others stay open{shown}",
    )  # fmt: skip
    yield Result(
        f"false FAIL among {true_ones} true claims", None, (float(found["judge", True, -1]),), unit="claims",
        note=f"{found['judge', True, 1]} pass, the others stay open{': ' if harsh else ''}{'; '.join(harsh[:4])}",
    )  # fmt: skip
    for name in RIVALS:
        yield Result(f"false PASS of the naive rule: {name}", None, (float(found[name, False, 1]),), unit="claims")


def _score(y: Array, t: Array, form: Array) -> int:
    try:
        verdict = judge_rate(y, t, form).verdict
    except ValueError:  # what the judge calls no evidence (a form it cannot read on these sizes) is no verdict
        return 0
    return {Verdict.PASS: 1, Verdict.FAIL: -1}.get(verdict, 0) if verdict is not None else 0


@dataclass(frozen=True, slots=True)
class _Cell:
    """One kind of claim: law and margin of its seeds, and where its truth lies (in margins); +1 says it holds."""

    law: str
    width: float
    offset: float
    holds: bool

    def data(self, rng: np.random.Generator, most: int, runs: int) -> Array:
        own = LAWS[self.law]
        return own.draw(rng, (most, runs)) - own.mean + self.offset * self.width * own.deviation

    @property
    def region(self) -> Region:
        margin = self.width * LAWS[self.law].deviation
        return regions.around(0.0, Within(margin, margin))


CELLS = tuple(
    _Cell(law, width, offset, offset < 1)
    for law, width in (("Gaussian", 0.5), ("Gaussian", 1.0), ("Gaussian", 3.0), ("uniform", 1.0))
    for offset in (0.0, 0.5, 2.0, 4.0)
)
"""Claims `equals` over a mean, with the margin from half to three standard deviations: true ones, and false by one or three
margins.  The designer of an experiment knows the margin, not the deviation and not the truth."""
_POWER = 0.99


def _fixed(data: Array, cell: _Cell, seeds: int) -> Array:
    """+1, 0 or -1 for every run after exactly ``seeds`` seeds, the whole budget spent in that one look."""
    low, high = table.by_mean(data[:seeds], ALPHA)
    holds = (low >= cell.region.outer.lo) & (high <= cell.region.outer.hi)
    broken = ~holds & ((high < cell.region.inner.lo) | (low > cell.region.inner.hi))
    found: Array = holds.astype(float) - broken
    return found


def _needed(data: Array, cell: _Cell, power: float) -> tuple[int, Array]:
    """The fewest seeds at which the fixed design decides a share ``power`` of the runs, and its answers there.

    Raises ``ValueError`` where all the data are too few: then nothing can be said of what it needs.
    """
    low, high = FIRST, data.shape[0]
    if np.mean(_fixed(data, cell, high) != 0) < power:
        raise ValueError(f"{high} seeds are too few for the fixed design ({cell})")
    while low < high:
        middle = (low + high) // 2
        if np.mean(_fixed(data, cell, middle) != 0) >= power:
            high = middle
        else:
            low = middle + 1
    return low, _fixed(data, cell, low)


def g15(settings: Settings) -> Iterator[Result]:
    """Seeds until the sequential batches decide, against one design fixed before the data, of equal error and power."""
    runs, most = settings.sized(2000, 100), table.MOST
    spent, alone, against, wrong, undecided = [], [], 0, 0, 0
    for number, cell in enumerate(CELLS):
        data = cell.data(np.random.default_rng([15, number]), most, runs)
        verdict, took = table.run(data, cell.region, table.MEAN, table.by_mean)
        needed, answers = _needed(data, cell, min(_POWER, float(np.mean(verdict != 0))))
        spent.append(float(took.mean()))
        alone.append(needed)
        against += int(np.sum(verdict * answers < 0))
        undecided += int(np.sum(verdict == 0))
        wrong += int(np.sum(verdict == (-1 if cell.holds else 1)))
    largest = max(alone)
    total = runs * len(CELLS)
    note = f"{total} runs of {len(CELLS)} kinds of claim: {wrong} wrong verdicts, {undecided} undecided, {against} contradict"
    what = f"seeds of the sequential batches / {largest} of a fixed design for all kinds"
    if against or wrong:
        yield Result(what, at_most(1 / 3), not_run=f"refused: not the same verdicts; {note}")
    else:
        yield Result(what, at_most(1 / 3), (float(np.mean(spent)) / largest,), note=note)
    each = [one / other for one, other in zip(spent, alone, strict=True)]
    yield Result(
        "against a fixed design that knew law, margin and truth of its kind beforehand", None, tuple(sorted(each)),
        note="min, median and max over the kinds of claim",
    )  # fmt: skip
    yield from _library()


def _library() -> Iterator[Result]:
    """What the committed reports say: seeds of the last look, against the most that the scale allows."""
    from checker.verify.scales import SCALES

    scale = SCALES["standard"]
    used = [
        measure["seeds"]
        for path in sorted(REPORTS.glob("*.json"))
        for claim in json.loads(path.read_text(encoding="utf-8")).get("claims", [])
        for measure in claim.get("measures", [])
        if measure.get("sizes") and measure["sizes"][0] == scale.instances
    ]
    what = f"the committed reports: seeds used / {scale.most}, the most at scale standard"
    if used:
        yield Result(what, None, (float(np.mean(used)) / scale.most,), note=f"{len(used)} measurements in batches")
    else:
        yield Result(what, None, not_run="no committed report lists its looks")
