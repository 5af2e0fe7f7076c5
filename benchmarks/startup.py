"""G9, G10 and G12: what the command costs before it does anything, and how soon what hangs is killed.

The one idea to know: every command runs in a fresh process, its time includes all processes that it starts, and a bare
interpreter takes its turn in every round.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks import claims
from benchmarks.goals import Result, Settings, at_most
from benchmarks.remote import CHILDREN
from benchmarks.timing import Spent, Variant, interleave

_PATIENCE_S = 900
_ROOT = Path(__file__).parents[1]


class CommandError(Exception):
    """A command that did not end as it has to; its last line."""


def command_cost(*command: str, cache: Path, codes: tuple[int, ...] = (0,)) -> Spent:
    """Wall and processor time of a command, its children included; raises ``CommandError``."""
    measured = [sys.executable, "-S", str(CHILDREN / "cost.py"), *command]
    env = {**os.environ, "CHECK_CACHE_DIR": str(cache), "PYTHONPATH": str(_ROOT)}
    done = subprocess.run(measured, capture_output=True, text=True, timeout=_PATIENCE_S, env=env, check=True)
    answer = json.loads(done.stdout)
    if answer["code"] not in codes:
        raise CommandError(f"{' '.join(command[1:])[:120]} ended with {answer['code']}: {answer['said']}")
    return Spent(float(answer["wall"]), float(answer["cpu"]))


def _check(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "checker.cli", *arguments)


def g9(settings: Settings) -> Iterator[Result]:
    """Help, a receipt, and a claim without a simulation, beside a bare interpreter."""
    folder, cache = settings.scratch, settings.scratch / "cache"
    claim = folder / "symbolic.yaml"
    claim.write_text(claims.SYMBOLIC, encoding="utf-8")
    verify = _check(str(claim), "--out", str(folder / "reports"), "--quiet", "--jobs", "1")
    command_cost(*verify, cache=cache)  # leaves the receipt
    commands = {
        "bare": (sys.executable, "-c", "pass"),
        "help": _check("--help"),
        "cached": verify,
        "symbolic": (*verify, "--no-cache"),
        "without mutants": (*verify, "--no-cache", "--no-mutants"),
    }

    def variant(name: str) -> Variant:
        return Variant(name, lambda: command_cost(*commands[name], cache=cache))

    quick = interleave([variant(name) for name in ("bare", "help", "cached")], settings.rounds)
    yield Result("`check --help` / bare python", at_most(3), quick.ratio("help", "bare"), note=_ms(quick.cpu["bare"]))
    yield Result("`check` on an unchanged claim file / bare python", at_most(5), quick.ratio("cached", "bare"))
    slow = interleave(
        [variant(name) for name in ("bare", "symbolic", "without mutants")], settings.sized(min(settings.rounds, 5), 1)
    )
    yield Result(
        "`check` on a claim that is only proved, nothing cached / bare python", at_most(60), slow.ratio("symbolic", "bare"),
        note="one lemma with its near miss, its mutants and the re-check; the fork server counts",
    )  # fmt: skip
    yield Result("the same with --no-mutants", None, slow.ratio("without mutants", "bare"))


def _ms(seconds: tuple[float, ...]) -> str:
    return f"bare python takes {1e3 * min(seconds):.3g} ms"


def g10(settings: Settings) -> Iterator[Result]:
    """The same command twice, with an empty folder for compiled programs before the first."""
    claim = settings.scratch / "training.yaml"
    dynamics = "{kind: gradient_descent, step: 1/4, steps: 100, checkpoints: 2}"
    claim.write_text(claims.training(dynamics, 20, 5), encoding="utf-8")
    verify = _check(
        str(claim), "--out", str(settings.scratch / "reports"), "--quiet", "--no-cache", "--no-mutants", "--scale", "smoke",
        "--jobs", "1", "--device", "cpu",
    )  # fmt: skip
    cpu, wall = list[float](), list[float]()
    for number in range(settings.sized(min(settings.rounds, 5), 1)):
        cache = settings.scratch / f"cache {number}"  # the second needs what the first of its round left
        one, two = (command_cost(*verify, cache=cache, codes=(0, 1)) for _ in range(2))
        cpu.append(two.cpu / one.cpu)
        wall.append(two.wall / one.wall)
    yield Result("second run / first run, processor time", at_most(0.65), tuple(cpu), note="receipts switched off")
    yield Result("the same in wall time", None, tuple(wall))


def hang() -> None:
    """Never returns, and swallows whatever is raised in it."""
    while True:
        try:
            while True:
                pass
        except BaseException:
            continue


def g12(settings: Settings) -> Iterator[Result]:
    """Wall time from the call to its answer, beyond the limit."""
    from checker.execute.worker import Limits, TimedOut, run, warm_up

    warm_up()
    run(abs, -1, limits=Limits(seconds=60.0))  # the fork server answers when it has imported the provers
    limit = 1.0
    late = []
    for _ in range(settings.sized(settings.rounds, 2)):
        started = time.perf_counter()
        answer = run(hang, limits=Limits(seconds=limit))
        late.append(time.perf_counter() - started - limit)
        if not isinstance(answer, TimedOut):
            what = f"a loop that never ends, with a limit of {limit:g} s"
            yield Result(what, at_most(0.05), not_run=f"refused: it was not timed out but answered {answer}"[:200])
            return
    yield Result(f"seconds beyond a limit of {limit:g} s", at_most(0.05), tuple(late), unit="s")
