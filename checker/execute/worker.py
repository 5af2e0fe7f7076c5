"""Killable children: a module-level function runs in a fresh process with a wall-time and a memory limit.

The one idea to know: nothing inside a process can be trusted to stop it (SymPy swallows alarms, C code never sees
them), so the parent holds the clock and answers a late child with SIGKILL to its whole process group.  Children are
forked from a fork server that has the provers imported already and never JAX, which makes a call cost
milliseconds.  A child dies with its parent however the parent dies: the kernel sends SIGKILL to the child's group when
the pipe that the parent holds open closes.
"""

from __future__ import annotations

import atexit
import multiprocessing
import multiprocessing.util
import os
import pickle
import resource
import shutil
import signal
import sys
import threading
import time
import types
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing import connection, forkserver
from multiprocessing.context import ForkProcess, ForkServerProcess
from multiprocessing.process import BaseProcess
from typing import Any, TypeAlias

from checker.execute import socket_folder
from checker.execute.lifeline import die_with

# Imported once in the fork server, so that a child starts with them (a module that does not exist is passed over).
PRELOAD = (
    *("sympy", "flint", "z3", socket_folder.__name__),
    *(
        f"checker.prove.{name}"
        for name in (
            *("registry", "relation", "exists", "limits", "roots", "optimum", "kkt", "series", "enclosure", "neighbours"),
            *("ode", "induction", "certificate", "closed", "convergence", "premise", "scalars", "recheck.second"),
        )
    ),
)

_LENGTH_BYTES = 8
_LOG_TAIL = 4096
_KILL_GRACE_S = 5.0
_PAUSE_S = 0.05
# What C++ and C libraries print before they abort for want of memory: libstdc++, glibc, flint, z3, CPython.
_MEMORY_WORDS = ("bad_alloc", "allocate memory", "out of memory", "memoryerror", "malloc failed")


@dataclass(frozen=True, slots=True)
class Limits:
    """Wall time in seconds and address space in bytes that one task may use; with ``cpu_seconds`` also processor time,
    which does not depend on what else the machine is doing.
    """

    seconds: float = 10.0
    memory_bytes: int = 2 * 1024**3
    cpu_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """``function(*args)`` under ``limits``; the function is defined at module level, the arguments are picklable."""

    function: Callable[..., Any]
    args: tuple[Any, ...] = ()
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class Completed:
    """The task returned ``value``."""

    value: Any


@dataclass(frozen=True, slots=True)
class TimedOut:
    """The task was killed after ``seconds``."""

    seconds: float


@dataclass(frozen=True, slots=True)
class OutOfMemory:
    """The task wanted more than ``memory_bytes``."""

    memory_bytes: int


@dataclass(frozen=True, slots=True)
class Crashed:
    """The task ended without a value.

    ``cause`` is ``signal SIGSEGV``, ``exit code 3`` or the name of an exception; ``message`` is the last line it left.
    """

    cause: str
    message: str


Answer: TypeAlias = Completed | TimedOut | OutOfMemory | Crashed


def run(function: Callable[..., Any], *args: Any, limits: Limits | None = None) -> Answer:
    """The answer of ``function(*args)`` run in a killable child; raises only what pickling the arguments raises."""
    return next(run_many([Task(function, args, limits or Limits())]))


def run_many(
    tasks: Sequence[Task], jobs: int = 1, on_done: Callable[[int, Answer], None] | None = None
) -> Iterator[Answer]:
    """Answers in the order of ``tasks``, at most ``jobs`` children alive at once.

    ``on_done(index, answer)`` is called in this process as soon as each task ends, in order of completion.  Closing the
    iterator or an exception (Ctrl-C included) kills every child that is still alive.
    """
    if jobs < 1:
        raise ValueError(f"jobs must be at least 1, not {jobs}")
    waiting = list(enumerate(tasks))[::-1]
    active: dict[int, _Child] = {}
    done: dict[int, Answer] = {}
    yielded = 0
    try:
        while yielded < len(tasks):
            while waiting and len(active) < jobs:
                index, task = waiting.pop()
                active[index] = _Child(task)
            _await_any(active.values())
            for index, child in list(active.items()):
                answer = child.poll()
                if answer is not None:
                    del active[index]
                    done[index] = answer
                    if on_done is not None:
                        on_done(index, answer)
            while yielded in done:
                yield done.pop(yielded)
                yielded += 1
    finally:
        for child in active.values():
            child.kill()


