"""What every name of a claim file means: domains of symbols, laws, relations between symbols, definitions.

The one idea to know: a scope is a set of names with one meaning each.  The file has one; a measurement adds what its
run publishes.  A definition may use a name that only some runs know, so each scope parses the definitions anew and
remembers why one could not be read; that is an error only for a formula that uses it.
"""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar

from checker.expr.allowance import spend
from checker.expr.build import is_condition
from checker.expr.domain import REAL, Domain
from checker.expr.errors import ExpressionError, UnsupportedError
from checker.expr.functions import FORMS, FUNCTIONS
from checker.expr.kinks import is_plain
from checker.expr.namespace import Definition, Law, Namespace
from checker.expr.node import And, Node
from checker.expr.parse import parse, parse_parts
from checker.spec import flows
from checker.spec.flows import Flow
from checker.spec.models import header
from checker.spec.models.claims import File
from checker.spec.reporter import KnownError, Reporter, one_line
from checker.spec.symbols import read_symbols

Read = TypeVar("Read")
Definable: TypeAlias = tuple[tuple[str, ...], str]
"""Parameters and text of a definition."""


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
    flows: Mapping[str, Flow] = field(default_factory=dict)

    @property
    def namespace(self) -> Namespace:
        """What the parser needs of this scope."""
        if not self.flows:
            return Namespace(self.symbols, self.definitions, self.laws)
        return Namespace(
            {**self.symbols, **flows.names(self.flows)}, {**self.definitions, **flows.DEFINITION}, self.laws
        )

    def parse(self, text: str) -> Node:
        """The tree of ``text``.  Raises ``ExpressionError``, also for what the parser cannot carry out."""

        def read(line: str) -> Node:
            asked: list[Node] = []
            found = flows.carried_out(parse(line, self.namespace), self.flows, asked)
            lost = tuple(dict.fromkeys(node for node in asked if not is_plain(node, self.symbols)))
            return And((found, *lost)) if lost and is_condition(found) else found

        return self._read(text, read)

    def definition(self, parameters: tuple[str, ...], text: str) -> Definition:
        """The definition with that body; raises as ``parse`` does."""

        def read(line: str) -> Definition:
            body, lost = parse_parts(line, self.namespace)
            asked: list[Node] = []
            found = flows.carried_out(body, self.flows, asked)
            return Definition(parameters, found, (*lost, *asked))

        return self._read(text, read)

    def _read(self, text: str, read: Callable[[str], Read]) -> Read:
        try:
            return read(one_line(text))
        except UnsupportedError as error:
            raise ExpressionError(str(error), found=text) from None
        except KeyError as error:  # the parser differentiates at once and has no rule for what is carried out later
            if error.args != (flows.ALONG,):
                raise
            raise ExpressionError("along cannot stand inside diff", expected="diff inside along") from None
        except ExpressionError as error:
            raise self._explained(text, error) from None

    def _explained(self, text: str, error: ExpressionError) -> ExpressionError:
        if "unknown name" not in error.message:
            return error
        written = _words(text)
        for name, reason in self.unread.items():
            if name in written or name.partition(".")[0] in written:
                # A mistake of the definition itself is reported where that stands, and not at each use of it.
                own = "unknown name" not in reason.message
                kind = KnownError if own or isinstance(reason, KnownError) else ExpressionError
                return kind(f"{name!r} cannot be used here: {reason.message}", offset=error.offset)
        return error

    def extended(self, symbols: Mapping[str, Domain], texts: Mapping[str, Definable] | None = None) -> Scope:
        """This scope with more (or redeclared) symbols and definitions; every definition is read again."""
        changed = frozenset(name.split(".")[0] for name, domain in symbols.items() if self.symbols.get(name) != domain)
        merged = dataclasses.replace(self, symbols={**self.symbols, **symbols})
        return with_definitions(merged, {**self.texts, **(texts or {})}, changed)


def formula_scope(file: File, reporter: Reporter) -> tuple[Scope, frozenset[str]]:
    """The scope of a file as far as its definitions are formulas, and the keys of definitions whose name is taken.

    Reports name clashes and every symbol that cannot be read.
    """
    clashing = _clashes(file, reporter)
    symbols, laws, relations = read_symbols(file, reporter)
    logarithmic = frozenset(name for name, symbol in file.symbols.items() if symbol.axis == "log")
    scope = Scope(symbols, laws, relations, logarithmic=logarithmic)
    texts = {}
    for key, definition in file.definitions.items():
        if isinstance(definition, str) and key not in clashing:
            name, parameters = header.defined_name(key)
            texts[name] = (parameters, definition)
    scope = with_definitions(scope, texts)
    return scope, clashing


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
            message = f"{name!r} is also {seen[name]}; one name, one meaning"
            reporter.error(("definitions", key), message, key=True, code="duplicate-id")
            clashing.add(key)
        elif name in FUNCTIONS or name in FORMS:
            reporter.error(("definitions", key), f"{name!r} is a function of the language", expected="another name", key=True)
            clashing.add(key)
        seen[name] = "a definition"
    for name in file.references:
        if name in seen:
            message = f"{name!r} is also {seen[name]}; one name, one meaning"
            reporter.error(("references", name), message, key=True, code="duplicate-id")
    return frozenset(clashing)


def with_definitions(scope: Scope, texts: Mapping[str, Definable], changed: frozenset[str] | None = None) -> Scope:
    """``scope`` with the definitions in ``texts``, read in whatever order they need one another.

    Those that the scope has already read are kept unless they use one of the ``changed`` names (``None``: read all).
    """
    spend(len(texts) + len(scope.symbols) // 8)
    done: dict[str, Definition] = {}
    failed: dict[str, ExpressionError] = {}

    def read(name: str, chain: tuple[str, ...]) -> None:
        if name in done or name in failed:
            return
        parameters, text = texts[name]
        if name in chain:
            circle = (*chain[chain.index(name) :], name)
            shown = circle if len(circle) < 9 else (*circle[:4], "...", *circle[-3:])
            failed[name] = ExpressionError(f"the definition refers to itself ({' -> '.join(shown)})")
            return
        words = _words(text) - set(parameters)
        for other in sorted(words & texts.keys()):
            read(other, (*chain, name))
        if name in failed:
            return
        same = scope.texts.get(name) == texts[name] and all(
            done.get(w) is scope.definitions.get(w) for w in words & texts.keys()
        )
        if changed is not None and same and not words & changed:
            if name in scope.definitions:
                done[name] = scope.definitions[name]
                return
            if name in scope.unread:
                failed[name] = scope.unread[name]
                return
        inner = {key: value for key, value in done.items() if key not in parameters}
        symbols = {**scope.symbols, **dict.fromkeys(parameters, REAL)}
        unread = {**scope.unread, **failed}
        local = Scope(symbols, scope.laws, definitions=inner, unread=unread, flows=scope.flows)
        try:
            done[name] = local.definition(parameters, text)
        except ExpressionError as error:
            failed[name] = error

    for name in texts:
        read(name, ())
    kept = {name: error for name, error in scope.unread.items() if name not in texts}
    return dataclasses.replace(scope, texts=dict(texts), definitions=done, unread={**kept, **failed})


@functools.lru_cache(maxsize=4096)
def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"(?<![\w.])[A-Za-z_]\w*", text))
