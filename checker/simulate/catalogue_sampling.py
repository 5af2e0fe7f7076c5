"""Experiments on random draws: symbols from their laws or domains, averages over many of them, spectra.

The one idea to know: a symbol with a ``law`` is drawn from it and any other from its domain, so the declaration that
``E(...)`` reads in a proof is the one that is sampled.  Light on purpose (pydantic only).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import AfterValidator, Field, PlainSerializer, PlainValidator, WithJsonSchema, model_validator

from checker.expr.errors import ExpressionError
from checker.expr.functions import FORMS, FUNCTIONS
from checker.expr.namespace import check_name
from checker.expr.node import Node
from checker.simulate.catalogue_parts import Data
from checker.simulate.leaves import Component, Count, Expression, Formula, Locals, Number, Whole

MAX_SAMPLES = 10**18
"""Beyond it nobody counts; what a run can afford is far less (``budget.py``)."""
MAX_HELD = 2**30
"""The most bytes that the values behind quantiles may take."""


def _published(name: str) -> str:
    """A name that an author gives to something measured; dots are ours (``name.se``)."""
    try:
        check_name(name)
    except ExpressionError as error:
        raise ValueError(str(error)) from None
    if "." in name or name in FUNCTIONS or name in FORMS:
        raise ValueError(f"{name!r} is a function of the language or has a dot; expected another name")
    return name


def _samples(value: Any) -> int | Formula | Node:
    if isinstance(value, Node | Formula):
        return value
    text = str(value).strip()
    try:
        count = float(text)
    except ValueError:
        return Formula(text)
    if isinstance(value, bool) or not (count == count // 1 and count >= 2):
        raise ValueError(f"expected a whole number of at least 2, found {text[:40]}")
    if count > MAX_SAMPLES:
        raise ValueError(f"{count:.3g} samples; the limit is {MAX_SAMPLES:.0e}")
    return int(count)


Published: TypeAlias = Annotated[str, AfterValidator(_published)]
Samples: TypeAlias = Annotated[
    int | Formula | Node,
    PlainValidator(_samples),
    PlainSerializer(lambda value: value if isinstance(value, int) else str(value)),
    WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "string", "maxLength": 4000}]}),
]
"""How many independent draws: a whole number or a formula for one."""
Formulas: TypeAlias = Mapping[Published, Expression]


def one_meaning(groups: Iterable[Iterable[str]], draw: Iterable[str]) -> None:
    """Raise ``ValueError`` where a published name occurs twice, or names a drawn symbol."""
    seen = set(draw)
    for group in groups:
        for name in group:
            if name in seen:
                raise ValueError(f"{name!r} is drawn or published twice; one name, one meaning")
            seen.add(name)


class Drawn(Component):
    """What is random: symbols named in ``draw``, from their laws or else from their domains, and ``data``.

    ``sizes`` gives the sizes in their shapes; ``ranges`` bounds those whose domain is unbounded; ``law`` is uniform,
    or uniform in the logarithm for positive domains (a symbol with a law of its own is drawn from that).
    """

    COUNTS: ClassVar[frozenset[str]] = frozenset({"sizes"})
    draw: tuple[str, ...] = Field(default=(), max_length=64)
    sizes: Mapping[str, Count] = Field(default_factory=dict)
    ranges: Mapping[str, tuple[Number, Number]] = Field(default_factory=dict)
    law: Literal["uniform", "log_uniform"] = "uniform"
    data: Data | None = None

    @property
    def given(self) -> frozenset[str]:
        """Symbols of the file that have a value in the formulas of the experiment."""
        return frozenset(self.draw)

    @model_validator(mode="after")
    def _draws(self) -> Drawn:
        if len(set(self.draw)) != len(self.draw):
            raise ValueError(f"draw: a symbol is named twice in {list(self.draw)}")
        unknown = sorted(set(self.ranges) - set(self.draw))
        if unknown:
            raise ValueError(f"ranges: {unknown[0]!r} is not drawn")
        return self


class EvaluateParams(Drawn):
    """Draw symbols from their laws or declared domains, or data, and evaluate: no training.

    ``sizes`` gives the sizes in their shapes; ``ranges`` bounds those whose domain is unbounded; ``law`` is uniform,
    or uniform in the logarithm for positive domains (a symbol with a law of its own is drawn from that).
    ``values`` names formulas that are evaluated where the arrays are, one number for each cell: for sweeps of a size,
    along which the arrays themselves differ in shape and are not published.
    """

    values: Formulas = Field(default_factory=dict, max_length=64)

    @model_validator(mode="after")
    def _names(self) -> EvaluateParams:
        one_meaning((self.values,), self.draw)
        return self


class Quantile(Component):
    """The value below which the share ``at`` of the samples of ``of`` lies (interpolated linearly)."""

    of: Expression
    at: Number

    @model_validator(mode="after")
    def _share(self) -> Quantile:
        if isinstance(self.at, float | int) and not 0 <= self.at <= 1:
            raise ValueError(f"at: expected a share from 0 to 1, found {self.at}")
        return self


class MonteCarloParams(Component):
    """Averages over ``samples`` independent draws of symbols with a law, for each seed and each cell of the sweep.

    ``means``, ``maxima``, ``minima`` and ``quantiles`` name formulas over the drawn symbols and the sweep; each is
    published as one number, a mean with its standard error ``name.se`` beside it.  The draws of a seed are the same for
    every cell of the sweep, every formula and every arm (common random numbers), and are held a few thousand at a time.
    """

    COUNTS: ClassVar[frozenset[str]] = frozenset({"sizes", "samples"})
    draw: tuple[str, ...] = Field(min_length=1, max_length=64)
    sizes: Mapping[str, Count] = Field(default_factory=dict)
    samples: Samples
    means: Formulas = Field(default_factory=dict, max_length=64)
    maxima: Formulas = Field(default_factory=dict, max_length=64)
    minima: Formulas = Field(default_factory=dict, max_length=64)
    quantiles: Mapping[Published, Quantile] = Field(default_factory=dict, max_length=16)

    @property
    def given(self) -> frozenset[str]:
        """Symbols of the file that have a value in the formulas of the experiment."""
        return frozenset(self.draw)

    @model_validator(mode="after")
    def _limits(self) -> MonteCarloParams:
        if len(set(self.draw)) != len(self.draw):
            raise ValueError(f"draw: a symbol is named twice in {list(self.draw)}")
        one_meaning((self.means, self.maxima, self.minima, self.quantiles), self.draw)
        if not (self.means or self.maxima or self.minima or self.quantiles):
            raise ValueError("nothing is measured; expected means, maxima, minima or quantiles")
        if isinstance(self.samples, int):
            held = 8 * self.samples * len(self.quantiles)
            if held > MAX_HELD:
                raise ValueError(f"quantiles hold all samples, {held / 2**20:.0f} MiB; the limit is {MAX_HELD // 2**20}")
        return self


MAX_MATRIX = 4096
MAX_DEGREE = 512


class SpectrumParams(Drawn):
    """Eigenvalues of symmetric matrices, singular values of any and roots of polynomials, each a formula over draws, data
    and the sweep.

    ``name`` is published largest first on the axis ``i`` (1, 2, ...; the first ``top`` of them), with ``name.largest``,
    ``name.smallest`` and ``name.trace`` (the sum of all).  A matrix that is not symmetric has no ``eigenvalues`` here:
    the instance is no evidence.  ``polynomials`` are formulas in ``z``, whose exponents may be swept (``z**(tau + 1)``):
    ``name.radius`` is the largest modulus of the roots, below 1 where the recursion with that characteristic polynomial is
    stable.
    """

    LOCALS: ClassVar[Mapping[str, Locals]] = {"polynomials": {"z": ()}}
    eigenvalues: Formulas = Field(default_factory=dict, max_length=16)
    singular_values: Formulas = Field(default_factory=dict, max_length=16)
    polynomials: Formulas = Field(default_factory=dict, max_length=16)
    top: Whole | None = None

    @model_validator(mode="after")
    def _limits(self) -> SpectrumParams:
        one_meaning((self.eigenvalues, self.singular_values, self.polynomials), self.draw)
        if not (self.eigenvalues or self.singular_values or self.polynomials):
            raise ValueError("nothing is measured; expected eigenvalues, singular_values or polynomials")
        if self.top is not None and not 1 <= self.top <= MAX_MATRIX:
            raise ValueError(f"top: expected 1 to {MAX_MATRIX}, found {self.top}")
        return self
