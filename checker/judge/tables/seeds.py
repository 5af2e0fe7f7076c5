"""How many seeds a verdict takes where nothing is extrapolated (JUDGE sections 2 and 3).

Means and probabilities are decided here for many runs at once, by the judge's own intervals and regions; a test holds
them to what ``decide.judge`` says of the same runs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np

from checker.judge import intervals, regions
from checker.judge.looks import schedule, spend
from checker.judge.prediction import Array, Kind, Over, Prediction, Region, Within
from checker.judge.tables.laws import ALPHA, LAWS, Flags
from checker.judge.tables.table import Effort, Plan, Row, Table

#: At most so many seeds.
MOST = 2048
#: Mean row: data (n, runs), level -> (low, high), each (runs,).
Interval = Callable[[Array, float], tuple[Array, Array]]


def by_mean(data: Array, level: float) -> tuple[Array, Array]:
    """Ends of the mean row for every column, infinite where refused."""
    _, low, high, _ = intervals.means(data, level, np.zeros_like(data))
    return low, high


def by_median(data: Array, level: float) -> tuple[Array, Array]:
    """Ends of the median row for every column."""
    _, low, high, _ = intervals.medians(data, level, np.zeros_like(data))
    return low, high


def by_count(data: Array, level: float) -> tuple[Array, Array]:
    """Ends of Clopper-Pearson for every column of zeros and ones."""
    n, counts = data.shape[0], data.sum(axis=0).astype(int)
    known = {int(k): intervals.clopper_pearson(int(k), n, level) for k in np.unique(counts)}
    return np.array([known[int(k)].lo for k in counts]), np.array([known[int(k)].hi for k in counts])


def run(
    data: Array, region: Region, prediction: Prediction, row: Interval, alpha: float = ALPHA
) -> tuple[Array, Array]:
    """For every column of ``data`` (most seeds, runs): +1 PASS, -1 FAIL, 0 undecided, and the seeds it took."""
    most, runs = data.shape
    verdict, took = np.zeros(runs), np.full(runs, most)
    for look in schedule(prediction, most):
        open_ = np.flatnonzero(verdict == 0)
        if not open_.size:
            break
        low, high = row(data[: look.seeds, open_], spend(alpha, look.index))
        holds = (low >= region.outer.lo) & (high <= region.outer.hi)
        broken = ~holds & ((high < region.inner.lo) | (low > region.inner.hi))
        found = holds.astype(float) - broken
        verdict[open_], took[open_] = found, np.where(found != 0, look.seeds, most)
    return verdict, took


def summary(verdict: Array, took: Array) -> str:
    """``1.00 / 0, 213``: shares of PASS and FAIL, mean seeds."""
    return f"{_share(verdict > 0)} / {_share(verdict < 0)}, {took.mean():.0f}"


def _share(flags: Flags) -> str:
    share = float(flags.mean())
    return f"{share:.0f}" if share in (0.0, 1.0) else f"{share:.2f}"


# The last number of a Gaussian row is the fixed n of equal error, which no rule of ours uses.
_MEANS: Mapping[tuple[str, float], tuple[str, str, str, str]] = {
    ("Gaussian", 0.2): ("1.00 / 0, 1219", ".29 / 0, 2016", "0 / .28, 2018", "0 / 1, 430"),
    ("Gaussian", 0.5): ("1 / 0, 213", "1 / 0, 617", "0 / 1, 616", "0 / 1, 82"),
    ("Gaussian", 1.0): ("1 / 0, 63", "1 / 0, 164", "0 / 1, 166", "0 / 1, 35"),
    ("Gaussian", 3.0): ("1 / 0, 28", "1 / 0, 35", "0 / 1, 34", "0 / 1, 28"),
    ("t3", 0.5): (".99 / 0, 321", ".98 / 0, 722", "0 / .97, 724", "0 / .99, 186"),
    ("exponential", 0.5): ("1 / 0, 528", "1 / 0, 821", "0 / 1, 824", "0 / 1, 515"),
}
_TRUTHS = (("at the claim", 0.0), ("at w/2", 0.5), ("at w (false)", 1.0), ("at 2w (false)", 2.0))
MEAN = Prediction(Kind.EQUALS, np.zeros(()), {"seed": Over("mean")})


def mean_cell(law: str, width: float, offset: float, runs: int, seed: int) -> tuple[Array, Array]:
    """Verdicts and seeds for a truth ``offset`` margins off, the margin being ``width`` standard deviations."""
    rng, own = np.random.default_rng(seed), LAWS[law]
    margin = width * own.deviation
    data = own.draw(rng, (MOST, runs)) - own.mean + offset * margin
    return run(data, regions.around(0.0, Within(margin, margin)), MEAN, by_mean)


def means_plan(effort: Effort, seed: int) -> Plan:
    """Seeds to a verdict of ``equals`` over a mean: 4,000 runs a cell."""
    cells = [(law, width, truth) for law, width in _MEANS for truth in range(len(_TRUTHS))]
    keys, parts = [], []
    for number, (law, width, truth) in enumerate(cells):
        for piece, runs in enumerate(effort.parts(4_000, 500, least=40)):
            keys.append((law, width, truth))
            parts.append(partial(mean_cell, law, width, _TRUTHS[truth][1], runs, seed + 100 * number + piece))

    def finish(results: Sequence[tuple[Array, Array]]) -> Table:
        rows, wrong = [], 0
        for law, width, truth in cells:
            own = [r for key, r in zip(keys, results, strict=True) if key == (law, width, truth)]
            verdict, took = (np.concatenate([r[i] for r in own]) for i in range(2))
            wrong += int((verdict < 0).sum() if truth < 2 else (verdict > 0).sum())
            name, required = _TRUTHS[truth][0], _MEANS[law, width][truth]
            rows.append(Row(f"{law}, w = {width:g} sd, {name}", summary(verdict, took), required, _why(required)))
        rows.append(Row("wrong verdicts in all cells", str(wrong), "0"))
        setup = (
            f"`equals` over a mean, at most {MOST} seeds, {effort.of(4_000, 40)} runs a cell: share PASS / share FAIL, "
            "mean number of seeds."
        )
        return Table("Seeds to a verdict (section 2)", setup, tuple(rows))

    return Plan("seeds to a verdict", tuple(parts), finish)


def _why(required: str) -> str:
    return "first look 16 there, 32 here" if int(required.rsplit(" ", 1)[1]) < 90 else ""


#: Plain Student at a gives 141 seeds at effect .5 and 81 % at effect .25, as required: the a/4 makes the difference.
_AT_A = "T at a there, at a/4 with the skewness width here"
_SHARES: Mapping[tuple[float, float], tuple[str, str]] = {
    (0.9, 0.05): ("128", "1600"), (0.9, 0.2): ("64", "140"), (0.99, 0.02): ("512", "1980"),
}  # fmt: skip


def share_cell(level: float, margin: float, truth: float, runs: int, seed: int) -> tuple[Array, Array]:
    """Verdicts and seeds of ``fraction >= level within margin`` where the predicate holds with chance ``truth``."""
    rng = np.random.default_rng(seed)
    data = (rng.uniform(size=(MOST, runs)) < truth).astype(float)
    prediction = Prediction(Kind.AT_LEAST, np.zeros(()), {"seed": Over("fraction", level, margin)})
    return run(data, regions.at_least(level, margin, False), prediction, by_count)


_EFFECTS: Mapping[float, str] = {0.25: "453, 80 % decided at 512", 0.5: "142", 1.0: "43", 2.0: "17"}
_SIGNS: Mapping[float, str] = {1.0: "32", 0.95: "34", 0.8: "88", 0.6: "816"}


def order_cell(effect: float, by: float | None, runs: int, seed: int) -> tuple[Array, Array]:
    """``less_than`` on Gaussian differences of mean ``effect`` standard deviations."""
    data = np.random.default_rng(seed).standard_normal((MOST, runs)) + effect
    return run(data, regions.positive(by), MEAN, by_mean)


def sign_cell(share: float, runs: int, seed: int) -> tuple[Array, Array]:
    """``less_than`` over the median where a ``share`` of the differences has the right sign."""
    rng = np.random.default_rng(seed)
    data = np.where(rng.uniform(size=(MOST, runs)) < share, 1.0, -1.0) * rng.exponential(size=(MOST, runs))
    median = Prediction(Kind.LESS_THAN, np.zeros(()), {"seed": Over("median")})
    return run(data, regions.positive(None), median, by_median)


def orders_plan(effort: Effort, seed: int) -> Plan:
    """Probabilities and orderings: 2,000 runs a cell."""
    runs = effort.of(2_000, 40)
    labels: list[tuple[str, str, str]] = []
    parts: list[Callable[[], tuple[Array, Array]]] = []

    def add(label: str, required: str, why: str, part: Callable[[int, int], tuple[Array, Array]]) -> None:
        labels.append((label, required, why))
        parts.append(partial(part, runs, seed + 100 * len(parts)))

    for (level, margin), (sure, edge) in _SHARES.items():
        name = f"probability at least {level:g} within {margin:g}"
        add(f"{name}: p = 1", f"1 / 0, {sure}", "", partial(share_cell, level, margin, 1.0))
        add(f"{name}: p = {level:g}", f"seeds {edge}", "", partial(share_cell, level, margin, level))
        add(f"{name}: p = {level - margin:g}", "never PASS", "", partial(share_cell, level, margin, level - margin))
    for effect, required in _EFFECTS.items():
        why = "first look 16 there, 32 here" if effect > 0.9 else _AT_A
        why += "; at most 512 seeds there" if effect == 0.25 else ""
        add(f"less_than: effect {effect:g} sd", required, why, partial(order_cell, effect, None))
    add("less_than: equal arms, no `by`", "never decided", "", partial(order_cell, 0.0, None))
    add("less_than: equal arms, by 0.5 sd", "FAIL, 143", _AT_A, partial(order_cell, 0.0, 0.5))
    for share, required in _SIGNS.items():
        add(f"less_than over median: {share:.0%} of signs right", required, "", partial(sign_cell, share))

    def finish(results: Sequence[tuple[Array, Array]]) -> Table:
        rows = []
        for (label, required, why), (verdict, took) in zip(labels, results, strict=True):
            measured = summary(verdict, took)
            if "effect 0.25" in label:
                measured += f"; {np.mean(took[verdict > 0] <= 512) * np.mean(verdict > 0):.0%} decided at 512"
            rows.append(Row(label, measured, required, why))
        setup = f"At most {MOST} seeds, {runs} runs a row: share PASS / share FAIL, mean number of seeds."
        return Table("Probabilities and orderings (section 3)", setup, tuple(rows))

    return Plan("probabilities and orderings", tuple(parts), finish)
