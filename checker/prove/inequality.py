"""Inequalities: refuted by an exact point, or proved by intervals, z3 on atoms, the derivative ladder and a few cuts.

The one idea to know: sampling comes first and is the independent refuter; the prover behind it must be right without
it, which ``sampler=False`` lets a test check.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from checker.expr.domain import Domain
from checker.expr.errors import UnsupportedError
from checker.expr.node import MINUS_ONE, Add, Mul, Node, Num, Rel, neg, sub, substitute, symbols_of
from checker.expr.rational import is_zero
from checker.expr.text import text
from checker.expr.to_arb import evaluate, holds
from checker.expr.to_z3 import Translator
from checker.prove.equations import solved
from checker.prove.implication import prove_unsat
from checker.prove.ladder import Ladder
from checker.prove.outcome import Dispute, Evidence, Outcome, Status
from checker.prove.points import Point, in_domain, narrow, sample, satisfies, shrink
from checker.prove.subdivide import prove_on_parts
from checker.verdict import How

_POINTS = 90
_DESCENT_STARTS = 3
_DESCENT_STEPS = 14


def prove_inequality(
    goal: Rel, domains: Mapping[str, Domain], given: Sequence[Node] = (), *, sampler: bool = True, budget: int = 600
) -> Outcome:
    """``goal`` (``<``, ``<=``, ``>``, ``>=``) on the domain under the hypotheses; definedness is not looked at here."""
    used = _relevant(goal, domains, given)
    evidence: list[Evidence] = []
    if sampler:
        witness, looked = refute(goal, used, given)
        if witness is not None:
            return refuted(goal, witness, used, given)
        evidence.append(Evidence("sampler", "is there a point where it fails?", f"none of {looked} points"))
    f, strict = oriented(goal)
    if not symbols_of(f):
        return _constant(goal, evidence)
    asked_z3 = False
    if given and _algebraic(goal, given):  # z3 knows such implications completely and answers twice
        asked_z3 = True
        outcome = _by_z3(goal, used, given, evidence, sampler)
        if outcome is not None:
            return outcome
    f, kept, free = eliminate(f, given, used)
    ladder = Ladder(kept, budget, probe=sampler)
    parts = prove_on_parts(ladder, f, strict, narrow(free, kept))
    if parts:
        how = ", ".join(sorted(ladder.used)) or "intervals"
        where = "the whole domain" if parts == 1 else f"{parts} parts of the domain"
        evidence.append(Evidence("intervals and ladder", "does it hold everywhere?", f"yes, on {where} ({how})"))
        by = "z3 on atoms and enclosures" if "z3 on atoms" in ladder.used else "rigorous enclosures"
        return Outcome(Status.PROVED, f"proved on the whole domain by {by}", How.PROVED, tuple(evidence))
    outcome = None if asked_z3 else _by_z3(goal, used, given, evidence, sampler)
    if outcome is not None:
        return outcome
    evidence.append(Evidence("intervals and ladder", "does it hold everywhere?", f"not decided after {ladder.nodes} goals"))
    return Outcome(Status.UNDECIDED, "neither a counterexample nor a proof was found", evidence=tuple(evidence))


def _algebraic(goal: Rel, given: Sequence[Node]) -> bool:
    """Whether z3 can express the goal and every hypothesis."""
    return _expressible((goal, *given))


def _expressible(nodes: Sequence[Node]) -> bool:
    translator = Translator({name: Domain() for node in nodes for name in symbols_of(node)})
    try:
        for node in nodes:
            translator.formula(node)
    except UnsupportedError:
        return False
    return True


def _by_z3(
    goal: Rel, domains: Mapping[str, Domain], given: Sequence[Node], evidence: list[Evidence], sampler: bool
) -> Outcome | None:
    """z3's answer if it decides; what was asked is added to ``evidence``."""
    said = [item for item in given if _expressible((item,))]
    answer, asked = prove_unsat(goal, said, domains)
    if len(said) < len(given) and answer.status != "unsat":
        return None  # a model need not satisfy the hypotheses that z3 cannot say; without them unsat is as good
    evidence += asked
    if answer.status == "unsat":
        return Outcome(Status.PROVED, _unsat_reason(asked), How.PROVED, tuple(evidence))
    if answer.status == "disagree":
        return disputed_by_z3(goal, answer.model or {}, answer.reason, tuple(evidence))
    if answer.status == "sat" and answer.model is not None and sampler:
        return refuted(goal, answer.model, domains, given, tuple(evidence))
    return None


