"""Whether a violation found by search stands: at exact points of the domain, in every cell, beyond what doubles can tell.

Expectations are mathematics, written down before the tool was asked: a name that ends in ``_false`` is false.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from checker import check
from checker.result import ClaimResult
from checker.verdict import Verdict

pytestmark = pytest.mark.slow  # each of the six searches is compiled alone

HEAD = """
paper: {title: Bounds at the edge of what doubles can tell, authors: [a test], year: 2026, family: soundness}
symbols:
  x: {domain: real, where: [0 <= x, x <= 1], meaning: a number}
  y: {domain: real, where: [0 <= y, y <= 1], meaning: another}
  t: {domain: real, where: [0 <= t, t <= 1/10], meaning: a number up to a tenth}
  k: {domain: integer, where: [0 <= k, k <= 1], meaning: a whole number}
  l: {domain: integer, where: l >= 1, meaning: a size}
  u: {domain: real, shape: [1, l], rows: unit, meaning: a direction}
  w: {domain: real, shape: [1, l], rows: unit, meaning: another}
runs:
  square: {experiment: evaluate, params: {draw: [x, y, t]}}
  swept: {experiment: evaluate, params: {draw: [x]}, sweep: {k: [0, 1]}}
  sphere: {experiment: evaluate, params: {draw: [u, w], sizes: {l: 5}}}
claims:
"""
CLAIMS = {
    # x^400 is 1 at x = 1 and k = 0; for k = 1 nothing is defined there
    "swept_false": ("swept", "quantity: 'x**400 + min(log(2 - k - x), 0)/100', at_most: 0.9", "seed: every, k: every"),
    # t <= 1/10; the double next to 1/10 is above it
    "tenth": ("square", "quantity: 'max(t - 1/10, 0)', equals: 0, within: 1e-30", "seed: every"),
    # 1 at x = 1/2 alone, below 0.3 a billionth away from it
    "lonely_false": ("square", "quantity: '1 - abs(x - 1/2)**(1/100)', at_most: 1/2", "seed: every"),
    # by 10^-15 at x = 1
    "narrow_false": ("square", "quantity: 'x*(1 + 1/10**15)', at_most: 1", "seed: every"),
    # holds exactly where 3 y <= x, which doubles get wrong by a rounding
    "kept": ("square", "quantity: 'max(3*y - x, 0)', at_most: 0, keep: {if: '3*y <= x', at_least: 0.01}", "seed: every"),
    # 0 where u = w has no entry above 0.9
    "equal_false": ("sphere", "quantity: 'sign(sum((u - w)**2)) + 100*max(0, max(u) - 0.9)', at_least: 1", "seed: every"),
}


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, ClaimResult]:
    path: Path = tmp_path_factory.mktemp("standing") / "edges.yaml"
    text = HEAD
    for name, (run, body, over) in CLAIMS.items():
        word = "at_least" if "at_least: 1" in body else "at_most"
        text += (
            f"  {name}:\n    statement: A bound for every instance.\n    source: {{section: none, known_from: memory}}\n"
            f"    strength: {'lower' if word == 'at_least' else 'upper'}\n    measure:\n      - run: {run}\n"
            f"        checks: {{claimed: {{{body}, over: {{{over}}}}}}}\n"
            f"        controls: [{{{_control(body)}, because: another value}}]\n"
        )
    path.write_text(text, "utf-8")
    (result,) = check(str(path), scale="smoke", device="cpu", mutants=False)
    return {claim.id: claim for claim in result.claims}


def _control(body: str) -> str:
    return "equals: 1" if "equals:" in body else "at_least: 1000" if "at_least: 1" in body else "at_most: -10"


@pytest.mark.parametrize("name", CLAIMS)
def test_what_is_found_stands_where_it_is_true(answers: dict[str, ClaimResult], name: str) -> None:
    expected = Verdict.FAIL if name.endswith("_false") else Verdict.PASS
    assert answers[name].verdict is expected, answers[name].reason
