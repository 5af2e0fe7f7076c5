"""Identities: refuted by a ball that excludes zero, proved by an exact zero *and* balls of the raw tree that contain it.

The one idea to know: the two kinds of evidence must be independent, because SymPy is wrong now and then and a zero
may be an artefact of simplification; when an exact engine and the balls contradict each other the answer is DISAGREE.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from flint import fmpq

from checker.execute.worker import Completed, Crashed, Limits, TimedOut, run
from checker.expr.domain import Domain
from checker.expr.errors import UnsupportedError
from checker.expr.node import ZERO, Node, Rel, sub, substitute, symbols_of
from checker.expr.rational import is_zero
from checker.expr.text import text
from checker.expr.to_arb import evaluate, holds, to_ball, value
from checker.prove.agreement import ledger_of, look, lopsided, meeting
from checker.prove.binders import has_binder
from checker.prove.constancy import zero_by_constancy
from checker.prove.equations import solved
from checker.prove.implication import prove_unsat
from checker.prove.inequality import disputed_by_z3, refuted
from checker.prove.outcome import Dispute, Evidence, Outcome, Status
from checker.prove.points import narrow, sample
from checker.prove.squeezed import prove_from_both_sides
from checker.verdict import How

_POINTS = 24
_NEEDED = 5
_CONSTANT = Fraction(1, 10**30)  # a closed constant known this well counts as enclosed
_LAST_BITS = 8192  # two constants that are equal to fewer digits are told apart
_SYMPY = Limits(seconds=8.0)
_SYMPY_OF_INTEGRALS = Limits(seconds=5.0)  # other engines have used some of the time by then
_SYMPY_VALUE = Limits(seconds=2.0)


def prove_identity(
    goal: Rel, domains: Mapping[str, Domain], given: Sequence[Node] = (), *, sampler: bool = True
) -> Outcome:
    """``left == right`` on the domain under the hypotheses, wherever both sides are defined."""
    difference = sub(goal.left, goal.right)
    if not symbols_of(difference):
        return _constants(goal, difference)
    used = {name: domains.get(name, Domain()) for node in (goal, *given) for name in sorted(symbols_of(node))}
    box = narrow(used, given)
    bound, asked_goal = has_binder(difference), goal
    points = lopsided(sample(box, given, 3 * _POINTS)) if bound else sample(box, given, _POINTS)
    balls = look(difference, goal, points)
    exact, engine = exact_zero(difference, box, given)
    evidence = [ledger_of(balls)]
    if bound and not exact and (balls.against is None or not sampler):
        exact, engine, difference, found = closed_zero(difference, box, given)
        evidence += found
    if exact:
        evidence.append(Evidence(engine, "is left - right identically 0?", "yes"))
    if balls.against is not None and exact:
        where = {name: str(number) for name, number in sorted(balls.against.items())}
        said = _gap_at(asked_goal, balls.against)
        dispute = Dispute(text(asked_goal), (engine, "balls"), ("left - right is 0", f"left - right is in {said}"), where)
        reason = f"the {engine} says zero, a ball at an exact point excludes zero"
        return Outcome(Status.DISAGREE, reason, None, tuple(evidence), where, dispute=dispute)
    if balls.against is not None and sampler:
        return refuted(goal, balls.against, used, given, tuple(evidence))
    if exact and balls.agreeing >= _NEEDED:
        return Outcome(Status.PROVED, "an exact zero, and balls at sampled points agree", How.PROVED, tuple(evidence))
    if given and not bound and balls.against is None and balls.agreeing < _NEEDED:
        squeezed = prove_from_both_sides(goal, used, given)
        if squeezed is not None:
            return replace(squeezed, evidence=(*evidence, *squeezed.evidence))
    if exact:
        reason = f"an exact zero, but balls confirm it at {balls.agreeing} points only ({_NEEDED} are needed)"
        return Outcome(Status.UNDECIDED, reason, evidence=tuple(evidence))
    constant = None if has_binder(difference) or balls.agreeing < _NEEDED else zero_by_constancy(difference, box)
    if constant is not None and balls.against is None:
        how = How.PROVED if constant.exact else How.ENCLOSED
        reason = "the difference is constant and zero at a point, and balls at sampled points agree"
        return Outcome(Status.PROVED, reason, how, (*evidence, constant.evidence))
    if bound and not has_binder(difference):
        goal = Rel("==", difference, ZERO)
    answer, asked = prove_unsat(goal, given, used)
    evidence += asked
    if answer.status == "unsat" and balls.agreeing >= _NEEDED:
        return Outcome(Status.PROVED, "z3 finds no point where it fails, and balls agree", How.PROVED, tuple(evidence))
    if answer.status == "disagree":
        return disputed_by_z3(goal, answer.model or {}, answer.reason, tuple(evidence))
    if answer.status == "sat" and answer.model is not None:
        if bound and holds(asked_goal, answer.model) is not False:
            reason = "the closed form fails at a point where the balls of the formula itself do not"
            return Outcome(Status.UNDECIDED, reason, evidence=tuple(evidence))
        return refuted(goal, answer.model, used, given, tuple(evidence))
    answer_of_sympy = _sympy_zero(difference, box, _SYMPY_OF_INTEGRALS if bound else _SYMPY)
    if answer_of_sympy == "yes" and bound:  # its integrals are right for most parameters: look where two of them meet
        special = look(sub(goal.left, goal.right), goal, meeting(box, given))
        evidence.append(ledger_of(special))
        if special.against is not None and sampler:
            return refuted(goal, special.against, used, given, tuple(evidence))
        if special.agreeing < special.looked or special.unable:
            reason = "SymPy finds zero, but balls do not confirm it where parameters coincide"
            return Outcome(Status.UNDECIDED, reason, evidence=tuple(evidence))
    if answer_of_sympy == "yes":
        evidence.append(Evidence("SymPy", "does left - right simplify to 0?", "yes"))
        if balls.agreeing >= _NEEDED:
            return Outcome(Status.PROVED, "SymPy finds zero, and balls at sampled points agree", How.PROVED, tuple(evidence))
        return Outcome(Status.UNDECIDED, "SymPy finds zero, but too few balls confirm it", evidence=tuple(evidence))
    evidence.append(Evidence("SymPy", "does left - right simplify to 0?", answer_of_sympy))
    seen = f"the two sides agree at {balls.agreeing} points" if not balls.unable else balls.unable
    reason = f"{seen}; no exact engine finds zero (SymPy: {answer_of_sympy})"
    return Outcome(Status.UNDECIDED, reason, evidence=tuple(evidence))


def _gap_at(goal: Rel, point: Mapping[str, Fraction]) -> str:
    """The ball of the difference of the two sides at a point, for a reader."""
    return str(evaluate(sub(goal.left, goal.right), point, 256).str(20))


def exact_zero(difference: Node, box: Mapping[str, Domain], given: Sequence[Node]) -> tuple[bool, str]:
    """Whether the normal form is zero, after symbols that equations among ``given`` determine are replaced."""
    if is_zero(difference, box):
        return True, "rational normal form"
    reduced = difference
    for name, replacement in solved(given):
        reduced = substitute(reduced, {name: replacement})
    if reduced != difference and is_zero(reduced, box):
        return True, "rational normal form with the hypotheses inserted"
    return False, ""


def closed_zero(
    difference: Node, box: Mapping[str, Domain], given: Sequence[Node]
) -> tuple[bool, str, Node, tuple[Evidence, ...]]:
    """Whether ``difference`` is zero once integrals and sums are closed, by which engine, what is left, and the ledger."""
    from checker.prove.closed import Closer, by_induction

    closer = Closer(box, given)
    closed = closer.of(difference)
    exact, engine = exact_zero(closed, box, given)
    if not exact:
        found = by_induction(closed, box)
        if found is not None:
            return True, "induction on the upper limit", closed, (*closer.evidence, *found[1])
    return exact, engine, closed, tuple(closer.evidence)


def _constants(goal: Rel, difference: Node) -> Outcome:
    """Equality of two closed constants: exact, or enclosed to 1e-30."""
    exact = is_zero(difference)
    bound = has_binder(difference)
    closing: tuple[Evidence, ...] = ()
    try:
        gap = value(difference, {}, 512)
        if bound and not exact and not isinstance(gap, fmpq) and (gap.is_nan() or gap.contains(0)):
            exact, _, _, closing = closed_zero(difference, {}, ())
        if not exact and not isinstance(gap, fmpq) and gap.contains(0):
            gap = value(difference, {}, _LAST_BITS)
    except UnsupportedError as error:
        said = _sympy_zero(difference, {})
        ledger = (
            Evidence("balls", "is left - right 0?", str(error)),
            Evidence("SymPy", "does left - right simplify to 0?", said),
        )
        return Outcome(Status.UNDECIDED, f"{error}; one engine alone is not enough (SymPy: {said})", evidence=ledger)
    if isinstance(gap, fmpq):
        found = Evidence("exact arithmetic", "is left - right 0?", "yes" if gap == 0 else f"no: {gap}")
        if gap == 0:
            return Outcome(Status.PROVED, "equal as exact numbers", How.PROVED, (found,))
        return Outcome(Status.REFUTED, "different exact numbers", None, (found,), detail=f"left - right = {gap}")
    said = gap.str(20)
    shown = Evidence("balls", "is left - right 0?", f"left - right is in {said}")
    if not gap.contains(0):
        if exact:
            answers = ("left - right is 0", f"left - right is in {said}")
            dispute = Dispute(text(goal), ("rational normal form", "balls"), answers)
            reason = "the normal form says zero, a ball excludes zero"
            return Outcome(Status.DISAGREE, reason, None, (*closing, shown), detail=said, dispute=dispute)
        return Outcome(Status.REFUTED, "the two numbers differ", None, (shown,), detail=f"left - right is in {said}")
    small = gap.is_finite() and abs(gap).upper() <= to_ball(fmpq(_CONSTANT.numerator, _CONSTANT.denominator))
    if exact and small:
        also = Evidence("rational normal form", "is left - right 0?", "yes")
        return Outcome(Status.PROVED, "an exact zero and a ball around 0", How.PROVED, (*closing, also, shown), detail=said)
    if small:
        other = (_value_by_sympy(difference),) if bound else ()
        return Outcome(
            Status.PROVED, "the difference is enclosed in a ball around 0", How.ENCLOSED, (shown, *other), detail=said
        )
    if gap.is_nan():
        reason = "no value: undefined, or not shown to converge"
        return Outcome(Status.UNDECIDED, reason, evidence=(*closing, shown), detail=said)
    return Outcome(Status.UNDECIDED, "the ball around the difference is not small enough", evidence=(shown,), detail=said)


def _sympy_zero(difference: Node, domains: Mapping[str, Domain], limits: Limits = _SYMPY) -> str:
    """``yes`` where SymPy, in a child with a time limit, simplifies the difference to 0; anything else is no evidence."""
    answer = run(simplifies_to_zero, difference, dict(domains), limits=limits)
    match answer:
        case Completed(True):
            return "yes"
        case Completed(_):
            return "no answer that counts"
        case TimedOut(seconds):
            return f"no answer within its time limit of {seconds:g} s"
        case Crashed(cause, message):
            return f"gave up ({cause}: {message})"
        case _:
            return "ran out of memory"


def _value_by_sympy(difference: Node) -> Evidence:
    """What SymPy makes of a closed integral or sum: for the ledger, never for the verdict."""
    asked = "what is left - right?"
    match run(evaluated_by_sympy, difference, limits=_SYMPY_VALUE):
        case Completed((True, str(_))):
            return Evidence("SymPy", asked, "0")
        case Completed((False, str(found))):
            return Evidence("SymPy", asked, f"{found}: contradicted by the ball, hence no evidence")
        case TimedOut(seconds):
            return Evidence("SymPy", asked, f"no answer within {seconds:g} s")
        case _:
            return Evidence("SymPy", asked, "no answer")


def evaluated_by_sympy(difference: Node) -> tuple[bool | None, str]:
    """Run in a child process: whether SymPy's value is 0 (None if it is no number), and the value as text."""
    from checker.expr.to_sympy import to_sympy

    found = to_sympy(difference, {}).doit()
    number = found.evalf(30)
    if not number.is_Number:
        return None, str(found)[:80]
    return bool(abs(number) < 1e-20), str(found)[:80]


def simplifies_to_zero(difference: Node, domains: Mapping[str, Domain]) -> bool:
    """Run in a child process: SymPy's ``doit`` and ``simplify``."""
    import sympy

    from checker.expr.to_sympy import to_sympy

    expression = to_sympy(difference, domains)
    for step in (lambda e: e.doit(), sympy.simplify, lambda e: sympy.simplify(e.rewrite(sympy.exp))):
        expression = step(expression)
        if expression == 0:
            return True
    return False
