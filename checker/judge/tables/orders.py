"""Rates with a declared correction, the true order or another one: what the refusal of false orders costs and saves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import partial

import numpy as np

from checker.judge import declared
from checker.judge.decide import judge
from checker.judge.looks import index
from checker.judge.prediction import Along, Kind, Over, Prediction, Within
from checker.judge.sample import Sample
from checker.judge.tables.laws import ALPHA
from checker.judge.tables.limits import CORRECTIONS, FOLLOWING, LEADING, ORDERS
from checker.judge.tables.sequences import NOISES, noisy
from checker.judge.tables.table import Effort, Plan, Row, Table, percent
from checker.verdict import Verdict

_WITHIN = 0.05
_SCORE = {Verdict.PASS: 1, Verdict.FAIL: -1, None: 0}
#: (true order declared, with refusal, claim true, noise, score) -> runs
Counts = Counter[tuple[bool, bool, bool, bool, int]]


def rates(count: int, seed: int) -> Counts:
    """Random powers with a correction c g (1 + b r), c from -1 to 3, r a following term; half of the claims are wrong by
    1.02 to 4 margins of the exponent or by a logarithm; half of the declared orders are wrong.
    """
    rng, found = np.random.default_rng(seed), Counts()
    while found.total() < 2 * count:
        right, true = bool(rng.integers(2)), bool(rng.integers(2))
        name = str(rng.choice(tuple(LEADING) if right else tuple(CORRECTIONS)))
        order = LEADING[name] if right else str(rng.choice([one for one in ORDERS if one != LEADING.get(name)]))
        exponent = float(rng.choice([-2.0, -1.0, -0.5, 0.5, 1.0, 2.0]))
        x = float(rng.uniform(4, 40)) * np.geomspace(1, 10 ** rng.uniform(2, 5), int(rng.integers(8, 30)))
        following = FOLLOWING[int(rng.integers(len(FOLLOWING)))] if right else FOLLOWING[0]
        ratio = 1 + float(rng.uniform(-1, 3)) * CORRECTIONS[name](x) * (1 + float(rng.uniform(-1, 1)) * following(x))
        if not true and rng.uniform() < 0.6:
            ratio = ratio * x ** (exponent * _WITHIN * float(rng.choice([-1.0, 1.0])) * float(rng.uniform(1.02, 4)))
        elif not true:
            ratio = ratio * np.log(x) ** float(rng.choice([-1.0, 1.0]))
        noise = float(rng.choice([0.0, 0.001, 0.01, 0.1]))
        if ratio.min() <= 0.05:  # y stays positive
            continue
        y = noisy(x**exponent * ratio, 64 if noise else 1, noise, str(rng.choice(NOISES)), rng)
        over = {"seed": Over("median" if noise else "every")}
        claim = Prediction(
            Kind.RATE, x**exponent, over, within=Within(_WITHIN, _WITHIN, relative=True), along=Along("n"),
            correction=CORRECTIONS[order](x),
        )  # fmt: skip
        coords = {"seed": np.arange(y.shape[0], dtype=float), "n": x}
        said = judge(claim, Sample(y, np.zeros_like(y), ("seed", "n"), coords), alpha=ALPHA, look=index(claim, y.shape[0]))
        if said.verdict is Verdict.ERROR:
            raise ValueError(said.reason)
        score = _SCORE[said.verdict]
        found[right, True, true, noise > 0, score] += 1
        found[right, False, true, noise > 0, 1 if declared.REFUSED in said.reason else score] += 1
    return found


def orders_plan(effort: Effort, seed: int) -> Plan:
    """The refusal measured on 8,000 random rates."""
    pieces = effort.parts(8_000, 400, least=200)
    parts = tuple(partial(rates, count, seed + number) for number, count in enumerate(pieces))

    def finish(results: Sequence[Counts]) -> Table:
        total, rows = sum(results, Counts()), []
        for right in (True, False):
            for noise in (False, True):
                for refusing in (True, False):
                    name = "leading order declared" if right else "another order declared"
                    name += f", {'noise' if noise else 'no noise'}: judge{'' if refusing else ' without refusal'}"
                    rows.append(Row(name, _shown(total, right, refusing, noise), "-", "not in the requirement"))
        setup = (
            f"{sum(pieces)} random rates within 5 %, 8 to 29 sizes, 2 to 5 decades, noise 0 to 10 %: true claims PASS / "
            "FAIL; false claims PASS / FAIL, as counts.  The refusal holds back a PASS alone."
        )
        return Table("Declared corrections of rates (section 4)", setup, tuple(rows))

    return Plan("declared corrections of rates", parts, finish)


def _shown(total: Counts, right: bool, refusing: bool, noise: bool) -> str:
    def part(true: bool, score: int) -> str:
        whole = sum(total[right, refusing, true, noise, each] for each in (-1, 0, 1))
        count = total[right, refusing, true, noise, score]
        return f"{count} ({percent(count, whole)})" if count else "0"

    return f"{part(True, 1)} / {part(True, -1)}; {part(False, 1)} / {part(False, -1)}"
