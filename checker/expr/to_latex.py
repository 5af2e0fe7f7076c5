"""The tree as LaTeX for the report: fractions, roots and Greek letters where a reader expects them.

Only for the eye: nothing is ever read back from it.  What authors write in ``latex:`` comes in through ``names`` and
is passed on as it is; making it harmless is the business of the report.
"""

from __future__ import annotations

from collections.abc import Mapping

from checker.expr.build import negate, times
from checker.expr.errors import UnsupportedError
from checker.expr.functions import FUNCTIONS, HALF
from checker.expr.node import (
    INFINITY,
    MINUS_ONE,
    ONE,
    Add,
    And,
    Binder,
    Bound,
    Const,
    Fn,
    Limit,
    Mul,
    Node,
    Not,
    Num,
    Or,
    Piecewise,
    Pow,
    Rel,
    Subscript,
    Sym,
    Truth,
    Vec,
    instantiate,
    num,
    symbols_of,
)

CHOICE, OR, AND, NOT, RELATION, SUM, PRODUCT, SIGN, POWER, ATOM = range(10)

_GREEK = frozenset(
    {
        *("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "mu", "nu"),
        *("xi", "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega"),
        *("Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma", "Upsilon", "Phi", "Psi", "Omega"),
    }
)
_SPELLED: Mapping[str, str] = {"lam": r"\lambda", "eps": r"\epsilon", "ell": r"\ell", "varepsilon": r"\varepsilon"}
_CONSTANTS: Mapping[str, str] = {"pi": r"\pi", "E": "e", "EulerGamma": r"\gamma_{\mathrm{E}}", "oo": r"\infty"}
_RELATIONS: Mapping[str, str] = {"<": "<", "<=": r"\le", ">": ">", ">=": r"\ge", "==": "=", "!=": r"\ne"}
_BINDERS: Mapping[str, str] = {"Sum": r"\sum", "Product": r"\prod"}
_NORM_MARKS: Mapping[str, str] = {
    "norm": "",
    "norm_1": "_1",
    "norm_2": "_2",
    "norm_oo": r"_\infty",
    "norm_fro": "_F",
    "norm_nuc": "_*",
}
_ROUNDED: Mapping[str, tuple[str, str]] = {
    "floor": (r"\lfloor", r"\rfloor"),
    "ceil": (r"\lceil", r"\rceil"),
    "round": (r"\lfloor", r"\rceil"),
}
_VARIABLES: Mapping[str, str] = {"Integral": "xyzsr", "Sum": "kjiln", "Product": "kjiln", "Limit": "xyzsr"}


def latex(node: Node, names: Mapping[str, str] | None = None) -> str:
    """LaTeX of a formula, without dollar signs; ``names`` maps symbols to their LaTeX.  Raises ``UnsupportedError``."""
    return _Writer(names or {}, set(symbols_of(node))).write(node, CHOICE)


def latex_name(name: str) -> str:
    """The LaTeX of a symbol by its spelling: ``beta_1`` is a beta with index 1, ``margins`` is upright."""
    if "." in name:
        *owners, last = name.split(".")
        return f"{latex_name(last)}^{{\\mathrm{{{'.'.join(owners).replace('_', ' ')}}}}}"
    if name.endswith("]"):
        base, _, index = name[:-1].partition("[")
        return f"{latex_name(base)}_{{{index}}}"
    stem, _, index = name.partition("_")
    if index and stem:
        return f"{latex_name(stem)}_{{{_index(index)}}}"
    if name in _GREEK:
        return f"\\{name}"
    if name in _SPELLED:
        return _SPELLED[name]
    for greek in sorted(_GREEK, key=len, reverse=True):
        if name.startswith(greek) and name[len(greek) :].isdigit():
            return f"\\{greek}_{{{name[len(greek) :]}}}"
    if len(name) > 1 and name[0].isalpha() and name[1:].isdigit():
        return f"{name[0]}_{{{name[1:]}}}"
    return name if len(name) == 1 else f"\\mathrm{{{name.replace('_', ' ')}}}"


def _index(text: str) -> str:
    return ",".join(part if part.isdigit() else latex_name(part) for part in text.split("_") if part)


class _Writer:
    def __init__(self, names: Mapping[str, str], taken: set[str]) -> None:
        self.names = dict(names)
        self.taken = taken

    def write(self, node: Node, place: int) -> str:
        words, binding = self._latex(node)
        return f"\\left({words}\\right)" if binding < place else words

    def _latex(self, node: Node) -> tuple[str, int]:
        match node:
            case Num(value) if value.denominator > 1:
                sign = "-" if value < 0 else ""
                return f"{sign}\\frac{{{abs(value.numerator)}}}{{{value.denominator}}}", SIGN
            case Num(value):
                return str(value), SIGN if value < 0 else ATOM
            case Const(name):
                return _CONSTANTS[name], ATOM
            case Sym(name):
                return self.names.get(name) or latex_name(name), ATOM
            case Truth(value):
                return rf"\mathrm{{{str(value).lower()}}}", ATOM
            case Add(args):
                return self._sum(args), SUM
            case Mul(args):
                return self._product(args)
            case Pow(base, exponent):
                return self._power(base, exponent)
            case Fn(name, args):
                return self._function(name, args)
            case Rel(op, left, right):
                return f"{self.write(left, SUM)} {_RELATIONS[op]} {self.write(right, SUM)}", RELATION
            case And(args):
                return self._conjunction(args), AND
            case Or(args):
                return r" \;\text{or}\; ".join(self.write(arg, AND) for arg in args), OR
            case Not(arg):
                return f"\\lnot {self.write(arg, ATOM)}", NOT
            case Piecewise(cases, otherwise):
                rows = [f"{self.write(value, OR)} & {self.write(test, OR)}" for test, value in cases]
                rows.append(rf"{self.write(otherwise, OR)} & \text{{otherwise}}")
                return rf"\begin{{cases}} {self._rows(rows)} \end{{cases}}", ATOM
            case Vec(args):
                return self._vector(args), ATOM
            case Subscript(base, index):
                return f"{self.write(base, ATOM)}_{{{','.join(self.write(i, CHOICE) for i in index)}}}", ATOM
            case Binder():
                return self._binder(node)
            case Limit():
                return self._limit(node)
            case Bound(depth):
                raise UnsupportedError("LaTeX", f"variable {depth} of a binder that is not there")
        raise UnsupportedError("LaTeX", type(node).__name__)

    @staticmethod
    def _rows(rows: list[str]) -> str:
        return r" \\ ".join(rows)

    def _sum(self, args: tuple[Node, ...]) -> str:
        words = self.write(args[0], PRODUCT)
        for term in args[1:]:
            if _is_negative(term):
                words += f" - {self.write(negate(term), PRODUCT)}"
            else:
                words += f" + {self.write(term, PRODUCT)}"
        return words

    def _product(self, args: tuple[Node, ...]) -> tuple[str, int]:
        if _is_negative(Mul(args)):
            return f"-{self.write(negate(Mul(args)), PRODUCT)}", SIGN
        above: list[Node] = []
        below: list[Node] = []
        for arg in args:
            if isinstance(arg, Pow) and isinstance(arg.exponent, Num) and arg.exponent.value < 0:
                below.append(arg.base if arg.exponent == MINUS_ONE else Pow(arg.base, Num(-arg.exponent.value)))
            elif isinstance(arg, Num) and arg.value.denominator > 1:
                above += [] if arg.value.numerator == 1 else [Num(arg.value * arg.value.denominator)]
                below.append(num(arg.value.denominator))
            else:
                above.append(arg)
        if below:
            top = self.write(times(above) if above else ONE, CHOICE)
            return f"\\frac{{{top}}}{{{self.write(times(below), CHOICE)}}}", PRODUCT
        return self._factors(above), PRODUCT

    def _factors(self, factors: list[Node]) -> str:
        words = self.write(factors[0], PRODUCT)
        for factor in factors[1:]:
            next_words = self.write(factor, POWER)
            # two numerals side by side would read as one, and so would two words
            space = r" \cdot " if next_words[0].isdigit() else r" \, " if "mathrm" in words + next_words else " "
            words += space + next_words
        return words

    def _power(self, base: Node, exponent: Node) -> tuple[str, int]:
        if exponent == HALF:
            return f"\\sqrt{{{self.write(base, CHOICE)}}}", ATOM
        if isinstance(exponent, Num) and exponent.value < 0:
            below = base if exponent == MINUS_ONE else Pow(base, Num(-exponent.value))
            return f"\\frac{{1}}{{{self.write(below, CHOICE)}}}", PRODUCT
        if isinstance(exponent, Num) and exponent.value.denominator > 1:
            raised = f"{exponent.value.numerator}/{exponent.value.denominator}"
        else:
            raised = self.write(exponent, CHOICE)
        if isinstance(base, Fn) and base.name in ("sin", "cos", "tan", "sinh", "cosh", "tanh", "log"):
            return f"{FUNCTIONS[base.name].latex}^{{{raised}}}{self._arguments(base.args)}", POWER
        return f"{self.write(base, ATOM)}^{{{raised}}}", POWER

    def _arguments(self, args: tuple[Node, ...]) -> str:
        return f"\\left({', '.join(self.write(arg, CHOICE) for arg in args)}\\right)"

    def _function(self, name: str, args: tuple[Node, ...]) -> tuple[str, int]:
        if name == "exp":
            exponent = self.write(args[0], CHOICE)
            if "\\frac" in exponent:  # a fraction in an exponent is too small to read
                return f"\\exp\\left({exponent}\\right)", ATOM
            return f"e^{{{exponent}}}", POWER
        if name == "abs":
            return f"\\left|{self.write(args[0], CHOICE)}\\right|", ATOM
        if name in _NORM_MARKS:
            return f"\\left\\lVert {self.write(args[0], CHOICE)} \\right\\rVert{_NORM_MARKS[name]}", ATOM
        if name in _ROUNDED:
            left, right = _ROUNDED[name]
            return f"\\left{left} {self.write(args[0], CHOICE)} \\right{right}", ATOM
        if name == "factorial":
            return f"{self.write(args[0], ATOM)}!", POWER
        if name == "binomial":
            return f"\\binom{{{self.write(args[0], CHOICE)}}}{{{self.write(args[1], CHOICE)}}}", ATOM
        if name == "matmul":
            return f"{self.write(args[0], PRODUCT)} {self.write(args[1], SIGN)}", PRODUCT
        if name == "transpose":
            return f"{self.write(args[0], ATOM)}^{{\\top}}", POWER
        if name == "inv":
            return f"{self.write(args[0], ATOM)}^{{-1}}", POWER
        if name == "dot":
            return f"\\left\\langle {self.write(args[0], CHOICE)}, {self.write(args[1], CHOICE)} \\right\\rangle", ATOM
        if name in ("grad", "hessian"):
            return f"{FUNCTIONS[name].latex}_{{{self.write(args[1], CHOICE)}}} {self.write(args[0], POWER)}", PRODUCT
        head = FUNCTIONS[name].latex or rf"\operatorname{{{name.replace('_', ' ')}}}"
        return f"{head}{self._arguments(args)}", ATOM

    def _conjunction(self, args: tuple[Node, ...]) -> str:
        """``-1 <= x <= 1`` was one chain before it was two relations."""
        first, *rest = args
        words = self.write(first, NOT)
        last = first
        for part in rest:
            if isinstance(last, Rel) and isinstance(part, Rel) and last.right == part.left:
                words += f" {_RELATIONS[part.op]} {self.write(part.right, SUM)}"
            else:
                words += rf" \;\text{{and}}\; {self.write(part, NOT)}"
            last = part
        return words

    def _vector(self, args: tuple[Node, ...]) -> str:
        if all(isinstance(arg, Vec) for arg in args):
            rows = self._rows([" & ".join(self.write(entry, CHOICE) for entry in arg.children()) for arg in args])
            return rf"\begin{{pmatrix}} {rows} \end{{pmatrix}}"
        return f"\\left({', '.join(self.write(arg, CHOICE) for arg in args)}\\right)"

    def _open(self, kind: str, body: Node) -> tuple[str, Node]:
        wished = [*_VARIABLES[kind], *(f"{_VARIABLES[kind][0]}{i}" for i in range(1, len(self.taken) + 2))]
        name = next(name for name in wished if name not in self.taken)
        self.taken.add(name)
        return name, instantiate(body, Sym(name))

    def _binder(self, node: Binder) -> tuple[str, int]:
        name, inside = self._open(node.kind, node.body)
        lo, hi = self.write(node.lo, CHOICE), self.write(node.hi, CHOICE)
        if node.kind == "Integral":
            words = f"\\int_{{{lo}}}^{{{hi}}} {self.write(inside, PRODUCT)} \\, d{latex_name(name)}"
        else:
            words = f"{_BINDERS[node.kind]}_{{{latex_name(name)}={lo}}}^{{{hi}}} {self.write(inside, PRODUCT)}"
        self.taken.discard(name)
        return words, PRODUCT

    def _limit(self, node: Limit) -> tuple[str, int]:
        name, inside = self._open("Limit", node.body)
        infinite = node.point in (INFINITY, negate(INFINITY))
        side = "" if infinite or node.side == "both" else f"^{{{node.side}}}"
        words = (
            f"\\lim_{{{latex_name(name)} \\to {self.write(node.point, CHOICE)}{side}}} {self.write(inside, PRODUCT)}"
        )
        self.taken.discard(name)
        return words, PRODUCT


def _is_negative(node: Node) -> bool:
    if isinstance(node, Num):
        return node.value < 0
    return isinstance(node, Mul) and isinstance(node.args[0], Num) and node.args[0].value < 0
