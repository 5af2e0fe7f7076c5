"""How much memory this process may take: what the machine, or the container, has to give, and no more.

The one idea: a request that cannot be met must fail here, where it is the ERROR of one claim, and not wake the system's killer,
who ends the whole run.  Address space says nothing (JAX reserves plenty of it); memory that is written to is what counts.
"""

from __future__ import annotations

import re
import resource
from contextlib import suppress
from pathlib import Path

_MEMINFO, _STATUS = Path("/proc/meminfo"), Path("/proc/self/status")
_CGROUP = Path("/sys/fs/cgroup")
_GPU = Path("/dev/nvidiactl")


def available() -> int | None:
    """Bytes that can still be had without swapping, or ``None`` where nobody says so."""
    sizes = [_kibibytes(_MEMINFO, "MemAvailable"), _left_in_cgroup()]
    known = [size for size in sizes if size is not None]
    return min(known, default=None)


def limit_to_available() -> None:
    """Have requests beyond ``available()`` refused from now on; on Linux, where data in use can be limited.

    Not beside a GPU, whose driver maps more than it uses.
    """
    if _GPU.exists():
        return
    more, used = available(), _kibibytes(_STATUS, "VmData")
    if more is None or used is None:
        return
    with suppress(ValueError, OSError):
        soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
        limits = [used + more, *(limit for limit in (soft, hard) if limit != resource.RLIM_INFINITY)]
        resource.setrlimit(resource.RLIMIT_DATA, (min(limits), hard))


def _kibibytes(path: Path, name: str) -> int | None:
    with suppress(OSError):
        found = re.search(rf"^{name}:\s+(\d+) kB$", path.read_text(), re.MULTILINE)
        return None if found is None else int(found[1]) * 1024
    return None


def _left_in_cgroup() -> int | None:
    """What the container's limit leaves, the cache of files counted as free."""
    try:
        most = (_CGROUP / "memory.max").read_text().strip()
        if most == "max":
            return None
        used = int((_CGROUP / "memory.current").read_text())
        found = re.search(r"^inactive_file (\d+)$", (_CGROUP / "memory.stat").read_text(), re.MULTILINE)
        return max(0, int(most) - used + (int(found[1]) if found else 0))
    except (OSError, ValueError):
        return None
