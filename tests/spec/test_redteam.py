"""Claim files of a hostile author: what must be refused quickly, and what a definition must not hide."""

from __future__ import annotations

import pytest

from checker.prove.outcome import Status
from checker.prove.registry import prove
from checker.spec.claim import Paper
from checker.spec.errors import SpecErrors
from checker.spec.load import load_text

FILE = """\
paper: {title: A toy, authors: [Nobody], year: 2026}
symbols:
  x: {domain: real}
  t: {domain: positive}
  a: {domain: integer}
  b: {domain: integer}
  c: {domain: integer}
  d: {domain: integer}
definitions:
  kink(u): diff(abs(u), u)
  inner(u): diff(log(u), u)
  outer(u): kink(u)
  turn: {flow: {x: t, t: -x}}
runs:
  points:
    experiment: evaluate
    params: {draw: [x], ranges: {x: [0, 1]}}
    sweep: {t: @SWEEP@}
claims:
  one:
    statement: S
    source: {known_from: full_text}
    prove:
      o: {show: '@SHOW@', @MORE@controls: [{show: '@SHOW@ + 1', because: another number}]}
    measure:
      - run: points
        checks: {c: {quantity: x*t, over: {seed: every, t: every}, at_least: 0}}
        controls: [{at_least: 2, because: larger}]
"""


def load(show: str = "x == x", more: str = "", sweep: str = "[1, 2]") -> Paper:
    text = FILE.replace("@SHOW@", show).replace("@MORE@", more).replace("@SWEEP@", sweep)
    return load_text(text, "toy", "toy.yaml")


def status(show: str, more: str = "") -> Status:
    ((_, obligation),) = load(show, more).claims[0].lemmas[0].members
    return prove(obligation).status


def test_members_of_a_family_are_counted_before_they_are_made() -> None:
    axes = ", ".join(f"{name}: 1..200" for name in "abcd")
    with pytest.raises(SpecErrors, match="too many members"):
        load("x + a + b + c + d == x + a + b + c + d", f"for: {{{axes}}}, ")
    small = load("x + a + b == b + a + x", "for: {a: 1..3, b: 1..3}, ")
    assert len(small.claims[0].lemmas[0].members) == 9


def test_a_sweep_value_beyond_float64() -> None:
    with pytest.raises(SpecErrors, match="too large"):
        load(sweep="[1, 1e999]")
    assert load(sweep="[1, 1e300]")


@pytest.mark.parametrize("show", ["kink(x) == sign(x)", "outer(x)**2 <= 1", "kink(x - 1)**2 <= 1"])
def test_a_definition_does_not_hide_a_kink(show: str) -> None:
    assert status(show) is Status.UNDECIDED


def test_a_definition_does_not_hide_where_it_is_defined() -> None:
    assert status("inner(x)*x == 1", "given: [x < 0], ") is Status.REFUTED  # log has no derivative there
    assert status("inner(t)*t == 1") is Status.PROVED
    assert status("outer(t) == 1") is Status.PROVED


def test_a_flow_does_not_hide_a_kink() -> None:
    assert status("along(abs(x), turn) == sign(x)*t") is Status.UNDECIDED
    assert status("along(x**2 + t**2, turn) == 0") is Status.PROVED
    assert status("along(log(t), turn)*t == -x") is Status.PROVED
