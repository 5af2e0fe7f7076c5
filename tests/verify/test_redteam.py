"""A measurement that breaks is an ERROR of its own claim, and the claims beside it get their verdicts."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker import check
from checker.expr.domain import REAL
from checker.expr.errors import UnsupportedError
from checker.expr.namespace import Namespace
from checker.expr.parse import parse
from checker.expr.to_jax import compile_jax
from checker.result import ClaimResult
from checker.spec.errors import SpecErrors
from checker.verdict import Verdict

HEAD = """\
paper: {title: A toy, authors: [Nobody], year: 2026}
symbols:
  x: {domain: real}
  n: {domain: integer, where: n >= 1}
  p: {domain: real, where: [0 <= p, p <= 1]}
runs:
  unit: {experiment: evaluate, params: {draw: [p]}}
  huge:
    experiment: optimize
    params: {data: {kind: separable, points: n, dimension: 3}, model: {kind: linear}, loss: exp(-u), radius: 3}
    sweep: {n: [1000000000]}
claims:
"""
SOUND = """\
  sound:
    statement: A parabola is at most a quarter.
    source: {known_from: full_text}
    strength: upper
    measure:
      - run: unit
        checks: {c: {quantity: p*(1-p), over: {seed: every}, at_most: 1/4, within: 0.001}}
        controls: [{@CONTROL@}]
"""
HUGE = """\
  huge:
    statement: More points than the machine holds.
    source: {known_from: full_text}
    strength: upper
    measure:
      - run: huge
        checks: {c: {quantity: residual, over: {seed: every, n: every}, at_most: 1}}
        controls: [{at_most: -1, because: smaller}]
"""
BROKEN = """\
  broken:
    statement: A logarithm of something negative is at most one.
    source: {known_from: full_text}
    strength: upper
    measure:
      - run: unit
        checks: {c: {quantity: log(p - 2), over: {seed: every}, at_most: 1}}
        controls: [{at_most: -1, because: smaller}]
"""


def verify(folder: Path, *claims: str) -> dict[str, ClaimResult]:
    path = folder / "toy.yaml"
    path.write_text(HEAD + "".join(claims), encoding="utf-8")
    (paper,) = check(path, scale="smoke", device="cpu", jobs=1)
    return {claim.id: claim for claim in paper.claims}


def sound(control: str) -> str:
    return SOUND.replace("@CONTROL@", control)


def test_a_run_that_the_machine_cannot_hold_is_refused_before_it_begins(tmp_path: Path) -> None:
    with pytest.raises(SpecErrors, match=r"runs\.huge.*need about .* GiB") as refused:
        verify(tmp_path, sound("at_most: 1/5, because: a smaller bound"), HUGE)
    assert len(refused.value.errors) == 1


def test_a_measurement_that_breaks_spoils_no_other(tmp_path: Path) -> None:
    claims = verify(tmp_path, sound("at_most: 1/5, because: a smaller bound"), BROKEN)
    assert claims["broken"].verdict is Verdict.ERROR
    assert "not usable" in claims["broken"].reason
    assert claims["sound"].verdict is Verdict.PASS


@pytest.mark.parametrize("control", ["let: {p: log(p - 2)}, because: undefined", "at_most: 1, because: weaker than the claim"])
def test_a_control_that_breaks_or_holds_is_not_rejected(tmp_path: Path, control: str) -> None:
    if control.startswith("let"):
        text = sound("let: {z: log(p - 2)}, because: undefined").replace("p*(1-p)", "z*(1-z)")
        text = text.replace("        checks:", "        let: {z: p}\n        checks:")
    else:
        text = sound(control)
    assert verify(tmp_path, text)["sound"].verdict is Verdict.INCONCLUSIVE


def test_nested_sums_multiply() -> None:
    space = Namespace({"x": REAL})
    few = compile_jax(parse("Sum(Sum(x*i*j, (i, 1, 9)), (j, 1, 9))", space))
    assert float(few({"x": 1.0})) == 45.0**2
    many = compile_jax(parse("Sum(Sum(Sum(sin(x*i*j*k), (i, 1, 90)), (j, 1, 90)), (k, 1, 90))", space))
    with pytest.raises(UnsupportedError):
        many({"x": 1.0})
