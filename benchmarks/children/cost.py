"""What a command costs with everything that it starts: ``cost.py COMMAND...`` prints its exit code and seconds as JSON.

A fork server outlives its command; as the one who inherits orphans, this process waits for it too, so its time is counted.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import subprocess
import sys
import time

PR_SET_CHILD_SUBREAPER = 36
PATIENCE_S = 10.0


def main(command: list[str]) -> None:
    """Run ``command``, wait for all that is left of it, print what it took."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    started = time.perf_counter()
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    wall, end = time.perf_counter() - started, time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            break
        if not pid:
            time.sleep(0.01)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    lines = (done.stderr or done.stdout).strip().splitlines()
    said = lines[-1] if lines else ""
    print(json.dumps({"code": done.returncode, "wall": wall, "cpu": used.ru_utime + used.ru_stime, "said": said[:200]}))


if __name__ == "__main__":
    main(sys.argv[1:])