def terminate_all() -> None:
    """Kill every child this process started here and is still alive, with its own children."""
    with _LOCK:
        for process in multiprocessing.active_children():
            if isinstance(process, _OURS):
                _kill_group(process)


def shut_down() -> None:
    """Before an end without Python's clean-up: no child stays, nor the folder of the fork server's socket."""
    terminate_all()
    with suppress(OSError):
        if os.path.isdir(folder := multiprocessing.util.get_temp_dir()):
            shutil.rmtree(folder)


# Before multiprocessing's own exit handler, which would wait for them.
atexit.register(terminate_all)


def warm_up() -> None:
    """Start the fork server, imports included, so that the first task does not wait for them."""
    with _LOCK, _plain_main():
        multiprocessing.get_context("forkserver").set_forkserver_preload(list(PRELOAD))
        # The fork server ignores the parent's sys.path until 3.13; without it a preload fails silently.
        own = {"PYTHONPATH": os.pathsep.join(os.path.abspath(entry) for entry in sys.path)}
        own[socket_folder.NAME] = multiprocessing.util.get_temp_dir()
        before = {name: os.environ.get(name) for name in own}
        os.environ.update(own)
        try:
            forkserver.ensure_running()
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value


class _Process(ForkServerProcess):
    """A child of ours, told from those of other users of multiprocessing by its type."""


class _Nested(ForkProcess):
    """A child of a child: that one has the provers, no JAX and one thread, so a plain fork is safe and quick."""


_OURS = (_Process, _Nested)
# multiprocessing is not thread-safe here: __main__ is swapped, and an exit status can be read only once.
_LOCK = threading.RLock()


