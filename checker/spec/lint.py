"""What a careful reviewer would say of a claim file that can be read.

The one idea to know: an error is a claim that could not fail (or says something else than its evidence), and refuses
the file; a warning is printed with the paper.  Checks and controls are judged here, names in ``lint_names``, what stands
around the formulas in ``lint_prose``; ``remarks`` has the stable name of everything that is said.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import islice, pairwise, product
from operator import eq, ge, gt, le, lt, ne

from checker.expr.node import And, Fn, Node, Rel, Sym, symbols_of, walk
from checker.judge.prediction import Kind
from checker.spec.claim import Check, Claim, Control, Measure
from checker.spec.constants import exact, growth, rough
from checker.spec.errors import Path
from checker.spec.lint_names import lint_names
from checker.spec.lint_prose import lint_prose
from checker.spec.models.claims import File
from checker.spec.reporter import Reporter

RATES = frozenset({Kind.RATE, Kind.RATE_AT_MOST, Kind.RATE_AT_LEAST})
CONTROL_DISTANCE = 1.5  # times within: a nearer control may survive a claim that passes (JUDGE.md, section 1)
_MOST_POINTS = 10_000
_COMPARE = {"<": lt, "<=": le, ">": gt, ">=": ge, "==": eq, "!=": ne}
MIN_SIZES, MIN_DECADES = 8, 2.0  # of an asymptotic rate (JUDGE.md, section 4)
_ALLOWED = {
    "upper": frozenset({Kind.AT_MOST, Kind.LESS_THAN, Kind.RATE_AT_MOST}),
    "lower": frozenset({Kind.AT_LEAST, Kind.RATE_AT_LEAST}),
}


def lint(file: File, claims: tuple[Claim, ...], reporter: Reporter) -> None:
    """Add what is to be said to the errors and warnings of ``reporter``."""
    for claim in claims:
        path: Path = ("claims", claim.id)
        _source(claim, path, reporter)
        _controls_at_all(claim, path, reporter)
        for index, measure in enumerate(claim.measures):
            here = (*path, "measure", index)
            for check in measure.checks:
                _check(claim, measure, check, (*here, "checks", check.name), reporter)
            for number, control in enumerate(measure.controls):
                _distance(measure, control, (*here, "controls", number), reporter)
    lint_names(file, claims, reporter)
    lint_prose(file, claims, reporter)


def _source(claim: Claim, path: Path, reporter: Reporter) -> None:
    if claim.origin == "paper" and not claim.source:
        expected = "source: {theorem or section, known_from}, or origin: derived"
        reporter.error(path, "no source", expected=expected, code="no-source")
    if claim.expected != "PASS" and claim.finding is None:
        reporter.error(
            (*path, "expected"),
            "a verdict other than PASS is expected without a finding",
            expected="finding: {instead, shown_by}",
            code="no-finding",
        )
    if claim.expected == "PASS" and claim.finding is not None:
        reporter.error(
            (*path, "finding"),
            "a finding belongs to a claim that does not pass",
            expected="expected: FAIL or INCONCLUSIVE",
            code="stray-finding",
        )


def _controls_at_all(claim: Claim, path: Path, reporter: Reporter) -> None:
    if claim.unchecked is not None or any(measure.unsupported for measure in claim.measures):
        return
    if not any(lemma.near_misses for lemma in claim.lemmas) and not any(measure.controls for measure in claim.measures):
        message = "the claim has no control: nothing shows that it could fail"
        if claim.expected == "PASS":
            expected = "controls: a near miss under a check or an obligation"
            reporter.error(path, message, expected=expected, code="no-control")
        else:
            reporter.warn(path, message, code="no-control")


_NEEDS_MARGIN = RATES | {Kind.EQUALS, Kind.LIMIT}


def _check(claim: Claim, measure: Measure, check: Check, path: Path, reporter: Reporter) -> None:
    expected = check.expectation
    if not any(check.name == one.name for control in measure.controls for one in control.checks):
        reporter.error(
            path,
            "the check has no control: nothing shows that it could fail",
            expected="controls: a near miss that it must reject",
            code="no-control",
        )
    if expected.within is None and (expected.kind in _NEEDS_MARGIN or expected.attained):
        what = f"{expected.kind}, attained," if expected.attained else expected.kind
        reporter.error(
            path,
            f"{what} without within: a single value can only fail",
            expected="within: 5%, a number or a pair",
            code="no-margin",
        )
    _strength(claim, check, path, reporter)
    _margin(check, path, reporter)
    if expected.kind in RATES:
        _rate(measure, check, path, reporter)
    _implied(measure, check, path, reporter)
    _selection(measure, check, path, reporter)
    _grid(measure, check, path, reporter)
    fractions = [axis for axis, over in expected.over.items() if over.rule == "fraction" and (over.level or 0) >= 0.9]
    if "seed" in fractions:
        reporter.warn(
            (*path, "over", "seed"),
            "a fraction near 1 takes over a hundred seeds; median or every says nearly the same with fewer",
            code="costly-fraction",
        )


def _grid(measure: Measure, check: Check, path: Path, reporter: Reporter) -> None:
    """A threshold is known to one step of its sweep, so the steps have to be finer than the margin (JUDGE.md, section 3)."""
    within = check.expectation.within
    if check.expectation.kind is not Kind.EQUALS or within is None or not within.relative:
        return
    axes = {axis.name: axis.values for axis in measure.run.sweep}
    for part in walk(check.quantity):
        if not (isinstance(part, Fn) and part.name == "boundary" and isinstance(part.args[1], Sym)):
            continue
        values = axes.get(part.args[1].name, ())
        if len(values) < 2 or min(values) <= 0:
            continue
        step = max(math.log(later / earlier) for earlier, later in pairwise(sorted(values)))
        if step > min(within.below, within.above) / 2 * (1 + 1e-9):
            name = part.args[1].name
            message = f"steps of {100 * step:.2g} % along {name} exceed half the margin: too coarse to decide"
            reporter.warn(path, message, code="coarse-sweep")


def _selection(measure: Measure, check: Check, path: Path, reporter: Reporter) -> None:
    """``where`` over the sweep alone has to leave some point of it, at every scale."""
    axes = {axis.name: axis.values for axis in measure.run.sweep}
    if check.where is None or not symbols_of(check.where) <= set(axes):
        return
    points = (dict(zip(axes, values, strict=True)) for values in product(*axes.values()))
    if all(_holds(check.where, point) is False for point in islice(points, _MOST_POINTS)):
        reporter.error((*path, "where"), "no point of the sweep is selected", code="empty-domain")


def _holds(condition: Node, point: Mapping[str, float]) -> bool | None:
    """Whether a condition holds at a point; ``None`` where that takes more than simple arithmetic."""
    if isinstance(condition, And):
        parts = [_holds(part, point) for part in condition.args]
        return None if None in parts else all(parts)
    if not isinstance(condition, Rel):
        return None
    left, right = rough(condition.left, point), rough(condition.right, point)
    return None if left is None or right is None else _COMPARE[condition.op](left, right)


def _implied(measure: Measure, check: Check, path: Path, reporter: Reporter) -> None:
    """A bound that the run requires anyway says nothing."""
    expected = check.expectation
    bound = rough(expected.target, {})
    if expected.kind not in (Kind.AT_MOST, Kind.AT_LEAST) or bound is None:
        return
    upper = expected.kind is Kind.AT_MOST
    for text, condition in measure.run.require:
        if not isinstance(condition, Rel) or condition.left != check.quantity:
            continue
        required = rough(condition.right, {})
        if required is None or condition.op not in (("<", "<=") if upper else (">", ">=")):
            continue
        if required <= bound if upper else required >= bound:
            message = "the run requires this already, so the check cannot fail"
            found, wanted = f"require: {text}", "a check of something else"
            reporter.error(path, message, found=found, expected=wanted, code="implied-check")


def _strength(claim: Claim, check: Check, path: Path, reporter: Reporter) -> None:
    if claim.strength in _ALLOWED and check.expectation.kind in RATES - _ALLOWED[claim.strength]:
        wanted = "rate_at_most" if claim.strength == "upper" else "rate_at_least"
        kind = check.expectation.kind
        message = f"strength: {claim.strength} is a one-sided claim, and {kind} could refute it from the other side"
        reporter.error(path, message, expected=wanted, code="wrong-side")


def _margin(check: Check, path: Path, reporter: Reporter) -> None:
    expected = check.expectation
    if expected.within is None or not expected.within.relative:
        return
    if expected.kind in RATES:
        message = "the margin of a rate is an absolute error of the exponent"
        reporter.error((*path, "within"), message, expected="within: 0.1", code="relative-margin")
    elif exact(expected.target) == 0:
        wanted = "an absolute margin such as within: 0.001"
        reporter.error((*path, "within"), "a percentage of 0 is no margin", expected=wanted, code="relative-margin")


def _rate(measure: Measure, check: Check, path: Path, reporter: Reporter) -> None:
    expected = check.expectation
    assert expected.axis is not None
    names = symbols_of(expected.target) | (symbols_of(expected.clock) if expected.clock is not None else frozenset())
    if expected.axis not in names:
        message = "a constant is no rate: O(1) is a bound (at_most) or a limit"
        reporter.warn(path, message, code="constant-rate")
    sizes = next((axis.values for axis in measure.run.sweep if axis.name == expected.axis), None)
    if sizes is None or expected.until is not None:
        return
    kept = [abs(value) for value in sizes if value != 0 and (expected.start is None or value >= expected.start)]
    span = math.log10(max(kept) / min(kept)) if kept else 0.0
    if len(kept) < MIN_SIZES or span < MIN_DECADES - 1e-9:
        message = (
            f"an asymptotic rate needs {MIN_SIZES} sizes over {MIN_DECADES:g} decades, "
            f"this sweep has {len(kept)} over {span:.2g}; "
            f"it can fail but not pass: claim the exponent on the range (as: '{expected.axis} in [a, b]')"
        )
        reporter.warn(path, message, code="few-sizes")


def _distance(measure: Measure, control: Control, path: Path, reporter: Reporter) -> None:
    """A control nearer than 1.5 times the margin may survive a claim that passes."""
    originals = {check.name: check for check in measure.checks}
    for check in control.checks if control.run is None else ():
        original = originals[check.name]
        if _only_a_log_apart(original, check, measure):
            message = "up_to: logs says that logarithms do not count, so no data can reject this control"
            reporter.error(path, message, expected="another exponent, or no up_to", code="log-control")
        within = original.expectation.within
        if (
            within is None
            or original.expectation.kind is not check.expectation.kind
            or original.quantity != check.quantity
        ):
            continue
        distance, margin = _apart(original, check, measure)
        if not distance or margin == 0:  # at distance 0 the control is the claim, which is warned of where it is read
            continue
        if distance < CONTROL_DISTANCE * margin * (1 - 1e-9):
            message = (
                f"the control is too near: {distance:.3g} from the claim, "
                f"nearer than {CONTROL_DISTANCE} times the margin {margin:.3g}"
            )
            wanted = "a smaller within, or a control further away"
            reporter.error(path, message, expected=wanted, code="near-control")


def _only_a_log_apart(original: Check, control: Check, measure: Measure) -> bool:
    """Whether two forms of a rate up to logs grow with the same exponent (to 0.02 at a size of 1e80)."""
    expected, other = original.expectation, control.expectation
    if expected.up_to != "logs" or expected.kind not in RATES or expected.axis is None or expected.to_zero:
        return False
    slopes = [growth(form, expected.axis, 1e80, {}) for form in (expected.target, other.target)]
    return (
        slopes[0] is not None
        and slopes[1] is not None
        and expected.target != other.target
        and abs(slopes[0] - slopes[1]) < 0.02
    )


def _apart(original: Check, control: Check, measure: Measure) -> tuple[float | None, float]:
    """How far the control's prediction is from the claim's, and the margin, both in the units of the margin."""
    expected, other = original.expectation, control.expectation
    within = expected.within
    assert within is not None
    margin = max(within.below, within.above)
    if expected.kind in RATES:
        values = next((axis.values for axis in measure.run.sweep if axis.name == expected.axis), None)
        if values is None or expected.axis is None or expected.clock is not None:
            return None, margin
        at = (min if expected.to_zero else max)(values)
        slopes = [growth(form, expected.axis, at, {}) for form in (expected.target, other.target)]
        if slopes[0] is None or slopes[1] is None or _has_log(expected) or _has_log(other):
            return None, margin
        return abs(slopes[0] - slopes[1]), margin
    claimed, missed = rough(expected.target, {}), rough(other.target, {})
    if claimed is None or missed is None:
        return None, margin
    return abs(claimed - missed), margin * (abs(claimed) if within.relative else 1.0)


def _has_log(expectation: object) -> bool:
    return "'log'" in repr(getattr(expectation, "target", ""))
