"""The laws that a random symbol may have: density, range and domain, written in the grammar itself.

One row per law; ``E(...)`` becomes an integral or a sum against the density, sampling uses the same declaration.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from checker.expr.domain import Domain
from checker.expr.errors import ExpressionError
from checker.expr.namespace import Law, Namespace
from checker.expr.node import Node, Sym, Vec, substitute
from checker.expr.parse import parse
from checker.spec.constants import exact
from checker.spec.errors import listing, nearest_name


@dataclass(frozen=True, slots=True)
class LawRow:
    """A law: names of its parameters and formulas in them; ``x`` stands for the random symbol."""

    parameters: tuple[str, ...]
    density: str
    lo: str
    hi: str
    kind: Literal["Integral", "Sum"] = "Integral"


LAWS: Mapping[str, LawRow] = {
    "normal": LawRow(("m", "s"), "exp(-(x - m)**2/(2*s**2))/(s*sqrt(2*pi))", "-oo", "oo"),
    "uniform": LawRow(("a", "b"), "1/(b - a)", "a", "b"),
    "exponential": LawRow(("r",), "r*exp(-r*x)", "0", "oo"),
    "laplace": LawRow(("m", "b"), "exp(-abs(x - m)/b)/(2*b)", "-oo", "oo"),
    "beta": LawRow(("a", "b"), "x**(a - 1)*(1 - x)**(b - 1)*gamma(a + b)/(gamma(a)*gamma(b))", "0", "1"),
    "bernoulli": LawRow(("p",), "p if x == 1 else 1 - p", "0", "1", "Sum"),
    "binomial": LawRow(("n", "p"), "binomial(n, x)*p**x*(1 - p)**(n - x)", "0", "n", "Sum"),
    "poisson": LawRow(("r",), "exp(-r)*r**x/factorial(x)", "0", "oo", "Sum"),
}


def read_law(text: str, symbol: str, symbols: Mapping[str, Domain]) -> tuple[Law, Domain]:
    """The law written as ``text`` (``normal(0, 1)``) of ``symbol``, and the symbol's domain.

    Parameters are formulas over the other symbols.  Raises ``ExpressionError``.
    """
    name, _, rest = text.strip().partition("(")
    row = LAWS.get(name.strip())
    if row is None or not rest.endswith(")"):
        raise ExpressionError(
            "unknown law", found=text, expected=listing(LAWS), nearest=nearest_name(name.strip(), LAWS)
        )
    arguments = parse(f"[{rest[:-1]}]", Namespace(symbols=symbols))
    values = arguments.args if isinstance(arguments, Vec) else ()
    if len(values) != len(row.parameters):
        raise ExpressionError(
            "the wrong number of parameters", found=text, expected=f"{name}({', '.join(row.parameters)})"
        )
    names = Namespace(symbols={parameter: Domain() for parameter in (*row.parameters, "x")})
    filled: dict[str, Node] = {**dict(zip(row.parameters, values, strict=True)), "x": Sym(symbol)}
    density, lo, hi = (substitute(parse(part, names), filled) for part in (row.density, row.lo, row.hi))
    domain = Domain(lo=exact(lo), hi=exact(hi), integer=row.kind == "Sum")
    return Law(symbol, density, lo, hi, row.kind, name.strip(), values), domain
