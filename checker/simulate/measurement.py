"""What an experiment hands over: named observables with named axes, each computed at two precisions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Observable:
    """One named quantity of an experiment.

    ``values`` has shape ``(*[size of each axis in axes], *shape)``: the named axes first (``"seed"``, then sweep axes,
    then recorded axes such as ``"t"``; only those on which it depends), then the shape of one entry
    (``()`` scalar, ``(d,)`` vector, ``(n, d)`` matrix).  ``twin`` is the same at a coarser precision (halved solver tolerance
    or step); ``None`` where the value is exact up to rounding.  The difference of a quantity evaluated on both is its
    numerical error.
    """

    values: Array
    axes: tuple[str, ...]
    twin: Array | None = None


@dataclass(frozen=True, slots=True)
class Measurement:
    """The observables of one run over a batch of seeds, and the coordinates of every named axis."""

    observables: Mapping[str, Observable]
    coords: Mapping[str, Array]  # axis name -> coordinate values; "seed" included
    failures: Mapping[int, str] = field(default_factory=dict)  # seed -> why this instance is not evidence


@dataclass(frozen=True, slots=True)
class Field:
    """A scalar quantity over named axes: what the judge sees.  ``error`` is an absolute bound per entry, same shape."""

    values: Array
    error: Array
    axes: tuple[str, ...]
    coords: Mapping[str, Array]
