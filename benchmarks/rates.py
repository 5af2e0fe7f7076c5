"""R1, beside the fifteen goals: a convergence rate by our certificate and by PEPit with its default solver.

The one idea to know: the two do not do the same work.  PEPit finds the rate for numbers by a semidefinite program; the tool
checks a proof that the author of a claim wrote down, for every strong convexity at once and exactly.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from benchmarks.goals import Result, Settings, at_least, not_run
from benchmarks.peers import find
from benchmarks.remote import PeerError, remote
from benchmarks.timing import Variant, interleave, timed
from checker.expr.domain import NATURAL, Domain
from checker.expr.namespace import Namespace
from checker.expr.node import Sym
from checker.expr.parse import parse
from checker.prove.obligation import Certificate, Obligation
from checker.prove.outcome import Status
from checker.prove.registry import prove

MU = 0.1
_VECTOR = Domain(shape=(Sym("d"),))
_DOMAINS = {"d": NATURAL, "e": _VECTOR, "h": _VECTOR, "mu": Domain(Fraction(0), Fraction(1))}
# e = x - y, h the difference of the gradients, L = 1, step 1:
# (1 - mu)^2 |e|^2 - |e - h|^2 = 2 ((1 + mu) <h, e> - |h|^2 - mu |e|^2) + |h - mu e|^2
_CLAIM = "norm(e - h)**2 <= (1 - mu)**2*norm(e)**2"
_GIVEN = "(1 + mu)*dot(h, e) >= norm(h)**2 + mu*norm(e)**2"


def contraction() -> Status:
    """One step of gradient descent on 1-smooth, mu-strongly convex functions contracts by 1 - mu, in every dimension."""
    space = Namespace(_DOMAINS)
    show, given, square = (parse(text, space) for text in (_CLAIM, _GIVEN, "norm(h - mu*e)**2"))
    question = Certificate(show, (given,), (parse("2", space),), (square,))
    return prove(Obligation(question, _DOMAINS)).status


def r1(settings: Settings) -> Iterator[Result]:
    """The contraction of one step, step size 1/L."""
    what, target = f"PEPit for mu = {MU:g} / the tool's proof for every mu in [0, 1]", at_least(1)
    peer = find("PEPit", settings.peers)
    if peer.python is None:
        yield from not_run([(what, target)], peer.reason)
        return
    if (status := contraction()) is not Status.PROVED:
        yield Result(what, target, not_run=f"refused: the tool's answer is {status}, not proved")
        return
    with remote(peer.python, "pepit_child.py") as child:
        try:
            answer = child.ask("prepare", name="PEPit", mu=MU, step=1.0)
            apart = abs(float(answer["value"]) - (1 - MU) ** 2)
            if apart > 1e-4:
                yield Result(what, target, not_run=f"refused: PEPit finds {answer['value']:.6g}, {(1 - MU) ** 2:.6g} is proved")
                return
            timings = interleave(
                [Variant("tool", timed(contraction)), Variant("PEPit", lambda: child.round("PEPit"))], settings.rounds
            )
        except PeerError as error:
            yield Result(what, target, not_run=f"PEPit {peer.version}: {error}")
            return
    note = f"PEPit {answer['version']}; its rate is {apart:.0e} from the one proved"
    yield Result(what, target, timings.ratio("PEPit", "tool"), note=note)
