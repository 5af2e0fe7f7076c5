"""Well-formed obligations that make an engine run or grow for ever, and what may be said of them.

The one idea to know: whether each holds was decided by mathematics first.  A true one may be proved or left open, a false one
refuted or left open; a traceback, an ERROR or the wrong side is an escape.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.hostile.watch import SERVICES, Watched, watched

JOBS = 2
# Each prover may have one child of its own, which asks the same again by another route.
MOST_PROCESSES = 2 * JOBS + SERVICES
OWN_BYTES = 600 * 2**20
CHILD_BYTES = 2**31  # the memory limit of an obligation
_OPEN = frozenset({"INCONCLUSIVE", "UNSUPPORTED"})
TRUE, FALSE = _OPEN | {"PASS"}, _OPEN | {"FAIL"}

_HEAD = """\
paper: {title: A toy, authors: [Nobody], year: 2026}
symbols:
  x: {domain: real}
  y: {domain: real}
  t: {domain: positive}
  s: {domain: positive}
  n: {domain: integer, where: n >= 1}
claims:
"""


def _sum(template: str, numbers: Iterable[int], sign: str = "+") -> str:
    return sign.join(template.replace("@", str(number)) for number in numbers)


OBLIGATIONS: dict[str, tuple[str, frozenset[str]]] = {
    "expand": ("(x+y+t+s)**60 == (s+t+y+x)*(x+y+t+s)**59", TRUE),
    "expand_moved": ("(x+y+t+s)**60 == (s+t+y+x)*(x+y+t+s)**59 + 1e-60", FALSE),
    "expand_mixed": ("((x+y)**2+(t+s)**3+x*y*t)**40 - ((x+y)**2+(s+t)**3+x*y*t)**40 == 0", TRUE),
    "nested_radicals": (_sum("sqrt(t+@+sqrt(s+@+sqrt(x**2+@)))", range(12)) + " >= 0", TRUE),
    "ramanujan": ("sqrt(1+t*sqrt(1+(t+1)*sqrt(1+(t+2)*sqrt(1+(t+3)*(t+5))))) == t+1", TRUE),
    "product_of_radicals": (_sum("(sqrt(@)+sqrt(t))", (2, 3, 5, 7, 11, 13, 17, 19, 23, 29), "*") + " > 0", TRUE),
    "gcd": ("((x**97+y**89+1)*(x**61-y**53+t))/(x**97+y**89+1) == x**61-y**53+t", _OPEN | {"FAIL"}),  # undefined somewhere
    "factorials": ("Sum(factorial(n)/factorial(n+k), (k, 1, 400)) <= 2", TRUE),
    "long_sum": ("Sum(1/(k+t), (k, 1, 100000)) >= 0", TRUE),
    "endless_sum": ("Sum(sin(k*x)/k**2/(k+t), (k, 1, oo)) <= 2/t", TRUE),
    "nested_integrals": (
        "Integral(Integral(Integral(exp(-(a*b*c*t)**2)*sin(a+b+c), (a, 0, 1)), (b, 0, 1)), (c, 0, 1)) <= 1", TRUE
    ),
    "oscillating": ("Integral(sin(a**9*10**6)*cos(exp(a)), (a, 0, 10)) <= 10", TRUE),
    "oscillating_moved": ("Integral(sin(a**9*10**6)*cos(exp(a)), (a, 0, 10)) >= 10", FALSE),
    "oscillating_at_0": ("Integral(sin(1/a)/a, (a, 0, 1)) <= 10", TRUE),
    "nonlinear": ("x**8*y**4 + t**20*s**20 + s**9 + 5 >= 2*x**4*y**2*t**10*s**10", TRUE),
    "motzkin": ("x**4*y**2 + x**2*y**4 + t**6 - 3*x**2*y**2*t**2 >= -1e-40", TRUE),
    "motzkin_strict": ("x**4*y**2 + x**2*y**4 + t**6 - 3*x**2*y**2*t**2 > 0", FALSE),  # 0 at x = y = t
    "waves": (_sum("sin(@*x)*cos(@*y)", range(1, 60)) + " <= 59", TRUE),
    "tower": ("exp(exp(exp(exp(x**2)))) > 0", TRUE),
    "limit": ("limit((1+1/a)**(a**2)*exp(-a)*log(log(log(a+10))), a, oo) == 0", FALSE),  # exp(-1/2) times infinity
    "gammas": ("gamma(x**2+1)*gamma(y**2+1)*gamma(t) >= 1/10", TRUE),
    "zeta": ("zeta(2+t)**50 >= 1", TRUE),
    "high_power": ("(x**2+1)**(10**6) >= 1", TRUE),
    "high_power_strict": ("(x**2+1)**(10**6) > 1", FALSE),
    "product": ("Product((1+t/k), (k, 1, 5000)) >= 1", TRUE),
    "derivative": ("diff(exp(sin(x*y)), x, 5) <= 10**9*exp(t**9+x**8+y**8)", TRUE),
    "rationals": (_sum("1/(x**2+@/7919)", range(1, 60)) + " > 0", TRUE),
    "maxima": (_sum("max(x+@, y*t-@, s)", range(14), "*") + " <= exp(exp(x**2+y**2+t+s+100))", TRUE),
    "kinks": (_sum("abs(x-@*y)", range(30)) + " >= 0", TRUE),
    "floor": ("floor(exp(t)*10**50)*10**(-50) <= exp(t)", TRUE),
    "binomials": ("binomial(n+300, n)*factorial(300)*factorial(n) == factorial(n+300)", TRUE),
    "no_root": ("n**2 + n + 41 != 1763*1764", TRUE),  # n(n+1) is even
}  # fmt: skip
QUICK = ("expand_mixed", "expand_moved", "product", "maxima", "motzkin_strict")


@dataclass(frozen=True, slots=True)
class Found:
    """One obligation, what was said of it, and what is wrong with that (empty: nothing)."""

    name: str
    verdict: str
    reason: str
    wrong: str


def claim_file(names: Iterable[str], seconds: float) -> str:
    """One claim for each obligation, with so many seconds for each question."""
    return _HEAD + "".join(
        f"  {name}:\n    statement: S\n    source: {{known_from: full_text}}\n    prove:\n"
        f"      o: {{show: '{OBLIGATIONS[name][0]}', time_limit: {seconds}, "
        "controls: [{show: 'x == x + 1', because: another number}]}\n"
        for name in names
    )


def asked(folder: Path, names: Iterable[str], seconds: float) -> tuple[list[Found], Watched]:
    """The command's answers on one file of obligations, and what it took."""
    (folder / "toy.yaml").write_text(claim_file(names, seconds))
    seen = watched(
        folder, "toy.yaml", "--scale", "smoke", "--no-cache", "--quiet", "--format", "json", "--jobs", str(JOBS)
    )
    return list(_found(seen.said)), seen


def _found(said: str) -> Iterator[Found]:
    paper = json.loads(said)
    for claim in paper["claims"]:
        reason, allowed = claim["lemmas"][0]["reason"], OBLIGATIONS[claim["id"]][1]
        wrong = "" if claim["verdict"] in allowed else f"{claim['verdict']}, which it may not be: {reason}"
        yield Found(claim["id"], claim["verdict"], reason, wrong or ("" if reason else "no reason"))


def amiss(seen: Watched) -> list[str]:
    """What a run took that it must not."""
    limits = {
        f"{seen.most} processes at once": seen.most > MOST_PROCESSES,
        f"{seen.own_bytes >> 20} MiB in the command": seen.own_bytes > OWN_BYTES,
        f"{seen.child_bytes >> 20} MiB in a prover": seen.child_bytes > CHILD_BYTES,
        f"{len(seen.left)} processes left behind": bool(seen.left),
        "a traceback": "Traceback" in seen.said + seen.complaint,
        f"exit code {seen.code}": seen.code not in (0, 1),
    }
    return [words for words, is_so in limits.items() if is_so]