def disputed_by_z3(goal: Node, model: Mapping[str, Fraction], reason: str, evidence: tuple[Evidence, ...]) -> Outcome:
    """Two of z3's solvers contradict each other; the model has been checked exactly."""
    where = {name: str(value) for name, value in sorted(model.items())}
    values = ("unsat: it holds everywhere", f"sat: it fails, {_sides(goal, model) or 'checked exactly'}")
    dispute = Dispute(text(goal), ("z3", "z3 (QF_NRA)"), values, where)
    return Outcome(Status.DISAGREE, reason, None, evidence, where, dispute=dispute)


def eliminate(
    f: Node, given: Sequence[Node], domains: Mapping[str, Domain]
) -> tuple[Node, tuple[Node, ...], dict[str, Domain]]:
    """``f``, the hypotheses and the domains without the symbols that linear equations among the hypotheses determine.

    What was the domain of such a symbol becomes a hypothesis on the expression that replaces it.
    """
    free = dict(domains)
    kept: tuple[Node, ...] = tuple(given)
    for name, replacement in solved(given):
        domain = free.pop(name, Domain())
        bounds: list[Node] = []
        if domain.lo is not None:
            bounds.append(Rel(">" if domain.lo_open else ">=", replacement, Num(domain.lo)))
        if domain.hi is not None:
            bounds.append(Rel("<" if domain.hi_open else "<=", replacement, Num(domain.hi)))
        f = substitute(f, {name: replacement})
        kept = (*(substitute(hypothesis, {name: replacement}) for hypothesis in kept), *bounds)
    return f, tuple(item for item in kept if symbols_of(item)), free


def oriented(goal: Rel) -> tuple[Node, bool]:
    """``(f, strict)`` such that the goal says ``f > 0`` (strict) or ``f >= 0``."""
    greater, less = (goal.left, goal.right) if goal.op in (">", ">=") else (goal.right, goal.left)
    return _difference(greater, less), goal.op in ("<", ">")


def _difference(greater: Node, less: Node) -> Node:
    terms = [*(greater.args if isinstance(greater, Add) else (greater,))]
    for term in less.args if isinstance(less, Add) else (less,):
        if isinstance(term, Mul) and term.args[0] == MINUS_ONE and len(term.args) == 2:
            terms.append(term.args[1])
        elif isinstance(term, Mul) and isinstance(term.args[0], Num):
            terms.append(Mul((Num(-term.args[0].value), *term.args[1:])))
        else:
            terms.append(neg(term))
    kept = [term for term in terms if term != Num(Fraction(0))]
    return Add(tuple(kept)) if len(kept) > 1 else kept[0] if kept else sub(greater, less)


def _relevant(goal: Node, domains: Mapping[str, Domain], given: Sequence[Node]) -> dict[str, Domain]:
    names = set(symbols_of(goal)).union(*(symbols_of(hypothesis) for hypothesis in given))
    return {name: domains.get(name, Domain()) for name in sorted(names)}


def refute(goal: Node, domains: Mapping[str, Domain], given: Sequence[Node], count: int = _POINTS) -> tuple[Point | None, int]:
    """An exact point of the domain under the hypotheses where the goal certainly fails; and how many were tried."""
    box = narrow(domains, given)
    points = sample(box, given, count if domains else 1)
    looked = 0
    for point in points:
        looked += 1
        if holds(goal, point, cap=512) is False:
            return point, looked
    if isinstance(goal, Rel) and goal.op not in ("==", "!=") and points and domains:
        for trial in _descend(goal, points, box, given):
            looked += 1
            if holds(goal, trial, cap=512) is False:
                return trial, looked
    return None, looked


