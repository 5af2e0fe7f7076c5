"""The corpus as a list of items: every lemma and near miss of the claim files beside this module, with what is expected.

The one idea to know: a lemma is true and its near misses are false, unless the name of the lemma says otherwise:
``..._false`` is false, ``..._undefined`` and ``..._vacuous`` must not be proved and may end in any other way.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from checker.expr.node import Binder, Limit, Node, Rel, walk
from checker.prove.obligation import Obligation, Relation
from checker.spec.claim import Lemma
from checker.spec.load import load_paper

FOLDER = Path(__file__).parent


class Expected(StrEnum):
    """What an item is, by mathematics; fixed before any prover was asked."""

    TRUE = "true"
    FALSE = "false"
    UNPROVABLE = "not defined, or vacuous"


@dataclass(frozen=True, slots=True)
class Item:
    """One statement of the corpus: proved if every member is, refuted if one is (as the tool combines a family)."""

    name: str  # "limits/slow/one_over_log", with "#1" for its first near miss
    kind: str
    text: str
    expected: Expected
    members: tuple[Obligation, ...]

    @property
    def lemma(self) -> str:
        """The name that an item has in common with its near misses."""
        return self.name.partition("#")[0]


def corpus() -> tuple[Item, ...]:
    """Every item, in the order of the files.  Raises ``SpecErrors`` if a file is not a good claim file."""
    return tuple(item for path in sorted(FOLDER.glob("*.yaml")) for item in _of_file(path))


_LONG = frozenset({"sympy/limits/zeta", "kernels/gaussian_expectations/chi_mean"})  # most of their time, or all of it


def share(items: Sequence[Item]) -> tuple[Item, ...]:
    """The part that the test suite asks, always the same.

    One lemma of twelve with its near misses (by a sum over the name), the first lemma of each kind, without those that take
    longest, and all of what SymPy is known to answer wrongly in the first list of traps.
    """
    first = {item.kind: item.lemma for item in reversed(items)}
    asked = {item.lemma for item in items if "/sympy_" in item.name or zlib.crc32(item.lemma.encode()) % 12 == 1}
    return tuple(item for item in items if item.lemma in (asked | set(first.values())) - _LONG)


def _of_file(path: Path) -> Iterator[Item]:
    for claim in load_paper(path).claims:
        for lemma in claim.lemmas:
            assert not lemma.unsupported, (path.name, lemma.name, lemma.unsupported)
            name = f"{path.stem}/{claim.id}/{lemma.name}"
            kind = "definedness" if path.stem == "definedness" else _kind(lemma)
            yield Item(name, kind, lemma.text, _expected(lemma), tuple(member for _, member in lemma.members))
            for index, (text, members) in enumerate(lemma.near_misses, 1):
                yield Item(f"{name}#{index}", kind, text, Expected.FALSE, tuple(member for _, member in members))


def _expected(lemma: Lemma) -> Expected:
    if lemma.name.endswith("_false"):
        return Expected.FALSE
    return Expected.UNPROVABLE if lemma.name.endswith(("_undefined", "_vacuous")) else Expected.TRUE


def _kind(lemma: Lemma) -> str:
    """The kind of question; a relation is named after the hardest thing in it."""
    obligation = lemma.members[0][1]
    if not isinstance(obligation.question, Relation):
        return lemma.kind
    goal = obligation.question.goal
    found = {_binder(node) for node in walk(goal)}
    if "E(" in lemma.text:
        return "expectation"
    for word in ("Integral", "Sum", "Product", "Limit"):
        if word in found:
            return word.lower()
    if obligation.given:
        return "implication"
    return "identity" if isinstance(goal, Rel) and goal.op == "==" else "inequality"


def _binder(node: Node) -> str:
    match node:
        case Limit():
            return "Limit"
        case Binder(kind=kind):
            return str(kind)
    return ""
