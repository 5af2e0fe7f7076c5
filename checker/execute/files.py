"""Files that are there whole or not at all, whoever is killed, and whoever writes beside us.

The one idea: write beside, flush to disk, rename over, under a lock on the folder that the system gives back when its holder
dies.  Whoever has the lock knows that every temporary file in the folder was left by somebody who is dead.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import secrets
import stat
import time
from collections.abc import Iterator
from pathlib import Path

_TEMPORARY = re.compile(r"\..+\.[0-9]+\.([0-9a-f]+\.)?tmp\Z")
_PATIENCE_S = 60.0
_PAUSE_S = 0.02


def put(path: Path, content: bytes, *, lasting: bool = True) -> None:
    """Put ``content`` at ``path`` in one step; a link there is replaced, not followed.

    ``lasting``: through a power cut, too, which costs a wait for the disk.  Raises ``OSError`` where the disk refuses, and
    leaves what was there, and nothing else, then.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}.tmp")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            if lasting:
                os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    if lasting:
        _flush_folder(path.parent)


def read_regular(path: Path, most: int) -> bytes:
    """The bytes of a regular file of at most ``most`` bytes; never through a link, never from a pipe.

    Raises ``OSError`` for everything else.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "not a regular file", str(path))
        if status.st_size > most:
            raise OSError(errno.EFBIG, "too large", str(path))
        return file.read(most)


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[bool]:
    """One writer at a time; leaves no file.  Yields whether there is such a lock: some network file systems have none.

    Raises ``OSError`` (``EBUSY``) where another process has held it for a minute, which only a stopped one does.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        yield _take(descriptor)
    finally:
        os.close(descriptor)


def _take(descriptor: int) -> bool:
    patience = time.monotonic() + _PATIENCE_S
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() >= patience:
                raise OSError(errno.EBUSY, "another check has been writing there for a minute") from None
            time.sleep(_PAUSE_S)
        except OSError:
            return False


def sweep(folder: Path) -> None:
    """Remove what killed writers left in ``folder``; call it only while holding the lock."""
    with contextlib.suppress(OSError):
        for entry in list(os.scandir(folder)):
            if _TEMPORARY.match(entry.name) and not entry.is_dir(follow_symlinks=False):
                os.unlink(entry.path)


def _flush_folder(folder: Path) -> None:
    """Make the renaming last through a power cut, where the file system lets a folder be flushed."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
