"""Rates that JUDGE left unmeasured: one-sided ones, constant forms, and claims aimed at what a straight fit believes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from checker.judge.extrapolate import coefficient
from checker.judge.prediction import Along, Array, Kind, Over, Prediction, Within
from checker.judge.tables.kinds import look_by_look
from checker.judge.tables.limits import CORRECTIONS
from checker.judge.tables.sequences import NOISES, noisy
from checker.judge.tables.table import Effort, Plan, Row, Table, accuracy, percent

Generator = np.random.Generator
Curve = Callable[[Array], Array]
_WITHIN = 0.05
_LEVELS = (0.0, 0.001, 0.01, 0.1)
#: (benchmark, claim true, noise, score) -> runs
Counts = Counter[tuple[str, bool, bool, int]]
_SLOW: dict[str, Callable[[Array, float], Array]] = {
    "log x to a power": lambda x, c: np.log(x) ** c,
    "log log x to a power": lambda x, c: np.log(np.log(x)) ** c,
    "1 + c/log x": lambda x, c: 1 + c / np.log(x),
    "1 + c/sqrt(log x)": lambda x, c: 1 + c / np.sqrt(np.log(x)),
    "exp(c sqrt(log x))": lambda x, c: np.exp(c * np.sqrt(np.log(x))),
    "1 + c x^-1/8": lambda x, c: 1 + c * x**-0.125,
    "1 + c x^-1/4": lambda x, c: 1 + c * x**-0.25,
    "1 + c x^-1/2": lambda x, c: 1 + c * x**-0.5,
    "exp(c/10 sin(2 log x))": lambda x, c: np.exp(0.1 * c * np.sin(2 * np.log(x))),
}


def _sizes(rng: Generator, least: float, most: float) -> Array:
    x: Array = float(rng.uniform(4, 40)) * np.geomspace(1, 10 ** rng.uniform(least, most), int(rng.integers(8, 40)))
    return x


def _factor(rng: Generator, good: bool, side: int, last: float, scale: float) -> Curve:
    """What y is beside its form: for a bound from above (``side`` 1) a true claim may fall faster, a false one grows by
    a power beyond the margin, a log, or a late term of 20 to 80 %; mirrored for a bound from below, both ways for
    ``side`` 0.
    """
    sign = float(side or rng.choice([-1.0, 1.0]))
    if good:
        ways: tuple[Curve, ...] = (np.ones_like,)
        if side:
            off = float(rng.uniform(0, 0.5)) * scale
            ways += (lambda x: x ** (-sign * off), lambda x: np.log(x) ** -sign)
        return ways[int(rng.integers(len(ways)))]
    off = float(rng.uniform(1.02 * _WITHIN, 0.5)) * scale
    power, share = float(rng.uniform(0.25, 1)), float(rng.uniform(0.2, 0.8))
    ways = (
        lambda x: x ** (sign * off),
        lambda x: np.log(x) ** sign,
        lambda x: (1 + share / (1 - share) * (x / last) ** power) ** sign,
    )
    return ways[int(rng.integers(3))]


def benchmark(kind: str, count: int, seed: int) -> Counts:
    """Random claims ``rate_at_most``, ``rate_at_least`` or ``constant`` (a rate of a constant form, its exponent 0 within
    .05), half of them true; corrections c g, c from -1 to 3, small enough to be under 10 % at the largest size.
    """
    rng, found = np.random.default_rng(seed), Counts()
    side = {"rate_at_most": 1, "rate_at_least": -1, "constant": 0}[kind]
    names = tuple(CORRECTIONS)
    while found.total() < count:
        true, x = bool(rng.integers(2)), _sizes(rng, 2, 6)
        x = x[np.log(x) >= 1]
        exponent = 0.0 if side == 0 else float(rng.choice([-2.0, -1.0, -0.5, 0.5, 1.0, 2.0]))
        order = CORRECTIONS[str(rng.choice(names))](x)
        size = float(rng.uniform(-1, 3))
        size *= min(1.0, 0.1 / max(1e-12, abs(size * float(order[-1]))))
        ratio = (1 + size * order) * _factor(rng, true, side, float(x[-1]), abs(exponent) or 1.0)(x)
        level, noise = float(rng.choice(_LEVELS)), str(rng.choice(NOISES))
        if ratio.min() <= 0.05 or x.size < 8:
            continue
        y = noisy(x**exponent * ratio, 64 if level else 1, level, noise, rng)
        claim = Prediction(
            Kind.RATE if side == 0 else Kind(kind), x**exponent, {"seed": Over("median" if level else "every")},
            within=Within(_WITHIN, _WITHIN, relative=side != 0), along=Along("n"),
        )  # fmt: skip
        score, _ = look_by_look(claim, y, np.zeros_like(y), "n", x)
        found[kind, true, level > 0, score] += 1
    return found


def aimed(name: str, count: int, seed: int) -> Counts:
    """Curves x^e h(x), h slow, claimed to be the power that a line through all or the later half of them shows, where
    that is more than 5 % off the truth; no noise.
    """
    rng, found = np.random.default_rng(seed), Counts()
    for _ in range(count):
        exponent, x = float(rng.choice([-2.0, -1.0, -0.5, 0.5, 1.0, 2.0])), _sizes(rng, 2, 5.5)
        x = x[x > 8]
        y = x**exponent * _SLOW[name](x, float(rng.uniform(-2, 3)))
        if x.size < 8 or not np.all(np.isfinite(y)) or y.min() <= 0:
            continue
        part = slice(x.size // 2 if rng.integers(2) else 0, None)
        line = float(coefficient(np.log(x[part]), [np.ones_like(x[part])]) @ np.log(y[part]))
        if abs(line) < 0.15 or abs(exponent / line - 1) <= _WITHIN:
            continue
        claim = Prediction(
            Kind.RATE, x**line, {"seed": Over("every")}, within=Within(_WITHIN, _WITHIN, True), along=Along("n")
        )
        score, _ = look_by_look(claim, y[None], np.zeros((1, x.size)), "n", x)
        found[name, False, False, score] += 1
    return found


_ASKED = ("rate_at_most", "rate_at_least", "constant")
_TITLES = {"constant": "constant form, exponent 0 within .05"}


def onesided_plan(effort: Effort, seed: int) -> Plan:
    """2,000 random claims of each kind, 500 curves of each slow factor."""
    keys: list[str] = []
    parts: list[Callable[[], Counts]] = []
    for number, kind in enumerate(_ASKED):
        for piece, count in enumerate(effort.parts(2_000, 250, least=60)):
            keys.append(kind)
            parts.append(partial(benchmark, kind, count, seed + 1000 * number + piece))
    for number, name in enumerate(_SLOW):
        keys.append(name)
        parts.append(partial(aimed, name, effort.of(500, 20), seed + 100_000 + number))

    def finish(results: Sequence[Counts]) -> Table:
        total, rows = sum(results, Counts()), []
        for kind in _ASKED:
            for noise in (False, True):
                label = f"{_TITLES.get(kind, kind)}, {'noise' if noise else 'no noise'}"
                rows.append(Row(label, shown(total, kind, noise), "0 wrong"))
        for name in _SLOW:
            claims = sum(total[name, False, False, score] for score in (-1, 0, 1))
            passed = total[name, False, False, 1]
            measured = f"{passed} of {claims} PASS ({percent(passed, claims)}), {total[name, False, False, -1]} FAIL"
            rows.append(Row(f"aimed at the line through x^e h, h = {name}", measured, "0 PASS", _AIMED if passed else ""))
        setup = (
            f"{effort.of(2_000, 60)} random claims of each kind within 5 %, 8 to 39 sizes, 2 to 6 decades, no noise to 10 %: "
            f"true claims PASS / FAIL; false claims PASS / FAIL, as counts.  {accuracy(effort.of(2_000, 60) // 2)}"
        )
        return Table("One-sided rates, constant forms, aimed claims", setup, tuple(rows))

    return Plan("one-sided rates", tuple(parts), finish)


_AIMED = "a slow correction bends the exponent by under a tenth on the whole sweep and goes on bending: known limit"


def shown(total: Counts, kind: str, noise: bool) -> str:
    """``12 (60 %) / 0; 0 / 10 (50 %)``."""
    def part(true: bool, score: int) -> str:
        whole = sum(total[kind, true, noise, each] for each in (-1, 0, 1))
        count = total[kind, true, noise, score]
        return f"{count} ({percent(count, whole)})" if count else "0"

    return f"{part(True, 1)} / {part(True, -1)}; {part(False, 1)} / {part(False, -1)}"
