"""The parser: what it reads, what it refuses and with which remedy, and that a text cannot buy work."""

import json
import subprocess
import sys
from fractions import Fraction

import pytest

from checker.expr.domain import INTEGER, POSITIVE, REAL, Domain
from checker.expr.errors import ExpressionError
from checker.expr.namespace import Definition, Law, Namespace
from checker.expr.node import (
    And,
    Binder,
    Bound,
    Const,
    Fn,
    Limit,
    Mul,
    Num,
    Piecewise,
    Pow,
    Rel,
    Sym,
    num,
    symbols_of,
)
from checker.expr.parse import parse
from checker.expr.text import text

NAMES = ("x", "y", "t", "tau", "alpha", "beta", "gamma", "N", "S", "w", "X", "svm.w", "svm.alpha")
SYMBOLS = dict.fromkeys(NAMES, REAL)
SPACE = Namespace({**SYMBOLS, "n": INTEGER, "p": POSITIVE, "v": Domain(shape=(num(3),))})


def read(formula: str):
    return parse(formula, SPACE)


def refusal(formula: str, space: Namespace = SPACE) -> ExpressionError:
    with pytest.raises(ExpressionError) as caught:
        parse(formula, space)
    return caught.value


@pytest.mark.parametrize(
    ("formula", "number"),
    [
        ("1/3", Fraction(1, 3)),
        ("2.83", Fraction(283, 100)),
        ("1e-3", Fraction(1, 1000)),
        (".5", Fraction(1, 2)),
        ("-7", Fraction(-7)),
        ("2**10/4", Fraction(256)),
        ("0.1 + 0.2", Fraction(3, 10)),
        ("10**-4", Fraction(1, 10_000)),
        ("(-1)**(10**9)", Fraction(1)),
    ],
)
def test_numbers_are_exact(formula, number):
    assert read(formula) == Num(number)


def test_a_binary_float_would_be_another_number():
    assert read("0.1") != Num(Fraction(0.1))


def test_the_tree_is_raw():
    assert read("x/x") == Mul((Sym("x"), Pow(Sym("x"), num(-1))))
    assert read("x/x") != num(1)
    assert read("0*log(0)") == Mul((num(0), Fn("log", (num(0),))))
    assert read("1/0") == Pow(num(0), num(-1))
    assert read("0**0") == Pow(num(0), num(0))


def test_subtraction_and_division_are_sums_and_powers():
    assert text(read("x - 2*y/3")) == "x - 2*y/3"
    assert read("x - (y - t)") != read("x - y - t")
    assert read("-x**2") == Mul((num(-1), Pow(Sym("x"), num(2))))
    assert read("x**y**t") == Pow(Sym("x"), Pow(Sym("y"), Sym("t")))


def test_chained_comparison_is_a_conjunction():
    assert read("-1 <= x <= 1") == And((Rel("<=", num(-1), Sym("x")), Rel("<=", Sym("x"), num(1))))
    assert read("-1 <= x <= 1") != read("-1 <= x < 1")


def test_conditional():
    assert read("x if x > 0 else -x if x < -1 else 0") == Piecewise(
        ((Rel(">", Sym("x"), num(0)), Sym("x")), (Rel("<", Sym("x"), num(-1)), Mul((num(-1), Sym("x"))))), num(0)
    )


def test_bound_variables_have_no_names():
    assert read("Integral(exp(-s**2), (s, 0, oo))") == read("Integral(exp(-x**2), (x, 0, oo))")
    assert read("Integral(exp(-s**2), (s, 0, oo))") != read("Integral(exp(-s**2), (s, 0, 1))")
    assert read("Sum(a*b, (a, 0, b), (b, 1, n))") == read("Sum(Sum(a*b, (a, 0, b)), (b, 1, n))")
    inner = Binder("Sum", Mul((Bound(0), Bound(1))), num(0), Bound(0))
    assert read("Sum(a*b, (a, 0, b), (b, 1, n))") == Binder("Sum", inner, num(1), Sym("n"))


def test_limits_and_their_sides():
    assert read("limit(x*s, s, oo)") == Limit(Mul((Sym("x"), Bound(0))), Const("oo"), "-")
    assert read("limit(1/s, s, 0, right)") == Limit(Pow(Bound(0), num(-1)), num(0), "+")
    assert read("limit(1/s, s, 0, '+')") == read("limit(1/s, s, 0, right)")
    assert read("limit(1/s, s, 0)") != read("limit(1/s, s, 0, right)")
    assert "left or right" in refusal("limit(1/s, s, 0, up)").message
    assert "left or right" in refusal("limit(1/s, s, oo, right)").message


def test_dotted_names_and_the_transpose():
    assert read("norm(svm.w)") == Fn("norm", (Sym("svm.w"),))
    assert read("svm.w.T") == Fn("transpose", (Sym("svm.w"),))
    assert read("(X @ w).T") == Fn("transpose", (Fn("matmul", (Sym("X"), Sym("w"))),))
    assert refusal("svm.v").nearest == "svm.w"
    assert refusal("w.shape").message.startswith("unknown name")


