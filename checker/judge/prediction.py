"""What the judge is given: arrays with named axes on one side, a prediction as numbers on the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Literal, TypeAlias

from checker.verdict import How, Verdict

if TYPE_CHECKING:  # the claim language imports this module, and reading a claim file must not wait for NumPy
    import numpy as np
    import numpy.typing as npt

Array: TypeAlias = "npt.NDArray[np.float64]"


class Kind(StrEnum):
    """The predicates of the claim language."""

    EQUALS = "equals"
    AT_MOST = "at_most"
    AT_LEAST = "at_least"
    BETWEEN = "between"
    LESS_THAN = "less_than"
    RATE = "rate"
    RATE_AT_MOST = "rate_at_most"
    RATE_AT_LEAST = "rate_at_least"
    LIMIT = "limit"
    MONOTONE = "monotone"


@dataclass(frozen=True, slots=True)
class Over:
    """How one axis is taken together: ``every``, ``mean``, ``median``, ``max``, ``last`` or ``fraction >= level``.

    ``margin`` is the indifference zone of a fraction over seeds: a probability above ``level - margin`` may pass.
    """

    rule: Literal["every", "mean", "median", "max", "last", "fraction"]
    level: float | None = None
    margin: float = 0.0


@dataclass(frozen=True, slots=True)
class Within:
    """The declared margin: ``below`` and ``above`` the prediction, relative to its size or absolute."""

    below: float
    above: float
    relative: bool = False


@dataclass(frozen=True, slots=True)
class Along:
    """The axis of a rate, limit or monotone claim, and where it is read.

    ``until`` is ``None`` for "as axis -> oo" (extrapolated) or the closed range on which an effective exponent is
    claimed.  ``start`` discards smaller sizes before anything is looked at.  ``clock`` are the values the rate is
    measured against when they are not the axis' own (e.g. log t), one per coordinate.
    """

    axis: str
    until: tuple[float, float] | None = None
    start: float | None = None
    clock: Array | None = None
    to_zero: bool = False  # "as axis -> 0": the size variable is 1/axis


@dataclass(frozen=True, slots=True)
class Prediction:
    """A predicate with its numbers.

    ``target`` is broadcastable to the sample's ``(seed, *axes)``: the value, the bound, the limit, for rates the form f
    on the axis, for ``monotone`` the direction (+1 rising, -1 falling).  ``upper`` is the second bound of ``between``.
    ``correction`` is the declared next-order term on the axis ``along``.
    """

    kind: Kind
    target: Array
    over: Mapping[str, Over]
    within: Within | None = None
    upper: Array | None = None
    along: Along | None = None
    correction: Array | None = None
    strength: Literal["tight", "upper", "lower", "approximation"] = "tight"
    up_to: Literal["constant", "logs"] = "constant"
    strictly: bool = False
    attained: bool = False
    by: float | None = None
    level: float | None = None
    bounded: tuple[float, float] | None = None  # the declared range of the data, unlocks the betting interval
    instances: int | None = None  # how many instances a claim for every instance was declared on; fewer never pass


@dataclass(frozen=True, slots=True)
class Interval:
    """``lo <= truth <= hi`` at the look's confidence level, numerical error included."""

    lo: float
    hi: float


@dataclass(frozen=True, slots=True)
class Region:
    """The nested regions of a prediction; ``inner`` is inside ``outer``; infinite ends are allowed."""

    inner: Interval
    outer: Interval


@dataclass(frozen=True, slots=True)
class Cell:
    """One interval against one region: a sweep point, a coordinate (p or q) of a rate, an instance."""

    label: str
    interval: Interval | None
    region: Region
    verdict: Verdict | None  # None: straddles, more evidence may decide
    note: str = ""


@dataclass(frozen=True, slots=True)
class Fit:
    """One least-squares fit behind an extrapolated number: the ``sizes`` largest sizes, from ``first`` on, with the
    next-order ``term`` beside the ``coordinate`` (p, q or limit).

    ``estimate`` +- (``half`` + 2 ``drift``) is its interval, drift being what smaller windows move beyond noise.
    ``chosen``: its window is the one whose hull over the terms is the interval of the verdict.
    """

    coordinate: str
    first: float
    sizes: int
    term: str
    estimate: float
    half: float
    drift: float
    chosen: bool


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the judge says of one prediction on one sample at one look.

    ``verdict`` None means "not decided by this evidence".  ``worst`` locates the entry that decided (axis name ->
    index, ``"seed"`` included) so that it can be shown and replayed.  ``table`` is a header and rows of text-ready
    numbers; ``trace`` holds arrays for the plot (for rates: local exponents and their sizes).
    """

    verdict: Verdict | None
    how: How | None
    reason: str
    cells: tuple[Cell, ...] = ()
    worst: Mapping[str, int] = field(default_factory=dict)
    seeds_needed: int | None = None
    more_seeds_help: bool = True
    header: tuple[str, ...] = ()
    rows: tuple[tuple[str | float, ...], ...] = ()
    trace: Mapping[str, Array] = field(default_factory=dict)
    fits: tuple[Fit, ...] = ()  # of the cell and instance that decided; rates and limits only
