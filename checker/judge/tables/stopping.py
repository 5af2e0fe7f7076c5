"""False verdicts of every decision rule under optional stopping, with the truth exactly at the edges of its region.

At the outer edge a PASS is wrong, at the inner edge a FAIL; both at once are the most that a rule can be wrong, since the
judge looks at 32, 64, ... seeds and stops as soon as it may.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from checker.judge import intervals, regions
from checker.judge.prediction import Along, Array, Kind, Over, Prediction, Region, Within
from checker.judge.prediction import Interval as Ends
from checker.judge.tables.assumptions import bracketed, path
from checker.judge.tables.kinds import look_by_look
from checker.judge.tables.seeds import Interval, by_count, by_mean, by_median, run
from checker.judge.tables.table import Effort, Plan, Row, Table, rate

Generator = np.random.Generator
#: Runs and wrong verdicts at one budget.
Wrong = tuple[int, int]
ALPHAS = (0.05, 0.001, 1e-4)
_MOST, _CHUNK = 512, 500
_MEAN = Prediction(Kind.EQUALS, np.zeros(()), {"seed": Over("mean")})
_MEDIAN = Prediction(Kind.EQUALS, np.zeros(()), {"seed": Over("median")})
_SHARE = Prediction(Kind.AT_LEAST, np.zeros(()), {"seed": Over("fraction", 0.9, 0.1)})
_BOUNDED = Prediction(Kind.EQUALS, np.zeros(()), {"seed": Over("mean")}, bounded=(0.0, 1.0))
_AROUND, _ABOVE = regions.around(0.0, Within(0.5, 0.5)), regions.at_most(0.0, 0.5, False)
_ORDER, _PROBABLY = regions.positive(0.5), regions.at_least(0.9, 0.1, False)

_LAWS: dict[str, Callable[[Generator, int, int], Array]] = {
    "Gaussian": lambda rng, n, runs: rng.standard_normal((n, runs)),
    "exponential": lambda rng, n, runs: rng.exponential(size=(n, runs)) - 1,
    "t3": lambda rng, n, runs: rng.standard_t(3, (n, runs)),
    "Cauchy": lambda rng, n, runs: rng.standard_cauchy((n, runs)),
    "location": lambda rng, n, runs: 0.3 * rng.standard_normal((n, runs)),
    "path": lambda rng, n, runs: -2 * path("AR(.9)")(rng, n, runs) - 1,
    "uniform": lambda rng, n, runs: rng.uniform(size=(n, runs)),
}


def _by_betting(data: Array, level: float) -> tuple[Array, Array]:
    """The betting row; its budget is that of all looks, here of the one that ``level`` is spent at."""
    look = int(np.log2(data.shape[0] / 8))
    alpha = level * (look + 1) * (look + 2)
    found = [intervals.bounded_mean(column, (0.0, 1.0), alpha, level) for column in data.T]
    ends = [(got.lo, got.hi) if isinstance(got, Ends) else (-np.inf, np.inf) for got in found]
    return np.array([low for low, _ in ends]), np.array([high for _, high in ends])


def pointwise(
    law: str, shift: float, region: Region, claim: Prediction, row: Interval, bad: int, runs: int, seed: int
) -> tuple[Wrong, ...]:
    """Wrong verdicts (score ``bad``) at each alpha where the truth is ``shift``."""
    rng = np.random.default_rng(seed)
    if law == "coin":
        data = (rng.uniform(size=(_MOST, runs)) < shift).astype(float)
    else:
        data = _LAWS[law](rng, _MOST, runs) + shift
    return tuple((runs, int((run(data, region, claim, row, alpha)[0] == bad).sum())) for alpha in ALPHAS)


def monotone(curve: tuple[float, ...], within: float, noise: float, bad: int, runs: int, seed: int) -> tuple[Wrong, ...]:
    """``monotone: rising`` over the mean on ``curve`` with independent Gaussian noise."""
    claim = Prediction(
        Kind.MONOTONE, np.ones(()), {"seed": Over("mean")}, within=Within(within, within, True), along=Along("k")
    )
    y = lambda rng: np.array(curve) + noise * rng.standard_normal((_MOST, len(curve)))  # noqa: E731
    return _judged(claim, y, "k", np.arange(float(len(curve))), bad, runs, seed)


def sweep(kind: Kind, truth: float, bad: int, runs: int, seed: int) -> tuple[Wrong, ...]:
    """A rate 1/x within 5 % where y = x^-truth, or a limit 1 within 3 % where it is ``truth``, its order declared; 2 %
    noise that is shared along the path in part.
    """
    x = np.geomspace(16, 65536, 14)
    if kind is Kind.LIMIT:
        form, curve, more = np.asarray(1.0), truth + 0.5 / x, {"correction": 1 / x, "within": Within(0.03, 0.03, True)}
    else:
        form, curve, more = 1 / x, x**-truth, {"within": Within(0.05, 0.05, True)}
    over = {"seed": Over("mean" if kind is Kind.LIMIT else "median")}
    claim = Prediction(kind, form, over, along=Along("n"), **more)  # type: ignore[arg-type]

    def draw(rng: Generator) -> Array:
        noise = rng.standard_normal((128, 1)) + rng.standard_normal((128, x.size))
        noisy: Array = curve + 0.02 * noise if kind is Kind.LIMIT else curve * np.exp(0.02 * noise)
        return noisy

    return _judged(claim, draw, "n", x, bad, runs, seed)


def _judged(
    claim: Prediction, draw: Callable[[Generator], Array], axis: str, places: Array, bad: int, runs: int, seed: int
) -> tuple[Wrong, ...]:
    rng, wrong = np.random.default_rng(seed), [0] * len(ALPHAS)
    for _ in range(runs):
        y = draw(rng)
        for i, alpha in enumerate(ALPHAS):
            wrong[i] += look_by_look(claim, y, np.zeros_like(y), axis, places, alpha)[0] == bad
    return tuple((runs, count) for count in wrong)


Part = Callable[[int, int], tuple[Wrong, ...]]


def _pair(name: str, law: str, outer: float, inner: float, region: Region, claim: Prediction, row: Interval,
          runs: int = 20_000) -> list[tuple[str, Part, int]]:  # fmt: skip
    return [
        (f"{name}: at the outer edge, wrong PASS", partial(pointwise, law, outer, region, claim, row, 1), runs),
        (f"{name}: at the inner edge, wrong FAIL", partial(pointwise, law, inner, region, claim, row, -1), runs),
    ]


_RISING = tuple(np.arange(6.0))
CELLS: tuple[tuple[str, Part, int], ...] = (
    *(
        cell
        for law in ("Gaussian", "exponential", "t3")
        for cell in _pair(f"equals, mean, {law}", law, 0.5, 0.25, _AROUND, _MEAN, by_mean)
    ),
    *_pair("equals, median, Cauchy", "Cauchy", 0.5, 0.25, _AROUND, _MEDIAN, by_median),
    *_pair("equals, bounded mean, uniform", "uniform", 0.0, -0.05,
           regions.around(0.4, Within(0.1, 0.1)), _BOUNDED, _by_betting, 200),
    *_pair("at_most, mean, exponential", "exponential", 0.5, 0.0, _ABOVE, _MEAN, by_mean),
    *_pair("less_than, mean, t3", "t3", 0.0, 0.5, _ORDER, _MEAN, by_mean),
    *_pair("less_than, median (signs), Cauchy", "Cauchy", 0.0, 0.5, _ORDER, _MEDIAN, by_median),
    *_pair("probability at least .9 within .1", "coin", 0.8, 0.9, _PROBABLY, _SHARE, by_count),
    *_pair("threshold, mean of brackets", "location", 0.5, 0.25, _AROUND, _MEAN, bracketed, 4_000),
    *_pair("exponent on a range, AR(.9) noise", "path", 0.05, 0.025, regions.around(0.0, Within(0.05, 0.05)), _MEAN,
           by_mean, 2_000),
    ("monotone, a step of -20 % within 20 %: wrong PASS", partial(monotone, (0, 1, 0.4, 1.4, 2.4, 3), 0.2, 1.0, 1), 300),
    ("monotone, a flat step: wrong FAIL", partial(monotone, (0, 1, 1, 2, 3, 4), 0.2, 1.0, -1), 300),
    ("monotone, half of the change reversed within 20 %, noise 3 times it: wrong PASS",
     partial(monotone, (0, 1, 0.5, 1.0), 0.2, 3.0, 1), 300),
    ("rate, p = .95: wrong PASS", partial(sweep, Kind.RATE, 0.95, 1), 300),
    ("rate, p = 1.025: wrong FAIL", partial(sweep, Kind.RATE, 1.025, -1), 300),
    ("limit, order declared, 3 % off: wrong PASS", partial(sweep, Kind.LIMIT, 1.03, 1), 300),
    ("limit, order declared, 1.5 % off: wrong FAIL", partial(sweep, Kind.LIMIT, 1.015, -1), 300),
)  # fmt: skip


def stopping_plan(effort: Effort, seed: int) -> Plan:
    """Every rule at both edges: 20,000 runs where many are decided at once, 300 where the judge decides each."""
    keys, parts = [], []
    for number, (_, part, full) in enumerate(CELLS):
        for piece, runs in enumerate(effort.parts(full, _CHUNK, least=5)):
            keys.append(number)
            parts.append(partial(part, runs, seed + 1000 * number + piece))

    def finish(results: Sequence[tuple[Wrong, ...]]) -> Table:
        rows = []
        for number, (name, _, _) in enumerate(CELLS):
            own = [result for key, result in zip(keys, results, strict=True) if key == number]
            runs = sum(result[0][0] for result in own)
            counts = [sum(result[i][1] for result in own) for i in range(len(ALPHAS))]
            shown = "; ".join(f"{count}: {rate(count, runs)}" for count in counts)
            rows.append(Row(f"{name}, {runs} runs", shown, "at most alpha"))
        setup = (
            f"Looks at 32 (8 for shares and bounded data), doubled up to {_MOST} seeds (128 for rates and limits), stopped "
            "at the first verdict; budgets of .05, .001 and 1e-4: count of wrong verdicts and their share.  Rules without "
            "sampling (`every`, equivalences, deterministic curves) have no such rate."
        )
        return Table("False verdicts under optional stopping", setup, tuple(rows))

    return Plan("optional stopping", tuple(parts), finish)
