"""What every name of a claim file means: domains of symbols, laws, relations between symbols, definitions.

The one idea to know: a scope is a set of names with one meaning each.  The file has one; a measurement adds what its
run publishes.  A definition may use a name that only some runs know, so each scope parses the definitions anew and
remembers why one could not be read; that is an error only for a formula that uses it.
"""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TypeAlias

from checker.expr.domain import INTEGER, NONNEGATIVE, POSITIVE, REAL, Domain
from checker.expr.errors import ExpressionError, UnsupportedError
from checker.expr.namespace import Definition, Law, Namespace
from checker.expr.node import ZERO, And, Node, Rel, RelOp, Sym, sub, substitute, symbols_of
from checker.expr.parse import parse
from checker.spec.constants import exact
from checker.spec.errors import Path
from checker.spec.laws import read_law
from checker.spec.models import header
from checker.spec.models.claims import File
from checker.spec.reporter import KnownError, Reporter

Definable: TypeAlias = tuple[tuple[str, ...], str]
"""Parameters and text of a definition."""

_BASE = {
    "real": REAL,
    "positive": POSITIVE,
    "nonnegative": NONNEGATIVE,
    "negative": Domain(hi=Fraction(0), hi_open=True),
    "integer": INTEGER,
}
_MIRROR: Mapping[str, RelOp] = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "=="}


@dataclass(frozen=True, slots=True)
class Implicit:
    """A number defined by an equation or as an optimum: the question whether it exists, once and only once."""

    name: str
    kind: str  # "solves", "maximises", "minimises"
    of: Node
    symbol: str
    inside: tuple[Node, Node]


@dataclass(frozen=True, slots=True)
class Scope:
    """The names of a file (or of one measurement), each with one meaning.

    ``relations`` are ``where`` conditions that no ``Domain`` can hold, by every symbol in them.  ``unread`` says why a
    definition could not be parsed here.
    """

    symbols: Mapping[str, Domain] = field(default_factory=dict)
    laws: Mapping[str, Law] = field(default_factory=dict)
    relations: tuple[Node, ...] = ()
    texts: Mapping[str, Definable] = field(default_factory=dict)  # of every definition
    definitions: Mapping[str, Definition] = field(default_factory=dict)
    unread: Mapping[str, ExpressionError] = field(default_factory=dict)
    implicit: Mapping[str, Implicit] = field(default_factory=dict)
    logarithmic: frozenset[str] = frozenset()  # symbols with axis: log

    @property
    def namespace(self) -> Namespace:
        """What the parser needs of this scope."""
        return Namespace(self.symbols, self.definitions, self.laws)

    def parse(self, text: str) -> Node:
        """The tree of ``text``.  Raises ``ExpressionError``, also for what the parser cannot carry out."""
        try:
            return parse(one_line(text), self.namespace)
        except UnsupportedError as error:
            raise ExpressionError(str(error), found=text) from None
        except ExpressionError as error:
            raise self._explained(text, error) from None

    def _explained(self, text: str, error: ExpressionError) -> ExpressionError:
        for name, reason in self.unread.items():
            if re.search(rf"(?<![\w.]){re.escape(name)}(?!\w)", text) and "unknown name" in error.message:
                kind = KnownError if isinstance(reason, KnownError) else ExpressionError
                return kind(f"{name!r} cannot be used here: {reason.message}", offset=error.offset)
        return error

    def extended(self, symbols: Mapping[str, Domain], texts: Mapping[str, Definable] | None = None) -> Scope:
        """This scope with more (or redeclared) symbols and definitions; every definition is read again."""
        changed = frozenset(name.split(".")[0] for name, domain in symbols.items() if self.symbols.get(name) != domain)
        merged = dataclasses.replace(self, symbols={**self.symbols, **symbols})
        return _with_definitions(merged, {**self.texts, **(texts or {})}, changed)


def one_line(text: str) -> str:
    """``text`` with line breaks as blanks, so that offsets stay what they are."""
    return text.replace("\n", " ").replace("\t", " ")


