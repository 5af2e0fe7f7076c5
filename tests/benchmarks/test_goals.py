"""When a goal counts as met: by its numbers alone, and never by what did not run."""

from __future__ import annotations

import math

import pytest

from benchmarks.goals import Goal, Measured, Result, Settings, Status, at_least, at_most, not_run, number
from benchmarks.registry import GOALS, measure_goal
from benchmarks.table import cells, counts, markdown, text

GOAL = Goal("G1", "At least 2 times a loop.", "the loop and the tool")
MET = Result("loop / tool", at_least(2), (1.0, 3.0, 4.0), note="weights agree")
MISSED = Result("loop / tool", at_least(2), (1.0, 1.5, 4.0))
ABSENT = Result("PyTorch / tool", at_least(300), not_run="torch is not installed")
SHOWN = Result("beside", None, (7.0,))


@pytest.mark.parametrize(
    ("results", "status"),
    [
        ((MET,), Status.MET),
        ((MET, SHOWN), Status.MET),
        ((MET, MISSED), Status.NOT_MET),
        ((MET, ABSENT), Status.NOT_RUN),
        ((MISSED, ABSENT), Status.NOT_MET),
        ((SHOWN,), Status.NOT_RUN),
        ((), Status.NOT_RUN),
    ],
)
def test_a_goal_is_what_its_worst_number_is(results: tuple[Result, ...], status: Status) -> None:
    assert Measured(GOAL, results).status is status


def test_the_middle_decides_and_the_direction_counts() -> None:
    assert MET.median == 3.0
    assert Result("a", at_most(1.5), (1.0, 1.5, 9.0)).status is Status.MET
    assert Result("a", at_most(1.5), (1.0, 1.6, 1.0, 9.0)).status is Status.MET
    assert Result("a", at_least(1.5), (1.0, 1.4, 9.0)).status is Status.NOT_MET
    assert Result("a", at_most(1.5), (math.nan,)).status is Status.NOT_MET
    assert Result("a", at_least(1.5), (math.nan,)).status is Status.NOT_MET


def test_a_number_without_values_needs_a_reason_and_one_with_values_has_none() -> None:
    with pytest.raises(ValueError, match="either"):
        Result("a", at_least(1))
    with pytest.raises(ValueError, match="either"):
        Result("a", at_least(1), (1.0,), not_run="no")


def test_a_benchmark_that_breaks_is_not_run_and_keeps_what_it_had(tmp_path, monkeypatch) -> None:
    def broken(settings: Settings):
        yield MET
        raise OSError("the disk is full")

    monkeypatch.setattr("benchmarks.whole.g14", broken)
    found = measure_goal("G14", Settings(tmp_path))
    assert found.results[0] == MET
    assert found.status is Status.NOT_RUN
    assert "the disk is full" in found.results[1].not_run


def test_every_goal_of_the_list_is_there() -> None:
    assert list(GOALS) == [*(f"G{number}" for number in range(1, 16)), "R1"]


def test_the_table_shows_spread_target_status_and_reason(tmp_path) -> None:
    assert cells(MET) == ("loop / tool", "1", "3", "4", ">= 2", "met")
    assert cells(ABSENT) == ("PyTorch / tool", "-", "-", "-", ">= 300", "not run")
    measured = [Measured(GOAL, (MET, ABSENT)), Measured(GOALS["R1"], (MET,))]
    assert counts(measured) == {Status.MET: 0, Status.NOT_MET: 0, Status.NOT_RUN: 1}  # R1 is not one of the goals
    page = markdown(measured, Settings(tmp_path, rounds=3), "a machine", "python -m benchmarks")
    assert "| loop / tool | 1 | 3 | 4 | >= 2 | met | weights agree |" in page
    assert "| PyTorch / tool | - | - | - | >= 300 | **not run** | torch is not installed |" in page
    assert "**0 of 1 goals met**, 0 not met, 1 not run" in page
    assert "--quick" not in page
    assert "--quick" in markdown(measured, Settings(tmp_path, quick=True), "a machine", "python -m benchmarks")
    assert "torch is not installed" in text(measured)


def test_parts_that_could_not_run_share_their_reason() -> None:
    parts = not_run([("a", at_least(1)), ("b", None)], "no peer")
    assert [(part.what, part.status, part.not_run) for part in parts] == [
        ("a", Status.NOT_RUN, "no peer"), ("b", Status.NOT_RUN, "no peer"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.0, "0"), (0.25, "0.25"), (1234.4, "1234"), (5.5e-10, "5.5e-10"), (1e-8, "1.0e-8"), (2e7, "2.0e7")],
)
def test_numbers_have_three_digits(value: float, shown: str) -> None:
    assert number(value) == shown
