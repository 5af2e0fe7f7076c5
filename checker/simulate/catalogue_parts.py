"""What data and models a claim may ask for: their parameters, not their computation.

Light on purpose (pydantic only): linting a claim reads these and must not import JAX.  The computation of each is
registered under the same model in ``data.py`` and ``models.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import Field, model_validator

from checker.simulate.catalogue_line import LineData
from checker.simulate.leaves import Component, Count, Expression, Locals, Number, Whole

Size: TypeAlias = int | str
Labels: TypeAlias = Literal["random_signs", "ones"]
MAX_ENTRIES = 20_000_000


def size_of(value: object) -> Size:
    """A size as it is known before the run: a whole number, or the text of a formula."""
    return value if isinstance(value, int) else str(value)


def _limit(what: str, *sizes: object) -> None:
    entries = 1
    for size in sizes:
        entries *= size if isinstance(size, int) else 1
    if entries > MAX_ENTRIES:
        raise ValueError(f"{what} of {entries} entries ({entries * 8 / 2**20:.0f} MiB); the limit is {MAX_ENTRIES}")
    if any(isinstance(size, int) and size < 1 for size in sizes):
        raise ValueError(f"{what} needs at least one point and one dimension")


# data ---------------------------------------------------------------------------------------------------------------


class SeparableData(Component):
    """Rows y_n x_n: standard normal, moved by ``shift`` along a random unit vector e; rows with e.(y_n x_n) < 0 are
    mirrored, and moved on by ``margin``: e.(y_n x_n) = margin + |normal + shift|.

    So e separates the data by construction; labels are random signs.  ``flip`` turns the labels of the first points
    around afterwards (the data are then not separated by e any more, and the certificate is not asserted; others may separate
    them).  ``opposed`` points at the end repeat the first ones with the other label, and then nothing separates the data.
    ``held_out`` standard normal points with labels independent of them are published beside, for validation.
    """

    COUNTS: ClassVar[frozenset[str]] = frozenset({"points", "dimension"})
    kind: Literal["separable"]
    points: Count
    dimension: Count
    shift: Number = 2.5
    margin: Number = 0.0
    flip: Whole = 0
    opposed: Whole = 0
    held_out: Whole = 0

    @model_validator(mode="after")
    def _sizes(self) -> SeparableData:
        _limit("data", self.points, self.dimension)
        if isinstance(self.points, int) and 2 * self.opposed > self.points:
            raise ValueError(f"opposed: {self.opposed} points and as many that they repeat exceed {self.points}")
        _limit("held-out data", max(1, self.held_out), self.dimension)
        return self


class SeparableClassesData(Component):
    """K classes that a linear model separates: labels y_n in 0..K-1, x_n standard normal plus ``shift`` times e_{y_n}.

    e_0 .. e_{K-1} are random orthonormal vectors (``planes``) and y_n is the largest of e_k . x_n before the shift, so
    every e_{y_n} . x_n exceeds its competitors by more than ``shift``.  ``pairs`` has the rows of the K-class max-margin
    problem: pairs @ w >= 1 says w_{y_n} . x_n >= w_k . x_n + 1 for each n and k != y_n, w the rows of W side by side.
    ``one_vs_all`` has those of K separate binary problems: y_nk w_k . x_n >= 1 with y_nk = 1 for k = y_n, else -1.
    """

    COUNTS: ClassVar[frozenset[str]] = frozenset({"points", "dimension"})
    kind: Literal["separable_classes"]
    points: Count
    dimension: Count
    classes: Whole
    shift: Number = 1.0

    @model_validator(mode="after")
    def _sizes(self) -> SeparableClassesData:
        _limit("pairs", self.points, self.classes, self.classes, self.dimension)
        if isinstance(self.dimension, int) and not 2 <= self.classes <= self.dimension:
            raise ValueError(f"classes: expected 2 to {self.dimension} (the dimension), found {self.classes}")
        return self


class GaussianData(Component):
    """Rows x_n standard normal times ``scale``; labels independent of them."""

    COUNTS: ClassVar[frozenset[str]] = frozenset({"points", "dimension"})
    kind: Literal["gaussian"]
    points: Count
    dimension: Count
    scale: Number = 1.0
    labels: Labels = "random_signs"

    @model_validator(mode="after")
    def _sizes(self) -> GaussianData:
        _limit("data", self.points, self.dimension)
        return self


class SphereData(Component):
    """Rows x_n uniform on the unit sphere; labels independent of them, or `planted`: the formula `target` in `p`.

    p = e . x_n with e a random unit vector (published as `direction`); the label is p itself where `target` is left
    out.  ``held_out`` points from the same law, with labels of the same kind, are published beside, for validation.
    """

    COUNTS: ClassVar[frozenset[str]] = frozenset({"points", "dimension"})
    LOCALS: ClassVar[Mapping[str, Locals]] = {"target": {"p": ()}}
    kind: Literal["sphere"]
    points: Count
    dimension: Count
    labels: Literal["random_signs", "ones", "planted"] = "random_signs"
    target: Expression | None = None
    held_out: Whole = 0

    @model_validator(mode="after")
    def _sizes(self) -> SphereData:
        _limit("data", self.points, self.dimension)
        _limit("held-out data", max(1, self.held_out), self.dimension)
        if self.target is not None and self.labels != "planted":
            raise ValueError("target: only `labels: planted` reads it")
        return self


class TwoViewsData(Component):
    """Two standard normal views of each point, X1 and X2, side by side in X; all labels 1.

    The second view of the first ``blind`` points is zero: a part of the model that reads X2 alone cannot fit them.
    ``blind`` may not exceed the dimension of the first view, so that the blind points can be fitted (almost surely);
    the others can be fitted by either view while they are at most ``dimensions[1]``.
    """

    kind: Literal["two_views"]
    points: Whole
    dimensions: tuple[Whole, Whole]
    blind: Whole = 0

    @model_validator(mode="after")
    def _sizes(self) -> TwoViewsData:
        _limit("data", self.points, self.dimensions[0])
        _limit("data", self.points, self.dimensions[1])
        if self.blind > min(self.points, self.dimensions[0]):
            raise ValueError(f"blind: {self.blind} points cannot be fitted by {self.dimensions[0]} dimensions")
        if self.points - self.blind > self.dimensions[1]:
            raise ValueError(f"points: {self.points - self.blind} seeing points exceed the {self.dimensions[1]} of X2")
        return self


class GivenData(Component):
    """Exact arrays of the claim: rows ``X`` and labels ``y``."""

    kind: Literal["given"]
    X: tuple[tuple[Number, ...], ...]
    y: tuple[Number, ...]

    @model_validator(mode="after")
    def _sizes(self) -> GivenData:
        if not self.X or not self.X[0]:
            raise ValueError("X needs at least one row and one column")
        if len({len(row) for row in self.X}) != 1:
            raise ValueError(f"rows of X differ in length: {sorted({len(row) for row in self.X})}")
        if len(self.y) != len(self.X):
            raise ValueError(f"y has {len(self.y)} entries for {len(self.X)} rows of X")
        _limit("data", len(self.X), len(self.X[0]))
        return self


Data: TypeAlias = Annotated[
    SeparableData | SeparableClassesData | GaussianData | SphereData | TwoViewsData | LineData | GivenData,
    Field(discriminator="kind"),
]


def data_shape(data: Component) -> tuple[Size, Size]:
    """``(points, dimension)`` of the matrix X that ``data`` publishes."""
    if isinstance(data, GivenData):
        return len(data.X), len(data.X[0])
    if isinstance(data, TwoViewsData):
        return data.points, sum(data.dimensions)
    if isinstance(data, LineData):
        return size_of(data.points), 1
    assert isinstance(data, SeparableData | SeparableClassesData | GaussianData | SphereData)
    return size_of(data.points), size_of(data.dimension)


# models -------------------------------------------------------------------------------------------------------------


class LinearModel(Component):
    """f(x) = theta . x."""

    kind: Literal["linear"]


class LinearClassesModel(Component):
    """K linear scores w_k . x; the margin of a point is -log(sum_{k != y} exp(-(w_y - w_k) . x)), its soft minimum.

    The cross entropy is then the logistic loss of the margin, ``log(1 + exp(-u))``, with 1 - p_y = sigmoid(-u) summed
    over the other classes in the log domain.  theta is W row by row.
    """

    kind: Literal["linear_classes"]
    classes: Whole

    @model_validator(mode="after")
    def _classes(self) -> LinearClassesModel:
        if not 2 <= self.classes <= 1000:
            raise ValueError(f"classes: expected 2 to 1000, found {self.classes}")
        return self


class DiagonalModel(Component):
    """f(x) = x . beta with beta = u_1 * ... * u_D (``product``) or u^D - v^D (``difference``), entrywise."""

    COUNTS: ClassVar[frozenset[str]] = frozenset({"depth"})
    kind: Literal["diagonal"]
    depth: Count = 2
    form: Literal["product", "difference"] = "product"

    @model_validator(mode="after")
    def _depth(self) -> DiagonalModel:
        if isinstance(self.depth, int) and not 1 <= self.depth <= 64:
            raise ValueError(f"depth: expected 1 to 64, found {self.depth}")
        return self


class ScalarChainModel(Component):
    """f(x) = (v . x) s_1 ... s_{q-1}: homogeneous of degree ``depth`` = q, as deep as a net gets with width one."""

    COUNTS: ClassVar[frozenset[str]] = frozenset({"depth"})
    kind: Literal["scalar_chain"]
    depth: Count

    @model_validator(mode="after")
    def _depth(self) -> ScalarChainModel:
        if isinstance(self.depth, int) and not 1 <= self.depth <= 64:
            raise ValueError(f"depth: expected 1 to 64, found {self.depth}")
        return self


class FormulaModel(Component):
    """The margins themselves as formulas in the parameter vector ``theta``; no data are read."""

    LOCALS: ClassVar[Mapping[str, Locals]] = {"margins": {"theta": ("dimension",)}}
    kind: Literal["formula"]
    dimension: Whole
    margins: tuple[Expression, ...]

    @model_validator(mode="after")
    def _sizes(self) -> FormulaModel:
        if not 1 <= self.dimension <= 1000:
            raise ValueError(f"dimension: expected 1 to 1000, found {self.dimension}")
        if not 1 <= len(self.margins) <= 1000:
            raise ValueError(f"margins: expected 1 to 1000 formulas, found {len(self.margins)}")
        return self


PartModel: TypeAlias = Annotated[LinearModel | DiagonalModel | ScalarChainModel, Field(discriminator="kind")]


class Part(Component):
    """One member of a sum, on all inputs or on the columns ``inputs: [lo, hi]`` (hi excluded)."""

    model: PartModel
    inputs: tuple[Whole, Whole] | None = None

    @model_validator(mode="after")
    def _columns(self) -> Part:
        if self.inputs is not None and self.inputs[0] >= self.inputs[1]:
            raise ValueError(f"inputs: expected [lo, hi] with lo < hi, found {list(self.inputs)}")
        return self


class SumModel(Component):
    """f(x) = f_1(x; theta_1) + ... + f_K(x; theta_K), parameters of the parts side by side in theta."""

    kind: Literal["sum"]
    parts: tuple[Part, ...] = Field(min_length=1, max_length=16)


Model: TypeAlias = Annotated[
    LinearModel | LinearClassesModel | DiagonalModel | ScalarChainModel | FormulaModel | SumModel,
    Field(discriminator="kind"),
]


def parameter_count(model: Component, dimension: Size) -> Size:
    """Length of theta on inputs of that dimension; a text where it is only known in the run."""
    if isinstance(model, FormulaModel):
        return model.dimension
    if isinstance(model, SumModel):
        sizes = []
        for part in model.parts:
            width = dimension if part.inputs is None else part.inputs[1] - part.inputs[0]
            sizes.append(parameter_count(part.model, width))
        known = [size for size in sizes if isinstance(size, int)]
        return sum(known) if len(known) == len(sizes) else " + ".join(map(str, sizes))
    if isinstance(model, LinearModel):
        return dimension
    if isinstance(model, LinearClassesModel):
        return model.classes * dimension if isinstance(dimension, int) else f"{model.classes}*{dimension}"
    assert isinstance(model, DiagonalModel | ScalarChainModel)
    depth = size_of(model.depth)
    if not (isinstance(depth, int) and isinstance(dimension, int)):
        return f"parameters({depth}, {dimension})"
    if isinstance(model, ScalarChainModel):
        return dimension + depth - 1
    return dimension * (depth if model.form == "product" else 2)
