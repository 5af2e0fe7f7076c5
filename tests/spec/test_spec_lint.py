"""Lint: what a reviewer would say, each rule with the file it accepts beside the one it does not."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

# The small file has two controls and says little; `test_remarks.py` has a file of which nothing is to be said.
SAID_OF_THE_SMALL_FILE = ("[no-quantifier]", "[few-controls]", "[margin-without-origin]")


def other(warnings: Iterable[str]) -> list[str]:
    return [warning for warning in warnings if not warning.endswith(SAID_OF_THE_SMALL_FILE)]


REFUSED = [
    ((('source: {theorem: "1", known_from: memory}\n    ', ""),), "claims.one", "no source"),
    (
        (("\n          - {rate: 1/rho**2, because: next order}", ""), ("within: 0.1", "within: 0.2")),
        "rate",
        "the check has no control",
    ),
    ((("{at_most: 0, because: below}\n          - ", ""),), "bound", "the check has no control"),
    (
        (
            (
                "    measure:\n      - run: path\n        "
                "let: {lost: rho/norm(svm.w) - min(margins)}\n        checks:\n"
                "          bound: {quantity: lost, over: {rho: every, seed: every}, at_most: log(n)}\n",
                "",
            ),
            (
                "          rate: {quantity: lost, over: {seed: median}, rate: 1/rho, as: rho -> oo, within: 0.1}\n"
                "        controls:\n",
                "",
            ),
            ("          - {at_most: 0, because: below}\n          - {rate: 1/rho**2, because: next order}\n", ""),
            ("\n        controls: [{show: q(x) > 0, because: zero}]", ""),
        ),
        "claims.one",
        "the claim has no control",
    ),
    (
        (("within: 0.1", "within: 0.7"),),
        "controls[1]",
        "the control is too near: 1 from the claim, nearer than 1.5 times the margin 0.7",
    ),
    ((("at_most: log(n)", "at_most: 1, within: 0.8"),), "controls[0]", "too near: 1 from the claim"),
    (
        (("at_most: log(n)", "equals: 1/2, within: 10%"), ("at_most: 0", "equals: 0.55")),
        "controls[0]",
        "too near: 0.05",
    ),
    ((("within: 0.1", "within: 10%"),), "rate.within", "absolute error of the exponent"),
    (
        (("at_most: log(n)", "equals: 0, within: 5%"), ("at_most: 0", "equals: 1")),
        "bound.within",
        "a percentage of 0 is no margin",
    ),
    ((("at_most: log(n)", "equals: 0"), ("at_most: 0", "equals: 1")), "bound", "equals without within"),
    (
        (("within: 0.1", "within: 0.1, up_to: logs"), ("{rate: 1/rho**2", "{rate: log(rho)/rho")),
        "controls[1]",
        "no data can reject",
    ),
    (
        (
            ("    sweep: {rho", "    require: residual <= 1e-8\n    sweep: {rho"),
            ("quantity: lost, over: {rho", "quantity: residual, over: {rho"),
            ("at_most: log(n)", "at_most: 1e-6"),
        ),
        "bound",
        "the run requires this already",
    ),
    ((("    assumes", "    strength: upper\n    assumes"),), "rate", "strength: upper is a one-sided claim"),
    ((("    assumes", "    strength: lower\n    assumes"),), "rate", "expected rate_at_least"),
    ((("    assumes", "    expected: FAIL\n    assumes"),), "expected", "without a finding"),
    ((("    assumes", "    finding: {instead: a, shown_by: b}\n    assumes"),), "finding", "does not pass"),
    ((("    assumes", "    origin: derived\n    assumes"),), "claims", "no claim is the paper's own"),
    ((("    assumes", "    unchecked: why\n    assumes"),), "claims.one.unchecked", "has no prove and no measure"),
]


@pytest.mark.parametrize(("changes", "key", "words"), REFUSED, ids=[row[2][:30] for row in REFUSED])
def test_what_could_not_fail_is_refused(refuse, changes, key: str, words: str) -> None:
    lines = [str(error) for error in refuse(*changes)]
    assert any(words in line and f"{key}: " in line for line in lines), lines


WARNED = [
    (
        (("  x:   {domain: real}", "  x:   {domain: real}\n  spare: {domain: real}"),),
        "the symbol 'spare' is never used",
    ),
    ((("  q(x): x**2", "  q(x): x**2\n  spare(x): x"),), "the definition 'spare' is never used"),
    ((("assumptions:\n", "assumptions:\n  other: {statement: Other., by: data}\n"),), "no claim assumes 'other'"),
    (
        (("by: data, broken_by: {data.flip: 1}", "broken_by: {data.flip: 1}"),),
        "nothing enforces the assumption 'separable'",
    ),
    ((("seed: median", "seed: fraction >= 95%"),), "a fraction near 1 takes over a hundred seeds"),
    ((("points: 13", "points: 6"),), "this sweep has 6 over 3"),
    ((("log_spaced: [10, 10000]", "log_spaced: [10, 500]"),), "this sweep has 13 over 1.7"),
    ((("within: 0.1", "from: 500, within: 0.1"),), "this sweep has 6 over 1.2"),
    ((("rate: 1/rho,", "rate: 1,"),), "a constant is no rate"),
    ([("{at_most: 0,", "{of: bound, at_most: log(n),")], "changes nothing about bound"),
    ([("{show: q(x) > 0,", "{show: q(x) >= 0,")], "the control changes nothing"),
]


@pytest.mark.parametrize(("changes", "words"), WARNED, ids=[row[1][:30] for row in WARNED])
def test_what_a_reviewer_would_ask_is_a_warning(read, changes, words: str) -> None:
    warnings = read(*changes).warnings
    assert any(words in warning and warning.startswith("small.yaml:") for warning in warnings), warnings


ACCEPTED = [
    (("within: 0.1", "within: 0.1, up_to: logs"),),
    (
        ("    sweep: {rho", "    require: residual <= 1e-6\n    sweep: {rho"),
        ("quantity: lost, over: {rho", "quantity: residual, over: {rho"),
        ("at_most: log(n)", "at_most: 1e-8"),
    ),
    (("within: 0.1", "within: 0.6"),),  # next order is 1 away, 1.5 * 0.6 = 0.9
    (("at_most: log(n)", "at_most: 1, within: 0.6"),),
    (("at_most: log(n)", "equals: 1/2, within: 10%"), ("at_most: 0", "equals: 0.6")),
    (("seed: median", "seed: fraction >= 60%"),),
    (("as: rho -> oo", "as: 'rho in [10, 500]'"),),
    (("\n          - {rate: 1/rho**2, because: next order}", ""),),  # the neighbouring rates are added
    (
        ("    assumes", "    strength: upper\n    assumes"),
        ("rate: 1/rho, as", "rate_at_most: 1/rho, as"),
        ("{rate: 1/rho**2", "{rate_at_most: 1/rho**2"),
    ),
    (("    assumes", "    expected: FAIL\n    finding: {instead: a, shown_by: b}\n    assumes"),),
]


@pytest.mark.parametrize("changes", ACCEPTED)
def test_the_neighbours_of_these_are_fine(read, changes) -> None:
    assert other(read(*changes).warnings) == []
