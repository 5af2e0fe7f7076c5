"""Optima and roots for all parameters at once: ``of`` has its only zero, or its only optimum, at a place that depends on them.

The one idea to know: nothing is isolated here; a derivative that is negative on the whole left and positive on the whole right
of the place makes it the only minimiser, and a function with one sign on each side has no other zero.  Without a claimed place
existence comes from the signs at both ends and uniqueness from one sign of the (second) derivative.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction

from checker.expr.defined import conditions
from checker.expr.derive import diff
from checker.expr.domain import Domain, intersect
from checker.expr.errors import UnsupportedError
from checker.expr.functions import KINKS
from checker.expr.interval import box_of, enclose, rational_end
from checker.expr.node import INFINITY, ZERO, Fn, Node, Num, Rel, RelOp, neg, substitute, symbols_of, walk
from checker.expr.to_arb import holds
from checker.prove.bracket import in_bracket, on_bracket
from checker.prove.forms import normal_node
from checker.prove.inequality import refute, refuted
from checker.prove.isolate import has_jumps
from checker.prove.obligation import Bracket, Obligation, Optimum, Relation, Root
from checker.prove.outcome import Outcome, Status
from checker.prove.pieces import left_out
from checker.prove.points import narrow, sample
from checker.prove.registry import dispatch
from checker.prove.relation import settled
from checker.prove.sides import Beside, beside, is_defined_on, sign_beside
from checker.prove.steps import Step, settle
from checker.verdict import How

_MEMBERS = 5  # of a family that stayed open, asked one by one
_INFINITE = (INFINITY, neg(INFINITY))


def optimum_of_family(question: Optimum, function: Node, obligation: Obligation) -> Outcome:
    """The minimiser of ``function`` (already turned round for a maximum) for all parameters."""
    if has_jumps(function) or any(isinstance(part, Fn) and part.name in KINKS for part in walk(function)):
        raise UnsupportedError("the optimum prover", "a function with kinks and parameters")
    if question.equals is None:
        return _strictly_convex(question, function, obligation)
    place = question.equals
    at_place = {question.symbol: place}
    where = beside(question.symbol, place, question.inside, obligation, interior=True)
    outcome = settle(_claimed(question, place, where, obligation), "the claimed point is in the bracket")
    if outcome.status is not Status.PROVED:
        return outcome
    better = better_point(question, function, obligation)
    if better is not None:
        return better
    evidence = list(outcome.evidence)
    defined = is_defined_on(conditions(function), where, left_out(question.symbol, question.inside, obligation))
    if defined is None:
        reason = "the function is not shown to be defined on the whole bracket"
        return Outcome(Status.UNDECIDED, reason, evidence=tuple(evidence))
    evidence.append(defined)
    if question.value is not None:
        value = Relation(Rel("==", substitute(question.of, at_place), question.value))
        outcome = settle([Step("the optimal value", replace(where.around, question=value))], "the optimal value")
        evidence += outcome.evidence
        if outcome.status is not Status.PROVED:
            return replace(outcome, evidence=tuple(evidence))
    slope = diff(function, question.symbol)
    for upper in (False, True):
        side = sign_beside(slope, where, upper, ">" if upper else "<")
        if side is None:
            reason = "the sign of the derivative on both sides of the claimed point stayed open"
            return Outcome(Status.UNDECIDED, reason, evidence=tuple(evidence))
        evidence += side.evidence
    reason = "the function grows away from the claimed point on both sides"
    return Outcome(Status.PROVED, reason, How.PROVED, tuple(evidence))


def refuted_member(question: Optimum | Root, obligation: Obligation) -> Outcome | None:
    """A member of the family (parameters at exact values) for which the prover for numbers says no."""
    names = sorted(names_in(question) - {question.symbol})
    given = tuple(item for item in obligation.given if question.symbol not in symbols_of(item))
    used = {name: obligation.domains.get(name, Domain()) for item in given for name in symbols_of(item)}
    domains = {**used, **{name: obligation.domains.get(name, Domain()) for name in names}}
    for point in sample(domains, given, _MEMBERS):
        values: dict[str, Node] = {name: Num(value) for name, value in point.items()}
        member = Obligation(
            with_values(question, values),
            {name: domain for name, domain in obligation.domains.items() if name not in values},
            tuple(substitute(item, values) for item in obligation.given if item not in given),
        )
        try:
            outcome = dispatch(member)
        except UnsupportedError:
            return None
        if outcome.status is Status.REFUTED:
            shown = {name: str(value) for name, value in sorted(point.items())}
            where = ", ".join(f"{name} = {value}" for name, value in shown.items())
            return replace(outcome, reason=f"at {where}: {outcome.reason}", witness={**shown, **outcome.witness})
    return None


def names_in(question: Optimum | Root) -> frozenset[str]:
    """Every symbol of the question's formulas."""
    found = symbols_of(question.of).union(*(symbols_of(node) for node in question.inside + (question.lies_in or ())))
    extra = [question.equals, question.value if isinstance(question, Optimum) else None]
    return found.union(*(symbols_of(node) for node in extra if node is not None))


