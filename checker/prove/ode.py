"""``ode``: a formula solves an initial value problem on the whole declared range of time, or a quantity is conserved.

The one idea to know: a residual that is identically zero is not enough, because ``1/(1 - t)`` solves ``x' = x**2`` on both
sides of its pole; the solution has to be defined, without kinks, on the whole interval, and a blow-up inside refutes.
The initial time is the lower end of the domain of time, or 0 where time is the whole line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction

from checker.expr.defined import conditions
from checker.expr.derive import diff
from checker.expr.domain import Domain, contains
from checker.expr.errors import UnsupportedError
from checker.expr.kinks import kinks
from checker.expr.node import ZERO, Node, Num, Rel, RelOp, add, mul, sub, substitute, symbols_of
from checker.expr.rational import normal
from checker.expr.text import text
from checker.prove.blowup import blow_up
from checker.prove.forms import normal_node
from checker.prove.isolate import has_jumps
from checker.prove.obligation import Obligation, Ode, Relation
from checker.prove.outcome import Evidence, Outcome, Status
from checker.prove.points import narrow, sample
from checker.prove.registry import prover
from checker.prove.relation import conjunction, settled
from checker.prove.steps import Step, settle

_READER = "the differential equation prover"
_STRICT: Mapping[RelOp, RelOp] = {"<=": "<", ">=": ">"}
_CLOSED: Mapping[RelOp, RelOp] = {"<": "<=", ">": ">="}


@prover(Ode)
def prove_ode(obligation: Obligation) -> Outcome:
    """PROVED, REFUTED with an exact point, or UNDECIDED.

    Raises ``UnsupportedError`` for time that is not an interval, solutions with jumps, and hypotheses that would tie the
    unknowns of a conserved quantity together.
    """
    question = obligation.question
    assert isinstance(question, Ode)
    time = obligation.domains.get(question.variable, Domain())
    if time.integer or time.values is not None:
        raise UnsupportedError(_READER, "time that is not an interval")
    if question.variable in question.rhs:
        raise UnsupportedError(_READER, "time among the unknowns")
    answers = []
    if question.solution is not None:
        answers.append(_solution(question, question.solution, obligation))
    if question.conserved is not None:
        answers.append(_conserved(question, question.conserved, obligation))
    return conjunction(answers) if answers else Outcome(Status.UNDECIDED, "nothing is asked of the equation")


# --- solutions ------------------------------------------------------------------------------------------------------


def _solution(question: Ode, solution: Mapping[str, Node], obligation: Obligation) -> Outcome:
    unknowns = frozenset(question.rhs)
    initial = question.initial or {}
    if set(solution) != unknowns or (question.initial is not None and set(initial) != unknowns):
        raise UnsupportedError(_READER, "other unknowns in the solution or the initial value than in the equation")
    if any(symbols_of(node) & unknowns for node in (*solution.values(), *initial.values())):
        raise UnsupportedError(_READER, "a solution or an initial value that mentions an unknown")
    if any(question.variable in symbols_of(node) for node in initial.values()):
        raise UnsupportedError(_READER, "an initial value that depends on time")
    if any(has_jumps(node) for node in solution.values()):
        raise UnsupportedError(_READER, "a solution with jumps")
    promised = tuple(item for item in obligation.given if symbols_of(item) & unknowns)
    given = tuple(item for item in obligation.given if item not in promised)
    for item in given:
        _check_bound(item, question.variable)
    free = {name: domain for name, domain in obligation.domains.items() if name not in unknowns}
    around = Obligation(Relation(ZERO), free, given)
    broken = _definedness(question.variable, solution, around)
    if broken is not None and broken.status is Status.REFUTED:
        return broken
    steps = [
        *_residuals(question, solution, _away_from_kinks(solution.values(), [question.variable], around)),
        *_initial(question, solution, around),
        *_promises(promised, solution, around),
        *_ranges(solution, obligation, around),
    ]
    outcome = settle(steps, "the residual vanishes, the solution is defined for all times")
    return broken if broken is not None and outcome.status is Status.PROVED else outcome


def _check_bound(item: Node, time: str) -> None:
    """A hypothesis about time has to leave an interval: a bound of time by something else."""
    if time not in symbols_of(item):
        return
    if isinstance(item, Rel) and item.op in ("<", "<=", ">", ">="):
        try:
            slope = normal(diff(sub(item.left, item.right), time)).constant()
        except UnsupportedError:
            slope = None
        if slope:
            return
    raise UnsupportedError(_READER, f"the hypothesis {text(item)}, which does not simply bound time")


def _definedness(time: str, solution: Mapping[str, Node], around: Obligation) -> Outcome | None:
    """REFUTED where the solution blows up or ceases to exist, UNDECIDED where being defined or smooth stayed open."""
    box = narrow(around.domains, around.given)
    still_open: Outcome | None = None
    for name, node in solution.items():
        smooth = [condition for kink in kinks(node, time) for condition in conditions(kink, box)]
        for condition in (*conditions(node, box), *smooth):
            if settled(condition, around.domains, around.given):
                continue
            found = blow_up(node, condition, time, around) if condition not in smooth else None
            if found is not None:
                shown = Evidence("balls and intervals", f"is {name} defined for all times?", f"no: {found.why}")
                return Outcome(Status.REFUTED, f"{name} {found.why}", evidence=(shown,), witness=found.witness)
            reason = f"{name} is not shown to be defined and smooth for all times: {text(condition)} stayed open"
            still_open = still_open or Outcome(Status.UNDECIDED, reason)
    return still_open


def _away_from_kinks(nodes: Iterable[Node], names: Iterable[str], around: Obligation) -> Obligation:
    """The same surroundings without the kinks, where the derivative rules give a value that is only a convention."""
    found = [kink for node in nodes for name in names for kink in kinks(node, name)]
    kept = [kink for kink in found if not all(settled(c, around.domains, around.given) for c in conditions(kink))]
    return replace(around, given=(*around.given, *dict.fromkeys(kept)))


def _residuals(question: Ode, solution: Mapping[str, Node], around: Obligation) -> Iterator[Step]:
    for name, rhs in question.rhs.items():
        goal = Rel("==", diff(solution[name], question.variable), substitute(rhs, solution))
        yield Step(f"equation for {name}", replace(around, question=Relation(goal)))


def _initial(question: Ode, solution: Mapping[str, Node], around: Obligation) -> Iterator[Step]:
    if question.initial is None:
        return
    start = Num(_start(around.domains.get(question.variable, Domain())))
    at_start = {question.variable: start}
    timeless = {name: domain for name, domain in around.domains.items() if name != question.variable}
    bounds = [item for item in around.given if question.variable in symbols_of(item)]
    there = replace(around, domains=timeless, given=tuple(item for item in around.given if item not in bounds))
    for item in bounds:
        assert isinstance(item, Rel)
        closed = Rel(_CLOSED.get(item.op, item.op), item.left, item.right)
        goal = Relation(substitute(closed, at_start))
        yield Step("the initial time belongs to the interval", replace(there, question=goal), necessary=False)
    for name, value in question.initial.items():
        goal = Relation(Rel("==", substitute(solution[name], at_start), value))
        yield Step(f"initial value of {name} at {question.variable} = {start.value}", replace(there, question=goal))


def _start(time: Domain) -> Fraction:
    if time.lo is not None:
        return time.lo
    if not contains(time, Fraction(0)):
        raise UnsupportedError(_READER, "an initial value without a lower end of time")
    return Fraction(0)


def _promises(promised: tuple[Node, ...], solution: Mapping[str, Node], around: Obligation) -> Iterator[Step]:
    """A hypothesis about the unknowns is no help for a solution: it has to keep it."""
    for item in promised:
        goal = Relation(substitute(item, solution))
        yield Step(f"the solution keeps {text(item)}", replace(around, question=goal))


def _ranges(solution: Mapping[str, Node], obligation: Obligation, around: Obligation) -> Iterator[Step]:
    """The solution stays in the declared domains of the unknowns."""
    for name, node in solution.items():
        domain = obligation.domains.get(name, Domain())
        if domain.integer or domain.values is not None:
            raise UnsupportedError(_READER, f"the unknown {name}, whose domain is not an interval")
        for end, op in ((domain.lo, ">" if domain.lo_open else ">="), (domain.hi, "<" if domain.hi_open else "<=")):
            if end is not None:
                goal = Relation(Rel(op, node, Num(end)))  # type: ignore[arg-type]
                yield Step(f"{name} stays in its domain", replace(around, question=goal))


# --- conserved quantities -------------------------------------------------------------------------------------------


def _conserved(question: Ode, conserved: Node, obligation: Obligation) -> Outcome:
    unknowns = frozenset(question.rhs)
    if has_jumps(conserved):
        raise UnsupportedError(_READER, "a conserved quantity with jumps")
    inside = replace(
        obligation,
        given=tuple(_opened(item, unknowns) for item in obligation.given),
        domains={name: _solid(name, domain, unknowns) for name, domain in obligation.domains.items()},
    )
    box = narrow(inside.domains, inside.given)
    if inside.given and not sample(box, inside.given, count=1, tries=400):
        return Outcome(Status.UNDECIDED, "no point was found inside the region of the hypotheses")
    for condition in conditions(conserved, box):
        if not settled(condition, inside.domains, inside.given):
            reason = f"the quantity is not shown to be defined everywhere: {text(condition)} stayed open"
            return Outcome(Status.UNDECIDED, reason)
    rates = [mul(diff(conserved, name), rhs) for name, rhs in question.rhs.items()]
    derivative = add(*rates, diff(conserved, question.variable))
    names = sorted({*unknowns, question.variable})
    smooth = [kink for name in names for kink in kinks(conserved, name)]
    goal = Relation(Rel("==", derivative, ZERO))
    steps = [Step("derivative along the flow", replace(_away_from_kinks([conserved], names, inside), question=goal))]
    steps += [Step("no kink", replace(inside, question=Relation(kink)), necessary=False) for kink in smooth]
    return settle(steps, "the derivative along the flow is identically zero")


def _opened(item: Node, unknowns: frozenset[str]) -> Node:
    """A hypothesis about the unknowns without its boundary.

    On a surface the derivative of ``x**2`` along ``x' = 1`` may vanish (at x = 0) while nothing is conserved; on an open
    region a derivative that vanishes everywhere conserves, and by continuity so it does up to the boundary.  That takes
    half spaces: ``x**2*(y - 1) <= 0`` holds on a line that is no boundary of where it holds strictly.
    """
    if not symbols_of(item) & unknowns:
        return item
    if not isinstance(item, Rel) or item.op == "==" or not _is_half_space(item, unknowns):
        raise UnsupportedError(_READER, f"a conserved quantity under the hypothesis {text(item)}")
    return Rel(_STRICT.get(item.op, item.op), item.left, item.right)


def _is_half_space(item: Rel, unknowns: frozenset[str]) -> bool:
    """Whether the two sides differ by a linear form in the unknowns with numbers as coefficients, not all zero."""
    slopes = [normal_node(diff(sub(item.left, item.right), name), {}) for name in sorted(unknowns)]
    return all(isinstance(slope, Num) for slope in slopes) and any(slope != ZERO for slope in slopes)


def _solid(name: str, domain: Domain, unknowns: frozenset[str]) -> Domain:
    if name not in unknowns:
        return domain
    flat = domain.lo is not None and domain.lo == domain.hi
    if domain.integer or domain.values is not None or flat:
        raise UnsupportedError(_READER, f"the unknown {name}, whose domain is not an interval")
    return domain