@contextmanager
def _plain_main() -> Iterator[None]:
    """Hide ``__main__``: multiprocessing would run the parent's script again in every child."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = types.ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


class _Inflow:
    """The reading end of a pipe and what came through it; of ``keep`` bytes only the last."""

    def __init__(self, end: connection.Connection, keep: int | None = None) -> None:
        self.end = end
        self.open = True
        self.data = bytearray()
        self._keep = keep
        os.set_blocking(end.fileno(), False)

    def read(self) -> None:
        """Take what can be had without blocking."""
        with suppress(BlockingIOError):
            while part := os.read(self.end.fileno(), 1 << 16):
                self.data += part
                if self._keep is not None:
                    del self.data[: -self._keep]
            self.open = False


class _Child:
    """One running task, seen from the parent."""

    def __init__(self, task: Task) -> None:
        self.limits = task.limits
        payload = pickle.dumps((task.function, task.args), protocol=pickle.HIGHEST_PROTOCOL)
        task_end, self._hold = connection.Pipe(duplex=False)
        answers, answer_end = connection.Pipe(duplex=False)
        logs, log_end = connection.Pipe(duplex=False)
        self._answers, self._logs = _Inflow(answers), _Inflow(logs, keep=_LOG_TAIL)
        nested = isinstance(multiprocessing.current_process(), _OURS)
        ours = (self._hold, answers, logs) if nested else ()
        args = (task_end, answer_end, log_end, task.limits, ours)
        try:
            self.process = _started(_Nested if nested else _Process, args)
        finally:
            for end in (task_end, answer_end, log_end):
                end.close()
        self.deadline = time.monotonic() + self.limits.seconds
        with suppress(BrokenPipeError):  # a child that died before reading is reported by its exit code
            self._hold.send_bytes(payload)

    @property
    def sources(self) -> tuple[Any, ...]:
        """What becomes readable when there may be news; a pipe at its end would be readable for ever."""
        return (*(pipe.end for pipe in (self._answers, self._logs) if pipe.open), self.process.sentinel)

    def poll(self) -> Answer | None:
        """The answer if the task has ended or its time is up (the child is gone then), else ``None``."""
        with _LOCK:
            ended = self.process.exitcode is not None  # asked before reading, so that nothing written is missed
        self._answers.read()
        self._logs.read()
        data = self._answers.data
        received = len(data) - _LENGTH_BYTES
        answer: Answer | None = None
        if received >= 0 and received == int.from_bytes(data[:_LENGTH_BYTES], "big"):
            answer = _read_answer(bytes(data[_LENGTH_BYTES:]), self.limits)
        elif received > self.limits.memory_bytes:
            answer = OutOfMemory(self.limits.memory_bytes)
        elif ended:
            answer = self._post_mortem()
        elif time.monotonic() >= self.deadline:
            answer = TimedOut(self.limits.seconds)
        if answer is not None:
            self.kill()
        return answer

    def kill(self) -> None:
        """Kill the child and its group, reap it, close the pipes."""
        _kill_group(self.process)
        for end in (self._hold, self._answers.end, self._logs.end):
            end.close()

    def _post_mortem(self) -> Answer:
        log = self._logs.data.decode("utf-8", "replace").strip()
        code = self.process.exitcode or 0
        aborted = code in (-signal.SIGABRT, -signal.SIGSEGV)
        if aborted and any(word in log.lower() for word in _MEMORY_WORDS):
            return OutOfMemory(self.limits.memory_bytes)
        if code == -signal.SIGXCPU and self.limits.cpu_seconds is not None:
            return TimedOut(self.limits.cpu_seconds)
        cause = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        return Crashed(cause, log.splitlines()[-1] if log else "")


def _started(kind: type[_Process] | type[_Nested], args: tuple[Any, ...]) -> BaseProcess:
    """A child at its task.  A fork server that was killed is noticed here, and started again when it is quite gone."""
    patience = time.monotonic() + _KILL_GRACE_S
    while True:
        process: BaseProcess = kind(target=_serve, args=args)
        try:
            if kind is _Process:
                warm_up()
            with _LOCK, _plain_main():
                process.start()
        except (OSError, EOFError):
            if kind is not _Process or time.monotonic() >= patience:
                raise
            time.sleep(_PAUSE_S)
        else:
            return process


def _await_any(children: Any) -> None:
    """Sleep until a child has news or the nearest deadline has come."""
    sources = [source for child in children for source in child.sources]
    nearest = min(child.deadline for child in children)
    connection.wait(sources, timeout=max(0.0, nearest - time.monotonic()))


def _kill_group(process: BaseProcess) -> None:
    if process.pid is None:
        return
    with _LOCK:
        for kill in (os.killpg, os.kill):  # the group does not exist yet while the child is being born
            with suppress(ProcessLookupError, PermissionError):
                kill(process.pid, signal.SIGKILL)
        process.join(_KILL_GRACE_S)


def _read_answer(body: bytes, limits: Limits) -> Answer:
    try:
        kind, content = pickle.loads(body)  # written by our own child
    except Exception as error:  # memory that was overwritten may have any answer
        return Crashed("an answer that cannot be read", type(error).__name__)
    if kind == "value":
        return Completed(content)
    if kind == "memory":
        return OutOfMemory(limits.memory_bytes)
    name, message = content
    if any(word in message.lower() for word in _MEMORY_WORDS):
        return OutOfMemory(limits.memory_bytes)
    return Crashed(name, message)


def _serve(task_end: Any, answer_end: Any, log_end: Any, limits: Limits, not_ours: tuple[Any, ...]) -> None:
    """The child: take the task, obey the limits, send the answer; ``not_ours`` are copies of the parent's ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.setsid()
    for end in not_ours:
        end.close()
    for stream in (1, 2):
        os.dup2(log_end.fileno(), stream)
    payload = task_end.recv_bytes()
    die_with(task_end.fileno())
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    memory = limits.memory_bytes if most == resource.RLIM_INFINITY else min(limits.memory_bytes, most)
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    if limits.cpu_seconds is not None:
        resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_seconds, limits.cpu_seconds + 1))
    try:
        function, args = pickle.loads(payload)
        reply = pickle.dumps(("value", function(*args)), protocol=pickle.HIGHEST_PROTOCOL)
    except MemoryError:
        reply = pickle.dumps(("memory", None))
    except Exception as error:  # the boundary of the process: whatever went wrong is the answer
        reply = pickle.dumps(("error", (type(error).__name__, _last_line(error))))
    with open(answer_end.fileno(), "wb", closefd=False) as stream_out:
        stream_out.write(len(reply).to_bytes(_LENGTH_BYTES, "big") + reply)
    os._exit(0)


def _last_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[-1] if lines else ""
