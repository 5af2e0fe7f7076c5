"""Domains of symbols: what ``domain``, ``where``, ``values``, ``shape`` and ``law`` say, made exact.

The one idea to know: a condition that bounds a symbol by a number goes into its ``Domain``; one that ties symbols
together (or has an irrational end) stays a relation, and every obligation about these symbols carries it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from checker.expr.domain import REAL, WORDS, Domain, is_empty, restrict
from checker.expr.errors import ExpressionError
from checker.expr.namespace import Law, Namespace
from checker.expr.node import And, Node, symbols_of
from checker.expr.parse import parse
from checker.spec.errors import Path, quote
from checker.spec.laws import read_law
from checker.spec.models import header
from checker.spec.models.claims import File
from checker.spec.reporter import Reporter, one_line


def read_symbols(file: File, reporter: Reporter) -> tuple[dict[str, Domain], dict[str, Law], tuple[Node, ...]]:
    """Domain and law of every symbol of the file, and the relations between symbols.  Reports what cannot be read."""
    symbols: dict[str, Domain] = dict.fromkeys(file.symbols, REAL)
    laws: dict[str, Law] = {}
    relations: list[Node] = []
    for name, symbol in file.symbols.items():
        symbols[name] = _base(name, symbol, symbols, laws, reporter)
    for name, symbol in file.symbols.items():
        symbols[name], more = _narrowed(name, symbol, symbols, reporter)
        relations += more
    return symbols, laws, tuple(relations)


def _base(
    name: str, symbol: header.Symbol, symbols: Mapping[str, Domain], laws: dict[str, Law], reporter: Reporter
) -> Domain:
    path: Path = ("symbols", name)
    base = WORDS[symbol.domain] if symbol.domain else REAL
    if symbol.law is not None:
        try:
            laws[name], base = read_law(one_line(symbol.law), name, symbols)
        except ExpressionError as error:
            reporter.expression((*path, "law"), symbol.law, error)
    shape = []
    for index, text in enumerate(symbol.shape):
        try:
            shape.append(parse(one_line(text), Namespace(symbols=symbols)))
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
            condition = parse(one_line(text), Namespace(symbols=symbols))
        except ExpressionError as error:
            reporter.expression(path, text, error)
            continue
        for part in condition.args if isinstance(condition, And) else (condition,):
            tighter = restrict(domain, name, part)
            if tighter is not None:
                domain = tighter
            elif name not in symbols_of(part):
                reporter.error(reporter.existing(path), f"the condition does not mention {name!r}", found=quote(text))
            else:
                rest.append(part)
    if is_empty(domain):
        found = f"{domain.lo} to {domain.hi}"
        reporter.error(("symbols", name), "the domain is empty", found=found, code="empty-domain")
    return domain, rest
