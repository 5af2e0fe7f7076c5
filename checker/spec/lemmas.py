"""From ``prove:`` entries to lemmas: one obligation per member of ``for:``, and the near misses that must be refuted.

The one idea to know: an obligation carries the domains of exactly the symbols it mentions, with every condition that
ties them to others, so what is asked of a prover is complete and nothing else.
"""

from __future__ import annotations

import itertools
import math
import operator
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from pydantic import ValidationError

from checker.expr.allowance import spend
from checker.expr.domain import Domain
from checker.expr.errors import ExpressionError
from checker.expr.node import Node, Num, Rel, substitute, symbols_of
from checker.expr.size import check_size
from checker.prove.obligation import Certificate, Obligation, Optimum, Question, Root
from checker.spec.bench import inside
from checker.spec.claim import Lemma
from checker.spec.constants import exact, rough
from checker.spec.errors import Path, nearest_name
from checker.spec.models import obligations as models
from checker.spec.questions import BUILDERS, Reader, UnreadableError, names_of, own_names, transformed
from checker.spec.reporter import Reporter, one_line
from checker.spec.scope import Implicit, Scope
from checker.spec.translate import look_up
from checker.spec.wording import in_latex, in_words

MAX_MEMBERS = 200
TIME_LIMIT = 10.0  # seconds for one member, as long as the file does not say otherwise
_HOLDS = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
_COMMON = frozenset({"controls", "because"})

Members = tuple[tuple[str, Obligation], ...]


def elaborate_lemma(
    name: str, model: models.Obligation, path: Path, scope: Scope, latex_names: Mapping[str, str], reporter: Reporter
) -> Lemma | None:
    """One ``prove:`` entry, or ``None`` (reported)."""
    kind = _kind_of(model)
    try:
        question, given, members = _family(kind, model, Reader(scope, path, reporter))
    except UnreadableError:
        return None
    near_misses = []
    for index, control in enumerate(getattr(model, "controls", ())):
        found = _near_miss(kind, control, (*path, "controls", index), path, scope, reporter)
        if found is None:
            continue
        text, missed = found
        if missed == members:
            message = "the control changes nothing and can never be refuted where this is true"
            reporter.warn((*path, "controls", index), message, code="idle-control")
        near_misses.append((text, missed))
    return Lemma(
        name=name,
        kind=kind,
        text=in_words(model),
        latex=in_latex(question, given, latex_names),
        covers=model.covers,
        members=members,
        near_misses=tuple(near_misses),
        time_limit=TIME_LIMIT if model.time_limit is None else float(model.time_limit),
        question=question,
    )


def implicit_lemma(one: Implicit, scope: Scope, latex_names: Mapping[str, str]) -> Lemma:
    """That a number defined by an equation, or as an optimum, exists and is the only one in its interval."""
    if one.kind == "solves":
        question: Question = Root(one.of, one.symbol, one.inside, lies_in=one.inside)
        text = f"{one.name}: exactly one solution in its interval"
    else:
        question = Optimum(one.of, one.symbol, one.inside, one.kind == "maximises", lies_in=one.inside)
        text = f"{one.name}: exactly one optimum in its interval"
    given, domains = _surroundings(scope, names_of(question), ())
    members = (("", Obligation(question, domains, given)),)
    return Lemma(
        f"{one.name}_is_defined",
        "root" if one.kind == "solves" else "optimum",
        text,
        in_latex(question, (), latex_names),
        "step",
        members,
    )


def _kind_of(model: models.Obligation) -> str:
    return next(key for key, kind in models.KINDS.items() if isinstance(model, kind))


def _near_miss(
    kind: str, control: Any, path: Path, original: Path, scope: Scope, reporter: Reporter
) -> tuple[str, Members] | None:
    """A control of an obligation: its fields over those of the original, read again from the start."""
    written: dict[str, Any] = look_up(reporter.tree.data, path)
    patch = {key: value for key, value in written.items() if key not in _COMMON}
    if not patch:
        reporter.error(path, "the control changes nothing", expected=f"a field of the obligation, such as {kind}")
        return None
    dropped = {
        other for pair in models.EXCLUSIVE for key in pair for other in pair if key in patch and other not in patch
    }
    whole: dict[str, Any] = look_up(reporter.tree.data, original)
    merged = {key: value for key, value in whole.items() if key not in _COMMON | dropped} | patch
    try:
        model = models.KINDS[kind].model_validate(merged)
    except ValidationError as error:
        reporter.validation(path, models.KINDS[kind], error)
        return None
    try:
        _, _, members = _family(kind, model, Reader(scope, original, reporter, path, frozenset(patch)))
    except UnreadableError:
        return None
    text = "; ".join(f"{key}: {_flat(value)}" for key, value in patch.items())
    return f"{text} ({control.because})", members


def _flat(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} = {_flat(item)}" for key, item in value.items())
    if isinstance(value, list):
        return f"[{', '.join(_flat(item) for item in value)}]"
    return " ".join(one_line(str(value)).split())


