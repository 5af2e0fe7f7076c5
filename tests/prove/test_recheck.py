"""Every proof is looked at by a second engine: what it sees, what it may not see, and that no rule is left out."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import checker.prove
from checker.prove import obligation as questions
from checker.prove.obligation import Exists, Relation
from checker.prove.outcome import Evidence, Outcome, Status
from checker.prove.recheck.relations import relation
from checker.prove.recheck.rules import RULES, SECOND
from checker.prove.recheck.second import LEDGER, LOOKS, engines_of
from checker.prove.registry import MODULES, prove
from checker.verdict import How
from tests.soundness.asking import DOMAINS, asked, read


def proving_functions() -> set[tuple[str, str]]:
    """Every function of ``checker/prove`` that builds an ``Outcome`` which may be PROVED."""
    found = set()
    for path in Path(checker.prove.__path__[0]).glob("*.py"):
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(function, ast.FunctionDef):
                continue
            for call in ast.walk(function):
                if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "Outcome" and call.args:
                    status = ast.unparse(call.args[0])
                    may = "PROVED" in status or (status == "status" and "Status.PROVED" in ast.unparse(function))
                    if may:
                        found.add((path.stem, function.name))
    return found


def test_no_rule_lacks_a_row() -> None:
    missing = proving_functions() - set(RULES)
    gone = set(RULES) - proving_functions()
    assert not missing, f"rules without a row in checker/prove/recheck/rules.py: {sorted(missing)}"
    assert not gone, f"rows of rules that are gone: {sorted(gone)}"


def test_every_question_has_a_second_look() -> None:
    assert set(LOOKS) == set(MODULES)
    assert {kind.__name__ for kind in LOOKS} == set(SECOND)


def told(text: str, given: tuple[str, ...] = ()) -> str:
    """The line of the second engine in the ledger of a proof."""
    outcome = prove(asked(Relation(read(text)), given))
    assert outcome.status is Status.PROVED, outcome
    (line,) = [item for item in outcome.evidence if item.engine == LEDGER]
    assert bool(outcome.alone) == line.answer.startswith("one engine alone: ")
    return line.answer


def test_a_second_proof_is_told_from_agreement_at_points() -> None:
    assert told("(x + z)**2 == x**2 + 2*x*z + z**2").startswith("yes, on the whole domain: exact fractions")
    assert told("p**2 < 1 + p").startswith("yes, on the whole domain: mpmath intervals")
    assert told("exp(x) >= 1 + x").startswith("one engine alone: intervals and ladder; mpmath agrees at ")
    assert "intervals, excluded on all of" in told("x*z <= 30", ("x >= 0", "x <= 5", "z >= 0", "z <= 5"))


def test_z3_alone_says_why_intervals_did_not_confirm() -> None:
    outcome = prove(asked(Relation(read("x*z <= (x**2 + z**2)/2")), ("x + z >= 1",)))
    assert outcome.status is Status.PROVED
    lines = [item.answer for item in outcome.evidence if item.engine == "intervals"]
    assert all("z3 alone" in line and "boxes do not exclude" in line for line in lines)


def test_intervals_confirm_on_unbounded_domains() -> None:
    outcome = prove(asked(Relation(read("x*z > 0")), ("x >= 1", "z >= 1")))
    assert outcome.status is Status.PROVED
    assert any(item.answer.startswith("excluded on all of") for item in outcome.evidence if item.engine == "intervals")


@pytest.mark.parametrize(
    "text",
    [
        "2*normcdf(-50 - y) <= 1",
        "1 - normcdf(x) == normcdf(-x)",  # at x = 50 it takes five hundred digits to see that both are the same
        "tanh(y) < 1",
        "floor(x) + 1 > x",
        "exp(log(y)) == y",
        "(x**2)**(1/2) == abs(x)",
        "Integral(exp(-(x - 300)**2), (x, -oo, oo)) == sqrt(pi)",  # mpmath's quadrature gives 1e-8350
        "Integral(exp(-10**8*(x - 1/3)**2), (x, -oo, oo)) == sqrt(pi)/10**4",
        "Sum(1/k**(11/10), (k, 1, oo)) <= 11",
        "Sum(exp(-(k - 200)**2), (k, 0, oo)) >= 1",
        "y**(1/1000000) >= 1 + log(y)/1000000",
        "x == x + sin(x)**2 + cos(x)**2 - 1",
    ],
)
def test_the_second_engine_contradicts_nothing_that_is_true(text: str) -> None:
    assert relation(read(text), DOMAINS, (), "nobody").dispute is None


@pytest.mark.parametrize(
    "text",
    [
        "exp(x) >= E*x + 1e-20",
        "x**4 - 4*x**2 + 4 >= 1e-20",
        "y + 3/y >= 2*sqrt(3) + 1e-18",
        "(x - 123456789/10**9)**2 >= 1e-25",
        "x/x == 1",
        "0*log(x) == 0",
        "asinh(sinh(x)) == x + 1e-20",
        "Sum(1/k**2, (k, 1, oo)) == pi**2/6 + 1e-4",
        "Integral(log(x), (x, 0, 1)) == -1 + 1e-6",
        "1 - normcdf(x) == 101*normcdf(-x)/100",
    ],
)
def test_the_second_engine_sees_what_is_false(text: str) -> None:
    found = relation(read(text), DOMAINS, (), "nobody").dispute
    assert found is not None
    assert found.engines[0] == "nobody"
    assert found.values[1]


def test_a_witness_is_evaluated_again() -> None:
    found = prove(asked(Exists((read("x**2 + z > 1"), read("x > 0"), read("x < z")))))
    assert found.status is Status.PROVED
    assert "exact fractions and mpmath at the witness" in found.evidence[-1].answer


def test_the_engines_of_a_proof_are_those_that_said_something() -> None:
    lines = (
        Evidence("sampler", "?", "none of 90 points"), Evidence("z3", "?", "unknown (z3 gave up)"),
        Evidence("intervals and ladder", "?", "yes, on the whole domain"),
    )  # fmt: skip
    assert engines_of(Outcome(Status.PROVED, "", How.PROVED, lines)) == "intervals and ladder"
    assert engines_of(Outcome(Status.PROVED, "", How.PROVED, ())) == "exact arithmetic"


def test_every_kind_of_question_is_covered() -> None:
    kinds = {kind for kind in vars(questions).values() if isinstance(kind, type) and kind in LOOKS}
    assert len(kinds) == len(LOOKS) == 12
