"""floor, ceil, round and clip: exact values, enclosures, and that no prover takes a step for something continuous."""

from fractions import Fraction

import pytest

from checker.expr.domain import NATURAL, POSITIVE, REAL, Domain
from checker.expr.errors import ExpressionError
from checker.expr.interval import box_of, enclose
from checker.expr.kinks import in_basic_steps, kinks
from checker.expr.namespace import Namespace
from checker.expr.node import Fn, walk
from checker.expr.parse import parse
from checker.expr.to_arb import evaluate, value
from checker.expr.to_latex import latex
from checker.prove.equations import solved
from checker.prove.obligation import Obligation, Relation
from checker.prove.outcome import Status
from checker.prove.registry import prove

UNIT = Domain(Fraction(0), Fraction(1))
DOMAINS = {
    "x": REAL,
    "y": REAL,
    "t": POSITIVE,
    "n": NATURAL,
    "u": UNIT,
    "v": Domain(Fraction(0), Fraction(1), hi_open=True),
}
SPACE = Namespace(DOMAINS)


def status(formula, *given):
    obligation = Obligation(Relation(parse(formula, SPACE)), DOMAINS, tuple(parse(line, SPACE) for line in given))
    return prove(obligation).status


# Each true statement beside a false one that differs in one thing.
@pytest.mark.parametrize(
    ("true", "false"),
    [
        ("floor(x) <= x", "floor(x) < x"),
        ("floor(x) > x - 1", "floor(x) > x - 0.999"),
        ("ceil(x) - floor(x) <= 1", "ceil(x) - floor(x) >= 1"),
        ("abs(x - round(x)) <= 1/2", "abs(x - round(x)) < 1/2"),
        ("round(x) == floor(x + 1/2)", "round(x) == ceil(x - 1/2)"),  # at the halves
        ("floor(x + 1) == floor(x) + 1", "floor(x + y) == floor(x) + floor(y)"),
        ("floor(x + y) >= floor(x) + floor(y)", "floor(x + y) <= floor(x) + floor(y)"),
        ("floor(n/2) + ceil(n/2) == n", "floor(n/2) + floor(n/2) == n"),
        ("floor(v) == 0", "floor(u) == 0"),
        ("floor(-t) <= -1", "floor(-t) < -1"),
        ("clip(u, 0, 1) == u", "clip(x, 0, 1) == x"),
        ("clip(x, -t, t) <= t", "clip(x, -t, t) < t"),
        ("limit(floor(1 - 1/x), x, oo) == 0", "limit(floor(1 - 1/x), x, oo) == 1"),
        ("limit(floor(x), x, 1, right) == 1", "limit(floor(x), x, 1, left) == 1"),
        ("zeta(t + 1) > 1", "zeta(t + 1) > 1.01"),
        ("log(1 + floor(t)) <= t", "log(2 + floor(t)) <= t"),
        ("floor(exp(x)) > exp(x) - 1", "floor(exp(x)) < exp(x)"),
    ],
)
def test_true_beside_false(true, false):
    assert status(true) is Status.PROVED
    assert status(false) is Status.REFUTED


@pytest.mark.parametrize(
    "formula",
    [
        "diff(floor(x), x) == 0",
        "diff(round(x)**2, x) == 0",
        "diff(ceil(x)*x, x) == ceil(x)",
        "diff(clip(x, -1, 1), x) <= 1",
        "limit(x - floor(x), x, oo) == 0",  # it is 0 at every integer the balls look at
        "limit(round(x) - x, x, oo) == 0",
        "zeta(t) > 1",
    ],
)
def test_false_or_undefined_somewhere_is_not_proved(formula):
    assert status(formula) is Status.UNDECIDED


@pytest.mark.parametrize(
    "formula",
    [
        "diff(Integral(sign(y - x), (y, -1, 1)), x) == 0",  # it is -2 on (-1, 1)
        "diff(Integral(floor(y - x), (y, 0, 1)), x) == 0",  # it is -1
        "diff(Integral(1 if y < x else 0, (y, 0, 1)), x) == 0",  # it is 1 on (0, 1)
        "diff(Integral(abs(y - x), (y, -1, 1)), x, 2) == 0",  # it is 2 on (-1, 1)
    ],
)
def test_an_integral_over_a_moving_jump_is_not_differentiated(formula):
    with pytest.raises(ExpressionError, match="jumps that move with x"):
        parse(formula, SPACE)


