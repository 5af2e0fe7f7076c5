"""The names a formula may use: symbols, definitions, laws; and how a set of definitions is read in any order.

A name means one thing.  A definition is not a macro of text: its body is parsed once, in the scope of the file, and its
parameters are replaced in the tree, so nothing at the place of use can be captured.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from checker.expr.domain import Domain
from checker.expr.errors import ExpressionError
from checker.expr.functions import FORMS, FUNCTIONS
from checker.expr.node import Node, substitute

RESERVED = frozenset({"pi", "oo", "I"})
KEYWORDS: Mapping[str, str] = {
    "lambda": "lam with latex: '\\lambda'",
    "is": "another name",
    "in": "another name",
    "not": "another name",
    "and": "another name",
    "or": "another name",
    "if": "another name",
    "else": "another name",
    "None": "another name",
    "True": "another name",
    "False": "another name",
}
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}(\.[A-Za-z_][A-Za-z0-9_]{0,63}){0,3}\Z")


@dataclass(frozen=True, slots=True)
class Definition:
    """``name(*parameters)`` stands for ``body``, in which ``Sym(parameter)`` marks each parameter."""

    parameters: tuple[str, ...]
    body: Node
    lost: tuple[Node, ...] = ()  # what the derivatives in the body ask for, and the body itself no longer shows

    def conditions(self, arguments: tuple[Node, ...]) -> tuple[Node, ...]:
        """``lost`` with the arguments in place."""
        values = dict(zip(self.parameters, arguments, strict=True))
        return tuple(substitute(condition, values) for condition in self.lost)

    def apply(self, arguments: tuple[Node, ...]) -> Node:
        """The body with the arguments in place (as many as there are parameters)."""
        return substitute(self.body, dict(zip(self.parameters, arguments, strict=True)))


@dataclass(frozen=True, slots=True)
class Law:
    """The law of a random symbol: ``density`` in ``Sym(variable)`` on ``lo .. hi``, a ``Sum`` if discrete.

    ``name`` and ``parameters`` say the same to a sampler (``normal`` with mean and standard deviation).
    """

    variable: str
    density: Node
    lo: Node
    hi: Node
    kind: Literal["Integral", "Sum"] = "Integral"
    name: str = ""
    parameters: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class Namespace:
    """What a text is parsed against.

    ``symbols`` may have dotted names (``svm.w``).  Raises ``ExpressionError`` if a name is reserved, not a name, or
    has two meanings.
    """

    symbols: Mapping[str, Domain] = field(default_factory=dict)
    definitions: Mapping[str, Definition] = field(default_factory=dict)
    laws: Mapping[str, Law] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in (*self.symbols, *self.definitions):
            check_name(name)
        for name in self.definitions:
            if name in self.symbols:
                raise ExpressionError(f"{name} is both a symbol and a definition", found=name, expected="one of them")
            if name in FUNCTIONS or name in FORMS:
                raise ExpressionError(
                    f"the definition {name} has the name of a function", found=name, expected="another name"
                )

    def names(self) -> tuple[str, ...]:
        """Every name an author may write here, for the message about an unknown one."""
        return (*self.symbols, *self.definitions, *FUNCTIONS, *FORMS, "pi", "oo")


@functools.lru_cache(maxsize=65536)  # asked of every name for every formula
def check_name(name: str) -> None:
    """Raise ``ExpressionError`` unless ``name`` can be a symbol or a definition."""
    shown = name[:40]
    if name in RESERVED:
        raise ExpressionError(f"{shown} is reserved", found=shown, expected="another name")
    if not _NAME.match(name):
        raise ExpressionError(
            f"{shown!r} is not a name", found=shown, expected="letters, digits and _, such as alpha or beta_1"
        )
    for part in name.split("."):
        if part in KEYWORDS:
            raise ExpressionError(
                f"{part} cannot be used in formulas",
                found=part,
                expected=KEYWORDS[part],
                nearest=KEYWORDS[part].split()[0],
            )
        if part.startswith("__"):
            raise ExpressionError(f"{shown!r} is not a name", found=shown, expected="a name without leading __")
