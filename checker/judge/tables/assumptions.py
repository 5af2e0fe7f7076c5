"""Every interval of the judge on laws that keep its assumption and on laws that break it: heavy tails, ties, rare values,
seeds that depend on each other.

Where the assumption holds the share of wrong runs has to stay under alpha; where it is broken the table says whether the
interval still holds, refuses, or is wrong: what it cannot see it says beside its verdict.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from checker.judge import intervals
from checker.judge.extrapolate import coefficient
from checker.judge.looks import spend
from checker.judge.prediction import Array, Interval
from checker.judge.tables.seeds import by_count, by_mean, by_median
from checker.judge.tables.table import Effort, Plan, Row, Table, percent, rate
from checker.judge.threshold import brackets

Generator = np.random.Generator
Draw = Callable[[Generator, int, int], Array]
ALPHAS = (0.05, 0.001, 1e-4)
#: The largest look, and runs drawn at once.
MOST, _CHUNK = 512, 500
#: Runs of a row at full effort.
_RUNS = {"mean": 20_000, "bounded mean": 500, "slope along a path": 2_000}
_OTHERS = 4_000
_X = np.geomspace(16, 65536, 12)
_HOLDS, _SAID, _BROKEN = "at most alpha", "undetectable, said beside the verdict", "assumption broken, not detectable"


@dataclass(frozen=True, slots=True)
class Case:
    """``draw(rng, n, runs)`` gives data (n, runs) (or (n, runs, sizes) for a functional) whose centre is ``truth``."""

    row: str
    law: str
    draw: Draw
    truth: float
    wanted: str = _HOLDS


def _mixed(chance: float, size: float) -> Draw:
    return lambda rng, n, runs: rng.standard_normal((n, runs)) + size * (rng.uniform(size=(n, runs)) < chance)


def _serial(strength: float) -> Draw:
    """A stationary AR(1) from seed to seed."""
    def draw(rng: Generator, n: int, runs: int) -> Array:
        fresh = rng.standard_normal((n, runs)) * np.sqrt(1 - strength**2)
        y: Array = np.empty_like(fresh)
        y[0] = rng.standard_normal(runs)
        for i in range(1, n):
            y[i] = strength * y[i - 1] + fresh[i]
        return y

    return draw


def _clusters(size: int, shared: float) -> Draw:
    """Groups of ``size`` seeds with correlation ``shared`` inside."""
    def draw(rng: Generator, n: int, runs: int) -> Array:
        common = np.repeat(rng.standard_normal((n // size, runs)), size, axis=0)
        y: Array = np.sqrt(shared) * common + np.sqrt(1 - shared) * rng.standard_normal((n, runs))
        return y

    return draw


def _copies(rng: Generator, n: int, runs: int) -> Array:
    return np.repeat(rng.standard_normal((n // 2, runs)), 2, axis=0)


def _shifted(rng: Generator, n: int, runs: int) -> Array:
    return rng.standard_normal((n, runs)) + rng.standard_normal(runs)


def _coin(chance: float) -> Draw:
    return lambda rng, n, runs: (rng.uniform(size=(n, runs)) < chance).astype(float)


def _ends_and_middle(rng: Generator, n: int, runs: int) -> Array:
    u = rng.uniform(size=(n, runs))
    return np.where(u < 0.04, 0.5, (u < 0.5).astype(float))


def path(noise: str) -> Draw:
    """The slope of log y on log x by least squares for noise of one kind along the path; its truth is -1/2."""
    weights = coefficient(np.log(_X), [np.ones_like(_X)])

    def draw(rng: Generator, n: int, runs: int) -> Array:
        shape = (n, runs, _X.size)
        if noise == "AR(.9)":
            eps = rng.standard_normal(shape)
            for k in range(1, _X.size):
                eps[..., k] = 0.9 * eps[..., k - 1] + np.sqrt(0.19) * eps[..., k]
        elif noise == "random walk":
            eps = np.cumsum(rng.standard_normal(shape), axis=-1)
        elif noise == "shared":
            eps = rng.standard_normal((n, runs, 1)) * np.log(_X) / 5 + 0.1 * rng.standard_normal(shape)
        elif noise == "exponential":
            eps = rng.exponential(size=shape) * np.linspace(0.2, 1, _X.size)
            eps = eps - np.linspace(0.2, 1, _X.size)
        else:
            eps = rng.standard_t({"t3": 3.0, "t1.5": 1.5, "Cauchy": 1.0}[noise], shape)
        slopes: Array = (-0.5 * np.log(_X) + 0.1 * eps) @ weights
        return slopes

    return draw


def _influence(spread: float) -> Draw:
    """log of a mean through its influence rows: gamma data of mean 1 and coefficient of variation ``spread``."""
    def draw(rng: Generator, n: int, runs: int) -> Array:
        return rng.gamma(1 / spread**2, spread**2, (n, runs))

    return draw


def _threshold(rng: Generator, n: int, runs: int) -> Array:
    return 0.3 * rng.standard_normal((n, runs))


def _student(freedom: float) -> Draw:
    return lambda rng, n, runs: rng.standard_t(freedom, (n, runs))


def _log_normal(sigma: float) -> Draw:
    return lambda rng, n, runs: rng.lognormal(0, sigma, (n, runs))


def _pareto(index: float) -> Draw:
    return lambda rng, n, runs: rng.pareto(index, (n, runs))


def _contaminated(rng: Generator, n: int, runs: int) -> Array:
    return rng.standard_normal((n, runs)) * np.where(rng.uniform(size=(n, runs)) < 0.05, 10.0, 1.0)


def _paired(rng: Generator, n: int, runs: int) -> Array:
    """Differences of arms that share t1.5 noise of their seed and differ by 0.3 on average."""
    shared = rng.standard_t(1.5, (n, runs))
    return (shared + 0.3 + 0.5 * rng.standard_normal((n, runs))) - (shared + 0.5 * rng.standard_normal((n, runs)))


def _poisson(mean: float) -> Draw:
    return lambda rng, n, runs: rng.poisson(mean, (n, runs)).astype(float)


def _rounded(rng: Generator, n: int, runs: int) -> Array:
    return np.round(rng.standard_normal((n, runs)))


def _of(row: str, cases: Sequence[tuple[str, Draw, float, str]]) -> tuple[Case, ...]:
    return tuple(Case(row, *case) for case in cases)


CASES: tuple[Case, ...] = (
    *_of("mean", [
        ("Gaussian", _mixed(0, 0), 0.0, _HOLDS),
        ("Gaussian, 5 % ten times as wide", _contaminated, 0.0, _HOLDS),
        ("t3", _student(3), 0.0, _HOLDS),
        ("t1.5", _student(1.5), 0.0, _HOLDS),
        ("Cauchy (centre)", _student(1), 0.0, _HOLDS),
        ("log-normal 1", _log_normal(1), float(np.exp(0.5)), _HOLDS),
        ("Pareto 2.5", _pareto(2.5), 1 / 1.5, _HOLDS),
        ("Pareto 1.5 (infinite variance)", _pareto(1.5), 2.0, _HOLDS),
        ("Poisson .3", _poisson(0.3), 0.3, _HOLDS),
        ("Gaussian, 10 % five sd off", _mixed(0.1, 5), 0.5, _HOLDS),
        ("Gaussian, 5 % ten sd off", _mixed(0.05, 10), 0.5, _SAID),
        ("Gaussian, 1 % thirty sd off", _mixed(0.01, 30), 0.3, _SAID),
        ("Gaussian, 1e-3 a million sd off", _mixed(1e-3, 1e6), 1e3, _SAID),
        ("two points, p = 1e-3", _coin(1e-3), 1e-3, "refused"),
        ("paired, arms share t1.5 noise", _paired, 0.3, _HOLDS),
        ("every seed twice", _copies, 0.0, "refused"),
        ("AR(.3) from seed to seed", _serial(0.3), 0.0, _BROKEN),
        ("AR(.7) from seed to seed", _serial(0.7), 0.0, _BROKEN),
        ("clusters of 4, correlation .5", _clusters(4, 0.5), 0.0, _BROKEN),
        ("all seeds share a shift of 1 sd", _shifted, 0.0, _BROKEN),
    ]),
    *_of("log of a mean", [
        ("gamma, variation .3", _influence(0.3), 0.0, _HOLDS),
        ("gamma, variation 1", _influence(1.0), 0.0, _HOLDS),
        ("gamma, variation 2", _influence(2.0), 0.0, _HOLDS),
    ]),
    *_of("slope along a path", [
        (f"{noise} noise", path(noise), -0.5, _HOLDS)
        for noise in ("AR(.9)", "random walk", "shared", "t3", "t1.5", "Cauchy", "exponential")
    ]),
    *_of("median", [
        ("Gaussian", _mixed(0, 0), 0.0, _HOLDS),
        ("Cauchy", _student(1), 0.0, _HOLDS),
        ("log-normal 2", _log_normal(2), 1.0, _HOLDS),
        ("Poisson .3 (ties)", _poisson(0.3), 0.0, _HOLDS),
        ("rounded Gaussian (ties)", _rounded, 0.0, _HOLDS),
        ("every seed twice", _copies, 0.0, "refused"),
        ("AR(.7) from seed to seed", _serial(0.7), 0.0, _BROKEN),
        ("clusters of 4, correlation .5", _clusters(4, 0.5), 0.0, _BROKEN),
    ]),
    *_of("threshold brackets, mean", [("location Gaussian, 9 points a decade", _threshold, 0.0, _HOLDS)]),
    *_of("probability", [
        ("p = .5", _coin(0.5), 0.5, _HOLDS),
        ("p = .05", _coin(0.05), 0.05, _HOLDS),
        ("p = 1e-3", _coin(1e-3), 1e-3, _HOLDS),
    ]),
    *_of("bounded mean", [
        ("beta(.2, .2)", lambda rng, n, runs: rng.beta(0.2, 0.2, (n, runs)), 0.5, _HOLDS),
        ("two points, p = 1e-3", _coin(1e-3), 1e-3, _HOLDS),
        ("46 %, 50 % at the ends, 4 % between", _ends_and_middle, 0.48, _HOLDS),
    ]),
)  # fmt: skip


def bracketed(data: Array, level: float) -> tuple[Array, Array]:
    """Ends of the mean row on the brackets of locations (n, runs) in a grid of 24 sizes over six e-folds."""
    sizes = np.geomspace(np.exp(-3), np.exp(3), 24)
    middle, half = (part.reshape(data.shape) for part in brackets(np.log(sizes) >= data.reshape(-1, 1), sizes))
    if not np.all(np.isfinite(middle)):
        raise ValueError("a location of the table leaves its grid")
    _, low, high, _ = intervals.means(middle, level, half)
    return low, high


def _log_mean(data: Array, level: float) -> tuple[Array, Array]:
    centre = data.mean(axis=0)
    return by_mean(np.log(centre) + (data - centre) / centre, level)


_ROWS: Mapping[str, Callable[[Array, float], tuple[Array, Array]]] = {
    "mean": by_mean, "log of a mean": _log_mean, "slope along a path": by_mean, "median": by_median,
    "threshold brackets, mean": bracketed, "probability": by_count,
}  # fmt: skip
Counts = dict[float, tuple[int, int, int]]


def wrong(number: int, runs: int, seed: int) -> Counts:
    """For each alpha: runs, runs wrong at any look, runs that never get an interval."""
    case, rng = CASES[number], np.random.default_rng(seed)
    data = case.draw(rng, MOST, runs)
    if case.row == "bounded mean":
        return {alpha: _bounded(data, case.truth, alpha) for alpha in ALPHAS}
    found, row = {}, _ROWS[case.row]
    first, start = (8, 8) if case.row == "probability" else (intervals.FEWEST, intervals.FEWEST // 2)
    for alpha in ALPHAS:
        ever, usable, n = np.zeros(runs, dtype=bool), np.zeros(runs, dtype=bool), first
        while n <= MOST:
            low, high = row(data[:n], spend(alpha, int(np.log2(n / start))))
            ever |= (low > case.truth) | (high < case.truth)
            usable |= np.isfinite(low) | np.isfinite(high)
            n *= 2
        found[alpha] = (runs, int(ever.sum()), int((~usable).sum()))
    return found


def _bounded(data: Array, truth: float, alpha: float) -> tuple[int, int, int]:
    missed = 0
    for c in range(data.shape[1]):
        n = 8
        while n <= MOST:
            found = intervals.bounded_mean(data[:n, c], (0.0, 1.0), alpha, spend(alpha, int(np.log2(n / 8))))
            if isinstance(found, Interval) and not found.lo <= truth <= found.hi:
                missed += 1
                break
            n *= 2
    return data.shape[1], missed, 0


def assumptions_plan(effort: Effort, seed: int) -> Plan:
    """All cases: 20,000 runs of a mean, 4,000 of most others."""
    keys, parts = [], []
    for number, case in enumerate(CASES):
        for piece, runs in enumerate(effort.parts(_RUNS.get(case.row, _OTHERS), _CHUNK, least=20)):
            keys.append(number)
            parts.append(partial(wrong, number, runs, seed + 1000 * number + piece))

    def finish(results: Sequence[Counts]) -> Table:
        rows = []
        for number, case in enumerate(CASES):
            own = [result for key, result in zip(keys, results, strict=True) if key == number]
            shown = []
            for alpha in ALPHAS:
                runs, missed, never = (sum(result[alpha][i] for result in own) for i in range(3))
                shown.append(rate(missed, runs) + (f", refused {percent(never, runs)}" if never else ""))
            rows.append(Row(f"{case.row}: {case.law}, {runs} runs", "; ".join(shown), case.wanted))
        setup = (
            f"Share of runs wrong at any doubling look up to {MOST}, at budgets of .05, .001 and 1e-4, and the share that "
            f"never gets an interval.  Wanted: at most alpha where the assumption holds."
        )
        return Table("What the intervals assume: heavy tails, ties, rare values, dependence", setup, tuple(rows))

    return Plan("assumptions", tuple(parts), finish)
