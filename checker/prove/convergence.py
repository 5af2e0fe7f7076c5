"""Does every improper integral and infinite sum of a formula converge, for all parameters?

The one idea to know: convergence is a condition of definedness that relations cannot say.  It is shown by comparison: the
rules of expansion prove ``t**(9/8)*|f(t)| -> 0`` at an infinite end, and the same for ``f(a + 1/t)/t**2`` at a finite end
where the integrand may be undefined.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from checker.expr.defined import conditions
from checker.expr.domain import Domain
from checker.expr.errors import UnsupportedError
from checker.expr.node import (
    INFINITY,
    Binder,
    Limit,
    Mul,
    Node,
    Num,
    Piecewise,
    Pow,
    Sym,
    add,
    instantiate,
    mul,
    neg,
    num,
    substitute,
    symbols_of,
    walk,
)
from checker.expr.text import text
from checker.expr.to_arb import evaluate
from checker.prove.asymptotic import T, limit_at_infinity
from checker.prove.closed import Closer
from checker.prove.coefficients import Coefficients, OpenError
from checker.prove.kink_pieces import domain_of, in_order, is_minus_infinity, within

_FASTER = Num(Fraction(9, 8))


def divergent(goal: Node, domains: Mapping[str, Domain], given: Sequence[Node]) -> str:
    """The first integral or sum that is not shown to converge for all parameters, as text; empty if there is none."""
    closer = Closer(domains, given)
    for node, box, hypotheses in _binders(goal, dict(domains), tuple(given), 0):
        if not _converges(node, box, hypotheses, closer):
            return text(node)
    return ""


def _binders(
    node: Node, domains: dict[str, Domain], given: tuple[Node, ...], depth: int
) -> Iterator[tuple[Binder, dict[str, Domain], tuple[Node, ...]]]:
    """Every integral and infinite sum with the domains and hypotheses that hold where it stands."""
    if isinstance(node, Binder):
        if node.kind == "Integral" or _infinite(node):
            yield node, domains, given
        name = f"x'{depth + 1}"
        inner = instantiate(node.body, Sym(name))
        if node.kind == "Integral":
            box = {**domains, name: domain_of(node.lo, node.hi)}
        else:
            lo, hi = (end.value if isinstance(end, Num) else None for end in (node.lo, node.hi))
            box = {**domains, name: Domain(lo, hi, integer=True)}
        inside = within(name, node.lo, node.hi) if node.kind == "Integral" else ()
        yield from _binders(inner, box, (*given, *inside), depth + 1)
        for child in (node.lo, node.hi):
            yield from _binders(child, domains, given, depth)
        return
    if isinstance(node, Limit):
        return  # the limit prover looks at the body in its own way
    for child in node.children():
        yield from _binders(child, domains, given, depth)


def _infinite(node: Binder) -> bool:
    return node.hi == INFINITY or is_minus_infinity(node.lo)


def _converges(node: Binder, domains: dict[str, Domain], given: tuple[Node, ...], closer: Closer) -> bool:
    if not symbols_of(node) and not any(isinstance(part, Binder) for part in walk(node.body)):
        try:
            return bool(evaluate(node, {}, 96).is_finite())
        except UnsupportedError:
            return False
    return _by_comparison(node, domains, given) or closer.binder(node, domains, given) is not None


def _by_comparison(node: Binder, domains: dict[str, Domain], given: tuple[Node, ...]) -> bool:
    name = "x'9"
    body = instantiate(node.body, Sym(name))
    if any(isinstance(part, Binder) for part in walk(body)):
        return False
    ordered = in_order(node.lo, node.hi, domains, given)
    branches = any(isinstance(part, Piecewise) for part in walk(body))
    if branches and (not ordered or _guards_a_singularity(body, name, node, domains, given)):
        return False
    if node.kind == "Product":
        body = add(body, num(-1))
    sides = ((node.lo, False), (node.hi, True))
    return all(_at(body, name, node, end, upper, ordered, domains, given) for end, upper in sides)


def _guards_a_singularity(
    body: Node, name: str, node: Binder, domains: Mapping[str, Domain], given: Sequence[Node]
) -> bool:
    """Whether a branch of a conditional may be unbounded near a point that its condition leaves out."""
    from checker.prove.relation import settled

    box = {**domains, name: domain_of(node.lo, node.hi)}
    inside = (*given, *within(name, node.lo, node.hi))
    branches = [
        branch
        for part in walk(body)
        if isinstance(part, Piecewise)
        for branch in (*(value for _, value in part.cases), part.otherwise)
    ]
    return not all(settled(condition, box, inside) for branch in branches for condition in conditions(branch, box))


def _at(
    body: Node,
    name: str,
    node: Binder,
    end: Node,
    upper: bool,
    ordered: bool,
    domains: Mapping[str, Domain],
    given: Sequence[Node],
) -> bool:
    from checker.prove.relation import settled

    if end == INFINITY or is_minus_infinity(end):
        far = substitute(body, {name: Sym(T) if end == INFINITY else neg(Sym(T))})
        return _vanishes(Mul((Pow(Sym(T), _FASTER), far)), domains, given)
    if node.kind != "Integral":
        return True
    there = substitute(body, {name: end})
    guarded = any(isinstance(part, Piecewise) for part in walk(body))
    if not guarded and all(settled(condition, domains, given) for condition in conditions(there, domains)):
        return True
    if not ordered:  # a singular end has to be approached from inside the range
        return False
    step = Pow(Sym(T), num(-1))
    near = substitute(body, {name: add(end, neg(step) if upper else step)})
    return _vanishes(mul(Pow(Sym(T), Num(_FASTER.value - 2)), near), domains, given)


def _vanishes(body: Node, domains: Mapping[str, Domain], given: Sequence[Node]) -> bool:
    try:
        found = limit_at_infinity(body, Coefficients(domains, given))
    except (OpenError, UnsupportedError):
        return False
    return found.value == Num(Fraction(0))
