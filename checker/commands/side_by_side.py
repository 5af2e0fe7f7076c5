"""Several files at once, each verified by ``check`` in a process of its own.

The one idea to know: at the scale smoke nearly all time goes into tracing programs in Python, which keeps one core of a
process busy whatever it does in threads; a second process keeps the second core busy.  Reports, receipts and verdicts are
those that one process would write.  Such a process dies with the one that started it, however that dies.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

from checker.errors import CheckError, ExitCode

Arguments: TypeAlias = tuple[str, ...]
_PATIENCE_S = 10.0


def environment() -> dict[str, str]:
    """The environment of such a process: this package stays importable, and a GPU is shared."""
    here = str(Path(__file__).resolve().parents[2])
    paths = [here, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    own = {"PYTHONPATH": os.pathsep.join(dict.fromkeys(paths)), "XLA_PYTHON_CLIENT_PREALLOCATE": "false"}
    return {**os.environ, **own}


def command(arguments: Sequence[str], module: str = "checker.cli") -> list[str]:
    """The command line that verifies and prints JSON."""
    return [sys.executable, "-m", module, "run", "--format", "json", "--quiet", *arguments]


@contextmanager
def running(work: Mapping[Path, Arguments], at_once: int) -> Iterator[dict[Path, Future[str]]]:
    """The JSON of each file, as it comes; whatever still runs at the end of the block is interrupted, then killed.

    ``result()`` of a future raises ``CheckError`` with what the process said where it printed no report.
    """
    processes: set[subprocess.Popen[str]] = set()
    lock, stopped = threading.Lock(), threading.Event()

    def one(path: Path, arguments: Arguments) -> str:
        with lock:
            if stopped.is_set():
                raise CheckError("interrupted", ExitCode.INTERRUPTED)
            process = subprocess.Popen(
                command(arguments, __name__), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                text=True, env=environment(), start_new_session=True,
            )  # fmt: skip
            processes.add(process)
        said, complaint = _ended(process)
        with lock:
            processes.discard(process)
        if process.returncode not in (ExitCode.OK, ExitCode.FAILED):
            known = {int(code): code for code in ExitCode}
            message = complaint.strip() or f"{path}: {_ending(process.returncode)}"
            raise CheckError(message, known.get(process.returncode, ExitCode.INTERNAL))
        return said

    pool = ThreadPoolExecutor(max_workers=at_once)
    try:
        yield {path: pool.submit(one, path, arguments) for path, arguments in work.items()}
    finally:
        stopped.set()
        with lock:
            for process in processes:
                process.send_signal(signal.SIGINT)
            last = threading.Timer(_PATIENCE_S, _kill, [list(processes)])
        last.start()
        try:
            pool.shutdown(wait=True, cancel_futures=True)
        finally:
            last.cancel()


def _ended(process: subprocess.Popen[str]) -> tuple[str, str]:
    """What the process wrote to both streams until its end; its standard input, by which it lives, stays open so long."""
    parts = {"out": "", "error": ""}

    def drain() -> None:
        assert process.stderr is not None
        parts["error"] = process.stderr.read()

    assert process.stdin is not None
    assert process.stdout is not None
    reader = threading.Thread(target=drain, daemon=True)
    reader.start()
    parts["out"] = process.stdout.read()
    reader.join()
    process.wait()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            stream.close()
    return parts["out"], parts["error"]


def _ending(code: int) -> str:
    if code == -signal.SIGKILL:
        return "its process was killed, perhaps by the system for want of memory; run again to go on from what was finished"
    said = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
    return f"its process ended with {said}; run again to go on from what was finished"


def _kill(processes: Sequence[subprocess.Popen[str]]) -> None:
    for process in processes:
        process.kill()


if __name__ == "__main__":
    from checker import cli
    from checker.execute.lifeline import die_with

    die_with(sys.stdin.fileno())
    cli.command()
