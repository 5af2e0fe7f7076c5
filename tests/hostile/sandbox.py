"""A child that may do nothing but compute: every input is asked in it, and everything else it does is an escape.

The one idea to know: Python reports what it is about to do (open a file, start a process, run code that was made from text) to
an audit hook, which cannot be taken out again.  The hook is the witness for "no code of the author runs, no other file is
touched"; the limits of the kernel are the witness for time and memory.
"""

from __future__ import annotations

import mmap
import os
import pickle
import resource
import signal
import struct
import sys
import sysconfig
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
CPU_SECONDS = 1.0  # for the answer to one input
SLOW = "s of processor time"
MEMORY = 300 * 2**20  # above what the process had
_HARD_CPU_S = (
    20  # a stage that has limits of its own where the tool runs it (a translator in a prover's child) is stopped here
)
_ADDRESS_SPACE = 6 * 2**30
_READABLE = tuple(
    str(Path(path).resolve())
    for path in {
        *sysconfig.get_paths().values(),
        sys.prefix,
        sys.base_prefix,
        str(ROOT / "checker"),
        str(ROOT / "tests"),
    }
)
_ENGINES = frozenset(
    {"flint", "jax", "jaxlib", "mpmath", "numpy", "scipy", "sympy", "z3"}
)  # imported where first needed
_QUIET_FILES = ("/proc/", "/sys/", "/dev/null", "/dev/urandom", "/etc/localtime")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_NEVER = frozenset(
    (
        *("os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.forkpty", "subprocess.Popen", "os.kill"),
        *(
            "os.symlink",
            "os.link",
            "os.remove",
            "os.rename",
            "os.rmdir",
            "os.mkdir",
            "os.chmod",
            "os.chown",
            "os.truncate",
        ),
        *("socket.connect", "socket.bind", "socket.getaddrinfo", "urllib.Request", "shutil.rmtree", "shutil.copyfile"),
        *("os.putenv", "code.__new__", "cpython.run_command", "webbrowser.open", "pty.spawn", "os.setxattr"),
    )
)


@dataclass(frozen=True, slots=True)
class Report:
    """What became of one input: its outcome in a word, and what it did that it must not (empty: nothing)."""

    index: int
    outcome: str
    escape: str = ""


class _Witness:
    """The audit hook: notes what is not allowed while ``watching``."""

    def __init__(self) -> None:
        self.watching = False
        self.seen: list[str] = []

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.watching:
            return
        said = ""
        if event in _NEVER:
            said = f"{event} {arguments[:1]!r}"
        elif event == "open":
            said = _opened(*arguments[:3])
        elif event == "exec":
            file = getattr(arguments[0], "co_filename", "?")
            said = "" if str(file).startswith((*_READABLE, "<frozen", "<attrs", "<string>")) else f"exec of {file!r}"
        elif event == "import":
            package = str(arguments[0]).partition(".")[0]
            said = "" if package in sys.modules or package in _ENGINES else f"import {arguments[0]!r}"
        if said:
            self.seen.append(said[:200])


def _opened(path: Any, mode: Any, flags: Any) -> str:
    if isinstance(path, int):
        return ""
    name = os.fsdecode(path)
    writes = (isinstance(flags, int) and bool(flags & _WRITING)) or (
        isinstance(mode, str) and any(c in mode for c in "wax+")
    )
    whole = os.path.abspath(name)
    if not writes and (whole.startswith(_READABLE) or name.startswith(_QUIET_FILES)):
        return ""
    return f"open {name!r} {'to write' if writes else 'to read'}"


def ask(
    inputs: Sequence[Any], question: Callable[[Any, Callable[[str], None]], str], warm: Sequence[Any] = ()
) -> Iterator[Report]:
    """``question(input, stage)`` for every input in forked children, in order; a killed child is replaced.

    The question returns a word for its outcome, raises for an escape, and calls ``stage(name)`` before each step: a step
    whose name begins with ``long`` may use the processor up to a hard limit, and being stopped there is an outcome.
    """
    start = 0
    while start < len(inputs):
        reports = list(_batch(inputs, start, question, warm))
        yield from reports
        start = reports[-1].index + 1 if reports else start + 1


