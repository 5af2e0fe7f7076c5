"""Golden LaTeX: what a reader of the report sees."""

import pytest

from checker.expr.domain import REAL
from checker.expr.errors import UnsupportedError
from checker.expr.namespace import Namespace
from checker.expr.node import Bound
from checker.expr.parse import parse
from checker.expr.to_latex import latex, latex_name

SPACE = Namespace(
    dict.fromkeys(("x", "y", "n", "m", "rho", "eta", "lam", "beta_1", "svm.w", "X", "margins", "V", "N"), REAL)
)


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("x - 2*y/3", r"x - \frac{2 y}{3}"),
        ("-x**2/y", r"-\frac{x^{2}}{y}"),
        ("3/2*x", r"\frac{3 x}{2}"),
        ("sqrt(x)/sqrt(y)", r"\frac{\sqrt{x}}{\sqrt{y}}"),
        ("(x + y)**2", r"\left(x + y\right)^{2}"),
        ("x**(3/2)", r"x^{3/2}"),
        ("x**(-2)", r"\frac{1}{x^{2}}"),
        ("x*3*y*2", r"x \cdot 3 y \cdot 2"),
        ("margins*x", r"\mathrm{margins} \, x"),
        ("-1 <= rho <= 1", r"-1 \le \rho \le 1"),
        ("x > 0 and y > 0", r"x > 0 \;\text{and}\; y > 0"),
        ("max(x, y) <= N*V", r"\max\left(x, y\right) \le N V"),
        ("exp(-eta*x)", r"e^{-\eta x}"),
        ("log(x)**2", r"\log^{2}\left(x\right)"),
        ("abs(x)", r"\left|x\right|"),
        ("Sum(1/k**2, (k, 1, oo)) == pi**2/6", r"\sum_{k=1}^{\infty} \frac{1}{k^{2}} = \frac{\pi^{2}}{6}"),
        ("Integral(exp(-s**2), (s, -oo, oo))", r"\int_{-\infty}^{\infty} e^{-x^{2}} \, dx"),
        ("Integral(x*s, (s, 0, 1))", r"\int_{0}^{1} x y \, dy"),
        ("limit(1/s, s, 0, right)", r"\lim_{x \to 0^{+}} \frac{1}{x}"),
        ("limit(x*s, s, oo)", r"\lim_{y \to \infty} x y"),
        ("x if x > 0 else 0", r"\begin{cases} x & x > 0 \\ 0 & \text{otherwise} \end{cases}"),
        ("[[1, 2], [3, -x]]", r"\begin{pmatrix} 1 & 2 \\ 3 & -x \end{pmatrix}"),
        ("norm(svm.w)**2", r"\left\lVert w^{\mathrm{svm}} \right\rVert^{2}"),
        ("X.T @ X", r"X^{\top} X"),
        ("beta_1*lam", r"\beta_{1} \lambda"),
        ("factorial(n) != 0", r"n! \ne 0"),
        ("binomial(n, 2)", r"\binom{n}{2}"),
        ("softplus(x)", r"\operatorname{softplus}\left(x\right)"),
    ],
)
def test_golden(formula, expected):
    assert latex(parse(formula, SPACE)) == expected


def test_the_authors_names_win():
    assert latex(parse("rho*x", SPACE), {"rho": r"\varrho"}) == r"\varrho x"
    assert latex(parse("rho*x", SPACE), {"rho": r"\varrho"}) != latex(parse("rho*x", SPACE))


def test_names():
    assert latex_name("alpha_star") == r"\alpha_{\mathrm{star}}"
    assert latex_name("theta2") == r"\theta_{2}"
    assert latex_name("k1") == "k_{1}"
    assert latex_name("u[0]") == "u_{0}"


def test_every_brace_is_closed():
    for formula in ("sqrt(1/(1 + x**2))**y", "Sum(Sum(x**j, (j, 1, k)), (k, 1, n))", "norm(X, nuc)/trace(X)"):
        written = latex(parse(formula, SPACE))
        assert written.count("{") == written.count("}")
        assert written.count(r"\left") == written.count(r"\right")


def test_a_variable_without_binder_is_refused():
    with pytest.raises(UnsupportedError):
        latex(Bound(0))
