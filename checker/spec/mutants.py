"""Mutants of a lemma: its question changed in the standard ways, to see whether the provers would notice.

The one idea to know: which mutants are made depends on the formulas only, never on what dies.  Of every operator (constant,
sign, term, hypothesis, ...) the first place is taken before any second one, so that a score says something of all kinds
of mistakes.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import zip_longest
from typing import Any, TypeVar

from checker.expr.build import plus, times
from checker.expr.errors import ExpressionError, UnsupportedError
from checker.expr.node import MINUS_ONE, Node, num
from checker.expr.size import check_size
from checker.expr.text import text
from checker.prove import obligation as asked
from checker.prove.obligation import Bracket, Obligation, Question
from checker.spec.claim import Lemma
from checker.spec.constants import exact
from checker.spec.mutated_trees import TENTH, Edit, edits, shown

OPERATORS = (
    "relation", "place", "hypothesis", "constant", "term", "exponent", "sign", "factor", "function", "strictness",
)  # fmt: skip
_DOMAIN = frozenset({"inside", "about"})  # where the question is asked, which is not what it claims
_BRACKET = "lies_in"
_AT_A_SITE = 4  # places of one operator in one formula; expanded definitions have hundreds

Slot = tuple[str | int, ...]
Alternative = tuple[str, Question, tuple[Node, ...] | None]  # words, question, hypothesis left out
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Variant:
    """A neighbour of a lemma: what was changed, the part that changed as text, and one obligation per member."""

    change: str
    text: str
    members: tuple[Obligation, ...]


@dataclass(frozen=True, slots=True)
class LemmaMutant:
    """One mutant: alternatives in order of preference, of which the first that does not say less than the lemma counts."""

    operator: str
    variants: tuple[Variant, ...]


def lemma_mutants(lemma: Lemma) -> tuple[LemmaMutant, ...]:
    """The mutants of a lemma, the ones to be asked first in front; none where it has no members.

    Mutants equal to each other or to the lemma are left out.  That a mutant says the same in other words, or less, is for
    an engine to see.
    """
    members = tuple(obligation for _, obligation in lemma.members)
    if not members:
        return ()
    template = lemma.question if lemma.question is not None else members[0].question
    groups: dict[str, list[LemmaMutant]] = {}
    seen = {_key(members)}
    for operator, variants in (*_special(template, members), *_edited(template, members)):
        fresh = []
        for one in variants:
            key = _key(one.members)
            if key not in seen:
                seen.add(key)
                fresh.append(one)
        if fresh:
            groups.setdefault(operator, []).append(LemmaMutant(operator, tuple(fresh)))
    return tuple(in_turn([groups[operator] for operator in OPERATORS if operator in groups]))


def in_turn(groups: Sequence[Sequence[T]]) -> Iterator[T]:
    """The first of every group, then the second of every group, and so on."""
    for row in zip_longest(*([(item,) for item in group] for group in groups), fillvalue=()):
        for cell in row:
            yield from cell


def slots(question: Question) -> list[tuple[Slot, Node]]:
    """The formulas of a question that say what it claims, with their addresses."""
    found: list[tuple[Slot, Node]] = []

    def visit(value: Any, slot: Slot) -> None:
        if isinstance(value, Node):
            found.append((slot, value))
        elif isinstance(value, Mapping):
            for key, item in value.items():
                visit(item, (*slot, key))
        elif isinstance(value, tuple):
            for index, item in enumerate(value):
                visit(item, (*slot, index))

    for part in dataclasses.fields(question):
        if part.name not in _DOMAIN and part.name != _BRACKET:
            visit(getattr(question, part.name), (part.name,))
    return found


def with_slot(question: Question, slot: Slot, node: Node) -> Question:
    """The question with another formula at an address that ``slots`` gave."""

    def put(value: Any, rest: Slot) -> Any:
        if not rest:
            return node
        if isinstance(value, Mapping):
            return {key: put(item, rest[1:]) if key == rest[0] else item for key, item in value.items()}
        return tuple(put(item, rest[1:]) if index == rest[0] else item for index, item in enumerate(value))

    name = str(slot[0])
    return dataclasses.replace(question, **{name: put(getattr(question, name), slot[1:])})


def _key(members: Sequence[Obligation]) -> tuple[object, ...]:
    """What tells two families apart; questions hold mappings, which cannot be hashed themselves."""
    return tuple((type(one.question), tuple(slots(one.question)), _plain(one.question), one.given) for one in members)


def _plain(question: Question) -> tuple[object, ...]:
    """The parts of a question that are no formulas of a claim: order, direction, interval."""
    parts = (getattr(question, part.name) for part in dataclasses.fields(question))
    return tuple(part for part in parts if isinstance(part, str | int | bool | tuple | Node))


# --- edits of the formulas ------------------------------------------------------------------------------------------


def _edited(template: Question, members: Sequence[Obligation]) -> Iterator[tuple[str, tuple[Variant, ...]]]:
    """The edits of all formulas: of each operator one in every formula before a second one in any."""
    step = _step(template)
    by_operator: dict[str, list[list[tuple[Variant, ...]]]] = {}
    # Reversed, a condition that holds somewhere may well hold elsewhere too.
    relations = not isinstance(template, asked.Exists)
    for slot, tree in slots(template):
        mine: dict[str, list[tuple[Variant, ...]]] = {}
        for alternatives in edits(tree, step, relations):
            held = mine.setdefault(alternatives[0].operator, [])
            if len(held) >= _AT_A_SITE or (
                alternatives[0].operator == "strictness" and isinstance(template, asked.KKT)
            ):
                continue
            made = tuple(one for edit in alternatives if (one := _variant(edit, slot, template, members)) is not None)
            if made:
                held.append(made)
        for operator, variants in mine.items():
            by_operator.setdefault(operator, []).append(variants)
    for operator, groups in by_operator.items():
        yield from ((operator, variants) for variants in in_turn(groups))


def _variant(edit: Edit, slot: Slot, template: Question, members: Sequence[Obligation]) -> Variant | None:
    """The edit made in every member, or ``None`` where a member has something else at that place."""
    try:
        words = _field(slot, edit.applied(_at(template, slot)))
        changed = tuple(
            dataclasses.replace(
                one, question=with_slot(one.question, slot, check_size(edit.applied(_at(one.question, slot))))
            )
            for one in members
        )
    except (LookupError, ExpressionError, UnsupportedError):
        return None
    return Variant(edit.words, words, changed)


def _at(question: Question, slot: Slot) -> Node:
    value: Any = getattr(question, str(slot[0]))
    for key in slot[1:]:
        value = value[key]
    assert isinstance(value, Node)
    return value


def _field(slot: Slot, node: Node) -> str:
    """A changed formula and, where a question has several, which of them it is."""
    name, *rest = slot
    where = " ".join(
        [str(name).replace("_", " "), *(str(part + 1) if isinstance(part, int) else part for part in rest)]
    )
    return text(node) if name in ("goal", "show") else f"{where}: {text(node)}"


def _step(question: Question) -> Fraction:
    """How far a literal is moved: a tenth, or twice the relative width of the interval that the question claims."""
    bracket = getattr(question, _BRACKET, None)
    ends = [exact(end) for end in bracket] if bracket is not None else []
    if len(ends) != 2 or ends[0] is None or ends[1] is None:
        return TENTH
    size = max(abs(ends[0]), abs(ends[1]))
    return max(TENTH, min(Fraction(1, 2), 2 * (ends[1] - ends[0]) / size)) if size else TENTH


# --- what belongs to one kind of question ---------------------------------------------------------------------------


def _special(template: Question, members: Sequence[Obligation]) -> Iterator[tuple[str, tuple[Variant, ...]]]:
    """Hypotheses left out, intervals and witnesses moved, orders and starts shifted, the direction turned."""
    questions = [one.question for one in members]
    for index in range(len(members[0].given)):
        if all(len(one.given) > index for one in members):
            left_out = members[0].given[index]
            kept = tuple(dataclasses.replace(one, given=one.given[:index] + one.given[index + 1 :]) for one in members)
            change = f"hypothesis dropped: {shown(left_out)}"
            yield "hypothesis", (Variant(change, f"without {shown(left_out)}", kept),)
    for operator, change, words, alter in _shifts(template):
        changed = tuple(
            dataclasses.replace(one, question=alter(question)) for one, question in zip(members, questions, strict=True)
        )
        yield operator, (Variant(change, words, changed),)


def _shifts(question: Question) -> Iterator[tuple[str, str, str, Any]]:
    """(operator, change, text, what is done to the question of each member)."""
    match question:
        case asked.Root() | asked.Optimum() | asked.Enclosure() if question.lies_in is not None:
            for beyond in (True, False):
                lo, hi = _moved(question.lies_in, beyond)
                side = "above" if beyond else "below"
                yield (
                    "place", f"interval moved {side}", f"lies in [{text(lo)}, {text(hi)}]",
                    lambda q, b=beyond: dataclasses.replace(q, lies_in=_moved(q.lies_in, b)),
                )  # fmt: skip
    match question:
        case asked.Optimum(maximise=maximise):
            other = "minimum" if maximise else "maximum"
            yield (
                "relation", f"{other} instead", f"the {other} of {shown(question.of)}",
                lambda q: dataclasses.replace(q, maximise=not q.maximise),
            )  # fmt: skip
        case asked.Series(order=order):
            yield (
                "place", f"order {order} -> {order + 1}", f"error O(…**{order + 1})",
                lambda q: dataclasses.replace(q, order=q.order + 1),
            )  # fmt: skip
        case asked.Induction(start=start, symbol=symbol):
            yield (
                "place", f"start {start} -> {start - 1}", f"for every {symbol} >= {start - 1}",
                lambda q: dataclasses.replace(q, start=q.start - 1),
            )  # fmt: skip
        case asked.Impossible(conditions=conditions) if len(conditions) > 1:
            for index, condition in enumerate(conditions):
                yield (
                    "hypothesis", f"condition dropped: {shown(condition)}", f"without {shown(condition)}",
                    lambda q, i=index: dataclasses.replace(q, conditions=q.conditions[:i] + q.conditions[i + 1 :]),
                )  # fmt: skip
        case asked.Certificate(squares=squares):
            for index, square in enumerate(squares):
                yield (
                    "hypothesis", f"square dropped: {shown(square)}", f"without the square {shown(square)}",
                    lambda q, i=index: dataclasses.replace(q, squares=q.squares[:i] + q.squares[i + 1 :]),
                )  # fmt: skip


def _moved(bracket: Bracket, above: bool) -> Bracket:
    """The interval of the same width that begins where this one ends, or ends where it begins."""
    lo, hi = bracket
    if above:
        return hi, plus((times((num(2), hi)), times((MINUS_ONE, lo))))
    return plus((times((num(2), lo)), times((MINUS_ONE, hi)))), lo