def test_names_that_are_functions_elsewhere_may_be_symbols():
    assert read("gamma*N + S") == parse("gamma*N + S", SPACE)
    assert symbols_of(read("gamma*beta")) == {"gamma", "beta"}
    assert read("gamma(x)*gamma") == Mul((Fn("gamma", (Sym("x"),)), Sym("gamma")))


def test_norms_and_axes():
    assert read("norm(w, 1)") == Fn("norm_1", (Sym("w"),))
    assert read("norm(X, nuc)") == Fn("norm_nuc", (Sym("X"),))
    assert read("at(x, t=5)") == Fn("at", (Sym("x"), Sym("t"), num(5))) == read("at(x, t, 5)")


# -- definitions ---------------------------------------------------------------------------------------------------


def test_definitions_are_hygienic():
    shifted = Namespace(SPACE.symbols, {"f": Definition(("z",), parse("z + x", Namespace({"z": REAL, "x": REAL})))})
    assert parse("f(y)", shifted) == parse("y + x", SPACE)
    # the x of the definition is the symbol of the file, not the variable of the integral
    assert "uses the symbol x itself" in refusal("Integral(f(x), (x, 0, 1))", shifted).message
    assert parse("Integral(f(s), (s, 0, 1))", shifted) == parse("Integral(s + x, (s, 0, 1))", SPACE)


def test_definitions_check_their_arguments():
    space = Namespace(SPACE.symbols, {"q": Definition(("z",), Sym("z")), "c": Definition((), num(3))})
    assert parse("q(x) + c", space) == parse("x + 3", SPACE)
    assert parse("q(X @ w)", space) == parse("X @ w", SPACE)
    assert "takes 1 arguments, got 2" in refusal("q(x, y)", space).message
    assert "takes 1 arguments, got 0" in refusal("q + 1", space).message
    assert "takes 0 arguments" in refusal("c(x)", space).message


def test_a_name_means_one_thing():
    with pytest.raises(ExpressionError, match="both a symbol and a definition"):
        Namespace({"x": REAL}, {"x": Definition((), num(1))})
    with pytest.raises(ExpressionError, match="name of a function"):
        Namespace({}, {"exp": Definition(("z",), Sym("z"))})
    for reserved in ("pi", "oo", "I"):
        with pytest.raises(ExpressionError, match="reserved"):
            Namespace({reserved: REAL})
    assert Namespace({"beta": REAL, "E": REAL}).symbols["E"] == REAL


@pytest.mark.parametrize(
    "name", ["__import__('os')", "a b", "x;y", "", "1x", "lambda", "is", "in", "__class__", "a.__b", "é"]
)
def test_symbol_names_that_are_not_names(name):
    with pytest.raises(ExpressionError):
        Namespace({name: REAL})


def test_doubling_definitions_do_not_explode():
    definitions = {"d0": Definition(("z",), Mul((Sym("z"), Sym("z"))))}

    def double(first, last):
        for i in range(first, last):
            space = Namespace({"z": REAL}, definitions)
            definitions[f"d{i}"] = Definition(("z",), parse(f"d{i - 1}(z) + d{i - 1}(z*z)", space))

    double(1, 8)
    with pytest.raises(ExpressionError, match="more than 20000 terms"):
        double(8, 40)


# -- derivatives and expectations ----------------------------------------------------------------------------------


def test_diff_is_carried_out():
    assert read("diff(x**3, x, 2)") == read("6*x")
    assert read("diff(exp(alpha*x), x)") == read("exp(alpha*x)*alpha")
    assert read("diff(x**3, y)") == num(0)
    assert read("diff(x**3, x)") != read("3*x**3")
    assert "vector" in refusal("diff(norm(v), v)").message
    assert "taken in a symbol" in refusal("diff(x**2, 2*x)").message
    assert "order" in refusal("diff(x**2, x, 99)").message


def test_a_relation_about_a_derivative_asserts_that_the_function_is_defined():
    assert read("diff(log(x), x) == 1/x") == And((Rel("==", read("1/x"), read("1/x")), read("x > 0")))
    assert read("diff(log(p), p) == 1/p") == Rel("==", read("1/p"), read("1/p"))  # p is positive: evident


def test_expectation_needs_a_law():
    normal = Law("z", parse("exp(-z**2/2)/sqrt(2*pi)", Namespace({"z": REAL})), parse("-oo", SPACE), Const("oo"))
    space = Namespace({"z": REAL, "x": REAL}, {}, {"z": normal})
    assert parse("E(x*z**2)", space) == parse(
        "Integral(x*s**2*exp(-s**2/2)/sqrt(2*pi), (s, -oo, oo))", Namespace({"x": REAL})
    )
    assert "has a law" in refusal("E(x)", space).message
    assert "has a law" in refusal("E(x)").message
    circle = Law("z", Sym("z"), Sym("z"), Const("oo"))
    assert "circle" in refusal("E(z)", Namespace({"z": REAL}, {}, {"z": circle})).message