def file_scope(file: File, reporter: Reporter) -> Scope:
    """The scope of a file for its proofs.  Reports name clashes and everything that cannot be read."""
    clashing = _clashes(file, reporter)
    symbols: dict[str, Domain] = dict.fromkeys(file.symbols, REAL)
    laws: dict[str, Law] = {}
    relations: list[Node] = []
    for name, symbol in file.symbols.items():
        symbols[name] = _base(name, symbol, symbols, laws, reporter)
    for name, symbol in file.symbols.items():
        symbols[name], more = _narrowed(name, symbol, symbols, reporter)
        relations += more
    logarithmic = frozenset(name for name, symbol in file.symbols.items() if symbol.axis == "log")
    scope = Scope(symbols, laws, tuple(relations), logarithmic=logarithmic)
    texts = {}
    for key, definition in file.definitions.items():
        if isinstance(definition, str) and key not in clashing:
            name, parameters = header.defined_name(key)
            texts[name] = (parameters, definition)
    scope = _with_definitions(scope, texts)
    return _implicit(file, scope, clashing, reporter)


def defined_names(file: File) -> dict[str, str]:
    """Name of every definition and the key it is written under."""
    return {header.defined_name(key)[0]: key for key in file.definitions}


def _clashes(file: File, reporter: Reporter) -> frozenset[str]:
    """Report every name with two meanings; returns the keys of the definitions among them."""
    clashing = set()
    seen: dict[str, str] = dict.fromkeys(file.symbols, "a symbol")
    for key in file.definitions:
        name = header.defined_name(key)[0]
        if name in seen:
            reporter.error(("definitions", key), f"{name!r} is also {seen[name]}; one name, one meaning", key=True)
            clashing.add(key)
        seen[name] = "a definition"
    for name in file.references:
        if name in seen:
            reporter.error(("references", name), f"{name!r} is also {seen[name]}; one name, one meaning", key=True)
    return frozenset(clashing)


def _base(
    name: str, symbol: header.Symbol, symbols: Mapping[str, Domain], laws: dict[str, Law], reporter: Reporter
) -> Domain:
    path: Path = ("symbols", name)
    base = _BASE[symbol.domain] if symbol.domain else REAL
    scope = Scope(symbols=symbols)
    if symbol.law is not None:
        try:
            laws[name], base = read_law(one_line(symbol.law), name, symbols)
        except ExpressionError as error:
            reporter.expression((*path, "law"), symbol.law, error)
    shape = []
    for index, text in enumerate(symbol.shape):
        try:
            shape.append(scope.parse(text))
        except ExpressionError as error:
            reporter.expression((*path, "shape", index), text, error)
    values = tuple(sorted(set(symbol.values))) or None
    if symbol.rows and len(shape) != 2:
        reporter.error((*path, "rows"), "only a matrix has rows", expected="shape: [n, d]")
    return dataclasses.replace(base, shape=tuple(shape), values=values, rows=symbol.rows, psd=symbol.psd)


def _narrowed(
    name: str, symbol: header.Symbol, symbols: Mapping[str, Domain], reporter: Reporter
) -> tuple[Domain, list[Node]]:
    """The domain with every ``where`` that bounds the symbol by a number, and the relations that remain."""
    domain, rest = symbols[name], []
    for index, text in enumerate(symbol.where):
        path: Path = ("symbols", name, "where", index)
        try:
            condition = Scope(symbols=symbols).parse(text)
        except ExpressionError as error:
            reporter.expression(path, text, error)
            continue
        for part in condition.args if isinstance(condition, And) else (condition,):
            bound = _bound(part, name)
            if bound is not None:
                domain = _cut(domain, *bound)
            elif name not in symbols_of(part):
                reporter.error(reporter.existing(path), f"the condition does not mention {name!r}", found=repr(text))
            else:
                rest.append(part)
    if domain.lo is not None and domain.hi is not None:
        empty = domain.lo > domain.hi or (domain.lo == domain.hi and (domain.lo_open or domain.hi_open))
        if empty:
            reporter.error(("symbols", name), "the domain is empty", found=f"{domain.lo} to {domain.hi}")
    return domain, rest


def _bound(condition: Node, name: str) -> tuple[str, Fraction] | None:
    if not isinstance(condition, Rel) or condition.op not in _MIRROR:
        return None
    left, right = exact(condition.left), exact(condition.right)
    if condition.left == Sym(name) and right is not None:
        return condition.op, right
    if condition.right == Sym(name) and left is not None:
        return _MIRROR[condition.op], left
    return None


