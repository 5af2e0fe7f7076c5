"""From the text of a formula to the raw tree; no Python of the text is ever run.

``ast`` serves as a tokenizer with precedences: what it gives is walked against a whitelist, and everything else is
refused with the remedy.  Numbers are taken from the text itself, because ``ast`` would make them binary floats.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from typing import NoReturn

from checker.expr.allowance import nearest_name, spend
from checker.expr.build import is_condition, negate, plus, raise_to, reciprocal, times
from checker.expr.differentiated import Owed
from checker.expr.errors import ExpressionError
from checker.expr.forms import FORM_READERS
from checker.expr.functions import FORMS, FUNCTIONS, INTERNAL
from checker.expr.namespace import Definition, Namespace
from checker.expr.node import (
    And,
    Const,
    Fn,
    Node,
    Not,
    Num,
    Or,
    Piecewise,
    Rel,
    RelOp,
    Subscript,
    Sym,
    Truth,
    Vec,
)
from checker.expr.scan import scan
from checker.expr.size import MAX_DEPTH, MAX_NODES, check_size, size_of

MAX_NUMBER_DIGITS = 60
MAX_NUMBER_EXPONENT = 1000
_MAX_FILLED = 3 * MAX_NODES

_NUMBER = re.compile(r"(\d+(?:\.\d*)?|\.\d+)([eE]([+-]?\d+))?\Z")
_RELATIONS: Mapping[type[ast.cmpop], RelOp] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}
_CONSTANTS: Mapping[str, Node] = {
    "pi": Const("pi"),
    "oo": Const("oo"),
    "E": Const("E"),
    "EulerGamma": Const("EulerGamma"),
}
# Functions that make a number of a condition.
_COUNT_CONDITIONS = frozenset({"sum", "mean", "first_time", "boundary"})
_REFUSED: Mapping[type[ast.AST], str] = {
    ast.Lambda: "lambda",
    ast.JoinedStr: "an f-string",
    ast.NamedExpr: "a walrus",
    ast.ListComp: "a comprehension",
    ast.SetComp: "a comprehension",
    ast.DictComp: "a comprehension",
    ast.GeneratorExp: "a comprehension",
    ast.Dict: "a dictionary",
    ast.Set: "a set",
    ast.Starred: "a star",
    ast.Await: "await",
    ast.Yield: "yield",
    ast.YieldFrom: "yield",
    ast.Slice: "a slice",
    ast.Tuple: "a bare tuple",
}


def parse(text: str, namespace: Namespace) -> Node:
    """The raw tree of a formula, relation or conjunction of relations.

    A relation about a derivative also asserts that what was differentiated is defined, unless the domains make that
    evident.  Definitions are filled in, ``diff`` is carried out and ``E`` becomes an integral; every free symbol of the
    result is in ``namespace.symbols``.  Raises ``ExpressionError`` with the offset, what was found and what was
    expected.
    """
    result, lost = parse_parts(text, namespace)
    if is_condition(result) and lost:
        result = And((*(result.args if isinstance(result, And) else (result,)), *lost))
    return check_size(result)


def parse_parts(text: str, namespace: Namespace) -> tuple[Node, tuple[Node, ...]]:
    """The tree of a formula, and apart from it the conditions that what is differentiated in it asks for.

    The body of a definition keeps them for the relations that will use it.  Raises ``ExpressionError``.
    """
    line = scan(text)
    stripped = line.lstrip()
    spend(len(stripped) // 16)
    parser = Parser(stripped.rstrip(), namespace, len(line) - len(stripped))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "1if x else y" would print a second line
            tree = ast.parse(parser.text, mode="eval")
    except SyntaxError as error:
        raise ExpressionError(
            f"not a formula: {error.msg}",
            offset=parser.shift + max((error.offset or 1) - 1, 0),
            found=parser.text[max((error.offset or 1) - 1, 0) :][:20],
            expected="a formula such as 2*x + exp(-x)",
        ) from None
    except (RecursionError, MemoryError):
        raise ExpressionError("the formula is nested too deep", expected="a flatter formula") from None
    return check_size(parser.read(tree.body)), parser.owed.conditions


parse_relation = parse


class Parser:
    """Reads one formula.  ``local`` maps the variables of the enclosing binders to the symbols that stand for them.

    Such a symbol has a name no author can write (``x'1``), so that neither a definition nor an argument is captured.
    """

    def __init__(self, text: str, namespace: Namespace, shift: int = 0) -> None:
        self.text = text
        self.namespace = namespace
        self.shift = shift
        self.local: dict[str, str] = {}
        self.owed = Owed(namespace.symbols)
        self.counter = 0
        self.depth = 0
        self.filled = 0  # nodes that definitions brought in so far

    def fail(self, at: ast.AST, message: str, *, expected: str = "", nearest: str | Callable[[], str] = "") -> NoReturn:
        """Raise ``ExpressionError`` at that place of the text."""
        start = getattr(at, "col_offset", 0)
        found = self.text[start : getattr(at, "end_col_offset", start)][:40]
        raise ExpressionError(message, offset=self.shift + start, found=found, expected=expected, nearest=nearest)

    @contextmanager
    def variables(self, names: list[ast.expr]) -> Iterator[list[str]]:
        """Open the scope of bound variables; gives the names of the symbols that stand for them."""
        outer = dict(self.local)
        fresh: list[str] = []
        for node in names:
            if not isinstance(node, ast.Name) or node.id in _CONSTANTS:
                self.fail(node, "a bound variable is a plain name", expected="a name such as x")
            self.counter += 1
            fresh.append(f"{node.id}'{self.counter}")
            self.local[node.id] = fresh[-1]
        yield fresh
        self.local = outer

    def read(self, node: ast.expr) -> Node:
        """The tree of one piece of the formula."""
        spend(1)
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.fail(node, f"the formula is nested more than {MAX_DEPTH} deep", expected="a flatter formula")
        try:
            return self._dispatch(node)
        finally:
            self.depth -= 1

    def number(self, node: ast.expr) -> Node:
        """The same, where a number (or vector) is needed and not a condition."""
        value = self.read(node)
        if is_condition(value):
            self.fail(
                node, "a condition stands where a number is needed", expected="a if condition else b, or sum(condition)"
            )
        return value

    def condition(self, node: ast.expr) -> Node:
        """The same, where a condition is needed."""
        value = self.read(node)
        if not is_condition(value):
            self.fail(node, "a number stands where a condition is needed", expected="a relation such as x > 0")
        return value

    def _dispatch(self, node: ast.expr) -> Node:
        match node:
            case ast.Constant():
                return self._constant(node)
            case ast.Name(id=name):
                return self._name(node, name)
            case ast.Attribute():
                return self._attribute(node)
            case ast.BinOp():
                return self._arithmetic(node)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return negate(self.number(operand))
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return self.number(operand)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return Not(self.condition(operand))
            case ast.Compare():
                return self._relation(node)
            case ast.BoolOp(op=op, values=values):
                kind = And if isinstance(op, ast.And) else Or
                parts = [self.condition(value) for value in values]
                return kind(tuple(a for part in parts for a in (part.args if isinstance(part, kind) else (part,))))
            case ast.IfExp(test=test, body=body, orelse=orelse):
                first, rest = (self.condition(test), self.number(body)), self.number(orelse)
                if isinstance(rest, Piecewise):
                    return Piecewise((first, *rest.cases), rest.otherwise)
                return Piecewise((first,), rest)
            case ast.List(elts=entries):
                return self._vector(node, entries)
            case ast.Subscript():
                return self._subscript(node)
            case ast.Call():
                return self._call(node)
        what = _REFUSED.get(type(node), type(node).__name__)
        self.fail(
            node, f"{what} is not part of a formula", expected="arithmetic, relations and the functions of the grammar"
        )

    def _constant(self, node: ast.Constant) -> Node:
        if isinstance(node.value, bool):
            return Truth(node.value)
        if isinstance(node.value, str | bytes) or node.value is None or node.value is Ellipsis:
            self.fail(node, "quoted text, None and ... are not part of a formula", expected="numbers and names")
        source = self.text[node.col_offset : node.end_col_offset]
        match = _NUMBER.match(source)
        if match is None:
            self.fail(node, f"{source[:40]} is not a decimal number", expected="digits such as 2.83 or 1e-3")
        if sum(c.isdigit() for c in match[1]) > MAX_NUMBER_DIGITS or abs(int(match[3] or 0)) > MAX_NUMBER_EXPONENT:
            self.fail(
                node, "the number is too long", expected=f"{MAX_NUMBER_DIGITS} digits, exponent {MAX_NUMBER_EXPONENT}"
            )
        return Num(Fraction(source))

    def _name(self, node: ast.expr, name: str) -> Node:
        space = self.namespace
        if name in self.local:
            return Sym(self.local[name])
        if name in space.symbols:
            return Sym(name)
        if name in space.definitions:
            return self._apply(node, name, [])
        if name in _CONSTANTS:
            return _CONSTANTS[name]
        if name == "I":
            self.fail(node, "I is reserved and complex numbers are not part of the grammar", expected="real formulas")
        if name in FUNCTIONS or name in FORMS:
            self.fail(node, f"{name} is a function", expected=f"{name}(...)", nearest=name)
        self.unknown(node, name)

    def unknown(self, node: ast.AST, name: str) -> NoReturn:
        """Refuse a name nobody declared, with the nearest one that is known."""
        known = [other for other in (*self.local, *self.namespace.names()) if other not in INTERNAL]
        self.fail(
            node,
            f"unknown name {name[:40]}",
            expected="a declared symbol or definition",
            nearest=lambda: nearest_name(name, known),
        )

    def _attribute(self, node: ast.Attribute) -> Node:
        dotted = _dotted(node)
        if dotted is not None and dotted.split(".")[0] not in self.local:
            if dotted in self.namespace.symbols:
                return Sym(dotted)
            if dotted in self.namespace.definitions:
                return self._apply(node, dotted, [])
        if node.attr == "T":
            return Fn("transpose", (self.number(node.value),))
        if dotted is None or any(part.startswith("_") for part in dotted.split(".")):
            self.fail(node, "attribute access is not part of a formula", expected="a name, or A.T for the transpose")
        self.unknown(node, dotted)

    def _arithmetic(self, node: ast.BinOp) -> Node:
        match node.op:
            case ast.Add() | ast.Sub():
                first, rest = _chain(node, (ast.Add, ast.Sub))
                terms = [self.number(first)]
                for operator, operand in rest:
                    value = self.number(operand)
                    terms.append(value if isinstance(operator, ast.Add) else negate(value))
                return plus(terms)
            case ast.Mult() | ast.Div():
                first, rest = _chain(node, (ast.Mult, ast.Div))
                factors = [self.number(first)]
                for operator, operand in rest:
                    value = self.number(operand)
                    factors.append(value if isinstance(operator, ast.Mult) else reciprocal(value))
                return times(factors)
            case ast.Pow():
                base, exponent = self.number(node.left), self.number(node.right)
                try:
                    return raise_to(base, exponent)
                except ExpressionError as error:
                    self.fail(node, error.message, expected=error.expected)
            case ast.MatMult():
                first, rest = _chain(node, (ast.MatMult,))
                product = self.number(first)
                for _, operand in rest:
                    product = Fn("matmul", (product, self.number(operand)))
                return product
        self.fail(node, f"the operator {type(node.op).__name__} is not part of a formula", expected="+ - * / ** @")

    def _relation(self, node: ast.Compare) -> Node:
        sides = [self.number(side) for side in (node.left, *node.comparators)]
        parts = []
        for operator, left, right in zip(node.ops, sides, sides[1:], strict=False):
            if type(operator) not in _RELATIONS:
                self.fail(node, "is and in are not relations", expected="== != < <= > >=")
            parts.append(Rel(_RELATIONS[type(operator)], left, right))
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _vector(self, node: ast.expr, entries: list[ast.expr]) -> Node:
        if not entries:
            self.fail(node, "the vector is empty", expected="[a, b, ...]")
        rows = tuple(self.number(entry) for entry in entries)
        if len({len(row.args) if isinstance(row, Vec) else -1 for row in rows}) > 1:
            self.fail(node, "the rows have different lengths", expected="a vector [a, b] or a matrix [[a, b], [c, d]]")
        if any(isinstance(entry, Vec) for row in rows if isinstance(row, Vec) for entry in row.args):
            self.fail(node, "an array has at most two axes", expected="a matrix [[a, b], [c, d]]")
        return Vec(rows)

    def _subscript(self, node: ast.Subscript) -> Node:
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        index = tuple(self.number(part) for part in parts)
        if not 1 <= len(index) <= 2 or any(
            isinstance(i, Num) and (i.value < 0 or i.value.denominator != 1) for i in index
        ):
            self.fail(node, "an index is counted from 0", expected="x[0] or X[i, j]")
        return Subscript(self.number(node.value), index)

    def _call(self, node: ast.Call) -> Node:
        if not isinstance(node.func, ast.Name):
            self.fail(node, "only functions of the grammar and definitions can be called", expected="a product: a*(b)")
        name = node.func.id
        if name in self.local:
            self.fail(node, f"{name} is a variable and cannot be called", expected=f"{name}*(...)")
        if name in self.namespace.definitions:
            if node.keywords:
                self.fail(node, "a definition takes its arguments by position", expected=f"{name}(a, b)")
            return self._apply(node, name, [self.number(argument) for argument in node.args])
        if name in FORM_READERS:
            return FORM_READERS[name](self, node)
        if name not in FUNCTIONS or name in INTERNAL:
            if name in self.namespace.symbols:
                self.fail(node, f"{name} is a symbol and cannot be called", expected=f"{name}*(...)")
            self.unknown(node, name)
        return self._function(node, name)

    def _function(self, node: ast.Call, name: str) -> Node:
        row = FUNCTIONS[name]
        if node.keywords:
            self.fail(node, f"{name} takes its arguments by position", expected=row.doc)
        if len(node.args) < row.least or (row.largest is not None and len(node.args) > row.largest):
            self.fail(node, f"{name} got {len(node.args)} arguments", expected=row.doc)
        read = self.read if name in _COUNT_CONDITIONS else self.number
        return Fn(name, tuple(read(argument) for argument in node.args))

    def _apply(self, node: ast.AST, name: str, arguments: list[Node]) -> Node:
        definition: Definition = self.namespace.definitions[name]
        if len(arguments) != len(definition.parameters):
            wanted = f"{name}({', '.join(definition.parameters)})" if definition.parameters else name
            self.fail(
                node, f"{name} takes {len(definition.parameters)} arguments, got {len(arguments)}", expected=wanted
            )
        for condition in definition.conditions(tuple(arguments)):
            self.owed.add(condition)
        found = definition.apply(tuple(arguments))
        self.filled += size_of(found)
        if self.filled > _MAX_FILLED:  # while they come, because a sum of hundreds of them is large before it is refused
            self.fail(node, f"definitions bring in more than {_MAX_FILLED} terms", expected="a smaller formula")
        return found


def _dotted(node: ast.expr) -> str | None:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else None


def _chain(
    node: ast.BinOp, operators: tuple[type[ast.operator], ...]
) -> tuple[ast.expr, list[tuple[ast.operator, ast.expr]]]:
    """A left-nested chain as a list, so that a long sum is not a deep one."""
    rest: list[tuple[ast.operator, ast.expr]] = []
    current: ast.expr = node
    while isinstance(current, ast.BinOp) and isinstance(current.op, operators):
        rest.append((current.op, current.right))
        current = current.left
    return current, rest[::-1]
