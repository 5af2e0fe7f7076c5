"""Interleaving and its ratios, on variants that say themselves what they took: no clock is read here."""

from __future__ import annotations

from benchmarks.goals import Result, Status, at_least
from benchmarks.timing import Spent, Variant, interleave, timed


def variant(name: str, seconds: list[float], calls: list[str], units: float = 1.0) -> Variant:
    waiting = iter(seconds)

    def run() -> Spent:
        calls.append(name)
        value = next(waiting)
        return Spent(2 * value, value)

    return Variant(name, run, units)


def test_variants_take_turns_and_each_round_has_its_own_ratio() -> None:
    calls: list[str] = []
    peer = variant("peer", [99.0, 6.0, 8.0, 10.0], calls, units=2.0)
    tool = variant("tool", [99.0, 1.0, 2.0, 5.0], calls)
    timings = interleave([peer, tool], 3)
    assert calls == ["peer", "tool", "peer", "tool", "tool", "peer", "peer", "tool"]  # the first of each is not counted
    assert timings.cpu["peer"] == (3.0, 4.0, 5.0)
    assert timings.ratio("peer", "tool") == (3.0, 2.0, 1.0)
    assert timings.ratio("peer", "tool", wall=True) == (3.0, 2.0, 1.0)
    assert timings.wall["tool"] == (2.0, 4.0, 10.0)


def test_a_slow_tool_does_not_meet_its_goal() -> None:
    calls: list[str] = []
    peer, slow = variant("peer", [1.0] * 4, calls), variant("tool", [0.9] * 4, calls)
    values = interleave([peer, slow], 3).ratio("peer", "tool")
    assert Result("peer / tool", at_least(2), values).status is Status.NOT_MET
    assert Result("peer / tool", at_least(1), values).status is Status.MET


def test_a_clock_that_saw_nothing_gives_no_finite_ratio() -> None:
    calls: list[str] = []
    timings = interleave([variant("a", [1.0] * 2, calls), variant("b", [0.0] * 2, calls)], 1)
    assert timings.ratio("a", "b") == (float("inf"),)


def test_work_of_this_process_is_run_once_per_round() -> None:
    seen: list[int] = []
    interleave([Variant("work", timed(lambda: seen.append(1)))], 4)
    assert len(seen) == 5
