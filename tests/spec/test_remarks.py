"""Every rule of lint by its name: one file that breaks it and nothing else, beside the file of which nothing is said."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from checker.cli import main
from checker.errors import ExitCode
from checker.spec.errors import SpecErrors
from checker.spec.load import load_text
from checker.spec.remarks import ERRORS, FAMILIES, REMARKS
from tests.spec.conftest import Change, changed

ROOT = Path(__file__).parents[2]
BASE: tuple[Change, ...] = (
    ("year: 2019}", "year: 2019, family: implicit bias}"),
    ("statement: A statement.", "statement: For every radius, a statement."),
    ("because: next order}\n", "because: next order}\n          - {rate: rho**(-3), because: another order}\n"),
)
BELOW = "          - {at_most: 0, because: below}\n"
RATES = "          - {rate: 1/rho**2, because: next order}\n          - {rate: rho**(-3), because: another order}\n"
FULL = ("at_most: log(n)", "equals: 1/2, within: 10%"), ("at_most: 0", "equals: 0.7")
SECOND = """\
      - run: path
        checks: {bound: {quantity: min(margins), over: {rho: every, seed: every}, at_least: 0}}
        controls:
          - {at_least: 100, because: larger}
          - {at_least: 1000, because: larger still}
          - {at_least: 10000, because: the largest}
"""
GRID = """\
          where: {quantity: 'boundary(min(margins) >= 5, rho)', over: {seed: every}, equals: 100, within: 5%}   # 5 %: a reason
