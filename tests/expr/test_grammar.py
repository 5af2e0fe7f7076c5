"""The generated page of the grammar is the one in ``docs``, and its cells are found by asking the readers."""

from pathlib import Path

from checker.expr.functions import FUNCTIONS, INTERNAL
from checker.expr.grammar import page

PAGE = Path(__file__).parents[2] / "docs" / "grammar.md"


def row(name):
    (found,) = [line for line in page().splitlines() if line.startswith(f"| `{name}` |")]
    return [cell.strip() for cell in found.split("|")[3:-1]]


def test_the_page_is_up_to_date():
    assert PAGE.read_text() == page(), "run: python -m checker.expr.grammar > docs/grammar.md"


def test_every_function_has_its_line():
    lines = page()
    for name, function in FUNCTIONS.items():
        if name not in INTERNAL:
            assert f"`{name}`" in lines, name
        elif function.kind != "estimator":
            assert function.doc in lines, name


def test_cells_are_what_the_readers_do():
    # SymPy, balls, intervals, z3, LaTeX, JAX, ulp
    assert row("floor") == ["yes"] * 6 + ["0"]
    assert row("exp") == ["yes", "yes", "yes", "-", "yes", "yes", "4"]
    assert row("eigenvectors") == ["-", "-", "-", "-", "yes", "yes", "-"]


def test_bounds_are_four_units_or_said_otherwise():
    wider = {name: function.ulp for name, function in FUNCTIONS.items() if (function.ulp or 0) > 4}
    assert wider == {
        "normcdf": 6, "gamma": 6, "factorial": 6, "polygamma": 8, "logsumexp": 8, "entropy": 8, "binomial": 1000
    }  # fmt: skip
