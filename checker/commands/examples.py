"""One small example of every kind of obligation and of prediction, for the reference pages.

The one idea to know: a test proves each obligation here and has each prediction judged, so that an example on a page is
one that passes.
"""

from __future__ import annotations

from collections.abc import Mapping

OBLIGATIONS: Mapping[str, str] = {
    "show": "{show: x*y <= (x**2 + y**2)/2, controls: [{show: x*y <= (x**2 + y**2)/3, because: another constant}]}",
    "root": "{root: x, of: x**2 - 2, in: [0, 2], equals: sqrt(2), controls: [{equals: 7/5, because: truncated}]}",
    "roots": "{roots: z, of: z**2 - z/2 + 1/8, radius: 1/2, controls: [{radius: 1/3, because: smaller than they are}]}",
    "optimum": "{optimum: x, minimise: exp(x) - 2*x, in: [0, 2], equals: log(2), value: 2 - 2*log(2), "
    "controls: [{equals: 1, because: another place}]}",
    "kkt": "{kkt: {minimise: x**2 + y**2, subject_to: [x + y >= 2]}, at: {x: '1', y: '1'}, multipliers: ['2'], "
    "controls: [{multipliers: ['1'], because: half the multiplier}]}",
    "ode": "{ode: {u: -a*u}, time: t, solution: {u: b*exp(-a*t)}, initial: {u: b}, "
    "controls: [{solution: {u: b*exp(-t)}, because: the rate lost}]}",
    "series": "{series: x, of: exp(x), equals: 1 + x + x**2/2, error: O(x**3), "
    "controls: [{equals: 1 + x + x**2, because: the factorial lost}]}",
    "induction": "{induction: n, from: 1, show: 'Sum(k, (k, 1, n)) == n*(n + 1)/2', "
    "controls: [{show: 'Sum(k, (k, 1, n)) == n**2/2', because: the leading term only}]}",
    "exists": "{exists: [x**2 > 4, x < 0], witness: {x: '-3'}, controls: [{exists: [x**2 < 0], because: no number}]}",
    "impossible": "{impossible: [x**2 < 0], controls: [{impossible: [x**2 < 1], because: zero is one}]}",
    "certificate": "{certificate: norm(W)**2 + norm(V)**2 >= 2, given: ['dot(W, V) >= 1'], multipliers: ['2'], "
    "squares: [norm(W - V)**2], controls: [{given: ['dot(W, V) <= 1'], because: the hypothesis turned round}]}",
    "enclosure": "{enclosure: exp(1), lies_in: [2.718, 2.719], controls: [{lies_in: [2.717, 2.718], because: rounded down}]}",
}

PREDICTIONS: Mapping[str, tuple[str, str]] = {
    "equals": (
        "{quantity: sum(v)/d, over: {seed: mean}, equals: 1/2, within: 5%}",
        "{equals: 3/5, because: another mean}",
    ),
    "at_most": (
        "{quantity: max(v), over: {seed: every}, at_most: 1}",
        "{at_most: 1/2, because: the mean}",
    ),
    "at_least": (
        "{quantity: norm(v)/sum(v), over: {seed: every}, at_least: 1/sqrt(d)}",
        "{at_least: 1/2, because: a constant}",
    ),
    "between": (
        "{quantity: norm(v), over: {seed: every}, between: [0, sqrt(d)]}",
        "{between: [0, 1], because: one entry only}",
    ),
    "less_than": (
        "{quantity: sum(v), over: {seed: every}, less_than: 2*d}",
        "{less_than: d/100, because: far less}",
    ),
    "rate": (
        "{quantity: curve, over: {seed: every}, rate: 1/d, as: d -> oo, within: 0.1}",
        "{rate: d**(-3/2), because: another exponent}",
    ),
    "rate_at_most": (
        "{quantity: curve, over: {seed: every}, rate_at_most: d**(-1/2), as: d -> oo, within: 0.1}",
        "{rate_at_most: d**(-3/2), because: faster than it is}",
    ),
    "rate_at_least": (
        "{quantity: curve, over: {seed: every}, rate_at_least: d**(-3/2), as: d -> oo, within: 0.1}",
        "{rate_at_least: d**(-1/2), because: slower than it is}",
    ),
    "limit": (
        "{quantity: d*curve, over: {seed: every}, limit: 3, as: d -> oo, within: 1%}",
        "{limit: 2, because: another constant}",
    ),
    "monotone": (
        "{quantity: curve, over: {seed: every}, monotone: decreasing, as: d -> oo}",
        "{monotone: increasing, because: the other direction}",
    ),
}
"""The check and one control of each prediction."""

HEAD = """\
paper: {title: Examples of the reference pages, authors: [The checker], year: 2026}
symbols:
  x: {domain: real}
  y: {domain: real}
  z: {domain: real}
  u: {domain: real}
  a: {domain: positive}
  b: {domain: positive}
  t: {domain: nonnegative}
  n: {domain: integer, where: n >= 1}
  d: {domain: integer, where: d >= 1}
  v: {domain: real, where: [0 <= v, v <= 1], shape: [d]}
  W: {domain: real, shape: [d]}
  V: {domain: real, shape: [d]}
"""

RUNS = """\
runs:
  cube: {experiment: evaluate, params: {draw: [v], sizes: {d: 400}}}
  curves: {experiment: evaluate, params: {}, seeds: 1, sweep: {d: {log_spaced: [10, 10000], points: 13}}}
"""


def claim_file(obligations: bool) -> str:
    """A claim file that holds every example, one claim for each."""
    lines = [HEAD, "" if obligations else RUNS, "claims:\n"]
    if obligations:
        for kind, example in OBLIGATIONS.items():
            lines.append(_claim(kind) + f"    prove: {{part: {example}}}\n")
    else:
        for kind, (check, control) in PREDICTIONS.items():
            curve = "curve" in check
            run, let = ("curves", "        let: {curve: 3/d + 1/d**2}\n") if curve else ("cube", "")
            body = f"      - run: {run}\n{let}        checks: {{part: {check}}}\n"
            lines.append(_claim(kind) + f"    measure:\n{body}        controls: [{control}]\n")
    return "".join(lines)


def _claim(kind: str) -> str:
    return f"  {kind}_example:\n    statement: For all of them, an example.\n    source: {{known_from: full_text}}\n"
