"""Standard small changes of one formula: a literal, an exponent, a sign, a term, a factor, a function, a relation.

The one idea to know: an edit is a place in the tree and what happens there, so the same edit can be made in every
member of a ``for:`` family.  Places nearest to the root come first, for there stand the constants that a paper prints.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from checker.expr.errors import UnsupportedError
from checker.expr.functions import FUNCTIONS
from checker.expr.node import (
    Add,
    And,
    Bound,
    Fn,
    Mul,
    Node,
    Num,
    Pow,
    Rel,
    RelOp,
    Subscript,
    Sym,
    add,
    is_binder,
    mul,
    neg,
)  # fmt: skip
from checker.expr.text import text

TENTH = Fraction(1, 10)
_SMALL = 10  # integers up to here move by one, larger ones by a tenth
_LONGEST = 48  # characters of a formula inside the words of a change
_NEIGHBOURS: Mapping[str, str] = {
    "max": "min", "min": "max", "sin": "cos", "cos": "sin", "sinh": "cosh", "cosh": "sinh", "asin": "acos",
    "acos": "asin", "tanh": "atan", "atan": "tanh", "floor": "ceil", "ceil": "floor", "norm": "norm_1", "norm_1": "norm",
    "norm_oo": "norm", "sum": "max", "mean": "max", "log1p": "log", "expm1": "exp", "erf": "tanh",
}  # fmt: skip
_REVERSED: Mapping[RelOp, RelOp] = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_STRICT: Mapping[RelOp, RelOp] = {"<=": "<", ">=": ">"}

Place = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Edit:
    """``alter`` applied to the part of a tree at ``place`` (indices of children from the root down)."""

    operator: str
    words: str
    place: Place
    alter: Callable[[Node], Node]

    def applied(self, tree: Node) -> Node:
        """The edited tree; raises ``LookupError`` where the tree has no such place."""
        return _altered(tree, self.place, self.alter)


def edits(tree: Node, step: Fraction = TENTH, relations: bool = True) -> Iterator[tuple[Edit, ...]]:
    """Every edit of the tree, nearest to the root first.

    Each item lists alternatives, of which one is wanted: a constant moved up or down, where only one of the two may
    be a stronger statement.  ``step`` is the relative change of literals that are not small integers; ``relations=False``
    leaves the relations of a condition as they are.
    """
    queue: deque[tuple[Place, Node, bool]] = deque([((), tree, relations)])
    while queue:
        place, node, outside = queue.popleft()
        yield from _here(node, place, step, outside)
        joined = outside and isinstance(node, And)  # the guards of a choice are no relations that anybody claims
        children = enumerate(node.children())
        queue.extend(((*place, index), child, joined) for index, child in children if _enters(node, index))


def shown(node: Node) -> str:
    """A part of a formula for the words of a change: short, and readable where it stands inside a binder."""
    try:
        said = text(_named(node, 0))
    except UnsupportedError:
        return "a part"
    return said if len(said) <= _LONGEST else f"{said[:_LONGEST]}…"


def _named(node: Node, depth: int) -> Node:
    """Variables of binders outside of ``node`` by name."""
    if isinstance(node, Bound):
        return Sym("xyz"[node.depth - depth]) if 0 <= node.depth - depth < 3 else node
    if is_binder(node):
        first, *rest = node.children()
        return node.rebuild((_named(first, depth + 1), *(_named(child, depth) for child in rest)))
    children = node.children()
    return node.rebuild(tuple(_named(child, depth) for child in children)) if children else node


def _altered(node: Node, place: Place, alter: Callable[[Node], Node]) -> Node:
    if not place:
        return alter(node)
    children = list(node.children())
    children[place[0]] = _altered(children[place[0]], place[1:], alter)
    return node.rebuild(tuple(children))


def _enters(node: Node, index: int) -> bool:
    """Whether a child is a formula of its own: not an index, a coordinate, the name of an axis, or a power's literal."""
    match node:
        case Subscript():
            return index == 0
        case Pow(_, Num()):
            return index == 0
        case Fn(name, _):
            return index == 0 or FUNCTIONS[name].kind not in ("estimator", "operator")
        case Mul(args):
            return not (isinstance(args[index], Num) and abs(args[index].value) == 1)  # type: ignore[attr-defined]
    return True


