"""From the model of an obligation to the question that a prover is asked, and how it reads in words and in LaTeX.

The one idea to know: one builder per kind, each turning texts into trees in one scope; a new kind is a model, a
question class and a row here.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from checker.expr.errors import ExpressionError
from checker.expr.node import Add, And, Node, Rel, num, substitute, symbols_of
from checker.prove import obligation as asked
from checker.spec.constants import exact
from checker.spec.errors import Path, quote
from checker.spec.models import obligations as models
from checker.spec.reporter import Reporter
from checker.spec.scope import Scope


class UnreadableError(Exception):
    """A formula of the obligation could not be read; the reason is reported."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Parses the fields of one obligation, whose keys stand under ``path``."""

    scope: Scope
    path: Path
    reporter: Reporter
    near_miss: Path = ()  # where a near miss writes the fields in ``patched``
    patched: frozenset[str] = frozenset()

    def at(self, *below: str | int) -> Path:
        """Where the field that starts ``below`` is written."""
        base = self.near_miss if self.near_miss and str(below[0]) in self.patched else self.path
        return self.reporter.existing((*base, *below))

    def refuse(self, below: str, message: str, found: str = "", expected: str = "") -> NoReturn:
        """Report a field and give the obligation up."""
        self.reporter.error(self.at(below), message, found=found, expected=expected)
        raise UnreadableError

    def node(self, text: str, *below: str | int) -> Node:
        """The tree of ``text``; reports and raises ``UnreadableError`` otherwise."""
        try:
            return self.scope.parse(text)
        except ExpressionError as error:
            self.reporter.expression(self.at(*below), text, error)
            raise UnreadableError from None

    def relation(self, text: str, *below: str | int) -> Node:
        """The same, which has to be a relation or a conjunction of relations."""
        node = self.node(text, *below)
        parts = node.args if isinstance(node, And) else (node,)
        if not all(isinstance(part, Rel) for part in parts):
            message = "not a relation"
            expected = "left == right, <=, < or a conjunction"
            self.reporter.error(self.at(*below), message, found=quote(text), expected=expected)
            raise UnreadableError
        return node

    def bracket(self, texts: list[str], below: str) -> tuple[Node, Node]:
        """Two ends, the first not above the second where both are numbers."""
        lo, hi = (self.node(text, below, index) for index, text in enumerate(texts))
        first, last = exact(lo), exact(hi)
        if first is not None and last is not None and first >= last:
            self.refuse(below, "an empty interval", found=f"[{texts[0]}, {texts[1]}]")
        return lo, hi

    def unknown(self, name: str, below: str) -> str:
        """A name that has to be a declared scalar symbol."""
        domain = self.scope.symbols.get(name)
        if domain is None or domain.shape:
            message = f"{name!r} is not declared" if domain is None else f"{name!r} is an array"
            self.refuse(below, message, expected="a scalar symbol of the file")
        return name


Builder = Callable[[Reader, models.Obligation], asked.Question]


def _show(reader: Reader, model: models.Obligation) -> asked.Question:
    assert isinstance(model, models.Show)
    return asked.Relation(reader.relation(model.show, "show"))


def _root(reader: Reader, model: models.Obligation) -> asked.Question:
    assert isinstance(model, models.Root)
    symbol = reader.unknown(model.root, "root")
    lies_in = reader.bracket(model.lies_in, "lies_in") if model.lies_in is not None else None
    equals = reader.node(model.equals, "equals") if model.equals is not None else None
    return asked.Root(reader.node(model.of, "of"), symbol, reader.bracket(model.in_, "in"), lies_in, equals)


def _roots(reader: Reader, model: models.Obligation) -> asked.Question:
    assert isinstance(model, models.Roots)
    symbol = reader.unknown(model.roots, "roots")
    return asked.Roots(reader.node(model.of, "of"), symbol, reader.node(model.radius, "radius"))


def _optimum(reader: Reader, model: models.Obligation) -> asked.Question:
    assert isinstance(model, models.Optimum)
    symbol = reader.unknown(model.optimum, "optimum")
    maximise = model.maximise is not None
    text, key = (model.maximise, "maximise") if maximise else (model.minimise, "minimise")
    assert text is not None
    return asked.Optimum(
        reader.node(text, key),
        symbol,
        reader.bracket(model.in_, "in"),
        maximise,
        reader.bracket(model.lies_in, "lies_in") if model.lies_in is not None else None,
        reader.node(model.equals, "equals") if model.equals is not None else None,
        reader.node(model.value, "value") if model.value is not None else None,
    )


def _kkt(reader: Reader, model: models.Obligation) -> asked.Question:
    assert isinstance(model, models.Kkt)
    if len(model.multipliers) != len(model.kkt.subject_to):
        expected = f"one for each of {len(model.kkt.subject_to)} constraints"
        reader.refuse("multipliers", "the wrong number", str(len(model.multipliers)), expected)
    return asked.KKT(
        reader.node(model.kkt.minimise, "kkt", "minimise"),
        tuple(reader.unknown(name, "at") for name in model.at),
        tuple(reader.relation(text, "kkt", "subject_to", i) for i, text in enumerate(model.kkt.subject_to)),
        {name: reader.node(text, "at", name) for name, text in model.at.items()},
        tuple(reader.node(text, "multipliers", i) for i, text in enumerate(model.multipliers)),
    )


