"""Several files at once, each verified by ``check`` in a process of its own.

The one idea to know: at the scale smoke nearly all time goes into tracing programs in Python, which keeps one core of a
process busy whatever it does in threads; a second process keeps the second core busy.  Reports, receipts and verdicts are
those that one process would write.
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


def environment() -> dict[str, str]:
    """The environment of such a process: this package stays importable, and a GPU is shared."""
    here = str(Path(__file__).resolve().parents[2])
    paths = [here, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    own = {"PYTHONPATH": os.pathsep.join(dict.fromkeys(paths)), "XLA_PYTHON_CLIENT_PREALLOCATE": "false"}
    return {**os.environ, **own}


def command(arguments: Sequence[str]) -> list[str]:
    """The command line that verifies and prints JSON."""
    return [sys.executable, "-m", "checker.cli", "run", *arguments, "--format", "json", "--quiet"]


@contextmanager
def running(work: Mapping[Path, Arguments], at_once: int) -> Iterator[dict[Path, Future[str]]]:
    """The JSON of each file, as it comes; whatever still runs at the end of the block is interrupted.

    ``result()`` of a future raises ``CheckError`` with what the process said where it printed no report.
    """
    processes: set[subprocess.Popen[str]] = set()
    lock, stopped = threading.Lock(), threading.Event()

    def one(arguments: Arguments) -> str:
        with lock:
            if stopped.is_set():
                raise CheckError("interrupted", ExitCode.INTERRUPTED)
            process = subprocess.Popen(
                command(arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(),
                start_new_session=True,
            )  # fmt: skip
            processes.add(process)
        said, complaint = process.communicate()
        with lock:
            processes.discard(process)
        if process.returncode not in (ExitCode.OK, ExitCode.FAILED):
            known = {int(code): code for code in ExitCode}
            message = complaint.strip() or f"a process ended with exit code {process.returncode}"
            raise CheckError(message, known.get(process.returncode, ExitCode.INTERNAL))
        return said

    pool = ThreadPoolExecutor(max_workers=at_once)
    try:
        yield {path: pool.submit(one, arguments) for path, arguments in work.items()}
    finally:
        stopped.set()
        with lock:
            for process in processes:
                process.send_signal(signal.SIGINT)
        pool.shutdown(wait=True, cancel_futures=True)
