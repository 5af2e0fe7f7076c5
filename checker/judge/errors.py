"""Evidence that cannot be judged."""

from __future__ import annotations

from collections.abc import Mapping


class EvidenceError(Exception):
    """NaN, a wrong sign under a log, a missing margin: the verdict is ERROR, never evidence.

    ``where`` locates the entry (axis name -> index into the sample), as far as there is one.
    """

    def __init__(self, message: str, where: Mapping[str, int] | None = None) -> None:
        super().__init__(message)
        self.where: Mapping[str, int] = dict(where or {})