def with_values(question: Optimum | Root, values: Mapping[str, Node]) -> Optimum | Root:
    """The question with parameters replaced by numbers."""

    def put(node: Node) -> Node:
        return substitute(node, values)

    def both(ends: Bracket | None) -> Bracket | None:
        return None if ends is None else (put(ends[0]), put(ends[1]))

    inside = both(question.inside)
    assert inside is not None
    equals = None if question.equals is None else put(question.equals)
    if isinstance(question, Root):
        return replace(question, of=put(question.of), inside=inside, lies_in=both(question.lies_in), equals=equals)
    value = None if question.value is None else put(question.value)
    return replace(
        question, of=put(question.of), inside=inside, lies_in=both(question.lies_in), equals=equals, value=value
    )


def untied(question: Optimum | Root, obligation: Obligation, outcome: Outcome) -> Outcome:
    """What an answer for the whole bracket says where hypotheses restrict the symbol further: a proof whose place satisfies
    them stands, everything else is open."""
    tied = [item for item in obligation.given if question.symbol in symbols_of(item)]
    if not tied or outcome.status not in (Status.PROVED, Status.REFUTED):
        return outcome
    if outcome.status is Status.PROVED and question.equals is not None:
        at_place = [substitute(item, {question.symbol: question.equals}) for item in tied]
        if all(not symbols_of(item) and holds(item, {}) is True for item in at_place):
            return outcome
    return Outcome(Status.UNDECIDED, f"the hypotheses restrict {question.symbol} inside the bracket", evidence=outcome.evidence)


def check_symbol(question: Optimum | Root, obligation: Obligation) -> None:
    """Raise ``UnsupportedError`` where the symbol is not free to move over its whole bracket."""
    declared = obligation.domains.get(question.symbol, Domain())
    if declared.integer or declared.values is not None:
        raise UnsupportedError("this prover", f"{question.symbol}, which is not a real number")
    lo, hi = (end.value if isinstance(end, Num) else None for end in question.inside)
    cut = intersect(Domain(lo, hi), declared)
    beyond = (lo is not None and cut.lo != lo) or (hi is not None and cut.hi != hi)
    # An end that is a formula has to lie in the domain for all parameters; only a plain end may be one that is left out.
    free = {name: domain for name, domain in obligation.domains.items() if name != question.symbol}
    given = tuple(item for item in obligation.given if question.symbol not in symbols_of(item))
    for end, need in zip(question.inside, _in_domain(question.inside, declared), strict=True):
        if need is not None and not isinstance(end, Num):
            beyond = beyond or end in _INFINITE or not settled(need, free, given)
    if beyond:
        raise UnsupportedError("this prover", f"a bracket beyond the domain of {question.symbol}")


def _in_domain(ends: tuple[Node, Node], declared: Domain) -> tuple[Rel | None, Rel | None]:
    """What puts a lower and an upper place inside the declared domain; ``None`` where it has no end on that side."""
    low = None if declared.lo is None else Rel(">" if declared.lo_open else ">=", ends[0], Num(declared.lo))
    high = None if declared.hi is None else Rel("<" if declared.hi_open else "<=", ends[1], Num(declared.hi))
    return low, high