# -- refusals ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("formula", "remedy"),
    [
        ("x^2", "**"),
        ("2x", "2*x"),
        ("2 x", "2*x"),
        ("2(x + y)", "2*(x"),
        ("|x|", "abs(x)"),
        ("f'(x)", "diff(f(x), x)"),
        ("n!", "factorial(n)"),
        ("x => 1", ">="),
        ("x =< 1", "<="),
        ("x = 1", "=="),
        ("x <> 1", "!="),
        ("lambda*x", "lam"),
        ("x is y", "another name"),
        ("x in y", "another name"),
        ("x & y", "and"),
        ("x // 2", "floor"),
        ("5%", "0.05"),
        (r"\frac{1}{2}", "sqrt(x)"),
        ("x -> oo", "limit(f, x, oo)"),
        ("1..6", "Sum"),
        ("x(2)", "x*(...)"),
        ("x and y", "x > 0"),
        ("1 + (x > 0)", "if condition else"),
    ],
)
def test_the_remedy_is_named(formula, remedy):
    error = refusal(formula)
    assert remedy in error.expected
    assert error.message


def test_unknown_names_come_with_the_nearest_one():
    assert refusal("alhpa + 1").nearest == "alpha"
    assert refusal("sqr(x)").nearest == "sqrt"
    assert refusal("x + qqqqqq").nearest == ""
    assert refusal("  x + alhpa").offset == 6


HOSTILE = [
    "__import__('os').system('x')",
    "().__class__.__base__.__subclasses__()",
    "(lambda: 0)()",
    "f'{x}'",
    "(x := 1)",
    "[i for i in x]",
    "{x: 1}",
    "{x}",
    "x.__class__",
    "x[0:1]",
    "x[-1]",
    "*x",
    "await x",
    "print(x)",
    "exec(x)",
    "None",
    "...",
    "'a'",
    "b'a'",
    "2j",
    "0x10",
    "010",
    "1_000",
    "x, y",
    "9**9**9**9",
    "10**10**9",
    "(1/3)**(10**9)",
    "factorial(10**8)",
    "gamma(10**9)",
    "binomial(10**9, 5)",
    "factorial(factorial(20))",
    "digamma(10**9)",
    "polygamma(10**6, 1)",
    "zeta(10**6)",
    "Sum(1, (k, 1/2, 3))",
    "Product(x, (k, 1, 7/2))",
    "-" * 20_000 + "x",
    "(" * 5000 + "x" + ")" * 5000,
    "x.system",
    "x.__init__.__globals__",
    "getattr(x, y)",
    "eval(x)",
    "open(x)",
    "x if",
    "lambda: 0",
    "exp\\(x)",
    "x\x7f",
    "x\u2066",
    "[[[1]]]",
    "__builtins__",
    "9**9**9",
    "2**-(10**10)",
    "((((9**9)**9)**9)**9)",
    "Sum(1, (k, 1, 10**12))",
    "Product(x, (k, 1, 10**12))",
    "1e9999",
    "1" * 100,
    "-" * 1999 + "x",
    "(" * 900 + "x" + ")" * 900,
    "[" * 900,
    "sin(" * 400 + "x" + ")" * 400,
    "x" * 3000,
    "+".join("x" * 3000),
    "a\0b",
    "\u202ex",
    "x\u200b",
    "α + 1",
    "",
    "   ",
    "x +",
    "x ** ",
    "I*x",
    "x # y",
    "x; y",
    "max()",
    "exp(x, y)",
    "exp(*x)",
    "exp(x=1)",
    "norm(x, 3)",
    "limit(x, 2, 3)",
    "Integral(x, x)",
    "Sum(x, (1, 2, 3))",
    "[[1, 2], [3]]",
    "[]",
    "matmul(x, y)",
    "True + 1",
    "not x",
    "x if y else 1",
]


@pytest.mark.parametrize("formula", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_texts_are_refused(formula):
    error = refusal(formula)
    assert error.message
    assert len(error.message) < 200
    assert len(error.found) <= 40


def test_hostile_texts_cost_little():
    """All of them together, the reader's imports included, within 300 MB and a few seconds of processor time."""
    code = (
        "import json, resource, sys\n"
        f"resource.setrlimit(resource.RLIMIT_AS, ({300 * 2**20},) * 2)\n"
        "resource.setrlimit(resource.RLIMIT_CPU, (20, 20))\n"
        "from checker.expr.domain import REAL\n"
        "from checker.expr.errors import ExpressionError\n"
        "from checker.expr.namespace import Namespace\n"
        "from checker.expr.parse import parse\n"
        "space = Namespace(dict.fromkeys('xyk', REAL))\n"
        "for text in json.load(sys.stdin):\n"
        "    try:\n        parse(text, space)\n"
        "    except ExpressionError:\n        continue\n"
        "    sys.exit('accepted: ' + repr(text)[:60])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], input=json.dumps(HOSTILE), text=True, capture_output=True)
    assert done.returncode == 0, done.stderr[-300:]


def test_long_but_flat_formulas_are_read():
    assert len(read("+".join(["x"] * 900)).args) == 900
    assert read("Sum(1/k**2, (k, 1, oo))").hi == Const("oo")
    assert read("Sum(1/k, (k, 1, 100000))").hi == num(100_000)
