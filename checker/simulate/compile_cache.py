"""The cache of compiled programs, sealed: a program that was damaged, or written half, is compiled again and never run.

The one idea: JAX's own cache writes in place and trusts what it reads, with zstd not even a checksum; a program with a
flipped bit can crash the process or compute something else.  Here every entry begins with the hash of the rest.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import jax

from checker.execute.files import locked, put, read_regular, sweep
from checker.execute.receipts import trusted

MOST_BYTES: Final = 2**30
"""The folder keeps the programs used last, up to this much."""
_LARGEST: Final = 2**30
_SEAL: Final = hashlib.sha256().digest_size


class SealedCache:
    """What JAX asks of a cache: bytes by key, in one folder."""

    def __init__(self, folder: Path) -> None:
        self._path = folder  # JAX reads this name

    def get(self, key: str) -> bytes | None:
        """The bytes kept under ``key``, or ``None`` where there are none or they are not what was put there."""
        path = self._path / f"{key}-sealed"
        try:
            content = read_regular(path, _LARGEST)
        except OSError:
            return None
        if hashlib.sha256(key.encode() + content[_SEAL:]).digest() != content[:_SEAL]:
            return None
        with suppress(OSError):
            os.utime(path)
        return content[_SEAL:]

    def put(self, key: str, value: bytes) -> None:
        """Keep ``value``; a folder that cannot be written is no error."""
        seal = hashlib.sha256(key.encode() + value).digest()
        with suppress(OSError), locked(self._path):
            put(self._path / f"{key}-sealed", seal + value, lasting=False)


def install(folder: Path) -> None:
    """Have JAX keep its compiled programs in ``folder``; do nothing where this JAX has no place for a cache of ours."""
    if trusted(folder) or not _replace_jax_cache():
        return
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with locked(folder) as alone:
            if alone:
                sweep(folder)
                _prune(folder, MOST_BYTES)
        jax.config.update("jax_compilation_cache_dir", str(folder))  # type: ignore[no-untyped-call]
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)  # type: ignore[no-untyped-call]
        jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)  # type: ignore[no-untyped-call]


def _replace_jax_cache() -> bool:
    """Put ours where JAX makes its file cache.  Not a public interface: without it nothing is kept between runs."""
    try:
        from jax._src import compilation_cache
    except ImportError:
        return False
    if not hasattr(compilation_cache, "get_file_cache"):
        return False

    def sealed(path: str) -> tuple[Any, str]:
        return SealedCache(Path(path)), path

    compilation_cache.get_file_cache = sealed
    return True


def _prune(folder: Path, most: int) -> None:
    """Remove the programs used longest ago, beyond ``most`` bytes; and what JAX's own cache wrote there, unsealed."""
    found = []
    for entry in os.scandir(folder):
        with suppress(OSError):
            if entry.name.endswith(("-cache", "-atime")):
                os.unlink(entry.path)
            elif entry.is_file(follow_symlinks=False):
                status = entry.stat(follow_symlinks=False)
                found.append((status.st_mtime_ns, entry.path, status.st_size))
    total = 0
    for _, path, size in sorted(found, reverse=True):
        total += size
        if total > most:
            with suppress(OSError):
                os.unlink(path)
