"""Make an input that got through small: drop pieces of it as long as it still gets through."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tests.hostile.inputs import Input


def shrunk(one: Input, escapes: Callable[[Input], bool], tries: int = 200) -> Input:
    """The smallest input found within ``tries`` questions for which ``escapes`` still holds."""
    size = max(1, len(one.content) // 2)
    while size and tries > 0:
        place, changed = 0, False
        while place < len(one.content) and tries > 0:
            smaller = replace(one, content=one.content[:place] + one.content[place + size :])
            tries -= 1
            if smaller.content and escapes(smaller):
                one, changed = smaller, True
            else:
                place += size
        size = size if changed and size > 1 else size // 2
    return one
