"""Identities: refuted by a ball that excludes zero, proved by an exact zero *and* balls of the raw tree that contain it.

The one idea to know: the two kinds of evidence must be independent, because SymPy is wrong now and then and a zero
may be an artefact of simplification; when an exact engine and the balls contradict each other the answer is DISAGREE.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from flint import arb, fmpq

from checker.execute.worker import Completed, Crashed, Limits, TimedOut, run
from checker.expr.domain import Domain
from checker.expr.errors import UnsupportedError
from checker.expr.node import Add, Mul, Node, Num, Pow, Rel, sub, substitute, symbols_of
from checker.expr.rational import is_zero
from checker.expr.to_arb import precision, to_ball, value
from checker.prove.equations import solved
from checker.prove.implication import prove_unsat
from checker.prove.inequality import refuted
from checker.prove.outcome import Evidence, Outcome, Status
from checker.prove.points import Point, narrow, sample
from checker.verdict import How

_POINTS = 24
_NEEDED = 5
_RELATIVE = Fraction(1, 10**10)  # two sides agree at a point when the ball of the difference is this small beside them
_CONSTANT = Fraction(1, 10**30)  # a closed constant known this well counts as enclosed
_LAST_BITS = 8192  # two constants that are equal to fewer digits are told apart
_SYMPY = Limits(seconds=8.0)


@dataclass(slots=True)
class _Balls:
    """What the balls said: points where the difference surely is not 0, and where it is 0 to the required radius."""

    against: Point | None = None
    agreeing: int = 0
    looked: int = 0
    worst: float = 0.0
    unable: str = ""


def prove_identity(
    goal: Rel, domains: Mapping[str, Domain], given: Sequence[Node] = (), *, sampler: bool = True
) -> Outcome:
    """``left == right`` on the domain under the hypotheses, wherever both sides are defined."""
    difference = sub(goal.left, goal.right)
    if not symbols_of(difference):
        return _constants(goal, difference)
    used = {name: domains.get(name, Domain()) for node in (goal, *given) for name in sorted(symbols_of(node))}
    box = narrow(used, given)
    balls = _look(difference, goal, sample(box, given, _POINTS))
    exact, engine = exact_zero(difference, box, given)
    evidence = [_ball_evidence(balls)]
    if exact:
        evidence.append(Evidence(engine, "is left - right identically 0?", "yes"))
    if balls.against is not None and exact:
        return Outcome(
            Status.DISAGREE, f"the {engine} says zero, a ball at an exact point excludes zero", None, tuple(evidence),
            {name: str(number) for name, number in sorted(balls.against.items())},
        )
    if balls.against is not None and sampler:
        return refuted(goal, balls.against, used, given, tuple(evidence))
    if exact and balls.agreeing >= _NEEDED:
        return Outcome(Status.PROVED, "an exact zero, and balls at sampled points agree", How.PROVED, tuple(evidence))
    if exact:
        reason = f"an exact zero, but balls confirm it at {balls.agreeing} points only ({_NEEDED} are needed)"
        return Outcome(Status.UNDECIDED, reason, evidence=tuple(evidence))
    answer, asked = prove_unsat(goal, given, used)
    evidence += asked
    if answer.status == "unsat" and balls.agreeing >= _NEEDED:
        return Outcome(Status.PROVED, "z3 finds no point where it fails, and balls agree", How.PROVED, tuple(evidence))
    if answer.status == "sat" and answer.model is not None:
        return refuted(goal, answer.model, used, given, tuple(evidence))
    answer_of_sympy = _sympy_zero(difference, box)
    if answer_of_sympy == "yes":
        evidence.append(Evidence("SymPy", "does left - right simplify to 0?", "yes"))
        if balls.agreeing >= _NEEDED:
            return Outcome(Status.PROVED, "SymPy finds zero, and balls at sampled points agree", How.PROVED, tuple(evidence))
        return Outcome(Status.UNDECIDED, "SymPy finds zero, but too few balls confirm it", evidence=tuple(evidence))
    evidence.append(Evidence("SymPy", "does left - right simplify to 0?", answer_of_sympy))
    seen = f"the two sides agree at {balls.agreeing} points" if not balls.unable else balls.unable
    reason = f"{seen}; no exact engine finds zero (SymPy: {answer_of_sympy})"
    return Outcome(Status.UNDECIDED, reason, evidence=tuple(evidence))


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


def _look(difference: Node, goal: Rel, points: Sequence[Point]) -> _Balls:
    balls = _Balls()
    for point in points:
        try:
            verdict, radius = _at(difference, goal, point)
        except UnsupportedError as error:
            balls.unable = str(error)
            return balls
        balls.looked += 1
        if verdict is False:
            balls.against = point
            return balls
        if verdict:
            balls.agreeing += 1
            balls.worst = max(balls.worst, radius)
    return balls


def _at(difference: Node, goal: Rel, point: Point) -> tuple[bool | None, float]:
    """False: the difference is not 0 there.  True: it is 0, or a ball around 0 that is small beside the two sides."""
    for bits in (96, 256, 768):
        gap = value(difference, point, bits)
        if isinstance(gap, fmpq):
            return bool(gap == 0), 0.0
        if gap.is_nan():
            continue
        if not gap.contains(0):
            return False, 0.0
        size = _size(goal, point, bits)
        if size is not None and gap.is_finite():
            with precision(bits):
                relative = abs(gap).upper() / size
                if relative <= to_ball(fmpq(_RELATIVE.numerator, _RELATIVE.denominator)):
                    return True, float(relative.upper())
    return None, 0.0


def _size(goal: Rel, point: Point, bits: int) -> arb | None:
    """What a radius is small beside: the sum of the moduli of all terms, so that what cancels counts in full."""
    with precision(bits):
        sizes = [_modulus(side, point, bits) for side in (goal.left, goal.right)]
        largest = max((size for size in sizes if size.is_finite()), key=lambda size: float(size.mid()), default=None)
    return largest if largest is not None and largest > 0 else None


def _modulus(node: Node, point: Point, bits: int) -> arb:
    """A lower end for the value of ``node`` with every term of its sums and products taken by modulus."""
    if isinstance(node, Add):
        return sum((_modulus(part, point, bits) for part in node.args), arb(0))
    if isinstance(node, Mul):
        product = arb(1)
        for part in node.args:
            product *= _modulus(part, point, bits)
        return product.lower()
    if isinstance(node, Pow) and isinstance(node.exponent, Num) and node.exponent.value in range(1, 65):
        return (_modulus(node.base, point, bits) ** int(node.exponent.value)).lower()
    return abs(to_ball(value(node, point, bits))).lower()


def _ball_evidence(balls: _Balls) -> Evidence:
    if balls.against is not None:
        return Evidence("balls", "is left - right 0 at sampled points?", "no: a ball excludes 0")
    if balls.unable:
        return Evidence("balls", "is left - right 0 at sampled points?", balls.unable)
    radius = f", relative radius <= {balls.worst:.0e}" if balls.worst else ""
    return Evidence(
        "balls", "is left - right 0 at sampled points?", f"contains 0 at {balls.agreeing} of {balls.looked} points{radius}"
    )


def _constants(goal: Rel, difference: Node) -> Outcome:
    """Equality of two closed constants: exact, or enclosed to 1e-30."""
    exact = is_zero(difference)
    try:
        gap = value(difference, {}, 512)
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
    text = gap.str(20)
    shown = Evidence("balls", "is left - right 0?", f"left - right is in {text}")
    if not gap.contains(0):
        if exact:
            return Outcome(Status.DISAGREE, "the normal form says zero, a ball excludes zero", None, (shown,), detail=text)
        return Outcome(Status.REFUTED, "the two numbers differ", None, (shown,), detail=f"left - right is in {text}")
    small = gap.is_finite() and abs(gap).upper() <= to_ball(fmpq(_CONSTANT.numerator, _CONSTANT.denominator))
    if exact and small:
        also = Evidence("rational normal form", "is left - right 0?", "yes")
        return Outcome(Status.PROVED, "an exact zero and a ball around 0", How.PROVED, (also, shown), detail=text)
    if small:
        return Outcome(Status.PROVED, "the difference is enclosed in a ball around 0", How.ENCLOSED, (shown,), detail=text)
    return Outcome(Status.UNDECIDED, "the ball around the difference is not small enough", evidence=(shown,), detail=text)


def _sympy_zero(difference: Node, domains: Mapping[str, Domain]) -> str:
    """``yes`` where SymPy, in a child with a time limit, simplifies the difference to 0; anything else is no evidence."""
    answer = run(simplifies_to_zero, difference, dict(domains), limits=_SYMPY)
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
