"""A peer in a process of its own: one request and one answer, each a line of JSON; arrays go through files.

The one idea to know: the child times itself, so neither its start nor the talk is counted; it works only when told to, so
that the variants of a comparison stay interleaved although they live in different environments.
"""

from __future__ import annotations

import json
import os
import selectors
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.timing import Spent

CHILDREN = Path(__file__).parent / "children"
_PATIENCE_S = 600.0


class PeerError(Exception):
    """A peer that ended, said nothing in time, or answered with an error; its one line."""


class Remote:
    """A running child that answers requests."""

    def __init__(self, python: Path, script: str) -> None:
        self._process = subprocess.Popen(
            [python, "-W", "ignore", CHILDREN / script], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True, bufsize=1, env={**os.environ, "PYTHONPATH": str(CHILDREN)},
        )  # fmt: skip

    def ask(self, action: str, **values: Any) -> dict[str, Any]:
        """The answer to one request; raises ``PeerError``."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        try:
            stdin.write(json.dumps({"action": action, **values}) + "\n")
            stdin.flush()
        except OSError:
            raise PeerError("the peer has ended") from None
        with selectors.DefaultSelector() as waiting:
            waiting.register(stdout, selectors.EVENT_READ)
            if not waiting.select(_PATIENCE_S):
                raise PeerError(f"the peer said nothing for {_PATIENCE_S:.0f} s")
        line = stdout.readline()
        if not line:
            raise PeerError("the peer has ended")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise PeerError(str(answer["error"])[:300])
        return answer

    def round(self, name: str) -> Spent:
        """One timed run of what was prepared under ``name``."""
        answer = self.ask("round", name=name)
        return Spent(float(answer["wall"]), float(answer["cpu"]))

    def close(self) -> None:
        """End the child."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()


@contextmanager
def remote(python: Path, script: str) -> Iterator[Remote]:
    """A child that ends with the block."""
    child = Remote(python, script)
    try:
        yield child
    finally:
        child.close()
