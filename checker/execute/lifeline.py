"""A process that lives no longer than the one that started it, however that one dies.

The one idea: the starter holds one end of a pipe and never writes to it; the kernel closes it with him.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
from contextlib import suppress


def die_with(source: int) -> None:
    """Have this process group killed when the other end of the pipe ``source`` closes, i.e. when its holder is gone."""
    if sys.platform == "linux":
        import fcntl

        # Signal-driven input: the kernel acts, so a child stuck in C code with the GIL held dies too.
        fcntl.fcntl(source, fcntl.F_SETOWN, -os.getpgrp())
        fcntl.fcntl(source, fcntl.F_SETSIG, signal.SIGKILL)
        fcntl.fcntl(source, fcntl.F_SETFL, fcntl.fcntl(source, fcntl.F_GETFL) | os.O_ASYNC)
        already = select.poll()
        already.register(source, 0)
        if already.poll(0):  # it closed before anybody was to be told
            os.killpg(os.getpgrp(), signal.SIGKILL)
    else:
        threading.Thread(target=_watch, args=(source,), daemon=True).start()


def _watch(source: int) -> None:
    with suppress(OSError):
        os.read(source, 1)
    os.killpg(os.getpgrp(), signal.SIGKILL)
