"""One run and the checks that read it: verdict sentence, plot, intervals against regions, numbers, looks, controls."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from checker.report.escape import code, prose
from checker.report.names import STRIPS
from checker.report.numerals import column, interval, number, region
from checker.report.tables import blocks, bullets, folded, table
from checker.report.wording import MARKS, sentence
from checker.result import CellResult, CheckResult, ControlResult, FitResult, LookResult, MeasureResult, WitnessResult
from checker.verdict import Verdict

_FEW_CELLS = 6
_FEW_ROWS = 6
_MOST_FAILURES = 10


def measure_section(measure: MeasureResult, plots: Mapping[int, str]) -> str:
    """The section of one run; ``plots`` maps the position of a check (``STRIPS`` for all) to the path of its plot."""
    seeds = f"{measure.seeds} {'instance' if measure.seeds == 1 else 'seeds'}"
    facts = f"Experiment {code(measure.experiment)}, {seeds}"
    if measure.summary:
        facts += f": {prose(measure.summary)}"
    checks = [_check(check, plots.get(index)) for index, check in enumerate(measure.checks)]
    picture = f"![every interval against its region]({plots[STRIPS]})" if STRIPS in plots else ""
    head = f"### Measured: {code(measure.run)}"
    where = bullets([f"{code(name)}: {code(text)}" for name, text in measure.definitions.items()])
    if measure.unsupported:
        return blocks((head, f"**UNSUPPORTED.** {prose(measure.unsupported)}"))
    return blocks(
        (
            head,
            f"{facts}.",
            f"Where\n\n{where}" if where else "",
            _failures(measure),
            *checks,
            _controls(measure.controls),
            picture,
        )
    )


def _check(check: CheckResult, plot: str | None) -> str:
    how = f" ({check.how})" if check.how else ""
    claimed = f"Claimed of {code(check.quantity)} over {code(check.over)}: {code(check.prediction)}."
    if check.conditions:
        claimed += " Rests on: " + "; ".join(prose(condition) for condition in check.conditions) + "."
    found = f"Found: {sentence(prose(check.reason))}" if check.reason else ""
    lines = [f"#### {code(check.name)} {MARKS[check.verdict]} {check.verdict}{how}", f"{claimed} {found}".strip()]
    if plot is not None and check.figure is not None:
        lines.append(f"![{_alternative(check)}]({plot})")
    lines.append(_witness(check.witness) if check.witness is not None else "")
    lines += [_cells(check.cells), _numbers(check), _fits(check.fits), _looks(check.looks)]
    return blocks(lines)


def _alternative(check: CheckResult) -> str:
    title = check.figure.title if check.figure is not None else check.name
    return prose(title.replace("$", ""), limit=120)


def _witness(witness: WitnessResult) -> str:
    where = code(", ".join(f"{name} = {_short(value)}" for name, value in witness.where.items()))
    sides = f"measured {code(witness.measured)}, claimed {code(witness.predicted)}"
    replay = f" Replay: {code(witness.replay)}" if witness.replay else ""
    given = code(", ".join(f"{name} = {value}" for name, value in witness.given.items()))
    found = f" Found by search and made simple: {given}." if witness.given else ""
    return f"**Witness** at {where}: {sides}.{found}{replay}"


def _short(value: str) -> str:
    """A number for the eye; the replay command keeps all its digits."""
    try:
        return number(float(value), 6) if len(value) > 8 else value
    except ValueError:
        return value


def _cells(cells: Sequence[CellResult]) -> str:
    rows = [
        (
            prose(cell.label),
            interval(cell.interval),
            region(cell.inner),
            region(cell.outer),
            _decided(cell.verdict),
            prose(cell.note),
        )
        for cell in cells
    ]
    header = ("where", "interval", "inner region", "outer region", "verdict", "note")
    grid = table(header, rows)
    if len(rows) <= _FEW_CELLS:
        return grid
    trouble = [row for row, cell in zip(rows, cells, strict=True) if cell.verdict is not Verdict.PASS]
    passed = len(rows) - len(trouble)
    shown = table(header, trouble) if 0 < len(trouble) <= _FEW_CELLS else ""
    return blocks((shown, folded(f"Intervals against regions: {passed} of {len(rows)} inside", grid)))


def _decided(verdict: Verdict | None) -> str:
    return "undecided" if verdict is None else f"{MARKS[verdict]} {verdict}"


def _numbers(check: CheckResult) -> str:
    if not check.rows:
        return ""
    width = max(len(row) for row in check.rows)
    padded = [(*row, *[""] * (width - len(row))) for row in check.rows]
    header = [prose(name) for name in check.header] + [""] * (width - len(check.header))
    raw = list(zip(*padded, strict=True))
    columns = [[prose(cell) for cell in column(cells)] for cells in raw]
    numeric = "".join("l" if all(isinstance(cell, str) for cell in cells) else "r" for cells in raw)
    grid = table(header, zip(*columns, strict=True), numeric)
    return grid if len(padded) <= _FEW_ROWS else folded(f"Numbers ({len(padded)} rows)", grid)


def _fits(fits: Sequence[FitResult]) -> str:
    """Every fit behind an extrapolated interval: agreement of differently curved ones is what carries it."""
    if not fits:
        return ""
    rows = [
        (
            prose(fit.coordinate),
            f"{fit.sizes} from {number(fit.first)}",
            prose(fit.term),
            number(fit.estimate),
            number(fit.half),
            number(fit.drift),
            "yes" if fit.chosen else "",
        )
        for fit in fits
    ]
    header = ("number", "sizes", "next order", "estimate", "half-width", "drift", "window of the verdict")
    return folded(f"Fits ({len(rows)}): windows and next-order terms", table(header, rows, "lllrrrl"))


def _looks(looks: Sequence[LookResult]) -> str:
    if not looks:
        return ""
    rows = [
        (
            str(look.seeds),
            number(look.alpha, 3),
            interval(look.interval) if look.interval is not None else "",
            _decided(look.decided),
        )
        for look in looks
    ]
    grid = table(("seeds", "error budget spent", "interval", "decided"), rows, "rrll")
    last = looks[-1]
    head = f"Looks at the data: {len(looks)}, the last at {last.seeds} seeds with error budget {number(last.alpha, 3)}"
    return folded(head, grid)


def _controls(controls: Sequence[ControlResult]) -> str:
    """The near misses in a table; in words only what was not rejected, and every reason folded away."""
    if not controls:
        return ""
    rows = [
        (
            code(control.text),
            prose(control.because),
            code(control.check),
            "none" if control.verdict is None else f"{MARKS[control.verdict]} {control.verdict}",
            interval(control.interval) if control.interval is not None else "",
            region(control.region) if control.region is not None else "",
            _rejected(control),
        )
        for control in controls
    ]
    rejected = sum(control.rejected for control in controls)
    header = ("near miss", "why it is false", "judged by", "verdict", "interval", "its region", "rejected")
    alive = [f"{code(c.text)} is not rejected: {prose(c.reason)}" for c in controls if not c.rejected]
    said = [f"{code(c.text)}: {prose(c.reason)}" for c in controls if c.rejected]
    return blocks(
        (
            f"**Controls: {rejected} of {len(controls)} rejected** by the same rule.",
            table(header, rows),
            bullets(alive) if alive else "",
            folded("What was found of each", bullets(said)) if said else "",
        )
    )


def _rejected(control: ControlResult) -> str:
    """Whether, and by how many margins the evidence misses what the near miss claims, where it claims a margin."""
    if not control.rejected:
        return "**no**"
    around = control.region is not None and math.isfinite(control.region.lo) and math.isfinite(control.region.hi)
    if not around or control.missed is None or not 0 < control.missed < math.inf:
        return "yes"
    return f"yes, by {number(control.missed, 2)} margins"


def _failures(measure: MeasureResult) -> str:
    """Instances that broke, with the reason; never dropped in silence."""
    if not measure.failures:
        return ""
    items = [f"{code(where)}: {prose(why)}" for where, why in measure.failures.items()]
    more = [f"and {len(items) - _MOST_FAILURES} more"] if len(items) > _MOST_FAILURES else []
    return blocks((f"**Instances that failed: {len(items)}.**", bullets(items[:_MOST_FAILURES] + more)))
