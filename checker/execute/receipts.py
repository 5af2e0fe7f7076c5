"""Receipts: what a finished run wrote, keyed by everything it depended on, so that nothing unchanged runs twice.

The key hashes the bytes of the claim file, the checker's own source, the versions of the engines and the options.  A
receipt carries a checksum of its content; one that does not match is treated as absent, never believed.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

ENGINES = (
    "clarabel", "cvxpy", "diffrax", "jax", "jaxlib", "numpy", "pydantic", "python-flint", "scipy", "sympy", "z3-solver",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a finished run found: its result as JSON, its summary lines and verdict, and the hash of each file it wrote."""

    result: str
    lines: tuple[str, ...]
    verdict: str
    verdicts: tuple[str, ...]
    hashes: Mapping[str, str]

    def stands(self, report: Path) -> bool:
        """Whether the report folder still holds exactly the files that the run wrote."""
        try:
            return all(file_hash(report / name) == digest for name, digest in self.hashes.items())
        except OSError:
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
    content = json.dumps(
        [hashlib.sha256(claim_bytes).hexdigest(), code_hash(), engine_versions(), dict(options)], sort_keys=True
    )
    return hashlib.sha256(content.encode()).hexdigest()


def folder() -> Path:
    """Where receipts are kept: ``$CHECK_CACHE_DIR``, else ``check`` in the user's cache folder."""
    named = os.environ.get("CHECK_CACHE_DIR")
    if named:
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "check"


def find(address: str) -> Receipt | None:
    """The receipt at ``address``, or ``None`` where there is none or it is damaged."""
    try:
        content = json.loads((folder() / f"{address}.json").read_text("utf-8"))
        body = content["receipt"]
        if content["checksum"] != _checksum(body):
            return None
        return Receipt(body["result"], tuple(body["lines"]), body["verdict"], tuple(body["verdicts"]), body["hashes"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def keep(address: str, receipt: Receipt) -> None:
    """Store a receipt; a cache that cannot be written is no error, the run has its result."""
    body = json.loads(json.dumps(asdict(receipt)))
    text = json.dumps({"receipt": body, "checksum": _checksum(body)}, sort_keys=True)
    with suppress(OSError):
        folder().mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=folder(), suffix=".tmp")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                stream.write(text)
            os.replace(temporary, folder() / f"{address}.json")
        except BaseException:
            os.unlink(temporary)
            raise


def _checksum(body: object) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
