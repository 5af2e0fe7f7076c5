"""A wall-time limit for work that nobody can interrupt: compilation and simulation in this process.

The one idea to know: a thread inside native code cannot be stopped, only left behind.  Whoever waited for it has an answer;
until the command ends, which waits for nobody (``checker.process.leave``), it goes on using a core.  A child for each
measurement could be killed, but would import JAX and trace every program anew, which is most of the time of a run.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class OutOfTime(Exception):
    """The work did not end within its limit; it says nothing about the claim."""

    def __init__(self, what: str, seconds: float) -> None:
        super().__init__(f"{what} did not end within its time limit of {seconds:g} s")


def within(seconds: float | None, what: str, work: Callable[[], T]) -> T:
    """What ``work()`` returns or raises; raises ``OutOfTime`` after ``seconds`` of wall time (``None``: no limit)."""
    if seconds is None:
        return work()
    results: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:  # handed to the waiting thread
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True, name=what)
    thread.start()
    thread.join(seconds)
    if errors:
        raise errors[0]
    if results:
        return results[0]
    raise OutOfTime(what, seconds)
