"""Small claim files for the benchmarks, and their runs as the tool itself elaborates them.

The one idea to know: what is timed goes through the door that every claim uses; nothing here builds a run by hand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the timing of start-up reads the texts alone
    from checker.spec.claim import Run

_HEAD = """
paper: {title: A benchmark, authors: [the benchmarks], year: 2026}
symbols:
  N: {domain: integer, where: N >= 1}
  d: {domain: integer, where: d >= 1}
  X: {domain: real, shape: [N, d]}
  y: {domain: real, shape: [N]}
runs:
  timed:
    experiment: train
    params:
      data: {kind: separable, points: %(points)d, dimension: %(dimension)d}
      model: {kind: linear}
      loss: log(1 + exp(-u))
      reduction: mean
      dynamics: %(dynamics)s
      init: {kind: zero}
claims:
  falls:
    statement: 'The loss falls.'
    source: {known_from: full_text, theorem: "1"}
    measure:
      - run: timed
        checks:
          loss: {quantity: last(log_loss), over: {seed: every}, at_most: -1/10, within: 0.01}
        controls:
          - {at_most: -10000, because: no loss is as small}
"""

SYMBOLIC = """
paper: {title: A benchmark, authors: [the benchmarks], year: 2026}
symbols:
  x: {domain: real, where: x >= 0}
claims:
  tangent:
    statement: 'For every $x\\ge 0$: $\\log(1+x)\\le x$.'
    source: {known_from: full_text, theorem: "1"}
    prove:
      below:
        show: log(1 + x) <= x
        covers: claim
        controls:
          - {show: log(1 + x) <= x - x**2/2, because: one term of the series more}
"""


def training(dynamics: str, points: int, dimension: int) -> str:
    """A claim file that trains a linear model on the logistic loss (mean over the points, from zero) by ``dynamics``."""
    return _HEAD % {"points": points, "dimension": dimension, "dynamics": dynamics}


def training_run(dynamics: str, points: int, dimension: int) -> Run:
    """The run of that claim file, read by the tool."""
    from checker.spec.load import load_text

    paper = load_text(training(dynamics, points, dimension), "benchmark", "benchmark.yaml")
    return paper.claims[0].measures[0].run
