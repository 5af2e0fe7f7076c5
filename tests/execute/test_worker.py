"""A child is killed at its limit whatever it does, says truly how it ended, and never outlives its parent."""

from __future__ import annotations

import collections
import ctypes
import importlib.util
import itertools
import os
import select
import signal
import subprocess
import sys
import threading
import time
from fractions import Fraction
from pathlib import Path

import pytest

from checker.execute.worker import (
    PRELOAD,
    Completed,
    Crashed,
    Limits,
    OutOfMemory,
    Task,
    TimedOut,
    run,
    run_many,
    terminate_all,
)
from checker.prove.registry import MODULES

SHORT = Limits(seconds=1.0)
SLACK_S = 5.0  # far above what killing takes; only there so that a defect fails instead of hanging


def echo(value: object) -> object:
    return value


def hang() -> None:
    while True:
        pass


def hang_in_c() -> None:
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    collections.deque(itertools.repeat(0), maxlen=0)  # one C call that never returns and never looks at signals


def hang_with_swallowed_errors() -> None:
    while True:
        try:
            hang()
        except BaseException:
            continue


def hoard() -> int:
    parts = []
    while True:
        parts.append(bytearray(1 << 24))


def hoard_in_c() -> object:
    import flint

    return flint.fmpz(2) ** (10**11)


def segfault() -> None:
    ctypes.string_at(0)


def abort_with_words() -> None:
    os.write(2, b"first line\nwent wrong in the middle\n")
    os.abort()


def fail() -> None:
    raise ValueError("two lines:\nthe last one")


def nap(seconds: float) -> float:
    time.sleep(seconds)
    return seconds


def loaded_modules() -> list[str]:
    return [name for name in ("sympy", "flint", "z3", "jax") if name in sys.modules]


def hang_with_a_child(fifo: str) -> None:
    """Hang in two processes that both hold ``fifo`` open: its reader sees the end when both are gone."""
    writer = os.open(fifo, os.O_WRONLY)
    if os.fork() == 0:
        hang_in_c()
    os.write(writer, b"up")
    hang_in_c()


def spin() -> None:
    while True:
        pass


def test_processor_time_is_limited_where_it_is_asked_for() -> None:
    answer = run(spin, limits=Limits(seconds=60.0, cpu_seconds=1))
    assert answer == TimedOut(1)
    assert run(echo, 1, limits=Limits(seconds=60.0, cpu_seconds=1)) == Completed(1)


def test_values_come_back_intact() -> None:
    value = {"x": Fraction(1, 3), "nested": [(1, 2.5, "text"), None], "bytes": bytes(range(256))}
    assert run(echo, value) == Completed(value)


def test_a_result_larger_than_a_pipe_buffer_comes_back_whole() -> None:
    value = bytes(range(256)) * 20_000
    answer = run(echo, value)
    assert isinstance(answer, Completed)
    assert answer.value == value


@pytest.mark.parametrize("function", [hang, hang_in_c, hang_with_swallowed_errors])
def test_a_hang_is_killed_at_its_limit(function: object) -> None:
    assert run(function, limits=SHORT) == TimedOut(SHORT.seconds)  # type: ignore[arg-type]


def test_a_task_within_its_limit_is_not_killed() -> None:
    assert run(nap, 0.01, limits=SHORT) == Completed(0.01)


@pytest.mark.parametrize("function", [hoard, hoard_in_c])
def test_a_memory_hog_is_out_of_memory(function: object) -> None:
    limits = Limits(seconds=20, memory_bytes=1 << 29)
    assert run(function, limits=limits) == OutOfMemory(1 << 29)  # type: ignore[arg-type]


def test_modest_memory_is_granted() -> None:
    assert run(bytes, 100 << 20, limits=Limits(20, 1 << 29)) == Completed(bytes(100 << 20))


def test_each_crash_says_how() -> None:
    assert run(os._exit, 3) == Crashed("exit code 3", "")
    assert run(segfault) == Crashed("signal SIGSEGV", "")
    assert run(abort_with_words) == Crashed("signal SIGABRT", "went wrong in the middle")
    assert run(fail) == Crashed("ValueError", "the last one")
    assert run(echo, sys.exit).__class__ is Completed  # an exit that is only carried is no crash


def test_a_value_that_cannot_be_pickled_is_a_crash_not_a_hang() -> None:
    answer = run(make_a_lock)
    assert isinstance(answer, Crashed)


def make_a_lock() -> object:
    return threading.Lock()


def test_provers_are_preloaded_and_jax_is_not() -> None:
    assert run(loaded_modules) == Completed(["sympy", "flint", "z3"])