def _batch(
    inputs: Sequence[Any], start: int, question: Callable[[Any, Callable[[str], None]], str], warm: Sequence[Any]
) -> Iterator[Report]:
    shared = mmap.mmap(-1, 256)  # index of the input being asked, and the step it is at
    shared[8:12] = b"warm"
    receiving, sending = os.pipe()
    with warnings.catch_warnings():
        # JAX, if a test before this one imported it, warns of its threads; the child never calls it.
        warnings.simplefilter("ignore", RuntimeWarning)
        child = os.fork()
    if child == 0:
        os.close(receiving)
        code = 1
        try:
            _serve(inputs, start, question, warm, shared, sending)
            code = 0
        finally:
            os._exit(code)
    os.close(sending)
    last = start - 1
    with open(receiving, "rb") as stream:
        while head := stream.read(4):
            report = pickle.loads(stream.read(struct.unpack("I", head)[0]))
            last = report.index
            yield report
    _, status = os.waitpid(child, 0)
    if last < len(inputs) - 1 and (status != 0 or last < start):
        step = shared[8:].rstrip(b"\0").decode()
        (index,) = struct.unpack("q", shared[:8])
        if step == "warm":
            raise RuntimeError("the sandbox cannot answer an ordinary input")
        code = os.waitstatus_to_exitcode(status)
        ended = signal.Signals(-code).name if code < 0 else f"exit {code}"
        stopped = step.startswith("long") and ended in ("SIGXCPU", "SIGKILL")
        yield Report(
            max(index, start), "stopped at the limit", "" if stopped else f"the process ended ({ended}) while {step}"
        )


def _serve(
    inputs: Sequence[Any],
    start: int,
    question: Callable[[Any, Callable[[str], None]], str],
    warm: Sequence[Any],
    shared: mmap.mmap,
    sending: int,
) -> None:
    witness = _Witness()
    sys.addaudithook(witness)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_SPACE, _ADDRESS_SPACE))
    for one in warm:
        question(one, lambda name: None)  # what is imported at first use is imported now
    spent: dict[str, float] = {}
    step = ["read"]

    def stage(name: str) -> None:
        now = time.process_time()
        spent[step[0]] = spent.get(step[0], 0.0) + now - began[0]
        began[0], step[0] = now, name
        shared[8:256] = name.encode()[:248].ljust(248, b"\0")

    for index in range(start, len(inputs)):
        shared[:8] = struct.pack("q", index)
        spent.clear()
        step[0], began = "read", [time.process_time()]
        shared[8:256] = b"read".ljust(248, b"\0")
        used = int(time.process_time()) + 1
        resource.setrlimit(resource.RLIMIT_CPU, (used + _HARD_CPU_S, resource.RLIM_INFINITY))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        witness.seen.clear()
        witness.watching = True
        outcome, escape = "", ""
        try:
            outcome = question(inputs[index], stage)
        except MemoryError:
            escape = f"out of memory while {step[0]}"
        except BaseException as error:  # whatever comes out is the finding
            escape = f"{type(error).__name__} while {step[0]}: {' '.join(str(error).split())[:160]}"
        witness.watching = False
        stage("done")
        short = sum(seconds for name, seconds in spent.items() if not name.startswith("long"))
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
        if not escape and witness.seen:
            escape = f"it did: {witness.seen[0]}"
        if not escape and short > CPU_SECONDS:
            slow = max((s, name) for name, s in spent.items() if not name.startswith("long"))
            escape = f"{short:.1f} {SLOW}, most while {slow[1]}"
        if not escape and grown > MEMORY and not any(name.startswith("long") for name in spent):
            escape = f"{grown >> 20} MiB more memory"
        body = pickle.dumps(Report(index, outcome, escape))
        os.write(sending, struct.pack("I", len(body)) + body)
