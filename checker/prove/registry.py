"""Which prover answers which question, and the checks that come before any of them.

The one idea to know: an obligation whose assumptions cannot hold together proves anything, so the domain and ``given``
are checked first and answer VACUOUS.  ``prove`` never raises: what a reader cannot say is UNSUPPORTED, and a crash is
ERROR, never evidence.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from checker.expr.domain import is_empty
from checker.expr.errors import UnsupportedError
from checker.prove import obligation as questions
from checker.prove.obligation import Obligation
from checker.prove.outcome import Evidence, Outcome, Status

Prover: TypeAlias = Callable[[Obligation], Outcome]

_PROVERS: dict[type, Prover] = {}

# The module that registers a prover for the class when it is imported; imported on the first question of its kind.
MODULES: Mapping[type, str] = {
    questions.Relation: "checker.prove.relation",
    questions.Exists: "checker.prove.exists",
    questions.Impossible: "checker.prove.exists",
    questions.Root: "checker.prove.roots",
    questions.Roots: "checker.prove.roots",
    questions.Optimum: "checker.prove.optimum",
    questions.KKT: "checker.prove.kkt",
    questions.Ode: "checker.prove.ode",
    questions.Induction: "checker.prove.induction",
    questions.Certificate: "checker.prove.certificate",
    questions.Series: "checker.prove.series",
    questions.Enclosure: "checker.prove.enclosure",
}


@dataclass(frozen=True, slots=True)
class _Premise:
    """Answer to "can the assumptions hold together?": ``None`` is not known."""

    possible: bool | None
    evidence: tuple[Evidence, ...] = ()


def prover(question: type) -> Callable[[Prover], Prover]:
    """Register the decorated function as the prover of one question class."""

    def register(function: Prover) -> Prover:
        _PROVERS[question] = function
        return function

    return register


def prove(obligation: Obligation) -> Outcome:
    """Answer one obligation; vectors of known size are expanded to their components first.  Never raises."""
    try:
        expanded = expand(obligation)
        empty = sorted(name for name, domain in expanded.domains.items() if not domain.shape and is_empty(domain))
        if empty:
            return Outcome(Status.VACUOUS, f"the domain of {empty[0]} is empty")
        premise = check_premise(expanded)
        if premise.possible is False:
            return Outcome(Status.VACUOUS, "the hypotheses cannot hold together", evidence=premise.evidence)
        outcome = dispatch(expanded)
        if premise.possible is None and outcome.status is Status.PROVED:
            if excluded(expanded):
                outcome = Outcome(Status.VACUOUS, "the hypotheses cannot hold together", evidence=outcome.evidence)
            else:  # from hypotheses that may contradict each other anything follows
                reason = f"it follows from the hypotheses, but whether they can hold together is not known: {outcome.reason}"
                outcome = replace(outcome, status=Status.UNDECIDED, reason=reason, how=None)
        outcome = rechecked(expanded, outcome)
        return replace(outcome, evidence=(*premise.evidence, *outcome.evidence))
    except UnsupportedError as error:
        return Outcome(Status.UNSUPPORTED, str(error))
    except RecursionError:
        return Outcome(Status.ERROR, "the formula is nested too deeply for a prover")
    except Exception as error:  # a crash of one prover is a result of its own: ERROR with its first line
        text = str(error).splitlines()[0] if str(error) else ""
        return Outcome(Status.ERROR, f"{type(error).__name__}: {text}"[:300])


def rechecked(obligation: Obligation, outcome: Outcome) -> Outcome:
    """The outcome with a second engine's opinion where it is a proof; DISAGREE where that engine contradicts."""
    if outcome.status is not Status.PROVED:
        return outcome
    from checker.prove.recheck.second import second_opinion

    return second_opinion(obligation, outcome)


def timed_prove(obligation: Obligation) -> tuple[Outcome, float]:
    """The outcome and the seconds it took; what a killable child runs (it imports nothing but provers)."""
    started = time.perf_counter()
    return prove(obligation), time.perf_counter() - started


def dispatch(obligation: Obligation) -> Outcome:
    """Hand an expanded obligation to the prover of its question class; raises what that prover raises."""
    kind = type(obligation.question)
    if kind not in _PROVERS and kind in MODULES:
        importlib.import_module(MODULES[kind])
    if kind not in _PROVERS:
        raise UnsupportedError("the prover", f"a question of kind {kind.__name__.lower()}")
    return _PROVERS[kind](obligation)


def expand(obligation: Obligation) -> Obligation:
    """The obligation over scalar symbols: vectors replaced by their components, vector functions lowered.

    A certificate keeps its vectors, because it is about every dimension at once; its prover checks the hypotheses.
    """
    if isinstance(obligation.question, questions.Certificate):
        return obligation
    from checker.prove.scalars import scalar_obligation

    return scalar_obligation(obligation)


def check_premise(obligation: Obligation) -> _Premise:
    """Whether some point of the domain satisfies ``given``: an exact sample, else z3 with an exactly checked model."""
    if not obligation.given or isinstance(obligation.question, questions.Certificate):
        return _Premise(True)
    from checker.prove.implication import IRRATIONAL, find_model
    from checker.prove.points import narrow, sample
    from checker.prove.premise import solvable

    question = "do the hypotheses hold together somewhere?"
    box = narrow(obligation.domains, obligation.given)
    impossible = sorted(name for name, domain in box.items() if not domain.shape and is_empty(domain))
    if impossible:
        return _Premise(False, (Evidence("exact arithmetic", question, f"no: nothing is left for {impossible[0]}"),))
    if sample(box, obligation.given, count=1, tries=400):
        return _Premise(True, (Evidence("sampler", question, "yes, at an exact point"),))
    answer = find_model(obligation.given, obligation.domains)
    if answer.status == "sat":
        return _Premise(True, (Evidence("z3", question, "yes, model checked exactly"),))
    if answer.reason == IRRATIONAL and not any(domain.integer for domain in obligation.domains.values()):
        return _Premise(True, (Evidence("z3", question, "yes, at a point that is not rational (z3 alone)"),))
    if answer.status == "unsat":
        return _Premise(False, (Evidence("z3", question, "no: unsat"),))
    if solvable(obligation.given, box):
        return _Premise(True, (Evidence("balls and intervals", question, "yes, where sides change order"),))
    return _Premise(None, (Evidence("sampler and z3", question, f"not known ({answer.reason})"),))


def excluded(obligation: Obligation) -> bool:
    """Whether rigorous engines show that ``given`` holds nowhere on the domain."""
    from checker.prove.exists import show_impossible
    from checker.prove.implication import negation
    from checker.prove.relation import settled

    for index, hypothesis in enumerate(obligation.given):
        others = (*obligation.given[:index], *obligation.given[index + 1 :])
        if settled(negation(hypothesis), obligation.domains, others):
            return True
    return bool(show_impossible(obligation.given, obligation.domains)[0])
