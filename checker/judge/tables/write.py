"""The report ``judge.md``: every table, measured beside required, the same bytes for the same effort and seed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from typing import Any

from checker.judge.tables import (
    assumptions,
    curves,
    kinds,
    laws,
    limits,
    onesided,
    orders,
    rates,
    seeds,
    stopping,
    undeclared,
)
from checker.judge.tables.table import Effort, Plan, Table

_HEAD = """# What the judge's rules do on data of known truth

Written by `python -m checker.judge.tables{arguments}`; the requirement is `JUDGE.md`, the rules are `checker/judge`.
A share p of n runs has the standard error sqrt(p (1 - p)/n), at most 1/(2 sqrt(n)); small ones carry it (`+-`), and a zero
of n runs bounds its chance by 3/n (95 %).  A dash in the third column: the requirement says nothing of it.

What no interval can see, and what is therefore said beside every verdict that rests on it: a value so rare that the
sample does not hold it (`assumes that nothing rarer than ... of the draws moves the mean`), terms that matter only beyond
the largest size (`assumes nothing new beyond ...`), and what all seeds share.

Not measured anew, because they describe rules that were rejected or constants of other laws: normal mixtures with
plugged-in variance, fixed n of equal error, the departing test left out, dropping or assuming correction orders, and
sweeps of 4 to 6 sizes.
"""


def plans(effort: Effort, seed: int) -> tuple[Plan, ...]:
    """All tables, in the order of the requirement; the random numbers of each depend on ``seed`` alone."""
    return (
        laws.coverage_plan(effort, seed + 1_000_000),
        laws.betting_plan(effort, seed + 2_000_000),
        seeds.means_plan(effort, seed + 3_000_000),
        seeds.orders_plan(effort, seed + 4_000_000),
        kinds.sweeps_plan(effort, seed + 5_000_000),
        rates.planted_plan(effort, seed + 6_000_000),
        rates.random_plan(effort, seed + 7_000_000),
        rates.edge_plan(effort, seed + 8_000_000),
        rates.controls_plan(effort, seed + 9_000_000),
        kinds.scan_plan(),
        orders.orders_plan(effort, seed + 11_000_000),
        limits.limits_plan(effort, seed + 10_000_000),
        curves.curves_plan(),
        assumptions.assumptions_plan(effort, seed + 12_000_000),
        stopping.stopping_plan(effort, seed + 13_000_000),
        onesided.onesided_plan(effort, seed + 14_000_000),
        undeclared.undeclared_plan(effort, seed + 15_000_000),
        undeclared.heavy_plan(effort, seed + 16_000_000),
    )


def measure(chosen: Sequence[Plan], jobs: int) -> Iterator[Table]:
    """The tables one by one, their parts on ``jobs`` processes."""
    if jobs == 1:
        for plan in chosen:
            yield plan.finish([part() for part in plan.parts])
        return
    # Never a plain fork: the caller may have threads of JAX, which a forked child cannot have.
    with ProcessPoolExecutor(jobs, mp_context=get_context("forkserver")) as pool:
        for plan in chosen:
            yield plan.finish(list(pool.map(_call, plan.parts)))


def _call(part: partial[Any]) -> Any:
    return part()


def markdown(tables: Iterable[Table], arguments: str) -> str:
    """The report."""
    parts = [_HEAD.format(arguments=arguments)]
    for table in tables:
        lines = [f"## {table.title}", "", table.setup, "", "| what | measured | JUDGE.md | difference, why |"]
        lines += ["|---|---|---|---|"]
        lines += [f"| {row.label} | {row.measured} | {row.required or '-'} | {row.why} |" for row in table.rows]
        parts.append("\n".join(_escaped(line) for line in lines) + "\n")
    return "\n".join(parts)


def _escaped(line: str) -> str:
    """Asterisks and ``|N|`` are text and not markup."""
    return line.replace("log |N|", "log of abs N").replace("*", "\\*")
