"""``induction``: a relation for every integer from a start on; the tool makes base and step.

The one idea to know: only the base and small cases may refute.  In the step everything that grows with the index (sums,
products, powers, gammas) becomes a symbol ``p`` of which one thing is known, its recursion (``p + a`` or ``r*p``), so a step
that fails says nothing, and one that is proved holds for whatever the symbols stand for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from checker.expr.defined import conditions
from checker.expr.derive import diff
from checker.expr.domain import Domain, contains
from checker.expr.errors import UnsupportedError
from checker.expr.node import (
    ONE,
    ZERO,
    And,
    Node,
    Num,
    Rel,
    add,
    div,
    is_binder,
    mul,
    neg,
    num,
    substitute,
    symbols_of,
    walk,
)
from checker.expr.rational import is_zero, normal
from checker.expr.text import text
from checker.prove.forms import normal_node
from checker.prove.growing import Growing, grown, unrolled
from checker.prove.inequality import oriented, refute, refuted
from checker.prove.obligation import Induction, Obligation, Relation
from checker.prove.outcome import Evidence, Outcome, Status
from checker.prove.points import narrow
from checker.prove.registry import prover
from checker.prove.relation import settled
from checker.prove.steps import Step, settle
from checker.verdict import How

_READER = "the induction prover"
_SMALL_CASES = 12
_LARGER = (24, 100, 1000)  # further cases, sums only at the first two
_POINTS = 12


@prover(Induction)
def prove_induction(obligation: Obligation) -> Outcome:
    """PROVED where base and step are, REFUTED at the smallest index found at which the relation fails, else UNDECIDED.

    Raises ``UnsupportedError`` where the start lies outside the domain of the index, the index has a last value, or a
    hypothesis mentions it.
    """
    question = obligation.question
    assert isinstance(question, Induction)
    _check_index(question, obligation)
    goals = question.show.args if isinstance(question.show, And) else (question.show,)
    if not all(isinstance(goal, Rel) and goal.op != "!=" for goal in goals):
        raise UnsupportedError(_READER, text(question.show))
    others = {name: domain for name, domain in obligation.domains.items() if name != question.symbol}
    parameters = replace(obligation, domains=others)
    found = _small_cases(question, parameters)
    if found is not None:
        return found
    start = num(question.start)
    base = [Step(f"base {question.symbol} = {question.start}", _case(goal, question, start, parameters)) for goal in goals]
    outcome = settle(base, "the base holds")
    if outcome.status is not Status.PROVED:
        if outcome.status is Status.REFUTED:
            return replace(outcome, witness={**outcome.witness, question.symbol: str(question.start)})
        return outcome
    stepped = _step([goal for goal in goals if isinstance(goal, Rel)], question, parameters)
    looked = f"none of {question.symbol} = {question.start} to {question.start + _SMALL_CASES - 1}, at exact points"
    small = Evidence("balls", "is there a small case that fails?", looked)
    evidence = (small, *outcome.evidence, *stepped.evidence)
    if stepped.status is not Status.PROVED or outcome.how is not How.ENCLOSED:
        return replace(stepped, evidence=evidence)
    return replace(stepped, evidence=evidence, how=How.ENCLOSED)


def _check_index(question: Induction, obligation: Obligation) -> None:
    domain = obligation.domains.get(question.symbol, Domain())
    if domain.hi is not None or domain.values is not None:
        raise UnsupportedError(_READER, f"{question.symbol}, which has a last value (use for:)")
    if not contains(domain, Fraction(question.start)):
        raise UnsupportedError(_READER, f"a start outside of the domain of {question.symbol}")
    for item in obligation.given:
        if question.symbol in symbols_of(item):
            raise UnsupportedError(_READER, f"the hypothesis {text(item)} about {question.symbol}")


def _case(goal: Node, question: Induction, index: Num, parameters: Obligation) -> Obligation:
    return replace(parameters, question=Relation(unrolled(substitute(goal, {question.symbol: index}))))


def _small_cases(question: Induction, parameters: Obligation) -> Outcome | None:
    """An index (the first, as far as was looked) at which some exact point of the parameters violates the relation."""
    sums = any(is_binder(part) for part in walk(question.show))
    held = question.start - 1
    for offset in (*range(_SMALL_CASES), *(_LARGER[:2] if sums else _LARGER)):
        index = question.start + offset
        failing = _fails_at(question, index, parameters)
        if failing is None:
            held = index
            continue
        while index - held > 1:
            middle = (index + held) // 2
            earlier = _fails_at(question, middle, parameters)
            held, index, failing = (middle, index, failing) if earlier is None else (held, middle, earlier)
        return failing
    return None


def _fails_at(question: Induction, index: int, parameters: Obligation) -> Outcome | None:
    goal = unrolled(substitute(question.show, {question.symbol: num(index)}))
    used = symbols_of(goal).union(*(symbols_of(item) for item in parameters.given))
    domains = {name: parameters.domains.get(name, Domain()) for name in sorted(used)}
    witness, _ = refute(goal, domains, parameters.given, _POINTS)
    if witness is None:
        return None
    outcome = refuted(goal, witness, domains, parameters.given)
    reason = f"it fails at {question.symbol} = {index}"
    return replace(outcome, reason=reason, witness={question.symbol: str(index), **outcome.witness})


# --- the step ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Sides:
    """A relation as ``f op 0`` at the index and at the next one, over the same symbols; ``strict``: ``f > 0``."""

    now: Node
    next: Node
    op: str

    def hypothesis(self) -> Rel:
        return Rel(self.op, self.now, ZERO)  # type: ignore[arg-type]

    def goal(self) -> Rel:
        return Rel(self.op, self.next, ZERO)  # type: ignore[arg-type]


def _step(goals: Sequence[Rel], question: Induction, parameters: Obligation) -> Outcome:
    """``show(n)`` implies ``show(n + 1)`` for every integer ``n >= start``."""
    index = {question.symbol: Domain(lo=Fraction(question.start), integer=True)}
    bare = replace(parameters, domains={**parameters.domains, **index})
    growing = Growing(question.symbol, bare)
    shapes = [_sides(goal, question.symbol, growing) for goal in goals]
    around = replace(bare, domains={**bare.domains, **growing.domains()})
    box = narrow(around.domains, around.given)
    needed = [*growing.needs, *(need for goal in goals for need in conditions(goal, narrow(bare.domains, bare.given)))]
    for need in dict.fromkeys(needed):
        if not settled(need, around.domains, around.given):
            return Outcome(Status.UNDECIDED, f"step: it is not shown for all {question.symbol} that {text(need)}")
    if isinstance(question.show, And):
        around = replace(around, given=(*around.given, *(shape.hypothesis() for shape in shapes)))
    evidence: list[Evidence] = []
    for shape in shapes:
        proved = _one_step(shape, growing, around, box)
        evidence += proved.evidence
        if proved.status is not Status.PROVED:
            return replace(proved, evidence=tuple(evidence))
    reason = f"base and step hold for every integer {question.symbol} >= {question.start}"
    return Outcome(Status.PROVED, reason, How.PROVED, tuple(evidence))


def _sides(goal: Rel, index: str, growing: Growing) -> _Sides:
    if goal.op == "==":
        f, op = add(goal.left, neg(goal.right)), "=="
    else:
        f, strict = oriented(goal)
        op = ">" if strict else ">="
    now = growing.named(f)
    return _Sides(now, grown(now, index, growing), op)


def _one_step(shape: _Sides, growing: Growing, around: Obligation, box: dict[str, Domain]) -> Outcome:
    """By a multiple of the hypothesis (exactly, or up to something of one sign), else as an implication."""
    for factor in _factors(shape, growing, box):
        rest = _rest(shape, factor, growing, box)
        outcome = _by_multiple(shape, factor, rest, around, box)
        if outcome is not None:
            return outcome
    implied = replace(around, question=Relation(shape.goal()), given=(*around.given, shape.hypothesis()))
    return settle([Step("step", implied, necessary=False)], "the step follows")


def _rest(shape: _Sides, factor: Node, growing: Growing, box: dict[str, Domain]) -> Node:
    """``next - factor*now``; where the growing symbols cancel, as the plain sum that its author would write."""
    simple = normal_node(add(shape.next, neg(mul(factor, shape.now))), box)
    names = growing.domains().keys()
    if factor != ONE or symbols_of(simple) & names:
        return simple
    without = dict.fromkeys(names, ZERO)
    return oriented(Rel(">=", substitute(shape.next, without), substitute(shape.now, without)))[0]


def _by_multiple(shape: _Sides, factor: Node, rest: Node, around: Obligation, box: dict[str, Domain]) -> Outcome | None:
    """``next = factor*now + rest`` with ``rest == 0``, or with factor and rest of one sign."""
    if not all(settled(need, around.domains, around.given) for need in conditions(factor, box)):
        return None
    said = f"show(n + 1) - ({text(factor)})*show(n)"
    if shape.op == "==" or is_zero(rest, box):
        if is_zero(rest, box) is not True:
            return None
        exact = Evidence("rational normal form", f"step: is {said} identically 0?", "yes")
        if shape.op == "==":
            return Outcome(Status.PROVED, "the step is exact", How.PROVED, (exact,))
        op = ">" if shape.op == ">" else ">="
        sign = Step("the factor is of the right sign", replace(around, question=Relation(Rel(op, factor, ZERO))), False)  # type: ignore[arg-type]
        outcome = settle([sign], "the step is a multiple of the hypothesis")
        return replace(outcome, evidence=(exact, *outcome.evidence)) if outcome.status is Status.PROVED else None
    hardly = Relation(Rel(">=", factor, ZERO))
    wanted = Relation(Rel(shape.op, rest, ZERO))  # type: ignore[arg-type]
    steps = [
        Step("the factor is nonnegative", replace(around, question=hardly), False),
        Step(f"{said} has the right sign", replace(around, question=wanted), False),
    ]
    outcome = settle(steps, "the step follows from a multiple of the hypothesis")
    return outcome if outcome.status is Status.PROVED else None


def _factors(shape: _Sides, growing: Growing, box: dict[str, Domain]) -> Iterator[Node]:
    """1, and whatever makes the coefficient of a growing symbol cancel."""
    seen: list[Node] = [ONE]
    yield ONE
    for name in growing.domains():
        try:
            below = normal(diff(shape.now, name))
            above = normal(diff(shape.next, name))
            if below.is_zero or name in symbols_of(below.node()) | symbols_of(above.node()):
                continue
            factor = normal(div(above.node(), below.node())).node()
        except UnsupportedError:
            continue
        if factor not in seen:
            seen.append(factor)
            yield factor
