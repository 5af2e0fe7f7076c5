"""Claims about every instance that uniform sampling never breaks, each with the true claim beside it.

What is true of each was settled by hand before anything was run; the reason stands with the case.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

CENTRE = "[1/7, 5/7, 2/9, 8/9, 1/3, 3/5, 4/7, 1/11, 9/13, 6/7]"
AIM = "[3, -2, 5, 0, -4, 1, -1, 2, -5, 4, -3, 0]"
HARMONIC = "[" + ", ".join(f"1/{k}" for k in range(1, 51)) + "]"


@dataclass(frozen=True)
class Case:
    """One quantity with a claim that is false and the twin that is true; ``why`` says where the false one breaks."""

    name: str
    symbols: str
    draw: str
    quantity: str
    false: str
    true: str
    why: str
    sizes: str = ""
    extra: str = ""
    control: str = ""

    def claims(self) -> str:
        """The claim file of both."""
        sizes = f", sizes: {{{self.sizes}}}" if self.sizes else ""
        head = (
            f"paper: {{title: A toy, authors: [Nobody], year: 2026}}\nsymbols:\n{self.symbols}"
            f"runs:\n  draws:\n    experiment: evaluate\n    params: {{draw: [{self.draw}]{sizes}{self.extra}}}\nclaims:\n"
        )
        return head + "".join(
            f"  {name}:\n    statement: A statement.\n    source: {{known_from: full_text}}\n    strength: upper\n"
            f"    measure:\n"
            f"      - run: draws\n        checks:\n"
            f"          bound: {{quantity: '{self.quantity}', over: {{seed: every}}, {said}}}\n"
            f"        controls: [{{{self.control}, because: far off}}]\n"
            for name, said in (("broken", self.false), ("holds", self.true))
        )

    def write(self, folder: Path) -> Path:
        """The claim file in ``folder``."""
        path = folder / f"{self.name}.yaml"
        path.write_text(self.claims(), "utf-8")
        return path


def _box(name: str, lo: str, hi: str, shape: str = "", more: str = "real") -> str:
    shaped = f", shape: [{shape}]" if shape else ""
    return f"  {name}: {{domain: {more}, where: [{lo} <= {name}, {name} <= {hi}]{shaped}}}\n"


N = "  n: {domain: integer, where: n >= 1}\n"

ROW = "  m: {domain: integer, where: m >= 1}\n  p: {domain: nonnegative, shape: [m, n], rows: simplex}\n"

CASES: tuple[Case, ...] = (
    Case(
        "rayleigh_fixed", N + _box("x", "-1", "1", "n"), "x", f"sum({HARMONIC}*x**2)/norm(x)**2",
        "at_most: 1/2", "at_most: 1, within: 0.001, attained: true",
        "half the largest eigenvalue, 50 dimensions; the largest is attained at its eigenvector", "n: 50",
        control="at_most: -1",
    ),
    Case(
        "rayleigh_drawn", N + _box("x", "-1", "1", "n") + _box("l", "0", "1", "n"), "x, l",
        "sum(l**8*x**2)/norm(x)**2/max(l**8)", "at_most: 1/2", "at_most: 1, within: 0.001, attained: true",
        "the same with eigenvalues l**8 that are drawn", "n: 50", control="at_most: -1",
    ),
    Case(
        "vertex", N + ROW, "p", "sum(p**2)",
        "at_most: 1/2", "at_most: 1", "a simplex of 30 corners, near a vertex only", "n: 30, m: 1", control="at_most: -1",
    ),
    Case(
        "edge", N + _box("x", "0", "1", "n"), "x", "4*x[0]*(1 - x[0]) + sqrt(x[0]) - sum(sqrt(x))",
        "at_most: 1/2", "at_most: 1", "a cube in 20 dimensions, in the middle of one edge", "n: 20", control="at_most: -100",
    ),
    Case(
        "equal", N + _box("x", "0", "1", "n"), "x", "1 - 20*sum(abs(x - mean(x)))", "at_most: 1/2", "at_most: 1",
        "where all of 20 coordinates are equal", "n: 20", control="at_most: -1000",
    ),
    Case(
        "tie", _box("x", "0", "1") + _box("y", "0", "1"), "x, y", "1 if x == y else x*y/4", "at_most: 1/2", "at_most: 1",
        "on the line x = y alone", control="at_most: -1",
    ),
    Case(
        "tiny_region", N + _box("x", "0", "1", "n"), "x", f"1/(1 + 1000*norm(x - {CENTRE})**2)",
        "at_most: 1/2", "at_most: 1", "a ball of volume 3e-15 in 10 dimensions", "n: 10", control="at_most: -1",
    ),
    Case(
        "steps", N + _box("x", "0", "1", "n"), "x", "mean(floor(4*x))", "at_most: 29/10", "at_most: 4",
        "piecewise constant in 40 dimensions, near a corner", "n: 40", control="at_most: -1",
    ),
    Case(
        "integers", N + _box("k", "-5", "5", "n", "integer"), "k", f"-sum((k - {AIM})**2)", "at_most: -1/2", "at_most: 0",
        "one of 3e12 points of a grid", "n: 12", control="at_most: -1000",
    ),
    Case(
        "signs", N + "  s: {values: [-1, 1], shape: [n]}\n", "s",
        "sum(s*[1, -2, 3, -4, 5, -6, 7, -8, 9, -10, 11, -12, 13, -14, 15, -16, 17, -18, 19, -20])",
        "at_most: 200", "at_most: 210", "listed values: 3 of a million patterns of signs", "n: 20", control="at_most: -500",
    ),
    Case(
        "identity", N + _box("x", "0", "1", "n"), "x", "sum(x) + max(min(x) - 9/10, 0) - sum(x)",
        "equals: 0, within: 0.01", "equals: 0.05, within: 0.06",
        "an equation that fails where all of 12 coordinates are large", "n: 12", control="equals: 3, within: 0.01",
    ),
    Case(
        "band", N + _box("x", "-1", "1", "n"), "x", "*".join(f"x[{i}]" for i in range(8)),
        "between: [-1/2, 1/2]", "between: [-1, 1]",
        "a product of 8 coordinates, at corners", "n: 8", control="between: [3, 4]",
    ),
    Case(
        "solved", _box("A", "-1", "1", "2, 2") + _box("b", "1", "2", "2"), "A, b",
        "norm(solve(A, b))*norm(A, 2)/norm(b)", "at_least: 9/8", "at_least: 1",
        "near the multiples of rotations; singular matrices have no solution", control="at_least: 10**9",
    ),
    Case(
        "parallel", N + _box("v", "-1", "1", "n") + _box("w", "-1", "1", "n"), "v, w", "dot(v, w)/norm(v)/norm(w)",
        "at_most: 0.99", "at_most: 1", "two parallel vectors in 16 dimensions; the bound is tight up to rounding", "n: 16",
        control="at_most: -2",
    ),
    Case(
        "cancellation", _box("x", "10**(-9)", "1"), "x", "(1 - cos(x))/x**2", "at_most: 0.4999999999", "at_most: 1/2",
        "below 3e-5; the true bound is exceeded twice over by rounding below 1e-7", control="at_most: -1",
    ),
    Case(
        "total", N + ROW, "p", "sum(p) + sum(p**3)/10", "at_most: 1.09",
        "at_most: 11/10", "weights that sum to one only up to rounding, at a vertex", "n: 24, m: 1", control="at_most: -1",
    ),
)  # fmt: skip