def test_answers_keep_the_order_of_tasks_and_progress_that_of_completion() -> None:
    done: list[int] = []
    tasks = [Task(nap, (0.4,)), Task(echo, (1,)), Task(hang, (), Limits(seconds=0.3)), Task(echo, (2,))]
    answers = list(run_many(tasks, jobs=4, on_done=lambda index, _: done.append(index)))
    assert answers == [Completed(0.4), Completed(1), TimedOut(0.3), Completed(2)]
    assert sorted(done) == [0, 1, 2, 3]
    assert done[-1] == 0


def test_at_most_jobs_children_run_at_once() -> None:
    """With one job the tasks' life times, seen by one clock, do not overlap."""
    spans = [answer.value for answer in run_many([Task(life_time)] * 3, jobs=1) if isinstance(answer, Completed)]
    assert all(end <= start for (_, end), (start, _) in itertools.pairwise(spans))
    with pytest.raises(ValueError, match="at least 1"):
        next(run_many([Task(life_time)], jobs=0))


def life_time() -> tuple[float, float]:
    start = time.monotonic()
    time.sleep(0.01)
    return start, time.monotonic()


@pytest.fixture
def fifo(tmp_path: Path) -> str:
    path = tmp_path / "alive"
    os.mkfifo(path)
    return str(path)


def assert_closes(reader: int) -> None:
    """Every process that held the other end is gone."""
    ready, _, _ = select.select([reader], [], [], SLACK_S)
    assert ready, "a process outlived its parent"
    assert os.read(reader, 16) == b""


def test_children_of_children_die_at_the_limit(fifo: str) -> None:
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    assert run(hang_with_a_child, fifo, limits=Limits(seconds=1)) == TimedOut(1)
    assert os.read(reader, 2) == b"up"
    assert_closes(reader)


def test_closing_the_iterator_kills_what_still_runs(fifo: str) -> None:
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    answers = run_many([Task(wait_for_reader, (fifo,)), Task(hang_with_a_child, (fifo,))], jobs=2)
    assert next(answers) == Completed(None)
    answers.close()
    while select.select([reader], [], [], SLACK_S)[0]:
        if not os.read(reader, 64):
            return
    pytest.fail("a child outlived the iterator")


def wait_for_reader(fifo: str) -> None:
    os.close(os.open(fifo, os.O_WRONLY))


def test_terminate_all_ends_a_run_in_another_thread(fifo: str) -> None:
    answers: list[object] = []
    thread = threading.Thread(target=lambda: answers.append(run(hang_with_a_child, fifo)))
    thread.start()
    reader = os.open(fifo, os.O_RDONLY)
    assert os.read(reader, 2) == b"up"
    terminate_all()
    thread.join(SLACK_S)
    assert answers == [Crashed("signal SIGKILL", "")]
    assert_closes(reader)


def run_inside(function: object, seconds: float) -> object:
    return run(function, limits=Limits(seconds))  # type: ignore[arg-type]


def test_a_child_may_have_killable_children_of_its_own() -> None:
    assert run(run_inside, os.getpid, 5.0).__class__ is Completed
    assert run(run_inside, hang_in_c, 0.3) == Completed(TimedOut(0.3))
    assert run(run_inside, segfault, 5.0) == Completed(Crashed("signal SIGSEGV", ""))


def run_a_hanging_child(fifo: str) -> None:
    run(hang_with_a_child, fifo, limits=Limits(60))


def test_grandchildren_die_with_a_child_that_is_killed(fifo: str) -> None:
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    assert run(run_a_hanging_child, fifo, limits=Limits(seconds=1)) == TimedOut(1)
    assert os.read(reader, 2) == b"up"
    assert_closes(reader)


# The parent is a script without a __main__ guard, as a user would write it: it must not be run again in the child.
SCRIPT = """
import sys
from checker.execute.worker import run
from test_worker import hang_with_a_child
print("started", flush=True)
run(hang_with_a_child, sys.argv[1])
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_no_process_outlives_an_interrupted_or_killed_parent(fifo: str, tmp_path: Path, number: int) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    path = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    parent = subprocess.Popen(
        [sys.executable, str(script), fifo],
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    reader = os.open(fifo, os.O_RDONLY)
    assert os.read(reader, 2) == b"up"
    os.killpg(parent.pid, number)  # as a terminal does: the fork server gets the Ctrl-C too
    output, _ = parent.communicate(timeout=SLACK_S)
    assert output.count(b"started") == 1
    assert_closes(reader)
    os.close(reader)


def test_every_prover_is_preloaded() -> None:
    # the fork server passes over a name that it cannot import, and every child would then import the prover itself
    assert set(MODULES.values()) <= set(PRELOAD)
    assert all(importlib.util.find_spec(name) is not None for name in PRELOAD)
