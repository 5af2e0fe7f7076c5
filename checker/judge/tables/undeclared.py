"""Limits whose order is not declared, against claims aimed at what each rule believes; and limits under heavy-tailed noise.

An aimed claim is the middle of the rule's own interval: it passes as soon as the interval is narrow, and is false wherever
the interval is narrow at a wrong place.  Random false claims, as JUDGE counted them, hardly ever hit that place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np

from checker.judge import extrapolate, settled
from checker.judge.extrapolate import Extrapolation
from checker.judge.prediction import Array
from checker.judge.tables.limits import CORRECTIONS, ORDERS, judge_limit
from checker.judge.tables.onesided import Counts as Scores
from checker.judge.tables.onesided import shown
from checker.judge.tables.table import Effort, Plan, Row, Table, accuracy, percent
from checker.verdict import Verdict

Generator = np.random.Generator
Rule = Callable[[Array, Array], tuple[Array, Array]]
_SCORE = {Verdict.PASS: 1, Verdict.FAIL: -1, None: 0}
_WITHIN = 0.01
_TERMS: tuple[Callable[[Array], Array], ...] = (
    lambda x: x**-2.0, lambda x: 1 / x, lambda x: x**-0.5, lambda x: x**-0.25, lambda x: np.log(x) / x,
    lambda x: 1 / np.log(x), lambda x: np.log(x) ** -0.5, lambda x: np.log(np.log(x)) / np.log(x),
    lambda x: np.log(x) ** -2.0, lambda x: x**-0.125, lambda x: np.exp(-np.sqrt(x)),
)  # fmt: skip
_FAST, _LOGS = (0, 1, 2, 3, 4), (5, 6, 7, 8)
_SWEEPS = ((16, 160, 9), (16, 1600, 10), (30, 3e4, 13), (16, 65536, 16), (20, 2e5, 22))


def _fits(x: Array, y: Array, families: Mapping[str, Sequence[Array]]) -> tuple[Array, Array]:
    found: Extrapolation = extrapolate.each(y, np.zeros_like(y), extrapolate.fits(np.log(x), np.ones_like(x), families))
    return found.low, found.high


def four_orders(x: Array, y: Array) -> tuple[Array, Array]:
    """The hull of one-term fits that JUDGE section 5 passed on alone."""
    r = x / x[0]
    return _fits(x, y, {"a": [r**-0.5], "b": [1 / r], "c": [r**-2.0], "d": [1 / np.log(x)]})


def with_a_log(x: Array, y: Array) -> tuple[Array, Array]:
    """The hull of two-term fits, a power beside 1/log X: sees a log that hides under a power, and believes it."""
    r, log = x / x[0], 1 / np.log(x)
    return _fits(x, y, {"a": [r**-0.5, log], "b": [1 / r, log], "c": [r**-2.0, log]})


def adopted(x: Array, y: Array) -> tuple[Array, Array]:
    """Four orders, and what moved last charged to 1/sqrt(log X)."""
    low, high = four_orders(x, y)
    least, most = settled.reach(y, np.zeros_like(y), np.log(x), pool=False, of_median=False, level=1.0)
    return np.minimum(low, least), np.maximum(high, most)


RULES: Mapping[str, Rule] = {"four orders": four_orders, "a power beside a log": with_a_log, "judge": adopted}


def _single(x: Array, count: int, rng: Generator) -> Array:
    terms = np.array([term(x) for term in _TERMS])
    curves: Array = 1 + rng.uniform(-1, 1, (count, 1)) * terms[rng.integers(len(_TERMS), size=count)]
    return curves


def _mixtures(x: Array, count: int, rng: Generator) -> Array:
    terms, curves = np.array([term(x) for term in _TERMS]), np.ones((count, x.size))
    for _ in range(2):
        size = rng.standard_normal((count, 1)) * 10 ** rng.uniform(-1.5, 0.5, (count, 1))
        curves += size * terms[rng.integers(len(_TERMS), size=count)]
    return curves


def _cancelling(x: Array, count: int, rng: Generator) -> Array:
    """A power tuned to 30 to 150 % of the slope of a slow term somewhere on the later half of the sweep."""
    terms = np.array([term(x) for term in _TERMS])
    bend = np.gradient(terms, np.log(x), axis=1)
    slow, fast = rng.choice(_LOGS, count), rng.choice(_FAST, count)
    at, size = rng.integers(x.size // 2, x.size, size=count), rng.uniform(0.02, 1, count) * rng.choice([-1, 1], count)
    other = -size * bend[slow, at] / bend[fast, at] * rng.uniform(0.3, 1.5, count)
    curves: Array = 1 + size[:, None] * terms[slow] + other[:, None] * terms[fast]
    return curves


def _oscillating(x: Array, count: int, rng: Generator) -> Array:
    """sin(w log x) that never dies, dies like 1/log x or like x^-1/4; what never dies has no limit at all."""
    w, phase = rng.uniform(0.3, 6, (count, 1)), rng.uniform(0, 2 * np.pi, (count, 1))
    envelope = np.array([np.ones_like(x), 1 / np.log(x), x**-0.25])[rng.integers(3, size=count)]
    curves: Array = 1 + rng.uniform(0.02, 0.5, (count, 1)) * envelope * np.sin(w * np.log(x) + phase)
    return curves


def _crossing(x: Array, count: int, rng: Generator) -> Array:
    """From one plateau to another: 1 + c/(1 + (x/x0)^b)."""
    middle, power = x[0] * (x[-1] / x[0]) ** rng.uniform(0, 1, (count, 1)), rng.choice([0.25, 0.5, 1, 2], (count, 1))
    curves: Array = 1 + rng.uniform(-1, 1, (count, 1)) / (1 + (x / middle) ** power)
    return curves


def _late(x: Array, count: int, rng: Generator) -> Array:
    """A term that grows without bound, 2 to 30 % at the largest size: no limit, every PASS is wrong."""
    share, power = rng.uniform(0.02, 0.3, (count, 1)), rng.uniform(0.1, 1, (count, 1))
    sign = rng.choice([-1, 1], (count, 1))
    curves: Array = 1 + sign * share * (x / x[-1]) ** power + rng.uniform(-1, 1, (count, 1)) / x
    return curves


KINDS: Mapping[str, tuple[Callable[[Array, int, Generator], Array], bool]] = {
    "one order of eleven, 1/sqrt(log x) and log log x/log x among them": (_single, True),
    "two orders of any sign": (_mixtures, True),
    "a power tuned to cancel a slow term": (_cancelling, True),
    "oscillations": (_oscillating, True),
    "crossovers": (_crossing, True),
    "late terms, no limit": (_late, False),
}
#: (rule, what) -> curves
Found = Counter[tuple[str, str]]


def curves(kind: str, count: int, seed: int) -> Found:
    """For each rule: curves, true claims (limit 1 within 1 %) passed and failed, aimed claims that are false and pass."""
    rng, found = np.random.default_rng(seed), Found()
    make, converges = KINDS[kind]
    for first, last, sizes in _SWEEPS:
        x = np.geomspace(first, last, sizes)
        y = make(x, count, rng)
        for name, rule in RULES.items():
            low, high = rule(x, y)
            with np.errstate(invalid="ignore"):
                middle, narrow = (low + high) / 2, (high - low) / 2 <= _WITHIN
            wrong = narrow & (np.abs(middle - 1) > _WITHIN if converges else True)
            found[name, "curves"] += count
            found[name, "aimed"] += int(wrong.sum())
            found[name, "true"] += int(((low >= 1 - _WITHIN) & (high <= 1 + _WITHIN)).sum()) if converges else 0
    return found


def undeclared_plan(effort: Effort, seed: int) -> Plan:
    """30,000 curves of each kind."""
    pieces = effort.parts(6_000, 1_000, least=100)
    keys = [kind for kind in KINDS for _ in pieces]
    parts = tuple(
        partial(curves, kind, count, seed + 1000 * number + piece)
        for number, kind in enumerate(KINDS) for piece, count in enumerate(pieces)
    )  # fmt: skip

    def finish(results: Sequence[Found]) -> Table:
        rows = []
        for kind, (_, converges) in KINDS.items():
            total = sum((r for key, r in zip(keys, results, strict=True) if key == kind), Found())
            for name in RULES:
                whole, aimed = total[name, "curves"], total[name, "aimed"]
                measured = f"{aimed} ({percent(aimed, whole)})" if aimed else "0"
                measured += f" / {percent(total[name, 'true'], whole)}" if converges else " / no true claim"
                rows.append(Row(f"{kind}: {name}", measured, "0 / -", _why(name, aimed)))
        setup = (
            f"{5 * sum(pieces)} curves a row, no noise, 9 to 22 sizes over 1 to 4 decades, within 1 %: false claims aimed at "
            f"the middle of the rule's own interval that pass / true claims passed.  {accuracy(5 * sum(pieces))}"
        )
        return Table("Limits of undeclared order: three rules and aimed claims", setup, tuple(rows))

    return Plan("limits of undeclared order", parts, finish)


def _why(name: str, aimed: int) -> str:
    if name == "judge":
        return "two slow terms that conspire: nothing moves while much is left to go" if aimed else ""
    return "the rule of JUDGE section 5, which measured claims that were not aimed" if name == "four orders" else "not adopted"


_NOISES: Mapping[str, Callable[[Generator, tuple[int, int]], Array]] = {
    "t3": lambda rng, shape: rng.standard_t(3, shape),
    "t1.5": lambda rng, shape: rng.standard_t(1.5, shape),
    "Cauchy": lambda rng, shape: rng.standard_cauchy(shape),
    "log-normal 1, centred": lambda rng, shape: rng.lognormal(0, 1, shape) - np.exp(0.5),
    "t1.5 shared along the path": lambda rng, shape: rng.standard_t(1.5, (shape[0], 1)) + 0.1 * rng.standard_normal(shape),
}


def heavy(noise: str, rule: str, declared: bool, count: int, seed: int) -> Scores:
    """Scores of limits 1 + c g within 3 % under noise of scale .001 to .02, 64 or 256 seeds; false claims 1.05 to 5
    margins off.  For the median of skewed noise the noise is centred at its median.
    """
    rng, found = np.random.default_rng(seed), Scores()
    for _ in range(count):
        true, x = bool(rng.integers(2)), float(rng.uniform(10, 60)) * np.geomspace(1, 10 ** rng.uniform(1.5, 4), 14)
        order, scale = CORRECTIONS[str(rng.choice(ORDERS))](x), float(rng.choice([0.001, 0.005, 0.02]))
        eps = _NOISES[noise](rng, (int(rng.choice([64, 256])), x.size))
        if rule == "median" and "log-normal" in noise:
            eps = eps + np.exp(0.5) - 1
        y = 1 + float(rng.uniform(-1, 1)) * order + scale * eps
        off = 0.03 * float(rng.choice([-1.0, 1.0])) * float(rng.uniform(1.05, 5))
        found_ = judge_limit(y, x, 1.0 if true else 1 / (1 + off), 0.03, order if declared else None, rule)
        found[f"{noise}, {rule}, {declared}", true, True, _SCORE[found_.verdict]] += 1
    return found


def heavy_plan(effort: Effort, seed: int) -> Plan:
    """300 limits of each law, rule and kind of claim."""
    keys = [(noise, rule, declared) for noise in _NOISES for rule in ("mean", "median") for declared in (True, False)]
    runs = effort.of(300, 10)
    parts = tuple(partial(heavy, *key, runs, seed + number) for number, key in enumerate(keys))

    def finish(results: Sequence[Scores]) -> Table:
        rows = []
        for (noise, rule, declared), scores in zip(keys, results, strict=True):
            name = f"{noise} noise, over {rule}, order {'declared' if declared else 'not declared'}"
            rows.append(Row(name, shown(scores, f"{noise}, {rule}, {declared}", True), "0 wrong"))
        setup = (
            f"{runs} random limits a row within 3 %, noise of scale .001 to .02, 64 or 256 seeds: true claims PASS / FAIL; "
            f"false claims PASS / FAIL, as counts.  {accuracy(max(1, runs // 2))}"
        )
        return Table("Limits under heavy-tailed noise", setup, tuple(rows))

    return Plan("heavy-tailed limits", parts, finish)
