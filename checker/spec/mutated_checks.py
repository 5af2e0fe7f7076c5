"""Mutants of a check: its prediction or its quantity changed in the standard ways, on the run as it was measured.

The one idea to know: a mutant keeps run, margin and rule, so that the arrays that are there already decide it.  How far a
value is moved follows from the claim's own margin: a tenth, or twice the margin where that is more, because the rule need not
tell nearer values apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from checker.expr.build import negate, plus, times
from checker.expr.errors import ExpressionError, UnsupportedError
from checker.expr.node import MINUS_ONE, Fn, Node, Num, Pow, Sym, num
from checker.expr.size import check_size
from checker.expr.text import text
from checker.judge.prediction import Kind, Over
from checker.spec.claim import Check, Expectation
from checker.spec.constants import exact
from checker.spec.mutants import in_turn
from checker.spec.mutated_trees import TENTH, edits

RATES = frozenset({Kind.RATE, Kind.RATE_AT_MOST, Kind.RATE_AT_LEAST})
_BOUNDS = frozenset({Kind.AT_MOST, Kind.AT_LEAST})
_PREDICTED = ("term", "exponent", "sign", "factor", "function", "constant")
_MEASURED = ("term", "sign", "function", "factor", "exponent", "constant")
_OF_ONE_OPERATOR = 3
_QUARTER = Fraction(1, 4)


@dataclass(frozen=True, slots=True)
class CheckMutant:
    """One mutant of a check: alternatives (change, mutated text, check), of which the first that says something else counts."""

    operator: str
    variants: tuple[tuple[str, str, Check], ...]


def check_mutants(check: Check) -> tuple[CheckMutant, ...]:
    """The mutants of a check, the ones to be judged first in front: prediction and quantity take turns."""
    groups = (
        _reversed(check),
        _moved(check),
        _levels(check),
        _edited(check, "prediction", check.expectation.target, _PREDICTED),
        _edited(check, "quantity", check.quantity, _MEASURED),
    )
    seen = [check]
    kept: list[CheckMutant] = []
    for mutant in in_turn([list(group) for group in groups]):
        fresh = tuple(variant for variant in mutant.variants if variant[2] not in seen)
        if fresh:
            seen.extend(variant[2] for variant in fresh)
            kept.append(CheckMutant(mutant.operator, fresh))
    return tuple(kept)


def _with(check: Check, **changes: object) -> Check:
    return replace(check, expectation=replace(check.expectation, **changes))  # type: ignore[arg-type]


def _one(operator: str, change: str, words: str, check: Check) -> CheckMutant:
    return CheckMutant(operator, ((change, words, check),))


def _reversed(check: Check) -> Iterator[CheckMutant]:
    """The other direction of a one-sided predicate."""
    expected = check.expectation
    shown = _text(expected.target)
    match expected.kind:
        case Kind.AT_MOST | Kind.AT_LEAST as kind:
            other = Kind.AT_LEAST if kind is Kind.AT_MOST else Kind.AT_MOST
            changed = _with(check, kind=other, attained=False)
            yield _one("relation", f"{kind} reversed to {other}", f"{other}: {shown}", changed)
        case Kind.LESS_THAN:
            swapped = replace(_with(check, target=check.quantity), quantity=expected.target)
            words = f"{shown} less_than: {_text(check.quantity)}"
            yield _one("relation", "the two sides exchanged", words, swapped)
        case Kind.MONOTONE:
            rising = exact(expected.target) == 1
            words = "decreasing" if rising else "increasing"
            yield _one(
                "relation", f"{words} instead", f"monotone: {words}", _with(check, target=negate(expected.target))
            )


def _moved(check: Check) -> Iterator[CheckMutant]:
    """The predicted value, bound, exponent or interval moved in the directions that say something else."""
    expected = check.expectation
    if expected.kind in (Kind.EQUALS, Kind.LIMIT):
        for sign, words in ((1, "up"), (-1, "down")):
            target = _shifted(expected, sign)
            if target is not None:
                yield _one(
                    "place", f"value moved {words}", f"{expected.kind}: {_text(target)}", _with(check, target=target)
                )
    elif expected.kind in (*_BOUNDS, Kind.LESS_THAN) and exact(expected.target) != 0:
        yield from _tightened(check)
    elif expected.kind is Kind.BETWEEN and expected.upper is not None:
        lo, hi = expected.target, expected.upper
        for words, (low, high) in {
            "above": (hi, plus((times((num(2), hi)), negate(lo)))),
            "below": (plus((times((num(2), lo)), negate(hi))), lo),
        }.items():
            shown = f"between: [{_text(low)}, {_text(high)}]"
            yield _one("place", f"interval moved {words}", shown, _with(check, target=low, upper=high))
    elif expected.kind in RATES:
        yield from _neighbouring_rates(check)


def _shifted(expected: Expectation, sign: int) -> Node | None:
    """The value moved by a tenth or by twice the margin, whichever is more; ``None`` for 0 without an absolute margin."""
    within, value = expected.within, exact(expected.target)
    margin = Fraction(0)
    if within is not None:
        margin = 2 * Fraction(str(within.above if sign > 0 else within.below))
    if within is not None and within.relative:
        return times((num(1 + sign * max(TENTH, margin)), expected.target))
    if value is not None:
        by = max(abs(value) * TENTH, margin)
        return Num(value + sign * by) if by else None
    size = times((Num(TENTH), Fn("abs", (expected.target,))))
    by_node = Fn("max", (size, Num(margin))) if margin else size
    return plus((expected.target, times((num(sign), by_node))))


def _tightened(check: Check) -> Iterator[CheckMutant]:
    """A bound that leaves half the room; where the claim says that it is attained, also one that leaves a little less."""
    expected = check.expectation
    sign = 1 if expected.kind is Kind.AT_LEAST else -1
    shares = [("by half", Fraction(1, 2))]
    within = expected.within
    if expected.attained and within is not None and within.relative:
        shares.insert(0, ("a little", max(TENTH, 2 * Fraction(str(max(within.below, within.above))))))
    elif expected.attained:
        shares.insert(0, ("by a tenth", TENTH))
    value = exact(expected.target)
    for words, share in shares:
        if value is not None:
            target: Node = Num(value + sign * share * abs(value))
        else:
            target = plus((expected.target, times((Num(sign * share), Fn("abs", (expected.target,))))))
        shown = f"{expected.kind}: {_text(target)}"
        yield _one("place", f"bound tightened {words}", shown, _with(check, target=target, attained=False))


def _neighbouring_rates(check: Check) -> Iterator[CheckMutant]:
    """Neighbouring exponents and one logarithm more or less; of a one-sided rate only the stronger statements."""
    expected = check.expectation
    if expected.axis is None:
        return
    size: Node = expected.clock if expected.clock is not None else Sym(expected.axis)
    within = expected.within
    step = max(_QUARTER, 2 * Fraction(str(max(within.below, within.above)))) if within is not None else _QUARTER
    directions = [1, -1]
    if expected.kind is Kind.RATE_AT_MOST or expected.strength == "upper":
        directions = [-1]
    elif expected.kind is Kind.RATE_AT_LEAST or expected.strength == "lower":
        directions = [1]
    turned = -1 if expected.to_zero else 1
    for sign in directions:
        power = sign * turned * step
        words = f"exponent {'+' if power > 0 else '-'}{abs(power)}"
        yield _rate(check, words, Pow(size, Num(power)))
    visible = expected.up_to != "logs" and expected.until is None and not expected.to_zero
    if visible and exact(expected.target) is None:
        log = Fn("log", (size,))
        for sign in directions:
            yield _rate(
                check, f"one logarithm {'more' if sign > 0 else 'less'}", log if sign > 0 else Pow(log, MINUS_ONE)
            )


def _rate(check: Check, words: str, factor: Node) -> CheckMutant:
    target = times((check.expectation.target, factor))
    return _one("place", words, f"{check.expectation.kind}: {_text(target)}", _with(check, target=target))


def _levels(check: Check) -> Iterator[CheckMutant]:
    """A higher share of the instances than claimed."""
    expected = check.expectation
    for axis, over in expected.over.items():
        if over.rule == "fraction" and over.level is not None and over.level < 1:
            higher = (1 + over.level) / 2
            changed = _with(check, over={**expected.over, axis: Over("fraction", higher, over.margin)})
            words = f"over {axis}: fraction >= {higher:.4g}"
            yield _one("level", f"share {over.level:.4g} -> {higher:.4g}", words, changed)


def _edited(check: Check, what: str, tree: Node, operators: tuple[str, ...]) -> Iterator[CheckMutant]:
    """Edits of one formula of the check, one of each operator before a second of any."""
    expected = check.expectation
    if what == "prediction" and (expected.kind is Kind.MONOTONE or expected.kind in RATES):
        return  # a direction, or a form whose neighbours are made elsewhere
    bare = what == "prediction" and exact(tree) is not None  # a number is moved already
    groups: dict[str, list[CheckMutant]] = {}
    for alternatives in edits(tree, relations=False):
        operator = alternatives[0].operator
        if (
            operator not in operators
            or (bare and operator != "sign")
            or len(groups.get(operator, ())) >= _OF_ONE_OPERATOR
        ):
            continue
        made = []
        for edit in alternatives:
            try:
                changed = check_size(edit.applied(tree))
            except (LookupError, ExpressionError):
                continue
            if what == "prediction":
                made.append((edit.words, f"{expected.kind}: {_text(changed)}", _with(check, target=changed)))
            else:
                made.append((edit.words, f"quantity: {_text(changed)}", replace(check, quantity=changed)))
        if made:
            groups.setdefault(operator, []).append(CheckMutant(operator, tuple(made)))
    if bare and exact(tree) not in (0, None) and expected.kind in (Kind.EQUALS, Kind.LIMIT):
        yield _one("sign", "sign turned", f"{expected.kind}: {_text(negate(tree))}", _with(check, target=negate(tree)))
    yield from in_turn([groups[operator] for operator in operators if operator in groups])


def _text(node: Node) -> str:
    try:
        return text(node)
    except UnsupportedError:
        return "(no text)"
