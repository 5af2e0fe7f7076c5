"""What is true at a glance: signs and integrality that follow from declared domains by rules of one line.

Nothing here searches.  ``None`` means "not evident", never "false"; it serves to leave out conditions that would only
be noise for a prover.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Literal, TypeAlias

from checker.expr.domain import Domain
from checker.expr.functions import FUNCTIONS
from checker.expr.node import Add, Const, Fn, Mul, Node, Num, Or, Pow, Rel, RelOp, Sym

Domains: TypeAlias = Mapping[str, Domain]
Sign: TypeAlias = Literal["+", "0+", "0", "0-", "-"] | None

_OPPOSITE: Mapping[Sign, Sign] = {"+": "-", "0+": "0-", "0": "0", "0-": "0+", "-": "+"}
_IMPLIES: Mapping[RelOp, frozenset[Sign]] = {
    ">": frozenset({"+"}),
    ">=": frozenset({"+", "0+", "0"}),
    "<": frozenset({"-"}),
    "<=": frozenset({"-", "0-", "0"}),
    "==": frozenset({"0"}),
    "!=": frozenset({"+", "-"}),
}


def is_evident(condition: Node, domains: Domains) -> bool:
    """Whether the condition plainly holds wherever its symbols are in their domains."""
    match condition:
        case Or(args):
            return any(is_evident(arg, domains) for arg in args)
        case Rel(op, left, Num(right)):
            return _beyond(op, left, right, domains) or (right == 0 and sign(left, domains) in _IMPLIES[op])
        case Rel(op, Num(left), right):
            mirrored: Mapping[RelOp, RelOp] = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
            return is_evident(Rel(mirrored[op], right, Num(left)), domains)
    return False


def _beyond(op: RelOp, node: Node, bound: Fraction, domains: Domains) -> bool:
    """A literal or a symbol compared with a number."""
    if isinstance(node, Num):
        value = node.value
        truths = {"<": value < bound, "<=": value <= bound, ">": value > bound, ">=": value >= bound}
        return {**truths, "==": value == bound, "!=": value != bound}[op]
    if not isinstance(node, Sym) or node.name not in domains:
        return False
    domain = domains[node.name]
    if domain.values is not None:
        return all(_beyond(op, Num(value), bound, {}) for value in domain.values)
    above = domain.lo is not None and (domain.lo > bound or (domain.lo == bound and domain.lo_open))
    below = domain.hi is not None and (domain.hi < bound or (domain.hi == bound and domain.hi_open))
    if op in (">", "<"):
        return above if op == ">" else below
    if op == "!=":
        return above or below
    touching = domain.lo == bound if op == ">=" else domain.hi == bound if op == "<=" else False
    return touching or (above if op == ">=" else below if op == "<=" else False)


def sign(node: Node, domains: Domains) -> Sign:
    """The sign of a scalar (or of every entry) where it is defined."""
    match node:
        case Num(value):
            return "+" if value > 0 else "-" if value < 0 else "0"
        case Const():
            return "+"
        case Sym():
            for op, found in ((">", "+"), ("<", "-"), (">=", "0+"), ("<=", "0-")):
                if _beyond(op, node, Fraction(0), domains):  # type: ignore[arg-type]
                    return found  # type: ignore[return-value]
            return None
        case Add(args):
            return _sum_sign([sign(arg, domains) for arg in args])
        case Mul(args):
            product: Sign = "+"
            for arg in args:
                product = _product_sign(product, sign(arg, domains))
            return product
        case Pow(base, exponent):
            return _power_sign(sign(base, domains), exponent)
        case Fn(name, args):
            return _function_sign(name, args, domains)
    return None


def _sum_sign(signs: list[Sign]) -> Sign:
    if set(signs) <= {"+", "0+", "0"}:
        return "+" if "+" in signs else "0+" if "0+" in signs else "0"
    if set(signs) <= {"-", "0-", "0"}:
        return "-" if "-" in signs else "0-"
    return None


def _product_sign(left: Sign, right: Sign) -> Sign:
    if left is None or right is None:
        return None
    if left == "0" or right == "0":
        return "0"
    magnitude: Sign = "+" if left in "+-" and right in "+-" else "0+"
    negative = ("-" in left) != ("-" in right)
    return _OPPOSITE[magnitude] if negative else magnitude


def _power_sign(base: Sign, exponent: Node) -> Sign:
    if base == "+":
        return "+"
    if not isinstance(exponent, Num):
        return None
    order = exponent.value
    if order.denominator == 1 and order.numerator % 2 == 0:
        return "+" if base == "-" or order < 0 else "0+"
    if order.denominator > 1:
        return "0+" if order > 0 else "+"
    # an odd power has the sign of its base; a negative one is defined off zero only
    if base in ("0+", "0-"):
        return base if order > 0 else "+" if base == "0+" else "-"
    return base


def _function_sign(name: str, args: tuple[Node, ...], domains: Domains) -> Sign:
    row = FUNCTIONS[name]
    if row.lo is not None and row.lo >= 0:
        return "+" if row.lo > 0 or row.strict else "0+"
    signs = [sign(arg, domains) for arg in args]
    if name in ("sum", "mean"):
        return signs[0]
    if name in ("max", "min"):
        best: tuple[Sign, ...] = ("+", "0+") if name == "max" else ("-", "0-")
        if best[0] in signs or best[1] in signs:
            return best[0] if best[0] in signs else best[1]
        return signs[0] if len(set(signs)) == 1 else None
    if row.parity == "odd" and row.monotone == "increasing":
        return sign(args[0], domains)
    return None


def is_integer(node: Node, domains: Domains) -> bool:
    """Whether the value is evidently an integer."""
    match node:
        case Num(value):
            return value.denominator == 1
        case Sym(name):
            return name in domains and domains[name].integer
        case Add(args) | Mul(args):
            return all(is_integer(arg, domains) for arg in args)
        case Pow(base, Num(order)):
            return order.denominator == 1 and order >= 0 and is_integer(base, domains)
        case Fn("floor" | "ceil" | "round" | "sign", _):
            return True
    return False