def test_an_integral_over_a_fixed_jump_or_a_moving_kink_is():
    assert parse("diff(Integral(floor(y)*x, (y, 0, 1)), x)", SPACE) == parse("Integral(floor(y), (y, 0, 1))", SPACE)
    assert parse("diff(Integral(abs(y - x), (y, 0, 1)), x)", SPACE)


def test_an_equation_with_a_step_is_not_solved_for_what_is_inside():
    assert solved([parse("x == floor(x) + y", SPACE)])[0][0] == "y"
    assert solved([parse("x == floor(x)", SPACE)]) == []
    assert solved([parse("x == 2*y", SPACE)])


def test_kinks_lie_at_the_steps():
    for formula, inside, at in [
        ("floor(x)", Fraction(1, 3), Fraction(2)),
        ("ceil(2*x)", Fraction(1, 3), Fraction(1, 2)),
        ("round(x)", Fraction(2), Fraction(3, 2)),
        ("clip(x, -1, t)", Fraction(2), Fraction(-1)),
        ("clip(x, -1, t)", Fraction(2), Fraction(3)),
    ]:
        found = kinks(parse(formula, SPACE), "x")
        assert found
        sides = [condition.left for condition in found]
        assert all(evaluate(side, {"x": inside, "t": Fraction(3)}).is_finite() for side in sides)
        assert any(evaluate(side, {"x": at, "t": Fraction(3)}).is_nan() for side in sides)


def test_values_are_exact_and_a_ball_around_a_step_knows_nothing():
    for formula, at, expected in [
        ("floor(x)", Fraction(-1, 2), -1),
        ("ceil(x)", Fraction(-1, 2), 0),
        ("round(x)", Fraction(5, 2), 3),
        ("round(x)", Fraction(-5, 2), -2),
        ("clip(x, 2, 1)", Fraction(0), 1),
    ]:
        assert value(parse(formula, SPACE), {"x": at}) == expected
    assert evaluate(parse("floor(sqrt(2)**2)", SPACE), {}).is_nan()
    assert evaluate(parse("floor(sqrt(2)*10)", SPACE), {}) == 14


@pytest.mark.parametrize(
    ("formula", "domain", "lo", "hi"),
    [
        ("floor(x)", Domain(Fraction(0), Fraction(1)), 0, 1),
        ("floor(x)", Domain(Fraction(0), Fraction(1), hi_open=True), 0, 0),
        ("ceil(x)", Domain(Fraction(0), Fraction(1), lo_open=True), 1, 1),
        ("round(x)", Domain(Fraction(-1, 2), Fraction(1, 2), hi_open=True), 0, 0),
        ("round(x)", Domain(Fraction(-1, 2), Fraction(1, 2)), 0, 1),
        ("clip(x, -1, 2)", Domain(Fraction(0), Fraction(5)), 0, 2),
        ("clip(x, -1, 2)", REAL, -1, 2),
    ],
)
def test_enclosures(formula, domain, lo, hi):
    found = enclose(parse(formula, Namespace({"x": domain})), box_of({"x": domain}))
    assert found.lo == lo
    assert found.hi == hi
    whole = enclose(parse("floor(x)", SPACE), box_of({"x": REAL}))
    assert not whole.lo.is_finite()
    assert not whole.hi.is_finite()


def test_provers_see_basic_steps_only():
    tree = in_basic_steps(parse("clip(ceil(x), round(y), 1)", SPACE))
    assert {part.name for part in walk(tree) if isinstance(part, Fn)} == {"min", "max", "floor"}


def test_latex():
    assert latex(parse("floor(x)", SPACE)) == r"\left\lfloor x \right\rfloor"
    assert latex(parse("ceil(x)", SPACE)) == r"\left\lceil x \right\rceil"
    assert latex(parse("round(x)", SPACE)) == r"\left\lfloor x \right\rceil"
    assert latex(parse("clip(x, 0, 1)", SPACE)) == r"\operatorname{clip}\left(x, 0, 1\right)"