def _ode(reader: Reader, model: models.Obligation) -> asked.Question:
    assert isinstance(model, models.Ode)
    variable = reader.unknown(model.time, "time")
    rhs = {reader.unknown(name, "ode"): reader.node(text, "ode", name) for name, text in model.ode.items()}
    for key, given in (("solution", model.solution), ("initial", model.initial)):
        if given is not None and set(given) != set(rhs):
            reader.refuse(key, "the unknowns of the equation and these differ", ", ".join(given), ", ".join(rhs))
    return asked.Ode(
        variable,
        rhs,
        {n: reader.node(t, "solution", n) for n, t in model.solution.items()} if model.solution is not None else None,
        {n: reader.node(t, "initial", n) for n, t in model.initial.items()} if model.initial is not None else None,
        reader.node(model.conserved, "conserved") if model.conserved is not None else None,
    )


def _series(reader: Reader, model: models.Obligation) -> asked.Question:
    assert isinstance(model, models.Series)
    symbol = reader.unknown(model.series, "series")
    about = reader.node(model.about, "about")
    small = reader.node(model.error.text, "error")
    if not _is_shift(small, symbol, about):
        expected = f"O({symbol}**k)" if exact(about) == 0 else f"O(({symbol} - ({model.about}))**k)"
        reader.refuse("error", "not a power of what tends to 0", quote(model.error.text), expected)
    return asked.Series(
        reader.node(model.of, "of"), symbol, about, reader.node(model.equals, "equals"), model.error.power
    )


def _is_shift(node: Node, symbol: str, about: Node) -> bool:
    """Whether ``node`` is the symbol minus the point, tried exactly at two values."""
    values = [exact(substitute(node, {symbol: Add((about, num(shift)))})) for shift in (1, 2)]
    return values == [1, 2] and symbols_of(node) <= {symbol} | symbols_of(about)


def _induction(reader: Reader, model: models.Obligation) -> asked.Question:
    assert isinstance(model, models.Induction)
    symbol = reader.unknown(model.induction, "induction")
    return asked.Induction(symbol, model.from_, reader.relation(model.show, "show"))


def _exists(reader: Reader, model: models.Obligation) -> asked.Question:
    assert isinstance(model, models.Exists)
    conditions = tuple(reader.relation(text, "exists", i) for i, text in enumerate(model.exists))
    if model.witness is None:
        return asked.Exists(conditions)
    return asked.Exists(
        conditions, {reader.unknown(n, "witness"): reader.node(t, "witness", n) for n, t in model.witness.items()}
    )


def _impossible(reader: Reader, model: models.Obligation) -> asked.Question:
    assert isinstance(model, models.Impossible)
    return asked.Impossible(tuple(reader.relation(text, "impossible", i) for i, text in enumerate(model.impossible)))


def _certificate(reader: Reader, model: models.Obligation) -> asked.Question:
    assert isinstance(model, models.Certificate)
    if len(model.multipliers) != len(model.given):
        expected = f"one for each of {len(model.given)} in given"
        reader.refuse("multipliers", "the wrong number", str(len(model.multipliers)), expected)
    return asked.Certificate(
        reader.relation(model.certificate, "certificate"),
        tuple(reader.relation(text, "given", i) for i, text in enumerate(model.given)),
        tuple(reader.node(text, "multipliers", i) for i, text in enumerate(model.multipliers)),
        tuple(reader.node(text, "squares", i) for i, text in enumerate(model.squares)),
    )


def _enclosure(reader: Reader, model: models.Obligation) -> asked.Question:
    assert isinstance(model, models.Enclosure)
    return asked.Enclosure(reader.node(model.enclosure, "enclosure"), reader.bracket(model.lies_in, "lies_in"))


BUILDERS: Mapping[str, Builder] = {
    "show": _show,
    "root": _root,
    "roots": _roots,
    "optimum": _optimum,
    "kkt": _kkt,
    "ode": _ode,
    "series": _series,
    "induction": _induction,
    "exists": _exists,
    "impossible": _impossible,
    "certificate": _certificate,
    "enclosure": _enclosure,
}


def transformed(question: asked.Question, change: Callable[[Node], Node]) -> asked.Question:
    """The question with ``change`` applied to every tree in it."""

    def visit(value: Any) -> Any:
        if isinstance(value, Node):
            return change(value)
        if isinstance(value, tuple):
            return tuple(visit(item) for item in value)
        if isinstance(value, Mapping):
            return {key: visit(item) for key, item in value.items()}
        return value

    parts = {part.name: visit(getattr(question, part.name)) for part in dataclasses.fields(question)}
    return dataclasses.replace(question, **parts)


def names_of(question: asked.Question) -> frozenset[str]:
    """Every symbol of a question: those in its trees, and those it is about."""
    found: set[str] = set()

    def gather(node: Node) -> Node:
        found.update(symbols_of(node))
        return node

    transformed(question, gather)
    return frozenset(found | own_names(question))


def own_names(question: asked.Question) -> frozenset[str]:
    """The unknowns of a question, which no ``for:`` may fix."""
    match question:
        case asked.Root(symbol=name) | asked.Roots(symbol=name) | asked.Optimum(symbol=name):
            return frozenset({name})
        case asked.Series(symbol=name) | asked.Induction(symbol=name):
            return frozenset({name})
        case asked.KKT(variables=names):
            return frozenset(names)
        case asked.Ode(variable=name, rhs=rhs):
            return frozenset({name, *rhs})
    return frozenset()