def _here(node: Node, place: Place, step: Fraction, relations: bool) -> Iterator[tuple[Edit, ...]]:
    match node:
        case Num(value):
            yield tuple(_literal(value, moved, place) for moved in moved_literals(value, step))
        case Pow(base, Num(exponent)):
            yield tuple(
                Edit("exponent", f"exponent of {shown(base)}: {exponent} -> {moved}", place, _to_power(moved))
                for moved in moved_exponents(exponent)
            )
        case Add(args):
            for index, term in enumerate(args):
                yield (Edit("term", f"term dropped: {shown(term)}", place, _without(index)),)
                yield (Edit("sign", f"sign of a term turned: {shown(term)}", place, _turned(index)),)
        case Mul(args) if len(args) > 2 or Num(Fraction(-1)) not in args:  # -x is a sign and no product
            for index, factor in enumerate(args):
                if not (isinstance(factor, Num) and factor.value == -1):
                    yield (Edit("factor", f"factor dropped: {shown(factor)}", place, _without(index)),)
        case Fn("exp", (argument,)):
            yield (Edit("sign", f"sign inside exp turned: {shown(argument)}", place, lambda old: _exp(old)),)
        case Fn("abs", (argument,)):
            yield (Edit("function", "abs left out", place, lambda old: old.children()[0]),)
        case Fn("log", (argument,)) if _scalar(argument):
            yield (Edit("function", f"log({shown(argument)}) -> log(1 + …)", place, _log_of_one_more),)
        case Fn(name, _) if name in _NEIGHBOURS and _NEIGHBOURS[name] in FUNCTIONS:
            yield (Edit("function", f"{name} -> {_NEIGHBOURS[name]}", place, _renamed(_NEIGHBOURS[name])),)
        case Rel(op, _, right) if relations:
            if op in _REVERSED:
                yield (Edit("relation", f"{op} reversed to {_REVERSED[op]}", place, _related(_REVERSED[op])),)
            if op in _STRICT:
                yield (Edit("strictness", f"{op} made {_STRICT[op]}", place, _related(_STRICT[op])),)
            if not isinstance(right, Add) and not (isinstance(right, Num) and right.value == 0):
                yield (Edit("sign", "sign of the right side turned", (*place, 1), neg),)


def moved_literals(value: Fraction, step: Fraction = TENTH) -> tuple[Fraction, ...]:
    """The literal moved away from zero and towards it: small integers by one, other numbers by the share ``step``."""
    if value == 0:
        return Fraction(1), Fraction(-1)
    sign = 1 if value > 0 else -1
    if value.denominator == 1:
        by = Fraction(sign * (1 if abs(value) <= _SMALL else max(1, round(abs(value) * step))))
        return value + by, value - by
    return value * (1 + step), value * (1 - step)


def moved_exponents(value: Fraction) -> tuple[Fraction, ...]:
    """The exponent moved away from zero and towards it: integers by one, other numbers by 1/4; never to zero."""
    sign, by = 1 if value > 0 else -1, Fraction(1) if value.denominator == 1 else Fraction(1, 4)
    return tuple(moved for moved in (value + sign * by, value - sign * by) if moved != 0)


def _literal(old: Fraction, new: Fraction, place: Place) -> Edit:
    def alter(node: Node) -> Node:
        if not isinstance(node, Num) or node.value != old:
            raise LookupError("another literal stands here")
        return Num(new)

    return Edit("constant", f"constant {old} -> {new}", place, alter)


def _to_power(exponent: Fraction) -> Callable[[Node], Node]:
    return lambda old: old.children()[0] if exponent == 1 else Pow(old.children()[0], Num(exponent))


def _without(index: int) -> Callable[[Node], Node]:
    def alter(node: Node) -> Node:
        kept = tuple(child for position, child in enumerate(node.children()) if position != index)
        return add(*kept) if isinstance(node, Add) else mul(*kept)

    return alter


def _turned(index: int) -> Callable[[Node], Node]:
    def alter(node: Node) -> Node:
        children = list(node.children())
        children[index] = _opposite(children[index])
        return node.rebuild(tuple(children))

    return alter


def _opposite(node: Node) -> Node:
    """``-node``, where a literal coefficient in front keeps the sign."""
    if isinstance(node, Mul) and isinstance(node.args[0], Num):
        value = -node.args[0].value
        return mul(*node.args[1:]) if value == 1 and len(node.args) > 1 else Mul((Num(value), *node.args[1:]))
    return neg(node)


def _exp(node: Node) -> Node:
    return node.rebuild((_opposite(node.children()[0]),))


def _log_of_one_more(node: Node) -> Node:
    return node.rebuild((add(Num(Fraction(1)), node.children()[0]),))


def _renamed(name: str) -> Callable[[Node], Node]:
    return lambda old: Fn(name, old.children())


def _related(op: RelOp) -> Callable[[Node], Node]:
    return lambda old: Rel(op, *old.children())


def _scalar(node: Node) -> bool:
    return not (isinstance(node, Fn) and FUNCTIONS[node.name].kind in ("vector", "matrix"))