def _family(kind: str, model: models.Obligation, reader: Reader) -> tuple[Question, tuple[Node, ...], Members]:
    """The question, its hypotheses, and one obligation per member.  Raises ``UnreadableError``."""
    question = BUILDERS[kind](reader, model)
    own = isinstance(question, Certificate)
    given = () if own else tuple(reader.relation(text, "given", index) for index, text in enumerate(model.given))
    cases = _cases(model.for_, reader)
    mentioned = names_of(question).union(*(symbols_of(node) for node in given))
    _check_family(cases, mentioned, question, reader)
    members = []
    for case in cases:
        spend(1 + len(reader.scope.relations))
        values = {name: Num(value) for name, value in case.items()}
        try:
            asked = transformed(question, lambda node, v=values: check_size(substitute(node, v)))  # type: ignore[misc]
            hypotheses = tuple(check_size(substitute(node, values)) for node in given)
        except ExpressionError as error:
            reader.refuse("for", error.message, expected=error.expected)
        names = (mentioned - set(case)).union(*(symbols_of(node) for node in hypotheses))
        more, domains = _surroundings(reader.scope, names, hypotheses, values)
        if not own:
            _check_sizes(domains, reader)
        label = ", ".join(f"{name} = {value}" for name, value in case.items())
        members.append((label, Obligation(asked, domains, hypotheses + more)))
    return question, given, tuple(members)


def _cases(family: Any, reader: Reader) -> list[dict[str, Fraction]]:
    if not family:
        return [{}]
    if isinstance(family, list):
        cases: list[dict[str, Fraction]] = [dict(case) for case in family]
    else:
        names = list(family)
        count = math.prod(len(values) for values in family.values())  # counted before any of them is made
        if count > MAX_MEMBERS:
            reader.refuse("for", "too many members", str(count), f"at most {MAX_MEMBERS}")
        cases = [dict(zip(names, values, strict=True)) for values in itertools.product(*family.values())]
    if len({tuple(sorted(case)) for case in cases}) > 1:
        reader.refuse("for", "every case names the same symbols")
    return cases


def _check_family(
    cases: list[dict[str, Fraction]], mentioned: frozenset[str], question: Question, reader: Reader
) -> None:
    symbols = reader.scope.symbols
    sizes = {s for name in mentioned if name in symbols for shape in symbols[name].shape for s in symbols_of(shape)}
    for case in cases:
        for name, value in case.items():
            if name not in symbols or symbols[name].shape:
                nearest = nearest_name(name, symbols)
                reader.reporter.error(reader.at("for"), f"{name!r} is not a declared scalar symbol", nearest=nearest)
                raise UnreadableError
            if name in own_names(question):
                reader.refuse("for", f"{name!r} is the unknown of the obligation and has no fixed value")
            if name not in mentioned | sizes:
                reader.refuse("for", f"{name!r} does not occur in the obligation")
            if not inside(symbols[name], float(value)) or _excluded(reader.scope, case):
                reader.refuse("for", f"{value} is outside the domain of {name!r}")


def _excluded(scope: Scope, case: Mapping[str, Fraction]) -> bool:
    """Whether the values of a case violate a ``where`` that mentions no other symbol."""
    values = {name: float(value) for name, value in case.items()}
    for relation in scope.relations:
        if isinstance(relation, Rel) and symbols_of(relation) <= values.keys():
            left, right = rough(relation.left, values), rough(relation.right, values)
            if left is not None and right is not None and not _HOLDS[relation.op](left, right):
                return True
    return False


def _surroundings(
    scope: Scope, names: frozenset[str], given: tuple[Node, ...], values: Mapping[str, Num] | None = None
) -> tuple[tuple[Node, ...], dict[str, Domain]]:
    """Conditions that tie the named symbols together (with every symbol these bring in), and all their domains."""
    values = values or {}
    # What defines a number that is not mentioned says nothing here: that the number exists is an obligation of its own.
    idle = scope.implicit.keys() - names
    relations = [substitute(relation, values) for relation in scope.relations if not symbols_of(relation) & idle]
    known = set(names)
    chosen: list[Node] = []
    while True:
        more = [r for r in relations if r not in chosen and symbols_of(r) & known]
        if not more:
            break
        chosen += more
        known |= {name for relation in more for name in symbols_of(relation)}
    domains: dict[str, Domain] = {}
    for name in sorted(known):
        if name not in scope.symbols:
            continue
        domain = scope.symbols[name]
        shape = tuple(substitute(size, values) for size in domain.shape)
        fixed = tuple(Num(value) if (value := exact(size)) is not None else size for size in shape)
        domains[name] = Domain(
            domain.lo,
            domain.hi,
            domain.lo_open,
            domain.hi_open,
            domain.integer,
            domain.values,
            fixed,
            domain.rows,
            domain.psd,
        )
    return tuple(relation for relation in chosen if relation not in given), domains


def _check_sizes(domains: Mapping[str, Domain], reader: Reader) -> None:
    for name, domain in domains.items():
        open_sizes = sorted({s for size in domain.shape for s in symbols_of(size)})
        if open_sizes:
            wanted = f"for: {{{open_sizes[0]}: [2, 5]}}"
            reader.reporter.error(
                reader.reporter.existing(reader.near_miss or reader.path),
                f"the size {open_sizes[0]!r} of {name!r} is symbolic, and no prover knows all sizes",
                expected=wanted,
            )
            raise UnreadableError
