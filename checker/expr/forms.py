"""Forms that bind or differentiate: what is written like a function but is read by the parser itself.

``Integral``, ``Sum``, ``Product`` and ``limit`` open the scope of a variable; ``diff`` is carried out at once; ``E``
becomes an integral against the declared laws; ``norm`` and ``at`` have a second argument that is not a formula.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias, cast

from checker.expr.build import negate, times
from checker.expr.defined import conditions
from checker.expr.derive import diff
from checker.expr.differentiated import range_of, tending
from checker.expr.errors import UnsupportedError
from checker.expr.functions import FUNCTIONS, HALF, NORMS
from checker.expr.kinks import kinks
from checker.expr.node import INFINITY, Binder, BinderKind, Fn, Limit, Node, Num, Pow, Side, Sym, bind, symbols_of
from checker.expr.size import check_size

if TYPE_CHECKING:
    from checker.expr.parse import Parser

MAX_ORDER = 8  # of a derivative
_SIDES: Mapping[str, Side] = {"left": "-", "right": "+", "both": "both", "-": "-", "+": "+"}

Form: TypeAlias = Callable[["Parser", ast.Call], Node]


def _expect(parser: Parser, call: ast.Call, least: int, most: int, example: str) -> None:
    if call.keywords or not least <= len(call.args) <= most:
        parser.fail(call, f"{cast(ast.Name, call.func).id} is not written like this", expected=example)


def _sqrt(parser: Parser, call: ast.Call) -> Node:
    _expect(parser, call, 1, 1, "sqrt(x)")
    return Pow(parser.number(call.args[0]), HALF)


def _binder(kind: BinderKind) -> Form:
    example = f"{kind}(f(x), (x, a, b))"

    def read(parser: Parser, call: ast.Call) -> Node:
        _expect(parser, call, 2, 5, example)
        return over(parser, call.args[1:], call.args[0])

    def over(parser: Parser, ranges: list[ast.expr], body: ast.expr) -> Node:
        """The last range is the outermost: its ends see no variable, and its variable is seen by everything before."""
        if not ranges:
            return parser.number(body)
        *inner, outermost = ranges
        if not isinstance(outermost, ast.Tuple) or len(outermost.elts) != 3:
            parser.fail(outermost, "a range is written (variable, from, to)", expected=example)
        variable, lo, hi = outermost.elts
        ends = parser.number(lo), parser.number(hi)
        for end, written in zip(ends, (lo, hi), strict=True):
            if kind != "Integral" and isinstance(end, Num) and end.value.denominator != 1:
                parser.fail(written, f"a {kind} begins and ends at integers", expected=example)
        with parser.variables([variable]) as (name,):
            parser.owed.bind(name, range_of(kind, *ends, parser.namespace.symbols))
            inside = over(parser, inner, body)
        _refuse_capture(parser, variable, inside)
        return Binder(kind, bind(inside, name), *ends)

    return read


def _refuse_capture(parser: Parser, variable: ast.expr, body: Node) -> None:
    name = cast(ast.Name, variable).id
    if name in symbols_of(body):
        parser.fail(
            variable,
            f"a definition in the body uses the symbol {name} itself, which is not the variable {name} of this form",
            expected=f"a definition with {name} as its parameter",
        )


def _limit(parser: Parser, call: ast.Call) -> Node:
    example = "limit(f(x), x, point) or limit(f(x), x, point, right)"
    _expect(parser, call, 3, 4, example)
    body, variable, at = call.args[:3]
    point = parser.number(at)
    if point == INFINITY or point == negate(INFINITY):
        side: Side = "-" if point == INFINITY else "+"
    else:
        side = "both"
    if len(call.args) == 4:
        word = call.args[3]
        written = word.id if isinstance(word, ast.Name) else word.value if isinstance(word, ast.Constant) else None
        if not isinstance(written, str) or written not in _SIDES or (side != "both" and _SIDES[written] != side):
            parser.fail(word, "the side of a limit is left or right", expected=example)
        side = _SIDES[written]
    with parser.variables([variable]) as (name,):
        parser.owed.bind(name, tending(point, side))
        inside = parser.number(body)
    _refuse_capture(parser, variable, inside)
    return Limit(bind(inside, name), point, side)


def _diff(parser: Parser, call: ast.Call) -> Node:
    _expect(parser, call, 2, 3, "diff(f, x) or diff(f, x, 2)")
    body, variable = parser.number(call.args[0]), parser.number(call.args[1])
    if not isinstance(variable, Sym):
        parser.fail(call.args[1], "a derivative is taken in a symbol", expected="diff(f, x)")
    domain = parser.namespace.symbols.get(variable.name)
    if domain is not None and domain.shape:
        parser.fail(call.args[1], f"{variable.name} is a vector", expected="grad(f, x)")
    order = 1
    if len(call.args) == 3:
        times_taken = parser.number(call.args[2])
        if not isinstance(times_taken, Num) or times_taken.value not in range(MAX_ORDER + 1):
            parser.fail(call.args[2], "the order of a derivative is a small number", expected=f"0 to {MAX_ORDER}")
        order = int(times_taken.value)
    before = conditions(body, parser.namespace.symbols)
    bent: list[Node] = []
    try:
        for _ in range(order):
            bent += kinks(body, variable.name)
            body = check_size(diff(body, variable.name))
    except UnsupportedError as error:
        parser.fail(call, str(error), expected="a scalar formula")
    after = frozenset(conditions(body, parser.namespace.symbols))
    # log(x) is not differentiable at x < 0, although 1/x is defined there; nor is abs(x) at 0, although sign(0) is 0
    for condition in (*(c for c in before if c not in after), *bent):
        parser.owed.add(condition)
    return body


def _operator(parser: Parser, call: ast.Call) -> Node:
    name = cast(ast.Name, call.func).id
    _expect(parser, call, 2, 2, f"{name}(f, theta)")
    body, variable = parser.number(call.args[0]), parser.number(call.args[1])
    if not isinstance(variable, Sym):
        parser.fail(call.args[1], f"{name} is taken in a symbol", expected=f"{name}(f, theta)")
    return Fn(name, (body, variable))


def _expectation(parser: Parser, call: ast.Call) -> Node:
    _expect(parser, call, 1, 1, "E(f)")
    since = len(parser.owed.conditions)
    body = parser.number(call.args[0])
    random = sorted(symbols_of(body) & parser.namespace.laws.keys())
    if not random:
        parser.fail(call, "no symbol inside E(...) has a law", expected="law: normal(0, 1) on a symbol of the formula")
    waiting = {name: parser.namespace.laws[name] for name in random}
    done: set[str] = set()
    while waiting:
        # a law may have another random symbol as its parameter: that one is integrated later
        parameters = {
            name: symbols_of(law.density) | symbols_of(law.lo) | symbols_of(law.hi) for name, law in waiting.items()
        }
        free = [n for n in sorted(waiting) if not any(n in used for other, used in parameters.items() if other != n)]
        if not free or done & waiting.keys():
            parser.fail(call, "laws refer to each other in a circle", expected="laws that can be integrated one by one")
        law = waiting.pop(free[0])
        if law.kind == "Integral":
            parser.owed.integrate(law.variable, since)
        body = Binder(law.kind, bind(times((body, law.density)), law.variable), law.lo, law.hi)
        done.add(free[0])
        waiting |= {n: parser.namespace.laws[n] for n in symbols_of(body) & parser.namespace.laws.keys()}
    return check_size(body)


def _norm(parser: Parser, call: ast.Call) -> Node:
    example = "norm(x), norm(x, 1), norm(x, oo), norm(X, 2), norm(X, fro) or norm(X, nuc)"
    _expect(parser, call, 1, 2, example)
    vector = parser.number(call.args[0])
    if len(call.args) == 1:
        return Fn("norm", (vector,))
    order = call.args[1]
    written = order.id if isinstance(order, ast.Name) else str(order.value) if isinstance(order, ast.Constant) else ""
    if written not in NORMS:
        parser.fail(order, "unknown norm", expected=example)
    return Fn(NORMS[written], (vector,))


def _at(parser: Parser, call: ast.Call) -> Node:
    """``at(x, t=5)`` and ``at(x, t, 5)`` are the same node."""
    if len(call.args) == 1 and len(call.keywords) == 1 and call.keywords[0].arg is not None:
        keyword = call.keywords[0]
        axis, value = ast.Name(str(keyword.arg), ast.Load()), keyword.value
        ast.copy_location(axis, keyword)
    elif len(call.args) == 3 and not call.keywords:
        axis, value = call.args[1], call.args[2]  # type: ignore[assignment]
    else:
        parser.fail(call, "at is not written like this", expected=FUNCTIONS["at"].doc)
    where = parser.number(axis)
    if not isinstance(where, Sym):
        parser.fail(axis, "at needs the name of an axis", expected=FUNCTIONS["at"].doc)
    return Fn("at", (parser.number(call.args[0]), where, parser.number(value)))


FORM_READERS: Mapping[str, Form] = {
    "sqrt": _sqrt,
    "Integral": _binder("Integral"),
    "Sum": _binder("Sum"),
    "Product": _binder("Product"),
    "limit": _limit,
    "diff": _diff,
    "grad": _operator,
    "hessian": _operator,
    "E": _expectation,
    "norm": _norm,
    "at": _at,
}
