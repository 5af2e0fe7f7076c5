"""Progress for people: a live table on a terminal, plain lines in a pipe.  Always on standard error."""

from __future__ import annotations

import sys
import threading
import time
from types import TracebackType
from typing import TYPE_CHECKING, Protocol

from checker.process import complain
from checker.verify.progress import Event

if TYPE_CHECKING:
    from rich.table import Table

_COLOURS = {
    "PASS": "green", "FAIL": "red", "ERROR": "red", "DISAGREE": "red", "VACUOUS": "red", "INCONCLUSIVE": "yellow",
    "UNSUPPORTED": "yellow",
}  # fmt: skip


class Display(Protocol):
    """A listener with a beginning and an end."""

    def __enter__(self) -> Display:
        """Begin to show."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the terminal as it was."""

    def __call__(self, event: Event) -> None:
        """Hear of one event."""


def display(*, quiet: bool) -> Display:
    """The display that fits standard error."""
    if quiet:
        return Lines(silent=True)
    return Live() if sys.stderr.isatty() else Lines()


class Lines:
    """One plain line per obligation answered, check decided or claim decided."""

    def __init__(self, silent: bool = False) -> None:
        self._silent = silent
        self._lock = threading.Lock()

    def __enter__(self) -> Lines:
        """Nothing to prepare."""
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        """Nothing to put away."""

    def __call__(self, event: Event) -> None:
        """Print the event; batches are left out, they are for the live table."""
        if self._silent or event.kind in ("batch", "claim"):
            return
        count = f" ({event.done}/{event.total})" if event.total else ""
        with self._lock:
            complain(f"{event.target}: {event.text}{count}")


class Live:
    """A table of claims: what each is doing, seconds so far, obligations answered, verdict."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.live import Live as RichLive

        self._rows: dict[str, dict[str, str]] = {}
        self._began: dict[str, float] = {}
        self._lock = threading.Lock()
        self._live = RichLive(
            get_renderable=self._table, console=Console(stderr=True), refresh_per_second=4, transient=True
        )

    def __enter__(self) -> Live:
        """Take over the lower part of the terminal."""
        self._live.start()
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        """Give it back, cursor included."""
        self._live.stop()

    def __call__(self, event: Event) -> None:
        """Write the event into its row."""
        with self._lock:
            row = self._rows.setdefault(event.target, {"proofs": "", "doing": "", "verdict": ""})
            self._began.setdefault(event.target, time.monotonic())
            if event.kind == "obligation":
                row["proofs"] = event.text
            elif event.kind == "verdict":
                row["verdict"], row["doing"] = event.text, ""
                row["seconds"] = f"{time.monotonic() - self._began[event.target]:.0f} s"
            else:
                row["doing"] = event.text

    def _table(self) -> Table:
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, padding=(0, 2, 0, 0))
        for title in ("claim", "last obligation", "now", "time", "verdict"):
            table.add_column(title, no_wrap=True)
        with self._lock:
            for target, row in self._rows.items():
                seconds = row.get("seconds") or f"{time.monotonic() - self._began[target]:.0f} s"
                verdict = Text(row["verdict"], style=_COLOURS.get(row["verdict"], ""))
                table.add_row(Text(target), Text(row["proofs"]), Text(row["doing"]), seconds, verdict)
        return table
