"""The table of goals: for a terminal, and as the page ``reports/benchmarks.md``.

The one idea to know: every number stands with its spread and its target, and what did not run stands there with the reason;
nothing is left out because it looks bad.
"""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.goals import Measured, Result, Settings, Status, number

_HEAD = """# Speed: the goals and what was measured

Written by `{command}`.  {how}

A ratio is taken within one round, in which all sides run in turn on one thread; minimum, median and maximum are over the
rounds, and the median decides.  Times are processor time unless a line says wall time.  A peer that is not installed did not
run, and nothing is said of it.

**{met} of {total} goals met**, {missed} not met, {absent} not run.  Rows without a target are shown beside the goals and
count for nothing.
"""


def counts(measured: Sequence[Measured]) -> dict[Status, int]:
    """How many of the fifteen goals are met, not met and not run; rows beside them (R1) are not counted."""
    goals = [each.status for each in measured if each.goal.name.startswith("G")]
    return {status: goals.count(status) for status in (Status.MET, Status.NOT_MET, Status.NOT_RUN)}


def cells(result: Result) -> tuple[str, str, str, str, str, str]:
    """What is compared, min, median, max, target, status."""
    target = "" if result.target is None else str(result.target)
    if not result.values:
        return result.what, "-", "-", "-", target, str(result.status)
    unit = "" if result.unit == "ratio" else f" {result.unit}"
    spread = (number(value) for value in (min(result.values), result.median, max(result.values)))
    low, middle, high = (f"{value}{unit}" for value in spread)
    return result.what, low, middle, high, target, str(result.status)


def reason(result: Result) -> str:
    """Why it was not run, or what has to be known to believe it."""
    return result.not_run or result.note


def text(measured: Sequence[Measured]) -> str:
    """The table for a terminal: a line per number, reasons below it."""
    lines = []
    for each in measured:
        lines.append(f"{each.goal.name}  {each.status.upper()}  {each.goal.sentence}  [{each.seconds:.0f} CPU s]")
        for result in each.results:
            what, low, middle, high, target, status = cells(result)
            spread = middle if low == high else f"{low} .. {middle} .. {high}"
            lines.append(f"    {status:<8} {spread:<28} {target:<10} {what}")
            if reason(result):
                lines.append(f"             {reason(result)}")
    found = counts(measured)
    lines.append(", ".join(f"{count} {status}" for status, count in found.items()))
    return "\n".join(lines)


def markdown(measured: Sequence[Measured], settings: Settings, machine: str, command: str) -> str:
    """The page: an overview with a row per goal, then every number with its target and what to know about it."""
    found = counts(measured)
    how = f"{machine}; {settings.rounds} rounds."
    if settings.quick:
        how += "  **Smaller sizes than the goals speak of (`--quick`): this page shows that everything runs, not how fast.**"
    parts = [
        _HEAD.format(
            command=command, how=how, met=found[Status.MET], total=sum(found.values()), missed=found[Status.NOT_MET],
            absent=found[Status.NOT_RUN],
        ),
        "| goal | promised | status |\n|---|---|---|",
    ]  # fmt: skip
    parts[-1] += "".join(f"\n| {e.goal.name} | {_escaped(e.goal.sentence)} | {_said(e.status)} |" for e in measured)
    for each in measured:
        rows = "".join(f"\n| {' | '.join(_row(result))} |" for result in each.results)
        parts.append(
            f"## {each.goal.name}: {each.status}\n\n{each.goal.sentence}\n\nMeasured as: {each.goal.measured_as}\n\n"
            f"| what | min | median | max | target | status | reason, or what to know |\n|---|---|---|---|---|---|---|{rows}"
        )
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _row(result: Result) -> tuple[str, ...]:
    *spread, status = cells(result)
    return (*map(_escaped, spread), _said(Status(status)), _escaped(reason(result)))


def _said(status: Status) -> str:
    return f"**{status}**" if status in (Status.NOT_MET, Status.NOT_RUN) else str(status)


def _escaped(words: str) -> str:
    return words.replace("|", "\\|").replace("\n", " ")
