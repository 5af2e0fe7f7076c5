"""Small claim files with known verdicts, written to a folder for a test."""

from __future__ import annotations

from pathlib import Path

HEAD = """\
paper: {title: A toy, authors: [Nobody], year: 2026}
symbols:
  x: {domain: real}
  y: {domain: real}
  b: {domain: positive}
  n: {domain: integer, where: n >= 1}
  v: {domain: real, where: [-1 <= v, v <= 1], shape: [n]}
  w: {domain: real, where: [-1 <= w, w <= 1], shape: [n]}
runs:
  vectors:
    experiment: evaluate
    params: {draw: [v, w], sizes: {n: 4}}
claims:
"""

PROVED = """\
  square:
    statement: A square is not negative.
    source: {known_from: full_text}
    prove:
      square: {show: x**2 >= 0, covers: claim, controls: [{show: x**2 >= 1/100, because: false near 0}]}
"""

REFUTED = """\
  too_strong:
    statement: Every number is below its square.
    source: {known_from: full_text}
    prove:
      below: {show: x <= x**2, covers: claim, controls: [{show: x <= x**2/2, because: stronger still}]}
"""

VACUOUS = """\
  contradictory:
    statement: Under assumptions that cannot hold together anything follows.
    source: {known_from: full_text}
    prove:
      anything: {show: x == 1, given: [x > 2, x < 1], covers: claim, controls: [{show: x == 2, because: another number}]}
"""

HANGING = """\
  hanging:
    statement: An integral that nobody finishes.
    source: {known_from: full_text}
    prove:
      integral:
        show: 'Integral(exp(sin(exp(b*x)) + cos(x**7)*log(1 + x**2))/(1 + x**4), (x, 0, oo)) == b'
        time_limit: 2
        controls: [{show: b == 2*b, because: another formula}]
        covers: claim
"""

BOUND = """\
  cauchy_schwarz:
    statement: The cosine is at most one.
    source: {known_from: full_text}
    strength: upper
    measure:
      - run: vectors
        let: {ratio: 'dot(v, w)/(norm(v)*norm(w))'}
        checks:
          bound: {quantity: ratio, over: {seed: every}, at_most: @BOUND@, within: 0.001, attained: true}
        controls:
          - {at_most: @BOUND@ - 1/10, because: a smaller constant}
"""


def bound(value: str = "1") -> str:
    """The claim that a cosine is at most ``value``."""
    return BOUND.replace("@BOUND@", value)


def write(folder: Path, *claims: str, name: str = "toy") -> Path:
    """A claim file of these claims in ``folder/claims``."""
    path = folder / "claims" / f"{name}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(HEAD + "".join(claims), encoding="utf-8")
    return path


PINNED = """\
  pinned:
    statement: A norm grows with its factor, for every vector.
    source: {known_from: full_text}
    strength: upper
    measure:
      - run: scaled
        let: {share: '1'}
        checks: {grown: {quantity: 'share*grown/factor', over: {factor: every, seed: every}, at_most: '1'}}
        controls:
          - {let: {share: factor}, at: {factor: 3}, because: the square of the factor}
          - {let: {share: '2*factor'}, because: twice as much}
          - {let: {share: '3'}, at: {factor: 1}, because: three times as much at the first point}
"""
PINNED_RUN = """\
  scaled:
    experiment: evaluate
    params: {draw: [v], sizes: {n: 4}, values: {grown: 'factor*norm(v)/norm(v)'}}
    sweep: {factor: [1, 3]}
    seeds: 8
"""

SELECTED = """\
  selected:
    statement: Powers of a base, in the cells where they are small, for every vector.
    source: {known_from: full_text}
    strength: tight
    measure:
      - run: powers
        let: {share: power/base}
        checks:
          # over names both axes that `where` couples
          coupled:
            {quantity: share, over: {base: every, top: every, seed: every}, where: base*top <= 4,
             equals: base**(top - 1), within: 1e-9}
          # the near miss below is constant along the axis that `where` speaks of
          plain:
            {quantity: share, over: {top: every, seed: every}, where: base == 2, equals: 2**(top - 1), within: 1e-9}
        controls:
          - {of: coupled, equals: base**top, because: one factor more}
          - {of: plain, let: {share: 'at(power, base=3)/3'}, because: of another base}
"""
SELECTED_RUN = """\
  powers:
    experiment: evaluate
    params: {draw: [v], sizes: {n: 4}, values: {power: 'base**top*norm(v)/norm(v)'}}
    sweep: {base: [2, 3], top: [1, 2, 3]}
    seeds: 8
"""

WALK = """\
  b_steps:
    statement: Halving, step by step.
    source: {known_from: full_text}
    strength: tight
    measure:
      - run: walk
        checks:
          ratio: {quantity: next(y)/y, over: {k: every, b: every}, equals: b, within: 1e-9}
          late: {quantity: next(y)/y, over: {k: every, b: every}, where: k >= 4, equals: b, within: 1e-9}
          order: {quantity: 'slope(log(last(y)), log(b))', equals: 8, within: 1e-6}
        controls:
          - {of: [ratio, late], equals: b**2, because: two steps}
          - {of: late, equals: 1/b, because: backwards}
          - {of: order, equals: 7, because: one step less}
"""
WALK_RUN = """\
  walk:
    experiment: iterate
    params: {map: {y: b*y}, start: {y: 1}, steps: 8, checkpoints: 100}
    sweep: {b: [1/2, 1/4, 1/8]}
    seeds: 1
"""


def write_walk(folder: Path) -> Path:
    """The toy of a map that is halved, with a run of its own."""
    path = write(folder, WALK)
    path.write_text(path.read_text(encoding="utf-8").replace("claims:\n", WALK_RUN + "claims:\n"), encoding="utf-8")
    return path


def write_selected(folder: Path) -> Path:
    """The toy whose checks select cells, with a run of its own."""
    path = write(folder, SELECTED)
    text = path.read_text(encoding="utf-8").replace("claims:\n", SELECTED_RUN + "claims:\n")
    symbols = "  base: {domain: positive}\n  top: {domain: positive}\n  b: {domain"
    path.write_text(text.replace("  b: {domain", symbols), encoding="utf-8")
    return path


def write_pinned(folder: Path) -> Path:
    """The toy whose controls differ at one point of the sweep, with a run of its own."""
    path = write(folder, PINNED)
    text = path.read_text(encoding="utf-8").replace("claims:\n", PINNED_RUN + "claims:\n")
    path.write_text(text.replace("  b: {domain", "  factor: {domain: positive}\n  b: {domain"), encoding="utf-8")
    return path