def _claimed(question: Optimum | Root, place: Node, where: Beside, obligation: Obligation) -> Iterator[Step]:
    """The claimed place lies in the bracket, in the symbol's own domain and satisfies the symbol's own hypotheses."""
    around = where.around
    yield Step("the claimed point lies in the bracket", replace(around, question=Relation(in_bracket(place, question.inside))))
    for need in _in_domain((place, place), obligation.domains.get(question.symbol, Domain())):
        if need is not None:
            yield Step("the claimed point lies in the domain", replace(around, question=Relation(need)))
    for item in obligation.given:
        if question.symbol in symbols_of(item):
            goal = Relation(substitute(item, {question.symbol: place}))
            yield Step("the claimed point satisfies the hypotheses", replace(around, question=goal))


def better_point(question: Optimum, function: Node, obligation: Obligation) -> Outcome | None:
    """An exact point of the bracket (and domain) where the function is certainly better than wherever it is claimed best.

    That refutes the claim even where no point is the best one.
    """
    if question.equals is not None:
        goal = Rel(">=", function, substitute(function, {question.symbol: question.equals}))
    else:
        least = _least(question, function)
        if least is None:
            return None
        goal = Rel(">=", function, Num(least))
    asked = on_bracket(obligation, question.symbol, question.inside, goal)
    used = symbols_of(goal).union(*(symbols_of(item) for item in asked.given))
    domains = {name: domain for name, domain in asked.domains.items() if name in used}
    witness, _ = refute(goal, domains, asked.given)
    if witness is None:
        return None
    return replace(refuted(goal, witness, domains, asked.given), reason="a better point than the claimed one")


def _least(question: Optimum, function: Node) -> Fraction | None:
    """A lower bound of the function on ``lies_in``, if its ends are numbers."""
    if question.lies_in is None or symbols_of(function) - {question.symbol}:
        return None
    lo, hi = question.lies_in
    if not isinstance(lo, Num) or not isinstance(hi, Num):
        return None
    try:
        found = enclose(function, box_of({question.symbol: Domain(lo.value, hi.value)}))
    except UnsupportedError:
        return None
    return None if found.partial or found.empty else rational_end(found.lo, upper=False)[0]


def _strictly_convex(question: Optimum, function: Node, obligation: Obligation) -> Outcome:
    """Without a claimed place: strictly convex on a compact bracket, with the slopes at the ends of ``lies_in``."""
    if question.value is not None:
        return Outcome(Status.UNDECIDED, "an optimal value that depends on parameters needs 'equals'")
    slope = diff(function, question.symbol)
    around, steps = _unique(question, slope, obligation, ">")
    if steps is None:
        return Outcome(Status.UNDECIDED, "an optimum that depends on parameters needs 'equals' or a compact bracket")
    if is_defined_on(conditions(function), around, (False, False)) is None:
        return Outcome(Status.UNDECIDED, "the function is not shown to be defined on the whole bracket")
    excluded = left_out(question.symbol, question.inside, obligation)
    for index, op in ((0, "<="), (1, ">=")):
        if question.lies_in is not None and question.lies_in[index] != question.inside[index]:
            end = question.lies_in[index]
            steps += [_at(question.symbol, slope, end, op, around), _inside(end, question.inside, around)]  # type: ignore[arg-type]
            if excluded[index]:
                steps.append(_apart(end, question.inside, index, around))
        elif excluded[index]:  # the best point may not be the end that the domain leaves out
            steps.append(_at(question.symbol, slope, question.inside[index], op[:1], around))  # type: ignore[arg-type]
    return settle(steps, "strictly convex on the bracket, for all parameters")


