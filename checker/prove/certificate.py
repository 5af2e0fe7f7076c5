"""``certificate``: a vector inequality in every dimension, as a sum of multipliers times hypotheses plus squares.

The one idea to know: with ``right - left == sum_i multiplier_i * slack_i + squares`` as an identity between inner products
(bilinear, symmetric, nothing else known), nonnegative multipliers prove ``left <= right`` whatever the dimension.  The slack
of ``a <= b`` is ``b - a``, of ``a >= b`` and ``a == b`` it is ``a - b``; an equation takes a multiplier of any sign, one
between vectors a vector, and one that says what a vector is (``y == x - eta*g``) is put in everywhere.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from checker.expr.build import plus, times
from checker.expr.defined import conditions
from checker.expr.domain import Domain
from checker.expr.errors import UnsupportedError
from checker.expr.node import ZERO, Add, Fn, Mul, Node, Num, Pow, Rel, RelOp, Sym, sub, substitute, symbols_of
from checker.expr.text import text
from checker.prove.components import confirmed_in_components, in_components, small_dimensions_decide
from checker.prove.gram import READER, Gram, Vector, vanishes_rarely
from checker.prove.implication import find_model, negation
from checker.prove.inequality import refute, refuted
from checker.prove.isolate import has_jumps
from checker.prove.obligation import Certificate, Obligation, Relation
from checker.prove.outcome import Dispute, Evidence, Outcome, Status
from checker.prove.registry import dispatch, prover
from checker.prove.relation import settled
from checker.prove.steps import Step, settle
from checker.verdict import How

_POINTS = (40, 20, 10)  # by dimension: most of what is false is so on the line
_BY_Z3 = 2


@dataclass(frozen=True, slots=True)
class _Term:
    """One nonnegative (or vanishing) term of the sum: its name, its factors over vectors, and what has to be >= 0."""

    name: str
    node: Node
    nonnegative: tuple[Node, ...]


@prover(Certificate)
def prove_certificate(obligation: Obligation) -> Outcome:
    """PROVED, REFUTED with vectors of exact components, VACUOUS, or UNDECIDED where the certificate does not do.

    A certificate that does not add up is no counterexample: the relation may hold all the same.  Raises ``UnsupportedError``
    for what is not a function of inner products.
    """
    question = obligation.question
    assert isinstance(question, Certificate)
    for item in (question.show, *question.given):
        if not isinstance(item, Rel):
            raise UnsupportedError(READER, f"{text(item)}, which is not one relation")
    if isinstance(question.show, Rel) and question.show.op == "!=":
        raise UnsupportedError(READER, "a goal with !=")
    if len(question.given) != len(question.multipliers):
        raise UnsupportedError(READER, f"{len(question.given)} hypotheses with {len(question.multipliers)} multipliers")
    possible = False
    for count, world in zip(_POINTS, _worlds(obligation), strict=False):
        assert isinstance(world.question, Relation)
        witness, looked = refute(world.question.goal, world.domains, world.given, count)
        if witness is not None:
            return refuted(world.question.goal, witness, world.domains, world.given)
        possible = possible or looked > 0
    if not possible and (answer := _premise(obligation)) is not None:
        return answer
    outcome = _verify(question, obligation)
    return outcome if outcome.status is not Status.UNDECIDED else _counterexample(obligation) or outcome


# --- in components ----------------------------------------------------------------------------------------------------


def _worlds(obligation: Obligation) -> Iterator[Obligation]:
    """The relation in components, in small dimensions that the declared sizes allow (all symbolic sizes equal)."""
    question = obligation.question
    assert isinstance(question, Certificate)
    yield from in_components(obligation, question.show, (*question.given, *obligation.given))


def _counterexample(obligation: Obligation) -> Outcome | None:
    """What sampling missed, looked for by z3 in the smallest dimensions."""
    for world in itertools.islice(_worlds(obligation), _BY_Z3):
        assert isinstance(world.question, Relation)
        answer = find_model((*world.given, negation(world.question.goal)), world.domains)
        if answer.status == "sat" and answer.model is not None:
            return refuted(world.question.goal, answer.model, world.domains, world.given)
    return None


def _premise(obligation: Obligation) -> Outcome | None:
    """No sample satisfied the hypotheses: whether they can hold at all, by z3, in the dimension that decides it."""
    answers = [find_model(world.given, world.domains) for world in _worlds(obligation)]
    if any(answer.status == "sat" for answer in answers):
        return None
    unknown = next((answer.reason for answer in answers if answer.status != "unsat"), "" if answers else "not tried")
    evidence = (Evidence("z3", "do the hypotheses hold together somewhere?", unknown or "no: unsat"),)
    if not unknown and small_dimensions_decide(obligation):
        return Outcome(Status.VACUOUS, "the hypotheses cannot hold together", evidence=evidence)
    return Outcome(Status.UNDECIDED, "whether the hypotheses can hold together is not known", evidence=evidence)


# --- over inner products ----------------------------------------------------------------------------------------------


def _verify(question: Certificate, obligation: Obligation) -> Outcome:
    show, given, multipliers, squares = _inserted(question, obligation)
    slack = _slack(show)
    terms = [*_products(given, multipliers, obligation), *_squares(squares)]
    if show.op == "==" and any(term.nonnegative for term in terms):
        raise UnsupportedError(READER, "an equation shown by inequalities or squares")
    gram = Gram(obligation.domains)
    total = plus([term.node for term in terms]) if terms else ZERO
    identity = Rel("==", gram.scalar(slack), gram.scalar(total))
    hypotheses = _facts(gram, (*given, *obligation.given))
    around = Obligation(Relation(identity), gram.symbols(), (*hypotheses, *gram.facts()))
    adds_up, note = _adds_up(identity, around, show, gram, alone=not question.given and not obligation.given)
    if adds_up.status is not Status.PROVED:
        reason = f"the certificate is not seen to add up: {adds_up.reason}"
        status = Status.UNDECIDED if adds_up.status is Status.REFUTED else adds_up.status
        return replace(adds_up, status=status, reason=reason, how=None, witness={})
    lowered = [(term, gram.scalar(part)) for term in terms for part in term.nonnegative if not _nonnegative(part, gram)]
    around = replace(around, domains=gram.symbols(), given=(*hypotheses, *gram.facts()))
    signs = settle((_sign(term.name, part, ">=", around) for term, part in lowered), "every term is nonnegative")
    if signs.status is not Status.PROVED:
        return signs
    if show.op in ("<", ">") and not any(_positive(term, given, gram, around) for term in terms):
        return Outcome(Status.UNDECIDED, "no term of the certificate is shown to be positive, as a strict goal needs")
    confirmed = confirmed_in_components(Rel("==", slack, total), obligation)
    evidence = (*adds_up.evidence, *signs.evidence, confirmed)
    if confirmed.answer.startswith("no:"):
        answers = ("it adds up", confirmed.answer)
        dispute = Dispute(text(Rel("==", slack, total)), ("inner products", "balls in components"), answers)
        reason = "inner products say it adds up, components do not"
        return Outcome(Status.DISAGREE, reason, evidence=evidence, dispute=dispute)
    if not confirmed.answer.startswith("yes"):
        return Outcome(Status.UNDECIDED, "the identity could not be confirmed in components", evidence=evidence)
    reason = f"the certificate adds up in every dimension{note}"
    return Outcome(Status.PROVED, reason, How.PROVED, evidence)


def _sign(name: str, part: Node, op: RelOp, around: Obligation) -> Step:
    """That a term has its sign, from the hypotheses that share a symbol with it (none, where that is enough)."""
    goal = Rel(op, part, ZERO)
    alone = all(settled(need, around.domains, ()) for need in (goal, *conditions(part, around.domains)))
    near = () if alone else tuple(item for item in around.given if symbols_of(item) & symbols_of(part))
    return Step(f"{name} has the right sign", replace(around, question=Relation(goal), given=near), necessary=False)


def _inserted(
    question: Certificate, obligation: Obligation
) -> tuple[Rel, tuple[Rel, ...], tuple[Node, ...], tuple[Node, ...]]:
    """Everything with the vectors that hypotheses define replaced by what they are."""
    show, given = question.show, question.given
    multipliers, squares = question.multipliers, question.squares
    replaced: set[str] = set()
    for index in range(len(given)):
        found = _definition(given[index], obligation, replaced)
        if found is None:
            continue
        replaced.add(next(iter(found)))
        show = substitute(show, found)
        given = tuple(substitute(item, found) for item in given)
        multipliers = tuple(substitute(item, found) for item in multipliers)
        squares = tuple(substitute(item, found) for item in squares)
    assert isinstance(show, Rel)
    return show, tuple(item for item in given if isinstance(item, Rel)), multipliers, squares


def _definition(item: Node, obligation: Obligation, replaced: set[str]) -> dict[str, Node] | None:
    """``{y: x - eta*g}`` for the hypothesis ``y == x - eta*g`` between vectors."""
    if not isinstance(item, Rel) or item.op != "==":
        return None
    for one, other in ((item.left, item.right), (item.right, item.left)):
        if isinstance(one, Sym) and one.name not in replaced and one.name not in symbols_of(other):
            domain = obligation.domains.get(one.name, Domain())
            if len(domain.shape) == 1 and isinstance(Gram(obligation.domains).value(other), Vector):
                return {one.name: other}
    return None


def _slack(relation: Rel) -> Node:
    if relation.op in ("<=", "<"):
        return sub(relation.right, relation.left)
    return sub(relation.left, relation.right)


def _products(given: Sequence[Rel], multipliers: Sequence[Node], obligation: Obligation) -> Iterator[_Term]:
    gram = Gram(obligation.domains)
    for index, (item, multiplier) in enumerate(zip(given, multipliers, strict=True), start=1):
        if multiplier == ZERO:
            continue
        slack = _slack(item)
        name = f"multiplier {index}"
        if isinstance(gram.value(slack), Vector):
            if item.op != "==":
                raise UnsupportedError(READER, f"{text(item)}, an inequality between vectors")
            if not isinstance(gram.value(multiplier), Vector):
                raise UnsupportedError(READER, f"a number as the multiplier of {text(item)}, an equation between vectors")
            yield _Term(name, Fn("dot", (multiplier, slack)), ())
        elif item.op == "!=":
            raise UnsupportedError(READER, f"a multiplier other than 0 of {text(item)}")
        else:
            yield _Term(name, times((multiplier, slack)), () if item.op == "==" else (multiplier,))


def _squares(squares: Sequence[Node]) -> Iterator[_Term]:
    for index, square in enumerate(squares, start=1):
        yield _Term(f"square {index}", square, (square,))


def _facts(gram: Gram, hypotheses: Sequence[Node]) -> tuple[Node, ...]:
    """Those hypotheses that can be said over inner products; leaving one out only weakens what is known."""
    found = []
    for item in hypotheses:
        try:
            lowered = gram.value(item)
        except UnsupportedError:
            continue
        if isinstance(lowered, Rel):
            found.append(lowered)
    return tuple(found)


def _adds_up(identity: Rel, around: Obligation, show: Rel, gram: Gram, alone: bool) -> tuple[Outcome, str]:
    """The identity between inner products, first formally, then where the hypotheses hold."""
    formal = dispatch(replace(around, given=()))
    if formal.status is Status.PROVED:
        return formal, ""
    if around.given:
        under = dispatch(around)
        if under.status is Status.PROVED:
            return under, ""
    excluded = _thin(identity, around, show, gram) if alone else None
    if excluded:
        away = dispatch(replace(around, given=tuple(excluded)))
        if away.status is Status.PROVED:
            return away, " (by continuity where a vector that is divided by vanishes)"
        return away, ""
    return formal, ""


def _thin(identity: Rel, around: Obligation, show: Rel, gram: Gram) -> list[Node] | None:
    """Conditions that the identity needs, if they fail only where some vector is 0 and the goal is continuous there.

    Vectors that are not 0 are dense, in every dimension, so a weak inequality that holds for them holds for all.
    """
    if show.op not in ("<=", ">=") or has_jumps(show.left) or has_jumps(show.right):
        return None
    lowered = [gram.scalar(show.left), gram.scalar(show.right)]
    domains = gram.symbols()
    if any(not settled(need, domains, ()) for side in lowered for need in conditions(side, domains)):
        return None
    needs = [need for need in conditions(identity, domains) if not settled(need, domains, ())]
    free = Domain()
    for need in needs:
        name = vanishes_rarely(need)
        if not name or replace(gram.domains[name], shape=()) != free:
            return None
    return [Rel(">", _root(need), ZERO) for need in needs]


def _root(need: Node) -> Node:
    assert isinstance(need, Rel)
    base = need.left
    while isinstance(base, Pow):
        base = base.base
    return base


def _nonnegative(node: Node, gram: Gram) -> bool:
    """Whether a formula over vectors is nonnegative by its form: squares, norms, sums and products of such."""
    match node:
        case Num(number):
            return number >= 0
        case Pow(base, Num(power)):
            even = power.denominator == 1 and power.numerator % 2 == 0
            return even or power.denominator % 2 == 0 or _nonnegative(base, gram)
        case Add(args):
            return all(_nonnegative(arg, gram) for arg in args)
        case Mul(args):
            return all(count % 2 == 0 or _nonnegative(arg, gram) for arg, count in Counter(args).items())
        case Fn("norm" | "norm_2" | "abs" | "exp", _):
            return True
        case Fn("dot" | "matmul", (left, right)):
            return left == right and isinstance(gram.value(left), Vector)
        case Fn("sum", (Pow(_, Num(power)),)):
            return power == 2
    return False


def _positive(term: _Term, given: Sequence[Rel], gram: Gram, around: Obligation) -> bool:
    """Whether the term is certainly positive: itself, or as a positive multiple of a strict hypothesis."""
    wanted = term.node
    if term.name.startswith("multiplier"):
        index = int(term.name.split()[1]) - 1
        if given[index].op not in ("<", ">"):
            return False
        (wanted,) = term.nonnegative
    return settle([_sign(term.name, gram.scalar(wanted), ">", around)], "positive").status is Status.PROVED
