"""How much work the reading of one file may buy: many small formulas together cost as much as one large one.

The one idea to know: work is *counted* (pieces of formulas read, nodes visited, names compared) and never timed, so that a
file which is refused on one machine is refused on every machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from difflib import get_close_matches

MAX_WORK = 400_000  # the largest file of the library needs two fifths
MAX_COMPARISONS = 5_000  # of an unknown name with known ones, to say which was meant
_LONGEST_NAME = 64


class TooMuchWorkError(Exception):
    """The formulas of the file together are too much; reading it ends here."""


@dataclass
class _Account:
    work: int
    comparisons: int


_ACCOUNT: ContextVar[_Account | None] = ContextVar("allowance", default=None)


@contextmanager
def one_file(work: int = MAX_WORK, comparisons: int = MAX_COMPARISONS) -> Iterator[None]:
    """Everything read inside of this block draws on one allowance."""
    token = _ACCOUNT.set(_Account(work, comparisons))
    try:
        yield
    finally:
        _ACCOUNT.reset(token)


def spend(work: int) -> None:
    """Count ``work``.  Raises ``TooMuchWorkError`` where the allowance is used up; outside of a file nothing is counted."""
    account = _ACCOUNT.get()
    if account is None:
        return
    account.work -= work
    if account.work < 0:
        raise TooMuchWorkError


def nearest_name(name: str, known: Iterable[str]) -> str:
    """The known name that ``name`` was probably meant to be; empty where none is near or enough has been compared."""
    if len(name) > _LONGEST_NAME:
        return ""
    candidates = sorted({other for other in known if len(other) <= _LONGEST_NAME})
    account = _ACCOUNT.get()
    if account is not None:
        account.comparisons -= len(candidates) * (1 + len(name) // 8)  # long names take long to compare
        if account.comparisons < 0:
            return ""
    close = get_close_matches(name, candidates, n=1, cutoff=0.6)
    if close:
        return close[0]
    lowered = {candidate.lower(): candidate for candidate in candidates}
    return lowered.get(name.lower(), "")
