"""What a prover is told of defined numbers and of arrays without a fixed size."""

from __future__ import annotations

from checker.expr.node import Sym
from checker.prove.obligation import Certificate, Root
from checker.prove.outcome import Status
from checker.prove.registry import prove
from checker.spec.claim import Lemma
from checker.spec.load import load_text

TEXT = """
paper: {arxiv: "1810.05723", title: T, authors: [A], year: 2018}
symbols:
  d: {domain: integer, where: d >= 1}
  x: {domain: real, shape: [d]}
  y: {domain: real, shape: [d]}
  g: {domain: real, shape: [d]}
  fx: {domain: real}
  fy: {domain: real}
  eta: {domain: positive}
  L: {domain: positive}
  M: {domain: integer, where: 1 <= M <= 8}
  b: {domain: positive}
  sigma: {domain: positive}
definitions:
  laplace(alpha): 2*b**2*exp(-alpha/b) + alpha**2/(3*4**M)
  alpha_star: {solves: 'diff(laplace(alpha), alpha) == 0', for: alpha, in: [0, 10*b]}
  alpha_best: {minimises: laplace(alpha), for: alpha, in: [0, 10*b]}
  too_short: {solves: 'diff(laplace(alpha), alpha) == 0', for: alpha, in: [0, b/10]}
  sigma_star: {solves: 'sigma*alpha == sigma**2 + M', for: alpha, in: [0, sigma + M/sigma]}
claims:
  steps:
    statement: S
    source: {theorem: "1", known_from: memory}
    prove:
      descent:
        certificate: fy <= fx - eta*(1 - L*eta/2)*norm(g)**2
        given: ['fy <= fx + dot(g, y - x) + L/2*norm(y - x)**2', y == x - eta*g]
        multipliers: ['1', '0']
        controls:
          - {certificate: fy <= fx - eta*(1 - L*eta/4)*norm(g)**2, because: half of the curvature}
          - {given: ['fy <= fx + dot(g, y - x) + L*norm(y - x)**2', y == x - eta*g], because: twice the curvature}
      inside: {show: alpha_star <= 10*b}
      best: {show: alpha_best >= 0}
      short: {show: too_short >= 0}
      other: {show: sigma_star >= 0}
"""


def lemmas() -> dict[str, Lemma]:
    (claim,) = load_text(TEXT, "file", "file.yaml").claims
    return {lemma.name: lemma for lemma in claim.lemmas}


def test_a_certificate_keeps_its_symbolic_size() -> None:
    descent = lemmas()["descent"]
    ((_, obligation),) = descent.members
    assert isinstance(obligation.question, Certificate)
    assert obligation.domains["x"].shape == (Sym("d"),)
    assert prove(obligation).status is Status.PROVED
    assert [prove(near).status for _, members in descent.near_misses for _, near in members] == [Status.REFUTED] * 2


def test_defined_numbers_exist_once_for_all_parameters() -> None:
    found = lemmas()
    for name in ("alpha_star", "alpha_best", "sigma_star"):
        ((_, obligation),) = found[f"{name}_is_defined"].members
        assert prove(obligation).status is Status.PROVED, name
    ((_, obligation),) = found["too_short_is_defined"].members
    assert prove(obligation).status is Status.REFUTED


def test_the_equation_of_one_number_is_no_hypothesis_about_another() -> None:
    found = lemmas()
    ((_, obligation),) = found["alpha_star_is_defined"].members
    assert isinstance(obligation.question, Root)
    assert obligation.given == ()  # other numbers share b and M with it
    ((_, obligation),) = found["inside"].members
    assert {"alpha_star", "b", "M"} <= obligation.domains.keys()
    assert not {"too_short", "sigma_star"} & obligation.domains.keys()
    assert prove(obligation).status is Status.PROVED
