"""The real command, and everything it starts: how many processes there are, how much memory they take, who is left behind.

The one idea to know: the tree of processes is read from ``/proc`` many times a second, so what lives shorter than that is not
seen; what would hurt a machine is.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Beside the provers: the fork server and multiprocessing's tracker of resources.
SERVICES = 2
_PAUSE_S = 0.05
_PATIENCE_S = 5.0
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Watched:
    """What a command did: exit code, output and complaint; the most processes below it, most bytes of it and of one below."""

    code: int
    said: str
    complaint: str
    most: int
    own_bytes: int
    child_bytes: int
    left: tuple[int, ...]  # processes that it started and that outlived it


def watched(folder: Path, *arguments: str) -> Watched:
    """Run ``check ARGUMENTS`` in ``folder``, with its cache there, and look at its processes until it ends."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "CHECK_CACHE_DIR": str(folder / "cache")}
    with (folder / "said").open("w+") as said, (folder / "complaint").open("w+") as complaint:
        command = subprocess.Popen(
            [sys.executable, "-m", "checker.cli", *arguments],
            cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=said, stderr=complaint,
        )  # fmt: skip
        most, own, child, seen = 0, 0, 0, dict[int, str]()
        while command.poll() is None:
            below = _below(command.pid)
            most, seen = max(most, len(below)), seen | {number: start for number, (start, _) in below.items()}
            own = max(own, _stat(command.pid)[2])
            child = max([child, *(size for _, size in below.values())])
            time.sleep(_PAUSE_S)
        patience = time.monotonic() + _PATIENCE_S  # the kernel ends them when it has seen that their parent is gone
        while (left := _alive(seen)) and time.monotonic() < patience:
            time.sleep(_PAUSE_S)
        said.seek(0)
        complaint.seek(0)
        return Watched(command.returncode, said.read(), complaint.read(), most, own, child, left)


def _alive(seen: dict[int, str]) -> tuple[int, ...]:
    return tuple(number for number, start in seen.items() if _stat(number)[1] == start)


def _below(root: int) -> dict[int, tuple[str, int]]:
    """Process number, time of its start and bytes in memory of everything that ``root`` started, directly or not."""
    children: dict[int, list[tuple[int, str, int]]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            parent, start, size = _stat(int(entry))
            children.setdefault(parent, []).append((int(entry), start, size))
    found: dict[int, tuple[str, int]] = {}
    waiting = [root]
    while waiting:
        for number, start, size in children.get(waiting.pop(), ()):
            if start:
                found[number] = start, size
                waiting.append(number)
    return found


def _stat(number: int) -> tuple[int, str, int]:
    """Parent, time of start (empty for one that is gone or dead) and bytes in memory."""
    try:
        fields = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0, "", 0
    return int(fields[1]), "" if fields[0] in "ZX" else fields[19], int(fields[21]) * _PAGE
