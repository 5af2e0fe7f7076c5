"""Limits on random sequences, with the order of the correction declared, declared falsely, or not declared (JUDGE 5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from checker.judge import declared
from checker.judge.decide import judge
from checker.judge.extrapolate import coefficient
from checker.judge.looks import index
from checker.judge.prediction import Along, Array, Judgement, Kind, Over, Prediction, Within
from checker.judge.sample import Sample
from checker.judge.tables.laws import ALPHA
from checker.judge.tables.table import Effort, Plan, Row, Table, percent
from checker.verdict import Verdict

Curve = Callable[[Array], Array]
#: Corrections of the tables; the ones after the first six have no single order, or one outside the family.
CORRECTIONS: Mapping[str, Curve] = {
    "1/x": lambda x: 1 / x,
    "x^-1/2": lambda x: x**-0.5,
    "x^-2": lambda x: x**-2.0,
    "x^-1/4": lambda x: x**-0.25,
    "1/log x": lambda x: 1 / np.log(x),
    "log x/x": lambda x: np.log(x) / x,
    "1/x + 3 x^-3/2": lambda x: 1 / x + 3 * x**-1.5,
    "1/x + 1/(10 log x)": lambda x: 1 / x + 0.1 / np.log(x),
    "exp(-sqrt x)": lambda x: np.exp(-np.sqrt(x)),
    "1/sqrt(log x)": lambda x: np.log(x) ** -0.5,
}
ORDERS = tuple(CORRECTIONS)[:6]
LEADING = {**{name: name for name in ORDERS}, "1/x + 3 x^-3/2": "1/x"}
#: What may follow the leading order, relative to it.
FOLLOWING: tuple[Curve, ...] = (
    np.zeros_like, lambda x: x**-0.5, lambda x: 1 / x, lambda x: x**-0.25, lambda x: 1 / np.log(x),
)  # fmt: skip
_SCORE = {Verdict.PASS: 1, Verdict.FAIL: -1, None: 0}
#: (what was declared, rule, claim true, noise, score) -> runs
Counts = Counter[tuple[str, str, bool, bool, int]]


def judge_limit(
    y: Array, x: Array, value: float, within: float, correction: Array | None = None, rule: str = "mean"
) -> Judgement:
    """The judge on curves y (seeds, sizes) that are claimed to tend to ``value`` (margin relative to it)."""
    seeds = y.shape[0]
    over = {"seed": Over("every" if seeds == 1 else rule)}  # type: ignore[arg-type]
    claim = Prediction(
        Kind.LIMIT, np.asarray(value), over, within=Within(within, within, relative=True), along=Along("d"),
        correction=correction,
    )  # fmt: skip
    measured = Sample(y, np.zeros_like(y), ("seed", "d"), {"seed": np.arange(seeds, dtype=float), "d": x})
    found = judge(claim, measured, alpha=ALPHA, look=index(claim, seeds))
    if found.verdict is Verdict.ERROR:
        raise ValueError(found.reason)
    return found


@dataclass(frozen=True, slots=True)
class Draw:
    """A random sequence with limit 1 and a claim about it; ``order`` is the declared correction, if any."""

    y: Array
    x: Array
    value: float
    within: float
    true: bool
    order: str | None


def draw(rng: np.random.Generator, kind: str) -> Draw:
    """``kind``: ``declared`` (the leading order), ``followed`` (with a following term), ``false`` (another order is
    declared), ``none``.

    8 to 24 sizes over 1 to 4 decades, noise 0 to 5 %, 32 or 64 seeds.  Claims that are wrong by 1.05 to 5 margins; under
    a false order 7 of 10 are aimed at where its extrapolation leads.
    """
    names = tuple(LEADING) if kind in ("declared", "followed") else tuple(CORRECTIONS)
    name = str(rng.choice(names))
    x = float(rng.uniform(10, 60)) * np.geomspace(1, 10 ** rng.uniform(1, 4), int(rng.integers(8, 25)))
    within, true = float(rng.choice([0.01, 0.03])), bool(rng.integers(2))
    noise, size = float(rng.choice([0.0, 0.001, 0.01, 0.05])), float(rng.uniform(-1, 1))
    following = FOLLOWING[int(rng.integers(len(FOLLOWING)))] if kind == "followed" else FOLLOWING[0]
    seeds = int(rng.choice([32, 64])) if noise else 1
    curve = 1 + size * CORRECTIONS[name](x) * (1 + float(rng.uniform(-1, 1)) * following(x))
    y = curve + noise * rng.standard_normal((seeds, x.size))
    order = None if kind == "none" else LEADING.get(name)
    if kind == "false":
        order = str(rng.choice([other for other in ORDERS if other != LEADING.get(name)]))
    off = within * float(rng.choice([-1.0, 1.0])) * float(rng.uniform(1.05, 5))
    value = 1.0 if true else 1 / (1 + off)
    if kind == "false" and not true and order is not None and rng.uniform() < 0.7:
        aimed = float((y @ coefficient(np.ones(x.size), [CORRECTIONS[order](x)])).mean())
        value = aimed if abs(aimed - 1) > 1.02 * within * abs(aimed) else value
    return Draw(y, x, value, within, true, order)


def limits(kind: str, count: int, seed: int) -> Counts:
    """Scores of the judge, of the judge without its refusal of false orders, and of two usual rules."""
    rng, found = np.random.default_rng(seed), Counts()
    for _ in range(count):
        one = draw(rng, kind)
        order = None if one.order is None else CORRECTIONS[one.order](one.x)
        noisy = one.y.shape[0] > 1
        verdict = judge_limit(one.y, one.x, one.value, one.within, order)
        found[kind, "judge", one.true, noisy, _SCORE[verdict.verdict]] += 1
        score = _SCORE[verdict.verdict]
        if declared.REFUSED in verdict.reason:
            score = _unrefused(verdict)
        found[kind, "judge without refusal", one.true, noisy, score] += 1
        mean = one.y.mean(axis=0)
        margin = one.within * abs(one.value)
        fitted = float(mean @ coefficient(np.ones(one.x.size), [1 / one.x]))
        for name, value in (("last size within w", float(mean[-1])), ("fit A + c/x", fitted)):
            found[kind, name, one.true, noisy, 1 if abs(value - one.value) <= margin else -1] += 1
    return found


def _unrefused(verdict: Judgement) -> int:
    """What the interval alone would have said."""
    own = verdict.cells[0]
    return _SCORE[own.verdict]


_REQUIRED = {
    ("declared", "judge"): "61 % / 0; 0 / 74 % (no noise: 89 % passed)",
    ("none", "judge"): "5 % / 0; 0 / 21 %",
    ("none", "last size within w"): "52 % / 48 %; 35 % / -",
    ("none", "fit A + c/x"): "29 % / 71 %; 16 % / -",
}
_TITLES = {
    "declared": "order declared",
    "followed": "order declared, more terms follow",
    "false": "another order declared",
    "none": "order not declared",
}


def limits_plan(effort: Effort, seed: int) -> Plan:
    """Random limits: about as many as in the requirement, and the refusal of false orders measured on more."""
    keys, parts = [], []
    for number, (kind, full) in enumerate((("declared", 4299), ("followed", 4299), ("false", 8000), ("none", 7447))):
        for piece, count in enumerate(effort.parts(full, 500, least=300)):
            keys.append(kind)
            parts.append(partial(limits, kind, count, seed + 1000 * number + piece))

    def finish(results: Sequence[Counts]) -> Table:
        total = sum(results, Counts())
        rows = []
        for kind, title in _TITLES.items():
            rules = ["judge"]
            rules += ["last size within w", "fit A + c/x"] if kind == "none" else ["judge without refusal"]
            for rule in rules:
                for noisy in (False, True):
                    name = f"{title}, {'noise' if noisy else 'no noise'}: {rule}"
                    rows.append(Row(name, _shown(total, kind, rule, noisy), _REQUIRED.get((kind, rule), "-"), _why(kind)))
        setup = (
            f"{sum(effort.of(n, 300) for n in (4299, 4299, 8000, 7447))} random sequences, within 1 or 3 %: true claims "
            "PASS / FAIL; false claims PASS / FAIL.  The judge refuses what is extrapolated with a declared order whose "
            "coefficient changes along the sweep."
        )
        return Table("Limits (section 5)", setup, tuple(rows))

    return Plan("limits", tuple(parts), finish)


def _why(kind: str) -> str:
    if kind == "declared":
        return "corrections made anew; the requirement has noise and no noise together"
    if kind == "none":
        return "corrections made anew, up to their full size; the requirement has noise and no noise together"
    if kind == "followed":
        return "not in the requirement; what is failed is followed by a term slower than X^-1/2, outside the declared family"
    return "not in the requirement"


def _shown(total: Counts, kind: str, rule: str, noisy: bool) -> str:
    def share(true: bool, score: int) -> str:
        whole = sum(total[kind, rule, true, noisy, each] for each in (-1, 0, 1))
        return percent(total[kind, rule, true, noisy, score], whole)

    return f"{share(True, 1)} / {share(True, -1)}; {share(False, 1)} / {share(False, -1)}"