def root_of_family(question: Root, obligation: Obligation) -> Outcome:
    """The only zero of a function, for all parameters."""
    if has_jumps(question.of):  # signs say nothing across a jump
        raise UnsupportedError("the root prover", "a function with jumps and parameters")
    if question.equals is None:
        return _monotone(question, obligation)
    where = beside(question.symbol, question.equals, question.inside, obligation)
    vanishes = Relation(Rel("==", substitute(question.of, {question.symbol: question.equals}), ZERO))
    steps = [Step("the function vanishes there", replace(where.around, question=vanishes))]
    outcome = settle([*steps, *_claimed(question, question.equals, where, obligation)], "the claimed point is a zero")
    if outcome.status is not Status.PROVED:
        return outcome
    evidence = list(outcome.evidence)
    for upper in (False, True):
        found = next((side for op in (">", "<") if (side := sign_beside(question.of, where, upper, op))), None)
        if found is None:
            reason = "uniqueness in the bracket stayed open: no sign on both sides of the zero"
            return Outcome(Status.UNDECIDED, reason, evidence=tuple(evidence))
        evidence += found.evidence
    how = How.ENCLOSED if outcome.how is How.ENCLOSED else How.PROVED
    return Outcome(Status.PROVED, "the only zero is the claimed one", how, tuple(evidence))


def _monotone(question: Root, obligation: Obligation) -> Outcome:
    """Without a claimed place: strictly monotone on the bracket, with signs at the ends (those of ``lies_in`` are nearer)."""
    outcome = None
    for op, low, high in ((">", "<=", ">="), ("<", ">=", "<=")):
        around, steps = _unique(question, question.of, obligation, op)  # type: ignore[arg-type]
        if steps is None:
            return Outcome(Status.UNDECIDED, "a zero that depends on parameters needs 'equals' or a compact bracket")
        ends = question.lies_in or question.inside
        excluded = left_out(question.symbol, question.inside, obligation)
        for index, (end, sign) in enumerate(zip(ends, (low, high), strict=True)):
            strict = excluded[index] and end == question.inside[index]  # the zero may not be the end that is left out
            steps.append(_at(question.symbol, question.of, end, sign[:1] if strict else sign, around))  # type: ignore[arg-type]
            steps.append(_inside(end, question.inside, around))
            if excluded[index] and not strict:
                steps.append(_apart(end, question.inside, index, around))
        outcome = settle(steps, "strictly monotone on the bracket with a change of sign, for all parameters")
        if outcome.status is Status.PROVED:
            return outcome
    assert outcome is not None
    return Outcome(Status.UNDECIDED, f"existence or uniqueness for all parameters stayed open: {outcome.reason}")


def _unique(
    question: Optimum | Root, function: Node, obligation: Obligation, op: RelOp
) -> tuple[Beside, list[Step] | None]:
    """The step that says ``d function/d symbol op 0`` on the bracket (so that the function has at most one zero)."""
    around = beside(question.symbol, ZERO, question.inside, obligation)
    tied = any(question.symbol in symbols_of(item) for item in obligation.given)
    if tied or any(end in _INFINITE for end in question.inside):
        return around, None
    box = narrow({**around.around.domains}, around.around.given)
    slope = normal_node(diff(function, question.symbol), box)
    ordered = Relation(Rel("<", *question.inside))
    goal = on_bracket(around.around, question.symbol, question.inside, Rel(op, slope, ZERO))
    defined = on_bracket(around.around, question.symbol, question.inside, Rel("==", function, function))
    steps = [
        Step("the bracket is an interval", replace(around.around, question=ordered), necessary=False),
        Step("one sign of the derivative", goal, necessary=False),
        Step("defined on the bracket", defined, necessary=False),
    ]
    return around, steps


def _at(symbol: str, function: Node, end: Node, op: RelOp, around: Beside) -> Step:
    goal = Relation(Rel(op, substitute(function, {symbol: end}), ZERO))
    return Step("the sign at an end", replace(around.around, question=goal), necessary=False)


def _inside(end: Node, bracket: Bracket, around: Beside) -> Step:
    goal = Relation(in_bracket(end, bracket))
    return Step("the end lies in the bracket", replace(around.around, question=goal), necessary=False)


def _apart(end: Node, bracket: Bracket, index: int, around: Beside) -> Step:
    goal = Relation(Rel("<" if index else ">", end, bracket[index]))
    return Step("the end is not the one that the domain leaves out", replace(around.around, question=goal), necessary=False)
