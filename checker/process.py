"""The process of the command: its streams, its signals and its end.

The one idea: an interruption is raised once, in the main thread, so that everything is put away on the way out; whatever
swallows it or hangs meanwhile has a few seconds.  Nothing that a killed process leaves behind runs on.
"""

from __future__ import annotations

import _thread
import os
import signal
import sys
import threading
import time
from contextlib import suppress

from checker.errors import CheckError, ExitCode

TYPE_CHECKING = False  # that of `typing`, without its import
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any, Final, NoReturn

_SIGNALS: Final = {
    signal.SIGINT: (ExitCode.INTERRUPTED, "interrupted"),
    signal.SIGTERM: (ExitCode.TERMINATED, "terminated"),
    signal.SIGHUP: (ExitCode.HUNG_UP, "the terminal has gone"),
}
_GRACE_S: Final = 5.0
_state: dict[str, ExitCode] = {}
_said = threading.Event()


def prepare() -> None:
    """Make the streams usable and take over Ctrl-C, SIGTERM and SIGHUP; what the caller has set to be ignored stays so."""
    for descriptor in (0, 1, 2):  # a closed one would be given to the next file that is opened, and be written to
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: SIM115
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: SIM115
    sys.unraisablehook = _unraisable
    for number in _SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)


def require_folder() -> None:
    """Raise ``CheckError`` where the working folder has been removed: every path would fail in its own way."""
    try:
        os.getcwd()
    except OSError:
        raise CheckError("the working folder does not exist any more; change to another and run again") from None


def ending() -> ExitCode | None:
    """The exit code of the interruption that was asked for, if one was."""
    return _state.get("code")


def _interrupt(number: int, frame: FrameType | None) -> None:
    code, _ = _SIGNALS[signal.Signals(number)]
    _state["code"] = code
    for other in _SIGNALS:
        signal.signal(other, signal.SIG_IGN)
    _thread.start_new_thread(_give_up, (code,))  # no lock of `threading` is taken: the main thread may hold it
    raise KeyboardInterrupt


def _give_up(code: ExitCode) -> None:
    time.sleep(_GRACE_S)
    if not _said.is_set():
        with suppress(OSError):
            os.write(2, f"{_words(code)}\n".encode())
    os._exit(code)


def _words(code: ExitCode) -> str:
    return next(words for known, words in _SIGNALS.values() if known == code)


def _unraisable(problem: Any) -> None:
    """An interruption inside a destructor or callback cannot be raised from there; it is no news either."""
    if not isinstance(problem.exc_value, KeyboardInterrupt):
        sys.__unraisablehook__(problem)


def say(text: str) -> None:
    """Print to standard output at once.  A reader who has gone stops no run; raises ``CheckError`` where the disk refuses."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        _divert()
    except OSError as error:
        _divert()
        raise CheckError(f"cannot write to standard output: {error.strerror}") from None


def _divert() -> None:
    """Let the rest of the output go nowhere, what is still buffered included."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)


def interrupted() -> int:
    """Say in one line that the run was interrupted; returns the exit code."""
    code = ending() or ExitCode.INTERRUPTED
    _said.set()
    complain(_words(code))
    return int(code)


def broken_pipe() -> int:
    """Whoever read the output has gone before its end; returns the exit code that a shell shows for that."""
    _divert()
    return int(ExitCode.BROKEN_PIPE)


def disk_full() -> int:
    """The output, or a temporary file, has no room; returns the exit code."""
    _divert()
    complain("the disk is full; free some space and run again")
    return int(ExitCode.USAGE)


def complain(text: str) -> None:
    """Print to standard error; nobody may be listening."""
    try:
        print(text, file=sys.stderr, flush=True)
    except (OSError, ValueError):
        return


def leave(code: int) -> NoReturn:
    """End the process with ``code``.

    A simulation that is still computing, because Ctrl-C or its time limit came first, is not waited for.
    """
    for number in _SIGNALS:  # there is nothing left to interrupt
        signal.signal(number, signal.SIG_IGN)
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        code = broken_pipe() if code == ExitCode.OK else code
        _divert()
    except OSError as error:
        _divert()
        complain(f"cannot write to standard output: {error.strerror}")
        code = code or int(ExitCode.USAGE)
    if ending() is None and threading.active_count() == 1:
        sys.exit(code)
    worker = sys.modules.get("checker.execute.worker")
    if worker is not None:
        worker.shut_down()
    os._exit(code)