def _descend(goal: Rel, points: Sequence[Point], box: Mapping[str, Domain], given: Sequence[Node]) -> list[Point]:
    """Points found by stepping downhill in the goal's slack from its lowest samples: violations hide off the grid."""
    f, _ = oriented(goal)

    def slack(point: Point) -> float:
        value = evaluate(f, point, 64)
        return float(value.mid()) if value.is_finite() else float("inf")

    ranked = sorted(((slack(point), index) for index, point in enumerate(points)), key=lambda item: item)
    ends: list[Point] = []
    for low, index in ranked[:_DESCENT_STARTS]:
        best, point, step = low, dict(points[index]), Fraction(1, 4)
        for _ in range(_DESCENT_STEPS):
            moved = False
            for name in sorted(point):
                for factor in (step, -step):
                    trial = {**point, name: _moved(point[name], factor, box[name])}
                    if not in_domain(trial, box) or not satisfies(trial, given):
                        continue
                    value = slack(trial)
                    if value < best:
                        best, point, moved = value, trial, True
                        break
            if not moved:
                step /= 3
        ends.append(point)
    return ends


def _moved(value: Fraction, factor: Fraction, domain: Domain) -> Fraction:
    if domain.integer:
        return value + (1 if factor > 0 else -1)
    if domain.lo is not None and domain.hi is not None:
        shifted = value + factor * (domain.hi - domain.lo) / 2
    else:
        shifted = value + factor * (abs(value) if value else 1)
    return shifted.limit_denominator(10**9)


def refuted(
    goal: Node,
    witness: Mapping[str, Fraction],
    domains: Mapping[str, Domain],
    given: Sequence[Node],
    evidence: tuple[Evidence, ...] = (),
) -> Outcome:
    """The outcome of a checked counterexample, shrunk towards simple numbers."""

    def bad(point: Point) -> bool:
        return satisfies(point, given) and holds(goal, point, cap=512) is False

    simple = shrink(witness, domains, bad)
    shown = {name: str(value) for name, value in sorted(simple.items())}
    detail = _sides(goal, simple)
    found = Evidence("balls", "does it hold at the witness?", "no" + (f": {detail}" if detail else ""))
    return Outcome(Status.REFUTED, "it fails at an exact point of the domain", None, (*evidence, found), shown, detail)


def _sides(goal: Node, point: Mapping[str, Fraction]) -> str:
    if not isinstance(goal, Rel):
        return ""
    try:
        left, right = (evaluate(side, point, 96).str(12, radius=False) for side in (goal.left, goal.right))
    except UnsupportedError:
        return ""
    return f"left = {left}, right = {right}"


def _constant(goal: Rel, evidence: list[Evidence]) -> Outcome:
    """A comparison of two numbers: balls decide it, unless the two are equal."""
    known = holds(goal, {}, cap=4096)
    detail = _sides(goal, {})
    if known is None and is_zero(sub(goal.left, goal.right)):
        evidence.append(Evidence("rational normal form", "are the two numbers equal?", "yes"))
        if goal.op in ("<=", ">="):
            return Outcome(Status.PROVED, "the two numbers are equal", How.PROVED, tuple(evidence), detail=detail)
        return Outcome(Status.REFUTED, "the two numbers are equal", None, tuple(evidence), detail=detail)
    if known is None:
        evidence.append(Evidence("balls", "which side is larger?", "not separated at 4096 bits"))
        return Outcome(Status.UNDECIDED, "the two numbers are not separated by balls", evidence=tuple(evidence), detail=detail)
    evidence.append(Evidence("balls", "which side is larger?", detail or "decided"))
    if known:
        return Outcome(Status.PROVED, "a rigorous comparison of two numbers", How.PROVED, tuple(evidence), detail=detail)
    return Outcome(Status.REFUTED, "the comparison of the two numbers is false", evidence=tuple(evidence), detail=detail)


def _unsat_reason(asked: Sequence[Evidence]) -> str:
    alone = any("z3 alone" in item.answer for item in asked)
    return "no point satisfies the hypotheses and violates the goal" + (" (z3 alone)" if alone else ", confirmed by intervals")
