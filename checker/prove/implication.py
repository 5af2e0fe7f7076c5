"""z3 as prover and as finder of models, with every model checked exactly and every ``unsat`` asked twice.

The one idea to know: to prove an implication ask for a point of the hypotheses where the goal fails.  A model
counts only after it has been turned into exact rationals of the domain and checked by exact arithmetic; ``unsat``
is repeated with the solver for nonlinear reals and, on compact boxes, confirmed by intervals where that is cheap.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import z3

from checker.expr.domain import Domain, is_empty
from checker.expr.errors import UnsupportedError
from checker.expr.functions import JUMPS
from checker.expr.interval import box_of, truth
from checker.expr.node import And, Fn, Node, Not, Or, Rel, Truth, symbols_of, walk
from checker.expr.to_z3 import Translator, from_model
from checker.prove.outcome import Evidence
from checker.prove.points import Point, in_domain, narrow, satisfies, special_values

# The decision is made by z3's own deterministic resource count; the clock is a backstop against one long step.
_RESOURCES = 3_000_000
_CLOCK_MS = 8_000
_MEMORY_MB = 1_000
_CONFIRM_BOXES = 400
_CONFIRM_SYMBOLS = 3
_RAY = 100

IRRATIONAL = "a model that is not rational"
NEGATED = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}


@dataclass(frozen=True, slots=True)
class Answer:
    """``status``: ``sat`` (with an exactly checked ``model``), ``unsat`` or ``unknown``; ``reason`` in a few words."""

    status: str
    reason: str = ""
    model: Point | None = None


def negation(node: Node) -> Node:
    """The negation with ``Not`` pushed to the relations (false relations are those that hold nowhere defined)."""
    match node:
        case Truth(value):
            return Truth(not value)
        case Rel(op, left, right):
            return Rel(NEGATED[op], left, right)  # type: ignore[arg-type]
        case Not(arg):
            return arg
        case And(args):
            return Or(tuple(negation(arg) for arg in args))
        case Or(args):
            return And(tuple(negation(arg) for arg in args))
        case _:
            return Not(node)


def find_model(
    conditions: Sequence[Node], domains: Mapping[str, Domain], logic: str | None = None, resources: int = _RESOURCES
) -> Answer:
    """A point of the domain where all conditions hold, ``unsat`` if z3 finds that there is none.

    Integers are read as reals first (``unsat`` then covers the integers); a real model that is not integer is asked again
    over the integers.
    """
    used = {name: domains.get(name, Domain()) for node in conditions for name in symbols_of(node)}
    answer = _ask(conditions, used, logic, resources, relaxed=True)
    whole = any(domain.integer for domain in used.values()) or any(_steps(node) for node in conditions)
    if answer.status == "unknown" and answer.model is not None and whole:
        answer = _ask(conditions, used, logic, resources, relaxed=False)
    if answer.status == "sat" and answer.model is not None:
        rest = {name: special_values(domain)[0] for name, domain in domains.items() if name not in used and not domain.shape}
        return Answer("sat", model={**rest, **answer.model})
    return replace(answer, model=None)


def _steps(node: Node) -> bool:
    """Whether the formula has jumps, which the relaxation to reals does not see."""
    return any(isinstance(part, Fn) and part.name in JUMPS for part in walk(node))


def _ask(
    conditions: Sequence[Node], domains: Mapping[str, Domain], logic: str | None, resources: int, relaxed: bool
) -> Answer:
    translator = Translator(domains, relaxed=relaxed)
    try:
        formulas = [translator.formula(condition) for condition in conditions]
        formulas += [*translator.bounds(), *translator.side]
    except UnsupportedError as error:
        return Answer("unknown", str(error))
    solver = z3.SolverFor(logic, ctx=translator.context) if logic else z3.Solver(ctx=translator.context)
    status = run(solver, formulas, resources)
    if status != "sat":
        return Answer(status, "z3 gave up" if status == "unknown" else "")
    model = solver.model()
    point: Point = {}
    irrational = False
    for name, variable in translator.symbols.items():
        found = model.eval(variable, model_completion=True)
        number = from_model(found)
        if number is None:
            return Answer("unknown", IRRATIONAL)
        irrational = irrational or bool(z3.is_algebraic_value(found))
        point[name] = number
    checked = check_model(point, conditions, domains)
    if checked is None:
        return Answer("unknown", IRRATIONAL if irrational else "a model that does not check exactly", model=point)
    return Answer("sat", model=checked)


def run(solver: z3.Solver, formulas: Sequence[object], resources: int, clock_ms: int = _CLOCK_MS) -> str:
    """``sat``, ``unsat`` or ``unknown`` within the limits."""
    solver.set("rlimit", resources)
    solver.set("timeout", clock_ms)
    solver.set("max_memory", _MEMORY_MB)
    solver.add(*formulas)
    try:
        return str(solver.check())
    except z3.Z3Exception:
        return "unknown"


def check_model(point: Point, conditions: Sequence[Node], domains: Mapping[str, Domain]) -> Point | None:
    """The point, or a simpler rational close to it, if it lies in the domain and certainly satisfies all conditions."""
    for limit in (20, 1000, 10**6, None):
        near = point if limit is None else {name: number.limit_denominator(limit) for name, number in point.items()}
        if in_domain(near, domains) and satisfies(near, conditions):
            return near
    return None


def prove_unsat(goal: Node, given: Sequence[Node], domains: Mapping[str, Domain]) -> tuple[Answer, tuple[Evidence, ...]]:
    """Whether ``given`` and the negation of ``goal`` exclude each other; evidence lists each engine asked."""
    question = "hypotheses and negated goal together"
    conditions = [*given, negation(goal)]
    first = find_model(conditions, domains)
    if first.status == "sat":
        return first, (Evidence("z3", question, "sat, model checked exactly"),)
    if first.status == "unknown":
        return first, (Evidence("z3", question, f"unknown ({first.reason})"),)
    evidence = [Evidence("z3", question, "unsat")]
    second = find_model(conditions, domains, logic="QF_NRA")
    evidence.append(Evidence("z3 (QF_NRA)", question, second.status))
    if second.status == "sat":
        reason = "z3 answers unsat, its solver for nonlinear reals finds a model"
        return Answer("disagree", reason, second.model), tuple(evidence)
    confirmed = confirm(conditions, domains)
    if confirmed:
        evidence.append(Evidence("intervals", question, f"excluded on all of {confirmed} boxes"))
    else:
        evidence.append(Evidence("intervals", question, f"not confirmed ({_out_of_reach(conditions)}): z3 alone"))
    return first, tuple(evidence)


def _out_of_reach(conditions: Sequence[Node]) -> str:
    """Why intervals did not confirm an ``unsat``."""
    count = len({name for node in conditions for name in symbols_of(node)})
    if count > _CONFIRM_SYMBOLS:
        return f"{count} symbols are too many to subdivide"
    return f"{_CONFIRM_BOXES} boxes do not exclude it, as where the claim is tight" if count else "no symbol to subdivide"


def confirm(conditions: Sequence[Node], domains: Mapping[str, Domain]) -> int:
    """Number of boxes on each of which one condition certainly fails and which cover the domain; 0 if not reached.

    An end at infinity is an end like any other: rays are cut off at doubling distances and may be excluded whole.
    """
    names = sorted({name for node in conditions for name in symbols_of(node)})
    used = narrow({name: domains.get(name, Domain()) for name in names}, conditions)
    if any(is_empty(domain) for domain in used.values()):
        return 1
    if not names or len(names) > _CONFIRM_SYMBOLS:
        return 0
    waiting, done = [used], 0
    while waiting:
        box = waiting.pop()
        done += 1
        if done + len(waiting) > _CONFIRM_BOXES:
            return 0
        intervals = box_of(box, 64)
        try:
            if any(truth(condition, intervals, 64) is False for condition in conditions):
                continue
        except UnsupportedError:
            return 0
        widest = max(names, key=lambda name: _width(box[name]))
        if _width(box[widest]) < Fraction(1, 10**6):
            return 0
        waiting.extend(halves(box, widest, _cut_off(box[widest])))
    return done


def _width(domain: Domain) -> Fraction:
    """Length; of a ray one that falls with its distance, so that it is not cut for ever before anything else."""
    if domain.lo is not None and domain.hi is not None:
        return domain.hi - domain.lo
    end = domain.lo if domain.lo is not None else domain.hi
    return Fraction(_RAY) if end is None else Fraction(_RAY) / (1 + abs(end))


def _cut_off(domain: Domain) -> Fraction | None:
    """Where to cut an interval with an infinite end; None for the middle of a bounded one."""
    lo, hi = domain.lo, domain.hi
    if lo is None and hi is None:
        return Fraction(0)
    if lo is None and hi is not None:
        return min(2 * hi, hi - 1)
    return max(2 * lo, lo + 1) if hi is None and lo is not None else None


def halves(box: Mapping[str, Domain], name: str, at: Fraction | None = None) -> list[dict[str, Domain]]:
    """The box cut at ``at`` (by default the middle); the cut belongs to both parts."""
    domain = box[name]
    if at is None:
        assert domain.lo is not None
        assert domain.hi is not None
        at = (domain.lo + domain.hi) / 2
    left = replace(domain, hi=at, hi_open=False)
    right = replace(domain, lo=at, lo_open=False)
    return [{**box, name: left}, {**box, name: right}]
