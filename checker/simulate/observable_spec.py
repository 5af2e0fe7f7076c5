"""What an experiment says it publishes, before anything runs: names, recorded axes and shapes."""

from __future__ import annotations

from dataclasses import dataclass

from checker.simulate.catalogue_parts import Size


@dataclass(frozen=True, slots=True)
class ObservableSpec:
    """What one observable is: recorded ``axes`` beyond seed and sweep, ``shape`` of one entry, its meaning.

    A text in ``shape`` is a size that only the run knows; ``shape=None`` is the shape declared for the symbol of
    that name.
    """

    axes: tuple[str, ...]
    shape: tuple[Size, ...] | None
    meaning: str
