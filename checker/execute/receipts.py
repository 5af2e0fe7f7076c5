"""Receipts: what a finished run wrote, keyed by everything it depended on, so that nothing unchanged runs twice.

The key hashes the bytes of the claim file, the checker's own source, the versions of the engines and the options.  A
receipt carries that key and a checksum of its content; what does not match, is cut short, is not a plain file or has another
schema is treated as absent, never believed.  A checksum tells damage, not intent: whoever may write into the cache can write
receipts with fitting checksums, as he could change the checker itself.  So a folder that others may write to is not used.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import stat
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from checker.execute.files import locked, put, read_regular, sweep
from checker.verdict import Verdict

SCHEMA: Final = 2
LARGEST: Final = 128 * 2**20
"""Bytes of a receipt or journal; a larger file is not read."""
MOST_FILES: Final = 400
MOST_BYTES: Final = 512 * 2**20
"""The folder keeps the latest receipts and journals, up to this many and this much."""
# What changes the numbers that JAX computes, where, or which runs are begun, and is not an option of the command.
_SETTINGS: Final = ("CHECK_MEMORY", "CHECK_MINUTES", "CUDA_VISIBLE_DEVICES", "JAX_", "XLA_FLAGS")
_GPU: Final = Path("/dev/nvidiactl")

ENGINES = (
    "clarabel", "cvxpy", "diffrax", "equinox", "jax", "jax-cuda12-pjrt", "jaxlib", "lineax", "numpy", "optimistix",
    "pydantic", "python-flint", "ruamel.yaml", "scipy", "sympy", "z3-solver",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a finished run found: its result as JSON, its summary lines and verdict, and the hash of each file it wrote."""

    result: str
    lines: tuple[str, ...]
    verdict: str
    verdicts: tuple[str, ...]
    hashes: Mapping[str, str]

    def stands(self, report: Path, slug: str) -> bool:
        """Whether the report folder still holds exactly the files that the run wrote, and its index lists them."""
        try:
            kept = all(file_hash(report / name) == digest for name, digest in self.hashes.items())
            return kept and f"({slug}.md" in read_regular(report / "README.md", LARGEST).decode("utf-8")
        except (OSError, UnicodeDecodeError):
            return False


def file_hash(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def engine_versions() -> dict[str, str]:
    """Installed versions of the packages that a verdict depends on."""
    found = {}
    for name in ENGINES:
        with suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return found


def code_hash() -> str:
    """A hash of the checker's own source files."""
    root = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256()
    for file in sorted(root.rglob("*.py")):
        digest.update(file.relative_to(root).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def key(claim_bytes: bytes, options: Mapping[str, str | int]) -> str:
    """The address of a run: everything that its report follows from."""
    settings = {name: value for name, value in os.environ.items() if name.startswith(_SETTINGS)}
    machine = [platform.python_version(), platform.machine(), _GPU.exists(), settings]
    content = json.dumps(
        [SCHEMA, hashlib.sha256(claim_bytes).hexdigest(), code_hash(), engine_versions(), machine, dict(options)],
        sort_keys=True,
    )
    return hashlib.sha256(content.encode()).hexdigest()


def folder() -> Path:
    """Where receipts are kept: ``$CHECK_CACHE_DIR``, else ``check`` in the user's cache folder.

    Raises ``OSError`` where the user has no home.
    """
    named = os.environ.get("CHECK_CACHE_DIR")
    if named:
        return Path(named)
    general = os.environ.get("XDG_CACHE_HOME")
    try:
        return Path(general) / "check" if general else Path.home() / ".cache" / "check"
    except RuntimeError as error:
        raise OSError(str(error)) from None


def trusted(place: Path) -> str:
    """Why nothing is read from or written to the cache folder ``place``; empty where it is ours alone, or not there yet.

    A link, a folder of another user and one that everybody may write to are refused: what lies there may be anybody's.
    """
    try:
        status = os.lstat(place)
    except FileNotFoundError:
        return ""
    except OSError as error:
        return error.strerror or type(error).__name__
    if stat.S_ISLNK(status.st_mode):
        return "it is a symbolic link"
    if not stat.S_ISDIR(status.st_mode):
        return "it is not a folder"
    if status.st_uid != os.geteuid():
        return "it belongs to another user"
    if status.st_mode & stat.S_IWOTH:
        return "everybody may write to it"
    return ""


def cache() -> Path | None:
    """The cache folder, made if it is missing; ``None`` where there is none to be had or it is not to be trusted."""
    try:
        place = folder()
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        return place if not trusted(place) else None
    except OSError:
        return None


def find(address: str) -> Receipt | None:
    """The receipt at ``address``, or ``None`` where there is none or it is damaged."""
    place = cache()
    if place is None:
        return None
    try:
        content = json.loads(read_regular(place / f"{address}.json", LARGEST))
        body = content["receipt"]
        if content["checksum"] != checksum(address, body) or content["schema"] != SCHEMA:
            return None
        verdicts = tuple(Verdict(verdict).value for verdict in body["verdicts"])
        texts = (body["result"], *body["lines"], *body["hashes"], *body["hashes"].values())
        if not all(isinstance(text, str) for text in texts):
            return None
        return Receipt(body["result"], tuple(body["lines"]), Verdict(body["verdict"]).value, verdicts, body["hashes"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def keep(address: str, receipt: Receipt) -> None:
    """Store a receipt; a cache that cannot be written is no error, the run has its result."""
    place = cache()
    if place is None:
        return
    body = json.loads(json.dumps(asdict(receipt)))
    content = {"schema": SCHEMA, "receipt": body, "checksum": checksum(address, body)}
    with suppress(OSError), locked(place) as alone:
        if alone:
            sweep(place)
        put(place / f"{address}.json", json.dumps(content, sort_keys=True).encode())
        prune(place)


def prune(place: Path, files: int = MOST_FILES, size: int = MOST_BYTES) -> None:
    """Remove the receipts and journals that were written longest ago, beyond ``files`` of them or ``size`` bytes.

    Their order decides and not their age, so that a clock that jumps costs a receipt at most.
    """
    found = []
    for entry in os.scandir(place):
        with suppress(OSError):
            if entry.name.endswith((".json", ".journal")) and entry.is_file(follow_symlinks=False):
                status = entry.stat(follow_symlinks=False)
                found.append((status.st_mtime_ns, entry.path, status.st_size))
    total = 0
    for number, (_, path, bytes_) in enumerate(sorted(found, reverse=True), start=1):
        total += bytes_
        if number > files or total > size:
            with suppress(OSError):
                os.unlink(path)


def checksum(address: str, body: Any) -> str:
    """SHA-256 of JSON content and the address that it belongs to: a receipt of another run is none of this one."""
    return hashlib.sha256(json.dumps([SCHEMA, address, body], sort_keys=True).encode()).hexdigest()