"""
GRID_CONTROLS = "          - {of: where, equals: 50, because: half}\n"

BROKEN: dict[str, tuple[Change, ...]] = {
    "no-source": (('source: {theorem: "1", known_from: memory}\n    ', ""),),
    "no-control": ((BELOW, ""), (RATES, RATES + "          - {rate: rho**(-4), because: another order}\n")),
    "no-margin": ((", within: 0.1}", "}"),),
    "near-control": (("within: 0.1", "within: 0.09"), ("rate: rho**(-3)", "rate: rho**(-1.1)")),
    "log-control": (("within: 0.1", "within: 0.1, up_to: logs"), ("{rate: 1/rho**2", "{rate: log(rho)/rho")),
    "implied-check": (
        ("    sweep: {rho", "    require: residual <= 1e-8\n    sweep: {rho"),
        ("quantity: lost, over: {rho", "quantity: residual, over: {rho"),
        ("at_most: log(n)", "at_most: 1e-6"),
    ),
    "wrong-side": (("    assumes", "    strength: upper\n    assumes"),),
    "relative-margin": (("within: 0.1", "within: 10%"),),
    "no-finding": (("    assumes", "    expected: FAIL\n    assumes"),),
    "stray-finding": (("    assumes", "    finding: {instead: a, shown_by: b}\n    assumes"),),
    "empty-domain": (("  x:   {domain: real}", "  x:   {domain: real, where: [x < -1, x > 1]}"),),
    "duplicate-id": (("          rate: {quantity: lost", "          bound: {quantity: lost"),),
    "no-quantifier": (("For every radius, a statement", "The rate is $1/\\rho$"),),
    "margin-without-origin": FULL,
    "few-controls": ((BELOW + RATES, BELOW + "          - {rate: rho**(-3), because: another order}\n"),),
    "no-reason": (("{at_most: 0, because: below}", "{at_most: 0}"),),
    "idle-control": ((BELOW, BELOW + "          - {of: bound, at_most: log(n), because: the same}\n"),),
    "few-sizes": (("points: 13", "points: 6"),),
    "constant-rate": (("rate: 1/rho,", "rate: 1,"),),
    "coarse-sweep": (("          rate: {quantity", GRID + "          rate: {quantity"), (BELOW, BELOW + GRID_CONTROLS)),
    "costly-fraction": (("seed: median", "seed: fraction >= 95%"),),
    "unused-symbol": (("  x:   {domain: real}", "  x:   {domain: real}\n  spare: {domain: real}"),),
    "unused-definition": (("  q(x): x**2", "  q(x): x**2\n  spare(x): x"),),
    "unused-reference": (
        ("assumptions:\n", "  spare: {minimise: norm(w)**2, in: {w: [d]}, residual_below: 1e-8}\nassumptions:\n"),
    ),
    "unused-run": (("claims:\n", "  spare: {experiment: evaluate, params: {draw: [x], ranges: {x: [0, 1]}}}\nclaims:\n"),),
    "unused-assumption": (("assumptions:\n", "assumptions:\n  other: {statement: Other., by: data}\n"),),
    "unenforced-assumption": (("by: data, broken_by: {data.flip: 1}", "broken_by: {data.flip: 1}"),),
    "unchecked-assumption": (
        ("by: data, broken_by", "check: x >= 0, broken_by"),
        ("claims:\n", "  spare: {experiment: evaluate, params: {draw: [x], ranges: {x: [0, 1]}}}\nclaims:\n"),
        (RATES, RATES + SECOND.replace("run: path", "run: spare").replace("min(margins)", "x").replace("rho: every, ", "")
         .replace("bound:", "other:")),
    ),
    "unknown-family": (("family: implicit bias", "family: implicit biases"),),
}  # fmt: skip
TWICE: tuple[Change, ...] = ((RATES, RATES + SECOND),)


def codes(*changes: Change) -> list[str]:
    """The rules that the file breaks; what is said without the name of a rule counts as the empty one."""
    text = changed(*BASE)
    for old, new in changes:
        assert text.count(old) == 1, f"{old!r} occurs {text.count(old)} times"
        text = text.replace(old, new)
    try:
        said = load_text(text, "small", "small.yaml").warnings
    except SpecErrors as problem:
        said = tuple(str(error) for error in problem.errors)
    assert all("\n" not in line for line in said)
    return [found[1] if (found := re.search(r" \[([a-z-]+)\]\Z", line)) else "" for line in said]


def test_nothing_is_said_of_a_careful_file() -> None:
    assert codes() == []


@pytest.mark.parametrize("code", [*ERRORS, *REMARKS])
def test_each_rule_has_a_file_that_breaks_it_alone(code: str) -> None:
    assert set(codes(*BROKEN[code])) == {code}


@pytest.mark.parametrize("kind", ["rate_at_most", "rate_at_least"])
def test_a_one_sided_rate_needs_a_margin(kind: str) -> None:
    changes = (
        ("rate: 1/rho, as: rho -> oo, within: 0.1}", f"{kind}: 1/rho, as: rho -> oo}}"),
        (RATES, RATES.replace("rate:", f"{kind}:")),
    )
    assert "no-margin" in codes(*changes)


def test_an_attained_bound_needs_a_margin() -> None:
    assert "no-margin" in codes(("at_most: log(n)}", "at_most: log(n), attained: true}"))


def test_a_selection_that_selects_nothing() -> None:
    def where(condition: str) -> Change:
        return ("at_most: log(n)}", f"at_most: log(n), where: {condition}}}")

    assert codes(where("rho > 20000")) == ["empty-domain"]
    assert codes(where("'rho > 100 and rho < 10'")) == ["empty-domain"]
    assert codes(where("rho > 5000")) == []
    assert codes(where("sin(rho) > -2")) == []


def test_two_checks_of_one_name() -> None:
    assert codes(*TWICE) == ["duplicate-id"]
    assert codes((RATES, RATES + SECOND.replace("bound", "lowest"))) == []


@pytest.mark.parametrize(
    "origin",
    [
        (("equals: 1/2, within: 10%}", "equals: 1/2, within: 10%}   # 10 %: half of the distance"),),
        (
            (
                "          bound: {quantity",
                "          # half of the distance to the control\n          bound: {quantity",
            ),
        ),
        (("    assumes", "    notes: The margin of 10 % is ours.\n    assumes"),),
        (("        checks:\n", "        checks:\n          # 10 % wherever a value is compared\n"),),
        (("within: 10%", "within: 1e-9"), ("equals: 0.7", "equals: 0.8")),
    ],
)
def test_a_margin_has_its_origin_in_a_comment_or_the_notes_or_is_rounding(origin: tuple[Change, ...]) -> None:
    assert codes(*FULL) == ["margin-without-origin"]
    assert codes(*FULL, *origin) == []


@pytest.mark.parametrize(
    "text", ["'$x\\to y$ as $t\\to\\infty$.'", "Almost all of them are.", "There is one.", "'$\\forall x: f(x)$'"]
)
def test_quantifiers_are_found_in_words_and_signs(text: str) -> None:
    assert codes(("For every radius, a statement.", text)) == []


def test_a_letter_in_a_sentence_is_no_use_of_a_symbol() -> None:
    spare = ("  x:   {domain: real}", "  x:   {domain: real}\n  b: {domain: real}")
    assert codes(spare, ("a statement.", "b is a letter.")) == ["unused-symbol"]
    assert codes(spare, ("show: q(x) >= 0", "show: q(b) >= 0")) == []


def test_a_family_of_its_own_is_fine() -> None:
    assert codes(("family: implicit bias", "family: optimal transport")) == []
    assert all(codes(("family: implicit bias", f"family: {family}")) == [] for family in FAMILIES)


def test_nothing_is_said_of_the_library() -> None:
    for name in ("aciq_clipping", "implicit_bias_gd", "lexmaxmargin"):
        text = (ROOT / "claims" / f"{name}.yaml").read_text(encoding="utf-8")
        assert load_text(text, name, f"{name}.yaml").warnings == ()


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    text = changed(*BASE).replace("because: below}", "because: below}\n          - {at_most: -1}")
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "small.yaml").write_text(text, encoding="utf-8")
    assert main(["lint", "one/small.yaml"]) == ExitCode.OK
    assert capsys.readouterr().out.splitlines()[-1] == "one/small.yaml: 1 claim, 1 remark"
    assert main(["lint", "one/small.yaml", "--strict"]) == ExitCode.USAGE
    assert main(["lint", "one/small.yaml", "--strict", "--ignore", "no-reason"]) == ExitCode.OK
    assert main(["lint", "one/small.yaml", "--ignore", "no-reasons"]) == ExitCode.USAGE
    capsys.readouterr()
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "small.yaml").write_text(changed(*BASE), encoding="utf-8")
    assert main(["lint", "."]) == ExitCode.OK
    assert capsys.readouterr().out.splitlines()[0].endswith("[duplicate-id]")
