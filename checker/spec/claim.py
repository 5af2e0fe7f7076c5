"""A claim after reading: every text parsed, every name resolved, every default filled in.

The pydantic models of the file (``models.py``) say what a contributor may write; the frozen dataclasses here say what
the provers, the experiments and the judge receive.  ``elaborate.py`` makes these from those.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel

from checker.expr.domain import Domain
from checker.expr.namespace import Law
from checker.expr.node import Node
from checker.judge.prediction import Kind, Over, Within
from checker.prove.obligation import Obligation, Question


@dataclass(frozen=True, slots=True)
class Reference:
    """A per-instance truth: a convex program solved by code on each instance, its residual asserted.

    ``variables`` maps each unknown to its shape (expressions over data sizes).  ``duals`` names the dual vector of each
    constraint, in order, where the file asks for one.  Its values are published as ``name.unknown``, ``name.dual``,
    ``name.value``.
    """

    name: str
    minimise: Node
    variables: Mapping[str, tuple[Node, ...]]
    subject_to: tuple[Node, ...]
    duals: tuple[str | None, ...]
    residual_below: float


@dataclass(frozen=True, slots=True)
class Axis:
    """One sweep axis with its values; ``name`` is the sweep symbol."""

    name: str
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """An experiment with its parameters, ready to be measured.

    ``params`` is the experiment's own pydantic model from ``checker/simulate/catalogue.py``; its numeric leaves are
    numbers or ``Node`` (sweep symbols, data, references, definitions already substituted).  ``sweep`` is a product of
    axes; ``cases`` (a list of maps that go together) become one axis named ``case`` whose symbols are in
    ``case_values``.  Equal runs have equal ``key`` (a hash of all content), so that one run feeds many claims.
    """

    name: str
    experiment: str
    params: BaseModel
    sweep: tuple[Axis, ...] = ()
    case_values: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    references: Mapping[str, Reference] = field(default_factory=dict)
    domains: Mapping[str, Domain] = field(default_factory=dict)
    require: tuple[tuple[str, Node], ...] = ()  # (text, condition)
    may_diverge: bool = False
    seeds: int | None = None  # a fixed number of instances, e.g. 1 for a deterministic run on given data
    key: str = ""
    arms: Mapping[str, BaseModel] = field(default_factory=dict)  # other parameters on the same seeds: "observable.arm"
    laws: Mapping[str, Law] = field(default_factory=dict)  # of the symbols that the experiment draws


@dataclass(frozen=True, slots=True)
class Expectation:
    """The prediction of a check, still symbolic: evaluated on the axes of the run before the judge sees it."""

    kind: Kind
    target: Node
    text: str  # as written, for the report: "rate: m**(-1/2)"
    over: Mapping[str, Over]
    within: Within | None = None
    upper: Node | None = None
    axis: str | None = None  # "as:"
    until: tuple[float, float] | None = None
    start: float | None = None  # "from:"
    to_zero: bool = False
    clock: Node | None = None
    correction: Node | None = None
    strength: Literal["tight", "upper", "lower", "approximation"] = "tight"
    up_to: Literal["constant", "logs"] = "constant"
    strictly: bool = False
    attained: bool = False
    by: float | None = None
    level: float | None = None
    bounded: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """A quantity and what is predicted of it.

    ``where`` selects cells; ``keep`` conditions on instances, at least a share of them.
    """

    name: str
    quantity: Node
    quantity_text: str
    expectation: Expectation
    where: Node | None = None
    keep: Node | None = None
    keep_share: float = 0.0


@dataclass(frozen=True, slots=True)
class Control:
    """A near miss: the checks of a measurement with one thing changed.

    ``checks`` are the patched checks (those the patch applies to); ``run`` is the patched run, or ``None`` to reuse the
    measurement.  ``original_on_patched`` holds the unpatched checks when run *and* prediction are patched (rule
    2: they must PASS there).  ``at`` pins sweep or recorded coordinates.  ``suspended`` names assumptions whose check
    does not apply.
    """

    text: str
    because: str
    form: Literal["prediction", "let", "with", "drop"]
    checks: tuple[Check, ...]
    run: Run | None = None
    original_on_patched: tuple[Check, ...] = ()
    at: Mapping[str, float] = field(default_factory=dict)
    suspended: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Assumption:
    """A named hypothesis: enforced ``by`` data, model, ..., or checked on every instance, or only declared."""

    name: str
    statement: str
    by: str | None
    check: Node | None
    check_text: str = ""


@dataclass(frozen=True, slots=True)
class Measure:
    """One run and the checks and controls that read it."""

    run: Run
    checks: tuple[Check, ...]
    controls: tuple[Control, ...]
    assumptions: tuple[Assumption, ...] = ()
    let: Mapping[str, str] = field(default_factory=dict)  # the measurement's own definitions, as written
    unsupported: str = ""  # what the language has and nobody built: the verdict is UNSUPPORTED, there are no checks


@dataclass(frozen=True, slots=True)
class Lemma:
    """A ``prove:`` entry: its members (one per value of ``for:``) and its own near misses, which must be refuted."""

    name: str
    kind: str  # "show", "root", "impossible", ...
    text: str  # as written, one line
    latex: str
    covers: Literal["step", "case", "claim"]
    members: tuple[tuple[str, Obligation], ...]  # (label such as "N = 5", obligation)
    near_misses: tuple[tuple[str, tuple[tuple[str, Obligation], ...]], ...] = ()  # (text, members)
    time_limit: float = 10.0
    memory_limit: int = 2 * 1024**3
    unsupported: str = ""  # why no engine can be asked; there are no members then
    question: Question | None = None  # what the members have in common, before the values of `for:` are put in


@dataclass(frozen=True, slots=True)
class Finding:
    """What is true instead of a literal claim that does not hold, and where that is shown."""

    instead: str
    shown_by: str


@dataclass(frozen=True, slots=True)
class Claim:
    """One statement of the paper, ready to be verified."""

    id: str
    statement: str
    source: Mapping[str, str]
    origin: Literal["paper", "derived"]
    strength: Literal["tight", "upper", "lower", "approximation"] | None
    assumptions: tuple[Assumption, ...]
    lemmas: tuple[Lemma, ...]
    measures: tuple[Measure, ...]
    expected: str = "PASS"
    finding: Finding | None = None
    proxy: str | None = None
    unchecked: str | None = None
    not_shown: str | None = None
    notes: str | None = None


@dataclass(frozen=True, slots=True)
class Paper:
    """A claim file after reading."""

    slug: str
    path: str
    title: str
    arxiv: str | None
    authors: tuple[str, ...]
    year: int | None
    claims: tuple[Claim, ...]
    notation: tuple[tuple[str, str, str], ...] = ()  # (name, LaTeX or "", what it is) in the order of the file
    notes: str | None = None
    warnings: tuple[str, ...] = ()  # what lint has to say
    content_hash: str = ""
    family: str | None = None
