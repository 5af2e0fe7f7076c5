"""Relations end to end: the paper's obligations, definedness, hypotheses, identities by two kinds of evidence."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import pytest

from checker.expr.domain import NATURAL, NONNEGATIVE, POSITIVE, REAL, Domain
from checker.expr.node import And, Node, num
from checker.expr.to_arb import holds
from checker.prove import identity, registry
from checker.prove.obligation import Certificate, Obligation, Relation
from checker.prove.outcome import Outcome, Status
from checker.prove.registry import prove
from checker.verdict import How
from tests.prove.tight import OPEN_UNIT, read

POS: Mapping[str, Domain] = {"x": POSITIVE, "y": POSITIVE}
XY: Mapping[str, Domain] = {"x": REAL, "y": REAL}


def ask(goal: str, domains: Mapping[str, Domain] = XY, given: tuple[str, ...] = ()) -> Outcome:
    return prove(Obligation(Relation(read(goal, domains)), domains, tuple(read(item, domains) for item in given)))


def replays(outcome: Outcome, goal: str, domains: Mapping[str, Domain], given: tuple[str, ...] = ()) -> bool:
    point = {name: Fraction(number) for name, number in outcome.witness.items()}
    assumed = all(holds(read(item, domains), point) is True for item in given)
    return assumed and holds(read(goal, domains), point) is False


# --- the paper: log N-optimal margins (arXiv 1905.07325) -------------------------------------------------------------


def points(n: int) -> dict[str, Domain]:
    return {"u": Domain(Fraction(0), lo_open=True, shape=(num(n),)), "v": Domain(Fraction(0), lo_open=True, shape=(num(n),)),
            "V": POSITIVE}  # fmt: skip


@pytest.mark.parametrize("n", [2, 5])
def test_log_n_optimality(n: int) -> None:
    given = ("max(v) <= V", "sum(u) <= sum(v)")
    assert ask(f"max(u) <= {n}*V", points(n), given).status is Status.PROVED
    one_too_few = ask(f"max(u) <= {n - 1}*V", points(n), given)
    assert one_too_few.status is Status.REFUTED
    at = {name: Fraction(number) for name, number in one_too_few.witness.items()}
    u, v = [at[f"u[{i}]"] for i in range(n)], [at[f"v[{i}]"] for i in range(n)]
    assert max(v) <= at["V"]
    assert sum(u) <= sum(v)
    assert max(u) > (n - 1) * at["V"]


@pytest.mark.parametrize("n", [3, 6])
def test_second_level(n: int) -> None:
    domains = {"a": REAL, "b": REAL, "A": REAL, "Bq": POSITIVE, "r": REAL}
    given = (f"a + b + r <= A + {n - 1}*Bq", "a >= A", "r >= 0")
    assert ask(f"b <= {n - 1}*Bq", domains, given).status is Status.PROVED
    refuted = ask(f"b <= {n - 2}*Bq", domains, given)
    assert refuted.status is Status.REFUTED
    assert replays(refuted, f"b <= {n - 2}*Bq", domains, given)


def test_limit_of_the_gap_for_two_points() -> None:
    domains = {"p": OPEN_UNIT}
    entropy = "(-p*log(p) - (1 - p)*log(1 - p))"
    gap = f"log(max(p, 1 - p)) + {entropy}"
    assert ask(f"{gap} >= 0", domains).status is Status.PROVED
    assert ask(f"{gap} <= log(2)", domains).status is Status.PROVED
    assert ask(f"{gap} == {entropy}", domains).status is Status.REFUTED  # dropping log(max p)
    assert ask("p*log(p) + (1 - p)*log(1 - p) == log(p**p*(1 - p)**(1 - p))", domains).status is Status.PROVED


def test_stationarity_of_the_exact_path() -> None:
    """a(B) = 4/9 + log(5/4)/(9/5*B) balances the two margins that move with a (level three of the instance)."""
    domains = {"B": POSITIVE}
    path = "(4/9 + log(5/4)/(9/5*B))"
    balance = f"4/5*exp(-B*(12 - 4*{path})/5) == exp(-B*(8 + 5*{path})/5)"
    assert ask(balance, domains).status is Status.PROVED
    assert ask(balance.replace("log(5/4)", "log(4/3)"), domains).status is Status.REFUTED


# --- identities -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("goal", "domains"),
    [
        ("x/x == 1", XY),
        ("0*log(x) == 0", {"x": NONNEGATIVE}),
        ("0*log(0) == 0", {}),
        ("(x**2 - 1)/(x - 1) == x + 1", XY),
        ("exp(log(x)) == x", XY),
        ("x*(1/x) >= 1", XY),
        ("sqrt(x)**2 == x", XY),
    ],
)
def test_true_only_where_defined_is_not_proved(goal: str, domains: Mapping[str, Domain]) -> None:
    assert ask(goal, domains).status is Status.UNDECIDED


def test_the_same_where_defined_everywhere() -> None:
    for goal in ("x/x == 1", "exp(log(x)) == x", "sqrt(x)**2 == x", "x*(1/x) >= 1"):
        outcome = ask(goal, POS)
        assert outcome.status is Status.PROVED, goal
    shown = ask("x/x == 1", XY)
    assert "x = 0" in shown.reason


@pytest.mark.parametrize(
    ("true", "false", "domains"),
    [
        ("sqrt(x**2) == abs(x)", "sqrt(x**2) == x", XY),
        ("log(x*y) == log(x) + log(y)", "log(x + y) == log(x) + log(y)", POS),
        ("sin(x)**2 + cos(x)**2 == 1", "sin(x)**2 + cos(x)**2 == 1 + 10**(-12)", XY),
        ("abs(x) + abs(y) == max(abs(x + y), abs(x - y))", "abs(x) + abs(y) == abs(x + y)", XY),
        ("Sum(k**2, (k, 1, 6)) == 91", "Sum(k**2, (k, 1, 6)) == 92", {}),
        ("gamma(x + 1) == x*gamma(x)", "gamma(x + 1) == (x + 1)*gamma(x)", POS),
        # SymPy's wrong closed form of the sum of C(2, k)*k**2 for n terms gives -2 at n = 1: the truth is 2
        ("Sum(binomial(2, k)*k**2, (k, 0, 1)) == 2", "Sum(binomial(2, k)*k**2, (k, 0, 1)) == -2", {}),
    ],
)
def test_identities_and_their_near_misses(true: str, false: str, domains: Mapping[str, Domain]) -> None:
    proved = ask(true, domains)
    assert proved.status is Status.PROVED, proved
    refuted = ask(false, domains)
    assert refuted.status is Status.REFUTED, refuted
    if refuted.witness:
        assert replays(refuted, false, domains)


def test_a_proof_has_two_kinds_of_evidence() -> None:
    engines = {item.engine for item in ask("exp(x + y) == exp(x)*exp(y)").evidence}
    assert {"balls", "rational normal form"} <= engines


def test_constants() -> None:
    enclosed = ask("sqrt(3 + 2*sqrt(2)) == 1 + sqrt(2)", {})
    assert (enclosed.status, enclosed.how) == (Status.PROVED, How.ENCLOSED)
    exact = ask("1/(sqrt(2) - 1) == sqrt(2) + 1", {})
    assert (exact.status, exact.how) == (Status.PROVED, How.PROVED)
    assert ask("exp(pi) - pi == 20", {}).status is Status.REFUTED
    # equal to 1e-29 only: 1e-30 is asked for
    assert ask("sqrt(3 + 2*sqrt(2)) == 1 + sqrt(2) + 10**(-29)", {}).status is Status.REFUTED


def test_hypotheses_enter_identities() -> None:
    domains = {"p": OPEN_UNIT, "q": OPEN_UNIT}
    assert ask("p**2 + q**2 == 1 - 2*p*q", domains, ("p + q == 1",)).status is Status.PROVED
    assert ask("p**2 + q**2 == 1 - p*q", domains, ("p + q == 1",)).status is Status.REFUTED


def test_engines_at_odds_are_loud(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "is_zero", lambda *_: True)  # an exact engine gone wrong
    outcome = ask("x == x + 1")
    assert outcome.status is Status.DISAGREE
    assert outcome.witness


def test_sympy_alone_is_not_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "_sympy_zero", lambda *_: "yes")
    # undefined at every sampled point, so no ball confirms the zero
    assert ask("log(-x - 1) == log(-x - 1) + 0*log(-y)", {"x": NATURAL, "y": NATURAL}).status is not Status.PROVED


# --- the rest of the grammar of relations -----------------------------------------------------------------------------


def test_conjunctions_take_the_worst() -> None:
    assert ask("x**2 >= 0 and exp(x) > 0").status is Status.PROVED
    assert ask("x**2 >= 0 and x > 0").status is Status.REFUTED


def test_not_equal_and_disjunctions() -> None:
    assert ask("exp(x) != 0").status is Status.PROVED
    assert ask("x**2 != 2*x - 1").witness["x"] == "1"
    assert ask("x > 0 or x <= 0").status is Status.PROVED
    assert ask("x > 0 or x < 0").status is Status.REFUTED


def test_vacuous() -> None:
    assert ask("x >= 0", XY, ("x >= 1", "x <= 0")).status is Status.VACUOUS
    assert ask("x >= 0", XY, ("x**2 + y**2 <= 1", "x*y >= 2")).status is Status.VACUOUS
    assert ask("x >= 0", {"x": Domain(Fraction(1), Fraction(0))}).status is Status.VACUOUS
    assert ask("x >= 0", XY, ("x >= 1",)).status is Status.PROVED


def test_what_cannot_be_asked_is_unsupported() -> None:
    truth: Node = read("x >= 0", XY)
    sized = {"u": Domain(shape=(read("n", {"n": NATURAL}),)), "n": NATURAL}
    assert prove(Obligation(Relation(read("sum(u) >= 0", sized)), sized)).status is Status.UNSUPPORTED
    assert prove(Obligation(Certificate(truth, (), (), ()), XY)).status in (Status.UNSUPPORTED, Status.PROVED, Status.REFUTED)


def test_a_crash_is_an_error_and_not_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(_: Obligation) -> Outcome:
        raise ZeroDivisionError("first line\nsecond line")

    monkeypatch.setitem(registry._PROVERS, Relation, crash)
    outcome = ask("x >= 0")
    assert outcome.status is Status.ERROR
    assert outcome.reason == "ZeroDivisionError: first line"


def test_rows_become_hypotheses() -> None:
    domains = {"p": Domain(Fraction(0), shape=(num(3),), rows="simplex")}
    goal = read("max(p) >= 1/3", domains)
    assert prove(Obligation(Relation(goal), domains)).status is Status.PROVED
    assert prove(Obligation(Relation(And((goal, read("max(p) > 1/3", domains)))), domains)).status is Status.REFUTED
