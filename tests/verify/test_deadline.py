"""Work that does not end is left behind with an answer; work that ends is not disturbed."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from checker.spec.claim import Run
from checker.spec.load import load_paper
from checker.verdict import Verdict
from checker.verify import bench as bench_room
from checker.verify.bench import Bench
from checker.verify.deadline import OutOfTime, within
from checker.verify.measures import judge_measure, measure_result
from checker.verify.progress import silent_text
from checker.verify.scales import SCALES
from tests.verify import toys


def test_what_ends_is_returned_or_raised() -> None:
    assert within(60.0, "a sum", lambda: 1 + 1) == 2
    assert within(None, "a sum", lambda: 1 + 1) == 2
    with pytest.raises(ZeroDivisionError):
        within(60.0, "a quotient", lambda: 1 // 0)


def test_what_hangs_is_left_behind() -> None:
    never = threading.Event()
    try:
        with pytest.raises(OutOfTime, match=r"a wait did not end within its time limit of 0\.05 s"):
            within(0.05, "a wait", never.wait)
    finally:
        never.set()


def test_a_run_that_hangs_is_inconclusive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    never = threading.Event()

    def hang(run: Run, *others: object) -> None:
        never.wait()

    monkeypatch.setattr(bench_room, "measure", hang)
    (claim,) = load_paper(toys.write(tmp_path, toys.bound("1")), scale="smoke").claims
    bench = Bench(0, "cpu", silent_text, time_limit=0.05)
    try:
        result = measure_result(judge_measure(claim.measures[0], SCALES["smoke"], bench, 1), "toy/claim")
    finally:
        never.set()
    assert [check.verdict for check in result.checks] == [Verdict.INCONCLUSIVE]
    assert "time limit of 0.05 s" in result.checks[0].reason
    assert not any(control.rejected for control in result.controls)
