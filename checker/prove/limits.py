"""Relations between limits: each limit is replaced by its value, and the value is believed on two kinds of evidence.

The one idea to know: a value comes from an asymptotic expansion with rules (or, where there is none, from SymPy), and
balls have to be seen approaching it at several parameter values, the extremes included.  Refutation comes first, at
single parameter values, because ``x**(a - 1) -> 0`` is true for most ``a`` and false for one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

import sympy
from flint import arb

from checker.expr.defined import conditions
from checker.expr.errors import UnsupportedError
from checker.expr.interval import Interval, enclose, exact
from checker.expr.node import (
    INFINITY,
    MINUS_ONE,
    Const,
    Limit,
    Node,
    Num,
    Pow,
    Rel,
    Sym,
    add,
    instantiate,
    map_children,
    mul,
    neg,
    substitute,
    symbols_of,
    walk,
)
from checker.expr.text import text
from checker.expr.to_arb import holds
from checker.expr.to_sympy import to_sympy
from checker.prove.approach import Approach, approaches, diverges
from checker.prove.asymptotic import Algebra, LimitValue, T, limit_at_infinity
from checker.prove.coefficients import Coefficients, OpenError
from checker.prove.obligation import Obligation, Relation
from checker.prove.outcome import Evidence, Outcome, Status
from checker.prove.points import Point, sample
from checker.prove.registry import dispatch
from checker.verdict import How

_POINTS = 5
_SAMPLED = 24
_TAIL_STARTS = (1, 3, 6, 12, 40)


def prove_limit_relation(goal: Rel, obligation: Obligation) -> Outcome:
    """Answer a relation that contains ``Limit`` nodes, for all parameters of the obligation's domains.

    Raises ``UnsupportedError`` for a limit inside a limit and for what no engine can express.
    """
    limits = tuple(dict.fromkeys(part for part in walk(goal) if isinstance(part, Limit)))
    if any(isinstance(inner, Limit) for limit in limits for child in limit.children() for inner in walk(child)):
        raise UnsupportedError("the limit prover", "a limit inside a limit")
    points = _spread(sample(obligation.domains, obligation.given, count=_SAMPLED))
    if not points:
        return Outcome(Status.UNDECIDED, "no point of the domain satisfies the hypotheses")
    refuted = _refute(goal, limits, obligation, points)
    if refuted is not None:
        return refuted
    try:
        return _prove(goal, limits, obligation, points)
    except OpenError as open_question:
        return _ask_sympy(goal, limits, obligation, points, str(open_question))


def towards_infinity(limit: Limit) -> tuple[Node, ...]:
    """The bodies whose limits as ``T -> oo`` have to agree: two for a two-sided limit at a finite point."""
    if limit.point == INFINITY:
        return (instantiate(limit.body, Sym(T)),)
    if limit.point in (neg(INFINITY), mul(INFINITY, MINUS_ONE)):
        return (instantiate(limit.body, neg(Sym(T))),)
    steps = {"+": (1,), "-": (-1,), "both": (1, -1)}[limit.side]
    return tuple(
        instantiate(limit.body, add(limit.point, mul(Num(Fraction(step)), Pow(Sym(T), MINUS_ONE)))) for step in steps
    )


def _spread(points: list[Point]) -> list[Point]:
    """A few of the sampled points: the first ones, and those with the smallest and the largest entries."""
    if len(points) <= _POINTS:
        return points
    by_size = sorted(points, key=lambda point: sum(abs(number) for number in point.values()))
    chosen = [points[0], by_size[0], by_size[-1], *points[1:]]
    unique = {tuple(sorted(point.items())): point for point in chosen}
    return list(unique.values())[:_POINTS]


def _at(node: Node, point: Mapping[str, Fraction]) -> Node:
    return substitute(node, {name: Num(number) for name, number in point.items()})


def _value(limit: Limit, coefficients: Coefficients) -> LimitValue:
    """The value by expansion, the same from both sides; OpenError where the rules do not decide."""
    first, *others = [limit_at_infinity(body, coefficients) for body in towards_infinity(limit)]
    for other in others:
        same = first.infinite == other.infinite and (
            first.value is None
            or other.value is None
            or coefficients.simplify(add(first.value, neg(other.value))) == Num(Fraction(0))
        )
        if not same:
            raise OpenError("the limits from the two sides are not seen to agree")
    return first


def _followed(limit: Limit, value: LimitValue, point: Mapping[str, Fraction]) -> Approach:
    """What balls see of the value at one parameter point, on every side."""
    seen = [
        approaches(_at(body, point), _at(value.value, point), {})
        if value.value is not None
        else diverges(_at(body, point), value.infinite, {})
        for body in towards_infinity(limit)
    ]
    return next((approach for approach in seen if not approach.confirmed), seen[0])


def _as_node(value: LimitValue) -> Node:
    return value.value if value.value is not None else INFINITY if value.infinite > 0 else neg(INFINITY)


def _replace(node: Node, values: Mapping[Node, Node]) -> Node:
    return values[node] if node in values else map_children(node, lambda child: _replace(child, values))


def _mentions_infinity(node: Node) -> bool:
    return any(isinstance(part, Const) and part.name == "oo" for part in walk(node))


def _is_infinite(node: Node) -> int:
    """1 for ``oo``, -1 for ``-oo``, 0 for everything else."""
    return 1 if node == INFINITY else -1 if node in (neg(INFINITY), mul(INFINITY, MINUS_ONE)) else 0


def _decide(relation: Rel, asked: Rel) -> bool | None:
    """Truth of a relation between numbers, an infinite side allowed; None where it cannot be told.

    ``asked`` is the relation before limits were replaced by their values: two infinite limits are not equal numbers,
    so an infinite side is compared with an infinite side only where the claim itself writes ``oo`` or ``-oo``.
    """
    sides = (relation.left, relation.right)
    left, right = (_is_infinite(side) for side in sides)
    if any(not _is_infinite(side) and _mentions_infinity(side) for side in sides):
        return None
    if not left and not right:
        return holds(relation, {})
    if left and right and not (_is_infinite(asked.left) or _is_infinite(asked.right)):
        return None
    order = left - right  # a finite side counts as 0
    table = {"==": order == 0, "!=": order != 0, "<": order < 0, ">": order > 0, "<=": order <= 0, ">=": order >= 0}
    return table[relation.op]


# ---- refuting at single parameter values


def _refute(goal: Rel, limits: tuple[Limit, ...], obligation: Obligation, points: list[Point]) -> Outcome | None:
    for point in points:
        here = Coefficients({})
        values: dict[Node, Node] = {}
        notes: list[str] = []
        try:
            for limit in limits:
                grounded = _at(limit, point)
                assert isinstance(grounded, Limit)
                value = _value(grounded, here)
                approach = _followed(grounded, value, {})
                if not approach.confirmed:
                    break
                values[grounded] = _as_node(value)
                notes.append(approach.text)
        except (OpenError, UnsupportedError):
            outcome = _refute_by_tail(goal, limits, point)
            if outcome is not None:
                return outcome
            continue
        if len(values) < len({_at(limit, point) for limit in limits}):
            continue
        relation = _replace(_at(goal, point), values)
        assert isinstance(relation, Rel)
        if _decide(relation, goal) is False:
            shown = ", ".join(text(value) for value in values.values())
            evidence = (
                Evidence("asymptotic expansion", "value of the limit at the witness", shown),
                Evidence("balls", "does the formula approach that value?", f"yes: {'; '.join(notes)}"),
            )
            reason = f"the limit is {shown}" + (" at the witness" if point else "")
            return Outcome(Status.REFUTED, reason, evidence=evidence, witness=_witness(point), detail=text(relation))
    return None


def _refute_by_tail(goal: Rel, limits: tuple[Limit, ...], point: Point) -> Outcome | None:
    """``limit == c`` is false when some interval [t0, oo) maps to values that keep away from c."""
    parts = _sides(goal, limits)
    if parts is None or goal.op != "==":
        return None
    limit, target = _at(parts[0], point), _at(parts[1], point)
    assert isinstance(limit, Limit)
    for body in towards_infinity(limit):
        for start in _TAIL_STARTS:
            tail = Interval(exact(Fraction(10) ** start).lo, enclose(INFINITY, {}).hi, False, True)
            try:
                image = enclose(body, {T: tail}, 256)
                aim = enclose(target, {}, 256)
            except UnsupportedError:
                return None
            if not image.empty and not image.partial and not aim.empty and (image.lo > aim.hi or image.hi < aim.lo):
                answer = f"the formula stays in [{_end(image.lo)}, {_end(image.hi)}]"
                evidence = (Evidence("intervals", f"values for all t >= 1e{start}", answer),)
                return Outcome(
                    Status.REFUTED, f"{answer} from t = 1e{start} on", evidence=evidence, witness=_witness(point)
                )
    return None


def _end(end: arb) -> str:
    """An exact end point for the reader."""
    return str(end.str(6, radius=False)) if end.is_finite() else "oo" if end > 0 else "-oo"


def _sides(goal: Rel, limits: tuple[Limit, ...]) -> tuple[Limit, Node] | None:
    """``(limit, c)`` of a goal that is just a limit against a formula without limits."""
    if len(limits) == 1 and goal.left == limits[0] and limits[0] not in set(walk(goal.right)):
        return limits[0], goal.right
    if len(limits) == 1 and goal.right == limits[0] and limits[0] not in set(walk(goal.left)):
        return limits[0], goal.left
    return None


def _witness(point: Point) -> dict[str, str]:
    return {name: str(number) for name, number in sorted(point.items())}


# ---- proving for all parameters


def _prove(goal: Rel, limits: tuple[Limit, ...], obligation: Obligation, points: list[Point]) -> Outcome:
    coefficients = Coefficients(obligation.domains, obligation.given)
    values = {limit: _value(limit, coefficients) for limit in limits}
    for limit in limits:
        for body in towards_infinity(limit):
            require_defined(body, coefficients, obligation)
    evidence: list[Evidence] = []
    for limit, value in values.items():
        evidence.append(
            Evidence("asymptotic expansion", "value of the limit for all parameters", text(_as_node(value)))
        )
        seen = [(point, _followed(limit, value, point)) for point in points]
        doubtful = next(((point, approach) for point, approach in seen if not approach.confirmed), None)
        answer = (
            f"yes at {len(points)} parameter points: {seen[-1][1].text}"
            if doubtful is None
            else f"not seen: {doubtful[1].text}"
        )
        evidence.append(Evidence("balls", "does the formula approach that value?", answer))
        if doubtful is not None:
            reason = f"the expansion gives {text(_as_node(value))}, but balls do not confirm it"
            return Outcome(Status.UNDECIDED, reason, evidence=tuple(evidence), detail=str(_witness(doubtful[0])))
    relation = _replace(goal, {limit: _as_node(value) for limit, value in values.items()})
    assert isinstance(relation, Rel)
    if _mentions_infinity(relation):
        decided = _decide(relation, goal)
        status = {True: Status.PROVED, False: Status.REFUTED, None: Status.UNDECIDED}[decided]
        return Outcome(
            status,
            "an infinite limit, by expansion and by balls" if decided is not None else "infinity inside a formula",
            how=How.PROVED if status is Status.PROVED else None,
            evidence=tuple(evidence),
        )
    rest = dispatch(replace(obligation, question=Relation(relation)))
    return replace(rest, evidence=(*evidence, *rest.evidence))


def require_defined(body: Node, coefficients: Coefficients, obligation: Obligation) -> None:
    """``body`` is defined for all large T and all parameters; ``OpenError`` names what was not shown."""
    for condition in conditions(body):
        if T in symbols_of(condition):
            shown = Algebra(coefficients, 2).eventually(condition)
        else:
            shown = dispatch(replace(obligation, question=Relation(condition))).status is Status.PROVED
        if not shown:
            raise OpenError(f"not shown to be defined: {text(substitute(condition, {T: Sym('t')}))}")


# ---- SymPy, where the rules have no answer


def _ask_sympy(
    goal: Rel, limits: tuple[Limit, ...], obligation: Obligation, points: list[Point], open_question: str
) -> Outcome:
    parts = _sides(goal, limits)
    if parts is None or goal.op != "==":
        return Outcome(Status.UNDECIDED, open_question)
    limit, target = parts
    try:
        found = to_sympy(limit, obligation.domains).doit()
        wanted = to_sympy(target, obligation.domains)
    except (UnsupportedError, NotImplementedError, ValueError, TypeError, AttributeError, RecursionError) as error:
        none = Evidence("SymPy", "value of the limit", f"none ({error})"[:200])
        return Outcome(Status.UNDECIDED, open_question, evidence=(none,))
    equal = found == wanted or (found.is_finite is not False and sympy.simplify(found - wanted) == 0)
    evidence = [
        Evidence("asymptotic expansion", "value of the limit", f"none: {open_question}"),
        Evidence("SymPy", "value of the limit", str(found)[:200]),
    ]
    sign = _is_infinite(target)
    claimed = LimitValue(None, sign) if sign else LimitValue(target)
    seen = [_followed(limit, claimed, point) for point in points]
    confirmed = all(approach.confirmed for approach in seen)
    evidence.append(
        Evidence(
            "balls", "does the formula approach the claimed value?", f"{'yes' if confirmed else 'no'}: {seen[0].text}"
        )
    )
    if equal and confirmed:
        try:
            for body in towards_infinity(limit):
                require_defined(body, Coefficients(obligation.domains, obligation.given), obligation)
        except OpenError as error:
            return Outcome(Status.UNDECIDED, f"holds where defined; {error}", evidence=tuple(evidence))
        return Outcome(Status.PROVED, "SymPy gives the value and balls approach it", How.PROVED, tuple(evidence))
    if equal or confirmed:
        return Outcome(Status.UNDECIDED, "only one of SymPy and balls supports the limit", evidence=tuple(evidence))
    return Outcome(
        Status.UNDECIDED, f"{open_question}; SymPy and balls do not support the claimed value", evidence=tuple(evidence)
    )
