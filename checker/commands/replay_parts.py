"""What became of a stored witness or measurement when it was made again: lines to print, and whether it is the same.

The one idea: a value is the same where it agrees with the stored one within the numerical errors of both; the end of an
interval, whose error is part of it already, where it agrees in six digits.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from checker.errors import CheckError
from checker.result import (
    CellResult,
    CheckResult,
    ControlResult,
    LemmaResult,
    MeasureResult,
    MemberResult,
    Span,
    WitnessResult,
)
from checker.spec.claim import Claim, Lemma
from checker.verdict import Verdict

if TYPE_CHECKING:
    from checker.verify.lemmas import Question

Said = tuple[list[str], bool]
SIX_DIGITS: Final = 1e-6
_MOST_SHOWN: Final = 5


def check_again(
    claim: Claim, index: int, check: CheckResult, measure: MeasureResult, scale: str, seed: int, device: str
) -> Said:
    """The stored witness of a check measured again at its coordinates."""
    from checker.verify.again import points_again
    from checker.verify.bench import Bench
    from checker.verify.progress import silent_text

    witness = check.witness
    assert witness is not None
    _affordable(claim, index, measure.seeds, scale)
    asked = next(one for one in claim.measures[index].checks if one.name == check.name)
    at, instance = _coordinates(witness)
    bench = Bench(seed, device, silent_text)
    again = points_again(claim.measures[index], asked, bench, scale, instance, at, measure.seeds)
    where = ", ".join(f"{axis} = {value}" for axis, value in witness.where.items())
    failed = [f"no evidence: {reason}" for reason in again.failures]
    if not again.points:
        return [*failed, f"at {where}: the run has no such point; different"], False
    low, high = min(point.value for point in again.points), max(point.value for point in again.points)
    error = max(point.error for point in again.points)
    same = not failed and _within(witness, low, high, error)
    value = f"{low:.12g}" if low == high else f"from {low:.12g} to {high:.12g}"
    return [
        *failed,
        f"at {where}: stored {witness.measured}, measured {value} (numerical error {error:.2g}), "
        f"claimed {witness.predicted}: {_word(same)}",
    ], same


def _affordable(claim: Claim, index: int, seeds: int, scale: str) -> None:
    """A report may say anything: more instances than a run at its scale has would only be asked for by a false one."""
    from checker.verify.scales import SCALES

    if scale not in SCALES:
        raise CheckError(f"the report names a scale {scale[:40]!r}; there are {', '.join(SCALES)}")
    most = max(SCALES[scale].most, claim.measures[index].run.seeds or 0)
    if not 0 <= seeds <= most:
        raise CheckError(f"the report says {seeds} instances; a run at scale {scale} has at most {most}")


def _coordinates(witness: WitnessResult) -> tuple[dict[str, float], int | None]:
    """The axes, and the instance where one is named."""
    at = {axis: _number(value) for axis, value in witness.where.items()}
    instance = at.pop("seed", None)
    if instance is None:
        return at, None
    if not abs(instance) < 2**53:
        raise CheckError(f"the report names an instance {instance:g}")
    return at, int(instance)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise CheckError(f"the report has {text[:40]!r} where a number has to be") from None


def _within(witness: WitnessResult, low: float, high: float, error: float) -> bool:
    """Whether both ends agree within the errors; reports without all digits add half of the last one printed."""
    if witness.low is not None and witness.high is not None:
        allowed = error + (witness.error or 0.0)
        return _near(low, witness.low, allowed) and _near(high, witness.high, allowed)
    text = witness.measured.removeprefix("from ")
    ends = [_number(part) for part in text.split(" to ")]
    rounding = 5e-10 if len(ends) == 1 else 5e-6  # of ten and of six digits
    pairs = zip((low, high), (ends[0], ends[-1]), strict=True)
    return all(_near(now, was, error + rounding * abs(was)) for now, was in pairs)


def _near(now: float, was: float, allowed: float) -> bool:
    return now == was or (math.isnan(now) and math.isnan(was)) or abs(now - was) <= allowed


def measure_compared(
    claim: Claim, index: int, stored: MeasureResult, check: CheckResult | None, control: int | None, scale: str, seed: int,
    device: str,
) -> Said:  # fmt: skip
    """The whole measurement again: one check of it, one of its controls, or (with neither) all of both."""
    from checker.verify.again import measure_again
    from checker.verify.bench import Bench
    from checker.verify.progress import silent_text
    from checker.verify.scales import SCALES

    _affordable(claim, index, stored.seeds, scale)
    settings = SCALES[scale]
    again = measure_again(claim, index, Bench(seed, device, silent_text, settings.thorough, settings.time_limit), scale)
    lines: list[str] = []
    same = True
    if again.seeds != stored.seeds:
        lines, same = [f"stored {stored.seeds} instances, measured {again.seeds}: different"], False
    wanted = [check] if check is not None else list(stored.checks) if control is None else []
    for one in wanted:
        now = next((other for other in again.checks if other.name == one.name), None)
        said, alike = _checks(one, now)
        lines, same = [*lines, *said], same and alike
    numbers = range(len(stored.controls)) if control is None and check is None else [] if control is None else [control]
    for number in numbers:
        other = again.controls[number] if number < len(again.controls) else None
        said, alike = _controls(stored.controls[number], other)
        lines, same = [*lines, *said], same and alike
    return lines, same


def _checks(was: CheckResult, now: CheckResult | None) -> Said:
    if now is None:
        return [f"{was.name}: stored {was.verdict}, not in the claim file any more: different"], False
    different = list(_cells(was.cells, now.cells))
    same = was.verdict is now.verdict and not different
    intervals = f"{len(was.cells)} interval{'' if len(was.cells) == 1 else 's'}"
    line = f"{was.name}: stored {was.verdict}, came out {now.verdict}; {intervals}, {len(different)} different: {_word(same)}"
    return [line, *(f"  {one}" for one in different[:_MOST_SHOWN]), f"  {now.reason}"], same


def _cells(was: Sequence[CellResult], now: Sequence[CellResult]) -> Iterator[str]:
    if len(was) != len(now):
        yield f"stored {len(was)} intervals, came out {len(now)}"
    for one, other in zip(was, now, strict=False):
        width = one.inner.hi - one.inner.lo
        agree = one.label == other.label and _spans(one.interval, other.interval, width if math.isfinite(width) else 0.0)
        if not agree or one.verdict is not other.verdict:
            yield f"{one.label or 'interval'}: stored {_shown(one.interval)}, came out {_shown(other.interval)}"


def _spans(was: Span | None, now: Span | None, scale: float) -> bool:
    """Whether both ends agree in six digits (of the larger end, or of the region where it is wider than both)."""
    if was is None or now is None:
        return was is now
    finite = [abs(end) for end in (was.lo, was.hi) if math.isfinite(end)]
    allowed = SIX_DIGITS * max([*finite, scale])
    return _near(now.lo, was.lo, allowed) and _near(now.hi, was.hi, allowed)


def _shown(span: Span | None) -> str:
    return "none" if span is None else f"[{span.lo:.9g}, {span.hi:.9g}]"


def _controls(was: ControlResult, now: ControlResult | None) -> Said:
    if now is None or now.text != was.text:
        return [f"near miss {was.text}: not in the claim file any more: different"], False
    scale = 0.0 if was.region is None else was.region.hi - was.region.lo
    spans = _spans(was.interval, now.interval, scale if math.isfinite(scale) else 0.0)
    same = was.verdict is now.verdict and was.rejected == now.rejected and spans
    line = f"near miss {was.text}: stored {was.verdict} {_shown(was.interval)}, came out {now.verdict} {_shown(now.interval)}"
    return [f"{line}: {_word(same)}"], same


def lemma_again(lemma: Lemma, stored: LemmaResult, near_miss: int | None, member: str | None, jobs: int) -> Said:
    """An obligation, or one of its near misses, asked again; a stored witness is put in as well."""
    from checker.verify.lemmas import answer_all, questions_of

    wanted = -1 if near_miss is None else near_miss
    questions = [one for one in questions_of("", lemma, "") if one.near_miss == wanted and member in (None, one.label)]
    answers = dict(zip((one.label for one in questions), answer_all(questions, jobs, lambda index, answer: None), strict=True))
    asked = {one.label: one for one in questions}
    members = stored.members if near_miss is None else stored.near_misses[near_miss].members
    if member is not None and not any(one.label == member for one in members):
        raise CheckError(f"no member {member!r}; it has {', '.join(one.label for one in members)}")
    lines, same = [lemma.text if near_miss is None else stored.near_misses[near_miss].text], True
    for one in members:
        if member not in (None, one.label):
            continue
        now = answers.get(one.label)
        label = f"{one.label}: " if one.label else ""
        if now is None:
            lines, same = [*lines, f"{label}stored {one.verdict}, not in the claim file any more: different"], False
            continue
        alike = one.verdict is now.verdict
        lines.append(f"{label}stored {one.verdict}, came out {now.verdict}: {_word(alike)}; {now.reason}")
        lines += [f"  {line.engine}: {line.question}: {line.answer}" for line in now.evidence]
        lines += [f"  {said}" for said in (*_opinions("stored", one), *_opinions("came out", now))]
        said, holds = _witness(one, asked[one.label])
        lines, same = [*lines, *said], same and alike and holds
    return lines, same


def _witness(stored: MemberResult, question: Question) -> Said:
    """Both sides at the stored point, exactly; a point that refutes nothing is a difference."""
    from checker.prove.obligation import Relation
    from checker.verify.lemmas import at_point_again

    if not stored.witness or stored.verdict not in (Verdict.FAIL, Verdict.DISAGREE):
        return [], True
    where = ", ".join(f"{name} = {value}" for name, value in stored.witness.items())
    try:
        found = at_point_again(question, stored.witness)
    except CheckError as problem:
        return [f"  stored at {where} ({problem.message})"], True
    judged = stored.verdict is Verdict.FAIL and isinstance(question.obligation.question, Relation)
    refutes = not judged or not _all_hold(found)
    word = "" if refutes else ": different, it refutes nothing there"
    return [f"  stored at {where}{word}", *(f"    {line}" for line in found)], refutes


def _opinions(when: str, member: MemberResult) -> Iterator[str]:
    """What two engines that contradict each other say."""
    if member.dispute is not None:
        for opinion in member.dispute.opinions:
            yield f"{when}: {opinion.engine} says {opinion.value} of {member.dispute.expression}"


def _all_hold(lines: Sequence[str]) -> bool:
    """Whether hypotheses fail, or every relation holds: then the point is no counterexample."""
    given = [line for line in lines if line.startswith("given ")]
    asked = [line for line in lines if not line.startswith("given ")]
    return any(": does not hold" in line for line in given) or all(": holds" in line for line in asked)


def _word(same: bool) -> str:
    return "the same" if same else "different"