def _cut(domain: Domain, op: str, value: Fraction) -> Domain:
    if op in (">", ">=", "=="):
        is_open = op == ">"
        if domain.lo is None or value > domain.lo or (value == domain.lo and is_open):
            domain = dataclasses.replace(domain, lo=value, lo_open=is_open)
    if op in ("<", "<=", "=="):
        is_open = op == "<"
        if domain.hi is None or value < domain.hi or (value == domain.hi and is_open):
            domain = dataclasses.replace(domain, hi=value, hi_open=is_open)
    return domain


def _with_definitions(scope: Scope, texts: Mapping[str, Definable], changed: frozenset[str] | None = None) -> Scope:
    """``scope`` with the definitions in ``texts``, read in whatever order they need one another.

    Those that the scope has already read are kept unless they use one of the ``changed`` names (``None``: read all).
    """
    done: dict[str, Definition] = {}
    failed: dict[str, ExpressionError] = {}

    def read(name: str, chain: tuple[str, ...]) -> None:
        if name in done or name in failed:
            return
        parameters, text = texts[name]
        if name in chain:
            failed[name] = ExpressionError(f"the definition refers to itself ({' -> '.join((*chain, name))})")
            return
        words = _words(text) - set(parameters)
        for other in sorted(words & texts.keys()):
            read(other, (*chain, name))
        if name in failed:
            return
        same = scope.texts.get(name) == texts[name] and all(
            done.get(w) is scope.definitions.get(w) for w in words & texts.keys()
        )
        if changed is not None and same and name in scope.definitions and not words & changed:
            done[name] = scope.definitions[name]
            return
        inner = {key: value for key, value in done.items() if key not in parameters}
        symbols = {**scope.symbols, **dict.fromkeys(parameters, REAL)}
        local = Scope(symbols, scope.laws, definitions=inner, unread={**scope.unread, **failed})
        try:
            done[name] = Definition(parameters, local.parse(text))
        except ExpressionError as error:
            failed[name] = error

    for name in texts:
        read(name, ())
    kept = {name: error for name, error in scope.unread.items() if name not in texts}
    return dataclasses.replace(scope, texts=dict(texts), definitions=done, unread={**kept, **failed})


@functools.lru_cache(maxsize=4096)
def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"(?<![\w.])[A-Za-z_]\w*", text))


def _implicit(file: File, scope: Scope, clashing: frozenset[str], reporter: Reporter) -> Scope:
    """Numbers defined by an equation or as an optimum become symbols with a bracket for their domain."""
    symbols, found = dict(scope.symbols), {}
    relations = list(scope.relations)
    for key, definition in file.definitions.items():
        if isinstance(definition, str) or key in clashing:
            continue
        name, parameters = header.defined_name(key)
        path: Path = ("definitions", key)
        if parameters:
            reporter.error(path, "a number defined by an equation has no arguments", key=True)
            continue
        kind = next(kind for kind in ("solves", "maximises", "minimises") if hasattr(definition, kind))
        text = getattr(definition, kind)
        try:
            inner = Scope(
                {**scope.symbols, definition.for_: REAL}, scope.laws, definitions=scope.definitions, unread=scope.unread
            )
            of = inner.parse(text)
            inside = tuple(scope.parse(part) for part in definition.in_)
        except ExpressionError as error:
            reporter.expression((*path, kind), text, error)
            continue
        if kind == "solves":
            if not isinstance(of, Rel) or of.op != "==":
                reporter.error((*path, kind), "not an equation", found=repr(text), expected="left == right")
                continue
            of = sub(of.left, of.right)
        found[name] = Implicit(name, kind, of, definition.for_, (inside[0], inside[1]))
        lo, hi = exact(inside[0]), exact(inside[1])
        symbols[name] = Domain(lo=lo, hi=hi)
        relations += [Rel(">=", Sym(name), inside[0])] if lo is None else []
        relations += [Rel("<=", Sym(name), inside[1])] if hi is None else []
        if kind == "solves":
            relations.append(Rel("==", substitute(of, {definition.for_: Sym(name)}), ZERO))
    scope = dataclasses.replace(scope, symbols=symbols, relations=tuple(relations), implicit=found)
    return _with_definitions(scope, scope.texts)
