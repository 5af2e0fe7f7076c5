"""What a run tells while it works: events that a terminal, a pipe or a test may listen to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

REMEMBERED: Final = " (from the receipt)"
"""What an event says of an answer that an earlier run has found."""


@dataclass(frozen=True, slots=True)
class Event:
    """One step of a run.

    ``kind`` is ``claim`` (a claim begins), ``obligation`` (one answer has come), ``batch`` (a simulation step begins),
    ``mutants`` (all of a claim's are judged), ``verdict`` (a claim is decided) or ``paper`` (a file is done).
    """

    kind: str
    target: str  # slug/claim, or slug
    text: str
    done: int = 0
    total: int = 0


class Listener(Protocol):
    """Anything that wants to hear of events; called from the thread where they happen."""

    def __call__(self, event: Event) -> None:
        """Hear of one event."""


def silent(event: Event) -> None:
    """The listener of a library call that asked for none."""


def silent_text(text: str) -> None:
    """The same for plain texts."""
