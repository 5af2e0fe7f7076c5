"""Small claim files for the tests of the claim language, and two ways to read them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from checker.spec.claim import Paper
from checker.spec.errors import SpecError, SpecErrors
from checker.spec.load import load_text

SMALL = """\
paper: {arxiv: "1905.07325", title: A paper, authors: [A. Author], year: 2019}
symbols:
  n:   {domain: integer, where: n >= 1}
  d:   {domain: integer, where: d >= 1}
  x:   {domain: real}
  rho: {domain: positive}
  X:   {domain: real, shape: [n, d]}
  y:   {domain: real, shape: [n]}
definitions:
  q(x): x**2
references:
  svm: {minimise: norm(w)**2, in: {w: [d]}, subject_to: 'y*(X @ w) >= 1', dual: a, residual_below: 1e-8}
assumptions:
  separable: {statement: Separable., by: data, broken_by: {data.flip: 1}}
runs:
  path:
    experiment: optimize
    params:
      data: {kind: separable, points: 8, dimension: 3}
      model: {kind: linear}
      loss: exp(-u)
      radius: rho
    sweep: {rho: {log_spaced: [10, 10000], points: 13}}
claims:
  one:
    statement: A statement.
    source: {theorem: "1", known_from: memory}
    assumes: [separable]
    prove:
      square:
        show: q(x) >= 0
        controls: [{show: q(x) > 0, because: zero}]
    measure:
      - run: path
        let: {lost: rho/norm(svm.w) - min(margins)}
        checks:
          bound: {quantity: lost, over: {rho: every, seed: every}, at_most: log(n)}
          rate: {quantity: lost, over: {seed: median}, rate: 1/rho, as: rho -> oo, within: 0.1}
        controls:
          - {at_most: 0, because: below}
          - {rate: 1/rho**2, because: next order}
"""

Change = tuple[str, str]
Read = Callable[..., Paper]
Refuse = Callable[..., list[SpecError]]


def changed(*changes: Change) -> str:
    """The small file with texts replaced; each has to occur exactly once."""
    text = SMALL
    for old, new in changes:
        assert text.count(old) == 1, f"{old!r} occurs {text.count(old)} times"
        text = text.replace(old, new)
    return text


@pytest.fixture
def everything() -> Path:
    """A file with every construct of the language."""
    return Path(__file__).parent / "files" / "everything.yaml"


@pytest.fixture
def read() -> Read:
    """Read the small file with changes."""
    return lambda *changes: load_text(changed(*changes), "small", "small.yaml")


@pytest.fixture
def refuse() -> Refuse:
    """The errors of the small file with changes; a file that is accepted fails the test."""

    def errors(*changes: Change) -> list[SpecError]:
        with pytest.raises(SpecErrors) as caught:
            load_text(changed(*changes), "small", "small.yaml")
        return list(caught.value.errors)

    return errors
